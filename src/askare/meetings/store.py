"""Meetings in the database: what is searched, sorted or locked on beside the stored document."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from askare.directory.model import Kind
from askare.kernel.paging import Order, Page, Window
from askare.kernel.time import milliseconds
from askare.meetings import rules
from askare.meetings.model import (
    Meeting,
    MeetingContent,
    MeetingFilter,
    MeetingSource,
    MeetingStatus,
    MeetingType,
    document_of,
    meeting_of,
)
from askare.storage.keeping import Keeper
from askare.storage.search import Bound, Query, seen_offices
from askare.storage.shelf import Item, Link, Place, Shelf
from askare.storage.transactions import Transaction, Value

MEETINGS = Shelf(name="meeting", time="visit", columns=("type", "status", "source", "office_id"))

# Stored numbers of the closed lists.  New members go to the end: the numbers are on people's disks.
TYPE_NUMBERS = {MeetingType.SALES_MEETING: 0, MeetingType.EVALUATION_VISIT: 1}
STATUS_NUMBERS = {
    MeetingStatus.WAITING: 0,
    MeetingStatus.WON: 1,
    MeetingStatus.LOST: 2,
    MeetingStatus.CANCELLED: 3,
}
SOURCE_NUMBERS = {
    MeetingSource.ETUOVI: 0,
    MeetingSource.OIKOTIE: 1,
    MeetingSource.ASUNTOJENMYYNTI_FI: 2,
    MeetingSource.ASUNTOJENHINNAT_FI: 3,
    MeetingSource.NELIOHINTA_FI: 4,
    MeetingSource.ASUNTOARVIO_FI: 5,
    MeetingSource.HOME_PAGE: 6,
    MeetingSource.CHATBOT: 7,
    MeetingSource.BANK_COOPERATION: 8,
    MeetingSource.SHOWING: 9,
    MeetingSource.BOUGHT_FROM_US: 10,
    MeetingSource.OLD_CUSTOMER: 11,
    MeetingSource.RECOMMENDATION: 12,
    MeetingSource.DIRECT_CONTACT: 13,
    MeetingSource.AGENT_CONTACT: 14,
}
PARTY, AGENT, REALTY = 1, 2, 3  # kinds of links

SORT_COLUMNS = {"visitTime": "visit", "modificationTime": "modified"}


class _Office(msgspec.Struct, rename="camel"):
    agency_office_id: UUID


def office_of(document: str) -> UUID:
    """The office of a stored document."""
    return msgspec.json.decode(document, type=_Office).agency_office_id


def search_meetings(tx: Transaction, wanted: MeetingFilter, orders: Sequence[Order], window: Window) -> Page[bytes]:
    """The documents of the meetings that the caller sees and the filter wants, in order, and how many there are."""
    offices = seen_offices(tx.caller.office_ids, wanted.office_ids)

    def counted(meeting: Meeting) -> bool:
        return rules.matches(wanted, meeting) and (offices is None or meeting.content.agency_office_id.bytes in offices)

    return KEPT.search(
        tx,
        _query(wanted, offices),
        counted=counted,
        orders=[Order(SORT_COLUMNS[order.field], order.descending) for order in orders],
        window=window,
    )


def pointing_at(
    tx: Transaction, things: Sequence[tuple[Kind, UUID]], *, after: int, limit: int
) -> list[tuple[int, Meeting]]:
    """The next meetings that name any of these things, with their numbers."""
    return KEPT.pointing_at(
        tx,
        links=[(_LINK_KINDS[kind], thing_id.bytes) for kind, thing_id in things if kind in _LINK_KINDS],
        offices=[thing_id.bytes for kind, thing_id in things if kind is Kind.OFFICE],
        after=after,
        limit=limit,
    )


_LINK_KINDS = {Kind.PARTY: PARTY, Kind.AGENT: AGENT, Kind.REALTY: REALTY}


def _query(wanted: MeetingFilter, offices: frozenset[bytes] | None) -> Query:
    among: list[tuple[str, frozenset[Value]]] = []
    if wanted.types:
        among.append(("type", frozenset(TYPE_NUMBERS[one] for one in wanted.types)))
    if wanted.statuses:
        among.append(("status", frozenset(STATUS_NUMBERS[one] for one in wanted.statuses)))
    if wanted.sources:
        among.append(("source", frozenset(SOURCE_NUMBERS[one] for one in wanted.sources)))
    if offices is not None:
        among.append(("office_id", frozenset(offices)))
    bounds = [
        Bound(column, sign, milliseconds(instant))
        for column, sign, instant in (
            ("visit", "<", wanted.visit_before),
            ("visit", ">", wanted.visit_after),
            ("modified", ">", wanted.modified_after),
        )
        if instant is not None
    ]
    links = [
        (kind, frozenset(target.bytes for target in targets))
        for kind, targets in ((REALTY, wanted.realty_ids), (PARTY, wanted.party_ids), (AGENT, wanted.agent_ids))
        if targets
    ]
    return Query(among=tuple(among), bounds=tuple(bounds), links=tuple(links), text=wanted.text)


def _item(meeting: Meeting, text: str) -> Item:
    content = meeting.content
    return Item(
        key=meeting.meeting_id.bytes,
        version=meeting.version,
        time=milliseconds(content.visit_time),
        modified=milliseconds(meeting.modified),
        columns={
            "type": TYPE_NUMBERS[content.type_code],
            "status": STATUS_NUMBERS[content.status_code],
            "source": SOURCE_NUMBERS[content.source_type_code],
            "office_id": content.agency_office_id.bytes,
        },
        links=_links(content),
        document=document_of(meeting),
        text=text,
    )


def _place(meeting_no: int, meeting: Meeting) -> Place:
    return Place(meeting_no, milliseconds(meeting.content.visit_time), _links(meeting.content))


def _links(content: MeetingContent) -> list[Link]:
    """All that a meeting points at."""
    links = [(PARTY, party.party_id.bytes) for party in content.parties]
    links += [(AGENT, agent.agent_id.bytes) for agent in content.agents]
    if content.realty_id is not None:
        links.append((REALTY, content.realty_id.bytes))
    return links


KEPT = Keeper(MEETINGS, item=_item, place=_place, read=meeting_of)
