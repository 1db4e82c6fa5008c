"""Service tasks for tests: plans, calendars, and the definition of the timetable written slot by slot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from askare.kernel.conditions import EVERYTHING, Wanted
from askare.kernel.paging import Window
from askare.kernel.time import instant_of, milliseconds
from askare.storage.desk import Database
from askare.svctasks import operations, rules, ticking
from askare.svctasks.model import Entry, Outcome, Plan, Surroundings, SvcTaskChange, SvcTaskContent
from askare.svctasks.ticking import Claimed, Knowledge, Node
from askare.svctasks.timetable import decide
from askare.workdays.model import WorkdayContent
from askare.workdays.rules import defaults_of, workweek_of
from askare.workdays.windows import Calendar
from tests.values import NOW, an_admin, an_id

WEEK = "mon-fri 09:00-18:00"
MINUTE = 60_000
SURROUNDINGS = Surroundings(defaults_of("UTC", WEEK), frozenset({"cleardata", "dialByCallList"}), "SITE1")


def at(text: str) -> int:
    """Milliseconds of an instant written as `2019-02-20T08:00Z`."""
    return milliseconds(datetime.fromisoformat(text).astimezone(UTC))


def hours(instants: Sequence[int]) -> list[str]:
    """Instants as `20 09:00`, in UTC."""
    return [f"{instant_of(instant):%d %H:%M}" for instant in instants]


def a_svctask(**said: Any) -> SvcTaskContent:
    """The contract's own sample: hourly debtor calls in working hours, enabled."""
    for field in ("start", "stop"):
        if isinstance(said.get(field), str):
            said[field] = datetime.fromisoformat(said[field]).astimezone(UTC)
    seed: dict[str, Any] = {
        "name": "Debtor calls",
        "is_enabled": True,
        "script_code": "dialByCallList",
        "is_regular": True,
        "interval_sec": 3600,
        "start": datetime(2019, 2, 20, 8, tzinfo=UTC),
        "stop": datetime(2020, 2, 20, 8, tzinfo=UTC),
        "schedule": "work",
    }
    return SvcTaskContent(**{**seed, **said})


def a_plan(*, armed_at: int = 0, **said: Any) -> Plan:
    return rules.plan_of(a_svctask(**said), armed_at=armed_at)


def a_calendar(zone: str = "UTC", week: str = WEEK, *days: WorkdayContent) -> Calendar:
    return Calendar(
        zone,
        workweek_of(week),
        {day.date: day for day in days if not day.is_annual},
        {day.date[5:]: day for day in days if day.is_annual},
    )


def lived_through(
    plan: Plan, calendar: Calendar, looks: Sequence[int], *, cursor: int, jitter: int = 0
) -> tuple[list[int], list[Entry]]:
    """What starts and what is dropped when somebody looks at these moments only."""
    starts: list[int] = []
    entries: list[Entry] = []
    for look in looks:
        decision = decide(plan, calendar, cursor=cursor, now=look, jitter=jitter)
        starts += decision.starts
        entries += decision.entries
        cursor = decision.cursor
    return starts, entries


def ticked_through(
    plan: Plan, calendar: Calendar, *, start: int, end: int, late: Callable[[int], int] = lambda _: 0
) -> tuple[list[tuple[int, int]], list[Entry]]:
    """What starts (slot, moment) and what is dropped when the ticker looks whenever it said it would, `late` by some
    milliseconds."""
    starts: list[tuple[int, int]] = []
    entries: list[Entry] = []
    cursor, look = start - 1 if plan.regular else plan.anchor - 1, start
    while look < end:
        decision = decide(plan, calendar, cursor=cursor, now=look)
        starts += [(slot, look) for slot in decision.starts]
        entries += decision.entries
        cursor = decision.cursor
        if decision.attend is None:
            break
        look = decision.attend + late(decision.attend)
    return starts, entries


def dropped(entries: Sequence[Entry]) -> dict[Outcome, int]:
    """How many slots each outcome took."""
    counted: dict[Outcome, int] = {}
    for entry in entries:
        counted[entry.outcome] = counted.get(entry.outcome, 0) + entry.slots
    return counted


# On a database ---------------------------------------------------------------------------------------------------

TASK = UUID("380daae6-016c-cdd4-606e-50e54938780c")


class Timetable:
    """One database, its sites, and a clock that tests move by hand."""

    def __init__(self, database: Database, *, now: datetime = NOW, codes: frozenset[str] | None = None) -> None:
        self.database = database
        self.now = milliseconds(now)
        self.surroundings = SURROUNDINGS
        self.knowledge = Knowledge(SURROUNDINGS.defaults, codes or SURROUNDINGS.script_codes)

    def announce(self, site: str = "SITE1") -> Node:
        return self.database.write(lambda tx: ticking.announce(tx, site=site, name=f"{site}-node", now=self.now))

    def create(self, content: SvcTaskContent, task_id: UUID = TASK) -> operations.Saved:
        return self.database.write(
            lambda tx: operations.create_svctask(
                tx, content, task_id=task_id, surroundings=self.surroundings, now=instant_of(self.now)
            ),
            an_admin(),
        )

    def patch(self, task_id: UUID = TASK, **change: Any) -> operations.Saved:
        said = SvcTaskChange(**change)
        return self.database.write(
            lambda tx: operations.patch_svctask(
                tx, task_id, said, surroundings=self.surroundings, now=instant_of(self.now)
            ),
            an_admin(),
        )

    def tick(self, node: Node, *, room: int = 500) -> list[Claimed]:
        """Claim what is due and start it; the started runs."""
        self.database.write(lambda tx: ticking.retime_domains(tx, now=self.now))
        return self.database.write(lambda tx: ticking.claim(tx, node, self.knowledge, now=self.now, room=room)).claimed

    def end(self, node: Node, runs: Sequence[Claimed], reason: Any = None, output: str = "") -> list[ticking.Upset]:
        from askare.svctasks.model import EndReason  # the usual one

        ended = [ticking.Ended(one.run_id, reason or EndReason.NORMAL, output) for one in runs]
        return self.database.write(lambda tx: ticking.end(tx, node, ended, now=self.now))

    def ledger(self, task_id: UUID = TASK) -> list[dict[str, Any]]:
        """Oldest first."""
        wanted = Wanted(EVERYTHING, (), Window(0, 10_000))
        page = self.database.read(lambda tx: operations.list_runs(tx, task_id, wanted), an_admin())
        return sorted(page.items, key=lambda run: (run["slot"], run["site"], run["origin"], run["attempt"]))

    def outcomes(self, task_id: UUID = TASK) -> list[str]:
        """`site outcome ×slots endreason`, oldest first."""
        return [
            " ".join(
                filter(
                    None,
                    (
                        run["site"],
                        run["outcome"],
                        f"×{run['slots']}" if run["slots"] > 1 else "",
                        run["endreason"],
                    ),
                )
            )
            for run in self.ledger(task_id)
        ]

    def run_now(self, number: int = 1, *, force: bool = False, task_id: UUID = TASK) -> dict[str, Any]:
        return self.database.write(
            lambda tx: operations.run_now(
                tx,
                task_id,
                {"startparam1": "x"},
                force=force,
                surroundings=self.surroundings,
                run_id=an_id(number, kind=0x77),
                now=instant_of(self.now),
            ),
            an_admin(),
        )
