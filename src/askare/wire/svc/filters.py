"""The query language of lists: `filter` and `order`.  Source: service tasks contract 4.

    filter={"isenabled":"true","svcscriptcode":["cleardata","backup"]}
    filter=["and",["==",["property","isenabled"],1],["like",["property","name"],"%call%"]]
    order=["name",{"ext.lwt":"desc"},{"property":"id","direction":"asc"}]

The object form is the published one (equality, all of them); a list there means any of its values.  Values are read
as their field's type.  Every fault is found, with its place in the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

from askare.kernel.conditions import EVERYTHING, All, Compare, Condition, Either, Kind, Not, Scalar, Sort, Test
from askare.kernel.problems import Fault, Invalid, Wrong
from askare.kernel.time import milliseconds
from askare.wire.kit.problems import MalformedJson
from askare.wire.kit.reading import plain_json
from askare.wire.svc.fields import read_flag, read_instant, read_integer, read_uuid, refuse, shown

COMPARISONS_MAX = 200  # in one filter
SORTS_MAX = 10

# Words on the left mean the tests on the right; what is refused by them is told in this order.
_TESTS: dict[str, Test] = {
    "==": Test.AMONG,
    "=": Test.AMONG,
    "/=": Test.AMONG,
    "!=": Test.AMONG,
    ">": Test.GREATER,
    ">=": Test.AT_LEAST,
    "<": Test.LESS,
    "<=": Test.AT_MOST,
    "in": Test.AMONG,
    "like": Test.LIKE,
}
_NEGATED = ("/=", "!=")
_MIRRORED = {Test.GREATER: Test.LESS, Test.AT_LEAST: Test.AT_MOST, Test.LESS: Test.GREATER, Test.AT_MOST: Test.AT_LEAST}
WORDS = ("and", "or", "not", *_TESTS, "between", "isnull")
_NOTHING = Either(())  # stands where a fault was found


def read_condition(text: str, kinds: Mapping[str, Kind], faults: list[Fault]) -> Condition:
    """The condition of a `filter`; an empty one asks for everything."""
    if not text.strip():
        return EVERYTHING
    plain = _plain("filter", text, faults)
    if plain is None:
        return EVERYTHING
    reading = _Reading(kinds, faults)
    condition = reading.condition(plain, "filter")
    if reading.comparisons > COMPARISONS_MAX:
        faults.append(Fault("filter", Wrong.TYPE, f"holds more than {COMPARISONS_MAX} comparisons"))
    return condition


def read_sorts(text: str, kinds: Mapping[str, Kind], faults: list[Fault]) -> tuple[Sort, ...]:
    """The sort wishes of an `order`.  Besides the list, one wish alone and bare names with commas are taken."""
    text = text.strip()
    if not text:
        return ()
    plain: Any = [name.strip() for name in text.split(",")]
    if text[0] in '[{"':
        plain = _plain("order", text, faults)
        if plain is None:
            return ()
    wishes = plain if isinstance(plain, list) else [plain]
    if len(wishes) > SORTS_MAX:
        faults.append(Fault("order", Wrong.TYPE, f"holds more than {SORTS_MAX} wishes"))
        return ()
    sorts = [_sort(wish, f"order[{at}]", kinds, faults) for at, wish in enumerate(wishes)]
    return tuple(sort for sort in sorts if sort is not None)


def _plain(name: str, text: str, faults: list[Fault]) -> Any:
    """The JSON value of a parameter; None (and a fault) when it is none."""
    try:
        plain = plain_json(text.encode("utf-8", "surrogatepass"))
    except MalformedJson as problem:
        reason = problem.reason.removeprefix("The body is not valid JSON: ")
        faults.append(Fault(name, Wrong.TYPE, f"is not valid JSON: {reason}"))
        return None
    except Invalid as problem:
        faults += [Fault(_inside(name, fault.target), fault.wrong, fault.message) for fault in problem.body]
        return None
    if plain is None:
        faults.append(Fault(name, Wrong.TYPE, "null asks for nothing; leave it out"))
    return plain


def _inside(name: str, path: str) -> str:
    return f"{name}{path}" if path.startswith("[") or not path else f"{name}.{path}"


def _kind_of(field: Any, path: str, kinds: Mapping[str, Kind], faults: list[Fault]) -> Kind | None:
    """The kind of a field; None, and a fault that names the nearest one, for an unknown field."""
    if not isinstance(field, str):
        refuse(field, path, faults, "the name of a field")
        return None
    kind = kinds.get(field)
    if kind is None and field.startswith("ext.") and len(field) > len("ext."):
        return Kind.ANY  # clients keep keys of their own there
    if kind is None:
        near = get_close_matches(field, list(kinds), n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(kinds)}"
        faults.append(Fault(path, Wrong.TYPE, f"{shown(field)} is no field; {hint}"))
    return kind


def _sort(wish: Any, path: str, kinds: Mapping[str, Kind], faults: list[Fault]) -> Sort | None:
    direction: Any = "asc"
    field = wish
    if isinstance(wish, dict):
        if set(wish) in ({"property"}, {"property", "direction"}):
            field, direction = wish["property"], wish.get("direction", "asc")
        elif len(wish) == 1:
            field, direction = next(iter(wish.items()))
        else:
            refuse(wish, path, faults, 'a field, {"field": "desc"} or {"property": "field", "direction": "desc"}')
            return None
    kind = _kind_of(field, path, kinds, faults)
    lowered = direction.lower() if isinstance(direction, str) else direction
    if lowered not in ("asc", "desc"):
        refuse(direction, f"{path}.{field}" if isinstance(field, str) else path, faults, "asc or desc")
        return None
    return None if kind is None else Sort(field, kind, descending=lowered == "desc")


class _Reading:
    """One filter being read."""

    def __init__(self, kinds: Mapping[str, Kind], faults: list[Fault]) -> None:
        self._kinds = kinds
        self._faults = faults
        self.comparisons = 0

    def condition(self, plain: Any, path: str) -> Condition:
        if isinstance(plain, dict):
            return All(tuple(self._member(name, value, f"{path}.{name}") for name, value in plain.items()))
        if isinstance(plain, list):
            return self._operation(plain, path)
        refuse(plain, path, self._faults, 'an object such as {"isenabled": 1}, or a list such as ["==", …]')
        return _NOTHING

    # The object form ---------------------------------------------------------------------------------------------

    def _member(self, field: str, value: Any, path: str) -> Condition:
        if isinstance(value, dict) and field not in self._kinds:  # {"opts": {"title": "x"}} is {"opts.title": "x"}
            return All(tuple(self._member(f"{field}.{name}", inner, f"{path}.{name}") for name, inner in value.items()))
        kind = _kind_of(field, path, self._kinds, self._faults)
        if kind is None:
            return _NOTHING
        if not isinstance(value, list):
            return self._equal(field, kind, value, path)
        return self._among(field, kind, value, path)

    def _equal(self, field: str, kind: Kind, value: Any, path: str) -> Condition:
        self.comparisons += 1
        if value is None or value == "":
            return Compare(field, kind, Test.EMPTY)
        return Compare(field, kind, Test.AMONG, (self._value(kind, value, path),))

    def _among(self, field: str, kind: Kind, values: list[Any], path: str) -> Condition:
        self.comparisons += len(values)
        there = tuple(self._value(kind, value, f"{path}[{at}]") for at, value in enumerate(values) if not _none(value))
        among: Condition = Compare(field, kind, Test.AMONG, there) if there else _NOTHING
        return Either((among, Compare(field, kind, Test.EMPTY))) if any(map(_none, values)) else among

    # The list form -----------------------------------------------------------------------------------------------

    def _operation(self, plain: list[Any], path: str) -> Condition:
        word = plain[0] if plain else None
        if not isinstance(word, str) or word not in WORDS:
            refuse(word, f"{path}[0]", self._faults, f"one of {', '.join(WORDS)}")
            return _NOTHING
        operands = plain[1:]
        if word in ("and", "or"):
            parts = tuple(self.condition(part, f"{path}[{at}]") for at, part in enumerate(operands, 1))
            return All(parts) if word == "and" else Either(parts)
        wanted = {"not": 1, "isnull": 1, "between": 3}.get(word, 2)
        if len(operands) != wanted:
            entries = "entry" if wanted == 1 else "entries"
            self._faults.append(Fault(path, Wrong.TYPE, f"{word} takes {wanted} {entries}, not {len(operands)}"))
            return _NOTHING
        if word == "not":
            return Not(self.condition(operands[0], f"{path}[1]"))
        self.comparisons += 1
        return self._comparison(word, operands, path)

    def _comparison(self, word: str, operands: list[Any], path: str) -> Condition:
        mirrored = word not in ("in", "like", "between", "isnull") and not _is_property(operands[0])
        if mirrored and _is_property(operands[1]):  # ["<", 5, ["property", "intervalsec"]]
            operands = [operands[1], operands[0]]
        else:
            mirrored = False
        at = f"{path}[{2 if mirrored else 1}]"
        if not _is_property(operands[0]):
            refuse(operands[0], at, self._faults, '["property", "<field>"]')
            return _NOTHING
        field = operands[0][1]
        kind = _kind_of(field, at, self._kinds, self._faults)
        if kind is None:
            return _NOTHING
        if word == "isnull":
            return Compare(field, kind, Test.EMPTY)
        if word == "between":
            low, high = (self._bound(kind, one, f"{path}[{place}]") for place, one in enumerate(operands[1:], 2))
            return All((Compare(field, kind, Test.AT_LEAST, (low,)), Compare(field, kind, Test.AT_MOST, (high,))))
        value, place = _constant(operands[1]), f"{path}[{1 if mirrored else 2}]"
        test = _TESTS[word]
        if word == "in":
            if not isinstance(value, list):
                refuse(value, place, self._faults, "a list of values")
                return _NOTHING
            return self._among(field, kind, value, place)
        if test is Test.AMONG:
            if isinstance(value, list):
                refuse(value, place, self._faults, "one value; for several, use in")
                return _NOTHING
            equal = self._equal(field, kind, value, place)
            return Not(equal) if word in _NEGATED else equal
        if test is Test.LIKE:
            if not isinstance(value, str):
                refuse(value, place, self._faults, "a text in which % stands for any characters and _ for one")
                return _NOTHING
            return Compare(field, kind, Test.LIKE, (value,))
        return Compare(field, kind, _MIRRORED[test] if mirrored else test, (self._bound(kind, value, place),))

    # Values ------------------------------------------------------------------------------------------------------

    def _bound(self, kind: Kind, value: Any, path: str) -> Scalar:
        value = _constant(value)
        if _none(value) or isinstance(value, list):
            refuse(value, path, self._faults, "a value to compare with")
            return 0
        return self._value(kind, value, path)

    def _value(self, kind: Kind, value: Any, path: str) -> Scalar:
        return _READERS[kind](_constant(value), path, self._faults)


def _none(value: Any) -> bool:
    return value is None or value == ""


def _is_property(operand: Any) -> bool:
    return isinstance(operand, list) and len(operand) == 2 and operand[0] == "property"


def _constant(operand: Any) -> Any:
    """The value of `["const", value]`, which may also stand without its wrapping."""
    if isinstance(operand, list) and len(operand) == 2 and operand[0] == "const":
        return operand[1]
    return operand


def _flag(value: Any, path: str, faults: list[Fault]) -> Scalar:
    return int(read_flag(value, path, faults))


_INTEGER = re.compile(r"-?[0-9]{1,18}")


def _integer(value: Any, path: str, faults: list[Fault]) -> Scalar:
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    if isinstance(value, float):
        return value
    return read_integer(value, path, faults)


def _text(value: Any, path: str, faults: list[Fault]) -> Scalar:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        refuse(value, path, faults, "a text")
        return ""
    return value


def _instant(value: Any, path: str, faults: list[Fault]) -> Scalar:
    read = read_instant(value, path, faults)
    return 0 if read is None else milliseconds(read)


def _uuid(value: Any, path: str, faults: list[Fault]) -> Scalar:
    return str(read_uuid(value, path, faults))


def _any(value: Any, path: str, faults: list[Fault]) -> Scalar:
    if isinstance(value, (str, int, float)):
        return value
    refuse(value, path, faults, "a text or a number")
    return 0


_READERS: dict[Kind, Callable[[Any, str, list[Fault]], Scalar]] = {
    Kind.TEXT: _text,
    Kind.INTEGER: _integer,
    Kind.FLAG: _flag,
    Kind.INSTANT: _instant,
    Kind.UUID: _uuid,
    Kind.NAMES: _text,
    Kind.ANY: _any,
}
