"""The demo organization's directory and its homes, as they are put into the database."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from askare.demo.people import Person
from askare.demo.world import Address as Place
from askare.demo.world import Agent, Office, Operator, Party, Realty, World
from askare.directory import operations as directory
from askare.directory import store
from askare.directory.model import (
    Address,
    AgentContent,
    Content,
    Kind,
    OfficeContent,
    OperatorContent,
    PartyContent,
)
from askare.realties import operations as realties
from askare.realties import store as realty_store
from askare.realties.model import Features, Money, PropertyType, RealtyContent
from askare.storage import history
from askare.storage.transactions import Transaction

_BEFORE_THE_FIRST_LISTING = timedelta(days=1)


def put_directory(tx: Transaction, world: World) -> None:
    """Put in what is not there yet and was not deleted by somebody."""
    opened = min(realty.listed for realty in world.realties) - _BEFORE_THE_FIRST_LISTING
    entries: list[tuple[Kind, UUID, Content]] = [
        *((Kind.OFFICE, office.office_id, office_content(office)) for office in world.offices),
        *((Kind.AGENT, agent.agent_id, agent_content(agent)) for agent in world.agents),
        *((Kind.OPERATOR, operator.user_id, operator_content(operator)) for operator in world.operators),
        *((Kind.PARTY, party.party_id, party_content(party)) for party in world.parties),
    ]
    for kind, thing_id, content in entries:
        if store.find(tx, kind, thing_id) is None and not history.is_tombstone(tx, kind.value, thing_id):
            directory.put_entry(tx, kind, thing_id, content, now=opened)
    for realty in world.realties:
        known = realty_store.find(tx, realty.realty_id) is not None
        if not known and not history.is_tombstone(tx, realties.KIND, realty.realty_id):
            realties.put_realty(tx, realty.realty_id, realty_content(realty), now=realty.listed)


def office_content(office: Office) -> OfficeContent:
    return OfficeContent(name=office.name, language_code="fi", address=_address(office.address))


def agent_content(agent: Agent) -> AgentContent:
    return AgentContent(
        first_name=agent.colleague.first_name,
        last_name=agent.colleague.last_name,
        email=agent.email,
        language_code=agent.colleague.writes[0].value,
        agency_office_ids=(agent.office.office_id,),
    )


def operator_content(operator: Operator) -> OperatorContent:
    person = operator.receptionist
    return OperatorContent(
        code=person.code,
        extension=person.extension,
        first_name=person.first_name,
        last_name=person.last_name,
        language=person.language.value,
    )


def party_content(party: Party) -> PartyContent:
    client = party.client
    first_name, last_name = (client.first_name, client.surname.word) if isinstance(client, Person) else (None, None)
    return PartyContent(
        party_type_code=client.type_code,
        name=client.name,
        first_name=first_name,
        last_name=last_name,
        email=party.email,
        phone=party.phone,
        language_code=client.language.value,
    )


def realty_content(realty: Realty) -> RealtyContent:
    place = realty.place
    subtype = dict([place.home.subtype] if place.home.subtype is not None else [])
    return RealtyContent(
        friendly_id=realty.friendly_id,
        agency_office_id=realty.office.office_id,
        status_code=realty.status_code,
        listed_time=realty.listed,
        property_type_code=PropertyType(place.home.property_type),
        residential_type_code=subtype.get("residentialTypeCode"),
        plot_property_type_code=subtype.get("plotPropertyTypeCode"),
        estate_property_type_code=subtype.get("estatePropertyTypeCode"),
        other_property_type_code=subtype.get("otherPropertyTypeCode"),
        ownership_type_code="OWN",
        availability_code="AVAILABLE",
        condition_code=realty.condition_code if place.year is not None else None,
        construction_year=place.year,
        room_count_code=f"{place.layout[0]}H" if place.layout else None,
        room_structure=place.layout or None,
        living_area_in_square_meters=place.living_area,
        plot_area_in_square_meters=place.plot_area,
        plot_holding_type_code=realty.plot_holding_type_code,
        debt_free_price=Money(place.price, "EUR"),
        address=_address(realty.address),
        features=Features(
            has_elevator=realty.has_elevator,
            has_balcony=realty.has_balcony,
            has_sauna=realty.has_sauna,
            housing_company_has_sauna=realty.housing_company_has_sauna,
        ),
    )


def _address(address: Place) -> Address:
    return Address(
        street_address=address.street_address,
        district=address.district,
        region=address.region,
        region_code=address.region_code,
        postcode=address.postcode,
        postal_area=address.postal_area,
        locality=address.locality,
        locality_code=address.locality_code,
        country_code=address.country_code,
    )
