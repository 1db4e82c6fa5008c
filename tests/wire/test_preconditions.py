"""ETag, If-Match and If-None-Match: nobody overwrites what they have not read."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from tests.wire.asking import (
    TASKS,
    UNKNOWN_ID,
    Agency,
    assert_bad_parameters,
    assert_error,
    assert_unknown_task,
    on_both,
)

STALE = ['"2"', '"0"', '"-1"', '"01"', '"1 "', '""', '"abc"', '"9999999999999999999999"', '"a,b"']


def assert_changed_meanwhile(answer: httpx2.Response) -> None:
    body = assert_error(answer, 412, "PRECONDITION_FAILED")
    assert body["description"] == "The task was changed since it was read."


# Entity tags -----------------------------------------------------------------------------------------------------


@on_both
def test_create_and_get_give_the_same_strong_tag_and_each_change_another(agency: Agency) -> None:
    created = agency.admin.post(TASKS, agency.task())
    path = created.headers["location"]
    assert created.headers["etag"] == agency.admin.get(path).headers["etag"] == '"1"'

    agency.admin.put(path, agency.task(description="Changed"))

    assert agency.admin.get(path).headers["etag"] == '"2"'


# If-Match --------------------------------------------------------------------------------------------------------


@on_both
def test_an_update_of_what_was_read_goes_through(agency: Agency) -> None:
    path = agency.admin.creates(agency.task())
    tag = agency.admin.get(path).headers["etag"]

    assert agency.admin.put(path, agency.task(description="A"), headers={"If-Match": tag}).status_code == 204


@on_both
def test_an_update_of_what_has_changed_is_refused(agency: Agency) -> None:
    path = agency.admin.creates(agency.task())
    tag = agency.admin.get(path).headers["etag"]
    agency.admin.put(path, agency.task(description="First"))

    assert_changed_meanwhile(agency.admin.put(path, agency.task(description="Second"), headers={"If-Match": tag}))

    assert agency.admin.get(path).json()["description"] == "First"


@on_both
def test_of_ten_who_read_the_same_one_writes(agency: Agency) -> None:
    path = agency.admin.creates(agency.task())

    def write(number: int) -> int:
        body = agency.task(description=f"by {number}")
        return agency.admin.put(path, body, headers={"If-Match": '"1"'}).status_code

    with ThreadPoolExecutor(10) as threads:
        statuses = list(threads.map(write, range(10)))

    assert sorted(statuses) == [204] + [412] * 9
    assert agency.admin.get(path).headers["etag"] == '"2"'


@on_both
def test_a_deletion_of_what_has_changed_is_refused(agency: Agency) -> None:
    path = agency.admin.creates(agency.task())
    agency.admin.put(path, agency.task(description="Changed"))

    assert_changed_meanwhile(agency.admin.delete(path, headers={"If-Match": '"1"'}))
    assert agency.admin.delete(path, headers={"If-Match": '"2"'}).status_code == 204


@pytest.mark.parametrize("value", ["*", '"1"', '"7", "1"', '"7"  ,  "1"', '"1","7"', 'W/"1", "1"', '"a,b", "1"'])
def test_a_tag_in_a_list_and_a_star_match(value: str, agency: Agency) -> None:
    path = agency.admin.creates(agency.task())

    assert agency.admin.put(path, agency.task(description="A"), headers={"If-Match": value}).status_code == 204


@pytest.mark.parametrize("value", ['W/"1"', 'W/"1", W/"2"', *STALE])
def test_a_weak_tag_and_one_that_is_not_ours_never_match(value: str, agency: Agency) -> None:
    path = agency.admin.creates(agency.task())

    assert_changed_meanwhile(agency.admin.delete(path, headers={"If-Match": value}))

    assert agency.admin.get(path).status_code == 200


@pytest.mark.parametrize("value", ["1", "'1'", '"1', '1"', '"1" "2"', '"1",', ',"1"', '"1";"2"', 'w/"1"', '*, "1"'])
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_what_is_no_tag_is_a_faulty_parameter(method: str, value: str, agency: Agency) -> None:
    path = agency.admin.creates(agency.task())
    body = agency.task() if method == "PUT" else None

    answer = agency.admin.request(method, path, body, headers={"If-Match": value})

    assert_bad_parameters(answer, ("If-Match", "INVALID_TYPE"))


def test_an_unknown_task_is_told_before_its_version(agency: Agency) -> None:
    assert_unknown_task(agency.admin.delete(f"{TASKS}/{UNKNOWN_ID}", headers={"If-Match": '"1"'}))


def test_a_stale_version_is_told_before_the_state(agency: Agency) -> None:
    path = agency.admin.creates(agency.task(statusCode="DONE"))

    assert_changed_meanwhile(agency.admin.delete(path, headers={"If-Match": '"2"'}))


# If-None-Match ---------------------------------------------------------------------------------------------------


@on_both
def test_who_has_the_present_version_gets_no_body(agency: Agency) -> None:
    path = agency.admin.creates(agency.task())

    answer = agency.admin.get(path, headers={"If-None-Match": '"1"'})

    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["etag"] == '"1"'
    assert "request-id" in answer.headers


def test_who_wants_it_only_if_there_is_none_gets_no_body(agency: Agency) -> None:
    path = agency.admin.creates(agency.task())

    answer = agency.admin.get(path, headers={"If-None-Match": "*"})

    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["etag"] == '"1"'


@on_both
def test_who_has_an_older_version_gets_the_present_one(agency: Agency) -> None:
    path = agency.admin.creates(agency.task())
    agency.admin.put(path, agency.task(description="Changed"))

    answer = agency.admin.get(path, headers={"If-None-Match": '"1"'})

    assert (answer.status_code, answer.json()["description"]) == (200, "Changed")


@pytest.mark.parametrize("value", ['"5", "1"', 'W/"1"', 'W/"7", W/"1"'])
def test_a_tag_that_a_proxy_made_weak_still_says_what_one_has(value: str, agency: Agency) -> None:
    path = agency.admin.creates(agency.task())

    assert agency.admin.get(path, headers={"If-None-Match": value}).status_code == 304


@pytest.mark.parametrize("value", STALE)
def test_a_tag_that_is_not_ours_says_nothing(value: str, agency: Agency) -> None:
    path = agency.admin.creates(agency.task())

    assert agency.admin.get(path, headers={"If-None-Match": value}).status_code == 200


def test_a_faulty_tag_is_named(agency: Agency) -> None:
    path = agency.admin.creates(agency.task())

    answer = agency.admin.get(path, headers={"If-None-Match": "1"})

    assert_bad_parameters(answer, ("If-None-Match", "INVALID_TYPE"))


def test_a_304_needs_the_right_to_see(agency: Agency) -> None:
    path = agency.agent.creates(agency.task())

    assert_unknown_task(agency.neighbour.get(path, headers={"If-None-Match": '"1"'}))
