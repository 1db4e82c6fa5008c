"""GET /meetings: search meetings."""

from __future__ import annotations

from typing import Any

import pytest

from tests.wire.asking import Agency, assert_bad_parameters, assert_error, id_of, on_both
from tests.wire.estate import MEETINGS, TYPE, creates, finds, meeting, page

ONE = "11111111-1111-4111-8111-111111111111"
TWO = "22222222-2222-4222-8222-222222222222"
PERSON = "PERSON_PARTY"


def made(agency: Agency, *changes: dict[str, Any]) -> list[str]:
    """The ids of meetings made one after the other."""
    return [id_of(creates(agency.admin, MEETINGS, meeting(agency, **one))) for one in changes]


@on_both
def test_the_published_query_is_taken_as_it_stands(agency: Agency) -> None:
    params = {
        "sourceTypeCode": "ETUOVI",
        "statusCode": "WAITING",
        "agencyOfficeId": "123e4567-e89b-12d3-a456-426655440000",
        "partyId": "75596cf8-9372-4d20-a420-500b9eed403a",
        "agentId": "6d648e58-edcc-47c2-93c1-6f5568bac85f",
        "typeCode": "SALES_MEETING",
        "startIndex": 20,
        "size": 40,
        "sort": "visitTime|desc",
    }

    assert page(agency.admin, MEETINGS, **params) == {"meetings": [], "totalCount": 0}


@on_both
def test_a_page_shows_meetings_as_their_details_do(agency: Agency) -> None:
    path = creates(agency.admin, MEETINGS, meeting(agency))

    assert page(agency.admin, MEETINGS) == {"meetings": [agency.admin.get(path).json()], "totalCount": 1}


@on_both
@pytest.mark.parametrize(
    ("parameter", "change"),
    [
        ("typeCode", {"typeCode": "EVALUATION_VISIT"}),
        ("statusCode", {"statusCode": "CANCELLED"}),
        ("sourceTypeCode", {"sourceTypeCode": "RECOMMENDATION"}),
        ("realtyId", {"realtyId": TWO}),
        (
            "partyId",
            {"parties": [{"partyId": ONE, "partyTypeCode": PERSON}, {"partyId": TWO, "partyTypeCode": PERSON}]},
        ),
        ("agentId", {"agents": [{"agentId": ONE}, {"agentId": TWO}]}),
    ],
)
def test_each_filter_finds_its_own(parameter: str, change: dict[str, Any], agency: Agency) -> None:
    wanted, _ = made(agency, change, {})

    assert finds(agency.admin, MEETINGS, **{parameter: change.get(parameter, TWO)}) == [wanted]


@on_both
def test_values_are_joined_by_or_and_parameters_by_and(agency: Agency) -> None:
    won, lost, _ = made(agency, {"statusCode": "WON"}, {"statusCode": "LOST", "typeCode": "EVALUATION_VISIT"}, {})

    assert set(finds(agency.admin, MEETINGS, statusCode=["WON", "LOST"])) == {won, lost}
    assert set(finds(agency.admin, MEETINGS, statusCode="WON,LOST")) == {won, lost}
    assert finds(agency.admin, MEETINGS, statusCode="WON,LOST", typeCode="EVALUATION_VISIT") == [lost]


@on_both
def test_before_and_after_are_strict(agency: Agency) -> None:
    noon = "2026-06-15T12:00:00Z"
    earlier, exactly, later = made(
        agency,
        {"visitTime": "2026-06-15T11:59:59.999Z"},
        {"visitTime": noon},
        {"visitTime": "2026-06-15T12:00:00.001Z"},
    )

    assert finds(agency.admin, MEETINGS, visitTimeBefore=noon) == [earlier]
    assert finds(agency.admin, MEETINGS, visitTimeAfter=noon) == [later]
    assert finds(
        agency.admin,
        MEETINGS,
        visitTimeAfter="2026-06-15T11:59:59.999Z",
        visitTimeBefore="2026-06-15T15:00:00.001 03:00",
    ) == [exactly]


@on_both
def test_the_last_stamp_seen_brings_nothing_again(agency: Agency) -> None:
    made(agency, {}, {})
    stamp = max(one["modificationTime"] for one in page(agency.admin, MEETINGS)["meetings"])

    assert finds(agency.admin, MEETINGS, modifiedAfter=stamp) == []
    assert len(finds(agency.admin, MEETINGS, modifiedAfter="2020-01-01T00:00:00Z")) == 2


@on_both
@pytest.mark.parametrize(
    "query", ["muistiinpano", "satamakatu", "Kotka SATAMAKATU", "kerrostalossa", "3h", "syvällä", "muistiinpano kotka"]
)
def test_words_are_found_in_the_notes_and_in_every_text_of_the_realty(query: str, agency: Agency) -> None:
    realty = {
        "address": {"streetAddress": "Satamakatu 1", "locality": "Kotka"},
        "roomStructure": "3h+k",
        "own": [{"deep": {"deeper": "syvällä kerrostalossa"}}],
    }
    wanted, _ = made(agency, {"notes": "Muistiinpano", "meetingRealty": realty}, {"notes": "toinen"})

    assert finds(agency.admin, MEETINGS, freeTextSearch=query) == [wanted]


@on_both
def test_an_update_is_found_by_what_it_says_now(agency: Agency) -> None:
    (one,) = made(agency, {"notes": "kylpyhuone"})

    agency.admin.put(f"{MEETINGS}/{one}", meeting(agency, notes="keittiö", agents=[{"agentId": TWO}]))

    assert finds(agency.admin, MEETINGS, freeTextSearch="kylpyhuone") == []
    assert finds(agency.admin, MEETINGS, freeTextSearch="keittiö") == [one]
    assert finds(agency.admin, MEETINGS, agentId=TWO) == [one]


def on_days(*days: int) -> list[dict[str, Any]]:
    return [{"visitTime": f"2026-06-{day:02}T12:00:00Z"} for day in days]


@on_both
def test_pages_lie_side_by_side_and_the_total_counts_all(agency: Agency) -> None:
    third, first, second = made(agency, *on_days(3, 1, 2))

    assert finds(agency.admin, MEETINGS) == [first, second, third]
    assert finds(agency.admin, MEETINGS, sort="visitTime|desc") == [third, second, first]
    pages = [page(agency.admin, MEETINGS, startIndex=start, size=2) for start in (0, 2, 4)]
    assert [[one["meetingId"] for one in found["meetings"]] for found in pages] == [[first, second], [third], []]
    assert {found["totalCount"] for found in pages} == {3}
    stamps = [one["modificationTime"] for one in page(agency.admin, MEETINGS, sort="modificationTime|desc")["meetings"]]
    assert stamps == sorted(stamps, reverse=True)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("typeCode", "CALL"),
        ("statusCode", "DONE"),
        ("sourceTypeCode", "WEB"),
        ("agencyOfficeId", "1"),
        ("realtyId", "x"),
        ("partyId", ""),
        ("agentId", "null"),
        ("freeTextSearch", "x" * 10_001),
        ("freeTextSearch", "a " * 33),
        ("visitTimeBefore", "2026-06-15"),
        ("visitTimeAfter", "9999-12-31T23:59:59Z"),
        ("modifiedAfter", ""),
        ("startIndex", "-1"),
        ("size", "0"),
        ("size", "101"),
        ("sort", "taskDueTime"),
        ("sort", "visitTime|up"),
        ("endIndex", "5"),
    ],
)
def test_a_parameter_that_cannot_be_understood_is_named(parameter: str, value: str, agency: Agency) -> None:
    assert_bad_parameters(agency.admin.get(MEETINGS, params={parameter: value}), (parameter, TYPE))


@on_both
def test_agents_see_their_offices_and_strangers_nothing(agency: Agency) -> None:
    ours, theirs = made(agency, {}, {"agencyOfficeId": agency.other_office})

    assert finds(agency.agent, MEETINGS) == [ours]
    assert finds(agency.neighbour, MEETINGS) == [theirs]
    assert finds(agency.agent, MEETINGS, agencyOfficeId=agency.other_office) == []
    assert page(agency.stranger, MEETINGS) == {"meetings": [], "totalCount": 0}
    assert_error(agency.nobody.get(MEETINGS), 401, "UNAUTHORIZED")
