"""What of a realty matters to matching, by what it is found, and which fields a body may hold."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from askare.realties.model import (
    PropertyType,
    Realty,
    RealtyContent,
    RealtyFilter,
    document_of,
    realty_of,
)
from askare.realties.rules import differs_in_matching, is_on_the_market, matches, name_of, searched_text
from tests.samples import NEIGHBOURS
from tests.values import HOUR, NOW, OFFICE, OTHER_OFFICE, REALTY

SAMPLE: dict[str, Any] = NEIGHBOURS["realties"][0]


def a_home(**changes: Any) -> RealtyContent:
    return msgspec.convert({**SAMPLE, **changes}, RealtyContent)


def test_the_contracts_sample_is_kept_as_it_is_said() -> None:
    realty = Realty(REALTY, 1, a_home(), created=NOW, modified=NOW)

    told = msgspec.json.decode(document_of(realty))

    said = {name: value for name, value in SAMPLE.items() if value is not None}
    assert told == {
        **said,
        "realtyId": str(REALTY),
        "creationTime": "2026-03-02T09:00:00Z",
        "modificationTime": "2026-03-02T09:00:00Z",
    }
    assert realty_of(REALTY, 1, document_of(realty)) == realty


def test_a_realty_of_which_nothing_is_said_is_a_realty() -> None:
    assert msgspec.convert({}, RealtyContent) == RealtyContent()
    assert msgspec.convert(dict.fromkeys(SAMPLE), RealtyContent) == RealtyContent()


@pytest.mark.parametrize(
    "changes",
    [
        {"debtFreePrice": {"amount": 144000, "currencyCode": "EUR"}},
        {"statusCode": "SOLD"},
        {"livingAreaInSquareMeters": 121},
        {"roomCountCode": "4H"},
        {"constructionYear": None},
        {"features": {"hasSauna": False}},
        {"address": {**SAMPLE["address"], "postcode": "33100"}},
        {"address": None},
        {"propertyTypeCode": "LEISURE"},
        {"plotHoldingTypeCode": "RENT"},
        {"listedTime": "2023-06-02T08:00:00Z"},
    ],
)
def test_matching_looks_at_price_status_and_facts(changes: dict[str, Any]) -> None:
    assert differs_in_matching(a_home(), a_home(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"friendlyId": "1"},
        {"agencyOfficeId": None},
        {"roomStructure": "3h+k"},
        {"address": {**SAMPLE["address"], "streetAddress": "Hämeenkatu 2"}},
        {"debtFreePrice": {"amount": 145000.0, "currencyCode": "EUR"}},
        {"listedTime": "2023-06-01T11:00:00+03:00"},
        {"nobodyKnowsThis": 1},
    ],
)
def test_matching_does_not_look_at_names_and_spelling(changes: dict[str, Any]) -> None:
    assert not differs_in_matching(a_home(), a_home(**changes))


def test_a_street_address_alone_is_no_place_to_match_by() -> None:
    assert not differs_in_matching(a_home(address=None), a_home(address={"streetAddress": "Hämeenkatu 1"}))


def test_on_the_market_means_for_sale_or_nothing_said() -> None:
    assert is_on_the_market(a_home())
    assert is_on_the_market(a_home(statusCode=None))
    assert not is_on_the_market(a_home(statusCode="SOLD"))


def test_a_realty_is_known_by_its_address_and_its_number() -> None:
    assert name_of(a_home()) == "Hämeenkatu 1, Tammela, 33500 Tampere, 40142361"
    assert name_of(a_home(address=None)) == "40142361"
    assert name_of(RealtyContent()) == ""
    assert "Pirkanmaa" in searched_text(a_home())


def test_a_filter_asks_for_all_that_it_says() -> None:
    realty = Realty(REALTY, 1, a_home(), created=NOW, modified=NOW)
    office = realty.content.agency_office_id
    assert office is not None

    def wants(**wanted: Any) -> bool:
        return matches(RealtyFilter(**wanted), realty)

    assert wants(office_ids=frozenset({office}), statuses=frozenset({"FOR_SALE", "SOLD"}))
    assert wants(property_types=frozenset({PropertyType.RESIDENTIAL}), friendly_ids=frozenset({"40142361"}))
    assert wants(modified_after=NOW - HOUR)
    assert not wants(office_ids=frozenset({OFFICE, OTHER_OFFICE}))
    assert not wants(statuses=frozenset({"SOLD"}))
    assert not wants(property_types=frozenset({PropertyType.PLOT}))
    assert not wants(friendly_ids=frozenset({"1"}))
    assert not wants(modified_after=NOW)
