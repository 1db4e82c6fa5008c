"""Realties in the database: what is searched, sorted or locked on beside the stored document."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from msgspec import Struct

from askare.kernel.paging import Order, Page, Window
from askare.kernel.time import milliseconds
from askare.realties import rules
from askare.realties.model import Realty, RealtyFilter, document_of, realty_of
from askare.storage import shelf
from askare.storage.search import Bound, Query, search, seen_offices
from askare.storage.shelf import Item, Place, Shelf
from askare.storage.sql import Conditions
from askare.storage.transactions import Transaction, Value

REALTIES = Shelf(
    name="realty",
    plural="realties",
    time="listed",
    columns=("status", "property_type", "friendly_id", "office_id"),
)
NO_OFFICE = UUID(int=0).bytes

SORT_COLUMNS = {"listedTime": "listed", "modificationTime": "modified"}
DEFAULT_ORDER = (Order("listedTime", descending=True),)


class Stored(Struct, frozen=True):
    """A realty as it lies on its shelf."""

    no: int
    realty: Realty
    document: str


def insert_all(tx: Transaction, realties: Sequence[Realty]) -> list[str]:
    """Keep new realties.  Returns the stored documents."""
    items = [_item(realty) for realty in realties]
    shelf.insert_all(tx, REALTIES, items)
    return [item.document for item in items]


def find(tx: Transaction, realty_id: UUID, *, lock: bool = False) -> Stored | None:
    """The stored realty of this id in the caller's organization, or None."""
    found = shelf.find(tx, REALTIES, realty_id.bytes, lock=lock)
    if found is None:
        return None
    realty_no, version, document = found
    return Stored(realty_no, realty_of(realty_id, version, document), document)


def find_all(tx: Transaction, realty_ids: Iterable[UUID], *, lock: bool = False) -> dict[UUID, Stored]:
    """Those of the realties that are known."""
    found = shelf.find_all(tx, REALTIES, sorted({realty_id.bytes for realty_id in realty_ids}), lock=lock)
    return {
        (realty_id := one.uuid): Stored(one.no, realty_of(realty_id, one.version, one.document), one.document)
        for one in found
    }


def replace_all(tx: Transaction, changed: Sequence[tuple[Stored, Realty]]) -> list[str]:
    """Keep changed realties in the places of the stored ones.  Returns the stored documents."""
    items = [_item(after) for _, after in changed]
    places = [_place(before) for before, _ in changed]
    shelf.replace_all(tx, REALTIES, list(zip(places, items, strict=True)))
    return [item.document for item in items]


def delete(tx: Transaction, stored: Stored) -> None:
    """Take a realty out of the store.  Its history and tombstone are the caller's to write."""
    shelf.delete(tx, REALTIES, _place(stored))


def _place(stored: Stored) -> Place:
    return Place(stored.no, _listed(stored.realty))


def search_realties(tx: Transaction, wanted: RealtyFilter, orders: Sequence[Order], window: Window) -> Page[bytes]:
    """The documents of the realties that the caller sees and the filter wants, in order, and how many there are."""
    offices = seen_offices(tx.caller.office_ids, wanted.office_ids)
    if offices is not None and not wanted.office_ids:
        offices |= {NO_OFFICE}  # what is nobody's is everybody's

    def counted(document: str) -> bool:
        realty = realty_of(_NOBODY, 0, document)
        return rules.matches(wanted, realty) and (offices is None or _office(realty) in offices)

    among: list[tuple[str, frozenset[Value]]] = [
        (column, frozenset(values))
        for column, values in (
            ("status", wanted.statuses),
            ("property_type", {one.value for one in wanted.property_types}),
            ("friendly_id", wanted.friendly_ids),
        )
        if values
    ]
    if offices is not None:
        among.append(("office_id", frozenset(offices)))
    bounds = []
    if wanted.modified_after is not None:
        bounds.append(Bound("modified", ">", milliseconds(wanted.modified_after)))
    return search(
        tx,
        REALTIES,
        Query(among=tuple(among), bounds=tuple(bounds), text=wanted.text),
        orders=[Order(SORT_COLUMNS[order.field], order.descending) for order in orders or DEFAULT_ORDER],
        window=window,
        counted=counted,
    )


_NOBODY = UUID(int=0)


def _listed(realty: Realty) -> int:
    return milliseconds(realty.content.listed_time or realty.created)


def _office(realty: Realty) -> bytes:
    office_id = realty.content.agency_office_id
    return NO_OFFICE if office_id is None else office_id.bytes


def _item(realty: Realty) -> Item:
    content = realty.content
    return Item(
        key=realty.realty_id.bytes,
        version=realty.version,
        time=_listed(realty),
        modified=milliseconds(realty.modified),
        columns={
            "status": content.status_code or "",
            "property_type": content.property_type_code.value if content.property_type_code else "",
            "friendly_id": content.friendly_id or "",
            "office_id": _office(realty),
        },
        document=document_of(realty),
        text=rules.searched_text(content),
    )


def newest_documents(
    tx: Transaction, *, listed_after: int | None = None, statuses: Sequence[str] = (), limit: int
) -> list[tuple[int, str]]:
    """Version and document of the realties that the caller sees, the newest listing first.

    Of those listed after so many milliseconds, and in one of the states (no state: ""), where that is asked for.
    """
    conditions = Conditions()
    conditions.add(f"organization_no = {conditions.value(tx.organization_no)}")
    if listed_after is not None:
        conditions.add(f"listed > {conditions.value(listed_after)}")
    if statuses:
        conditions.add(conditions.among("status", statuses))
    offices = seen_offices(tx.caller.office_ids, frozenset())
    if offices is not None:
        conditions.add(conditions.among("office_id", sorted(offices | {NO_OFFICE})))
    rows = tx.rows(
        f"SELECT version, document FROM realties WHERE {conditions} ORDER BY listed DESC, realty_id LIMIT"
        f" {conditions.value(limit)}",
        **conditions.values,
    )
    return [(version, document) for version, document in rows]


def documents_of(tx: Transaction, realty_ids: Sequence[UUID]) -> list[tuple[int, str]]:
    """Version and document of those of the realties that exist and that the caller sees."""
    if not realty_ids:
        return []
    conditions = Conditions()
    conditions.add(f"organization_no = {conditions.value(tx.organization_no)}")
    conditions.add(conditions.among("realty_id", [realty_id.bytes for realty_id in realty_ids]))
    offices = seen_offices(tx.caller.office_ids, frozenset())
    if offices is not None:
        conditions.add(conditions.among("office_id", sorted(offices | {NO_OFFICE})))
    rows = tx.rows(f"SELECT version, document FROM realties WHERE {conditions}", **conditions.values)
    return [(version, document) for version, document in rows]
