"""Keeping promises: takes up what is due, hands it to the one who knows how, and sees to what fails."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Concatenate, ParamSpec, TypeVar

import structlog
from msgspec import Struct

from askare.edge import Edge
from askare.jobs import outbox
from askare.jobs.kinds import Kind
from askare.jobs.outbox import Job, LeaseLost, Onward
from askare.jobs.rules import RETRIES, next_attempt
from askare.kernel.time import milliseconds
from askare.storage.desk import Desk
from askare.storage.transactions import Transaction, on_behalf_of

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

    def __init__(self, job: Job, desk: Desk, edge: Edge, *, carried: object = None, lanes: Lanes | None = None) -> None:
        self.job = job
        self.about = job.about
        self.attempts = job.attempts
        self.carried = carried  # what the work before this one, if it was done just now, or its taking up left with us
        self.is_settled = False  # kept, put off or given up: nothing is left for the runner to do
        self.next: Work | None = None  # what follows, leased already and with a place of its own
        self._lanes = lanes
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
        """The last write: with it, in the same transaction, the promise is kept.  Raises LeaseLost, and nothing is
        changed, when the work is no longer ours.

        An operation that returns Onward has the next promise made with it.  Where the next trade has a place free and
        nobody waits before us, that work goes on at once and is never given back.
        """
        now = self.now()
        place: Lane | None = None
        job: Job | None = None
        is_awaited = True

        def last(tx: Transaction) -> Result:
            nonlocal place, job
            result = operation(tx, *args, **kwargs)  # undone, should the promise turn out not to be ours below
            if isinstance(result, Onward):
                place = self._lanes.place_for(result.kind) if self._lanes is not None and is_awaited else None
                if place is not None:
                    job = outbox.pass_on(tx, self.job, result.kind, until=now + place.trade.lease)
                if job is not None:
                    return result
                outbox.promise(tx, result.kind, self.about, due=now)
            outbox.keep(tx, self.job, now=now)
            return result

        try:
            result = await self._desk.write(self.job.caller, None, last)
        except BaseException:
            is_awaited = False
            if place is not None:
                place.leave()
            raise
        self.is_settled = True
        if job is not None and isinstance(result, Onward):
            self.next = Work(job, self._desk, self._edge, carried=result.carried, lanes=self._lanes)
        elif place is not None:
            place.leave()
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
    # What is noted of the thing (its id is given) as its work is taken up, in the same transaction; whatever it answers
    # is `carried` to the handler.
    begin: Callable[[Transaction, str, datetime], object] | None = None
    let_go: Callable[[], Awaitable[None]] | None = None  # of what the handler holds on to, once nobody works any more


class Lane:
    """The places of one trade in this process.  Threads of the database take some, too."""

    def __init__(self, trade: Trade) -> None:
        self.trade = trade
        self.wake: Callable[[], object] = lambda: None
        self._worth_a_look = max(1, trade.at_once // 4)  # so many free places: each look is a write
        self._taken = 0
        self._queues = True  # whether, as far as we know, more is due than there were places for
        self._lock = threading.Lock()

    @property
    def free(self) -> int:
        return self.trade.at_once - self._taken

    def enter(self, many: int) -> int:
        """Take as many places as are free, up to so many; returns how many."""
        with self._lock:
            taken = min(many, self.free)
            self._taken += taken
            return taken

    def enter_before_others(self) -> bool:
        """Take a place, where one is free that nobody waits for; whoever finds none waits from now on."""
        if self._queues or self.enter(1) == 0:
            self._queues = True
            return False
        return True

    def leave(self, many: int = 1) -> None:
        with self._lock:
            self._taken -= many
        if self._queues and self.free >= self._worth_a_look:
            self.wake()

    def note_queue(self, *, is_there: bool) -> None:
        """Say whether more was due than was taken up."""
        self._queues = is_there


class Lanes:
    """All trades' places."""

    def __init__(self, trades: Sequence[Trade]) -> None:
        self.all = [Lane(trade) for trade in trades]
        self._by_kind = {lane.trade.kind: lane for lane in self.all}

    def of(self, kind: Kind) -> Lane:
        return self._by_kind[kind]

    def place_for(self, kind: Kind) -> Lane | None:
        """Where work of this kind may go on at once, a place taken; None: it has to wait its turn."""
        lane = self._by_kind.get(kind)
        return lane if lane is not None and lane.enter_before_others() else None


async def keep_promises(trades: Sequence[Trade], desk: Desk, edge: Edge) -> None:
    """Keep the promises of all these kinds, for as long as the server runs."""
    lanes = Lanes(trades)
    try:
        await asyncio.gather(*(_ply(lane, lanes, desk, edge) for lane in lanes.all))
    finally:
        await _let_go(trades)


async def keep_due_promises(trades: Sequence[Trade], desk: Desk, edge: Edge) -> int:
    """Keep what is due now, and what that leads to, until nothing is due any more; return how much it was."""
    done = 0
    lanes = Lanes(trades)
    try:
        while True:
            works = [work for lane in lanes.all for work in await _take_up(lane, lanes, desk, edge)]
            if not works:
                return done
            done += sum(await asyncio.gather(*(_keep_on(lanes, work, desk, edge) for work in works)))
    finally:
        await _let_go(trades)


async def _let_go(trades: Sequence[Trade]) -> None:
    for trade in trades:
        if trade.let_go is not None:
            await trade.let_go()


async def _ply(lane: Lane, lanes: Lanes, desk: Desk, edge: Edge) -> None:
    """One trade, round after round: fill the free places with what is due, then wait for work or a free place."""
    woken = asyncio.Event()
    lane.wake = woken.set  # places are left on the event loop
    loop = asyncio.get_running_loop()
    working: set[asyncio.Task[int]] = set()
    kind = lane.trade.kind.value
    with desk.database.memory.bell.answered_by(kind, lambda: loop.call_soon_threadsafe(woken.set)):
        try:
            while True:
                woken.clear()
                free, works = lane.free, []
                if free:
                    try:
                        works = await _take_up(lane, lanes, desk, edge)
                    except Exception as error:  # the database is away or full; what is promised stays promised
                        _log.error("promised work cannot be taken up", kind=kind, exc_info=error)
                        await asyncio.sleep(TROUBLE_PAUSE_SECONDS)
                for work in works:
                    task = asyncio.create_task(_keep_on(lanes, work, desk, edge))
                    working.add(task)
                    task.add_done_callback(working.discard)
                if len(works) < free or not free:
                    with contextlib.suppress(TimeoutError):
                        # Not wait_for: in Python 3.11 it forgets a cancellation that comes together with the event.
                        async with asyncio.timeout(LOOK_EVERY_SECONDS):
                            await woken.wait()
        finally:
            for task in working:
                task.cancel()


async def _take_up(lane: Lane, lanes: Lanes, desk: Desk, edge: Edge) -> list[Work]:
    """Fill the free places with what is due."""
    now, trade = edge.now(), lane.trade
    due = await desk.read(None, outbox.next_due, trade.kind)  # a look costs nobody a flush
    if due is None or due > milliseconds(now):
        lane.note_queue(is_there=False)
        return []
    lane.note_queue(is_there=True)  # whoever comes now waits behind what is due already
    places = lane.enter(trade.at_once)
    works: list[Work] = []

    def take_up(tx: Transaction) -> list[tuple[Job, object]]:
        jobs = outbox.take_up(tx, trade.kind, now=now, lease=trade.lease, limit=places)
        return [(job, _begun(tx, trade, job, now, desk)) for job in jobs]

    try:
        if places:
            taken = await desk.write(None, None, take_up)
            works = [Work(job, desk, edge, carried=carried, lanes=lanes) for job, carried in taken]
            lane.note_queue(is_there=len(works) == places)
    finally:
        if len(works) < places:
            lane.leave(places - len(works))
    return works


def _begun(tx: Transaction, trade: Trade, job: Job, now: datetime, desk: Desk) -> object:
    """What the trade notes as a work is taken up."""
    if trade.begin is None:
        return None
    try:
        return trade.begin(on_behalf_of(tx, job.caller), job.about, now)
    except desk.database.errors:
        raise  # nothing at all is taken up
    except Exception:
        return None  # the others' work goes on; its own handler comes upon the same fault, and sees to it


async def _keep_on(lanes: Lanes, work: Work, desk: Desk, edge: Edge) -> int:
    """Do a work that has a place, and what follows it at once; returns how many they were."""
    done = 0
    onward: Work | None = work
    while onward is not None:
        lane, work = lanes.of(onward.job.kind), onward
        try:
            await _keep(lane.trade, work, desk, edge)
        finally:
            lane.leave()
        done += 1
        onward = work.next
    return done


async def _keep(trade: Trade, work: Work, desk: Desk, edge: Edge) -> None:
    job = work.job
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
            if work.next is not None:  # it was the last write that counted, and what follows is ours
                raise
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
    renewing: list[asyncio.Task[None]] = []
    pause = trade.lease.total_seconds() / 3
    # Most work is over long before: a task of its own is made only for what is not.
    later = asyncio.get_running_loop().call_later(
        pause, lambda: renewing.append(asyncio.create_task(_renew(trade, job, desk, edge, pause)))
    )
    try:
        yield
    finally:
        later.cancel()
        for task in renewing:
            task.cancel()


async def _renew(trade: Trade, job: Job, desk: Desk, edge: Edge, pause_seconds: float) -> None:
    while True:
        try:
            await desk.write(job.caller, None, outbox.renew, job, until=edge.now() + trade.lease)
        except LeaseLost:
            return  # the work itself finds out when it saves
        except Exception as error:  # the database is away for a moment; a third of the lease later is early enough
            _log.warning("a lease could not be renewed", kind=trade.kind.value, about=job.about, exc_info=error)
        await asyncio.sleep(pause_seconds)


async def _see_to_failure(trade: Trade, job: Job, desk: Desk, edge: Edge, error: Exception) -> None:
    now = edge.now()
    again = next_attempt(job.attempts, now=now, retries=trade.retries)
    trouble = f"{type(error).__name__}: {error}"
    _log.error("promised work failed", kind=trade.kind.value, about=job.about, again=again, exc_info=error)
    if again is None:
        await desk.write(job.caller, None, outbox.give_up, job, trouble=trouble)
    else:
        await desk.write(job.caller, None, outbox.put_off, job, until=again, trouble=trouble)
