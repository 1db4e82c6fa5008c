"""What the entities of this dialect consist of: one table a kind of entity, and bodies read by it.

Every fault of a body is found, with its place, the value and what would be accepted.  `null` brings a field back to its
default; unknown fields are left out and named (contract A16 to A18).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from askare.kernel.conditions import Kind, names_in
from askare.kernel.problems import Fault, Wrong
from askare.kernel.time import settled
from askare.wire.kit.reading import FAULTS_MAX

TEXT_LETTERS_MAX = 10_000
ITEMS_MAX = 1_000  # entries of one list
FLAGS: Mapping[Any, bool] = {"0": False, "1": True, "false": False, "true": True}
FLAGS_ACCEPTED = "0, 1, true, false"

Reader = Callable[[Any, str, list[Fault]], Any]
"""Takes a plain value, its place, and the list to which it adds faults; returns the value as the room wants it."""


def shown(value: Any) -> str:
    """A value as a fault quotes it: short, and in ASCII."""
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 60 else f"{text[:60]}…"


def refuse(value: Any, path: str, faults: list[Fault], accepted: str) -> None:
    """Note that the value is not what would be accepted there."""
    faults.append(Fault(path, Wrong.TYPE, f"{shown(value)} is not accepted; it must be {accepted}"))


def read_flag(value: Any, path: str, faults: list[Fault]) -> bool:
    """An intbool: 0 or 1, in any of the ways that clients write it."""
    if isinstance(value, bool) or (isinstance(value, (int, float)) and value in (0, 1)):
        return bool(value)
    if isinstance(value, str) and value in FLAGS:
        return FLAGS[value]
    refuse(value, path, faults, f"one of {FLAGS_ACCEPTED}")
    return False


def with_whole_numbers(value: Any) -> Any:
    """The same value with 5.0 written as 5: JSON makes no difference between the two."""
    if isinstance(value, dict):
        return {name: with_whole_numbers(one) for name, one in value.items()}
    if isinstance(value, list):
        return [with_whole_numbers(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**63 else value


def read_integer(value: Any, path: str, faults: list[Fault]) -> int:
    value = with_whole_numbers(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    refuse(value, path, faults, "a whole number")
    return 0


def read_text(value: Any, path: str, faults: list[Fault]) -> str:
    if isinstance(value, str) and len(value) <= TEXT_LETTERS_MAX:
        return value
    refuse(value, path, faults, f"a text of at most {TEXT_LETTERS_MAX} characters")
    return ""


def read_name(value: Any, path: str, faults: list[Fault]) -> str:
    if value == "":
        refuse(value, path, faults, "a text that is not empty")
        return ""
    return read_text(value, path, faults)


def read_instant(value: Any, path: str, faults: list[Fault]) -> datetime | None:
    """RFC 3339 with any offset; empty is none."""
    if value == "":
        return None
    try:
        if isinstance(value, str):
            return settled(msgspec.convert(value, datetime))
    except (msgspec.ValidationError, ValueError):
        pass
    refuse(value, path, faults, "empty or a date-time such as 2019-02-20T08:00:00Z between the years 1900 and 2200")
    return None


def read_uuid(value: Any, path: str, faults: list[Fault]) -> UUID | None:
    """An id in the usual layout, of any version: the platform's own are of none.  Source: contract 3."""
    if isinstance(value, str) and _UUID.fullmatch(value):
        return UUID(value)
    refuse(value, path, faults, "a UUID: 8-4-4-4-12 hexadecimal digits")
    return None


_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def read_optional_uuid(value: Any, path: str, faults: list[Fault]) -> str:
    """An id of something else, as text; empty is none."""
    if value == "":
        return ""
    read = read_uuid(value, path, faults)
    return "" if read is None else str(read)


def read_names(value: Any, path: str, faults: list[Fault]) -> str | tuple[str, ...]:
    """Names in one text with commas between them, or in a list: kept in the form in which they were written (A1)."""
    if isinstance(value, str):
        read_text(value, path, faults)
        if len(names_in(value)) <= ITEMS_MAX:
            return value
    elif isinstance(value, list) and len(value) <= ITEMS_MAX and all(isinstance(one, str) for one in value):
        return tuple(read_text(one, f"{path}[{at}]", faults) for at, one in enumerate(value))
    refuse(value, path, faults, f"a list of at most {ITEMS_MAX} names, or one text with commas between them")
    return ""


def read_objects(value: Any, path: str, faults: list[Fault]) -> tuple[dict[str, Any], ...]:
    """A list of objects; what is in them is for the room to judge."""
    if not isinstance(value, list) or len(value) > ITEMS_MAX:
        refuse(value, path, faults, f"a list of at most {ITEMS_MAX} objects")
        return ()
    for at, item in enumerate(value):
        if not isinstance(item, dict):
            refuse(item, f"{path}[{at}]", faults, "an object")
    return tuple(with_whole_numbers(item) for item in value if isinstance(item, dict))


def read_object(value: Any, path: str, faults: list[Fault]) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    refuse(value, path, faults, "an object")
    return {}


class Field(Struct, frozen=True):
    """One field of an entity: its name here, the room's name, how it is read, what it is when nothing is said, and
    whether lists show it without being asked.  `accepts` and `shows` are its JSON Schemas in bodies and in answers."""

    name: str
    attribute: str
    read: Reader
    default: Any
    kind: Kind
    accepts: dict[str, Any]
    shows: dict[str, Any]
    description: str = ""
    required: bool = False
    listed: bool = True


class Member(Struct, frozen=True):
    """One member of `opts`."""

    name: str
    read: Reader
    default: Any
    kind: Kind
    accepts: dict[str, Any]


class Said(Struct, frozen=True):
    """A body as it was read: an id when one was given, the room's values by the room's names, and what was left out."""

    entity_id: UUID | None
    values: dict[str, Any]
    unknown: tuple[str, ...]


class Entity(Struct, frozen=True):
    """One kind of entity: its fields in the order of the contract, and the members of its `opts`."""

    name: str
    fields: tuple[Field, ...]
    opts: tuple[Member, ...]
    own: dict[str, dict[str, Any]] = {}  # further fields that the server alone writes, with what they show
    ext_accepts: dict[str, Any] = {}  # properties of `ext` that mean something here
    judge: Callable[[dict[str, Any]], list[Fault]] | None = None  # what the room says of the values of a new one

    def kinds(self) -> dict[str, Kind]:
        """Every field that a condition or an order may name, dotted.  Further keys of `ext` are open."""
        return {
            "id": Kind.UUID,
            **{field.name: field.kind for field in self.fields},
            **{f"opts.{member.name}": member.kind for member in self.opts},
            "ext.ct": Kind.INSTANT,
            "ext.lwt": Kind.INSTANT,
        }

    def unlisted(self) -> frozenset[str]:
        """The fields that lists show only when asked."""
        return frozenset({"opts", *(field.name for field in self.fields if not field.listed)})

    def read_new(self, plain: Any) -> Said | list[Fault]:
        """The body of a create: what is not said has its default."""
        return self._read(plain, whole=True)

    def read_change(self, plain: Any) -> Said | list[Fault]:
        """The body of a change: only what it says."""
        return self._read(plain, whole=False)

    def _read(self, plain: Any, *, whole: bool) -> Said | list[Fault]:
        if not isinstance(plain, dict):
            return [Fault("body", Wrong.TYPE, f"{shown(plain)} is not accepted; it must be an object")]
        faults: list[Fault] = []
        values: dict[str, Any] = {}
        for field in self.fields:
            if plain.get(field.name) is None:
                self._say_nothing(field, values, faults, whole=whole, is_null=field.name in plain)
            else:
                values[field.attribute] = field.read(plain[field.name], field.name, faults)
        left_out: list[str] = []
        if whole or "opts" in plain:
            values["opts"] = self._read_opts(plain.get("opts"), faults, left_out, whole=whole)
        if whole or "ext" in plain:
            values["ext"] = _read_ext(plain.get("ext"), faults, whole=whole)
        given_id = plain.get("id")
        entity_id = None if given_id is None or given_id == "" else read_uuid(given_id, "id", faults)
        if faults:
            return self._with_the_rooms(faults, values if whole else None)[:FAULTS_MAX]
        known = {"id", "opts", "ext", *self.own, *(field.name for field in self.fields)}
        return Said(entity_id, values, (*(name for name in plain if name not in known), *left_out))

    def _with_the_rooms(self, faults: list[Fault], values: dict[str, Any] | None) -> list[Fault]:
        """Besides these faults those that the room would find in the other fields, so that all are told at once."""
        if self.judge is None or values is None:
            return faults
        told = {_field_of(fault) for fault in faults}
        whole = {field.attribute: field.default for field in self.fields} | values
        return faults + [fault for fault in self.judge(whole) if _field_of(fault) not in told]

    def _say_nothing(
        self, field: Field, values: dict[str, Any], faults: list[Fault], *, whole: bool, is_null: bool
    ) -> None:
        if not whole and not is_null:
            return
        if field.required:
            faults.append(Fault(field.name, Wrong.MISSING, "is required"))
        else:
            values[field.attribute] = field.default

    def _read_opts(self, plain: Any, faults: list[Fault], left_out: list[str], *, whole: bool) -> dict[str, Any]:
        """The members said; in a create those not said too.  In a change a null is passed on (it resets one)."""
        if plain is None:
            return {member.name: None if not whole else member.default for member in self.opts}
        said = read_object(plain, "opts", faults)
        read: dict[str, Any] = {}
        for member in self.opts:
            value = said.get(member.name)
            if value is not None:
                read[member.name] = member.read(value, f"opts.{member.name}", faults)
            elif whole:
                read[member.name] = member.default
            elif member.name in said:
                read[member.name] = None
        names = {member.name for member in self.opts}
        left_out += [f"opts.{name}" for name in said if name not in names]
        return read


def _field_of(fault: Fault) -> str:
    """The top-level field that a fault is about."""
    return fault.target.partition(".")[0].partition("[")[0]


def _read_ext(plain: Any, faults: list[Fault], *, whole: bool) -> dict[str, Any]:
    """The client's own keys; the times are the server's (A17).  In a change a null is passed on (it takes one away)."""
    said = {} if plain is None else read_object(plain, "ext", faults)
    return {
        name: with_whole_numbers(value) if name == "sched" else value
        for name, value in said.items()
        if name not in ("ct", "lwt") and not (whole and value is None)
    }
