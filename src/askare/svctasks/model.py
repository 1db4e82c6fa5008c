"""Service tasks, service scripts, and what is kept of planned starts.  Source: service tasks contract 3, 5 and 6."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType, field

from askare.kernel.time import settled, written
from askare.workdays.model import STAMP_GRAIN as STAMP_GRAIN
from askare.workdays.model import Defaults, Segment, own_keys
from askare.workdays.model import stamp as stamp
from askare.workdays.model import svc_id as svc_id


class SiteMode(Enum):
    """Where a task starts.  Source: contract 3.1."""

    ALL = "all"
    ANY = "any"
    LIST = "list"
    ANYLIST = "anylist"
    FIRSTSITE = "firstsite"


class Schedule(Enum):
    """When starts are allowed.  Source: contract 3.2."""

    ALL = "all"
    WORK = "work"
    NONWORK = "nonwork"
    INDIVIDUAL = "individual"


class Outcome(Enum):
    """What became of a planned start: each has exactly one."""

    STARTED = "started"
    LATE = "late"
    MISSED = "missed"
    SKIPPED_OVERLAP = "skipped_overlap"
    CLOSED_WINDOW = "closed_window"
    NO_SITE = "no_site"
    SCRIPT_NOT_FOUND = "script_not_found"
    LIMIT = "limit"
    EXPIRED = "expired"


class EndReason(Enum):
    """How a run ended.  Source: contract 5.1, the words of the Start component."""

    NORMAL = "normal"
    STOP = "stop"
    TIMEOUT = "timeout"
    ERROR = "error"
    OWNERDOWN = "ownerdown"


class Origin(Enum):
    """Why a run is there."""

    PLANNED = "planned"
    MANUAL = "manual"
    BACKFILL = "backfill"


class OverlapPolicy(Enum):
    """What a start does that finds the one before still running.  Source: contract 6.8."""

    ALLOW = "allow"
    SKIP = "skip"
    BUFFERONE = "bufferone"
    BUFFERALL = "bufferall"
    CANCELOTHER = "cancelother"
    TERMINATEOTHER = "terminateother"


class Catchup(Enum):
    """Which starts that nobody was there for are made up for.  Source: contract 6.8."""

    LATEST = "latest"
    NONE = "none"
    ALL = "all"


class Retry(Struct, frozen=True):
    """How often a failed run is tried again; the pause doubles each time."""

    max: int = 0
    backoff_sec: int = 60
    on: tuple[EndReason, ...] = (EndReason.ERROR, EndReason.OWNERDOWN)


class Sched(Struct, frozen=True, kw_only=True):
    """`ext.sched`: what the published fields lack.  Source: contract 6.8."""

    overlap_policy: OverlapPolicy | None = None
    catchup: Catchup = Catchup.LATEST
    catchup_max: int = 100
    jitter_sec: int = 0
    timeout_sec: int = 0
    retry: Retry = Retry()
    tz: str | None = None
    local: bool = False
    onstart: bool = False
    parameters: dict[str, Any] = {}  # startparam1 … startparam9
    alert_after_failures: int = 0
    alert_to: tuple[str, ...] = ()  # e-mail addresses, and ids of agents and users; empty: the administrators
    pause_after_failures: int = 0


class SvcTaskContent(Struct, frozen=True, kw_only=True):
    """What a client says of a service task.

    `site_mode`, `sites` and `schedule` are kept as the client wrote them; `rules` says what they mean.  `ext` holds
    the client's own keys only.
    """

    name: str
    is_enabled: bool = False
    script_code: str = ""
    site_mode: str = "all"
    sites: str | tuple[str, ...] = ""
    is_regular: bool = False
    overlap: bool = True
    interval_sec: int = 0
    start: datetime | None = None
    stop: datetime | None = None
    schedule: str = "all"
    periods: tuple[dict[str, Any], ...] = ()
    opts: dict[str, Any] = field(default_factory=lambda: {"title": "", "comment": ""})
    ext: dict[str, Any] = {}


class SvcTaskChange(Struct, frozen=True, kw_only=True):
    """What a client changes.  In `opts` None brings the default back, in `ext` it takes the key away."""

    name: str | UnsetType = UNSET
    is_enabled: bool | UnsetType = UNSET
    script_code: str | UnsetType = UNSET
    site_mode: str | UnsetType = UNSET
    sites: str | tuple[str, ...] | UnsetType = UNSET
    is_regular: bool | UnsetType = UNSET
    overlap: bool | UnsetType = UNSET
    interval_sec: int | UnsetType = UNSET
    start: datetime | UnsetType | None = UNSET
    stop: datetime | UnsetType | None = UNSET
    schedule: str | UnsetType = UNSET
    periods: tuple[dict[str, Any], ...] | UnsetType = UNSET
    opts: dict[str, Any] | UnsetType = UNSET
    ext: dict[str, Any] | UnsetType = UNSET


class SvcScriptContent(Struct, frozen=True, kw_only=True):
    """What a client says of a service script."""

    code: str
    name: str
    script_data: dict[str, Any]
    project_id: str = ""
    opts: dict[str, Any] = field(default_factory=lambda: {"title": "", "comment": "", "loglevel": 0, "variables": {}})
    ext: dict[str, Any] = {}


class SvcScriptChange(Struct, frozen=True, kw_only=True):
    """What a client changes of a service script."""

    code: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    script_data: dict[str, Any] | UnsetType = UNSET
    project_id: str | UnsetType = UNSET
    opts: dict[str, Any] | UnsetType = UNSET
    ext: dict[str, Any] | UnsetType = UNSET


class Surroundings(Struct, frozen=True):
    """What this server knows that tasks depend on: the ordinary hours, the scripts it can carry out, its own site."""

    defaults: Defaults
    script_codes: frozenset[str]
    site: str


class Site(Struct, frozen=True):
    """A site that serves the domain.  `live`: somebody is there who starts scripts; `busy`: how many run there."""

    name: str
    live: bool
    busy: int = 0


class Plan(Struct, frozen=True, kw_only=True):
    """What the timetable needs of a task, its words read.  Instants are milliseconds since 1970.

    `anchor` is where the grid of a regular task begins, and the due moment of a single one.
    """

    regular: bool
    anchor: int
    interval: int
    begin: int | None
    end: int | None
    schedule: Schedule
    segments: tuple[Segment, ...]
    zone: str | None
    local: bool
    catchup: Catchup
    catchup_max: int


class Entry(Struct, frozen=True):
    """Consecutive planned starts that did not start, for one reason."""

    slot: int
    last_slot: int
    slots: int
    outcome: Outcome
    reason: str


class Decision(Struct, frozen=True):
    """What is to be done with a task in one scope at one moment.

    `starts` are slots to start now, oldest first.  `cursor` is the last slot that was thought of; `attend` the next
    moment at which there is something to think of, None when there never will be.
    """

    entries: tuple[Entry, ...]
    starts: tuple[int, ...]
    cursor: int
    attend: int | None


def document_of(task_id: UUID, content: SvcTaskContent, *, created: str, modified: str) -> dict[str, Any]:
    """The answer's full form, in the contract's order of keys."""
    return {
        "id": str(task_id),
        "name": content.name,
        "isenabled": int(content.is_enabled),
        "svcscriptcode": content.script_code,
        "sitemode": content.site_mode,
        "sites": content.sites if isinstance(content.sites, str) else list(content.sites),
        "isregular": int(content.is_regular),
        "overlap": int(content.overlap),
        "intervalsec": content.interval_sec,
        "dtstart": written(content.start) if content.start is not None else "",
        "dtstop": written(content.stop) if content.stop is not None else "",
        "schedule": content.schedule,
        "periods": list(content.periods),
        "opts": content.opts,
        "ext": {**content.ext, "ct": created, "lwt": modified},
    }


def content_of(document: dict[str, Any]) -> SvcTaskContent:
    """What the client said, from a document."""
    sites = document["sites"]
    return SvcTaskContent(
        name=document["name"],
        is_enabled=bool(document["isenabled"]),
        script_code=document["svcscriptcode"],
        site_mode=document["sitemode"],
        sites=sites if isinstance(sites, str) else tuple(sites),
        is_regular=bool(document["isregular"]),
        overlap=bool(document["overlap"]),
        interval_sec=document["intervalsec"],
        start=instant_of_text(document["dtstart"]),
        stop=instant_of_text(document["dtstop"]),
        schedule=document["schedule"],
        periods=tuple(document["periods"]),
        opts=document["opts"],
        ext=own_keys(document["ext"]),
    )


def instant_of_text(text: str) -> datetime | None:
    """An instant as a document writes it; empty is none."""
    return settled(datetime.fromisoformat(text)) if text else None


def script_document_of(script_id: UUID, content: SvcScriptContent, *, created: str, modified: str) -> dict[str, Any]:
    """The answer's full form of a service script."""
    return {
        "id": str(script_id),
        "code": content.code,
        "name": content.name,
        "scriptdata": content.script_data,
        "projectid": content.project_id,
        # A duplicate of `ext.lwt`, obsolete, without its fraction (contract 5.1).
        "lwt": modified.partition(".")[0] + "Z",
        "opts": content.opts,
        "ext": {**content.ext, "ct": created, "lwt": modified},
    }


def script_content_of(document: dict[str, Any]) -> SvcScriptContent:
    """What the client said of a service script, from a document."""
    return SvcScriptContent(
        code=document["code"],
        name=document["name"],
        script_data=document["scriptdata"],
        project_id=document["projectid"],
        opts=document["opts"],
        ext=own_keys(document["ext"]),
    )
