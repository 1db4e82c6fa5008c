"""Remembered finds: what a free text search found, kept true by looking at the changed things alone.

A document cannot tell whether a text search finds its thing, for the names of others are part of the text.  So the
numbers of the things found are remembered with a mark of the moment, and when the search is asked for again, only the
things that have changed since are looked at.
"""

from __future__ import annotations

import threading
from array import array
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from askare.storage.marks import present_mark, things_changed_since

if TYPE_CHECKING:
    from askare.storage.transactions import Transaction

NUMBERS_MAX = 3_000_000  # of things, in all finds of a process: 24 MB
FIND_MAX = 300_000  # of things in one find; a larger one would push out too many others
CHANGES_MAX = 500  # more than that since the mark, and looking anew is the cheaper way


class Numbers:
    """The numbers of some things, in order, eight bytes each."""

    __slots__ = ("_ordered",)

    def __init__(self, numbers: Iterable[int] = ()) -> None:
        self._ordered = array("q", sorted(numbers))

    def __len__(self) -> int:
        return len(self._ordered)

    def __iter__(self) -> Iterator[int]:
        return iter(self._ordered)

    def __contains__(self, number: int) -> bool:
        place = bisect_left(self._ordered, number)
        return place < len(self._ordered) and self._ordered[place] == number

    def changed(self, *, without: Iterable[int], with_: Iterable[int]) -> Numbers:
        """The same without some few and then with some few others."""
        ordered = self._ordered[:]
        for number in without:
            if number in self:
                del ordered[bisect_left(ordered, number)]
        for number in with_:
            ordered.insert(bisect_left(ordered, number), number)
        new = Numbers()
        new._ordered = ordered
        return new


class Find(Struct, frozen=True):
    """The numbers of the things that a search finds, at the moment of `mark`; they are the same since `touched`.

    None where it finds more than `FIND_MAX`.
    """

    mark: str
    touched: str
    numbers: Numbers | None


class Again(Struct, frozen=True):
    """What has become of some things that have changed: the numbers of all, and of those that are found."""

    present: frozenset[int]
    found: frozenset[int]


class Finds:
    """The finds that one process remembers."""

    def __init__(self) -> None:
        self._remembered: OrderedDict[Hashable, Find] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def find(
        self,
        tx: Transaction,
        kind: str,
        question: Hashable,
        find: Callable[[], Numbers | None],
        find_among: Callable[[Collection[bytes]], Again],
    ) -> Find:
        """The present answer to `question`, which must name everything that `find` depends on.

        `find_among` looks at the things of these ids alone.
        """
        key = (tx.organization_no, kind, question)
        known = self._remembered.get(key)
        mark = present_mark(tx)
        if known is not None:
            if mark == known.mark:
                self._use(key)
                return known
            if tx.flavour.moment(mark) < tx.flavour.moment(known.mark):
                return Find(mark, mark, find())  # this looks at what was, others have looked at what came after
            corrected = self._corrected(tx, kind, known, mark, find_among)
            if corrected is not None:
                self._remember(key, corrected)
                return corrected
        found = Find(mark, mark, find())
        self._remember(key, found)
        return found

    @staticmethod
    def _corrected(
        tx: Transaction, kind: str, known: Find, mark: str, find_among: Callable[[Collection[bytes]], Again]
    ) -> Find | None:
        changed = things_changed_since(tx, kind, known.mark, limit=CHANGES_MAX)
        if changed is None:
            return None
        if not changed:
            return Find(mark, known.touched, known.numbers)
        if known.numbers is None:  # one of these may be among the many: nobody knows
            return Find(mark, mark, None)
        again = find_among(changed)
        if not again.found and not any(number in known.numbers for number in again.present):
            return Find(mark, known.touched, known.numbers)
        return Find(mark, mark, known.numbers.changed(without=again.present, with_=again.found))

    def _use(self, key: Hashable) -> None:
        with self._lock:
            if key in self._remembered:
                self._remembered.move_to_end(key)

    def _remember(self, key: Hashable, found: Find) -> None:
        with self._lock:
            old = self._remembered.pop(key, None)
            self._remembered[key] = found
            self._size += _size(found) - (_size(old) if old is not None else 0)
            while self._size > NUMBERS_MAX:
                _, oldest = self._remembered.popitem(last=False)
                self._size -= _size(oldest)


def _size(found: Find) -> int:
    return 10 + len(found.numbers or ())
