"""GET /assetRequirements: search asset requirements."""

from __future__ import annotations

from typing import Any

import pytest

from tests.samples_estate import REQUIREMENT_ITEM
from tests.wire.asking import Agency, assert_bad_parameters, assert_error, id_of, on_both
from tests.wire.estate import NOTES, REQUIREMENTS, TYPE, change_of, creates, finds, page, requirement, tree
from tests.wire.watching import WATCHES

ONE = "11111111-1111-4111-8111-111111111111"
TWO = "22222222-2222-4222-8222-222222222222"
VEIKKO = "da3a543e-4220-4c1f-8cda-2ae0b2e596e0"
RESPONSIBLE, MARKETING = "RESPONSIBLE_AGENT", "MARKETING_AGENT"


def agent(agent_id: str, role: str) -> dict[str, str]:
    return {"agentId": agent_id, "roleCode": role}


def made(agency: Agency, *changes: dict[str, Any]) -> list[str]:
    """The ids of asset requirements made one after the other."""
    return [id_of(creates(agency.admin, REQUIREMENTS, requirement(agency, **one))) for one in changes]


def put_agent(agency: Agency, agent_id: str, first_name: str, last_name: str) -> None:
    """Let the directory of the agency know an agent."""
    answer = agency.admin.put(f"/askare/v1/agents/{agent_id}", {"firstName": first_name, "lastName": last_name})
    assert answer.status_code in (201, 204), answer.text


@on_both
def test_the_published_query_is_taken_as_it_stands(agency: Agency) -> None:
    params = {
        "agentId": "5d2a6d47-da73-4b11-8940-27cffabb6de5",
        "agencyOfficeId": "212114ec-819e-483c-a8e0-f82289ac6e19",
        "friendlyId": "40246121",
        "statusCode": "DRAFT",
        "marketingActionStatusCode": "PUBLISHED",
        "freeTextSearch": "Hämeenkatu Tampere",
        "startIndex": 20,
        "endIndex": 40,
        "sort": "creationTime|desc,friendlyId|asc",
    }

    assert page(agency.admin, REQUIREMENTS, **params) == {"assetRequirements": [], "totalCount": 0}


# The form of the list --------------------------------------------------------------------------------------------


@on_both
def test_a_list_shows_the_responsible_agent_with_names_and_no_other_agents(agency: Agency) -> None:
    put_agent(agency, VEIKKO, "Veikko", "Viljanen")
    path = creates(agency.admin, REQUIREMENTS, requirement(agency, creationTime="2021-03-13T12:07:23Z"))

    (item,) = page(agency.admin, REQUIREMENTS)["assetRequirements"]

    expected = {
        **REQUIREMENT_ITEM,
        "assetRequirementId": id_of(path),
        "friendlyId": "40000001",
        "agencyOfficeId": agency.office,
        "creationTime": "2021-03-13T12:07:23Z",
    }
    del expected["marketingActionStatusCode"]
    assert item == expected
    assert list(item) == list(expected)


@on_both
def test_names_are_those_of_today_and_are_never_invented(agency: Agency) -> None:
    made(agency, {}, {"agents": [agent(ONE, RESPONSIBLE)]})
    put_agent(agency, VEIKKO, "Veikko", "Viljanen")
    put_agent(agency, VEIKKO, "Veikko", "Virtanen")

    known, unknown = page(agency.admin, REQUIREMENTS, sort="friendlyId")["assetRequirements"]

    assert known["responsibleAgent"] == {**agent(VEIKKO, RESPONSIBLE), "firstName": "Veikko", "lastName": "Virtanen"}
    assert unknown["responsibleAgent"] == agent(ONE, RESPONSIBLE)


@pytest.mark.parametrize(
    ("agents", "shown"),
    [
        ([agent(ONE, MARKETING), agent(TWO, RESPONSIBLE)], agent(TWO, RESPONSIBLE)),
        ([agent(ONE, RESPONSIBLE), agent(TWO, RESPONSIBLE)], agent(ONE, RESPONSIBLE)),
        ([agent(TWO, MARKETING), agent(ONE, "SHOWING_AGENT")], agent(TWO, MARKETING)),
        (..., None),
    ],
)
def test_who_stands_for_it(agents: Any, shown: dict[str, str] | None, agency: Agency) -> None:
    made(agency, {"agents": agents})

    (item,) = page(agency.admin, REQUIREMENTS)["assetRequirements"]

    assert item.get("responsibleAgent") == shown
    assert "agents" not in item
    assert "modificationTime" not in item
    assert "consentToChange" not in item


# Filters ---------------------------------------------------------------------------------------------------------


@on_both
def test_an_agent_is_looked_for_as_the_responsible_one(agency: Agency) -> None:
    wanted, _, _ = made(
        agency,
        {"agents": [agent(ONE, MARKETING), agent(TWO, RESPONSIBLE)]},
        {"agents": [agent(TWO, MARKETING), agent(ONE, RESPONSIBLE)]},
        {"agents": [agent(TWO, MARKETING)]},
    )

    assert finds(agency.admin, REQUIREMENTS, agentId=TWO) == [wanted]
    assert finds(agency.admin, REQUIREMENTS, agentId=TWO.upper()) == [wanted]


@on_both
def test_a_friendly_id_is_exact(agency: Agency) -> None:
    _, second = made(agency, {}, {})

    assert finds(agency.admin, REQUIREMENTS, friendlyId="40000002") == [second]
    for other in ("4000000", "040000002", "40000002 ", "+40000002", "4e7", "x", "", "9" * 40, "٤"):
        assert finds(agency.admin, REQUIREMENTS, friendlyId=other) == []


@on_both
def test_states_and_offices_find_their_own(agency: Agency) -> None:
    draft, active, finished = made(agency, {}, {"agencyOfficeId": agency.other_office}, {})
    for one, status in ((active, "ACTIVE"), (finished, "FINISHED")):
        office = agency.other_office if one == active else agency.office
        path = f"{REQUIREMENTS}/{one}"
        agency.admin.put(path, change_of(path, requirement(agency, agencyOfficeId=office), statusCode=status))

    assert finds(agency.admin, REQUIREMENTS, statusCode="DRAFT") == [draft]
    assert set(finds(agency.admin, REQUIREMENTS, statusCode="ACTIVE,FINISHED")) == {active, finished}
    assert finds(agency.admin, REQUIREMENTS, agencyOfficeId=agency.other_office) == [active]
    assert finds(agency.admin, REQUIREMENTS, agencyOfficeId=agency.other_office, statusCode="DRAFT") == []
    assert finds(agency.admin, REQUIREMENTS, sort="statusCode") == [active, draft, finished]
    assert finds(agency.admin, REQUIREMENTS, sort="statusCode|desc") == [finished, draft, active]


@on_both
@pytest.mark.parametrize(
    "query",
    [
        *("vahdilla", "merinäköala", "Havutsikt", "Tammela 33500", "tampere", "PIRKANMAA", "keittiössä", "netto"),
        *("40000001", "mäkipää", "mäkipää merinäköala"),
    ],
)
def test_words_are_found_in_the_note_the_texts_the_addresses_the_id_and_the_names(query: str, agency: Agency) -> None:
    put_agent(agency, VEIKKO, "Veikko", "Mäkipää")
    wanted, _ = made(agency, {}, {"note": "toinen", "agents": ..., "assetRequirements": {"own": {"x": "merinäköala"}}})

    assert finds(agency.admin, REQUIREMENTS, freeTextSearch=query) == [wanted]


# Windows and order -----------------------------------------------------------------------------------------------


def at_minutes(*minutes: int) -> list[dict[str, Any]]:
    return [{"creationTime": f"2026-06-01T12:{minute:02}:00Z"} for minute in minutes]


@on_both
def test_the_newest_come_first_unless_asked_otherwise(agency: Agency) -> None:
    third, first, second = made(agency, *at_minutes(3, 1, 2))

    assert finds(agency.admin, REQUIREMENTS) == [third, second, first]
    assert finds(agency.admin, REQUIREMENTS, sort="creationTime") == [first, second, third]
    assert finds(agency.admin, REQUIREMENTS, sort="friendlyId|asc") == [third, first, second]
    assert finds(agency.admin, REQUIREMENTS, sort="friendlyId|desc") == [second, first, third]
    assert finds(agency.admin, REQUIREMENTS, sort=["statusCode|asc", "creationTime|asc"]) == [first, second, third]
    assert finds(agency.admin, REQUIREMENTS, sort="statusCode,creationTime|desc") == [third, second, first]
    assert finds(agency.admin, REQUIREMENTS, sort="modificationTime|asc,friendlyId") == [third, first, second]


@on_both
def test_windows_lie_side_by_side(agency: Agency) -> None:
    ids = made(agency, *at_minutes(*range(7)))

    windows = [
        page(agency.admin, REQUIREMENTS, sort="creationTime", startIndex=at, endIndex=at + 3) for at in (0, 3, 6, 9)
    ]

    shown = [[one["assetRequirementId"] for one in window["assetRequirements"]] for window in windows]
    assert shown == [ids[:3], ids[3:6], ids[6:], []]
    assert {window["totalCount"] for window in windows} == {7}
    assert page(agency.admin, REQUIREMENTS, startIndex=3, endIndex=3) == {"assetRequirements": [], "totalCount": 7}
    assert finds(agency.admin, REQUIREMENTS, sort="creationTime", endIndex=2) == ids[:2]
    assert finds(agency.admin, REQUIREMENTS, sort="creationTime", startIndex=5) == ids[5:]
    assert finds(agency.admin, REQUIREMENTS, sort="creationTime", startIndex=1, size=2) == ids[1:3]


def test_a_page_holds_fifty_unless_asked_otherwise_and_at_most_a_thousand(agency: Agency) -> None:
    made(agency, *[{"assetRequirements": {}}] * 52)

    assert len(finds(agency.admin, REQUIREMENTS)) == 50
    assert len(finds(agency.admin, REQUIREMENTS, endIndex=1000)) == 52
    assert len(finds(agency.admin, REQUIREMENTS, size=100)) == 52
    assert_bad_parameters(agency.admin.get(REQUIREMENTS, params={"endIndex": 1001}), ("endIndex", TYPE))
    assert agency.admin.get(REQUIREMENTS, params={"startIndex": 1, "endIndex": 1001}).status_code == 200


@pytest.mark.parametrize(
    ("params", "faulty"),
    [
        ({"startIndex": 20, "endIndex": 19}, ["endIndex"]),
        ({"endIndex": 5, "size": 5}, ["size"]),
        ({"startIndex": 9, "endIndex": 5, "size": 5}, ["size", "endIndex"]),
        ({"endIndex": -1}, ["endIndex"]),
        ({"endIndex": "x", "startIndex": "-1"}, ["endIndex", "startIndex"]),
        ({"endIndex": 2_147_483_648}, ["endIndex"]),
        ({"size": 0}, ["size"]),
        ({"size": 101}, ["size"]),
        ({"sort": "visitTime"}, ["sort"]),
        ({"sort": "creationTime|desc,price"}, ["sort"]),
        ({"sort": "creationTime desc"}, ["sort"]),
        ({"agentId": "5"}, ["agentId"]),
        ({"agentId": [ONE, TWO]}, ["agentId"]),
        ({"agencyOfficeId": "5"}, ["agencyOfficeId"]),
        ({"statusCode": "WAITING"}, ["statusCode"]),
        ({"marketingActionStatusCode": "DRAFT"}, ["marketingActionStatusCode"]),
        ({"freeTextSearch": "a " * 33}, ["freeTextSearch"]),
        ({"partyId": ONE}, ["partyId"]),
    ],
    ids=str,
)
def test_parameters_that_cannot_be_understood_are_named(params: Any, faulty: list[str], agency: Agency) -> None:
    assert_bad_parameters(agency.admin.get(REQUIREMENTS, params=params), *((name, TYPE) for name in faulty))


@on_both
def test_agents_see_their_offices_and_strangers_nothing(agency: Agency) -> None:
    ours, theirs = made(agency, {}, {"agencyOfficeId": agency.other_office, "assetRequirements": tree(plot=...)})

    assert finds(agency.agent, REQUIREMENTS) == [ours]
    assert finds(agency.neighbour, REQUIREMENTS) == [theirs]
    assert finds(agency.agent, REQUIREMENTS, friendlyId="40000002") == []
    assert page(agency.stranger, REQUIREMENTS) == {"assetRequirements": [], "totalCount": 0}
    assert_error(agency.nobody.get(REQUIREMENTS), 401, "UNAUTHORIZED")
    assert_error(agency.supervisor.get(REQUIREMENTS), 403, "ACCESS_DENIED")


def test_a_page_that_ends_before_it_starts_is_named_with_all_other_faults(agency: Agency) -> None:
    answer = agency.admin.get(
        REQUIREMENTS,
        params={"startIndex": 9, "endIndex": 5, "sort": "title", "freeTextSearch": "sana " * 33, "statusCode": "OPEN"},
    )

    assert_bad_parameters(answer, ("statusCode", TYPE), ("sort", TYPE), ("endIndex", TYPE), ("freeTextSearch", TYPE))


def test_a_list_begins_with_its_count_as_the_api_writes_it(agency: Agency) -> None:
    (made_id,) = made(agency, {})
    agency.admin.post(NOTES, {"note": "Soitettu.", "assetRequirementId": made_id})

    assert list(agency.admin.get(REQUIREMENTS).json()) == ["totalCount", "assetRequirements"]
    assert list(agency.admin.get(NOTES, params={"assetRequirementId": made_id}).json()) == ["totalCount", "notes"]
    assert list(agency.admin.get(WATCHES).json()) == ["totalCount", "watches"]
