"""Remembered pages: a list that nobody has changed is answered again without looking for it.

Programs and people ask for the same list over and over, mostly to learn that nothing is new.  A page is remembered with
a mark of the moment at which it was true; when it is asked for again, the history since that mark says whether any
change touches it.  It needs no agreement between processes, and is never out of date: the database's own snapshot is
what everybody agrees on.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct

from askare.kernel.paging import Page
from askare.storage.marks import changed_since, present_mark

if TYPE_CHECKING:
    from askare.storage.transactions import Transaction

REMEMBERED_BYTES_MAX = 8 * 1024 * 1024  # of answers, in one process
PAGE_BYTES_MAX = 256 * 1024  # a larger one would push out too many others
PAGE_COSTS_BYTES = 500  # besides the answers in it
CHANGES_MAX = 50  # more than that since the mark, and looking anew is the cheaper way

Counted = Callable[[str | None], bool]


Item = TypeVar("Item")


class _Remembered(Struct):
    mark: str
    page: Page[Any]
    size: int


class Pages:
    """The pages that one process remembers, of all kinds of things."""

    def __init__(self) -> None:
        self._remembered: OrderedDict[Hashable, _Remembered] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def page(
        self,
        tx: Transaction,
        kind: str,
        question: Hashable,
        find: Callable[[], Page[Item]],
        is_untouched: Callable[[str], bool],
        *,
        size: Callable[[Item], int],
    ) -> Page[Item]:
        """The present answer to `question`, which must name everything that `find` depends on, the caller's sight,
        the order and the window included.

        `is_untouched` says whether nothing that is, or was, among what is found, in whatever window, has changed since
        a mark; `size` is that of an item, in bytes.
        """
        key = (tx.organization_no, kind, question)
        known = self._remembered.get(key)
        mark = present_mark(tx)
        if known is not None:
            if mark == known.mark:
                return known.page
            if tx.flavour.moment(mark) < tx.flavour.moment(known.mark):
                return find()  # this transaction looks at what was, others have looked at what came after
            if is_untouched(known.mark):
                known.mark = mark
                return known.page
        page = find()
        self._remember(key, mark, page, sum(map(size, page.items)))
        return page

    def page_while_still(
        self,
        tx: Transaction,
        kind: str,
        question: Hashable,
        find: Callable[[], Page[Item]],
        *,
        size: Callable[[Item], int],
    ) -> Page[Item]:
        """The same for things of whose changes history does not tell all: remembered until anything is committed."""
        key = (tx.organization_no, kind, question)
        known, mark = self._remembered.get(key), tx.whole_mark()
        if known is not None and known.mark == mark:
            return known.page
        page = find()
        self._remember(key, mark, page, sum(map(size, page.items)))
        return page

    def _remember(self, key: Hashable, mark: str, page: Page[Any], items_bytes: int) -> None:
        size = PAGE_COSTS_BYTES + items_bytes
        with self._lock:
            old = self._remembered.pop(key, None)
            if old is not None:
                self._size -= old.size
            if size > PAGE_BYTES_MAX:
                return
            self._remembered[key] = _Remembered(mark, page, size)
            self._size += size
            while self._size > REMEMBERED_BYTES_MAX:
                _, oldest = self._remembered.popitem(last=False)
                self._size -= oldest.size


def is_untouched_since(tx: Transaction, kind: str, mark: str, counted: Counted | None) -> bool:
    """Whether nothing of what has changed since the mark is, or was, among what is found.

    `counted` says whether a thing in the state of this document (None: it did not exist) is among it; None where a
    document alone cannot tell: then any change of the kind may be one.
    """
    changes = changed_since(tx, kind, mark, limit=1 if counted is None else CHANGES_MAX + 1)
    if not changes:
        return True
    if counted is None or len(changes) > CHANGES_MAX:
        return False
    return not any(counted(document) for change in changes for document in change)
