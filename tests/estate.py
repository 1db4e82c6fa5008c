"""Meetings, asset requirements and notes that many tests start from, and their operations in one line of a test."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Raw

from askare.directory.model import InvolvedAgent, InvolvedParty
from askare.kernel.caller import Caller
from askare.kernel.paging import Order, Page, Window
from askare.kernel.verbatim import ABSENT
from askare.kernel.versions import Found, Saved
from askare.meetings import operations as meetings
from askare.meetings.model import (
    MeetingContent,
    MeetingFilter,
    MeetingSource,
    MeetingStatus,
    MeetingType,
    PartyType,
)
from askare.requirements import notes
from askare.requirements import operations as requirements
from askare.requirements.model import (
    RESPONSIBLE_AGENT,
    ChangedRequirement,
    NewRequirement,
    RequirementAgent,
    RequirementFilter,
    RequirementStatus,
)
from askare.storage.desk import Database
from tests.values import AGENT, NOON, NOW, OFFICE, PARTY, an_admin, an_id

MEETING, OTHER_MEETING = (an_id(number, kind=0x20) for number in (1, 2))
REQUIREMENT, OTHER_REQUIREMENT = (an_id(number, kind=0x21) for number in (1, 2))
NOTE, OTHER_NOTE = (an_id(number, kind=0x22) for number in (1, 2))
ALL = Window(0, 1_000)


def raw(value: Any) -> Raw:
    """An open object; a text stands for itself."""
    return Raw(value.encode() if isinstance(value, str) else msgspec.json.encode(value))


def a_meeting_party(party_id: UUID = PARTY, party_type: PartyType = PartyType.PERSON_PARTY) -> InvolvedParty:
    return InvolvedParty(party_id, party_type)


def what_is_met(
    *,
    type: MeetingType = MeetingType.SALES_MEETING,  # noqa: A002  -- the trade's word
    status: MeetingStatus = MeetingStatus.WAITING,
    source: MeetingSource = MeetingSource.ETUOVI,
    parties: Iterable[InvolvedParty] = (a_meeting_party(),),
    realty: UUID | None = None,
    visit: datetime = NOON,
    office: UUID = OFFICE,
    agents: Iterable[UUID] = (AGENT,),
    meeting_realty: Any = "{}",
    price_estimate: Any = None,
    notes: str | None = None,
) -> MeetingContent:
    """The content of a meeting: a WAITING one, at noon, of one agent of one office with one party."""
    return MeetingContent(
        type_code=type,
        status_code=status,
        parties=tuple(parties),
        realty_id=realty,
        visit_time=visit,
        agency_office_id=office,
        agents=tuple(InvolvedAgent(agent) for agent in agents),
        source_type_code=source,
        meeting_realty=raw(meeting_realty),
        price_estimate=ABSENT if price_estimate is None else raw(price_estimate),
        notes=notes,
    )


def create_meeting(
    database: Database,
    content: MeetingContent | None = None,
    *,
    meeting_id: UUID = MEETING,
    by: Caller | None = None,
    now: datetime = NOW,
) -> Saved:
    said = content or what_is_met()
    return database.write(
        lambda tx: meetings.create_meeting(tx, said, meeting_id=meeting_id, now=now), by or an_admin()
    )


def get_meeting(database: Database, meeting_id: UUID = MEETING, *, by: Caller | None = None) -> Found:
    return database.read(lambda tx: meetings.get_meeting(tx, meeting_id), by or an_admin())


def update_meeting(
    database: Database,
    content: MeetingContent,
    *,
    meeting_id: UUID = MEETING,
    by: Caller | None = None,
    now: datetime = NOW,
) -> Saved:
    return database.write(
        lambda tx: meetings.update_meeting(tx, meeting_id, content, expected_versions=None, now=now), by or an_admin()
    )


def delete_meeting(
    database: Database, meeting_id: UUID = MEETING, *, by: Caller | None = None, now: datetime = NOW
) -> None:
    database.write(
        lambda tx: meetings.delete_meeting(tx, meeting_id, expected_versions=None, now=now), by or an_admin()
    )


def search_meetings(
    database: Database,
    wanted: MeetingFilter | None = None,
    *,
    orders: Sequence[Order] = (),
    window: Window = ALL,
    by: Caller | None = None,
) -> Page[bytes]:
    return database.read(
        lambda tx: meetings.search_meetings(tx, wanted or MeetingFilter(), orders=orders, window=window),
        by or an_admin(),
    )


def an_agent_of(agent_id: UUID = AGENT, role: str = RESPONSIBLE_AGENT) -> RequirementAgent:
    return RequirementAgent(agent_id, role)


def what_is_sought(
    *,
    office: UUID = OFFICE,
    agents: Iterable[RequirementAgent] | None = (an_agent_of(),),
    note: str | None = None,
    tree: Any = "{}",
    consent: Any = None,
    created: datetime | None = None,
) -> NewRequirement:
    """A new asset requirement of one responsible agent of one office."""
    return NewRequirement(
        agency_office_id=office,
        agents=None if agents is None else tuple(agents),
        note=note,
        asset_requirements=raw(tree),
        consent_to_change=ABSENT if consent is None else raw(consent),
        creation_time=created,
    )


def changed_to(said: NewRequirement, status: RequirementStatus = RequirementStatus.DRAFT) -> ChangedRequirement:
    """The same as the whole of one that is there already."""
    return ChangedRequirement(
        asset_requirement_id=REQUIREMENT,
        status_code=status,
        agency_office_id=said.agency_office_id,
        agents=said.agents,
        note=said.note,
        asset_requirements=said.asset_requirements,
        consent_to_change=said.consent_to_change,
    )


def create_requirement(
    database: Database,
    said: NewRequirement | None = None,
    *,
    requirement_id: UUID = REQUIREMENT,
    by: Caller | None = None,
    now: datetime = NOW,
) -> Saved:
    return database.write(
        lambda tx: requirements.create_requirement(
            tx, said or what_is_sought(), requirement_id=requirement_id, now=now
        ),
        by or an_admin(),
    )


def get_requirement(database: Database, requirement_id: UUID = REQUIREMENT, *, by: Caller | None = None) -> Any:
    """The details, decoded."""
    found = database.read(lambda tx: requirements.get_requirement(tx, requirement_id), by or an_admin())
    return msgspec.json.decode(found.document)


def update_requirement(
    database: Database,
    said: ChangedRequirement,
    *,
    requirement_id: UUID = REQUIREMENT,
    by: Caller | None = None,
    now: datetime = NOW,
) -> Saved:
    return database.write(
        lambda tx: requirements.update_requirement(tx, requirement_id, said, expected_versions=None, now=now),
        by or an_admin(),
    )


def delete_requirement(
    database: Database,
    requirement_id: UUID = REQUIREMENT,
    *,
    followers: Sequence[requirements.Follower] = (),
    by: Caller | None = None,
    now: datetime = NOW,
) -> None:
    database.write(
        lambda tx: requirements.delete_requirement(
            tx, requirement_id, expected_versions=None, now=now, followers=followers
        ),
        by or an_admin(),
    )


def search_requirements(
    database: Database,
    wanted: RequirementFilter | None = None,
    *,
    orders: Sequence[Order] = (),
    window: Window = ALL,
    by: Caller | None = None,
) -> Page[bytes]:
    return database.read(
        lambda tx: requirements.search_requirements(tx, wanted or RequirementFilter(), orders=orders, window=window),
        by or an_admin(),
    )


def create_note(
    database: Database,
    text: str = "Soita",
    *,
    note_id: UUID = NOTE,
    requirement_id: UUID = REQUIREMENT,
    by: Caller | None = None,
    now: datetime = NOW,
) -> Saved:
    return database.write(
        lambda tx: notes.create_note(tx, requirement_id, text, note_id=note_id, now=now), by or an_admin()
    )


def notes_of(database: Database, requirement_id: UUID = REQUIREMENT, *, by: Caller | None = None) -> list[Any]:
    """The notes, decoded."""
    page = database.read(lambda tx: notes.notes_of(tx, requirement_id), by or an_admin())
    return [msgspec.json.decode(document) for document in page.items]
