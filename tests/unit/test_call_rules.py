"""Call tasks: what follows from what."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askare.calltasks import rules
from askare.calltasks.messages import LANGUAGES, message
from askare.calltasks.model import (
    CLIENT,
    CallFilter,
    ErrorCode,
    Priority,
    Processing,
    Run,
    Stage,
    Status,
    Trail,
    document_of,
    task_of,
)
from askare.kernel.problems import Refused
from tests.callvalues import RECORDING, a_call, said_of_call
from tests.values import HOUR, NOON, NOW, SECOND

# What is to be made of a call -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "run"),
    [
        ({"recording_url": RECORDING}, Run(transcribe=True, summarise=True)),
        ({"call_transcription": "…"}, Run(summarise=True)),
        ({"call_transcription": "…", "recording_url": RECORDING}, Run(summarise=True)),
        ({"call_transcription": "…", "call_summary": "a", "call_response_summary": "b"}, Run()),
        ({}, Run()),
        ({"call_summary": "a"}, Run()),
        ({"recording_url": RECORDING, "call_summary": "a"}, Run(transcribe=True, summarise=True)),
        (
            {"recording_url": RECORDING, "call_summary": "a", "call_response_summary": "b"},
            Run(transcribe=True),
        ),
    ],
)
def test_what_was_given_says_what_is_left_to_make(given: dict[str, str], run: Run) -> None:
    assert rules.first_run(said_of_call(**given)) == run


def test_the_stages_follow_each_other_and_summaries_come_last() -> None:
    whole = Run(transcribe=True, summarise=True)

    assert rules.first_stage(whole) is Stage.FETCH
    assert rules.next_stage(Stage.FETCH, whole) is Stage.DECODE
    assert rules.next_stage(Stage.DECODE, whole) is Stage.TRANSCRIBE
    assert rules.next_stage(Stage.TRANSCRIBE, whole) is Stage.SUMMARISE
    assert rules.next_stage(Stage.SUMMARISE, whole) is None
    assert rules.next_stage(Stage.TRANSCRIBE, Run(transcribe=True)) is None


def test_a_stage_that_is_done_clears_what_its_tries_have_left() -> None:
    tried = a_call(
        processing_status=Processing.PROCESSING,
        processing_stage=Stage.FETCH,
        error_code=ErrorCode.RECORDING_UNREACHABLE,
        error_message="…",
        attempts=3,
        next_attempt_at=NOW,
    )

    on = rules.moved_on(tried, Stage.FETCH, Run(transcribe=True, summarise=True))

    assert (on.processing_status, on.processing_stage) == (Processing.PROCESSING, Stage.DECODE)
    assert (on.error_code, on.error_message, on.attempts, on.next_attempt_at) == (None, None, 0, None)


def test_a_cancelled_task_keeps_what_a_running_stage_has_made_and_goes_no_further() -> None:
    cancelled = a_call(status=Status.CANCELLED, processing_status=Processing.PROCESSING, processing_stage=Stage.FETCH)

    on = rules.moved_on(cancelled, Stage.FETCH, Run(transcribe=True, summarise=True))

    assert (on.processing_status, on.processing_stage) == (Processing.DONE, None)


# The human work ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", Status)
@pytest.mark.parametrize("after", Status)
def test_every_change_of_status_is_allowed_unless_the_house_is_strict(before: Status, after: Status) -> None:
    rules.require_allowed_change(before, after, strict=False)


def test_a_run_that_was_asked_for_when_the_task_was_cancelled_goes_all_its_way() -> None:
    cancelled = a_call(
        status=Status.CANCELLED,
        recording_url=RECORDING,
        processing_status=Processing.PROCESSING,
        processing_stage=Stage.FETCH,
    )
    run = rules.reprocess_run(cancelled, stage=None, force=False)
    assert run == Run(transcribe=True, summarise=True, although_cancelled=True)

    on = rules.moved_on(cancelled, Stage.FETCH, run)

    assert (on.processing_status, on.processing_stage) == (Processing.PROCESSING, Stage.DECODE)


@pytest.mark.parametrize(
    ("template", "appeal_id", "link"),
    [
        ("https://crm.example/appeals/{appeal_id}", 17, "https://crm.example/appeals/17"),
        ("https://crm.example/?id={appeal_id}", "A/7 б", "https://crm.example/?id=A%2F7%20%D0%B1"),
        ("https://crm.example/appeals/{appeal_id}", None, None),
        ("", 17, None),
    ],
)
def test_a_task_says_where_an_appeal_that_is_kept_elsewhere_can_be_seen(
    template: str, appeal_id: int | str | None, link: str | None
) -> None:
    assert rules.appeal_link(template, appeal_id) == link


@pytest.mark.parametrize("final", [Status.COMPLETED, Status.CANCELLED])
def test_in_a_strict_house_completed_and_cancelled_are_final(final: Status) -> None:
    with pytest.raises(Refused, match=final.value):
        rules.require_allowed_change(final, Status.PENDING, strict=True)


def test_completing_says_when_and_reopening_forgets_it() -> None:
    completed = rules.with_status(a_call(), Status.COMPLETED, now=NOON)
    reopened = rules.with_status(completed, Status.IN_PROGRESS, now=NOON + HOUR)

    assert completed.completed_at == NOON
    assert reopened.completed_at is None


def test_cancelling_drops_what_is_queued_and_lets_what_runs_finish() -> None:
    queued = a_call(processing_status=Processing.QUEUED, processing_stage=Stage.FETCH)
    running = a_call(processing_status=Processing.PROCESSING, processing_stage=Stage.FETCH)

    assert rules.with_status(queued, Status.CANCELLED, now=NOW).processing_status is Processing.NONE
    assert rules.with_status(running, Status.CANCELLED, now=NOW).processing_status is Processing.PROCESSING


@pytest.mark.parametrize(
    ("status", "overdue"),
    [
        (Status.PENDING, True),
        (Status.IN_PROGRESS, True),
        (Status.COMPLETED, False),
        (Status.CANCELLED, False),
    ],
)
def test_only_work_that_is_still_to_be_done_is_overdue(status: Status, overdue: bool) -> None:
    assert rules.is_overdue(status, NOW, now=NOW + SECOND) is overdue
    assert not rules.is_overdue(status, NOW + SECOND, now=NOW)
    assert not rules.is_overdue(status, None, now=NOW)


# Retries ----------------------------------------------------------------------------------------------------------

FINAL_CODES = [
    ErrorCode.RECORDING_FORBIDDEN,
    ErrorCode.RECORDING_BLOCKED,
    ErrorCode.RECORDING_TOO_LARGE,
    ErrorCode.RECORDING_TOO_LONG,
    ErrorCode.UNSUPPORTED_AUDIO,
    ErrorCode.NO_SPEECH,
    ErrorCode.PROVIDER_NOT_CONFIGURED,
    ErrorCode.PROVIDER_AUTH,
    ErrorCode.PROVIDER_MODEL_MISSING,
    ErrorCode.PROVIDER_QUOTA,
    ErrorCode.PROVIDER_REJECTED,
    ErrorCode.INSUFFICIENT_CONTENT,
]


@pytest.mark.parametrize("code", FINAL_CODES)
def test_what_no_second_try_would_better_is_not_tried_again(code: ErrorCode) -> None:
    assert rules.retry_at(code, 1, now=NOW, dice=0.5) is None


@pytest.mark.parametrize(
    ("code", "delays_in_seconds"),
    [
        (ErrorCode.PROVIDER_TIMEOUT, [10, 60, 300, 1_800, 7_200]),
        (ErrorCode.PROVIDER_UNAVAILABLE, [10, 60, 300, 1_800, 7_200]),
        (ErrorCode.PROVIDER_RATE_LIMITED, [10, 60, 300, 1_800, 7_200]),
        (ErrorCode.RECORDING_UNREACHABLE, [10, 60, 300, 1_800, 7_200]),
        (ErrorCode.INTERNAL, [10, 60, 300, 1_800, 7_200]),
        (ErrorCode.RECORDING_NOT_FOUND, [60, 180, 360]),
        (ErrorCode.PROVIDER_BAD_RESPONSE, [10, 60]),
    ],
)
def test_what_may_pass_is_tried_again_at_growing_distances_and_then_no_more(
    code: ErrorCode, delays_in_seconds: list[int]
) -> None:
    tries = [rules.retry_at(code, attempts, now=NOW, dice=0.5) for attempts in range(1, len(delays_in_seconds) + 2)]

    assert tries == [*(NOW + timedelta(seconds=seconds) for seconds in delays_in_seconds), None]


@given(dice=st.floats(0, 1))
def test_the_dice_spread_tries_by_a_quarter_each_way(dice: float) -> None:
    again = rules.retry_at(ErrorCode.PROVIDER_TIMEOUT, 2, now=NOW, dice=dice)

    assert again is not None
    assert timedelta(seconds=45) <= again - NOW <= timedelta(seconds=75)


@pytest.mark.parametrize(("asked_for", "waits"), [(5.0, 10), (90.0, 90), (7_200.0, 3_600), (-3.0, 10)])
def test_retry_after_is_a_lower_bound_up_to_an_hour(asked_for: float, waits: int) -> None:
    again = rules.retry_at(ErrorCode.PROVIDER_RATE_LIMITED, 1, now=NOW, dice=0.5, retry_after_seconds=asked_for)

    assert again == NOW + timedelta(seconds=waits)


# Reprocessing -----------------------------------------------------------------------------------------------------


def test_without_recording_and_transcription_there_is_nothing_to_process() -> None:
    assert rules.reprocess_run(a_call(), stage=None, force=False) is None


@pytest.mark.parametrize(
    ("task", "run"),
    [
        # nothing is there yet: all of it
        ({"recording_url": RECORDING}, Run(transcribe=True, summarise=True)),
        # the transcription stage failed: from there on
        (
            {
                "recording_url": RECORDING,
                "processing_status": Processing.FAILED,
                "processing_stage": Stage.TRANSCRIBE,
            },
            Run(transcribe=True, summarise=True),
        ),
        # only the summaries failed
        (
            {
                "recording_url": RECORDING,
                "call_transcription": "…",
                "transcription_source": "provider:x",
                "processing_status": Processing.FAILED,
                "processing_stage": Stage.SUMMARISE,
            },
            Run(summarise=True),
        ),
        # all is there: all of it once more
        (
            {
                "recording_url": RECORDING,
                "call_transcription": "…",
                "transcription_source": "provider:x",
                "call_summary": "…",
                "summary_source": "builtin",
                "processing_status": Processing.DONE,
            },
            Run(transcribe=True, summarise=True),
        ),
        # what the client gave is not heard again
        (
            {
                "recording_url": RECORDING,
                "call_transcription": "…",
                "transcription_source": CLIENT,
                "processing_status": Processing.DONE,
            },
            Run(summarise=True),
        ),
        # and nothing is left where the client gave everything
        (
            {
                "call_transcription": "…",
                "transcription_source": CLIENT,
                "call_summary": "a",
                "summary_source": CLIENT,
                "call_response_summary": "b",
                "response_summary_source": CLIENT,
            },
            Run(),
        ),
    ],
)
def test_reprocessing_makes_what_is_missing_or_failed_and_else_everything_again(
    task: dict[str, object], run: Run
) -> None:
    assert rules.reprocess_run(a_call(**task), stage=None, force=False) == run


def test_force_takes_what_the_client_gave_along() -> None:
    given = a_call(
        recording_url=RECORDING,
        call_transcription="…",
        transcription_source=CLIENT,
        call_summary="a",
        summary_source=CLIENT,
        call_response_summary="b",
        response_summary_source=CLIENT,
    )

    assert rules.reprocess_run(given, stage="all", force=True) == Run(transcribe=True, summarise=True, force=True)
    assert rules.reprocess_run(given, stage="summary", force=True) == Run(summarise=True, force=True)
    assert rules.reprocess_run(given, stage="transcription", force=True) == Run(transcribe=True, force=True)


def test_a_transcription_alone_cannot_be_made_without_a_recording() -> None:
    assert rules.reprocess_run(a_call(call_transcription="…"), stage="transcription", force=True) is None


@pytest.mark.parametrize(
    ("present", "source", "made", "force", "taken"),
    [
        (None, None, "new", False, True),
        ("old", "builtin", "new", False, True),
        ("old", CLIENT, "new", False, False),
        ("old", CLIENT, "new", True, True),
        ("old", "builtin", None, True, False),
        ("old", "builtin", "", True, False),
        ("same", "builtin", "same", True, False),
    ],
)
def test_good_text_is_never_replaced_by_nothing_and_given_text_only_by_force(
    present: str | None, source: str | None, made: str | None, force: bool, taken: bool
) -> None:
    assert rules.accepted_text(present, source, made, force=force) is taken


# Finding ----------------------------------------------------------------------------------------------------------


def trail(**changes: object) -> Trail:
    values: dict[str, object] = {
        "id": 1,
        "title": "Нет горячей ВОДЫ, Ёлкин",
        "task_type": "call",
        "status": Status.PENDING,
        "priority": Priority.HIGH,
        "assigned_user_id": 7,
    }
    return Trail(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("query", ["воды", "ВОД", "нет воды", "елкин", "оды, ё", "  "])
def test_words_are_looked_for_anywhere_in_the_title_in_any_case_and_with_any_e(query: str) -> None:
    assert rules.matches(CallFilter(words=rules.search_words(query)), trail())


@pytest.mark.parametrize("query", ["вода", "воды газ", "елки н"])
def test_every_word_must_stand_in_the_title_as_it_is(query: str) -> None:
    assert not rules.matches(CallFilter(words=rules.search_words(f"{query} нетт")), trail())


def test_cancelled_tasks_hide_unless_they_are_asked_for() -> None:
    cancelled = trail(status=Status.CANCELLED)

    assert not rules.matches(CallFilter(), cancelled)
    assert rules.matches(CallFilter(with_cancelled=True), cancelled)
    assert rules.matches(CallFilter(statuses=frozenset({Status.CANCELLED})), cancelled)


def test_a_filter_by_the_pipelines_state_finds_what_failed_but_not_what_is_cancelled() -> None:
    wanted = CallFilter(processing=frozenset({Processing.FAILED}))

    assert rules.matches(wanted, trail(processing_status=Processing.FAILED))
    assert not rules.matches(wanted, trail(processing_status=Processing.DONE))
    assert not rules.matches(wanted, trail(processing_status=Processing.FAILED, status=Status.CANCELLED))


@pytest.mark.parametrize(
    ("written", "kept"), [("Follow-Up", "follow_up"), (" call ", "call"), ("missed call", "missed_call")]
)
def test_task_types_are_kept_as_words_with_underscores(written: str, kept: str) -> None:
    assert rules.settled_type(written) == kept


# Messages ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ErrorCode)
def test_every_fault_is_told_in_five_languages_each_in_its_own_words(code: ErrorCode) -> None:
    told = {language: message(code, language=language) for language in LANGUAGES}

    assert set(LANGUAGES) == {"ru", "kk", "fi", "sv", "en"}
    assert len(set(told.values())) == len(LANGUAGES)


def test_a_message_says_when_the_next_try_is_on_the_organizations_own_clock() -> None:
    told = message(ErrorCode.RECORDING_UNREACHABLE, language="ru", next_try=NOON, time_zone="Asia/Almaty")

    assert told == "Сервер записей не отвечает. Следующая попытка в 17:00."


def test_a_message_in_a_language_that_we_lack_is_english_and_details_are_cut_short() -> None:
    told = message(ErrorCode.PROVIDER_REJECTED, language="de", detail="x " * 500)

    assert told.startswith("The outside service rejected the request. Details: x x")
    assert len(told) < 400


# Documents --------------------------------------------------------------------------------------------------------


def test_a_task_is_read_back_as_it_was_written() -> None:
    task = a_call(
        due_date=NOON,
        completed_at=NOW + timedelta(milliseconds=5),
        appeal_id="A-17",
        processing_status=Processing.QUEUED,
        processing_stage=Stage.DECODE,
        error_code=ErrorCode.INTERNAL,
        next_attempt_at=NOON,
        call_duration_seconds=12.5,
    )

    assert task_of(document_of(task)) == task
    assert '"due_date":"2026-03-02T12:00:00Z"' in document_of(task)
    assert '"completed_at":"2026-03-02T09:00:00.005Z"' in document_of(task)
