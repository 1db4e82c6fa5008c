"""Tasks in the database: what is searched, sorted or locked on beside the stored document."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from askare.directory.model import Kind
from askare.kernel.paging import Order, Page, Window
from askare.kernel.time import milliseconds
from askare.storage.keeping import Keeper
from askare.storage.search import Bound, Query, seen_offices
from askare.storage.shelf import Item, Link, Place, Shelf
from askare.storage.transactions import Transaction, Value
from askare.tasks import rules
from askare.tasks.model import Task, TaskContent, TaskFilter, TaskStatus, TaskType, document_of, task_of

TASKS = Shelf(name="task", time="due", columns=("type", "status", "office_id"))

# Stored numbers of the two closed lists.  New members go to the end: the numbers are on people's disks.
TYPE_NUMBERS = {
    TaskType.CALL: 0,
    TaskType.NOTIFICATION: 1,
    TaskType.EMAIL: 2,
    TaskType.TRAINING: 3,
    TaskType.MEETING: 4,
    TaskType.FOLLOW_UP: 5,
    TaskType.REPORT_MEETING: 6,
    TaskType.OTHER: 7,
}
STATUS_NUMBERS = {TaskStatus.WAITING: 0, TaskStatus.DONE: 1, TaskStatus.REJECTED: 2}
PARTY, AGENT, REALTY, ASSIGNMENT = 1, 2, 3, 4  # kinds of links

SORT_COLUMNS = {"taskDueTime": "due", "modificationTime": "modified"}


def search_tasks(tx: Transaction, wanted: TaskFilter, orders: Sequence[Order], window: Window) -> Page[bytes]:
    """The documents of the tasks that the caller sees and the filter wants, in order, and how many there are."""
    offices = seen_offices(tx.caller.office_ids, wanted.office_ids)

    def counted(task: Task) -> bool:
        return rules.matches(wanted, task) and (offices is None or task.content.agency_office_id.bytes in offices)

    return KEPT.search(
        tx,
        _query(wanted, offices),
        counted=counted,
        orders=[Order(SORT_COLUMNS[order.field], order.descending) for order in orders],
        window=window,
    )


def pointing_at(
    tx: Transaction, things: Sequence[tuple[Kind, UUID]], *, after: int, limit: int
) -> list[tuple[int, Task]]:
    """The next tasks that name any of these things, with their numbers."""
    return KEPT.pointing_at(
        tx,
        links=[(_LINK_KINDS[kind], thing_id.bytes) for kind, thing_id in things if kind in _LINK_KINDS],
        offices=[thing_id.bytes for kind, thing_id in things if kind is Kind.OFFICE],
        after=after,
        limit=limit,
    )


_LINK_KINDS = {Kind.PARTY: PARTY, Kind.AGENT: AGENT, Kind.REALTY: REALTY}


def _query(wanted: TaskFilter, offices: frozenset[bytes] | None) -> Query:
    among: list[tuple[str, frozenset[Value]]] = []
    if wanted.types:
        among.append(("type", frozenset(TYPE_NUMBERS[one] for one in wanted.types)))
    if wanted.statuses:
        among.append(("status", frozenset(STATUS_NUMBERS[one] for one in wanted.statuses)))
    if offices is not None:
        among.append(("office_id", frozenset(offices)))
    bounds = [
        Bound(column, sign, milliseconds(instant))
        for column, sign, instant in (
            ("due", "<", wanted.due_before),
            ("due", ">", wanted.due_after),
            ("modified", ">", wanted.modified_after),
        )
        if instant is not None
    ]
    links = [
        (kind, frozenset(target.bytes for target in targets))
        for kind, targets in (
            (REALTY, wanted.realty_ids),
            (ASSIGNMENT, wanted.assignment_ids),
            (PARTY, wanted.party_ids),
            (AGENT, wanted.agent_ids),
        )
        if targets
    ]
    return Query(among=tuple(among), bounds=tuple(bounds), links=tuple(links), text=wanted.text)


def _item(task: Task, text: str) -> Item:
    content = task.content
    return Item(
        key=task.task_id.bytes,
        version=task.version,
        time=milliseconds(content.task_due_time),
        modified=milliseconds(task.modified),
        columns={
            "type": TYPE_NUMBERS[content.type_code],
            "status": STATUS_NUMBERS[content.status_code],
            "office_id": content.agency_office_id.bytes,
        },
        links=_links(content),
        document=document_of(task),
        text=text,
    )


def _place(task_no: int, task: Task) -> Place:
    return Place(task_no, milliseconds(task.content.task_due_time), _links(task.content))


def _links(content: TaskContent) -> list[Link]:
    """All that a task points at."""
    links = [(PARTY, party.party_id.bytes) for party in content.parties]
    links += [(AGENT, agent.agent_id.bytes) for agent in content.agents]
    if content.realty_id is not None:
        links.append((REALTY, content.realty_id.bytes))
    if content.assignment_id is not None:
        links.append((ASSIGNMENT, content.assignment_id.bytes))
    return links


KEPT = Keeper(TASKS, item=_item, place=_place, read=task_of)
