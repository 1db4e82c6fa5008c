"""All or nothing, one snapshot a read, and a plain word when it cannot be."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import apsw
import psycopg
import pytest

from askare.kernel.problems import NotFound, Unavailable
from askare.storage import sqlite
from askare.storage.desk import Database
from askare.storage.postgres import TRIES_MAX, PostgresDatabase
from askare.storage.sqlite import ReadTooLong, SqliteDatabase, UnsafeSQLite, require_safe_version
from askare.storage.transactions import Transaction
from tests.store.doing import all_at_once
from tests.values import an_admin


def keep(tx: Transaction, name: str, value: str = "") -> None:
    tx.run("INSERT INTO facts (name, value) VALUES (:name, :value)", name=name, value=value)


def names(database: Database) -> list[str]:
    return [name for (name,) in database.read(lambda tx: tx.rows("SELECT name FROM facts ORDER BY name"))]


# On both databases -----------------------------------------------------------------------------------------------


def test_what_is_written_is_there(database: Database) -> None:
    database.write(lambda tx: keep(tx, "a"))

    assert names(database) == ["a"]


def test_an_operation_that_raises_leaves_nothing(database: Database) -> None:
    def half(tx: Transaction) -> None:
        keep(tx, "a")
        keep(tx, "b")
        raise NotFound("task", "taskId")

    with pytest.raises(NotFound):
        database.write(half)

    assert names(database) == []


def test_many_rows_are_changed_each_in_its_own_way_and_only_those_that_its_keys_find(database: Database) -> None:
    for name, value in (("a", "old"), ("b", "old"), ("c", "kept")):
        database.write(lambda tx, name=name, value=value: keep(tx, name, value))  # type: ignore[misc]

    changes = [("a", "old", "1"), ("b", "old", "2"), ("c", "old", "3"), ("d", "old", "4")]
    database.write(lambda tx: tx.amend("facts", {"name": "text", "value": "text"}, {"value": "text"}, changes))
    database.write(lambda tx: tx.amend("facts", {"name": "text"}, {"value": "text"}, []))

    rows = database.read(lambda tx: tx.rows("SELECT name, value FROM facts ORDER BY name"))
    assert rows == [("a", "1"), ("b", "2"), ("c", "kept")]


def test_an_operation_whose_sql_fails_leaves_nothing(database: Database) -> None:
    def twice(tx: Transaction) -> None:
        keep(tx, "a")
        keep(tx, "a")

    with pytest.raises((apsw.ConstraintError, psycopg.errors.UniqueViolation)):
        database.write(twice)

    assert names(database) == []


def test_the_database_goes_on_after_a_failure(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        database.write(lambda _: 1 // 0)

    database.write(lambda tx: keep(tx, "a"))

    assert names(database) == ["a"]


def test_followers_run_once_the_data_are_safe(database: Database) -> None:
    seen: list[list[str]] = []

    def operation(tx: Transaction) -> None:
        keep(tx, "a")
        tx.after_commit(lambda: seen.append(names(database)))
        assert seen == []

    database.write(operation)

    assert seen == [["a"]]


def test_followers_of_an_undone_operation_never_run(database: Database) -> None:
    seen: list[str] = []

    def operation(tx: Transaction) -> None:
        tx.after_commit(lambda: seen.append("ran"))
        raise NotFound("task", "taskId")

    with pytest.raises(NotFound):
        database.write(operation)

    assert seen == []


def test_a_read_sees_one_snapshot(database: Database) -> None:
    database.write(lambda tx: keep(tx, "a"))

    def look_twice(tx: Transaction) -> tuple[list[Any], list[Any]]:
        before = tx.rows("SELECT name FROM facts")
        all_at_once([lambda: database.write(lambda other: keep(other, "b"))])
        return before, tx.rows("SELECT name FROM facts")

    before, after = database.read(look_twice)

    assert before == after == [("a",)]
    assert names(database) == ["a", "b"]


def test_a_read_cannot_write(database: Database) -> None:
    with pytest.raises((apsw.ReadOnlyError, psycopg.errors.ReadOnlySqlTransaction)):
        database.read(lambda tx: keep(tx, "a"))

    assert names(database) == []


def test_a_transaction_knows_for_whom_it_is_open(database: Database) -> None:
    assert database.read(lambda tx: tx.caller, an_admin()) == an_admin()
    with pytest.raises(LookupError):
        database.read(lambda tx: tx.organization_no)


def test_values_never_become_sql(database: Database) -> None:
    nasty = "'; DROP TABLE facts; -- :name %s %(name)s ? \" \\ 😀"

    database.write(lambda tx: keep(tx, nasty, nasty))

    assert database.read(lambda tx: tx.row("SELECT value FROM facts WHERE name = :name", name=nasty)) == (nasty,)


def test_many_writers_lose_nothing(database: Database) -> None:
    wanted = [f"{number:02}" for number in range(40)]

    outcomes = all_at_once([partial(database.write, partial(keep, name=name)) for name in wanted])

    assert outcomes == [None] * 40
    assert names(database) == wanted


# SQLite ----------------------------------------------------------------------------------------------------------


class Held:
    """A writer that is kept busy until it is let go, so that what is written meanwhile forms one group."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._go = threading.Event()
        started = threading.Event()

        def wait(tx: Transaction) -> None:
            started.set()
            self._go.wait(10)

        database.submit(wait, None, lambda _: None)
        started.wait(10)

    def let_go(self) -> None:
        self._go.set()


@pytest.fixture
def held(sqlite_database: SqliteDatabase) -> Iterator[Held]:
    holder = Held(sqlite_database)
    yield holder
    holder.let_go()


def test_in_a_group_one_operation_fails_and_the_others_stand(sqlite_database: SqliteDatabase, held: Held) -> None:
    def fail(tx: Transaction) -> None:
        keep(tx, "b")
        raise NotFound("task", "taskId")

    told: list[tuple[str, Exception | None]] = []
    groups: list[int] = []
    done = threading.Event()

    def resolve(errands: list[sqlite.Errand]) -> None:
        groups.append(len(errands))
        told.extend((errand.result, errand.error) for errand in errands)
        done.set()

    sqlite_database.submit(lambda tx: keep(tx, "a"), None, resolve)
    sqlite_database.submit(fail, None, resolve)
    sqlite_database.submit(lambda tx: keep(tx, "c"), None, resolve)
    held.let_go()
    assert done.wait(10)

    assert names(sqlite_database) == ["a", "c"]
    assert groups == [3]
    assert [type(error) for _, error in told] == [type(None), NotFound, type(None)]


def test_writes_are_refused_when_too_many_wait(sqlite_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "QUEUE_MAX", 2)
    database = SqliteDatabase(sqlite_path)
    held = Held(database)
    for name in ("a", "b"):
        database.submit(partial(keep, name=name), None, lambda _: None)

    with pytest.raises(Unavailable, match="More writes are waiting"):
        database.write(lambda tx: keep(tx, "c"))

    held.let_go()
    database.close()
    with sqlite3.connect(sqlite_path) as file:
        assert file.execute("SELECT name FROM facts ORDER BY name").fetchall() == [("a",), ("b",)]
    file.close()


def test_a_closed_database_takes_no_writes(sqlite_database: SqliteDatabase) -> None:
    sqlite_database.close()

    with pytest.raises(Unavailable, match="stopping"):
        sqlite_database.write(lambda tx: keep(tx, "a"))


def test_a_write_that_nobody_waits_for_any_more_disturbs_nobody(sqlite_database: SqliteDatabase) -> None:
    def gone(errands: list[sqlite.Errand]) -> None:
        raise RuntimeError("Event loop is closed")

    sqlite_database.submit(lambda tx: keep(tx, "a"), None, gone)
    sqlite_database.write(lambda tx: keep(tx, "b"))

    assert names(sqlite_database) == ["a", "b"]


def test_a_long_read_is_broken_off_when_it_must_be_short(sqlite_database: SqliteDatabase) -> None:
    def long_read(tx: Transaction) -> list[Any]:
        return tx.rows(
            "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 20000)"
            " SELECT count(*) FROM numbers"
        )

    with pytest.raises(ReadTooLong):
        sqlite_database.read(long_read, steps_max=20_000)

    assert sqlite_database.read(long_read) == [(20_000,)]
    assert sqlite_database.read(lambda tx: tx.rows("SELECT 1"), steps_max=20_000) == [(1,)]


def test_a_short_read_is_never_broken_off_however_often_it_is_asked(sqlite_database: SqliteDatabase) -> None:
    def short_read(tx: Transaction) -> list[Any]:
        return tx.rows(
            "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 2000)"
            " SELECT count(*) FROM numbers"
        )

    for _ in range(200):
        assert sqlite_database.read(short_read, steps_max=100_000) == [(2_000,)]


def test_a_file_that_another_process_holds_is_told_in_words(
    sqlite_database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_MILLISECONDS", 1)
    database = SqliteDatabase(sqlite_database.path)

    with sqlite_database.exclusively(), pytest.raises(Unavailable, match="held by another process"):
        database.write(lambda tx: keep(tx, "a"))

    database.write(lambda tx: keep(tx, "b"))
    database.close()


@pytest.mark.parametrize("version", ["3.51.2", "3.7.0", "3.50.4"])
def test_an_sqlite_that_can_lose_data_is_refused(version: str) -> None:
    with pytest.raises(UnsafeSQLite, match=version.replace(".", r"\.")):
        require_safe_version(version)


@pytest.mark.parametrize("version", ["3.51.3", "3.52.0", "3.54.1", "4.0.0"])
def test_a_mended_sqlite_is_accepted(version: str) -> None:
    require_safe_version(version)


def test_a_new_file_that_somebody_looks_at_is_opened_once_they_are_done(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    looking = apsw.Connection(str(path))
    looking.execute("CREATE TABLE t (a)")
    looking.execute("BEGIN")
    looking.execute("SELECT * FROM t").fetchall()  # not in WAL mode yet, and now it cannot be put into it
    done = threading.Timer(0.2, looking.execute, ("COMMIT",))
    done.start()

    database = SqliteDatabase(path)

    assert database.read(lambda tx: tx.row("PRAGMA journal_mode")) == ("wal",)
    database.close()
    done.join()
    looking.close()


# PostgreSQL ------------------------------------------------------------------------------------------------------


def test_a_deadlock_is_repeated_until_both_are_through(postgres_database: PostgresDatabase) -> None:
    postgres_database.write(lambda tx: keep(tx, "a", "0"))
    postgres_database.write(lambda tx: keep(tx, "b", "0"))
    both_hold_one = threading.Barrier(2)
    tries: list[str] = []

    def raise_both(tx: Transaction, first: str, second: str) -> None:
        add_one = "UPDATE facts SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) WHERE name = :name"
        tx.run("SET LOCAL deadlock_timeout = '10ms'")
        tx.run(add_one, name=first)
        tries.append(first)
        if len(tries) <= 2:
            both_hold_one.wait(10)
        tx.run(add_one, name=second)

    outcomes = all_at_once(
        [
            lambda: postgres_database.write(lambda tx: raise_both(tx, "a", "b")),
            lambda: postgres_database.write(lambda tx: raise_both(tx, "b", "a")),
        ]
    )

    assert outcomes == [None, None]
    assert len(tries) > 2
    assert postgres_database.read(lambda tx: tx.rows("SELECT value FROM facts")) == [("2",), ("2",)]


def test_what_postgresql_asks_to_repeat_is_repeated_and_followed_once(postgres_database: PostgresDatabase) -> None:
    seen: list[str] = []
    tries: list[int] = []

    def operation(tx: Transaction) -> None:
        tries.append(1)
        keep(tx, "a")
        tx.after_commit(lambda: seen.append("ran"))
        if len(tries) < 3:
            raise psycopg.errors.SerializationFailure

    postgres_database.write(operation)

    assert len(tries) == 3
    assert seen == ["ran"]
    assert names(postgres_database) == ["a"]


def test_what_never_succeeds_is_given_up(postgres_database: PostgresDatabase) -> None:
    tries: list[int] = []

    def operation(tx: Transaction) -> None:
        tries.append(1)
        raise psycopg.errors.SerializationFailure

    with pytest.raises(Unavailable, match="too busy"):
        postgres_database.write(operation)

    assert len(tries) == TRIES_MAX


def test_a_lost_connection_is_not_now_and_the_next_one_works(postgres_database: PostgresDatabase) -> None:
    def cut_off(tx: Transaction) -> None:
        keep(tx, "a")
        tx.run("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(Unavailable, match="does not answer"):
        postgres_database.write(cut_off)

    postgres_database.write(lambda tx: keep(tx, "b"))
    assert names(postgres_database) == ["b"]


def test_a_full_disk_is_told_in_words_and_loses_nothing(sqlite_database: Database) -> None:
    def note(tx: Transaction, name: str, letters: int) -> None:
        tx.run("INSERT INTO facts (name, value) VALUES (:name, :value)", name=name, value="x" * letters)

    def room(tx: Transaction, pages: int) -> None:
        present = tx.row("PRAGMA page_count")
        assert present is not None
        tx.row(f"PRAGMA max_page_count = {present[0] + pages}")

    sqlite_database.write(partial(note, name="before", letters=10))
    sqlite_database.write(partial(room, pages=5))

    with pytest.raises(Unavailable, match=r"disk of the database is full: nothing was changed\.  Make room"):
        sqlite_database.write(partial(note, name="too much", letters=1_000_000))

    sqlite_database.write(partial(note, name="little", letters=10))
    sqlite_database.write(partial(room, pages=1_000_000))
    sqlite_database.write(partial(note, name="after", letters=1_000_000))
    found = sqlite_database.read(lambda tx: tx.rows("SELECT name FROM facts WHERE value LIKE 'x%' ORDER BY name"))
    assert [name for (name,) in found] == ["after", "before", "little"]


def test_an_address_where_nobody_answers_is_told_in_words() -> None:
    database = PostgresDatabase("postgresql://askare:hunter2@127.0.0.1:1/askare")

    with pytest.raises(Unavailable, match=r"PostgreSQL cannot be reached: .*refused") as refusal:
        database.open()

    assert "hunter2" not in str(refusal.value)


def test_a_missing_database_is_told_in_words(postgres_address: str) -> None:
    database = PostgresDatabase(postgres_address.replace("/askare_", "/no_askare_", 1))

    with pytest.raises(Unavailable, match="does not exist"):
        database.read(lambda tx: tx.row("SELECT 1"))
