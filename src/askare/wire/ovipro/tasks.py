"""The Task Management API on the wire.  Source: OviPro contract 2; the paths are 1.1."""

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
from askare.kernel.words import QUERY_WORDS_MAX
from askare.tasks import operations
from askare.tasks.model import TEXT_LETTERS_MAX, TaskContent, TaskFilter, TaskStatus, TaskType
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
    "typeCode": "REPORT_MEETING",
    "statusCode": "WAITING",
    "description": "Call to the customer",
    "taskDueTime": "2022-12-31T23:59:59Z",
    "parties": [{"partyId": _EXAMPLE_ID, "partyTypeCode": "PERSON_PARTY"}],
    "realtyId": _EXAMPLE_ID,
    "assignmentId": _EXAMPLE_ID,
    "agencyOfficeId": _EXAMPLE_ID,
    "agents": [{"agentId": _EXAMPLE_ID}],
}
_UNTIMED_EXAMPLE_TASK = {"taskId": "c6d2288d-2ecb-448a-aef3-fd5144920e0b", **EXAMPLE_CONTENT}
EXAMPLE_TASK = {
    **_UNTIMED_EXAMPLE_TASK,
    "creationTime": "2022-12-01T08:30:00Z",
    "modificationTime": "2022-12-01T08:30:00Z",
}

Instant = Annotated[datetime, Meta(tz=True)]


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
    sort: Annotated[tuple[TaskSort, ...], Meta(description="Order; ties are broken by taskId.")] = ()

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


class TaskApi:
    """The five operations, as the settings want them answered."""

    def __init__(
        self, *, empty_success_status: int = 204, times_in_answers: bool = True, checks: Checks = Checks.OFF
    ) -> None:
        self._empty_success = Reply(empty_success_status, b"" if empty_success_status == 200 else None)
        self._checks = checks
        self._times_in_answers = times_in_answers

    async def create_task(self, call: Call) -> Reply:
        saved = await call.write(
            operations.create_task, call.body, task_id=call.new_id(), checks=self._checks, now=call.now
        )
        body = msgspec.json.encode(TaskCreated(saved.task_id))
        return Reply(201, body, {"ETag": etag_of(saved.version), "Location": f"{call.path}/{saved.task_id}"})

    async def get_task(self, call: Call) -> Reply:
        found = await call.read(operations.get_task, call.parameters.task_id)
        return document_reply(self._shown(found.document), found.version, call)

    async def search_tasks(self, call: Call) -> Reply:
        wanted: TaskSearch = call.parameters
        require_few_words(wanted.free_text_search)
        page = await call.read(
            operations.search_tasks,
            filter_of(wanted),
            orders=read_orders(word.value for word in wanted.sort),
            window=Window(wanted.start_index, wanted.size),
        )
        if not self._times_in_answers:
            page = Page([self._shown(one.decode()).encode() for one in page.items], page.total)
        return list_reply("tasks", page)

    async def update_task(self, call: Call) -> Reply:
        await call.write(
            operations.update_task,
            call.parameters.task_id,
            call.body,
            expected_versions=call.expected_versions,
            checks=self._checks,
            now=call.now,
        )
        return self._empty_success

    async def delete_task(self, call: Call) -> Reply:
        await call.write(
            operations.delete_task,
            call.parameters.task_id,
            expected_versions=call.expected_versions,
            now=call.now,
        )
        return self._empty_success

    def _shown(self, document: str) -> str:
        return document if self._times_in_answers else without_times(document)

    def endpoints(self) -> list[Endpoint]:
        """The API's table."""
        content = Body(TaskContent, "The whole of the task.", (Example("task", EXAMPLE_CONTENT),))
        empty = Answer(self._empty_success.status, "Done.")
        details, page, example = (
            (TaskDetails, TaskList, EXAMPLE_TASK)
            if self._times_in_answers
            else (UntimedTaskDetails, UntimedTaskList, _UNTIMED_EXAMPLE_TASK)
        )
        return [
            Endpoint(
                method="POST",
                path="/tasks",
                operation_id="task.create",
                summary="Create a new task",
                tag="Task",
                roles=ROLES,
                handle=self.create_task,
                body=content,
                answers=(
                    Answer(
                        201,
                        "The task is stored.",
                        TaskCreated,
                        (Example("created", {"taskId": EXAMPLE_TASK["taskId"]}),),
                        etag=True,
                    ),
                ),
            ),
            Endpoint(
                method="GET",
                path="/tasks",
                operation_id="task.search",
                summary="Search tasks",
                tag="Task",
                roles=ROLES,
                handle=self.search_tasks,
                parameters=TaskSearch,
                answers=(
                    Answer(
                        200,
                        "A page of tasks.",
                        page,
                        (Example("page", {"tasks": [example], "totalCount": 10}),),
                    ),
                ),
            ),
            Endpoint(
                method="GET",
                path="/tasks/{taskId}",
                operation_id="task.get",
                summary="Get details of a task",
                tag="Task",
                roles=ROLES,
                handle=self.get_task,
                parameters=TaskPath,
                reads_if_none_match=True,
                answers=(Answer(200, "The task.", details, (Example("task", example),), etag=True),),
                problems=(404,),
            ),
            Endpoint(
                method="PUT",
                path="/tasks/{taskId}",
                operation_id="task.update",
                summary="Update a task",
                description="Replaces the whole task. Once statusCode is DONE or REJECTED, it can no longer change,"
                " and neither can parties and taskDueTime.",
                tag="Task",
                roles=ROLES,
                handle=self.update_task,
                parameters=TaskPath,
                reads_if_match=True,
                body=content,
                answers=(empty,),
                problems=(404, 412),
            ),
            Endpoint(
                method="DELETE",
                path="/tasks/{taskId}",
                operation_id="task.delete",
                summary="Delete a task",
                description="Only a task that is WAITING can be deleted.",
                tag="Task",
                roles=ROLES,
                handle=self.delete_task,
                parameters=TaskPath,
                reads_if_match=True,
                answers=(empty,),
                problems=(404, 412),
            ),
        ]


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
