"""Who may do what: roles, office walls, other organizations."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from tests.wire.asking import (
    TASKS,
    UNKNOWN_ID,
    Agency,
    Person,
    assert_bad_body,
    assert_error,
    assert_unknown_task,
    id_of,
    on_both,
)

OPERATIONS = ["task.create", "task.search", "task.get", "task.update", "task.delete"]


def does(person: Person, operation: str, agency: Agency, path: str) -> httpx2.Response:
    """One operation on the task at the path."""
    if operation == "task.create":
        return person.post(TASKS, agency.task())
    if operation == "task.search":
        return person.get(TASKS)
    if operation == "task.get":
        return person.get(path)
    if operation == "task.update":
        return person.put(path, agency.task(description="Changed"))
    return person.delete(path)


def status_of_success(operation: str) -> int:
    return {"task.create": 201, "task.search": 200, "task.get": 200}.get(operation, 204)


# Roles -----------------------------------------------------------------------------------------------------------


@on_both
@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("role", ["admin", "agent"])
def test_admins_and_agents_do_everything_with_tasks(role: str, operation: str, agency: Agency) -> None:
    path = agency.admin.creates(agency.task())

    answer = does(getattr(agency, role), operation, agency, path)

    assert answer.status_code == status_of_success(operation)


@on_both
@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("role", ["supervisor", "operator", "ingest"])
def test_those_who_answer_calls_have_nothing_to_do_with_tasks(role: str, operation: str, agency: Agency) -> None:
    path = agency.admin.creates(agency.task())
    before = agency.admin.get(path).json()

    answer = does(getattr(agency, role), operation, agency, path)

    assert_error(answer, 403, "ACCESS_DENIED")
    assert agency.admin.page() == {"tasks": [before], "totalCount": 1}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_role_that_may_not_learns_nothing_about_what_there_is(operation: str, agency: Agency) -> None:
    there = does(agency.operator, operation, agency, agency.admin.creates(agency.task()))
    not_there = does(agency.operator, operation, agency, f"{TASKS}/{UNKNOWN_ID}")
    malformed = does(agency.operator, operation, agency, f"{TASKS}/5")

    assert there.json() == not_there.json() == malformed.json()


# Office walls ----------------------------------------------------------------------------------------------------


@on_both
@pytest.mark.parametrize("operation", ["task.get", "task.update", "task.delete"])
def test_another_offices_task_does_not_exist(operation: str, agency: Agency) -> None:
    path = agency.agent.creates(agency.task())
    before = agency.agent.get(path).json()
    said = agency.task(agencyOfficeId=agency.other_office)

    answer = (
        agency.neighbour.put(path, said)
        if operation == "task.update"
        else does(agency.neighbour, operation, agency, path)
    )

    assert_unknown_task(answer)
    assert agency.agent.get(path).json() == before


@on_both
@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"sort": "taskDueTime|desc"},
        {"sort": "modificationTime|asc"},
        {"statusCode": "WAITING"},
        {"freeTextSearch": "customer"},
        {"freeTextSearch": "cust"},
        {"partyId": "123e4567-e89b-12d3-a456-426655440000"},
        {"agentId": "123e4567-e89b-12d3-a456-426655440000", "realtyId": "123e4567-e89b-12d3-a456-426655440000"},
        {"taskTimeAfter": "2020-01-01T00:00:00Z"},
        {"modifiedAfter": "2020-01-01T00:00:00Z", "size": "1"},
    ],
    ids=str,
)
def test_another_offices_tasks_are_neither_shown_nor_counted(wish: dict[str, Any], agency: Agency) -> None:
    ours, theirs = agency.task(), agency.task(agencyOfficeId=agency.other_office)
    mine = agency.agent.creates(ours)
    yours = [agency.neighbour.creates(theirs) for _ in range(2)]

    seen_by_agent = agency.agent.page(**wish)
    seen_by_neighbour = agency.neighbour.page(**wish)

    assert [task["taskId"] for task in seen_by_agent["tasks"]] == [id_of(mine)]
    assert seen_by_agent["totalCount"] == 1
    assert {task["taskId"] for task in seen_by_neighbour["tasks"]} <= {id_of(path) for path in yours}
    assert seen_by_neighbour["totalCount"] == 2
    assert agency.admin.page(**wish)["totalCount"] == 3


@on_both
def test_asking_for_another_office_by_its_id_finds_nothing(agency: Agency) -> None:
    agency.neighbour.creates(agency.task(agencyOfficeId=agency.other_office))

    assert agency.agent.page(agencyOfficeId=agency.other_office) == {"tasks": [], "totalCount": 0}
    assert agency.agent.page(agencyOfficeId=[agency.office, agency.other_office])["totalCount"] == 0
    assert agency.admin.page(agencyOfficeId=agency.other_office)["totalCount"] == 1


@on_both
def test_a_task_that_moves_to_another_office_leaves_the_first(agency: Agency) -> None:
    path = agency.agent.creates(agency.task())
    assert agency.agent.page()["totalCount"] == 1

    agency.admin.put(path, agency.task(agencyOfficeId=agency.other_office))

    assert_unknown_task(agency.agent.get(path))
    assert agency.agent.page()["totalCount"] == 0
    assert agency.neighbour.finds() == [id_of(path)]


@on_both
@pytest.mark.parametrize("foreign", ["other_office", "nowhere"])
def test_a_body_cannot_name_an_office_that_the_agent_does_not_see(foreign: str, agency: Agency) -> None:
    path = agency.agent.creates(agency.task())
    said = agency.task(agencyOfficeId=agency.other_office if foreign == "other_office" else UNKNOWN_ID)

    for answer in (agency.agent.post(TASKS, said), agency.agent.put(path, said)):
        assert_bad_body(answer, ("agencyOfficeId", "INVALID_ID"))

    assert agency.admin.page()["totalCount"] == 1


def test_an_admin_may_name_any_office(agency: Agency) -> None:
    assert agency.admin.post(TASKS, agency.task(agencyOfficeId=UNKNOWN_ID)).status_code == 201


# Other organizations ---------------------------------------------------------------------------------------------


@on_both
@pytest.mark.parametrize("operation", ["task.get", "task.update", "task.delete"])
def test_another_organizations_task_does_not_exist(operation: str, agency: Agency) -> None:
    path = agency.admin.creates(agency.task())
    before = agency.admin.get(path).json()

    assert_unknown_task(does(agency.stranger, operation, agency, path))

    assert agency.admin.get(path).json() == before


@on_both
def test_two_organizations_may_speak_of_the_same_office_and_still_see_their_own_only(agency: Agency) -> None:
    ours, theirs = agency.admin.creates(agency.task()), agency.stranger.creates(agency.task())

    assert agency.admin.finds(agencyOfficeId=agency.office) == agency.agent.finds() == [id_of(ours)]
    assert agency.stranger.finds(agencyOfficeId=agency.office) == [id_of(theirs)]
    assert agency.stranger.finds(freeTextSearch="customer") == [id_of(theirs)]


# The order of checks ---------------------------------------------------------------------------------------------


def test_faults_are_told_in_the_order_of_the_contract(agency: Agency) -> None:
    """401, 415, parameters and headers 400, body 400, 404, state 400: each request mends the first fault only."""
    done = agency.agent.creates(agency.task(statusCode="DONE"))
    text: dict[str, str | None] = {"Content-Type": "text/plain"}
    everything_wrong: dict[str, str | None] = {**text, "Request-ID": "5"}
    unknown = f"{TASKS}/{UNKNOWN_ID}"

    assert_error(agency.nobody.put(f"{TASKS}/5", {}, headers=everything_wrong), 401, "UNAUTHORIZED")
    assert_error(agency.operator.put(f"{TASKS}/5", {}, headers=everything_wrong), 403, "ACCESS_DENIED")
    assert_error(agency.agent.put(f"{TASKS}/5", {}, headers=everything_wrong), 415, "UNSUPPORTED_MEDIA_TYPE")
    assert_error_code(agency.agent.put(f"{TASKS}/5", {}, headers={"Request-ID": "5"}), 400, "BAD_REQUEST_PARAMETERS")
    assert_error_code(agency.agent.put(unknown, {}), 400, "BAD_REQUEST_BODY")
    assert_error_code(agency.agent.put(unknown, agency.task()), 404, "INVALID_ID")
    assert_error_code(agency.agent.put(done, agency.task()), 400, "INVALID_STATUS")


def assert_error_code(answer: httpx2.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["errorCode"]) == (status, code), answer.text
