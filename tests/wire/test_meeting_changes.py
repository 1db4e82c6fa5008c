"""GET, PUT and DELETE /meetings/{meetingId}: the life of a meeting, and what is left of a deleted one."""

from __future__ import annotations

import itertools

import pytest

from tests.wire.asking import (
    REQUEST_ID,
    UNKNOWN_ID,
    Agency,
    assert_bad_body,
    assert_bad_parameters,
    assert_error,
    on_both,
)
from tests.wire.estate import (
    MEETINGS,
    STATE,
    TYPE,
    UNKNOWN,
    assert_gone,
    assert_unknown_meeting,
    creates,
    finds,
    meeting,
    page,
)

OTHER = "5b1d1b3e-3f7a-4a53-9d54-1e0f6a7b8c9d"
ESTATE = {"partyId": OTHER, "partyTypeCode": "ESTATE_PARTY"}
STATUSES = ("WAITING", "WON", "LOST", "CANCELLED")
ALLOWED = {
    *(("WAITING", status) for status in STATUSES),
    *(("WON", status) for status in ("WON", "LOST")),
    *(("LOST", status) for status in ("WON", "LOST")),
    ("CANCELLED", "CANCELLED"),
}
LATER = "2026-12-31T10:00:00Z"


# Reading ---------------------------------------------------------------------------------------------------------


@on_both
def test_a_meeting_is_read_with_its_tag_and_not_sent_again_to_who_has_it(agency: Agency) -> None:
    path = creates(agency.admin, MEETINGS, meeting(agency))
    answer = agency.admin.get(path)

    assert answer.headers["etag"] == '"1"'
    known = agency.admin.get(path, headers={"If-None-Match": '"1"'})
    assert (known.status_code, known.content) == (304, b"")


@on_both
def test_another_organizations_meeting_is_unknown(agency: Agency) -> None:
    path = creates(agency.admin, MEETINGS, meeting(agency))

    assert_unknown_meeting(agency.stranger.get(path))
    assert_unknown_meeting(agency.stranger.put(path, meeting(agency)))
    assert_unknown_meeting(agency.stranger.delete(path))
    agency.admin.delete(path)
    assert_unknown_meeting(agency.stranger.get(path))


@on_both
def test_another_offices_meeting_is_unknown(agency: Agency) -> None:
    path = creates(agency.agent, MEETINGS, meeting(agency))

    assert_unknown_meeting(agency.neighbour.get(path))
    assert_unknown_meeting(agency.neighbour.put(path, meeting(agency, agencyOfficeId=agency.other_office)))
    assert_unknown_meeting(agency.neighbour.delete(path))
    assert agency.agent.get(path).status_code == 200


@on_both
def test_a_meeting_that_never_was_is_unknown(agency: Agency) -> None:
    path = f"{MEETINGS}/{UNKNOWN_ID}"

    assert_unknown_meeting(agency.admin.get(path))
    assert_unknown_meeting(agency.admin.put(path, meeting(agency)))
    assert_unknown_meeting(agency.admin.delete(path))


def test_an_id_that_is_no_uuid_is_a_faulty_parameter(agency: Agency) -> None:
    for answer in (
        agency.admin.get(f"{MEETINGS}/5"),
        agency.admin.put(f"{MEETINGS}/5", meeting(agency)),
        agency.admin.delete(f"{MEETINGS}/5"),
    ):
        assert_bad_parameters(answer, ("meetingId", TYPE))


# Changing --------------------------------------------------------------------------------------------------------


@on_both
def test_an_update_replaces_everything_and_answers_nothing(agency: Agency) -> None:
    path = creates(agency.admin, MEETINGS, meeting(agency))
    created = agency.admin.get(path).json()
    said = {
        "typeCode": "EVALUATION_VISIT",
        "statusCode": "WAITING",
        "parties": [ESTATE],
        "visitTime": LATER,
        "agencyOfficeId": agency.other_office,
        "agents": [{"agentId": OTHER}, {"agentId": UNKNOWN_ID}],
        "sourceTypeCode": "SHOWING",
        "meetingRealty": {"mökki": [1, None]},
    }

    answer = agency.admin.put(path, said, headers={"Request-ID": REQUEST_ID})

    assert (answer.status_code, answer.content) == (204, b"")
    kept = agency.admin.get(path).json()
    assert kept.pop("modificationTime") > created["modificationTime"]
    assert kept == {**said, "meetingId": created["meetingId"], "creationTime": created["creationTime"]}


@on_both
def test_a_put_that_changes_nothing_leaves_the_modification_time(agency: Agency) -> None:
    path = creates(agency.admin, MEETINGS, meeting(agency, parties=[ESTATE, meeting(agency)["parties"][0]]))
    before = agency.admin.get(path)

    said = {**before.json(), "visitTime": "2023-01-01T01:59:59+02:00", "parties": before.json()["parties"][::-1]}
    assert agency.admin.put(path, said).status_code == 204

    after = agency.admin.get(path)
    assert (after.json(), after.headers["etag"]) == (before.json(), '"1"')


@on_both
@pytest.mark.parametrize(("stored", "wanted"), list(itertools.product(STATUSES, STATUSES)))
def test_the_state_goes_where_the_table_says_and_nowhere_else(stored: str, wanted: str, agency: Agency) -> None:
    path = creates(agency.admin, MEETINGS, meeting(agency, statusCode=stored))

    answer = agency.admin.put(path, meeting(agency, statusCode=wanted))

    if (stored, wanted) in ALLOWED:
        assert answer.status_code == 204
        assert agency.admin.get(path).json()["statusCode"] == wanted
    else:
        assert_error(answer, 400, "INVALID_STATUS", [("statusCode", STATE)])
        assert agency.admin.get(path).json()["statusCode"] == stored


@on_both
@pytest.mark.parametrize("status", STATUSES[1:])
def test_once_it_is_over_parties_and_visit_time_stay_and_all_else_may_change(status: str, agency: Agency) -> None:
    path = creates(agency.admin, MEETINGS, meeting(agency, statusCode=status))

    locked = agency.admin.put(path, meeting(agency, statusCode=status, parties=[ESTATE], visitTime=LATER))
    free = agency.admin.put(
        path,
        meeting(
            agency,
            statusCode=status,
            typeCode="EVALUATION_VISIT",
            sourceTypeCode="CHATBOT",
            notes="after",
            agents=[{"agentId": OTHER}],
            realtyId=...,
            priceEstimate={"amount": 1},
            meetingRealty={},
        ),
    )

    assert_error(locked, 400, "INVALID_STATUS", [("parties", STATE), ("visitTime", STATE)])
    assert free.status_code == 204
    assert agency.admin.get(path).json()["notes"] == "after"


def test_a_refusal_says_what_is_still_possible(agency: Agency) -> None:
    path = creates(agency.admin, MEETINGS, meeting(agency, statusCode="WON"))

    body = assert_error(agency.admin.put(path, meeting(agency)), 400, "INVALID_STATUS", [("statusCode", STATE)])

    assert body["description"] == (
        "The meeting is WON; statusCode can only change to LOST, parties and visitTime can no longer change."
    )
    assert body["errors"][0]["message"] == "statusCode cannot change from WON to WAITING"


def test_the_update_that_ends_it_may_still_change_parties_and_visit_time(agency: Agency) -> None:
    path = creates(agency.admin, MEETINGS, meeting(agency))

    answer = agency.admin.put(path, meeting(agency, statusCode="WON", parties=[ESTATE], visitTime=LATER))

    assert answer.status_code == 204
    assert agency.admin.get(path).json()["parties"] == [ESTATE]


def test_an_agent_cannot_move_a_meeting_out_of_sight(agency: Agency) -> None:
    path = creates(agency.agent, MEETINGS, meeting(agency))

    answer = agency.agent.put(path, meeting(agency, agencyOfficeId=agency.other_office))

    assert_bad_body(answer, ("agencyOfficeId", UNKNOWN))


@on_both
def test_nobody_overwrites_or_deletes_what_they_have_not_read(agency: Agency) -> None:
    path = creates(agency.admin, MEETINGS, meeting(agency))
    agency.admin.put(path, meeting(agency, notes="first"))
    stale: dict[str, str | None] = {"If-Match": '"1"'}

    for answer in (
        agency.admin.put(path, meeting(agency, notes="x"), headers=stale),
        agency.admin.delete(path, headers=stale),
    ):
        body = assert_error(answer, 412, "PRECONDITION_FAILED")
        assert body["description"] == "The meeting was changed since it was read."
    assert agency.admin.put(path, meeting(agency, notes="y"), headers={"If-Match": '"2"'}).status_code == 204
    assert agency.admin.delete(path, headers={"If-Match": '"3"'}).status_code == 204


# Deleting --------------------------------------------------------------------------------------------------------


@on_both
def test_a_deleted_meeting_is_gone_and_says_so(agency: Agency) -> None:
    kept, path = (creates(agency.admin, MEETINGS, meeting(agency)) for _ in range(2))

    answer = agency.admin.delete(path)

    assert (answer.status_code, answer.content) == (204, b"")
    assert_gone(agency.admin.get(path))
    assert_gone(agency.admin.put(path, meeting(agency)))
    assert_gone(agency.admin.delete(path))
    assert_gone(agency.agent.get(path))
    assert page(agency.admin, MEETINGS)["totalCount"] == 1
    assert finds(agency.admin, MEETINGS) == [kept.rpartition("/")[2]]


@on_both
def test_what_was_deleted_behind_the_walls_of_an_office_stays_unknown_outside(agency: Agency) -> None:
    path = creates(agency.agent, MEETINGS, meeting(agency))
    agency.agent.delete(path)

    assert_unknown_meeting(agency.neighbour.get(path))
    assert_gone(agency.agent.get(path))


@on_both
@pytest.mark.parametrize("status", STATUSES[1:])
def test_a_meeting_that_is_over_stays(status: str, agency: Agency) -> None:
    path = creates(agency.admin, MEETINGS, meeting(agency, statusCode=status))

    body = assert_error(agency.admin.delete(path), 400, "INVALID_STATUS")

    assert body["description"] == f"Only a WAITING meeting can be deleted; this one is {status}."
    assert agency.admin.get(path).status_code == 200


def test_without_a_token_nothing_happens(agency: Agency) -> None:
    path = creates(agency.admin, MEETINGS, meeting(agency))

    for answer in (agency.nobody.get(path), agency.nobody.put(path, meeting(agency)), agency.nobody.delete(path)):
        assert_error(answer, 401, "UNAUTHORIZED")
