"""The side-by-side benchmark: `python bench/run.py`.  See bench/README.md for what is measured and how fair it is.

Progress goes to stderr, tables to stdout, figures to bench/results/servers.json and, after a complete run (or with
--docs), the page to docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import estate
import queries
import report
import sections
from driver import quantile_ms
from servers import (
    CACHE,
    CONTESTANTS,
    HERE,
    Contestant,
    Running,
    folder_megabytes,
    forget_cached_pages,
    fresh_copy,
    get,
    memory_megabytes,
    note,
    pristine_data,
    running,
)

PARTS = ("page", "fresh", "create", "estate", "million", "start")
ROUNDS_MIN = 3
CONNECTIONS = 32
MILLION_CONNECTIONS = 8
WARM_UP_SECONDS = 2.0
CASE_WARM_UP_SECONDS = 0.5
SETTLE_SECONDS = 3.0  # between ready and the look at idle memory
DRIVER_SECONDS_MAX = 300.0

Figures = dict[str, Any]


def main() -> int:
    """Measure what is asked for; return 0 when every phase was valid."""
    given = _arguments()
    results: Figures = sections.results("servers") or {"parts": {}}
    contestants = _ready_contestants(given.servers, results)
    if not contestants:
        note("there is nothing to measure")
        return 1
    results["machine"] = _machine()
    results["versions"] = results.get("versions", {}) | {one.name: one.versions() for one in contestants}
    alone = [one for one in contestants if one.name == "askare"]
    measures = {
        "page": lambda: measure_page("page", contestants, given.tasks, given.rounds, given.seconds),
        "fresh": lambda: measure_page("fresh", contestants, given.tasks, given.rounds, given.seconds),
        "create": lambda: measure_create(contestants, given.tasks, given.rounds, given.seconds),
        "million": lambda: measure_million(alone or contestants, given.million, given.case_seconds, given.quick),
        "estate": lambda: measure_estate(alone or contestants, given.tasks, given.rounds, given.seconds),
        "start": lambda: measure_start(contestants, given.tasks, given.million, given.rounds),
    }
    if not alone and given.only == list(PARTS):
        note("a million tasks are measured on Askare only: left out")
        measures.pop("million")
    for part in given.only:
        if part not in measures:
            continue
        note(f"--- {part} ---")
        measured = measures[part]()
        measured |= {"measured_at": datetime.now(UTC).isoformat(timespec="seconds"), "quick": given.quick}
        results["parts"][part] = measured
        sections.keep_results("servers", results)
        print(report.part_text(part, measured), flush=True)
    print(report.targets_text(results))
    is_complete = bool(alone) and given.only == list(PARTS) and not given.quick
    if given.docs is not None or is_complete:
        sections.keep_section("servers", report.section(results), docs=given.docs or sections.DOCS)
        note("written: docs/benchmarks.md")
    return 0 if report.is_valid(results) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="short rounds and a small 'million': does it work at all?")
    parser.add_argument("--rounds", type=int, default=ROUNDS_MIN, help="rounds each, at least 3")
    parser.add_argument("--seconds", type=float, help="measured seconds a round (8)")
    parser.add_argument("--case-seconds", type=float, help="measured seconds a search in the million part (3)")
    parser.add_argument("--tasks", type=int, default=100_000, help="tasks loaded for the comparison")
    parser.add_argument("--million", type=int, help="tasks loaded for the million part (1000000)")
    parser.add_argument("--only", default=",".join(PARTS), help="some of: " + ",".join(PARTS))
    parser.add_argument("--servers", default=",".join(CONTESTANTS), help="some of: " + ",".join(CONTESTANTS))
    parser.add_argument(
        "--docs", type=Path, nargs="?", const=sections.DOCS, help="write the page although the run is partial"
    )
    given = parser.parse_args()
    given.only = [part for part in PARTS if part in given.only.split(",")]
    given.servers = [name for name in CONTESTANTS if name in given.servers.split(",")]
    given.rounds = max(ROUNDS_MIN, given.rounds)
    given.seconds = given.seconds or (2.0 if given.quick else 8.0)
    given.case_seconds = given.case_seconds or (0.5 if given.quick else 3.0)
    given.million = given.million or (100_000 if given.quick else 1_000_000)
    return given


def _ready_contestants(names: Sequence[str], results: Figures) -> list[Contestant]:
    """Prepare the contestants; those that cannot be prepared are named with the reason and left out."""
    contestants = []
    results["left_out"] = {}
    for name in names:
        try:
            CONTESTANTS[name].prepare()
        except (RuntimeError, OSError, subprocess.CalledProcessError) as fault:
            note(f"{CONTESTANTS[name].title} is left out: {fault}")
            results["left_out"][name] = str(fault)
        else:
            contestants.append(CONTESTANTS[name])
    return contestants


# --- the comparison ---------------------------------------------------------------------------------------


def measure_page(part: str, contestants: list[Contestant], tasks: int, rounds: int, seconds: float) -> Figures:
    """Measure the filtered page of 50 with totalCount, in interleaved rounds.

    Part `page`: a hundred lists, asked for again and again, as programs do that poll and people who refresh; part
    `fresh`: lists that nobody has asked for before.
    """
    pool = queries.page_pool() if part == "page" else queries.fresh_page_pool()
    data = {one.name: pristine_data(one, tasks) for one in contestants}
    measured: dict[str, list[Figures]] = {one.name: [] for one in contestants}
    seen: dict[str, list[Any]] = {}
    for number in range(rounds):
        for one in contestants:
            with fresh_copy(data[one.name]) as copy, running(one, copy) as server:
                if one.name not in seen:
                    seen[one.name] = _what_pages_say(server)
                figures = drive(server, pool, connections=CONNECTIONS, seconds=seconds)
            measured[one.name].append(figures)
            _note_round(one, part, number, figures)
    return {
        "tasks": tasks,
        "connections": CONNECTIONS,
        "seconds": seconds,
        "servers": {name: _medians(rounds_of) for name, rounds_of in measured.items()},
        "same_answers": _agreement(seen),
    }


def _what_pages_say(server: Running) -> list[Any]:
    """Return total and due times of some pages: what all contestants must agree on."""
    said = []
    for target in queries.page_targets()[:8]:
        status, page = get(server.port, target, server.token)
        if status != 200 or len(page["tasks"]) != 50:
            raise RuntimeError(f"a page of 50 was expected, not status {status}")
        key = "taskDueTime" if "taskDueTime" in target else "modificationTime"
        moments = [datetime.fromisoformat(task[key]).timestamp() for task in page["tasks"]]
        said.append([page["totalCount"], moments])
    return said


def _agreement(seen: dict[str, list[Any]]) -> bool:
    """True when every contestant answered the same totals and the same order."""
    answers = list(seen.values())
    same = all(answer == answers[0] for answer in answers)
    if not same:
        note(
            "THE SERVERS DO NOT AGREE on totals or order: "
            + json.dumps({k: [s[0] for s in v] for k, v in seen.items()})
        )
    return same


def measure_create(contestants: list[Contestant], tasks: int, rounds: int, seconds: float) -> Figures:
    """Measure durable creates, in interleaved rounds, each on a fresh copy of the loaded data."""
    data = {one.name: pristine_data(one, tasks) for one in contestants}
    pool = queries.create_pool()
    measured: dict[str, list[Figures]] = {one.name: [] for one in contestants}
    for number in range(rounds):
        for one in contestants:
            with fresh_copy(data[one.name]) as copy, running(one, copy) as server:
                before = _total(server)
                figures = drive(server, pool, connections=CONNECTIONS, seconds=seconds)
                kept = _total(server) - before
            if kept != figures["all_good_answers"]:
                figures["valid"] = False
                figures["first_fault"] = f"{figures['all_good_answers']} answered 201, {kept} found afterwards"
            measured[one.name].append(figures)
            _note_round(one, "create", number, figures)
    return {
        "tasks": tasks,
        "connections": CONNECTIONS,
        "seconds": seconds,
        "servers": {name: _medians(rounds_of) for name, rounds_of in measured.items()},
    }


def measure_estate(contestants: list[Contestant], tasks: int, rounds: int, seconds: float) -> Figures:
    """Measure Askare alone: creates of meetings and asset requirements, then searches among these."""
    one = contestants[0]
    data = pristine_data(one, tasks)
    pools = {
        "meeting create": estate.meeting_creates(),
        "asset requirement create": estate.requirement_creates(),
        "asset requirement search": estate.requirement_searches(),
    }
    measured: dict[str, list[Figures]] = {name: [] for name in pools}
    for number in range(rounds):
        with fresh_copy(data) as copy, running(one, copy) as server:
            for name, pool in pools.items():
                figures = drive(server, pool, connections=CONNECTIONS, seconds=seconds)
                measured[name].append(figures)
                _note_round(one, name, number, figures)
    return {
        "server": one.name,
        "tasks": tasks,
        "connections": CONNECTIONS,
        "seconds": seconds,
        "rows": [{"name": name, **_medians(rounds_of)} for name, rounds_of in measured.items()],
    }


def _total(server: Running) -> int:
    status, page = get(server.port, queries.target(sort="taskDueTime|asc", size=1), server.token)
    if status != 200:
        raise RuntimeError(f"counting all tasks answered {status}")
    return int(page["totalCount"])


def drive(
    server: Running,
    pool: Sequence[queries.Request],
    *,
    connections: int,
    seconds: float,
    warm_up_seconds: float = WARM_UP_SECONDS,
    once: bool = False,
) -> Figures:
    """Run the load driver in its own process and return its report."""
    plan = {
        "port": server.port,
        "token": server.token,
        "pool": list(pool),
        "connections": connections,
        "warm_up_seconds": warm_up_seconds,
        "seconds": seconds,
        "once": once,
    }
    made = subprocess.run(
        [sys.executable, HERE / "driver.py"],
        input=json.dumps(plan),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=DRIVER_SECONDS_MAX,
    )
    return dict(json.loads(made.stdout))


def _medians(rounds_of: list[Figures]) -> Figures:
    """Return the median of each figure over the rounds, and whether every round was valid."""
    figures: Figures = {
        name: round(median(one[name] for one in rounds_of), 3)
        for name in ("per_second", "median_ms", "p95_ms", "p99_ms", "max_ms", "bytes_an_answer", "driver_cpu_percent")
    }
    figures["valid"] = all(one["valid"] for one in rounds_of)
    figures["errors"] = sum(one["errors"] for one in rounds_of)
    figures["first_fault"] = next((one["first_fault"] for one in rounds_of if one["first_fault"]), "")
    figures["each_per_second"] = [one["per_second"] for one in rounds_of]
    return figures


def _note_round(one: Contestant, what: str, number: int, figures: Figures) -> None:
    state = "" if figures["valid"] else f"  INVALID, {figures['errors']} errors: {figures['first_fault']}"
    note(
        f"{what} round {number + 1}  {one.title}: {figures['per_second']:,.0f}/s, "
        f"median {figures['median_ms']} ms, p99 {figures['p99_ms']} ms{state}"
    )


# --- a million tasks --------------------------------------------------------------------------------------


def measure_million(contestants: list[Contestant], tasks: int, seconds: float, quick: bool) -> Figures:
    """Measure every single filter with every sort: first answers from the disk, then p99 at 8 connections."""
    cases = queries.million_cases()
    if quick:
        cases = [case for case in cases if case.sort in ("both", "taskDueTime|asc", "modificationTime|desc")]
    one = contestants[0]
    data = pristine_data(one, tasks)
    rows: list[Figures] = []
    forget_cached_pages(data)
    with running(one, data) as server:
        for case in cases:
            pool: list[queries.Request] = [("GET", target, None) for target in case.targets]
            first = drive(server, pool, connections=1, seconds=120, warm_up_seconds=0, once=True)
            ordered = sorted(round(each * 1e6) for each in first["each_ms"])
            rows.append(
                {
                    "name": case.name,
                    "sort": case.sort,
                    "queries": len(case.targets),
                    "first_median_ms": quantile_ms(ordered, 0.5),
                    "first_max_ms": quantile_ms(ordered, 1.0),
                    "first_valid": first["valid"],
                }
            )
        for row, case in zip(rows, cases, strict=True):
            status, page = get(server.port, case.targets[0], server.token)
            row["hits"] = page["totalCount"] if status == 200 else None
            figures = drive(
                server,
                [("GET", target, None) for target in case.targets],
                connections=MILLION_CONNECTIONS,
                seconds=seconds,
                warm_up_seconds=CASE_WARM_UP_SECONDS,
            )
            row |= {
                name: figures[name] for name in ("per_second", "median_ms", "p99_ms", "max_ms", "errors", "first_fault")
            }
            row["valid"] = figures["valid"] and row["first_valid"]
            state = "" if row["valid"] else f"  INVALID: {row['first_fault']}"
            note(f"{case.name}, {case.sort}: p99 {row['p99_ms']} ms, first {row['first_max_ms']} ms at worst{state}")
        memory = memory_megabytes(server.process)
    return {
        "server": one.name,
        "tasks": tasks,
        "connections": MILLION_CONNECTIONS,
        "seconds": seconds,
        "rows": rows,
        "memory_afterwards_mb": memory,
        "data_mb": round(folder_megabytes(data)),
    }


# --- start and rest ---------------------------------------------------------------------------------------


def measure_start(contestants: list[Contestant], tasks: int, million: int, rounds: int) -> Figures:
    """Measure start to ready and idle memory: everybody with `tasks`, Askare also with `million`."""
    rows = []
    for one in contestants:
        for count in (tasks, million) if one.name == "askare" and million != tasks else (tasks,):
            data = pristine_data(one, count)
            starts, memories = [], []
            for _ in range(rounds):
                with running(one, data) as server:
                    starts.append(server.ready_seconds)
                    time.sleep(SETTLE_SECONDS)
                    memories.append(memory_megabytes(server.process))
            row = {
                "server": one.name,
                "tasks": count,
                "ready_seconds": round(median(starts), 3),
                "pss_mb": round(median(each["pss"] for each in memories), 1),
                "rss_mb": round(median(each["rss"] for each in memories), 1),
            }
            rows.append(row)
            note(f"{one.title} with {count:,}: ready in {row['ready_seconds']} s, idle {row['pss_mb']} MB (Pss)")
    return {"rows": rows}


# --- the machine ------------------------------------------------------------------------------------------


def _machine() -> Figures:
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        "kernel": f"{platform.system()} {platform.release()}",
        "filesystem": _filesystem(),
        "flush_ms": _flush_ms(),
        "load_average": round(os.getloadavg()[0], 2),
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _filesystem() -> str:
    """Return the type of the file system that holds the databases."""
    best = ("", "unknown")
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, place, kind, *_ = line.split()
        if str(HERE).startswith(place) and len(place) >= len(best[0]):
            best = (place, kind)
    return best[1]


def _flush_ms() -> float:
    """Return the median milliseconds of an fdatasync after 4 KiB appended, beside the databases."""
    CACHE.mkdir(exist_ok=True)
    path = CACHE / "flush"
    taken = []
    with path.open("wb", buffering=0) as file:
        for _ in range(200):
            file.write(b"x" * 4096)
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - began)
    path.unlink()
    return round(median(taken) * 1000, 3)


if __name__ == "__main__":
    sys.exit(main())
