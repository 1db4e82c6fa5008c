"""The pipeline: each stage a promise, kept once, told plainly when it cannot be."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from askare.calltasks import operations
from askare.calltasks.jobs import RECORDING_FILE, folder_of
from askare.calltasks.model import CLIENT, CallTask, ErrorCode, Processing, Stage, Status
from askare.calltasks.outside import Summary, Transcript
from askare.edge import Edge
from askare.jobs import outbox
from askare.jobs.kinds import Kind
from askare.jobs.outbox import Job
from askare.jobs.runner import Trade, Work
from askare.storage.desk import Database, Desk
from askare.workdays.model import Domain
from askare.workdays.operations import change_domain
from tests.callvalues import (
    OFFICE_OF_CALLS,
    PHONE,
    RECORDING,
    WITHOUT_PROVIDER,
    Played,
    call_now,
    hand_in,
    make_operators,
    reprocess,
    said_of_call,
    trouble,
    work_off,
)
from tests.store.doing import count_rows
from tests.values import HOUR, NOW, ORGANIZATION_NO, SECOND, an_admin

WHOLE = ["fetch", "decode", "transcribe", "summarise"]
LATER = NOW + timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _operators(database: Database) -> None:
    make_operators(database)


def run(database: Database, played: Played, root: Path, *, now: datetime = NOW, office: Any = OFFICE_OF_CALLS) -> int:
    return asyncio.run(work_off(database, played.trades(root, office=office), now=now))


def a_recorded_call(database: Database, **more: Any) -> int:
    return hand_in(database, said_of_call(recording_url=RECORDING, **more))


def is_nothing_left(database: Database) -> bool:
    return count_rows(database, "jobs") == 0


# All goes well ----------------------------------------------------------------------------------------------------


def test_a_recording_becomes_a_transcription_and_two_summaries(database: Database, tmp_path: Path) -> None:
    number, played = a_recorded_call(database), Played()

    run(database, played, tmp_path)

    task = call_now(database, number)
    assert played.asked == WHOLE
    assert (task.processing_status, task.processing_stage, task.error_message) == (Processing.DONE, None, None)
    assert task.call_transcription == "Клиент: нет воды\nОператор: приедем"
    assert (task.call_summary, task.call_response_summary) == ("Нет воды.", "Приедем.")
    assert (task.transcription_source, task.summary_source) == ("provider:played", "provider:played")
    assert (task.language, task.call_duration_seconds) == ("ru", 12.5)
    folder = folder_of(tmp_path, ORGANIZATION_NO, number)
    assert (folder / RECORDING_FILE).is_file()
    assert list(folder.glob("*.wav")) == []
    assert is_nothing_left(database)


def test_what_the_client_gave_is_not_made(database: Database, tmp_path: Path) -> None:
    number = hand_in(database, said_of_call(call_transcription="дано", call_summary="своё"))
    played = Played()

    run(database, played, tmp_path)

    task = call_now(database, number)
    assert played.asked == ["summarise"]
    assert (task.call_transcription, task.call_summary, task.summary_source) == ("дано", "своё", CLIENT)
    assert (task.call_response_summary, task.response_summary_source) == ("Приедем.", "provider:played")


def test_a_call_that_is_too_short_to_sum_up_is_done_all_the_same(database: Database, tmp_path: Path) -> None:
    number, played = a_recorded_call(database), Played()
    played.summed = [trouble(ErrorCode.INSUFFICIENT_CONTENT)]

    run(database, played, tmp_path)

    task = call_now(database, number)
    assert (task.processing_status, task.error_code, task.call_summary) == (Processing.DONE, None, None)


def test_a_text_that_no_database_keeps_is_cleaned(database: Database, tmp_path: Path) -> None:
    number, played = a_recorded_call(database), Played()
    played.heard = [Transcript("a\x00b\ud800c", "Russian")]

    run(database, played, tmp_path)

    assert (call_now(database, number).call_transcription, call_now(database, number).language) == ("abc", "ru")


def test_without_providers_our_copy_is_made_and_the_hint_stays(database: Database, tmp_path: Path) -> None:
    number = hand_in(database, said_of_call(recording_url=RECORDING), office=WITHOUT_PROVIDER)
    played = Played()

    run(database, played, tmp_path, office=WITHOUT_PROVIDER)

    assert played.asked == ["fetch"]
    assert call_now(database, number).processing_status is Processing.SKIPPED
    has = database.read(lambda tx: operations.has_recording(tx, number, office=OFFICE_OF_CALLS), an_admin())
    assert has
    assert is_nothing_left(database)


def test_without_providers_a_recording_that_cannot_be_had_troubles_nobody(database: Database, tmp_path: Path) -> None:
    number = hand_in(database, said_of_call(recording_url=RECORDING), office=WITHOUT_PROVIDER)
    played = Played()
    played.fetched = [trouble(ErrorCode.RECORDING_UNREACHABLE)]

    run(database, played, tmp_path, office=WITHOUT_PROVIDER)

    assert call_now(database, number).error_code is ErrorCode.PROVIDER_NOT_CONFIGURED
    assert is_nothing_left(database)


# What goes wrong --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stage", "code"),
    [
        ("fetched", ErrorCode.RECORDING_FORBIDDEN),
        ("fetched", ErrorCode.RECORDING_BLOCKED),
        ("fetched", ErrorCode.RECORDING_TOO_LARGE),
        ("decoded", ErrorCode.RECORDING_TOO_LONG),
        ("decoded", ErrorCode.UNSUPPORTED_AUDIO),
        ("heard", ErrorCode.NO_SPEECH),
        ("heard", ErrorCode.PROVIDER_AUTH),
        ("heard", ErrorCode.PROVIDER_MODEL_MISSING),
        ("heard", ErrorCode.PROVIDER_QUOTA),
        ("heard", ErrorCode.PROVIDER_REJECTED),
        ("summed", ErrorCode.PROVIDER_AUTH),
    ],
)
def test_what_no_second_try_would_better_fails_at_once_and_the_task_stays_workable(
    database: Database, tmp_path: Path, stage: str, code: ErrorCode
) -> None:
    number, played = a_recorded_call(database), Played()
    setattr(played, stage, [trouble(code, "подробность")])

    run(database, played, tmp_path)

    task = call_now(database, number)
    assert (task.status, task.processing_status, task.error_code, task.attempts) == (
        Status.PENDING,
        Processing.FAILED,
        code,
        1,
    )
    assert "подробность" in (task.error_message or "")
    assert is_nothing_left(database)


def test_what_may_pass_is_tried_again_in_time_and_the_operator_knows_when(database: Database, tmp_path: Path) -> None:
    number, played = a_recorded_call(database), Played()
    played.heard = [trouble(ErrorCode.PROVIDER_UNAVAILABLE), Transcript("нет воды")]

    run(database, played, tmp_path)
    waiting = call_now(database, number)
    assert (waiting.processing_status, waiting.processing_stage) == (Processing.QUEUED, Stage.TRANSCRIBE)
    assert waiting.next_attempt_at is not None
    assert NOW + 7 * SECOND < waiting.next_attempt_at < NOW + 13 * SECOND
    assert "Next try at 14:00" in (waiting.error_message or "")

    assert run(database, played, tmp_path, now=NOW + 5 * SECOND) == 0
    run(database, played, tmp_path, now=LATER)
    done = call_now(database, number)
    assert (done.processing_status, done.error_code, done.attempts) == (Processing.DONE, None, 0)
    assert played.asked == ["fetch", "decode", "transcribe", "transcribe", "summarise"]


def test_a_provider_that_stays_away_ends_in_a_failed_task_after_six_tries(database: Database, tmp_path: Path) -> None:
    number, played = a_recorded_call(database), Played()
    played.heard = [trouble(ErrorCode.PROVIDER_TIMEOUT)]
    now = NOW

    for _ in range(20):
        run(database, played, tmp_path, now=now)
        now += 3 * HOUR

    task = call_now(database, number)
    assert (task.processing_status, task.error_code, task.attempts) == (
        Processing.FAILED,
        ErrorCode.PROVIDER_TIMEOUT,
        6,
    )
    assert is_nothing_left(database)


def test_retry_after_is_waited_for(database: Database, tmp_path: Path) -> None:
    number, played = a_recorded_call(database), Played()
    played.heard = [trouble(ErrorCode.PROVIDER_RATE_LIMITED, retry_after_seconds=900)]

    run(database, played, tmp_path)

    assert call_now(database, number).next_attempt_at == NOW + timedelta(minutes=15)


def test_a_fault_of_ours_is_told_with_a_reference_and_tried_again(database: Database, tmp_path: Path) -> None:
    number, played = a_recorded_call(database), Played()
    played.decoded = [ZeroDivisionError("oops"), 12.5]

    run(database, played, tmp_path)
    task = call_now(database, number)
    assert (task.error_code, task.processing_status) == (ErrorCode.INTERNAL, Processing.QUEUED)
    assert "oops" not in (task.error_message or "")

    run(database, played, tmp_path, now=LATER)
    assert call_now(database, number).processing_status is Processing.DONE


def test_a_recording_that_is_not_uploaded_yet_is_looked_for_again(database: Database, tmp_path: Path) -> None:
    number, played = a_recorded_call(database), Played()
    played.fetched = [trouble(ErrorCode.RECORDING_NOT_FOUND), 100]

    run(database, played, tmp_path)
    run(database, played, tmp_path, now=NOW + timedelta(minutes=2))

    assert call_now(database, number).processing_status is Processing.DONE


def test_a_copy_that_is_not_on_this_machine_is_fetched_anew_but_not_for_ever(
    database: Database, tmp_path: Path
) -> None:
    number, played = a_recorded_call(database), Played()

    async def vanishing(url: str, into: Path) -> int:
        played.asked.append("fetch")
        return 0  # on another machine

    played.fetch = vanishing  # type: ignore[method-assign]
    run(database, played, tmp_path)

    task = call_now(database, number)
    assert played.asked == ["fetch"] * 4
    assert (task.error_code, task.processing_stage) == (ErrorCode.INTERNAL, Stage.DECODE)


# Reprocessing -----------------------------------------------------------------------------------------------------


def test_a_new_run_keeps_the_old_texts_as_versions(database: Database, tmp_path: Path) -> None:
    number, played = a_recorded_call(database), Played()
    run(database, played, tmp_path)
    played.heard = [Transcript("иначе")]
    played.summed = [Summary("Иначе.", None)]

    reprocess(database, number, now=LATER)
    run(database, played, tmp_path, now=LATER)

    task = call_now(database, number)
    assert (task.call_transcription, task.call_summary, task.call_response_summary) == ("иначе", "Иначе.", "Приедем.")
    versions = database.read(lambda tx: operations.old_texts(tx, number, office=OFFICE_OF_CALLS), an_admin())
    assert {(old.field, old.text) for old in versions} == {
        ("call_transcription", "Клиент: нет воды\nОператор: приедем"),
        ("call_summary", "Нет воды."),
    }


def test_a_copy_that_is_there_is_not_fetched_again(database: Database, tmp_path: Path) -> None:
    number, played = a_recorded_call(database), Played()
    run(database, played, tmp_path)

    reprocess(database, number, now=LATER)
    run(database, played, tmp_path, now=LATER)

    assert played.asked == [*WHOLE, "decode", "transcribe", "summarise"]


def test_a_run_that_fails_leaves_the_old_texts(database: Database, tmp_path: Path) -> None:
    number, played = a_recorded_call(database), Played()
    run(database, played, tmp_path)
    played.heard = [trouble(ErrorCode.PROVIDER_QUOTA)]

    reprocess(database, number, now=LATER)
    run(database, played, tmp_path, now=LATER)

    task = call_now(database, number)
    assert (task.processing_status, task.call_summary) == (Processing.FAILED, "Нет воды.")
    assert task.call_transcription == "Клиент: нет воды\nОператор: приедем"


def test_what_a_client_gave_is_replaced_by_force_alone(database: Database, tmp_path: Path) -> None:
    number = hand_in(database, said_of_call(call_transcription="дано", call_summary="своё"))
    played = Played()
    run(database, played, tmp_path)

    reprocess(database, number, stage="summary", now=LATER)
    run(database, played, tmp_path, now=LATER)
    assert call_now(database, number).call_summary == "своё"

    much_later = LATER + HOUR
    reprocess(database, number, stage="summary", force=True, now=much_later)
    run(database, played, tmp_path, now=much_later)
    assert call_now(database, number).call_summary == "Нет воды."


# Cancelling, erasing, dying ---------------------------------------------------------------------------------------


def set_status(database: Database, number: int, status: Status) -> None:
    database.write(lambda tx: operations.update_status(tx, number, status, office=OFFICE_OF_CALLS, now=NOW), an_admin())


def test_a_task_cancelled_while_a_stage_runs_keeps_what_it_made_and_goes_no_further(
    database: Database, tmp_path: Path
) -> None:
    number, played = a_recorded_call(database), Played()

    def cancel(what: str) -> None:
        if what == "transcribe":
            set_status(database, number, Status.CANCELLED)

    played.before = cancel
    run(database, played, tmp_path)

    task = call_now(database, number)
    assert played.asked == ["fetch", "decode", "transcribe"]
    assert task.call_transcription is not None
    assert (task.status, task.processing_status) == (Status.CANCELLED, Processing.DONE)
    assert is_nothing_left(database)


def test_a_caller_erased_while_the_recording_is_fetched_leaves_no_file(database: Database, tmp_path: Path) -> None:
    number, played = a_recorded_call(database, caller_phone="8 701 234 56 78"), Played()

    def erase(what: str) -> None:
        database.write(lambda tx: operations.erase_caller(tx, PHONE, now=NOW), an_admin())

    played.before = erase
    run(database, played, tmp_path)

    task = call_now(database, number)
    assert (task.processing_status, task.call_transcription, task.recording_url) == (Processing.NONE, None, None)
    assert not folder_of(tmp_path, ORGANIZATION_NO, number).exists()
    assert is_nothing_left(database)


def taken_up(database: Database, trade: Trade) -> list[Job]:
    return database.write(lambda tx: outbox.take_up(tx, trade.kind, now=NOW, lease=trade.lease, limit=1))


def promise(database: Database, kind: Kind, number: int) -> None:
    database.write(lambda tx: outbox.promise(tx, kind, str(number), due=NOW), an_admin())


class Died(BaseException):
    """The worker is killed."""


@pytest.mark.parametrize("stage", WHOLE)
@pytest.mark.parametrize("moment", ["before the answer", "after the answer"])
def test_a_worker_that_dies_at_any_stage_loses_nothing_and_repeats_that_stage_once(
    database: Database, tmp_path: Path, stage: str, moment: str
) -> None:
    number, played = a_recorded_call(database), Played()

    async def until_death(trades: tuple[Trade, ...]) -> None:
        desk, edge = Desk(database), Edge(now=lambda: NOW)
        while True:
            for trade in trades:
                for job in taken_up(database, trade):
                    work = Work(job, desk, edge)
                    if moment == "after the answer" and trade.kind.value.startswith(stage):
                        work.finish = die  # type: ignore[method-assign]
                    await trade.handle(work)

    async def die(*_: Any, **__: Any) -> Any:
        raise Died

    def die_at_once(what: str) -> None:
        if what == stage and moment == "before the answer":
            raise Died

    played.before = die_at_once
    with pytest.raises(Died):
        asyncio.run(until_death(played.trades(tmp_path)))
    played.before = lambda _: None
    assert run(database, played, tmp_path, now=NOW + 30 * SECOND) == 0  # the lease still holds

    run(database, played, tmp_path, now=NOW + 61 * SECOND)

    task: CallTask = call_now(database, number)
    assert task.processing_status is Processing.DONE
    assert task.call_summary == "Нет воды."
    fetched_once = stage == "fetch" and moment == "after the answer"  # the copy was there already
    assert played.asked.count(stage) == (1 if fetched_once else 2)
    assert all(played.asked.count(other) == 1 for other in WHOLE if other != stage)
    assert is_nothing_left(database)


def test_a_cancelled_task_can_be_processed_again_and_stays_cancelled(database: Database, tmp_path: Path) -> None:
    number, played = a_recorded_call(database), Played()
    set_status(database, number, Status.CANCELLED)
    played.heard = [trouble(ErrorCode.PROVIDER_UNAVAILABLE), Transcript("Клиент: нет воды", "ru")]

    reprocess(database, number)
    run(database, played, tmp_path)
    waiting = call_now(database, number)
    run(database, played, tmp_path, now=LATER)

    task = call_now(database, number)
    assert (waiting.status, waiting.processing_status) == (Status.CANCELLED, Processing.QUEUED)
    assert (task.status, task.processing_status) == (Status.CANCELLED, Processing.DONE)
    assert task.call_summary == "Нет воды."
    assert is_nothing_left(database)


def test_what_was_asked_for_on_a_cancelled_task_is_dropped_when_it_is_cancelled_anew(
    database: Database, tmp_path: Path
) -> None:
    number, played = a_recorded_call(database), Played()
    set_status(database, number, Status.CANCELLED)
    reprocess(database, number)
    set_status(database, number, Status.PENDING)
    set_status(database, number, Status.CANCELLED)

    run(database, played, tmp_path)

    assert played.asked == []
    assert call_now(database, number).processing_status is Processing.NONE
    assert is_nothing_left(database)


def test_the_next_try_is_told_on_the_clock_of_the_organization(database: Database, tmp_path: Path) -> None:
    change = Domain(time_zone="Europe/Helsinki")
    database.write(lambda tx: change_domain(tx, change), an_admin())
    number, played = a_recorded_call(database), Played()
    played.fetched = [trouble(ErrorCode.RECORDING_UNREACHABLE)]

    run(database, played, tmp_path)

    assert "Next try at 11:00" in (call_now(database, number).error_message or "")  # 09:00 UTC


def test_a_stage_is_passed_over_when_the_task_does_not_wait_for_it(database: Database, tmp_path: Path) -> None:
    """A promise that somebody kept twice, or that a cancellation has overtaken."""
    number, played = hand_in(database), Played()
    for kind in operations.STAGE_KINDS.values():
        promise(database, kind, number)
    before = call_now(database, number)

    run(database, played, tmp_path)

    assert played.asked == []
    assert call_now(database, number) == before
    assert is_nothing_left(database)


def test_messages_are_in_the_operators_language(database: Database, tmp_path: Path) -> None:
    office = msgspec.structs.replace(OFFICE_OF_CALLS, language="fi")
    number, played = a_recorded_call(database), Played()
    played.heard = [trouble(ErrorCode.NO_SPEECH)]

    run(database, played, tmp_path, office=office)

    assert (call_now(database, number).error_message or "").startswith("Tallenteessa ei puhuta.")
