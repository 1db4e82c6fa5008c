"""Workdays and what a domain says of its hours.  Source: service tasks contract 5.3 and 5.5."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType, field

from askare.kernel.time import milliseconds

# The last twelve digits of the platform's ids name the node that made them; ours spell the house.
_NODE = 0x61736B617265

Segment = tuple[int, int]  # minutes, half-open: [start, stop)
Week = tuple[tuple[Segment, ...], ...]  # seven days, Monday first; a segment may run past 1440 into the next day


class WorkdayContent(Struct, frozen=True, kw_only=True):
    """What a client says of one exceptional date.  `ext` holds the client's own keys only."""

    date: str
    is_annual: bool = False
    is_workday: int = 0
    as_dow: int = 0
    periods: tuple[dict[str, Any], ...] = ()
    opts: dict[str, Any] = field(default_factory=lambda: {"title": "", "comment": ""})
    ext: dict[str, Any] = {}


class WorkdayChange(Struct, frozen=True, kw_only=True):
    """What a client changes.  In `opts` None brings the default back, in `ext` it takes the key away."""

    date: str | UnsetType = UNSET
    is_annual: bool | UnsetType = UNSET
    is_workday: int | UnsetType = UNSET
    as_dow: int | UnsetType = UNSET
    periods: tuple[dict[str, Any], ...] | UnsetType = UNSET
    opts: dict[str, Any] | UnsetType = UNSET
    ext: dict[str, Any] | UnsetType = UNSET


class Defaults(Struct, frozen=True):
    """The hours of a domain that says nothing of its own: a time zone and an ordinary week."""

    time_zone: str
    week: Week


class Domain(Struct, frozen=True, kw_only=True):
    """What a domain says of itself.  None and 0: the server's own."""

    time_zone: str | None = None
    workweek: str | None = None
    is_blocked: bool = False
    script_limit_site_count: int = 0  # scripts that run at once on one site; 0: as many as wanted
    script_duration_sec: int = 0  # longest run; 0: as long as it takes


def svc_id(random: UUID, now: datetime) -> UUID:
    """An id in the platform's layout: 8 random digits, 12 of the creation time in milliseconds, 12 of the node.

    Source: contract 3.  It sorts by time within one random prefix only, and is no RFC 4122 id.
    """
    return UUID(int=(random.int >> 96 << 96) | (milliseconds(now) << 48) | _NODE)


STAMP_GRAIN = 10  # milliseconds that a stamp does not tell apart


def stamp(instant: datetime) -> str:
    """How the platform writes `ext.ct` and `ext.lwt`: two decimals, cut.  Source: contract 3."""
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{instant.microsecond // 10_000:02d}Z"


def document_of(workday_id: UUID, content: WorkdayContent, *, created: str, modified: str) -> dict[str, Any]:
    """The answer's form, in the contract's order of keys."""
    return {
        "id": str(workday_id),
        "date": content.date,
        "isannual": int(content.is_annual),
        "isworkday": content.is_workday,
        "asdow": content.as_dow,
        "periods": list(content.periods),
        "opts": content.opts,
        "ext": {**content.ext, "ct": created, "lwt": modified},
    }


def content_of(document: dict[str, Any]) -> WorkdayContent:
    """What the client said, from a document."""
    return WorkdayContent(
        date=document["date"],
        is_annual=bool(document["isannual"]),
        is_workday=document["isworkday"],
        as_dow=document["asdow"],
        periods=tuple(document["periods"]),
        opts=document["opts"],
        ext=own_keys(document["ext"]),
    )


def own_keys(ext: dict[str, Any]) -> dict[str, Any]:
    """The client's own keys of `ext`: without the times that the server writes."""
    return {key: value for key, value in ext.items() if key not in ("ct", "lwt")}
