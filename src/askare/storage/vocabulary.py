"""The words of an organization's texts, each once, and which of them a query word finds.

A room keeps its own list of (word, thing) pairs; this module turns texts into word numbers when something is
stored, and a query word into word numbers when something is looked for, by the definition in `kernel/words.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import lru_cache

from msgspec import Struct

from askare.kernel.words import (
    INFIX_LETTERS_MIN,
    fold_word,
    infixes,
    stems,
    suffixes,
    written_words,
)
from askare.storage.sql import Conditions, insert_rows
from askare.storage.transactions import Transaction

_WHOLE, _END, _STEM = 0, 1, 2
TAKEN_IN_AT_ONCE = 500  # words looked up in one statement
_LAST_LETTER = "\U0010ffff"  # after every letter in the order of code points


class Indexed(Struct, frozen=True):
    """A text as it is searched: its folded words and its stems as two lines, ` hameenkatu 1 ` and
    `|hameenkatu|hameenka|1|`.  They are what a query is compared with when a thing is at hand already.
    """

    words_line: str
    stems_line: str


def index_all(tx: Transaction, texts: Iterable[str]) -> list[Indexed]:
    """Take the words of texts into the vocabulary and say how each text is found."""
    forms: dict[str, frozenset[str]] = {}
    indexed = []
    for text in texts:
        words: dict[str, None] = {}
        all_stems: set[str] = set()
        for word in written_words(text):
            folded, word_stems = _forms(word)
            words[folded] = None
            all_stems |= word_stems
            known = forms.get(folded)
            if known is not word_stems:
                forms[folded] = word_stems if known is None else known | word_stems
        indexed.append(Indexed(f" {' '.join(words)} ", f"|{'|'.join(sorted(all_stems))}|"))
    _take_in(tx, forms)
    return indexed


def _forms(written: str) -> tuple[str, frozenset[str]]:
    """A word as it is kept, and its stems.  Numbers and codes, of which there is no end, are not worth remembering."""
    return _forms_of_a_word(written) if written.isalpha() else (fold_word(written), stems(written))


@lru_cache(maxsize=16_384)
def _forms_of_a_word(written: str) -> tuple[str, frozenset[str]]:
    return fold_word(written), stems(written)


def words_of(line: str) -> list[str]:
    """The words of a words line."""
    return line.split()


def numbers_of(tx: Transaction, organization_no: int, words: Collection[str]) -> dict[str, int]:
    """The numbers of words that are in the vocabulary."""
    remembered = tx.memory.words
    numbers, unknown = {}, []
    for word in words:
        number = remembered.get((organization_no, word))
        if number is None:
            unknown.append(word)
        else:
            numbers[word] = number
    for start in range(0, len(unknown), TAKEN_IN_AT_ONCE):
        numbers |= _numbers_by_word(tx, organization_no, unknown[start : start + TAKEN_IN_AT_ONCE])
    return numbers


def _take_in(tx: Transaction, forms: dict[str, frozenset[str]]) -> None:
    """Have words stand in the vocabulary, each with its stems."""
    organization, remembered = tx.organization_no, tx.memory.words
    # In one order for everybody, so that two transactions never wait for each other's words.
    unknown = sorted(word for word in forms if (organization, word) not in remembered)
    for start in range(0, len(unknown), TAKEN_IN_AT_ONCE):
        _take_some_in(tx, unknown[start : start + TAKEN_IN_AT_ONCE], forms)


def _take_some_in(tx: Transaction, words: list[str], forms: dict[str, frozenset[str]]) -> None:
    organization = tx.organization_no
    numbers = _numbers_by_word(tx, organization, words)
    if missing := [word for word in words if word not in numbers]:
        inserted = tx.insert_many(
            "words",
            ("organization_no", "word"),
            [(organization, word) for word in missing],
            # Somebody else may have taken it in at this moment; then this waits for them and answers their number.
            then=" ON CONFLICT (organization_no, word) DO UPDATE SET word = excluded.word RETURNING word, word_no",
        )
        come = {word: int(number) for word, number in inserted}
        rows = [row for word in missing for row in _form_rows(organization, word, forms[word], come[word])]
        insert_rows(
            tx,
            "word_forms",
            ("organization_no", "form", "kind", "word_no"),
            sorted(rows),
            on_conflict="DO NOTHING",  # whoever took the same word in at this moment wrote the same forms
        )
        numbers |= come
    tx.after_commit(lambda: tx.memory.keep_words(organization, numbers))


def _numbers_by_word(tx: Transaction, organization_no: int, words: list[str]) -> dict[str, int]:
    conditions = Conditions()
    conditions.add(f"organization_no = {conditions.value(organization_no)}")
    conditions.add(conditions.among("word", words))
    return dict(tx.rows(f"SELECT word, word_no FROM words WHERE {conditions}", **conditions.values))


def forget(tx: Transaction, words: Iterable[str]) -> None:
    """Have words that say who somebody is, such as telephone numbers, stand in the vocabulary no more.

    A word's number is never used again, so what others remember of it does no harm.
    """
    for word in words:
        row = tx.row(_FIND, organization=tx.organization_no, word=word)
        if row is not None:
            tx.run("DELETE FROM word_forms WHERE word_no = :no", no=row[0])
            tx.run("UPDATE words SET word = :blank WHERE word_no = :no", blank=f"~{row[0]}", no=row[0])
            tx.memory.words.pop((tx.organization_no, word), None)


_FIND = "SELECT word_no FROM words WHERE organization_no = :organization AND word = :word"


def _form_rows(
    organization: int, word: str, word_stems: frozenset[str], word_no: int
) -> list[tuple[int, str, int, int]]:
    whole, *ends = suffixes(word)
    return [
        (organization, whole, _WHOLE, word_no),
        *((organization, end, _END, word_no) for end in dict.fromkeys(ends)),
        *((organization, stem, _STEM, word_no) for stem in word_stems if stem != whole),
    ]


class Wanted(Struct, frozen=True):
    """One query word, ready to be looked for."""

    beginning: str
    infixes: tuple[str, ...]
    stems: tuple[str, ...]

    def word_numbers(self, conditions: Conditions) -> str:
        """A SELECT of the numbers of all words that this query word finds (a number may come twice)."""
        organization = conditions.value(conditions.values["organization"])
        parts = [_between(conditions, organization, self.beginning, "kind = 0")]
        parts += [_between(conditions, organization, infix, "kind <= 1") for infix in self.infixes]
        if self.stems:
            among = conditions.among("form", self.stems)
            parts.append(
                f"SELECT word_no FROM word_forms WHERE organization_no = {organization} AND {among} AND kind <> 1"
            )
        return " UNION ALL ".join(parts)

    def in_lines(self, conditions: Conditions, words_column: str, stems_column: str) -> str:
        """The same question asked of a thing at hand, as a condition on its two lines."""
        patterns = [f"{words_column} LIKE {conditions.value(f'% {self.beginning}%')}"]
        patterns += [f"{words_column} LIKE {conditions.value(f'%{infix}%')}" for infix in self.infixes]
        patterns += [f"{stems_column} LIKE {conditions.value(f'%|{stem}|%')}" for stem in self.stems]
        return f"({' OR '.join(patterns)})"


def _between(conditions: Conditions, organization: str, beginning: str, kinds: str) -> str:
    first, last = conditions.value(beginning), conditions.value(beginning + _LAST_LETTER)
    return (
        f"SELECT word_no FROM word_forms WHERE organization_no = {organization}"
        f" AND form >= {first} AND form < {last} AND {kinds}"
    )


def wanted_words(query: str) -> tuple[Wanted, ...]:
    """The words of a query, each once.  A word that another one contains is still asked for by itself."""
    wanted = {}
    for word in written_words(query):
        beginning = fold_word(word)
        inside = infixes(word)
        if len(beginning) >= INFIX_LETTERS_MIN:
            # What stands inside a word also stands at its beginning, so one look-up serves both.
            inside -= {beginning}
            looked_for = (beginning, *sorted(inside))
        else:
            looked_for = tuple(sorted(inside))
        shortest = tuple(
            infix for infix in looked_for if not any(other != infix and other in infix for other in looked_for)
        )
        wanted[beginning] = Wanted(beginning, shortest, tuple(sorted(stems(word))))
    return tuple(wanted.values())
