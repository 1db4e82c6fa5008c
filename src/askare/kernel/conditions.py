"""What a list may ask for: conditions on the fields of documents, and an order.  Pure values and their meaning.

A field is a dotted path into a document (`isenabled`, `ext.lwt`).  `holds` and `sorted_documents` are the definition
that SQL, where it helps (`storage/listing.py`), is held to; so both databases give the same answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from enum import Enum
from typing import Any, TypeAlias

from msgspec import Struct

from askare.kernel.paging import Window
from askare.kernel.time import milliseconds

Document: TypeAlias = dict[str, Any]
Scalar: TypeAlias = str | int | float


class Kind(Enum):
    """What a field holds, which decides how it is compared."""

    TEXT = "text"
    INTEGER = "integer"
    FLAG = "flag"  # 0 or 1
    INSTANT = "instant"  # RFC 3339 in the document, milliseconds since 1970 in a condition
    UUID = "uuid"
    NAMES = "names"  # a list of names, or one text with commas
    ANY = "any"  # a field of the client's own


class Test(Enum):
    __test__ = False  # no test for pytest

    AMONG = "in"  # equal to one of the values
    GREATER = ">"
    AT_LEAST = ">="
    LESS = "<"
    AT_MOST = "<="
    LIKE = "like"  # % any letters, _ any one letter; capital and small letters are the same
    EMPTY = "isnull"  # absent, null, "", [] or {}


class Compare(Struct, frozen=True):
    """One field against one or more values of its kind."""

    field: str
    kind: Kind
    test: Test
    values: tuple[Scalar, ...] = ()


class All(Struct, frozen=True):
    parts: tuple[Condition, ...]


class Either(Struct, frozen=True):
    parts: tuple[Condition, ...]


class Not(Struct, frozen=True):
    part: Condition


Condition: TypeAlias = Compare | All | Either | Not

EVERYTHING = All(())
SORTED_LETTERS = 200  # of a text: an index holds no longer ones


class Sort(Struct, frozen=True):
    """One sort wish; what is empty comes first, unless descending."""

    field: str
    kind: Kind
    descending: bool = False


class Wanted(Struct, frozen=True):
    """What a list is asked for.  Without a sort wish it comes in the order of making."""

    condition: Condition
    sorts: tuple[Sort, ...]
    window: Window


def value_at(document: Document, path: str) -> Any:
    """What the document holds there; None when nothing does."""
    if path in document:
        return document[path]
    value: Any = document
    for name in path.split("."):
        if not isinstance(value, dict) or name not in value:
            return None
        value = value[name]
    return value


def fields_of(condition: Condition) -> set[str]:
    """The fields that the condition looks at."""
    if isinstance(condition, Compare):
        return {condition.field}
    parts = (condition.part,) if isinstance(condition, Not) else condition.parts
    return set().union(*map(fields_of, parts))


def is_empty(value: Any) -> bool:
    return value is None or value == "" or value == [] or value == {}


def instant_milliseconds(text: Any) -> int | None:
    """The milliseconds of an instant as a document holds it; None for what is none."""
    if not isinstance(text, str):
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if instant.tzinfo is None else milliseconds(instant.astimezone(UTC))


def names_in(value: Any) -> list[str]:
    """The names of a list, or of one text with commas between them."""
    if isinstance(value, str):
        return [name for part in value.split(",") if (name := part.strip())]
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []


# Conditions ------------------------------------------------------------------------------------------------------

Judge: TypeAlias = Callable[[Document], bool]


def holds(condition: Condition, document: Document) -> bool:
    """Whether the condition holds for the document."""
    return judge(condition)(document)


def judge(condition: Condition) -> Judge:
    """The condition as a function, for going through many documents."""
    if isinstance(condition, Compare):
        return _judge_of_compare(condition)
    if isinstance(condition, Not):
        inner = judge(condition.part)
        return lambda document: not inner(document)
    parts = [judge(part) for part in condition.parts]
    if isinstance(condition, All):
        return lambda document: all(part(document) for part in parts)
    return lambda document: any(part(document) for part in parts)


def _judge_of_compare(compare: Compare) -> Judge:
    path, kind, test = compare.field, compare.kind, compare.test
    if test is Test.EMPTY:
        return lambda document: is_empty(value_at(document, path))
    matches = _matcher(test, compare.values)
    return lambda document: any(map(matches, _comparables(kind, value_at(document, path))))


def _comparables(kind: Kind, value: Any) -> list[Any]:
    """The values of a field as its kind compares them: none for what is empty or of another kind."""
    if is_empty(value):
        return []
    if kind is Kind.INSTANT:
        instant = instant_milliseconds(value)
        return [] if instant is None else [instant]
    if kind is Kind.NAMES:
        return [*names_in(value), *([value] if isinstance(value, str) else [])]
    if kind is Kind.UUID:
        return [value.lower()] if isinstance(value, str) else []
    if isinstance(value, list):
        return [one for one in value if isinstance(one, (str, int, float))]
    return [value] if isinstance(value, (str, int, float)) else []


def _matcher(test: Test, values: tuple[Scalar, ...]) -> Callable[[Any], bool]:
    if test is Test.AMONG:
        wanted = frozenset((isinstance(value, str), value) for value in values)
        return lambda value: (isinstance(value, str), value) in wanted
    if test is Test.LIKE:
        likes = [_like(str(value)) for value in values]
        return lambda value: isinstance(value, str) and any(like(value.lower()) for like in likes)
    bound = values[0]
    is_text = isinstance(bound, str)
    compare: dict[Test, Callable[[Any], bool]] = {
        Test.GREATER: lambda value: value > bound,
        Test.AT_LEAST: lambda value: value >= bound,
        Test.LESS: lambda value: value < bound,
        Test.AT_MOST: lambda value: value <= bound,
    }
    chosen = compare[test]
    return lambda value: isinstance(value, str) is is_text and chosen(value)


def _like(text: str) -> Callable[[str], bool]:
    """The pattern as a function of a text in small letters, which never goes back over what it has matched."""
    first, *others = text.lower().split("%")
    if "_" in text:
        return _like_pattern(first, others).fullmatch  # type: ignore[return-value]
    if not others:
        return lambda value: value == first
    last = others.pop()

    def matches(value: str) -> bool:
        at, end = len(first), len(value) - len(last)
        if at > end or not value.startswith(first) or not value.endswith(last):
            return False
        for part in others:
            at = value.find(part, at, end)
            if at < 0:
                return False
            at += len(part)
        return True

    return matches


def _like_pattern(first: str, others: list[str]) -> re.Pattern[str]:
    start, *between = ("".join("." if one == "_" else re.escape(one) for one in part) for part in (first, *others))
    end = f".*{between.pop()}" if between else ""
    middle = "".join(f"(?>.*?{part})" for part in between if part)
    return re.compile(f"{start}{middle}{end}", re.DOTALL)


# Order -----------------------------------------------------------------------------------------------------------


def sorted_documents(documents: Iterable[Document], sorts: Iterable[Sort]) -> list[Document]:
    """The documents in the order wished for; where it says nothing they stay as they came.

    Texts are sorted by their first `SORTED_LETTERS`.
    """
    ordered = list(documents)
    for sort in reversed(list(sorts)):  # the sort is stable, so the last wish goes first
        ordered.sort(key=sort_key(sort), reverse=sort.descending)  # reversed, equal ones still stay as they came
    return ordered


def sort_key(sort: Sort) -> Callable[[Document], tuple[int, Any]]:
    """By what documents are sorted: nothing before numbers before texts."""
    path, kind = sort.field, sort.kind

    def key(document: Document) -> tuple[int, Any]:
        found = _comparables(kind, value_at(document, path))
        if not found:
            return (0, 0)
        first = found[-1] if kind is Kind.NAMES else found[0]
        return (2, first[:SORTED_LETTERS]) if isinstance(first, str) else (1, first)

    return key
