"""What can be done with tasks: load, decide, save.  Every function runs inside one transaction of the caller's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from askare.directory import store as directory
from askare.directory.model import Kind
from askare.directory.participants import completed
from askare.directory.references import Checks
from askare.kernel.paging import Order, Page, Window
from askare.kernel.problems import NotFound
from askare.kernel.versions import Found, Saved, require_version
from askare.storage import history
from askare.storage.history import Change
from askare.storage.transactions import Transaction
from askare.tasks import rules, store
from askare.tasks.model import Task, TaskContent, TaskFilter
from askare.tasks.store import KEPT

KIND = "task"


def create_task(
    tx: Transaction, content: TaskContent, task_id: UUID, *, checks: Checks = Checks.OFF, now: datetime
) -> Saved:
    """Keep a new task.

    Raises Invalid for an office that the caller does not see, for a party whose type nobody knows, and for what the
    directory does not know as far as `checks` goes.
    """
    content = completed(tx, content, None, checks)
    task = Task(task_id, version=1, content=content, created=now, modified=now)
    after = KEPT.insert(tx, task, text=searched_text(tx, content))
    history.record(tx, KIND, task_id, Change.CREATED, version=1, at=now, after=after)
    return Saved(task_id, 1)


def get_task(tx: Transaction, task_id: UUID) -> Found:
    """Raises NotFound for a task that does not exist for the caller."""
    _, task, document = _visible(tx, task_id)
    return Found(document, task.version)


def search_tasks(tx: Transaction, wanted: TaskFilter, *, orders: Sequence[Order], window: Window) -> Page[bytes]:
    """The documents seen through the window, and how many tasks the filter finds in all."""
    return store.search_tasks(tx, wanted, orders, window)


def update_task(
    tx: Transaction,
    task_id: UUID,
    content: TaskContent,
    *,
    expected_versions: frozenset[int] | None,
    checks: Checks = Checks.OFF,
    now: datetime,
) -> Saved:
    """Replace what is said of a task.  An update that changes nothing leaves version and modification time alone.

    Raises NotFound; Conflict when the task has none of the versions expected; Invalid as for create; Refused
    when the state of the task forbids the change.
    """
    task_no, stored, before = _visible(tx, task_id, lock=True)
    require_version(stored.version, expected_versions, kind="task")
    content = completed(tx, content, stored.content, checks)
    rules.require_allowed_change(stored.content, content)
    if not rules.differs(stored.content, content):
        return Saved(task_id, stored.version)
    changed = Task(task_id, stored.version + 1, content, created=stored.created, modified=now)
    after = KEPT.replace(tx, task_no, stored, changed, text=searched_text(tx, content))
    history.record(
        tx,
        KIND,
        task_id,
        Change.UPDATED,
        version=changed.version,
        at=now,
        before=before,
        after=after,
    )
    return Saved(task_id, changed.version)


def delete_task(tx: Transaction, task_id: UUID, *, expected_versions: frozenset[int] | None, now: datetime) -> None:
    """Remove a WAITING task; history and a tombstone stay.  Raises NotFound, Conflict, Refused."""
    task_no, stored, before = _visible(tx, task_id, lock=True)
    require_version(stored.version, expected_versions, kind="task")
    rules.require_deletable(stored.content)
    KEPT.delete(tx, task_no, stored)
    history.record(tx, KIND, task_id, Change.DELETED, version=stored.version + 1, at=now, before=before)


def _visible(tx: Transaction, task_id: UUID, *, lock: bool = False) -> tuple[int, Task, str]:
    found = KEPT.find(tx, task_id, lock=lock)
    # Another office's task looks the same as none at all.
    if found is None or not tx.caller.sees_office(found[1].content.agency_office_id):
        raise NotFound(KIND, "taskId")
    return found


def searched_text(tx: Transaction, content: TaskContent) -> str:
    """What free text search looks through: the description, and the names of all that the task is about.

    Source: OviPro contract 2.2, freeTextSearch.
    """
    things = [(Kind.OFFICE, content.agency_office_id)]
    things += [(Kind.AGENT, agent.agent_id) for agent in content.agents]
    things += [(Kind.PARTY, party.party_id) for party in content.parties]
    if content.realty_id is not None:
        things.append((Kind.REALTY, content.realty_id))
    return "\n".join([content.description or "", *directory.labels(tx, things)])


def rewrite_texts(tx: Transaction, renamed: Sequence[tuple[Kind, UUID]], *, after: int, limit: int) -> int | None:
    """Let the next tasks that name any of these things be found by their present names (`directory.renames`)."""
    found = store.pointing_at(tx, renamed, after=after, limit=limit)
    for task_no, task in found:
        KEPT.retext(tx, task_no, task, searched_text(tx, task.content))
    return found[-1][0] if found else None
