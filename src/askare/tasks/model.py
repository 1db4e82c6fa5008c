"""A task, as the Task Management API words it.  Source: OviPro contract 2.1 and 1.9."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from askare.directory.model import InvolvedAgent, InvolvedParty, keep_each_once
from askare.directory.model import PartyType as PartyType
from askare.kernel.time import settled, written

TEXT_LETTERS_MAX = 10_000  # contract 1.4: a generous cap, only to protect the server
MEMBERS_MAX = 1_000  # parties or agents of one task; likewise


class TaskType(Enum):
    CALL = "CALL"
    NOTIFICATION = "NOTIFICATION"
    EMAIL = "EMAIL"
    TRAINING = "TRAINING"
    MEETING = "MEETING"
    FOLLOW_UP = "FOLLOW_UP"
    REPORT_MEETING = "REPORT_MEETING"
    OTHER = "OTHER"


class TaskStatus(Enum):
    WAITING = "WAITING"
    DONE = "DONE"
    REJECTED = "REJECTED"


class TaskContent(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What a client says of a task: the whole body of create and update.

    Times are settled to UTC and whole milliseconds, and a party or agent named twice is kept once, when the value
    is made.  An optional field that is None is absent.
    """

    type_code: TaskType
    status_code: TaskStatus
    description: Annotated[str, Meta(max_length=TEXT_LETTERS_MAX)] | None = None
    task_due_time: datetime
    parties: Annotated[tuple[InvolvedParty, ...], Meta(max_length=MEMBERS_MAX)]
    realty_id: UUID | None = None
    assignment_id: UUID | None = None
    agency_office_id: UUID
    agents: Annotated[tuple[InvolvedAgent, ...], Meta(min_length=1, max_length=MEMBERS_MAX)]

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "task_due_time", settled(self.task_due_time))
        keep_each_once(self)


class Task(Struct, frozen=True):
    """A task as it is kept."""

    task_id: UUID
    version: int  # 1 when created, one more with every change
    content: TaskContent
    created: datetime
    modified: datetime


class _Document(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The answer's form of a task: the contract's fields in the contract's order."""

    task_id: UUID
    type_code: TaskType
    status_code: TaskStatus
    description: str | None = None
    task_due_time: str
    parties: tuple[InvolvedParty, ...]
    realty_id: UUID | None = None
    assignment_id: UUID | None = None
    agency_office_id: UUID
    agents: tuple[InvolvedAgent, ...]
    creation_time: str
    modification_time: str


class _Times(Struct, rename="camel"):
    creation_time: datetime
    modification_time: datetime


_encoder = msgspec.json.Encoder()
_content_decoder = msgspec.json.Decoder(TaskContent)
_times_decoder = msgspec.json.Decoder(_Times)


def document_of(task: Task) -> str:
    """The JSON that answers this task, and in which it is stored."""
    content = task.content
    return _encoder.encode(
        _Document(
            task_id=task.task_id,
            type_code=content.type_code,
            status_code=content.status_code,
            description=content.description,
            task_due_time=written(content.task_due_time),
            parties=content.parties,
            realty_id=content.realty_id,
            assignment_id=content.assignment_id,
            agency_office_id=content.agency_office_id,
            agents=content.agents,
            creation_time=written(task.created),
            modification_time=written(task.modified),
        )
    ).decode()


def content_of(document: str) -> TaskContent:
    """What the client said, from a stored document."""
    return _content_decoder.decode(document)


def task_of(task_id: UUID, version: int, document: str) -> Task:
    """The task of a stored document."""
    times = _times_decoder.decode(document)
    return Task(
        task_id,
        version,
        content_of(document),
        created=settled(times.creation_time),
        modified=settled(times.modification_time),
    )


class TaskFilter(Struct, frozen=True, kw_only=True):
    """What a search asks for: OR inside a field, AND between fields, an empty field asks for nothing.

    Source: contract 2.2; times are strict (`<`, `>`).
    """

    types: frozenset[TaskType] = frozenset()
    statuses: frozenset[TaskStatus] = frozenset()
    office_ids: frozenset[UUID] = frozenset()
    realty_ids: frozenset[UUID] = frozenset()
    assignment_ids: frozenset[UUID] = frozenset()
    party_ids: frozenset[UUID] = frozenset()
    agent_ids: frozenset[UUID] = frozenset()
    text: str = ""
    due_before: datetime | None = None
    due_after: datetime | None = None
    modified_after: datetime | None = None
