"""What can be done with call tasks: load, decide, save, promise.  Every function runs inside one transaction."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from askare.appeals import operations as appeals
from askare.calltasks import own, people, rules, search, store
from askare.calltasks.messages import message
from askare.calltasks.model import (
    CLIENT,
    AppealId,
    CallContent,
    CallFilter,
    CallTask,
    ErrorCode,
    Kept,
    MoreFilters,
    Office,
    Operator,
    Processing,
    Run,
    Stage,
    Status,
    Stored,
    trail_of,
)
from askare.calltasks.store import Listed
from askare.jobs import outbox
from askare.jobs.kinds import Kind
from askare.jobs.outbox import HOUSE_USER, Onward
from askare.kernel.caller import Caller, Role
from askare.kernel.paging import Page, Window
from askare.kernel.problems import Fault, Invalid, NotFound, Refused, Throttled, Wrong
from askare.kernel.versions import require_version
from askare.kernel.words import fold_word, written_words
from askare.storage import history, vocabulary
from askare.storage.history import Change
from askare.storage.transactions import Transaction, on_behalf_of
from askare.workdays import operations as workdays

KIND = search.KIND
OPERATOR_NOT_FOUND = "operator_not_found"
APPEAL_NOT_FOUND = "appeal_not_found"
NOTHING_TO_PROCESS = "nothing_to_process"

FETCHES_ANEW_MAX = 3
TEXTS = ("call_transcription", "call_summary", "call_response_summary")

STAGE_KINDS = {
    Stage.FETCH: Kind.FETCH_RECORDING,
    Stage.DECODE: Kind.DECODE_RECORDING,
    Stage.TRANSCRIBE: Kind.TRANSCRIBE_CALL,
    Stage.SUMMARISE: Kind.SUMMARISE_CALL,
}


class Shown(Struct, frozen=True):
    """A task as it is answered: its stored document, with what is joined when it is read."""

    document: bytes
    operator_name: str | None


# Handing in ------------------------------------------------------------------------------------------------------


def hand_in(tx: Transaction, content: CallContent, *, operator: str, office: Office, now: datetime) -> Shown:
    """Keep a new task as `create_call` does; returns it as it is answered."""
    task_no, shown = _keep_call(tx, content, operator, office, now, has_own_key=False)
    return shown or get_handed_in(tx, task_no)


def create_call(
    tx: Transaction, content: CallContent, *, operator: str, office: Office, now: datetime, has_own_key: bool = False
) -> int:
    """Keep a new task for an operator, named by code, extension, number or user id; returns the task's number.

    `office`, here and below, is the server's: what the organization says itself goes before it (`own.py`).

    The same call for the same operator under the same title within a day is the same task, but for a client who says
    by keys of its own (`has_own_key`) what is the same.  Raises Invalid for an operator whom the organization does not
    have, unless a machine hands the call in and the house has somebody for such calls.
    """
    return _keep_call(tx, content, operator, office, now, has_own_key=has_own_key)[0]


def _keep_call(
    tx: Transaction, content: CallContent, operator: str, office: Office, now: datetime, *, has_own_key: bool
) -> tuple[int, Shown | None]:
    """The number of a new task, and the task; of one that is there already, the number alone."""
    said = own.settings(tx)
    office = rules.office_for(office, said)
    assigned = people.operator_by(tx, operator)
    if assigned is None and office.unknown_operator and tx.caller.role is Role.INGEST:
        assigned = people.operator_by(tx, office.unknown_operator)
    if assigned is None:
        raise Invalid.in_body("operator_id", Wrong.UNKNOWN_ID, OPERATOR_NOT_FOUND)
    digest = None
    if content.call_id is not None:
        digest = _digest(content, assigned)
        known = store.arrived_before(tx, digest, now=now, since=now - rules.SAME_CALL_WITHIN)
        if known is not None and not has_own_key:
            return known, None
    run = rules.first_run(content)
    priority, due = rules.priority_and_due(content, said, now=now)
    caller = tx.caller
    by_hand = caller.role is not Role.INGEST
    task = CallTask(
        id=0,  # until the store gives it one
        organization_id=caller.organization_no,
        assigned_user_id=assigned.number,
        created_by_user_id=_number_of_creator(tx, assigned) if by_hand else None,
        task_type=content.task_type,
        status=Status.PENDING,
        priority=priority,
        title=content.title,
        description=content.description,
        caller_phone=content.caller_phone,
        caller_name=content.caller_name,
        call_id=content.call_id,
        recording_url=content.recording_url,
        call_datetime=content.call_datetime,
        call_transcription=content.call_transcription,
        call_summary=content.call_summary,
        call_response_summary=content.call_response_summary,
        error_message=None,
        created_at=now,
        updated_at=now,
        due_date=due,
        completed_at=None,
        appeal_id=None,
        processing_status=Processing.NONE,
        processing_stage=None,
        error_code=None,
        attempts=0,
        next_attempt_at=None,
        language=None,
        call_duration_seconds=None,
        transcription_source=_given(content.call_transcription),
        summary_source=_given(content.call_summary),
        response_summary_source=_given(content.call_response_summary),
        version=1,
    )
    task, promised = _set_off(task, run, office, operator=assigned)
    kept = Kept(run=run, user_id=assigned.user_id, phone=e164(content.caller_phone, office.region))
    task, document = store.insert(tx, Stored(task, kept))
    if promised is not None:
        outbox.promise(tx, promised, str(task.id), due=now)
    if digest is not None:
        store.note_arrival(tx, digest, task.id, now=now)
    history.record(tx, KIND, thing_id(task.id), Change.CREATED, version=task.version, at=now, after=trail_of(task))
    name = assigned.name or people.names_of(tx, [assigned.user_id]).get(assigned.user_id)
    return task.id, Shown(document.encode(), name)


def _number_of_creator(tx: Transaction, assigned: Operator) -> int:
    user_id = tx.caller.user_id
    return assigned.number if user_id == assigned.user_id else people.number_of_user(tx, user_id)


def _given(text: str | None) -> str | None:
    return None if text is None else CLIENT


def _digest(content: CallContent, operator: Operator) -> bytes:
    """What makes two requests the same call; contract 4.2."""
    return sha256(
        msgspec.json.encode([content.call_id, content.task_type, str(operator.user_id), content.title])
    ).digest()


def _set_off(task: CallTask, run: Run, office: Office, *, operator: Operator | None) -> tuple[CallTask, Kind | None]:
    """The task with a run ahead of it, and what is to be promised for it."""
    stage = rules.first_stage(run)
    if stage is None:
        return task, None
    if run.transcribe and not office.transcribes:
        # Our own copy of the recording is made all the same: links expire, and a person can listen to it.
        return not_configured(task, office, operator=operator), Kind.FETCH_RECORDING
    return rules.begun(task, stage), STAGE_KINDS[stage]


def not_configured(task: CallTask, office: Office, *, operator: Operator | None) -> CallTask:
    """The task passed over, with a hint, because nobody is there to transcribe it."""
    code = ErrorCode.PROVIDER_NOT_CONFIGURED
    return replace(
        rules.settled_as(task, Processing.SKIPPED),
        processing_stage=Stage.TRANSCRIBE,
        error_code=code,
        error_message=message(code, language=language_for(operator, office)),
    )


def language_for(operator: Operator | None, office: Office) -> str:
    """In which language an operator is spoken to."""
    return (operator.language if operator is not None else None) or office.language


def e164(phone: str | None, region: str) -> str | None:
    """The number in E.164, as it is matched; None for what is none.  Slashes and blanks do not matter."""
    if phone is None:
        return None
    import phonenumbers  # loaded with the first number, not at start

    try:
        number = phonenumbers.parse(phone.replace("/", " "), region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


# Looking ---------------------------------------------------------------------------------------------------------


def get_call(tx: Transaction, task_no: int, *, office: Office) -> Shown:
    """Raises NotFound for a task that does not exist for the caller."""
    _visible(tx, task_no, _sight(tx, office))
    return _shown(tx, store.fetch(tx, [task_no]))[0]


def get_handed_in(tx: Transaction, task_no: int) -> Shown:
    """A task that the caller has just handed in; whoever hands calls in sees this much of them."""
    return _shown(tx, store.fetch(tx, [task_no]))[0]


def list_calls(
    tx: Transaction, wanted: CallFilter, *, window: Window, office: Office, mine: bool = False
) -> Page[Shown]:
    """The tasks that the caller sees and the filter wants, the newest first, and how many there are; with `mine` those
    alone that are the caller's own."""
    if _sees_own_only(tx.caller, _sight(tx, office)):
        number = people.known_number_of_user(tx, tx.caller.user_id)
        if number is None:
            return Page([], 0)
        wanted = replace(wanted, assigned_user_id=number)
    if mine:
        number = people.known_number_of_user(tx, tx.caller.user_id)
        if number is None:
            return Page([], 0)
        more = wanted.more or MoreFilters()
        wanted = replace(wanted, more=replace(more, assigned=frozenset({number})))

    def find() -> Page[Shown]:
        page = search.search(tx, wanted, window)
        return Page(_shown(tx, page.items), page.total)

    rarely = wanted.more
    if rarely is not None and rarely.overdue is not None:
        return find()  # what is overdue, time alone decides
    question = (wanted if rarely is None else replace(wanted, more=replace(rarely, now=None)), window)
    return tx.memory.pages.page_while_still(tx, KIND, question, find, size=lambda shown: len(shown.document))


def find_stored(tx: Transaction, task_no: int) -> Stored | None:
    """A task of the organization, for the pipeline."""
    return store.find(tx, task_no)


def old_texts(tx: Transaction, task_no: int, *, office: Office) -> list[store.OldText]:
    """The texts of a task that others have replaced.  Raises NotFound."""
    _visible(tx, task_no, _sight(tx, office))
    return store.old_texts(tx, task_no)


def has_recording(tx: Transaction, task_no: int, *, office: Office) -> bool:
    """Whether our own copy of the recording is there.  Raises NotFound."""
    return _visible(tx, task_no, _sight(tx, office)).kept.has_recording


def _shown(tx: Transaction, listed: list[Listed]) -> list[Shown]:
    names = people.names_of(tx, [one.user_id for one in listed if one.user_id is not None])
    return [Shown(one.document, names.get(one.user_id) if one.user_id is not None else None) for one in listed]


def _sight(tx: Transaction, office: Office) -> Office:
    """The office as far as it says who sees what: only of operators does an organization say anything."""
    return own.office_here(tx, office) if tx.caller.role is Role.OPERATOR else office


def _sees_own_only(caller: Caller, office: Office) -> bool:
    return caller.role is Role.OPERATOR and not office.operators_see_all


def _visible(tx: Transaction, task_no: int, office: Office, *, lock: bool = False) -> Stored:
    stored = store.find(tx, task_no, lock=lock)
    # Somebody else's task looks the same as none at all.
    if stored is None or (_sees_own_only(tx.caller, office) and stored.kept.user_id != tx.caller.user_id):
        raise NotFound("task", "task_id")
    return stored


# Working ---------------------------------------------------------------------------------------------------------


def update_status(
    tx: Transaction,
    task_no: int,
    wanted: Status,
    *,
    office: Office,
    now: datetime,
    expected_versions: frozenset[int] | None = None,
) -> None:
    """Set the status; setting the present one changes nothing.

    Raises NotFound, Conflict; Refused where final is final.
    """
    office = own.office_here(tx, office)
    stored = _visible(tx, task_no, office, lock=True)
    task, kept = stored.task, stored.kept
    require_version(task.version, expected_versions, kind="task")
    if task.status is wanted:
        return
    rules.require_allowed_change(task.status, wanted, strict=office.strict)
    changed = rules.with_status(task, wanted, now=now)
    if wanted is Status.CANCELLED:
        kept = replace(kept, run=replace(kept.run, although_cancelled=False))
        if task.processing_status is Processing.QUEUED:
            for kind in STAGE_KINDS.values():
                outbox.withdraw(tx, kind, str(task_no))
    elif task.status is Status.CANCELLED and task.processing_status is Processing.NONE:
        # What the cancellation dropped is taken up again, as far as it is still to be made.
        run = _left_of(stored)
        changed, promised = _set_off(changed, run, office, operator=_operator_of(tx, stored.kept))
        if promised is not None:
            outbox.promise(tx, promised, str(task_no), due=now)
        kept = replace(kept, run=run)
    _save_change(tx, stored, changed, kept, now=now)


def _left_of(stored: Stored) -> Run:
    """What a run that was dropped has still to make."""
    task, run = stored.task, stored.kept.run
    lacks_text = task.call_transcription is None or run.force
    lacks_summary = task.call_summary is None or task.call_response_summary is None or run.force
    return replace(run, transcribe=run.transcribe and lacks_text, summarise=run.summarise and lacks_summary)


def _operator_of(tx: Transaction, kept: Kept) -> Operator | None:
    return None if kept.user_id is None else people.operator_of_user(tx, kept.user_id)


def link_appeal(
    tx: Transaction,
    task_no: int,
    appeal_id: AppealId | None,
    *,
    office: Office,
    now: datetime,
    expected_versions: frozenset[int] | None = None,
) -> None:
    """Link the task to an appeal in the place of any other; None unlinks it.

    Raises NotFound, Conflict; Invalid for an appeal that the organization does not have, where appeals are kept here.
    """
    office = own.office_here(tx, office)
    stored = _visible(tx, task_no, office, lock=True)
    task = stored.task
    require_version(task.version, expected_versions, kind="task")
    if office.checks_appeals and appeal_id is not None:
        number = _as_number(appeal_id)
        if number is None or not appeals.exists(tx, number):
            raise Invalid.in_body("appeal_id", Wrong.UNKNOWN_ID, APPEAL_NOT_FOUND)
        appeal_id = number
    if appeal_id == task.appeal_id:
        return
    if office.checks_appeals:
        if isinstance(task.appeal_id, int):
            appeals.unlink(tx, task.appeal_id, task_no)
        if isinstance(appeal_id, int):
            appeals.link(tx, appeal_id, task_no)
    changed = replace(task, appeal_id=appeal_id)
    if appeal_id is not None and office.completes_on_link and task.status is not Status.COMPLETED:
        rules.require_allowed_change(task.status, Status.COMPLETED, strict=office.strict)
        changed = rules.with_status(changed, Status.COMPLETED, now=now)
    _save_change(tx, stored, changed, stored.kept, now=now)


def _as_number(appeal_id: AppealId) -> int | None:
    if isinstance(appeal_id, int):
        return appeal_id
    text = appeal_id.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def reprocess(
    tx: Transaction,
    task_no: int,
    *,
    stage: str | None,
    force: bool,
    office: Office,
    now: datetime,
    expected_versions: frozenset[int] | None = None,
) -> None:
    """Have the pipeline make things right; what is under way already goes on as it is.

    Raises NotFound, Conflict; Refused when there is nothing to work on; Throttled.
    """
    office = own.office_here(tx, office)
    stored = _visible(tx, task_no, office, lock=True)
    task = stored.task
    require_version(task.version, expected_versions, kind="task")
    if task.processing_status in rules.UNDERWAY:
        return
    run = rules.reprocess_run(task, stage=stage, force=force)
    if run is None:
        reason = "The task has neither a recording nor a transcription to work on."
        raise Refused(reason, [Fault("task_id", Wrong.STATE, NOTHING_TO_PROCESS)])
    if rules.first_stage(run) is None:
        return
    _require_patience(tx, stored.kept, now=now)
    store.note_reprocess(tx, task_no, now=now)
    kept = replace(stored.kept, run=run, reprocessed_at=now, fetched_anew=0)
    changed, promised = _set_off(task, run, office, operator=_operator_of(tx, kept))
    if promised is not None:
        outbox.promise(tx, promised, str(task_no), due=now)
    _save_change(tx, stored, changed, kept, now=now)


def _require_patience(tx: Transaction, kept: Kept, *, now: datetime) -> None:
    """Raises Throttled when the task was processed again just now, or the user asks too often."""
    if kept.reprocessed_at is not None and now < kept.reprocessed_at + rules.REPROCESS_PAUSE:
        wait = kept.reprocessed_at + rules.REPROCESS_PAUSE - now
        raise Throttled("The task was processed again just now.", retry_after_seconds=_whole_seconds(wait))
    hour = timedelta(hours=1)
    asked = store.reprocesses_since(tx, now - hour)
    if len(asked) >= rules.REPROCESSES_PER_HOUR:
        wait = asked[-rules.REPROCESSES_PER_HOUR] + hour - now
        reason = f"At most {rules.REPROCESSES_PER_HOUR} tasks an hour may be processed again."
        raise Throttled(reason, retry_after_seconds=_whole_seconds(wait))


def _whole_seconds(wait: timedelta) -> int:
    return max(1, -(-wait // timedelta(seconds=1)))


# The pipeline's own ----------------------------------------------------------------------------------------------


def begin(tx: Transaction, task_no: int, *, now: datetime) -> Stored | None:
    """A stage is about to be worked on: a queued task is seen to be processed, and one that was cancelled meanwhile
    waits for nothing any more.  Returns the task as it is now."""
    stored = store.find(tx, task_no, lock=True)
    if stored is None:
        return None
    task, kept = stored.task, stored.kept
    if task.processing_status in rules.UNDERWAY and rules.is_dropped(task, kept.run):
        return Stored(_save_change(tx, stored, rules.settled_as(task, Processing.NONE), kept, now=now), kept)
    if task.processing_status is not Processing.QUEUED:
        return stored
    changed = replace(
        task,
        processing_status=Processing.PROCESSING,
        error_code=None,
        error_message=None,
        next_attempt_at=None,
    )
    return Stored(_save_change(tx, stored, changed, kept, now=now), kept)


def have_wait(tx: Transaction, task_no: int, stage: Stage, *, is_begun: bool, until: datetime, now: datetime) -> None:
    """Have a task wait at a stage of a run until then; `is_begun`: earlier stages of the run are over."""
    stored = store.find(tx, task_no, lock=True)
    if stored is None:
        return
    task = rules.begun(stored.task, stage)
    if is_begun:
        task = replace(task, processing_status=Processing.PROCESSING)
    outbox.promise(tx, STAGE_KINDS[stage], str(task_no), due=until)
    _save_change(tx, stored, task, replace(stored.kept, run=rules.first_run(_content_of(task))), now=now)


def _content_of(task: CallTask) -> CallContent:
    return CallContent(title=task.title, recording_url=task.recording_url, call_transcription=task.call_transcription)


def fail(
    tx: Transaction,
    task_no: int,
    code: ErrorCode,
    *,
    detail: str,
    retry_after_seconds: float | None,
    dice: float,
    office: Office,
    now: datetime,
) -> datetime | None:
    """A stage could not be done; returns when it is to be tried again, or None when that was the last time."""
    stored = store.find(tx, task_no, lock=True)
    if stored is None:
        return None
    office = own.office_here(tx, office)
    task = stored.task
    attempts = task.attempts + 1
    again = rules.retry_at(code, attempts, now=now, dice=dice, retry_after_seconds=retry_after_seconds)
    if rules.is_dropped(task, stored.kept.run):
        again = None
    operator = _operator_of(tx, stored.kept)
    changed = replace(
        task,
        processing_status=Processing.FAILED if again is None else Processing.QUEUED,
        error_code=code,
        error_message=message(
            code,
            language=language_for(operator, office),
            detail=detail,
            next_try=again,
            time_zone=workdays.domain(tx).time_zone or office.time_zone,
        ),
        attempts=attempts,
        next_attempt_at=again,
    )
    _save_change(tx, stored, changed, stored.kept, now=now)
    return again


def skip(tx: Transaction, task_no: int, *, office: Office, now: datetime) -> None:
    """Nobody is there to transcribe: the task is passed over, with a hint."""
    stored = store.find(tx, task_no, lock=True)
    if stored is not None:
        here = own.office_here(tx, office)
        changed = not_configured(stored.task, here, operator=_operator_of(tx, stored.kept))
        _save_change(tx, stored, changed, stored.kept, now=now)


def save_fetched(tx: Transaction, task_no: int, *, now: datetime) -> Onward | None:
    """Our own copy of the recording is there.  Like the next three: returns what is to be promised next."""
    stored = store.find(tx, task_no, lock=True)
    if stored is None:
        return None
    kept = replace(stored.kept, has_recording=True, recording_at=now)
    if stored.task.processing_stage is Stage.FETCH:
        return _go_on(tx, stored, stored.task, kept, Stage.FETCH, now=now)
    store.save(tx, Stored(stored.task, kept), before=stored)
    return None


def save_decoded(
    tx: Transaction,
    task_no: int,
    *,
    seconds: float,
    now: datetime,
    sides: tuple[str, ...] = (),
    operator_side: int | None = None,
) -> Onward | None:
    """The recording is taken apart into these files beside it, and it is this long."""
    stored = store.find(tx, task_no, lock=True)
    if stored is None:
        return None
    task = replace(stored.task, call_duration_seconds=round(seconds, 3))
    kept = replace(stored.kept, sides=sides, operator_side=operator_side)
    return _go_on(tx, stored, task, kept, Stage.DECODE, now=now)


def save_transcription(
    tx: Transaction, task_no: int, text: str, *, language: str | None, source: str, now: datetime
) -> Onward | None:
    """What was said.  A text that a client gave stays, unless it is to be forced away."""
    stored = store.find(tx, task_no, lock=True)
    if stored is None:
        return None
    task, run = stored.task, stored.kept.run
    changed = replace(task, language=language or task.language)
    if rules.accepted_text(task.call_transcription, task.transcription_source, text, force=run.force):
        store.keep_old_text(tx, task, "call_transcription", task.transcription_source, now=now)
        changed = replace(changed, call_transcription=text, transcription_source=source)
    return _go_on(tx, stored, changed, stored.kept, Stage.TRANSCRIBE, now=now)


def save_summaries(
    tx: Transaction,
    task_no: int,
    call_summary: str | None,
    call_response_summary: str | None,
    *,
    language: str | None,
    source: str,
    now: datetime,
) -> Onward | None:
    """What it was about, side by side.  Nothing never replaces something."""
    stored = store.find(tx, task_no, lock=True)
    if stored is None:
        return None
    task, force = stored.task, stored.kept.run.force
    changed = replace(task, language=task.language or language)
    if rules.accepted_text(task.call_summary, task.summary_source, call_summary, force=force):
        store.keep_old_text(tx, task, "call_summary", task.summary_source, now=now)
        changed = replace(changed, call_summary=call_summary, summary_source=source)
    if rules.accepted_text(
        task.call_response_summary, task.response_summary_source, call_response_summary, force=force
    ):
        store.keep_old_text(tx, task, "call_response_summary", task.response_summary_source, now=now)
        changed = replace(changed, call_response_summary=call_response_summary, response_summary_source=source)
    return _go_on(tx, stored, changed, stored.kept, Stage.SUMMARISE, now=now)


def fetch_anew(tx: Transaction, task_no: int, *, now: datetime) -> bool:
    """The copy that a stage needs is not on this machine: have it fetched once more.

    Returns False when that has been tried `FETCHES_ANEW_MAX` times in this run: then machines do not share a folder.
    """
    stored = store.find(tx, task_no, lock=True)
    if stored is None:
        return True
    if stored.kept.fetched_anew >= FETCHES_ANEW_MAX:
        return False
    task = replace(stored.task, processing_stage=Stage.FETCH)
    kept = replace(stored.kept, has_recording=False, fetched_anew=stored.kept.fetched_anew + 1)
    outbox.promise(tx, Kind.FETCH_RECORDING, str(task_no), due=now)
    _save_change(tx, stored, task, kept, now=now)
    return True


def _go_on(
    tx: Transaction, stored: Stored, task: CallTask, kept: Kept, stage: Stage, *, now: datetime
) -> Onward | None:
    """Keep what a stage has made; returns what is to be promised next."""
    moved = _save_change(tx, stored, rules.moved_on(task, stage, kept.run), kept, now=now)
    following = moved.processing_stage
    return None if following is None else Onward(STAGE_KINDS[following], carried=Stored(moved, kept))


# Forgetting ------------------------------------------------------------------------------------------------------


class Erased(Struct, frozen=True):
    """What was erased: the tasks' numbers, by which their recordings lie."""

    tasks: tuple[int, ...]
    appeals: tuple[int, ...]


ERASED = "(erased)"
TELLING_DIGITS_MIN = 5


def erase_caller(tx: Transaction, phone: str, *, now: datetime) -> Erased:
    """Take away all that is known of a caller (E.164): audio, texts, versions and search rows.

    The tasks stay, as work that was done, and their history says when this happened.
    """
    numbers = store.of_phone(tx, phone)
    for task_no in numbers:
        stored = store.find(tx, task_no, lock=True)
        assert stored is not None  # noqa: S101  -- tasks are never deleted
        task = stored.task
        for kind in STAGE_KINDS.values():
            outbox.withdraw(tx, kind, str(task_no))
        outbox.promise(tx, Kind.FORGET_RECORDING, str(task_no), due=now)
        store.forget_texts(tx, task_no)
        vocabulary.forget(tx, {word for word in map(fold_word, written_words(task.title)) if _is_telling(word)})
        blank = replace(
            rules.settled_as(task, Processing.NONE),
            title=ERASED,
            description=None,
            caller_phone=None,
            caller_name=None,
            call_id=None,
            recording_url=None,
            call_transcription=None,
            call_summary=None,
            call_response_summary=None,
            transcription_source=None,
            summary_source=None,
            response_summary_source=None,
        )
        kept = Kept(user_id=stored.kept.user_id)
        history.reword(tx, KIND, thing_id(task_no), _without_title)
        saved = _save_change(tx, replace(stored, task=replace(task, title=ERASED)), blank, kept, now=now)
        store.note_title(tx, saved)
    if numbers:
        store.note_erasure(tx, tasks=len(numbers), now=now)
    return Erased(tuple(numbers), tuple(appeals.erase_caller(tx, phone, now=now)))


def _is_telling(word: str) -> bool:
    """Whether a word is likely to be of one person alone: a telephone number, a contract's number."""
    return sum(letter.isdigit() for letter in word) >= TELLING_DIGITS_MIN


def _without_title(document: str) -> str:
    trail = msgspec.json.decode(document)
    return msgspec.json.encode({**trail, "title": ERASED}).decode()


def forget_old_recordings(tx: Transaction, before: datetime, *, limit: int, now: datetime) -> int:
    """Have recordings that were fetched before this taken away; returns of how many.  For the house itself."""
    old = store.recordings_older_than(tx, before, limit=limit)
    for organization_no, organization_id, task_no in old:
        scoped = on_behalf_of(tx, Caller(organization_no, organization_id, HOUSE_USER, Role.ADMIN))
        stored = store.find(scoped, task_no, lock=True)
        if stored is not None:
            store.save(scoped, _without_recording(stored), before=stored)
            outbox.promise(scoped, Kind.FORGET_RECORDING, str(task_no), due=now)
    return len(old)


def forget_own_recordings(tx: Transaction, before: datetime, *, limit: int) -> int:
    """The same for the caller's organization alone."""
    old = store.own_recordings_older_than(tx, before, limit=limit)
    for task_no in old:
        stored = store.find(tx, task_no, lock=True)
        if stored is not None:
            store.save(tx, _without_recording(stored), before=stored)
            outbox.promise(tx, Kind.FORGET_RECORDING, str(task_no), due=before)
    return len(old)


def _without_recording(stored: Stored) -> Stored:
    return replace(stored, kept=replace(stored.kept, has_recording=False, recording_at=None))


# What all of this shares -----------------------------------------------------------------------------------------


def thing_id(task_no: int) -> UUID:
    """Under which id history knows a task."""
    return UUID(int=task_no)


def _save_change(tx: Transaction, stored: Stored, after: CallTask, kept: Kept, *, now: datetime) -> CallTask:
    """Keep a changed task, one version on.  History has a line of it where its trail or a text has changed: that a
    stage is over is for those to see who look meanwhile."""
    before = stored.task
    after = replace(after, version=before.version + 1, updated_at=now)
    store.save(tx, Stored(after, kept), before=stored)
    made = tuple(
        name for name in TEXTS if getattr(after, name) is not None and getattr(after, name) != getattr(before, name)
    )
    was, now_is = trail_of(before), trail_of(after, made=made)
    if was != now_is or any(getattr(after, name) != getattr(before, name) for name in TEXTS):
        history.record(
            tx, KIND, thing_id(after.id), Change.UPDATED, version=after.version, at=now, before=was, after=now_is
        )
    return after
