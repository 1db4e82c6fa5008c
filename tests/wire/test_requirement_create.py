"""POST /assetRequirements: create an asset requirement."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.samples_estate import REQUIREMENT_BODY
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
    MISSING,
    REQUIREMENTS,
    TYPE,
    UNKNOWN,
    change_of,
    creates,
    is_version_4,
    page,
    requirement,
    text_of,
    tree,
)

AGENT = {"agentId": "da3a543e-4220-4c1f-8cda-2ae0b2e596e0", "roleCode": "RESPONSIBLE_AGENT"}


# The happy path --------------------------------------------------------------------------------------------------


@on_both
def test_the_published_sample_is_taken_as_it_stands(agency: Agency) -> None:
    answer = agency.admin.post(REQUIREMENTS, REQUIREMENT_BODY, headers={"Request-ID": REQUEST_ID})

    assert answer.status_code == 201
    assert answer.headers["request-id"] == REQUEST_ID
    assert list(answer.json()) == ["assetRequirementId"]
    requirement_id = answer.json()["assetRequirementId"]
    assert is_version_4(requirement_id)
    assert answer.headers["location"] == f"{REQUIREMENTS}/{requirement_id}"
    kept = agency.admin.get(answer.headers["location"]).json()
    assert kept.pop("modificationTime") > "2026"
    assert kept == {
        **REQUIREMENT_BODY,
        "assetRequirementId": requirement_id,
        "statusCode": "DRAFT",
        "friendlyId": "40000001",
        "creationTime": "2021-03-13T12:07:23Z",
    }


@on_both
def test_a_new_one_is_a_draft_made_now(agency: Agency) -> None:
    before = datetime.now(UTC)

    kept = agency.admin.get(creates(agency.admin, REQUIREMENTS, requirement(agency, statusCode="ACTIVE"))).json()

    assert kept["statusCode"] == "DRAFT"
    assert abs((datetime.fromisoformat(kept["creationTime"]) - before).total_seconds()) < 60
    assert kept["modificationTime"] == kept["creationTime"]


def test_the_bare_path_serves_clients_with_another_base_address(agency: Agency) -> None:
    answer = agency.admin.post("/assetRequirements", requirement(agency))

    assert answer.headers["location"] == f"/assetRequirements/{answer.json()['assetRequirementId']}"
    assert agency.admin.get(answer.headers["location"]).status_code == 200


@on_both
def test_what_is_optional_may_be_absent_or_null_and_is_then_absent_in_the_answer(agency: Agency) -> None:
    least = {"agencyOfficeId": agency.office, "assetRequirements": {}}
    nulls = dict.fromkeys(("agents", "note", "consentToChange", "creationTime"))

    for body in (least, {**least, **nulls}):
        assert set(agency.admin.get(creates(agency.admin, REQUIREMENTS, body)).json()) == {
            *("assetRequirementId", "statusCode", "friendlyId", "agencyOfficeId", "assetRequirements"),
            *("creationTime", "modificationTime"),
        }


def test_read_only_and_unknown_fields_are_ignored(agency: Agency) -> None:
    said = requirement(agency, friendlyId="99999999", assetRequirementId=UNKNOWN_ID, marketingActionStatusCode="X", x=1)

    kept = agency.admin.get(creates(agency.admin, REQUIREMENTS, said)).json()

    assert kept["friendlyId"] == "40000001"
    assert kept["assetRequirementId"] != UNKNOWN_ID
    assert not {"marketingActionStatusCode", "x"} & set(kept)


@pytest.mark.parametrize("said", ["2021-03-13T14:07:23.5+02:00", "2021-03-13T12:07:23.500Z"])
def test_a_creation_time_that_is_given_is_taken(said: str, agency: Agency) -> None:
    kept = agency.admin.get(creates(agency.admin, REQUIREMENTS, requirement(agency, creationTime=said))).json()

    assert kept["creationTime"] == "2021-03-13T12:07:23.500Z"
    assert kept["modificationTime"] > kept["creationTime"]


def test_an_agent_named_twice_in_one_role_is_stored_once_and_in_two_roles_twice(agency: Agency) -> None:
    other_role = {**AGENT, "roleCode": "SHOWING_AGENT"}

    path = creates(agency.admin, REQUIREMENTS, requirement(agency, agents=[AGENT, AGENT, other_role]))

    assert agency.admin.get(path).json()["agents"] == [AGENT, other_role]


# Friendly ids ----------------------------------------------------------------------------------------------------


@on_both
def test_friendly_ids_count_up_in_each_organization_by_itself(agency: Agency) -> None:
    paths = [creates(agency.admin, REQUIREMENTS, requirement(agency)) for _ in range(3)]
    theirs = creates(agency.stranger, REQUIREMENTS, requirement(agency))

    assert [agency.admin.get(path).json()["friendlyId"] for path in paths] == ["40000001", "40000002", "40000003"]
    assert agency.stranger.get(theirs).json()["friendlyId"] == "40000001"


@on_both
def test_of_thirty_made_at_once_no_two_have_the_same_friendly_id(agency: Agency) -> None:
    with ThreadPoolExecutor(30) as threads:
        paths = list(threads.map(lambda _: creates(agency.admin, REQUIREMENTS, requirement(agency)), range(30)))

    friendly_ids = {agency.admin.get(path).json()["friendlyId"] for path in paths}
    assert friendly_ids == {str(number) for number in range(40_000_001, 40_000_031)}


@on_both
def test_a_friendly_id_is_not_given_again(agency: Agency) -> None:
    first = creates(agency.admin, REQUIREMENTS, requirement(agency))
    agency.admin.post(REQUIREMENTS, requirement(agency, agencyOfficeId="x"))  # refused, and takes no number
    agency.admin.delete(first)

    second = creates(agency.admin, REQUIREMENTS, requirement(agency))

    assert agency.admin.get(second).json()["friendlyId"] == "40000002"


# The open objects ------------------------------------------------------------------------------------------------


def _sent(agency: Agency, wishes: str, consent: str = "{}") -> str:
    content = (
        f'{{"agencyOfficeId": "{agency.office}", "consentToChange": {consent}, "assetRequirements": {wishes}}}'.encode()
    )
    answer = agency.admin.post(REQUIREMENTS, content=content)
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


@on_both
@pytest.mark.parametrize(
    "text",
    [
        "{}",
        '{"title":null,"realty":{"unknown":null,"propertyTypeCodes":[],"earliestConstructionYear":null}}',
        '{"z":{"y":[{"x":1.50}]},"a":[null,true,1e3],"features":{"hasSauna":null,"hasPool":true}}',
        '{"addresses":[{"own":{"deep":[[]]},"district":"Töölö\\u00e4"}],"apartment":{"area":{"maximumLivingAreaIn'
        'SquareMeters":200.00,"minimumLivingAreaInSquareMeters":100}}}',
        '{"plot":{"minimumAreaInSquareMeters":5,"maximumAreaInSquareMeters":5}}',
        '{"marketingActionStatusCode":"PUBLISHED"}',
    ],
)
def test_the_tree_and_the_consent_come_back_letter_by_letter(text: str, agency: Agency) -> None:
    consent = '{"own":[1.0,null],"date":"2021-09-10","consentProvided":null}'
    path = _sent(agency, text.replace(",", ",\n  "), consent)

    details = agency.admin.get(path)

    assert text_of(details, "assetRequirements") == text
    assert text_of(details, "consentToChange") == consent
    listed = agency.admin.get(REQUIREMENTS)
    assert f'"assetRequirements":{text},"creationTime"' in listed.text
    again = agency.admin.put(path, content=details.content, headers={"Content-Type": "application/json"})
    assert again.status_code == 204, again.text
    assert agency.admin.get(path).headers["etag"] == '"1"'


CODE_LISTS = (
    *("realty.ownershipTypeCodes", "realty.propertyTypeCodes", "realty.residentialTypeCodes"),
    *("realty.plotPropertyTypeCodes", "realty.estatePropertyTypeCodes", "realty.otherPropertyTypeCodes"),
    *("realty.condition.conditionCodes", "realty.availability.availabilityCodes"),
    *("apartment.roomCountCodes", "plot.holdingTypeCodes"),
)
TEXTS = (
    *("title", "realty.availability.description", "realty.condition.description"),
    *("apartment.area.totalAreaDescription", "plot.totalAreaDescription", "features.specialWishes"),
    "financialTerms.paymentTerms",
)
AMOUNTS = (
    *("apartment.area.minimumLivingAreaInSquareMeters", "apartment.area.maximumLivingAreaInSquareMeters"),
    *("plot.minimumAreaInSquareMeters", "plot.maximumAreaInSquareMeters"),
    *("financialTerms.debtFreePriceRange.minimumPrice", "financialTerms.debtFreePriceRange.maximumPrice"),
)
YEARS = ("realty.earliestConstructionYear", "realty.latestConstructionYear")
SWITCHES = ("hasElevator", "hasBalcony", "hasSauna", "housingCompanyHasSauna")
BRANCHES = (
    *("realty", "realty.availability", "realty.condition", "apartment", "apartment.area", "plot", "features"),
    *("financialTerms", "financialTerms.debtFreePriceRange"),
)


def at_place(path: str, value: Any) -> dict[str, Any]:
    for name in reversed(path.split(".")):
        value = {name: value}
    return dict(value)


@pytest.mark.parametrize(
    ("place", "value", "target"),
    [
        *((place, "OWN", place) for place in CODE_LISTS),
        *((place, ["own"], f"{place}[0]") for place in CODE_LISTS),
        *((place, ["OWN", 5], f"{place}[1]") for place in CODE_LISTS),
        *((place, [None], f"{place}[0]") for place in CODE_LISTS[:1]),
        *((place, ["X" * 65], f"{place}[0]") for place in CODE_LISTS[:1]),
        *((place, {"fi": "x"}, place) for place in TEXTS),
        *((place, ["x"], f"{place}[0]") for place in TEXTS),
        *((place, [{"languageCode": "fi", "text": 5}], f"{place}[0].text") for place in TEXTS),
        ("title", [{"languageCode": []}], "title[0].languageCode"),
        *((place, "5", place) for place in (*AMOUNTS, *YEARS)),
        *((place, -1, place) for place in (*AMOUNTS, *YEARS)),
        *((place, True, place) for place in (*AMOUNTS, *YEARS)),
        *((place, 1999.5, place) for place in YEARS),
        *((f"features.{name}", "true", f"features.{name}") for name in SWITCHES),
        *((place, [], place) for place in BRANCHES),
        *((place, "x", place) for place in BRANCHES),
        ("addresses", {}, "addresses"),
        ("addresses", ["Tampere"], "addresses[0]"),
        *(
            ("addresses", [{}, {name: 5}], f"addresses[1].{name}")
            for name in (
                *("district", "region", "regionCode", "postcode", "postalArea", "locality", "localityCode"),
                "countryCode",
            )
        ),
        ("financialTerms.debtFreePriceRange.currencyCode", "eur", "financialTerms.debtFreePriceRange.currencyCode"),
    ],
)
def test_a_known_leaf_has_its_type(place: str, value: Any, target: str, agency: Agency) -> None:
    answer = agency.admin.post(REQUIREMENTS, requirement(agency, assetRequirements=at_place(place, value)))

    assert_bad_body(answer, (f"assetRequirements.{target}", TYPE))


RANGES = [*zip(AMOUNTS[::2], AMOUNTS[1::2], strict=True), YEARS]


@pytest.mark.parametrize(("low", "high"), RANGES)
def test_a_range_that_is_the_wrong_way_round_is_told_with_both_ends(low: str, high: str, agency: Agency) -> None:
    def of(least: float | None, most: float | None) -> dict[str, Any]:
        branch, low_name, high_name = low.rpartition(".")[0], low.rpartition(".")[2], high.rpartition(".")[2]
        return requirement(agency, assetRequirements=at_place(branch, {low_name: least, high_name: most}))

    body = assert_bad_body(
        agency.admin.post(REQUIREMENTS, of(11, 10)),
        (f"assetRequirements.{low}", TYPE),
        (f"assetRequirements.{high}", TYPE),
    )

    assert body["errors"][0]["message"] == f"must not be more than {high.rpartition('.')[2]}"
    for least, most in ((10, 10), (0, 1), (10, None), (None, 10)):
        assert agency.admin.post(REQUIREMENTS, of(least, most)).status_code == 201


@pytest.mark.parametrize("day", ["1899-12-31", "2200-01-01", "0001-01-01", "2021-02-29"])
def test_a_consent_of_another_age_is_refused(day: str, agency: Agency) -> None:
    said = requirement(agency, consentToChange={"date": day}, note=5)

    assert_bad_body(agency.admin.post(REQUIREMENTS, said), ("consentToChange.date", TYPE), ("note", TYPE))
    assert_bad_body(
        agency.admin.post(REQUIREMENTS, requirement(agency, consentToChange={"date": day})),
        ("consentToChange.date", TYPE),
    )


def test_a_code_says_what_it_is_to_look_like_as_the_contract_writes_it(agency: Agency) -> None:
    said = requirement(agency, assetRequirements=tree(apartment={"roomCountCodes": ["3h"]}))

    body = assert_bad_body(
        agency.admin.post(REQUIREMENTS, said), ("assetRequirements.apartment.roomCountCodes[0]", TYPE)
    )

    assert body["errors"][0]["message"] == "must match ^[A-Z0-9_+]{1,64}$"


def test_all_faults_are_told_at_once_ranges_included(agency: Agency) -> None:
    said = requirement(
        agency,
        agencyOfficeId="5",
        agents=[{"agentId": "x"}],
        note=5,
        consentToChange={"date": "10.9.2021", "consentProvided": "yes", "consentDeliveryMethodCode": "by mail"},
        creationTime="yesterday",
        assetRequirements=tree(
            title=[{"text": 5}], realty={"earliestConstructionYear": 2022, "latestConstructionYear": 2000}
        ),
    )

    assert_bad_body(
        agency.admin.post(REQUIREMENTS, said),
        ("agencyOfficeId", TYPE),
        ("agents[0].agentId", TYPE),
        ("agents[0].roleCode", MISSING),
        ("note", TYPE),
        ("consentToChange.date", TYPE),
        ("consentToChange.consentProvided", TYPE),
        ("consentToChange.consentDeliveryMethodCode", TYPE),
        ("creationTime", TYPE),
        ("assetRequirements.title[0].text", TYPE),
        ("assetRequirements.realty.earliestConstructionYear", TYPE),
        ("assetRequirements.realty.latestConstructionYear", TYPE),
    )


# Refusals --------------------------------------------------------------------------------------------------------


def test_mandatory_fields_that_are_missing_are_named(agency: Agency) -> None:
    nulls = {"agencyOfficeId": None, "assetRequirements": None}
    for said in ({}, nulls):
        answer = agency.admin.post(REQUIREMENTS, said)
        assert_bad_body(answer, ("agencyOfficeId", MISSING), ("assetRequirements", MISSING))


@pytest.mark.parametrize("said", [[], "x", 5])
def test_the_tree_must_be_an_object(said: object, agency: Agency) -> None:
    answer = agency.admin.post(REQUIREMENTS, requirement(agency, assetRequirements=said))

    assert_bad_body(answer, ("assetRequirements", TYPE))


def test_a_list_of_agents_that_is_given_is_not_empty(agency: Agency) -> None:
    assert_bad_body(agency.admin.post(REQUIREMENTS, requirement(agency, agents=[])), ("agents", MISSING))


@pytest.mark.parametrize("said", [None, [], "x", 5])
def test_a_body_that_is_no_object_is_refused(said: object, agency: Agency) -> None:
    answer = agency.admin.post(REQUIREMENTS, content=json.dumps(said).encode())

    assert_bad_body(answer, ("body", TYPE))


@on_both
def test_an_agent_cannot_create_in_an_office_of_others(agency: Agency) -> None:
    answer = agency.agent.post(REQUIREMENTS, requirement(agency, agencyOfficeId=agency.other_office))

    assert_bad_body(answer, ("agencyOfficeId", UNKNOWN))
    assert page(agency.admin, REQUIREMENTS)["totalCount"] == 0


def test_who_may_not_call_learns_nothing(agency: Agency) -> None:
    assert_error(agency.nobody.post(REQUIREMENTS, {}), 401, "UNAUTHORIZED")
    assert_error(agency.operator.post(REQUIREMENTS, {}), 403, "ACCESS_DENIED")
    assert_bad_parameters(
        agency.admin.post(REQUIREMENTS, requirement(agency), headers={"Request-ID": None}), ("Request-ID", MISSING)
    )


@on_both
def test_a_repetition_under_the_same_key_makes_one(agency: Agency) -> None:
    first, second = (
        agency.admin.post(REQUIREMENTS, requirement(agency), headers={"Idempotency-Key": "wish-1"}) for _ in range(2)
    )

    assert first.json() == second.json()
    assert page(agency.admin, REQUIREMENTS)["totalCount"] == 1
    other = agency.admin.post(REQUIREMENTS, requirement(agency, note="x"), headers={"Idempotency-Key": "wish-1"})
    assert other.status_code == 400


def test_the_body_of_an_update_is_checked_like_that_of_a_creation(agency: Agency) -> None:
    path = creates(agency.admin, REQUIREMENTS, requirement(agency))
    said = requirement(
        agency, assetRequirements={"realty": {"earliestConstructionYear": 5, "latestConstructionYear": 4}}
    )

    answer = agency.admin.put(path, change_of(path, said, statusCode="OPEN"))

    assert_bad_body(
        answer,
        ("statusCode", TYPE),
        ("assetRequirements.realty.earliestConstructionYear", TYPE),
        ("assetRequirements.realty.latestConstructionYear", TYPE),
    )
