"""Search words: one rule for what a query finds, the same on every database.

A query is split into words, and every word must be found, in any order.  A query word finds a word of a text when,
after both are folded (lower case, no diacritics),

1. the text's word begins with it: `kerros` finds `kerrostalossa`;
2. it stands inside the text's word and has at least three letters: `talo` finds `kerrostalossa`;
3. both have a stem in common, by the Snowball rules of Finnish, Swedish, English or Russian, or a Finnish stem in
   its other grade: `talossa` finds `talon`, `meetings` finds `meeting`, `asunto` finds `asunnossa`;
4. one of its stems of at least four letters stands inside the text's word: `talossa` finds `kerrostalo`.

`finds` is that definition.  The stores keep each distinct word once, with what `suffixes` and `stems` say of it, so
that a query becomes a handful of word numbers.  Stems are made here, in Python, and never by a database.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

INFIX_LETTERS_MIN = 3  # shorter words would find nearly everything when looked for inside words
INFIX_STEM_LETTERS_MIN = 4  # a short stem stands inside words that have nothing to do with it
WORD_LETTERS_MAX = 64  # a longer run of letters is no word of any language; its beginning is kept
QUERY_WORDS_MAX = 32
REMEMBERED_BELOW = 0x3000  # Latin, Greek, Cyrillic and their neighbours

_LATIN_LANGUAGES = ("finnish", "swedish", "english")
_CYRILLIC_LANGUAGES = ("russian",)
# Letters and digits, less the few "letters" that are marks alone (a halfwidth voicing mark): they fold to nothing.
_WORD = re.compile(r"[^\W_\u037a\ufc5e-\ufc63\ufe70\ufe72\ufe74\ufe76\ufe78\ufe7a\ufe7c\ufe7e\uff9e\uff9f]+")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")


def fold(text: str) -> str:
    """Lower case without diacritics: `Hämeenkatu` and `HAMEENKATU` fold to the same letters.

    The Russian й stays: it is a letter of its own to everybody who writes it, and its endings (новый, новой) tell
    the forms of a word apart.

    >>> fold("Ångström ÉCOLE ёлка новый")
    'angstrom ecole елка новый'
    """
    if text.isascii():
        return text.lower()
    # Taken apart first: some letters (`ℕ`, `𝒩`) only then show which capital they are.
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    decomposed = decomposed.replace("и\u0306", "й")
    return unicodedata.normalize("NFC", decomposed.translate(_WITHOUT_MARKS)).translate(_STROKED)


def fold_word(written: str) -> str:
    """A folded word holds letters and digits only: `½` folds to `12`, so that no mark can act as a separator."""
    folded = fold(written)
    return folded if folded.isalnum() else "".join(filter(str.isalnum, folded))


class _Letters(dict[int, "int | str | None"]):
    """What becomes of each letter, for `str.translate`: worked out when it first comes, and remembered where it is of
    an alphabet (of the hundred thousand other signs a hostile text could have us remember every one)."""

    def __init__(self, changed: Mapping[str, str], *, drop: Callable[[str], bool] = lambda _: False) -> None:
        super().__init__({ord(letter): becomes for letter, becomes in changed.items()})
        self._drop = drop

    def __missing__(self, code: int) -> int | None:
        becomes = None if self._drop(chr(code)) else code
        if code < REMEMBERED_BELOW:
            self[code] = becomes
        return becomes


# Letters that Unicode does not take apart into a base letter and a mark.
_STROKED = _Letters({"ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe"})
_WITHOUT_MARKS = _Letters({}, drop=lambda letter: unicodedata.combining(letter) != 0)


def written_words(text: str) -> list[str]:
    """The words of a text as they are written, in order: runs of letters and digits."""
    return [word[:WORD_LETTERS_MAX] for word in _WORD.findall(unicodedata.normalize("NFC", text))]


def stems(written: str) -> frozenset[str]:
    """The Snowball stems of one word, in the languages of its script.

    They are taken from the folded word.  The rules of Finnish and Swedish lose next to nothing by that, and words
    that fold alike (`möte`, `mote`) are one word in every respect: whoever keeps folded words keeps all there is.
    """
    folded = fold_word(written)
    if not folded.isalpha():
        return frozenset({folded})  # house numbers, prices and codes have no inflected forms
    return _stems_of_letters(folded)


class _Stemmers(threading.local):
    """Snowball's stemmers.  Each holds the word it works on, so every thread has its own."""

    def __init__(self) -> None:
        self._by_language: dict[str, Any] = {}

    def stem(self, language: str, folded: str) -> str:
        own = self._by_language.get(language)
        if own is None:
            from snowballstemmer import stemmer  # all languages there are: loaded with the first word, not at start

            own = self._by_language[language] = stemmer(language)
        stem: str = own.stemWord(folded)
        return stem


_STEMMERS = _Stemmers()


@lru_cache(maxsize=16_384)
def _stems_of_letters(folded: str) -> frozenset[str]:
    stem = _STEMMERS.stem
    if _CYRILLIC.search(folded):
        return frozenset({folded, *(stem(language, folded) for language in _CYRILLIC_LANGUAGES)})
    found = {folded, *(stem(language, folded) for language in _LATIN_LANGUAGES)}
    found.add(weak_grade(stem("finnish", folded)))
    return frozenset(stem for stem in found if len(stem) >= 2)


# Finnish consonant gradation, which Snowball leaves alone: the strong grade and the weak one of the last consonants
# of a stem.  The longer ones first.  A doubled consonant is single in Snowball's stems, so it is here.
_GRADES = (
    ("nk", "ng"),
    ("nt", "n"),
    ("mp", "m"),
    ("lt", "l"),
    ("rt", "r"),
    ("kk", "k"),
    ("pp", "p"),
    ("tt", "t"),
    ("t", "d"),
    ("p", "v"),
)
_LAST_CONSONANTS = re.compile(r"^(.*?[aeiouy])([bcdfghjklmnpqrstvwxz]+)([aeiouy]*)$")
WEAK_LETTERS_MIN = 4
_WEAK = "~"  # weak grades are compared with weak grades only; no word has this sign


def weak_grade(finnish_stem: str) -> str:
    """A name for a Finnish stem that is the same in both grades: of `katu` and `kadu`, of `asunto` and `asuno`.

    Stems too short to tell apart have none (an empty text).

    >>> weak_grade("katu"), weak_grade("kadu"), weak_grade("asunto"), weak_grade("asuno")
    ('~kadu', '~kadu', '~asuno', '~asuno')
    """
    match = _LAST_CONSONANTS.match(finnish_stem)
    if match is None or len(finnish_stem) < WEAK_LETTERS_MIN:
        return ""
    head, consonants, tail = match.groups()
    for strong, weak in _GRADES:
        if consonants.endswith(strong):
            consonants = consonants[: -len(strong)] + weak
            break
    if len(consonants) > 1 and consonants[-1] == consonants[-2]:
        consonants = consonants[:-1]
    return f"{_WEAK}{head}{consonants}{tail}"


def suffixes(folded: str) -> list[str]:
    """Every end of a folded word that a query may begin with: the word itself and all shorter ends of at least
    `INFIX_LETTERS_MIN` letters."""
    return [folded, *(folded[at:] for at in range(1, len(folded) - INFIX_LETTERS_MIN + 1))]


def infixes(query_word: str) -> frozenset[str]:
    """What is looked for inside words on behalf of one written query word (cases 2 and 4)."""
    folded = fold_word(query_word)
    inside = {stem for stem in stems(query_word) if len(stem) >= INFIX_STEM_LETTERS_MIN and stem.isalnum()}
    if len(folded) >= INFIX_LETTERS_MIN:
        inside.add(folded)
    return frozenset(inside)


def finds(query_word: str, text_word: str) -> bool:
    """Whether one written query word finds one written word of a text: the definition, cases 1 to 4."""
    folded = fold_word(text_word)
    return (
        folded.startswith(fold_word(query_word))
        or any(infix in folded for infix in infixes(query_word))
        or not stems(query_word).isdisjoint(stems(text_word))
    )


def finds_all(query: str, text: str) -> bool:
    """Whether every word of the query finds a word of the text.  A query without words finds everything."""
    text_words = written_words(text)
    return all(any(finds(wanted, word) for word in text_words) for wanted in written_words(query))
