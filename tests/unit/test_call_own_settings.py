"""What an organization says of its calls, against what the server says; and what its types of tasks bring along."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from askare.calltasks.model import (
    NOTHING_SAID,
    CallSettings,
    DueByPriority,
    Language,
    Office,
    Priority,
    StatusMode,
    TypeSettings,
)
from askare.calltasks.rules import office_for, priority_and_due, region_faults
from tests.callvalues import said_of_call
from tests.values import HOUR, NOW

SERVER = Office(
    transcribes=True,
    language="fi",
    region="FI",
    time_zone="Europe/Helsinki",
    operators_see_all=True,
    strict=True,
    appeal_url="https://crm.example/{appeal_id}",
    completes_on_link=True,
    unknown_operator="op-1",
)
CALLBACK = TypeSettings(
    label="Перезвонить",
    priority=Priority.HIGH,
    due_minutes=60,
    due_minutes_by_priority=DueByPriority(urgent=15),
)
SAID = CallSettings(task_types={"callback": CALLBACK})


def test_an_organization_that_says_nothing_is_handled_as_the_server_is_set() -> None:
    assert office_for(SERVER, NOTHING_SAID) == SERVER


def test_what_an_organization_says_goes_before_the_server_also_where_it_says_no() -> None:
    said = CallSettings(
        statuses=StatusMode.PERMISSIVE,
        operators_see_all=False,
        complete_on_link=False,
        phone_region="KZ",
        language=Language.RUSSIAN,
        unknown_operator="",
    )

    assert office_for(SERVER, said) == Office(
        transcribes=True,
        language="ru",
        region="KZ",
        time_zone="Europe/Helsinki",
        operators_see_all=False,
        strict=False,
        appeal_url="https://crm.example/{appeal_id}",
        completes_on_link=False,
        unknown_operator="",
    )


def test_one_word_leaves_all_others_to_the_server() -> None:
    assert office_for(SERVER, CallSettings(phone_region="KZ")) == msgspec.structs.replace(SERVER, region="KZ")
    assert office_for(Office(), CallSettings(statuses=StatusMode.STRICT)) == Office(strict=True)


def test_where_nothing_is_said_of_the_type_the_priority_is_medium_and_no_due_date_is_invented() -> None:
    for said in (NOTHING_SAID, SAID):
        assert priority_and_due(said_of_call(task_type="complaint"), said, now=NOW) == (Priority.MEDIUM, None)


def test_a_type_brings_its_priority_and_the_time_until_it_is_due() -> None:
    assert priority_and_due(said_of_call(task_type="callback"), SAID, now=NOW) == (Priority.HIGH, NOW + HOUR)


@pytest.mark.parametrize(("priority", "minutes"), [(Priority.URGENT, 15), (Priority.LOW, 60)])
def test_the_time_of_the_priority_goes_before_that_of_the_type(priority: Priority, minutes: int) -> None:
    content = said_of_call(task_type="callback", priority=priority)

    assert priority_and_due(content, SAID, now=NOW) == (priority, NOW + timedelta(minutes=minutes))


def test_the_time_of_a_priority_also_holds_where_the_type_itself_brings_that_priority() -> None:
    lift = TypeSettings(priority=Priority.URGENT, due_minutes_by_priority=DueByPriority(urgent=5))
    said = CallSettings(task_types={"lift": lift})

    calm = said_of_call(task_type="lift", priority=Priority.LOW)
    in_five_minutes = NOW + timedelta(minutes=5)
    assert priority_and_due(said_of_call(task_type="lift"), said, now=NOW) == (Priority.URGENT, in_five_minutes)
    assert priority_and_due(calm, said, now=NOW) == (Priority.LOW, None)


def test_what_the_client_gave_stays() -> None:
    given = said_of_call(task_type="callback", priority=Priority.LOW, due_date=NOW - HOUR)

    assert priority_and_due(given, SAID, now=NOW) == (Priority.LOW, NOW - HOUR)


def test_a_country_that_there_is_not_is_told() -> None:
    assert region_faults(None) == region_faults("KZ") == []
    assert [fault.target for fault in region_faults("ZZ")] == ["phoneRegion"]
