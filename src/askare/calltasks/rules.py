"""What follows from what: the human work's states, and the pipeline's steps, retries and texts.  Pure.

Source: call tasks contract 3 and 4.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TypeVar
from urllib.parse import quote

from msgspec.structs import replace

from askare.calltasks.model import (
    CLIENT,
    AppealId,
    CallContent,
    CallFilter,
    CallSettings,
    CallTask,
    ErrorCode,
    Office,
    Priority,
    Processing,
    Run,
    Stage,
    Status,
    StatusMode,
    Trail,
    TypeSettings,
)
from askare.kernel.problems import Fault, Refused, Wrong
from askare.kernel.words import fold

UNDERWAY = frozenset({Processing.QUEUED, Processing.PROCESSING})
FINAL = frozenset({Status.COMPLETED, Status.CANCELLED})

SAME_CALL_WITHIN = timedelta(hours=24)  # contract 4.2: what an exchange sends again within it is the same task
REPROCESS_PAUSE = timedelta(seconds=10)  # contract 4.4, of one task
REPROCESSES_PER_HOUR = 60  # likewise, of one user

# Retries ---------------------------------------------------------------------------------------------------------

SCHEDULE = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 300, 1_800, 7_200))
JITTER = 0.25
RETRY_AFTER_MAX = timedelta(hours=1)

# The codes that are tried again, and when; all others are final.  Contract 4.5.
RETRIES: dict[ErrorCode, tuple[timedelta, ...]] = {
    # An exchange uploads a recording a little after the call: three tries over ten minutes.
    ErrorCode.RECORDING_NOT_FOUND: tuple(timedelta(minutes=minutes) for minutes in (1, 3, 6)),
    ErrorCode.RECORDING_UNREACHABLE: SCHEDULE,
    ErrorCode.PROVIDER_RATE_LIMITED: SCHEDULE,
    ErrorCode.PROVIDER_TIMEOUT: SCHEDULE,
    ErrorCode.PROVIDER_UNAVAILABLE: SCHEDULE,
    ErrorCode.PROVIDER_BAD_RESPONSE: SCHEDULE[:2],
    ErrorCode.INTERNAL: SCHEDULE,
}

# What a provider may recover from by itself: these open its breaker.
TRANSIENT = frozenset(
    {
        ErrorCode.PROVIDER_RATE_LIMITED,
        ErrorCode.PROVIDER_TIMEOUT,
        ErrorCode.PROVIDER_UNAVAILABLE,
        ErrorCode.PROVIDER_BAD_RESPONSE,
    }
)
BREAKER_FAILURES = 5
BREAKER_PAUSE = timedelta(seconds=60)


def retry_at(
    code: ErrorCode, attempts: int, *, now: datetime, dice: float, retry_after_seconds: float | None = None
) -> datetime | None:
    """When a stage that has failed `attempts` times is tried again; None: no more.

    `dice`, from 0 to 1, spreads the tries by a quarter each way.  What the other side asks for in Retry-After is a
    lower bound, honoured up to an hour.
    """
    delays = RETRIES.get(code, ())
    if attempts > len(delays):
        return None
    delay = delays[attempts - 1] * (1 - JITTER + 2 * JITTER * dice)
    if retry_after_seconds is not None:
        delay = max(delay, min(timedelta(seconds=max(0.0, retry_after_seconds)), RETRY_AFTER_MAX))
    return now + delay


# What an organization says for itself ------------------------------------------------------------------------------


def office_for(server: Office, said: CallSettings) -> Office:
    """How an organization's calls are handled: as it says itself, and as the server is set where it says nothing."""
    return replace(
        server,
        strict=server.strict if said.statuses is None else said.statuses is StatusMode.STRICT,
        operators_see_all=_first(said.operators_see_all, server.operators_see_all),
        completes_on_link=_first(said.complete_on_link, server.completes_on_link),
        region=_first(said.phone_region, server.region),
        language=server.language if said.language is None else said.language.value,
        unknown_operator=_first(said.unknown_operator, server.unknown_operator),
    )


_Said = TypeVar("_Said")


def _first(own: _Said | None, server: _Said) -> _Said:
    return server if own is None else own


def priority_and_due(content: CallContent, said: CallSettings, *, now: datetime) -> tuple[Priority, datetime | None]:
    """How urgent a call is that is handed in now, and when it is due: as its type has it where the client gave nothing.

    Without a word on the type the priority is medium, and there is no due date: none is invented (contract 6, 23).
    """
    of_type = (said.task_types or {}).get(content.task_type)
    priority = content.priority or (of_type and of_type.priority) or Priority.MEDIUM
    due = content.due_date
    if due is None and of_type is not None:
        minutes = _due_minutes(of_type, priority)
        due = None if minutes is None else now + timedelta(minutes=minutes)
    return priority, due


def _due_minutes(of_type: TypeSettings, priority: Priority) -> int | None:
    own: int | None = getattr(of_type.due_minutes_by_priority, priority.value, None)
    return _first(own, of_type.due_minutes)


def region_faults(region: str | None) -> list[Fault]:
    """What is wrong with a country of telephone numbers: that there is none of this code."""
    if region is None:
        return []
    from phonenumbers import SUPPORTED_REGIONS  # loaded with the first one that is set, not at start

    if region in SUPPORTED_REGIONS:
        return []
    return [Fault("phoneRegion", Wrong.TYPE, "must be the code of a country in two capital letters, such as KZ")]


# The human work --------------------------------------------------------------------------------------------------


def require_allowed_change(present: Status, wanted: Status, *, strict: bool) -> None:
    """Every change of status is allowed, unless the house wants completed and cancelled to be final.

    Raises Refused.
    """
    if strict and present in FINAL and wanted is not present:
        raise Refused(f"A {present.value} task stays {present.value} here.")


def with_status(task: CallTask, wanted: Status, *, now: datetime) -> CallTask:
    """The task in its new status.  Leaving `completed` forgets when it was; when somebody first began is never
    forgotten; a cancelled task is not processed on."""
    task = replace(task, status=wanted, completed_at=now if wanted is Status.COMPLETED else None)
    if wanted is Status.IN_PROGRESS and task.started_at is None:
        task = replace(task, started_at=now)
    if wanted is Status.CANCELLED and task.processing_status is Processing.QUEUED:
        return settled_as(task, Processing.NONE)
    return task


def is_overdue(status: Status, due: datetime | None, *, now: datetime) -> bool:
    return due is not None and due < now and status not in FINAL


def appeal_link(template: str, appeal_id: AppealId | None) -> str | None:
    """Where an appeal that is kept elsewhere can be seen; None where nobody has said, or there is none.

    >>> appeal_link("https://crm.example/appeals/{appeal_id}", "A/7")
    'https://crm.example/appeals/A%2F7'
    """
    if not template or appeal_id is None:
        return None
    return template.replace("{appeal_id}", quote(str(appeal_id), safe=""))


# The pipeline ----------------------------------------------------------------------------------------------------


def first_run(content: CallContent) -> Run:
    """What the pipeline is to make of a call as it was handed in.  Contract 4.2."""
    transcribe = content.recording_url is not None and content.call_transcription is None
    has_words = transcribe or content.call_transcription is not None
    lacks_summary = content.call_summary is None or content.call_response_summary is None
    return Run(transcribe=transcribe, summarise=has_words and lacks_summary)


def first_stage(run: Run) -> Stage | None:
    """Where a run begins; None where nothing is to be done."""
    if run.transcribe:
        return Stage.FETCH
    return Stage.SUMMARISE if run.summarise else None


_AFTER = {Stage.FETCH: Stage.DECODE, Stage.DECODE: Stage.TRANSCRIBE}


def next_stage(stage: Stage, run: Run) -> Stage | None:
    """What follows a stage that is done; None: the run is over."""
    if stage is Stage.TRANSCRIBE:
        return Stage.SUMMARISE if run.summarise else None
    return _AFTER.get(stage)


def begun(task: CallTask, stage: Stage) -> CallTask:
    """The task with a run ahead of it that begins at this stage, and a fresh budget of tries."""
    return replace(
        task,
        processing_status=Processing.QUEUED,
        processing_stage=stage,
        error_code=None,
        error_message=None,
        attempts=0,
        next_attempt_at=None,
    )


def settled_as(task: CallTask, status: Processing) -> CallTask:
    """The task with nothing more ahead of it, and nothing to complain of."""
    return replace(
        task,
        processing_status=status,
        processing_stage=None,
        error_code=None,
        error_message=None,
        attempts=0,
        next_attempt_at=None,
    )


def is_dropped(task: CallTask, run: Run) -> bool:
    """Whether the task was cancelled while the run was ahead of it: it then goes no further."""
    return task.status is Status.CANCELLED and not run.although_cancelled


def moved_on(task: CallTask, stage: Stage, run: Run) -> CallTask:
    """The task after `stage` was done: at the next stage, or done."""
    following = None if is_dropped(task, run) else next_stage(stage, run)
    if following is None:
        return settled_as(task, Processing.DONE)
    return replace(
        begun(task, following),
        processing_status=Processing.PROCESSING,
    )


def reprocess_run(task: CallTask, *, stage: str | None, force: bool) -> Run | None:
    """What a run made "right" is to do; None: there is neither a recording nor a transcription to work on.

    Without `stage`: from the first missing or failed stage on; all of it once more when nothing is missing.  With
    `transcription`, `summary` or `all`: just that.  What a client gave is left alone without `force`; a run without
    anything to make is an empty Run.  Contract 4.4.
    """
    has_recording, has_text = task.recording_url is not None, task.call_transcription is not None
    if not has_recording and not has_text:
        return None
    given_text = task.transcription_source == CLIENT and not force
    wants_text, wants_summary = _wanted_by(task, stage)
    transcribe = wants_text and has_recording and not given_text
    if stage == "transcription" and not has_recording:
        return None
    if wants_summary and not has_text and has_recording:
        transcribe = True
    summarise = wants_summary and _has_replaceable_summary(task, force=force)
    is_cancelled = task.status is Status.CANCELLED
    return Run(transcribe=transcribe, summarise=summarise, force=force, although_cancelled=is_cancelled)


def _wanted_by(task: CallTask, stage: str | None) -> tuple[bool, bool]:
    """Whether a transcription and whether summaries are wanted."""
    if stage is not None:
        return stage in ("transcription", "all"), stage in ("summary", "all")
    if task.call_transcription is None:
        return True, True
    failed_at = task.processing_stage if task.processing_status in (Processing.FAILED, Processing.SKIPPED) else None
    if failed_at is Stage.SUMMARISE:
        return False, True
    if failed_at is not None:
        return True, True
    was_summed_up = task.processing_status is Processing.DONE or None not in (
        task.call_summary,
        task.call_response_summary,
    )
    return was_summed_up, True


def _has_replaceable_summary(task: CallTask, *, force: bool) -> bool:
    sources = (task.summary_source, task.response_summary_source)
    return force or any(source != CLIENT for source in sources)


def accepted_text(present: str | None, source: str | None, made: str | None, *, force: bool) -> bool:
    """Whether a text that was made takes the place of the present one.

    Nothing never replaces something, and what a client gave stays, unless it is forced away.
    """
    if not made or made == present:
        return False
    return present is None or source != CLIENT or force


# Finding ---------------------------------------------------------------------------------------------------------


def matches(wanted: CallFilter, trail: Trail) -> bool:
    """Whether a list finds this task: the definition that the store's SQL is held to.  Contract 1.2 and 4.6."""
    if wanted.statuses or wanted.processing:
        if trail.status not in wanted.statuses and trail.processing_status not in wanted.processing:
            return False
        if not wanted.statuses and not wanted.with_cancelled and trail.status is Status.CANCELLED:
            return False
    elif not wanted.with_cancelled and trail.status is Status.CANCELLED:
        return False
    folded = fold(trail.title)
    return (
        (not wanted.task_types or trail.task_type in wanted.task_types)
        and (not wanted.priorities or trail.priority in wanted.priorities)
        and (wanted.assigned_user_id is None or trail.assigned_user_id == wanted.assigned_user_id)
        and all(word in folded for word in wanted.words)
    )


def search_words(text: str) -> tuple[str, ...]:
    """The words that a title must hold, each once: split at blanks, folded, ё as е.  Contract 4.6."""
    return tuple(dict.fromkeys(filter(None, (fold(word) for word in text.split()))))


_TYPE_SEPARATORS = re.compile(r"[\s\-]+")


def settled_type(text: str) -> str:
    """A task type as it is kept: `Follow-Up` is `follow_up`."""
    return _TYPE_SEPARATORS.sub("_", text.strip().lower())
