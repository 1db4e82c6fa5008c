"""Criteria and offers: the few that sentences are about, and as many at random as a property test wants."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from askare.watches.criteria import Criteria, Criterion, Offer, Place, Range, SubtypeList
from tests.samples_estate import REQUIREMENT_BODY

PROPERTY_TYPES = ["RESIDENTIAL", "LEISURE", "PLOT", "ESTATE", "OTHER", "SUBLEASE"]
SUBTYPES = ["APARTMENT_HOUSE", "ROW_HOUSE", "HOUSE_PLOT", "FOREST"]
CODES = ["OWN", "OWN_2", "GOOD", "NEW"]
ROOMS = ["1H", "2H", "3H", "3H+", "4H", "5H+", "10H", "FIVE_ROOMS", "TWO_ROOMS", "STUDIO"]
POSTCODES = ["33500", "33800", "00530"]
DISTRICTS = ["tammela", "nekala", "kallio"]
CITIES = [("fi_pirkanmaa_tampere", "tampere"), ("fi_uusimaa_helsinki", "helsinki")]
REGIONS = [("fi_pirkanmaa", "pirkanmaa"), ("fi_uusimaa", "uusimaa")]


def a_place(dice: Random, *, all_known: float = 0.0) -> Place:
    """A place of which each field may be left out, unless all are known with this chance."""
    share = 1.0 if dice.random() < all_known else dice.choice([0.2, 0.6])

    def perhaps(words: str) -> str:
        return words if dice.random() < share else ""

    city, region = dice.choice(CITIES), dice.choice(REGIONS)
    return Place(
        country_code=perhaps(dice.choice(["fi", "fi", "ee"])),
        region_code=perhaps(region[0]),
        region=perhaps(region[1]),
        locality_code=perhaps(city[0]),
        locality=perhaps(city[1]),
        postcode=perhaps(dice.choice(POSTCODES)),
        postal_area=perhaps(dice.choice(["tampere", "helsinki"])),
        district=perhaps(dice.choice(DISTRICTS)),
    )


def a_range(dice: Random, numbers: list[float]) -> Range:
    least, most = sorted((dice.choice(numbers), dice.choice(numbers)))
    return Range(least if dice.random() < 0.7 else None, most if dice.random() < 0.7 else None)


def some(dice: Random, codes: list[str]) -> frozenset[str]:
    return frozenset(dice.sample(codes, dice.randint(1, 3)))


PRICES = [0.0, 99_999.5, 100_000.0, 150_000.0, 1e15]
AREAS = [0.0, 54.3, 54.35, 100.0, 1_000.0]
YEARS = [0.0, 1_950.0, 2_000.0, 2_022.0]

# For each criterion, how a wish for it and nothing else is made.
WISHES: dict[Criterion, Callable[[Random], dict[str, Any]]] = {
    Criterion.PROPERTY_TYPE: lambda dice: {"property_types": some(dice, PROPERTY_TYPES)},
    Criterion.SUBTYPE: lambda dice: {
        f"{one.value}_types": some(dice, SUBTYPES) for one in SubtypeList if dice.random() < 0.6
    },
    Criterion.PLACE: lambda dice: {
        "places": tuple(place for _ in range(dice.randint(1, 3)) if (place := a_place(dice)) != Place())
    },
    Criterion.PRICE: lambda dice: {"price": a_range(dice, PRICES)},
    Criterion.ROOM_COUNT: lambda dice: {"room_counts": some(dice, ROOMS)},
    Criterion.LIVING_AREA: lambda dice: {"living_area": a_range(dice, AREAS)},
    Criterion.PLOT_AREA: lambda dice: {"plot_area": a_range(dice, AREAS)},
    Criterion.PLOT_HOLDING: lambda dice: {"plot_holdings": some(dice, CODES)},
    Criterion.OWNERSHIP: lambda dice: {"ownerships": some(dice, CODES)},
    Criterion.CONDITION: lambda dice: {"conditions": some(dice, CODES)},
    Criterion.AVAILABILITY: lambda dice: {"availabilities": some(dice, CODES)},
    Criterion.CONSTRUCTION_YEAR: lambda dice: {"construction_years": a_range(dice, YEARS)},
    Criterion.ELEVATOR: lambda _: {"features": frozenset({Criterion.ELEVATOR})},
    Criterion.BALCONY: lambda _: {"features": frozenset({Criterion.BALCONY})},
    Criterion.SAUNA: lambda _: {"features": frozenset({Criterion.SAUNA, Criterion.BALCONY})},
    Criterion.HOUSING_COMPANY_SAUNA: lambda _: {"features": frozenset({Criterion.HOUSING_COMPANY_SAUNA})},
}


def some_criteria(dice: Random, *criteria: Criterion) -> Criteria:
    """A wish for these things alone."""
    wishes: dict[str, Any] = {}
    for criterion in criteria:
        wishes |= WISHES[criterion](dice)
    if wishes.get("price"):
        wishes["currency"] = dice.choice(["EUR", "EUR", "SEK", ""])
    return Criteria(**wishes)


def an_offer(dice: Random) -> Offer:
    """A realty of which much is known, a part of the time."""
    share = dice.choice([0.5, 0.9, 1.0])

    def perhaps(value: Any, otherwise: Any) -> Any:
        return value if dice.random() < share else otherwise

    price = perhaps(dice.choice(PRICES), None)
    return Offer(
        property_type=perhaps(dice.choice(PROPERTY_TYPES), ""),
        subtypes={one: dice.choice(SUBTYPES) for one in SubtypeList if dice.random() < share * 0.7},
        ownership=perhaps(dice.choice(CODES), ""),
        condition=perhaps(dice.choice(CODES), ""),
        availability=perhaps(dice.choice(CODES), ""),
        construction_year=perhaps(dice.choice([*YEARS, 1_999.0]), None),
        place=a_place(dice, all_known=0.6),
        room_count=perhaps(dice.choice(ROOMS), ""),
        living_area=perhaps(dice.choice([*AREAS, 54.34]), None),
        plot_area=perhaps(dice.choice(AREAS), None),
        plot_holding=perhaps(dice.choice(CODES), ""),
        features={
            feature: dice.random() < 0.6
            for feature in (
                Criterion.ELEVATOR,
                Criterion.BALCONY,
                Criterion.SAUNA,
                Criterion.HOUSING_COMPANY_SAUNA,
            )
            if dice.random() < share
        },
        price=price,
        currency=dice.choice(["EUR", "EUR", "SEK"]) if price is not None else "",
    )


# Asset Requirement API, create: what is asked for, word for word.
SAMPLE_WISH: dict[str, Any] = REQUIREMENT_BODY["assetRequirements"]
