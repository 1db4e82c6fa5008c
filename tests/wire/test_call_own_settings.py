"""GET and PUT /askare/v1/call-settings: who may say what of an organization's calls, and what it does to them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from askare.wire.askare.call_settings import EXAMPLE
from tests.server import askare
from tests.wire.asking import assert_bad_body, assert_error, on_both
from tests.wire.calling import APPEALS, TASKS, Centre, answered, assert_faults, assert_refused, found_centre
from tests.wire.documented import check_against_document

SETTINGS = "/askare/v1/call-settings"
NOTHING = {
    "statuses": None,
    "operatorsSeeAll": None,
    "completeOnLink": None,
    "phoneRegion": None,
    "language": None,
    "unknownOperator": None,
    "taskTypes": None,
}
CALLBACK = {"label": "Перезвонить", "priority": "high", "dueMinutes": 60, "dueMinutesByPriority": {"urgent": 15}}


def says(centre: Centre, **said: Any) -> None:
    answer = centre.admin.put(SETTINGS, said)
    assert answer.status_code == 204, answer.text


def minutes_until_due(task: dict[str, Any]) -> float | None:
    if task["due_date"] is None:
        return None
    due, created = (datetime.fromisoformat(task[name]) for name in ("due_date", "created_at"))
    return (due - created) / timedelta(minutes=1)


@pytest.fixture
def neighbour(centre: Centre) -> Centre:
    """Another organization on the same server."""
    return found_centre(centre.server, centre.database, centre.nobody, f"{centre.name} next door")


# Saying it ---------------------------------------------------------------------------------------------------------


@on_both
def test_what_is_said_is_answered_again_and_what_is_left_out_is_null(centre: Centre) -> None:
    at_first = answered(centre.supervisor.get(SETTINGS))
    said = centre.admin.put(SETTINGS, EXAMPLE)
    then = centre.supervisor.get(SETTINGS)
    says(centre, phoneRegion="FI")

    assert at_first == NOTHING
    assert said.status_code == 204
    assert said.headers["etag"] == then.headers["etag"]
    assert then.json() == EXAMPLE
    assert answered(centre.admin.get(SETTINGS)) == {**NOTHING, "phoneRegion": "FI"}
    check_against_document(then, centre.nobody, "askare")


def test_only_the_version_that_was_read_is_replaced(centre: Centre) -> None:
    tag = centre.admin.get(SETTINGS).headers["etag"]
    says(centre, phoneRegion="KZ")

    late = centre.admin.put(SETTINGS, {"phoneRegion": "FI"}, headers={"If-Match": tag})
    known = centre.admin.get(SETTINGS, headers={"If-None-Match": centre.admin.get(SETTINGS).headers["etag"]})

    assert_error(late, 412, "PRECONDITION_FAILED")
    assert known.status_code == 304
    assert answered(centre.admin.get(SETTINGS))["phoneRegion"] == "KZ"


def test_admins_say_it_supervisors_read_it_and_nobody_else_does_either(centre: Centre) -> None:
    for person in (centre.operator, centre.agent, centre.ingest):
        assert_error(person.get(SETTINGS), 403, "ACCESS_DENIED")
    for person in (centre.supervisor, centre.operator, centre.agent, centre.ingest):
        assert_error(person.put(SETTINGS, {}), 403, "ACCESS_DENIED")
    assert centre.nobody.get(SETTINGS).status_code == 401


def test_every_fault_of_a_body_is_told_with_its_place(centre: Centre) -> None:
    answer = centre.admin.put(
        SETTINGS,
        {
            "statuses": "free",
            "operatorsSeeAll": "yes",
            "phoneRegion": "Kazakhstan",
            "language": "de",
            "colour": "red",
            "taskTypes": {
                "Call Back": {},
                "callback": {
                    "label": "",
                    "priority": "normal",
                    "dueMinutes": 0,
                    "dueMinutesByPriority": {"urgent": 1.5, "later": 5},
                    "sla": 5,
                },
                "lift": 5,
            },
        },
    )

    assert_bad_body(
        answer,
        *(
            (target, "INVALID_TYPE")
            for target in (
                "statuses",
                "operatorsSeeAll",
                "phoneRegion",
                "language",
                "taskTypes.Call Back",
                "taskTypes.callback.label",
                "taskTypes.callback.priority",
                "taskTypes.callback.dueMinutes",
                "taskTypes.callback.dueMinutesByPriority.urgent",
                "taskTypes.callback.dueMinutesByPriority.later",
                "taskTypes.callback.sla",
                "taskTypes.lift",
                "colour",
            )
        ),
    )
    assert answered(centre.admin.get(SETTINGS)) == NOTHING


@pytest.mark.parametrize(
    ("said", "target", "code"),
    [
        ({"phoneRegion": "ZZ"}, "phoneRegion", "INVALID_TYPE"),
        ({"phoneRegion": "KZ\n"}, "phoneRegion", "INVALID_TYPE"),
        ({"unknownOperator": "nobody-has-this-code"}, "unknownOperator", "INVALID_ID"),
        ({"taskTypes": []}, "taskTypes", "INVALID_TYPE"),
        ({"taskTypes": {f"type_{at}": {} for at in range(201)}}, "taskTypes", "INVALID_TYPE"),
        ({"taskTypes": {"callback\n": {}}}, "taskTypes.callback\n", "INVALID_TYPE"),
        ({"taskTypes": {"callback": None}}, "taskTypes.callback", "INVALID_TYPE"),
        ({"taskTypes": {"callback": {"dueMinutes": 525_601}}}, "taskTypes.callback.dueMinutes", "INVALID_TYPE"),
    ],
)
def test_what_cannot_be_is_refused(centre: Centre, said: dict[str, Any], target: str, code: str) -> None:
    assert_bad_body(centre.admin.put(SETTINGS, said), (target, code))


# What it does ------------------------------------------------------------------------------------------------------


@on_both
def test_a_task_has_the_priority_and_due_date_of_its_type_unless_the_client_gave_them(centre: Centre) -> None:
    says(centre, taskTypes={"callback": CALLBACK})

    plain = centre.creates(task_type="Callback", priority="", due_date=None)
    urgent = centre.creates(task_type="callback", priority="critical")
    given = centre.creates(task_type="callback", priority="low", due_date="2030-01-01T00:00:00Z")
    other = centre.creates()

    assert (plain["priority"], minutes_until_due(plain)) == ("high", 60)
    assert (urgent["priority"], minutes_until_due(urgent)) == ("urgent", 15)
    assert (given["priority"], given["due_date"]) == ("low", "2030-01-01T00:00:00Z")
    assert (other["priority"], other["due_date"]) == ("medium", None)


@on_both
def test_two_organizations_with_different_settings_do_not_disturb_one_another(
    centre: Centre, neighbour: Centre
) -> None:
    says(
        centre,
        statuses="strict",
        operatorsSeeAll=True,
        completeOnLink=True,
        phoneRegion="KZ",
        taskTypes={"callback": CALLBACK},
    )
    says(neighbour, phoneRegion="RU", taskTypes={"callback": {"priority": "low"}})
    call = {"task_type": "callback", "caller_phone": "8 (701) 234-56-78"}
    ours, theirs = centre.creates(**call), neighbour.creates(**call)

    assert (ours["priority"], minutes_until_due(ours)) == ("high", 60)
    assert (theirs["priority"], minutes_until_due(theirs)) == ("low", None)

    for one, seen in ((centre, [ours["id"]]), (neighbour, [])):
        assert [task["id"] for task in answered(one.colleague.get(TASKS))["items"]] == seen

    for one, task, status in ((centre, ours, "completed"), (neighbour, theirs, "pending")):
        appeal = answered(one.supervisor.post(APPEALS, {"subject": "Вода", "text": "С утра"}))["id"]
        linked = answered(one.supervisor.put(f"{TASKS}/{task['id']}/appeal", {"appeal_id": appeal}))
        assert linked["status"] == status

    reopened = {"status": "in_progress"}
    assert_refused(centre.supervisor.put(f"{TASKS}/{ours['id']}/status", reopened), 409)
    answered(neighbour.supervisor.put(f"{TASKS}/{theirs['id']}/status", {"status": "done"}))
    answered(neighbour.supervisor.put(f"{TASKS}/{theirs['id']}/status", reopened))


def test_a_number_is_looked_for_as_the_organization_s_country_writes_it(centre: Centre) -> None:
    says(centre, phoneRegion="KZ")
    number = centre.creates(caller_phone="8 701 234-56-78")["id"]

    def found(phone: str) -> list[int]:
        page = answered(centre.supervisor.get(TASKS, params={"caller_phone": phone}))
        return [task["id"] for task in page["items"]]

    assert found("+77012345678") == found("8 701 234 56 78") == [number]
    says(centre, phoneRegion="FI")
    assert found("+77012345678") == [number]
    assert_faults(
        centre.supervisor.get(TASKS, params={"caller_phone": "not a number"}),
        ("value_error", ["query", "caller_phone"]),
    )


def test_a_caller_is_erased_by_a_number_as_the_organization_s_country_writes_it(centre: Centre) -> None:
    says(centre, phoneRegion="KZ")
    number = centre.creates(caller_phone="8 701 234-56-78")["id"]
    said = {"subject": "Вода", "text": "С утра", "caller_phone": "8 (701) 234 56 78"}
    appeal = answered(centre.supervisor.post(APPEALS, said))["id"]

    erased = askare(
        *("erase", "--organization", centre.name, "--phone", "8 701 2345678", "--json"), data=centre.server.data
    )

    assert json.loads(erased.stdout) == {"tasks": [number], "appeals": [appeal]}


def test_an_exchange_s_call_for_nobody_goes_to_whom_the_organization_names(centre: Centre) -> None:
    nobody_s = centre.call(operator_id="no-such-extension")
    assert_faults(centre.ingest.post(TASKS, nobody_s), ("operator_not_found", ["body", "operator_id"]))

    says(centre, unknownOperator="op-7")

    assert answered(centre.ingest.post(TASKS, nobody_s))["assigned_user_name"] == "Динара Оспанова"
