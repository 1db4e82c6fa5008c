"""A call task: what a call left an operator to do, and how far the pipeline has come with it.

Source: call tasks contract 2, 3 and 4.5.  The stored document is the answer's form, less what is joined when it is
read: the operator's name, and whether the task is overdue.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated, TypeAlias
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from askare.kernel.time import settled, written
from askare.kernel.verbatim import END

TITLE_LETTERS_MAX = 500  # contract 1.1
DESCRIPTION_LETTERS_MAX = 20_000
NAME_LETTERS_MAX = 255
PHONE_LETTERS_MAX = 64
CALL_ID_LETTERS_MAX = 255
URL_LETTERS_MAX = 4_096
TEXT_LETTERS_MAX = 500_000  # of a transcription or a summary: four hours of speech are about half of it
TASK_TYPE_PATTERN = r"[a-z][a-z0-9_]{0,49}"
DEFAULT_TASK_TYPE = "call"


class Status(Enum):
    """Where the human work stands.  Contract 3.1."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class Priority(Enum):
    """Contract 3.2."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    URGENT = "urgent"


class Processing(Enum):
    """Where the pipeline stands; it never hides or blocks the human work.  Contract 3.1."""

    NONE = "none"  # nothing to do
    QUEUED = "queued"
    PROCESSING = "processing"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"  # no provider is configured


class Stage(Enum):
    FETCH = "fetch"
    DECODE = "decode"
    TRANSCRIBE = "transcribe"
    SUMMARISE = "summarise"


class ErrorCode(Enum):
    """What went wrong.  Contract 4.5."""

    RECORDING_NOT_FOUND = "recording_not_found"
    RECORDING_FORBIDDEN = "recording_forbidden"
    RECORDING_UNREACHABLE = "recording_unreachable"
    RECORDING_BLOCKED = "recording_blocked"
    RECORDING_TOO_LARGE = "recording_too_large"
    RECORDING_TOO_LONG = "recording_too_long"
    UNSUPPORTED_AUDIO = "unsupported_audio"
    NO_SPEECH = "no_speech"
    PROVIDER_NOT_CONFIGURED = "provider_not_configured"
    PROVIDER_AUTH = "provider_auth"
    PROVIDER_MODEL_MISSING = "provider_model_missing"
    PROVIDER_QUOTA = "provider_quota"
    PROVIDER_RATE_LIMITED = "provider_rate_limited"
    PROVIDER_TIMEOUT = "provider_timeout"
    PROVIDER_UNAVAILABLE = "provider_unavailable"
    PROVIDER_REJECTED = "provider_rejected"
    PROVIDER_BAD_RESPONSE = "provider_bad_response"
    INSUFFICIENT_CONTENT = "insufficient_content"
    INTERNAL = "internal"


CLIENT = "client"  # the source of a text that was given, not made; another is `builtin` or `provider:<name>`

AppealId: TypeAlias = int | str  # a text where appeals are kept elsewhere


class CallContent(Struct, frozen=True, kw_only=True):
    """What is said of a call when it is handed in, checked and settled."""

    task_type: str = DEFAULT_TASK_TYPE
    priority: Priority | None = None  # None: the one that the organization has for the type
    title: str
    description: str | None = None
    caller_phone: str | None = None
    caller_name: str | None = None
    call_id: str | None = None
    recording_url: str | None = None
    call_datetime: datetime | None = None
    call_transcription: str | None = None
    call_summary: str | None = None
    call_response_summary: str | None = None
    due_date: datetime | None = None


class Run(Struct, frozen=True):
    """What one run of the pipeline is to make.  `force`: texts that were given may be replaced, too.
    `although_cancelled`: it was asked for when the task was cancelled already."""

    transcribe: bool = False
    summarise: bool = False
    force: bool = False
    although_cancelled: bool = False


class CallTask(Struct, frozen=True, kw_only=True):
    """A call task as it is kept."""

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
    call_datetime: datetime | None
    call_transcription: str | None
    call_summary: str | None
    call_response_summary: str | None
    error_message: str | None
    created_at: datetime
    updated_at: datetime
    due_date: datetime | None
    completed_at: datetime | None
    started_at: datetime | None = None  # when somebody first began to work on it
    appeal_id: AppealId | None
    processing_status: Processing
    processing_stage: Stage | None
    error_code: ErrorCode | None
    attempts: int
    next_attempt_at: datetime | None
    language: str | None
    call_duration_seconds: float | None
    transcription_source: str | None
    summary_source: str | None
    response_summary_source: str | None
    version: int


class Kept(Struct, frozen=True):
    """What the store keeps of a task besides its document: what no answer shows.

    `user_id` is the operator's; `phone` the caller's number in E.164, by which it is found again; `has_recording`
    whether our own copy of the recording is there, and `sides` the files that were decoded from it, beside it.
    """

    run: Run = Run()
    user_id: UUID | None = None
    phone: str | None = None
    has_recording: bool = False
    recording_at: datetime | None = None  # when our copy was made
    sides: tuple[str, ...] = ()
    operator_side: int | None = None  # the place in `sides` of the operator's; None: they are not apart
    reprocessed_at: datetime | None = None
    fetched_anew: int = 0  # times in this run that the copy was not where a stage looked for it


class Stored(Struct, frozen=True):
    """A task and what is kept besides."""

    task: CallTask
    kept: Kept


_TIMES = ("call_datetime", "created_at", "updated_at", "due_date", "completed_at", "started_at", "next_attempt_at")
_decoder = msgspec.json.Decoder(CallTask)


def document_of(task: CallTask) -> str:
    """The JSON in which a task is stored, and which answers it once the rest is joined."""
    plain = {name: getattr(task, name) for name in task.__struct_fields__}
    for name in _TIMES:
        if plain[name] is not None:
            plain[name] = written(plain[name])
    return msgspec.json.encode(plain).decode()


def task_of(document: str | bytes) -> CallTask:
    """The task of a stored document."""
    task = _decoder.decode(document)
    times = {name: settled(at) for name in _TIMES if (at := getattr(task, name)) is not None}
    return msgspec.structs.replace(task, **times)


class Trail(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What history keeps of each version: no phone, no name and none of the texts, which have versions of their own."""

    id: int
    title: str
    task_type: str
    status: Status
    priority: Priority
    assigned_user_id: int | None = None
    appeal_id: AppealId | None = None
    processing_status: Processing = Processing.NONE
    error_code: ErrorCode | None = None
    made: tuple[str, ...] = ()  # the texts that were new in this very version


def trail_of(task: CallTask, *, made: tuple[str, ...] = ()) -> str:
    """The form in which history keeps a task."""
    return msgspec.json.encode(
        Trail(
            id=task.id,
            title=task.title,
            task_type=task.task_type,
            status=task.status,
            priority=task.priority,
            assigned_user_id=task.assigned_user_id,
            appeal_id=task.appeal_id,
            processing_status=task.processing_status,
            error_code=task.error_code,
            made=made,
        )
    ).decode()


class Order(Enum):
    """By what a list can be sorted.  Contract 4.6."""

    CREATED = "created_at"
    UPDATED = "updated_at"
    DUE = "due_date"
    PRIORITY = "priority"


class MoreFilters(Struct, frozen=True, kw_only=True):
    """What a list may ask for besides.  Phones are in E.164; of `now` only overdue tasks make use.  Contract 4.6."""

    everywhere: bool = False  # the words may stand in the other texts, too
    assigned: frozenset[int] = frozenset()
    appeals: frozenset[str] = frozenset()
    call_ids: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    created_from: datetime | None = None
    created_to: datetime | None = None
    due_before: datetime | None = None
    updated_since: datetime | None = None
    overdue: bool | None = None
    pipeline: frozenset[Processing] = frozenset()
    has_error: bool | None = None
    order: tuple[tuple[Order, bool], ...] = ()  # and whether the largest comes first
    now: datetime | None = None


class CallFilter(Struct, frozen=True, kw_only=True):
    """What a list asks for: an empty field asks for nothing.  Contract 1.2 and 4.6."""

    statuses: frozenset[Status] = frozenset()
    processing: frozenset[Processing] = frozenset()
    task_types: frozenset[str] = frozenset()
    priorities: frozenset[Priority] = frozenset()
    words: tuple[str, ...] = ()  # folded; each stands somewhere in the title
    with_cancelled: bool = False
    assigned_user_id: int | None = None  # of the operator who asks, where that one sees no others
    more: MoreFilters | None = None


class Operator(Struct, frozen=True):
    """A user as call tasks know them: a small number, and how they are called and spoken to."""

    number: int
    user_id: UUID
    name: str
    language: str | None = None


class Office(Struct, frozen=True):
    """How calls are handled: by the server's settings, or by what an organization says in their place."""

    transcribes: bool = False  # a provider of transcription is configured
    language: str = "en"  # of messages to operators whose own is not known
    region: str = "FI"  # whose way of writing phone numbers is taken for granted
    time_zone: str = "UTC"  # of times without an offset, and of the times that messages name
    operators_see_all: bool = False
    strict: bool = False  # completed and cancelled are final
    checks_appeals: bool = True  # appeals are kept here
    appeal_url: str = ""  # where an appeal that is kept elsewhere can be seen, `{appeal_id}` in it
    completes_on_link: bool = False
    unknown_operator: str = ""  # who gets calls of an exchange whose operator nobody knows


# What an organization says for itself.  Contract 3.3, 4.1, 4.2, 4.6 and 6.

TASK_TYPES_MAX = 200  # of which an organization says something
LABEL_LETTERS_MAX = 100
OPERATOR_LETTERS_MAX = 64
DUE_MINUTES_MAX = 525_600  # a year


class StatusMode(Enum):
    """Whether completed and cancelled tasks may be taken up again."""

    PERMISSIVE = "permissive"
    STRICT = "strict"


class Language(Enum):
    """In which an operator whose own language is not known is spoken to."""

    RUSSIAN = "ru"
    KAZAKH = "kk"
    FINNISH = "fi"
    SWEDISH = "sv"
    ENGLISH = "en"


DueMinutes = Annotated[int, Meta(ge=1, le=DUE_MINUTES_MAX)]


class DueByPriority(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Minutes from a task's creation until it is due, where they depend on how urgent it is."""

    low: DueMinutes | None = None
    medium: DueMinutes | None = None
    high: DueMinutes | None = None
    urgent: DueMinutes | None = None


class TypeSettings(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What an organization says of one type of tasks."""

    label: Annotated[
        Annotated[str, Meta(min_length=1, max_length=LABEL_LETTERS_MAX, pattern=r"\S")] | None,
        Meta(description="What people call the type."),
    ] = None
    priority: Annotated[Priority | None, Meta(description="Of new tasks that come without one; null: `medium`.")] = None
    due_minutes: Annotated[
        DueMinutes | None,
        Meta(
            description="Minutes from the creation of a task that comes without a due date until it is due; null: it"
            " has none."
        ),
    ] = None
    due_minutes_by_priority: Annotated[
        DueByPriority | None, Meta(description="The same for tasks of these priorities; null: `dueMinutes`.")
    ] = None


_TypeName = Annotated[str, Meta(pattern=f"^{TASK_TYPE_PATTERN}{END}")]


class CallSettings(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What an organization says of how its calls are handled.  Null, or left out: the server's own setting."""

    statuses: Annotated[
        StatusMode | None,
        Meta(description="`strict`: completed and cancelled are final. `permissive`: tasks go to and fro."),
    ] = None
    operators_see_all: Annotated[
        bool | None, Meta(description="Operators see all call tasks of the organization, not their own alone.")
    ] = None
    complete_on_link: Annotated[bool | None, Meta(description="Linking a task to an appeal completes it.")] = None
    phone_region: Annotated[
        Annotated[str, Meta(pattern="^[A-Z]{2}" + END)] | None,
        Meta(description="Country of telephone numbers of callers that do not begin with +.", examples=["KZ"]),
    ] = None
    language: Annotated[
        Language | None, Meta(description="Of messages to operators whose own language is not known.")
    ] = None
    unknown_operator: Annotated[
        Annotated[str, Meta(max_length=OPERATOR_LETTERS_MAX)] | None,
        Meta(
            description="Who gets calls of an exchange that name an operator whom nobody knows: a code, extension or"
            " user id of the organization; empty: nobody, they are refused."
        ),
    ] = None
    task_types: Annotated[
        Annotated[dict[_TypeName, TypeSettings], Meta(max_length=TASK_TYPES_MAX)] | None,
        Meta(description="By task type, as it is kept: small letters, digits and _."),
    ] = None


NOTHING_SAID = CallSettings()
