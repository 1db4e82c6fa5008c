"""GET /tasks/{taskId}: the details of a task.  Entity tags are in test_preconditions.py."""

from __future__ import annotations

import pytest

from tests.samples import TASK_ANSWER, TASK_BODY
from tests.wire.asking import (
    REQUEST_ID,
    TASKS,
    UNKNOWN_ID,
    Agency,
    assert_bad_parameters,
    assert_error,
    assert_unknown_task,
    id_of,
    on_both,
)


@on_both
def test_the_answer_has_every_field_of_the_published_sample_and_two_times(agency: Agency) -> None:
    path = agency.admin.creates(TASK_BODY)

    answer = agency.admin.get(path, headers={"Request-ID": REQUEST_ID})

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["request-id"] == REQUEST_ID
    task = answer.json()
    assert {name: task[name] for name in TASK_ANSWER} == {**TASK_ANSWER, "taskId": id_of(path)}
    assert set(task) - set(TASK_ANSWER) == {"creationTime", "modificationTime"}


def test_fields_come_in_the_order_of_the_contract(agency: Agency) -> None:
    task = agency.admin.get(agency.admin.creates(agency.task())).json()

    assert list(task) == [*TASK_ANSWER, "creationTime", "modificationTime"]


def test_the_id_in_the_path_may_be_written_in_capitals(agency: Agency) -> None:
    path = agency.admin.creates(agency.task())

    assert agency.admin.get(f"{TASKS}/{id_of(path).upper()}").json()["taskId"] == id_of(path)


@on_both
def test_an_unknown_task_is_not_found(agency: Agency) -> None:
    assert_unknown_task(agency.admin.get(f"{TASKS}/{UNKNOWN_ID}"))


@on_both
def test_a_deleted_task_is_not_found(agency: Agency) -> None:
    path = agency.admin.creates(agency.task())
    agency.admin.delete(path)

    assert_unknown_task(agency.admin.get(path))


@on_both
def test_another_organizations_task_is_not_found(agency: Agency) -> None:
    assert_unknown_task(agency.stranger.get(agency.admin.creates(agency.task())))


@on_both
def test_another_offices_task_is_not_found(agency: Agency) -> None:
    path = agency.agent.creates(agency.task())

    assert_unknown_task(agency.neighbour.get(path))


@pytest.mark.parametrize(
    "task_id",
    [
        "5",
        "x" * 36,
        "123e4567-e89b-12d3-a456-42665544000",
        "123e4567-e89b-12d3-a456-4266554400000",
        "%7B123e4567-e89b-12d3-a456-426655440000%7D",
        "123e4567-e89b-12d3-a456-42665544000%00",
        "%F0%9F%98%80",
        "null",
        "x" * 2_000,
    ],
)
def test_an_id_that_is_no_uuid_is_a_slip_of_the_pen_and_not_a_missing_task(task_id: str, agency: Agency) -> None:
    assert_bad_parameters(agency.admin.get(f"{TASKS}/{task_id}"), ("taskId", "INVALID_TYPE"))


def test_without_a_token_nothing_is_shown(agency: Agency) -> None:
    path = agency.admin.creates(agency.task())

    assert_error(agency.nobody.get(path), 401, "UNAUTHORIZED")


def test_the_request_id_is_required(agency: Agency) -> None:
    path = agency.admin.creates(agency.task())

    answer = agency.admin.get(path, headers={"Request-ID": None})

    assert_bad_parameters(answer, ("Request-ID", "VALUE_REQUIRED"))
