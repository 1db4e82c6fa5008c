"""Matches and why, in our own dialect; previews; how matches are told; the page that extends a watch."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import pytest

from askare.storage.transactions import Transaction
from askare.watches import operations
from tests.wire.asking import UNKNOWN_ID, Agency, assert_bad_body, assert_bad_parameters, assert_error, on_both
from tests.wire.conftest import Running
from tests.wire.documented import documented
from tests.wire.watching import (
    FLAT_WISH,
    OURS,
    WATCHES,
    a_flat,
    matches,
    puts,
    requires,
    until_matched,
    watches,
)

PREVIEW = f"{OURS}/watches:preview"


@on_both
def test_a_realty_that_is_put_is_soon_a_recorded_match_and_says_why(agency: Agency) -> None:
    requirement = requires(agency.agent, agency)
    watch = watches(agency.agent, requirement)
    realty = puts(agency.agent, a_flat(agency))

    (match,) = until_matched(agency.agent, realty)

    assert match == {
        "watchId": watch,
        "assetRequirementId": requirement,
        "title": "Kaksio",
        "standing": "FITS",
        "matchedTime": match["matchedTime"],
        "met": [
            {"criterion": "propertyType", "wished": ["RESIDENTIAL"], "found": "RESIDENTIAL"},
            {"criterion": "place", "wished": ["33500"], "found": "33500, Tampere"},
            {"criterion": "price", "most": 150000.0, "found": 145000.0},
        ],
        "unknown": [{"criterion": "condition", "wished": ["GOOD"]}],
        "failed": [],
    }
    (shown,) = matches(agency.agent, "watches", watch)
    assert (shown["realty"]["realtyId"], shown["standing"]) == (realty, "FITS")
    assert {key: shown[key] for key in ("met", "unknown", "failed", "matchedTime")} == {
        key: match[key] for key in ("met", "unknown", "failed", "matchedTime")
    }


def test_what_fitted_before_the_watch_is_shown_and_was_never_told(agency: Agency) -> None:
    realty = puts(agency.admin, a_flat(agency))
    watch = watches(agency.admin, requires(agency.admin, agency))

    (match,) = matches(agency.admin, "watches", watch)

    assert (match["realty"]["realtyId"], match["standing"]) == (realty, "FITS")
    assert "matchedTime" not in match


def test_a_match_that_has_left_the_market_is_shown_as_one_that_fitted(agency: Agency) -> None:
    watch = watches(agency.admin, requires(agency.admin, agency))
    realty = puts(agency.admin, a_flat(agency))
    until_matched(agency.admin, realty)
    puts(agency.admin, a_flat(agency, statusCode="SOLD"), realty)

    for thing, thing_id in (("watches", watch), ("realties", realty)):
        (match,) = matches(agency.admin, thing, thing_id)
        assert match["standing"] == "FITTED"


@on_both
def test_the_best_comes_first_and_near_misses_on_request_with_how_much_they_miss(agency: Agency) -> None:
    watch = watches(agency.admin, requires(agency.admin, agency))
    known = puts(agency.admin, a_flat(agency, conditionCode="GOOD"))
    unknown = puts(agency.admin, a_flat(agency))
    dear = puts(agency.admin, a_flat(agency, 156_000))
    dearer = puts(agency.admin, a_flat(agency, 180_000))
    elsewhere = puts(agency.admin, a_flat(agency, address={"postcode": "00100"}))
    puts(agency.admin, a_flat(agency, 156_000, propertyTypeCode="PLOT"))

    assert [one["realty"]["realtyId"] for one in matches(agency.admin, "watches", watch)] == [known, unknown]
    shown = matches(agency.admin, "watches", watch, nearMisses="true")
    assert [one["realty"]["realtyId"] for one in shown] == [known, unknown, dear, dearer, elsewhere]
    assert shown[2]["standing"] == "NEAR_MISS"
    assert shown[2]["failed"] == [
        {
            "criterion": "price",
            "most": 150000.0,
            "found": 156000.0,
            "off": 6000.0,
            "offPercent": 4.0,
            "text": "price 4 % over",
        }
    ]
    assert shown[4]["failed"][0]["text"] == "place is 00100"
    for realty, text in ((dear, "price 4 % over"), (elsewhere, "place is 00100")):
        assert matches(agency.admin, "realties", realty) == []
        (near,) = matches(agency.admin, "realties", realty, nearMisses="true")
        assert (near["watchId"], near["failed"][0]["text"]) == (watch, text)


def test_a_page_of_matches_is_a_window_on_all_of_them(agency: Agency) -> None:
    watch = watches(agency.admin, requires(agency.admin, agency))
    realties = [puts(agency.admin, a_flat(agency)) for _ in range(3)]

    answer = agency.admin.get(f"{OURS}/watches/{watch}/matches", params={"startIndex": 1, "size": 1}).json()

    assert (answer["totalCount"], len(answer["matches"])) == (3, 1)
    assert answer["matches"][0]["realty"]["realtyId"] in realties


def test_matches_of_somebody_elses_watch_or_realty_look_like_none(agency: Agency) -> None:
    watch = watches(agency.admin, requires(agency.admin, agency))
    realty = puts(agency.admin, a_flat(agency))

    for person in (agency.neighbour, agency.stranger):
        for path, target in ((f"watches/{watch}", "watchId"), (f"realties/{realty}", "realtyId")):
            assert_error(person.get(f"{OURS}/{path}/matches"), 404, "INVALID_ID", [(target, "INVALID_ID")])
    assert_error(
        agency.admin.get(f"{OURS}/watches/{UNKNOWN_ID}/matches"), 404, "INVALID_ID", [("watchId", "INVALID_ID")]
    )
    assert_bad_parameters(
        agency.admin.get(f"{OURS}/watches/{watch}/matches?nearMisses=perhaps&size=0"),
        ("nearMisses", "INVALID_TYPE"),
        ("size", "INVALID_TYPE"),
    )


def test_an_agent_sees_neither_the_watches_nor_the_realties_of_another_office(agency: Agency) -> None:
    ours, theirs = (
        watches(agency.admin, requires(agency.admin, agency, agencyOfficeId=office))
        for office in (agency.office, agency.other_office)
    )
    mine = puts(agency.admin, a_flat(agency))
    puts(agency.admin, a_flat(agency, agencyOfficeId=agency.other_office))
    everybodys = puts(agency.admin, a_flat(agency, agencyOfficeId=...))

    assert {one["watchId"] for one in matches(agency.admin, "realties", mine)} == {ours, theirs}
    assert [one["watchId"] for one in matches(agency.agent, "realties", mine)] == [ours]
    assert {one["realty"]["realtyId"] for one in matches(agency.agent, "watches", ours)} == {mine, everybodys}


# Previews --------------------------------------------------------------------------------------------------------


@on_both
def test_a_preview_counts_what_would_have_been_found_and_says_what_cuts_most(agency: Agency) -> None:
    for price, more in (
        (100_000, {}),
        (120_000, {"statusCode": "SOLD"}),
        (160_000, {}),
        (170_000, {}),
        (140_000, {"address": {"postcode": "00100"}}),
        (190_000, {"address": {"postcode": "00100"}}),
        (90_000, {"listedTime": "2020-01-01T00:00:00Z"}),
    ):
        puts(agency.admin, a_flat(agency, price, **more))

    answer = agency.admin.post(PREVIEW, {"assetRequirements": FLAT_WISH})

    assert answer.status_code == 200
    assert answer.json() == {
        "matchCount": 2,
        "realtyCount": 6,
        "days": 90,
        "cutsMost": "price",
        "cuts": [{"criterion": "price", "lostCount": 2}, {"criterion": "place", "lostCount": 1}],
    }
    assert agency.admin.get(WATCHES).json()["totalCount"] == 0


def test_a_preview_of_nothing_asked_for_finds_everything(agency: Agency) -> None:
    puts(agency.admin, a_flat(agency))

    assert agency.admin.post(PREVIEW, {"assetRequirements": {}}).json() == {
        "matchCount": 1,
        "realtyCount": 1,
        "days": 90,
        "cuts": [],
    }


def test_a_preview_refuses_what_an_asset_requirement_refuses(agency: Agency) -> None:
    wish = {
        "realty": {"propertyTypeCodes": "RESIDENTIAL"},
        "financialTerms": {"debtFreePriceRange": {"minimumPrice": 2, "maximumPrice": 1}},
    }
    assert_bad_body(
        agency.admin.post(PREVIEW, {"assetRequirements": wish}),
        ("assetRequirements.realty.propertyTypeCodes", "INVALID_TYPE"),
        ("assetRequirements.financialTerms.debtFreePriceRange.minimumPrice", "INVALID_TYPE"),
        ("assetRequirements.financialTerms.debtFreePriceRange.maximumPrice", "INVALID_TYPE"),
    )
    assert_bad_body(agency.admin.post(PREVIEW, {}), ("assetRequirements", "VALUE_REQUIRED"))


# How matches are told --------------------------------------------------------------------------------------------


def test_matches_are_told_at_once_until_somebody_wants_them_once_a_day(agency: Agency) -> None:
    path = f"{OURS}/watches/{watches(agency.admin, requires(agency.admin, agency))}/preferences"
    assert agency.admin.get(path).json() == {"timingCode": "INSTANT"}

    assert agency.admin.put(path, {"timingCode": "DIGEST"}).status_code == 204
    assert agency.admin.get(path).json() == {"timingCode": "DIGEST"}

    assert_bad_body(agency.admin.put(path, {"timingCode": "WEEKLY"}), ("timingCode", "INVALID_TYPE"))
    for person in (agency.neighbour, agency.stranger):
        for answer in (person.get(path), person.put(path, {"timingCode": "INSTANT"})):
            assert_error(answer, 404, "INVALID_ID", [("watchId", "INVALID_ID")])


# The page that extends a watch -----------------------------------------------------------------------------------


@pytest.fixture
def link(agency: Agency, shared: Running) -> str:
    """The path in a letter about a watch's end, and the watch it is about."""
    requirement = requires(agency.admin, agency, {**FLAT_WISH, "title": [{"text": "<b>Kaksio</b>"}]})
    watch = watches(agency.admin, requirement, validityEndTime="2020-01-01T00:00:00Z")
    key = uuid4()

    def give_key(tx: Transaction) -> None:
        tx.run(
            "UPDATE watch_states SET extension_key = :key WHERE watch_id = :watch",
            key=key.bytes,
            watch=UUID(watch).bytes,
        )

    shared.database.write(give_key)
    return f"{operations.EXTENSION_PATH}/{key.hex} {watch}"


@on_both
def test_the_link_shows_a_page_and_changes_nothing_and_its_button_extends_once(agency: Agency, link: str) -> None:
    path, watch = link.split()
    before = agency.admin.get(f"{WATCHES}/{watch}").json()

    page = agency.nobody.request("GET", path, headers={"Request-ID": None})
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "&lt;b&gt;Kaksio&lt;/b&gt;" in page.text
    assert agency.admin.get(f"{WATCHES}/{watch}").json() == before

    for _ in range(2):
        assert agency.nobody.request("POST", path, headers={"Request-ID": None}).status_code == 200
    after = agency.admin.get(f"{WATCHES}/{watch}").json()
    assert after["watchStatusCode"] == "ACTIVE"
    ends, modified = (msgspec.convert(after[name], datetime) for name in ("validityEndTime", "modificationTime"))
    assert ends - modified == timedelta(days=90)


def test_a_link_that_nobody_gave_out_leads_nowhere(agency: Agency) -> None:
    for key in (uuid4().hex, "x", "0" * 32):
        for method in ("GET", "POST"):
            answer = agency.nobody.request(method, f"{operations.EXTENSION_PATH}/{key}", headers={"Request-ID": None})
            assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")


# The document ----------------------------------------------------------------------------------------------------


def test_every_answer_is_one_that_the_document_tells(agency: Agency) -> None:
    told = documented(agency.nobody, "askare")
    watch = watches(agency.admin, requires(agency.admin, agency))
    realty = puts(agency.admin, a_flat(agency))
    puts(agency.admin, a_flat(agency, 156_000))
    until_matched(agency.admin, realty)
    answers = [
        agency.admin.get(f"{OURS}/watches/{watch}/matches", params={"nearMisses": "true"}),
        agency.admin.get(f"{OURS}/realties/{realty}/matches", params={"nearMisses": "true"}),
        agency.admin.get(f"{OURS}/watches/{UNKNOWN_ID}/matches"),
        agency.admin.get(f"{OURS}/watches/{watch}/matches", params={"size": "0"}),
        agency.admin.post(PREVIEW, {"assetRequirements": FLAT_WISH}),
        agency.admin.post(PREVIEW, {}),
        agency.admin.get(f"{OURS}/watches/{watch}/preferences"),
        agency.admin.put(f"{OURS}/watches/{watch}/preferences", {"timingCode": "DIGEST"}),
        agency.operator.get(f"{OURS}/watches/{watch}/matches"),
        agency.nobody.post(PREVIEW, {"assetRequirements": {}}),
    ]

    for answer in answers:
        told.check(answer)
    assert {answer.status_code for answer in answers} == {200, 204, 400, 401, 403, 404}


def test_every_example_of_a_body_is_accepted(agency: Agency) -> None:
    operations = documented(agency.nobody, "askare").operations()
    watch = watches(agency.admin, requires(agency.admin, agency))

    for name in ("watch.preview", "watch.setPreferences"):
        operation = operations[name]
        for example in operation["requestBody"]["content"]["application/json"]["examples"].values():
            path = operation["path"].replace("{watchId}", watch)
            assert agency.admin.request(operation["method"], path, example["value"]).status_code in (200, 204)
