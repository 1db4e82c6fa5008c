"""Watches of the demo organization: on most of what is looked for, and one on a home that any visitor can add.

They are set after the last of the world's homes was listed, so that loading the demo writes to nobody; from then on
every home that fits is news.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Raw

from askare.demo.estate import plan_requirements
from askare.demo.people import Person
from askare.demo.world import FINNISH_TIME, Party, World
from askare.directory.model import PartyType
from askare.requirements import operations as requirements
from askare.requirements import store as requirement_store
from askare.requirements.model import RESPONSIBLE_AGENT, NewRequirement, RequirementAgent
from askare.storage import history
from askare.storage.transactions import Transaction
from askare.watches import operations, store
from askare.watches.model import Notification, WatchContent, WatchParty

WATCHED_SHARE = 0.75  # of what is looked for
VALID_FOR = timedelta(days=180)

# What the README adds a home to: the ids are those of the published samples.
SHOWN_REQUIREMENT = UUID("45221bb8-2deb-47c4-b5e4-155a8f1770dd")
SHOWN_WATCH = UUID("1803ca58-50ea-422b-a1f8-330289b67fe2")
SHOWN_TREE: dict[str, Any] = {
    "title": [
        {"languageCode": "fi", "text": "Saunallinen kolmio Tammelasta"},
        {"languageCode": "sv", "text": "Trea med bastu i Tammela"},
        {"languageCode": "en", "text": "Three rooms with a sauna in Tammela"},
    ],
    "realty": {"propertyTypeCodes": ["RESIDENTIAL"], "residentialTypeCodes": ["APARTMENT_HOUSE"]},
    "addresses": [{"postcode": "33500", "locality": "Tampere"}],
    "apartment": {"roomCountCodes": ["3H"], "area": {"minimumLivingAreaInSquareMeters": 60}},
    "features": {"hasSauna": True},
    "financialTerms": {"debtFreePriceRange": {"maximumPrice": 320000, "currencyCode": "EUR"}},
}


def create_watches(tx: Transaction, *, world: World) -> None:
    """All watches that do not stand yet and that nobody has deleted, each on something that is looked for."""
    _create_shown_requirement(tx, world)
    for watch_id, content in plan_watches(world):
        stands = store.find(tx, watch_id) is not None or history.is_tombstone(tx, operations.KIND, watch_id)
        if not stands and requirement_store.KEPT.find(tx, content.asset_requirement_id) is not None:
            operations.create_watch(tx, content, watch_id=watch_id, now=set_at(world))


def plan_watches(world: World) -> list[tuple[UUID, WatchContent]]:
    """Which watches are set, and for whom."""
    dice = Random(f"{world.seed} watches")
    buyers = _buyers(world)
    ends = datetime.combine(world.today + VALID_FOR, time(12), FINNISH_TIME)

    def content(requirement_id: UUID, buyer: Party, *, tells_agent: bool) -> WatchContent:
        told = (Notification.EMAIL,)
        party = WatchParty(buyer.party_id, PartyType(buyer.client.type_code.value), told)
        return WatchContent(
            asset_requirement_id=requirement_id,
            validity_end_time=ends,
            agent_notification_type_codes=told if tells_agent else (),
            parties=(party,),
        )

    planned = [(SHOWN_WATCH, content(SHOWN_REQUIREMENT, buyers[0], tells_agent=True))]
    for one in plan_requirements(world):
        if dice.random() < WATCHED_SHARE:
            watch_id = UUID(int=dice.getrandbits(128), version=4)
            planned.append(
                (watch_id, content(one.requirement_id, dice.choice(buyers), tells_agent=dice.random() < 0.5))
            )
    return planned


def set_at(world: World) -> datetime:
    """When the watches were set: nothing that the world holds is news to them."""
    return max(realty.listed for realty in world.realties) + timedelta(minutes=1)


def _buyers(world: World) -> list[Party]:
    return [party for party in world.parties if isinstance(party.client, Person)]


def _create_shown_requirement(tx: Transaction, world: World) -> None:
    stands = requirement_store.KEPT.find(tx, SHOWN_REQUIREMENT) is not None
    if stands or history.is_tombstone(tx, requirements.KIND, SHOWN_REQUIREMENT):
        return
    agent = world.agents[0]
    said = NewRequirement(
        agency_office_id=agent.office.office_id,
        agents=(RequirementAgent(agent.agent_id, RESPONSIBLE_AGENT),),
        note="Asiakas haluaa myöhemmin toimeksiannon, aloitetaan vahdilla ensin",
        asset_requirements=Raw(msgspec.json.encode(SHOWN_TREE)),
    )
    requirements.create_requirement(tx, said, requirement_id=SHOWN_REQUIREMENT, now=set_at(world))
