"""The Task Management API on the wire.  Source: OviPro contract 2; the paths are 1.1."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from askare.kernel.time import settled
from askare.kernel.words import QUERY_WORDS_MAX
from askare.tasks import operations
from askare.tasks.model import TEXT_LETTERS_MAX, TaskContent, TaskFilter, TaskStatus, TaskType
from askare.wire.kit.endpoints import Body, Example
from askare.wire.ovipro.common import INT32_MAX
from askare.wire.ovipro.records import EXAMPLE_ID, Instant, Kind, Shape

EXAMPLE_CONTENT: dict[str, Any] = {
    "typeCode": "REPORT_MEETING",
    "statusCode": "WAITING",
    "description": "Call to the customer",
    "taskDueTime": "2022-12-31T23:59:59Z",
    "parties": [{"partyId": EXAMPLE_ID, "partyTypeCode": "PERSON_PARTY"}],
    "realtyId": EXAMPLE_ID,
    "assignmentId": EXAMPLE_ID,
    "agencyOfficeId": EXAMPLE_ID,
    "agents": [{"agentId": EXAMPLE_ID}],
}


class TaskSort(Enum):
    """A field and its direction; without one, ascending."""

    DUE = "taskDueTime"
    DUE_ASCENDING = "taskDueTime|asc"
    DUE_DESCENDING = "taskDueTime|desc"
    MODIFIED = "modificationTime"
    MODIFIED_ASCENDING = "modificationTime|asc"
    MODIFIED_DESCENDING = "modificationTime|desc"


class TaskPath(Struct, frozen=True, rename="camel"):
    """Which task."""

    task_id: Annotated[UUID, Meta(description="Identifier of the task.")]


class TaskSearch(Struct, frozen=True, kw_only=True, rename="camel"):
    """What to look for: OR inside a parameter, AND between parameters."""

    type_code: Annotated[tuple[TaskType, ...], Meta(description="Tasks of one of these types.")] = ()
    status_code: Annotated[tuple[TaskStatus, ...], Meta(description="Tasks in one of these states.")] = ()
    agency_office_id: Annotated[tuple[UUID, ...], Meta(description="Tasks of one of these offices.")] = ()
    realty_id: Annotated[tuple[UUID, ...], Meta(description="Tasks related to one of these realties.")] = ()
    assignment_id: Annotated[
        tuple[UUID, ...], Meta(description="Tasks related to one of these assignments (an extra of Askare).")
    ] = ()
    party_id: Annotated[tuple[UUID, ...], Meta(description="Tasks related to one of these parties.")] = ()
    agent_id: Annotated[tuple[UUID, ...], Meta(description="Tasks of one of these agents.")] = ()
    free_text_search: Annotated[
        str,
        Meta(
            max_length=TEXT_LETTERS_MAX,
            description="Words that must all occur, in any order, case and inflection, in the description or in the"
            f" names of the office, agents, parties and realty; at most {QUERY_WORDS_MAX} words.",
            examples=["Hämeenkatu näyttö"],
        ),
    ] = ""
    task_time_before: Annotated[Instant, Meta(description="Tasks due before this instant.")] | None = None
    task_time_after: Annotated[Instant, Meta(description="Tasks due after this instant.")] | None = None
    modified_after: Annotated[Instant, Meta(description="Tasks modified after this instant.")] | None = None
    start_index: Annotated[int, Meta(ge=0, le=INT32_MAX, description="The first task of the page, from 0.")] = 0
    size: Annotated[int, Meta(ge=1, le=100, description="Tasks a page.")] = 50
    sort: Annotated[
        tuple[TaskSort, ...], Meta(description="Order; ties are broken by taskId, in the last direction.")
    ] = ()

    def __post_init__(self) -> None:
        for instant in (self.task_time_before, self.task_time_after, self.modified_after):
            if instant is not None:
                settled(instant)


class TaskCreated(Struct, frozen=True, rename="camel"):
    """The id of the new task."""

    task_id: UUID


class TaskDetails(TaskContent, frozen=True, kw_only=True, rename="camel"):
    """A task as it is answered."""

    task_id: UUID
    creation_time: datetime
    modification_time: datetime


class UntimedTaskDetails(TaskContent, frozen=True, kw_only=True, rename="camel"):
    """A task as it is answered where the settings leave its times out."""

    task_id: UUID


class UntimedTaskList(Struct, frozen=True, rename="camel"):
    """A page of tasks, and the number of all tasks that were found."""

    tasks: list[UntimedTaskDetails]
    total_count: int


class TaskList(Struct, frozen=True, rename="camel"):
    """A page of tasks, and the number of all tasks that were found."""

    tasks: list[TaskDetails]
    total_count: int


def filter_of(wanted: TaskSearch) -> TaskFilter:
    """The search parameters in the trade's words."""
    return TaskFilter(
        types=frozenset(wanted.type_code),
        statuses=frozenset(wanted.status_code),
        office_ids=frozenset(wanted.agency_office_id),
        realty_ids=frozenset(wanted.realty_id),
        assignment_ids=frozenset(wanted.assignment_id),
        party_ids=frozenset(wanted.party_id),
        agent_ids=frozenset(wanted.agent_id),
        text=wanted.free_text_search,
        due_before=wanted.task_time_before,
        due_after=wanted.task_time_after,
        modified_after=wanted.modified_after,
    )


TASK = Kind(
    singular="task",
    plural="tasks",
    content=Body(TaskContent, "The whole of the task.", (Example("task", EXAMPLE_CONTENT),)),
    example=EXAMPLE_CONTENT,
    path=TaskPath,
    search=TaskSearch,
    created=TaskCreated,
    timed=Shape(TaskDetails, TaskList),
    untimed=Shape(UntimedTaskDetails, UntimedTaskList),
    create=operations.create_task,
    get=operations.get_task,
    find=operations.search_tasks,
    update=operations.update_task,
    delete=operations.delete_task,
    filter_of=filter_of,
    how_it_changes="Once statusCode is DONE or REJECTED, it can no longer change,"
    " and neither can parties and taskDueTime.",
)
