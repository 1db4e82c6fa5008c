"""PUT /tasks/{taskId}: replace a task.  If-Match is in test_preconditions.py."""

from __future__ import annotations

from typing import Any

import pytest

from tests.wire.asking import (
    REQUEST_ID,
    TASKS,
    UNKNOWN_ID,
    Agency,
    assert_bad_body,
    assert_bad_parameters,
    assert_error,
    assert_unknown_task,
    on_both,
)

OTHER = "5b1d1b3e-3f7a-4a53-9d54-1e0f6a7b8c9d"
PERSON = {"partyId": "123e4567-e89b-12d3-a456-426655440000", "partyTypeCode": "PERSON_PARTY"}
ESTATE = {"partyId": OTHER, "partyTypeCode": "ESTATE_PARTY"}
LOCKED = "INVALID_STATUS"


@on_both
def test_an_update_replaces_everything_and_answers_nothing(agency: Agency) -> None:
    path = agency.admin.creates(agency.task())
    created = agency.admin.get(path).json()
    said = {
        "typeCode": "CALL",
        "statusCode": "WAITING",
        "description": "Soita uudestaan",
        "taskDueTime": "2026-12-31T10:00:00.500Z",
        "parties": [ESTATE],
        "realtyId": OTHER,
        "assignmentId": UNKNOWN_ID,
        "agencyOfficeId": agency.other_office,
        "agents": [{"agentId": OTHER}, {"agentId": UNKNOWN_ID}],
    }

    answer = agency.admin.put(path, said, headers={"Request-ID": REQUEST_ID})

    assert (answer.status_code, answer.content) == (204, b"")
    assert "content-type" not in answer.headers
    assert answer.headers["request-id"] == REQUEST_ID
    kept = agency.admin.get(path).json()
    assert kept["modificationTime"] > created["modificationTime"]
    kept.pop("modificationTime")
    assert kept == {**said, "taskId": created["taskId"], "creationTime": created["creationTime"]}


@on_both
def test_an_optional_field_that_is_left_out_is_cleared(agency: Agency) -> None:
    path = agency.admin.creates(agency.task())

    agency.admin.put(path, agency.task(description=..., realtyId=None, assignmentId=..., parties=[]))

    kept = agency.admin.get(path).json()
    assert not {"description", "realtyId", "assignmentId"} & set(kept)
    assert kept["parties"] == []


def test_what_was_read_can_be_put_back_as_it_is(agency: Agency) -> None:
    path = agency.admin.creates(agency.task())
    task = agency.admin.get(path).json()

    answer = agency.admin.put(path, {**task, "description": "Changed"})

    assert answer.status_code == 204
    assert agency.admin.get(path).json()["description"] == "Changed"


@on_both
def test_an_update_that_changes_nothing_leaves_the_modification_time(agency: Agency) -> None:
    path = agency.admin.creates(agency.task(parties=[PERSON, ESTATE]))
    before = agency.admin.get(path)

    answer = agency.admin.put(path, agency.task(parties=[ESTATE, PERSON], taskDueTime="2023-01-01T01:59:59+02:00"))

    assert answer.status_code == 204
    after = agency.admin.get(path)
    assert (after.json(), after.headers["etag"]) == (before.json(), before.headers["etag"])


@pytest.mark.parametrize("status", ["DONE", "REJECTED"])
def test_the_update_that_ends_a_task_may_still_change_parties_and_due_time(status: str, agency: Agency) -> None:
    path = agency.admin.creates(agency.task())

    answer = agency.admin.put(
        path, agency.task(statusCode=status, parties=[ESTATE], taskDueTime="2026-05-05T05:05:05Z")
    )

    assert answer.status_code == 204
    kept = agency.admin.get(path).json()
    assert (kept["statusCode"], kept["parties"], kept["taskDueTime"]) == (status, [ESTATE], "2026-05-05T05:05:05Z")


@on_both
@pytest.mark.parametrize("status", ["DONE", "REJECTED"])
def test_what_is_not_locked_may_still_change_in_a_task_that_is(status: str, agency: Agency) -> None:
    path = agency.admin.creates(agency.task(statusCode=status))
    said = agency.task(
        statusCode=status,
        typeCode="OTHER",
        description="Noted later",
        realtyId=OTHER,
        assignmentId=...,
        agents=[{"agentId": OTHER}],
        agencyOfficeId=agency.other_office,
    )

    assert agency.admin.put(path, said).status_code == 204

    kept = agency.admin.get(path).json()
    assert {name: kept[name] for name in said} == said


@on_both
@pytest.mark.parametrize(
    ("change", "targets"),
    [
        ({"statusCode": "WAITING"}, ["statusCode"]),
        ({"statusCode": "REJECTED"}, ["statusCode"]),
        ({"taskDueTime": "2022-12-31T23:59:58Z"}, ["taskDueTime"]),
        ({"parties": []}, ["parties"]),
        ({"parties": [PERSON, ESTATE]}, ["parties"]),
        ({"parties": [{**PERSON, "partyTypeCode": "ORGANIZATION_PARTY"}]}, ["parties"]),
        (
            {"statusCode": "WAITING", "parties": [ESTATE], "taskDueTime": "2030-01-01T00:00:00Z"},
            ["statusCode", "parties", "taskDueTime"],
        ),
    ],
)
def test_a_done_task_keeps_its_status_parties_and_due_time(
    change: dict[str, Any], targets: list[str], agency: Agency
) -> None:
    path = agency.admin.creates(agency.task(statusCode="DONE"))
    before = agency.admin.get(path).json()

    answer = agency.admin.put(path, {**agency.task(statusCode="DONE", description="Lost"), **change})

    body = assert_error(answer, 400, "INVALID_STATUS", [(target, LOCKED) for target in targets])
    assert body["description"] == "The task is DONE; statusCode, parties and taskDueTime can no longer change."
    assert agency.admin.get(path).json() == before


@on_both
def test_an_unknown_task_is_not_found(agency: Agency) -> None:
    assert_unknown_task(agency.admin.put(f"{TASKS}/{UNKNOWN_ID}", agency.task()))


@on_both
def test_a_deleted_task_cannot_be_brought_back(agency: Agency) -> None:
    path = agency.admin.creates(agency.task())
    agency.admin.delete(path)

    assert_unknown_task(agency.admin.put(path, agency.task()))


@on_both
def test_another_organizations_task_is_not_found(agency: Agency) -> None:
    path = agency.admin.creates(agency.task())

    assert_unknown_task(agency.stranger.put(path, agency.task(description="Mine now")))

    assert agency.admin.get(path).json()["description"] == "Call to the customer"


@on_both
def test_an_agent_cannot_move_a_task_to_an_office_of_others(agency: Agency) -> None:
    path = agency.agent.creates(agency.task())

    answer = agency.agent.put(path, agency.task(agencyOfficeId=agency.other_office))

    assert_bad_body(answer, ("agencyOfficeId", "INVALID_ID"))
    assert agency.agent.get(path).json()["agencyOfficeId"] == agency.office


def test_a_faulty_body_is_told_before_an_unknown_task(agency: Agency) -> None:
    assert_bad_body(agency.admin.put(f"{TASKS}/{UNKNOWN_ID}", agency.task(agents=[])), ("agents", "VALUE_REQUIRED"))


def test_faults_of_the_path_and_of_the_body_come_together(agency: Agency) -> None:
    answer = agency.admin.put(f"{TASKS}/5", agency.task(statusCode=...))

    assert_bad_parameters(answer, ("taskId", "INVALID_TYPE"), ("statusCode", "VALUE_REQUIRED"))


def test_a_partial_body_is_no_update(agency: Agency) -> None:
    path = agency.admin.creates(agency.task())

    answer = agency.admin.put(path, {"statusCode": "DONE"})

    assert_bad_body(
        answer,
        *((field, "VALUE_REQUIRED") for field in ("typeCode", "taskDueTime", "parties", "agencyOfficeId", "agents")),
    )
    assert agency.admin.get(path).json()["statusCode"] == "WAITING"


def test_without_a_token_nothing_changes(agency: Agency) -> None:
    path = agency.admin.creates(agency.task())

    assert_error(agency.nobody.put(path, agency.task(description="?")), 401, "UNAUTHORIZED")

    assert agency.admin.get(path).json()["description"] == "Call to the customer"
