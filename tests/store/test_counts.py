"""Remembered counts and pages: whatever happens in between, they are the real ones."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from askare.kernel.paging import Window
from askare.storage import counts, pages
from askare.storage.desk import Database
from askare.storage.postgres import PostgresDatabase
from askare.storage.transactions import Transaction
from askare.tasks.model import Task, TaskContent, TaskFilter, TaskStatus, content_of
from askare.tasks.operations import create_task, delete_task, search_tasks, update_task
from tests.store import offers
from tests.store.doing import all_at_once, create, delete, ids_of, search, update
from tests.store.offers import sought
from tests.values import NOW, OFFICE, OTHER_OFFICE, an_admin, an_agent, an_id, empty, what_is_said

# Without words, so that transactions do not wait for each other's vocabulary.
contents = offers.contents.map(lambda said: replace(said, description=None, status_code=TaskStatus.WAITING))
some_filters = st.lists(offers.filters, min_size=2, max_size=3)
some_callers = st.lists(offers.callers, min_size=2, max_size=2)
slots = st.integers(0, 3)
changes = (
    st.tuples(st.just("create"), st.none(), contents)
    | st.tuples(st.just("update"), slots, contents)
    | st.tuples(st.just("delete"), slots, st.none())
)
looks = st.tuples(st.just("search"), st.none(), st.none())
commits = st.tuples(st.just("commit"), slots, st.none())
undoings = st.tuples(st.just("undo"), slots, st.none())
steps = st.lists(changes | looks, min_size=5, max_size=16)
entangled_steps = st.lists(changes | changes | looks | commits | undoings, min_size=6, max_size=20)


@pytest.fixture(autouse=True)
def every_count_is_worth_remembering(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "WORTH_REMEMBERING", 0)


class Model:
    """The tasks as everybody sees them, and what is asked of them again and again."""

    def __init__(self, database: Database, filters: list[TaskFilter], callers: list[Any]) -> None:
        empty(database)
        self.database = database
        self.questions = [(wanted, by) for wanted in filters for by in callers]
        self.seen: dict[UUID, TaskContent] = {}
        self.busy: set[UUID] = set()  # under the hands of a transaction that is still open
        self.made = 0

    def change_of(self, kind: str, slot: int | None, content: Any) -> tuple[UUID, TaskContent | None] | None:
        """The task that a step is about and what becomes of it; None when there is no such task."""
        if kind == "create":
            self.made += 1
            return an_id(self.made), content
        free = [task_id for task_id in self.seen if task_id not in self.busy]
        if not free or slot is None:
            return None
        return free[slot % len(free)], content

    def require_true_answers(self) -> None:
        tasks = [Task(task_id, 1, content, NOW, NOW) for task_id, content in self.seen.items()]
        for wanted, by in self.questions:
            expected = sought(tasks, wanted, by, {})
            page = search(self.database, wanted, by=by)
            assert page.total == len(expected)
            assert ids_of(page.items) == expected
            assert [content_of(document.decode()) for document in page.items] == [self.seen[one] for one in expected]


def apply(tx: Transaction, task_id: UUID, content: TaskContent | None, *, exists: bool) -> None:
    if content is None:
        delete_task(tx, task_id, expected_versions=None, now=NOW)
    elif exists:
        update_task(tx, task_id, content, expected_versions=None, now=NOW)
    else:
        create_task(tx, content, task_id=task_id, now=NOW)


@settings(max_examples=30)
@given(st.sampled_from([1, 2_000]), some_filters, some_callers, steps)
def test_remembered_answers_are_the_real_ones(
    database: Database, changes_max: int, filters: list[TaskFilter], callers: list[Any], steps: list[tuple[Any, ...]]
) -> None:
    model = Model(database, filters, callers)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counts, "CHANGES_MAX", changes_max)
        patch.setattr(pages, "CHANGES_MAX", changes_max)
        for kind, slot, content in steps:
            if kind == "search":
                model.require_true_answers()
            elif change := model.change_of(kind, slot, content):
                task_id, becomes = change
                exists = task_id in model.seen
                database.write(partial(apply, task_id=task_id, content=becomes, exists=exists), an_admin())
                if becomes is None:
                    del model.seen[task_id]
                else:
                    model.seen[task_id] = becomes
        model.require_true_answers()


class OpenWrite:
    """A write in a thread of its own that has done its work and waits to be told how to end."""

    def __init__(self, database: Database, work: Callable[[Transaction], None]) -> None:
        self._end = threading.Event()
        self._undo = False
        done = threading.Event()

        def operation(tx: Transaction) -> None:
            work(tx)
            done.set()
            self._end.wait(20)
            if self._undo:
                raise InterruptedError

        def run() -> None:
            with contextlib.suppress(InterruptedError):
                database.write(operation, an_admin())

        self._thread = threading.Thread(target=run)
        self._thread.start()
        assert done.wait(20)

    def end(self, *, undo: bool) -> None:
        self._undo = undo
        self._end.set()
        self._thread.join(20)


@settings(max_examples=30)
@given(some_filters, some_callers, entangled_steps)
def test_answers_hold_when_transactions_end_in_another_order_than_they_began(
    postgres_database: PostgresDatabase,
    filters: list[TaskFilter],
    callers: list[Any],
    steps: list[tuple[Any, ...]],
) -> None:
    model = Model(postgres_database, filters, callers)
    still_open: list[tuple[OpenWrite, UUID, TaskContent | None]] = []

    def end(which: int, *, undo: bool) -> None:
        write, task_id, becomes = still_open.pop(which)
        write.end(undo=undo)
        model.busy.discard(task_id)
        if undo:
            return
        if becomes is None:
            del model.seen[task_id]
        else:
            model.seen[task_id] = becomes

    for kind, slot, content in steps:
        if kind == "search":
            model.require_true_answers()
        elif kind in ("commit", "undo"):
            if still_open:
                end(slot % len(still_open), undo=kind == "undo")
        elif len(still_open) < 4 and (change := model.change_of(kind, slot, content)):
            task_id, becomes = change
            model.busy.add(task_id)
            work = partial(apply, task_id=task_id, content=becomes, exists=task_id in model.seen)
            still_open.append((OpenWrite(postgres_database, work), task_id, becomes))
    model.require_true_answers()
    while still_open:
        end(0, undo=False)
        model.require_true_answers()


# In so many words ------------------------------------------------------------------------------------------------


def test_a_late_commit_of_an_early_transaction_is_counted(postgres_database: PostgresDatabase) -> None:
    def keep(number: int) -> Callable[[Transaction], None]:
        return partial(apply, task_id=an_id(number), content=what_is_said(), exists=False)

    early = OpenWrite(postgres_database, keep(1))
    OpenWrite(postgres_database, keep(2)).end(undo=False)
    assert search(postgres_database).total == 1

    early.end(undo=False)

    assert search(postgres_database).total == 2


def test_a_search_in_an_old_snapshot_neither_sees_nor_spoils_a_newer_count(database: Database) -> None:
    create(database, task_id=an_id(1))
    search(database)

    def look_late(tx: Transaction) -> int:
        tx.rows("SELECT 1 FROM tasks")  # now the snapshot is taken
        all_at_once([lambda: create(database, task_id=an_id(2))])
        assert all_at_once([lambda: search(database).total]) == [2]
        return search_tasks(tx, TaskFilter(), orders=[], window=Window(0, 10)).total

    assert database.read(look_late, an_admin()) == 1
    assert search(database).total == 2
    create(database, task_id=an_id(3))
    assert search(database).total == 3


def test_a_task_that_changes_hands_is_counted_where_it_is_now(database: Database) -> None:
    create(database, what_is_said(office=OFFICE))
    here, there = an_agent(offices=[OFFICE]), an_agent(offices=[OTHER_OFFICE])
    assert (search(database, by=here).total, search(database, by=there).total) == (1, 0)

    update(database, what_is_said(office=OTHER_OFFICE))

    assert (search(database, by=here).total, search(database, by=there).total) == (0, 1)


def test_counts_of_words_are_made_anew_after_a_change(database: Database) -> None:
    create(database, what_is_said(description="talo"), task_id=an_id(1))
    wanted = TaskFilter(text="talo")
    assert search(database, wanted).total == 1

    create(database, what_is_said(description="talossa"), task_id=an_id(2))
    assert search(database, wanted).total == 2
    delete(database, an_id(1))
    assert search(database, wanted).total == 1


def test_each_organization_has_counts_of_its_own(database: Database) -> None:
    theirs = an_admin(organization_no=2)
    create(database, task_id=an_id(1))
    assert (search(database).total, search(database, by=theirs).total) == (1, 0)

    create(database, task_id=an_id(1), by=theirs)
    create(database, task_id=an_id(2), by=theirs)

    assert (search(database).total, search(database, by=theirs).total) == (1, 2)


def test_only_so_many_counts_are_remembered(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "REMEMBERED_MAX", 2)
    create(database)

    for number in range(5):
        assert search(database, TaskFilter(agent_ids=frozenset({an_id(number)}))).total == 0

    assert search(database).total == 1
