"""GET /askare/v1/changes: what has happened since one last asked."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.wire.asking import Agency, Person, assert_bad_parameters, assert_error, id_of, on_both
from tests.wire.watching import requires, watches

CHANGES = "/askare/v1/changes"


def ask(person: Person, token: str | None = None, **params: Any) -> tuple[list[dict[str, Any]], str]:
    answer = person.get(CHANGES, params={**params, **({} if token is None else {"since": token})})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert set(body) == {"changes", "token"}
    return body["changes"], body["token"]


def seen_up_to_now(person: Person) -> str:
    changes, token = ask(person)
    while changes:
        changes, token = ask(person, token)
    return token


@on_both
def test_what_is_created_changed_and_deleted_is_told_in_order_and_once(agency: Agency) -> None:
    token = seen_up_to_now(agency.admin)
    path = agency.admin.creates(agency.task())
    agency.admin.put(path, agency.task(description="other"))
    agency.admin.delete(path)

    changes, token = ask(agency.admin, token)

    assert [(one["kind"], one["id"], one["change"], one["version"]) for one in changes] == [
        ("task", id_of(path), "created", 1),
        ("task", id_of(path), "updated", 2),
        ("task", id_of(path), "deleted", 3),
    ]
    assert all(one["at"].endswith("Z") for one in changes)
    assert ask(agency.admin, token)[0] == []


def test_without_a_token_everything_is_told(agency: Agency) -> None:
    path = agency.admin.creates(agency.task())

    changes, _ = ask(agency.admin, kinds="task")

    assert [one["id"] for one in changes] == [id_of(path)]


def test_only_the_kinds_asked_for_are_told(agency: Agency) -> None:
    token = seen_up_to_now(agency.admin)
    agency.admin.creates(agency.task())
    party = str(uuid4())
    agency.admin.put(f"/askare/v1/parties/{party}", {"partyTypeCode": "PERSON_PARTY", "name": "Aino"})

    assert [one["id"] for one in ask(agency.admin, token, kinds="party")[0]] == [party]
    assert {one["kind"] for one in ask(agency.admin, token, kinds="party,task")[0]} == {"party", "task"}


def test_a_page_holds_as_many_as_asked_for_and_the_next_goes_on(agency: Agency) -> None:
    token = seen_up_to_now(agency.admin)
    paths = [agency.admin.creates(agency.task()) for _ in range(5)]

    first, token = ask(agency.admin, token, size=2)
    second, token = ask(agency.admin, token, size=2)
    third, token = ask(agency.admin, token, size=2)

    assert [one["id"] for one in first + second + third] == [id_of(path) for path in paths]
    assert ask(agency.admin, token, size=2)[0] == []


@on_both
def test_a_task_that_moves_to_another_office_is_gone_for_one_and_new_for_the_other(agency: Agency) -> None:
    ours, theirs = seen_up_to_now(agency.agent), seen_up_to_now(agency.neighbour)
    path = agency.admin.creates(agency.task())
    agency.admin.put(path, agency.task(agencyOfficeId=agency.other_office))

    assert [one["change"] for one in ask(agency.agent, ours)[0]] == ["created", "deleted"]
    assert [one["change"] for one in ask(agency.neighbour, theirs)[0]] == ["created"]


@on_both
def test_notes_and_watches_move_to_another_office_with_their_asset_requirement(agency: Agency) -> None:
    ours, theirs, everything = (seen_up_to_now(one) for one in (agency.agent, agency.neighbour, agency.admin))
    requirement = requires(agency.admin, agency)
    watch = watches(agency.admin, requirement)
    note = agency.admin.post("/notes", {"assetRequirementId": requirement, "note": "x"}).json()["noteId"]
    path = f"/assetRequirements/{requirement}"
    said = agency.admin.get(path).json()
    said["agencyOffice"] = {"agencyOfficeId": agency.other_office}
    assert agency.admin.put(path, {**said, "agencyOfficeId": agency.other_office}).status_code == 204

    def told(person: Person, token: str, thing: str) -> list[str]:
        return [one["change"] for one in ask(person, token, size=100)[0] if one["id"] == thing]

    for thing in (requirement, watch, note):
        assert told(agency.agent, ours, thing) == ["created", "deleted"]
        assert told(agency.neighbour, theirs, thing) == ["created"]
        assert told(agency.admin, everything, thing) == ["created", "updated"]


def test_another_organization_is_told_nothing(agency: Agency) -> None:
    token = seen_up_to_now(agency.stranger)
    agency.admin.creates(agency.task())

    assert ask(agency.stranger, token)[0] == []


@pytest.mark.parametrize("token", ["x", "bm9wZQ", "%00", "ä", "WyIwIiwiIiwwLDAsIiIsMF0="])
def test_a_bad_token_is_refused(agency: Agency, token: str) -> None:
    answer = agency.admin.get(CHANGES, params={"since": token})

    assert_bad_parameters(answer, ("since", "INVALID_TYPE"))


def test_every_bad_parameter_is_told(agency: Agency) -> None:
    answer = agency.admin.get(CHANGES, params={"kinds": "task,tasks", "size": "0", "sinse": "x"})

    assert_bad_parameters(answer, ("kinds", "INVALID_TYPE"), ("size", "INVALID_TYPE"), ("sinse", "INVALID_TYPE"))


def test_nobody_is_told_anything_without_a_token_of_the_agency(agency: Agency) -> None:
    assert_error(agency.nobody.request("GET", CHANGES), 401, "UNAUTHORIZED")
    assert_error(agency.operator.get(CHANGES), 403, "ACCESS_DENIED")
