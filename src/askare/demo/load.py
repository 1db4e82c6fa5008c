"""Putting the demo organization into the database, in steps, and never twice.

    caller = ensure_organization(database, edge=edge)
    for step in remaining_steps(database, caller, edge=edge):
        database.write(step, caller)

A step skips what stands already and what somebody has deleted since, so the next run completes one that was broken
off.  Which day the world lies around, and whether all of it stands, is kept in the table `facts`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import Any

import msgspec
from msgspec import Struct

from askare.access import operations as access
from askare.access.model import Rights
from askare.demo import estate
from askare.demo.people import Person
from askare.demo.world import (
    FINNISH_TIME,
    ORGANIZATION_NAME,
    Address,
    Agent,
    Office,
    Party,
    PlannedTask,
    Realty,
    World,
)
from askare.demo.world import world as world_of
from askare.directory import store as directory
from askare.directory.store import Kind
from askare.edge import Edge
from askare.kernel.caller import Caller, Role
from askare.kernel.problems import Refused
from askare.kernel.time import written
from askare.storage import history
from askare.storage.desk import Database
from askare.storage.transactions import Transaction
from askare.tasks import operations
from askare.tasks import store as tasks

VERSION = 2  # of the demo data; raised when worlds that stand already are to get more
TASKS_A_STEP = 100

Step = Callable[[Transaction], None]


class _Fact(Struct, frozen=True, rename="camel"):
    """What the house remembers of its demo data."""

    seed: int
    today: date
    complete_version: int = 0  # 0 until everything stands


def ensure_organization(database: Database, *, edge: Edge) -> Caller:
    """The administrator of the demo organization; both are made when they are missing."""

    def ensure(tx: Transaction) -> Caller | None:
        organization = access.ensure_organization(tx, ORGANIZATION_NAME, organization_id=edge.new_id())
        rights = Rights(Role.ADMIN, frozenset(), None)
        user = access.ensure_token_holder(tx, organization, rights, user_id=None, now=edge.now())
        return access.caller_of_user(tx, user.user_id)

    caller = database.write(ensure)
    if caller is None:
        raise Refused("The administrator of the demo organization is disabled.")
    return caller


def remaining_steps(database: Database, caller: Caller, *, edge: Edge) -> list[Step]:
    """What is still to be done: nothing when all stands, else the steps of the world that was begun, or of one
    around the present day."""
    if database.read(is_loaded, caller):
        return []
    today = database.read(begun_on, caller) or edge.now().astimezone(FINNISH_TIME).date()
    return steps(world_of(today))


def begun_on(tx: Transaction) -> date | None:
    """The day that the demo data lies around, or None when none was ever begun.  A continuation must take it."""
    fact = _fact(tx)
    return fact.today if fact is not None else None


def is_loaded(tx: Transaction) -> bool:
    """Whether all the demo data stands."""
    fact = _fact(tx)
    return fact is not None and fact.complete_version >= VERSION


def load(tx: Transaction, world: World) -> None:
    """Put the whole world into the database, in one transaction of the demo organization's admin."""
    for step in steps(world):
        step(tx)


def steps(world: World, *, tasks_a_step: int = TASKS_A_STEP) -> list[Step]:
    """The same in some twenty steps, each for one transaction.

    When everything stands, they do nothing.  They raise ValueError while demo data of another seed or day stands
    half finished: the two must not mix.
    """
    chunks = [world.tasks[start : start + tasks_a_step] for start in range(0, len(world.tasks), tasks_a_step)]
    return [
        _step(world, partial(_put_directory, world=world)),
        *(_step(world, partial(_create_tasks, planned=chunk)) for chunk in chunks),
        _step(world, partial(estate.create_meetings, world=world)),
        _step(world, partial(estate.create_requirements, world=world)),
        _step(world, partial(_remember, fact=_Fact(world.seed, world.today, VERSION))),
    ]


def _step(world: World, work: Step) -> Step:
    def step(tx: Transaction) -> None:
        # The first comer sets the day; the row is locked, so that two loaders take turns.
        tx.run(
            "INSERT INTO facts (name, value) VALUES ('demo', :value) ON CONFLICT DO NOTHING",
            value=msgspec.json.encode(_Fact(world.seed, world.today)).decode(),
        )
        fact = _fact(tx, lock=True)
        assert fact is not None  # noqa: S101  -- inserted above, and facts are never deleted
        if fact.complete_version >= VERSION:
            return
        if (fact.seed, fact.today) != (world.seed, world.today):
            raise ValueError(f"demo data around {fact.today} was begun; continue it with the world of that day")
        work(tx)

    return step


def _fact(tx: Transaction, *, lock: bool = False) -> _Fact | None:
    row = tx.row(f"SELECT value FROM facts WHERE name = 'demo'{tx.flavour.row_lock if lock else ''}")
    return msgspec.json.decode(row[0], type=_Fact) if row is not None else None


def _remember(tx: Transaction, fact: _Fact) -> None:
    tx.run("UPDATE facts SET value = :value WHERE name = 'demo'", value=msgspec.json.encode(fact).decode())


def _create_tasks(tx: Transaction, planned: Sequence[PlannedTask]) -> None:
    for task in planned:
        if tasks.find(tx, task.task_id) is None and not history.is_tombstone(tx, operations.KIND, task.task_id):
            operations.create_task(tx, task.content, task_id=task.task_id, now=task.created)


# The directory, in the form of contract 8.1 --------------------------------------------------------------------------


def _put_directory(tx: Transaction, world: World) -> None:
    for office in world.offices:
        directory.put(tx, Kind.OFFICE, office.office_id, label=office.name, document=office_document(office))
    for agent in world.agents:
        colleague = agent.colleague
        name = f"{colleague.first_name} {colleague.last_name}"
        directory.put(tx, Kind.AGENT, agent.agent_id, label=name, document=agent_document(agent))
    for party in world.parties:
        directory.put(tx, Kind.PARTY, party.party_id, label=party.client.name, document=party_document(party))
    for realty in world.realties:
        address = realty.address
        label = ", ".join(
            (
                address.street_address,
                address.district,
                f"{address.postcode} {address.locality}",
                realty.friendly_id,
            )
        )
        directory.put(tx, Kind.REALTY, realty.realty_id, label=label, document=realty_document(realty))


def office_document(office: Office) -> dict[str, Any]:
    return {"agencyOfficeId": office.office_id, "name": office.name, "address": _address_document(office.address)}


def agent_document(agent: Agent) -> dict[str, Any]:
    return {
        "agentId": agent.agent_id,
        "firstName": agent.colleague.first_name,
        "lastName": agent.colleague.last_name,
        "email": agent.email,
        "agencyOfficeIds": [agent.office.office_id],
    }


def party_document(party: Party) -> dict[str, Any]:
    client = party.client
    document: dict[str, Any] = {
        "partyId": party.party_id,
        "partyTypeCode": client.type_code.value,
        "name": client.name,
    }
    if isinstance(client, Person):
        document |= {"firstName": client.first_name, "lastName": client.surname.word}
    return document | {"email": party.email, "languageCode": client.language.value}


def realty_document(realty: Realty) -> dict[str, Any]:
    place = realty.place
    document: dict[str, Any] = {
        "realtyId": realty.realty_id,
        "friendlyId": realty.friendly_id,
        "agencyOfficeId": realty.office.office_id,
        "statusCode": realty.status_code,
        "listedTime": written(realty.listed),
        "propertyTypeCode": place.home.property_type,
        **dict([place.home.subtype] if place.home.subtype is not None else []),
        "ownershipTypeCode": "OWN",
        "availabilityCode": "AVAILABLE",
        "conditionCode": realty.condition_code if place.year is not None else None,
        "constructionYear": place.year,
        "roomCountCode": f"{place.layout[0]}H" if place.layout else None,
        "roomStructure": place.layout or None,
        "livingAreaInSquareMeters": place.living_area,
        "plotAreaInSquareMeters": place.plot_area,
        "plotHoldingTypeCode": realty.plot_holding_type_code,
        "debtFreePrice": {"amount": place.price, "currencyCode": "EUR"},
        "address": _address_document(realty.address),
        "features": {
            "hasElevator": realty.has_elevator,
            "hasBalcony": realty.has_balcony,
            "hasSauna": realty.has_sauna,
            "housingCompanyHasSauna": realty.housing_company_has_sauna,
        },
    }
    return {field: value for field, value in document.items() if value is not None}


def _address_document(address: Address) -> dict[str, Any]:
    return {
        "streetAddress": address.street_address,
        "district": address.district,
        "region": address.region,
        "regionCode": address.region_code,
        "postcode": address.postcode,
        "postalArea": address.postal_area,
        "locality": address.locality,
        "localityCode": address.locality_code,
        "countryCode": address.country_code,
    }
