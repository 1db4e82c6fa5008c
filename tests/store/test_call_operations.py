"""Call tasks on both databases: handed in once, seen by the right people, worked on, forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from askare.access import operations as access
from askare.appeals import operations as appeals
from askare.appeals.model import AppealContent, AppealFilter, AppealStatus
from askare.calltasks import operations, people, store
from askare.calltasks.model import CLIENT, CallFilter, ErrorCode, Processing, Stage, Status
from askare.kernel.caller import Role
from askare.kernel.paging import Window
from askare.kernel.problems import Invalid, NotFound, Refused, Throttled
from askare.storage import history
from askare.storage.desk import Database
from tests.callvalues import (
    OFFICE_OF_CALLS,
    OPERATOR_USER,
    OTHER_OPERATOR_USER,
    PHONE,
    RECORDING,
    WITHOUT_PROVIDER,
    an_operator,
    call_now,
    hand_in,
    listed,
    make_operators,
    reprocess,
    said_of_call,
)
from tests.store.doing import all_at_once, count_rows
from tests.values import HOUR, NOW, OTHER_USER, SECOND, an_admin

STRICT = msgspec.structs.replace(OFFICE_OF_CALLS, strict=True)


@pytest.fixture(autouse=True)
def _operators(database: Database) -> None:
    make_operators(database)


def set_status(
    database: Database, task_no: int, status: Status, *, office: Any = OFFICE_OF_CALLS, by: Any = None
) -> None:
    database.write(
        lambda tx: operations.update_status(tx, task_no, status, office=office, now=NOW + HOUR), by or an_admin()
    )


def link(database: Database, task_no: int, appeal_id: int | str | None, *, office: Any = OFFICE_OF_CALLS) -> None:
    database.write(lambda tx: operations.link_appeal(tx, task_no, appeal_id, office=office, now=NOW), an_admin())


def register(database: Database, subject: str = "Вода", *, by: Any = None, phone: str | None = None) -> int:
    content = AppealContent(subject=subject, text="С утра", caller_phone=phone)
    return database.write(
        lambda tx: appeals.create_appeal(tx, content, created_by=None, phone=phone, now=NOW), by or an_admin()
    )


def promised(database: Database) -> list[tuple[str, str]]:
    return [
        (kind, about) for kind, about in database.read(lambda tx: tx.rows("SELECT kind, about FROM jobs ORDER BY kind"))
    ]


# Handing in -------------------------------------------------------------------------------------------------------


def test_a_task_is_visible_and_workable_at_once_whatever_is_still_to_be_made(database: Database) -> None:
    number = hand_in(database, said_of_call(recording_url=RECORDING))

    task = call_now(database, number)
    assert (task.status, task.processing_status, task.processing_stage) == (
        Status.PENDING,
        Processing.QUEUED,
        Stage.FETCH,
    )
    assert promised(database) == [("fetch recording", str(number))]
    assert listed(database) == ([number], 1)


def test_a_manual_task_asks_nothing_of_the_pipeline(database: Database) -> None:
    task = call_now(database, hand_in(database))

    assert task.processing_status is Processing.NONE
    assert promised(database) == []


def test_what_a_client_gave_is_known_to_be_the_clients(database: Database) -> None:
    task = call_now(database, hand_in(database, said_of_call(call_transcription="…", call_summary="a")))

    assert (task.transcription_source, task.summary_source, task.response_summary_source) == (CLIENT, CLIENT, None)
    assert task.processing_stage is Stage.SUMMARISE


def test_without_a_provider_a_recording_is_passed_over_with_a_hint_and_our_copy_is_made_all_the_same(
    database: Database,
) -> None:
    number = hand_in(database, said_of_call(recording_url=RECORDING), office=WITHOUT_PROVIDER)

    task = call_now(database, number)
    assert (task.processing_status, task.error_code) == (
        Processing.SKIPPED,
        ErrorCode.PROVIDER_NOT_CONFIGURED,
    )
    assert "ASKARE_TRANSCRIPTION_PROVIDERS" in (task.error_message or "")
    assert promised(database) == [("fetch recording", str(number))]


def test_whoever_creates_by_hand_is_remembered_and_an_exchange_is_nobody(database: Database) -> None:
    by_hand = call_now(database, hand_in(database, by=an_operator()))
    by_exchange = call_now(database, hand_in(database))

    assert by_hand.created_by_user_id == by_hand.assigned_user_id
    assert by_exchange.created_by_user_id is None


@pytest.mark.parametrize("operator", ["nobody", "999999", str(OTHER_USER), "9" * 64])
def test_an_operator_whom_the_organization_lacks_is_refused(database: Database, operator: str) -> None:
    with pytest.raises(Invalid) as refused:
        hand_in(database, operator=operator)

    assert [fault.target for fault in refused.value.body] == ["operator_id"]
    assert count_rows(database, "call_tasks") == 0


def test_an_operator_of_another_organization_is_unknown(database: Database) -> None:
    elsewhere = uuid4()

    def make(tx: Any) -> None:
        other = access.ensure_organization(tx, "Elsewhere", organization_id=uuid4())
        access.ensure_user(tx, other, user_id=elsewhere, role=Role.OPERATOR, office_ids=(), agent_id=None, now=NOW)

    database.write(make)

    with pytest.raises(Invalid):
        hand_in(database, operator=elsewhere)


def test_an_operator_is_known_by_the_small_number_too(database: Database) -> None:
    number = call_now(database, hand_in(database)).assigned_user_id

    assert call_now(database, hand_in(database, operator=str(number))).assigned_user_id == number


# The same call again ----------------------------------------------------------------------------------------------


def test_what_an_exchange_sends_again_within_a_day_is_the_same_task(database: Database) -> None:
    first = hand_in(database, said_of_call(call_id="17"))

    assert hand_in(database, said_of_call(call_id="17"), now=NOW + 23 * HOUR) == first
    assert hand_in(database, said_of_call(call_id="17"), now=NOW + 25 * HOUR) != first


def test_one_call_may_give_several_tasks(database: Database) -> None:
    tasks = {
        hand_in(database, said_of_call(call_id="17")),
        hand_in(database, said_of_call("Другое", call_id="17")),
        hand_in(database, said_of_call(call_id="17", task_type="complaint")),
        hand_in(database, said_of_call(call_id="17"), operator=OTHER_OPERATOR_USER),
        hand_in(database, said_of_call()),
        hand_in(database, said_of_call()),
    }

    assert len(tasks) == 6


def test_ten_retries_at_once_make_one_task(database: Database) -> None:
    numbers = all_at_once([lambda: hand_in(database, said_of_call(call_id="17"))] * 10)

    assert len(set(numbers)) == 1
    assert count_rows(database, "call_tasks") == 1


def test_calls_that_came_in_long_ago_are_forgotten_as_such(database: Database) -> None:
    hand_in(database, said_of_call(call_id="17"))

    assert database.write(lambda tx: store.sweep_arrivals(tx, before=NOW + SECOND)) == 1
    assert count_rows(database, "call_arrivals") == 0


# Who sees what ----------------------------------------------------------------------------------------------------


def test_an_operator_sees_the_own_tasks_and_a_supervisor_all(database: Database) -> None:
    own, other = hand_in(database), hand_in(database, operator=OTHER_OPERATOR_USER)

    assert listed(database, by=an_operator()) == ([own], 1)
    assert listed(database) == ([other, own], 2)
    for look in (
        lambda: call_now(database, other, by=an_operator()),
        lambda: set_status(database, other, Status.COMPLETED, by=an_operator()),
        lambda: reprocess(database, other, by=an_operator()),
    ):
        with pytest.raises(NotFound):
            look()


def test_operators_see_all_where_the_house_wants_it(database: Database) -> None:
    other = hand_in(database, operator=OTHER_OPERATOR_USER)
    office = msgspec.structs.replace(OFFICE_OF_CALLS, operators_see_all=True)

    assert listed(database, by=an_operator(), office=office) == ([other], 1)
    assert call_now(database, other, by=an_operator(), office=office).id == other


def test_an_operator_without_any_task_sees_none(database: Database) -> None:
    hand_in(database)

    assert listed(database, by=an_operator(OTHER_OPERATOR_USER)) == ([], 0)


def test_another_organization_sees_nothing(database: Database) -> None:
    number = hand_in(database)
    stranger = an_admin(organization_no=1_001)

    assert listed(database, by=stranger) == ([], 0)
    with pytest.raises(NotFound):
        call_now(database, number, by=stranger)


# Status -----------------------------------------------------------------------------------------------------------


def test_a_change_of_status_is_one_version_on_and_in_the_history(database: Database) -> None:
    number = hand_in(database, said_of_call(caller_phone=PHONE, call_transcription="тайна"))

    set_status(database, number, Status.COMPLETED)

    task = call_now(database, number)
    assert (task.version, task.completed_at, task.updated_at) == (2, NOW + HOUR, NOW + HOUR)
    entries = database.read(lambda tx: history.of_thing(tx, "call task", operations.thing_id(number)), an_admin())
    assert [(entry.version, entry.user_id) for entry in entries][1] == (2, an_admin().user_id)
    assert all("тайна" not in (entry.after or "") and PHONE not in (entry.after or "") for entry in entries)


def test_setting_the_present_status_changes_nothing(database: Database) -> None:
    number = hand_in(database)

    set_status(database, number, Status.PENDING)

    assert call_now(database, number).version == 1


def test_in_a_strict_house_a_completed_task_stays_completed(database: Database) -> None:
    number = hand_in(database)
    set_status(database, number, Status.COMPLETED, office=STRICT)

    with pytest.raises(Refused):
        set_status(database, number, Status.PENDING, office=STRICT)


def test_cancelling_takes_the_queued_work_back_and_restoring_promises_it_again(database: Database) -> None:
    number = hand_in(database, said_of_call(recording_url=RECORDING))

    set_status(database, number, Status.CANCELLED)
    assert promised(database) == []
    assert call_now(database, number).processing_status is Processing.NONE

    set_status(database, number, Status.PENDING)
    assert promised(database) == [("fetch recording", str(number))]
    assert call_now(database, number).processing_status is Processing.QUEUED


# Appeals ----------------------------------------------------------------------------------------------------------


def test_a_task_is_linked_linked_to_another_and_unlinked(database: Database) -> None:
    number, first, second = hand_in(database), register(database), register(database)

    link(database, number, first)
    link(database, number, str(second))
    linked = database.read(lambda tx: appeals.get_appeal(tx, second)[1], an_admin())
    left = database.read(lambda tx: appeals.get_appeal(tx, first)[1], an_admin())
    assert (linked, left) == ((number,), ())
    assert call_now(database, number).appeal_id == second

    link(database, number, None)
    assert call_now(database, number).appeal_id is None


@pytest.mark.parametrize("appeal_id", [999, "999", "A-17", "٣"])
def test_an_appeal_that_there_is_not_is_refused(database: Database, appeal_id: int | str) -> None:
    number = hand_in(database)

    with pytest.raises(Invalid):
        link(database, number, appeal_id)


def test_an_appeal_of_another_organization_is_unknown(database: Database) -> None:
    number = hand_in(database)
    foreign = register(database, by=an_admin(organization_no=1_001))

    with pytest.raises(Invalid):
        link(database, number, foreign)


def test_appeals_that_are_kept_elsewhere_are_taken_as_they_come(database: Database) -> None:
    number = hand_in(database)
    link(database, number, "A-17", office=msgspec.structs.replace(OFFICE_OF_CALLS, checks_appeals=False))

    assert call_now(database, number).appeal_id == "A-17"


def test_linking_completes_a_task_only_where_the_house_wants_it(database: Database) -> None:
    number, appeal = hand_in(database), register(database)

    link(database, number, appeal)
    assert call_now(database, number).status is Status.PENDING

    link(database, number, None)
    link(database, number, appeal, office=msgspec.structs.replace(OFFICE_OF_CALLS, completes_on_link=True))
    assert call_now(database, number).status is Status.COMPLETED


def test_appeals_are_found_by_words_of_their_subject_and_by_number(database: Database) -> None:
    water, gas = register(database, "Нет Воды"), register(database, "Запах газа")

    def found(*words: str, statuses: frozenset[AppealStatus] = frozenset()) -> list[int]:
        wanted = AppealFilter(words=words, statuses=statuses)
        page = database.read(lambda tx: appeals.list_appeals(tx, wanted, window=Window(0, 10)), an_admin())
        assert page.total == len(page.items)
        return [msgspec.json.decode(one.document)["id"] for one in page.items]

    assert found("вод") == [water]
    assert found() == [gas, water]
    assert found("2026-000002") == [gas]
    assert found("%") == []
    database.write(lambda tx: appeals.update_status(tx, gas, AppealStatus.RESOLVED, now=NOW + HOUR), an_admin())
    assert found(statuses=frozenset({AppealStatus.NEW})) == [water]
    resolved = database.read(lambda tx: appeals.get_appeal(tx, gas)[0], an_admin())
    assert (resolved.closed_at, resolved.version) == (NOW + HOUR, 2)


# Reprocessing -----------------------------------------------------------------------------------------------------


def test_an_exchanges_call_for_nobody_goes_to_whom_the_house_has_for_such_calls(database: Database) -> None:
    office = msgspec.structs.replace(OFFICE_OF_CALLS, unknown_operator=str(OTHER_OPERATOR_USER))

    number = hand_in(database, operator="no-such-extension", office=office)
    known = hand_in(database, operator=OPERATOR_USER, office=office)

    assert call_now(database, number, by=an_operator(OTHER_OPERATOR_USER)).id == number
    assert call_now(database, known, by=an_operator()).id == known


def test_a_persons_call_for_nobody_is_refused_all_the_same(database: Database) -> None:
    office = msgspec.structs.replace(OFFICE_OF_CALLS, unknown_operator=str(OTHER_OPERATOR_USER))

    with pytest.raises(Invalid):
        hand_in(database, operator="no-such-extension", office=office, by=an_admin())


def test_an_exchanges_call_is_refused_where_that_one_is_unknown_too(database: Database) -> None:
    office = msgspec.structs.replace(OFFICE_OF_CALLS, unknown_operator="gone")

    with pytest.raises(Invalid):
        hand_in(database, operator="no-such-extension", office=office)


def test_reprocessing_any_number_of_times_makes_one_promise(database: Database) -> None:
    number = hand_in(database, said_of_call(recording_url=RECORDING))

    for _ in range(5):
        assert reprocess(database, number).version == 1

    assert promised(database) == [("fetch recording", str(number))]


def test_nothing_to_process_is_refused(database: Database) -> None:
    with pytest.raises(Refused):
        reprocess(database, hand_in(database))


def skipped(database: Database) -> int:
    return hand_in(database, said_of_call(recording_url=RECORDING), office=WITHOUT_PROVIDER)


def test_a_task_is_processed_again_at_most_every_ten_seconds(database: Database) -> None:
    number = skipped(database)
    reprocess(database, number, office=WITHOUT_PROVIDER)

    with pytest.raises(Throttled) as refused:
        reprocess(database, number, office=WITHOUT_PROVIDER, now=NOW + 4 * SECOND)
    assert refused.value.retry_after_seconds == 6

    reprocess(database, number, office=WITHOUT_PROVIDER, now=NOW + 10 * SECOND)


def test_a_user_has_at_most_sixty_tasks_an_hour_processed_again(database: Database) -> None:
    numbers = [skipped(database) for _ in range(61)]
    for second, number in enumerate(numbers[:60]):
        reprocess(database, number, office=WITHOUT_PROVIDER, now=NOW + second * SECOND)

    with pytest.raises(Throttled) as refused:
        reprocess(database, numbers[60], office=WITHOUT_PROVIDER, now=NOW + timedelta(minutes=10))
    assert refused.value.retry_after_seconds == 3_000

    reprocess(database, numbers[60], office=WITHOUT_PROVIDER, now=NOW + HOUR + SECOND)


# Forgetting -------------------------------------------------------------------------------------------------------


def everything_that_is_kept(database: Database) -> str:
    """The text of all rows of all tables."""

    def read(tx: Any) -> str:
        tables = (
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            if tx.flavour.name == "sqlite"
            else "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
        )
        return "\n".join(str(row) for (name,) in tx.rows(tables) for row in tx.rows(f"SELECT * FROM {name}"))

    return database.read(read)


def test_erasing_a_caller_leaves_the_work_and_its_history_but_nothing_of_the_caller(database: Database) -> None:
    number = hand_in(
        database,
        said_of_call(
            "Перезвонить Айгуль 87012345678",
            description="ждёт у дома",
            caller_phone="8 701 234-56-78",
            caller_name="Айгуль",
            call_id="17",
            recording_url=RECORDING,
            call_transcription="затопило подвал",
            call_summary="просит насос",
            call_response_summary="обещали бригаду",
        ),
    )
    other = hand_in(database, said_of_call("Другой звонок", caller_phone="+77770000000"))
    appeal = register(database, "Подвал затоплен", phone=PHONE)
    database.write(store.post_words)
    assert listed(database, CallFilter(words=("айгуль",))) == ([number], 1)

    erased = database.write(lambda tx: operations.erase_caller(tx, PHONE, now=NOW + HOUR), an_admin())
    database.write(store.post_words)

    assert erased == operations.Erased((number,), (appeal,))
    kept = everything_that_is_kept(database).lower()
    for trace in ("7012345678", "701 234", "key=secret", "ждёт", "затопило", "насос", "бригаду", "подвал"):
        assert trace not in kept, trace
    assert listed(database, CallFilter(words=("айгуль",))) == ([], 0)
    assert listed(database) == ([other, number], 2)
    task = call_now(database, number)
    assert (task.status, task.title, task.version) == (Status.PENDING, "(erased)", 2)
    entries = database.read(lambda tx: history.of_thing(tx, "call task", operations.thing_id(number)), an_admin())
    assert [entry.at for entry in entries] == [NOW, NOW + HOUR]
    assert ("forget recording", str(number)) in promised(database)


def test_an_erased_title_leaves_remembered_counts_right(database: Database) -> None:
    """A count that is remembered is brought up to date by history, which is reworded, too."""
    for _ in range(201):
        hand_in(database, said_of_call("Нет воды", caller_phone="+77770000000"))
    hand_in(database, said_of_call("Нет воды", caller_phone=PHONE))
    wanted = CallFilter(words=("воды",))
    assert listed(database, wanted, window=Window(0, 1))[1] == 202

    database.write(lambda tx: operations.erase_caller(tx, PHONE, now=NOW), an_admin())

    assert listed(database, wanted, window=Window(0, 1))[1] == 201


def test_old_recordings_are_taken_away_after_their_time(database: Database) -> None:
    number = hand_in(database, said_of_call(recording_url=RECORDING))
    database.write(lambda tx: operations.save_fetched(tx, number, now=NOW), an_admin())

    def forget(now: Any) -> int:
        return database.write(
            lambda tx: operations.forget_old_recordings(tx, now - timedelta(days=90), limit=10, now=now)
        )

    assert forget(NOW + timedelta(days=90)) == 0
    assert forget(NOW + timedelta(days=91)) == 1
    assert forget(NOW + timedelta(days=91)) == 0
    assert ("forget recording", str(number)) in promised(database)
    has = database.read(lambda tx: operations.has_recording(tx, number, office=OFFICE_OF_CALLS), an_admin())
    assert not has


def test_phones_are_the_same_in_every_spelling() -> None:
    spellings = ("8 701 234-56-78", "+7 (701) 2345678", "8701/234 56 78", "+77012345678")

    assert {operations.e164(phone, "KZ") for phone in spellings} == {PHONE}
    assert operations.e164("040 123 4567", "FI") == "+358401234567"
    assert operations.e164("anonymous", "KZ") is None
    assert operations.e164(None, "KZ") is None


def test_a_user_keeps_the_number_once_given(database: Database) -> None:
    first = database.write(lambda tx: people.number_of_user(tx, OPERATOR_USER), an_admin())

    assert database.write(lambda tx: people.number_of_user(tx, OPERATOR_USER), an_admin()) == first
    assert database.write(lambda tx: people.number_of_user(tx, OTHER_OPERATOR_USER), an_admin()) != first
