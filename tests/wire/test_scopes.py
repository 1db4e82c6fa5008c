"""Tokens that are limited to scopes: what each opens, and that they open nothing else."""

from __future__ import annotations

from collections.abc import Callable

import httpx2
import pytest

from askare.kernel.caller import Role, Scope
from tests.wire.asking import Person, on_both
from tests.wire.calling import APPEALS, TASKS, Centre, answered, assert_refused
from tests.wire.documented import check_against_document

READ, WRITE, INGEST = Scope.TASKS_READ, Scope.TASKS_WRITE, Scope.TASKS_INGEST

Ask = Callable[[Person, Centre, int], httpx2.Response]

READING: dict[str, Ask] = {
    "list": lambda who, _, __: who.get(TASKS),
    "get": lambda who, _, number: who.get(f"{TASKS}/{number}"),
    "versions": lambda who, _, number: who.get(f"{TASKS}/{number}/versions"),
    "appeals": lambda who, _, __: who.get(APPEALS),
    "webhooks": lambda who, _, __: who.get("/api/webhooks"),
}
WRITING: dict[str, Ask] = {
    "status": lambda who, _, number: who.put(f"{TASKS}/{number}/status", {"status": "completed"}),
    "link": lambda who, _, number: who.put(f"{TASKS}/{number}/appeal", {"appeal_id": None}),
    "alias": lambda who, _, number: who.post(f"{TASKS}/{number}/link-appeal", {"appeal_id": None}),
    "reprocess": lambda who, _, number: who.request("POST", f"{TASKS}/{number}/reprocess"),
    "appeal": lambda who, _, __: who.post(APPEALS, {"subject": "Water"}),
    "webhook": lambda who, _, __: who.post("/api/webhooks", {"url": "http://127.0.0.1:9/"}),
}
CREATING: dict[str, Ask] = {"create": lambda who, centre, _: who.post(TASKS, centre.call())}
EVERYTHING = {**READING, **WRITING, **CREATING}


@pytest.mark.parametrize("what", EVERYTHING)
@pytest.mark.parametrize("scope", Scope)
def test_a_limited_token_opens_what_its_scope_is_for_and_says_which_it_lacks(
    centre: Centre, scope: Scope, what: str
) -> None:
    number = centre.creates(call_transcription="Клиент: нет воды")["id"]

    answer = EVERYTHING[what](centre.limited(Role.ADMIN, scope), centre, number)

    if what != "alias":  # which is documented nowhere
        check_against_document(answer, centre.nobody, "call-tasks")
    suitable = [READ] if what in READING else [WRITE] if what in WRITING else [INGEST, WRITE]
    if scope in suitable:
        answered(answer)
    else:
        needed = " or ".join(one.value for one in suitable)
        assert_refused(answer, 403, f"The token is limited to {scope.value}; this needs {needed}.")


@on_both
def test_a_token_with_several_scopes_may_what_any_of_them_is_for(centre: Centre) -> None:
    person = centre.limited(Role.SUPERVISOR, INGEST, READ)

    number = answered(person.post(TASKS, centre.call()))["id"]
    assert answered(person.get(f"{TASKS}/{number}"))["id"] == number
    refused = person.put(f"{TASKS}/{number}/status", {"status": "completed"})
    assert_refused(refused, 403, "The token is limited to tasks:ingest tasks:read; this needs tasks:write.")


def test_a_limited_token_gives_no_more_than_its_role(centre: Centre) -> None:
    assert_refused(centre.limited(Role.SUPERVISOR, *Scope).get("/api/webhooks"), 403)


def test_a_limited_key_hands_calls_in_by_header_and_by_address(centre: Centre) -> None:
    key = centre.limited(Role.INGEST, INGEST).token

    by_header = centre.nobody.request("POST", TASKS, body=centre.call(), headers={"X-API-Key": key})
    by_address = centre.nobody.request("POST", f"/api/ingest/{key}/tasks", body=centre.call())

    assert answered(by_header)["id"] != answered(by_address)["id"]


@pytest.mark.parametrize(
    "path",
    [
        "/task-management/v1/tasks",
        "/meetings",
        "/asset-requirement/v1/assetRequirements",
        "/askare/v1/offices",
        "/askare/v1/changes",
        "/rest/v1/service/svctasks",
        "/rest/v1/session",
    ],
)
def test_a_limited_token_opens_nothing_in_the_other_apis(centre: Centre, path: str) -> None:
    assert centre.admin.get(path).status_code != 403
    answer = centre.limited(Role.ADMIN, *Scope).get(path)

    assert answer.status_code == 403
    assert path.startswith("/rest/") or "which opens nothing here" in answer.text  # the platform has its own words
