"""The timekeeper with real scripts, on both databases: what they do, and what the ledger says of it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from msgspec import Struct
from prometheus_client import CollectorRegistry

from askare.edge import Edge
from askare.kernel.time import milliseconds
from askare.letters.model import Words
from askare.scripts import Context, ScriptFailed, script
from askare.scripts.builtin import BUILT_IN
from askare.scripts.clearing import HistoryClearing, LedgerClearing, TombstoneClearing
from askare.scripts.measures import Measures
from askare.scripts.model import NoParameters, Script
from askare.scripts.needs import Answer, Services
from askare.scripts.registry import Registry
from askare.scripts.timekeeper import Rhythm, Timekeeper
from askare.storage.desk import Database
from askare.storage.transactions import Transaction
from askare.svctasks import operations, ticking
from askare.svctasks.model import Surroundings
from askare.svctasks.ticking import Knowledge
from askare.workdays.rules import defaults_of
from tests.journeys.waiting import until
from tests.store.doing import count_rows, create
from tests.svc import Timetable, a_svctask
from tests.values import AGENT, an_admin, an_id, what_is_said

ALWAYS = defaults_of("UTC", "mon-sun 00:00-24:00")
NEVER = defaults_of("UTC", "")
RELEASE = threading.Event()
ASLEEP = threading.Event()  # the script "sleep" has been called


@script("waits until the test lets it go")
def wait(context: Context, parameters: NoParameters) -> str:
    context.say("waiting")
    RELEASE.wait(20)
    return "let go"


@script("sleeps")
async def sleep(context: Context, parameters: NoParameters) -> str:
    ASLEEP.set()
    await asyncio.sleep(60)
    return ""


@script("fails")
async def fail(context: Context, parameters: NoParameters) -> str:
    raise ScriptFailed("no luck")


@script("says hello")
async def hello(context: Context, parameters: NoParameters) -> str:
    return f"hello from {context.site}"


@script("keeps every other script from beginning")
async def block(context: Context, parameters: NoParameters) -> str:
    RELEASE.wait(20)
    return ""


OURS: dict[str, Script] = {"block": block, "wait": wait, "sleep": sleep, "fail": fail, "hello": hello}


class Fetched(Struct):
    """A way out that leads to a table."""

    answers: dict[str, Answer]

    async def fetch(self, method: str, address: str, *, body: bytes | None, seconds_max: float) -> Answer:
        return self.answers[f"{method} {address}"]


class CallsMade(Struct):
    """Where calls are made: a list."""

    made: list[tuple[str, str, str]] = []
    keys: set[str] = set()

    def add(
        self, tx: Transaction, *, number: str, operator: str, title: str, due: datetime, key: str, now: datetime
    ) -> bool:
        if key in self.keys:
            return False
        self.keys.add(key)
        self.made.append((number, operator, title))
        return True


class LettersWritten(Struct):
    """Where letters are written: a list."""

    written: list[tuple[UUID, str, str, tuple[str, ...]]] = []

    def remind(
        self, tx: Transaction, *, agent_id: UUID, once: str, subject: Words, lines: Sequence[Words], now: datetime
    ) -> bool:
        self.written.append((agent_id, once, subject.en, tuple(line.en for line in lines)))
        return True


Keep = Callable[..., Timekeeper]


@pytest.fixture
def keep(database: Database, tmp_path: Path) -> Iterator[Keep]:
    """Starts a timekeeper; it ends with the test."""
    keepers = []
    RELEASE.clear()

    def begin(**services: Any) -> Timekeeper:
        defaults, edge = services.pop("defaults", ALWAYS), services.pop("edge", Edge())
        measures = services.pop("measures", None)
        keeper = Timekeeper(
            database,
            database,
            Registry({**BUILT_IN, **OURS}, {}, ()),
            Services(data=tmp_path, defaults=defaults, **services),
            edge=edge,
            defaults=defaults,
            site="SITE1",
            alone=True,
            rhythm=Rhythm(tick=0.01, watch=0.05, progress=0.05),
            measures=measures,
        )
        keeper.start()
        keepers.append(keeper)
        return keeper

    yield begin
    RELEASE.set()
    for keeper in keepers:
        keeper.stop()


@pytest.fixture
def timetable(database: Database) -> Timetable:
    found = Timetable(database, now=datetime.now(UTC))
    codes = frozenset({*BUILT_IN, *OURS})
    found.surroundings = Surroundings(ALWAYS, codes, "SITE1")
    found.knowledge = Knowledge(ALWAYS, codes)
    return found


def single(code: str, **more: Any) -> Any:
    return a_svctask(is_regular=False, start=None, stop=None, schedule="all", script_code=code, **more)


def said(timetable: Timetable, code: str, **parameters: Any) -> dict[str, Any]:
    """Start a script by a task and wait for its end; its ledger row."""
    timetable.create(single(code, ext={"sched": parameters}))
    until(lambda: timetable.ledger() and timetable.ledger()[0]["endreason"], f"the end of {code}")
    return timetable.ledger()[0]


def test_a_script_says_what_the_ledger_keeps(keep: Keep, timetable: Timetable) -> None:
    keep()

    row = said(timetable, "hello")

    assert (row["outcome"], row["endreason"], row["output"]) == ("started", "normal", "hello from SITE1")


def test_a_script_that_fails_ends_with_error_and_its_words(keep: Keep, timetable: Timetable) -> None:
    keep()

    row = said(timetable, "fail")

    assert (row["endreason"], row["output"]) == ("error", "no luck")


def test_a_script_past_its_time_ends_with_timeout(keep: Keep, timetable: Timetable) -> None:
    keep()

    assert said(timetable, "sleep", timeout_sec=1)["endreason"] == "timeout"


def test_a_running_script_is_seen_and_stopped(keep: Keep, timetable: Timetable) -> None:
    keep()
    timetable.create(single("sleep"))
    until(lambda: timetable.outcomes() == ["SITE1 started"], "the start")
    running = timetable.database.read(operations.list_runtimes, an_admin())
    timetable.database.write(
        lambda tx: operations.stop_runtime(tx, UUID(running[0]["id"]), now=datetime.now(UTC)), an_admin()
    )

    until(lambda: timetable.outcomes() == ["SITE1 started stop"], "the stop")


def test_progress_is_seen_while_a_script_runs(keep: Keep, timetable: Timetable) -> None:
    keep()
    timetable.create(single("wait"))

    until(lambda: timetable.ledger() and timetable.ledger()[0]["output"] == "waiting", "the progress")
    RELEASE.set()
    until(lambda: timetable.ledger()[0]["output"] == "let go", "the end")


def test_the_ticker_ticks_on_while_every_script_thread_is_busy(keep: Keep, timetable: Timetable) -> None:
    keep()
    for number in range(40):  # more than there are threads
        timetable.create(single("wait"), an_id(number))
    timetable.create(a_svctask(start=None, stop=None, schedule="all", script_code="hello", interval_sec=1), an_id(99))

    until(lambda: len(timetable.outcomes(an_id(99))) >= 3, "three planned starts beside them")
    # None late (by five seconds or more), none missed.
    assert timetable.outcomes(an_id(99))[:2] == ["SITE1 started normal"] * 2


def test_when_the_server_stops_its_scripts_are_ownerdown(keep: Keep, timetable: Timetable) -> None:
    ASLEEP.clear()
    keeper = keep()
    timetable.create(single("sleep"))
    until(ASLEEP.is_set, "the script's first line")  # "started" alone may mean that its turn is still to come

    keeper.stop()

    assert timetable.outcomes() == ["SITE1 started ownerdown"]


def test_what_was_claimed_but_had_not_begun_when_the_server_stops_waits_for_the_next_one(
    keep: Keep, timetable: Timetable
) -> None:
    keeper = keep()
    timetable.create(single("block"), an_id(1))
    until(lambda: timetable.outcomes(an_id(1)) == ["SITE1 started"], "the script that is in the way")
    timetable.create(single("hello"), an_id(2))
    until(lambda: timetable.outcomes(an_id(2)) == ["SITE1 started"], "the claim of the second")

    threading.Timer(0.3, RELEASE.set).start()
    keeper.stop()

    assert timetable.outcomes(an_id(2)) == ["SITE1 waiting"]
    keep()
    until(lambda: timetable.outcomes(an_id(2)) == ["SITE1 started normal"], "the start by the next one")


def test_a_claim_whose_answer_was_lost_on_the_way_is_started_all_the_same(keep: Keep, timetable: Timetable) -> None:
    keep()
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    timetable.create(msgspec.structs.replace(single("hello"), start=tomorrow))
    until(lambda: count_rows(timetable.database, "svc_nodes"), "the node")
    rows = timetable.database.read(lambda tx: tx.rows("SELECT node_no, site, name FROM svc_nodes"))
    node = ticking.Node(*rows[0])

    unheard = timetable.database.write(
        lambda tx: ticking.claim(tx, node, timetable.knowledge, now=milliseconds(tomorrow), room=1)
    )

    assert len(unheard.claimed) == 1
    until(lambda: timetable.ledger()[0]["endreason"], "the end of a run that was claimed without an answer")
    assert timetable.ledger()[0]["output"] == "hello from SITE1"


def test_what_a_killed_server_ran_is_ownerdown_at_the_next_start(keep: Keep, timetable: Timetable) -> None:
    node = timetable.announce()
    timetable.create(single("hello"))
    timetable.tick(node)

    keep()

    until(lambda: timetable.outcomes() == ["SITE1 started ownerdown"], "the verdict")


# The built-in ones -----------------------------------------------------------------------------------------------


def test_cleardata_counts_in_a_dry_run_and_clears_otherwise(keep: Keep, timetable: Timetable) -> None:
    keep(clearings=(HistoryClearing(30), TombstoneClearing(0), LedgerClearing(30)))
    old = datetime.now(UTC) - timedelta(days=40)
    for number in range(3):
        create(timetable.database, task_id=an_id(number), now=old)
    create(timetable.database, task_id=an_id(9), now=datetime.now(UTC))

    dry = said(timetable, "cleardata", startparam1=1)
    counted = count_rows(timetable.database, "history")
    timetable.create(single("cleardata"), an_id(50))
    until(lambda: timetable.ledger(an_id(50)) and timetable.ledger(an_id(50))[0]["endreason"], "the clearing")

    assert dry["output"] == (
        "history: 3 older than 30 days\ntombstones: kept for ever\nledger: 0 older than 30 days\n"
        "Nothing was changed (dry run)."
    )
    assert count_rows(timetable.database, "history") == counted - 3 + 1


def test_dial_by_call_list_makes_each_call_once_and_deals_them_out(
    keep: Keep, timetable: Timetable, tmp_path: Path
) -> None:
    calls = CallsMade([], set())
    (tmp_path / "call-lists").mkdir()
    (tmp_path / "call-lists" / "a.csv").write_text("number,name\n0401234567,Aino\n0401234568,Olli\n0401234567,Again\n")
    keep(call_tasks=calls)

    first = said(timetable, "dialByCallList", startparam1="a.csv", startparam2="101, 102")
    timetable.create(single("dialByCallList", ext={"sched": {"startparam1": "a.csv", "startparam2": "101"}}), an_id(50))
    until(lambda: timetable.ledger(an_id(50)) and timetable.ledger(an_id(50))[0]["endreason"], "the second run")

    assert calls.made == [("+358401234567", "101", "Aino"), ("+358401234568", "102", "Olli")]
    assert first["output"] == "2 calls made, 0 had been made before"
    assert timetable.ledger(an_id(50))[0]["output"] == "0 calls made, 2 had been made before"


def test_dial_by_call_list_calls_nobody_outside_working_hours(keep: Keep, timetable: Timetable, tmp_path: Path) -> None:
    calls = CallsMade([], set())
    keep(call_tasks=calls, defaults=NEVER)

    row = said(timetable, "dialByCallList", startparam1="a.csv", startparam2="101")

    assert (calls.made, row["output"]) == ([], "Outside working hours: no calls were made.")


def test_dial_by_call_list_reads_no_file_outside_its_folder(keep: Keep, timetable: Timetable, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("0401234567")
    keep(call_tasks=CallsMade([], set()))

    row = said(timetable, "dialByCallList", startparam1="../secret.csv", startparam2="101")

    assert row["endreason"] == "error"
    assert "is not in the folder" in row["output"]


def test_due_reminders_write_to_each_agent_what_is_due_and_overdue(keep: Keep, timetable: Timetable) -> None:
    letters = LettersWritten([])
    now = datetime.now(UTC)
    create(timetable.database, what_is_said(due=now - timedelta(days=2), description="Call Aino"), task_id=an_id(1))
    create(timetable.database, what_is_said(due=now + timedelta(days=9)), task_id=an_id(2))
    keep(letters=letters)

    row = said(timetable, "dueReminders")

    ((agent, once, subject, lines),) = letters.written
    assert (agent, subject) == (AGENT, "0 due today, 1 overdue")
    assert once.startswith(f"due-reminder:{AGENT}:")
    assert [line for line in lines if line.endswith("Call Aino")]
    assert row["output"] == "1 letters to 1 agents"


def test_web_request_keeps_what_was_answered(keep: Keep, timetable: Timetable) -> None:
    keep(fetcher=Fetched({"GET https://rates.example/": Answer(200, b"1.17")}))

    row = said(timetable, "webRequest", startparam1="https://rates.example/")

    assert row["endreason"] == "normal"
    assert row["output"].endswith("\n1.17")


def test_web_request_fails_with_the_status(keep: Keep, timetable: Timetable) -> None:
    keep(fetcher=Fetched({"POST https://rates.example/": Answer(500, b"no")}))

    row = said(timetable, "webRequest", startparam1="https://rates.example/", startparam2="post")

    assert row["endreason"] == "error"
    assert "answers 500" in row["output"]


def test_a_script_whose_room_is_missing_says_so(keep: Keep, timetable: Timetable) -> None:
    keep()

    assert said(timetable, "expireWatches")["output"] == "this server has no watches"


@pytest.mark.parametrize("jump", [-3_600, 3_600])
def test_a_timekeeper_whose_wall_clock_jumps_by_an_hour_goes_on(keep: Keep, timetable: Timetable, jump: int) -> None:
    shift = [0]
    keep(edge=Edge(now=lambda: datetime.now(UTC) + timedelta(seconds=shift[0])))
    timetable.create(a_svctask(start=None, stop=None, schedule="all", script_code="hello", interval_sec=1))
    until(lambda: len(timetable.ledger()) >= 2, "two starts before the jump")
    shift[0] = jump
    seen = len(timetable.ledger())
    soon = datetime.now(UTC) + timedelta(seconds=min(jump, 0) + 1)
    if timetable.database.flavour.name == "sqlite":
        timetable.now = milliseconds(datetime.now(UTC)) + jump * 1_000  # whoever keeps the task reads the same clock
    timetable.create(msgspec.structs.replace(single("hello"), start=soon), an_id(2))

    until(lambda: timetable.outcomes(an_id(2)), "a start that was planned after the jump")
    if jump > 0 or timetable.database.flavour.name == "postgres":  # the database's clock did not jump with ours
        until(lambda: len(timetable.ledger()) > seen + 1, "further starts")
    covered = [slot for row in timetable.ledger() for slot in covered_slots(row)]
    assert covered == [covered[0] + 1_000 * number for number in range(len(covered))]


def covered_slots(row: dict[str, Any]) -> list[int]:
    """Every planned start that a row of the ledger tells of, for a task of every second."""
    first = milliseconds(datetime.fromisoformat(row["slot"]))
    return [first + 1_000 * number for number in range(row["slots"])]


def test_the_timekeeper_counts_what_becomes_of_starts(keep: Keep, timetable: Timetable) -> None:
    registry = CollectorRegistry()
    keep(measures=Measures(registry))
    for number, code in enumerate(("hello", "fail", "nobody")):
        task = single(code) if code != "nobody" else a_svctask(script_code=code, start=None, stop=None, schedule="all")
        timetable.create(task, an_id(number))
    timetable.create(single("sleep"), an_id(9))

    def counted(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(name, labels)

    until(lambda: counted("askare_service_task_ends_total", reason="error"), "the failure")
    until(lambda: counted("askare_service_task_ends_total", reason="normal"), "the success")
    until(lambda: counted("askare_service_tasks_running", site="SITE1") == 1, "the one that goes on")
    assert counted("askare_service_task_starts_total", outcome="started") == 3
    assert counted("askare_service_task_starts_total", outcome="script_not_found") == 1
    assert counted("askare_service_task_starts_total", outcome="missed") == 0
    assert counted("askare_service_task_lateness_seconds_count") == 3
    until(lambda: counted("askare_service_tasks_due", site="SITE1") == 0, "a look with nothing due")
    assert (counted("askare_timekeeper_ticks_total", result="done") or 0) > 0


def test_nothing_is_lost_or_doubled_when_the_wall_clock_jumps(database: Database, timetable: Timetable) -> None:
    shift = [0]

    def clock() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=shift[0])

    if database.flavour.name == "postgres":
        pytest.skip("there the database's clock counts, whatever ours says")
    keeper = Timetable(database, now=clock())
    node = keeper.announce()
    keeper.create(a_svctask(start=None, stop=None, schedule="all", interval_sec=60))
    for jump in (0, 3_600, 0, -3_600, 0):
        shift[0] = jump
        keeper.now = milliseconds(clock())
        keeper.end(node, keeper.tick(node))

    slots = [row["slot"] for row in keeper.ledger()]
    assert len(slots) == len(set(slots))
    assert sum(row["slots"] for row in keeper.ledger() if row["outcome"] == "missed") == 59
