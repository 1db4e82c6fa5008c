"""Call tasks on the wire.  Source: call tasks contract 1 to 5."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from askare.calltasks import operations, own, rules
from askare.calltasks.jobs import RECORDING_FILE, folder_of
from askare.calltasks.model import (
    CALL_ID_LETTERS_MAX,
    DEFAULT_TASK_TYPE,
    DESCRIPTION_LETTERS_MAX,
    NAME_LETTERS_MAX,
    PHONE_LETTERS_MAX,
    TASK_TYPE_PATTERN,
    TEXT_LETTERS_MAX,
    TITLE_LETTERS_MAX,
    URL_LETTERS_MAX,
    CallContent,
    CallFilter,
    ErrorCode,
    MoreFilters,
    Office,
    Order,
    Priority,
    Processing,
    Stage,
    Status,
)
from askare.calltasks.operations import Shown
from askare.kernel.caller import Role, Scope
from askare.kernel.paging import Page, Window
from askare.kernel.problems import Invalid, NotFound, Wrong
from askare.kernel.time import settled, written
from askare.storage.transactions import Transaction
from askare.wire.callcentre.app import Operation, Streamed
from askare.wire.callcentre.problems import detail_reply
from askare.wire.callcentre.reading import (
    Field,
    Unreadable,
    identifier,
    instant,
    integer,
    last,
    many,
    on_walls,
    one_of,
    pattern,
    placed,
    text,
    text_or_number,
    truth,
    web_address,
)
from askare.wire.kit.call import Call
from askare.wire.kit.endpoints import Answer, Example, Reply
from askare.wire.kit.headers import etag_of
from askare.workdays import operations as workdays

ROLES = frozenset({Role.ADMIN, Role.SUPERVISOR, Role.OPERATOR})
PER_PAGE_MAX = 100
SEARCH_LETTERS_MAX = 500
STREAMED_BYTES = 256 * 1024

# What clients write, and what it means here.  Contract 3.
STATUS_WORDS = {
    "pending": Status.PENDING,
    **dict.fromkeys(("new", "open", "todo", "waiting"), Status.PENDING),
    "in_progress": Status.IN_PROGRESS,
    **dict.fromkeys(("in-progress", "in_work", "assigned"), Status.IN_PROGRESS),
    "completed": Status.COMPLETED,
    **dict.fromkeys(("done", "resolved", "closed"), Status.COMPLETED),
    "cancelled": Status.CANCELLED,
    **dict.fromkeys(("canceled", "rejected"), Status.CANCELLED),
}
STATUSES = tuple(status.value for status in Status)
# Words for the pipeline's state, which the documented filter understands too (contract 3.1).
PIPELINE_WORDS = {"failed": Processing.FAILED, "processing": Processing.PROCESSING}
PRIORITY_WORDS = {
    "low": Priority.LOW,
    "1": Priority.LOW,
    **dict.fromkeys(("medium", "normal", "2"), Priority.MEDIUM),
    **dict.fromkeys(("high", "3"), Priority.HIGH),
    **dict.fromkeys(("urgent", "critical", "emergency", "4"), Priority.URGENT),
}
PRIORITIES = tuple(priority.value for priority in Priority)

Instant = Annotated[datetime, Meta(tz=True)]


class Task(Struct, frozen=True, kw_only=True):
    """A call task as it is answered."""

    id: int
    organization_id: int
    assigned_user_id: int | None
    created_by_user_id: int | None
    task_type: str
    status: Status
    priority: Priority
    title: str
    description: str | None
    caller_phone: str | None
    caller_name: str | None
    call_id: str | None
    recording_url: str | None
    call_datetime: Instant | None
    call_transcription: str | None
    call_summary: Annotated[str | None, Meta(description="What the caller wanted.")]
    call_response_summary: Annotated[str | None, Meta(description="What was answered, done or promised.")]
    error_message: Annotated[
        str | None, Meta(description="What went wrong, in the operator's language, and what comes next.")
    ]
    created_at: Instant
    updated_at: Instant
    due_date: Instant | None
    completed_at: Instant | None
    started_at: Annotated[Instant | None, Meta(description="When somebody first began to work on it.")]
    appeal_id: int | str | None
    assigned_user_name: str | None
    processing_status: Annotated[Processing, Meta(description="Where the pipeline stands; it never blocks the task.")]
    processing_stage: Stage | None
    error_code: ErrorCode | None
    attempts: int
    next_attempt_at: Instant | None
    language: str | None
    call_duration_seconds: float | None
    transcription_source: Annotated[
        str | None, Meta(description="Where the text comes from: `client`, `provider:<name>` or `builtin`.")
    ]
    summary_source: str | None
    response_summary_source: str | None
    is_overdue: bool
    appeal_link: Annotated[str | None, Meta(description="Where the appeal can be seen that is kept elsewhere.")]
    recording_link: Annotated[str | None, Meta(description="Where we play our own copy to those who see the task.")]
    version: Annotated[int, Meta(description="Also the ETag.")]


class TaskPage(Struct, frozen=True):
    """A page of tasks, the newest first."""

    items: list[Task]
    total: Annotated[int, Meta(description="Tasks that match, on all pages.")]
    page: int
    per_page: int
    pages: Annotated[int, Meta(description="0 when nothing matches.")]


class TaskCreate(Struct, frozen=True, kw_only=True):
    """A call, handed in.  Empty texts mean nothing; what is not known here is passed over."""

    operator_id: Annotated[int | str, Meta(description="Code, extension or id of an operator of the organization.")]
    task_type: Annotated[
        str, Meta(description="Any word of letters, digits and _, such as call, callback or complaint.")
    ] = DEFAULT_TASK_TYPE
    priority: (
        Annotated[Priority, Meta(description="Without one, the organization's for this type of tasks, else `medium`.")]
        | None
    ) = None
    title: Annotated[str, Meta(min_length=1, max_length=TITLE_LETTERS_MAX, pattern=r"\S")]
    description: Annotated[str, Meta(max_length=DESCRIPTION_LETTERS_MAX)] | None = None
    caller_phone: Annotated[str, Meta(max_length=PHONE_LETTERS_MAX)] | None = None
    caller_name: Annotated[str, Meta(max_length=NAME_LETTERS_MAX)] | None = None
    call_id: Annotated[str | int, Meta(description="The exchange's own name for the call.")] | None = None
    recording_url: (
        Annotated[str, Meta(description="Where the recording is: http or https.", pattern="^[hH][tT][tT][pP][sS]?://")]
        | None
    ) = None
    call_datetime: Annotated[Instant, Meta(description="Without an offset: in the organization's zone.")] | None = None
    call_transcription: Annotated[str, Meta(max_length=TEXT_LETTERS_MAX)] | None = None
    call_summary: Annotated[str, Meta(max_length=TEXT_LETTERS_MAX)] | None = None
    call_response_summary: Annotated[str, Meta(max_length=TEXT_LETTERS_MAX)] | None = None
    due_date: (
        Annotated[
            Instant,
            Meta(
                description="A bare date means the end of that day. Without one, the organization's time for this type"
                " of tasks, else none."
            ),
        ]
        | None
    ) = None


class TaskStatusUpdate(Struct, frozen=True):
    """The status to set; aliases such as `done` or `canceled` are understood, too."""

    status: Status


class TaskAppealLink(Struct, frozen=True):
    """The appeal to link to; null unlinks."""

    appeal_id: int | str | None


class TaskList(Struct, frozen=True, kw_only=True):
    """What to list."""

    status: Annotated[
        str,
        Meta(description="Tasks in this status; `failed` and `processing` ask for the pipeline's state."),
    ] = ""
    task_type: Annotated[str, Meta(description="Tasks of this type.")] = ""
    priority: Annotated[str, Meta(description="Tasks of this priority.")] = ""
    search: Annotated[
        str,
        Meta(max_length=SEARCH_LETTERS_MAX, description="Words that must all stand in the title, in any case."),
    ] = ""
    include_cancelled: Annotated[bool, Meta(description="Cancelled tasks, too.")] = False
    search_in: Annotated[
        str,
        Meta(
            description="Where the words of `search` may stand: `title`, or `all` for the description, the texts, the"
            " call id and the digits of the phone, too."
        ),
    ] = "title"
    assigned_user_id: Annotated[str, Meta(description="Tasks of these operators, by number.")] = ""
    mine: Annotated[bool, Meta(description="The caller's own tasks alone.")] = False
    appeal_id: Annotated[str, Meta(description="Tasks that are linked to this appeal.")] = ""
    call_id: Annotated[str, Meta(description="Tasks of this call, as the exchange names it.")] = ""
    caller_phone: Annotated[str, Meta(description="Tasks of this caller, however the number is written.")] = ""
    created_from: Annotated[str, Meta(description="Made at this moment or later; a bare date is its beginning.")] = ""
    created_to: Annotated[str, Meta(description="Made at this moment or before; a bare date is its end.")] = ""
    due_before: Annotated[str, Meta(description="Due before this moment.")] = ""
    updated_since: Annotated[
        str, Meta(description="Changed at this moment or later, by a person or by the pipeline.")
    ] = ""
    overdue: Annotated[bool | None, Meta(description="Tasks that are overdue, or those that are not.")] = None
    processing_status: Annotated[str, Meta(description="Where the pipeline stands.")] = ""
    has_error: Annotated[bool | None, Meta(description="Tasks with an `error_code`, or those without.")] = None
    sort: Annotated[
        str,
        Meta(
            description="`created_at`, `updated_at`, `due_date` or `priority`, with `-` the largest first; several with"
            " commas. What has no due date comes last. Without it, the newest first."
        ),
    ] = "-created_at"
    page: Annotated[int, Meta(ge=1, description="The page, from 1.")] = 1
    per_page: Annotated[int, Meta(ge=1, le=PER_PAGE_MAX, description="Tasks a page.")] = 20


class TaskReprocess(Struct, frozen=True, kw_only=True):
    """What to do again."""

    stage: Annotated[str, Meta(description="`transcription`, `summary` or `all`; without it, whatever is missing.")] = (
        ""
    )
    force: Annotated[bool, Meta(description="Replace texts that a client gave, too.")] = False


class TextVersion(Struct, frozen=True):
    """A text that another one has replaced."""

    field: str
    version: Annotated[int, Meta(description="The last version of the task that had it.")]
    text: str
    source: str | None
    replaced_at: Instant


class TextVersions(Struct, frozen=True):
    """The texts of a task that others have replaced, oldest first."""

    items: list[TextVersion]


EXAMPLE_CREATE: dict[str, Any] = {
    "operator_id": "101",
    "task_type": "callback",
    "priority": "high",
    "title": "Нет воды в квартире, перезвонить",
    "caller_phone": "+7 701 234 56 78",
    "caller_name": "Айгуль Сериккызы",
    "call_id": "1700000000.4711",
    "call_datetime": "2026-03-02T14:05:00+05:00",
    "call_transcription": "Клиент: Здравствуйте, у нас с утра нет воды.\nОператор: Приедем сегодня до шести.",
    "due_date": "2026-03-02T18:00:00+05:00",
}
EXAMPLE_TASK: dict[str, Any] = {
    "id": 4711,
    "organization_id": 1,
    "assigned_user_id": 7,
    "created_by_user_id": None,
    "task_type": "callback",
    "status": "pending",
    "priority": "high",
    "title": "Нет воды в квартире, перезвонить",
    "description": None,
    "caller_phone": "+7 701 234 56 78",
    "caller_name": "Айгуль Сериккызы",
    "call_id": "1700000000.4711",
    "recording_url": None,
    "call_datetime": "2026-03-02T09:05:00Z",
    "call_transcription": EXAMPLE_CREATE["call_transcription"],
    "call_summary": "У нас с утра нет воды.",
    "call_response_summary": "Приедем сегодня до шести.",
    "error_message": None,
    "created_at": "2026-03-02T09:06:10Z",
    "updated_at": "2026-03-02T09:06:11Z",
    "due_date": "2026-03-02T13:00:00Z",
    "completed_at": None,
    "started_at": None,
    "appeal_id": None,
    "assigned_user_name": "Динара Оспанова",
    "processing_status": "done",
    "processing_stage": None,
    "error_code": None,
    "attempts": 0,
    "next_attempt_at": None,
    "language": "ru",
    "call_duration_seconds": None,
    "transcription_source": "client",
    "summary_source": "builtin",
    "response_summary_source": "builtin",
    "is_overdue": False,
    "appeal_link": None,
    "recording_link": None,
    "version": 3,
}


class _Joined(Struct):
    """What the joined fields are worked out from."""

    id: int
    status: Status
    due_date: datetime | None
    recording_url: str | None
    appeal_id: int | str | None
    version: int


_joined = msgspec.json.Decoder(_Joined)


def answer_of(shown: Shown, *, office: Office, now: datetime) -> bytes:
    """A task's document with what is joined when it is read."""
    joined = _joined.decode(shown.document)
    due = None if joined.due_date is None else settled(joined.due_date)
    overdue = rules.is_overdue(joined.status, due, now=now)
    link = None if joined.recording_url is None else f"/api/tasks/{joined.id}/recording"
    more = {
        "assigned_user_name": shown.operator_name,
        "is_overdue": overdue,
        "appeal_link": rules.appeal_link(office.appeal_url, joined.appeal_id),
        "recording_link": link,
    }
    return shown.document[:-1] + b"," + msgspec.json.encode(more)[1:]


def page_reply(items: list[bytes], *, total: int, page: int, per_page: int) -> Reply:
    """The envelope of a list: items total page per_page pages."""
    envelope = b'{"items":[%s],"total":%d,"page":%d,"per_page":%d,"pages":%d}'
    return Reply(200, envelope % (b",".join(items), total, page, per_page, -(-total // per_page)))


def window_of(parameters: dict[str, Any]) -> Window:
    return Window((parameters["page"] - 1) * parameters["per_page"], parameters["per_page"])


def _settable_status(value: Any) -> Status:
    """A status of the human work.  The pipeline's own states are no such thing, and the message says what is."""
    word = value.strip().lower() if isinstance(value, str) else ""
    if word not in STATUS_WORDS and word in {one.value for one in Processing}:
        raise Unreadable("status_not_settable")
    found: Status = one_of(STATUS_WORDS, STATUSES)(value)
    return found


def _appeal(value: Any) -> int | str | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    found: str = text(CALL_ID_LETTERS_MAX, minimum=1)(value)
    return found


PAGE_FIELDS = {
    "page": Field(last(integer(at_least=1)), default=1),
    "per_page": Field(last(integer(at_least=1, at_most=PER_PAGE_MAX)), default=20),
}
TASK_PATH = {"task_id": Field(identifier, required=True)}
_FILTER_WORDS: dict[str, Status | Processing] = {**STATUS_WORDS, **PIPELINE_WORDS}
_PLACES = ("title", "all")
_PIPELINE = tuple(one.value for one in Processing)


def _order(word: Any) -> tuple[Order, bool]:
    """A field to sort by, and whether the largest comes first."""
    down = word.strip().startswith("-")
    names = tuple(one.value for one in Order)
    found: Order = one_of({one.value: one for one in Order}, (*names, *(f"-{name}" for name in names)))(
        word.strip().removeprefix("-")
    )
    return found, down


def list_fields() -> dict[str, Field]:
    """What a list may be asked: the seven parameters of the original, and those that we add.  Contract 1.2 and 4.6."""
    opening, closing = last(instant(None, end_of_day=False)), last(instant(None, end_of_day=True))
    name = text(CALL_ID_LETTERS_MAX, minimum=1)
    return {
        "status": Field(many(one_of(_FILTER_WORDS, (*STATUSES, *PIPELINE_WORDS))), default=()),
        "task_type": Field(many(pattern(TASK_TYPE_PATTERN, rules.settled_type)), default=()),
        "priority": Field(many(one_of(PRIORITY_WORDS, PRIORITIES)), default=()),
        "search": Field(last(text(SEARCH_LETTERS_MAX)), default="", private=True),
        "include_cancelled": Field(last(truth), default=False),
        "search_in": Field(last(one_of(dict(zip(_PLACES, _PLACES, strict=True)), _PLACES)), default="title"),
        "assigned_user_id": Field(many(identifier), default=()),
        "mine": Field(last(truth), default=False),
        "appeal_id": Field(many(name), default=()),
        "call_id": Field(many(name), default=()),
        "caller_phone": Field(many(text(PHONE_LETTERS_MAX)), default=(), private=True),
        "created_from": Field(opening),
        "created_to": Field(closing),
        "due_before": Field(opening),
        "updated_since": Field(opening),
        "overdue": Field(last(truth)),
        "processing_status": Field(many(one_of({one.value: one for one in Processing}, _PIPELINE)), default=()),
        "has_error": Field(last(truth)),
        "sort": Field(many(_order), default=()),
        **PAGE_FIELDS,
    }


_STAGES = ("transcription", "summary", "all")


def create_fields() -> dict[str, Field]:
    """The fourteen fields of a call that is handed in."""
    return {
        "operator_id": Field(text_or_number(64), required=True),
        "task_type": Field(pattern(TASK_TYPE_PATTERN, rules.settled_type), default=DEFAULT_TASK_TYPE),
        "priority": Field(one_of(PRIORITY_WORDS, PRIORITIES)),
        "title": Field(text(TITLE_LETTERS_MAX, minimum=1), required=True, private=True),
        "description": Field(text(DESCRIPTION_LETTERS_MAX), private=True),
        "caller_phone": Field(text_or_number(PHONE_LETTERS_MAX), private=True),
        "caller_name": Field(text(NAME_LETTERS_MAX), private=True),
        "call_id": Field(text_or_number(CALL_ID_LETTERS_MAX)),
        "recording_url": Field(web_address(URL_LETTERS_MAX), private=True),
        "call_datetime": Field(instant(None, end_of_day=False)),
        "call_transcription": Field(text(TEXT_LETTERS_MAX), private=True),
        "call_summary": Field(text(TEXT_LETTERS_MAX), private=True),
        "call_response_summary": Field(text(TEXT_LETTERS_MAX), private=True),
        "due_date": Field(instant(None, end_of_day=True)),
    }


class CallTaskApi:
    """The six operations, and what we add beside them."""

    def __init__(self, office: Office, *, data: Path) -> None:
        self._office = office
        self._data = data

    async def create(self, call: Call) -> Reply:
        values = await self._placed(call, call.body)
        operator, content = values.pop("operator_id"), CallContent(**values)
        if call.idempotency_key is None:
            made = await call.write(operations.hand_in, content, operator=operator, office=self._office, now=call.now)
            return self._reply(call, made)
        task_no = await call.write(
            operations.create_call, content, operator=operator, office=self._office, now=call.now, has_own_key=True
        )
        return self._reply(call, await call.read(operations.get_handed_in, task_no))

    async def _placed(self, call: Call, values: Mapping[str, Any]) -> dict[str, Any]:
        """What was said, with times that have no offset in the organization's zone."""
        if not on_walls(values):
            return dict(values)
        domain = await call.read(workdays.domain)
        return placed(values, ZoneInfo(domain.time_zone or self._office.time_zone))

    async def _phones(self, call: Call) -> frozenset[str]:
        """The telephone numbers that are asked for, as the organization writes them.  Raises Invalid."""
        said = call.parameters["caller_phone"]
        if not said:
            return frozenset()
        office = await call.read(own.office_here, self._office)
        found = [operations.e164(phone, office.region) for phone in said]
        if None in found:
            raise Invalid.in_parameters("caller_phone", Wrong.TYPE, "not a telephone number")
        return frozenset(filter(None, found))

    async def list_tasks(self, call: Call) -> Reply:
        asked = {**await self._placed(call, call.parameters), "caller_phone": await self._phones(call)}
        states = asked["status"]
        wanted = CallFilter(
            statuses=frozenset(one for one in states if isinstance(one, Status)),
            processing=_processing(one for one in states if isinstance(one, Processing)),
            task_types=frozenset(asked["task_type"]),
            priorities=frozenset(asked["priority"]),
            words=rules.search_words(asked["search"]),
            with_cancelled=asked["include_cancelled"],
            more=_more(asked, now=call.now),
        )
        page: Page[Shown] = await call.read(
            operations.list_calls, wanted, window=window_of(asked), office=self._office, mine=asked["mine"]
        )
        items = [answer_of(shown, office=self._office, now=call.now) for shown in page.items]
        return page_reply(items, total=page.total, page=asked["page"], per_page=asked["per_page"])

    async def get(self, call: Call) -> Reply:
        return await self._now(call)

    async def update_status(self, call: Call) -> Reply:
        await call.write(
            operations.update_status,
            call.parameters["task_id"],
            call.body["status"],
            office=self._office,
            now=call.now,
            expected_versions=call.expected_versions,
        )
        return await self._now(call)

    async def link_appeal(self, call: Call) -> Reply:
        await call.write(
            operations.link_appeal,
            call.parameters["task_id"],
            call.body["appeal_id"],
            office=self._office,
            now=call.now,
            expected_versions=call.expected_versions,
        )
        return await self._now(call)

    async def reprocess(self, call: Call) -> Reply:
        seen: list[Shown] = []
        await call.write(
            _reprocess,
            call.parameters["task_id"],
            seen,
            stage=call.parameters["stage"],
            force=call.parameters["force"],
            office=self._office,
            now=call.now,
            expected_versions=call.expected_versions,
        )
        return self._reply(call, seen[-1]) if seen else await self._now(call)

    async def versions(self, call: Call) -> Reply:
        found = await call.read(operations.old_texts, call.parameters["task_id"], office=self._office)
        items = [
            {
                "field": one.field,
                "version": one.version,
                "text": one.text,
                "source": one.source,
                "replaced_at": written(one.replaced_at),
            }
            for one in found
        ]
        return Reply(200, msgspec.json.encode({"items": items}))

    async def _now(self, call: Call) -> Reply:
        shown = await call.read(operations.get_call, call.parameters["task_id"], office=self._office)
        return self._reply(call, shown)

    def _reply(self, call: Call, shown: Shown) -> Reply:
        version = _joined.decode(shown.document).version
        headers = {"ETag": etag_of(version)}
        if call.knows(version):
            return Reply(304, None, headers)
        return Reply(200, answer_of(shown, office=self._office, now=call.now), headers)

    def operations(self) -> list[Operation]:
        """The API's table."""
        task = Answer(200, "The task.", Task, (Example("task", EXAMPLE_TASK),), etag=True)
        one_task: dict[str, Any] = {"path_fields": TASK_PATH, "tag": "tasks", "roles": ROLES, "answer": task}
        link_body = {"appeal_id": Field(_appeal, required=True, nullable=False)}
        create: dict[str, Any] = {
            "method": "POST",
            "tag": "tasks",
            "roles": ROLES | {Role.INGEST},
            "scopes": (Scope.TASKS_INGEST, Scope.TASKS_WRITE),
            "handle": self.create,
            "body_fields": create_fields(),
            "body": TaskCreate,
            "answer": task,
            "by_key": True,
            "examples": (Example("call", EXAMPLE_CREATE),),
        }
        return [
            Operation(
                path="/api/tasks",
                operation_id="create_task",
                summary="Create Task",
                description="Keeps a task for an operator and answers at once; texts that the pipeline makes come"
                " later. The same call_id for the same operator, type and title within a day is the same task."
                " Accepted are a user's bearer token, an ingest key (bearer or X-API-Key), or the key in the path of"
                " /api/ingest/{key}/tasks.",
                **create,
            ),
            Operation(
                path="/api/ingest/{key}/tasks",
                operation_id="ingest_task",
                summary="Create Task with a key in the address",
                in_document=False,
                **create,
            ),
            Operation(
                method="GET",
                path="/api/tasks",
                operation_id="list_tasks",
                summary="List Tasks",
                tag="tasks",
                roles=ROLES,
                handle=self.list_tasks,
                query_fields=list_fields(),
                parameters=TaskList,
                answer=Answer(
                    200,
                    "A page of tasks.",
                    TaskPage,
                    (Example("page", {"items": [EXAMPLE_TASK], "total": 1, "page": 1, "per_page": 20, "pages": 1}),),
                ),
            ),
            Operation(
                method="GET",
                path="/api/tasks/{task_id}",
                operation_id="get_task",
                summary="Get Task",
                handle=self.get,
                problems=(404,),
                **one_task,
            ),
            Operation(
                method="PUT",
                path="/api/tasks/{task_id}/status",
                operation_id="update_task_status",
                summary="Update Task Status",
                handle=self.update_status,
                body_fields={"status": Field(_settable_status, required=True)},
                body=TaskStatusUpdate,
                examples=(Example("completed", {"status": "completed"}),),
                problems=(404, 409, 412),
                **one_task,
            ),
            Operation(
                method="PUT",
                path="/api/tasks/{task_id}/appeal",
                operation_id="link_appeal_to_task",
                summary="Link Appeal To Task",
                handle=self.link_appeal,
                body_fields=link_body,
                body=TaskAppealLink,
                examples=(Example("unlink", {"appeal_id": None}),),
                problems=(404, 409, 412),
                also=tuple(
                    (method, f"/api/tasks/{{task_id}}/{name}")
                    for name in ("appeal", "link-appeal")
                    for method in ("PATCH", "POST", "PUT")
                    if (method, name) != ("PUT", "appeal")
                ),
                **one_task,
            ),
            Operation(
                method="POST",
                path="/api/tasks/{task_id}/reprocess",
                operation_id="reprocess_task",
                summary="Reprocess Task",
                description="Has missing or failed texts made again; all of them when none is missing. What a client"
                " gave is left alone without `force`. A task that is being processed goes on as it is.",
                handle=self.reprocess,
                query_fields={
                    "stage": Field(last(one_of(dict(zip(_STAGES, _STAGES, strict=True)), _STAGES))),
                    "force": Field(last(truth), default=False),
                },
                parameters=TaskReprocess,
                problems=(404, 412),
                **one_task,
            ),
            Operation(
                method="GET",
                path="/api/tasks/{task_id}/recording",
                operation_id="get_task_recording",
                summary="Play the recording",
                description="Our own copy of the recording, in parts where a Range is asked for.",
                handle=Recordings(self._office, data=self._data).get,
                path_fields=TASK_PATH,
                tag="tasks",
                roles=ROLES,
                answer=Answer(200, "The recording."),
                problems=(404, 416),
            ),
            Operation(
                method="GET",
                path="/api/tasks/{task_id}/versions",
                operation_id="get_task_versions",
                summary="Replaced texts",
                handle=self.versions,
                path_fields=TASK_PATH,
                tag="tasks",
                roles=ROLES,
                answer=Answer(200, "The texts that others have replaced.", TextVersions),
                problems=(404,),
            ),
        ]


def _more(asked: dict[str, Any], *, now: datetime) -> MoreFilters | None:
    """What is asked besides the seven parameters of the original; None where it is nothing."""
    nothing = MoreFilters()
    more = MoreFilters(
        everywhere=asked["search_in"] == "all",
        assigned=frozenset(asked["assigned_user_id"]),
        appeals=frozenset(asked["appeal_id"]),
        call_ids=frozenset(asked["call_id"]),
        phones=frozenset(asked["caller_phone"]),
        created_from=asked["created_from"],
        created_to=asked["created_to"],
        due_before=asked["due_before"],
        updated_since=asked["updated_since"],
        overdue=asked["overdue"],
        pipeline=frozenset(asked["processing_status"]),
        has_error=asked["has_error"],
        order=asked["sort"] if asked["sort"] != ((Order.CREATED, True),) else (),
    )
    if more == nothing or (more == replace(nothing, everywhere=True) and not asked["search"]):
        return None
    return more if more.overdue is None else replace(more, now=now)


def _processing(states: Any) -> frozenset[Processing]:
    """`processing` asks for all that is under way, what still waits included."""
    found = frozenset(states)
    return found | {Processing.QUEUED} if Processing.PROCESSING in found else found


# Recordings ------------------------------------------------------------------------------------------------------


class Recordings:
    """Playback of our own copies."""

    def __init__(self, office: Office, *, data: Path) -> None:
        self._office = office
        self._data = data

    async def get(self, call: Call) -> Reply | Streamed:
        task_no = call.parameters["task_id"]
        is_kept = await call.read(operations.has_recording, task_no, office=self._office)
        file = folder_of(self._data, call.caller.organization_no, task_no) / RECORDING_FILE
        if not is_kept or not file.is_file():
            raise NotFound("recording", "task_id")
        stated = file.stat()
        size = stated.st_size
        headers = {
            "Accept-Ranges": "bytes",
            "Cache-Control": "private, no-store",
            "Content-Disposition": f'inline; filename="call-{task_no}"',
            "X-Content-Type-Options": "nosniff",
            "ETag": f'"{stated.st_mtime_ns:x}-{size:x}"',
        }
        wish, present = call.parameters.get("range"), call.parameters.get("if_range")
        if present is not None and present != headers["ETag"]:
            wish = None
        stretch = byte_range(wish, size)
        if stretch is None:
            return detail_reply(416, "Range Not Satisfiable", Content_Range=f"bytes */{size}")
        first, end = (0, size) if stretch is WHOLE else stretch
        headers["Content-Length"] = str(end - first)
        if stretch is not WHOLE:
            headers["Content-Range"] = f"bytes {first}-{end - 1}/{size}"
        return Streamed(200 if stretch is WHOLE else 206, headers, media_type(file), _parts(file, first, end))


WHOLE = (0, 0)
_RANGE = re.compile(r"\s*bytes\s*=\s*([0-9]*)-([0-9]*)\s*", re.IGNORECASE)


def byte_range(wish: str | None, size: int) -> tuple[int, int] | None:
    """The bytes that a Range header asks for, as first and end; WHOLE for several ranges or a strange header.

    None for a range that the file does not reach.  RFC 9110, 14.
    """
    asked = _RANGE.fullmatch(wish or "")
    if asked is None or not any(asked.groups()):
        return WHOLE
    first, last_byte = ((int(number[:18]) if number else None) for number in asked.groups())
    if first is None:
        length = last_byte or 0
        return (max(0, size - length), size) if length and size else None
    if last_byte is not None and last_byte < first:
        return WHOLE
    end = size if last_byte is None else min(last_byte + 1, size)
    return (first, end) if first < size else None


_MAGIC = (
    (b"RIFF", "audio/wav"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
)


def media_type(file: Path) -> str:
    """What kind of audio a file begins like."""
    with file.open("rb") as opened:
        head = opened.read(12)
    if head[4:8] == b"ftyp":
        return "audio/mp4"
    return next((kind for magic, kind in _MAGIC if head.startswith(magic)), "application/octet-stream")


async def _parts(file: Path, first: int, end: int) -> AsyncIterator[bytes]:
    """The bytes of a file, part by part: a local file is read in less time than a thread takes to wake."""
    with file.open("rb") as opened:
        opened.seek(first)
        left = end - first
        while left > 0:
            part = opened.read(min(STREAMED_BYTES, left))
            if not part:
                return
            left -= len(part)
            yield part


def _reprocess(tx: Transaction, /, task_no: int, seen: list[Shown], *, office: Office, **how: Any) -> None:
    """With a look at the task as it then is: it is answered as queued, and a moment later the pipeline may be at it."""
    operations.reprocess(tx, task_no, office=office, **how)
    seen.append(operations.get_call(tx, task_no, office=office))
