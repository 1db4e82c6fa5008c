"""Which realties fit which criteria, sentence by sentence.  Source: OviPro contract 5.4."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from askare.watches.criteria import Criteria, Criterion, Offer, Place, Range, SubtypeList, criteria_of
from askare.watches.rules import explain, fits
from tests.wishes import SAMPLE_WISH, an_offer, some_criteria

RESIDENTIAL, PLOT = SubtypeList.RESIDENTIAL, SubtypeList.PLOT


def outcome(criteria: Criteria, offer: Offer) -> str:
    """What comes of the only criterion there is, or "not asked"."""
    verdict = explain(criteria, offer)
    assert len(verdict.met) + len(verdict.unknown) + len(verdict.failed) <= 1
    return next(
        (
            word
            for word, findings in (("met", verdict.met), ("unknown", verdict.unknown), ("failed", verdict.failed))
            if findings
        ),
        "not asked",
    )


def an_apartment(**changes: Any) -> Offer:
    return Offer(**{"property_type": "RESIDENTIAL", "subtypes": {RESIDENTIAL: "APARTMENT_HOUSE"}, **changes})


def test_empty_criteria_ask_for_nothing_and_everything_fits() -> None:
    assert explain(Criteria(), Offer()).fits
    assert explain(criteria_of({}), Offer()) == explain(Criteria(), Offer())


def test_empty_lists_ranges_and_addresses_ask_for_nothing() -> None:
    wish = {
        "realty": {"propertyTypeCodes": [], "condition": {"conditionCodes": None}},
        "addresses": [{}, {"postcode": " "}],
        "apartment": {"area": {}, "roomCountCodes": []},
        "features": {"hasSauna": False, "hasBalcony": None},
        "financialTerms": {"debtFreePriceRange": {"currencyCode": "EUR"}},
    }

    assert criteria_of(wish) == Criteria()


def test_the_sample_wish_is_read_whole() -> None:
    criteria = criteria_of(SAMPLE_WISH)

    assert criteria == Criteria(
        property_types=frozenset({"RESIDENTIAL", "LEISURE"}),
        residential_types=frozenset({"APARTMENT_HOUSE"}),
        plot_types=frozenset({"HOUSE_PLOT"}),
        estate_types=frozenset({"FOREST"}),
        other_types=frozenset({"PARKING_SLOT"}),
        ownerships=frozenset({"OWN"}),
        conditions=frozenset({"GOOD", "NEW"}),
        availabilities=frozenset({"AVAILABLE"}),
        construction_years=Range(2000, 2022),
        places=tuple(
            Place(
                country_code="fi",
                region_code="fi_pirkanmaa",
                region="pirkanmaa",
                locality_code="fi_pirkanmaa_tampere",
                locality="tampere",
                postcode=postcode,
                postal_area="tampere",
                district=district,
            )
            for district, postcode in (("tammela", "33500"), ("nekala", "33800"))
        ),
        room_counts=frozenset({"2H", "3H"}),
        living_area=Range(100, 200),
        plot_area=Range(500, 1000),
        plot_holdings=frozenset({"OWN"}),
        features=frozenset({Criterion.ELEVATOR, Criterion.BALCONY, Criterion.SAUNA}),
        price=Range(100_000, 150_000),
        currency="EUR",
    )


@pytest.mark.parametrize(("found", "said"), [("LEISURE", "met"), ("PLOT", "failed"), ("", "failed")])
def test_the_property_type_is_in_the_list_and_an_unknown_one_fails(found: str, said: str) -> None:
    assert outcome(Criteria(property_types=frozenset({"RESIDENTIAL", "LEISURE"})), Offer(property_type=found)) == said


FACTS = {"ownerships": "ownership", "conditions": "condition", "availabilities": "availability"}


@pytest.mark.parametrize("wish", FACTS)
@pytest.mark.parametrize(("found", "said"), [("GOOD", "met"), ("NEW", "failed"), ("", "unknown")])
def test_ownership_condition_and_availability_are_in_their_list_or_unknown(wish: str, found: str, said: str) -> None:
    wished: dict[str, Any] = {wish: frozenset({"GOOD"})}
    fact: dict[str, Any] = {FACTS[wish]: found}

    assert outcome(Criteria(**wished), Offer(**fact)) == said


def test_only_the_subtype_list_of_the_own_property_type_counts() -> None:
    wish = Criteria(residential_types=frozenset({"ROW_HOUSE"}), plot_types=frozenset({"HOUSE_PLOT"}))

    assert outcome(wish, Offer(property_type="PLOT", subtypes={PLOT: "HOUSE_PLOT"})) == "met"
    assert outcome(wish, Offer(property_type="PLOT", subtypes={PLOT: "OTHER_PLOT"})) == "failed"
    assert outcome(wish, an_apartment()) == "failed"
    assert outcome(wish, Offer(property_type="ESTATE", subtypes={SubtypeList.ESTATE: "FOREST"})) == "not asked"
    assert outcome(wish, Offer(property_type="COMMERCIAL_PROPERTY")) == "not asked"


def test_a_leisure_home_is_asked_for_by_the_residential_list() -> None:
    wish = Criteria(residential_types=frozenset({"COTTAGE"}))

    assert outcome(wish, Offer(property_type="LEISURE", subtypes={RESIDENTIAL: "COTTAGE"})) == "met"
    assert outcome(wish, Offer(property_type="LEISURE", subtypes={RESIDENTIAL: "ROW_HOUSE"})) == "failed"


def test_an_unknown_subtype_is_unknown() -> None:
    assert outcome(Criteria(residential_types=frozenset({"COTTAGE"})), Offer(property_type="LEISURE")) == "unknown"


def test_without_a_property_type_the_subtype_that_is_given_counts() -> None:
    wish = Criteria(residential_types=frozenset({"ROW_HOUSE"}))

    assert outcome(wish, Offer(subtypes={RESIDENTIAL: "ROW_HOUSE"})) == "met"
    assert outcome(wish, Offer(subtypes={PLOT: "HOUSE_PLOT"})) == "not asked"


@pytest.mark.parametrize(
    ("year", "said"), [(1999, "failed"), (2000, "met"), (2022, "met"), (2023, "failed"), (None, "unknown")]
)
def test_the_year_lies_in_the_closed_range(year: int | None, said: str) -> None:
    assert outcome(Criteria(construction_years=Range(2000, 2022)), Offer(construction_year=year)) == said


@pytest.mark.parametrize(("area", "said"), [(99.9, "failed"), (100, "met"), (200.1, "failed"), (None, "unknown")])
def test_the_living_area_lies_in_the_closed_range(area: float | None, said: str) -> None:
    assert outcome(Criteria(living_area=Range(100, 200)), Offer(living_area=area)) == said


def test_a_range_may_be_open_at_either_end() -> None:
    assert outcome(Criteria(living_area=Range(least=50)), Offer(living_area=1_000)) == "met"
    assert outcome(Criteria(living_area=Range(most=50)), Offer(living_area=50.5)) == "failed"


def test_plot_wishes_ask_nothing_of_a_home_without_a_plot() -> None:
    wish = Criteria(plot_area=Range(500, 1000))

    assert outcome(wish, an_apartment()) == "not asked"
    assert outcome(Criteria(plot_holdings=frozenset({"OWN"})), an_apartment(plot_holding="RENT")) == "not asked"
    assert outcome(wish, an_apartment(plot_area=400)) == "failed"
    assert outcome(Criteria(plot_holdings=frozenset({"OWN"})), an_apartment(plot_area=1, plot_holding="RENT")) == (
        "failed"
    )


@pytest.mark.parametrize("property_type", ["PLOT", "ESTATE"])
def test_plot_wishes_of_a_plot_of_unknown_size_are_unknown(property_type: str) -> None:
    assert outcome(Criteria(plot_area=Range(500)), Offer(property_type=property_type)) == "unknown"


@pytest.mark.parametrize(
    ("wish", "found", "said"),
    [
        ("3H", "3H", "met"),
        ("3H", "4H", "failed"),
        ("3H", "", "failed"),
        ("4H+", "4H", "met"),
        ("4H+", "12H", "met"),
        ("4H+", "5H+", "met"),
        ("4H+", "3H", "failed"),
        ("4H+", "STUDIO", "failed"),
        ("4H", "4H+", "failed"),
        ("STUDIO", "STUDIO", "met"),
        ("FIVE_ROOMS", "6H", "met"),
        ("TWO_ROOMS", "THREE_ROOMS", "failed"),
        ("FIVE_ROOMS", "FOUR_ROOMS", "failed"),
    ],
)
def test_room_codes_are_equal_or_the_wish_is_so_many_or_more(wish: str, found: str, said: str) -> None:
    assert outcome(Criteria(room_counts=frozenset({wish, "1H"})), Offer(room_count=found)) == said


@pytest.mark.parametrize("feature", [Criterion.ELEVATOR, Criterion.HOUSING_COMPANY_SAUNA])
def test_a_feature_that_is_wished_for_must_be_there_or_unknown(feature: Criterion) -> None:
    wish = Criteria(features=frozenset({feature}))

    assert outcome(wish, Offer(features={feature: True})) == "met"
    assert outcome(wish, Offer(features={feature: False})) == "failed"
    assert outcome(wish, Offer()) == "unknown"


@pytest.mark.parametrize(
    ("amount", "currency", "said"),
    [
        (100_000, "EUR", "met"),
        (150_000, "EUR", "met"),
        (150_000.01, "EUR", "failed"),
        (120_000, "SEK", "failed"),
        (None, "", "failed"),
    ],
)
def test_the_price_lies_in_the_closed_range_in_the_same_currency(
    amount: float | None, currency: str, said: str
) -> None:
    wish = Criteria(price=Range(100_000, 150_000), currency="EUR")

    assert outcome(wish, Offer(price=amount, currency=currency)) == said


def test_a_price_range_without_a_currency_takes_any() -> None:
    assert outcome(Criteria(price=Range(most=2)), Offer(price=1, currency="SEK")) == "met"


TAMPERE = Place(
    country_code="fi",
    region_code="fi_pirkanmaa",
    region="pirkanmaa",
    locality_code="fi_pirkanmaa_tampere",
    locality="tampere",
    postcode="33500",
    postal_area="tampere",
    district="tammela",
)


@pytest.mark.parametrize(
    ("wished", "said"),
    [
        (TAMPERE, "met"),
        (Place(postcode="33500"), "met"),
        (Place(postcode="33501"), "failed"),
        (Place(postcode="33500", locality="helsinki"), "failed"),
        (Place(country_code="ee"), "failed"),
        (Place(locality="tampere", locality_code="another spelling"), "met"),
        (Place(region_code="fi_pirkanmaa", region="birkaland"), "met"),
        (Place(district="nekala"), "failed"),
        (Place(postal_area="nokia"), "failed"),
    ],
)
def test_each_field_given_of_an_address_is_equal(wished: Place, said: str) -> None:
    assert outcome(Criteria(places=(wished,)), Offer(place=TAMPERE)) == said


def test_one_address_of_several_is_enough() -> None:
    assert outcome(Criteria(places=(Place(postcode="00100"), Place(postcode="33500"))), Offer(place=TAMPERE)) == "met"


def test_an_unknown_district_is_unknown_and_any_other_unknown_field_fails() -> None:
    somewhere = Place(postcode="33500")

    assert outcome(Criteria(places=(Place(postcode="33500", district="tammela"),)), Offer(place=somewhere)) == "unknown"
    assert outcome(Criteria(places=(Place(district="tammela"),)), Offer()) == "unknown"
    assert outcome(Criteria(places=(Place(postcode="33500", locality="tampere"),)), Offer(place=somewhere)) == "failed"


def test_an_address_that_is_met_counts_before_one_that_may_be() -> None:
    wish = Criteria(places=(Place(postcode="33500", district="tammela"), Place(postcode="33500")))

    assert outcome(wish, Offer(place=Place(postcode="33500"))) == "met"


def test_addresses_are_compared_without_case() -> None:
    wish = criteria_of({"addresses": [{"locality": " TAMPERE ", "district": "Etu-Töölö"}]})

    assert wish.places == (Place(locality="tampere", district="etu-töölö"),)


def test_how_far_off_a_number_is_is_said_in_its_own_unit_and_in_percent() -> None:
    over = explain(Criteria(price=Range(100_000, 150_000)), Offer(price=156_000)).failed[0]
    under = explain(Criteria(living_area=Range(80)), Offer(living_area=76)).failed[0]
    beyond_nothing = explain(Criteria(plot_area=Range(most=0)), Offer(plot_area=5)).failed[0]

    assert (over.off, over.off_percent, over.found) == (6_000, 4, 156_000)
    assert (under.off, under.off_percent) == (-4, -5)
    assert (beyond_nothing.off, beyond_nothing.off_percent) == (5, None)


def test_a_finding_says_what_was_wished_for_and_what_there_is() -> None:
    place = explain(
        Criteria(places=(Place(district="etu-töölö", postcode="00100", locality="helsinki"),)), Offer(place=TAMPERE)
    ).failed[0]
    rooms = explain(Criteria(room_counts=frozenset({"3H", "2H"})), Offer(room_count="2H")).met[0]

    assert (place.wished, place.found) == (("Etu-Töölö, 00100, Helsinki",), "Tammela, 33500, Tampere")
    assert (rooms.wished, rooms.found) == (("2H", "3H"), "2H")


def test_to_fit_is_to_fail_in_nothing() -> None:
    dice = Random(4)
    for _ in range(2_000):
        criteria, offer = some_criteria(dice, *dice.sample(list(Criterion), 3)), an_offer(dice)

        assert fits(criteria, offer) == explain(criteria, offer).fits
