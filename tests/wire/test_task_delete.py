"""DELETE /tasks/{taskId}: delete a task.  If-Match is in test_preconditions.py."""

from __future__ import annotations

import pytest

from tests.wire.asking import (
    REQUEST_ID,
    TASKS,
    UNKNOWN_ID,
    Agency,
    assert_bad_parameters,
    assert_error,
    assert_unknown_task,
    on_both,
)


@on_both
def test_a_waiting_task_is_gone_once_deleted(agency: Agency) -> None:
    kept, path = agency.admin.creates(agency.task()), agency.admin.creates(agency.task())

    answer = agency.admin.delete(path, headers={"Request-ID": REQUEST_ID})

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["request-id"] == REQUEST_ID
    assert_unknown_task(agency.admin.get(path))
    assert agency.admin.page()["totalCount"] == 1
    assert agency.admin.finds(freeTextSearch="customer") == [kept.rpartition("/")[2]]


@on_both
@pytest.mark.parametrize("status", ["DONE", "REJECTED"])
def test_a_task_that_is_over_stays(status: str, agency: Agency) -> None:
    path = agency.admin.creates(agency.task(statusCode=status))

    answer = agency.admin.delete(path)

    body = assert_error(answer, 400, "INVALID_STATUS")
    assert body["description"] == f"Only a WAITING task can be deleted; this one is {status}."
    assert agency.admin.get(path).status_code == 200


@on_both
def test_a_task_is_deleted_once(agency: Agency) -> None:
    path = agency.admin.creates(agency.task())

    assert agency.admin.delete(path).status_code == 204
    assert_unknown_task(agency.admin.delete(path))


@on_both
def test_an_unknown_task_is_not_found(agency: Agency) -> None:
    assert_unknown_task(agency.admin.delete(f"{TASKS}/{UNKNOWN_ID}"))


@on_both
def test_another_organizations_task_stays(agency: Agency) -> None:
    path = agency.admin.creates(agency.task())

    assert_unknown_task(agency.stranger.delete(path))

    assert agency.admin.get(path).status_code == 200


@on_both
def test_another_offices_task_stays_and_its_state_stays_unknown(agency: Agency) -> None:
    path = agency.agent.creates(agency.task(statusCode="DONE"))

    assert_unknown_task(agency.neighbour.delete(path))

    assert agency.agent.get(path).status_code == 200


def test_an_id_that_is_no_uuid_is_a_faulty_parameter(agency: Agency) -> None:
    assert_bad_parameters(agency.admin.delete(f"{TASKS}/all"), ("taskId", "INVALID_TYPE"))


def test_all_tasks_cannot_be_deleted_at_once(agency: Agency) -> None:
    agency.admin.creates(agency.task())

    assert_error(agency.admin.delete(TASKS), 405, "METHOD_NOT_ALLOWED")

    assert agency.admin.page()["totalCount"] == 1


def test_without_a_token_nothing_is_deleted(agency: Agency) -> None:
    path = agency.admin.creates(agency.task())

    assert_error(agency.nobody.delete(path), 401, "UNAUTHORIZED")

    assert agency.admin.get(path).status_code == 200


def test_the_request_id_is_required(agency: Agency) -> None:
    path = agency.admin.creates(agency.task())

    assert_bad_parameters(agency.admin.delete(path, headers={"Request-ID": None}), ("Request-ID", "VALUE_REQUIRED"))

    assert agency.admin.get(path).status_code == 200
