"""The schema: each step once, in order, whoever else is at it, and never backwards."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from askare.kernel.time import milliseconds
from askare.storage.desk import Database
from askare.storage.flavour import POSTGRES, SQLITE
from askare.storage.migrations import (
    Migration,
    SchemaDiffers,
    SchemaTooNew,
    all_migrations,
    applied,
    apply,
    migrate,
    waiting,
)
from askare.storage.postgres import PostgresDatabase
from askare.storage.sqlite import SqliteDatabase
from tests.values import NOW

MIGRATE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from askare.storage.migrations import migrate
from askare.storage.postgres import PostgresDatabase
from askare.storage.sqlite import SqliteDatabase

print("ready", flush=True)
sys.stdin.readline()
address = sys.argv[1]
database = PostgresDatabase(address) if "://" in address else SqliteDatabase(Path(address))
print(*migrate(database, now=datetime(2026, 3, 2, tzinfo=UTC)))
database.close()
"""


@pytest.fixture(params=["sqlite", "postgres"])
def bare_address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a database with nothing in it is, or will be."""
    if request.param == "sqlite":
        return str(tmp_path / "bare.db")
    address: str = request.getfixturevalue("bare_postgres_address")
    return address


@pytest.fixture
def bare(bare_address: str) -> Iterator[Database]:
    database = PostgresDatabase(bare_address) if "://" in bare_address else SqliteDatabase(Path(bare_address))
    yield database
    database.close()


def all_names() -> list[str]:
    return [migration.name for migration in all_migrations()]


def break_off(database: Database, *, after: int) -> None:
    """Carry out so many migrations, and die in the middle of the next."""
    whole, half = all_migrations()[:after], all_migrations()[after]
    for migration in whole:
        with database.exclusively() as tx:
            apply(tx, migration, at=milliseconds(NOW))
    with contextlib.suppress(KeyboardInterrupt), database.exclusively() as tx:
        apply(tx, half, at=milliseconds(NOW))
        raise KeyboardInterrupt


def test_the_rooms_number_their_migrations_in_one_order() -> None:
    assert all_names() == sorted(all_names())
    assert all_names()[0] == "0001_storage.sql"


def test_an_empty_database_waits_for_all_migrations(bare: Database) -> None:
    assert [migration.name for migration in waiting(bare)] == all_names()


def test_each_migration_is_applied_once(bare: Database) -> None:
    assert migrate(bare, now=NOW) == all_names()
    assert migrate(bare, now=NOW) == []
    assert waiting(bare) == []


def test_the_moment_of_a_migration_is_kept(bare: Database) -> None:
    migrate(bare, now=NOW)

    rows = bare.read(lambda tx: tx.rows("SELECT name, at FROM migrations ORDER BY name"))

    assert rows == [(name, milliseconds(NOW)) for name in all_names()]


@pytest.mark.parametrize("after", range(len(all_names())))
def test_a_migration_that_was_broken_off_goes_on_where_it_stopped(bare: Database, after: int) -> None:
    break_off(bare, after=after)

    assert [migration.name for migration in waiting(bare)] == all_names()[after:]
    assert migrate(bare, now=NOW) == all_names()[after:]
    assert bare.read(applied) == set(all_names())


def test_processes_that_migrate_at_once_share_the_work(bare_address: str) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", MIGRATE, bare_address], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    printed = [process.communicate(timeout=30)[0] for process in processes]

    assert [process.returncode for process in processes] == [0, 0, 0]
    assert sorted(" ".join(printed).split()) == all_names()


def test_a_database_of_a_newer_askare_is_left_alone(database: Database) -> None:
    with database.exclusively() as tx:
        tx.run("INSERT INTO migrations (name, at) VALUES ('9999_future.sql', 0)")

    try:
        with pytest.raises(SchemaTooNew, match=r"newer Askare \(it has 9999_future.sql\)"):
            waiting(database)
        with pytest.raises(SchemaTooNew, match="restore a backup"):
            migrate(database, now=NOW)
    finally:
        with database.exclusively() as tx:
            tx.run("DELETE FROM migrations WHERE name = '9999_future.sql'")


WORDED = """
-- What there is.
CREATE TABLE things (
    thing_no {serial},
    name TEXT NOT NULL
) {strict};
"""


@pytest.mark.parametrize("ddl", [SQLITE.ddl, POSTGRES.ddl], ids=["sqlite", "postgres"])
def test_a_migration_is_known_again_by_what_it_does_and_not_by_how_it_is_laid_out(ddl: dict[str, str]) -> None:
    digest = Migration("0001_a.sql", WORDED).digest(ddl)

    for same in (
        WORDED.replace("\n", "\r\n"),
        WORDED.replace("    ", "\t"),
        WORDED.strip(),
        WORDED.replace("What there is", "All there is"),
        WORDED.replace("{strict}", ddl["strict"]),
    ):
        assert Migration("0001_a.sql", same).digest(ddl) == digest
    for other in (WORDED.replace("name", "title"), WORDED.replace("NOT NULL", ""), WORDED + "DROP TABLE things;"):
        assert Migration("0001_a.sql", other).digest(ddl) != digest


def test_a_database_with_another_migration_of_the_same_name_is_left_alone(bare: Database) -> None:
    first, *others = all_migrations()
    with bare.exclusively() as tx:
        apply(tx, Migration(first.name, first.template + "\nCREATE TABLE moon_leases (name TEXT);\n"), at=0)

    with pytest.raises(SchemaDiffers, match=f"what it has had as {first.name} is not"):
        waiting(bare)
    with pytest.raises(SchemaDiffers, match="Use the Askare that made it, or name a new, empty data folder"):
        migrate(bare, now=NOW)
    assert bare.read(applied) == {first.name}
    assert others


@pytest.mark.parametrize("so_far", [1, len(all_names())], ids=["some", "all"])
def test_a_database_from_before_digests_were_kept_is_taken_as_it_is_and_gets_them(bare: Database, so_far: int) -> None:
    for migration in all_migrations()[:so_far]:
        with bare.exclusively() as tx:
            apply(tx, migration, at=0)
    with bare.exclusively() as tx:
        tx.run("ALTER TABLE migrations DROP COLUMN digest")
    assert [migration.name for migration in waiting(bare)] == all_names()[so_far:]

    assert migrate(bare, now=NOW) == all_names()[so_far:]

    kept: dict[str, str] = bare.read(lambda tx: dict(tx.rows("SELECT name, digest FROM migrations")))
    assert kept == {one.name: one.digest(bare.flavour.ddl) for one in all_migrations()}


def test_appeals_that_were_numbered_by_row_are_counted_on_from_there(bare: Database) -> None:
    older = [migration for migration in all_migrations() if migration.name < "0018"]
    for migration in older:
        with bare.exclusively() as tx:
            apply(tx, migration, at=0)
    with bare.exclusively() as tx:
        for number, organization in ((3, 1), (4, 2), (7, 1)):
            tx.run(
                "INSERT INTO appeals (appeal_no, organization_no, status, searched, document)"
                " VALUES (:no, :organization, 0, '', '')",
                no=number,
                organization=organization,
            )

    migrate(bare, now=NOW)

    kept = bare.read(lambda tx: tx.rows("SELECT organization_no, last FROM appeal_numbers ORDER BY organization_no"))
    assert kept == [(1, 7), (2, 4)]


def test_both_kinds_of_database_get_the_same_tables(
    sqlite_database: SqliteDatabase, postgres_database: PostgresDatabase
) -> None:
    on_sqlite = sqlite_database.read(
        lambda tx: tx.rows(
            "SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table'"
        )
    )
    on_postgres = postgres_database.read(
        lambda tx: tx.rows(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
        )
    )

    assert set(on_sqlite) == set(on_postgres) - {("history", "xid")}
