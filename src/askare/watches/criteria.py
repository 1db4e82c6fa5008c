"""What a buyer asks for, what a realty offers, and what came of holding the two together.

`Criteria` is made from the tree `assetRequirements` of an asset requirement, `Offer` from a realty: both settled, so
that equal things are equal values.  Source: OviPro contract 4.3 and 8.1; the comparing itself is 5.4 (`rules.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

import msgspec
from msgspec import Struct

NUMBER_MAX = 1e15  # prices and areas beyond it say nothing; the store keeps "no upper bound" above it

# Two listings of one thing: `3H` and `4H+` of the Asset Requirement API, ONE_ROOM … FIVE_ROOMS of the portal.
_ROOMS = re.compile(r"([1-9][0-9]?)H(\+?)")
_PORTAL_ROOMS = {"ONE_ROOM": 1, "TWO_ROOMS": 2, "THREE_ROOMS": 3, "FOUR_ROOMS": 4, "FIVE_ROOMS": 5}
_PORTAL_HIGHEST = "FIVE_ROOMS"  # the highest of its list means "or more"; source: contract 4.4 and 5.4


class Criterion(Enum):
    """All that can be asked for, in the order in which it is shown."""

    PROPERTY_TYPE = "propertyType"
    SUBTYPE = "subtype"
    PLACE = "place"
    PRICE = "price"
    ROOM_COUNT = "roomCount"
    LIVING_AREA = "livingArea"
    PLOT_AREA = "plotArea"
    PLOT_HOLDING = "plotHolding"
    OWNERSHIP = "ownership"
    CONDITION = "condition"
    AVAILABILITY = "availability"
    CONSTRUCTION_YEAR = "constructionYear"
    ELEVATOR = "elevator"
    BALCONY = "balcony"
    SAUNA = "sauna"
    HOUSING_COMPANY_SAUNA = "housingCompanySauna"


# The features by which a realty can be asked for, and their names in both documents.
FEATURES = {
    Criterion.ELEVATOR: "hasElevator",
    Criterion.BALCONY: "hasBalcony",
    Criterion.SAUNA: "hasSauna",
    Criterion.HOUSING_COMPANY_SAUNA: "housingCompanyHasSauna",
}


class SubtypeList(Enum):
    """The four lists of subtype codes; each belongs to some property types only."""

    RESIDENTIAL = "residential"
    PLOT = "plot"
    ESTATE = "estate"
    OTHER = "other"


# Source: contract 5.4.  The other property types have no list of their own.
SUBTYPE_LISTS = {
    "RESIDENTIAL": SubtypeList.RESIDENTIAL,
    "LEISURE": SubtypeList.RESIDENTIAL,
    "PLOT": SubtypeList.PLOT,
    "ESTATE": SubtypeList.ESTATE,
    "OTHER": SubtypeList.OTHER,
}


class Range(Struct, frozen=True):
    """A closed range; None where it is open."""

    least: float | None = None
    most: float | None = None

    def __bool__(self) -> bool:
        return self.least is not None or self.most is not None


class Place(Struct, frozen=True, kw_only=True):
    """Where something lies.  Of an address entry: what is asked for; of a realty: what is known.  "" where nothing
    is said.  Texts are compared without case, so they are kept that way."""

    country_code: str = ""
    region_code: str = ""
    region: str = ""
    locality_code: str = ""
    locality: str = ""
    postcode: str = ""
    postal_area: str = ""
    district: str = ""


NOWHERE = Place()


class Criteria(Struct, frozen=True, kw_only=True):
    """All that is asked for; what is empty asks for nothing."""

    property_types: frozenset[str] = frozenset()
    residential_types: frozenset[str] = frozenset()
    plot_types: frozenset[str] = frozenset()
    estate_types: frozenset[str] = frozenset()
    other_types: frozenset[str] = frozenset()
    ownerships: frozenset[str] = frozenset()
    conditions: frozenset[str] = frozenset()
    availabilities: frozenset[str] = frozenset()
    construction_years: Range = Range()
    places: tuple[Place, ...] = ()
    room_counts: frozenset[str] = frozenset()
    living_area: Range = Range()
    plot_area: Range = Range()
    plot_holdings: frozenset[str] = frozenset()
    features: frozenset[Criterion] = frozenset()
    price: Range = Range()
    currency: str = ""  # "" when no price is asked for

    def subtypes(self, of_list: SubtypeList) -> frozenset[str]:
        """The codes of one of the four lists."""
        if of_list is SubtypeList.RESIDENTIAL:
            return self.residential_types
        if of_list is SubtypeList.PLOT:
            return self.plot_types
        return self.estate_types if of_list is SubtypeList.ESTATE else self.other_types


class Offer(Struct, frozen=True, kw_only=True):
    """What a realty has, as far as it is known: "" or None where it is not."""

    property_type: str = ""
    subtypes: Mapping[SubtypeList, str] = {}
    ownership: str = ""
    condition: str = ""
    availability: str = ""
    construction_year: float | None = None
    place: Place = NOWHERE
    room_count: str = ""
    living_area: float | None = None
    plot_area: float | None = None
    plot_holding: str = ""
    features: Mapping[Criterion, bool] = {}
    price: float | None = None
    currency: str = ""


def least_rooms(wish: str) -> int | None:
    """The number of a wish that means "so many or more": `4H+`, or the portal's highest."""
    match = _ROOMS.fullmatch(wish)
    if match is not None:
        return int(match[1]) if match[2] else None
    return _PORTAL_ROOMS[wish] if wish == _PORTAL_HIGHEST else None


def rooms_of(code: str) -> int | None:
    """How many rooms a realty with this code has, at the least; None for a code that does not tell."""
    match = _ROOMS.fullmatch(code)
    return int(match[1]) if match is not None else _PORTAL_ROOMS.get(code)


# What came of it ---------------------------------------------------------------------------------------------------


class Finding(Struct, frozen=True, kw_only=True):
    """One criterion that was met, or that nobody can tell of, or that failed: what was asked for and what there is.

    A range is asked for with `least` and `most`, all else with the words that were `wished` for.  `off` says by how
    much a number lies outside its range, and `off_percent` the same in percent of the nearer bound: positive when it
    is over, negative when it is under.
    """

    criterion: Criterion
    least: float | None = None
    most: float | None = None
    wished: tuple[str, ...] = ()
    found: str | float | None = None
    off: float | None = None
    off_percent: float | None = None


class Verdict(Struct, frozen=True):
    """What came of holding an offer against criteria, each part in the order of `Criterion`."""

    met: tuple[Finding, ...]
    unknown: tuple[Finding, ...]
    failed: tuple[Finding, ...]

    @property
    def fits(self) -> bool:
        """Whether nothing that is asked for is missing, as far as is known."""
        return not self.failed


# Reading ---------------------------------------------------------------------------------------------------------


class _Availability(Struct, rename="camel"):
    availability_codes: list[str] | None = None


class _Condition(Struct, rename="camel"):
    condition_codes: list[str] | None = None


class _RealtyWish(Struct, rename="camel"):
    availability: _Availability | None = None
    ownership_type_codes: list[str] | None = None
    property_type_codes: list[str] | None = None
    residential_type_codes: list[str] | None = None
    plot_property_type_codes: list[str] | None = None
    estate_property_type_codes: list[str] | None = None
    other_property_type_codes: list[str] | None = None
    condition: _Condition | None = None
    earliest_construction_year: float | None = None
    latest_construction_year: float | None = None


class _LivingArea(Struct, rename="camel"):
    minimum_living_area_in_square_meters: float | None = None
    maximum_living_area_in_square_meters: float | None = None


class _Apartment(Struct, rename="camel"):
    room_count_codes: list[str] | None = None
    area: _LivingArea | None = None


class _Plot(Struct, rename="camel"):
    holding_type_codes: list[str] | None = None
    minimum_area_in_square_meters: float | None = None
    maximum_area_in_square_meters: float | None = None


class _PriceRange(Struct, rename="camel"):
    minimum_price: float | None = None
    maximum_price: float | None = None
    currency_code: str | None = None


class _Terms(Struct, rename="camel"):
    debt_free_price_range: _PriceRange | None = None


class _Tree(Struct, rename="camel"):
    """Of the tree `assetRequirements` what is compared; descriptions, wishes and titles are for people."""

    realty: _RealtyWish | None = None
    addresses: list[dict[str, Any]] | None = None
    apartment: _Apartment | None = None
    plot: _Plot | None = None
    features: dict[str, Any] | None = None
    financial_terms: _Terms | None = None


def criteria_of(tree: Mapping[str, Any]) -> Criteria:
    """What the tree `assetRequirements` of an asset requirement asks for.

    Raises msgspec.ValidationError for a tree that was never checked.
    """
    wish = msgspec.convert(tree, _Tree)
    realty = wish.realty or _RealtyWish()
    apartment = wish.apartment or _Apartment()
    living_area = apartment.area or _LivingArea()
    plot = wish.plot or _Plot()
    price = (wish.financial_terms and wish.financial_terms.debt_free_price_range) or _PriceRange()
    price_range = _range(price.minimum_price, price.maximum_price)
    # A row that a form sends empty asks for nothing; it must not turn a search in one district into one everywhere.
    places = dict.fromkeys(place for place in map(place_of, wish.addresses or ()) if place != NOWHERE)
    return Criteria(
        property_types=_codes(realty.property_type_codes),
        residential_types=_codes(realty.residential_type_codes),
        plot_types=_codes(realty.plot_property_type_codes),
        estate_types=_codes(realty.estate_property_type_codes),
        other_types=_codes(realty.other_property_type_codes),
        ownerships=_codes(realty.ownership_type_codes),
        conditions=_codes(realty.condition.condition_codes if realty.condition else None),
        availabilities=_codes(realty.availability.availability_codes if realty.availability else None),
        construction_years=_range(realty.earliest_construction_year, realty.latest_construction_year),
        places=tuple(places),
        room_counts=_codes(apartment.room_count_codes),
        living_area=_range(
            living_area.minimum_living_area_in_square_meters, living_area.maximum_living_area_in_square_meters
        ),
        plot_area=_range(plot.minimum_area_in_square_meters, plot.maximum_area_in_square_meters),
        plot_holdings=_codes(plot.holding_type_codes),
        features=frozenset(
            feature for feature, name in FEATURES.items() if wish.features and wish.features.get(name) is True
        ),
        price=price_range,
        currency=(price.currency_code or "").strip().upper() if price_range else "",
    )


def place_of(address: Mapping[str, Any]) -> Place:
    """Where an address lies, from the fields of the contract; others are not looked at."""
    return Place(
        country_code=_plain(address.get("countryCode")),
        region_code=_plain(address.get("regionCode")),
        region=_plain(address.get("region")),
        locality_code=_plain(address.get("localityCode")),
        locality=_plain(address.get("locality")),
        postcode=_plain(address.get("postcode")),
        postal_area=_plain(address.get("postalArea")),
        district=_plain(address.get("district")),
    )


def number(value: float | None) -> float | None:
    """A number as it is compared."""
    return None if value is None else min(float(value), NUMBER_MAX)


def _range(least: float | None, most: float | None) -> Range:
    return Range(number(least), number(most))


def _codes(codes: Iterable[str] | None) -> frozenset[str]:
    return frozenset(filter(None, codes or ()))


def _plain(text: Any) -> str:
    return " ".join(text.split()).casefold() if isinstance(text, str) else ""
