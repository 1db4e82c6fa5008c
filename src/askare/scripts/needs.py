"""What the built-in scripts need of other rooms and of the outside, filled in by `worker.py`.

Where a server lacks one of them, the scripts that need it end with an error that says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from askare.letters.model import Words
from askare.storage.transactions import Transaction
from askare.workdays.model import Defaults


class Answer(Struct, frozen=True):
    """What an address answered."""

    status: int
    body: bytes


class Fetcher(Protocol):
    """The one way out of the house: http(s) to allowed addresses only.  Raises any exception, with words."""

    async def fetch(self, method: str, address: str, *, body: bytes | None, seconds_max: float) -> Answer: ...


class CallTasks(Protocol):
    """Where call tasks for operators are made."""

    def add(
        self, tx: Transaction, *, number: str, operator: str, title: str, due: datetime, key: str, now: datetime
    ) -> bool:
        """Make a call task once for its key; False when it was made before."""


class Letters(Protocol):
    """Where letters to agents are written."""

    def remind(
        self, tx: Transaction, *, agent_id: UUID, once: str, subject: Words, lines: Sequence[Words], now: datetime
    ) -> bool:
        """Write a letter once for its key; False when it was written before."""


class Watches(Protocol):
    """Where watches end."""

    def expire(self, tx: Transaction, *, now: datetime, limit: int) -> int:
        """End watches whose time is over, a bounded number; returns how many."""


class Backups(Protocol):
    """How everything is put into one file."""

    async def make(self, file: Path, *, now: datetime) -> str:
        """Make the file; returns a line for people."""


class ProviderCheck(Struct, frozen=True):
    """What a provider answered when asked whether it is well."""

    kind: str
    name: str
    ok: bool
    said: str


class Providers(Protocol):
    """The outside services that calls are transcribed and summarised by."""

    async def check(self) -> list[ProviderCheck]: ...


class Clearing(Protocol):
    """One kind of thing that is kept for a time only."""

    @property
    def name(self) -> str: ...

    @property
    def days(self) -> int:
        """How long it is kept; 0: for ever."""

    def count(self, tx: Transaction, *, before: datetime) -> int:
        """How many things are older."""

    def clear(self, tx: Transaction, *, before: datetime, limit: int) -> int:
        """Take older things away, a bounded number; returns how many."""


class Services(Struct, frozen=True, kw_only=True):
    """All of it.  None: this server has no such room."""

    data: Path
    defaults: Defaults
    clearings: tuple[Clearing, ...] = ()
    fetcher: Fetcher | None = None
    call_tasks: CallTasks | None = None
    letters: Letters | None = None
    watches: Watches | None = None
    backups: Backups | None = None
    providers: Providers | None = None
