"""Service tasks, their ledger, and what can be asked of their timetable.  Source: contract 2, 3 and 6.8."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct, field

from askare.kernel.conditions import Kind, Wanted
from askare.kernel.paging import Page
from askare.kernel.problems import Fault, Wrong
from askare.kernel.time import settled
from askare.svctasks import operations
from askare.svctasks.model import Surroundings, SvcTaskChange, SvcTaskContent, svc_id
from askare.svctasks.operations import Saved
from askare.svctasks.rules import INTERVAL_SECONDS_MAX, START_PARAMETERS, faults_of
from askare.svctasks.words import SCHEDULES, SITE_MODES
from askare.wire.kit.call import Call
from askare.wire.kit.endpoints import Answer, Body, Endpoint, Example, Reply
from askare.wire.svc import examples, schemas
from askare.wire.svc.collection import (
    COUNT_HEADER,
    ROLES,
    Collection,
    CountAnswer,
    Switch,
    Words,
    json_reply,
    list_parameters,
    list_reply,
    read_wanted,
)
from askare.wire.svc.fields import (
    Entity,
    Field,
    Said,
    read_flag,
    read_instant,
    read_integer,
    read_name,
    read_names,
    read_objects,
    read_text,
    shown,
)
from askare.wire.svc.periods import WEEK_PERIODS
from askare.wire.svc.runtimes import RUNTIME, read_parameters_of_start, start_body
from askare.wire.svc.shapes import Document
from askare.wire.svc.workdays import COMMENT, TITLE

PATH = "/rest/v1/service/svctasks"
TAG = "Service tasks"
PREVIEW_MAX = 1_000

_SITES = {"anyOf": [schemas.TEXT, {"type": "array", "items": schemas.TEXT, "maxItems": 1_000}]}
_SECONDS = schemas.whole(0, INTERVAL_SECONDS_MAX)
_SWITCH = {"enum": [0, 1, True, False]}
_SCHED = {
    "type": "object",
    "description": "What the published fields lack.  Null is as if it were not said.",
    "properties": schemas.each_nullable(
        {
            "overlap_policy": {"enum": ["skip", "bufferone", "bufferall", "cancelother", "terminateother", "allow"]},
            "catchup": {"enum": ["latest", "none", "all"]},
            "catchup_max": schemas.whole(0, 1_000),
            "jitter_sec": schemas.whole(0, 86_400),
            "timeout_sec": schemas.whole(0, 30 * 86_400),
            "retry": {
                "type": "object",
                "properties": schemas.each_nullable(
                    {
                        "max": schemas.whole(0, 100),
                        "backoff_sec": schemas.whole(0, 86_400),
                        "on": {"type": "array", "items": {"enum": ["error", "ownerdown", "timeout"]}},
                    }
                ),
            },
            "tz": {"enum": ["UTC", "Europe/Helsinki", "Europe/Stockholm", "Asia/Almaty", "Europe/Moscow"]},
            "local": _SWITCH,
            "onstart": _SWITCH,
            "alert_after_failures": schemas.whole(0, 1_000_000),
            "alert_to": {
                "description": "E-mail addresses, and ids of agents and users, in a list or one text with commas."
                " Without it the administrators are written to.",
                "anyOf": [{"type": "array", "items": {"enum": ["it@example.com"]}}, {"enum": ["it@example.com"]}],
            },
            "pause_after_failures": schemas.whole(0, 1_000_000),
        }
    ),
}

ENTITY = Entity(
    "svctask",
    (
        Field("name", "name", read_name, "", Kind.TEXT, schemas.NAME, schemas.TEXT, "The title.", required=True),
        Field(
            "isenabled", "is_enabled", read_flag, False, Kind.FLAG, schemas.FLAG, schemas.INTBOOL, "0: never starts."
        ),
        Field(
            "svcscriptcode", "script_code", read_text, "", Kind.TEXT, schemas.TEXT, schemas.TEXT, "Code of the script."
        ),
        Field(
            "sitemode",
            "site_mode",
            read_text,
            "all",
            Kind.TEXT,
            {"enum": list(SITE_MODES)},
            {"enum": list(SITE_MODES)},
            "Where it starts: all, any, list, anylist or firstsite; the other words mean one of these.",
        ),
        Field(
            "sites",
            "sites",
            read_names,
            "",
            Kind.NAMES,
            _SITES,
            _SITES,
            "Sites for some modes, in one text with commas or in a list; answered in the form last written.",
            listed=False,
        ),
        Field(
            "isregular",
            "is_regular",
            read_flag,
            False,
            Kind.FLAG,
            schemas.FLAG,
            schemas.INTBOOL,
            "0: starts once; 1: again and again.",
        ),
        Field(
            "overlap",
            "overlap",
            read_flag,
            True,
            Kind.FLAG,
            schemas.FLAG,
            schemas.INTBOOL,
            "0: a start that finds the one before still running is dropped.",
        ),
        Field(
            "intervalsec",
            "interval_sec",
            read_integer,
            0,
            Kind.INTEGER,
            _SECONDS,
            _SECONDS,
            "Seconds between the starts of a regular task.",
        ),
        Field(
            "dtstart",
            "start",
            read_instant,
            None,
            Kind.INSTANT,
            schemas.OPTIONAL_INSTANT,
            schemas.OPTIONAL_INSTANT,
            "When the active period of a regular task begins; the one start of another.",
        ),
        Field(
            "dtstop",
            "stop",
            read_instant,
            None,
            Kind.INSTANT,
            schemas.OPTIONAL_INSTANT,
            schemas.OPTIONAL_INSTANT,
            "When it ends; this moment is no longer in it.",
        ),
        Field(
            "schedule",
            "schedule",
            read_text,
            "all",
            Kind.TEXT,
            {"enum": list(SCHEDULES)},
            {"enum": list(SCHEDULES)},
            "When it may start: all, work, nonwork or individual; the other words mean one of these.",
        ),
        Field(
            "periods",
            "periods",
            read_objects,
            (),
            Kind.ANY,
            WEEK_PERIODS,
            WEEK_PERIODS,
            "Hours of the week, for the schedule individual.",
            listed=False,
        ),
    ),
    (TITLE, COMMENT),
    ext_accepts={"sched": schemas.nullable(_SCHED)},
    judge=lambda values: faults_of(SvcTaskContent(**values)),
)

_RUN_KINDS = {
    "id": Kind.UUID,
    "slot": Kind.INSTANT,
    "last_slot": Kind.INSTANT,
    "slots": Kind.INTEGER,
    "site": Kind.TEXT,
    "outcome": Kind.TEXT,
    "reason": Kind.TEXT,
    "lateness_ms": Kind.INTEGER,
    "endreason": Kind.TEXT,
    "duration_ms": Kind.INTEGER,
    "output": Kind.TEXT,
    "origin": Kind.TEXT,
    "attempt": Kind.INTEGER,
}
_OUTCOMES = [
    "waiting",
    "started",
    "late",
    "missed",
    "skipped_overlap",
    "closed_window",
    "no_site",
    "script_not_found",
    "limit",
    "expired",
]
_NUMBER_OR_NOTHING = {"type": ["integer", "null"]}
_INSTANT_OR_NOTHING = {"type": ["string", "null"]}

Run = schemas.struct_of(
    "Run",
    {
        "id": schemas.UUID,
        "slot": {"type": "string", "format": "date-time", "description": "When it was to start."},
        "last_slot": {
            **_INSTANT_OR_NOTHING,
            "description": "Of several in a row that did not start for one reason: the last.",
        },
        "slots": {"type": "integer", "minimum": 1, "description": "How many planned starts this row is of."},
        "site": {"type": "string"},
        "outcome": {"enum": _OUTCOMES},
        "reason": {"type": "string"},
        "lateness_ms": _NUMBER_OR_NOTHING,
        "endreason": {"type": ["string", "null"]},
        "duration_ms": _NUMBER_OR_NOTHING,
        "output": {"type": ["string", "null"]},
        "origin": {"enum": ["planned", "manual", "backfill"]},
        "attempt": {"type": "integer"},
    },
    description="What became of a planned start.",
)


class DeletedTask(Struct, frozen=True):
    """Which task, and whether what runs of it is stopped too."""

    id: UUID
    stop: Annotated[Switch, Meta(description="Stop what is running of it; otherwise that runs on.")] = Switch.NO


class TaskPath(Struct, frozen=True):
    """Which task."""

    id: UUID


class RunPath(Struct, frozen=True):
    """Which run of which task."""

    id: UUID
    runid: UUID


class PreviewParameters(Struct, frozen=True):
    """How far to look ahead, and from when."""

    id: UUID
    count: Annotated[int, Meta(ge=1, le=PREVIEW_MAX, description="How many starts.")] = 20
    from_: datetime | None = field(default=None, name="from")

    def __post_init__(self) -> None:
        if self.from_ is not None:
            settled(self.from_)


PreviewedStart = schemas.struct_of(
    "PreviewedStart", {"slot": {"type": "string", "format": "date-time"}, "site": {"type": "string"}}
)
PreviewedDrop = schemas.struct_of(
    "PreviewedDrop",
    {
        "slot": {"type": "string", "format": "date-time"},
        "last_slot": _INSTANT_OR_NOTHING,
        "slots": {"type": "integer", "minimum": 1},
        "site": {"type": "string"},
        "reason": {"type": "string"},
    },
)


class Preview(Struct, frozen=True):
    """What is going to happen if nothing changes: the next starts, and the planned ones that will be dropped.

    All of it up to `until`; empty: nothing comes after it.
    """

    starts: list[PreviewedStart]  # type: ignore[valid-type]
    dropped: list[PreviewedDrop]  # type: ignore[valid-type]
    until: str
    time_zone: str
    warnings: list[str]


class BackfillAnswer(Struct, frozen=True):
    """How many starts were planned."""

    planned: Annotated[int, Meta(ge=0)]


class _Backfill(Struct, frozen=True):
    start: datetime
    stop: datetime
    overlap: bool


BACKFILL_BODY = schemas.struct_of(
    "Backfill",
    {"from": schemas.INSTANT, "to": schemas.INSTANT, "overlap": schemas.nullable(schemas.FLAG)},
    required=("from", "to"),
    description="Make up for the planned starts of this time, the end not included.",
)


def read_backfill(plain: Any) -> _Backfill | list[Fault]:
    """The body of a backfill."""
    if not isinstance(plain, dict):
        return [Fault("body", Wrong.TYPE, f"{shown(plain)} is not accepted; it must be an object")]
    faults: list[Fault] = []
    ends = []
    for name in ("from", "to"):
        if plain.get(name) in (None, ""):
            faults.append(Fault(name, Wrong.MISSING, "is required"))
        else:
            ends.append(read_instant(plain[name], name, faults))
    overlap = plain.get("overlap")
    overlaps = False if overlap is None else read_flag(overlap, "overlap", faults)
    if faults:
        return faults
    start, stop = ends
    assert start is not None  # noqa: S101  -- else there were a fault
    assert stop is not None  # noqa: S101
    return _Backfill(start, stop, overlaps)


class SvctaskStore:
    """Service tasks in their room."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings

    async def create(self, call: Call, said: Said, entity_id: UUID) -> Saved:
        return await call.write(
            operations.create_svctask,
            SvcTaskContent(**said.values),
            task_id=said.entity_id or svc_id(entity_id, call.now),
            surroundings=self._surroundings,
            now=call.now,
        )

    async def get(self, call: Call, entity_id: UUID) -> Saved:
        return await call.read(operations.get_svctask, entity_id)

    async def list(self, call: Call, wanted: Wanted) -> Page[Document]:
        return await call.read_aside(operations.list_svctasks, wanted)

    async def change(self, call: Call, said: Said, entity_id: UUID) -> Saved:
        return await call.write(
            operations.patch_svctask,
            entity_id,
            SvcTaskChange(**said.values),
            surroundings=self._surroundings,
            now=call.now,
        )

    async def delete(self, call: Call) -> None:
        deleted: DeletedTask = call.parameters
        await call.write(operations.delete_svctask, deleted.id, stop=bool(deleted.stop), now=call.now)

    async def lookup(self, call: Call, key: str) -> Sequence[UUID]:
        return await call.read(operations.lookup_svctasks, key)


class Timetable:
    """What our server adds to the platform's tasks: run now, the ledger, cancel, preview, backfill."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings

    async def run_now(self, call: Call) -> Reply:
        force, parameters = call.body
        started = await call.write(
            operations.run_now,
            call.parameters.id,
            parameters,
            force=force,
            surroundings=self._surroundings,
            run_id=svc_id(call.new_id(), call.now),
            now=call.now,
        )
        return json_reply(started)

    async def list_runs(self, call: Call) -> Reply:
        wanted = read_wanted(call.parameters, _RUN_KINDS)
        page = await call.read_aside(operations.list_runs, call.parameters.id, wanted)
        return list_reply(page, call.parameters)

    async def cancel_run(self, call: Call) -> Reply:
        await call.write(operations.cancel_run, call.parameters.id, call.parameters.runid, now=call.now)
        return Reply(204)

    async def preview(self, call: Call) -> Reply:
        start = call.parameters.from_ or call.now
        found = await call.read_aside(
            operations.preview,
            call.parameters.id,
            count=call.parameters.count,
            start=settled(start),
            surroundings=self._surroundings,
        )
        return json_reply(found)

    async def backfill(self, call: Call) -> Reply:
        wanted: _Backfill = call.body
        planned = await call.write(
            operations.backfill,
            call.parameters.id,
            start=wanted.start,
            stop=wanted.stop,
            overlap=wanted.overlap,
            surroundings=self._surroundings,
            now=call.now,
        )
        return json_reply(planned)

    def endpoints(self) -> list[Endpoint]:
        """The table of these."""
        runs = f"{PATH}/{{id}}/runs"
        preview = {
            "starts": [{"slot": "2026-11-23T07:00:00Z", "site": "main"}],
            "dropped": [],
            "until": "2026-11-23T07:00:00Z",
            "time_zone": "Europe/Helsinki",
            "warnings": [],
        }
        return [
            Endpoint(
                method="POST",
                path=runs,
                operation_id="svctask.runNow",
                summary="Run a svctask now",
                description="Whether it is enabled or not, and outside its hours too. A task without overlap is refused"
                " while it runs, unless `force` is 1.",
                tag=TAG,
                roles=ROLES,
                handle=self.run_now,
                parameters=TaskPath,
                body=Body(
                    start_body("RunNow", {"force": schemas.nullable(schemas.FLAG)}),
                    "Start parameters; without any, those of the task count.",
                    (Example("run", {"force": 0, "startparam1": "today"}),),
                    read=read_run_now,
                    needs_media_type=False,
                    may_be_empty=True,
                ),
                answers=(Answer(200, "It is about to start.", RUNTIME, (Example("run", examples.RUNTIME),)),),
                problems=(409,),
            ),
            Endpoint(
                method="GET",
                path=runs,
                operation_id="svctask.listRuns",
                summary="The ledger of a svctask",
                description="What became of its planned starts, the newest first. Those in a row that did not start"
                " for the same reason are one row, with `slots` and `last_slot`.",
                tag=TAG,
                roles=ROLES,
                handle=self.list_runs,
                parameters=list_parameters("RunListParameters", _RUN_KINDS, more=[("id", UUID)]),
                answers=(
                    Answer(
                        200,
                        "The rows; or the count, when that alone is asked for.",
                        list[Run] | CountAnswer,  # type: ignore[valid-type]
                        (Example("runs", [examples.RUN]),),
                        headers=COUNT_HEADER,
                    ),
                ),
            ),
            Endpoint(
                method="DELETE",
                path=f"{runs}/{{runid}}",
                operation_id="svctask.cancelRun",
                summary="Cancel a run of a svctask",
                description="One that is over already is left alone.",
                tag=TAG,
                roles=ROLES,
                handle=self.cancel_run,
                parameters=RunPath,
                answers=(Answer(204, "It is being stopped."),),
                by_override=True,
            ),
            Endpoint(
                method="GET",
                path=f"{PATH}/{{id}}/preview",
                operation_id="svctask.preview",
                summary="The next starts of a svctask",
                description="And the planned starts that will be dropped, with their reasons. A task that hardly ever"
                " starts is looked at a bounded time ahead; `until` says how far.",
                tag=TAG,
                roles=ROLES,
                handle=self.preview,
                parameters=PreviewParameters,
                answers=(Answer(200, "What is going to happen.", Preview, (Example("preview", preview),)),),
            ),
            Endpoint(
                method="POST",
                path=f"{PATH}/{{id}}/backfill",
                operation_id="svctask.backfill",
                summary="Make up for starts of the past",
                tag=TAG,
                roles=ROLES,
                handle=self.backfill,
                parameters=TaskPath,
                body=Body(
                    BACKFILL_BODY,
                    "From when to when.",
                    (Example("day", {"from": "2026-11-20T00:00:00Z", "to": "2026-11-21T00:00:00Z", "overlap": 0}),),
                    read=read_backfill,
                    needs_media_type=False,
                ),
                answers=(Answer(200, "So many are planned.", BackfillAnswer, (Example("planned", {"planned": 9}),)),),
                problems=(409,),
            ),
        ]


def read_run_now(plain: Any) -> tuple[bool, dict[str, Any]] | list[Fault]:
    """The body of a run now: whether overlap is ignored, and the start parameters."""
    if not isinstance(plain, dict):
        return [Fault("body", Wrong.TYPE, f"{shown(plain)} is not accepted; it must be an object")]
    faults: list[Fault] = []
    force = plain.get("force")
    forced = False if force is None else read_flag(force, "force", faults)
    return faults or (forced, read_parameters_of_start(plain, START_PARAMETERS))


def collection(surroundings: Surroundings) -> Collection:
    """The service tasks on the wire."""
    words = Words(
        one="svctask",
        many="svctasks",
        tag=TAG,
        body=examples.body_of(examples.SVCTASK),
        example=examples.SVCTASK,
    )
    return Collection(PATH, ENTITY, SvctaskStore(surroundings), words, deletion=DeletedTask)
