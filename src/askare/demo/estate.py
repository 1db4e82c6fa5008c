"""Meetings, asset requirements and notes of the demo organization.

Made from the world's seed and day, like the tasks.  Whoever has asked for a valuation lives in streets of the world,
behind doors that are not for sale; whoever looks for a home looks for something like one of those that are.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from msgspec import Raw, Struct

from askare.demo.forms import Language
from askare.demo.people import Person
from askare.demo.world import FINNISH_TIME, Agent, Party, Realty, World
from askare.directory.model import InvolvedAgent, InvolvedParty
from askare.meetings import operations as meetings
from askare.meetings import store as meeting_store
from askare.meetings.model import (
    MeetingContent,
    MeetingSource,
    MeetingStatus,
    MeetingType,
    PartyType,
)
from askare.requirements import notes, notes_store
from askare.requirements import operations as requirements
from askare.requirements import store as requirement_store
from askare.requirements.model import (
    RESPONSIBLE_AGENT,
    ChangedRequirement,
    MarketingStatus,
    NewRequirement,
    RequirementAgent,
    RequirementStatus,
)
from askare.storage import history
from askare.storage.transactions import Transaction

# In a hundred tasks of the world, and at least a few.
MEETINGS_SHARE = 8
REQUIREMENTS_SHARE = 3
FEW = 4
DAYS_EACH_WAY = 45

Choice = TypeVar("Choice")

_BEFORE = {
    Language.FI: (
        "Vertailee kolmea välittäjää ennen päätöstä.",
        "Toivoo arviota ennen kesää, muutto aikaisintaan syksyllä.",
        "Keittiö ja kylpyhuone on remontoitu, kuvat voi ottaa samalla käynnillä.",
        "Pyysi ottamaan mukaan vertailukauppoja samalta alueelta.",
        "Taloyhtiöön on tulossa putkiremontti, selvitä aikataulu isännöitsijältä.",
        "Etsii samalla isompaa asuntoa, myynti ja osto halutaan sovittaa yhteen.",
    ),
    Language.SV: (
        "Jämför tre mäklare innan beslut.",
        "Vill ha en värdering före sommaren, flyttar tidigast i höst.",
        "Köket och badrummet är renoverade, bilderna kan tas vid samma besök.",
        "Bad oss ta med jämförelseköp från samma område.",
        "Ett stambyte är på gång i husbolaget, fråga disponenten om tidtabellen.",
    ),
    Language.EN: (
        "Comparing three agents before deciding.",
        "Wants a valuation before summer, moving in autumn at the earliest.",
        "Kitchen and bathroom are renovated; photos can be taken on the same visit.",
        "Asked us to bring recent sales from the same area.",
        "A pipe renovation is coming; ask the building manager for the schedule.",
    ),
}
_AFTER: dict[MeetingStatus, dict[Language, str]] = {
    MeetingStatus.WON: {
        Language.FI: "Toimeksianto allekirjoitettiin.",
        Language.SV: "Uppdraget undertecknades.",
        Language.EN: "The assignment was signed.",
    },
    MeetingStatus.LOST: {
        Language.FI: "Valitsi toisen välittäjän.",
        Language.SV: "Valde en annan mäklare.",
        Language.EN: "Chose another agent.",
    },
    MeetingStatus.CANCELLED: {
        Language.FI: "Perui käynnin ja palaa asiaan myöhemmin.",
        Language.SV: "Avbokade besöket och återkommer senare.",
        Language.EN: "Called the visit off and will be in touch later.",
    },
}
_WISHES = {
    Language.FI: (
        "Lainalupaus on kunnossa, voi muuttaa heti.",
        "Oma asunto on myynnissä, kauppa olisi ehdollinen.",
        "Aloitetaan vahdilla, toimeksianto mahdollisesti myöhemmin.",
        "Koulun pitää olla kävelymatkan päässä.",
    ),
    Language.SV: (
        "Lånelöftet är klart, kan flytta genast.",
        "Den egna bostaden är till salu, köpet blir villkorligt.",
        "Vi börjar med en bevakning, uppdraget kanske senare.",
        "Skolan ska ligga på gångavstånd.",
    ),
    Language.EN: (
        "The mortgage is promised, can move at once.",
        "The own home is on the market, so a purchase would be conditional.",
        "We start with a watch; an assignment may follow.",
        "A school must be within walking distance.",
    ),
}
_NOTES = {
    Language.FI: (
        "Soitettu, toiveet ennallaan.",
        "Kävi näytössä, keittiö oli liian pieni.",
        "Budjettia voi nostaa 10 000 eurolla.",
        "Lähetetty kolme kohdetta sähköpostilla.",
        "Ei vastannut, yritetään ensi viikolla uudestaan.",
    ),
    Language.SV: (
        "Ringde, önskemålen är oförändrade.",
        "Var på visning, köket var för litet.",
        "Budgeten kan höjas med 10 000 euro.",
        "Skickade tre objekt per e-post.",
    ),
    Language.EN: (
        "Called, the wishes stand.",
        "Came to a showing, the kitchen was too small.",
        "The budget can grow by 10,000 euros.",
        "Sent three homes by e-mail.",
    ),
}
_SPECIAL_WISHES = {
    Language.FI: "Valoisa ja rauhallinen, mielellään ylin kerros.",
    Language.SV: "Ljus och lugn, gärna högst upp.",
    Language.EN: "Bright and quiet, preferably on the top floor.",
}


class PlannedMeeting(Struct, frozen=True):
    """A meeting that is to be created, and when it is said to have been."""

    meeting_id: UUID
    content: MeetingContent
    created: datetime


class PlannedRequirement(Struct, frozen=True):
    """An asset requirement that is to be created, what becomes of it, and the notes about it."""

    requirement_id: UUID
    said: NewRequirement
    status: RequirementStatus
    marketing: MarketingStatus | None
    notes: tuple[tuple[UUID, str, datetime], ...]
    created: datetime


# The plan ---------------------------------------------------------------------------------------------------------


def plan_meetings(world: World) -> list[PlannedMeeting]:
    """A won meeting for the homes for sale, and what else has been or is to be, oldest first."""
    dice = Random(f"{world.seed} meetings")
    people = [party for party in world.parties if isinstance(party.client, Person)]
    planned = [_won_home(world, dice, realty) for realty in world.realties]
    planned += [_visit(world, dice, number, people) for number in range(_share(world, MEETINGS_SHARE) - len(planned))]
    planned = planned[: _share(world, MEETINGS_SHARE)]
    return sorted(planned, key=lambda one: (one.created, one.meeting_id))


def _won_home(world: World, dice: Random, realty: Realty) -> PlannedMeeting:
    """The meeting that brought this home in, some days before it was listed."""
    visit = _at(_weekday(realty.listed.astimezone(FINNISH_TIME).date() - timedelta(days=dice.randint(4, 14))), dice)
    price = realty.place.price
    content = MeetingContent(
        type_code=MeetingType.SALES_MEETING,
        status_code=MeetingStatus.WON,
        parties=(_met(realty.seller),),
        realty_id=realty.realty_id,
        visit_time=visit,
        agency_office_id=realty.office.office_id,
        agents=(InvolvedAgent(realty.agent.agent_id),),
        source_type_code=_source(dice),
        meeting_realty=_raw(_home(realty, realty.address.street_address)),
        price_estimate=_raw({"amount": _rounded(price * dice.uniform(0.95, 1.03)), "currencyCode": "EUR"}),
        notes=_said(dice, _language(realty.seller, realty.agent), MeetingStatus.WON),
    )
    created = visit - timedelta(days=dice.randint(1, 6), minutes=dice.randrange(300))
    return PlannedMeeting(_id(world, "meeting", realty.place.street), content, created)


def _visit(world: World, dice: Random, number: int, people: Sequence[Party]) -> PlannedMeeting:
    """A visit to somebody who may want to sell, before or after today."""
    realty = dice.choice([one for one in world.realties if one.place.layout])
    owner = dice.choice([party for party in people if party.client.office == realty.office.key])
    agent = _speaking(dice, world.agents, realty, owner)
    offset = dice.randint(-DAYS_EACH_WAY, DAYS_EACH_WAY)
    day = _weekday(world.today + timedelta(days=offset or 1), step=1 if offset >= 0 else -1)
    is_past = day < world.today
    status = _status(dice) if is_past else MeetingStatus.WAITING
    visit = _at(day, dice)
    low = _rounded(realty.place.price * dice.uniform(0.85, 0.95))
    content = MeetingContent(
        type_code=dice.choice((MeetingType.SALES_MEETING, MeetingType.EVALUATION_VISIT)),
        status_code=status,
        parties=(_met(owner),),
        visit_time=visit,
        agency_office_id=realty.office.office_id,
        agents=(InvolvedAgent(agent.agent_id),),
        source_type_code=_source(dice),
        meeting_realty=_raw(_home(realty, f"{realty.place.street} {dice.randint(30, 90)}")),
        price_estimate=_raw({"minimumPrice": low, "maximumPrice": _rounded(low * 1.12), "currencyCode": "EUR"}),
        notes=_said(dice, _language(owner, agent), status),
    )
    before_today = visit if is_past else _at(world.today - timedelta(days=1), dice)
    created = before_today - timedelta(days=dice.randint(1, 9), minutes=dice.randrange(300))
    return PlannedMeeting(_id(world, "meeting", str(number)), content, created)


def plan_requirements(world: World) -> list[PlannedRequirement]:
    """What people look for, oldest first."""
    dice = Random(f"{world.seed} requirements")
    people = [party for party in world.parties if isinstance(party.client, Person)]
    count = _share(world, REQUIREMENTS_SHARE)
    planned = [_wish(world, dice, number, people[number % len(people)]) for number in range(count)]
    return sorted(planned, key=lambda one: (one.created, one.requirement_id))


def _wish(world: World, dice: Random, number: int, buyer: Party) -> PlannedRequirement:
    like = dice.choice([one for one in world.realties if one.place.layout and one.office.key == buyer.client.office])
    agent = _speaking(dice, world.agents, like, buyer)
    language = _language(buyer, agent)
    colleagues = [one for one in world.agents if one.office is agent.office and one is not agent]
    agents = [RequirementAgent(agent.agent_id, RESPONSIBLE_AGENT)]
    if dice.random() < 0.3:
        agents.append(RequirementAgent(dice.choice(colleagues).agent_id, "MARKETING_AGENT"))
    created = _at(_weekday(world.today - timedelta(days=dice.randint(5, 120))), dice)
    status = _weighted(
        dice,
        (
            (RequirementStatus.DRAFT, 40),
            (RequirementStatus.ACTIVE, 40),
            (RequirementStatus.FINISHED, 8),
            (RequirementStatus.REJECTED, 6),
            (RequirementStatus.PURCHASED, 6),
        ),
    )
    is_published = status is RequirementStatus.ACTIVE and dice.random() < 0.5
    said = NewRequirement(
        agency_office_id=agent.office.office_id,
        agents=tuple(agents),
        note=dice.choice(_WISHES[language]),
        asset_requirements=_raw(_tree(world, dice, like, language)),
        consent_to_change=_raw(
            {
                "date": created.date().isoformat(),
                "consentProvided": True,
                "consentDeliveryMethodCode": "DELIVERED_BY_EMAIL",
            }
        ),
    )
    texts = dice.sample(_NOTES[language], k=dice.randint(0, 3))
    return PlannedRequirement(
        _id(world, "requirement", str(number)),
        said,
        status,
        MarketingStatus.PUBLISHED if is_published else None,
        tuple(
            (_id(world, "note", f"{number}-{at}"), text, created + timedelta(days=1 + at, minutes=dice.randrange(200)))
            for at, text in enumerate(texts)
        ),
        created,
    )


def _tree(world: World, dice: Random, like: Realty, language: Language) -> dict[str, Any]:
    """Wishes around a home that exists, in its district and in one more of the same town."""
    place, rooms = like.place, int(like.place.layout[0])
    others = [one for one in world.realties if one.office is like.office and one.place.district != place.district]
    area = place.living_area or 60
    price = place.price
    tree: dict[str, Any] = {
        "title": [{"languageCode": "fi", "text": place.layout}],
        "realty": {
            "availability": {"availabilityCodes": ["AVAILABLE"]},
            "ownershipTypeCodes": ["OWN"],
            "propertyTypeCodes": [place.home.property_type],
            **({f"{place.home.subtype[0]}s": [place.home.subtype[1]]} if place.home.subtype is not None else {}),
            "condition": {"conditionCodes": ["NEW", "GOOD"] if dice.random() < 0.6 else ["GOOD", "SATISFACTORY"]},
            "earliestConstructionYear": dice.choice((1950, 1970, 1990)),
        },
        "addresses": [_district(one) for one in (like, dice.choice(others))],
        "apartment": {
            "roomCountCodes": [f"{rooms}H", f"{rooms + 1}H"],
            "area": {
                "minimumLivingAreaInSquareMeters": int(area * 0.85),
                "maximumLivingAreaInSquareMeters": int(area * 1.4),
            },
        },
        "features": {
            "hasElevator": False,
            "hasBalcony": like.has_balcony,
            "hasSauna": like.has_sauna,
            "housingCompanyHasSauna": False,
        },
        "financialTerms": {
            "debtFreePriceRange": {
                "minimumPrice": _rounded(price * 0.7),
                "maximumPrice": _rounded(price * 1.1),
                "currencyCode": "EUR",
            }
        },
    }
    if dice.random() < 0.4:
        tree["features"]["specialWishes"] = [{"languageCode": language.value, "text": _SPECIAL_WISHES[language]}]
    return tree


def _district(realty: Realty) -> dict[str, str]:
    address = realty.address
    return {
        "district": address.district,
        "region": address.region,
        "regionCode": address.region_code,
        "postcode": address.postcode,
        "postalArea": address.postal_area,
        "locality": address.locality,
        "localityCode": address.locality_code,
        "countryCode": address.country_code,
    }


def _home(realty: Realty, street_address: str) -> dict[str, Any]:
    place = realty.place
    home: dict[str, Any] = {
        "categoryCode": "SALE",
        "subCategoryCode": "SHARE" if realty.plot_holding_type_code and place.plot_area is None else "PROPERTY",
        "propertyTypeCode": place.home.property_type,
        "address": {"streetAddress": street_address, **_district(realty)},
    }
    if place.layout:
        home |= {"roomCountCode": f"{place.layout[0]}H", "roomStructure": place.layout}
    if place.living_area is not None:
        home["livingAreaInSquareMeters"] = place.living_area
    if place.year is not None:
        home["constructionYear"] = place.year
    return home


# Small parts ------------------------------------------------------------------------------------------------------


def _share(world: World, share: int) -> int:
    return max(FEW, len(world.tasks) * share // 100)


def _id(world: World, kind: str, key: str) -> UUID:
    return UUID(int=Random(f"{world.seed} {kind} {key}").getrandbits(128), version=4)


def _raw(value: dict[str, Any]) -> Raw:
    return Raw(msgspec.json.encode(value))


def _met(party: Party) -> InvolvedParty:
    return InvolvedParty(party.party_id, PartyType(party.client.type_code.value))


def _speaking(dice: Random, agents: Sequence[Agent], realty: Realty, party: Party) -> Agent:
    """A colleague of the home's office, one who writes the party's language where there is one."""
    near = [agent for agent in agents if agent.office is realty.office]
    return dice.choice([agent for agent in near if party.client.language in agent.colleague.writes] or near)


def _language(party: Party, agent: Agent) -> Language:
    writes = agent.colleague.writes
    return party.client.language if party.client.language in writes else writes[0]


def _said(dice: Random, language: Language, status: MeetingStatus) -> str:
    after = _AFTER.get(status, {}).get(language)
    return " ".join(filter(None, (dice.choice(_BEFORE[language]), after)))


def _source(dice: Random) -> MeetingSource:
    return _weighted(
        dice,
        (
            (MeetingSource.ETUOVI, 25),
            (MeetingSource.OIKOTIE, 20),
            (MeetingSource.RECOMMENDATION, 15),
            (MeetingSource.OLD_CUSTOMER, 12),
            (MeetingSource.HOME_PAGE, 10),
            (MeetingSource.SHOWING, 10),
            (MeetingSource.DIRECT_CONTACT, 8),
        ),
    )


def _status(dice: Random) -> MeetingStatus:
    """What is past is decided, except the little that somebody forgot."""
    return _weighted(
        dice,
        (
            (MeetingStatus.WON, 35),
            (MeetingStatus.LOST, 40),
            (MeetingStatus.CANCELLED, 18),
            (MeetingStatus.WAITING, 7),
        ),
    )


def _weighted(dice: Random, choices: Sequence[tuple[Choice, int]]) -> Choice:
    values, weights = zip(*choices, strict=True)
    chosen: Choice = dice.choices(values, weights)[0]
    return chosen


def _rounded(price: float) -> int:
    return round(price / 500) * 500


def _weekday(day: date, *, step: int = -1) -> date:
    while day.weekday() >= 5:
        day += timedelta(days=step)
    return day


def _at(day: date, dice: Random) -> datetime:
    return datetime.combine(day, time(dice.randint(9, 17), dice.choice((0, 30))), FINNISH_TIME).astimezone(UTC)


# Into the database ------------------------------------------------------------------------------------------------


def create_meetings(tx: Transaction, *, world: World) -> None:
    """All meetings that do not stand yet and that nobody has deleted."""
    for one in plan_meetings(world):
        if meeting_store.KEPT.find(tx, one.meeting_id) is None and not _was_deleted(tx, meetings.KIND, one.meeting_id):
            meetings.create_meeting(tx, one.content, meeting_id=one.meeting_id, now=one.created)


def create_requirements(tx: Transaction, *, world: World) -> None:
    """All asset requirements with their notes, as far as they do not stand yet and nobody has deleted them."""
    for one in plan_requirements(world):
        requirement_id = one.requirement_id
        if _was_deleted(tx, requirements.KIND, requirement_id):
            continue
        if requirement_store.KEPT.find(tx, requirement_id) is None:
            _create_requirement(tx, one)
        for note_id, text, created in one.notes:
            is_there = notes_store.find(tx, note_id) is not None
            if not is_there and not _was_deleted(tx, requirements.NOTE_KIND, note_id):
                notes.create_note(tx, requirement_id, text, note_id=note_id, now=created)


def _create_requirement(tx: Transaction, one: PlannedRequirement) -> None:
    said, requirement_id = one.said, one.requirement_id
    requirements.create_requirement(tx, said, requirement_id=requirement_id, now=one.created)
    if one.status is not RequirementStatus.DRAFT:
        changed = ChangedRequirement(
            asset_requirement_id=requirement_id,
            status_code=one.status,
            agency_office_id=said.agency_office_id,
            agents=said.agents,
            note=said.note,
            asset_requirements=said.asset_requirements,
            consent_to_change=said.consent_to_change,
        )
        later = one.created + timedelta(days=3)
        requirements.update_requirement(tx, requirement_id, changed, expected_versions=None, now=later)
    if one.marketing is not None:
        later = one.created + timedelta(days=4)
        requirements.set_marketing_status(tx, requirement_id, one.marketing, expected_versions=None, now=later)


def _was_deleted(tx: Transaction, kind: str, thing_id: UUID) -> bool:
    return history.is_tombstone(tx, kind, thing_id)
