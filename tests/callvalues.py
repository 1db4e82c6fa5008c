"""Call tasks that many tests start from, and a pipeline whose outside is played by values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from askare.access import operations as access
from askare.calltasks import operations
from askare.calltasks.jobs import Pipeline
from askare.calltasks.model import (
    CallContent,
    CallFilter,
    CallTask,
    ErrorCode,
    Office,
    Priority,
    Processing,
    Status,
    task_of,
)
from askare.calltasks.outside import Decoded, Hints, Summary, Transcript, Trouble
from askare.edge import Edge
from askare.jobs.runner import Trade, keep_due_promises
from askare.kernel.caller import Caller, Role
from askare.kernel.paging import Window
from askare.storage.desk import Database, Desk
from tests.values import (
    ADMIN_USER,
    NOW,
    ORGANIZATION,
    ORGANIZATION_NO,
    an_admin,
    an_id,
)

OPERATOR_USER, OTHER_OPERATOR_USER = an_id(11, kind=0x10), an_id(12, kind=0x10)
OFFICE_OF_CALLS = Office(transcribes=True, region="KZ", time_zone="Asia/Almaty")
WITHOUT_PROVIDER = msgspec.structs.replace(OFFICE_OF_CALLS, transcribes=False)
RECORDING = "https://pbx.example/rec/1.wav?key=secret"
PHONE = "+77012345678"
FIRST_HUNDRED = Window(0, 100)


def an_operator(user_id: UUID = OPERATOR_USER) -> Caller:
    return Caller(ORGANIZATION_NO, ORGANIZATION, user_id, Role.OPERATOR, frozenset())


def an_exchange() -> Caller:
    """A telephone exchange, which hands calls in."""
    return Caller(ORGANIZATION_NO, ORGANIZATION, an_id(13, kind=0x10), Role.INGEST, frozenset())


def a_call(**changes: Any) -> CallTask:
    """A call task as it is when nothing is known but its title."""
    task = CallTask(
        id=1,
        organization_id=ORGANIZATION_NO,
        assigned_user_id=7,
        created_by_user_id=None,
        task_type="call",
        status=Status.PENDING,
        priority=Priority.MEDIUM,
        title="Нет воды",
        description=None,
        caller_phone=None,
        caller_name=None,
        call_id=None,
        recording_url=None,
        call_datetime=None,
        call_transcription=None,
        call_summary=None,
        call_response_summary=None,
        error_message=None,
        created_at=NOW,
        updated_at=NOW,
        due_date=None,
        completed_at=None,
        appeal_id=None,
        processing_status=Processing.NONE,
        processing_stage=None,
        error_code=None,
        attempts=0,
        next_attempt_at=None,
        language=None,
        call_duration_seconds=None,
        transcription_source=None,
        summary_source=None,
        response_summary_source=None,
        version=1,
    )
    return msgspec.structs.replace(task, **changes)


def said_of_call(title: str = "Нет воды", **more: Any) -> CallContent:
    return CallContent(title=title, **more)


def make_operators(database: Database) -> None:
    """Have the two operators be users of the organization."""

    def make(tx: Any) -> None:
        (organization,) = [one for one in access.organizations(tx) if one.organization_no == ORGANIZATION_NO]
        for user_id, role in (
            (OPERATOR_USER, Role.OPERATOR),
            (OTHER_OPERATOR_USER, Role.OPERATOR),
            (ADMIN_USER, Role.ADMIN),
        ):
            access.ensure_user(tx, organization, user_id=user_id, role=role, office_ids=(), agent_id=None, now=NOW)

    database.write(make)


def hand_in(
    database: Database,
    content: CallContent | None = None,
    *,
    operator: UUID | str = OPERATOR_USER,
    by: Caller | None = None,
    office: Office = OFFICE_OF_CALLS,
    now: datetime = NOW,
) -> int:
    return database.write(
        lambda tx: operations.create_call(
            tx, content or said_of_call(), operator=str(operator), office=office, now=now
        ),
        by or an_exchange(),
    )


def call_now(
    database: Database, task_no: int, *, by: Caller | None = None, office: Office = OFFICE_OF_CALLS
) -> CallTask:
    """The task as it stands."""
    shown = database.read(lambda tx: operations.get_call(tx, task_no, office=office), by or an_admin())
    return task_of(shown.document)


def listed(
    database: Database,
    wanted: CallFilter | None = None,
    *,
    window: Window = FIRST_HUNDRED,
    by: Caller | None = None,
    office: Office = OFFICE_OF_CALLS,
) -> tuple[list[int], int]:
    """The numbers of the tasks that a list shows, and its total."""
    page = database.read(
        lambda tx: operations.list_calls(tx, wanted or CallFilter(), window=window, office=office), by or an_admin()
    )
    return [task_of(shown.document).id for shown in page.items], page.total


def reprocess(
    database: Database,
    task_no: int,
    *,
    stage: str | None = None,
    force: bool = False,
    by: Caller | None = None,
    office: Office = OFFICE_OF_CALLS,
    now: datetime = NOW,
) -> CallTask:
    database.write(
        lambda tx: operations.reprocess(tx, task_no, stage=stage, force=force, office=office, now=now),
        by or an_admin(),
    )
    return call_now(database, task_no)


class Played:
    """The outside of a pipeline, played: what each part is asked is kept, and what it answers is set beforehand.

    An answer that is an exception is raised.  The last answer of each list is given again and again.
    """

    name = "played"
    at_once = 8

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.fetched: list[Any] = [100]
        self.decoded: list[Any] = [12.5]
        self.heard: list[Any] = [Transcript("Клиент: нет воды\nОператор: приедем", "ru")]
        self.summed: list[Any] = [Summary("Нет воды.", "Приедем.", "ru")]
        self.before: Callable[[str], None] = lambda _: None

    def _answer(self, what: str, answers: list[Any]) -> Any:
        self.asked.append(what)
        self.before(what)
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def fetch(self, url: str, into: Path) -> int:
        size: int = self._answer("fetch", self.fetched)
        into.parent.mkdir(parents=True, exist_ok=True)
        into.write_bytes(b"R" * size)
        return size

    async def decode(self, recording: Path, into: Path) -> Decoded:
        seconds = self._answer("decode", self.decoded)
        (into / "0.wav").write_bytes(b"W")
        return Decoded((into / "0.wav",), seconds)

    async def transcribe(self, audio: Decoded, hints: Hints) -> Transcript:
        answer: Transcript = self._answer("transcribe", self.heard)
        return answer

    async def summarise(self, transcript: str, hints: Hints) -> Summary:
        answer: Summary = self._answer("summarise", self.summed)
        return answer

    def pipeline(self, root: Path, *, office: Office = OFFICE_OF_CALLS) -> Pipeline:
        return Pipeline(
            recordings=self,
            transcribers=[self] if office.transcribes else [],
            summarisers=[self],
            root=root,
            office=office,
        )

    def trades(self, root: Path, *, office: Office = OFFICE_OF_CALLS) -> tuple[Trade, ...]:
        return self.pipeline(root, office=office).trades()


async def work_off(database: Database, trades: tuple[Trade, ...], *, now: datetime = NOW) -> int:
    """Keep all promises that are due at this moment, and what they lead to."""
    desk = Desk(database)
    return await keep_due_promises(trades, desk, Edge(now=lambda: now))


def trouble(code: ErrorCode, detail: str = "", *, retry_after_seconds: float | None = None) -> Trouble:
    return Trouble(code, detail, retry_after_seconds=retry_after_seconds)
