"""POST /tasks: create a task."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from tests.samples import TASK_BODY
from tests.server import is_uuid
from tests.wire.asking import (
    REQUEST_ID,
    TASKS,
    UNKNOWN_ID,
    Agency,
    assert_bad_body,
    assert_bad_parameters,
    assert_error,
    id_of,
    on_both,
)

PARTY = {"partyId": "123e4567-e89b-12d3-a456-426655440000", "partyTypeCode": "PERSON_PARTY"}
MISSING, TYPE, UNKNOWN = "VALUE_REQUIRED", "INVALID_TYPE", "INVALID_ID"


# The happy path --------------------------------------------------------------------------------------------------


@on_both
def test_the_published_sample_is_taken_as_it_stands(agency: Agency) -> None:
    answer = agency.admin.post(TASKS, TASK_BODY, headers={"Request-ID": REQUEST_ID})

    assert answer.status_code == 201
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["request-id"] == REQUEST_ID
    assert list(answer.json()) == ["taskId"]
    task_id = answer.json()["taskId"]
    assert is_uuid(task_id)
    assert UUID(task_id).version == 4
    assert answer.headers["location"] == f"{TASKS}/{task_id}"
    assert agency.admin.get(answer.headers["location"]).status_code == 200


@on_both
def test_what_is_said_is_what_is_kept(agency: Agency) -> None:
    before = datetime.now(UTC)

    kept = agency.admin.get(agency.admin.creates(agency.task())).json()

    created = datetime.fromisoformat(kept.pop("creationTime"))
    assert abs((created - before).total_seconds()) < 60
    assert datetime.fromisoformat(kept.pop("modificationTime")) == created
    assert is_uuid(kept.pop("taskId"))
    assert kept == agency.task()


def test_the_bare_path_serves_clients_with_another_base_address(agency: Agency) -> None:
    answer = agency.admin.post("/tasks", agency.task())

    assert answer.status_code == 201
    assert answer.headers["location"] == f"/tasks/{answer.json()['taskId']}"
    assert agency.admin.get(answer.headers["location"]).status_code == 200


def test_two_equal_bodies_make_two_tasks(agency: Agency) -> None:
    first, second = agency.admin.creates(agency.task()), agency.admin.creates(agency.task())

    assert first != second
    assert agency.admin.page()["totalCount"] == 2


@pytest.mark.parametrize("status", ["DONE", "REJECTED"])
def test_a_call_already_made_can_be_logged_as(status: str, agency: Agency) -> None:
    path = agency.admin.creates(agency.task(statusCode=status))

    assert agency.admin.get(path).json()["statusCode"] == status


@pytest.mark.parametrize(
    "type_code", ["CALL", "NOTIFICATION", "EMAIL", "TRAINING", "MEETING", "FOLLOW_UP", "REPORT_MEETING", "OTHER"]
)
def test_every_type_is_taken(type_code: str, agency: Agency) -> None:
    path = agency.admin.creates(agency.task(typeCode=type_code))

    assert agency.admin.get(path).json()["typeCode"] == type_code


@on_both
def test_optional_fields_may_be_absent_or_null_and_are_then_absent_in_the_answer(agency: Agency) -> None:
    absent = agency.admin.creates(agency.task(description=..., realtyId=..., assignmentId=..., parties=[]))
    null = agency.admin.creates(agency.task(description=None, realtyId=None, assignmentId=None, parties=[]))

    for path in (absent, null):
        assert set(agency.admin.get(path).json()) == {
            "taskId",
            "typeCode",
            "statusCode",
            "taskDueTime",
            "parties",
            "agencyOfficeId",
            "agents",
            "creationTime",
            "modificationTime",
        }


def test_fields_that_are_not_in_the_schema_are_ignored(agency: Agency) -> None:
    path = agency.admin.creates(
        agency.task(taskId=UNKNOWN_ID, creationTime="2000-01-01T00:00:00Z", version=9, colour={"dark": [True]})
    )

    kept = agency.admin.get(path).json()

    assert id_of(path) == kept["taskId"] != UNKNOWN_ID
    assert not kept["creationTime"].startswith("2000")
    assert not {"version", "colour"} & set(kept)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("2026-12-31T23:59:59Z", "2026-12-31T23:59:59Z"),
        ("2027-01-01T01:59:59+02:00", "2026-12-31T23:59:59Z"),
        ("2026-12-31T23:59:59.000Z", "2026-12-31T23:59:59Z"),
        ("2026-12-31T23:59:59.120Z", "2026-12-31T23:59:59.120Z"),
        ("2026-12-31T23:59:59.1234Z", "2026-12-31T23:59:59.123Z"),
        ("2026-12-31t23:59:59z", "2026-12-31T23:59:59Z"),
        ("2026-12-31T23:59:59-00:00", "2026-12-31T23:59:59Z"),
        ("1900-01-01T00:00:00Z", "1900-01-01T00:00:00Z"),
        ("2199-12-31T23:59:59Z", "2199-12-31T23:59:59Z"),
    ],
)
def test_times_are_answered_in_utc_and_fractions_only_when_there_are_some(said: str, kept: str, agency: Agency) -> None:
    path = agency.admin.creates(agency.task(taskDueTime=said))

    assert agency.admin.get(path).json()["taskDueTime"] == kept


def test_ids_are_taken_in_any_case_and_version_and_answered_in_lower_case(agency: Agency) -> None:
    version_7 = "0190A1B2-C3D4-7E5F-8A9B-0C1D2E3F4A5B"

    kept = agency.admin.get(agency.admin.creates(agency.task(realtyId=version_7))).json()

    assert kept["realtyId"] == version_7.lower()


def test_a_party_or_an_agent_named_twice_is_stored_once(agency: Agency) -> None:
    agent = {"agentId": UNKNOWN_ID}

    kept = agency.admin.get(agency.admin.creates(agency.task(parties=[PARTY, PARTY], agents=[agent, agent]))).json()

    assert kept["parties"] == [PARTY]
    assert kept["agents"] == [agent]


@on_both
@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hämeenkatu 1, Malmö, Ёлкин, 日本",
        "👩‍👩‍👧 and \U0010ffff",
        "a\tb\nc\r\nd",
        "'; DROP TABLE tasks; --",
        'quotes " and \\ and %s and :name',
        "\u0001\u007f\u0085\u2028\ufeff",
        "x" * 10_000,
    ],
)
def test_a_description_comes_back_letter_by_letter(text: str, agency: Agency) -> None:
    path = agency.admin.creates(agency.task(description=text))

    assert agency.admin.get(path).json()["description"] == text


def test_a_body_with_a_charset_is_taken(agency: Agency) -> None:
    answer = agency.admin.post(TASKS, agency.task(), headers={"Content-Type": "Application/JSON; charset=UTF-8"})

    assert answer.status_code == 201


# Refusals --------------------------------------------------------------------------------------------------------


def test_without_a_token_there_is_no_task(agency: Agency) -> None:
    answer = agency.nobody.post(TASKS, agency.task())

    assert_error(answer, 401, "UNAUTHORIZED")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert agency.admin.page()["totalCount"] == 0


def test_the_request_id_is_required(agency: Agency) -> None:
    answer = agency.admin.post(TASKS, agency.task(), headers={"Request-ID": None})

    body = assert_bad_parameters(answer, ("Request-ID", MISSING))
    assert body == {
        "errorCode": "BAD_REQUEST_PARAMETERS",
        "message": "Invalid request parameters",
        "description": "Request parameters are missing or have invalid type.",
        "errors": [
            {
                "target": "Request-ID",
                "errorCode": "VALUE_REQUIRED",
                "message": "Mandatory request parameter Request-ID is missing",
            }
        ],
    }


@pytest.mark.parametrize("field", ["typeCode", "statusCode", "taskDueTime", "parties", "agencyOfficeId", "agents"])
def test_a_mandatory_field_that_is_missing_is_named(field: str, agency: Agency) -> None:
    body = assert_bad_body(agency.admin.post(TASKS, agency.task(**{field: ...})), (field, MISSING))

    assert body["errors"][0]["message"] == f"Mandatory field {field} is missing"


@pytest.mark.parametrize("field", ["typeCode", "statusCode", "taskDueTime", "parties", "agencyOfficeId", "agents"])
def test_a_mandatory_field_that_is_null_is_missing(field: str, agency: Agency) -> None:
    body = assert_bad_body(agency.admin.post(TASKS, agency.task(**{field: None})), (field, MISSING))

    assert body["errors"][0]["message"] == f"Mandatory field {field} is missing"


def test_a_party_whose_type_is_null_is_one_without_a_type(agency: Agency) -> None:
    party = {"partyId": str(uuid4()), "partyTypeCode": None}
    refused = agency.admin.post(TASKS, agency.task(parties=[party]))
    agency.admin.put(f"/askare/v1/parties/{party['partyId']}", {"partyTypeCode": "ESTATE_PARTY", "name": "Kuolinpesä"})

    path = agency.admin.creates(agency.task(parties=[party]))

    assert_bad_body(refused, ("parties[0].partyTypeCode", MISSING))
    assert agency.admin.get(path).json()["parties"] == [{**party, "partyTypeCode": "ESTATE_PARTY"}]


@pytest.mark.parametrize(
    ("field", "value", "target"),
    [
        ("typeCode", "CAL", "typeCode"),
        ("typeCode", "call", "typeCode"),
        ("typeCode", 0, "typeCode"),
        ("typeCode", ["CALL"], "typeCode"),
        ("statusCode", "OPEN", "statusCode"),
        ("statusCode", True, "statusCode"),
        ("description", 5, "description"),
        ("description", ["a"], "description"),
        ("description", "x" * 10_001, "description"),
        ("taskDueTime", "2026-12-31", "taskDueTime"),
        ("taskDueTime", "2026-12-31T23:59:59", "taskDueTime"),
        ("taskDueTime", "2026-02-30T12:00:00Z", "taskDueTime"),
        ("taskDueTime", "tomorrow", "taskDueTime"),
        ("taskDueTime", "", "taskDueTime"),
        ("taskDueTime", 1798761599, "taskDueTime"),
        ("taskDueTime", "1899-12-31T23:59:59Z", "taskDueTime"),
        ("taskDueTime", "2200-01-01T00:00:00Z", "taskDueTime"),
        ("taskDueTime", "2199-12-31T23:30:00-01:00", "taskDueTime"),
        ("taskDueTime", "0001-01-01T00:00:00+14:00", "taskDueTime"),
        ("parties", {}, "parties"),
        ("parties", "none", "parties"),
        ("parties", ["123e4567-e89b-12d3-a456-426655440000"], "parties[0]"),
        ("parties", [None], "parties[0]"),
        ("parties", [PARTY, {**PARTY, "partyId": "x"}], "parties[1].partyId"),
        ("parties", [PARTY, {**PARTY, "partyTypeCode": "PERSON"}], "parties[1].partyTypeCode"),
        ("parties", [PARTY] * 1_001, "parties"),
        ("realtyId", "123e4567", "realtyId"),
        ("realtyId", 7, "realtyId"),
        ("realtyId", "{123e4567-e89b-12d3-a456-426655440000}", "realtyId"),
        ("assignmentId", "", "assignmentId"),
        ("agencyOfficeId", "g23e4567-e89b-12d3-a456-426655440000", "agencyOfficeId"),
        ("agents", {}, "agents"),
        ("agents", [{"agentId": 5}], "agents[0].agentId"),
        ("agents", [{"agentId": "123e4567-e89b-12d3-a456-42665544000"}], "agents[0].agentId"),
    ],
)
def test_a_value_of_the_wrong_kind_is_named_with_its_place(
    field: str, value: object, target: str, agency: Agency
) -> None:
    assert_bad_body(agency.admin.post(TASKS, agency.task(**{field: value})), (target, TYPE))


def test_a_wrong_word_is_answered_with_the_right_ones(agency: Agency) -> None:
    body = assert_bad_body(agency.admin.post(TASKS, agency.task(statusCode="OPEN")), ("statusCode", TYPE))

    assert body["errors"][0]["message"] == "Must be one of WAITING, DONE, REJECTED"


def test_a_time_without_an_offset_is_answered_with_what_to_add(agency: Agency) -> None:
    said = agency.task(taskDueTime="2026-12-31T23:59:59")

    body = assert_bad_body(agency.admin.post(TASKS, said), ("taskDueTime", TYPE))

    assert body["errors"][0]["message"] == "must carry an offset: add Z or +02:00"


def test_a_task_needs_an_agent(agency: Agency) -> None:
    assert_bad_body(agency.admin.post(TASKS, agency.task(agents=[])), ("agents", MISSING))


def test_missing_parts_of_parties_and_agents_are_named_with_their_place(agency: Agency) -> None:
    said = agency.task(parties=[PARTY, {"partyTypeCode": "PERSON_PARTY"}], agents=[{}])

    assert_bad_body(agency.admin.post(TASKS, said), ("parties[1].partyId", MISSING), ("agents[0].agentId", MISSING))


@on_both
def test_a_party_that_nobody_knows_needs_its_type(agency: Agency) -> None:
    said = agency.task(parties=[PARTY, {"partyId": UNKNOWN_ID}])

    assert_bad_body(agency.admin.post(TASKS, said), ("parties[1].partyTypeCode", MISSING))
    assert agency.admin.page()["totalCount"] == 0


@on_both
def test_an_agent_cannot_create_in_an_office_of_others(agency: Agency) -> None:
    answer = agency.agent.post(TASKS, agency.task(agencyOfficeId=agency.other_office))

    assert_bad_body(answer, ("agencyOfficeId", UNKNOWN))
    assert agency.admin.page()["totalCount"] == 0


@pytest.mark.parametrize("said", [None, [], "task", 5, True])
def test_a_body_that_is_no_object_is_refused(said: object, agency: Agency) -> None:
    content = b"null" if said is None else None

    answer = agency.admin.post(TASKS, said, content=content)

    assert_bad_body(answer, ("body", TYPE))


def test_an_empty_object_lacks_all_mandatory_fields_at_once(agency: Agency) -> None:
    answer = agency.admin.post(TASKS, {})

    assert_bad_body(
        answer,
        ("typeCode", MISSING),
        ("statusCode", MISSING),
        ("taskDueTime", MISSING),
        ("parties", MISSING),
        ("agencyOfficeId", MISSING),
        ("agents", MISSING),
    )


def test_no_more_than_a_hundred_faults_are_listed(agency: Agency) -> None:
    answer = agency.admin.post(TASKS, agency.task(parties=[{}] * 500))

    assert answer.status_code == 400
    assert len(answer.json()["errors"]) == 100
