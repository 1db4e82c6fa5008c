"""How a thing becomes a row of a table and a row a thing.  Pure.

Nested fields are columns with a dot (`address.postcode`), a list is one cell with blanks between its values, and an
empty cell says nothing: the field is absent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from difflib import get_close_matches
from enum import Enum
from functools import cached_property, lru_cache
from typing import Any

from msgspec import Struct, inspect

from askare.directory.model import CONTENT_OF, ID_FIELDS, Kind
from askare.realties.model import RealtyContent

# What an error file has more than its thing, what lists of ours show more than can be said, and thus what is read past.
ROW, ERROR = "row", "error"
READ_PAST = frozenset({ROW, ERROR, "number", "phoneE164", "creationTime", "modificationTime"})

CONTENTS: dict[Kind, Any] = {**CONTENT_OF, Kind.REALTY: RealtyContent}


class Leaf(Enum):
    """What a cell holds."""

    TEXT = "text"
    WHOLE = "whole number"
    NUMBER = "number"
    FLAG = "true or false"
    LIST = "list"


class Column(Struct, frozen=True, dict=True):
    """One field of a thing as a column of its table."""

    name: str
    leaf: Leaf

    @cached_property
    def path(self) -> tuple[tuple[str, ...], str]:
        """The fields that it lies in, from the outermost, and its own name."""
        *parents, own = self.name.split(".")
        return tuple(parents), own


@lru_cache
def columns_of(kind: Kind) -> tuple[Column, ...]:
    """The columns of a kind of thing; the first is its id."""
    return (Column(ID_FIELDS[kind], Leaf.TEXT), *_columns(inspect.type_info(CONTENTS[kind]), ""))


def _columns(of: inspect.Type, before: str) -> list[Column]:
    assert isinstance(of, inspect.StructType)  # noqa: S101  -- contents are structs
    found: list[Column] = []
    for field in of.fields:
        name = f"{before}{field.encode_name}"
        kind = _inner(field.type)
        if isinstance(kind, inspect.StructType):
            found += _columns(kind, f"{name}.")
        else:
            found.append(Column(name, _leaf(kind)))
    return found


def _inner(kind: inspect.Type) -> inspect.Type:
    if isinstance(kind, inspect.Metadata):
        return _inner(kind.type)
    if isinstance(kind, inspect.UnionType):
        return _inner(next(one for one in kind.types if not isinstance(one, inspect.NoneType)))
    return kind


def _leaf(kind: inspect.Type) -> Leaf:
    if isinstance(kind, (inspect.VarTupleType, inspect.ListType)):
        return Leaf.LIST
    for wanted, leaf in (
        (inspect.IntType, Leaf.WHOLE),
        (inspect.FloatType, Leaf.NUMBER),
        (inspect.BoolType, Leaf.FLAG),
    ):
        if isinstance(kind, wanted):
            return leaf
    return Leaf.TEXT


class Heading(Struct, frozen=True):
    """What the first line of a table says: the column at each place (None: read past), and names that nobody knows."""

    columns: tuple[Column | None, ...]
    unknown: tuple[str, ...]

    @property
    def names(self) -> frozenset[str]:
        return frozenset(column.name for column in self.columns if column is not None)


def heading_of(kind: Kind, names: Sequence[str]) -> Heading:
    """Read a first line.  Case and blanks around a name do not matter."""
    known = {column.name.lower(): column for column in columns_of(kind)}
    read_past = {name.lower() for name in READ_PAST}
    columns, unknown = [], []
    for name in names:
        column = known.get(name.strip().lower())
        columns.append(column)
        if column is None and name.strip() and name.strip().lower() not in read_past:
            unknown.append(name.strip())
    return Heading(tuple(columns), tuple(unknown))


def nearest(kind: Kind, name: str) -> str:
    """A hint for a column that nobody knows."""
    near = get_close_matches(name, [column.name for column in columns_of(kind)], n=1)
    return f"; did you mean {near[0]}?" if near else ""


def thing_of(heading: Heading, cells: Sequence[Any]) -> dict[str, Any]:
    """The plain value, as JSON would say it, of one row.  What cannot be read is left as it is, to be refused."""
    thing: dict[str, Any] = {}
    for column, cell in zip(heading.columns, cells, strict=False):
        if column is None or cell is None or cell == "":
            continue
        parents, own = column.path
        inside = thing
        for parent in parents:
            inside = inside.setdefault(parent, {})
        inside[own] = _value(column.leaf, cell)
    return thing


_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
_BLANKS = re.compile(r"[\s\u00a0\u202f]+")
_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def _value(leaf: Leaf, cell: Any) -> Any:
    if leaf is Leaf.TEXT and type(cell) is str:  # as nearly all are
        return cell
    if leaf is Leaf.LIST:
        return [part for part in re.split(r"[\s,;]+", str(cell)) if part]
    if leaf is Leaf.FLAG:
        return cell if isinstance(cell, bool) else _FLAGS.get(str(cell).strip().lower(), cell)
    if leaf in (Leaf.WHOLE, Leaf.NUMBER):
        return _number(cell)
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():  # a postcode in a spreadsheet
        return str(int(cell))
    if isinstance(cell, (datetime, date)):
        return cell.isoformat()
    return str(cell)


def _number(cell: Any) -> Any:
    """145 000 and 120,5 are numbers as people write them."""
    if isinstance(cell, str):
        written = _BLANKS.sub("", cell)
        if not _NUMBER.fullmatch(written) or len(written) > 18:
            return cell
        number = float(written.replace(",", "."))
        return int(written) if "." not in written and "," not in written else number
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    return cell


def cells_of(kind: Kind, thing: Mapping[str, Any]) -> list[Any]:
    """The row of a plain value: text, numbers, booleans, and None for what is absent."""
    return [_cell(column, thing) for column in columns_of(kind)]


def _cell(column: Column, thing: Any) -> Any:
    parents, own = column.path
    for step in (*parents, own):
        thing = thing.get(step) if isinstance(thing, Mapping) else None
    if isinstance(thing, list):
        return " ".join(map(str, thing)) or None
    return thing


# Formulas --------------------------------------------------------------------------------------------------------

# What a spreadsheet takes for the beginning of a formula, in half and in full width.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_NEUTRALISED = re.compile(r"'+[=+\-@\t\r\n＝＋－＠]")


def neutralised(text: str) -> str:
    """A text that a spreadsheet does not take for a formula: one apostrophe more in front of what could be one."""
    return f"'{text}" if _FORMULA.match(text) else text


def restored(text: str) -> str:
    """The text that `neutralised` was given."""
    return text[1:] if _NEUTRALISED.match(text) else text
