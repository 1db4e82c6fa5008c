"""The Meeting API on the wire.  Source: OviPro contract 3; the paths are 1.1."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from askare.kernel.time import settled
from askare.kernel.verbatim import TEXT_LETTERS_MAX
from askare.kernel.words import QUERY_WORDS_MAX
from askare.meetings import operations
from askare.meetings.model import (
    MeetingBody,
    MeetingContent,
    MeetingFilter,
    MeetingSource,
    MeetingStatus,
    MeetingType,
)
from askare.wire.kit.endpoints import Body, Example
from askare.wire.ovipro.common import INT32_MAX
from askare.wire.ovipro.records import EXAMPLE_ID, Instant, Kind, Shape

EXAMPLE_CONTENT: dict[str, Any] = {
    "typeCode": "SALES_MEETING",
    "statusCode": "WAITING",
    "parties": [{"partyId": EXAMPLE_ID, "partyTypeCode": "PERSON_PARTY"}],
    "realtyId": EXAMPLE_ID,
    "visitTime": "2022-12-31T23:59:59Z",
    "agencyOfficeId": EXAMPLE_ID,
    "agents": [{"agentId": EXAMPLE_ID}],
    "sourceTypeCode": "ETUOVI",
    "meetingRealty": {"categoryCode": "SALE", "subCategoryCode": "SHARE"},
    "priceEstimate": {"amount": 250000, "currencyCode": "EUR"},
    "notes": "Call the day before",
}


class MeetingSort(Enum):
    """A field and its direction; without one, ascending."""

    VISIT = "visitTime"
    VISIT_ASCENDING = "visitTime|asc"
    VISIT_DESCENDING = "visitTime|desc"
    MODIFIED = "modificationTime"
    MODIFIED_ASCENDING = "modificationTime|asc"
    MODIFIED_DESCENDING = "modificationTime|desc"


class MeetingPath(Struct, frozen=True, rename="camel"):
    """Which meeting."""

    meeting_id: Annotated[UUID, Meta(description="Identifier of the meeting.")]


class MeetingSearch(Struct, frozen=True, kw_only=True, rename="camel"):
    """What to look for: OR inside a parameter, AND between parameters."""

    source_type_code: Annotated[
        tuple[MeetingSource, ...], Meta(description="Meetings that came from one of these sources.")
    ] = ()
    status_code: Annotated[tuple[MeetingStatus, ...], Meta(description="Meetings in one of these states.")] = ()
    agency_office_id: Annotated[tuple[UUID, ...], Meta(description="Meetings of one of these offices.")] = ()
    realty_id: Annotated[
        tuple[UUID, ...], Meta(description="Meetings about one of these realties (an extra of Askare).")
    ] = ()
    party_id: Annotated[tuple[UUID, ...], Meta(description="Meetings with one of these parties.")] = ()
    agent_id: Annotated[tuple[UUID, ...], Meta(description="Meetings of one of these agents.")] = ()
    type_code: Annotated[tuple[MeetingType, ...], Meta(description="Meetings of one of these types.")] = ()
    free_text_search: Annotated[
        str,
        Meta(
            max_length=TEXT_LETTERS_MAX,
            description="Words that must all occur, in any order, case and inflection, in the notes, in any text of"
            " meetingRealty, or in the names of the office, agents, parties and realty;"
            f" at most {QUERY_WORDS_MAX} words.",
            examples=["Hämeenkatu Tampere"],
        ),
    ] = ""
    visit_time_before: Annotated[Instant, Meta(description="Meetings before this instant.")] | None = None
    visit_time_after: Annotated[Instant, Meta(description="Meetings after this instant.")] | None = None
    modified_after: Annotated[Instant, Meta(description="Meetings modified after this instant.")] | None = None
    start_index: Annotated[int, Meta(ge=0, le=INT32_MAX, description="The first meeting of the page, from 0.")] = 0
    size: Annotated[int, Meta(ge=1, le=100, description="Meetings a page.")] = 50
    sort: Annotated[
        tuple[MeetingSort, ...], Meta(description="Order; ties are broken by meetingId, in the last direction.")
    ] = ()

    def __post_init__(self) -> None:
        for instant in (self.visit_time_before, self.visit_time_after, self.modified_after):
            if instant is not None:
                settled(instant)


class MeetingCreated(Struct, frozen=True, rename="camel"):
    """The id of the new meeting."""

    meeting_id: UUID


class MeetingDetails(MeetingBody, frozen=True, kw_only=True, rename="camel"):
    """A meeting as it is answered."""

    meeting_id: UUID
    creation_time: datetime
    modification_time: datetime


class UntimedMeetingDetails(MeetingBody, frozen=True, kw_only=True, rename="camel"):
    """A meeting as it is answered where the settings leave its times out."""

    meeting_id: UUID


class UntimedMeetingList(Struct, frozen=True, rename="camel"):
    """A page of meetings, and the number of all meetings that were found."""

    meetings: list[UntimedMeetingDetails]
    total_count: int


class MeetingList(Struct, frozen=True, rename="camel"):
    """A page of meetings, and the number of all meetings that were found."""

    meetings: list[MeetingDetails]
    total_count: int


def filter_of(wanted: MeetingSearch) -> MeetingFilter:
    """The search parameters in the trade's words."""
    return MeetingFilter(
        types=frozenset(wanted.type_code),
        statuses=frozenset(wanted.status_code),
        sources=frozenset(wanted.source_type_code),
        office_ids=frozenset(wanted.agency_office_id),
        realty_ids=frozenset(wanted.realty_id),
        party_ids=frozenset(wanted.party_id),
        agent_ids=frozenset(wanted.agent_id),
        text=wanted.free_text_search,
        visit_before=wanted.visit_time_before,
        visit_after=wanted.visit_time_after,
        modified_after=wanted.modified_after,
    )


MEETING = Kind(
    singular="meeting",
    plural="meetings",
    content=Body(
        MeetingBody,
        "The whole of the meeting. meetingRealty and priceEstimate come back as they were sent, further keys included.",
        (Example("meeting", EXAMPLE_CONTENT),),
        kept=MeetingContent,
    ),
    example=EXAMPLE_CONTENT,
    path=MeetingPath,
    search=MeetingSearch,
    created=MeetingCreated,
    timed=Shape(MeetingDetails, MeetingList),
    untimed=Shape(UntimedMeetingDetails, UntimedMeetingList),
    create=operations.create_meeting,
    get=operations.get_meeting,
    find=operations.search_meetings,
    update=operations.update_meeting,
    delete=operations.delete_meeting,
    filter_of=filter_of,
    how_it_changes="Once statusCode is no longer WAITING, parties and visitTime"
    " cannot change; WON may become LOST and LOST WON, and CANCELLED stays.",
    keeps_tombstones=True,
)
