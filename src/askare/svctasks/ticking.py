"""What the ticker does in the database: claim what is due, note what is dropped, start, end, and see who is alive.

Every function runs inside one transaction that was opened for the house itself.  A node (one process at one site) has
a number that is never given again: it is the fencing number of every run that the node holds.  Once a node is declared
dead its runs are taken from it, and whatever it still writes changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from askare.storage.sql import Conditions
from askare.storage.transactions import Transaction
from askare.svctasks import alarms, rules, store
from askare.svctasks.model import (
    EndReason,
    Entry,
    Origin,
    Outcome,
    OverlapPolicy,
    Plan,
    Sched,
    Site,
    SvcTaskContent,
    content_of,
)
from askare.svctasks.operations import arm_of, new_site
from askare.svctasks.store import IDS_AT_ONCE, Clock, NewRun, Pages
from askare.svctasks.svcscripts import Alias, codes_of
from askare.svctasks.timetable import LATE_AFTER, Grid, decide, grid_of, windows_of
from askare.workdays import operations as workdays
from askare.workdays.model import Defaults, Domain
from askare.workdays.windows import Calendar

CLAIMED_AT_ONCE = 500
BUFFERED_MAX = 100  # runs of one task that wait for the one before
GRACE = 2_000  # how long a start waits for the site that should have it before another one takes it
LOOK_AGAIN = 5_000  # when a single start finds its gate closed by something that no calendar foretells
HELD_AGAIN = 1_000  # when a run that waits for another one is looked at anew, should nobody call it before
NEW_SITE_OFFLINE = "site {} is down"
BLOCKED = "domain_blocked"
TOO_MANY = "script_limit_site_count"
NO_SITE = "no site that may run it is alive"
OVERLAP = "the one before still runs"
NO_SCRIPT = "there is no script {!r}"
SUCCEEDED = "the next start came before this one could happen"
CLOSED = "its window had closed before it could start"


class Node(Struct, frozen=True):
    """This process, as it has announced itself."""

    node_no: int
    site: str
    name: str


class Knowledge:
    """What the ticker remembers between ticks; it is only ever a copy of what a version number vouches for."""

    def __init__(self, defaults: Defaults, script_codes: frozenset[str]) -> None:
        self.defaults = defaults
        self.script_codes = script_codes
        self._calendars: dict[int, tuple[int, Domain, Calendar]] = {}

    def calendar(self, tx: Transaction, organization_no: int) -> tuple[Domain, Calendar]:
        """The domain's words and hours."""
        row = tx.row(
            "SELECT calendar_version, document FROM domains WHERE organization_no = :organization",
            organization=organization_no,
        )
        version, text = row if row is not None else (0, "{}")
        known = self._calendars.get(organization_no)
        if known is None or known[0] != version:
            domain = msgspec.json.decode(text, type=Domain)
            calendar = workdays.calendar_of(tx, organization_no, domain, defaults=self.defaults)
            if len(self._calendars) > 10_000:
                self._calendars.clear()
            known = self._calendars[organization_no] = (version, domain, calendar)
        return known[1], known[2]


class Task(Struct, frozen=True):
    """A task as the ticker reads it."""

    task_id: UUID
    content: SvcTaskContent
    sched: Sched
    plan: Plan
    arm: int


class Claimed(Struct, frozen=True):
    """A run that this node is to start."""

    run_id: UUID
    organization_no: int
    organization_id: UUID
    task_no: int
    task_id: UUID | None
    code: str
    parameters: dict[str, Any]
    slot: int
    due_at: int
    attempt: int
    timeout_seconds: int


class Round(Struct, frozen=True):
    """What came of one claim: the runs to start, and how many planned starts had which outcome."""

    claimed: list[Claimed]
    outcomes: Counter[Outcome]


class Glance(Struct, frozen=True):
    """What a look at the clocks tells: the moment it is, whether there is anything to do, and when there will be."""

    now: int
    due: bool
    next_at: int | None
    stops: tuple[UUID, ...]
    untimed: bool


_DATABASE_CLOCK = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"


def present(tx: Transaction, own_clock: Callable[[], int]) -> int:
    """The moment it is: on PostgreSQL by the database's clock, which all machines share whatever their own ones say."""
    if tx.flavour.name == "sqlite":
        return own_clock()
    row = tx.row(f"SELECT {_DATABASE_CLOCK}")
    assert row is not None  # noqa: S101  -- a clock always answers
    return int(row[0])


# Nodes -----------------------------------------------------------------------------------------------------------


def announce(tx: Transaction, *, site: str, name: str, now: int) -> Node:
    """Say that a process is here and starts scripts at a site."""
    if tx.run("INSERT INTO svc_sites (name) VALUES (:name) ON CONFLICT DO NOTHING", name=site):
        new_site(tx, site, now=now)
    if tx.row("SELECT 1 FROM svc_nodes WHERE site = :site AND alive = 1", site=site) is None:
        _set_anew_on_start(tx, site, now=now)
    row = tx.row(
        "INSERT INTO svc_nodes (site, name, alive, beat, started_at) VALUES (:site, :name, 1, 0, :now)"
        " RETURNING node_no",
        site=site,
        name=name,
        now=now,
    )
    assert row is not None  # noqa: S101  -- RETURNING answers the inserted row
    return Node(row[0], site, name)


def _set_anew_on_start(tx: Transaction, site: str, *, now: int) -> None:
    """Set single starts anew that are wanted each time a site comes up (`ext.sched.onstart`)."""
    tx.run(
        "UPDATE svctask_clocks SET cursor_at = :before, next_start = :now, tail_slot = NULL, tail_reason = NULL"
        " WHERE scope IN ('', :site) AND task_no IN"
        " (SELECT task_no FROM svctasks WHERE onstart = 1 AND enabled = 1 AND paused = 0)",
        before=now - 1,
        now=now,
        site=site,
    )
    tx.run("UPDATE svctasks SET armed_at = :now WHERE onstart = 1 AND enabled = 1 AND paused = 0", now=now)


def beat(tx: Transaction, node: Node) -> bool:
    """Show that the node is alive; False when it has been declared dead, and must announce itself anew."""
    return tx.run("UPDATE svc_nodes SET beat = beat + 1 WHERE node_no = :node AND alive = 1", node=node.node_no) == 1


def nodes_not_at(tx: Transaction, sites: Collection[str]) -> list[int]:
    """The living nodes that are at none of these sites."""
    nodes = tx.rows("SELECT node_no, site FROM svc_nodes WHERE alive = 1 ORDER BY node_no")
    return [node_no for node_no, site in nodes if site not in sites]


def beats(tx: Transaction) -> dict[int, int]:
    """How often each living node has shown itself."""
    return dict(tx.rows("SELECT node_no, beat FROM svc_nodes WHERE alive = 1"))


def declare_dead(tx: Transaction, node_no: int, *, beat: int | None, now: int) -> list[UUID]:
    """Take its runs from a node that shows itself no more (or, without `beat`, that says goodbye).

    What it had started is over (ownerdown); returns the ids.  A beat since it was last seen saves it.
    """
    condition = "" if beat is None else " AND beat = :beat"
    values = {} if beat is None else {"beat": beat}
    if not tx.run(
        f"UPDATE svc_nodes SET alive = 0, ended_at = :now WHERE node_no = :node AND alive = 1{condition}",
        node=node_no,
        now=now,
        **values,
    ):
        return []
    lost = [
        UUID(bytes=run_id)
        for (run_id,) in tx.rows(
            f"SELECT run_id FROM svctask_runs WHERE node_no = :node AND state = 2{tx.flavour.row_lock}", node=node_no
        )
    ]
    for run_id in lost:
        end_run(tx, Ended(run_id, EndReason.OWNERDOWN, ""), node_no=node_no, now=now)
    return lost


# Looking ---------------------------------------------------------------------------------------------------------


def glance(tx: Transaction, node: Node, own_clock: Callable[[], int]) -> Glance:
    """Look at the clocks of the node's site and the domain's, by index; nothing is changed.

    One statement: it is asked twenty times a second, and on PostgreSQL each further one is a journey of its own.
    """
    is_own = tx.flavour.name == "sqlite"
    row = tx.row(
        "SELECT (SELECT min(next_start) FROM svctask_clocks WHERE scope = '' AND next_start IS NOT NULL),"
        " (SELECT min(next_start) FROM svctask_clocks WHERE scope = :site AND next_start IS NOT NULL),"
        " (SELECT min(look_at) FROM svctask_runs WHERE state = 0),"
        " (SELECT count(*) FROM domains WHERE timed_version <> calendar_version),"
        " (SELECT count(*) FROM svctask_runs WHERE node_no = :node AND stop_asked = 1 AND state = 2),"
        f" {':now' if is_own else _DATABASE_CLOCK}",
        site=node.site,
        node=node.node_no,
        **({"now": own_clock()} if is_own else {}),
    )
    assert row is not None  # noqa: S101  -- a line of aggregates always answers
    moments, (untimed, stops, now) = [moment for moment in row[:3] if moment is not None], row[3:]
    next_at = min(moments, default=None)
    return Glance(
        now=now,
        due=next_at is not None and next_at <= now,
        next_at=next_at,
        stops=_to_stop(tx, node) if stops else (),
        untimed=bool(untimed),
    )


def _to_stop(tx: Transaction, node: Node) -> tuple[UUID, ...]:
    """The node's runs that somebody asked to stop."""
    rows = tx.rows(
        "SELECT run_id FROM svctask_runs WHERE node_no = :node AND stop_asked = 1 AND state = 2", node=node.node_no
    )
    return tuple(UUID(bytes=run_id) for (run_id,) in rows)


def retime_domains(tx: Transaction, *, now: int) -> None:
    """Look anew at the tasks of domains whose hours have changed."""
    for organization_no, version in tx.rows(
        "SELECT organization_no, calendar_version FROM domains WHERE timed_version <> calendar_version LIMIT 100"
    ):
        tx.run(
            "UPDATE svctask_clocks SET next_start = :now WHERE next_start > :now AND task_no IN"
            " (SELECT task_no FROM svctasks WHERE organization_no = :organization AND windowed = 1 AND enabled = 1)",
            organization=organization_no,
            now=now,
        )
        tx.run(
            "UPDATE domains SET timed_version = :version WHERE organization_no = :organization",
            organization=organization_no,
            version=version,
        )


# Claiming --------------------------------------------------------------------------------------------------------


class _Desk:
    """One claim: what was read once for all of its tasks, and what is to be written at its end."""

    def __init__(self, tx: Transaction, node: Node, knowledge: Knowledge, *, now: int, room: int) -> None:
        self.tx = tx
        self.node = node
        self.knowledge = knowledge
        self.now = now
        self.room = room
        self.pages = Pages([], [])
        self.claimed: list[Claimed] = []
        self.outcomes: Counter[Outcome] = Counter()
        self.under_way: dict[tuple[int, str], int] = {}
        self._domains: dict[int, tuple[Domain, Calendar]] = {}
        self._aliases: dict[int, dict[str, Alias]] = {}
        self._organizations: dict[int, UUID] = {}
        self._running_here: dict[int, int] = {}
        self._sites: list[Site] | None = None
        self._serving: dict[int, list[Site]] = {}

    def domain(self, organization_no: int) -> tuple[Domain, Calendar]:
        found = self._domains.get(organization_no)
        if found is None:
            found = self._domains[organization_no] = self.knowledge.calendar(self.tx, organization_no)
        return found

    def organization_id(self, organization_no: int) -> UUID:
        found = self._organizations.get(organization_no)
        if found is None:
            row = self.tx.row(
                "SELECT organization_id FROM organizations WHERE organization_no = :no", no=organization_no
            )
            found = self._organizations[organization_no] = UUID(bytes=row[0]) if row is not None else UUID(int=0)
        return found

    def script(self, organization_no: int, code: str) -> Alias | None:
        """What a code stands for, None when nobody here can carry it out."""
        if code in self.knowledge.script_codes:
            return Alias(code, {})
        aliases = self._aliases.get(organization_no)
        if aliases is None:
            aliases = codes_of(self.tx, organization_no, self.knowledge.script_codes)
            self._aliases[organization_no] = aliases
        return aliases.get(code)

    def sites(self) -> list[Site]:
        if self._sites is None:
            self._sites = store.sites(self.tx)
        return self._sites

    def serving(self, organization_no: int) -> list[Site]:
        """The sites that serve a domain."""
        found = self._serving.get(organization_no)
        if found is None:
            names = set(store.serving(self.tx, organization_no))
            found = self._serving[organization_no] = [site for site in self.sites() if site.name in names]
        return found

    def is_full(self, organization_no: int, limit: int) -> bool:
        """Whether as many scripts of the domain run at this site as may."""
        if not limit:
            return False
        if organization_no not in self._running_here:
            row = self.tx.row(
                "SELECT count(*) FROM svctask_runs WHERE organization_no = :organization AND state = 2"
                " AND node_no IN (SELECT node_no FROM svc_nodes WHERE site = :site AND alive = 1)",
                organization=organization_no,
                site=self.node.site,
            )
            self._running_here[organization_no] = row[0] if row is not None else 0
        return self._running_here[organization_no] >= limit

    def take(self, run: NewRun, task_id: UUID | None, alias: Alias, timeout_seconds: int) -> None:
        """Note a run as ours, to be started."""
        key = run.task_no, run.scope
        self.under_way[key] = self.under_way.get(key, 0) + 1
        if run.organization_no in self._running_here:
            self._running_here[run.organization_no] += 1
        self.room -= 1
        self.claimed.append(
            Claimed(
                run.run_id,
                run.organization_no,
                self.organization_id(run.organization_no),
                run.task_no,
                task_id,
                alias.code,
                {**alias.parameters, **run.parameters},
                run.slot,
                run.due_at,
                run.attempt,
                timeout_seconds,
            )
        )


def claim(
    tx: Transaction, node: Node, knowledge: Knowledge, *, now: int, room: int, at_once: int = CLAIMED_AT_ONCE
) -> Round:
    """Claim up to `room` starts that are due for this node, and write down every planned start that does not happen.

    What is claimed counts as started: its script begins as soon as this is on the disk, and before that nothing of it
    can have happened.  Running twice is harmless: a slot that was thought of is behind the clock's cursor, and unique
    in the ledger.
    """
    if not _holds_on(tx, node):
        return Round([], Counter())
    desk = _Desk(tx, node, knowledge, now=now, room=room)
    if desk.room > 0:
        _claim_waiting(desk, at_once)
    for scope in ("", node.site):
        if desk.room > 0:
            _claim_planned(desk, scope, min(at_once, desk.room))
    known = store.write_pages(tx, desk.pages)
    claimed = [one for one in desk.claimed if one.run_id not in known] if known else desk.claimed
    desk.outcomes.update(rules.outcome_of_start(lateness=now - one.due_at) for one in claimed)
    return Round(claimed, desk.outcomes)


def _holds_on(tx: Transaction, node: Node) -> bool:
    """Whether the node still counts as alive; its row is ours until the end of the transaction."""
    row = tx.row(
        f"SELECT alive FROM svc_nodes WHERE node_no = :node{tx.flavour.row_lock}",
        node=node.node_no,
    )
    return row is not None and row[0] == 1


_DUE = (
    "SELECT u.task_no, u.scope, u.organization_no, u.cursor_at, u.next_start, u.tail_slot, u.tail_reason,"
    " t.thing_id, t.armed_at, t.document FROM svctask_clocks u JOIN svctasks t ON t.task_no = u.task_no"
    " WHERE u.scope = :scope AND u.next_start <= :now ORDER BY u.next_start LIMIT :limit"
)


def _claim_planned(desk: _Desk, scope: str, limit: int) -> None:
    rows = desk.tx.rows(f"{_DUE}{desk.tx.flavour.claim}", scope=scope, now=desk.now, limit=limit)
    due = [(Clock(*row[:7]), _task_of(*row[7:])) for row in rows]
    cares = [clock.task_no for clock, task in due if _policy(task) is not OverlapPolicy.ALLOW]
    desk.under_way.update(store.unfinished(desk.tx, cares))
    moved = [clock for clock, task in due if _advance(desk, clock, task)]
    store.move_clocks(desk.tx, moved)


def _task_of(thing_id: bytes, armed_at: int, document: str) -> Task:
    content = content_of(msgspec.json.decode(document))
    sched, _ = rules.sched_of(content.ext)
    plan = rules.plan_of(content, armed_at=armed_at)
    return Task(UUID(bytes=thing_id), content, sched, plan, arm_of(content, armed_at))


def _policy(task: Task) -> OverlapPolicy:
    return rules.overlap_policy_of(task.content, task.sched)


def _advance(desk: _Desk, clock: Clock, task: Task) -> bool:
    """Bring one clock up to now.  Returns False when it is left for another site."""
    domain, calendar = desk.domain(clock.organization_no)
    jitter = rules.jitter_of(task.sched, task.content, task_id=task.task_id, scope=clock.scope)
    decision = decide(task.plan, calendar, cursor=clock.cursor, now=desk.now, jitter=jitter)
    if decision.starts and not clock.scope and not _is_ours(desk, clock, task, decision.starts[-1] + jitter):
        return False
    cursor_before = clock.cursor
    _note(desk, clock, task, decision.entries)
    clock.cursor, clock.next_start = decision.cursor, decision.attend
    for slot in decision.starts:
        refusal = _start(desk, clock, task, domain, slot, slot + jitter)
        if refusal is None:
            clock.tail_slot = clock.tail_reason = None
        elif not task.plan.regular and refusal[0] is not Outcome.SCRIPT_NOT_FOUND:
            # A single start waits for its gate, whatever closed it, as long as it is relevant.
            clock.cursor = cursor_before
            clock.next_start = min(desk.now + LOOK_AGAIN, task.plan.end or desk.now + LOOK_AGAIN)
        else:
            _note(desk, clock, task, [Entry(slot, slot, 1, *refusal)])
    return True


def _note(desk: _Desk, clock: Clock, task: Task, entries: Sequence[Entry]) -> None:
    """Note planned starts that do not happen."""
    store.note(desk.pages, clock, entries, code=task.content.script_code, arm=task.arm)
    for entry in entries:
        desk.outcomes[entry.outcome] += entry.slots


def _is_ours(desk: _Desk, clock: Clock, task: Task, due_at: int) -> bool:
    """Whether a start of the whole domain is for this site: it is chosen, or the chosen one has let it wait."""
    sites = desk.serving(clock.organization_no)
    slot_number = (clock.next_start or 0) // max(task.plan.interval, 1)
    chosen = rules.chosen_site(task.content, sites, slot_number=slot_number)
    if chosen is None or chosen == desk.node.site:
        return True
    eligible = rules.eligible(task.content, [site.name for site in sites])
    return desk.node.site in eligible and desk.now - due_at > GRACE


def _start(desk: _Desk, clock: Clock, task: Task, domain: Domain, slot: int, due_at: int) -> tuple[Outcome, str] | None:
    """Start a planned run, or say why not.  Source: contract 6.1, gate 4 to 7."""
    content = task.content
    if domain.is_blocked:
        return Outcome.LIMIT, BLOCKED
    alias = desk.script(clock.organization_no, content.script_code)
    if alias is None:
        return Outcome.SCRIPT_NOT_FOUND, NO_SCRIPT.format(content.script_code)
    if not clock.scope and desk.node.site not in rules.eligible(
        content, [site.name for site in desk.serving(clock.organization_no)]
    ):
        return Outcome.NO_SITE, NO_SITE
    policy = _policy(task)
    holds = False
    if policy is not OverlapPolicy.ALLOW and desk.under_way.get((clock.task_no, clock.scope)):
        refusal, holds = _overlap(desk, clock, policy)
        if refusal is not None:
            return refusal
    if desk.is_full(clock.organization_no, domain.script_limit_site_count):
        return Outcome.LIMIT, TOO_MANY
    run = NewRun(
        run_id=store.run_id_of(clock.task_no, clock.scope, slot, origin=Origin.PLANNED, arm=task.arm, attempt=1),
        task_no=clock.task_no,
        organization_no=clock.organization_no,
        slot=slot,
        scope=clock.scope,
        origin=Origin.PLANNED,
        arm=task.arm,
        state=store.WAITING if holds else store.RUNNING,
        code=content.script_code,
        parameters=task.sched.parameters,
        site=clock.scope if holds else desk.node.site,
        node_no=None if holds else desk.node.node_no,
        due_at=due_at,
        holds=holds,
        outcome=None if holds else rules.outcome_of_start(lateness=desk.now - due_at),
        reason=_reason_of_lateness(task, slot, desk.now),
        started_at=None if holds else desk.now,
    )
    store.note_run(desk.pages, run)
    if not holds:
        desk.take(run, task.task_id, alias, task.sched.timeout_sec or domain.script_duration_sec)
    return None


def _reason_of_lateness(task: Task, slot: int, now: int) -> str:
    if not task.plan.regular and now - slot > LATE_AFTER:
        return "started when its window opened or a site came up"
    return ""


def _overlap(desk: _Desk, clock: Clock, policy: OverlapPolicy) -> tuple[tuple[Outcome, str] | None, bool]:
    """What a start does whose predecessor still runs: the refusal, if it is one, and whether it waits."""
    if policy is OverlapPolicy.SKIP:
        return (Outcome.SKIPPED_OVERLAP, OVERLAP), False
    if policy is OverlapPolicy.TERMINATEOTHER:
        # It is over at once; its node finds that the run is no longer its own, and stops the script.
        desk.tx.run(
            "UPDATE svctask_runs SET state = 3, ended_at = :now, end_reason = 'stop', fence = fence + 1,"
            " output = 'ended for the next start' WHERE task_no = :task AND scope = :scope AND state = 2",
            task=clock.task_no,
            scope=clock.scope,
            now=desk.now,
        )
        desk.under_way[clock.task_no, clock.scope] = 0
        return None, False
    if policy is OverlapPolicy.CANCELOTHER:
        desk.tx.run(
            "UPDATE svctask_runs SET stop_asked = 1 WHERE task_no = :task AND scope = :scope AND state = 2",
            task=clock.task_no,
            scope=clock.scope,
        )
    row = desk.tx.row(
        "SELECT count(*) FROM svctask_runs WHERE task_no = :task AND scope = :scope AND state = 0 AND holds = 1",
        task=clock.task_no,
        scope=clock.scope,
    )
    waiting = row[0] if row is not None else 0
    if policy is OverlapPolicy.BUFFERALL:
        return (
            ((Outcome.LIMIT, f"{BUFFERED_MAX} starts wait already"), False) if waiting >= BUFFERED_MAX else (None, True)
        )
    return ((Outcome.SKIPPED_OVERLAP, "one start waits already"), False) if waiting else (None, True)


_WAITING = (
    "SELECT u.run_id, u.task_no, u.organization_no, u.slot, u.scope, u.origin, u.arm, u.attempt, u.code,"
    " u.parameters, u.site, u.due_at, u.holds FROM svctask_runs u"
    " WHERE u.state = 0 AND u.look_at <= :now ORDER BY u.look_at LIMIT :limit"
)


def _claim_waiting(desk: _Desk, limit: int) -> None:
    """Claim runs that were asked for, put off, or lost before they started."""
    rows = desk.tx.rows(f"{_WAITING}{desk.tx.flavour.claim}", now=desk.now, limit=limit)
    live = {site.name for site in desk.sites() if site.live} if rows else set()
    tasks = _tasks_of(desk.tx, {row[1] for row in rows})
    for row in rows:
        if desk.room <= 0:
            return
        run = NewRun(
            run_id=UUID(bytes=row[0]),
            task_no=row[1],
            organization_no=row[2],
            slot=row[3],
            scope=row[4],
            origin=Origin(row[5]),
            arm=row[6],
            attempt=row[7],
            code=row[8],
            parameters=msgspec.json.decode(row[9]),
            site=row[10],
            due_at=row[11],
            holds=bool(row[12]),
        )
        if run.site and run.site != desk.node.site and run.site in live:
            continue
        _claim_one_waiting(desk, run, tasks.get(run.task_no))


def _claim_one_waiting(desk: _Desk, run: NewRun, task: Task | None) -> None:
    domain, calendar = desk.domain(run.organization_no)
    alias = desk.script(run.organization_no, run.code)
    if domain.is_blocked:
        _drop(desk, run, Outcome.LIMIT, BLOCKED)
        return
    if alias is None:
        _drop(desk, run, Outcome.SCRIPT_NOT_FOUND, NO_SCRIPT.format(run.code))
        return
    if run.origin is Origin.PLANNED and task is not None:
        if not windows_of(task.plan, calendar).contains(desk.now):
            _drop(desk, run, Outcome.MISSED, CLOSED)
            return
        if not run.holds and run.attempt == 1 and _is_succeeded(task, calendar, run.slot, desk.now):
            _drop(desk, run, Outcome.MISSED, SUCCEEDED)
            return
    if not run.site and task is not None:
        if desk.node.site not in rules.eligible(task.content, [one.name for one in desk.serving(run.organization_no)]):
            return
    elif run.site and run.site != desk.node.site:  # its own site is down, and nobody there will ever start it
        if run.origin is not Origin.MANUAL:
            _drop(desk, run, Outcome.MISSED, NEW_SITE_OFFLINE.format(run.site))
            return
        if task is not None and desk.node.site not in rules.eligible(
            task.content, [one.name for one in desk.serving(run.organization_no)]
        ):
            _put_off(desk, run, LOOK_AGAIN)
            return
    if run.holds and store.unfinished(desk.tx, [run.task_no]).get((run.task_no, run.scope)):
        _put_off(desk, run, HELD_AGAIN)
        return
    if run.holds and desk.under_way.get((run.task_no, run.scope)):
        _put_off(desk, run, HELD_AGAIN)
        return
    if desk.is_full(run.organization_no, domain.script_limit_site_count):
        _put_off(desk, run, HELD_AGAIN)
        return
    desk.tx.run(
        "UPDATE svctask_runs SET state = 2, node_no = :node, site = :site, started_at = :now, outcome = :outcome"
        " WHERE run_id = :run AND state = 0",
        node=desk.node.node_no,
        site=desk.node.site,
        now=desk.now,
        outcome=rules.outcome_of_start(lateness=desk.now - run.due_at).value,
        run=run.run_id.bytes,
    )
    timeout = (task.sched.timeout_sec if task is not None else 0) or domain.script_duration_sec
    desk.take(run, task.task_id if task is not None else None, alias, timeout)


def _is_succeeded(task: Task, calendar: Calendar, slot: int, now: int) -> bool:
    if not task.plan.regular:
        return False
    grid: Grid = grid_of(task.plan, calendar)
    following = grid.at_or_after(slot + 1)
    return following is not None and following <= now


def _drop(desk: _Desk, run: NewRun, outcome: Outcome, reason: str) -> None:
    desk.outcomes[outcome] += 1
    desk.tx.run(
        "UPDATE svctask_runs SET state = 3, outcome = :outcome, reason = :reason, ended_at = :now"
        " WHERE run_id = :run AND state = 0",
        outcome=outcome.value,
        reason=reason,
        now=desk.now,
        run=run.run_id.bytes,
    )


def _put_off(desk: _Desk, run: NewRun, by: int) -> None:
    desk.tx.run(
        "UPDATE svctask_runs SET look_at = :look WHERE run_id = :run AND state = 0",
        look=desk.now + by,
        run=run.run_id.bytes,
    )


def _tasks_of(tx: Transaction, task_nos: Iterable[int]) -> dict[int, Task]:
    found = {}
    numbers = sorted(task_nos)
    for at in range(0, len(numbers), IDS_AT_ONCE):
        conditions = Conditions()
        conditions.add(conditions.among("task_no", numbers[at : at + IDS_AT_ONCE]))
        for task_no, thing_id, armed_at, document in tx.rows(
            f"SELECT task_no, thing_id, armed_at, document FROM svctasks WHERE {conditions}", **conditions.values
        ):
            found[task_no] = _task_of(thing_id, armed_at, document)
    return found


def is_due_at_dead_sites(tx: Transaction, node: Node, *, now: int) -> bool:
    """Whether something was planned where nobody is."""
    return (
        tx.row(
            "SELECT 1 FROM svc_sites s WHERE s.name <> :own"
            " AND NOT EXISTS (SELECT 1 FROM svc_nodes n WHERE n.site = s.name AND n.alive = 1)"
            " AND EXISTS (SELECT 1 FROM svctask_clocks c WHERE c.scope = s.name AND c.next_start <= :now)",
            own=node.site,
            now=now,
        )
        is not None
    )


def note_dead_sites(tx: Transaction, node: Node, knowledge: Knowledge, *, now: int) -> Counter[Outcome]:
    """Write down the planned starts of sites where nobody is: missed there, and there only.  Returns how many had
    which outcome."""
    outcomes: Counter[Outcome] = Counter()
    if not _holds_on(tx, node):
        return outcomes
    for site in store.sites(tx):
        if site.live or site.name == node.site:
            continue
        desk = _Desk(tx, node, knowledge, now=now, room=0)
        rows = tx.rows(f"{_DUE}{tx.flavour.claim}", scope=site.name, now=now, limit=CLAIMED_AT_ONCE)
        moved = []
        for row in rows:
            clock, task = Clock(*row[:7]), _task_of(*row[7:])
            _, calendar = desk.domain(clock.organization_no)
            jitter = rules.jitter_of(task.sched, task.content, task_id=task.task_id, scope=clock.scope)
            decision = decide(task.plan, calendar, cursor=clock.cursor, now=now, jitter=jitter)
            lost: Sequence[Entry] = ()
            if task.plan.regular:
                reason = NEW_SITE_OFFLINE.format(site.name)
                lost = [Entry(slot, slot, 1, Outcome.MISSED, reason) for slot in decision.starts]
            elif decision.starts:  # a single start waits for its site
                clock.next_start = min(now + LOOK_AGAIN, task.plan.end or now + LOOK_AGAIN)
                moved.append(clock)
                continue
            _note(desk, clock, task, [*decision.entries, *lost])
            clock.cursor, clock.next_start = decision.cursor, decision.attend
            moved.append(clock)
        store.move_clocks(tx, moved)
        store.write_pages(tx, desk.pages)
        outcomes += desk.outcomes
    return outcomes


def count_due(tx: Transaction, node: Node, *, now: int, limit: int) -> int:
    """How many starts of the node's site and of whole domains are due and not started anywhere; at most `limit`."""
    row = tx.row(
        "SELECT (SELECT count(*) FROM (SELECT 1 FROM svctask_clocks WHERE scope = '' AND next_start <= :now"
        " LIMIT :limit) d)"
        " + (SELECT count(*) FROM (SELECT 1 FROM svctask_clocks WHERE scope = :site AND next_start <= :now"
        " LIMIT :limit) s)"
        " + (SELECT count(*) FROM (SELECT 1 FROM svctask_runs WHERE state = 0 AND look_at <= :now LIMIT :limit) r)",
        site=node.site,
        now=now,
        limit=limit,
    )
    return min(limit, row[0]) if row is not None else 0


# Ending ----------------------------------------------------------------------------------------------------------


class Ended(Struct, frozen=True):
    """How a run ended, and what it said."""

    run_id: UUID
    reason: EndReason
    output: str


class Upset(Struct, frozen=True):
    """A task whose runs have failed so often in a row that somebody must hear of it, and how many were written to."""

    organization_no: int
    task_id: UUID
    name: str
    failures: int
    paused: bool
    letters: int


def end(tx: Transaction, node: Node, ended: Sequence[Ended], *, now: int) -> list[Upset]:
    """Write down how runs ended.  What is no longer this node's changes nothing."""
    normal = [one for one in ended if one.reason is EndReason.NORMAL]
    if normal:
        tx.amend(
            "svctask_runs",
            {"run_id": "bytes", "node_no": "bigint", "state": "bigint"},
            {"state": "bigint", "ended_at": "bigint", "end_reason": "text", "output": "text"},
            [
                (one.run_id.bytes, node.node_no, store.RUNNING, store.OVER, now, EndReason.NORMAL.value, one.output)
                for one in normal
            ],
        )
        for at in range(0, len(normal), IDS_AT_ONCE):
            conditions = Conditions()
            conditions.add(conditions.among("run_id", [one.run_id.bytes for one in normal[at : at + IDS_AT_ONCE]]))
            tx.run(
                "UPDATE svctasks SET failures = 0 WHERE failures > 0 AND task_no IN"
                f" (SELECT task_no FROM svctask_runs WHERE {conditions})",
                **conditions.values,
            )
            tx.run(
                "UPDATE svctask_runs SET look_at = :now WHERE state = 0 AND holds = 1 AND look_at > :now AND task_no IN"
                f" (SELECT task_no FROM svctask_runs WHERE {conditions})",
                now=now,
                **conditions.values,
            )
    return [
        upset
        for one in ended
        if one.reason is not EndReason.NORMAL and (upset := end_run(tx, one, node_no=node.node_no, now=now)) is not None
    ]


def end_run(tx: Transaction, ended: Ended, *, node_no: int, now: int) -> Upset | None:
    """Write down how one run ended that did not end well; try it again where its task asks for that."""
    row = tx.row(
        "UPDATE svctask_runs SET state = 3, ended_at = :now, end_reason = :reason, output = :output,"
        " fence = fence + 1 WHERE run_id = :run AND node_no = :node AND state = 2"
        " RETURNING task_no, organization_no, slot, scope, origin, arm, attempt, code, parameters, site",
        now=now,
        reason=ended.reason.value,
        output=ended.output,
        run=ended.run_id.bytes,
        node=node_no,
    )
    if row is None:
        return None
    task_no, organization_no, slot, scope, origin, arm, attempt, code, parameters, site = row
    tx.run(
        "UPDATE svctask_runs SET look_at = :now WHERE state = 0 AND holds = 1 AND look_at > :now AND task_no = :task",
        now=now,
        task=task_no,
    )
    task = _tasks_of(tx, [task_no]).get(task_no)
    if task is None or ended.reason is EndReason.STOP:
        return None
    if ended.reason in task.sched.retry.on:
        pause = rules.retry_pause(task.sched.retry, attempt=attempt)
        if pause is not None:
            store.insert_run(
                tx,
                NewRun(
                    run_id=store.run_id_of(task_no, scope, slot, origin=Origin(origin), arm=arm, attempt=attempt + 1),
                    task_no=task_no,
                    organization_no=organization_no,
                    slot=slot,
                    scope=scope,
                    origin=Origin(origin),
                    arm=arm,
                    attempt=attempt + 1,
                    code=code,
                    parameters=msgspec.json.decode(parameters),
                    site=site if Origin(origin) is Origin.MANUAL else scope,
                    due_at=now + pause,
                    reason=f"tried again after {ended.reason.value}",
                ),
            )
            return None
    return _count_failure(tx, task_no, organization_no, task, ended, slot=slot, site=site, now=now)


def _count_failure(
    tx: Transaction, task_no: int, organization_no: int, task: Task, ended: Ended, *, slot: int, site: str, now: int
) -> Upset | None:
    """Count a run that failed for good; tell people when the streak is as long as the task says.

    Of a task that is paused already, the runs that were still under way say nothing new.
    """
    row = tx.row("UPDATE svctasks SET failures = failures + 1 WHERE task_no = :task RETURNING failures", task=task_no)
    failures = row[0] if row is not None else 0
    pause_after, alert_after = task.sched.pause_after_failures, task.sched.alert_after_failures
    paused = bool(pause_after) and failures >= pause_after
    if paused:
        paused = bool(tx.run("UPDATE svctasks SET paused = 1 WHERE task_no = :task AND paused = 0", task=task_no))
        tx.run("UPDATE svctask_clocks SET next_start = NULL WHERE task_no = :task", task=task_no)
    if not paused and (not alert_after or failures != alert_after):
        return None
    streak = alarms.Streak(
        organization_no=organization_no,
        task_id=task.task_id,
        name=task.content.name,
        code=task.content.script_code,
        failures=failures,
        paused=paused,
        alert_to=task.sched.alert_to,
        run_id=ended.run_id,
        slot=slot,
        site=site,
        reason=ended.reason,
        output=ended.output,
        at=now,
    )
    written = alarms.write_letters(tx, streak)
    return Upset(organization_no, task.task_id, task.content.name, failures, paused, written)


def held(tx: Transaction, node: Node) -> set[UUID]:
    """The runs that are this node's own."""
    return {
        UUID(bytes=run_id)
        for (run_id,) in tx.rows(
            "SELECT run_id FROM svctask_runs WHERE node_no = :node AND state = 2", node=node.node_no
        )
    }


def give_back(tx: Transaction, node: Node, run_ids: Iterable[UUID], *, now: int) -> None:
    """Let others start runs that are this node's own and whose scripts have not begun: it is about to stop, or the
    answer to its claim was lost on the way."""
    tx.run_many(
        "UPDATE svctask_runs SET state = 0, node_no = NULL, fence = fence + 1, started_at = NULL, outcome = NULL,"
        " look_at = :now, site = CASE WHEN origin = 'manual' THEN site ELSE scope END"
        " WHERE run_id = :run AND node_no = :node AND state = 2",
        [(now, run_id.bytes, node.node_no) for run_id in run_ids],
    )


def note_progress(tx: Transaction, node: Node, said: Sequence[tuple[UUID, str]]) -> None:
    """Let people see how far running scripts are."""
    tx.run_many(
        "UPDATE svctask_runs SET output = :output WHERE run_id = :run AND node_no = :node AND state = 2",
        [(text, run_id.bytes, node.node_no) for run_id, text in said],
    )


def sweep(tx: Transaction, organization_no: int, *, before: int, limit: int = 1_000) -> int:
    """Take away ledger rows of planned starts of a domain before a moment, a bounded number; returns how many."""
    return tx.run(
        "DELETE FROM svctask_runs WHERE run_id IN (SELECT run_id FROM svctask_runs"
        " WHERE organization_no = :organization AND slot < :before AND last_slot < :before AND state = 3 LIMIT :limit)",
        organization=organization_no,
        before=before,
        limit=limit,
    )


def count_old(tx: Transaction, organization_no: int, *, before: int) -> int:
    """How many rows `sweep` would take away."""
    row = tx.row(
        "SELECT count(*) FROM svctask_runs"
        " WHERE organization_no = :organization AND slot < :before AND last_slot < :before AND state = 3",
        organization=organization_no,
        before=before,
    )
    return row[0] if row is not None else 0


def forget_nodes(tx: Transaction, *, before: int, limit: int = 1_000) -> int:
    """Take away nodes that ended before a moment and hold nothing, a bounded number; returns how many."""
    # The newest stays, however old: SQLite would give its number again.
    return tx.run(
        "DELETE FROM svc_nodes WHERE node_no IN (SELECT n.node_no FROM svc_nodes n"
        " WHERE n.alive = 0 AND n.ended_at < :before AND n.node_no < (SELECT max(node_no) FROM svc_nodes)"
        " AND NOT EXISTS (SELECT 1 FROM svctask_runs r WHERE r.node_no = n.node_no AND r.state = 2) LIMIT :limit)",
        before=before,
        limit=limit,
    )
