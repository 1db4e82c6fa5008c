"""Lists of documents by any condition and in any order, at a bounded cost.

What a room keeps as columns is answered by SQL, in the room's order and with its count.  What SQL cannot say of columns
(patterns, names in a list) is judged over these columns alone, and all the rest (a client's own keys) over the
documents themselves, by the rules in `kernel/conditions.py`, which are the same for both databases; at most `READ_MAX`
rows are read for one answer.  Decision 0014.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from askare.kernel.conditions import (
    EVERYTHING,
    SORTED_LETTERS,
    All,
    Compare,
    Condition,
    Document,
    Either,
    Kind,
    Not,
    Sort,
    Test,
    Wanted,
    fields_of,
    judge,
    sort_key,
)
from askare.kernel.paging import Page
from askare.kernel.problems import Invalid, Wrong
from askare.kernel.time import instant_of, written
from askare.storage.sql import Conditions
from askare.storage.transactions import Row, Transaction, Value

READ_MAX = 200_000  # rows that are read for one answer; about a second of one core when they are documents
EMPTY_NUMBER = -(1 << 62)  # stands in a column for an instant or number that is none: before all others
FETCHED_AT_ONCE = 400
HINT_LETTERS_MAX = 500

_SIGNS = {Test.GREATER: ">", Test.AT_LEAST: ">=", Test.LESS: "<", Test.AT_MOST: "<="}
_NOTHING, _ANYTHING = "1 = 0", "1 = 1"


def _document(row: Row) -> Document:
    return msgspec.json.decode(row[0])  # type: ignore[no-any-return]


class Column(Struct, frozen=True):
    """What a field of a document shows, as SQL: an id as bytes, an instant as milliseconds (or a finer moment of the
    same order), a flag or number as an integer, a text as it stands, names as the JSON that the document shows.

    Never NULL: `EMPTY_NUMBER` says that there is no instant or number.  `grain` is of how many milliseconds the
    document shows multiples only.  A text that may be longer than `SORTED_LETTERS` is `long`: an index holds its
    beginning.  `collated`: the column is declared to compare code points.
    """

    name: str
    kind: Kind
    grain: int = 1
    long: bool = False
    collated: bool = False

    @property
    def key(self) -> str:
        """What texts are compared and sorted by."""
        return f"substr({self.name}, 1, {SORTED_LETTERS})" if self.long else self.name

    def shown(self, value: Any) -> Any:
        """The value as the document shows it."""
        match self.kind:
            case Kind.UUID:
                return str(UUID(bytes=bytes(value)))
            case Kind.INSTANT:
                return None if value == EMPTY_NUMBER else written(instant_of(value // self.grain * self.grain))
            case Kind.NAMES:
                return msgspec.json.decode(value)
            case Kind.INTEGER:
                return None if value == EMPTY_NUMBER else value
        return value


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

    @property
    def unique(self) -> str:
        return self.made[-1]


def listed(tx: Transaction, shelf: Shelf, wanted: Wanted, *, within: Mapping[str, Any] | None = None) -> Page[Document]:
    """The documents of the caller's organization that are wanted, and how many there are in all.

    `within` are columns of which the value is given beforehand (the runs of one task).  Raises Invalid when more
    than `READ_MAX` rows would have to be read.
    """
    where = Conditions()
    where.add(f"organization_no = {where.value(tx.organization_no)}")
    for column, value in (within or {}).items():
        where.add(f"{column} = {where.value(value)}")
    rest = _narrow(tx, where, shelf, wanted.condition)
    order = _order(tx, shelf, wanted.sorts)
    window = wanted.window
    if rest != EVERYTHING or order is None:
        found = _judged(tx, shelf, where, rest, wanted.sorts, order)
        return Page(_fetched(tx, shelf, found[window.start : window.start + window.size]), len(found))
    (total,) = tx.rows(f"SELECT count(*) FROM {shelf.table} WHERE {where}", **where.values)[0]
    # Sorting moves ids alone, not documents; in the order of making there is nothing to sort.
    chosen = shelf.unique if wanted.sorts else shelf.select
    rows = tx.rows(
        f"SELECT {chosen} FROM {shelf.table} WHERE {where} ORDER BY {order}"
        f" LIMIT {where.value(window.size)} OFFSET {where.value(window.start)}",
        **where.values,
    )
    if wanted.sorts:
        return Page(_fetched(tx, shelf, [bytes(key) for (key,) in rows]), total)
    return Page([shelf.read(row) for row in rows], total)


def _fetched(tx: Transaction, shelf: Shelf, keys: Sequence[bytes]) -> list[Document]:
    """The documents of these keys, in their order."""
    found: dict[bytes, Document] = {}
    for at in range(0, len(keys), FETCHED_AT_ONCE):
        where = Conditions()
        where.add(f"organization_no = {where.value(tx.organization_no)}")
        where.add(where.among(shelf.unique, keys[at : at + FETCHED_AT_ONCE]))
        for key, *row in tx.rows(
            f"SELECT {shelf.unique}, {shelf.select} FROM {shelf.table} WHERE {where}", **where.values
        ):
            found[bytes(key)] = shelf.read(tuple(row))
    return [found[key] for key in keys if key in found]


# What SQL cannot say ---------------------------------------------------------------------------------------------


def _judged(
    tx: Transaction, shelf: Shelf, where: Conditions, rest: Condition, sorts: tuple[Sort, ...], order: str | None
) -> list[bytes]:
    """The keys of what the rest of the condition holds for, in order."""
    needed = fields_of(rest) | ({sort.field for sort in sorts} if order is None else set())
    wanted = judge(rest)
    rows = _read(tx, shelf, where, needed, order or _order(tx, shelf, ()) or "")
    if order is not None:
        return [key for key, document in rows if wanted(document)]
    keys_of = [sort_key(sort) for sort in sorts]
    found = [(key, [key_of(document) for key_of in keys_of]) for key, document in rows if wanted(document)]
    for place in reversed(range(len(sorts))):  # the sort is stable, so the last wish goes first
        found.sort(key=lambda one, place=place: one[1][place], reverse=sorts[place].descending)  # type: ignore[misc]
    return [key for key, _ in found]


def _read(
    tx: Transaction, shelf: Shelf, where: Conditions, needed: set[str], order: str
) -> Iterator[tuple[bytes, Document]]:
    """What is judged: the fields needed where they are columns, else whole documents; each with its key."""
    columns = [(field, shelf.columns[field]) for field in sorted(needed) if field in shelf.columns]
    has_all = len(columns) == len(needed)
    select = ", ".join(column.name for _, column in columns) if has_all else shelf.select
    rows = tx.stream(
        f"SELECT {shelf.unique}, {select} FROM {shelf.table} WHERE {where} ORDER BY {order}"
        f" LIMIT {where.value(READ_MAX + 1)}",
        **where.values,
    )
    for count, (key, *row) in enumerate(rows, 1):
        if count > READ_MAX:
            raise Invalid.in_parameters(
                "filter",
                Wrong.TYPE,
                f"more than {READ_MAX} entries would have to be read for this list; narrow it by"
                f" {', '.join(name for name, column in shelf.columns.items() if column.kind is not Kind.NAMES)}",
            )
        if has_all:
            yield key, {field: column.shown(value) for (field, column), value in zip(columns, row, strict=True)}
        else:
            yield key, shelf.read(tuple(row))


# What SQL can say ------------------------------------------------------------------------------------------------


def _narrow(tx: Transaction, where: Conditions, shelf: Shelf, condition: Condition) -> Condition:
    """Add what SQL can say of the condition; return what is left to judge."""
    left = []
    for part in condition.parts if isinstance(condition, All) else (condition,):
        said = _in_sql(tx, where, shelf, part)
        if said is not None:
            where.add(f"({said})")
            continue
        left.append(part)
        hint = _hint(where, shelf, part)
        if hint is not None:
            where.add(f"({hint})")
    return All(tuple(left)) if left else EVERYTHING


def _in_sql(tx: Transaction, where: Conditions, shelf: Shelf, condition: Condition) -> str | None:
    """The condition in SQL, exactly; None when it cannot be said."""
    if isinstance(condition, Not):
        inner = _in_sql(tx, where, shelf, condition.part)
        return None if inner is None else f"NOT ({inner})"
    if isinstance(condition, All | Either):
        parts = [_in_sql(tx, where, shelf, part) for part in condition.parts]
        is_all = isinstance(condition, All)
        said = [f"({part})" for part in parts if part is not None]
        if len(said) < len(parts):
            return None
        return (" AND " if is_all else " OR ").join(said) or (_ANYTHING if is_all else _NOTHING)
    column = shelf.columns.get(condition.field)
    if column is None or column.kind in (Kind.NAMES, Kind.ANY) or condition.test is Test.LIKE:
        return None
    if column.kind is Kind.TEXT:
        return _text_in_sql(tx, where, column, condition)
    if condition.test is Test.EMPTY:
        may_be_empty = column.kind in (Kind.INSTANT, Kind.INTEGER)
        return f"{column.name} = {where.value(EMPTY_NUMBER)}" if may_be_empty else _NOTHING
    if column.kind is Kind.INSTANT:
        return _instant_in_sql(where, column, condition)
    values: list[Value] = [UUID(str(value)).bytes if column.kind is Kind.UUID else value for value in condition.values]
    if condition.test is Test.AMONG:
        return where.among(column.name, values)
    there = f" AND {column.name} <> {where.value(EMPTY_NUMBER)}" if column.kind is Kind.INTEGER else ""
    return f"{column.name} {_SIGNS[condition.test]} {where.value(values[0])}{there}"


def _text_in_sql(tx: Transaction, where: Conditions, column: Column, condition: Compare) -> str | None:
    if condition.test is Test.EMPTY:
        return f"{column.key} = ''"
    values = [str(value) for value in condition.values if value != ""]
    if column.long and any(len(value) >= SORTED_LETTERS for value in values):
        return None  # the beginning, which is all that an index holds, does not tell
    if condition.test is Test.AMONG:
        return where.among(column.key, values)
    bound = where.value(values[0] if values else "")
    return f"({column.key}{_collation(tx, column)} {_SIGNS[condition.test]} {bound} AND {column.key} <> '')"


def _instant_in_sql(where: Conditions, column: Column, condition: Compare) -> str:
    """Against the grain in which the document shows the instant: 09:00:00.128 is shown as 09:00:00.12."""
    grain = column.grain
    if condition.test is Test.AMONG:
        spans = [
            f"{column.name} BETWEEN {where.value(int(value))} AND {where.value(int(value) + grain - 1)}"
            for value in condition.values
            if value % grain == 0
        ]
        return " OR ".join(spans) or _NOTHING
    (value,) = condition.values
    number = int(value)
    first_of_next = (number // grain + 1) * grain
    first_from = math.ceil(number / grain) * grain if grain > 1 else number
    there = f"{column.name} <> {where.value(EMPTY_NUMBER)}"
    match condition.test:
        case Test.GREATER:
            return f"{column.name} >= {where.value(first_of_next)}"
        case Test.AT_LEAST:
            return f"({column.name} >= {where.value(first_from)} AND {there})"
        case Test.LESS:
            return f"({column.name} < {where.value(first_from)} AND {there})"
        case _:
            return f"({column.name} < {where.value(first_of_next)} AND {there})"


def _hint(where: Conditions, shelf: Shelf, condition: Condition) -> str | None:
    """What at least holds of the stored text where the condition does: it contains one of the values.

    Only a text can be looked for so; a number may be written in more than one way.
    """
    if not isinstance(condition, Compare) or condition.test is not Test.AMONG or shelf.select != "document":
        return None
    texts = [value for value in condition.values if isinstance(value, str)]
    if len(texts) < len(condition.values) or any(len(text) > HINT_LETTERS_MAX for text in texts):
        return None
    if condition.kind not in (Kind.ANY, Kind.NAMES) or not texts:
        return None
    return " OR ".join(f"document LIKE {where.value(_containing(text))} ESCAPE '!'" for text in texts)


def _containing(text: str) -> str:
    inner = msgspec.json.encode(text).decode()[1:-1]
    return "%" + "".join(f"!{one}" if one in "!%_" else one for one in inner) + "%"


def _collation(tx: Transaction, column: Column) -> str:
    """Code points, as Python compares them, whatever the database's own language is."""
    return "" if column.collated or column.kind is not Kind.TEXT else f" {tx.flavour.ddl['collate']}"


def _order(tx: Transaction, shelf: Shelf, sorts: Iterable[Sort]) -> str | None:
    """The order in SQL; None when it asks for what is no column."""
    parts = []
    for sort in sorts:
        column = shelf.columns.get(sort.field)
        if column is None or column.kind is Kind.NAMES:
            return None
        parts.append(f"{column.key}{_collation(tx, column)}{' DESC' if sort.descending else ''}")
    made = " DESC" if shelf.newest_first else ""
    return ", ".join([*parts, *(f"{column}{made}" for column in shelf.made)])
