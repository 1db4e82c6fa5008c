"""The usual way: FastAPI, SQLAlchemy's async ORM, aiosqlite.  One uvicorn process.

Settings come from the environment: PEER_DATABASE (path of the SQLite file) and PEER_SECRET (HS256 key).
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

import jwt
from fastapi import Depends, FastAPI, Header, HTTPException, Query, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Select, event, func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import selectinload
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from tables import Task, TaskAgent, TaskHistory, TaskParty

from wire import SortOrder, TaskContent, TaskCreated, TaskDetails, TaskPage, TaskQuery

ISSUER = "bench"
AUDIENCE = "askare-bench"
SECRET = os.environ["PEER_SECRET"]
DATABASE_URL = f"sqlite+aiosqlite:///{os.environ['PEER_DATABASE']}"
READ_CONNECTIONS = 4

log = logging.getLogger("peer.access")


# --- database ---------------------------------------------------------------------------------------------


def _engine(*, pool_size: int) -> AsyncEngine:
    engine = create_async_engine(
        DATABASE_URL, pool_size=pool_size, max_overflow=0, pool_timeout=60, connect_args={"timeout": 30}
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "cache_size = -65536",
            "mmap_size = 268435456",
            "temp_store = MEMORY",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


# SQLite has one writer at a time.  A pool of one lets writers wait in a queue instead of polling its lock.
write_engine = _engine(pool_size=1)
read_engine = _engine(pool_size=READ_CONNECTIONS)
WriteSession = async_sessionmaker(write_engine, expire_on_commit=False)
ReadSession = async_sessionmaker(read_engine, expire_on_commit=False)


async def write_session() -> AsyncIterator[AsyncSession]:
    async with WriteSession() as session:
        yield session


async def read_session() -> AsyncIterator[AsyncSession]:
    async with ReadSession() as session:
        yield session


# --- who is calling ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Caller:
    user_id: UUID
    organization_id: int


bearer = HTTPBearer(auto_error=False)


async def caller(given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> Caller:
    if given is None:
        raise HTTPException(401, "a bearer token is needed")
    try:
        claims = jwt.decode(
            given.credentials,
            SECRET,
            algorithms=["HS256"],
            audience=AUDIENCE,
            issuer=ISSUER,
            options={"require": ["exp", "iat", "sub", "aud", "iss"]},
        )
        return Caller(UUID(claims["sub"]), int(claims["organization"]))
    except (jwt.InvalidTokenError, KeyError, ValueError) as fault:
        raise HTTPException(401, "the bearer token is not valid") from fault


async def request_id(response: Response, request_id: Annotated[UUID, Header(alias="Request-ID")]) -> None:
    response.headers["Request-ID"] = str(request_id)


# --- one log line a request -------------------------------------------------------------------------------


class AccessLog:
    """Writes method, path, status and milliseconds of every request as one JSON line."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noting)
        finally:
            sent_id = next((value for name, value in scope["headers"] if name == b"request-id"), b"").decode("latin-1")
            log.info(
                json.dumps(
                    {
                        "time": datetime.now(UTC).isoformat(),
                        "level": "info",
                        "event": "request",
                        "method": scope["method"],
                        "path": scope["path"],
                        "status": status,
                        "requestId": sent_id,
                        "milliseconds": round((time.perf_counter() - began) * 1000, 3),
                    }
                )
            )


def _start_logging() -> None:
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False


# --- the app ----------------------------------------------------------------------------------------------


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    _start_logging()
    yield
    await read_engine.dispose()
    await write_engine.dispose()


app = FastAPI(title="Tasks", lifespan=lifespan)
app.add_middleware(AccessLog)


@app.get("/health/ready")
async def ready(session: Annotated[AsyncSession, Depends(read_session)]) -> dict[str, str]:
    await session.execute(text("SELECT 1"))
    return {"status": "ready"}


@app.post("/task-management/v1/tasks", status_code=201, dependencies=[Depends(request_id)])
async def create_task(
    content: TaskContent,
    who: Annotated[Caller, Depends(caller)],
    session: Annotated[AsyncSession, Depends(write_session)],
) -> TaskCreated:
    now = datetime.now(UTC)
    # Double entries of one party or agent are kept once.
    parties = {party.party_id: party for party in content.parties}.values()
    agents = {agent.agent_id: agent for agent in content.agents}.values()
    task = Task(
        task_id=uuid4(),
        organization_id=who.organization_id,
        **content.model_dump(exclude={"parties", "agents"}),
        creation_time=now,
        modification_time=now,
        version=1,
        parties=[
            TaskParty(party_id=party.party_id, party_type_code=party.party_type_code, position=position)
            for position, party in enumerate(parties)
        ],
        agents=[TaskAgent(agent_id=agent.agent_id, position=position) for position, agent in enumerate(agents)],
    )
    after = TaskDetails.model_validate(task).model_dump(mode="json", by_alias=True, exclude_none=True)
    task.history = [TaskHistory(changed_by=who.user_id, changed_at=now, before_state=None, after_state=after)]
    session.add(task)
    await session.commit()
    return TaskCreated(task_id=task.task_id)


@app.get("/task-management/v1/tasks", dependencies=[Depends(request_id)], response_model_exclude_none=True)
async def search_tasks(
    query: Annotated[TaskQuery, Query()],
    who: Annotated[Caller, Depends(caller)],
    session: Annotated[AsyncSession, Depends(read_session)],
) -> TaskPage:
    counted = _filtered(select(Task.id), query, who).subquery()
    total_count = await session.scalar(select(func.count()).select_from(counted))
    page = (
        _filtered(select(Task), query, who)
        .options(selectinload(Task.parties), selectinload(Task.agents))
        .order_by(*_order(query.sort))
        .offset(query.start_index)
        .limit(query.size)
    )
    tasks = (await session.scalars(page)).all()
    return TaskPage(tasks=[TaskDetails.model_validate(task) for task in tasks], total_count=total_count or 0)


_SORT_COLUMNS = {"taskDueTime": Task.task_due_time, "modificationTime": Task.modification_time}


def _order(sorts: list[SortOrder]) -> list[Any]:
    """Return the order asked for, ending in the id, in the last direction so that an index can serve it."""
    order = []
    for sort in sorts or [SortOrder.DUE_UP]:
        name, direction = sort.split("|")
        column = _SORT_COLUMNS[name]
        order.append((column, direction))
    order.append((Task.id, order[-1][1]))
    return [column.desc() if direction == "desc" else column.asc() for column, direction in order]


def _filtered(statement: Select[Any], query: TaskQuery, who: Caller) -> Select[Any]:
    statement = statement.where(Task.organization_id == who.organization_id)
    for column, values in (
        (Task.status_code, query.status_code),
        (Task.type_code, query.type_code),
        (Task.agency_office_id, query.agency_office_id),
        (Task.realty_id, query.realty_id),
        (Task.assignment_id, query.assignment_id),
    ):
        if len(values) == 1:
            statement = statement.where(column == values[0])
        elif values:
            statement = statement.where(column.in_(values))
    if query.party_id:
        among = select(TaskParty.task_id).where(TaskParty.party_id.in_(query.party_id))
        statement = statement.where(Task.id.in_(among))
    if query.agent_id:
        among = select(TaskAgent.task_id).where(TaskAgent.agent_id.in_(query.agent_id))
        statement = statement.where(Task.id.in_(among))
    if query.task_time_before is not None:
        statement = statement.where(Task.task_due_time < query.task_time_before)
    if query.task_time_after is not None:
        statement = statement.where(Task.task_due_time > query.task_time_after)
    if query.modified_after is not None:
        statement = statement.where(Task.modification_time > query.modified_after)
    words = re.findall(r"\w+", query.free_text_search or "")
    if words:
        match = text("tasks.id IN (SELECT rowid FROM tasks_fts WHERE tasks_fts MATCH :words)")
        statement = statement.where(match.bindparams(words=" ".join(f'"{word}"*' for word in words)))
    return statement
