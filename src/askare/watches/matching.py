"""Who wants to hear about this realty?  One statement over one table, the same on both databases.

The table `watch_criteria` holds all criteria of a watch, once for each place it asks for, clustered by the place: a
realty looks at the rows of its own places and nowhere else.  Wishes are kept so that every condition is a plain
comparison:

- a range that is not asked for is one that everything lies in, and an unknown number is one that lies in every
  range (or, where unknown fails, only in those that are not asked for);
- a list of codes is kept as `|?|OWN|RENT|` and an unknown code is looked up as `|?|`; a list of which an unknown code
  fails is kept without the `?`.

`rules.fits` is the definition that this is held to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from uuid import UUID

from askare.storage.sql import insert_rows
from askare.storage.transactions import Transaction, Value
from askare.watches.criteria import FEATURES, NOWHERE, Criteria, Offer, Place, Range, SubtypeList, least_rooms, rooms_of
from askare.watches.rules import counting_subtypes, counts_as_plot

# Numbers are at most criteria.NUMBER_MAX and never negative.
_NO_LEAST, _NO_MOST = -1.0, 1e18
_IN_EVERY_RANGE = (1e18, -1.0)  # compared with the least and with the most
_IN_UNASKED_RANGES = (-1.0, 1e17)
_UNKNOWN_CODE = "|?|"
_UNKNOWN_PLACE = " "  # texts are kept without blanks around them, so that is no place
# A longer key is cut: no index of PostgreSQL takes more than 2,700 bytes.  What it finds is compared in full anyway.
PLACE_LETTERS_MAX = 300

ANYWHERE = "*"

_FEATURE_BITS = {feature: 1 << at for at, feature in enumerate(FEATURES)}

_PLACE_FIELDS = (
    "country_code",
    "region_code",
    "region",
    "locality_code",
    "locality",
    "postcode",
    "postal_area",
    "district",
)
COLUMNS = (
    "organization_no",
    "place",
    "watch_id",
    "entry",
    "until",
    "price_least",
    "price_most",
    "living_area_least",
    "living_area_most",
    "rooms_least",
    "room_counts",
    "property_types",
    "residential_types",
    "lacking_refused",
    "year_least",
    "year_most",
    "plot_area_least",
    "plot_area_most",
    "currency",
    "conditions",
    "ownerships",
    "availabilities",
    "plot_types",
    "estate_types",
    "other_types",
    "plot_holdings",
    *_PLACE_FIELDS,
)

_IN_PLACE = """
    w.place IN (:place_0, :place_1, :place_2, :place_3, :place_4, :place_5, :place_6, :place_7)"""
# What most often fails comes first: a row is left at its first failure.
_WISHES = """
    w.price_least <= :price_for_least AND w.price_most >= :price_for_most
    AND w.living_area_least <= :living_area_for_least AND w.living_area_most >= :living_area_for_most
    AND (w.room_counts = '' OR replace(w.room_counts, :room_count, '') <> w.room_counts OR w.rooms_least <= :rooms)
    AND (w.property_types = '' OR replace(w.property_types, :property_type, '') <> w.property_types)
    AND (w.residential_types = '' OR replace(w.residential_types, :residential_type, '') <> w.residential_types)
    AND (w.lacking_refused & CAST(:lacking AS BIGINT)) = 0
    AND w.year_least <= :year_for_least AND w.year_most >= :year_for_most
    AND w.plot_area_least <= :plot_area_for_least AND w.plot_area_most >= :plot_area_for_most
    AND (w.currency = '' OR w.currency = :currency)
    AND (w.conditions = '' OR replace(w.conditions, :condition, '') <> w.conditions)
    AND (w.ownerships = '' OR replace(w.ownerships, :ownership, '') <> w.ownerships)
    AND (w.availabilities = '' OR replace(w.availabilities, :availability, '') <> w.availabilities)
    AND (w.plot_types = '' OR replace(w.plot_types, :plot_type, '') <> w.plot_types)
    AND (w.estate_types = '' OR replace(w.estate_types, :estate_type, '') <> w.estate_types)
    AND (w.other_types = '' OR replace(w.other_types, :other_type, '') <> w.other_types)
    AND (w.plot_holdings = '' OR replace(w.plot_holdings, :plot_holding, '') <> w.plot_holdings)"""
_PLACE_FITS = """
    (w.country_code = '' OR w.country_code = :country_code)
    AND (w.region_code = '' AND w.region = '' OR w.region_code = :region_code OR w.region = :region)
    AND (w.locality_code = '' AND w.locality = '' OR w.locality_code = :locality_code OR w.locality = :locality)
    AND (w.postcode = '' OR w.postcode = :postcode)
    AND (w.postal_area = '' OR w.postal_area = :postal_area)
    AND (w.district = '' OR w.district = :district OR CAST(:district AS TEXT) = ' ')"""
_ALWAYS = "FROM watch_criteria w WHERE w.organization_no = :organization AND w.until > :moment AND"

THOSE_THAT_FIT = f"SELECT w.watch_id {_ALWAYS} {_IN_PLACE} AND {_WISHES} AND {_PLACE_FITS}"
_THOSE_IN_ITS_PLACES = (
    f"SELECT DISTINCT w.watch_id {_ALWAYS} {_IN_PLACE} AND {_PLACE_FITS} ORDER BY w.watch_id LIMIT :limit"
)
_THOSE_ELSEWHERE = f"SELECT DISTINCT w.watch_id {_ALWAYS} {_WISHES} ORDER BY w.watch_id LIMIT :limit"


def watches_that_fit(tx: Transaction, offer: Offer, *, ending_after: int) -> set[UUID]:
    """The watches of the organization whose criteria the offer fits and that end later than this many milliseconds."""
    rows = tx.rows(THOSE_THAT_FIT, organization=tx.organization_no, moment=ending_after, **sought(offer))
    return {UUID(bytes=bytes(watch_id)) for (watch_id,) in rows}


def watches_nearby(tx: Transaction, offer: Offer, *, ending_after: int, limit: int) -> set[UUID]:
    """Watches that the offer may fit but for one criterion: those that look in its places, whatever else they ask for,
    and those that it would fit if it lay elsewhere.  At most `limit` of each."""
    values = {**sought(offer), "organization": tx.organization_no, "moment": ending_after, "limit": limit}
    found = set()
    for statement in (_THOSE_IN_ITS_PLACES, _THOSE_ELSEWHERE):
        found |= {UUID(bytes=bytes(watch_id)) for (watch_id,) in tx.rows(statement, **values)}
    return found


def keep_criteria(tx: Transaction, watch_id: UUID, criteria: Criteria, *, until: int) -> None:
    """From now on let the watch be found by these criteria, until this many milliseconds, and by no others."""
    forget_criteria(tx, watch_id)
    add_criteria(tx, watch_id, criteria, until=until)


def add_criteria(tx: Transaction, watch_id: UUID, criteria: Criteria, *, until: int) -> None:
    """The same for a watch that was found by nothing before."""
    insert_rows(tx, "watch_criteria", COLUMNS, list(rows_of(tx.organization_no, watch_id, criteria, until=until)))


def forget_criteria(tx: Transaction, watch_id: UUID) -> None:
    """From now on let no realty find the watch."""
    tx.run(
        "DELETE FROM watch_criteria WHERE organization_no = :organization AND watch_id = :watch",
        organization=tx.organization_no,
        watch=watch_id.bytes,
    )


def rows_of(organization_no: int, watch_id: UUID, criteria: Criteria, *, until: int) -> Iterator[tuple[Value, ...]]:
    """The rows by which a watch is found."""
    the_same_everywhere = (
        until,
        *_kept_range(criteria.price),
        *_kept_range(criteria.living_area),
        float(min(filter(None, map(least_rooms, criteria.room_counts)), default=_NO_MOST)),
        _kept_codes(criteria.room_counts, unknown_fits=False),
        _kept_codes(criteria.property_types, unknown_fits=False),
        _kept_codes(criteria.residential_types, unknown_fits=True),
        sum(_FEATURE_BITS[feature] for feature in criteria.features),
        *_kept_range(criteria.construction_years),
        *_kept_range(criteria.plot_area),
        criteria.currency,
        _kept_codes(criteria.conditions, unknown_fits=True),
        _kept_codes(criteria.ownerships, unknown_fits=True),
        _kept_codes(criteria.availabilities, unknown_fits=True),
        _kept_codes(criteria.plot_types, unknown_fits=True),
        _kept_codes(criteria.estate_types, unknown_fits=True),
        _kept_codes(criteria.other_types, unknown_fits=True),
        _kept_codes(criteria.plot_holdings, unknown_fits=True),
    )
    for entry, place in enumerate(criteria.places or (NOWHERE,)):
        fields = tuple(getattr(place, field) for field in _PLACE_FIELDS)
        for key in _narrowest_keys(place):
            yield (organization_no, key, watch_id.bytes, entry, *the_same_everywhere, *fields)


def _narrowest_keys(wished: Place) -> tuple[str, ...]:
    """Under which places a wish is filed: the narrowest that a realty must name to fit it.

    A locality or a region may be named by its code or by its name, so it is filed under both.  A district need not be
    known, so nothing is filed under it.
    """
    for fields in (("postcode",), ("postal_area",), ("locality_code", "locality"), ("region_code", "region")):
        if keys := _keys(wished, *fields):
            return tuple(keys)
    return tuple(_keys(wished, "country_code")) or (ANYWHERE,)


def places_of(found: Place) -> list[str]:
    """All places under which a wish may be filed that this one fits."""
    return [*_keys(found, *(field for field in _PLACE_FIELDS if field != "district")), ANYWHERE]


def _keys(place: Place, *fields: str) -> list[str]:
    named = {field: getattr(place, field) for field in fields}
    return [f"{field.replace('_', ' ')} {name}"[:PLACE_LETTERS_MAX] for field, name in named.items() if name]


def _kept_range(wished: Range) -> tuple[float, float]:
    return (
        _NO_LEAST if wished.least is None else wished.least,
        _NO_MOST if wished.most is None else wished.most,
    )


def _kept_codes(wished: Iterable[str], *, unknown_fits: bool) -> str:
    codes = sorted(wished)
    if not codes:
        return ""
    return "|" + "|".join(["?", *codes] if unknown_fits else codes) + "|"


def sought(offer: Offer) -> dict[str, Value]:
    """The statement's values."""
    of_list = counting_subtypes(offer)
    is_plot = counts_as_plot(offer)
    rooms = rooms_of(offer.room_count)
    places = places_of(offer.place)
    values: dict[str, Value] = {f"place_{at}": places[at] if at < len(places) else _UNKNOWN_PLACE for at in range(8)}
    for name, found, unknown in (
        ("price", offer.price, _IN_UNASKED_RANGES),
        ("living_area", offer.living_area, _IN_EVERY_RANGE),
        ("year", offer.construction_year, _IN_EVERY_RANGE),
        ("plot_area", offer.plot_area, _IN_EVERY_RANGE),
    ):
        values[f"{name}_for_least"], values[f"{name}_for_most"] = unknown if found is None else (found, found)
    for name, code in (
        ("room_count", offer.room_count),
        ("property_type", offer.property_type),
        ("condition", offer.condition),
        ("ownership", offer.ownership),
        ("availability", offer.availability),
        ("plot_holding", offer.plot_holding if is_plot else ""),
        *((f"{one.value}_type", offer.subtypes.get(one, "") if one is of_list else "") for one in SubtypeList),
    ):
        values[name] = f"|{code}|" if code else _UNKNOWN_CODE
    for field in _PLACE_FIELDS:
        values[field] = getattr(offer.place, field) or _UNKNOWN_PLACE
    return values | {
        "rooms": float(rooms) if rooms is not None else 0.0,
        # Of an offer without a price no currency is asked: the range decides.
        "currency": offer.currency,
        "lacking": sum(bit for feature, bit in _FEATURE_BITS.items() if offer.features.get(feature) is False),
    }
