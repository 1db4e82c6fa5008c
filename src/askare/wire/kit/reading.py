"""Reading what clients send: one reader for bodies and parameters, all faults at once.

The common case is decoded by msgspec in a few microseconds.  Only when something is wrong does a second pass go over
the plain value and collect every fault with its path.  What no dialect takes (deep nesting, duplicate keys, integers
beyond 64 bits, NaN, NUL, lone surrogates) is refused here, once, for all of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import date, datetime
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, NoReturn, TypeVar, cast
from urllib.parse import unquote_plus
from uuid import UUID

import msgspec
from msgspec import inspect

from askare.kernel.problems import Fault, Invalid, Wrong
from askare.kernel.time import settled, settled_day
from askare.kernel.verbatim import END
from askare.wire.kit.problems import MalformedJson

Value = TypeVar("Value")

DEPTH_MAX = 32
FAULTS_MAX = 100  # a body with more is not read by anyone to the end
LISTED_VALUES_MAX = 200  # values of one query parameter
_INTEGER_MAX = 2**63 - 1
_INTEGER_MIN = -(2**63)

# The only ways to write a NUL, half a surrogate pair, or a colon that is not counted below.
_SUSPICIOUS = re.compile(rb"\\u(?:0000|[dD][89a-fA-F]|003[aA])")
_SURROGATE_OR_NUL = re.compile("[\x00\ud800-\udfff]")


# The plain value -------------------------------------------------------------------------------------------------


def plain_json(raw: bytes) -> Any:
    """The value of a JSON text.

    Raises MalformedJson with line and column, or Invalid with the place of what is never taken.
    """
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _strictly(raw)
    # Each test below may send a harmless text to the slow reading, but none lets a bad one pass.
    if (
        (b"\\u" in raw and _SUSPICIOUS.search(raw))
        or (raw.count(b"{") + raw.count(b"[") > DEPTH_MAX and _is_deeper(value, DEPTH_MAX))  # seldom has to be asked
        or raw.count(b":") != _count_colons(value)  # each key has one; with a key given twice the text has more
    ):
        return _strictly(raw)
    return value


def settled_text(value: Any) -> bytes:
    """The one JSON text of a plain value: the same however its blanks and the order of its keys were sent."""
    return msgspec.json.encode(value, order="sorted")


def _is_deeper(value: Any, levels: int) -> bool:
    """Whether objects and arrays lie inside one another on more than so many levels."""
    kind = type(value)
    if kind is dict:
        value = value.values()
    elif kind is not list:
        return False
    if levels == 0:
        return True
    for item in value:  # noqa: SIM110  -- asked of every larger body, so without a generator on each level
        if _is_deeper(item, levels - 1):
            return True
    return False


def _count_colons(value: Any) -> int:
    """How many colons the text of this value has when no key is given twice; -1 when it holds too large an integer."""
    kind = type(value)
    if kind is str:
        return int(value.count(":"))
    if kind is dict:
        total = len(value)
        for name, item in value.items():
            inner = _count_colons(item)
            if inner < 0:
                return -1
            total += inner + (name.count(":") if ":" in name else 0)
        return total
    if kind is list:
        total = 0
        for item in value:
            inner = _count_colons(item)
            if inner < 0:
                return -1
            total += inner
        return total
    if kind is int and not _INTEGER_MIN <= value <= _INTEGER_MAX:
        return -1
    return 0


class _Repeated(dict[str, Any]):
    """An object in which some keys were given twice."""

    repeated: list[str]


def _strictly(raw: bytes) -> Any:
    """The slow and exact reading: says where and why a text is refused, or reads it after all."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8")
        _refuse("a byte that is not UTF-8", before)
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise MalformedJson(error.msg, line=error.lineno, column=error.colno) from None
    except RecursionError:
        raise Invalid.in_body("", Wrong.TYPE, f"is nested more than {DEPTH_MAX} levels deep") from None
    except _NotANumber as error:
        _refuse(f"{error} is not a JSON number", text[: text.find(str(error))])
    except ValueError:
        raise Invalid.in_body("", Wrong.TYPE, "holds an integer beyond 64 bits") from None
    faults: list[Fault] = []
    _inspect(value, "", 0, faults)
    if faults:
        raise Invalid(body=faults[:FAULTS_MAX])
    return value


class _NotANumber(Exception):
    pass


def _no_constant(name: str) -> NoReturn:
    raise _NotANumber(name)


def _refuse(reason: str, before: str) -> NoReturn:
    lines = before.split("\n")
    raise MalformedJson(reason, line=len(lines), column=len(lines[-1]) + 1)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) == len(pairs):
        return value
    names = [name for name, _ in pairs]
    repeated = _Repeated(value)
    repeated.repeated = [name for name in value if names.count(name) > 1]
    return repeated


def _inspect(value: Any, path: str, depth: int, faults: list[Fault]) -> None:
    if isinstance(value, (dict, list)):
        if depth >= DEPTH_MAX:
            faults.append(Fault(path, Wrong.TYPE, f"is nested more than {DEPTH_MAX} levels deep"))
            return
        if isinstance(value, _Repeated):
            faults += [
                Fault(_member(path, name), Wrong.TYPE, "is given more than once in the same object")
                for name in value.repeated
            ]
        if isinstance(value, dict):
            for name, item in value.items():
                if _SURROGATE_OR_NUL.search(name):
                    faults.append(Fault(path, Wrong.TYPE, "has a key with a character that is no text"))
                else:
                    _inspect(item, _member(path, name), depth + 1, faults)
        else:
            for at, item in enumerate(value):
                _inspect(item, f"{path}[{at}]", depth + 1, faults)
    elif isinstance(value, str) and _SURROGATE_OR_NUL.search(value):
        faults.append(Fault(path, Wrong.TYPE, "holds a NUL or half a surrogate pair, which is no text"))
    elif isinstance(value, int) and not _INTEGER_MIN <= value <= _INTEGER_MAX:
        faults.append(Fault(path, Wrong.TYPE, "is an integer beyond 64 bits"))
    elif isinstance(value, float) and value in (float("inf"), float("-inf")):
        faults.append(Fault(path, Wrong.TYPE, "is a number beyond all measure"))


def _member(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


# The typed value -------------------------------------------------------------------------------------------------


def typed(value: Any, wanted: type[Value], *, what: str = "field") -> Value | list[Fault]:
    """The plain value as `wanted`, or every fault that keeps it from being that.

    A field that is null is one that is not there, unless null is a value of its own kind.
    """
    try:
        read = msgspec.convert(value, wanted)
        _require_dashes(value, cast("Hashable", wanted))
    except (msgspec.ValidationError, ValueError) as error:
        info = _type_info(cast("Hashable", wanted))
        faults: list[Fault] = []
        said = _without_nulls(value, info)
        _collect(said, info, "", what, faults)
        if faults:
            return faults[:FAULTS_MAX]
        if said == value:
            return [Fault(what, Wrong.TYPE, str(error))]
        return typed(said, wanted, what=what)
    return read


NOT_KNOWN = "is not known here"
UUID_LETTERS = 36  # 8-4-4-4-12 with the dashes; source: OviPro contract 1.5
_Holds = Callable[[Any], bool]


def _require_dashes(value: Any, wanted: Hashable) -> None:
    """Raises ValueError for a UUID without its dashes, which msgspec takes and the contracts do not."""
    holds = _dashed_in(wanted)
    if holds is not None and not holds(value):
        raise ValueError("holds a UUID without its dashes")


@lru_cache(maxsize=500)
def _dashed_in(wanted: Any) -> _Holds | None:
    return _dashed(_type_info(wanted), ())


def _dashed(kind: inspect.Type, within: tuple[type, ...]) -> _Holds | None:
    """Whether all UUIDs in a value of this type have their dashes; None when it holds none."""
    if isinstance(kind, inspect.Metadata):
        return _dashed(kind.type, within)
    if isinstance(kind, inspect.UUIDType):
        return lambda value: not isinstance(value, str) or len(value) == UUID_LETTERS
    if isinstance(kind, inspect.UnionType):
        return next((holds for one in kind.types if (holds := _dashed(one, within)) is not None), None)
    if isinstance(kind, (inspect.VarTupleType, inspect.ListType)):
        item = _dashed(kind.item_type, within)
        return None if item is None else lambda value: value is None or all(map(item, value))
    if isinstance(kind, inspect.StructType) and kind.cls not in within:
        found = [(field.encode_name, _dashed(field.type, (*within, kind.cls))) for field in kind.fields]
        fields = [(name, holds) for name, holds in found if holds is not None]
        if fields:
            return lambda value: value is None or all(holds(value.get(name)) for name, holds in fields)
    return None


def _without_nulls(value: Any, wanted: inspect.Type) -> Any:
    """The same value without the fields that are null and of a kind that has no null."""
    wanted = _unless_null(wanted)
    if isinstance(wanted, inspect.StructType) and isinstance(value, dict):
        said = dict(value)
        for field in wanted.fields:
            name = field.encode_name
            if said.get(name) is not None:
                said[name] = _without_nulls(said[name], field.type)
            elif name in said and not _takes_null(field.type):
                del said[name]
        return said
    if isinstance(wanted, (inspect.VarTupleType, inspect.ListType)) and isinstance(value, (list, tuple)):
        return [_without_nulls(item, wanted.item_type) for item in value]
    return value


def _takes_null(wanted: inspect.Type) -> bool:
    if isinstance(wanted, inspect.Metadata):
        wanted = wanted.type
    kinds = wanted.types if isinstance(wanted, inspect.UnionType) else (wanted,)
    return any(isinstance(one, (inspect.NoneType, inspect.AnyType, inspect.RawType)) for one in kinds)


def _unless_null(wanted: inspect.Type) -> inspect.Type:
    """The kind of a value that is there."""
    if isinstance(wanted, inspect.Metadata):
        return _unless_null(wanted.type)
    if not isinstance(wanted, inspect.UnionType):
        return wanted
    return _unless_null(
        next(
            one
            for one in wanted.types
            if not isinstance(one, (inspect.NoneType, inspect.CustomType))
            and getattr(one, "cls", None) is not msgspec.UnsetType
        )
    )


@lru_cache(maxsize=500)
def _type_info(wanted: Any) -> inspect.Type:
    return inspect.type_info(wanted)


def _collect(value: Any, wanted: inspect.Type, path: str, what: str, faults: list[Fault]) -> None:
    if value is None and _takes_null(wanted):
        return
    wanted = _unless_null(wanted)
    if isinstance(wanted, inspect.StructType):
        if not isinstance(value, dict):
            faults.append(Fault(path or "body", Wrong.TYPE, "must be an object"))
            return
        for field in wanted.fields:
            inner = _member(path, field.encode_name)
            if field.encode_name in value:
                _collect(value[field.encode_name], field.type, inner, what, faults)
            elif field.required:
                faults.append(Fault(inner, Wrong.MISSING, f"Mandatory {what} {inner} is missing"))
        if wanted.cls.__struct_config__.forbid_unknown_fields:
            known = {field.encode_name for field in wanted.fields}
            faults += [Fault(_member(path, name), Wrong.TYPE, NOT_KNOWN) for name in value if name not in known]
        return
    if isinstance(wanted, inspect.DictType):
        _collect_members(value, wanted, path, what, faults)
        return
    if isinstance(wanted, (inspect.VarTupleType, inspect.ListType)):
        if not isinstance(value, (list, tuple)):
            faults.append(Fault(path, Wrong.TYPE, "must be an array"))
            return
        if wanted.min_length and len(value) < wanted.min_length:
            faults.append(Fault(path, Wrong.MISSING, f"must hold at least {wanted.min_length} entry"))
        if wanted.max_length is not None and len(value) > wanted.max_length:
            faults.append(Fault(path, Wrong.TYPE, f"must hold at most {wanted.max_length} entries"))
            return
        for at, item in enumerate(value):
            # One parameter given several times has one name, so a place in a list says nothing there.
            _collect(item, wanted.item_type, f"{path}[{at}]" if what == "field" else path, what, faults)
        return
    message = _leaf_fault(value, wanted)
    if message is not None:
        faults.append(Fault(path or "body", Wrong.TYPE, message))


def _collect_members(value: Any, wanted: inspect.DictType, path: str, what: str, faults: list[Fault]) -> None:
    """The same for an object with keys that clients choose."""
    if not isinstance(value, dict):
        faults.append(Fault(path or "body", Wrong.TYPE, "must be an object"))
        return
    if wanted.max_length is not None and len(value) > wanted.max_length:
        faults.append(Fault(path, Wrong.TYPE, f"must hold at most {wanted.max_length} entries"))
        return
    for name, item in value.items():
        inner = _member(path, name)
        message = _leaf_fault(name, _unless_null(wanted.key_type))
        if message is not None:
            faults.append(Fault(inner, Wrong.TYPE, f"The key {message}"))
        _collect(item, wanted.value_type, inner, what, faults)


def _leaf_fault(value: Any, wanted: inspect.Type) -> str | None:
    """Why a single value is not of the kind wanted; None when it is."""
    if isinstance(wanted, inspect.EnumType):
        allowed = [member.value for member in wanted.cls]
        return None if value in allowed else f"Must be one of {', '.join(map(str, allowed))}"
    if isinstance(wanted, inspect.UUIDType):
        return (
            None
            if _is_a(UUID, value) and len(value) == UUID_LETTERS
            else "must be a UUID: 8-4-4-4-12 hexadecimal digits"
        )
    if isinstance(wanted, inspect.DateTimeType):
        return _instant_fault(value)
    if isinstance(wanted, inspect.DateType):
        return _day_fault(value)
    if isinstance(wanted, inspect.StrType):
        if not isinstance(value, str):
            return "must be a string"
        if wanted.max_length is not None and len(value) > wanted.max_length:
            return f"must be at most {wanted.max_length} characters long"
        if wanted.min_length is not None and len(value) < wanted.min_length:
            return f"must be at least {wanted.min_length} characters long"
        if wanted.pattern is not None and not re.search(wanted.pattern, value):
            return f"must match {wanted.pattern.replace(END, '$')}"
        return None
    if isinstance(wanted, (inspect.IntType, inspect.FloatType)):
        whole = isinstance(wanted, inspect.IntType)
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
            return "must be a whole number" if whole else "must be a number"
        if wanted.ge is not None and value < wanted.ge:
            return f"must be at least {wanted.ge}"
        if wanted.le is not None and value > wanted.le:
            return f"must be at most {wanted.le}"
        return None
    if isinstance(wanted, inspect.BoolType):
        return None if isinstance(value, bool) else "must be true or false"
    return None


def _is_a(wanted: type, value: Any) -> bool:
    try:
        msgspec.convert(value, wanted)
    except msgspec.ValidationError:
        return False
    return True


def _day_fault(value: Any) -> str | None:
    try:
        settled_day(msgspec.convert(value, date))
    except msgspec.ValidationError:
        return "must be a date such as 2026-12-31"
    except ValueError as error:
        return str(error)
    return None


def _instant_fault(value: Any) -> str | None:
    if not isinstance(value, str):
        return "must be a date-time such as 2026-12-31T23:59:59Z"
    try:
        settled(msgspec.convert(value, datetime))
    except msgspec.ValidationError:
        return "must be a date-time such as 2026-12-31T23:59:59Z"
    except ValueError as error:
        return str(error)
    return None


def is_another_id(said: Any, field: str, path_value: str) -> bool:
    """Whether the field of a body and a path parameter are two ids, and not the same one."""
    value = said.get(field) if isinstance(said, dict) else None
    return isinstance(value, str) and _is_a(UUID, value) and _is_a(UUID, path_value) and UUID(value) != UUID(path_value)


# Parameters ------------------------------------------------------------------------------------------------------


_BLANK_OFFSET = re.compile(r"(T\d\d:\d\d(?::\d\d(?:\.\d+)?)?) (\d\d:?\d\d)$")


def raw_query(text: str, faults: list[Fault]) -> dict[str, list[str]]:
    """The values of each query parameter, in the order given."""
    values: dict[str, list[str]] = {}
    for pair in text.split("&"):
        if not pair:
            continue
        name, _, value = pair.partition("=")
        try:
            if "%" in name or "+" in name:
                name = unquote_plus(name, errors="strict")
            if "%" in value or "+" in value:
                value = unquote_plus(value, errors="strict")
        except UnicodeDecodeError:
            faults.append(Fault(name[:100], Wrong.TYPE, "is not UTF-8"))
            continue
        if "\x00" in value or "\x00" in name:
            faults.append(Fault(name.replace("\x00", ""), Wrong.TYPE, "holds a NUL, which is no text"))
            continue
        values.setdefault(name, []).append(value)
    return values


def read_parameters(
    query: str,
    wanted: type[Value],
    path_values: Mapping[str, str],
    faults_of: Callable[[dict[str, Any]], list[Fault]] | None = None,
) -> Value | list[Fault]:
    """Query and path parameters as one struct, or every fault in them.

    A list may be given by repeating its name or with commas.  Unknown names are faults that name the nearest known
    one.  Source: OviPro contract 1.7 and 1.4 (a blank before an offset is a `+`).
    """
    faults: list[Fault] = []
    shapes = _shapes(cast("Hashable", wanted))
    plain: dict[str, Any] = dict(path_values)
    for name, values in raw_query(query, faults).items() if query else ():
        shape = shapes.get(name)
        if shape is None or name in path_values:
            faults.append(unknown_parameter(name, [known for known in shapes if known not in path_values]))
            continue
        if shape.many:
            parts = [part for value in values for part in value.split(",")]
            if len(parts) > LISTED_VALUES_MAX:
                faults.append(Fault(name, Wrong.TYPE, f"must hold at most {LISTED_VALUES_MAX} values"))
                continue
            plain[name] = [shape.scalar(part) for part in parts]
        elif len(values) > 1:
            faults.append(Fault(name, Wrong.TYPE, "is given more than once"))
        else:
            plain[name] = shape.scalar(values[0])
    value = typed(plain, wanted, what="request parameter")
    for more in (value if isinstance(value, list) else [], faults_of(plain) if faults_of is not None else []):
        faulty = {fault.target for fault in faults}
        faults += [fault for fault in more if fault.target not in faulty]
    return faults or value


def unknown_parameter(name: str, known: Iterable[str]) -> Fault:
    """The fault of a name that nobody knows, with the nearest one that is known."""
    shown = name if len(name) <= 100 else f"{name[:100]}…"
    near = get_close_matches(name, list(known), n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]}?" if near else ""
    return Fault(shown, Wrong.TYPE, f"Unknown request parameter{hint}")


class _Shape:
    """How the text of one parameter becomes a plain value."""

    def __init__(self, wanted: inspect.Type) -> None:
        if isinstance(wanted, inspect.Metadata):
            wanted = wanted.type
        if isinstance(wanted, inspect.UnionType):
            wanted = next(one for one in wanted.types if not isinstance(one, inspect.NoneType))
        self.many = isinstance(wanted, (inspect.VarTupleType, inspect.ListType))
        leaf = wanted.item_type if isinstance(wanted, (inspect.VarTupleType, inspect.ListType)) else wanted
        self._leaf = leaf.type if isinstance(leaf, inspect.Metadata) else leaf

    def scalar(self, text: str) -> Any:
        if isinstance(self._leaf, inspect.IntType) and re.fullmatch(r"[+-]?[0-9]{1,18}", text):
            return int(text)
        if isinstance(self._leaf, inspect.BoolType) and text in ("true", "false"):
            return text == "true"
        if isinstance(self._leaf, inspect.DateTimeType) and " " in text:
            return _BLANK_OFFSET.sub(r"\1+\2", text)
        return text


@lru_cache(maxsize=500)
def _shapes(wanted: Any) -> dict[str, _Shape]:
    info = inspect.type_info(wanted)
    assert isinstance(info, inspect.StructType)  # noqa: S101  -- parameters are declared as structs
    return {field.encode_name: _Shape(field.type) for field in info.fields}
