"""Reading values as pydantic does, tolerant where the exchanges of this world need it.  Source: contract 1.1, 1.2, 2.

Every fault is found, each with its place.  A value is quoted back only where it says nothing of a person.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any, TypeAlias
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, Struct

from askare.kernel.time import settled
from askare.wire.callcentre.problems import ValidationError, fault_detail

SHOWN_LETTERS_MAX = 100
_NUMBER = re.compile(r"[+-]?[0-9]{1,1000}")
_IDS = range(2**63)
DAY = timedelta(days=1)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_EPOCH = re.compile(r"-?\d{1,15}(\.\d{1,9})?")
_MILLISECONDS_FROM = 2e10  # pydantic's: a larger number counts milliseconds
_BLANKS = re.compile(r"\s+")
_YES = frozenset({"true", "1", "yes", "on", "t", "y"})
_NO = frozenset({"false", "0", "no", "off", "f", "n"})


class Unreadable(Exception):
    """A value that cannot be taken: pydantic's kind, and what its message names."""

    def __init__(self, kind: str, **ctx: Any) -> None:
        super().__init__(kind)
        self.kind = kind
        self.ctx = ctx


Reader: TypeAlias = Callable[[Any], Any]


class Field(Struct, frozen=True):
    """One field or parameter.  `private`: it may say something of a person and is never quoted."""

    read: Reader
    required: bool = False
    default: Any = None
    nullable: bool = True
    private: bool = False


def read_fields(
    values: Mapping[str, Any], fields: Mapping[str, Field], where: str, language: str
) -> tuple[dict[str, Any], list[ValidationError]]:
    """The values of all fields, and every fault.  Fields that nobody knows are passed over."""
    found: dict[str, Any] = {}
    faults = []
    for name, field in fields.items():
        value = values.get(name)
        if name not in values:
            if field.required:
                faults.append(fault_detail("missing", (where, name), language=language))
            found[name] = field.default
        elif not field.required and field.nullable and (value is None or _is_blank(value)):
            found[name] = field.default  # exchanges fill their templates with empty texts
        else:
            try:
                found[name] = field.read(value)
            except Unreadable as wrong:
                shown = UNSET if field.private else _shown(value)
                faults.append(fault_detail(wrong.kind, (where, name), ctx=wrong.ctx, shown=shown, language=language))
    return found, faults


def _is_blank(value: Any) -> bool:
    return isinstance(value, str) and not value.strip()


def _shown(value: Any) -> Any:
    if isinstance(value, WrittenNumber):
        return float(value)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, list) and len(value) == 1:
        value = value[0]  # a parameter that is not repeated
    if isinstance(value, str) and len(value) <= SHOWN_LETTERS_MAX:
        return value
    return UNSET


def text(maximum: int, *, minimum: int = 0) -> Reader:
    """A text without blanks around it."""

    def read(value: Any) -> str:
        if not isinstance(value, str):
            raise Unreadable("string_type")
        value = value.strip()
        if len(value) < minimum:
            raise Unreadable("string_too_short", min_length=minimum)
        if len(value) > maximum:
            raise Unreadable("string_too_long", max_length=maximum)
        return str(value)

    return read


class WrittenNumber(float):
    """A number with a fraction, and how it was written: as the name of a call, 17.10 is another one than 17.1."""

    def __new__(cls, written: str) -> WrittenNumber:
        made = super().__new__(cls, written)
        made.written = written
        return made

    written: str

    def __str__(self) -> str:
        return self.written


def as_written(raw: bytes, plain: dict[str, Any]) -> dict[str, Any]:
    """The fields of a body, their numbers with a fraction as they stand in it."""
    if not any(type(value) is float for value in plain.values()):
        return plain
    fields = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    return {
        name: WrittenNumber(bytes(fields[name]).decode().strip()) if type(value) is float else value
        for name, value in plain.items()
    }


def text_or_number(maximum: int) -> Reader:
    """A text, or a number as one: exchanges number their calls and operators."""
    read_text = text(maximum, minimum=1)

    def read(value: Any) -> str:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            value = str(value)
        return str(read_text(value))

    return read


def one_of(words: Mapping[str, Any], names: tuple[str, ...]) -> Reader:
    """One of the words, in any case; `names` are those that a message lists."""
    quoted = [f"'{name}'" for name in names]
    expected = f"{', '.join(quoted[:-1])} or {quoted[-1]}" if len(quoted) > 1 else quoted[0]

    def read(value: Any) -> Any:
        is_word = isinstance(value, (str, int)) and not isinstance(value, bool)
        word = _BLANKS.sub("_", str(value).strip().lower()) if is_word else ""
        if word not in words:
            raise Unreadable("enum", expected=expected)
        return words[word]

    return read


def pattern(matching: str, settle: Callable[[str], str]) -> Reader:
    """A text that, once settled, matches."""
    compiled = re.compile(matching)

    def read(value: Any) -> str:
        if not isinstance(value, str):
            raise Unreadable("string_type")
        found = settle(value)
        if compiled.fullmatch(found) is None:
            raise Unreadable("string_pattern_mismatch", pattern=f"^{matching}$")
        return found

    return read


def integer(*, at_least: int | None = None, at_most: int | None = None) -> Reader:
    """A whole number, or a text that is one."""

    def read(value: Any) -> int:
        if isinstance(value, str):
            if _NUMBER.fullmatch(value.strip()) is None:
                raise Unreadable("int_parsing")
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise Unreadable("int_type")
        if at_least is not None and value < at_least:
            raise Unreadable("greater_than_equal", ge=at_least)
        if at_most is not None and value > at_most:
            raise Unreadable("less_than_equal", le=at_most)
        return value

    return read


def identifier(value: Any) -> int:
    """A number that something may have; one that nothing can have is -1, which nothing has."""
    found: int = integer()(value)
    return found if found in _IDS else -1


def truth(value: Any) -> bool:
    """`true`, `1`, `yes`, `on` and their opposites, in any case."""
    word = str(value).strip().lower()
    if word not in _YES | _NO:
        raise Unreadable("bool_parsing")
    return word in _YES


def many(read_one: Reader) -> Reader:
    """Several values: the parameter repeated, or with commas."""

    def read(value: Any) -> tuple[Any, ...]:
        words = [word for one in value for word in one.split(",") if word.strip()]
        return tuple(read_one(word) for word in words)

    return read


def last(read_one: Reader) -> Reader:
    """The last one where a parameter is repeated, as FastAPI takes it."""

    def read(value: Any) -> Any:
        return read_one(value[-1])

    return read


def web_address(maximum: int) -> Reader:
    """An address that begins with http:// or https://."""
    read_text = text(maximum)

    def read(value: Any) -> str:
        address = str(read_text(value))
        try:
            parts = urlsplit(address)
            host, _ = parts.hostname, parts.port
        except ValueError:
            raise Unreadable("url_parsing", error="invalid authority") from None
        if parts.scheme.lower() not in ("http", "https"):
            raise Unreadable("url_scheme", expected_schemes="'http' or 'https'")
        if not host or any(letter.isspace() or not letter.isprintable() for letter in address):
            raise Unreadable("url_parsing", error="empty host" if not host else "invalid character")
        return address

    return read


def instant(zone: ZoneInfo | None, *, end_of_day: bool) -> Reader:
    """A moment: ISO 8601 with or without offset (then in `zone`), a bare date, or seconds since 1970.

    A bare date is the first second of the day, or with `end_of_day` its last: "by Friday" includes Friday.  Without a
    zone such a time stays as it is on the wall, for `placed` to tell where that wall is.
    """

    def in_zone(wall: datetime) -> datetime:
        if zone is not None:
            return settled(wall.replace(tzinfo=zone))
        for shift in (-DAY, DAY):  # wherever the wall is
            settled(wall.replace(tzinfo=UTC) + shift)
        return settled(wall.replace(tzinfo=UTC)).replace(tzinfo=None)

    def read(value: Any) -> datetime:
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise Unreadable("datetime_type")
        try:
            if not isinstance(value, str):
                return settled(_since_epoch(float(value)))
            written = value.strip().upper()
            if _EPOCH.fullmatch(written):
                return settled(_since_epoch(float(written)))
            if _DATE.fullmatch(written):
                day = datetime.fromisoformat(written)
                if end_of_day:
                    day = datetime.combine(day, time(23, 59, 59))
                return in_zone(day)
            found = datetime.fromisoformat(written)
            return settled(found) if found.tzinfo is not None else in_zone(found)
        except (ValueError, OverflowError, OSError) as error:
            if not isinstance(value, str):
                raise Unreadable("datetime_parsing", error=OUT_OF_TIME) from None
            wrong = OUT_OF_TIME if "1900" in str(error) else _wrong_with_date(value.strip())
            raise Unreadable("datetime_from_date_parsing", error=wrong) from None

    return read


def on_walls(values: Mapping[str, Any]) -> bool:
    """Whether any of these is a time without a place."""
    return any(isinstance(value, datetime) and value.tzinfo is None for value in values.values())


def placed(values: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """The same with such times in this zone."""
    return {
        name: settled(value.replace(tzinfo=zone)) if isinstance(value, datetime) and value.tzinfo is None else value
        for name, value in values.items()
    }


OUT_OF_TIME = "must lie between the years 1900 and 2200"
_DATE_PARTS = (
    ("year", slice(0, 4), range(10_000), ""),
    ("month", slice(5, 7), range(1, 13), " of 1-12"),
    ("day", slice(8, 10), range(1, 32), ""),
)


def _wrong_with_date(written: str) -> str:
    """What pydantic says of a text that is no moment: it looks for a date, and at the first thing that is wrong."""
    if len(written) < len("2026-03-02"):
        return "input is too short"
    for name, place, fitting, bounds in _DATE_PARTS:
        digits = written[place]
        if not (digits.isascii() and digits.isdigit()):
            return f"invalid character in {name}"
        if int(digits) not in fitting:
            return f"{name} value is outside expected range{bounds}"
        if name != "day" and written[place.stop] != "-":
            return "invalid date separator, expected `-`"
    try:
        datetime.fromisoformat(written[:10])
    except ValueError:
        return "day value is outside expected range"
    return "unexpected extra characters at the end of the input"


def _since_epoch(number: float) -> datetime:
    return datetime.fromtimestamp(number / 1000 if abs(number) > _MILLISECONDS_FROM else number, UTC)
