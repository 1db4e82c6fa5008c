"""A meeting, as the Meeting API words it.  Source: OviPro contract 3.1, 3.2 and 1.9."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Raw, Struct

from askare.directory.model import InvolvedAgent, InvolvedParty, keep_each_once
from askare.directory.model import PartyType as PartyType
from askare.kernel.time import settled, written
from askare.kernel.verbatim import (
    ABSENT,
    TEXT_LETTERS_MAX,
    Amount,
    Code,
    CurrencyCode,
    KnownAddress,
    Text,
    Year,
    compact,
    present,
)

MEMBERS_MAX = 1_000  # parties or agents of one meeting: a generous cap, only to protect the server


class MeetingType(Enum):
    SALES_MEETING = "SALES_MEETING"
    EVALUATION_VISIT = "EVALUATION_VISIT"


class MeetingStatus(Enum):
    WAITING = "WAITING"
    WON = "WON"
    LOST = "LOST"
    CANCELLED = "CANCELLED"


class MeetingSource(Enum):
    """How the customer was found."""

    ETUOVI = "ETUOVI"
    OIKOTIE = "OIKOTIE"
    ASUNTOJENMYYNTI_FI = "ASUNTOJENMYYNTI_FI"
    ASUNTOJENHINNAT_FI = "ASUNTOJENHINNAT_FI"
    NELIOHINTA_FI = "NELIOHINTA_FI"
    ASUNTOARVIO_FI = "ASUNTOARVIO_FI"
    HOME_PAGE = "HOME_PAGE"
    CHATBOT = "CHATBOT"
    BANK_COOPERATION = "BANK_COOPERATION"
    SHOWING = "SHOWING"
    BOUGHT_FROM_US = "BOUGHT_FROM_US"
    OLD_CUSTOMER = "OLD_CUSTOMER"
    RECOMMENDATION = "RECOMMENDATION"
    DIRECT_CONTACT = "DIRECT_CONTACT"
    AGENT_CONTACT = "AGENT_CONTACT"


class MeetingRealty(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What is known of the realty at the time of the meeting: all of it optional, and further keys are kept."""

    category_code: Code | None = None
    sub_category_code: Code | None = None
    property_type_code: Code | None = None
    residential_type_code: Code | None = None
    address: KnownAddress | None = None
    room_count_code: Text | None = None
    room_structure: Text | None = None
    living_area_in_square_meters: Amount | None = None
    construction_year: Year | None = None


class PriceEstimate(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What the realty may be worth: all of it optional, and further keys are kept."""

    amount: Amount | None = None
    minimum_price: Amount | None = None
    maximum_price: Amount | None = None
    currency_code: CurrencyCode | None = None


class _Said(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What a client says of a meeting, but for the two open objects.

    Times are settled to UTC and whole milliseconds, and a party or agent named twice is kept once, when the value
    is made.  An optional field that is None is absent.
    """

    type_code: MeetingType
    status_code: MeetingStatus
    parties: Annotated[tuple[InvolvedParty, ...], Meta(min_length=1, max_length=MEMBERS_MAX)]
    realty_id: UUID | None = None
    visit_time: datetime
    agency_office_id: UUID
    agents: Annotated[tuple[InvolvedAgent, ...], Meta(min_length=1, max_length=MEMBERS_MAX)]
    source_type_code: MeetingSource
    notes: Annotated[str, Meta(max_length=TEXT_LETTERS_MAX)] | None = None

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "visit_time", settled(self.visit_time))
        keep_each_once(self)


class MeetingBody(_Said, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The whole of a meeting, by which a body is checked: every known leaf of the two open objects has its type."""

    meeting_realty: MeetingRealty
    price_estimate: PriceEstimate | None = None


class MeetingContent(_Said, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The whole of a meeting, as it is kept: the two open objects are the client's own text."""

    meeting_realty: Raw
    price_estimate: Raw = ABSENT

    def __post_init__(self) -> None:
        super().__post_init__()
        msgspec.structs.force_setattr(self, "price_estimate", present(self.price_estimate))


class Meeting(Struct, frozen=True):
    """A meeting as it is kept."""

    meeting_id: UUID
    version: int  # 1 when created, one more with every change
    content: MeetingContent
    created: datetime
    modified: datetime


class _Document(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The answer's form of a meeting: the contract's fields in the contract's order."""

    meeting_id: UUID
    type_code: MeetingType
    status_code: MeetingStatus
    parties: tuple[InvolvedParty, ...]
    realty_id: UUID | None = None
    visit_time: str
    agency_office_id: UUID
    agents: tuple[InvolvedAgent, ...]
    source_type_code: MeetingSource
    meeting_realty: Raw
    price_estimate: Raw = ABSENT
    notes: str | None = None
    creation_time: str
    modification_time: str


class _Times(Struct, rename="camel"):
    creation_time: datetime
    modification_time: datetime


_encoder = msgspec.json.Encoder()
_content_decoder = msgspec.json.Decoder(MeetingContent)
_times_decoder = msgspec.json.Decoder(_Times)


def document_of(meeting: Meeting) -> str:
    """The JSON that answers this meeting, and in which it is stored."""
    content = meeting.content
    return _encoder.encode(
        _Document(
            meeting_id=meeting.meeting_id,
            type_code=content.type_code,
            status_code=content.status_code,
            parties=content.parties,
            realty_id=content.realty_id,
            visit_time=written(content.visit_time),
            agency_office_id=content.agency_office_id,
            agents=content.agents,
            source_type_code=content.source_type_code,
            meeting_realty=compact(content.meeting_realty),
            price_estimate=compact(content.price_estimate),
            notes=content.notes,
            creation_time=written(meeting.created),
            modification_time=written(meeting.modified),
        )
    ).decode()


def meeting_of(meeting_id: UUID, version: int, document: str) -> Meeting:
    """The meeting of a stored document."""
    times = _times_decoder.decode(document)
    return Meeting(
        meeting_id,
        version,
        _content_decoder.decode(document),
        created=settled(times.creation_time),
        modified=settled(times.modification_time),
    )


class MeetingFilter(Struct, frozen=True, kw_only=True):
    """What a search asks for: OR inside a field, AND between fields, an empty field asks for nothing.

    Source: contract 3.3; times are strict (`<`, `>`).
    """

    types: frozenset[MeetingType] = frozenset()
    statuses: frozenset[MeetingStatus] = frozenset()
    sources: frozenset[MeetingSource] = frozenset()
    office_ids: frozenset[UUID] = frozenset()
    realty_ids: frozenset[UUID] = frozenset()
    party_ids: frozenset[UUID] = frozenset()
    agent_ids: frozenset[UUID] = frozenset()
    text: str = ""
    visit_before: datetime | None = None
    visit_after: datetime | None = None
    modified_after: datetime | None = None
