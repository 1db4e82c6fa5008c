"""The demo data in the database: all of it, and never twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from askare.demo.estate import FEW
from askare.demo.load import Step, begun_on, ensure_organization, is_loaded, load, remaining_steps, steps
from askare.demo.world import World, world
from askare.edge import Edge
from askare.kernel.caller import Role
from askare.kernel.paging import Window
from askare.storage.desk import Database
from askare.storage.transactions import Row, Transaction
from askare.tasks import operations
from askare.tasks.model import TaskFilter, TaskStatus
from tests.values import DAY, NOW, an_admin, an_id

pytestmark = pytest.mark.long

TODAY = date(2026, 3, 2)
ADMIN = an_admin()

# Which steps there are, and when they are done, is no matter of the database, and PostgreSQL takes four seconds a time.
# That the same stands in the end, in steps, at once or after a break, is shown on both.
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture(scope="module")
def demo() -> World:
    return world(TODAY)


@pytest.fixture(scope="module")
def small_demo(demo: World) -> World:
    """The same world with few tasks: the last ones, since those wait."""
    return msgspec.structs.replace(demo, tasks=demo.tasks[-25:])


def small_steps(small_demo: World) -> list[Step]:
    """The directory, three steps of tasks, the mark."""
    return steps(small_demo, tasks_a_step=10)


def what_stands(database: Database) -> dict[str, list[Row]]:
    """Everything that loading writes, in an order that does not depend on how it was written."""

    def read(tx: Transaction) -> dict[str, list[Row]]:
        return {
            table: sorted(
                tuple(bytes(value) if isinstance(value, memoryview) else value for value in row) for row in rows
            )
            for table, rows in {
                "offices": tx.rows("SELECT office_id, version, document FROM offices"),
                "agents": tx.rows("SELECT agent_id, version, document FROM agents"),
                "operators": tx.rows("SELECT operator_id, version, document FROM operators"),
                "parties": tx.rows("SELECT party_id, version, document FROM parties"),
                "realties": tx.rows("SELECT realty_id, version, document FROM realties"),
                "names": tx.rows("SELECT thing_id, kind, name FROM names"),
                "tasks": tx.rows("SELECT task_id, version, document FROM tasks"),
                "meetings": tx.rows("SELECT meeting_id, version, document FROM meetings"),
                "requirements": tx.rows("SELECT requirement_id, version, document FROM requirements"),
                "notes": tx.rows("SELECT note_id, version, document FROM requirement_notes"),
                "history": tx.rows("SELECT thing_id, version, at FROM history WHERE kind = 'task'"),
                "other history": tx.rows(
                    # calls and appeals have numbers that each database gives out by itself
                    "SELECT thing_id, version, at FROM history WHERE kind NOT IN ('task', 'call task', 'appeal')"
                ),
                "links": tx.rows("SELECT task_id, kind, target FROM task_links"),
                "facts": tx.rows("SELECT name, value FROM facts"),
            }.items()
        }

    return database.read(read, ADMIN)


def test_all_of_the_demo_data_comes_into_the_database_and_is_found(sqlite_database: Database, demo: World) -> None:
    for step in steps(demo):
        sqlite_database.write(step, ADMIN)

    def total(wanted: TaskFilter) -> int:
        return sqlite_database.read(
            lambda tx: operations.search_tasks(tx, wanted, orders=(), window=Window(0, 1)).total, ADMIN
        )

    assert total(TaskFilter()) == 2_000
    assert total(TaskFilter(statuses=frozenset({TaskStatus.DONE}))) > 800
    assert total(TaskFilter(text="näyttö Hämeenkatu")) > 0
    assert total(TaskFilter(text="visning Fredriksgatan")) > 0
    assert total(TaskFilter(text="mortgage")) > 0


@on_sqlite
def test_a_loaded_world_is_marked_with_the_day_it_lies_around(database: Database, small_demo: World) -> None:
    before = database.read(begun_on, ADMIN), database.read(is_loaded, ADMIN)

    database.write(lambda tx: load(tx, small_demo), ADMIN)

    assert before == (None, False)
    assert (database.read(begun_on, ADMIN), database.read(is_loaded, ADMIN)) == (TODAY, True)


def test_loading_twice_changes_nothing(database: Database, small_demo: World) -> None:
    database.write(lambda tx: load(tx, small_demo), ADMIN)
    once = what_stands(database)

    for step in small_steps(small_demo):
        database.write(step, ADMIN)

    assert what_stands(database) == once


@on_sqlite
def test_a_world_of_another_day_is_not_loaded_beside_a_complete_one(database: Database, small_demo: World) -> None:
    database.write(lambda tx: load(tx, small_demo), ADMIN)
    once = what_stands(database)

    database.write(lambda tx: load(tx, world(TODAY + timedelta(days=30))), ADMIN)

    assert what_stands(database) == once


@on_sqlite
def test_a_world_of_another_day_is_refused_while_one_stands_half_finished(
    database: Database, small_demo: World
) -> None:
    database.write(small_steps(small_demo)[0], ADMIN)
    tomorrow = msgspec.structs.replace(small_demo, today=TODAY + timedelta(days=1))

    with pytest.raises(ValueError, match="2026-03-02"):
        database.write(small_steps(tomorrow)[1], ADMIN)


@on_sqlite
@pytest.mark.parametrize("steps_done", [0, 1, 3, 4])
def test_loading_that_was_broken_off_is_completed_by_the_next(
    database: Database, small_demo: World, steps_done: int
) -> None:
    for step in small_steps(small_demo)[:steps_done]:
        database.write(step, ADMIN)
    assert not database.read(is_loaded, ADMIN)

    for step in small_steps(small_demo):
        database.write(step, ADMIN)

    assert database.read(is_loaded, ADMIN)
    stands = what_stands(database)
    assert len(stands["tasks"]) == len(stands["history"]) == len(small_demo.tasks)
    assert (len(stands["meetings"]), len(stands["requirements"])) == (FEW, FEW + 1)
    assert len(stands["notes"]) > 0
    assert {row[0] for row in stands["tasks"]} == {task.task_id.bytes for task in small_demo.tasks}


def test_loading_in_steps_with_a_break_equals_loading_at_once(
    sqlite_database: Database, postgres_database: Database, small_demo: World
) -> None:
    sqlite_database.write(lambda tx: load(tx, small_demo), ADMIN)

    for step in [*small_steps(small_demo)[:2], *small_steps(small_demo)]:
        postgres_database.write(step, ADMIN)

    assert what_stands(postgres_database) == what_stands(sqlite_database)


def test_a_step_that_fails_halfway_leaves_nothing_of_itself(database: Database, small_demo: World) -> None:
    directory, first_tasks, *_ = small_steps(small_demo)
    database.write(directory, ADMIN)

    def broken(tx: Transaction) -> None:
        first_tasks(tx)
        raise RuntimeError("the light went out")

    with pytest.raises(RuntimeError, match="light"):
        database.write(broken, ADMIN)
    assert what_stands(database)["tasks"] == []
    database.write(lambda tx: load(tx, small_demo), ADMIN)

    assert len(what_stands(database)["tasks"]) == len(small_demo.tasks)


@on_sqlite
def test_what_somebody_deleted_meanwhile_is_not_made_again(database: Database, small_demo: World) -> None:
    for step in small_steps(small_demo)[:2]:
        database.write(step, ADMIN)
    gone = next(task for task in small_demo.tasks if task.content.status_code is TaskStatus.WAITING)
    database.write(lambda tx: operations.delete_task(tx, gone.task_id, expected_versions=None, now=NOW), ADMIN)

    database.write(lambda tx: load(tx, small_demo), ADMIN)

    assert len(what_stands(database)["tasks"]) == len(small_demo.tasks) - 1


def an_edge(now: datetime) -> Edge:
    return Edge(now=lambda: now, new_id=lambda: an_id(7, kind=0xA))


def test_the_demo_organization_and_its_administrator_are_made_once(database: Database) -> None:
    first = ensure_organization(database, edge=an_edge(NOW))

    again = ensure_organization(database, edge=an_edge(NOW + DAY))

    assert again == first
    assert first.role is Role.ADMIN
    assert first.office_ids is None
    assert first.organization_id == an_id(7, kind=0xA)


@on_sqlite
def test_what_was_begun_yesterday_is_continued_around_yesterday(database: Database) -> None:
    late_in_utc_and_next_day_in_finland = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
    caller = ensure_organization(database, edge=an_edge(NOW))
    database.write(remaining_steps(database, caller, edge=an_edge(late_in_utc_and_next_day_in_finland))[0], caller)

    remaining = remaining_steps(database, caller, edge=an_edge(NOW + DAY))
    database.write(remaining[0], caller)

    assert database.read(begun_on, caller) == TODAY


@on_sqlite
def test_nothing_remains_to_be_done_when_all_stands(database: Database, small_demo: World) -> None:
    caller = ensure_organization(database, edge=an_edge(NOW))
    database.write(lambda tx: load(tx, small_demo), caller)

    assert remaining_steps(database, caller, edge=an_edge(NOW + DAY)) == []
