"""A task's values and its document form."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from askare.directory.model import InvolvedAgent, InvolvedParty
from askare.kernel.time import settled
from askare.tasks.model import (
    PartyType,
    Task,
    TaskContent,
    content_of,
    document_of,
    task_of,
)
from tests.samples import TASK_ANSWER, TASK_BODY
from tests.values import (
    AGENT,
    HOUR,
    NOON,
    NOW,
    OTHER_AGENT,
    OTHER_PARTY,
    PARTY,
    THIRD_PARTY,
    a_party,
    a_task,
    an_id,
    what_is_said,
)

HELSINKI_WINTER = timezone(timedelta(hours=2))


def read(body: dict[str, Any]) -> TaskContent:
    return msgspec.json.decode(msgspec.json.encode(body), type=TaskContent)


def test_the_published_sample_is_answered_as_it_was_sent() -> None:
    task = Task(msgspec.convert(TASK_ANSWER["taskId"], type=type(PARTY)), 1, read(TASK_BODY), created=NOW, modified=NOW)

    answer = msgspec.json.decode(document_of(task))

    assert answer == {
        **TASK_ANSWER,
        "creationTime": "2026-03-02T09:00:00Z",
        "modificationTime": "2026-03-02T09:00:00Z",
    }


def test_the_fields_of_an_answer_stand_in_the_contracts_order() -> None:
    answer = msgspec.json.decode(document_of(a_task(read(TASK_BODY))))

    assert list(answer) == [*TASK_ANSWER, "creationTime", "modificationTime"]


def test_a_stored_document_gives_the_task_back() -> None:
    task = Task(an_id(7), 4, read(TASK_BODY), created=NOW, modified=NOW + HOUR + timedelta(milliseconds=5))

    assert task_of(task.task_id, task.version, document_of(task)) == task
    assert content_of(document_of(task)) == task.content


def test_a_due_time_is_settled_when_the_value_is_made() -> None:
    content = what_is_said(due=datetime(2026, 3, 2, 14, 0, 0, 1_999, tzinfo=HELSINKI_WINTER))

    assert content.task_due_time == NOON + timedelta(milliseconds=1)
    assert read({**TASK_BODY, "taskDueTime": "2023-01-01T01:59:59+02:00"}) == read(TASK_BODY)


@pytest.mark.parametrize("text", ["2022-12-31T23:59:59", "1899-12-31T23:59:59Z", "2200-01-01T00:00:00Z", "tomorrow"])
def test_a_due_time_that_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=r"taskDueTime|offset|years|datetime"):
        read({**TASK_BODY, "taskDueTime": text})


def test_an_agent_named_twice_is_kept_once_and_in_its_place() -> None:
    content = what_is_said(agents=[AGENT, OTHER_AGENT, AGENT])

    assert content.agents == (InvolvedAgent(AGENT), InvolvedAgent(OTHER_AGENT))


def test_a_party_named_twice_is_kept_once_and_in_its_place() -> None:
    content = what_is_said(parties=[a_party(PARTY), a_party(OTHER_PARTY), a_party(PARTY), a_party(THIRD_PARTY)])

    assert [party.party_id for party in content.parties] == [PARTY, OTHER_PARTY, THIRD_PARTY]


def test_of_two_types_of_one_party_the_first_counts() -> None:
    estate, person = a_party(PARTY, PartyType.ESTATE_PARTY), a_party(PARTY, PartyType.PERSON_PARTY)

    assert what_is_said(parties=[estate, person]).parties == (estate,)
    assert what_is_said(parties=[InvolvedParty(PARTY), person]).parties == (person,)


@pytest.mark.parametrize("field", ["description", "realtyId", "assignmentId"])
def test_null_means_absent(field: str) -> None:
    with_null = {**TASK_BODY, field: None}
    without = {name: value for name, value in TASK_BODY.items() if name != field}

    assert read(with_null) == read(without)
    assert field not in msgspec.json.decode(document_of(a_task(read(with_null))))


def test_an_empty_description_is_a_description() -> None:
    assert msgspec.json.decode(document_of(a_task(what_is_said(description=""))))["description"] == ""


def test_no_parties_are_answered_as_an_empty_list() -> None:
    assert msgspec.json.decode(document_of(a_task(what_is_said(parties=[]))))["parties"] == []


@pytest.mark.parametrize("field", ["typeCode", "statusCode", "taskDueTime", "parties", "agencyOfficeId", "agents"])
def test_a_mandatory_field_cannot_be_left_out(field: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=field):
        read({name: value for name, value in TASK_BODY.items() if name != field})


def test_a_task_has_at_least_one_agent() -> None:
    with pytest.raises(msgspec.ValidationError, match="agents"):
        read({**TASK_BODY, "agents": []})


def test_read_only_and_unknown_fields_are_ignored() -> None:
    assert read({**TASK_ANSWER, "creationTime": "2026-03-02T09:00:00Z", "colour": {"red": 1}}) == read(TASK_BODY)


def test_a_description_survives_with_every_letter() -> None:
    spoken = 'Äänekäs "lainaus" \\ 😀 Ёлка \t\n  % _ \' ;--'

    assert content_of(document_of(a_task(what_is_said(description=spoken)))).description == spoken


def test_fractions_of_a_second_are_answered_only_when_there_are_any() -> None:
    answer = msgspec.json.decode(document_of(a_task(modified=settled(NOW + timedelta(milliseconds=30)))))

    assert answer["creationTime"] == "2026-03-02T09:00:00Z"
    assert answer["modificationTime"] == "2026-03-02T09:00:00.030Z"
