"""Keeping promises: takes up what is due, hands it to the one who knows how, and sees to what fails."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Concatenate, ParamSpec, TypeVar

import structlog
from msgspec import Struct

from askare.edge import Edge
from askare.jobs import outbox
from askare.jobs.kinds import Kind
from askare.jobs.outbox import Job, LeaseLost
from askare.jobs.rules import RETRIES, next_attempt
from askare.kernel.time import milliseconds
from askare.storage.desk import Desk
from askare.storage.transactions import Transaction

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

LOOK_EVERY_SECONDS = 0.5  # for what other machines promise; what this process promises rings a bell
TROUBLE_PAUSE_SECONDS = 1.0

_log = structlog.get_logger("askare")


class Work:
    """One promise being kept, as its handler sees it.

    No transaction is open while a handler works: each `read` and `write` is one of its own, and every write first
    makes sure that the work is still ours.
    """

    def __init__(self, job: Job, desk: Desk, edge: Edge) -> None:
        self.job = job
        self.about = job.about
        self.attempts = job.attempts
        self.is_settled = False  # kept, put off or given up: nothing is left for the runner to do
        self._desk = desk
        self._edge = edge

    def now(self) -> datetime:
        return self._edge.now()

    @property
    def edge(self) -> Edge:
        return self._edge

    async def read(
        self,
        operation: Callable[Concatenate[Transaction, Arguments], Result],
        /,
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """Run an operation that only looks, for the house on behalf of the organization."""
        return await self._desk.read(self.job.caller, operation, *args, **kwargs)

    async def write(
        self,
        operation: Callable[Concatenate[Transaction, Arguments], Result],
        /,
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """Run an operation that changes things.  Raises LeaseLost, and nothing is changed, when the work is no
        longer ours."""

        def fenced(tx: Transaction) -> Result:
            outbox.require_lease(tx, self.job)
            return operation(tx, *args, **kwargs)

        return await self._desk.write(self.job.caller, None, fenced)

    async def finish(
        self,
        operation: Callable[Concatenate[Transaction, Arguments], Result],
        /,
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """The last write: with it, in the same transaction, the promise is kept."""
        now = self.now()

        def last(tx: Transaction) -> Result:
            outbox.require_lease(tx, self.job)
            result = operation(tx, *args, **kwargs)
            outbox.keep(tx, self.job, now=now)
            return result

        result = await self._desk.write(self.job.caller, None, last)
        self.is_settled = True
        return result

    async def again(self, at: datetime, *, trouble: str = "") -> None:
        """Give the work back, to be taken up at `at`."""
        await self._desk.write(self.job.caller, None, outbox.put_off, self.job, until=at, trouble=trouble)
        self.is_settled = True

    async def give_up(self, trouble: str) -> None:
        """Keep the promise no longer; the trouble stays for people to see."""
        await self._desk.write(self.job.caller, None, outbox.give_up, self.job, trouble=trouble)
        self.is_settled = True


class Trade(Struct, frozen=True):
    """Who keeps the promises of a kind: how many at once, for how long each may take, and how failures are retried.

    `handle` may be run twice for the same promise (a worker can die after its last write), so it must be harmless
    to do that; each handler says why it is.  Work may take as long as its lease, or `longest` where that is more: the
    lease is then renewed while it goes on, and of a worker that died it still ends soon.
    """

    kind: Kind
    handle: Callable[[Work], Awaitable[None]]
    at_once: int = 4
    lease: timedelta = timedelta(minutes=2)
    longest: timedelta | None = None
    retries: tuple[timedelta, ...] = RETRIES


async def keep_promises(trades: Sequence[Trade], desk: Desk, edge: Edge) -> None:
    """Keep the promises of all these kinds, for as long as the server runs."""
    await asyncio.gather(*(_ply(trade, desk, edge) for trade in trades))


async def keep_due_promises(trades: Sequence[Trade], desk: Desk, edge: Edge) -> int:
    """Keep what is due now, and what that leads to, until nothing is due any more; return how much it was."""
    done = 0
    while True:
        jobs = [job for trade in trades for job in await _take_up(trade, desk, edge, trade.at_once)]
        if not jobs:
            return done
        by_kind = {trade.kind: trade for trade in trades}
        await asyncio.gather(*(_keep(by_kind[job.kind], job, desk, edge) for job in jobs))
        done += len(jobs)


async def _ply(trade: Trade, desk: Desk, edge: Edge) -> None:
    """One trade, round after round: fill the free places with what is due, then wait for work or a free place."""
    woken = asyncio.Event()
    loop = asyncio.get_running_loop()
    working: set[asyncio.Task[None]] = set()
    with desk.database.memory.bell.answered_by(trade.kind.value, lambda: loop.call_soon_threadsafe(woken.set)):
        try:
            while True:
                woken.clear()
                free = trade.at_once - len(working)
                jobs = []
                if free:
                    try:
                        jobs = await _take_up(trade, desk, edge, free)
                    except Exception as error:  # the database is away or full; what is promised stays promised
                        _log.error("promised work cannot be taken up", kind=trade.kind.value, exc_info=error)
                        await asyncio.sleep(TROUBLE_PAUSE_SECONDS)
                for job in jobs:
                    task = asyncio.create_task(_keep(trade, job, desk, edge))
                    working.add(task)
                    task.add_done_callback(working.discard)
                    task.add_done_callback(lambda _: woken.set())
                if len(jobs) < free or not free:
                    with contextlib.suppress(TimeoutError):
                        # Not wait_for: in Python 3.11 it forgets a cancellation that comes together with the event.
                        async with asyncio.timeout(LOOK_EVERY_SECONDS):
                            await woken.wait()
        finally:
            for task in working:
                task.cancel()


async def _take_up(trade: Trade, desk: Desk, edge: Edge, limit: int) -> list[Job]:
    now = edge.now()
    due = await desk.read(None, outbox.next_due, trade.kind)  # a look costs nobody a flush
    if due is None or due > milliseconds(now):
        return []
    return await desk.write(None, None, outbox.take_up, trade.kind, now=now, lease=trade.lease, limit=limit)


async def _keep(trade: Trade, job: Job, desk: Desk, edge: Edge) -> None:
    work = Work(job, desk, edge)
    try:
        try:
            async with (
                asyncio.timeout((trade.longest or trade.lease).total_seconds()),
                _renewed(trade, job, desk, edge),
            ):
                await trade.handle(work)
            if not work.is_settled:
                await desk.write(job.caller, None, outbox.keep, job, now=edge.now())
        except LeaseLost:
            raise
        except Exception as error:
            await _see_to_failure(trade, job, desk, edge, error)
    except LeaseLost:
        _log.warning("promised work was taken over by somebody else", kind=trade.kind.value, about=job.about)
    except Exception as error:  # not even the failure could be noted: the lease ends, and the work is due again
        _log.error("promised work failed", kind=trade.kind.value, about=job.about, exc_info=error)


@contextlib.asynccontextmanager
async def _renewed(trade: Trade, job: Job, desk: Desk, edge: Edge) -> AsyncIterator[None]:
    """Keep the lease from ending while the work goes on, where the trade allows for more than one lease."""
    if trade.longest is None:
        yield
        return
    renewing = asyncio.create_task(_renew(trade, job, desk, edge))
    try:
        yield
    finally:
        renewing.cancel()


async def _renew(trade: Trade, job: Job, desk: Desk, edge: Edge) -> None:
    while True:
        await asyncio.sleep(trade.lease.total_seconds() / 3)
        try:
            await desk.write(job.caller, None, outbox.renew, job, until=edge.now() + trade.lease)
        except LeaseLost:
            return  # the work itself finds out when it saves
        except Exception as error:  # the database is away for a moment; a third of the lease later is early enough
            _log.warning("a lease could not be renewed", kind=trade.kind.value, about=job.about, exc_info=error)


async def _see_to_failure(trade: Trade, job: Job, desk: Desk, edge: Edge, error: Exception) -> None:
    now = edge.now()
    again = next_attempt(job.attempts, now=now, retries=trade.retries)
    trouble = f"{type(error).__name__}: {error}"
    _log.error("promised work failed", kind=trade.kind.value, about=job.about, again=again, exc_info=error)
    if again is None:
        await desk.write(job.caller, None, outbox.give_up, job, trouble=trouble)
    else:
        await desk.write(job.caller, None, outbox.put_off, job, until=again, trouble=trouble)
