"""A room's things on their shelf: put there as items, answered as things."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Generic, TypeVar
from uuid import UUID

from askare.kernel.paging import Order, Page, Window
from askare.storage import shelf as shelves
from askare.storage.search import Query, search
from askare.storage.shelf import Item, Link, Place, Shelf
from askare.storage.transactions import Transaction

Thing = TypeVar("Thing")

_NOBODY = UUID(int=0)  # for things that are looked at and not answered: their documents do not hold their ids


class Keeper(Generic[Thing]):
    """Keeps the things of one room, whose ids are UUIDs.

    `item` says how a thing is kept that a text finds, `place` where the thing of a number lies, and `read` makes a
    thing of its id, version and document.
    """

    def __init__(
        self,
        shelf: Shelf,
        *,
        item: Callable[[Thing, str], Item],
        place: Callable[[int, Thing], Place],
        read: Callable[[UUID, int, str], Thing],
    ) -> None:
        self.shelf = shelf
        self._item = item
        self._place = place
        self._read = read

    def insert(self, tx: Transaction, thing: Thing, *, text: str) -> str:
        """Keep a new thing; `text` is what free text search looks through.  Returns the stored document."""
        item = self._item(thing, text)
        shelves.insert(tx, self.shelf, item)
        return item.document

    def find(self, tx: Transaction, thing_id: UUID, *, lock: bool = False) -> tuple[int, Thing, str] | None:
        """The thing of this id in the caller's organization, between its number and its document, or None."""
        found = shelves.find(tx, self.shelf, thing_id.bytes, lock=lock)
        if found is None:
            return None
        no, version, document = found
        return no, self._read(thing_id, version, document), document

    def replace(self, tx: Transaction, no: int, before: Thing, after: Thing, *, text: str) -> str:
        """Keep a changed thing in the place of the stored one.  Returns the stored document."""
        item = self._item(after, text)
        shelves.replace(tx, self.shelf, self._place(no, before), item)
        return item.document

    def delete(self, tx: Transaction, no: int, thing: Thing) -> None:
        """Take a thing out of the store.  Its history and tombstone are the caller's to write."""
        shelves.delete(tx, self.shelf, self._place(no, thing))

    def retext(self, tx: Transaction, no: int, thing: Thing, text: str) -> None:
        """Let a thing be found by another text."""
        shelves.retext(tx, self.shelf, self._place(no, thing), text)

    def pointing_at(
        self, tx: Transaction, *, links: Collection[Link], offices: Collection[bytes], after: int, limit: int
    ) -> list[tuple[int, Thing]]:
        """The next things that point at any of these, by a link or as their office's, with their numbers."""
        found = shelves.pointing_at(tx, self.shelf, links=links, offices=offices, after=after, limit=limit)
        return [(one.no, self._read(_NOBODY, one.version, one.document)) for one in found]

    def search(
        self,
        tx: Transaction,
        query: Query,
        *,
        counted: Callable[[Thing], bool],
        orders: Sequence[Order],
        window: Window,
    ) -> Page[bytes]:
        """The documents of what the query wants, in order, and how many there are; `counted` says the same as the
        query by the room's own rule."""
        return search(
            tx,
            self.shelf,
            query,
            orders=orders,
            window=window,
            counted=lambda document: counted(self._read(_NOBODY, 0, document)),
        )
