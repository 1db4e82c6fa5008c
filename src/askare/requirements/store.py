"""Asset requirements in the database: what is searched, sorted or locked on beside the stored document."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from askare.directory.model import Kind
from askare.kernel.paging import Order, Page, Window
from askare.kernel.time import milliseconds
from askare.requirements import rules
from askare.requirements.model import (
    RESPONSIBLE_AGENT,
    MarketingStatus,
    Requirement,
    RequirementContent,
    RequirementFilter,
    RequirementStatus,
    document_of,
    requirement_of,
)
from askare.storage.keeping import Keeper
from askare.storage.search import Query, seen_offices
from askare.storage.shelf import Item, Link, Place, Shelf
from askare.storage.sql import next_number
from askare.storage.transactions import Transaction, Value

REQUIREMENTS = Shelf(
    name="requirement",
    kind="assetRequirement",
    time="created",
    columns=("status", "office_id", "friendly_id", "marketing"),
    sorts=("status", "friendly_id"),
)

# Stored numbers of the closed lists, in the order of the alphabet, because lists are sorted by the first of them.
STATUS_NUMBERS = {
    RequirementStatus.ACTIVE: 0,
    RequirementStatus.DRAFT: 1,
    RequirementStatus.FINISHED: 2,
    RequirementStatus.PURCHASED: 3,
    RequirementStatus.REJECTED: 4,
}
MARKETING_NUMBERS = {
    None: 0,
    MarketingStatus.FAILED: 1,
    MarketingStatus.FINISHED: 2,
    MarketingStatus.IN_PROGRESS: 3,
    MarketingStatus.PUBLISHED: 4,
    MarketingStatus.WAITING: 5,
}
RESPONSIBLE, AGENT = 1, 2  # kinds of links: whose it is, and everybody who has to do with it

SORT_COLUMNS = {
    "creationTime": "created",
    "modificationTime": "modified",
    "friendlyId": "friendly_id",
    "statusCode": "status",
}
DEFAULT_ORDER = (Order("creationTime", descending=True),)  # contract 1.7


def next_friendly_id(tx: Transaction) -> int:
    """The organization's next friendly id.

    None is given twice, and none is left out unless its asset requirement is deleted later.
    """
    return next_number(tx, "requirement_friendly_ids", first=rules.FIRST_FRIENDLY_ID)


def search_requirements(
    tx: Transaction, wanted: RequirementFilter, orders: Sequence[Order], window: Window
) -> Page[bytes]:
    """The stored documents of those that the caller sees and the filter wants, in order, and how many there are."""
    offices = seen_offices(tx.caller.office_ids, wanted.office_ids)

    def counted(requirement: Requirement) -> bool:
        return rules.matches(wanted, requirement) and (
            offices is None or requirement.content.agency_office_id.bytes in offices
        )

    return KEPT.search(
        tx,
        _query(wanted, offices),
        counted=counted,
        orders=[Order(SORT_COLUMNS[order.field], order.descending) for order in orders or DEFAULT_ORDER],
        window=window,
    )


def pointing_at(
    tx: Transaction, things: Sequence[tuple[Kind, UUID]], *, after: int, limit: int
) -> list[tuple[int, Requirement]]:
    """The next asset requirements that name any of these things, with their numbers."""
    return KEPT.pointing_at(
        tx,
        links=[(AGENT, thing_id.bytes) for kind, thing_id in things if kind is Kind.AGENT],
        offices=[thing_id.bytes for kind, thing_id in things if kind is Kind.OFFICE],
        after=after,
        limit=limit,
    )


def _query(wanted: RequirementFilter, offices: frozenset[bytes] | None) -> Query:
    among: list[tuple[str, frozenset[Value]]] = []
    if wanted.friendly_id is not None:
        among.append(("friendly_id", frozenset(_numbers_written(wanted.friendly_id))))
    if wanted.statuses:
        among.append(("status", frozenset(STATUS_NUMBERS[one] for one in wanted.statuses)))
    if wanted.marketing_statuses:
        among.append(("marketing", frozenset(MARKETING_NUMBERS[one] for one in wanted.marketing_statuses)))
    if offices is not None:
        among.append(("office_id", frozenset(offices)))
    agent_id = wanted.responsible_agent_id
    links = () if agent_id is None else ((RESPONSIBLE, frozenset({agent_id.bytes})),)
    return Query(among=tuple(among), links=links, text=wanted.text)


_FRIENDLY_LETTERS_MAX = 18  # what 64 bits hold for certain


def _numbers_written(friendly_id: str) -> list[int]:
    """The friendly id that is written so, letter by letter; none for anything that no friendly id looks like."""
    if not (friendly_id.isascii() and friendly_id.isdecimal() and len(friendly_id) <= _FRIENDLY_LETTERS_MAX):
        return []
    number = int(friendly_id)
    return [number] if str(number) == friendly_id else []


def _item(requirement: Requirement, text: str) -> Item:
    return Item(
        key=requirement.requirement_id.bytes,
        version=requirement.version,
        time=milliseconds(requirement.created),
        modified=milliseconds(requirement.modified),
        columns={
            "status": STATUS_NUMBERS[requirement.status],
            "office_id": requirement.content.agency_office_id.bytes,
            "friendly_id": requirement.friendly_id,
            "marketing": MARKETING_NUMBERS[requirement.marketing],
        },
        links=_links(requirement.content),
        document=document_of(requirement),
        text=text,
    )


def _place(requirement_no: int, requirement: Requirement) -> Place:
    return Place(requirement_no, milliseconds(requirement.created), _links(requirement.content))


def _links(content: RequirementContent) -> list[Link]:
    """All agents, and among them those who are responsible."""
    agents = content.agents or ()
    links = [(RESPONSIBLE, agent.agent_id.bytes) for agent in agents if agent.role_code == RESPONSIBLE_AGENT]
    links += [(AGENT, agent.agent_id.bytes) for agent in agents]
    return list(dict.fromkeys(links))


KEPT = Keeper(REQUIREMENTS, item=_item, place=_place, read=requirement_of)
