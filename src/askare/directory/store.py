"""The directory in the database: entries as documents, the names of all that others point at, operators' numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from msgspec import Struct

from askare.directory import rules
from askare.directory.model import (
    AgentContent,
    DirectoryFilter,
    Entry,
    PartyContent,
    display_name,
    document_of,
    entry_of,
)
from askare.directory.model import Kind as Kind
from askare.kernel.paging import Order, Page, Window
from askare.kernel.time import milliseconds
from askare.kernel.words import fold
from askare.storage import shelf
from askare.storage.search import Bound, Query, search, seen_offices
from askare.storage.shelf import Item, Link, Place, Shelf
from askare.storage.sql import Conditions, insert_rows
from askare.storage.transactions import Transaction, Value

CODE, EXTENSION = 1, 2


# Entries ---------------------------------------------------------------------------------------------------------

_COLUMNS = ("sort_name",)
SHELVES = {
    Kind.OFFICE: Shelf(name="office", time="created", columns=_COLUMNS, sorts=_COLUMNS),
    Kind.AGENT: Shelf(name="agent", time="created", columns=_COLUMNS, sorts=_COLUMNS),
    Kind.OPERATOR: Shelf(name="operator", time="created", columns=_COLUMNS, sorts=_COLUMNS),
    Kind.PARTY: Shelf(name="party", plural="parties", time="created", columns=(*_COLUMNS, "type"), sorts=_COLUMNS),
}
OFFICE_LINK, PHONE_LINK = 1, 2

SORT_COLUMNS = {"name": "sort_name", "modificationTime": "modified"}
DEFAULT_ORDER = (Order("name"),)


class Texted(Struct, frozen=True):
    """An entry and what free text search looks through."""

    entry: Entry
    text: str


def insert_all(tx: Transaction, kind: Kind, entries: Sequence[Texted]) -> list[str]:
    """Keep new entries.  Returns the stored documents."""
    items = [_item(one) for one in entries]
    shelf.insert_all(tx, SHELVES[kind], items)
    return [item.document for item in items]


class Stored(Struct, frozen=True):
    """An entry as it lies on its shelf."""

    no: int
    entry: Entry
    document: str


def find(tx: Transaction, kind: Kind, thing_id: UUID, *, lock: bool = False) -> Stored | None:
    """The stored entry of this id in the caller's organization, or None."""
    found = shelf.find(tx, SHELVES[kind], thing_id.bytes, lock=lock)
    if found is None:
        return None
    entry_no, version, document = found
    return Stored(entry_no, entry_of(kind, thing_id, version, document), document)


def find_all(tx: Transaction, kind: Kind, thing_ids: Iterable[UUID], *, lock: bool = False) -> dict[UUID, Stored]:
    """Those of the entries that are known."""
    found = shelf.find_all(tx, SHELVES[kind], sorted({thing_id.bytes for thing_id in thing_ids}), lock=lock)
    return {
        (thing_id := one.uuid): Stored(one.no, entry_of(kind, thing_id, one.version, one.document), one.document)
        for one in found
    }


def replace_all(tx: Transaction, kind: Kind, changed: Sequence[tuple[Stored, Texted]]) -> list[str]:
    """Keep changed entries in the places of the stored ones.  Returns the stored documents."""
    items = [_item(after) for _, after in changed]
    places = [_place(before) for before, _ in changed]
    shelf.replace_all(tx, SHELVES[kind], list(zip(places, items, strict=True)))
    return [item.document for item in items]


def delete(tx: Transaction, stored: Stored) -> None:
    """Take an entry out of the store.  Its history and tombstone are the caller's to write."""
    shelf.delete(tx, SHELVES[stored.entry.kind], _place(stored))


def search_entries(tx: Transaction, wanted: DirectoryFilter, orders: Sequence[Order], window: Window) -> Page[bytes]:
    """The documents of the entries that the caller sees and the filter wants, in order, and how many there are."""
    kind, seen = wanted.kind, tx.caller.office_ids

    def counted(document: str) -> bool:
        entry = entry_of(kind, _NOBODY, 0, document)
        is_seen = kind is not Kind.AGENT or seen is None or not seen.isdisjoint(_offices_of(entry))
        return is_seen and rules.matches(wanted, entry)

    among: list[tuple[str, frozenset[Value]]] = []
    links: list[tuple[int, frozenset[bytes]]] = []
    if wanted.party_types:
        among.append(("type", frozenset(one.value for one in wanted.party_types)))
    if kind is Kind.OFFICE and (offices := seen_offices(seen, wanted.office_ids)) is not None:
        among.append(("office_id", frozenset(offices)))
    elif kind is Kind.AGENT:
        # An agent may work for several: seen in one of them, and found by another.
        for asked in (seen, wanted.office_ids or None):
            if asked is not None:
                links.append((OFFICE_LINK, frozenset(office.bytes for office in asked)))
    if wanted.phones:
        links.append((PHONE_LINK, frozenset(phone.encode() for phone in wanted.phones)))
    bounds = []
    if wanted.modified_after is not None:
        bounds.append(Bound("modified", ">", milliseconds(wanted.modified_after)))
    return search(
        tx,
        SHELVES[kind],
        Query(among=tuple(among), bounds=tuple(bounds), links=tuple(links), text=wanted.text),
        orders=[Order(SORT_COLUMNS[order.field], order.descending) for order in orders or DEFAULT_ORDER],
        window=window,
        counted=counted if kind is not Kind.OFFICE else None,
    )


_NOBODY = UUID(int=0)


def _offices_of(entry: Entry) -> tuple[UUID, ...]:
    return entry.content.agency_office_ids if isinstance(entry.content, AgentContent) else ()


def _item(texted: Texted) -> Item:
    entry, content = texted.entry, texted.entry.content
    columns: dict[str, Value] = {"sort_name": fold(display_name(content))}
    if isinstance(content, PartyContent):
        columns["type"] = content.party_type_code.value
    return Item(
        key=entry.thing_id.bytes,
        version=entry.version,
        time=milliseconds(entry.created),
        modified=milliseconds(entry.modified),
        columns=columns,
        links=_links(entry),
        document=document_of(entry),
        text=texted.text,
    )


def _place(stored: Stored) -> Place:
    return Place(stored.no, milliseconds(stored.entry.created), _links(stored.entry))


def _links(entry: Entry) -> list[Link]:
    links = [(OFFICE_LINK, office.bytes) for office in _offices_of(entry)]
    return links if entry.phone_e164 is None else [*links, (PHONE_LINK, entry.phone_e164.encode())]


# Names -----------------------------------------------------------------------------------------------------------


def claim(tx: Transaction, kind: Kind, thing_ids: Iterable[UUID]) -> None:
    """Before making things under ids that the caller has chosen: wait for whoever is making the very same."""
    # In one order for everybody, so that two transactions never wait for each other's claims.
    rows = [(tx.organization_no, kind.value, thing, "") for thing in sorted(thing_id.bytes for thing_id in thing_ids)]
    insert_rows(tx, "names", _NAME_COLUMNS, rows, on_conflict=f"{_NAME_KEY} DO UPDATE SET name = names.name")


_NAME_COLUMNS = ("organization_no", "kind", "thing_id", "name")
_NAME_KEY = "(organization_no, kind, thing_id)"


def put_name(tx: Transaction, kind: Kind, thing_id: UUID, name: str) -> None:
    """Have a thing known by this name."""
    put_names(tx, kind, {thing_id: name})


def put_names(tx: Transaction, kind: Kind, named: Mapping[UUID, str]) -> None:
    """Have things known by these names."""
    rows = sorted((tx.organization_no, kind.value, thing_id.bytes, name) for thing_id, name in named.items())
    insert_rows(tx, "names", _NAME_COLUMNS, rows, on_conflict=f"{_NAME_KEY} DO UPDATE SET name = excluded.name")


def delete_names(tx: Transaction, kind: Kind, thing_ids: Iterable[UUID]) -> None:
    """From now on the things are unknown."""
    tx.run_many(
        "DELETE FROM names WHERE organization_no = :organization AND kind = :kind AND thing_id = :thing",
        [(tx.organization_no, kind.value, thing) for thing in sorted(thing_id.bytes for thing_id in thing_ids)],
    )


def names(tx: Transaction, things: Iterable[tuple[Kind, UUID]]) -> dict[tuple[Kind, UUID], str]:
    """The names of those of the things that are known."""
    wanted = {(kind.value, thing_id.bytes) for kind, thing_id in things}
    if not wanted:
        return {}
    conditions = Conditions()
    conditions.add(f"organization_no = {conditions.value(tx.organization_no)}")
    conditions.add(conditions.among("kind", sorted({kind for kind, _ in wanted})))
    conditions.add(conditions.among("thing_id", sorted({thing_id for _, thing_id in wanted})))
    rows = tx.rows(f"SELECT kind, thing_id, name FROM names WHERE {conditions}", **conditions.values)
    return {
        (Kind(kind), UUID(bytes=bytes(thing_id))): name
        for kind, thing_id, name in rows
        if (kind, bytes(thing_id)) in wanted
    }


def labels(tx: Transaction, things: Iterable[tuple[Kind, UUID]]) -> list[str]:
    """The names of those of the things that are known, in no particular order."""
    return list(names(tx, things).values())


def party_types(tx: Transaction, party_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The `partyTypeCode` of those of the parties that are known."""
    return {
        party_id: stored.entry.content.party_type_code.value
        for party_id, stored in find_all(tx, Kind.PARTY, party_ids).items()
        if isinstance(stored.entry.content, PartyContent)
    }


def knows_any(tx: Transaction, kind: Kind) -> bool:
    """Whether the organization's directory knows anything of this kind."""
    row = tx.row(
        "SELECT 1 FROM names WHERE organization_no = :organization AND kind = :kind LIMIT 1",
        organization=tx.organization_no,
        kind=kind.value,
    )
    return row is not None


def note_renamed(tx: Transaction, kind: Kind, thing_ids: Iterable[UUID]) -> None:
    """Remember that whatever names the things is still found by what they were called before."""
    insert_rows(
        tx,
        "renamed",
        ("organization_no", "kind", "thing_id"),
        [(tx.organization_no, kind.value, thing) for thing in sorted(thing_id.bytes for thing_id in thing_ids)],
        on_conflict=f"{_NAME_KEY} DO UPDATE SET times = renamed.times + 1",
    )


class Renamed(Struct, frozen=True):
    """A thing that has another name than before, and how often that has happened."""

    kind: Kind
    thing_id: UUID
    times: int


def renamed(tx: Transaction, *, limit: int) -> list[Renamed]:
    """Some of the things whose new names are not known everywhere yet."""
    return [
        Renamed(Kind(kind), UUID(bytes=bytes(thing_id)), times)
        for kind, thing_id, times in tx.rows(
            "SELECT kind, thing_id, times FROM renamed WHERE organization_no = :organization"
            " ORDER BY kind, thing_id LIMIT :limit",
            organization=tx.organization_no,
            limit=limit,
        )
    ]


def forget_renamed(tx: Transaction, things: Sequence[Renamed]) -> None:
    """Their names are known everywhere, unless they have changed again meanwhile."""
    tx.run_many(
        "DELETE FROM renamed WHERE organization_no = :organization AND kind = :kind AND thing_id = :thing"
        " AND times = :times",
        [(tx.organization_no, one.kind.value, one.thing_id.bytes, one.times) for one in things],
    )


# Operators -------------------------------------------------------------------------------------------------------


def holder_of_key(tx: Transaction, key_kind: int, key: str) -> UUID | None:
    """The operator who has this code or extension."""
    row = tx.row(
        "SELECT user_id FROM operator_keys WHERE organization_no = :organization AND kind = :kind AND key = :key",
        organization=tx.organization_no,
        kind=key_kind,
        key=key,
    )
    return None if row is None else UUID(bytes=bytes(row[0]))


def holder_of_code_or_extension(tx: Transaction, key: str) -> UUID | None:
    """The operator who has this code; where nobody has, the one who has it as an extension."""
    holder = "SELECT user_id FROM operator_keys WHERE organization_no = :organization AND key = :key AND kind ="
    row = tx.row(
        f"SELECT coalesce(({holder} :code), ({holder} :extension))",
        organization=tx.organization_no,
        code=CODE,
        extension=EXTENSION,
        key=key,
    )
    return None if row is None or row[0] is None else UUID(bytes=bytes(row[0]))


def take_key(tx: Transaction, key_kind: int, key: str, user_id: UUID) -> bool:
    """Give a code or extension to an operator; returns whether it was free, or theirs already."""
    tx.run(
        "INSERT INTO operator_keys (organization_no, kind, key, user_id) VALUES (:organization, :kind, :key, :user)"
        " ON CONFLICT DO NOTHING",
        organization=tx.organization_no,
        kind=key_kind,
        key=key,
        user=user_id.bytes,
    )
    return holder_of_key(tx, key_kind, key) == user_id


def free_keys(tx: Transaction, keys: Sequence[tuple[int, str]]) -> None:
    """Take codes and extensions back."""
    for key_kind, key in keys:
        tx.run(
            "DELETE FROM operator_keys WHERE organization_no = :organization AND kind = :kind AND key = :key",
            organization=tx.organization_no,
            kind=key_kind,
            key=key,
        )


def number_of_user(tx: Transaction, user_id: UUID) -> int | None:
    """The small integer of a user of the caller's organization, when there is one."""
    row = tx.row(
        "SELECT number FROM user_numbers WHERE organization_no = :organization AND user_id = :user",
        organization=tx.organization_no,
        user=user_id.bytes,
    )
    return None if row is None else int(row[0])


def insert_user_number(tx: Transaction, user_id: UUID) -> None:
    """Give a user the next number, unless there is one, or somebody else takes that very number at this moment."""
    tx.run(
        "INSERT INTO user_numbers (organization_no, number, user_id)"
        " SELECT :organization, coalesce(max(number), 0) + 1, :user FROM user_numbers"
        " WHERE organization_no = :organization ON CONFLICT DO NOTHING",
        organization=tx.organization_no,
        user=user_id.bytes,
    )


def user_of_number(tx: Transaction, number: int) -> UUID | None:
    """The user of the caller's organization who has this number."""
    row = tx.row(
        "SELECT user_id FROM user_numbers WHERE organization_no = :organization AND number = :number",
        organization=tx.organization_no,
        number=number,
    )
    return None if row is None else UUID(bytes=bytes(row[0]))
