"""The directory in the database."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Any
from uuid import UUID

import msgspec

from askare.storage.sql import Conditions
from askare.storage.transactions import Transaction


class Kind(Enum):
    OFFICE = "office"
    AGENT = "agent"
    PARTY = "party"
    REALTY = "realty"


def put(tx: Transaction, kind: Kind, thing_id: UUID, *, label: str, document: dict[str, Any]) -> None:
    """Keep one entry; `label` is the text by which searches know it: a name, a street address."""
    tx.run(
        "INSERT INTO directory (organization_no, kind, thing_id, label, document)"
        " VALUES (:organization, :kind, :thing, :label, :document)"
        " ON CONFLICT (organization_no, thing_id, kind)"
        " DO UPDATE SET label = excluded.label, document = excluded.document",
        organization=tx.organization_no,
        kind=kind.value,
        thing=thing_id.bytes,
        label=label,
        document=msgspec.json.encode(document).decode(),
    )


def ensure_office(tx: Transaction, organization_no: int, office_id: UUID) -> None:
    """Have an entry for the office; a new one is called by the beginning of its id until somebody names it."""
    name = f"Office {str(office_id)[:8]}"
    tx.run(
        "INSERT INTO directory (organization_no, kind, thing_id, label, document)"
        " VALUES (:organization, :kind, :thing, :label, :document) ON CONFLICT DO NOTHING",
        organization=organization_no,
        kind=Kind.OFFICE.value,
        thing=office_id.bytes,
        label=name,
        document=msgspec.json.encode({"agencyOfficeId": office_id, "name": name}).decode(),
    )


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
    """The labels of those of the things that are known, in no particular order."""
    wanted = {(thing_id.bytes, kind.value) for kind, thing_id in things}
    return [label for thing_id, kind, label in _found(tx, wanted, "label") if (thing_id, kind) in wanted]


def party_types(tx: Transaction, party_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The `partyTypeCode` of those of the parties that are known."""
    wanted = {(party_id.bytes, Kind.PARTY.value) for party_id in party_ids}
    return {
        UUID(bytes=thing_id): msgspec.json.decode(document)["partyTypeCode"]
        for thing_id, kind, document in _found(tx, wanted, "document")
        if (thing_id, kind) in wanted
    }


def _found(tx: Transaction, wanted: set[tuple[bytes, str]], column: str) -> list[tuple[bytes, str, str]]:
    if not wanted:
        return []
    conditions = Conditions()
    conditions.add(f"organization_no = {conditions.value(tx.organization_no)}")
    conditions.add(conditions.among("thing_id", sorted({thing_id for thing_id, _ in wanted})))
    rows = tx.rows(f"SELECT thing_id, kind, {column} FROM directory WHERE {conditions}", **conditions.values)
    return [(bytes(thing_id), kind, text) for thing_id, kind, text in rows]
