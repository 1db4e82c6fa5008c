"""What can be done with service tasks and their runs.  Every function runs inside one transaction of the caller's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from askare.kernel.conditions import Kind, Wanted
from askare.kernel.paging import Page
from askare.kernel.problems import Conflict, Invalid, LimitReached, NotFound, Refused
from askare.kernel.time import instant_of, milliseconds, written
from askare.storage import history
from askare.storage.collection import Kept, text_of
from askare.storage.history import Change
from askare.storage.listing import EMPTY_NUMBER, Column, Shelf, listed
from askare.storage.transactions import Transaction
from askare.svctasks import alarms, rules, store, svcscripts
from askare.svctasks.model import (
    STAMP_GRAIN,
    Entry,
    Origin,
    Outcome,
    OverlapPolicy,
    Plan,
    Site,
    SiteMode,
    Surroundings,
    SvcTaskChange,
    SvcTaskContent,
    content_of,
    document_of,
    stamp,
)
from askare.svctasks.store import TASKS, Clock, NewRun, Pages
from askare.svctasks.svcscripts import codes_of_domain
from askare.svctasks.timetable import LOOK_AHEAD, PIECES_MAX, Outlook, decide, grid_of, outlook, windows_of
from askare.workdays import operations as workdays
from askare.workdays.windows import Calendar

KIND = "svctask"
SHELF = Shelf(
    table="svctasks",
    columns={
        "id": Column("thing_id", Kind.UUID),
        "name": Column("name", Kind.TEXT, long=True, collated=True),
        "isenabled": Column("enabled", Kind.FLAG),
        "svcscriptcode": Column("script_code", Kind.TEXT, long=True, collated=True),
        "sitemode": Column("site_mode", Kind.TEXT, collated=True),
        "sites": Column("sites", Kind.NAMES),
        "isregular": Column("regular", Kind.FLAG),
        "overlap": Column("may_overlap", Kind.FLAG),
        "intervalsec": Column("interval_sec", Kind.INTEGER),
        "dtstart": Column("start_at", Kind.INSTANT),
        "dtstop": Column("stop_at", Kind.INSTANT),
        "schedule": Column("schedule", Kind.TEXT, collated=True),
        "opts.title": Column("title", Kind.TEXT, long=True, collated=True),
        "opts.comment": Column("comment", Kind.TEXT, long=True, collated=True),
        "ext.ct": Column("created", Kind.INSTANT, grain=STAMP_GRAIN),
        "ext.lwt": Column("modified", Kind.INSTANT, grain=STAMP_GRAIN),
    },
    made=("created", "thing_id"),
)
LEDGER = Shelf(
    table="svctask_runs",
    columns={
        "id": Column("run_id", Kind.UUID),
        "slot": Column("slot", Kind.INSTANT),
        "last_slot": Column("last_slot", Kind.INSTANT),
        "slots": Column("slots", Kind.INTEGER),
        "site": Column("site", Kind.TEXT, long=True),
        "outcome": Column("coalesce(outcome, 'waiting')", Kind.TEXT),
        "reason": Column("reason", Kind.TEXT, long=True),
        "lateness_ms": Column(
            f"CASE WHEN started_at IS NULL THEN {EMPTY_NUMBER}"
            " WHEN started_at > due_at THEN started_at - due_at ELSE 0 END",
            Kind.INTEGER,
        ),
        "endreason": Column("coalesce(end_reason, '')", Kind.TEXT),
        "duration_ms": Column(
            f"CASE WHEN state < {store.OVER} OR started_at IS NULL OR ended_at IS NULL THEN {EMPTY_NUMBER}"
            " ELSE ended_at - started_at END",
            Kind.INTEGER,
        ),
        "output": Column("output", Kind.TEXT, long=True),
        "origin": Column("origin", Kind.TEXT),
        "attempt": Column("attempt", Kind.INTEGER),
    },
    made=("slot", "run_id"),
    select=store.RUN_FIELDS,
    read=store.run_document,
    newest_first=True,
)
PREVIEW_MAX = 1_000
PIECES_MIN = 200  # that are looked at for each site with a delay of its own
DROPPED_MAX = 10_000  # entries of one preview
BACKFILL_MAX = 1_000  # starts that one request may make up for
CHANGED_MEANWHILE = "the task was changed before it could start"
NO_LONGER = "the task was switched off or deleted before it could start"


class Saved(Struct, frozen=True):
    """A task as it is answered, its version, and what is surely not meant about it."""

    document: dict[str, Any]
    version: int
    warnings: tuple[str, ...] = ()


def create_svctask(
    tx: Transaction, content: SvcTaskContent, *, task_id: UUID, surroundings: Surroundings, now: datetime
) -> Saved:
    """Keep a new task.  The same id with the same content again answers the stored one (contract A19).

    Raises Invalid, and Conflict for an id in use.
    """
    _require_sound(content)
    stored = TASKS.find(tx, task_id, lock=True)
    if stored is not None:
        if rules.differs(content_of(stored.document), content):
            raise Conflict("Already exists")
        return _saved(tx, stored, content, surroundings, now=now)
    document = document_of(task_id, content, created=stamp(now), modified=stamp(now))
    armed_at = milliseconds(now)
    TASKS.insert(tx, task_id, document, now=now, columns=store.task_columns(content, armed_at=armed_at))
    history.record(tx, KIND, task_id, Change.CREATED, version=1, at=now, after=text_of(document))
    row = store.task_row(tx, task_id)
    assert row is not None  # noqa: S101  -- inserted above
    if content.is_enabled:
        _set_clocks(tx, row[0], content, [], armed_at=armed_at, now=armed_at, rearmed=True)
    return _saved(tx, Kept(task_id, 1, document), content, surroundings, now=now)


def get_svctask(tx: Transaction, task_id: UUID) -> Saved:
    """Raises NotFound."""
    stored = _stored(tx, task_id)
    return Saved(stored.document, stored.version)


def list_svctasks(tx: Transaction, wanted: Wanted) -> Page[dict[str, Any]]:
    """The tasks that are wanted, in their full form."""
    return listed(tx, SHELF, wanted)


def lookup_svctasks(tx: Transaction, key: str) -> list[UUID]:
    """The ids of the tasks with this key.  The key field is the id alone (contract A21)."""
    try:
        task_id = UUID(key)
    except ValueError:
        return []
    return [task_id] if TASKS.find(tx, task_id) is not None else []


def patch_svctask(
    tx: Transaction, task_id: UUID, change: SvcTaskChange, *, surroundings: Surroundings, now: datetime
) -> Saved:
    """Change what the change names; one that changes nothing leaves version and times alone.

    What does not touch the timetable never disturbs it.  Raises NotFound and Invalid.
    """
    stored = _stored(tx, task_id, lock=True)
    before = content_of(stored.document)
    content = rules.task_after(before, change)
    if not rules.differs(before, content):
        return _saved(tx, stored, before, surroundings, now=now)
    _require_sound(content)
    row = store.task_row(tx, task_id)
    assert row is not None  # noqa: S101  -- found above
    task_no, armed_before, paused = row
    at = milliseconds(now)
    rearmed = rules.is_rearmed(before, content) or bool(paused and content.is_enabled)
    armed_at = at if rearmed else armed_before
    version = stored.version + 1
    document = document_of(task_id, content, created=stored.document["ext"]["ct"], modified=stamp(now))
    TASKS.replace(
        tx, task_id, document, version=version, now=now, columns=store.task_columns(content, armed_at=armed_at)
    )
    history.record(
        tx,
        KIND,
        task_id,
        Change.UPDATED,
        version=version,
        at=now,
        before=text_of(stored.document),
        after=text_of(document),
    )
    _retime(tx, task_no, before, content, armed_before=armed_before, armed_at=armed_at, now=at, rearmed=rearmed,
            surroundings=surroundings, task_id=task_id)  # fmt: skip
    return _saved(tx, Kept(task_id, version, document), content, surroundings, now=now)


def delete_svctask(tx: Transaction, task_id: UUID, *, stop: bool, now: datetime) -> None:
    """Take a task away.  Its ledger stays; a running script goes on, unless it is to `stop`.  Raises NotFound."""
    stored = _stored(tx, task_id, lock=True)
    row = store.task_row(tx, task_id)
    assert row is not None  # noqa: S101  -- found above
    store.delete_clocks(tx, row[0], [clock.scope for clock in store.clocks_of(tx, row[0])])
    drop_waiting(tx, row[0], planned_only=False, now=milliseconds(now))
    if stop:
        tx.run(
            "UPDATE svctask_runs SET stop_asked = 1 WHERE task_no = :task AND state = 2",
            task=row[0],
        )
    TASKS.delete(tx, task_id)
    history.record(
        tx, KIND, task_id, Change.DELETED, version=stored.version + 1, at=now, before=text_of(stored.document)
    )


# Clocks ----------------------------------------------------------------------------------------------------------


def _retime(
    tx: Transaction,
    task_no: int,
    before: SvcTaskContent,
    after: SvcTaskContent,
    *,
    armed_before: int,
    armed_at: int,
    now: int,
    rearmed: bool,
    surroundings: Surroundings,
    task_id: UUID,
) -> None:
    """Set the clocks of a changed task, if the change touches them."""
    clocks = store.clocks_of(tx, task_no)
    plan_before = rules.plan_of(before, armed_at=armed_before)
    same_plan = plan_before == rules.plan_of(after, armed_at=armed_at)
    same_place = (rules.mode_of(before), before.sites) == (rules.mode_of(after), after.sites)
    same_jitter = rules.sched_of(before.ext)[0].jitter_sec == rules.sched_of(after.ext)[0].jitter_sec
    if before.is_enabled == after.is_enabled and same_plan and same_place and same_jitter and not rearmed:
        return
    if before.is_enabled:
        calendar = workdays.calendar(tx, defaults=surroundings.defaults)
        _settle(tx, clocks, before, plan_before, calendar, armed_at=armed_before, now=now, task_id=task_id)
    if not after.is_enabled:
        for clock in clocks:
            clock.next_start = None
        store.keep_clocks(tx, clocks)
        drop_waiting(tx, task_no, planned_only=True, now=now)
        return
    _set_clocks(tx, task_no, after, clocks, armed_at=armed_at, now=now, rearmed=rearmed)


def _settle(
    tx: Transaction,
    clocks: list[Clock],
    content: SvcTaskContent,
    plan: Plan,
    calendar: Calendar,
    *,
    armed_at: int,
    now: int,
    task_id: UUID,
) -> None:
    """Write down what became of the planned starts up to now, before the plan changes."""
    pages = Pages([], [])
    sched, _ = rules.sched_of(content.ext)
    arm = arm_of(content, armed_at)
    for clock in clocks:
        if clock.next_start is None or (not content.is_regular and clock.next_start > now):
            continue
        jitter = rules.jitter_of(sched, content, task_id=task_id, scope=clock.scope)
        decision = decide(plan, calendar, cursor=clock.cursor, now=now, jitter=jitter)
        lost = (Entry(slot, slot, 1, Outcome.MISSED, CHANGED_MEANWHILE) for slot in decision.starts)
        store.note(pages, clock, [*decision.entries, *lost], code=content.script_code, arm=arm)
        clock.cursor = decision.cursor
    store.write_pages(tx, pages)


def _set_clocks(
    tx: Transaction,
    task_no: int,
    content: SvcTaskContent,
    known: list[Clock],
    *,
    armed_at: int,
    now: int,
    rearmed: bool,
) -> None:
    """Give an enabled task the clocks of its scopes, each to be looked at by the next tick."""
    plan = rules.plan_of(content, armed_at=armed_at)
    scopes = rules.scopes_of(content, store.serving(tx, tx.organization_no))
    by_scope = {clock.scope: clock for clock in known}
    store.delete_clocks(tx, task_no, by_scope.keys() - set(scopes))
    wanted = []
    for scope in scopes:
        clock = by_scope.get(scope) or Clock(task_no, scope, tx.organization_no, now - 1, None, None, None)
        if plan.regular:
            clock.cursor = max(clock.cursor, now - 1)  # what was before is not replayed
        elif rearmed:
            clock.cursor = plan.anchor - 1
        clock.next_start = now
        clock.tail_slot = clock.tail_reason = None
        wanted.append(clock)
    store.keep_clocks(tx, wanted)


def new_site(tx: Transaction, site: str, *, now: int) -> None:
    """Give the tasks of all domains their clocks on a site that was never there before.  For the house itself."""
    if any(domains for _, domains in store.domains_by_site(tx)):
        _place_anew(tx, now=now)  # a new site serves the domains that nobody names
        return
    # The tasks that were kept before there was any site at all wait in the domain's name.
    tx.run(
        "UPDATE svctask_clocks SET scope = :site, next_start = :now WHERE scope = '' AND next_start IS NOT NULL"
        " AND task_no IN (SELECT task_no FROM svctasks WHERE spread = 1)",
        site=site,
        now=now,
    )
    tx.run(
        "INSERT INTO svctask_clocks (task_no, scope, organization_no, cursor_at, next_start)"
        " SELECT task_no, :site, organization_no, CAST(:before AS {bigint}), CAST(:now AS {bigint}) FROM svctasks"
        " WHERE spread = 1 AND enabled = 1 AND paused = 0 ON CONFLICT DO NOTHING".replace(
            "{bigint}", tx.flavour.ddl["bigint"]
        ),
        site=site,
        before=now - 1,
        now=now,
    )
    _place_anew(tx, now=now, spread=2)


def _place_anew(tx: Transaction, *, now: int, spread: int | None = None) -> None:
    """Give the tasks that start at several sites the clocks of the sites that serve their domain now, and no others.

    What a site was to start that serves the domain no more vanishes; what runs there goes on.
    """
    serving: dict[int, list[str]] = {}
    rows = tx.rows(
        "SELECT task_no, organization_no, document FROM svctasks WHERE enabled = 1 AND paused = 0"
        f" AND spread {'> 0' if spread is None else '= :spread'}",
        **({} if spread is None else {"spread": spread}),
    )
    for task_no, organization_no, document in rows:
        if organization_no not in serving:
            serving[organization_no] = store.serving(tx, organization_no)
        scopes = set(rules.scopes_of(content_of(msgspec.json.decode(document)), serving[organization_no]))
        known = {clock.scope for clock in store.clocks_of(tx, task_no)}
        store.delete_clocks(tx, task_no, known - scopes)
        new = sorted(scopes - known)
        store.keep_clocks(tx, [Clock(task_no, scope, organization_no, now - 1, now, None, None) for scope in new])


def name_domains(tx: Transaction, site: str, domains: Sequence[str], *, now: datetime) -> None:
    """Let a site serve these domains, with all below them, and no others; none: those that no site names.

    For the house itself.  Raises NotFound for a site that was never there.
    """
    said = msgspec.json.encode(list(dict.fromkeys(domains))).decode()
    if not tx.run("UPDATE svc_sites SET domains = :domains WHERE name = :name", domains=said, name=site):
        raise NotFound("site", "name")
    _place_anew(tx, now=milliseconds(now))


def arm_of(content: SvcTaskContent, armed_at: int) -> int:
    """What tells the single starts of one task apart that are planned for the same moment: when each was set."""
    return 0 if content.is_regular else armed_at


def drop_waiting(tx: Transaction, task_no: int, *, planned_only: bool, now: int) -> None:
    """End runs that were still to start: their task is switched off or gone."""
    tx.run(
        "UPDATE svctask_runs SET state = 3, outcome = 'missed', reason = :reason, ended_at = :now"
        f" WHERE task_no = :task AND state = 0{' AND origin = :planned' if planned_only else ''}",
        task=task_no,
        reason=NO_LONGER,
        now=now,
        **({"planned": Origin.PLANNED.value} if planned_only else {}),
    )


# Runs ------------------------------------------------------------------------------------------------------------


def list_runs(tx: Transaction, task_id: UUID, wanted: Wanted) -> Page[dict[str, Any]]:
    """The ledger of a task, newest first unless ordered otherwise.  Raises NotFound."""
    return listed(tx, LEDGER, wanted, within={"task_no": _task_no(tx, task_id)})


def ledger(tx: Transaction, task_id: UUID | None, *, outcome: str | None, limit: int) -> list[dict[str, Any]]:
    """What became of planned starts in the caller's domain, newest first, each with the name of its task."""
    rows = tx.rows(
        f"SELECT {', '.join(f'r.{field.strip()}' for field in store.RUN_FIELDS.split(','))}, t.document, r.code"
        " FROM svctask_runs r LEFT JOIN svctasks t ON t.task_no = r.task_no"
        " WHERE r.organization_no = :organization"
        f"{' AND t.thing_id = :task' if task_id is not None else ''}"
        f"{' AND r.outcome = :outcome' if outcome is not None else ''}"
        " ORDER BY r.slot DESC, r.run_id LIMIT :limit",
        organization=tx.organization_no,
        limit=limit,
        **({"task": task_id.bytes} if task_id is not None else {}),
        **({"outcome": outcome} if outcome is not None else {}),
    )
    return [
        {**store.run_document(row[:-2]), "task": msgspec.json.decode(row[-2])["name"] if row[-2] else row[-1]}
        for row in rows
    ]


def named(tx: Transaction, said: str) -> list[UUID]:
    """The ids of the tasks with this id or name, for the command line."""
    return lookup_svctasks(tx, said) or [
        UUID(bytes=thing_id)
        for (thing_id,) in tx.rows(
            "SELECT thing_id FROM svctasks WHERE organization_no = :organization"
            " AND substr(name, 1, 200) = substr(:said, 1, 200) AND name = :said ORDER BY created, thing_id",
            organization=tx.organization_no,
            said=said,
        )
    ]


def run_now(
    tx: Transaction,
    task_id: UUID,
    parameters: dict[str, Any],
    *,
    force: bool,
    surroundings: Surroundings,
    run_id: UUID,
    now: datetime,
) -> dict[str, Any]:
    """Start the task's script at once, enabled or not, in any window.  Returns its runtime form.

    Raises NotFound; Refused when the one before still runs and the task knows no overlap (unless forced), when the
    domain is blocked, and when no site can run it.
    """
    stored = _stored(tx, task_id, lock=True)
    content = content_of(stored.document)
    sched, _ = rules.sched_of(content.ext)
    task_no = _task_no(tx, task_id)
    site = _site_for_now(tx, content, surroundings)
    scope = site if rules.mode_of(content) in (SiteMode.ALL, SiteMode.LIST) else ""
    if not force and rules.overlap_policy_of(content, sched) is not OverlapPolicy.ALLOW:
        under_way = tx.row(
            "SELECT 1 FROM svctask_runs WHERE task_no = :task AND scope = :scope AND state < 3",
            task=task_no,
            scope=scope,
        )
        if under_way is not None:
            raise Refused("The task's last run is not over, and it knows no overlap; force: 1 starts it all the same.")
    return _insert_manual(
        tx,
        code=content.script_code,
        parameters={**sched.parameters, **parameters},
        task_no=task_no,
        scope=scope,
        site=site,
        surroundings=surroundings,
        run_id=run_id,
        now=now,
    )


def cancel_run(tx: Transaction, task_id: UUID, run_id: UUID, *, now: datetime) -> None:
    """Stop one run of a task; one that is over stays as it is.  Raises NotFound."""
    task_no = _task_no(tx, task_id)
    row = tx.row(
        "SELECT state FROM svctask_runs WHERE run_id = :run AND task_no = :task AND organization_no = :organization"
        f"{tx.flavour.row_lock}",
        run=run_id.bytes,
        task=task_no,
        organization=tx.organization_no,
    )
    if row is None:
        raise NotFound("run", "runid")
    _stop(tx, run_id, state=row[0], now=milliseconds(now))


def preview(
    tx: Transaction, task_id: UUID, *, count: int, start: datetime, surroundings: Surroundings
) -> dict[str, Any]:
    """The next `count` starts from `start` on, as if the task is enabled, and the dropped slots with their reasons.

    Raises NotFound.
    """
    stored = _stored(tx, task_id)
    content = content_of(stored.document)
    row = store.task_row(tx, task_id)
    assert row is not None  # noqa: S101  -- found above
    at = milliseconds(start)
    calendar = workdays.calendar(tx, defaults=surroundings.defaults)
    serving = _serving(tx, surroundings)
    plan = rules.plan_of(content, armed_at=row[1])
    answer = preview_of(content, plan, calendar, serving, task_id=task_id, start=at, count=min(count, PREVIEW_MAX))
    warnings = _warnings(tx, content, calendar, serving, surroundings, armed_at=row[1], now=at)
    if row[2]:
        warnings = (*warnings, "paused after failures: it does not start until it is saved again")
    if not content.is_enabled:
        warnings = (*warnings, "isenabled is 0: it does not start")
    return {**answer, "time_zone": plan.zone or calendar.zone, "warnings": list(warnings)}


def preview_of(
    content: SvcTaskContent,
    plan: Plan,
    calendar: Calendar,
    serving: Sequence[str],
    *,
    task_id: UUID,
    start: int,
    count: int,
) -> dict[str, Any]:
    """What is to come, over all scopes, in order of time, up to `until`.  Pure."""
    sched, _ = rules.sched_of(content.ext)
    scopes_of: dict[int, list[str]] = {}  # by how much later than planned they start: they differ by nothing else
    for scope in rules.scopes_of(content, serving):
        scopes_of.setdefault(rules.jitter_of(sched, content, task_id=task_id, scope=scope), []).append(scope)
    pieces_max = max(PIECES_MAX // len(scopes_of), PIECES_MIN)
    outlooks = {
        jitter: outlook(plan, calendar, start=start, count=count, jitter=jitter, pieces_max=pieces_max)
        for jitter in scopes_of
    }
    until = _told_until([(coming, len(scopes_of[jitter])) for jitter, coming in outlooks.items()], count)
    sites = [Site(name, live=True) for name in serving]
    starts: list[tuple[int, str, int]] = []
    dropped: list[tuple[int, str, Entry]] = []
    for jitter, coming in outlooks.items():
        for scope in scopes_of[jitter]:
            dropped += [(entry.slot, scope, entry) for entry in coming.dropped if until is None or entry.slot <= until]
            for planned in coming.starts:
                if until is not None and planned.slot > until:
                    break
                site = scope or rules.chosen_site(content, sites, slot_number=planned.slot // max(plan.interval, 1))
                if site is None:
                    none = Entry(planned.slot, planned.slot, 1, Outcome.NO_SITE, "no site")
                    dropped.append((planned.slot, scope, none))
                else:
                    starts.append((planned.slot, site, planned.at))
    starts.sort()
    dropped.sort(key=lambda item: item[:2])
    return {
        "starts": [_start_to_come(*one) for one in starts[:count]],
        "dropped": [_dropped(entry, scope) for _, scope, entry in dropped[:DROPPED_MAX]],
        "until": "" if until is None else written(instant_of(until)),
    }


def _told_until(outlooks: Sequence[tuple[Outlook, int]], count: int) -> int | None:
    """Up to which moment a preview of `count` starts tells everything; None when nothing comes after it.

    Each outlook is of so many scopes.  What comes after the last start that is shown is not told, nor what not every
    scope was looked at for.
    """
    ends = [coming.until for coming, _ in outlooks if not coming.is_whole]
    found = 0
    for slot, scopes in sorted((planned.slot, scopes) for coming, scopes in outlooks for planned in coming.starts):
        found += scopes
        if found > count:
            ends.append(slot)
            break
    return min(ends, default=None)


def _start_to_come(slot: int, site: str, at: int) -> dict[str, Any]:
    told = {"slot": written(instant_of(slot)), "site": site}
    return told if at == slot else {**told, "at": written(instant_of(at))}


def _dropped(entry: Entry, scope: str) -> dict[str, Any]:
    said = {
        "slot": written(instant_of(entry.slot)),
        "site": scope,
        "reason": f"{entry.outcome.value}: {entry.reason}" if entry.reason else entry.outcome.value,
    }
    return {**said, "slots": entry.slots, "last_slot": written(instant_of(entry.last_slot))}


def backfill(
    tx: Transaction,
    task_id: UUID,
    *,
    start: datetime,
    stop: datetime,
    overlap: bool,
    surroundings: Surroundings,
    now: datetime,
) -> dict[str, Any]:
    """Make up for the planned starts in [start, stop) whose window was open: all at once, or one after the other.

    Returns how many are new: repeating it starts nothing twice.  Raises NotFound, Refused for a single task, and
    LimitReached.
    """
    stored = _stored(tx, task_id, lock=True)
    content = content_of(stored.document)
    if not content.is_regular:
        raise Refused("Only a regular task has starts to make up for; start a single one now instead.")
    row = store.task_row(tx, task_id)
    assert row is not None  # noqa: S101  -- found above
    calendar = workdays.calendar(tx, defaults=surroundings.defaults)
    plan = rules.plan_of(content, armed_at=row[1])
    grid, windows = grid_of(plan, calendar), windows_of(plan, calendar)
    slots = []
    end = min(milliseconds(stop), milliseconds(now))
    slot = grid.at_or_after(max(milliseconds(start), plan.begin or milliseconds(start)))
    while slot is not None and slot < end and (plan.end is None or slot < plan.end):
        if windows.contains(slot):
            slots.append(slot)
            slot = grid.at_or_after(slot + 1)
        else:
            opening = next((opens for opens, _ in windows.openings(slot, min(end, slot + LOOK_AHEAD))), None)
            slot = grid.at_or_after(opening if opening is not None else min(end, slot + LOOK_AHEAD))
        if len(slots) > BACKFILL_MAX:
            raise LimitReached(
                f"At most {BACKFILL_MAX} starts are made up for at once.", "from", "choose a shorter time"
            )
    sched, _ = rules.sched_of(content.ext)
    pages = Pages([], [])
    site = _site_for_now(tx, content, surroundings)
    for slot in slots:
        for scope in rules.scopes_of(content, store.serving(tx, tx.organization_no)):
            store.note_run(
                pages,
                NewRun(
                    run_id=store.run_id_of(row[0], scope, slot, origin=Origin.BACKFILL, arm=0, attempt=1),
                    task_no=row[0],
                    organization_no=tx.organization_no,
                    slot=slot,
                    scope=scope,
                    origin=Origin.BACKFILL,
                    code=content.script_code,
                    parameters=sched.parameters,
                    site=scope or site,
                    due_at=milliseconds(now),
                    holds=not overlap,
                ),
            )
    stood_there = store.write_pages(tx, pages)
    return {"planned": len(pages.rows) - len(stood_there)}


# Runtimes --------------------------------------------------------------------------------------------------------


def start_script(
    tx: Transaction,
    code: str,
    parameters: dict[str, Any],
    *,
    surroundings: Surroundings,
    run_id: UUID,
    now: datetime,
) -> dict[str, Any]:
    """Start a script that no task asks for.  Returns its runtime form.

    Raises NotFound for a code that nobody knows, and Refused for one of which nothing can be carried out, and when the
    domain is blocked.
    """
    known = surroundings.script_codes | codes_of_domain(tx, surroundings.script_codes).keys()
    if code not in known and not svcscripts.is_kept(tx, code):
        raise NotFound("script", "code")
    live = [site.name for site in store.sites_serving(tx, tx.organization_no) if site.live]
    site = surroundings.site if surroundings.site in live or not live else live[0]
    return _insert_manual(
        tx,
        code=code,
        parameters=parameters,
        task_no=0,
        scope=site,
        site=site,
        surroundings=surroundings,
        run_id=run_id,
        now=now,
    )


def list_runtimes(tx: Transaction) -> list[dict[str, Any]]:
    """The scripts of the caller's domain that run or are about to."""
    domain = _domain_name(tx)
    return [
        _runtime(UUID(bytes=run_id), site, node or "", domain, code)
        for run_id, site, node, code in tx.rows(
            "SELECT r.run_id, r.site, n.name, r.code FROM svctask_runs r LEFT JOIN svc_nodes n ON n.node_no = r.node_no"
            " WHERE r.organization_no = :organization AND r.state < 3 ORDER BY r.due_at, r.run_id LIMIT 10000",
            organization=tx.organization_no,
        )
    ]


def stop_runtime(tx: Transaction, run_id: UUID, *, now: datetime) -> None:
    """Stop a script that runs or is about to.  Raises NotFound when there is none of this id."""
    row = tx.row(
        "SELECT state FROM svctask_runs WHERE run_id = :run AND organization_no = :organization AND state < 3"
        f"{tx.flavour.row_lock}",
        run=run_id.bytes,
        organization=tx.organization_no,
    )
    if row is None:
        raise NotFound("runtime", "id")
    _stop(tx, run_id, state=row[0], now=milliseconds(now))


def _stop(tx: Transaction, run_id: UUID, *, state: int, now: int) -> None:
    if state == store.WAITING:
        tx.run(
            "UPDATE svctask_runs SET state = 3, outcome = 'missed', reason = 'stopped before it could start',"
            " end_reason = 'stop', ended_at = :now WHERE run_id = :run",
            run=run_id.bytes,
            now=now,
        )
    elif state == store.RUNNING:
        tx.run("UPDATE svctask_runs SET stop_asked = 1 WHERE run_id = :run", run=run_id.bytes)


def _insert_manual(
    tx: Transaction,
    *,
    code: str,
    parameters: dict[str, Any],
    task_no: int,
    scope: str,
    site: str,
    surroundings: Surroundings,
    run_id: UUID,
    now: datetime,
) -> dict[str, Any]:
    if workdays.domain(tx).is_blocked:
        raise Refused("The domain is blocked: no script starts in it (domain_blocked).")
    if code not in surroundings.script_codes | codes_of_domain(tx, surroundings.script_codes).keys():
        what = "has nothing that this server can carry out" if svcscripts.is_kept(tx, code) else "does not exist"
        raise Refused(f"The script {code!r} {what} (script_not_found).")
    at = milliseconds(now)
    store.insert_run(
        tx,
        NewRun(
            run_id=run_id,
            task_no=task_no,
            organization_no=tx.organization_no,
            slot=at,
            scope=scope,
            origin=Origin.MANUAL,
            arm=run_id.int >> 66,  # two of the same millisecond are two all the same
            code=code,
            parameters=parameters,
            site=site,
            due_at=at,
        ),
    )
    node = tx.row("SELECT name FROM svc_nodes WHERE site = :site AND alive = 1 ORDER BY node_no", site=site)
    return _runtime(run_id, site, node[0] if node else "", _domain_name(tx), code)


def _runtime(run_id: UUID, site: str, node: str, domain: str, code: str) -> dict[str, Any]:
    return {"id": str(run_id), "site": site, "node": node, "domain": domain, "type": "svc", "code": code}


def _domain_name(tx: Transaction) -> str:
    row = tx.row("SELECT name FROM organizations WHERE organization_no = :no", no=tx.organization_no)
    return row[0] if row is not None else ""


def _site_for_now(tx: Transaction, content: SvcTaskContent, surroundings: Surroundings) -> str:
    """Where a start that somebody asks for happens: here, unless the task may not run here."""
    sites = store.sites_serving(tx, tx.organization_no)
    if not sites and not store.domains_by_site(tx):
        sites = [Site(surroundings.site, live=True)]
    eligible = rules.eligible(content, [site.name for site in sites])
    if not eligible:
        raise Refused("No site of `sites` serves this domain (no_site).")
    live = [site.name for site in sites if site.live and site.name in eligible] or eligible
    return surroundings.site if surroundings.site in live else live[0]


# Shared ----------------------------------------------------------------------------------------------------------


def _stored(tx: Transaction, task_id: UUID, *, lock: bool = False) -> Kept:
    stored = TASKS.find(tx, task_id, lock=lock)
    if stored is None:
        raise NotFound(KIND, "id")
    return stored


def _serving(tx: Transaction, surroundings: Surroundings) -> list[str]:
    """The sites that serve the caller's domain; before any was ever there, the one to which we belong."""
    found = store.serving(tx, tx.organization_no)
    return found if found or store.domains_by_site(tx) else [surroundings.site]


def _task_no(tx: Transaction, task_id: UUID) -> int:
    row = store.task_row(tx, task_id)
    if row is None:
        raise NotFound(KIND, "id")
    return int(row[0])


def _require_sound(content: SvcTaskContent) -> None:
    faults = rules.faults_of(content)
    if faults:
        raise Invalid(body=faults)


def _saved(
    tx: Transaction, stored: Kept, content: SvcTaskContent, surroundings: Surroundings, *, now: datetime
) -> Saved:
    row = store.task_row(tx, stored.thing_id)
    assert row is not None  # noqa: S101  -- it was stored
    serving = _serving(tx, surroundings)
    calendar = workdays.calendar(tx, defaults=surroundings.defaults)
    warnings = _warnings(tx, content, calendar, serving, surroundings, armed_at=row[1], now=milliseconds(now))
    return Saved(stored.document, stored.version, warnings)


def _warnings(
    tx: Transaction,
    content: SvcTaskContent,
    calendar: Calendar,
    serving: Sequence[str],
    surroundings: Surroundings,
    *,
    armed_at: int,
    now: int,
) -> tuple[str, ...]:
    codes = surroundings.script_codes | codes_of_domain(tx, surroundings.script_codes).keys()
    sched, _ = rules.sched_of(content.ext)
    return (
        *rules.warnings_of(content, calendar, serving=serving, script_codes=codes, armed_at=armed_at, now=now),
        *(alarms.unheard(tx, sched.alert_to) if sched.alert_after_failures or sched.alert_to else ()),
    )
