"""Small collections: things of an organization, tens to thousands, each one JSON document.

What a search asks of them is open (any field, any operator), so it is answered here by looking at the documents, in
the order of their creation.  Without a question only the window is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from askare.kernel.paging import Order, Page, Window
from askare.kernel.time import milliseconds
from askare.storage.transactions import Transaction, Value

Document = dict[str, Any]
Wanted = Callable[[Document], bool]


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

    def listing(
        self, tx: Transaction, *, wanted: Wanted | None, orders: Sequence[Order], window: Window
    ) -> Page[Document]:
        """The documents seen through the window: in the order asked for, else by creation."""
        select = f"SELECT document FROM {self.table} WHERE organization_no = :organization ORDER BY created, thing_id"
        if wanted is None and not orders:
            rows = tx.rows(
                f"{select} LIMIT :size OFFSET :start",
                organization=tx.organization_no,
                size=window.size,
                start=window.start,
            )
            return Page([msgspec.json.decode(document) for (document,) in rows], self._count(tx))
        found = []
        for (text,) in tx.stream(select, organization=tx.organization_no):
            document = msgspec.json.decode(text)
            if wanted is None or wanted(document):
                found.append(document)
        return seen(found, orders, window)

    def _count(self, tx: Transaction) -> int:
        row = tx.row(
            f"SELECT count(*) FROM {self.table} WHERE organization_no = :organization", organization=tx.organization_no
        )
        assert row is not None  # noqa: S101  -- a count always answers
        return int(row[0])


def seen(found: list[Document], orders: Sequence[Order], window: Window) -> Page[Document]:
    """What is seen of all that was found, in the order asked for; where that says nothing, as it came."""
    for order in reversed(orders):  # sorting is stable: the last wish is the weakest
        found.sort(key=lambda document, field=order.field: _sort_key(document, field), reverse=order.descending)  # type: ignore[misc]
    return Page(found[window.start : window.start + window.size], len(found))


def text_of(document: Document) -> str:
    """The JSON text in which a document is kept."""
    return msgspec.json.encode(document).decode()


def field_of(document: Document, dotted_name: str) -> Any:
    """The value of a field: `name`, `ext.lwt`; None where there is none."""
    value: Any = document
    for name in dotted_name.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _sort_key(document: Document, field: str) -> tuple[int, Any]:
    """Nothing before numbers, numbers before texts, the rest by its JSON: any two values can be compared."""
    value = field_of(document, field)
    if value is None:
        return 0, 0
    if isinstance(value, (bool, int, float)):
        return 1, value
    return (2, value) if isinstance(value, str) else (3, msgspec.json.encode(value))
