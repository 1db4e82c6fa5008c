"""Search words: one rule for what a query finds, the same on every database.

A query is split into words, and every word must be found, in any order.  A query word finds a word of a text when,
after both are folded (lower case, no diacritics),

1. the text's word begins with it: `kerros` finds `kerrostalossa`;
2. it stands inside the text's word and has at least three letters: `talo` finds `kerrostalossa`;
3. both have a stem in common, by the Snowball rules of Finnish, Swedish, English or Russian: `talossa` finds
   `talon`, `meetings` finds `meeting`;
4. one of its stems of at least four letters stands inside the text's word: `talossa` finds `kerrostalo`.

`finds` is that definition.  The stores keep each distinct word once, with what `suffixes` and `stems` say of it, so
that a query becomes a handful of word numbers.  Stems are made here, in Python, and never by a database.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from snowballstemmer import stemmer

INFIX_LETTERS_MIN = 3  # shorter words would find nearly everything when looked for inside words
INFIX_STEM_LETTERS_MIN = 4  # a short stem stands inside words that have nothing to do with it
WORD_LETTERS_MAX = 64  # a longer run of letters is no word of any language; its beginning is kept
QUERY_WORDS_MAX = 32

_LATIN_LANGUAGES = ("finnish", "swedish", "english")
_CYRILLIC_LANGUAGES = ("russian",)
_STEMMERS = {name: stemmer(name) for name in (*_LATIN_LANGUAGES, *_CYRILLIC_LANGUAGES)}
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
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return unicodedata.normalize("NFC", bare).translate(_STROKED)


def fold_word(written: str) -> str:
    """A folded word holds letters and digits only: `½` folds to `12`, so that no mark can act as a separator."""
    folded = fold(written)
    return folded if folded.isalnum() else "".join(filter(str.isalnum, folded))


# Letters that Unicode does not take apart into a base letter and a mark.
_STROKED = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe"})


def written_words(text: str) -> list[str]:
    """The words of a text as they are written, in order: runs of letters and digits."""
    return [word[:WORD_LETTERS_MAX] for word in _WORD.findall(unicodedata.normalize("NFC", text))]


@lru_cache(maxsize=65_536)
def stems(written: str) -> frozenset[str]:
    """The Snowball stems of one word, in the languages of its script.

    They are taken from the folded word.  The rules of Finnish and Swedish lose next to nothing by that, and words
    that fold alike (`möte`, `mote`) are one word in every respect: whoever keeps folded words keeps all there is.
    """
    folded = fold_word(written)
    languages = _CYRILLIC_LANGUAGES if _CYRILLIC.search(folded) else _LATIN_LANGUAGES
    found = {folded, *(_STEMMERS[language].stemWord(folded) for language in languages)}
    return frozenset(stem for stem in found if len(stem) >= 2)


def suffixes(folded: str) -> list[str]:
    """Every end of a folded word that a query may begin with: the word itself and all shorter ends of at least
    `INFIX_LETTERS_MIN` letters."""
    return [folded, *(folded[at:] for at in range(1, len(folded) - INFIX_LETTERS_MIN + 1))]


def infixes(query_word: str) -> frozenset[str]:
    """What is looked for inside words on behalf of one written query word (cases 2 and 4)."""
    folded = fold_word(query_word)
    inside = {stem for stem in stems(query_word) if len(stem) >= INFIX_STEM_LETTERS_MIN}
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
