"""POST /meetings: create a meeting."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from tests.samples_estate import MEETING_BODY
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
from tests.wire.estate import MEETINGS, MISSING, TYPE, UNKNOWN, creates, is_version_4, meeting, page, text_of

PARTY = {"partyId": "123e4567-e89b-12d3-a456-426655440000", "partyTypeCode": "PERSON_PARTY"}
MANDATORY = (
    *("typeCode", "statusCode", "parties", "visitTime", "agencyOfficeId", "agents", "sourceTypeCode"),
    "meetingRealty",
)
JSON_TYPE: dict[str, str | None] = {"Content-Type": "application/json"}


# The happy path --------------------------------------------------------------------------------------------------


@on_both
def test_the_published_sample_is_taken_as_it_stands(agency: Agency) -> None:
    answer = agency.admin.post(MEETINGS, MEETING_BODY, headers={"Request-ID": REQUEST_ID})

    assert answer.status_code == 201
    assert answer.headers["request-id"] == REQUEST_ID
    assert list(answer.json()) == ["meetingId"]
    meeting_id = answer.json()["meetingId"]
    assert is_version_4(meeting_id)
    assert answer.headers["location"] == f"{MEETINGS}/{meeting_id}"
    assert answer.headers["etag"] == '"1"'


@on_both
def test_what_is_said_is_what_is_kept(agency: Agency) -> None:
    before = datetime.now(UTC)

    kept = agency.admin.get(creates(agency.admin, MEETINGS, meeting(agency))).json()

    created = datetime.fromisoformat(kept.pop("creationTime"))
    assert abs((created - before).total_seconds()) < 60
    assert datetime.fromisoformat(kept.pop("modificationTime")) == created
    assert is_version_4(kept.pop("meetingId"))
    assert kept == meeting(agency)


def test_the_bare_path_serves_clients_with_another_base_address(agency: Agency) -> None:
    answer = agency.admin.post("/meetings", meeting(agency))

    assert answer.headers["location"] == f"/meetings/{answer.json()['meetingId']}"
    assert agency.admin.get(answer.headers["location"]).status_code == 200


@pytest.mark.parametrize("status", ["WON", "LOST", "CANCELLED"])
def test_a_meeting_that_is_over_can_be_logged_as(status: str, agency: Agency) -> None:
    path = creates(agency.admin, MEETINGS, meeting(agency, statusCode=status))

    assert agency.admin.get(path).json()["statusCode"] == status


@pytest.mark.parametrize(
    "source",
    [
        *("ETUOVI", "OIKOTIE", "ASUNTOJENMYYNTI_FI", "ASUNTOJENHINNAT_FI", "NELIOHINTA_FI", "ASUNTOARVIO_FI"),
        *("HOME_PAGE", "CHATBOT", "BANK_COOPERATION", "SHOWING", "BOUGHT_FROM_US", "OLD_CUSTOMER"),
        *("RECOMMENDATION", "DIRECT_CONTACT", "AGENT_CONTACT"),
    ],
)
def test_every_source_is_taken(source: str, agency: Agency) -> None:
    path = creates(agency.admin, MEETINGS, meeting(agency, sourceTypeCode=source))

    assert agency.admin.get(path).json()["sourceTypeCode"] == source


@on_both
def test_optional_fields_may_be_absent_or_null_and_are_then_absent_in_the_answer(agency: Agency) -> None:
    absent = creates(agency.admin, MEETINGS, meeting(agency, realtyId=..., priceEstimate=..., notes=...))
    null = creates(agency.admin, MEETINGS, meeting(agency, realtyId=None, priceEstimate=None, notes=None))

    for path in (absent, null):
        assert set(agency.admin.get(path).json()) == {*MANDATORY, "meetingId", "creationTime", "modificationTime"}


def test_fields_that_are_not_in_the_schema_are_ignored(agency: Agency) -> None:
    path = creates(agency.admin, MEETINGS, meeting(agency, meetingId=UNKNOWN_ID, creationTime="2000-01-01", version=9))

    kept = agency.admin.get(path).json()

    assert id_of(path) == kept["meetingId"] != UNKNOWN_ID
    assert not kept["creationTime"].startswith("2000")
    assert "version" not in kept


def test_a_party_or_an_agent_named_twice_is_stored_once(agency: Agency) -> None:
    agent = {"agentId": UNKNOWN_ID}

    path = creates(agency.admin, MEETINGS, meeting(agency, parties=[PARTY, PARTY], agents=[agent, agent]))

    kept = agency.admin.get(path).json()
    assert (kept["parties"], kept["agents"]) == ([PARTY], [agent])


# The open objects ------------------------------------------------------------------------------------------------

OPEN_OBJECTS = [
    "{}",
    '{"b":1,"a":2,"Z":{"y":[],"x":{}}}',
    '{"categoryCode":null,"unknown":null,"list":[null,1,"x",{"k":null}]}',
    '{"whole":1.0,"half":0.50,"big":9007199254740993,"exponent":1E+2,"small":1e-7,"negative":-0}',
    '{"true":true,"one":1,"false":false,"zero":0,"text":"1"}',
    '{"escaped":"\\u00e4\\/\\n\\t\\"","plain":"ä/日本👩‍👩‍👧"}',
    '{"":"","a.b":1,"a b":2,"\\u00e4":3,"kéy":4}',
    '{"creationTime":"not ours","modificationTime":"2020"}',
]


@on_both
@pytest.mark.parametrize("text", OPEN_OBJECTS)
def test_the_open_objects_come_back_letter_by_letter(text: str, agency: Agency) -> None:
    with_blanks = text.replace(",", " ,\n\t").replace(":", " : ") if "a.b" not in text and "\\" not in text else text
    base = meeting(agency, meetingRealty="?", priceEstimate="??")
    sent = agency.admin.post(
        MEETINGS, content=_body(base, meetingRealty=with_blanks, priceEstimate=text), headers=JSON_TYPE
    )
    path = sent.headers["location"]

    for answer in (agency.admin.get(path), agency.admin.get(MEETINGS)):
        assert text_of(answer, "meetingRealty") == text
        assert text_of(answer, "priceEstimate") == text

    # Put back as it was read, it has not changed.
    again = agency.admin.put(path, content=agency.admin.get(path).content, headers=JSON_TYPE)
    assert again.status_code == 204
    assert agency.admin.get(path).headers["etag"] == '"1"'


def _body(base: dict[str, Any], **texts: str) -> bytes:
    import json

    parts = [f"{json.dumps(name)}: {texts.get(name) or json.dumps(value)}" for name, value in base.items()]
    return ("{" + ", ".join(parts) + "}").encode()


@on_both
@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ('{"a":1,"b":2}', '{"b":2,"a":1}', True),
        ('{"a":1}', '{"a":1.0}', True),
        ('{"a":1}', '{"a":true}', True),
        ('{"a":null}', "{}", True),
        ('{"a":"\\u00e4"}', '{"a":"ä"}', False),
        ('{"a":[1,2]}', '{ "a" : [ 1, 2 ] }', False),
    ],
)
def test_what_counts_as_a_change_of_an_open_object(before: str, after: str, changed: bool, agency: Agency) -> None:
    base = meeting(agency, meetingRealty="?")
    path = agency.admin.post(MEETINGS, content=_body(base, meetingRealty=before)).headers["location"]

    agency.admin.put(path, content=_body(base, meetingRealty=after))

    assert agency.admin.get(path).headers["etag"] == ('"2"' if changed else '"1"')
    if changed:
        assert text_of(agency.admin.get(path), "meetingRealty") == after


@pytest.mark.parametrize(
    ("realty", "place"),
    [
        ({"categoryCode": "for sale"}, "categoryCode"),
        ({"categoryCode": "SALE\n"}, "categoryCode"),
        ({"subCategoryCode": 5}, "subCategoryCode"),
        ({"propertyTypeCode": ["PLOT"]}, "propertyTypeCode"),
        ({"residentialTypeCode": ""}, "residentialTypeCode"),
        ({"address": "Hämeenkatu 1"}, "address"),
        ({"address": {"postcode": 33500}}, "address.postcode"),
        ({"roomCountCode": 3}, "roomCountCode"),
        ({"roomStructure": {}}, "roomStructure"),
        ({"livingAreaInSquareMeters": "80"}, "livingAreaInSquareMeters"),
        ({"livingAreaInSquareMeters": True}, "livingAreaInSquareMeters"),
        ({"livingAreaInSquareMeters": -1}, "livingAreaInSquareMeters"),
        ({"constructionYear": 1999.5}, "constructionYear"),
        ({"constructionYear": "1999"}, "constructionYear"),
    ],
)
def test_a_known_leaf_of_the_realty_has_its_type(realty: dict[str, Any], place: str, agency: Agency) -> None:
    answer = agency.admin.post(MEETINGS, meeting(agency, meetingRealty=realty))

    assert_bad_body(answer, (f"meetingRealty.{place}", TYPE))


@pytest.mark.parametrize(
    ("price", "place"),
    [
        ({"amount": "250000"}, "amount"),
        ({"amount": -1}, "amount"),
        ({"currencyCode": "euro"}, "currencyCode"),
        ({"minimumPrice": []}, "minimumPrice"),
        ({"maximumPrice": {}}, "maximumPrice"),
    ],
)
def test_a_known_leaf_of_the_price_has_its_type(price: dict[str, Any], place: str, agency: Agency) -> None:
    assert_bad_body(agency.admin.post(MEETINGS, meeting(agency, priceEstimate=price)), (f"priceEstimate.{place}", TYPE))


def test_deep_nesting_repeated_keys_and_numbers_beyond_measure_are_refused_inside_too(agency: Agency) -> None:
    base = meeting(agency, meetingRealty="?")
    for text, place in (
        ('{"x":' + "[" * 40 + "]" * 40 + "}", None),
        ('{"a":1,"a":2}', "meetingRealty.a"),
        ('{"a":1e999}', "meetingRealty.a"),
        ('{"a":"\\u0000"}', "meetingRealty.a"),
        ('{"a":9223372036854775808}', "meetingRealty.a"),
    ):
        answer = agency.admin.post(MEETINGS, content=_body(base, meetingRealty=text))
        body = assert_error(answer, 400, "BAD_REQUEST_BODY", [(e["target"], TYPE) for e in answer.json()["errors"]])
        if place is not None:
            assert [error["target"] for error in body["errors"]] == [place]


# Refusals --------------------------------------------------------------------------------------------------------


def test_without_a_token_there_is_no_meeting(agency: Agency) -> None:
    assert_error(agency.nobody.post(MEETINGS, meeting(agency)), 401, "UNAUTHORIZED")
    assert page(agency.admin, MEETINGS)["totalCount"] == 0


def test_operators_have_no_meetings(agency: Agency) -> None:
    assert_error(agency.operator.post(MEETINGS, meeting(agency)), 403, "ACCESS_DENIED")


def test_the_request_id_is_required(agency: Agency) -> None:
    answer = agency.admin.post(MEETINGS, meeting(agency), headers={"Request-ID": None})

    assert_bad_parameters(answer, ("Request-ID", MISSING))


@pytest.mark.parametrize("field", MANDATORY)
def test_a_mandatory_field_that_is_missing_or_null_is_named(field: str, agency: Agency) -> None:
    assert_bad_body(agency.admin.post(MEETINGS, meeting(agency, **{field: ...})), (field, MISSING))
    assert_bad_body(agency.admin.post(MEETINGS, meeting(agency, **{field: None})), (field, MISSING))


def test_a_party_whose_type_is_null_is_one_without_a_type(agency: Agency) -> None:
    party = {**PARTY, "partyId": str(uuid4()), "partyTypeCode": None}
    refused = agency.admin.post(MEETINGS, meeting(agency, parties=[party]))
    agency.admin.put(f"/askare/v1/parties/{party['partyId']}", {"partyTypeCode": "ESTATE_PARTY", "name": "Kuolinpesä"})

    path = creates(agency.admin, MEETINGS, meeting(agency, parties=[party]))

    assert_bad_body(refused, ("parties[0].partyTypeCode", MISSING))
    assert agency.admin.get(path).json()["parties"] == [{**party, "partyTypeCode": "ESTATE_PARTY"}]


@pytest.mark.parametrize(
    ("field", "value", "target"),
    [
        ("typeCode", "CALL", "typeCode"),
        ("statusCode", "DONE", "statusCode"),
        ("sourceTypeCode", "etuovi", "sourceTypeCode"),
        ("visitTime", "2026-12-31T23:59:59", "visitTime"),
        ("visitTime", "2026-12-31", "visitTime"),
        ("visitTime", 5, "visitTime"),
        ("notes", ["a"], "notes"),
        ("notes", "x" * 10_001, "notes"),
        ("realtyId", "5", "realtyId"),
        ("parties", [PARTY, {**PARTY, "partyId": "x"}], "parties[1].partyId"),
        ("agents", [{"agentId": 5}], "agents[0].agentId"),
        ("meetingRealty", [], "meetingRealty"),
        ("meetingRealty", "SALE", "meetingRealty"),
        ("priceEstimate", 250_000, "priceEstimate"),
    ],
)
def test_a_value_of_the_wrong_kind_is_named_with_its_place(
    field: str, value: object, target: str, agency: Agency
) -> None:
    assert_bad_body(agency.admin.post(MEETINGS, meeting(agency, **{field: value})), (target, TYPE))


def test_a_meeting_needs_a_party_and_an_agent(agency: Agency) -> None:
    answer = agency.admin.post(MEETINGS, meeting(agency, parties=[], agents=[]))

    assert_bad_body(answer, ("parties", MISSING), ("agents", MISSING))


def test_all_faults_are_told_at_once_also_those_deep_inside(agency: Agency) -> None:
    said = meeting(
        agency,
        statusCode="OPEN",
        visitTime=...,
        meetingRealty={"address": {"postcode": 5}, "constructionYear": "x"},
        priceEstimate={"amount": "x"},
    )

    assert_bad_body(
        agency.admin.post(MEETINGS, said),
        ("statusCode", TYPE),
        ("visitTime", MISSING),
        ("meetingRealty.address.postcode", TYPE),
        ("meetingRealty.constructionYear", TYPE),
        ("priceEstimate.amount", TYPE),
    )


@on_both
def test_a_party_that_nobody_knows_needs_its_type(agency: Agency) -> None:
    answer = agency.admin.post(MEETINGS, meeting(agency, parties=[PARTY, {"partyId": UNKNOWN_ID}]))

    assert_bad_body(answer, ("parties[1].partyTypeCode", MISSING))


@on_both
def test_an_agent_cannot_create_in_an_office_of_others(agency: Agency) -> None:
    answer = agency.agent.post(MEETINGS, meeting(agency, agencyOfficeId=agency.other_office))

    assert_bad_body(answer, ("agencyOfficeId", UNKNOWN))
    assert page(agency.admin, MEETINGS)["totalCount"] == 0


@on_both
def test_a_repetition_under_the_same_key_makes_one_meeting(agency: Agency) -> None:
    first, second = (
        agency.admin.post(MEETINGS, meeting(agency), headers={"Idempotency-Key": "visit-1"}) for _ in range(2)
    )

    assert first.json() == second.json()
    assert page(agency.admin, MEETINGS)["totalCount"] == 1
