"""The settings of the contact centre, on a server of its own that has them otherwise than usual."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from msgspec import Struct

from tests.server import Client, running
from tests.wire.asking import Person
from tests.wire.calling import APPEALS, TASKS, answered, assert_faults, assert_refused
from tests.wire.documented import check_against_document

OPERATOR, COLLEAGUE = "0c1f6a5e-8f0e-4a57-9a2c-1d6e0f7a3b11", "0c1f6a5e-8f0e-4a57-9a2c-1d6e0f7a3b12"
STATIC_TOKENS = json.dumps(
    [
        {"token": "a-fixed-token-for-a-supervisor", "organization": "Call", "role": "supervisor"},
        {"token": "a-fixed-token-for-an-operator", "organization": "Call", "role": "operator", "user": OPERATOR},
        {"token": "a-fixed-token-for-a-colleague", "organization": "Call", "role": "operator", "user": COLLEAGUE},
        {"token": "a-fixed-token-for-an-exchange", "organization": "Call", "role": "ingest"},
    ]
)
CALL = {"operator_id": OPERATOR, "title": "Water"}


class Strict(Struct, frozen=True):
    nobody: Client
    supervisor: Person
    operator: Person
    colleague: Person
    exchange: Person


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Strict]:
    with running(
        tmp_path_factory.mktemp("strict") / "data",
        ASKARE_STATIC_TOKENS=STATIC_TOKENS,
        ASKARE_CALL_STATUSES="strict",
        ASKARE_OPERATORS_SEE_ALL="on",
        ASKARE_COMPLETE_ON_LINK="on",
        ASKARE_ANONYMOUS_CALLS="Call",
        ASKARE_UNKNOWN_OPERATOR=COLLEAGUE,
        ASKARE_APPEALS="external",
        ASKARE_APPEAL_URL="https://crm.example/appeals/{appeal_id}",
    ) as server:
        client = server.client()
        yield Strict(
            client,
            *(Person(client, f"a-fixed-token-for-{who}") for who in ("a-supervisor", "an-operator")),
            *(Person(client, f"a-fixed-token-for-{who}") for who in ("a-colleague", "an-exchange")),
        )
        client.close()


@pytest.mark.parametrize("final", ["completed", "cancelled"])
def test_what_is_final_stays_so_in_a_strict_house(strict: Strict, final: str) -> None:
    path = f"{TASKS}/{answered(strict.operator.post(TASKS, CALL))['id']}/status"
    answered(strict.operator.put(path, {"status": final}))

    answer = strict.operator.put(path, {"status": "pending"})

    assert_refused(answer, 409, f"A {final} task stays {final} here.")
    check_against_document(answer, strict.nobody, "call-tasks")
    assert answered(strict.operator.put(path, {"status": final}))["status"] == final


def test_operators_see_each_others_tasks_where_the_house_wants_it(strict: Strict) -> None:
    number = answered(strict.operator.post(TASKS, CALL))["id"]

    assert answered(strict.colleague.get(f"{TASKS}/{number}"))["id"] == number
    assert number in [one["id"] for one in answered(strict.colleague.get(TASKS))["items"]]
    assert number not in [one["id"] for one in answered(strict.colleague.get(TASKS, params={"mine": "1"}))["items"]]


def test_an_appeal_kept_elsewhere_is_taken_as_it_comes_completes_the_task_and_can_be_followed(strict: Strict) -> None:
    path = f"{TASKS}/{answered(strict.operator.post(TASKS, CALL))['id']}"

    linked = strict.operator.put(f"{path}/appeal", {"appeal_id": "A/7"})

    check_against_document(linked, strict.nobody, "call-tasks")
    task = answered(linked)
    assert (task["appeal_id"], task["status"]) == ("A/7", "completed")
    assert task["appeal_link"] == "https://crm.example/appeals/A%2F7"
    assert answered(strict.operator.get(TASKS, params={"appeal_id": "A/7"}))["items"] == [task]
    assert_refused(strict.supervisor.get(APPEALS), 404, "Not Found")


def test_a_call_may_be_handed_in_by_nobody_where_the_house_wants_it(strict: Strict) -> None:
    task = answered(strict.nobody.post(TASKS, CALL))

    assert task["created_by_user_id"] is None
    assert answered(strict.supervisor.get(f"{TASKS}/{task['id']}"))["id"] == task["id"]
    assert_refused(strict.nobody.get(TASKS), 401, "Not authenticated")
    wrong = strict.nobody.request("POST", TASKS, body=CALL, headers={"Authorization": "Bearer nonsense"})
    assert_refused(wrong, 401, "Not authenticated")


def test_an_exchanges_call_for_nobody_goes_to_somebody_and_a_persons_is_refused(strict: Strict) -> None:
    lost = {**CALL, "operator_id": "extension 999"}

    number = answered(strict.exchange.post(TASKS, lost))["id"]

    assert number in [one["id"] for one in answered(strict.colleague.get(TASKS, params={"mine": "1"}))["items"]]
    assert_faults(strict.supervisor.post(TASKS, lost), ("operator_not_found", ["body", "operator_id"]))
