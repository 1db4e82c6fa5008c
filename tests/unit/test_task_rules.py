"""What may be done with a task: OviPro contract 2.3, sentence by sentence, and what a search finds."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from msgspec.structs import replace

from askare.kernel.problems import Refused, Wrong
from askare.tasks.model import PartyType, TaskFilter, TaskStatus, TaskType
from askare.tasks.rules import differs, matches, require_allowed_change, require_deletable
from tests.values import (
    AGENT,
    ASSIGNMENT,
    HOUR,
    NOON,
    NOW,
    OFFICE,
    OTHER_AGENT,
    OTHER_ASSIGNMENT,
    OTHER_OFFICE,
    OTHER_PARTY,
    OTHER_REALTY,
    PARTY,
    REALTY,
    SECOND,
    THIRD_AGENT,
    THIRD_PARTY,
    a_party,
    a_task,
    what_is_said,
)

WAITING, DONE, REJECTED = TaskStatus.WAITING, TaskStatus.DONE, TaskStatus.REJECTED
HELSINKI_WINTER = timezone(timedelta(hours=2))
MILLISECOND = timedelta(milliseconds=1)


# Changing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [WAITING, DONE, REJECTED])
def test_a_waiting_task_may_go_to_every_status(status: TaskStatus) -> None:
    require_allowed_change(what_is_said(status=WAITING), what_is_said(status=status))


@pytest.mark.parametrize(("stored", "wanted"), [(DONE, WAITING), (DONE, REJECTED), (REJECTED, WAITING)])
def test_a_final_status_cannot_change(stored: TaskStatus, wanted: TaskStatus) -> None:
    with pytest.raises(Refused, match=f"The task is {stored.value}") as refusal:
        require_allowed_change(what_is_said(status=stored), what_is_said(status=wanted))

    assert [(fault.target, fault.wrong) for fault in refusal.value.faults] == [("statusCode", Wrong.STATE)]


@pytest.mark.parametrize("status", [DONE, REJECTED])
def test_a_final_task_keeps_its_due_time(status: TaskStatus) -> None:
    stored = what_is_said(status=status, due=NOON)

    with pytest.raises(Refused, match="taskDueTime"):
        require_allowed_change(stored, replace(stored, task_due_time=NOON + HOUR))


@pytest.mark.parametrize("status", [DONE, REJECTED])
@pytest.mark.parametrize(
    "parties",
    [
        (),
        (a_party(OTHER_PARTY),),
        (a_party(PARTY), a_party(OTHER_PARTY)),
        (a_party(PARTY, PartyType.ESTATE_PARTY),),
    ],
)
def test_a_final_task_keeps_its_parties(status: TaskStatus, parties: tuple[object, ...]) -> None:
    stored = what_is_said(status=status, parties=[a_party(PARTY)])

    with pytest.raises(Refused, match="parties"):
        require_allowed_change(stored, replace(stored, parties=parties))


def test_a_refusal_names_every_locked_field_that_would_change() -> None:
    stored = what_is_said(status=DONE, due=NOON, parties=[a_party(PARTY)])

    with pytest.raises(Refused) as refusal:
        require_allowed_change(stored, what_is_said(status=WAITING, due=NOON + HOUR))

    assert [fault.target for fault in refusal.value.faults] == ["statusCode", "taskDueTime", "parties"]


@pytest.mark.parametrize(
    "change",
    [
        {"type_code": TaskType.OTHER},
        {"description": "no answer"},
        {"description": None},
        {"realty_id": OTHER_REALTY},
        {"assignment_id": OTHER_ASSIGNMENT},
        {"agency_office_id": OTHER_OFFICE},
        {"agents": what_is_said(agents=[OTHER_AGENT]).agents},
    ],
)
@pytest.mark.parametrize("status", [DONE, REJECTED])
def test_all_else_of_a_final_task_may_still_change(status: TaskStatus, change: dict[str, object]) -> None:
    stored = what_is_said(status=status, description="call", realty=REALTY, assignment=ASSIGNMENT)

    require_allowed_change(stored, replace(stored, **change))


def test_the_very_update_that_sets_done_may_change_parties_and_due_time() -> None:
    stored = what_is_said(status=WAITING, due=NOON, parties=[a_party(PARTY)])

    require_allowed_change(stored, what_is_said(status=DONE, due=NOON + HOUR, parties=[a_party(OTHER_PARTY)]))


def test_repeating_the_locked_values_in_another_spelling_is_no_change() -> None:
    stored = what_is_said(status=DONE, due=NOON, parties=[a_party(PARTY), a_party(OTHER_PARTY)])
    again = what_is_said(
        status=DONE,
        due=datetime(2026, 3, 2, 14, 0, tzinfo=HELSINKI_WINTER),
        parties=[a_party(OTHER_PARTY), a_party(PARTY), a_party(OTHER_PARTY)],
    )

    require_allowed_change(stored, again)
    assert not differs(stored, again)


def test_a_due_time_in_the_past_is_allowed() -> None:
    require_allowed_change(what_is_said(due=NOON), what_is_said(due=datetime(2022, 12, 31, tzinfo=HELSINKI_WINTER)))


# Deleting --------------------------------------------------------------------------------------------------------


def test_a_waiting_task_may_be_deleted() -> None:
    require_deletable(what_is_said(status=WAITING))


@pytest.mark.parametrize("status", [DONE, REJECTED])
def test_a_final_task_cannot_be_deleted(status: TaskStatus) -> None:
    with pytest.raises(Refused, match=f"Only a WAITING task can be deleted; this one is {status.value}"):
        require_deletable(what_is_said(status=status))


# Differing -------------------------------------------------------------------------------------------------------


def test_the_order_of_agents_and_parties_is_no_difference() -> None:
    one = what_is_said(agents=[AGENT, OTHER_AGENT], parties=[a_party(PARTY), a_party(OTHER_PARTY)])
    other = what_is_said(agents=[OTHER_AGENT, AGENT], parties=[a_party(OTHER_PARTY), a_party(PARTY)])

    assert not differs(one, other)


@pytest.mark.parametrize(
    "change",
    [
        {"type_code": TaskType.OTHER},
        {"status_code": DONE},
        {"description": ""},
        {"task_due_time": NOON + MILLISECOND},
        {"parties": (a_party(PARTY, PartyType.ORGANIZATION_PARTY),)},
        {"realty_id": REALTY},
        {"assignment_id": ASSIGNMENT},
        {"agency_office_id": OTHER_OFFICE},
        {"agents": what_is_said(agents=[AGENT, OTHER_AGENT]).agents},
    ],
)
def test_a_change_of_any_one_field_is_a_difference(change: dict[str, object]) -> None:
    stored = what_is_said(parties=[a_party(PARTY)])

    assert differs(stored, replace(stored, **change))


# Finding ---------------------------------------------------------------------------------------------------------

VIEWING = what_is_said(
    type=TaskType.MEETING,
    status=DONE,
    due=NOON,
    parties=[a_party(PARTY), a_party(OTHER_PARTY)],
    realty=REALTY,
    assignment=ASSIGNMENT,
    office=OFFICE,
    agents=[AGENT, OTHER_AGENT],
)


@pytest.mark.parametrize(
    "wanted",
    [
        TaskFilter(),
        TaskFilter(types=frozenset({TaskType.CALL, TaskType.MEETING})),
        TaskFilter(statuses=frozenset({DONE})),
        TaskFilter(office_ids=frozenset({OFFICE, OTHER_OFFICE})),
        TaskFilter(realty_ids=frozenset({REALTY, OTHER_REALTY})),
        TaskFilter(assignment_ids=frozenset({ASSIGNMENT})),
        TaskFilter(party_ids=frozenset({OTHER_PARTY, THIRD_PARTY})),
        TaskFilter(agent_ids=frozenset({OTHER_AGENT, THIRD_AGENT})),
        TaskFilter(due_before=NOON + MILLISECOND),
        TaskFilter(due_after=NOON - MILLISECOND),
        TaskFilter(modified_after=NOW - MILLISECOND),
        TaskFilter(statuses=frozenset({DONE}), agent_ids=frozenset({AGENT}), due_after=NOON - SECOND),
    ],
)
def test_a_viewing_is_found(wanted: TaskFilter) -> None:
    assert matches(wanted, a_task(VIEWING, modified=NOW))


@pytest.mark.parametrize(
    "wanted",
    [
        TaskFilter(types=frozenset({TaskType.CALL})),
        TaskFilter(statuses=frozenset({WAITING, REJECTED})),
        TaskFilter(office_ids=frozenset({OTHER_OFFICE})),
        TaskFilter(realty_ids=frozenset({OTHER_REALTY})),
        TaskFilter(assignment_ids=frozenset({OTHER_ASSIGNMENT})),
        TaskFilter(party_ids=frozenset({THIRD_PARTY})),
        TaskFilter(agent_ids=frozenset({THIRD_AGENT})),
        TaskFilter(due_before=NOON),  # "before" and "after" are strict
        TaskFilter(due_after=NOON),
        TaskFilter(modified_after=NOW),
        TaskFilter(statuses=frozenset({DONE}), agent_ids=frozenset({THIRD_AGENT})),
    ],
)
def test_a_viewing_is_not_found(wanted: TaskFilter) -> None:
    assert not matches(wanted, a_task(VIEWING, modified=NOW))


@pytest.mark.parametrize(
    "wanted",
    [
        TaskFilter(realty_ids=frozenset({REALTY})),
        TaskFilter(assignment_ids=frozenset({ASSIGNMENT})),
        TaskFilter(party_ids=frozenset({PARTY})),
    ],
)
def test_a_task_about_nothing_is_not_found_by_what_it_is_about(wanted: TaskFilter) -> None:
    assert not matches(wanted, a_task(what_is_said(parties=[])))
