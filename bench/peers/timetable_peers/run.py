"""The peers of bench/timetable.py, in an environment of their own: prints how late each start was, as JSON.

python run.py apscheduler URL steady TASKS RATE SECONDS
python run.py apscheduler URL burst TASKS - SECONDS
python run.py procrastinate CONNINFO steady TASKS - SECONDS
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import pickle
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import peer_job

ROWS_AT_ONCE = 2_000
PROCRASTINATE_BEGINS_SECONDS = 3.0


def apscheduler(url: str, case: str, *, tasks: int, rate: int, seconds: float) -> list[float]:
    """APScheduler 3 with its SQLAlchemy job store.  Jobs are put into the store as it would, but many at once."""
    from apscheduler.executors.pool import ThreadPoolExecutor
    from apscheduler.job import Job
    from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
    from apscheduler.schedulers.background import BackgroundScheduler
    from apscheduler.triggers.date import DateTrigger
    from apscheduler.triggers.interval import IntervalTrigger
    from apscheduler.util import datetime_to_utc_timestamp
    from sqlalchemy import create_engine, event

    engine = create_engine(url)
    if url.startswith("sqlite"):

        @event.listens_for(engine, "connect")
        def prepare(connection: Any, _: object) -> None:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")

    store = SQLAlchemyJobStore(engine=engine)
    scheduler = BackgroundScheduler(
        jobstores={"default": store}, executors={"default": ThreadPoolExecutor(20)}, timezone=UTC
    )
    scheduler.start(paused=True)
    begin = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=8 + tasks / 3_000)
    interval = max(1, tasks // rate) if case == "steady" else 0

    def jobs() -> Iterable[Job]:
        for number in range(tasks):
            start = begin + timedelta(milliseconds=1_000 * interval * number // tasks)
            trigger = IntervalTrigger(seconds=interval, start_date=start, timezone=UTC) if interval else None
            yield Job(
                scheduler,
                id=str(number),
                func=peer_job.job,
                args=(start.timestamp(), float(interval)),
                kwargs={},
                name="job",
                trigger=trigger or DateTrigger(start, UTC),
                executor="default",
                misfire_grace_time=600,
                coalesce=True,
                max_instances=3,
                next_run_time=start,
            )

    rows = []
    for job in jobs():
        state = pickle.dumps(job.__getstate__(), store.pickle_protocol)
        rows.append({"id": job.id, "next_run_time": datetime_to_utc_timestamp(job.next_run_time), "job_state": state})
    for at in range(0, len(rows), ROWS_AT_ONCE):
        with engine.begin() as connection:
            connection.execute(store.jobs_t.insert(), rows[at : at + ROWS_AT_ONCE])
    wait = (begin - datetime.now(UTC)).total_seconds()
    if wait < 1:
        raise SystemExit("loading took too long: the first starts were late before anybody looked")
    del rows
    scheduler.resume()
    time.sleep(wait)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and (interval or len(peer_job.LATE_MS) < tasks):
        time.sleep(0.1)
    late = list(peer_job.LATE_MS)
    scheduler.shutdown(wait=False)
    return late


def procrastinate(conninfo: str, *, tasks: int, seconds: float) -> list[float]:
    """procrastinate's periodic tasks: cron expressions in the code of a worker, at best one start a second each."""
    import procrastinate as peer

    late: list[float] = []
    app = peer.App(connector=peer.PsycopgConnector(conninfo=conninfo))
    begin = time.time() + PROCRASTINATE_BEGINS_SECONDS
    for number in range(tasks):

        @app.periodic(cron="* * * * * *", periodic_id=str(number))
        @app.task(name=f"job{number}")
        async def job(timestamp: int) -> None:
            if timestamp >= begin:
                late.append((time.time() - timestamp) * 1_000)

    async def run() -> None:
        async with app.open_async():
            await app.schema_manager.apply_schema_async()
            worker = asyncio.create_task(app.run_worker_async(concurrency=50, install_signal_handlers=False))
            await asyncio.sleep(PROCRASTINATE_BEGINS_SECONDS + seconds)
            worker.cancel()
            with contextlib.suppress(asyncio.CancelledError, TimeoutError):
                await asyncio.wait_for(worker, 5)

    asyncio.run(run())
    return late


def main() -> None:
    who, address, case, tasks, rate, seconds = sys.argv[1:]
    if who == "apscheduler":
        late = apscheduler(
            address, case, tasks=int(tasks), rate=int(rate) if rate != "-" else 0, seconds=float(seconds)
        )
    else:
        late = procrastinate(address, tasks=int(tasks), seconds=float(seconds))
    with open("/proc/self/statm") as opened:  # noqa: PTH123
        memory_mb = int(opened.read().split()[1]) * 4 / 1_024
    print(json.dumps({"late": [round(one, 2) for one in late], "memory_mb": memory_mb}))
    sys.stdout.flush()
    # Threads of a scheduler that is behind would go on for minutes.
    import os

    os._exit(0)


if __name__ == "__main__":
    main()
