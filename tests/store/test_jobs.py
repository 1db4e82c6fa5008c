"""Promises of later work: kept once, by one, as often as it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from askare.edge import Edge
from askare.jobs import outbox
from askare.jobs.kinds import Kind
from askare.jobs.outbox import Job, LeaseLost, Onward
from askare.jobs.rules import RETRIES
from askare.jobs.runner import Trade, Work, keep_due_promises, keep_promises
from askare.storage import history
from askare.storage.desk import Database, Desk
from askare.storage.history import Change
from askare.storage.transactions import Transaction
from tests.store.doing import all_at_once, count_rows
from tests.values import HOUR, NOW, REALTY, SECOND, an_admin

KIND = Kind.MATCH_REALTY
LEASE = timedelta(minutes=2)


def promise(database: Database, about: str = "a", *, due: datetime = NOW) -> None:
    database.write(lambda tx: outbox.promise(tx, KIND, about, due=due), an_admin())


def take_up(database: Database, *, now: datetime = NOW, limit: int = 10) -> list[Job]:
    return database.write(lambda tx: outbox.take_up(tx, KIND, now=now, lease=LEASE, limit=limit))


def keep(database: Database, job: Job, *, now: datetime = NOW) -> None:
    database.write(lambda tx: outbox.keep(tx, job, now=now), job.caller)


def is_nothing_promised(database: Database) -> bool:
    return count_rows(database, "jobs") == 0


def test_what_is_promised_is_taken_up_and_gone_when_it_is_kept(database: Database) -> None:
    promise(database, "a")

    (job,) = take_up(database)
    keep(database, job)

    assert (job.about, job.attempts, job.organization_id) == ("a", 1, an_admin().organization_id)
    assert is_nothing_promised(database)


def test_a_promise_is_undone_with_the_transaction_it_was_made_in(database: Database) -> None:
    def promise_and_fail(tx: Transaction) -> None:
        outbox.promise(tx, KIND, "a", due=NOW)
        raise KeyError("no")

    with pytest.raises(KeyError):
        database.write(promise_and_fail, an_admin())

    assert is_nothing_promised(database)


def test_nothing_is_taken_up_before_it_is_due(database: Database) -> None:
    promise(database, due=NOW + SECOND)

    assert take_up(database, now=NOW) == []
    assert len(take_up(database, now=NOW + SECOND)) == 1


def test_promising_the_same_again_leaves_one_promise_due_at_the_earlier_moment(database: Database) -> None:
    promise(database, due=NOW + HOUR)
    promise(database, due=NOW)
    promise(database, due=NOW + 2 * HOUR)

    assert len(take_up(database)) == 1
    assert take_up(database, now=NOW + SECOND) == []


def test_what_is_leased_is_taken_up_by_nobody_else_until_the_lease_ends(database: Database) -> None:
    promise(database)
    take_up(database)

    assert take_up(database, now=NOW + LEASE - SECOND) == []
    (again,) = take_up(database, now=NOW + LEASE)
    assert again.attempts == 2


def test_what_a_dead_server_had_leased_is_taken_up_at_once_where_there_is_but_one(database: Database) -> None:
    promise(database, "leased")
    (lost,) = take_up(database)
    promise(database, "waiting", due=NOW + HOUR)

    assert database.write(outbox.take_back_leases) == 1

    (again,) = take_up(database)
    assert (again.about, again.attempts) == ("leased", 2)
    with pytest.raises(LeaseLost):
        keep(database, lost)


def test_many_promises_at_once_are_as_good_as_each_by_itself(database: Database) -> None:
    promise(database, "b", due=NOW + HOUR)

    database.write(lambda tx: outbox.promise_all(tx, KIND, ["c", "a", "b"], due=NOW), an_admin())
    database.write(lambda tx: outbox.promise_all(tx, KIND, [], due=NOW), an_admin())

    assert sorted(job.about for job in take_up(database)) == ["a", "b", "c"]


def test_whoever_comes_back_after_the_lease_ended_saves_nothing(database: Database) -> None:
    promise(database)
    (late,) = take_up(database)
    (present,) = take_up(database, now=NOW + LEASE)

    with pytest.raises(LeaseLost):
        database.write(lambda tx: outbox.require_lease(tx, late), late.caller)
    with pytest.raises(LeaseLost):
        keep(database, late)

    keep(database, present)
    assert is_nothing_promised(database)


def test_what_is_promised_again_while_it_is_worked_on_is_done_once_more(database: Database) -> None:
    promise(database)
    (job,) = take_up(database)
    promise(database)

    assert take_up(database, now=NOW + SECOND) == []
    keep(database, job, now=NOW + SECOND)

    (again,) = take_up(database, now=NOW + SECOND)
    assert again.attempts == 1


def test_two_workers_never_take_up_the_same(database: Database) -> None:
    for number in range(40):
        promise(database, str(number))

    outcomes = all_at_once([lambda: take_up(database, limit=15) for _ in range(4)])

    taken = [job.about for jobs in outcomes if isinstance(jobs, list) for job in jobs]
    assert sorted(taken, key=int) == [str(number) for number in range(40)]


def test_what_is_given_up_stays_to_be_seen_until_it_is_promised_anew(database: Database) -> None:
    promise(database)
    (job,) = take_up(database)
    database.write(lambda tx: outbox.give_up(tx, job, trouble="the disk is gone"), job.caller)

    assert take_up(database, now=NOW + HOUR) == []
    (line,) = database.read(outbox.waiting)
    assert (line.kind, line.waiting, line.given_up) == (KIND.value, 0, 1)

    promise(database, due=NOW + HOUR)
    assert len(take_up(database, now=NOW + HOUR)) == 1


# The runner ------------------------------------------------------------------------------------------------------


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def edge(self) -> Edge:
        return Edge(now=lambda: self.now, new_id=uuid4)


def run_due(database: Database, handle: Callable[[Work], Awaitable[None]], clock: Clock) -> int:
    trade = Trade(KIND, handle, lease=LEASE)
    return asyncio.run(keep_due_promises([trade], Desk(database), clock.edge()))


def save(tx: Transaction) -> None:
    history.record(tx, "thing", REALTY, Change.CREATED, version=1, at=NOW)


def test_a_handler_that_finishes_saves_and_keeps_in_one_transaction(database: Database) -> None:
    promise(database)

    async def handle(work: Work) -> None:
        await work.finish(save)

    assert run_due(database, handle, Clock()) == 1
    assert count_rows(database, "history") == 1
    assert is_nothing_promised(database)


def test_a_handler_that_fails_is_run_again_later_and_given_up_at_last(database: Database) -> None:
    promise(database)
    clock = Clock()
    tried = []

    async def handle(work: Work) -> None:
        tried.append(work.attempts)
        raise OSError("no mail server")

    for _ in range(len(RETRIES) + 3):
        run_due(database, handle, clock)
        clock.now += max(RETRIES)

    assert tried == list(range(1, len(RETRIES) + 2))
    (line,) = database.read(outbox.waiting)
    assert (line.waiting, line.given_up) == (0, 1)


def test_a_handler_may_put_its_work_off(database: Database) -> None:
    promise(database)
    clock = Clock()
    seen = []

    async def handle(work: Work) -> None:
        seen.append(work.now())
        if len(seen) == 1:
            await work.again(NOW + HOUR)

    run_due(database, handle, clock)
    run_due(database, handle, clock)
    clock.now += HOUR
    run_due(database, handle, clock)

    assert seen == [NOW, NOW + HOUR]
    assert is_nothing_promised(database)


def test_a_handler_whose_lease_was_lost_changes_nothing(database: Database) -> None:
    promise(database)

    async def handle(work: Work) -> None:
        await asyncio.to_thread(take_up, database, now=NOW + LEASE)  # somebody else, on a clock that is ahead
        await work.write(save)

    run_due(database, handle, Clock())

    assert count_rows(database, "history") == 0
    assert count_rows(database, "jobs") == 1


def test_what_is_noted_as_work_is_taken_up_is_noted_with_it_for_the_organization_and_carried(
    database: Database,
) -> None:
    for about in "ab":
        promise(database, about)
    handed = []

    def begin(tx: Transaction, about: str, now: datetime) -> str:
        history.record(tx, "thing", REALTY, Change.CREATED, version=1, at=now)
        return f"{about} of {tx.caller.organization_id}"

    async def handle(work: Work) -> None:
        handed.append((work.carried, count_rows(database, "history")))

    trade = Trade(KIND, handle, lease=LEASE, begin=begin)
    asyncio.run(keep_due_promises([trade], Desk(database), Clock().edge()))

    ours = an_admin().organization_id
    assert sorted(handed) == [(f"a of {ours}", 2), (f"b of {ours}", 2)]


def test_work_that_cannot_be_begun_is_handed_on_without_and_leaves_the_others_alone(database: Database) -> None:
    for about in "abc":
        promise(database, about)
    handed = {}

    def begin(_tx: Transaction, about: str, _now: datetime) -> str:
        if about == "b":
            raise ValueError("a document that cannot be read")
        return about

    async def handle(work: Work) -> None:
        handed[work.about] = work.carried

    trade = Trade(KIND, handle, lease=LEASE, begin=begin)
    asyncio.run(keep_due_promises([trade], Desk(database), Clock().edge()))

    assert handed == {"a": "a", "b": None, "c": "c"}


def test_whoever_takes_long_holds_up_no_other_place(database: Database) -> None:
    for about in range(60):
        promise(database, str(about))

    async def watch() -> list[str]:
        done: list[str] = []
        others_done, never = asyncio.Event(), asyncio.Event()

        async def handle(work: Work) -> None:
            if work.about in ("3", "7", "11"):
                await never.wait()
            done.append(work.about)
            if len(done) == 57:
                others_done.set()

        shift = asyncio.create_task(keep_promises([Trade(KIND, handle, at_once=8)], Desk(database), Clock().edge()))
        await asyncio.wait_for(others_done.wait(), 20)
        shift.cancel()
        return done

    assert len(asyncio.run(watch())) == 57


def test_a_promise_made_while_the_night_shift_waits_is_kept_at_once(database: Database) -> None:
    async def watch() -> list[str]:
        done: list[str] = []
        all_done = asyncio.Event()

        async def handle(work: Work) -> None:
            done.append(work.about)
            if len(done) == 20:
                all_done.set()

        desk = Desk(database)
        shift = asyncio.create_task(keep_promises([Trade(KIND, handle, at_once=3)], desk, Clock().edge()))
        await asyncio.sleep(0)
        for number in range(20):
            await desk.write(an_admin(), None, outbox.promise, KIND, str(number), due=NOW)
        await asyncio.wait_for(all_done.wait(), 20)
        shift.cancel()
        return done

    assert sorted(map(int, asyncio.run(watch()))) == list(range(20))


def test_a_night_shift_that_is_told_to_end_as_work_comes_in_ends(database: Database) -> None:
    """Python 3.11's `wait_for` forgets a cancellation that comes together with what it waits for."""

    async def end() -> bool:
        first_done = asyncio.Event()

        async def handle(_: Work) -> None:
            first_done.set()

        desk = Desk(database)
        loop = asyncio.get_running_loop()
        await desk.write(an_admin(), None, outbox.promise, KIND, "a", due=NOW)
        shift = asyncio.create_task(keep_promises([Trade(KIND, handle)], desk, Clock().edge()))
        await asyncio.wait_for(first_done.wait(), 20)
        while await desk.read(None, lambda tx: tx.row("SELECT 1 FROM jobs")):
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)  # now it waits for more
        database.memory.bell.ring(KIND.value)
        loop.call_soon_threadsafe(shift.cancel)
        done, _ = await asyncio.wait({shift}, timeout=5)
        shift.cancel()
        return bool(done)

    assert asyncio.run(end())


def test_work_that_takes_longer_than_its_lease_keeps_it_while_it_goes_on(database: Database) -> None:
    lease, ends = timedelta(milliseconds=200), list[int]()
    desk = Desk(database)

    async def handle(work: Work) -> None:
        while len(set(ends)) < 4:  # the lease's end was moved three times
            rows = database.read(lambda tx: tx.rows("SELECT due FROM jobs WHERE is_leased = 1"))
            ends.extend(due for (due,) in rows)
            await asyncio.sleep(0.005)

    async def work_it_off() -> None:
        promise(database, due=Edge().now())
        trade = Trade(KIND, handle, lease=lease, longest=timedelta(seconds=20))
        await keep_due_promises((trade,), desk, Edge())

    asyncio.run(work_it_off())

    assert sorted(ends) == ends
    assert is_nothing_promised(database)


def test_a_lease_that_is_lost_cannot_be_renewed(database: Database) -> None:
    promise(database)
    (first,) = take_up(database)
    (second,) = take_up(database, now=NOW + LEASE)

    with pytest.raises(LeaseLost):
        database.write(lambda tx: outbox.renew(tx, first, until=NOW + HOUR))
    database.write(lambda tx: outbox.renew(tx, second, until=NOW + HOUR))

    assert take_up(database, now=NOW + 2 * LEASE) == []


# Going on at once -------------------------------------------------------------------------------------------------

NEXT = Kind.TEND_WATCH


def promised(database: Database) -> list[tuple[str, str, int]]:
    rows = database.read(lambda tx: tx.rows("SELECT kind, about, is_leased FROM jobs"))
    return [(str(kind), str(about), int(is_leased)) for kind, about, is_leased in rows]


def pass_on(database: Database, job: Job) -> Job | None:
    return database.write(lambda tx: outbox.pass_on(tx, job, NEXT, until=NOW + LEASE), job.caller)


def test_work_that_is_passed_on_is_the_next_promise_and_leased_already(database: Database) -> None:
    promise(database, "a")
    (job,) = take_up(database)

    onward = pass_on(database, job)

    assert onward is not None
    assert (onward.kind, onward.about, onward.attempts) == (NEXT, "a", 1)
    assert promised(database) == [(NEXT.value, "a", 1)]
    with pytest.raises(LeaseLost):
        keep(database, job)
    keep(database, onward)
    assert is_nothing_promised(database)


def test_work_that_was_passed_on_to_somebody_who_died_becomes_due_again(database: Database) -> None:
    promise(database, "a")
    (job,) = take_up(database)
    pass_on(database, job)

    def take_up_next(now: datetime) -> list[Job]:
        return database.write(lambda tx: outbox.take_up(tx, NEXT, now=now, lease=LEASE, limit=9))

    assert take_up_next(NOW + LEASE - SECOND) == []
    (again,) = take_up_next(NOW + LEASE)
    assert (again.about, again.attempts) == ("a", 2)


def test_what_was_promised_again_or_is_promised_already_is_not_passed_on(database: Database) -> None:
    promise(database, "again")
    promise(database, "already")
    jobs = {job.about: job for job in take_up(database)}
    promise(database, "again")
    database.write(lambda tx: outbox.promise(tx, NEXT, "already", due=NOW), an_admin())

    assert [pass_on(database, jobs[about]) for about in ("again", "already")] == [None, None]

    assert sorted(promised(database)) == sorted(
        [(KIND.value, "again", 1), (KIND.value, "already", 1), (NEXT.value, "already", 0)]
    )


def run_two(
    database: Database,
    first: Callable[[Work], Awaitable[None]],
    *,
    places: int,
    second_waits: Callable[[], bool] = lambda: False,
) -> list[tuple[str, object]]:
    """Keep what is due with two trades, the second with so many places; returns what the second was handed."""
    handed: list[tuple[str, object]] = []

    async def second(work: Work) -> None:
        while second_waits():
            await asyncio.sleep(0.001)
        handed.append((work.about, work.carried))

    trades = [Trade(KIND, first, lease=LEASE), Trade(NEXT, second, at_once=places, lease=LEASE)]
    asyncio.run(keep_due_promises(trades, Desk(database), Clock().edge()))
    return handed


def onward(_: Transaction) -> Onward:
    return Onward(NEXT, carried="what was found")


def test_work_with_a_free_place_ahead_goes_on_with_what_it_has_in_hand(database: Database) -> None:
    promise(database, "a")
    between: list[list[tuple[str, str, int]]] = []

    async def first(work: Work) -> None:
        await work.finish(onward)
        between.append(promised(database))

    assert run_two(database, first, places=1) == [("a", "what was found")]
    assert between == [[(NEXT.value, "a", 1)]]
    assert is_nothing_promised(database)


def test_work_without_a_free_place_ahead_waits_its_turn_as_a_promise(database: Database) -> None:
    for about in "abc":
        promise(database, about)

    over: list[str] = []

    async def first(work: Work) -> None:
        await work.finish(onward)
        over.append(work.about)

    handed = run_two(database, first, places=1, second_waits=lambda: len(over) < 3)

    assert sorted(about for about, _ in handed) == ["a", "b", "c"]
    assert [carried for _, carried in handed].count("what was found") == 1
    assert is_nothing_promised(database)


def test_a_last_write_that_fails_leaves_the_place_ahead_to_others(database: Database) -> None:
    promise(database, "a")
    tries: list[str] = []

    def fail(tx: Transaction) -> Onward:
        tx.after_commit(lambda: None)
        return Onward(NEXT)

    async def first(work: Work) -> None:
        tries.append(work.about)
        if len(tries) == 1:  # the lease is lost in the very moment
            database.write(lambda tx: tx.run("UPDATE jobs SET fence = fence + 1, is_leased = 0, due = 0"))
        await work.finish(fail)

    assert run_two(database, first, places=1) == [("a", None)]
    assert is_nothing_promised(database)
