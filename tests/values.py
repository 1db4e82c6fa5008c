"""Values that many tests start from: a moment, some ids, callers, tasks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import compress
from uuid import UUID

from askare.directory.model import InvolvedAgent, InvolvedParty
from askare.kernel.caller import Caller, Role
from askare.storage.desk import Database
from askare.storage.memory import Memory
from askare.storage.transactions import Transaction
from askare.tasks.model import (
    PartyType,
    Task,
    TaskContent,
    TaskStatus,
    TaskType,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

ORGANIZATION_NO = 1_000  # out of the way of the numbers that the database gives
ORGANIZATION_NAME = "Kotka Homes"


def an_id(number: int, *, kind: int = 0) -> UUID:
    """The same version 4 id for the same number, every time: `an_id(7)` ends in …7."""
    return UUID(f"{kind:08x}-0000-4000-8000-{number:012x}")


ORGANIZATION = an_id(1, kind=0xA)
OTHER_ORGANIZATION = an_id(2, kind=0xA)
OFFICE, OTHER_OFFICE, THIRD_OFFICE = (an_id(number, kind=0xB) for number in (1, 2, 3))
AGENT, OTHER_AGENT, THIRD_AGENT = (an_id(number, kind=0xC) for number in (1, 2, 3))
PARTY, OTHER_PARTY, THIRD_PARTY = (an_id(number, kind=0xD) for number in (1, 2, 3))
REALTY, OTHER_REALTY = (an_id(number, kind=0xE) for number in (1, 2))
ASSIGNMENT, OTHER_ASSIGNMENT = (an_id(number, kind=0xF) for number in (1, 2))
TASK, OTHER_TASK = (an_id(number) for number in (1, 2))
ADMIN_USER, AGENT_USER, OTHER_USER = (an_id(number, kind=0x10) for number in (1, 2, 3))


def an_admin(*, organization_no: int = ORGANIZATION_NO) -> Caller:
    """Sees every office of the organization."""
    organization = ORGANIZATION if organization_no == ORGANIZATION_NO else an_id(organization_no, kind=0xA)
    return Caller(organization_no, organization, ADMIN_USER, Role.ADMIN)


def an_agent(*, offices: Iterable[UUID] = (OFFICE,), organization_no: int = ORGANIZATION_NO) -> Caller:
    """Sees the given offices only."""
    organization = ORGANIZATION if organization_no == ORGANIZATION_NO else an_id(organization_no, kind=0xA)
    return Caller(organization_no, organization, AGENT_USER, Role.AGENT, frozenset(offices), AGENT)


def a_party(party_id: UUID = PARTY, party_type: PartyType = PartyType.PERSON_PARTY) -> InvolvedParty:
    return InvolvedParty(party_id, party_type)


def what_is_said(
    *,
    type: TaskType = TaskType.CALL,  # noqa: A002  -- the trade's word
    status: TaskStatus = TaskStatus.WAITING,
    description: str | None = None,
    due: datetime = NOON,
    parties: Iterable[InvolvedParty] = (),
    realty: UUID | None = None,
    assignment: UUID | None = None,
    office: UUID = OFFICE,
    agents: Iterable[UUID] = (AGENT,),
) -> TaskContent:
    """The content of a task: a WAITING call, due at noon, for one agent of one office."""
    return TaskContent(
        type_code=type,
        status_code=status,
        description=description,
        task_due_time=due,
        parties=tuple(parties),
        realty_id=realty,
        assignment_id=assignment,
        agency_office_id=office,
        agents=tuple(InvolvedAgent(agent) for agent in agents),
    )


def a_task(content: TaskContent | None = None, *, task_id: UUID = TASK, modified: datetime = NOW) -> Task:
    """A task in its first version."""
    return Task(task_id, 1, content or what_is_said(), created=NOW, modified=modified)


def empty(database: Database) -> None:
    """Take everything out of a migrated database but the organization that all callers here belong to."""

    def clear(tx: Transaction) -> None:
        tables = (
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            if tx.flavour.name == "sqlite"
            else "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
        )
        last = ["users", "organizations"]  # others point at their rows
        names = [*sorted({name for (name,) in tx.rows(tables)} - {"migrations", *last}), *last]
        holds = tx.row("SELECT " + ", ".join(f"EXISTS (SELECT 1 FROM {name})" for name in names))
        for name in compress(names, holds or ()):  # a few of fifty
            tx.run(f"DELETE FROM {name}")
        tx.run(
            "INSERT INTO organizations (organization_no, organization_id, name) VALUES (:no, :id, :name)",
            no=ORGANIZATION_NO,
            id=ORGANIZATION.bytes,
            name=ORGANIZATION_NAME,
        )

    database.write(clear)
    database.memory = Memory()
