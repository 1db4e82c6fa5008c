"""The settings that change what is answered, each on a server of its own."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.samples import TASK_ANSWER, TASK_BODY
from tests.samples_estate import MEETING_BODY, REQUIREMENT_BODY
from tests.server import Client, Server, is_uuid, make_token, new_id, running
from tests.wire.asking import (
    REQUEST_ID,
    TASKS,
    TOKEN,
    Person,
    assert_bad_parameters,
    assert_error,
    id_of,
    raw_answer,
    raw_start,
)
from tests.wire.documented import check_against_document, documented

ADMIN, AGENT, OTHER_ADMIN = "a-fixed-token-for-an-admin", "a-fixed-token-for-an-agent", "a-fixed-token-elsewhere"
OFFICE = TASK_BODY["agencyOfficeId"]
STATIC_TOKENS = json.dumps(
    [
        {"token": ADMIN, "organization": "Koti", "role": "admin"},
        {"token": AGENT, "organization": "Koti", "role": "agent", "offices": [OFFICE]},
        {"token": OTHER_ADMIN, "organization": "Mökki", "role": "admin"},
    ]
)


class Started:
    """A server with settings of its own, and its fixed tokens."""

    def __init__(self, server: Server, client: Client) -> None:
        self.server = server
        self.nobody = client
        self.admin, self.agent, self.stranger = (Person(client, token) for token in (ADMIN, AGENT, OTHER_ADMIN))


def started(folder: Path, **settings: str) -> Iterator[Started]:
    environment = {f"ASKARE_{key.upper()}": value for key, value in settings.items()}
    with running(folder / "data", ASKARE_STATIC_TOKENS=STATIC_TOKENS, **environment) as server:
        client = server.client()
        yield Started(server, client)
        client.close()


@pytest.fixture(scope="module")
def lenient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """A server that is set to be kind to clients with other habits."""
    yield from started(
        tmp_path_factory.mktemp("lenient"),
        require_request_id="false",
        empty_success_status="200",
        times_in_answers="false",
        task_management_prefix="/crm/v9",
        meeting_prefix="/crm/m9",
        asset_requirement_prefix="/crm/a9",
        window_max="5",
    )


# Fixed tokens ----------------------------------------------------------------------------------------------------


def test_a_fixed_token_opens_its_own_organization(lenient: Started) -> None:
    path = lenient.admin.creates(TASK_BODY | {"description": "Fixed"}, at="/tasks")

    assert lenient.agent.get(path).status_code == 200
    assert lenient.stranger.get(path).status_code == 404


def test_a_fixed_token_is_bound_to_its_offices(lenient: Started) -> None:
    answer = lenient.agent.post("/tasks", {**TASK_BODY, "agencyOfficeId": new_id()})

    assert (answer.status_code, answer.json()["errors"][0]["target"]) == (400, "agencyOfficeId")


def test_other_tokens_work_beside_fixed_ones(lenient: Started) -> None:
    person = Person(lenient.nobody, make_token(lenient.server.data, organization="Koti"))

    assert person.get("/tasks").status_code == 200


def test_fixed_tokens_stay_out_of_the_log(lenient: Started) -> None:
    lenient.admin.get("/tasks")

    assert "a-fixed-token" not in lenient.server.log()


# Request-ID ------------------------------------------------------------------------------------------------------


def test_a_request_id_is_made_up_where_none_is_required(lenient: Started) -> None:
    first, second = (lenient.admin.get("/tasks", headers={"Request-ID": None}) for _ in range(2))

    assert first.status_code == 200
    assert is_uuid(first.headers["request-id"])
    assert first.headers["request-id"] != second.headers["request-id"]


def test_a_request_id_that_is_given_is_still_checked_and_echoed(lenient: Started) -> None:
    assert lenient.admin.get("/tasks", headers={"Request-ID": REQUEST_ID}).headers["request-id"] == REQUEST_ID
    assert_bad_parameters(lenient.admin.get("/tasks", headers={"Request-ID": "5"}), ("Request-ID", "INVALID_TYPE"))


# Answers ---------------------------------------------------------------------------------------------------------


def test_a_success_without_content_may_be_a_200(lenient: Started) -> None:
    path = lenient.admin.creates(TASK_BODY, at="/tasks")

    changed = lenient.admin.put(path, {**TASK_BODY, "description": "Changed"})
    deleted = lenient.admin.delete(path)

    assert (changed.status_code, changed.content) == (deleted.status_code, deleted.content) == (200, b"")


def test_answers_may_be_without_times_exactly_as_published(lenient: Started) -> None:
    answer = lenient.admin.post("/tasks", TASK_BODY)
    published = {**TASK_ANSWER, "taskId": answer.json()["taskId"]}

    assert lenient.admin.get(answer.headers["location"]).json() == published
    assert published in lenient.admin.get("/tasks", params={"size": "100"}).json()["tasks"]


def test_what_looks_like_times_in_a_description_is_left_alone(lenient: Started) -> None:
    text = '","creationTime":"2026","modificationTime":"2026"}'
    path = lenient.admin.creates({**TASK_BODY, "description": text}, at="/tasks")

    assert lenient.admin.get(path).json()["description"] == text


def test_meetings_asset_requirements_and_notes_follow_the_settings(lenient: Started) -> None:
    admin = lenient.admin
    meeting = admin.creates(MEETING_BODY, at="/crm/m9/meetings")
    wish = admin.creates(REQUIREMENT_BODY, at="/crm/a9/assetRequirements")
    note = admin.creates({"note": "x", "assetRequirementId": id_of(wish)}, at="/crm/a9/notes")

    assert admin.get(meeting).json() == {**MEETING_BODY, "meetingId": id_of(meeting)}
    assert admin.get("/meetings").json()["meetings"][0] == {**MEETING_BODY, "meetingId": id_of(meeting)}
    (one,) = admin.get("/notes", params={"assetRequirementId": id_of(wish)}).json()["notes"]
    assert is_uuid(one["createdBy"])
    assert admin.get("/assetRequirements", params={"endIndex": "5"}).status_code == 200
    assert_bad_parameters(admin.get("/assetRequirements", params={"endIndex": "6"}), ("endIndex", "INVALID_TYPE"))
    change = {**REQUIREMENT_BODY, "assetRequirementId": id_of(wish), "statusCode": "DRAFT", "note": "y"}
    answers = [
        admin.put(meeting, {**MEETING_BODY, "notes": "y"}),
        admin.put(wish, change),
        admin.put(note, {"note": "y"}),
        *(admin.delete(path) for path in (meeting, note, wish)),
    ]
    assert [(answer.status_code, answer.content) for answer in answers] == [(200, b"")] * 6


def test_tasks_live_where_the_setting_says(lenient: Started) -> None:
    path = lenient.admin.post("/crm/v9/tasks", TASK_BODY).headers["location"]

    assert path.startswith("/crm/v9/tasks/")
    assert lenient.admin.get(path).status_code == 200
    assert_error(lenient.admin.get("/task-management/v1/tasks"), 404, "NOT_FOUND")


def test_the_document_tells_what_the_settings_say(lenient: Started) -> None:
    told = documented(lenient.nobody)
    created = lenient.admin.post("/crm/v9/tasks", TASK_BODY)
    path = created.headers["location"]
    answers = [
        created,
        lenient.admin.get(path),
        lenient.admin.get("/crm/v9/tasks"),
        lenient.admin.put(path, TASK_BODY),
        lenient.admin.delete(path),
    ]

    assert set(told.document["paths"]) == {"/crm/v9/tasks", "/crm/v9/tasks/{taskId}"}
    assert "creationTime" not in json.dumps(told.document["components"])
    for answer in answers:
        told.check(answer)


# API keys --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    yield from started(tmp_path_factory.mktemp("keyed"), api_keys="first-key,second-key")


@pytest.mark.parametrize("key", [None, "", "third-key", "first-key,second-key", "FIRST-KEY"])
def test_an_application_without_a_key_is_turned_away(key: str | None, keyed: Started) -> None:
    answer = keyed.admin.get(TASKS, headers={"x-api-key": key})

    assert_error(answer, 404, "INVALID_API_KEY")
    check_against_document(answer, keyed.nobody)


@pytest.mark.parametrize("key", ["first-key", "second-key"])
def test_any_of_the_keys_will_do(key: str, keyed: Started) -> None:
    assert keyed.admin.get(TASKS, headers={"X-API-Key": key}).status_code == 200


def test_a_missing_token_is_told_before_a_missing_key(keyed: Started) -> None:
    assert_error(keyed.nobody.get(TASKS), 401, "UNAUTHORIZED")


def test_nobody_needs_a_key_to_sign_in_or_to_look_at_health(keyed: Started) -> None:
    assert keyed.nobody.post(TOKEN, {"username": "x", "password": "y"}).status_code == 401
    assert keyed.nobody.get("/health/ready").status_code == 200


# Limits ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def metered(tmp_path: Path) -> Iterator[Started]:
    yield from started(tmp_path, rate_limit="5")


def test_the_sixth_request_of_a_minute_must_wait(metered: Started) -> None:
    statuses = [metered.admin.get(TASKS).status_code for _ in range(5)]

    answer = metered.admin.get(TASKS)

    assert statuses == [200] * 5
    assert_error(answer, 429, "TOO_MANY_REQUESTS")
    assert 1 <= int(answer.headers["retry-after"]) <= 13  # a twelfth of a second less than a fifth of a minute
    assert answer.headers["request-id"]
    check_against_document(answer, metered.nobody)
    # The limit is each caller's own, and none for who asks how the server is.
    assert metered.agent.get(TASKS).status_code == 200
    assert [metered.nobody.get("/health/live").status_code for _ in range(10)] == [200] * 10


@pytest.fixture
def narrow(tmp_path: Path) -> Iterator[Started]:
    yield from started(tmp_path, requests_at_once="2")


def test_one_request_more_than_the_server_carries_is_told_to_come_back(narrow: Started) -> None:
    content = json.dumps(TASK_BODY).encode()
    headers: dict[str, str | bytes] = {
        "Content-Type": "application/json",
        "Content-Length": str(len(content)),
        "Connection": "close",
    }
    with ExitStack() as open_connections:
        slow = [
            open_connections.enter_context(raw_start(narrow.server, f"POST {TASKS}", token=ADMIN, headers=headers))
            for _ in range(2)
        ]
        for connection in slow:
            connection.sendall(content[:10])  # the server is now in the middle of reading two bodies

        answer = until_refused(narrow)

        assert_error(answer, 503, "SERVICE_UNAVAILABLE")
        assert answer.headers["retry-after"] == "1"
        assert answer.headers["request-id"] == REQUEST_ID
        check_against_document(answer, narrow.nobody)
        assert narrow.nobody.get("/health/live").json() == {"status": "live"}
        assert narrow.nobody.get("/health/ready").json() == {"status": "ready"}
        assert narrow.nobody.get("/metrics").status_code == 200
        for connection in slow:
            connection.sendall(content[10:])
        assert [raw_answer(connection).status for connection in slow] == [201, 201]

    assert narrow.admin.page()["totalCount"] == 2


def until_refused(full: Started) -> Any:
    """The first answer that is not 200: the two slow requests take a moment to arrive."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        answer = full.admin.get(TASKS, headers={"Request-ID": REQUEST_ID})
        if answer.status_code != 200:
            return answer
    raise AssertionError("the server takes in more than it should")
