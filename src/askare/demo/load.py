"""Putting the demo organization into the database, in steps, and never twice.

    caller = ensure_organization(database, edge=edge)
    for step in remaining_steps(database, caller, edge=edge):
        database.write(step, caller)

A step skips what stands already and what somebody has deleted since, so the next run completes one that was broken
off.  Which day the world lies around, and whether all of it stands, is kept in the table `facts`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial

import msgspec
from msgspec import Struct

from askare.access import operations as access
from askare.access.model import Rights
from askare.demo import calls, estate, service_tasks, watches
from askare.demo.directory import put_directory
from askare.demo.world import FINNISH_TIME, ORGANIZATION_NAME, PlannedTask, World
from askare.demo.world import world as world_of
from askare.edge import Edge
from askare.kernel.caller import Caller, Role
from askare.kernel.problems import Refused
from askare.storage import history
from askare.storage.desk import Database
from askare.storage.transactions import Transaction
from askare.tasks import operations
from askare.tasks import store as tasks

VERSION = 4  # of the demo data; raised when worlds that stand already are to get more
TASKS_A_STEP = 100

Step = Callable[[Transaction], None]


class _Fact(Struct, frozen=True, rename="camel"):
    """What the house remembers of its demo data."""

    seed: int
    today: date
    complete_version: int = 0  # 0 until everything stands


def ensure_organization(database: Database, *, edge: Edge) -> Caller:
    """The administrator of the demo organization; both are made when they are missing."""

    def ensure(tx: Transaction) -> Caller | None:
        organization = access.ensure_organization(tx, ORGANIZATION_NAME, organization_id=edge.new_id())
        rights = Rights(Role.ADMIN, frozenset(), None)
        user = access.ensure_token_holder(tx, organization, rights, user_id=None, now=edge.now())
        return access.caller_of_user(tx, user.user_id)

    caller = database.write(ensure)
    if caller is None:
        raise Refused("The administrator of the demo organization is disabled.")
    return caller


def remaining_steps(database: Database, caller: Caller, *, edge: Edge) -> list[Step]:
    """What is still to be done: nothing when all stands, else the steps of the world that was begun, or of one
    around the present day."""
    if database.read(is_loaded, caller):
        return []
    today = database.read(begun_on, caller) or edge.now().astimezone(FINNISH_TIME).date()
    return steps(world_of(today))


def begun_on(tx: Transaction) -> date | None:
    """The day that the demo data lies around, or None when none was ever begun.  A continuation must take it."""
    fact = _fact(tx)
    return fact.today if fact is not None else None


def is_loaded(tx: Transaction) -> bool:
    """Whether all the demo data stands."""
    fact = _fact(tx)
    return fact is not None and fact.complete_version >= VERSION


def load(tx: Transaction, world: World) -> None:
    """Put the whole world into the database, in one transaction of the demo organization's admin."""
    for step in steps(world):
        step(tx)


def steps(world: World, *, tasks_a_step: int = TASKS_A_STEP) -> list[Step]:
    """The same in some twenty steps, each for one transaction.

    When everything stands, they do nothing.  They raise ValueError while demo data of another seed or day stands
    half finished: the two must not mix.
    """
    chunks = [world.tasks[start : start + tasks_a_step] for start in range(0, len(world.tasks), tasks_a_step)]
    return [
        _step(world, partial(put_directory, world=world)),
        *(_step(world, partial(_create_tasks, planned=chunk)) for chunk in chunks),
        _step(world, partial(estate.create_meetings, world=world)),
        _step(world, partial(estate.create_requirements, world=world)),
        _step(world, partial(calls.create_calls, world=world)),
        _step(world, partial(watches.create_watches, world=world)),
        *(_step(world, step) for step in service_tasks.steps(world.today)),
        _step(world, partial(_remember, fact=_Fact(world.seed, world.today, VERSION))),
    ]


def _step(world: World, work: Step) -> Step:
    def step(tx: Transaction) -> None:
        # The first comer sets the day; the row is locked, so that two loaders take turns.
        tx.run(
            "INSERT INTO facts (name, value) VALUES ('demo', :value) ON CONFLICT DO NOTHING",
            value=msgspec.json.encode(_Fact(world.seed, world.today)).decode(),
        )
        fact = _fact(tx, lock=True)
        assert fact is not None  # noqa: S101  -- inserted above, and facts are never deleted
        if fact.complete_version >= VERSION:
            return
        if (fact.seed, fact.today) != (world.seed, world.today):
            raise ValueError(f"demo data around {fact.today} was begun; continue it with the world of that day")
        work(tx)

    return step


def _fact(tx: Transaction, *, lock: bool = False) -> _Fact | None:
    row = tx.row(f"SELECT value FROM facts WHERE name = 'demo'{tx.flavour.row_lock if lock else ''}")
    return msgspec.json.decode(row[0], type=_Fact) if row is not None else None


def _remember(tx: Transaction, fact: _Fact) -> None:
    tx.run("UPDATE facts SET value = :value WHERE name = 'demo'", value=msgspec.json.encode(fact).decode())


def _create_tasks(tx: Transaction, planned: Sequence[PlannedTask]) -> None:
    for task in planned:
        if tasks.KEPT.find(tx, task.task_id) is None and not history.is_tombstone(tx, operations.KIND, task.task_id):
            operations.create_task(tx, task.content, task_id=task.task_id, now=task.created)
