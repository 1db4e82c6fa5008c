"""Call tasks: creates and lists over the socket with a search in Cyrillic, and the pipeline with every stage at work.

    python bench/calls.py                                   # small: 20,000 titles, 200 calls through the pipeline
    python bench/calls.py --titles 1000000 --calls 4000     # what issue 5 asks for; some gigabytes, half an hour
    python bench/calls.py --titles 1000000 --load-only --for-seconds 150     # the loading alone, bit by bit
    python bench/calls.py --titles 100000 --only peers --rounds 3    # creates and pages, beside the Task API's peers

The titles are kept in bench/.cache for the next time.  In the pipeline a call is an A-law recording of 15 seconds,
with both sides on one channel as Asterisk mixes them or with one channel a side; its exchange and its providers of
transcription and summaries (`call_twins.py`) answer over HTTP at once, from a process of their own on the same machine.
Nothing is left out: the guarded fetch, the decoder, the forms that are sent, and a flush for what each stage made.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, TypeAlias
from urllib.parse import quote
from uuid import UUID

import uvloop
from prometheus_client import CollectorRegistry

import driver
import queries
import run
import sections
import servers
from askare.access import operations as access
from askare.callcentre import office_of, pipeline_of
from askare.calltasks import operations, store
from askare.calltasks.model import CallContent, Office
from askare.directory import operations as directory
from askare.directory.model import Kind, OperatorContent
from askare.edge import Edge
from askare.jobs.runner import keep_promises
from askare.kernel.caller import Caller, Role
from askare.kernel.words import fold
from askare.loops import settle_what_is_loaded
from askare.settings import DATABASE_FILE, Settings
from askare.settings import load as load_settings
from askare.storage import vocabulary
from askare.storage.desk import Desk
from askare.storage.migrations import migrate
from askare.storage.sqlite import SqliteDatabase
from askare.storage.transactions import Transaction
from call_sounds import recording
from load import ORGANIZATION

OPERATOR = UUID(int=7, version=4)
STAGES = ", ".join(f"'{kind.value}'" for kind in operations.STAGE_KINDS.values())
OPERATORS_ENTRY = OperatorContent(code="17", extension="2017", name="Динара Оспанова", language="ru")
LETTERS = "абвгдежзиклмнопрстуфхцчшыэюя"
WORDS = 20_000
TITLES_A_TRANSACTION = 20_000
FIRST_TITLE = "Здесь будет заголовок"
LIST_CLIENTS = 8
CREATE_CLIENTS = 32
MEASURED_SECONDS = 10.0
PAGE = 50
RECORDING_SECONDS = 15.0
WARM_UP_CALLS = 200  # by then all processes have been started

Asked: TypeAlias = tuple[str, str, str | None]  # method, target, body


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--titles", type=int, default=20_000)
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=1, help="of the pipeline, each sort of recording")
    parser.add_argument("--load-only", action="store_true")
    parser.add_argument(
        "--for-seconds", type=float, default=float("inf"), help="of loading; the rest is left for later"
    )
    parser.add_argument("--only", choices=("lists", "pipeline", "peers"))
    parser.add_argument("--docs", action="store_true", help="write the section of docs/benchmarks.md")
    asked = parser.parse_args()
    found = sections.results("calls")
    if asked.only == "peers":
        found["peers"] = beside_peers(asked.titles, asked.rounds)
    elif asked.only != "pipeline":
        data = servers.CACHE / f"calls-{asked.titles}"
        is_whole = load_titles(data, asked.titles, until=time.monotonic() + asked.for_seconds)
        if asked.load_only or not is_whole:
            return
        found["lists"] = {"titles": asked.titles, "rows": lists_and_creates(data)}
    if asked.only in (None, "pipeline"):
        rounds = []
        for sides, processes in ((1, 0), (1, 1), (2, 0), (2, 1)):
            for _ in range(asked.rounds):
                with tempfile.TemporaryDirectory(prefix="askare-calls-") as folder:
                    many = {"calls": asked.calls, "sides": sides, "processes": processes}
                    rounds.append(uvloop.run(pipeline(Path(folder), **many)))
        found["pipeline"] = {"calls": asked.calls, "rounds": rounds}
    found["measured"] = time.strftime("%Y-%m-%d")
    if asked.docs:
        sections.keep_results("calls", found)
        sections.keep_section("calls", section(found))
    print(section(found))


# Lists and creates -----------------------------------------------------------------------------------------------


def words_of_titles() -> tuple[list[str], list[float]]:
    """Invented words, and how often each is used: few very often, most hardly ever."""
    dice = random.Random(1917)
    words = ["".join(dice.choices(LETTERS, k=dice.randint(4, 10))) for _ in range(WORDS)]
    return words, [1 / (rank + 1) for rank in range(WORDS)]


def bench_caller(database: SqliteDatabase, now: datetime) -> Caller:
    organization = database.write(
        lambda tx: access.ensure_organization(tx, ORGANIZATION, organization_id=UUID(int=1, version=4))
    )
    database.write(
        lambda tx: access.ensure_user(
            tx, organization, user_id=OPERATOR, role=Role.SUPERVISOR, office_ids=(), agent_id=None, now=now
        )
    )
    caller = Caller(organization.organization_no, organization.organization_id, OPERATOR, Role.SUPERVISOR)
    database.write(lambda tx: directory.put_entry(tx, Kind.OPERATOR, OPERATOR, OPERATORS_ENTRY, now=now), caller)
    return caller


def load_titles(data: Path, titles: int, *, until: float) -> bool:
    """Have so many tasks in the folder; False: not all yet.

    The first is made by the operation that a request calls.  The others are its rows over and over with other numbers
    and titles: a million real creates would take longer than everything that is measured.
    """
    data.mkdir(parents=True, exist_ok=True)
    database = SqliteDatabase(data / DATABASE_FILE)
    try:
        now = datetime.now(UTC).replace(microsecond=0)
        migrate(database, now=now)
        caller = bench_caller(database, now)
        database.expect_much()
        database.write(lambda tx: tx.run("PRAGMA cache_size = -1000000"))
        words, weights = words_of_titles()
        there = database.read(lambda tx: (tx.row("SELECT max(task_no) FROM call_tasks") or (0,))[0] or 0)
        if there == 0:
            content = CallContent(title=FIRST_TITLE)
            database.write(lambda tx: vocabulary.index_all(tx, words), caller)
            there = database.write(
                lambda tx: operations.create_call(tx, content, operator=str(OPERATOR), office=Office(), now=now), caller
            )
            while database.write(store.post_words):
                pass
        while there < titles and time.monotonic() < until:
            end = min(titles, there + TITLES_A_TRANSACTION)
            dice = random.Random(there)
            made = {at: dice.choices(words, weights, k=6) for at in range(there + 1, end + 1)}
            database.write(partial(_load_some, made), caller)
            there = end
        servers.note(f"{there:,} of {titles:,} titles are there")
        return there >= titles
    finally:
        database.close()


def _load_some(made: dict[int, list[str]], tx: Transaction) -> None:
    """Rows as the first task left them, with these numbers and words for titles."""

    def columns(table: str) -> list[str]:
        return [name for _, name, *_ in tx.rows(f"PRAGMA table_info({table})")]

    of_tasks, of_history = columns("call_tasks"), columns("history")
    task = dict(zip(of_tasks, tx.rows("SELECT * FROM call_tasks ORDER BY task_no LIMIT 1")[0], strict=True))
    line = dict(zip(of_history, tx.rows("SELECT * FROM history WHERE kind = 'call task' LIMIT 1")[0], strict=True))
    of_history.remove("seq")  # given out by the database
    first = int(task["task_no"])
    numbers = vocabulary.numbers_of(tx, tx.organization_no, {word for words in made.values() for word in words})
    tasks, titles, words_of, lines = [], [], [], []
    for at, words in made.items():
        title = " ".join(words).capitalize()

        def renamed(document: str, at: int = at, title: str = title) -> str:
            return document.replace(f'"id":{first},', f'"id":{at},', 1).replace(FIRST_TITLE, title, 1)

        other = {**task, "task_no": at, "document": renamed(task["document"])}
        tasks.append([other[name] for name in of_tasks])
        past = {**line, "thing_id": UUID(int=at).bytes, "after": renamed(line["after"])}
        lines.append([past[name] for name in of_history])
        titles.append((tx.organization_no, at, fold(title)))
        words_of += [(tx.organization_no, numbers[word], at) for word in set(words)]
    tx.load("call_tasks", of_tasks, tasks)
    tx.load("history", of_history, lines)
    tx.load("call_titles", ("organization_no", "task_no", "title"), titles)
    tx.load("call_words", ("organization_no", "word_no", "task_no"), sorted(words_of))


def creates(words: list[str], weights: list[float]) -> list[Asked]:
    dice = random.Random(5)
    bodies = [
        json.dumps(
            {
                "operator_id": OPERATORS_ENTRY.extension,
                "title": " ".join(dice.choices(words, weights, k=6)),
                "caller_phone": f"+7701{dice.randrange(10**7):07}",
                "caller_name": "Айгуль Сериккызы",
                "call_id": f"17{dice.randrange(10**8)}.{at}",
                "description": "Перезвонить после обеда, спросить про счётчик и показания за прошлый месяц.",
            },
            ensure_ascii=False,
        )
        for at in range(40_000)
    ]
    return [("POST", "/api/tasks", body) for body in bodies]


def beside_peers(titles: int, rounds: int) -> dict[str, Any]:
    """Creates and pages of calls beside the peers' creates and pages of tasks, as many in each, round by round."""
    data = servers.CACHE / f"calls-{titles}"
    assert load_titles(data, titles, until=float("inf"))
    askare = servers.CONTESTANTS["askare"]
    pages: list[Asked] = [("GET", f"/api/tasks?per_page={PAGE}&page={page}", None) for page in range(1, 21)]
    # A thousand, each asked again only after all the others, which are more than are remembered.
    fresh: list[Asked] = [
        ("GET", f"/api/tasks?per_page={size}&page={page}", None)
        for page in range(1, 21)
        for size in range(PAGE // 2 + 1, 3 * PAGE // 2 + 1)
    ]
    random.Random(9).shuffle(fresh)
    sides = [(askare, data, creates(*words_of_titles()), pages, fresh)]
    for name in ("fastapi", "fastify"):
        peer = servers.CONTESTANTS[name]
        peer.prepare()
        pools_of = (queries.create_pool(), queries.page_pool(), queries.fresh_page_pool())
        sides.append((peer, servers.pristine_data(peer, titles), *pools_of))
    rates: dict[str, dict[str, list[float]]] = {"create": {}, "page": {}, "fresh": {}}
    for _ in range(rounds):
        for side, kept, *pools in sides:
            for what, pool in zip(rates, pools, strict=True):
                with servers.fresh_copy(kept) as copy, servers.running(side, copy) as server:
                    report = run.drive(server, pool, connections=CREATE_CLIENTS, seconds=MEASURED_SECONDS / 2)
                assert report["valid"], report["first_fault"]
                rates[what].setdefault(side.title, []).append(report["per_second"])
                servers.note(f"{what} {side.title}: {report['per_second']:,.0f}/s, p99 {report['p99_ms']} ms")
    return {"titles": titles, "rates": rates}


def lists_and_creates(data: Path) -> dict[str, dict[str, Any]]:
    words, weights = words_of_titles()
    contestant = servers.CONTESTANTS["askare"]
    searches = []
    for rank in (0, 1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 300, 500, 1_000, 2_000, 3_000, 5_000, 10_000, 15_000):
        searches += [words[rank], words[rank][1:4], f"{words[rank]} {words[rank // 2]}", words[rank].upper()]
    pool: list[Asked] = [("GET", f"/api/tasks?search={quote(search)}", None) for search in dict.fromkeys(searches)]
    plain: list[Asked] = [("GET", f"/api/tasks?page={page}", None) for page in range(1, 21)]
    with servers.fresh_copy(data) as copy, servers.running(contestant, copy) as running:

        def begun(pool: list[Asked], clients: int, **more: Any) -> subprocess.Popen[str]:
            plan = {
                "port": running.port,
                "token": running.token,
                "pool": pool,
                "connections": clients,
                "warm_up_seconds": 2.0,
                "seconds": MEASURED_SECONDS,
                **more,
            }
            command = [sys.executable, driver.__file__]
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            assert process.stdin is not None
            process.stdin.write(json.dumps(plan))
            process.stdin.close()
            return process

        def ended(process: subprocess.Popen[str]) -> dict[str, Any]:
            assert process.stdout is not None
            report: dict[str, Any] = json.loads(process.stdout.read())
            process.wait()
            if not report["valid"]:
                servers.note(f"not valid: {report['first_fault']}")
            return report

        def measured(pool: list[Asked], clients: int, **more: Any) -> dict[str, Any]:
            return ended(begun(pool, clients, **more))

        some, others = creates(words, weights)[:20_000], creates(words, weights)[20_000:]
        rows = {
            f"each of {len(pool)} searches for the first time": measured(
                pool, 1, once=True, warm_up_seconds=0.0, seconds=60.0
            ),
            f"searches, {LIST_CLIENTS} clients": measured(pool, LIST_CLIENTS),
            f"no search, 20 pages, {CREATE_CLIENTS} clients": measured(plain, CREATE_CLIENTS),
            f"create, {CREATE_CLIENTS} clients": measured(some, CREATE_CLIENTS),
            f"searches after these creates, {LIST_CLIENTS} clients": measured(pool, LIST_CLIENTS),
        }
        beside = begun(others, 1)
        rows[f"searches, {LIST_CLIENTS} clients, while calls are handed in"] = measured(pool, LIST_CLIENTS)
        rows["these creates, 1 client"] = ended(beside)
        kept = ("valid", "requests", "per_second", "median_ms", "p95_ms", "p99_ms", "max_ms")
        return {name: {one: row[one] for one in kept} for name, row in rows.items()}


def section(found: dict[str, Any]) -> str:
    """The section of docs/benchmarks.md."""
    parts = [
        "## Calls",
        f"`bench/calls.py`, measured {found['measured']}. Wanted: a page of 20 with a search in Cyrillic over 1,000,000"
        " titles within 50 ms (p99), and 200 calls a second through the pipeline.",
    ]
    if lists := found.get("lists"):
        rows = [
            [
                name if row["valid"] else f"{name} (**invalid**)",
                f"{row['per_second']:,.0f}",
                *(f"{row[one]:,.1f}" for one in ("median_ms", "p95_ms", "p99_ms", "max_ms")),
            ]
            for name, row in lists["rows"].items()
        ]
        heads = [
            f"lists of 20 and creates, {lists['titles']:,} titles",
            "a second",
            "median ms",
            "p95",
            "p99",
            "longest",
        ]
        parts.append(sections.table(heads, rows))
        parts.append(
            "The searches are asked again and again: while nothing is committed a page is answered from memory,"
            " while calls are handed in it is worked out anew as far as they touch it"
            " ([decision 20](decisions/0020-remembered-pages.md)). The first row asks each once."
        )
    if peers := found.get("peers"):
        rows = []
        titles_of = {
            "create": "create",
            "page": f"page of {PAGE}, asked again",
            "fresh": f"pages of {PAGE} on average, none remembered",
        }
        for what, title in titles_of.items():
            own, *others = peers["rates"][what].items()
            rows.append([f"{title}, {CREATE_CLIENTS} clients", f"{median(own[1]):,.0f}/s"])
            for _, rates in others:
                ratios = [mine / theirs for mine, theirs in zip(own[1], rates, strict=True)]
                rows[-1].append(f"{median(ratios):,.1f} × ({min(ratios):,.1f} to {max(ratios):,.1f})")
        parts.append(
            f"Creates and pages of calls beside the peers' creates and pages of tasks, {peers['titles']:,} in each,"
            " round by round (median, least and most of the rounds):"
        )
        parts.append(
            sections.table(["calls", "Askare", *(f"as {one}" for one in list(peers["rates"]["page"])[1:])], rows)
        )
    if piped := found.get("pipeline"):
        rows = [
            [
                "mono, 120 KB" if one["sides"] == 1 else "stereo, 240 KB: two sides to transcribe",
                str(one["processes"]),
                f"{one['per_second']:,.0f}",
                f"{one['cpu_ms']:.1f} ms",
                f"{one['others_cpu_ms']:.1f} ms",
                f"{one['twins_cpu_ms']:.1f} ms",
            ]
            for one in piped["rounds"]
        ]
        parts.append(
            f"The pipeline: {piped['calls']:,} calls of {RECORDING_SECONDS:.0f} s of A-law that wait at an exchange,"
            " each fetched, decoded, transcribed and summed up over HTTP, every stage saved and flushed. Exchange and"
            " providers are twins in a process of their own that answer at once; one Askare on SQLite with its"
            " decoders; all on the same two cores."
        )
        heads = ["calls", "`call_processes`", "a second", "a core, each", "in other processes", "the twins'"]
        parts.append(sections.table(heads, rows))
    return "\n\n".join(parts)


# The pipeline ----------------------------------------------------------------------------------------------------


async def pipeline(folder: Path, *, calls: int, sides: int, processes: int) -> dict[str, Any]:
    """So many calls through all four stages, from their promises to their summaries; `processes` as in the setting."""
    file = folder / "call.wav"
    file.write_bytes(recording(RECORDING_SECONDS, sides=sides))
    twin = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("call_twins.py")), str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert twin.stdin is not None
    assert twin.stdout is not None
    ended_before = _children_seconds()
    address = f"http://127.0.0.1:{int(twin.stdout.readline())}"
    settings = settings_for(folder, address, processes)
    database = SqliteDatabase(folder / DATABASE_FILE)
    edge, office = Edge(), office_of(settings)
    migrate(database, now=edge.now())
    caller = bench_caller(database, edge.now())
    desk = Desk(database)

    def create_all(tx: Transaction, many: int) -> None:
        for at in range(many):
            content = CallContent(title=f"Звонок {at}", recording_url=f"{address}/rec/{at}.wav")
            operations.create_call(tx, content, operator=str(OPERATOR), office=office, now=edge.now())

    async def all_through(many: int) -> tuple[float, float]:
        """Seconds, and seconds of CPU in this process."""
        await desk.write(caller, None, create_all, many)
        begun, used = time.perf_counter(), time.process_time()
        while database.read(lambda tx: tx.row(f"SELECT count(*) FROM jobs WHERE kind IN ({STAGES})")) != (0,):
            await asyncio.sleep(0.05)
        return time.perf_counter() - begun, time.process_time() - used

    settle_what_is_loaded()  # as a server does
    working = asyncio.create_task(keep_promises(pipeline_of(settings, CollectorRegistry()).trades(), desk, edge))
    await all_through(WARM_UP_CALLS)
    seconds, used = await all_through(calls)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    done = database.read(lambda tx: tx.rows("SELECT processing, count(*) FROM call_tasks GROUP BY processing"))
    assert done == [(3, WARM_UP_CALLS + calls)], done
    desk.close()
    twin.stdin.close()
    twins = json.loads(twin.stdout.read())
    twin.wait()
    others = _children_seconds() - ended_before - twins["seconds"]  # they ended with the work
    found = {
        "sides": sides,
        "processes": processes,
        "per_second": calls / seconds,
        "cpu_ms": 1_000 * (used + others) / calls,
        "others_cpu_ms": 1_000 * others / calls,
        "twins_cpu_ms": 1_000 * twins["seconds"] / calls,
        "asked": twins["asked"],
    }
    servers.note(f"pipeline: {found}")
    shutil.rmtree(folder / "recordings")
    return found


def _children_seconds() -> float:
    """The time that processes have used which we have seen the end of."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def settings_for(folder: Path, address: str, processes: int) -> Settings:
    def provider(model: str) -> str:
        return json.dumps([{"kind": "openai", "url": f"{address}/v1", "model": model}])

    given = {
        "data": folder,
        "transcription_providers": provider("whisper-1"),
        "summary_providers": provider("twin"),
        "outbound_allow": "127.0.0.1",
        "call_processes": processes,
    }
    return load_settings(given, {}).settings


if __name__ == "__main__":
    main()
