"""Lists of documents by any condition and in any order, at a bounded cost.

What a room keeps as columns is answered by SQL: equality narrows, an order by columns needs no sorting, and a list that
asks for nothing else is windowed and counted by the database.  All the rest is judged over the documents themselves by
the rules in `kernel/conditions.py`, which are the same for both databases; of those at most `READ_MAX` are read for one
answer.  Decision 0014.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from askare.kernel.conditions import (
    All,
    Compare,
    Condition,
    Document,
    Kind,
    Sort,
    Test,
    Wanted,
    judge,
    sorted_documents,
)
from askare.kernel.paging import Page
from askare.kernel.problems import Invalid, Wrong
from askare.storage.sql import Conditions
from askare.storage.transactions import Row, Transaction

READ_MAX = 50_000  # documents that are read for one answer; about a third of a second of one core


def _document(row: Row) -> Document:
    return msgspec.json.decode(row[0])  # type: ignore[no-any-return]


class Column(Struct, frozen=True):
    """A column that holds exactly what the document shows in a field: an id as bytes, an instant as milliseconds (or a
    finer moment of the same order), a flag or number as an integer, a text as it stands."""

    name: str
    kind: Kind
    may_be_null: bool = False


class Shelf(Struct, frozen=True):
    """Where a room keeps one kind of document.

    `made` names the columns of the order of making, of which the last is unique.  Rooms that keep no document but
    columns say what to `select` and how to `read` a row as a document.
    """

    table: str
    columns: Mapping[str, Column]
    made: tuple[str, ...]
    select: str = "document"
    read: Callable[[Row], Document] = _document
    newest_first: bool = False


def listed(tx: Transaction, shelf: Shelf, wanted: Wanted, *, within: Mapping[str, Any] | None = None) -> Page[Document]:
    """The documents of the caller's organization that are wanted, and how many there are in all.

    `within` are columns of which the value is given beforehand (the runs of one task).  Raises Invalid when more
    than `READ_MAX` documents would have to be read.
    """
    where = Conditions()
    where.add(f"organization_no = {where.value(tx.organization_no)}")
    for column, value in (within or {}).items():
        where.add(f"{column} = {where.value(value)}")
    told_in_sql = _narrow(where, shelf, wanted.condition)
    order = _order(tx, shelf, wanted.sorts)
    window = wanted.window
    if told_in_sql and order is not None:
        (total,) = tx.rows(f"SELECT count(*) FROM {shelf.table} WHERE {where}", **where.values)[0]
        rows = tx.rows(
            f"SELECT {shelf.select} FROM {shelf.table} WHERE {where} ORDER BY {order}"
            f" LIMIT {where.value(window.size)} OFFSET {where.value(window.start)}",
            **where.values,
        )
        return Page([shelf.read(row) for row in rows], total)
    documents = _judged(tx, shelf, where, wanted.condition, order or _order(tx, shelf, ()) or "")
    if order is None:
        found = sorted_documents(documents, wanted.sorts)
        return Page(found[window.start : window.start + window.size], len(found))
    seen: list[Document] = []
    total = 0
    for document in documents:
        if window.start <= total < window.start + window.size:
            seen.append(document)
        total += 1
    return Page(seen, total)


def _judged(tx: Transaction, shelf: Shelf, where: Conditions, condition: Condition, order: str) -> Iterator[Document]:
    wanted = judge(condition)
    rows = tx.stream(
        f"SELECT {shelf.select} FROM {shelf.table} WHERE {where} ORDER BY {order} LIMIT {where.value(READ_MAX + 1)}",
        **where.values,
    )
    for count, row in enumerate(rows, 1):
        if count > READ_MAX:
            raise Invalid.in_parameters(
                "filter",
                Wrong.TYPE,
                f"more than {READ_MAX} entries would have to be read for this list; name the exact"
                f" {', '.join(name for name, column in shelf.columns.items() if _narrows(column))} that are wanted",
            )
        document = shelf.read(row)
        if wanted(document):
            yield document


def _narrow(where: Conditions, shelf: Shelf, condition: Condition) -> bool:
    """Add what SQL can say of the condition; return whether that is all of it."""
    if isinstance(condition, All):
        told = [
            _narrow(where, shelf, part) for part in condition.parts
        ]  # each adds what it can, whatever the others can
        return all(told)
    if not isinstance(condition, Compare) or condition.test is not Test.AMONG:
        return False
    column = shelf.columns.get(condition.field)
    if column is None or not _narrows(column):
        return False
    values = [UUID(str(value)).bytes if column.kind is Kind.UUID else value for value in condition.values]
    where.add(where.among(column.name, values))
    return True


def _narrows(column: Column) -> bool:
    """Whether the column can be compared in SQL: instants are finer there than what the documents show."""
    return column.kind not in (Kind.INSTANT, Kind.NAMES, Kind.ANY)


def _order(tx: Transaction, shelf: Shelf, sorts: tuple[Sort, ...]) -> str | None:
    """The order in SQL; None when it asks for what is no column."""
    parts = []
    for sort in sorts:
        column = shelf.columns.get(sort.field)
        if column is None:
            return None
        direction = " DESC" if sort.descending else ""
        if column.may_be_null:
            parts.append(f"({column.name} IS NOT NULL){direction}")
        # Code points, as Python compares them, whatever the database's own language is.
        collated = f" {tx.flavour.ddl['collate']}" if column.kind is Kind.TEXT else ""
        parts.append(f"{column.name}{collated}{direction}")
    made = " DESC" if shelf.newest_first else ""
    return ", ".join([*parts, *(f"{column}{made}" for column in shelf.made)])
