"""Service tasks of the demo organization: a dozen on all built-in scripts, two sites, and a ledger of two weeks.

The ledger is lived through, not made up: the real timetable ticks through the fortnight before the day of the demo
world, with a night in which the server was down and a morning on which one site was.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from msgspec import Struct

from askare.kernel.time import milliseconds
from askare.scripts.builtin import BUILT_IN, CALL_LISTS_FOLDER
from askare.storage import history
from askare.storage.transactions import Transaction
from askare.svctasks import operations, rules, store, ticking
from askare.svctasks.model import EndReason, Entry, Origin, Outcome, Site, Surroundings, SvcTaskContent, svc_id
from askare.svctasks.store import Clock, NewRun, Pages
from askare.svctasks.timetable import LATE_AFTER, decide
from askare.workdays import operations as workdays
from askare.workdays.model import Domain
from askare.workdays.rules import defaults_of

SITES = ("main", "Tampere")
CALL_LIST = "debtors.csv"
DAYS = 14
ZONE = "Europe/Helsinki"
_DEFAULTS = defaults_of(ZONE, "mon-fri 09:00-18:00")
_ROWS_AT_ONCE = 2_000


class DemoTask(Struct, frozen=True):
    """One task of the demo, and how its script fares."""

    name: str
    code: str
    interval_sec: int
    begins: time
    schedule: str = "all"
    site_mode: str = "firstsite"
    sites: str = ""
    overlap: bool = True
    enabled: bool = True
    periods: tuple[dict[str, Any], ...] = ()
    sched: dict[str, Any] = {}
    seconds: float = 0.4
    output: str = ""
    fails: float = 0.0


TASKS = (
    DemoTask(
        "Debtor calls",
        "dialByCallList",
        3_600,
        time(8),
        schedule="work",
        sched={"startparam1": CALL_LIST, "startparam2": "TRE1"},
        output="12 calls made, 40 had been made before",
        fails=0.02,
    ),
    DemoTask("Daily cleaning", "cleardata", 86_400, time(3), seconds=8, output="history: 210 taken away"),
    DemoTask(
        "What cleaning would take away",
        "cleardata",
        604_800,
        time(7),
        sched={"startparam1": 1},
        output="history: 1520 older than 730 days\nNothing was changed (dry run).",
    ),
    DemoTask(
        "Reminders of the day",
        "dueReminders",
        86_400,
        time(7, 30),
        schedule="all",
        sched={"tz": ZONE, "local": 1},
        seconds=2,
        output="9 letters to 14 agents",
    ),
    DemoTask("Watches that end", "expireWatches", 3_600, time(0, 15), output="0 watches ended"),
    DemoTask(
        "Nightly backup",
        "backup",
        86_400,
        time(2),
        site_mode="all",
        sched={"jitter_sec": 900, "startparam1": 7},
        seconds=35,
        output="4,120 rows, 1,204,333 bytes",
    ),
    DemoTask(
        "Are the outside services well?",
        "checkProviders",
        900,
        time(0),
        site_mode="list",
        sites="main, Tampere",
        sched={"alert_after_failures": 3, "alert_to": ["it@demo.example"]},
        output="There are no outside services to check.",
    ),
    DemoTask(
        "Exchange rates",
        "webRequest",
        1_800,
        time(8),
        schedule="work",
        site_mode="any",
        overlap=False,
        sched={"startparam1": "https://rates.example/today", "retry": {"max": 2, "backoff_sec": 30}},
        seconds=1.5,
        output="200",
        fails=0.1,
    ),
    DemoTask(
        "Long import",
        "webRequest",
        3_600,
        time(10),
        schedule="individual",
        periods=({"timestart": "10:00", "timestop": "16:00", "days": [1, 3, 5]},),
        overlap=False,
        sched={"startparam1": "https://import.example/start", "startparam2": "POST"},
        seconds=5_400,
        output="200",
    ),
    DemoTask("Report of yesterday", "nightlyReport", 86_400, time(5)),  # a command that nobody has defined yet
    DemoTask(
        "Only in the evening, never in working hours",
        "webRequest",
        86_400,
        time(20),
        schedule="work",
        sched={"startparam1": "https://evening.example/"},
    ),
    DemoTask("Old campaign", "dialByCallList", 3_600, time(9), schedule="work", enabled=False),
)


# Nobody's numbers: the 040 000 series of the demo's parties.
DEBTORS = "number;name\n" + "".join(
    f"040 000 {number:04d};{name}\n"
    for number, name in enumerate(
        (
            "Korpelan Kone Oy",
            "Mattila Pentti",
            "Rakennus Harju Oy",
            "Lindroos Eva",
            "Kahvila Kulma",
            "Salo & Pojat",
            "Nurmi Raija",
            "Autokoulu Vaihde",
            "Heino Tapani",
            "Puutarha Lehmus",
            "Kuljetus Aro Oy",
            "Sandberg Nils",
        ),
        9_001,
    )
)


def write_call_list(data: Path) -> None:
    """Put the call list of the debtor calls into the data folder, unless there is one."""
    folder = data / CALL_LISTS_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / CALL_LIST
    if not file.exists():
        file.write_text(DEBTORS, encoding="utf-8")


def steps(today: date) -> list[Callable[[Transaction], None]]:
    """What puts them into the database, a bounded number of rows at once; each does nothing the second time."""
    return [_put_domain, *(partial(_put_task, today=today, number=number) for number in range(len(TASKS)))]


def _put_domain(tx: Transaction) -> None:
    for site in SITES:
        tx.run("INSERT INTO svc_sites (name) VALUES (:name) ON CONFLICT DO NOTHING", name=site)
    if workdays.domain(tx) == Domain():
        workdays.change_domain(tx, Domain(time_zone=ZONE))


def _put_task(tx: Transaction, *, today: date, number: int) -> None:
    said = TASKS[number]
    begin = datetime.combine(today - timedelta(days=DAYS), said.begins, UTC)
    made = begin - timedelta(days=1)
    task_id = svc_id(UUID(int=(0x1917_0000 + number) << 96), made)
    if store.TASKS.find(tx, task_id) is not None or history.is_tombstone(tx, operations.KIND, task_id):
        return
    content = SvcTaskContent(
        name=said.name,
        is_enabled=said.enabled,
        script_code=said.code,
        site_mode=said.site_mode,
        sites=said.sites,
        is_regular=True,
        overlap=said.overlap,
        interval_sec=said.interval_sec,
        start=begin,
        schedule=said.schedule,
        periods=said.periods,
        opts={"title": said.name, "comment": ""},
        ext={"sched": said.sched} if said.sched else {},
    )
    surroundings = Surroundings(_DEFAULTS, frozenset(BUILT_IN), SITES[0])
    operations.create_svctask(tx, content, task_id=task_id, surroundings=surroundings, now=made)
    if said.enabled:
        _live_through(
            tx, said, content, task_id, milliseconds(begin), milliseconds(datetime.combine(today, time(), UTC))
        )


def _live_through(
    tx: Transaction, said: DemoTask, content: SvcTaskContent, task_id: UUID, begin: int, end: int
) -> None:
    """Tick through the fortnight: on the eighth night the server is down, on the fifth morning one site is."""
    dice = random.Random(f"{said.name}")
    row = store.task_row(tx, task_id)
    assert row is not None  # noqa: S101  -- made just now
    plan = rules.plan_of(content, armed_at=begin)
    sched, _ = rules.sched_of(content.ext)
    calendar = workdays.calendar(tx, defaults=_DEFAULTS)
    night = (begin + 8 * 86_400_000, begin + 8 * 86_400_000 + 7 * 3_600_000)
    morning = (begin + 5 * 86_400_000, begin + 5 * 86_400_000 + 3 * 3_600_000)
    pages = Pages([], [])
    endings: list[tuple[NewRun, int]] = []
    for clock in store.clocks_of(tx, row[0]):
        jitter = rules.jitter_of(sched, content, task_id=task_id, scope=clock.scope)
        clock.cursor, now, free_at = begin - 1, begin, 0
        while now < end:
            decision = decide(plan, calendar, cursor=clock.cursor, now=now, jitter=jitter)
            store.note(pages, clock, decision.entries, code=said.code, arm=0)
            for slot in decision.starts:
                site = clock.scope or _site_of(content, slot, plan.interval)
                refusal = _refusal(said, site, slot, slot + jitter < free_at, morning)
                if refusal is not None:
                    entry = Entry(slot, slot, 1, *refusal)
                    store.note(pages, clock, [entry], code=said.code, arm=0)
                    continue
                clock.tail_slot = clock.tail_reason = None
                run = _run_of(tx, row[0], clock, slot, slot + jitter, said, sched.parameters, site)
                store.note_run(pages, run)
                endings.append((run, max(now, slot + jitter) + dice.randint(2, 60)))
                free_at = endings[-1][1] + int(said.seconds * 1_000)
            clock.cursor = decision.cursor
            if decision.attend is None:
                break
            now = max(now + 1, decision.attend)
            if night[0] <= now < night[1]:
                now = night[1]
        clock.next_start = end
        store.move_clocks(tx, [clock])
    store.write_pages(tx, pages)
    _end(tx, said, endings, dice)


def _site_of(content: SvcTaskContent, slot: int, interval: int) -> str:
    sites = [Site(name, live=True) for name in SITES]
    return rules.chosen_site(content, sites, slot_number=slot // interval) or SITES[0]


def _refusal(
    said: DemoTask, site: str, slot: int, is_busy: bool, morning: tuple[int, int]
) -> tuple[Outcome, str] | None:
    if said.code not in BUILT_IN:
        return Outcome.SCRIPT_NOT_FOUND, ticking.NO_SCRIPT.format(said.code)
    if site == SITES[1] and morning[0] <= slot < morning[1]:
        return Outcome.MISSED, ticking.NEW_SITE_OFFLINE.format(site)
    if is_busy and not said.overlap:
        return Outcome.SKIPPED_OVERLAP, ticking.OVERLAP
    return None


def _run_of(
    tx: Transaction, task_no: int, clock: Clock, slot: int, due_at: int, said: DemoTask, parameters: Any, site: str
) -> NewRun:
    return NewRun(
        run_id=store.run_id_of(task_no, clock.scope, slot, origin=Origin.PLANNED, arm=0, attempt=1),
        task_no=task_no,
        organization_no=tx.organization_no,
        slot=slot,
        scope=clock.scope,
        origin=Origin.PLANNED,
        state=store.OVER,
        code=said.code,
        parameters=parameters,
        site=site,
        due_at=due_at,
    )


def _end(tx: Transaction, said: DemoTask, endings: list[tuple[NewRun, int]], dice: random.Random) -> None:
    """Say how the runs went."""
    rows = []
    for run, started in endings:
        took = int(said.seconds * 1_000 * dice.uniform(0.7, 1.6)) + 1
        failed = dice.random() < said.fails
        outcome = Outcome.LATE if started - run.due_at > LATE_AFTER else Outcome.STARTED
        reason = EndReason.ERROR if failed else EndReason.NORMAL
        output = "the address does not answer" if failed else said.output
        rows.append((started, started + took, outcome.value, reason.value, output, run.run_id.bytes))
    for at in range(0, len(rows), _ROWS_AT_ONCE):
        tx.run_many(
            "UPDATE svctask_runs SET started_at = :started, ended_at = :ended, outcome = :outcome,"
            " end_reason = :reason, output = :output WHERE run_id = :run",
            rows[at : at + _ROWS_AT_ONCE],
        )
