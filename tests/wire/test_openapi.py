"""The OpenAPI documents: valid, and true in every example and every answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from jsonschema import ValidationError  # type: ignore[import-untyped]
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.samples import TASK_ANSWER, TASK_BODY
from tests.server import Client, Server
from tests.wire.asking import TASKS, TOKEN, UNKNOWN_ID, Agency, on_both
from tests.wire.documented import Documented, check_against_document, documented
from tests.wire.estate import MEETINGS, NOTES, REQUIREMENTS
from tests.wire.watching import WATCHES

DOCUMENTS = ["task-management", "meeting", "asset-requirement", "authentication", "askare"]
OPERATIONS = {
    "task-management": {
        "task.create": f"POST {TASKS}",
        "task.search": f"GET {TASKS}",
        "task.get": f"GET {TASKS}/{{taskId}}",
        "task.update": f"PUT {TASKS}/{{taskId}}",
        "task.delete": f"DELETE {TASKS}/{{taskId}}",
    },
    "meeting": {
        "meeting.create": f"POST {MEETINGS}",
        "meeting.search": f"GET {MEETINGS}",
        "meeting.get": f"GET {MEETINGS}/{{meetingId}}",
        "meeting.update": f"PUT {MEETINGS}/{{meetingId}}",
        "meeting.delete": f"DELETE {MEETINGS}/{{meetingId}}",
    },
    "asset-requirement": {
        "assetRequirement.create": f"POST {REQUIREMENTS}",
        "assetRequirement.search": f"GET {REQUIREMENTS}",
        "assetRequirement.get": f"GET {REQUIREMENTS}/{{assetRequirementId}}",
        "assetRequirement.update": f"PUT {REQUIREMENTS}/{{assetRequirementId}}",
        "assetRequirement.delete": f"DELETE {REQUIREMENTS}/{{assetRequirementId}}",
        "note.create": f"POST {NOTES}",
        "note.search": f"GET {NOTES}",
        "note.update": f"PUT {NOTES}/{{noteId}}",
        "note.delete": f"DELETE {NOTES}/{{noteId}}",
        "watch.create": f"POST {WATCHES}",
        "watch.search": f"GET {WATCHES}",
        "watch.get": f"GET {WATCHES}/{{watchId}}",
        "watch.update": f"PUT {WATCHES}/{{watchId}}",
        "watch.delete": f"DELETE {WATCHES}/{{watchId}}",
    },
    "authentication": {"authentication.createToken": f"POST {TOKEN}"},
    "askare": {
        "callSettings.get": "GET /askare/v1/call-settings",
        "callSettings.put": "PUT /askare/v1/call-settings",
        "changes.get": "GET /askare/v1/changes",
        "letter.search": "GET /askare/v1/letters",
        "letter.get": "GET /askare/v1/letters/{letterId}",
        "letter.send": "POST /askare/v1/letters/{letterId}:send",
        "watch.matches": "GET /askare/v1/watches/{watchId}/matches",
        "watch.preferences": "GET /askare/v1/watches/{watchId}/preferences",
        "watch.setPreferences": "PUT /askare/v1/watches/{watchId}/preferences",
        "watch.preview": "POST /askare/v1/watches:preview",
        "realty.history": "GET /askare/v1/realties/{realtyId}/history",
        "realty.matches": "GET /askare/v1/realties/{realtyId}/matches",
        "assetRequirement.setMarketingStatus": (
            "PUT /askare/v1/assetRequirements/{assetRequirementId}/marketingActionStatus"
        ),
    }
    | {
        f"{thing}.{name}": f"{method} /askare/v1/{plural}{path}"
        for thing, plural, id_field in (
            ("office", "offices", "agencyOfficeId"),
            ("agent", "agents", "agentId"),
            ("operator", "operators", "userId"),
            ("party", "parties", "partyId"),
            ("realty", "realties", "realtyId"),
        )
        for name, method, path in (
            ("search", "GET", ""),
            ("get", "GET", f"/{{{id_field}}}"),
            ("put", "PUT", f"/{{{id_field}}}"),
            ("delete", "DELETE", f"/{{{id_field}}}"),
        )
    }
    | {"changes.get": "GET /askare/v1/changes"},
}


@pytest.fixture
def told(nobody: Client) -> Documented:
    """The Task Management API, as its document tells it."""
    return documented(nobody)


# The documents as such -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_valid_openapi(name: str, nobody: Client) -> None:
    document = documented(nobody, name).document

    assert document["openapi"].startswith("3.1.")
    OpenAPIV31SpecValidator(document).validate()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_tells_every_operation_and_no_other(name: str, nobody: Client) -> None:
    operations = documented(nobody, name).operations()

    assert {
        operation_id: f"{operation['method']} {operation['path']}" for operation_id, operation in operations.items()
    } == OPERATIONS[name]


def test_every_operation_on_tasks_asks_for_a_bearer_token_and_says_for_which_roles(told: Documented) -> None:
    assert told.document["components"]["securitySchemes"]["bearerAuth"]["scheme"] == "bearer"
    for operation in told.operations().values():
        assert operation["security"] == [{"bearerAuth": []}]
        assert operation["x-askare-roles"] == ["admin", "agent"]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_operation_asks_for_a_request_id(name: str, nobody: Client) -> None:
    for operation in documented(nobody, name).operations().values():
        (header,) = [one for one in operation["parameters"] if one["name"] == "Request-ID"]
        assert (header["in"], header["required"], header["schema"]["format"]) == ("header", True, "uuid")


def test_every_refusal_has_the_error_body(told: Documented) -> None:
    for operation in told.operations().values():
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                assert answer["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/ErrorBody"}


def test_every_published_search_parameter_is_told(told: Documented) -> None:
    parameters = {one["name"]: one for one in told.operations()["task.search"]["parameters"] if one["in"] == "query"}

    assert list(parameters) == [
        "typeCode",
        "statusCode",
        "agencyOfficeId",
        "realtyId",
        "assignmentId",
        "partyId",
        "agentId",
        "freeTextSearch",
        "taskTimeBefore",
        "taskTimeAfter",
        "modifiedAfter",
        "startIndex",
        "size",
        "sort",
    ]
    assert not any(one["required"] for one in parameters.values())
    assert (parameters["size"]["schema"]["minimum"], parameters["size"]["schema"]["maximum"]) == (1, 100)
    assert parameters["size"]["schema"]["default"] == 50
    assert parameters["taskTimeBefore"]["schema"]["format"] == "date-time"


def test_the_published_samples_fit_the_document(told: Documented) -> None:
    schemas = told.document["components"]["schemas"]

    told.check_value(TASK_BODY, schemas["TaskContent"])
    told.check_value(
        {**TASK_ANSWER, "creationTime": "2022-12-01T08:30:00Z", "modificationTime": "2022-12-01T08:30:00Z"},
        schemas["TaskDetails"],
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"taskDueTime": "tomorrow"},
        {"taskDueTime": "1899-12-31T23:59:59Z"},
        {"parties": [{"partyId": UNKNOWN_ID}]},
        {"agents": []},
        {"statusCode": "OPEN"},
        {"realtyId": "5"},
        {"description": "x" * 10_001},
    ],
    ids=str,
)
def test_what_the_server_refuses_the_document_refuses_too(wrong: dict[str, Any], agency: Agency) -> None:
    told = documented(agency.nobody)
    body = agency.task(**wrong)

    assert agency.admin.post(TASKS, body).status_code == 400
    with pytest.raises(ValidationError):
        told.check_value(body, told.document["components"]["schemas"]["TaskContent"])


# Examples --------------------------------------------------------------------------------------------------------


def examples_of(content: dict[str, Any]) -> list[Any]:
    return [example["value"] for example in content.get("examples", {}).values()]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_example_of_an_answer_fits_its_schema(name: str, nobody: Client) -> None:
    told = documented(nobody, name)
    checked = 0
    for operation in told.operations().values():
        for answer in operation["responses"].values():
            for content in answer.get("content", {}).values():
                for example in examples_of(content):
                    told.check_value(example, content["schema"])
                    checked += 1

    assert checked > 0


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_operation_shows_what_success_looks_like(name: str, nobody: Client) -> None:
    for operation in documented(nobody, name).operations().values():
        (success, *_) = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
        if "content" in success:
            assert examples_of(success["content"]["application/json"])


@on_both
def test_every_example_of_a_body_is_accepted(agency: Agency) -> None:
    told = documented(agency.nobody)
    path = agency.admin.creates(agency.task())
    accepted = 0
    for operation in told.operations().values():
        for content in operation.get("requestBody", {}).get("content", {}).values():
            for example in examples_of(content):
                told.check_value(example, content["schema"])
                address = operation["path"].replace(f"{TASKS}/{{taskId}}", path)
                answer = agency.admin.request(operation["method"], address, example)
                assert answer.status_code in (201, 204), answer.text
                accepted += 1

    assert accepted == 2


def test_every_example_of_a_parameter_is_accepted(agency: Agency) -> None:
    path = agency.admin.creates(agency.task())
    for operation in documented(agency.nobody).operations().values():
        examples = [one for one in operation["parameters"] if "example" in one]
        answer = agency.admin.request(
            operation["method"],
            operation["path"].replace(f"{TASKS}/{{taskId}}", path),
            agency.task() if "requestBody" in operation else None,
            params={one["name"]: one["example"] for one in examples if one["in"] == "query"},
            headers={one["name"]: one["example"] for one in examples if one["in"] == "header"},
        )
        assert answer.status_code < 400 or answer.status_code == 412, answer.text


# Real answers ----------------------------------------------------------------------------------------------------


@on_both
def test_every_answer_that_tasks_can_give_is_told(agency: Agency) -> None:
    told = documented(agency.nobody)
    admin, path = agency.admin, agency.admin.creates(agency.task())
    done = admin.creates(agency.task(statusCode="DONE", description=..., realtyId=..., assignmentId=..., parties=[]))
    stale: dict[str, str | None] = {"If-Match": '"7"'}
    answers = {
        "created": admin.post(TASKS, agency.task()),
        "found": admin.get(TASKS),
        "nothing found": admin.get(TASKS, params={"freeTextSearch": "nothing"}),
        "read": admin.get(path),
        "read without optional fields": admin.get(done),
        "known already": admin.get(path, headers={"If-None-Match": '"1"'}),
        "changed": admin.put(path, agency.task(description="Changed")),
        "locked": admin.put(done, agency.task()),
        "not deletable": admin.delete(done),
        "stale change": admin.put(path, agency.task(), headers=stale),
        "stale deletion": admin.delete(path, headers=stale),
        "deleted": admin.delete(path),
        "gone": admin.get(path),
        "nothing to change": admin.put(path, agency.task()),
        "nothing to delete": admin.delete(path),
        "faulty body": admin.post(TASKS, {}),
        "no JSON": admin.post(TASKS, content=b"{"),
        "not said to be JSON": admin.post(TASKS, agency.task(), headers={"Content-Type": "text/plain"}),
        "too large": admin.post(TASKS, content=b" " * 1_048_577),
        "faulty parameter": admin.get(TASKS, params={"size": "0"}),
        "faulty id": admin.delete(f"{TASKS}/5"),
        "no request id": admin.get(TASKS, headers={"Request-ID": None}),
        "no token": agency.nobody.get(TASKS),
        "wrong role": agency.operator.get(TASKS),
        "another office": agency.agent.post(TASKS, agency.task(agencyOfficeId=agency.other_office)),
    }

    for answer in answers.values():
        told.check(answer)
    assert {answer.status_code for answer in answers.values()} == {
        *(200, 201, 204, 304),
        *(400, 401, 403, 404, 412, 413, 415),
    }


def test_every_answer_of_the_sign_in_is_told(nobody: Client) -> None:
    said: list[object] = [{"username": "nobody", "password": "nothing"}, {}, []]
    for body in said:
        check_against_document(nobody.post(TOKEN, body), nobody, "authentication")


def test_the_address_of_the_server_is_in_the_document(server: Server, told: Documented) -> None:
    (address,) = (one["url"] for one in told.document["servers"])

    assert urlsplit(address).port == server.port


@pytest.mark.parametrize("name", ["task-management", "meeting", "asset-requirement", "askare"])
def test_whatever_a_body_may_lack_may_be_null_there(name: str, nobody: Client) -> None:
    document = documented(nobody, name).document

    def resolved(schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return schema

    def never_null(schema: dict[str, Any], path: str) -> Iterator[str]:
        schema = resolved(schema)
        for one in [*schema.get("anyOf", []), *([schema["items"]] if "items" in schema else [])]:
            yield from never_null(one, path)
        for field, inner in schema.get("properties", {}).items():
            if field not in schema.get("required", []) and {"type": "null"} not in inner.get("anyOf", []):
                yield f"{path}.{field}"
            yield from never_null(inner, f"{path}.{field}")

    bodies = {
        operation["operationId"]: operation["requestBody"]["content"]["application/json"]["schema"]
        for item in document["paths"].values()
        for operation in item.values()
        if "requestBody" in operation
    }

    assert bodies
    assert [field for operation, schema in bodies.items() for field in never_null(schema, operation)] == []
