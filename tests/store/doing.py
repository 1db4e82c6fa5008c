"""Operations on tasks, run on a database in one line of a test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import msgspec

from askare.directory import operations as directory
from askare.directory.model import Kind, PartyContent, PartyType
from askare.kernel.caller import Caller
from askare.kernel.paging import Order, Page, Window
from askare.kernel.versions import Found, Saved
from askare.storage import history, shelf
from askare.storage.desk import Database
from askare.storage.transactions import Transaction
from askare.tasks import operations
from askare.tasks.model import TaskContent, TaskFilter
from askare.tasks.store import TASKS
from tests.values import NOW, TASK, an_admin, what_is_said

Result = TypeVar("Result")

ALL = Window(0, 1_000)


def create(
    database: Database,
    content: TaskContent | None = None,
    *,
    task_id: UUID = TASK,
    by: Caller | None = None,
    now: datetime = NOW,
) -> Saved:
    said = content or what_is_said()
    return database.write(lambda tx: operations.create_task(tx, said, task_id=task_id, now=now), by or an_admin())


def get(database: Database, task_id: UUID = TASK, *, by: Caller | None = None) -> Found:
    return database.read(lambda tx: operations.get_task(tx, task_id), by or an_admin())


def update(
    database: Database,
    content: TaskContent,
    *,
    task_id: UUID = TASK,
    expected_version: int | None = None,
    by: Caller | None = None,
    now: datetime = NOW,
) -> Saved:
    return database.write(
        lambda tx: operations.update_task(tx, task_id, content, expected_versions=_versions(expected_version), now=now),
        by or an_admin(),
    )


def delete(
    database: Database,
    task_id: UUID = TASK,
    *,
    expected_version: int | None = None,
    by: Caller | None = None,
    now: datetime = NOW,
) -> None:
    database.write(
        lambda tx: operations.delete_task(tx, task_id, expected_versions=_versions(expected_version), now=now),
        by or an_admin(),
    )


def _versions(expected: int | None) -> frozenset[int] | None:
    return None if expected is None else frozenset({expected})


def search(
    database: Database,
    wanted: TaskFilter | None = None,
    *,
    orders: Sequence[Order] = (),
    window: Window = ALL,
    by: Caller | None = None,
) -> Page[bytes]:
    return database.read(
        lambda tx: operations.search_tasks(tx, wanted or TaskFilter(), orders=orders, window=window), by or an_admin()
    )


def post_words(tx: Transaction, *, limit: int = shelf.POSTED_AT_ONCE) -> int:
    """What the night shift does with the words of tasks."""
    return shelf.post_words(tx, TASKS, limit=limit)


def ids_of(documents: Sequence[bytes]) -> list[UUID]:
    return [UUID(msgspec.json.decode(document)["taskId"]) for document in documents]


def history_of(database: Database, task_id: UUID = TASK, *, by: Caller | None = None) -> list[history.Entry]:
    return database.read(lambda tx: history.of_thing(tx, "task", task_id), by or an_admin())


def put_in_directory(
    database: Database, kind: Kind, thing_id: UUID, name: str, *, party_type: PartyType = PartyType.PERSON_PARTY
) -> None:
    """Have a thing known by this name; of a party the type too."""

    def put(tx: Transaction) -> None:
        if kind is Kind.PARTY:
            directory.put_entry(tx, kind, thing_id, PartyContent(party_type_code=party_type, name=name), now=NOW)
        else:
            directory.make_known(tx, kind, thing_id, name, before=None, now=NOW)

    database.write(put, an_admin())


def count_rows(database: Database, table: str) -> int:
    row = database.read(lambda tx: tx.row(f"SELECT count(*) FROM {table}"))
    assert row is not None
    return int(row[0])


def all_at_once(works: Sequence[Callable[[], Result]]) -> list[Result | Exception]:
    """Start all works together in threads of their own; what each returned or raised."""

    def outcome(work: Callable[[], Result]) -> Result | Exception:
        try:
            return work()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(works)) as threads:
        return list(threads.map(outcome, works))
