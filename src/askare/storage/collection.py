"""Keeping things that are one JSON document each, beside a few columns.  Lists of them: `listing.py`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from askare.kernel.conditions import Document
from askare.kernel.time import milliseconds
from askare.storage.transactions import Transaction, Value


class Kept(Struct, frozen=True):
    """A thing as it is kept."""

    thing_id: UUID
    version: int
    document: Document


class Collection(Struct, frozen=True):
    """A table with `organization_no, thing_id, version, created, modified, document` and columns of its own."""

    table: str

    def insert(
        self, tx: Transaction, thing_id: UUID, document: Document, *, now: datetime, columns: Mapping[str, Value]
    ) -> None:
        """Keep a new thing in its first version."""
        names = ["organization_no", "thing_id", "version", "created", "modified", "document", *columns]
        tx.run(
            f"INSERT INTO {self.table} ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)})",
            organization_no=tx.organization_no,
            thing_id=thing_id.bytes,
            version=1,
            created=milliseconds(now),
            modified=milliseconds(now),
            document=text_of(document),
            **columns,
        )

    def find(self, tx: Transaction, thing_id: UUID, *, lock: bool = False) -> Kept | None:
        """The thing of this id in the caller's organization, or None."""
        row = tx.row(
            f"SELECT version, document FROM {self.table} WHERE organization_no = :organization AND thing_id = :thing"
            f"{tx.flavour.row_lock if lock else ''}",
            organization=tx.organization_no,
            thing=thing_id.bytes,
        )
        return Kept(thing_id, row[0], msgspec.json.decode(row[1])) if row is not None else None

    def replace(
        self,
        tx: Transaction,
        thing_id: UUID,
        document: Document,
        *,
        version: int,
        now: datetime,
        columns: Mapping[str, Value],
    ) -> None:
        """Keep a changed thing in the place of the stored one."""
        changes = "".join(f", {name} = :{name}" for name in columns)
        tx.run(
            f"UPDATE {self.table} SET version = :version, modified = :modified, document = :document{changes}"
            " WHERE organization_no = :organization_no AND thing_id = :thing_id",
            organization_no=tx.organization_no,
            thing_id=thing_id.bytes,
            version=version,
            modified=milliseconds(now),
            document=text_of(document),
            **columns,
        )

    def delete(self, tx: Transaction, thing_id: UUID) -> None:
        """Take a thing out.  Its history and tombstone are the caller's to write."""
        tx.run(
            f"DELETE FROM {self.table} WHERE organization_no = :organization AND thing_id = :thing",
            organization=tx.organization_no,
            thing=thing_id.bytes,
        )


def text_of(document: Document) -> str:
    """The JSON text in which a document is kept."""
    return msgspec.json.encode(document).decode()
