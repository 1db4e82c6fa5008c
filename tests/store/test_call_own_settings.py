"""What organizations say of their calls, on both databases: kept, changed at once by several, and acted on."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import msgspec
import pytest

from askare.appeals import operations as appeals
from askare.appeals.model import AppealContent
from askare.calltasks import hooks, operations, own
from askare.calltasks.model import (
    NOTHING_SAID,
    CallSettings,
    DueByPriority,
    ErrorCode,
    Language,
    Priority,
    Status,
    StatusMode,
    TypeSettings,
)
from askare.kernel.problems import Conflict, Invalid, NotFound, Refused
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
from tests.store.doing import all_at_once
from tests.values import HOUR, NOW, ORGANIZATION, ORGANIZATION_NO, an_admin

CALLBACK = TypeSettings(priority=Priority.HIGH, due_minutes=60, due_minutes_by_priority=DueByPriority(urgent=15))
BY_TYPE = CallSettings(task_types={"callback": CALLBACK})
IN_FINNISH = msgspec.structs.replace(OFFICE_OF_CALLS, language="fi")


@pytest.fixture(autouse=True)
def _operators(database: Database) -> None:
    make_operators(database)


def say(database: Database, by: Any = None, *, expected: frozenset[int] | None = None, **said: Any) -> int:
    return database.write(
        lambda tx: own.put_settings(tx, CallSettings(**said), now=NOW, expected_versions=expected), by or an_admin()
    )


def said_now(database: Database, by: Any = None) -> CallSettings:
    return database.read(own.settings, by or an_admin())


def set_status(database: Database, number: int, status: Status) -> None:
    database.write(
        lambda tx: operations.update_status(tx, number, status, office=OFFICE_OF_CALLS, now=NOW + HOUR), an_admin()
    )


# Keeping ----------------------------------------------------------------------------------------------------------


def test_an_organization_has_said_nothing_at_first(database: Database) -> None:
    assert said_now(database) is NOTHING_SAID
    assert database.read(own.get_settings, an_admin()).version == own.FIRST_VERSION


def test_what_is_said_replaces_all_that_was_said_before_and_history_knows_it(database: Database) -> None:
    first = say(database, phone_region="KZ", task_types={"callback": CALLBACK})
    second = say(database, language=Language.KAZAKH)

    assert (first, second) == (2, 3)
    assert said_now(database) == CallSettings(language=Language.KAZAKH)
    lines = database.read(lambda tx: history.of_thing(tx, own.KIND, ORGANIZATION), an_admin())
    assert [line.version for line in lines] == [2, 3]
    assert '"phoneRegion":"KZ"' in (lines[1].before or "")


def test_saying_the_same_again_changes_nothing(database: Database) -> None:
    assert say(database, phone_region="KZ") == say(database, phone_region="KZ")


def test_whoever_counts_on_an_older_version_is_refused(database: Database) -> None:
    seen = say(database, phone_region="KZ", expected=frozenset({own.FIRST_VERSION}))
    say(database, phone_region="RU")

    with pytest.raises(Conflict):
        say(database, phone_region="FI", expected=frozenset({seen}))


def test_of_several_who_say_the_first_word_at_once_one_is_heard(database: Database) -> None:
    def first_word(name: str) -> int:
        return say(database, expected=frozenset({own.FIRST_VERSION}), task_types={name: CALLBACK})

    outcomes = all_at_once([partial(first_word, name) for name in ("one", "two", "three", "four")])

    assert outcomes.count(2) == 1
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 3


def test_every_fault_of_what_is_said_is_told(database: Database) -> None:
    with pytest.raises(Invalid) as refused:
        say(database, phone_region="ZZ", unknown_operator="nobody-has-this-code")

    assert [fault.target for fault in refused.value.body] == ["phoneRegion", "unknownOperator"]
    assert said_now(database) is NOTHING_SAID


def test_what_one_organization_says_another_does_not_hear(database: Database) -> None:
    say(database, statuses=StatusMode.STRICT)

    assert said_now(database, by=an_admin(organization_no=ORGANIZATION_NO + 1)) is NOTHING_SAID


# Acting on it -----------------------------------------------------------------------------------------------------


def test_a_new_task_has_the_priority_and_due_date_of_its_type(database: Database) -> None:
    say(database, task_types=BY_TYPE.task_types)

    plain = call_now(database, hand_in(database, said_of_call(task_type="callback")))
    urgent = call_now(database, hand_in(database, said_of_call(task_type="callback", priority=Priority.URGENT)))
    other = call_now(database, hand_in(database))

    assert (plain.priority, plain.due_date) == (Priority.HIGH, NOW + HOUR)
    assert (urgent.priority, urgent.due_date) == (Priority.URGENT, NOW + timedelta(minutes=15))
    assert (other.priority, other.due_date) == (Priority.MEDIUM, None)


def test_tasks_that_are_there_keep_what_they_have(database: Database) -> None:
    number = hand_in(database, said_of_call(task_type="callback"))
    before = call_now(database, number)

    say(database, task_types=BY_TYPE.task_types)

    assert call_now(database, number) == before


def test_what_is_final_stays_so_where_the_organization_is_strict(database: Database) -> None:
    number = hand_in(database)
    set_status(database, number, Status.COMPLETED)
    say(database, statuses=StatusMode.STRICT)

    with pytest.raises(Refused):
        set_status(database, number, Status.PENDING)


def test_operators_see_all_or_their_own_as_the_organization_says(database: Database) -> None:
    number = hand_in(database, operator=OTHER_OPERATOR_USER)
    operator = an_operator(OPERATOR_USER)
    generous = msgspec.structs.replace(OFFICE_OF_CALLS, operators_see_all=True)

    assert listed(database, by=operator) == ([], 0)
    with pytest.raises(NotFound):
        call_now(database, number, by=operator)

    say(database, operators_see_all=True)
    assert listed(database, by=operator) == ([number], 1)
    assert call_now(database, number, by=operator).id == number

    say(database, operators_see_all=False)
    assert listed(database, by=operator, office=generous) == ([], 0)
    with pytest.raises(NotFound):
        call_now(database, number, by=operator, office=generous)


def test_the_stream_of_events_shows_operators_no_more_than_lists_do(database: Database) -> None:
    generous = msgspec.structs.replace(OFFICE_OF_CALLS, operators_see_all=True)
    mark = database.read(lambda tx: hooks.start_watching(tx, None), an_admin())
    hand_in(database, operator=OTHER_OPERATOR_USER)

    def seen() -> int:
        told, _ = database.read(
            lambda tx: hooks.seen_since(tx, mark, overdue_after=NOW, office=generous, now=NOW), an_operator()
        )
        return len(told.events)

    assert seen() > 0
    say(database, operators_see_all=False)
    assert seen() == 0


@pytest.mark.parametrize(("word", "status"), [(True, Status.COMPLETED), (False, Status.PENDING)])
def test_linking_completes_as_the_organization_says(database: Database, word: bool, status: Status) -> None:
    server = msgspec.structs.replace(OFFICE_OF_CALLS, completes_on_link=not word)
    content = AppealContent(subject="Вода", text="С утра")
    appeal = database.write(
        lambda tx: appeals.create_appeal(tx, content, created_by=None, phone=None, now=NOW), an_admin()
    )
    number = hand_in(database)
    say(database, complete_on_link=word)

    database.write(lambda tx: operations.link_appeal(tx, number, appeal, office=server, now=NOW), an_admin())

    assert call_now(database, number).status is status


def test_numbers_without_a_country_are_those_of_the_organization_s(database: Database) -> None:
    finnish = msgspec.structs.replace(OFFICE_OF_CALLS, region="FI")
    say(database, phone_region="KZ")

    number = hand_in(database, said_of_call(caller_phone="8 701 234-56-78"), office=finnish)

    kept = database.read(lambda tx: operations.find_stored(tx, number), an_admin())
    assert kept is not None
    assert kept.kept.phone == PHONE


def test_an_exchange_s_call_for_nobody_goes_to_whom_the_organization_names(database: Database) -> None:
    say(database, unknown_operator=str(OTHER_OPERATOR_USER))
    number = hand_in(database, operator="no-such-extension")

    assert listed(database, by=an_operator(OTHER_OPERATOR_USER)) == ([number], 1)

    say(database, unknown_operator="")
    named = msgspec.structs.replace(OFFICE_OF_CALLS, unknown_operator=str(OPERATOR_USER))
    with pytest.raises(Invalid):
        hand_in(database, operator="no-such-extension", office=named)


def test_messages_are_in_the_organization_s_language(database: Database) -> None:
    def message_of(number: int) -> str:
        return call_now(database, number).error_message or ""

    recorded = said_of_call(recording_url=RECORDING)
    silent = msgspec.structs.replace(WITHOUT_PROVIDER, language="fi")
    in_finnish = hand_in(database, recorded, office=silent)
    say(database, language=Language.RUSSIAN)
    created = hand_in(database, recorded, office=silent)
    failed = hand_in(database, recorded, office=IN_FINNISH)
    database.write(
        lambda tx: operations.fail(
            tx,
            failed,
            ErrorCode.RECORDING_FORBIDDEN,
            detail="",
            retry_after_seconds=None,
            dice=0.5,
            office=IN_FINNISH,
            now=NOW,
        ),
        an_admin(),
    )
    skipped = hand_in(database, recorded, office=IN_FINNISH)
    database.write(lambda tx: operations.skip(tx, skipped, office=IN_FINNISH, now=NOW), an_admin())

    assert message_of(created) == message_of(skipped) != message_of(in_finnish)
    assert message_of(failed).startswith("Сервер записей не разрешает")
    reprocess(database, in_finnish, office=silent)
    assert message_of(in_finnish) == message_of(created)
