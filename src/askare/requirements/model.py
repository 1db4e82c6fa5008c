"""An asset requirement and its notes, as the Asset Requirement API words them.  Source: OviPro contract 4 and 6."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Raw, Struct

from askare.kernel.time import settled, settled_day, written
from askare.kernel.verbatim import (
    ABSENT,
    TEXT_LETTERS_MAX,
    Amount,
    Code,
    KnownAddress,
    PriceRange,
    Text,
    Year,
    compact,
    present,
)

AGENTS_MAX = 1_000  # of one asset requirement: a generous cap, only to protect the server
RESPONSIBLE_AGENT = "RESPONSIBLE_AGENT"

Instant = Annotated[datetime, Meta(tz=True)]


class RequirementStatus(Enum):
    DRAFT = "DRAFT"
    ACTIVE = "ACTIVE"
    FINISHED = "FINISHED"
    REJECTED = "REJECTED"
    PURCHASED = "PURCHASED"


class MarketingStatus(Enum):
    """How far the publishing of the purchase wish has come; the Marketing API owns it."""

    IN_PROGRESS = "IN_PROGRESS"
    WAITING = "WAITING"
    PUBLISHED = "PUBLISHED"
    FINISHED = "FINISHED"
    FAILED = "FAILED"


# The tree of what is looked for ---------------------------------------------------------------------------------------


class LocalizedText(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    language_code: Text | None = None
    text: Text | None = None


class Availability(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    availability_codes: tuple[Code, ...] | None = None
    description: tuple[LocalizedText, ...] | None = None


class Condition(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    condition_codes: tuple[Code, ...] | None = None
    description: tuple[LocalizedText, ...] | None = None


class WantedRealty(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    availability: Availability | None = None
    ownership_type_codes: tuple[Code, ...] | None = None
    property_type_codes: tuple[Code, ...] | None = None
    residential_type_codes: tuple[Code, ...] | None = None
    plot_property_type_codes: tuple[Code, ...] | None = None
    estate_property_type_codes: tuple[Code, ...] | None = None
    other_property_type_codes: tuple[Code, ...] | None = None
    condition: Condition | None = None
    earliest_construction_year: Year | None = None
    latest_construction_year: Year | None = None


class LivingArea(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    minimum_living_area_in_square_meters: Amount | None = None
    maximum_living_area_in_square_meters: Amount | None = None
    total_area_description: tuple[LocalizedText, ...] | None = None


class Apartment(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    room_count_codes: tuple[Code, ...] | None = None
    area: LivingArea | None = None


class Plot(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    holding_type_codes: tuple[Code, ...] | None = None
    minimum_area_in_square_meters: Amount | None = None
    maximum_area_in_square_meters: Amount | None = None
    total_area_description: tuple[LocalizedText, ...] | None = None


class WantedFeatures(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """`true` is a must; `false` asks for nothing, as an unticked box does."""

    has_elevator: bool | None = None
    has_balcony: bool | None = None
    has_sauna: bool | None = None
    housing_company_has_sauna: bool | None = None
    special_wishes: tuple[LocalizedText, ...] | None = None


class FinancialTerms(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    debt_free_price_range: PriceRange | None = None
    payment_terms: tuple[LocalizedText, ...] | None = None


class AssetRequirements(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What is looked for: all of it optional, and further keys are kept.  Source: contract 4.3."""

    title: tuple[LocalizedText, ...] | None = None
    realty: WantedRealty | None = None
    addresses: tuple[KnownAddress, ...] | None = None
    apartment: Apartment | None = None
    plot: Plot | None = None
    features: WantedFeatures | None = None
    financial_terms: FinancialTerms | None = None


class ConsentToChange(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The principal's consent to changes: all of it optional, and further keys are kept.  Source: contract 4.2."""

    # A plain `date` would name this very field; the pattern tells of the years that `settled_day` takes.
    date: Annotated[date, Meta(extra_json_schema={"pattern": "^(19|20|21)[0-9]{2}-"})] | None = None
    consent_provided: bool | None = None
    consent_delivery_method_code: Code | None = None

    def __post_init__(self) -> None:
        if self.date is not None:
            settled_day(self.date)


# What is said of an asset requirement ---------------------------------------------------------------------------------


class RequirementAgent(Struct, frozen=True, rename="camel"):
    """An agent and the agent's part in it: RESPONSIBLE_AGENT, MARKETING_AGENT or another code."""

    agent_id: UUID
    role_code: Code


class _Said(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What create and update both say, but for the two open objects.

    An agent named twice with the same role is kept once.  An optional field that is None is absent.
    """

    agency_office_id: UUID
    agents: Annotated[tuple[RequirementAgent, ...], Meta(min_length=1, max_length=AGENTS_MAX)] | None = None
    note: Annotated[str, Meta(max_length=TEXT_LETTERS_MAX)] | None = None

    def __post_init__(self) -> None:
        if self.agents is not None and len(self.agents) > 1:
            msgspec.structs.force_setattr(self, "agents", tuple(dict.fromkeys(self.agents)))


class RequirementFields(_Said, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """By this a body is checked: every known leaf of the open objects has its type."""

    asset_requirements: AssetRequirements
    consent_to_change: ConsentToChange | None = None


class NewRequirementBody(RequirementFields, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A new asset requirement; its state is DRAFT.  `creationTime` may be given when data are taken over."""

    creation_time: Instant | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.creation_time is not None:
            msgspec.structs.force_setattr(self, "creation_time", settled(self.creation_time))


class ChangedRequirementBody(RequirementFields, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The whole of an asset requirement; the id must be that of the path."""

    asset_requirement_id: UUID
    status_code: RequirementStatus


class RequirementContent(_Said, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What is said of an asset requirement, as it is kept: the two open objects are the client's own text."""

    asset_requirements: Raw
    consent_to_change: Raw = ABSENT

    def __post_init__(self) -> None:
        super().__post_init__()
        msgspec.structs.force_setattr(self, "consent_to_change", present(self.consent_to_change))


class NewRequirement(RequirementContent, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A new asset requirement.  `creation_time` is None for one that is made now."""

    creation_time: Instant | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.creation_time is not None:
            msgspec.structs.force_setattr(self, "creation_time", settled(self.creation_time))


class ChangedRequirement(RequirementContent, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The whole of an asset requirement that is there already."""

    asset_requirement_id: UUID
    status_code: RequirementStatus


class Requirement(Struct, frozen=True, kw_only=True):
    """An asset requirement as it is kept."""

    requirement_id: UUID
    version: int  # 1 when created, one more with every change
    friendly_id: int
    status: RequirementStatus
    content: RequirementContent
    created: datetime
    modified: datetime
    marketing: MarketingStatus | None = None


# Documents ------------------------------------------------------------------------------------------------------------


class _Stored(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The stored form: the contract's fields of the details in the contract's order, then what only lists show."""

    asset_requirement_id: UUID
    status_code: RequirementStatus
    friendly_id: str
    agency_office_id: UUID
    agents: tuple[RequirementAgent, ...] | None = None
    note: str | None = None
    asset_requirements: Raw
    consent_to_change: Raw = ABSENT
    creation_time: str
    modification_time: str
    marketing_action_status_code: MarketingStatus | None = None


class _Kept(RequirementContent, frozen=True, kw_only=True, rename="camel"):
    """A stored document, read."""

    status_code: RequirementStatus
    friendly_id: str
    creation_time: datetime
    modification_time: datetime
    marketing_action_status_code: MarketingStatus | None = None


_encoder = msgspec.json.Encoder()
_kept_decoder = msgspec.json.Decoder(_Kept)


def document_of(requirement: Requirement) -> str:
    """The JSON in which this asset requirement is stored."""
    content = requirement.content
    return _encoder.encode(
        _Stored(
            asset_requirement_id=requirement.requirement_id,
            status_code=requirement.status,
            friendly_id=str(requirement.friendly_id),
            agency_office_id=content.agency_office_id,
            agents=content.agents,
            note=content.note,
            asset_requirements=compact(content.asset_requirements),
            consent_to_change=compact(content.consent_to_change),
            creation_time=written(requirement.created),
            modification_time=written(requirement.modified),
            marketing_action_status_code=requirement.marketing,
        )
    ).decode()


def requirement_of(requirement_id: UUID, version: int, document: str) -> Requirement:
    """The asset requirement of a stored document."""
    stored = _kept_decoder.decode(document)
    return Requirement(
        requirement_id=requirement_id,
        version=version,
        friendly_id=int(stored.friendly_id),
        status=stored.status_code,
        content=RequirementContent(
            agency_office_id=stored.agency_office_id,
            agents=stored.agents,
            note=stored.note,
            asset_requirements=stored.asset_requirements,
            consent_to_change=stored.consent_to_change,
        ),
        created=settled(stored.creation_time),
        modified=settled(stored.modification_time),
        marketing=stored.marketing_action_status_code,
    )


# It ends a stored document where it is set, by the order of the fields above.
_MARKETING = re.compile(r',"marketingActionStatusCode":"[A-Z_]*"\}$')


def details_of(document: str) -> str:
    """The form in which one asset requirement by itself is answered, from its stored document."""
    return _MARKETING.sub("}", document) if document.endswith('"}') else document


class _Listable(Struct, frozen=True, rename="camel"):
    """What a list shows of a stored document, and the agents, from whom it takes one."""

    asset_requirement_id: Raw
    status_code: Raw
    friendly_id: Raw
    agency_office_id: Raw
    asset_requirements: Raw
    creation_time: Raw
    note: Raw = ABSENT
    agents: tuple[RequirementAgent, ...] = ()
    marketing_action_status_code: Raw = ABSENT


class ResponsibleAgent(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The agent whom a list shows.  Names that nobody knows are left out."""

    agent_id: UUID
    role_code: Code
    first_name: str | None = None
    last_name: str | None = None


class _Listed(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The form in which a list shows an asset requirement.  Source: contract 4.1."""

    asset_requirement_id: Raw
    status_code: Raw
    friendly_id: Raw
    agency_office_id: Raw
    responsible_agent: ResponsibleAgent | None = None
    note: Raw = ABSENT
    marketing_action_status_code: Raw = ABSENT
    asset_requirements: Raw
    creation_time: Raw


Names = tuple[str | None, str | None]  # first and last name

_listable_decoder = msgspec.json.Decoder(_Listable)


class ListItem:
    """One asset requirement on its way into a list: who is responsible, and how it looks with that agent's names."""

    __slots__ = ("_kept", "responsible")

    def __init__(self, document: bytes) -> None:
        self._kept = _listable_decoder.decode(document)
        self.responsible = responsible_agent(self._kept.agents)

    def shown(self, names: Mapping[UUID, Names]) -> bytes:
        """The form that the list answers."""
        kept, agent = self._kept, None
        if self.responsible is not None:
            first_name, last_name = names.get(self.responsible.agent_id, (None, None))
            agent = ResponsibleAgent(
                agent_id=self.responsible.agent_id,
                role_code=self.responsible.role_code,
                first_name=first_name,
                last_name=last_name,
            )
        return _encoder.encode(
            _Listed(
                asset_requirement_id=kept.asset_requirement_id,
                status_code=kept.status_code,
                friendly_id=kept.friendly_id,
                agency_office_id=kept.agency_office_id,
                responsible_agent=agent,
                note=kept.note,
                marketing_action_status_code=kept.marketing_action_status_code,
                asset_requirements=kept.asset_requirements,
                creation_time=kept.creation_time,
            )
        )


def responsible_agent(agents: tuple[RequirementAgent, ...] | None) -> RequirementAgent | None:
    """The agent who stands for an asset requirement: the first with that role, or else the first of all.

    Source: contract 4.6, open points.
    """
    agents = agents or ()
    return next((agent for agent in agents if agent.role_code == RESPONSIBLE_AGENT), agents[0] if agents else None)


class RequirementFilter(Struct, frozen=True, kw_only=True):
    """What a search asks for: OR inside a field, AND between fields, an empty field asks for nothing.

    `responsible_agent_id` finds by the role RESPONSIBLE_AGENT alone.  Source: contract 4.5.
    """

    responsible_agent_id: UUID | None = None
    office_ids: frozenset[UUID] = frozenset()
    friendly_id: str | None = None
    statuses: frozenset[RequirementStatus] = frozenset()
    marketing_statuses: frozenset[MarketingStatus] = frozenset()
    text: str = ""


# Notes ----------------------------------------------------------------------------------------------------------------


class Note(Struct, frozen=True, kw_only=True):
    """A note about an asset requirement, as it is kept."""

    note_id: UUID
    requirement_id: UUID
    version: int
    text: str
    created: datetime
    modified: datetime
    created_by: UUID
    modified_by: UUID


class _NoteDocument(Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer's form of a note: the contract's fields in the contract's order."""

    note_id: UUID
    note: str
    asset_requirement_id: UUID
    creation_time: str
    modification_time: str
    created_by: UUID
    modified_by: UUID


_note_decoder = msgspec.json.Decoder(_NoteDocument)


def document_of_note(note: Note) -> str:
    """The JSON that answers this note, and in which it is stored."""
    return _encoder.encode(
        _NoteDocument(
            note_id=note.note_id,
            note=note.text,
            asset_requirement_id=note.requirement_id,
            creation_time=written(note.created),
            modification_time=written(note.modified),
            created_by=note.created_by,
            modified_by=note.modified_by,
        )
    ).decode()


def told_of_note(document: str, *, office_id: UUID) -> str:
    """A note's document as history keeps it: with the office of its asset requirement, by whose wall it is hidden."""
    return f'{document[:-1]},"agencyOfficeId":"{office_id}"}}'


def note_of(version: int, document: str) -> Note:
    """The note of a stored document."""
    kept = _note_decoder.decode(document)
    return Note(
        note_id=kept.note_id,
        requirement_id=kept.asset_requirement_id,
        version=version,
        text=kept.note,
        created=settled(datetime.fromisoformat(kept.creation_time)),
        modified=settled(datetime.fromisoformat(kept.modification_time)),
        created_by=kept.created_by,
        modified_by=kept.modified_by,
    )
