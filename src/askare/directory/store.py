"""The directory in the database: entries as documents, the names of all that others point at, operators' numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from askare.directory.model import Entry, PartyContent, document_of, entry_of
from askare.directory.model import Kind as Kind
from askare.storage.sql import Conditions
from askare.storage.transactions import Transaction

CODE, EXTENSION = 1, 2


# Entries ---------------------------------------------------------------------------------------------------------


def insert(tx: Transaction, entry: Entry, *, text: str) -> str:
    """Keep a new entry.  Returns the stored document."""
    document = document_of(entry)
    tx.run(
        "INSERT INTO entries (organization_no, kind, thing_id, version, document)"
        " VALUES (:organization, :kind, :thing, :version, :document)",
        organization=tx.organization_no,
        kind=entry.kind.value,
        thing=entry.thing_id.bytes,
        version=entry.version,
        document=document,
    )
    return document


def find(tx: Transaction, kind: Kind, thing_id: UUID, *, lock: bool = False) -> tuple[int, Entry, str] | None:
    """The stored entry of this id in the caller's organization with its number and document, or None."""
    row = tx.row(
        "SELECT entry_no, version, document FROM entries"
        " WHERE organization_no = :organization AND kind = :kind AND thing_id = :thing"
        f"{tx.flavour.row_lock if lock else ''}",
        organization=tx.organization_no,
        kind=kind.value,
        thing=thing_id.bytes,
    )
    if row is None:
        return None
    entry_no, version, document = row
    return entry_no, entry_of(kind, thing_id, version, document), document


def find_all(tx: Transaction, kind: Kind, thing_ids: Iterable[UUID]) -> dict[UUID, Entry]:
    """Those of the entries that are known."""
    wanted = sorted({thing_id.bytes for thing_id in thing_ids})
    if not wanted:
        return {}
    conditions = Conditions()
    conditions.add(
        f"organization_no = {conditions.value(tx.organization_no)} AND kind = {conditions.value(kind.value)}"
    )
    conditions.add(conditions.among("thing_id", wanted))
    found = {}
    for thing, version, document in tx.rows(
        f"SELECT thing_id, version, document FROM entries WHERE {conditions}", **conditions.values
    ):
        thing_id = UUID(bytes=bytes(thing))
        found[thing_id] = entry_of(kind, thing_id, version, document)
    return found


def replace(tx: Transaction, entry_no: int, after: Entry, *, text: str) -> str:
    """Keep a changed entry in the place of the stored one.  Returns the stored document."""
    document = document_of(after)
    tx.run(
        "UPDATE entries SET version = :version, document = :document WHERE entry_no = :no",
        no=entry_no,
        version=after.version,
        document=document,
    )
    return document


def delete(tx: Transaction, entry_no: int, entry: Entry) -> None:
    """Take an entry out of the store."""
    tx.run("DELETE FROM entries WHERE entry_no = :no", no=entry_no)


# Names -----------------------------------------------------------------------------------------------------------


def claim(tx: Transaction, kind: Kind, thing_id: UUID) -> None:
    """Before making a thing under an id that the caller has chosen: wait for whoever is making the very same."""
    tx.run(
        "INSERT INTO names (organization_no, kind, thing_id, name) VALUES (:organization, :kind, :thing, '')"
        " ON CONFLICT (organization_no, kind, thing_id) DO UPDATE SET name = names.name",
        organization=tx.organization_no,
        kind=kind.value,
        thing=thing_id.bytes,
    )


def put_name(tx: Transaction, kind: Kind, thing_id: UUID, name: str) -> None:
    """Have a thing known by this name."""
    tx.run(
        "INSERT INTO names (organization_no, kind, thing_id, name) VALUES (:organization, :kind, :thing, :name)"
        " ON CONFLICT (organization_no, kind, thing_id) DO UPDATE SET name = excluded.name",
        organization=tx.organization_no,
        kind=kind.value,
        thing=thing_id.bytes,
        name=name,
    )


def delete_name(tx: Transaction, kind: Kind, thing_id: UUID) -> None:
    """From now on the thing is unknown."""
    tx.run(
        "DELETE FROM names WHERE organization_no = :organization AND kind = :kind AND thing_id = :thing",
        organization=tx.organization_no,
        kind=kind.value,
        thing=thing_id.bytes,
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


def document(tx: Transaction, kind: Kind, thing_id: UUID) -> str | None:
    """The JSON text of one entry, or None."""
    row = tx.row(
        "SELECT document FROM directory WHERE organization_no = :organization AND thing_id = :thing AND kind = :kind",
        organization=tx.organization_no,
        thing=thing_id.bytes,
        kind=kind.value,
    )
    return None if row is None else str(row[0])


def labels(tx: Transaction, things: Iterable[tuple[Kind, UUID]]) -> list[str]:
    """The names of those of the things that are known, in no particular order."""
    return list(names(tx, things).values())


def party_types(tx: Transaction, party_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The `partyTypeCode` of those of the parties that are known."""
    return {
        party_id: entry.content.party_type_code.value
        for party_id, entry in find_all(tx, Kind.PARTY, party_ids).items()
        if isinstance(entry.content, PartyContent)
    }


def knows_any(tx: Transaction, kind: Kind) -> bool:
    """Whether the organization's directory knows anything of this kind."""
    row = tx.row(
        "SELECT 1 FROM names WHERE organization_no = :organization AND kind = :kind LIMIT 1",
        organization=tx.organization_no,
        kind=kind.value,
    )
    return row is not None


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
