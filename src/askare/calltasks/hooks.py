"""Whom events are sent to, and what became of each: every function runs inside one transaction.

Events cost a task nothing when they happen: they are read off history later.  Each hook remembers how far it has come.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from askare.calltasks import events, own, people, store
from askare.calltasks.events import Event, EventType
from askare.calltasks.model import Office, Trail
from askare.calltasks.rules import FINAL
from askare.calltasks.search import KIND
from askare.jobs import outbox
from askare.jobs.kinds import Kind
from askare.jobs.outbox import HOUSE_USER
from askare.kernel.caller import Caller, Role
from askare.kernel.paging import Page, Window
from askare.kernel.problems import LimitReached, NotFound
from askare.kernel.time import instant_of, milliseconds
from askare.storage.marks import next_changes, present_mark, way_of
from askare.storage.sql import Conditions
from askare.storage.transactions import Row, Transaction, on_behalf_of

HOOKS_MAX = 20  # of an organization
CHANGES_AT_ONCE = 1_000
OVERDUE_AT_ONCE = 1_000
SWEPT_AT_ONCE = 1_000

_trail = msgspec.json.Decoder(Trail)


class State(Enum):
    """What became of a delivery.  The values are on people's disks."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


class Hook(Struct, frozen=True):
    """An address that wants to hear of events; no types: of all of them."""

    hook_no: int
    url: str
    events: tuple[EventType, ...]
    with_texts: bool
    created_at: datetime
    secret: str


class Delivery(Struct, frozen=True):
    """One event for one hook."""

    delivery_no: int
    hook_no: int
    event_id: str
    type: EventType
    task_no: int
    payload: str
    state: State
    attempts: int
    status: int | None
    trouble: str
    created_at: datetime
    next_at: datetime | None
    ended_at: datetime | None


# Hooks -----------------------------------------------------------------------------------------------------------

_HOOK = "hook_no, url, events, with_texts, created_at, secret"


def _hook(row: Row) -> Hook:
    hook_no, url, listed, with_texts, created_at, secret = row
    types = tuple(EventType(one) for one in msgspec.json.decode(listed))
    return Hook(hook_no, url, types, bool(with_texts), instant_of(created_at), secret)


def create_hook(
    tx: Transaction, *, url: str, types: tuple[EventType, ...], with_texts: bool, secret: str, now: datetime
) -> int:
    """Have events sent to an address from now on; returns the webhook's number.  Raises LimitReached."""
    if len(list_hooks(tx)) >= HOOKS_MAX:
        reason = f"An organization has at most {HOOKS_MAX} webhooks."
        raise LimitReached(reason, "webhooks", f"must be at most {HOOKS_MAX}")
    row = tx.row(
        "INSERT INTO call_hooks (organization_no, url, secret, events, with_texts, created_at, mark, overdue_after)"
        " VALUES (:organization, :url, :secret, :events, :with_texts, :now, :mark, :now) RETURNING hook_no",
        organization=tx.organization_no,
        url=url,
        secret=secret,
        events=msgspec.json.encode(types).decode(),
        with_texts=int(with_texts),
        now=milliseconds(now),
        mark=present_mark(tx),
    )
    assert row is not None  # noqa: S101  -- RETURNING answers the inserted row
    return int(row[0])


def list_hooks(tx: Transaction) -> list[Hook]:
    rows = tx.rows(
        f"SELECT {_HOOK} FROM call_hooks WHERE organization_no = :organization ORDER BY hook_no",
        organization=tx.organization_no,
    )
    return [_hook(row) for row in rows]


def get_hook(tx: Transaction, hook_no: int) -> Hook:
    """Raises NotFound."""
    row = tx.row(
        f"SELECT {_HOOK} FROM call_hooks WHERE organization_no = :organization AND hook_no = :hook",
        organization=tx.organization_no,
        hook=hook_no,
    )
    if row is None:
        raise NotFound("webhook", "webhook_id")
    return _hook(row)


def remove_hook(tx: Transaction, hook_no: int) -> Hook:
    """Tell an address nothing more, and forget what it was told.  Raises NotFound."""
    hook = get_hook(tx, hook_no)
    for table in ("call_deliveries", "call_hooks"):
        tx.run(
            f"DELETE FROM {table} WHERE organization_no = :organization AND hook_no = :hook",
            organization=tx.organization_no,
            hook=hook_no,
        )
    return hook


# Deliveries ------------------------------------------------------------------------------------------------------

_DELIVERY = (
    "delivery_no, hook_no, event_id, type, task_no, payload, state, attempts, status, trouble, created_at, next_at,"
    " ended_at"
)


def _delivery(row: Row) -> Delivery:
    number, hook, event_id, kind, task, payload, state, attempts, status, trouble, created, following, ended = row
    return Delivery(
        number,
        hook,
        event_id,
        EventType(kind),
        task,
        payload,
        State(state),
        attempts,
        status,
        trouble,
        instant_of(created),
        None if following is None else instant_of(following),
        None if ended is None else instant_of(ended),
    )


def list_deliveries(tx: Transaction, hook_no: int, states: Iterable[State], window: Window) -> Page[Delivery]:
    """What a hook was told and is to be told, the newest first.  Raises NotFound."""
    get_hook(tx, hook_no)
    conditions = Conditions()
    conditions.add(f"organization_no = {conditions.value(tx.organization_no)}")
    conditions.add(f"hook_no = {conditions.value(hook_no)}")
    if listed := sorted(state.value for state in states):
        conditions.add(conditions.among("state", listed))
    counted = tx.row(f"SELECT count(*) FROM call_deliveries WHERE {conditions}", **conditions.values)
    limit, offset = conditions.value(window.size), conditions.value(window.start)
    rows = tx.rows(
        f"SELECT {_DELIVERY} FROM call_deliveries WHERE {conditions}"
        f" ORDER BY delivery_no DESC LIMIT {limit} OFFSET {offset}",
        **conditions.values,
    )
    return Page([_delivery(row) for row in rows], counted[0] if counted else 0)


def get_delivery(tx: Transaction, hook_no: int, delivery_no: int) -> Delivery:
    """Raises NotFound."""
    delivery = find_delivery(tx, delivery_no)
    if delivery is None or delivery.hook_no != hook_no:
        raise NotFound("delivery", "delivery_id")
    return delivery


def find_delivery(tx: Transaction, delivery_no: int) -> Delivery | None:
    row = tx.row(
        f"SELECT {_DELIVERY} FROM call_deliveries WHERE organization_no = :organization AND delivery_no = :no",
        organization=tx.organization_no,
        no=delivery_no,
    )
    return None if row is None else _delivery(row)


def replay(tx: Transaction, hook_no: int, delivery_no: int, *, now: datetime) -> None:
    """Send something again, under the id that it had, with a fresh budget of tries.  Raises NotFound."""
    get_delivery(tx, hook_no, delivery_no)
    _note(tx, delivery_no, state=State.WAITING, attempts=0, status=None, trouble="", next_at=now, ended_at=None)
    outbox.promise(tx, Kind.DELIVER_EVENT, str(delivery_no), due=now)


def note_delivered(tx: Transaction, delivery: Delivery, *, status: int, now: datetime) -> None:
    attempts = delivery.attempts + 1
    _note(tx, delivery.delivery_no, state=State.DELIVERED, attempts=attempts, status=status, trouble="", ended_at=now)


def note_failed(
    tx: Transaction, delivery: Delivery, *, status: int | None, trouble: str, now: datetime
) -> datetime | None:
    """It was not taken; returns when it is tried again, or None when that was the last time."""
    attempts = delivery.attempts + 1
    again = events.next_try(attempts, now=now)
    state = State.FAILED if again is None else State.WAITING
    ended = now if again is None else None
    _note(
        tx,
        delivery.delivery_no,
        state=state,
        attempts=attempts,
        status=status,
        trouble=trouble,
        next_at=again,
        ended_at=ended,
    )
    return again


def _note(
    tx: Transaction,
    delivery_no: int,
    *,
    state: State,
    attempts: int,
    status: int | None,
    trouble: str,
    next_at: datetime | None = None,
    ended_at: datetime | None = None,
) -> None:
    tx.run(
        "UPDATE call_deliveries SET state = :state, attempts = :attempts, status = :status, trouble = :trouble,"
        " next_at = :next_at, ended_at = :ended_at WHERE organization_no = :organization AND delivery_no = :no",
        organization=tx.organization_no,
        no=delivery_no,
        state=state.value,
        attempts=attempts,
        status=status,
        trouble=trouble,
        next_at=None if next_at is None else milliseconds(next_at),
        ended_at=None if ended_at is None else milliseconds(ended_at),
    )


def what_to_send(tx: Transaction, delivery_no: int) -> tuple[Hook, Delivery, bytes] | None:
    """A delivery that waits, and its body.  Texts are taken as they are now: what was erased is not sent."""
    delivery = find_delivery(tx, delivery_no)
    if delivery is None or delivery.state is not State.WAITING:
        return None
    hook = get_hook(tx, delivery.hook_no)
    payload: dict[str, Any] = msgspec.json.decode(delivery.payload)
    stored = store.find(tx, delivery.task_no) if hook.with_texts else None
    if stored is not None:
        names = ("title", "call_transcription", "call_summary", "call_response_summary")
        payload["data"] |= {name: getattr(stored.task, name) for name in names}
    return hook, delivery, events.body_of(payload)


def sweep_deliveries(tx: Transaction, *, before: datetime) -> int:
    """Forget deliveries that ended, of events before this; returns how many.  For the house itself."""
    return tx.run(
        "DELETE FROM call_deliveries WHERE delivery_no IN"
        " (SELECT delivery_no FROM call_deliveries WHERE created_at < :before AND ended_at IS NOT NULL"
        f" LIMIT {SWEPT_AT_ONCE})",
        before=milliseconds(before),
    )


# Events ----------------------------------------------------------------------------------------------------------


class Told(Struct, frozen=True):
    """What happened since somebody last looked, the mark to go on from, and whether there may be more at once."""

    events: list[Event]
    mark: str
    more: bool = False


def since(tx: Transaction, mark: str) -> Told:
    """What history tells of the organization's tasks since the mark, of `CHANGES_AT_ONCE` changes at most."""
    way = way_of(mark, tx.flavour)
    if way is None:
        raise ValueError(f"{mark!r} is no mark of this database")
    rows, way = next_changes(tx, KIND, way, limit=CHANGES_AT_ONCE)
    found = [
        event
        for seq, at, before, after in rows
        if after is not None
        for event in events.events_of(
            seq, None if before is None else _trail.decode(before), _trail.decode(after), at=instant_of(at)
        )
    ]
    return Told(found, str(way), more=bool(way.upto))


class Overdue(Struct, frozen=True):
    """The tasks whose time came without their being done, up to a moment that is then behind whoever is told."""

    events: list[Event]
    until: datetime


def newly_overdue(tx: Transaction, *, after: datetime, now: datetime) -> Overdue:
    """The tasks whose time came in between, and which are not done; some `OVERDUE_AT_ONCE` of them, but all of those
    whose time came at the same moment: many a list is due by the end of a day."""
    conditions = Conditions()
    conditions.add(f"organization_no = {conditions.value(tx.organization_no)}")
    conditions.add(f"due_at > {conditions.value(milliseconds(after))}")
    conditions.add(f"due_at <= {conditions.value(milliseconds(now))}")
    final = conditions.among("status", sorted(store.STATUS_NUMBERS[one] for one in FINAL))
    conditions.add(f"NOT ({final})")
    last = tx.row(
        f"SELECT due_at FROM call_tasks WHERE {conditions} ORDER BY due_at LIMIT 1 OFFSET {OVERDUE_AT_ONCE - 1}",
        **conditions.values,
    )
    until = now if last is None else instant_of(last[0])
    conditions.add(f"due_at <= {conditions.value(milliseconds(until))}")
    rows = tx.rows(
        f"SELECT task_no, assigned_no, due_at FROM call_tasks WHERE {conditions} ORDER BY due_at, task_no",
        **conditions.values,
    )
    found = [events.overdue(task_no, assigned, due=instant_of(due)) for task_no, assigned, due in rows]
    return Overdue(found, until)


def promise_events(tx: Transaction, *, now: datetime) -> int:
    """Have every hook told of what has happened since it was last looked after; returns how many hooks there is more
    for at once.  For the house itself.

    Running twice is harmless: how far a hook has come is saved with what is promised to it.
    """
    hooks = tx.rows(
        f"SELECT u.organization_no, o.organization_id, u.mark, u.overdue_after, {_of_u(_HOOK)} FROM call_hooks u"
        " JOIN organizations o ON o.organization_no = u.organization_no"
        f" ORDER BY u.hook_no{tx.flavour.claim}"
    )
    read: dict[tuple[int, str], Told] = {}  # the hooks of an organization have mostly come equally far
    behind = 0
    for organization_no, organization_id, mark, overdue_after, *row in hooks:
        hook = _hook(tuple(row))
        house = Caller(organization_no, UUID(bytes=bytes(organization_id)), HOUSE_USER, Role.ADMIN)
        scoped = on_behalf_of(tx, house)
        if (organization_no, mark) not in read:
            read[organization_no, mark] = since(scoped, mark)
        told = read[organization_no, mark]
        late = newly_overdue(scoped, after=instant_of(overdue_after), now=now)
        for event in [*told.events, *late.events]:
            if not hook.events or event.type in hook.events:
                _promise(scoped, hook, event, now=now)
        if told.mark != mark or late.events:
            tx.run(
                "UPDATE call_hooks SET mark = :mark, overdue_after = :until WHERE hook_no = :hook",
                hook=hook.hook_no,
                mark=told.mark,
                until=milliseconds(late.until),
            )
        behind += told.more or late.until < now
    return behind


def _of_u(columns: str) -> str:
    return ", ".join(f"u.{column.strip()}" for column in columns.split(","))


def _promise(tx: Transaction, hook: Hook, event: Event, *, now: datetime) -> None:
    payload = events.payload_of(event, organization_no=tx.organization_no)
    row = tx.row(
        "INSERT INTO call_deliveries"
        " (organization_no, hook_no, event_id, type, task_no, payload, state, created_at, next_at)"
        " VALUES (:organization, :hook, :event, :type, :task, :payload, :state, :now, :now) RETURNING delivery_no",
        organization=tx.organization_no,
        hook=hook.hook_no,
        event=event.event_id,
        type=event.type.value,
        task=event.task_no,
        payload=events.body_of(payload).decode(),
        state=State.WAITING.value,
        now=milliseconds(now),
    )
    assert row is not None  # noqa: S101  -- RETURNING answers the inserted row
    outbox.promise(tx, Kind.DELIVER_EVENT, str(row[0]), due=now)


# Watching --------------------------------------------------------------------------------------------------------


def start_watching(tx: Transaction, mark: str | None) -> str:
    """The mark to watch from: the one that somebody has come to before, else the present."""
    return mark if mark is not None and way_of(mark, tx.flavour) is not None else present_mark(tx)


def seen_since(
    tx: Transaction, mark: str, *, overdue_after: datetime, office: Office, now: datetime
) -> tuple[Told, datetime]:
    """What has happened to the tasks that the caller sees, and up to when those are told of whose time came."""
    told, late = since(tx, mark), newly_overdue(tx, after=overdue_after, now=now)
    found = [*told.events, *late.events]
    if tx.caller.role is Role.OPERATOR and not own.office_here(tx, office).operators_see_all:
        number = people.known_number_of_user(tx, tx.caller.user_id)
        found = [event for event in found if number is not None and event.assigned_user_id == number]
    return replace(told, events=found), late.until
