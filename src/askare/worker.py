"""The night shift: what has to be done without anybody asking for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from msgspec import Struct

from askare.access.operations import sweep_tokens
from askare.edge import Edge
from askare.storage import idempotency
from askare.storage.desk import Desk
from askare.storage.transactions import Transaction

_log = structlog.get_logger("askare")

ROUNDS_APART = timedelta(minutes=10)


class Chore(Struct, frozen=True):
    """Upkeep that is due in every round.  `do` works on a bounded number of rows and says on how many it did."""

    name: str
    do: Callable[[Transaction, datetime], int]


# Running a chore twice is harmless: each only takes away what is past its time.
CHORES = (
    Chore("idempotency keys", lambda tx, now: idempotency.sweep(tx, now=now)),
    Chore("access tokens", lambda tx, now: sweep_tokens(tx, now=now)),
)


async def do_chores(desk: Desk, edge: Edge) -> None:
    """One round: each chore until it has nothing left to do."""
    for chore in CHORES:
        while await desk.write(None, None, chore.do, edge.now()):
            await asyncio.sleep(0)


async def night_shift(desk: Desk, edge: Edge) -> None:
    """Rounds for as long as the server runs.  A round that fails is logged; the next one tries again."""
    while True:
        try:
            await do_chores(desk, edge)
        except Exception as error:
            _log.error("upkeep failed", exc_info=error)
        await asyncio.sleep(ROUNDS_APART.total_seconds())
