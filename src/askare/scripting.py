"""What the built-in scripts are handed: the rooms and the outside, as `scripts/needs.py` words them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from msgspec import Struct

from askare.access.keys import KEY_FILE
from askare.callcentre import office_of
from askare.calltasks import operations as calls
from askare.calltasks import store as call_store
from askare.calltasks.model import CallContent, Office
from askare.edge import Edge
from askare.letters import operations as letters
from askare.letters.model import Notice, Recipient, RecipientKind, Words
from askare.outside.addresses import AllowList
from askare.scripts.clearing import HistoryClearing, LedgerClearing, TombstoneClearing
from askare.scripts.model import ScriptFailed
from askare.scripts.needs import Answer, ProviderCheck, Services
from askare.settings import BadSettings, Settings
from askare.storage import archive
from askare.storage.desk import Database
from askare.storage.transactions import Transaction
from askare.svctasks import store as svctasks
from askare.watches import operations as watches
from askare.workdays.model import Defaults

ANSWER_BYTES_MAX = 10_000_000
REDIRECTS_MAX = 3


class _Web(Struct, frozen=True):
    """The one way out, opened anew for each request: it belongs to the event loop on which it was opened."""

    allow: AllowList

    async def fetch(self, method: str, address: str, *, body: bytes | None, seconds_max: float) -> Answer:
        from askare.outside.fetch import Bounds, Fetcher, NotFetched  # with an HTTP client, which not everybody needs

        bounds = Bounds(bytes_max=ANSWER_BYTES_MAX, total_seconds=seconds_max, redirects_max=REDIRECTS_MAX)
        try:
            async with Fetcher(self.allow) as fetcher:
                answer = await fetcher.fetch(method, address, content=body, bounds=bounds)
        except NotFetched as problem:
            raise ScriptFailed(problem.text) from None
        return Answer(answer.status, answer.body)


class _CallTasks(Struct, frozen=True):
    office: Office

    def add(
        self, tx: Transaction, *, number: str, operator: str, title: str, due: datetime, key: str, now: datetime
    ) -> bool:
        if not svctasks.mark_once(tx, f"call:{key}", now=now):
            return False
        content = CallContent(title=title, caller_phone=number, caller_name=title, due_date=due)
        calls.create_call(tx, content, operator=operator, office=self.office, now=now)
        return True


class _Letters(Struct, frozen=True):
    new_id: Callable[[], UUID]

    def remind(
        self, tx: Transaction, *, agent_id: UUID, once: str, subject: Words, lines: Sequence[Words], now: datetime
    ) -> bool:
        notice = Notice(
            once=once, recipient=Recipient(RecipientKind.AGENT, agent_id), subject=subject, paragraphs=tuple(lines)
        )
        return letters.write(tx, notice, letter_id=self.new_id(), now=now)


class _Watches:
    def expire(self, tx: Transaction, *, now: datetime, limit: int) -> int:
        return watches.forget_ended(tx, now=now, limit=limit)


class _Providers(Struct, frozen=True):
    settings: Settings

    async def check(self) -> list[ProviderCheck]:
        from askare.outside.check import check_providers  # with all there is outside

        try:
            found = await check_providers(self.settings)
        except BadSettings as bad:
            raise ScriptFailed("\n".join(bad.faults)) from None
        return [ProviderCheck(one.kind, one.name, one.ok, one.said) for one in found]


class _Backups(Struct, frozen=True):
    """Everything into one file, as `askare backup` does it."""

    database: Database
    key_file: Path

    async def make(self, file: Path, *, now: datetime) -> str:
        extra = {KEY_FILE.as_posix(): self.key_file.read_bytes()} if self.key_file.is_file() else {}
        summary = await asyncio.to_thread(
            archive.backup, self.database, file, now=now, extra=extra, progress=lambda *_: None
        )
        return f"{summary.manifest.rows:,} rows, {summary.archive_bytes:,} bytes"


class _LetterClearing(Struct, frozen=True):
    days: int
    name: str = "letters"

    def count(self, tx: Transaction, *, before: datetime) -> int:
        return letters.count_old(tx, before=before)

    def clear(self, tx: Transaction, *, before: datetime, limit: int) -> int:
        return letters.forget_old(tx, before=before, limit=limit)


class _RecordingClearing(Struct, frozen=True):
    days: int
    name: str = "recordings"

    def count(self, tx: Transaction, *, before: datetime) -> int:
        return call_store.count_recordings_older_than(tx, before)

    def clear(self, tx: Transaction, *, before: datetime, limit: int) -> int:
        return calls.forget_own_recordings(tx, before, limit=limit)


def services(settings: Settings, database: Database, edge: Edge, *, defaults: Defaults) -> Services:
    """All that the built-in scripts need."""
    return Services(
        data=settings.data,
        defaults=defaults,
        clearings=(
            HistoryClearing(settings.history_days),
            LedgerClearing(settings.ledger_days),
            _LetterClearing(settings.letter_days),
            _RecordingClearing(settings.recording_days),
            TombstoneClearing(settings.tombstone_days),
        ),
        fetcher=_Web(AllowList.read(settings.outbound_allow)),
        call_tasks=_CallTasks(office_of(settings)),
        letters=_Letters(edge.new_id),
        watches=_Watches(),
        backups=_Backups(database, settings.data / KEY_FILE),
        providers=_Providers(settings),
    )
