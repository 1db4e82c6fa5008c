"""GET, PUT and DELETE /assetRequirements/{assetRequirementId}: details, changes and the end of one."""

from __future__ import annotations

import itertools

import pytest

from tests.samples_estate import REQUIREMENT_BODY
from tests.wire.asking import (
    REQUEST_ID,
    UNKNOWN_ID,
    Agency,
    assert_bad_body,
    assert_bad_parameters,
    assert_error,
    id_of,
    on_both,
)
from tests.wire.estate import (
    MISSING,
    NOTES,
    REQUIREMENTS,
    TYPE,
    UNKNOWN,
    assert_unknown_note,
    assert_unknown_requirement,
    change_of,
    creates,
    finds,
    page,
    requirement,
)

STATUSES = ("DRAFT", "ACTIVE", "FINISHED", "REJECTED", "PURCHASED")


@on_both
def test_details_show_the_agents_and_no_responsible_one(agency: Agency) -> None:
    path = creates(agency.admin, REQUIREMENTS, requirement(agency))

    answer = agency.admin.get(path, headers={"Request-ID": REQUEST_ID})

    assert answer.headers["etag"] == '"1"'
    assert answer.headers["request-id"] == REQUEST_ID
    assert list(answer.json()) == [
        *("assetRequirementId", "statusCode", "friendlyId", "agencyOfficeId", "agents", "note", "assetRequirements"),
        *("consentToChange", "creationTime", "modificationTime"),
    ]
    assert agency.admin.get(path, headers={"If-None-Match": '"1"'}).status_code == 304


@on_both
def test_what_is_outside_of_ones_sight_is_unknown(agency: Agency) -> None:
    ours = creates(agency.agent, REQUIREMENTS, requirement(agency))
    never = f"{REQUIREMENTS}/{UNKNOWN_ID}"

    for person, path in ((agency.stranger, ours), (agency.neighbour, ours), (agency.admin, never)):
        body = change_of(path, requirement(agency, agencyOfficeId=agency.other_office))
        assert_unknown_requirement(person.get(path))
        assert_unknown_requirement(person.put(path, body))
        assert_unknown_requirement(person.delete(path))
    assert agency.agent.get(ours).status_code == 200


def test_an_id_that_is_no_uuid_is_a_faulty_parameter(agency: Agency) -> None:
    body = {"assetRequirementId": UNKNOWN_ID, "statusCode": "DRAFT", **requirement(agency)}

    for answer in (
        agency.admin.get(f"{REQUIREMENTS}/5"),
        agency.admin.put(f"{REQUIREMENTS}/5", body),
        agency.admin.delete(f"{REQUIREMENTS}/5"),
    ):
        assert_bad_parameters(answer, ("assetRequirementId", TYPE))


# Changing --------------------------------------------------------------------------------------------------------


@on_both
def test_an_update_replaces_everything_but_what_is_the_servers(agency: Agency) -> None:
    path = creates(agency.admin, REQUIREMENTS, {**REQUIREMENT_BODY})
    created = agency.admin.get(path).json()
    said = {
        "assetRequirementId": id_of(path),
        "statusCode": "ACTIVE",
        "agencyOfficeId": agency.other_office,
        "assetRequirements": {"own": {"x": None}},
    }

    answer = agency.admin.put(path, {**said, "creationTime": "2000-01-01T00:00:00Z", "friendlyId": "5"})

    assert (answer.status_code, answer.content) == (204, b"")
    kept = agency.admin.get(path).json()
    assert kept.pop("modificationTime") > created["modificationTime"]
    assert kept == {**said, "friendlyId": "40000001", "creationTime": "2021-03-13T12:07:23Z"}


@on_both
def test_what_was_read_can_be_put_back_and_that_changes_nothing(agency: Agency) -> None:
    path = creates(agency.admin, REQUIREMENTS, requirement(agency))
    before = agency.admin.get(path)

    assert agency.admin.put(path, before.json()).status_code == 204

    after = agency.admin.get(path)
    assert (after.text, after.headers["etag"]) == (before.text, '"1"')


@pytest.mark.parametrize(("stored", "wanted"), list(itertools.permutations(STATUSES, 2)))
def test_any_state_may_follow_any_other(stored: str, wanted: str, agency: Agency) -> None:
    path = creates(agency.admin, REQUIREMENTS, requirement(agency))

    for status in (stored, wanted):
        assert agency.admin.put(path, change_of(path, requirement(agency), statusCode=status)).status_code == 204

    assert agency.admin.get(path).json()["statusCode"] == wanted


def test_the_id_and_the_state_are_required_and_the_id_is_that_of_the_path(agency: Agency) -> None:
    path = creates(agency.admin, REQUIREMENTS, requirement(agency))

    assert_bad_body(
        agency.admin.put(path, requirement(agency)), ("assetRequirementId", MISSING), ("statusCode", MISSING)
    )
    other = change_of(path, requirement(agency), assetRequirementId=UNKNOWN_ID)
    body = assert_bad_body(agency.admin.put(path, other), ("assetRequirementId", TYPE))
    assert body["errors"][0]["message"] == "must be the id in the path"
    both = change_of(path, requirement(agency), assetRequirementId=UNKNOWN_ID, statusCode="OPEN")
    assert_bad_body(agency.admin.put(path, both), ("statusCode", TYPE), ("assetRequirementId", TYPE))
    upper = change_of(path, requirement(agency), assetRequirementId=id_of(path).upper())
    assert agency.admin.put(path, upper).status_code == 204


def test_an_agent_cannot_move_it_out_of_sight(agency: Agency) -> None:
    path = creates(agency.agent, REQUIREMENTS, requirement(agency))

    answer = agency.agent.put(path, change_of(path, requirement(agency, agencyOfficeId=agency.other_office)))

    assert_bad_body(answer, ("agencyOfficeId", UNKNOWN))


@on_both
def test_nobody_overwrites_or_deletes_what_they_have_not_read(agency: Agency) -> None:
    path = creates(agency.admin, REQUIREMENTS, requirement(agency))
    agency.admin.put(path, change_of(path, requirement(agency, note="first")))
    stale: dict[str, str | None] = {"If-Match": '"1"'}

    for answer in (
        agency.admin.put(path, change_of(path, requirement(agency, note="x")), headers=stale),
        agency.admin.delete(path, headers=stale),
    ):
        body = assert_error(answer, 412, "PRECONDITION_FAILED")
        assert body["description"] == "The asset requirement was changed since it was read."
    assert agency.admin.delete(path, headers={"If-Match": '"2"'}).status_code == 204


# Deleting --------------------------------------------------------------------------------------------------------


@on_both
def test_a_deleted_draft_is_unknown_and_its_notes_with_it(agency: Agency) -> None:
    path, kept = (creates(agency.admin, REQUIREMENTS, requirement(agency)) for _ in range(2))
    note, kept_note = (
        creates(agency.admin, NOTES, {"note": "x", "assetRequirementId": id_of(one)}) for one in (path, kept)
    )

    answer = agency.admin.delete(path)

    assert (answer.status_code, answer.content) == (204, b"")
    assert_unknown_requirement(agency.admin.get(path))
    assert_unknown_requirement(agency.admin.delete(path))
    assert_unknown_requirement(agency.admin.get(NOTES, params={"assetRequirementId": id_of(path)}))
    assert_unknown_note(agency.admin.put(note, {"note": "y"}))
    assert finds(agency.admin, REQUIREMENTS) == [id_of(kept)]
    assert agency.admin.put(kept_note, {"note": "y"}).status_code == 204


@on_both
@pytest.mark.parametrize("status", STATUSES[1:])
def test_only_a_draft_can_be_deleted(status: str, agency: Agency) -> None:
    path = creates(agency.admin, REQUIREMENTS, requirement(agency))
    agency.admin.put(path, change_of(path, requirement(agency), statusCode=status))

    body = assert_error(agency.admin.delete(path), 400, "INVALID_STATUS")

    assert body["description"] == f"Only a DRAFT asset requirement can be deleted; this one is {status}."
    assert page(agency.admin, REQUIREMENTS)["totalCount"] == 1


def test_without_a_token_nothing_happens(agency: Agency) -> None:
    path = creates(agency.admin, REQUIREMENTS, requirement(agency))
    body = change_of(path, requirement(agency))

    for answer in (agency.nobody.get(path), agency.nobody.put(path, body), agency.nobody.delete(path)):
        assert_error(answer, 401, "UNAUTHORIZED")
