"""Idempotency-Key: one effect a key."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx2
import pytest

from tests.wire.asking import (
    TASKS,
    Agency,
    Person,
    assert_bad_body,
    assert_bad_parameters,
    assert_error,
    on_both,
    raw_request,
)

pytestmark = on_both


def post(person: Person, body: object, key: str) -> httpx2.Response:
    return person.post(TASKS, body, headers={"Idempotency-Key": key})


def test_a_repetition_is_answered_with_the_first_task_and_makes_no_other(agency: Agency) -> None:
    key = str(uuid4())

    first, second = (post(agency.admin, agency.task(), key) for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    for header in ("etag", "location", "content-type"):
        assert first.headers[header] == second.headers[header]
    assert first.headers["request-id"] != second.headers["request-id"]
    assert agency.admin.page()["totalCount"] == 1


def test_the_same_body_in_other_blanks_and_another_order_is_the_same_request(agency: Agency) -> None:
    key, task = str(uuid4()), agency.task()
    turned = json.dumps(dict(reversed(task.items())), indent=4).encode()

    first = post(agency.admin, task, key)
    second = agency.admin.request(
        "POST", TASKS, content=turned, headers={"Idempotency-Key": key, "Content-Type": "application/json"}
    )

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert agency.admin.page()["totalCount"] == 1


def test_another_body_under_the_same_key_is_a_mistake(agency: Agency) -> None:
    key = str(uuid4())
    post(agency.admin, agency.task(), key)

    answer = post(agency.admin, agency.task(description="Another"), key)

    body = assert_bad_parameters(answer, ("Idempotency-Key", "INVALID_STATUS"))
    assert "new key" in body["errors"][0]["message"]
    assert agency.admin.page()["totalCount"] == 1


def test_a_mistake_does_not_spoil_the_key(agency: Agency) -> None:
    key = str(uuid4())
    first = post(agency.admin, agency.task(), key)
    post(agency.admin, agency.task(description="Another"), key)

    assert post(agency.admin, agency.task(), key).json() == first.json()


def test_twenty_at_once_under_one_key_make_one_task(agency: Agency) -> None:
    key = str(uuid4())

    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda _: post(agency.admin, agency.task(), key), range(20)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["taskId"] for answer in answers}) == 1
    assert agency.admin.page()["totalCount"] == 1


def test_twenty_keys_at_once_make_twenty_tasks(agency: Agency) -> None:
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda _: post(agency.admin, agency.task(), str(uuid4())), range(20)))

    assert len({answer.json()["taskId"] for answer in answers}) == 20
    assert agency.admin.page()["totalCount"] == 20


def test_another_user_may_use_the_same_key(agency: Agency) -> None:
    key = str(uuid4())

    answers = [post(person, agency.task(), key) for person in (agency.admin, agency.agent, agency.stranger)]

    assert len({answer.json()["taskId"] for answer in answers}) == 3
    assert agency.admin.page()["totalCount"] == 2
    assert agency.stranger.page()["totalCount"] == 1


def test_a_request_that_failed_leaves_the_key_free(agency: Agency) -> None:
    key = str(uuid4())
    assert_bad_body(
        post(agency.agent, agency.task(agencyOfficeId=agency.other_office), key), ("agencyOfficeId", "INVALID_ID")
    )
    assert_bad_body(post(agency.agent, agency.task(agents=[]), key), ("agents", "VALUE_REQUIRED"))
    assert_error(post(agency.operator, agency.task(), key), 403, "ACCESS_DENIED")

    answer = post(agency.agent, agency.task(), key)

    assert answer.status_code == 201


def test_a_repetition_after_the_task_is_gone_still_names_it(agency: Agency) -> None:
    key = str(uuid4())
    first = post(agency.admin, agency.task(), key)
    agency.admin.delete(first.headers["location"])

    second = post(agency.admin, agency.task(), key)

    assert second.json() == first.json()
    assert agency.admin.page()["totalCount"] == 0


def test_the_same_key_on_the_bare_path_is_the_same_request(agency: Agency) -> None:
    key = str(uuid4())
    first = post(agency.admin, agency.task(), key)

    second = agency.admin.post("/tasks", agency.task(), headers={"Idempotency-Key": key})

    assert second.json() == first.json()


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb", "avain-ä"])
def test_a_key_is_1_to_255_printable_ascii_characters(key: str, agency: Agency) -> None:
    answer = raw_request(
        agency.server,
        f"POST {TASKS}",
        token=agency.admin.token,
        headers={"Idempotency-Key": key, "Content-Type": "application/json", "Content-Length": "2"},
        body=b"{}",
    )

    assert answer.status == 400
    assert ("Idempotency-Key", "INVALID_TYPE") in [
        (item["target"], item["errorCode"]) for item in answer.json()["errors"]
    ]


@pytest.mark.parametrize("key", ["x", "x" * 255, "order 5/7; try 2", "'; DROP TABLE idempotency_keys; --"])
def test_any_printable_key_will_do(key: str, agency: Agency) -> None:
    first, second = (post(agency.admin, agency.task(), key) for _ in range(2))

    assert first.status_code == 201
    assert first.json() == second.json()
