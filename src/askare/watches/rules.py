"""Which realties fit which criteria, and why; and the life of a watch.

Source: OviPro contract 5.3 and 5.4; where they are silent, decision 0017.

`explain` is the definition.  The one SQL statement that finds the watches of a realty (`matching.py`) is held to it
by a property test.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from askare.kernel.problems import Invalid, Wrong
from askare.watches.criteria import (
    FEATURES,
    NOWHERE,
    SUBTYPE_LISTS,
    Criteria,
    Criterion,
    Finding,
    Offer,
    Place,
    Range,
    SubtypeList,
    Verdict,
    least_rooms,
    rooms_of,
)
from askare.watches.model import Watch, WatchContent, WatchFilter

# A plot is the realty itself in these property types, so plot wishes count even before its area is known.
PLOT_ITSELF = frozenset({"PLOT", "ESTATE"})

_MET, _UNKNOWN, _FAILED = range(3)
_Judged = tuple[int, Finding]


def explain(criteria: Criteria, offer: Offer) -> Verdict:
    """Hold an offer against criteria: what is met, what nobody can tell, what fails and by how much.

    What is not asked for is not in the verdict.  An unknown type, place, room count or price fails a wish for it; any
    other unknown fact is "unknown", and the offer still fits.
    """
    sorted_out: tuple[list[Finding], list[Finding], list[Finding]] = ([], [], [])
    for outcome, finding in _judged(criteria, offer):
        sorted_out[outcome].append(finding)
    met, unknown, failed = sorted_out
    return Verdict(tuple(met), tuple(unknown), tuple(failed))


def fits(criteria: Criteria, offer: Offer) -> bool:
    """Whether no criterion fails: what `explain` says in one word, without looking further than the first failure."""
    return all(outcome != _FAILED for outcome, _ in _judged(criteria, offer))


def _judged(criteria: Criteria, offer: Offer) -> Iterator[_Judged]:
    """Everything that is asked for, in the order of `Criterion`, with what comes of it."""
    if criteria.property_types:
        yield _code(Criterion.PROPERTY_TYPE, criteria.property_types, offer.property_type, if_unknown=_FAILED)
    of_list = counting_subtypes(offer)
    if of_list is not None and (wished := criteria.subtypes(of_list)):
        yield _code(Criterion.SUBTYPE, wished, offer.subtypes.get(of_list, ""), if_unknown=_UNKNOWN)
    if criteria.places:
        yield _place(criteria.places, offer.place)
    if criteria.price:
        yield _price(criteria, offer)
    if criteria.room_counts:
        yield _rooms(criteria.room_counts, offer.room_count)
    if criteria.living_area:
        yield _number(Criterion.LIVING_AREA, criteria.living_area, offer.living_area)
    if counts_as_plot(offer):
        if criteria.plot_area:
            yield _number(Criterion.PLOT_AREA, criteria.plot_area, offer.plot_area)
        if criteria.plot_holdings:
            yield _code(Criterion.PLOT_HOLDING, criteria.plot_holdings, offer.plot_holding, if_unknown=_UNKNOWN)
    if criteria.ownerships:
        yield _code(Criterion.OWNERSHIP, criteria.ownerships, offer.ownership, if_unknown=_UNKNOWN)
    if criteria.conditions:
        yield _code(Criterion.CONDITION, criteria.conditions, offer.condition, if_unknown=_UNKNOWN)
    if criteria.availabilities:
        yield _code(Criterion.AVAILABILITY, criteria.availabilities, offer.availability, if_unknown=_UNKNOWN)
    if criteria.construction_years:
        yield _number(Criterion.CONSTRUCTION_YEAR, criteria.construction_years, offer.construction_year)
    if criteria.features:
        for feature in FEATURES:
            if feature in criteria.features:
                known = offer.features.get(feature)
                yield _UNKNOWN if known is None else _MET if known else _FAILED, Finding(criterion=feature)


def counting_subtypes(offer: Offer) -> SubtypeList | None:
    """The list of subtype codes that belongs to the offer's property type; the other lists ask nothing of it.

    Of an offer whose property type is unknown it is the list in which a code is given.
    """
    if offer.property_type:
        return SUBTYPE_LISTS.get(offer.property_type)
    return next((of_list for of_list in SubtypeList if offer.subtypes.get(of_list)), None)


def counts_as_plot(offer: Offer) -> bool:
    """Whether plot wishes count: an apartment has no plot of its own."""
    return offer.plot_area is not None or offer.property_type in PLOT_ITSELF


def _code(criterion: Criterion, wished: frozenset[str], found: str, *, if_unknown: int) -> _Judged:
    finding = Finding(criterion=criterion, wished=tuple(sorted(wished)), found=found or None)
    return (if_unknown if not found else _MET if found in wished else _FAILED), finding


def _rooms(wished: frozenset[str], found: str) -> _Judged:
    """Codes are equal, or the wish is "so many or more"; an unknown room count fails."""
    finding = Finding(criterion=Criterion.ROOM_COUNT, wished=tuple(sorted(wished)), found=found or None)
    if found in wished:
        return _MET, finding
    rooms = rooms_of(found)
    enough = rooms is not None and any((least := least_rooms(wish)) is not None and least <= rooms for wish in wished)
    return _MET if enough else _FAILED, finding


def _number(criterion: Criterion, wished: Range, found: float | None, *, if_unknown: int = _UNKNOWN) -> _Judged:
    off = bound = None
    if found is not None:
        if wished.least is not None and found < wished.least:
            off, bound = found - wished.least, wished.least
        elif wished.most is not None and found > wished.most:
            off, bound = found - wished.most, wished.most
    finding = Finding(
        criterion=criterion,
        least=wished.least,
        most=wished.most,
        found=found,
        off=off,
        off_percent=off * 100 / bound if off is not None and bound else None,
    )
    return (if_unknown if found is None else _MET if off is None else _FAILED), finding


def _price(criteria: Criteria, offer: Offer) -> _Judged:
    """Inside the range and in the same currency, where the wish names one; an unknown price fails."""
    if criteria.currency and offer.price is not None and offer.currency != criteria.currency:
        return _FAILED, Finding(
            criterion=Criterion.PRICE,
            least=criteria.price.least,
            most=criteria.price.most,
            wished=(criteria.currency,),
            found=offer.currency or None,
        )
    return _number(Criterion.PRICE, criteria.price, offer.price, if_unknown=_FAILED)


def _place(wished: tuple[Place, ...], found: Place) -> _Judged:
    """At least one of the places fits; when several do, what is best known of them counts."""
    outcome = min(_one_place(place, found) for place in wished)
    return outcome, Finding(
        criterion=Criterion.PLACE, wished=tuple(map(_named, wished)), found=_named(found) if found != NOWHERE else None
    )


def _one_place(wished: Place, found: Place) -> int:
    """Every field that is asked for is the same; an unknown district is unknown, any other unknown field fails.

    A region or a locality is the same when its code or its name is.
    """
    if (
        not _same(wished.postcode, found.postcode)
        or not _same(wished.postal_area, found.postal_area)
        or not _same(wished.country_code, found.country_code)
        or not _either(wished.locality_code, wished.locality, found.locality_code, found.locality)
        or not _either(wished.region_code, wished.region, found.region_code, found.region)
    ):
        return _FAILED
    if not wished.district or wished.district == found.district:
        return _MET
    return _FAILED if found.district else _UNKNOWN


def _same(wished: str, found: str) -> bool:
    return not wished or wished == found


def _either(code: str, name: str, found_code: str, found_name: str) -> bool:
    if not code and not name:
        return True
    return bool(code and code == found_code) or bool(name and name == found_name)


def _named(place: Place) -> str:
    """A place in its narrowest words, as they are written: `Tammela, 33500, Tampere`."""
    narrow = place.district, place.postcode, place.postal_area, place.locality
    words = list(dict.fromkeys(word.title() for word in narrow if word))
    words = words or [place.locality_code.upper() or place.region.title() or place.region_code.upper()]
    return ", ".join(words) or place.country_code.upper()


# The life of a watch ---------------------------------------------------------------------------------------------

EXPIRY_NOTICE = timedelta(days=7)  # so long before its end the responsible agent is told
LATE_MATCHES = timedelta(days=1)  # so long after its end a watch still hears of what came before it
EXTENSION = timedelta(days=90)  # what the link in that letter adds


def require_same_parties(stored: WatchContent, wanted: WatchContent) -> None:
    """For whom is watched cannot change; by what they are told can.  Raises Invalid.  Source: contract 5.3."""
    if {party.party_id for party in stored.parties} != {party.party_id for party in wanted.parties}:
        raise Invalid.in_body("parties", Wrong.TYPE, "The parties of a watch cannot change, only how they are told")


def differs(stored: WatchContent, wanted: WatchContent) -> bool:
    """Whether an update changes anything.  The order of parties and codes says nothing, so it is no change."""
    return _comparable(stored) != _comparable(wanted)


def _comparable(content: WatchContent) -> tuple[object, ...]:
    return (
        content.asset_requirement_id,
        content.validity_end_time,
        frozenset(content.agent_notification_type_codes),
        frozenset(
            (party.party_id, party.party_type_code, frozenset(party.party_notification_type_codes))
            for party in content.parties
        ),
    )


def matches(wanted: WatchFilter, watch: Watch, *, now: datetime) -> bool:
    """Whether a search finds this watch: the definition that the store's SQL is held to.  Source: contract 5.2."""
    content, subject = watch.content, watch.subject
    return (
        (not wanted.ids or watch.watch_id in wanted.ids)
        and (not wanted.requirement_ids or content.asset_requirement_id in wanted.requirement_ids)
        and (not wanted.party_ids or any(party.party_id in wanted.party_ids for party in content.parties))
        and (not wanted.agent_ids or subject.agent_id in wanted.agent_ids)
        and (not wanted.office_ids or subject.office_id in wanted.office_ids)
        and (not wanted.statuses or watch.status(now) in wanted.statuses)
        and (not wanted.property_types or not wanted.property_types.isdisjoint(subject.property_types))
    )


# The moments -----------------------------------------------------------------------------------------------------


class Step(Struct, frozen=True):
    """One change of a realty: when (milliseconds), and what it offered on the market before and after; None where it
    was not on the market."""

    at: int
    before: Offer | None
    after: Offer | None


def moment_of_match(criteria: Criteria, steps: Iterable[Step], *, since: int, until: int) -> int | None:
    """When one of the changes made the realty a match of a watch, or None.

    A realty is a match when it is added, or changes so that it now fits, while the watch is active and asks for what
    it asks for now.  One that fitted before the change is no news, and one that leaves the market is none either.
    """
    for step in steps:
        if (
            since <= step.at < until
            and step.after is not None
            and fits(criteria, step.after)
            and (step.before is None or not fits(criteria, step.before))
        ):
            return step.at
    return None
