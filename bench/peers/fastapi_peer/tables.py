"""The peer's tables as SQLAlchemy models.  Indexes, triggers and the text index are in ../schema*.sql."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, DateTime, Dialect, ForeignKey, Uuid
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant, kept as naive UTC because SQLite knows no zones."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    type_annotation_map = {  # noqa: RUF012 (SQLAlchemy's own spelling)
        datetime: UtcDateTime,
        UUID: Uuid,
        dict[str, Any]: JSON(none_as_null=True),
    }


class Organization(Base):
    __tablename__ = "organizations"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Task(Base):
    __tablename__ = "tasks"

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[UUID] = mapped_column(unique=True, default=uuid4)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    type_code: Mapped[str]
    status_code: Mapped[str]
    description: Mapped[str | None]
    task_due_time: Mapped[datetime]
    realty_id: Mapped[UUID | None]
    assignment_id: Mapped[UUID | None]
    agency_office_id: Mapped[UUID]
    creation_time: Mapped[datetime]
    modification_time: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    parties: Mapped[list[TaskParty]] = relationship(
        order_by="TaskParty.position", cascade="all, delete-orphan", passive_deletes=True
    )
    agents: Mapped[list[TaskAgent]] = relationship(
        order_by="TaskAgent.position", cascade="all, delete-orphan", passive_deletes=True
    )
    history: Mapped[list[TaskHistory]] = relationship(cascade="all, delete-orphan", passive_deletes=True)


class TaskParty(Base):
    __tablename__ = "task_parties"

    task_id: Mapped[int] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True)
    party_id: Mapped[UUID] = mapped_column(primary_key=True)
    party_type_code: Mapped[str]
    position: Mapped[int]


class TaskAgent(Base):
    __tablename__ = "task_agents"

    task_id: Mapped[int] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True)
    agent_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int]


class TaskHistory(Base):
    __tablename__ = "task_history"

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"))
    changed_by: Mapped[UUID]
    changed_at: Mapped[datetime]
    before_state: Mapped[dict[str, Any] | None]
    after_state: Mapped[dict[str, Any] | None]
