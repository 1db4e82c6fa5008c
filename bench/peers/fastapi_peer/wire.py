"""What the peer reads and answers: pydantic models in the contract's spelling."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class TypeCode(StrEnum):
    CALL = "CALL"
    NOTIFICATION = "NOTIFICATION"
    EMAIL = "EMAIL"
    TRAINING = "TRAINING"
    MEETING = "MEETING"
    FOLLOW_UP = "FOLLOW_UP"
    REPORT_MEETING = "REPORT_MEETING"
    OTHER = "OTHER"


class StatusCode(StrEnum):
    WAITING = "WAITING"
    DONE = "DONE"
    REJECTED = "REJECTED"


class PartyTypeCode(StrEnum):
    PERSON_PARTY = "PERSON_PARTY"
    ESTATE_PARTY = "ESTATE_PARTY"
    ORGANIZATION_PARTY = "ORGANIZATION_PARTY"


class SortOrder(StrEnum):
    DUE_UP = "taskDueTime|asc"
    DUE_DOWN = "taskDueTime|desc"
    MODIFIED_UP = "modificationTime|asc"
    MODIFIED_DOWN = "modificationTime|desc"


class Wire(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, from_attributes=True)


class PartyRef(Wire):
    party_id: UUID
    party_type_code: PartyTypeCode


class AgentRef(Wire):
    agent_id: UUID


class TaskContent(Wire):
    """What a client may say about a task."""

    type_code: TypeCode
    status_code: StatusCode
    description: Annotated[str, Field(max_length=10_000)] | None = None
    task_due_time: AwareDatetime
    parties: Annotated[list[PartyRef], Field(max_length=1_000)]
    realty_id: UUID | None = None
    assignment_id: UUID | None = None
    agency_office_id: UUID
    agents: Annotated[list[AgentRef], Field(min_length=1, max_length=1_000)]


class TaskDetails(TaskContent):
    """A task as it is answered."""

    task_id: UUID
    creation_time: AwareDatetime
    modification_time: AwareDatetime


class TaskCreated(Wire):
    task_id: UUID


class TaskPage(Wire):
    tasks: list[TaskDetails]
    total_count: int


class TaskQuery(Wire):
    """The search parameters; OR inside one, AND between them."""

    status_code: list[StatusCode] = []
    type_code: list[TypeCode] = []
    agency_office_id: list[UUID] = []
    realty_id: list[UUID] = []
    party_id: list[UUID] = []
    agent_id: list[UUID] = []
    assignment_id: list[UUID] = []
    free_text_search: Annotated[str, Field(max_length=200)] | None = None
    task_time_before: AwareDatetime | None = None
    task_time_after: AwareDatetime | None = None
    modified_after: AwareDatetime | None = None
    start_index: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    size: Annotated[int, Field(ge=1, le=100)] = 50
    sort: list[SortOrder] = []
