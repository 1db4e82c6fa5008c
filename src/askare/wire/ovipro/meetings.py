"""The Meeting API on the wire.  Source: OviPro contract 3; the paths are 1.1."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from askare.directory.references import Checks
from askare.kernel.caller import Role
from askare.kernel.paging import Page, Window
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
from askare.wire.kit.call import Call
from askare.wire.kit.endpoints import Answer, Body, Endpoint, Example, Reply
from askare.wire.kit.headers import etag_of
from askare.wire.ovipro.common import (
    INT32_MAX,
    document_reply,
    list_reply,
    read_orders,
    require_few_words,
    without_times,
)

ROLES = frozenset({Role.ADMIN, Role.AGENT})

_EXAMPLE_ID = "123e4567-e89b-12d3-a456-426655440000"
EXAMPLE_CONTENT: dict[str, Any] = {
    "typeCode": "SALES_MEETING",
    "statusCode": "WAITING",
    "parties": [{"partyId": _EXAMPLE_ID, "partyTypeCode": "PERSON_PARTY"}],
    "realtyId": _EXAMPLE_ID,
    "visitTime": "2022-12-31T23:59:59Z",
    "agencyOfficeId": _EXAMPLE_ID,
    "agents": [{"agentId": _EXAMPLE_ID}],
    "sourceTypeCode": "ETUOVI",
    "meetingRealty": {"categoryCode": "SALE", "subCategoryCode": "SHARE"},
    "priceEstimate": {"amount": 250000, "currencyCode": "EUR"},
    "notes": "Call the day before",
}
_UNTIMED_EXAMPLE_MEETING = {"meetingId": "c6d2288d-2ecb-448a-aef3-fd5144920e0b", **EXAMPLE_CONTENT}
EXAMPLE_MEETING = {
    **_UNTIMED_EXAMPLE_MEETING,
    "creationTime": "2022-12-01T08:30:00Z",
    "modificationTime": "2022-12-01T08:30:00Z",
}

Instant = Annotated[datetime, Meta(tz=True)]


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
    sort: Annotated[tuple[MeetingSort, ...], Meta(description="Order; ties are broken by meetingId.")] = ()

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


class MeetingApi:
    """The five operations, as the settings want them answered."""

    def __init__(
        self, *, empty_success_status: int = 204, times_in_answers: bool = True, checks: Checks = Checks.OFF
    ) -> None:
        self._empty_success = Reply(empty_success_status, b"" if empty_success_status == 200 else None)
        self._checks = checks
        self._times_in_answers = times_in_answers

    async def create_meeting(self, call: Call) -> Reply:
        saved = await call.write(
            operations.create_meeting, call.body, meeting_id=call.new_id(), checks=self._checks, now=call.now
        )
        body = msgspec.json.encode(MeetingCreated(saved.meeting_id))
        return Reply(201, body, {"ETag": etag_of(saved.version), "Location": f"{call.path}/{saved.meeting_id}"})

    async def get_meeting(self, call: Call) -> Reply:
        found = await call.read(operations.get_meeting, call.parameters.meeting_id)
        return document_reply(self._shown(found.document), found.version, call)

    async def search_meetings(self, call: Call) -> Reply:
        wanted: MeetingSearch = call.parameters
        require_few_words(wanted.free_text_search)
        page = await call.read(
            operations.search_meetings,
            filter_of(wanted),
            orders=read_orders(word.value for word in wanted.sort),
            window=Window(wanted.start_index, wanted.size),
        )
        if not self._times_in_answers:
            page = Page([self._shown(one.decode()).encode() for one in page.items], page.total)
        return list_reply("meetings", page)

    async def update_meeting(self, call: Call) -> Reply:
        await call.write(
            operations.update_meeting,
            call.parameters.meeting_id,
            call.body,
            expected_versions=call.expected_versions,
            checks=self._checks,
            now=call.now,
        )
        return self._empty_success

    async def delete_meeting(self, call: Call) -> Reply:
        await call.write(
            operations.delete_meeting,
            call.parameters.meeting_id,
            expected_versions=call.expected_versions,
            now=call.now,
        )
        return self._empty_success

    def _shown(self, document: str) -> str:
        return document if self._times_in_answers else without_times(document)

    def endpoints(self) -> list[Endpoint]:
        """The API's table."""
        content = Body(
            MeetingBody,
            "The whole of the meeting. meetingRealty and priceEstimate come back as they were sent, further keys"
            " included.",
            (Example("meeting", EXAMPLE_CONTENT),),
            kept=MeetingContent,
        )
        empty = Answer(self._empty_success.status, "Done.")
        details, page, example = (
            (MeetingDetails, MeetingList, EXAMPLE_MEETING)
            if self._times_in_answers
            else (UntimedMeetingDetails, UntimedMeetingList, _UNTIMED_EXAMPLE_MEETING)
        )
        return [
            Endpoint(
                method="POST",
                path="/meetings",
                operation_id="meeting.create",
                summary="Create a new meeting",
                tag="Meeting",
                roles=ROLES,
                handle=self.create_meeting,
                body=content,
                answers=(
                    Answer(
                        201,
                        "The meeting is stored.",
                        MeetingCreated,
                        (Example("created", {"meetingId": EXAMPLE_MEETING["meetingId"]}),),
                        etag=True,
                    ),
                ),
            ),
            Endpoint(
                method="GET",
                path="/meetings",
                operation_id="meeting.search",
                summary="Search meetings",
                tag="Meeting",
                roles=ROLES,
                handle=self.search_meetings,
                parameters=MeetingSearch,
                answers=(
                    Answer(
                        200,
                        "A page of meetings.",
                        page,
                        (Example("page", {"meetings": [example], "totalCount": 10}),),
                    ),
                ),
            ),
            Endpoint(
                method="GET",
                path="/meetings/{meetingId}",
                operation_id="meeting.get",
                summary="Get details of a meeting",
                tag="Meeting",
                roles=ROLES,
                handle=self.get_meeting,
                parameters=MeetingPath,
                reads_if_none_match=True,
                answers=(Answer(200, "The meeting.", details, (Example("meeting", example),), etag=True),),
                problems=(404, 410),
            ),
            Endpoint(
                method="PUT",
                path="/meetings/{meetingId}",
                operation_id="meeting.update",
                summary="Update a meeting",
                description="Replaces the whole meeting. Once statusCode is no longer WAITING, parties and visitTime"
                " cannot change; WON may become LOST and LOST WON, and CANCELLED stays.",
                tag="Meeting",
                roles=ROLES,
                handle=self.update_meeting,
                parameters=MeetingPath,
                reads_if_match=True,
                body=content,
                answers=(empty,),
                problems=(404, 410, 412),
            ),
            Endpoint(
                method="DELETE",
                path="/meetings/{meetingId}",
                operation_id="meeting.delete",
                summary="Delete a meeting",
                description="Only a meeting that is WAITING can be deleted.",
                tag="Meeting",
                roles=ROLES,
                handle=self.delete_meeting,
                parameters=MeetingPath,
                reads_if_match=True,
                answers=(empty,),
                problems=(404, 410, 412),
            ),
        ]


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
