"""Service tasks, their clocks and the ledger in the database."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from askare.kernel.time import instant_of, milliseconds, written
from askare.storage.collection import Collection
from askare.storage.listing import EMPTY_NUMBER
from askare.storage.sql import Conditions, insert_rows
from askare.storage.transactions import Row, Transaction
from askare.svctasks import rules
from askare.svctasks.model import Entry, Origin, Outcome, Schedule, Site, SiteMode, SvcTaskContent
from askare.svctasks.rules import mode_of, sched_of
from askare.svctasks.words import schedule_of

TASKS = Collection("svctasks")
SCRIPTS = Collection("svcscripts")

WAITING, RUNNING, OVER = 0, 2, 3
IDS_AT_ONCE = 400  # in one list of a statement

_RUN_COLUMNS = (
    "task_no",
    "slot",
    "scope",
    "origin",
    "arm",
    "attempt",
    "run_id",
    "organization_no",
    "last_slot",
    "slots",
    "state",
    "code",
    "parameters",
    "site",
    "node_no",
    "fence",
    "due_at",
    "look_at",
    "holds",
    "stop_asked",
    "outcome",
    "reason",
    "output",
    "started_at",
)
_RUN_ID_AT = _RUN_COLUMNS.index("run_id")


class Clock(Struct):
    """A task's place in time, in one scope.  `tail_slot` names the ledger row that may be gone on with."""

    task_no: int
    scope: str
    organization_no: int
    cursor: int
    next_start: int | None
    tail_slot: int | None
    tail_reason: str | None


class NewRun(Struct, frozen=True, kw_only=True):
    """A run to be kept: planned for `slot`, due at `due_at`."""

    run_id: UUID
    task_no: int
    organization_no: int
    slot: int
    scope: str
    origin: Origin
    arm: int = 0
    attempt: int = 1
    state: int = WAITING
    code: str
    parameters: dict[str, Any]
    site: str
    node_no: int | None = None
    due_at: int
    holds: bool = False
    outcome: Outcome | None = None
    reason: str = ""
    started_at: int | None = None


def run_id_of(task_no: int, scope: str, slot: int, *, origin: Origin, arm: int, attempt: int) -> UUID:
    """The id of a planned start: the same for the same start, whoever asks."""
    name = f"{task_no}/{scope}/{slot}/{origin.value}/{arm}/{attempt}".encode()
    return UUID(bytes=hashlib.blake2b(name, digest_size=16).digest(), version=5)


# Tasks -----------------------------------------------------------------------------------------------------------


def task_columns(content: SvcTaskContent, *, armed_at: int) -> dict[str, int | str]:
    """The columns beside the document: what the timetable reads, and what lists are filtered and sorted by."""
    spread = {SiteMode.ALL: 1, SiteMode.LIST: 2}
    return {
        "enabled": int(content.is_enabled),
        "armed_at": armed_at,
        "windowed": int(schedule_of(content.schedule) is not Schedule.ALL),
        "spread": spread.get(mode_of(content), 0),
        "onstart": int(not content.is_regular and content.start is None and sched_of(content.ext)[0].onstart),
        "paused": 0,
        "failures": 0,
        "regular": int(content.is_regular),
        "may_overlap": int(content.overlap),
        "interval_sec": content.interval_sec,
        "start_at": EMPTY_NUMBER if content.start is None else milliseconds(content.start),
        "stop_at": EMPTY_NUMBER if content.stop is None else milliseconds(content.stop),
        "site_mode": content.site_mode,
        "schedule": content.schedule,
        "script_code": content.script_code,
        "name": content.name,
        "title": content.opts.get("title", ""),
        "comment": content.opts.get("comment", ""),
        "sites": msgspec.json.encode(content.sites).decode(),
    }


def task_row(tx: Transaction, task_id: UUID) -> Row | None:
    """`task_no, armed_at, paused` of a task of the caller's organization."""
    return tx.row(
        "SELECT task_no, armed_at, paused FROM svctasks WHERE organization_no = :organization AND thing_id = :thing",
        organization=tx.organization_no,
        thing=task_id.bytes,
    )


# Clocks ----------------------------------------------------------------------------------------------------------


def clocks_of(tx: Transaction, task_no: int) -> list[Clock]:
    """The clocks of a task, locked."""
    return [
        Clock(*row)
        for row in tx.rows(
            "SELECT task_no, scope, organization_no, cursor_at, next_start, tail_slot, tail_reason"
            f" FROM svctask_clocks WHERE task_no = :task ORDER BY scope{tx.flavour.row_lock}",
            task=task_no,
        )
    ]


def keep_clocks(tx: Transaction, clocks: Sequence[Clock]) -> None:
    """Keep clocks, new ones and known ones."""
    if clocks:
        tx.run_many(
            "INSERT INTO svctask_clocks (task_no, scope, organization_no, cursor_at, next_start, tail_slot,"
            " tail_reason) VALUES (:task, :scope, :organization, :cursor, :next, :tail, :reason)"
            " ON CONFLICT (task_no, scope) DO UPDATE SET cursor_at = excluded.cursor_at,"
            " next_start = excluded.next_start, tail_slot = excluded.tail_slot, tail_reason = excluded.tail_reason",
            [
                (
                    clock.task_no,
                    clock.scope,
                    clock.organization_no,
                    clock.cursor,
                    clock.next_start,
                    clock.tail_slot,
                    clock.tail_reason,
                )
                for clock in clocks
            ],
        )


def move_clocks(tx: Transaction, clocks: Sequence[Clock]) -> None:
    """Keep what the ticker did to clocks that it has claimed."""
    tx.amend(
        "svctask_clocks",
        {"task_no": "bigint", "scope": "text"},
        {"cursor_at": "bigint", "next_start": "bigint", "tail_slot": "bigint", "tail_reason": "text"},
        [
            (clock.task_no, clock.scope, clock.cursor, clock.next_start, clock.tail_slot, clock.tail_reason)
            for clock in clocks
        ],
    )


def delete_clocks(tx: Transaction, task_no: int, scopes: Iterable[str]) -> None:
    """Take clocks away."""
    for scope in scopes:
        tx.run("DELETE FROM svctask_clocks WHERE task_no = :task AND scope = :scope", task=task_no, scope=scope)


# The ledger ------------------------------------------------------------------------------------------------------


class Pages(Struct):
    """What is to be written into the ledger: new rows, and rows that only grow."""

    rows: list[tuple[Any, ...]] = []
    growths: list[tuple[Any, ...]] = []


def note(pages: Pages, clock: Clock, entries: Iterable[Entry], *, code: str, arm: int) -> None:
    """Note starts that did not happen; what only goes on with the last row of the clock makes that row longer."""
    for entry in entries:
        mark = f"{entry.outcome.value}: {entry.reason}"
        if clock.tail_slot is not None and clock.tail_reason == mark:
            pages.growths.append((entry.last_slot, entry.slots, clock.task_no, clock.tail_slot, clock.scope, arm))
            continue
        run_id = run_id_of(clock.task_no, clock.scope, entry.slot, origin=Origin.PLANNED, arm=arm, attempt=1)
        pages.rows.append(
            (
                clock.task_no,
                entry.slot,
                clock.scope,
                Origin.PLANNED.value,
                arm,
                1,
                run_id.bytes,
                clock.organization_no,
                entry.last_slot,
                entry.slots,
                OVER,
                code,
                "{}",
                clock.scope,
                None,
                0,
                entry.slot,
                entry.slot,
                0,
                0,
                entry.outcome.value,
                entry.reason,
                "",
                None,
            )
        )
        clock.tail_slot, clock.tail_reason = entry.slot, mark


def note_run(pages: Pages, run: NewRun) -> None:
    """Note a run."""
    pages.rows.append(
        (
            run.task_no,
            run.slot,
            run.scope,
            run.origin.value,
            run.arm,
            run.attempt,
            run.run_id.bytes,
            run.organization_no,
            run.slot,
            1,
            run.state,
            run.code,
            msgspec.json.encode(run.parameters).decode(),
            run.site,
            run.node_no,
            1,
            run.due_at,
            run.due_at,
            int(run.holds),
            0,
            run.outcome.value if run.outcome is not None else None,
            run.reason,
            "",
            run.started_at,
        )
    )


def write_pages(tx: Transaction, pages: Pages) -> set[UUID]:
    """Write what was noted.  A start that stands in the ledger already stays as it stands: it is not planned twice.

    Returns the ids of those that stood there.  Nobody else writes of the clocks that the caller holds, so whoever is
    not there now will not be there a moment later.
    """
    if pages.growths:
        tx.run_many(
            "UPDATE svctask_runs SET last_slot = :last, slots = slots + :slots"
            " WHERE task_no = :task AND slot = :slot AND scope = :scope AND origin = 'planned' AND arm = :arm"
            " AND attempt = 1",
            pages.growths,
        )
    known = _known(tx, [row[_RUN_ID_AT] for row in pages.rows])
    rows = [row for row in pages.rows if row[_RUN_ID_AT] not in known] if known else pages.rows
    if rows:
        tx.load("svctask_runs", _RUN_COLUMNS, rows)
    return {UUID(bytes=run_id) for run_id in known}


def _known(tx: Transaction, run_ids: Sequence[bytes]) -> set[bytes]:
    found = set()
    for at in range(0, len(run_ids), IDS_AT_ONCE):
        conditions = Conditions()
        conditions.add(conditions.among("run_id", run_ids[at : at + IDS_AT_ONCE]))
        rows = tx.rows(f"SELECT run_id FROM svctask_runs WHERE {conditions}", **conditions.values)
        found |= {bytes(run_id) for (run_id,) in rows}
    return found


def insert_run(tx: Transaction, run: NewRun) -> None:
    """Keep one run."""
    pages = Pages()
    note_run(pages, run)
    insert_rows(tx, "svctask_runs", _RUN_COLUMNS, pages.rows)


RUN_FIELDS = (
    "run_id, slot, last_slot, slots, site, state, outcome, reason, due_at, started_at, ended_at, end_reason, output,"
    " origin, attempt"
)


def run_document(row: Row) -> dict[str, Any]:
    """A row of the ledger as it is answered."""
    run_id, slot, last_slot, slots, site, state, outcome, reason, due_at, started, ended, end_reason, output = row[:13]
    return {
        "id": str(UUID(bytes=run_id)),
        "slot": written(instant_of(slot)),
        "last_slot": written(instant_of(last_slot)),
        "slots": slots,
        "site": site,
        "outcome": outcome or "waiting",
        "reason": reason,
        "lateness_ms": max(0, started - due_at) if started is not None else None,
        "endreason": end_reason or "",
        "duration_ms": ended - started if started is not None and ended is not None and state == OVER else None,
        "output": output,
        "origin": row[13],
        "attempt": row[14],
    }


def unfinished(tx: Transaction, task_nos: Iterable[int]) -> dict[tuple[int, str], int]:
    """How many runs of these tasks are under way or claimed, by task and scope."""
    found: dict[tuple[int, str], int] = {}
    numbers = sorted(set(task_nos))
    for at in range(0, len(numbers), IDS_AT_ONCE):
        conditions = Conditions()
        conditions.add(conditions.among("task_no", numbers[at : at + IDS_AT_ONCE]))
        for task_no, scope, count in tx.rows(
            f"SELECT task_no, scope, count(*) FROM svctask_runs WHERE state = 2 AND {conditions}"
            " GROUP BY task_no, scope",
            **conditions.values,
        ):
            found[task_no, scope] = count
    return found


def mark_once(tx: Transaction, mark: str, *, now: datetime) -> bool:
    """Whether a script of the caller's organization does for the first time what the mark names."""
    return (
        tx.run(
            "INSERT INTO script_marks (organization_no, mark, at) VALUES (:organization, :mark, :at)"
            " ON CONFLICT DO NOTHING",
            organization=tx.organization_no,
            mark=mark,
            at=milliseconds(now),
        )
        == 1
    )


# Sites -----------------------------------------------------------------------------------------------------------


def domains_by_site(tx: Transaction) -> list[tuple[str, tuple[str, ...]]]:
    """The sites, in the order of their first announcement, with the domains that each names."""
    return [
        (name, tuple(msgspec.json.decode(domains)))
        for name, domains in tx.rows("SELECT name, domains FROM svc_sites ORDER BY site_no")
    ]


def serving(tx: Transaction, organization_no: int) -> list[str]:
    """The sites that serve a domain, in the order of their first announcement."""
    named = domains_by_site(tx)
    if not any(domains for _, domains in named):
        return [name for name, _ in named]
    row = tx.row("SELECT name FROM organizations WHERE organization_no = :organization", organization=organization_no)
    return rules.serving(row[0] if row is not None else "", named)


def sites(tx: Transaction) -> list[Site]:
    """All sites, whether somebody is there, and how many scripts run there."""
    live = {name for (name,) in tx.rows("SELECT DISTINCT site FROM svc_nodes WHERE alive = 1")}
    names = [name for name, _ in domains_by_site(tx)]
    busy: dict[str, int] = {}
    if len(names) > 1:  # only then does it matter
        busy = dict(
            tx.rows(
                "SELECT n.site, count(*) FROM svctask_runs r JOIN svc_nodes n ON n.node_no = r.node_no"
                " WHERE r.state = 2 GROUP BY n.site"
            )
        )
    return [Site(name, name in live, busy.get(name, 0)) for name in names]


def sites_serving(tx: Transaction, organization_no: int) -> list[Site]:
    """Those of them that serve a domain."""
    names = set(serving(tx, organization_no))
    return [site for site in sites(tx) if site.name in names]
