"""Remembered counts: `totalCount` of a million things without counting a million things.

A count is remembered together with a mark of the moment at which it was true.  When it is asked for again, the
history since that mark says what has changed, and the count is brought up to date by those few changes alone.  It is
exact, and it needs no agreement between processes: the database's own snapshot is what everybody agrees on.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING

from msgspec import Struct

from askare.storage.marks import changed_since, present_mark

if TYPE_CHECKING:
    from askare.storage.transactions import Transaction

REMEMBERED_MAX = 4_096  # counts a process
CHANGES_MAX = 2_000  # more than that since the mark, and counting anew is the cheaper way
WORTH_REMEMBERING = 200  # a smaller count is mostly found in less time than the history takes to read

Counted = Callable[[str | None], bool]


class _Remembered(Struct):
    mark: str
    count: int


class Counts:
    """The counts that one process remembers, of one kind of thing."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._remembered: OrderedDict[Hashable, _Remembered] = OrderedDict()
        self._lock = threading.Lock()

    def count(self, tx: Transaction, question: Hashable, count: Callable[[], int], counted: Counted | None) -> int:
        """The present answer to `question`, which must name everything that `count` depends on, the caller's
        organization and sight included.

        `counted` says whether a thing in the state of this document (None: it did not exist) is among those
        counted; None where a document alone cannot tell: such a count lives until the next change of its kind.
        """
        key = (tx.organization_no, question)
        known = self._remembered.get(key)
        if known is not None:
            mark = present_mark(tx)
            if mark == known.mark:
                return known.count
            if tx.flavour.moment(mark) < tx.flavour.moment(known.mark):
                return count()  # this transaction looks at what was, others have looked at what came after
            correction = self._correction(tx, known.mark, counted)
            if correction is not None:
                self._remember(key, mark, known.count + correction)
                return known.count + correction
        found = count()
        if found >= WORTH_REMEMBERING or counted is None:  # what a document cannot tell takes long to find out
            mark = present_mark(tx)
            self._remember(key, mark, found)
        else:
            with self._lock:
                self._remembered.pop(key, None)
        return found

    def _correction(self, tx: Transaction, mark: str, counted: Counted | None) -> int | None:
        limit = 1 if counted is None else CHANGES_MAX + 1
        changes = changed_since(tx, self._kind, mark, limit=limit)
        if not changes:
            return 0
        if counted is None or len(changes) > CHANGES_MAX:
            return None
        return sum(counted(after) - counted(before) for before, after in changes)

    def _remember(self, key: Hashable, mark: str, count: int) -> None:
        with self._lock:
            self._remembered[key] = _Remembered(mark, count)
            self._remembered.move_to_end(key)
            if len(self._remembered) > REMEMBERED_MAX:
                self._remembered.popitem(last=False)
