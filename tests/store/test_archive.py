"""A backup holds everything, whichever database it comes from, and either database takes it in."""

from __future__ import annotations

import hashlib
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from askare.calltasks import own
from askare.calltasks.model import CallSettings, TypeSettings
from askare.kernel.paging import Order, Window
from askare.kernel.problems import NotFound
from askare.kernel.time import milliseconds
from askare.storage import archive, history
from askare.storage.archive import ArchiveProblem, Manifest, Summary, backup, restore, tables_of
from askare.storage.desk import Database
from askare.storage.migrations import all_migrations, applied, apply, waiting
from askare.storage.postgres import PostgresDatabase
from askare.storage.sqlite import SqliteDatabase
from askare.storage.transactions import Row, Transaction
from askare.tasks import operations
from askare.tasks.model import TaskFilter, TaskStatus
from tests.values import (
    AGENT,
    AGENT_USER,
    ASSIGNMENT,
    DAY,
    NOON,
    NOW,
    OFFICE,
    ORGANIZATION_NAME,
    ORGANIZATION_NO,
    OTHER_OFFICE,
    OTHER_TASK,
    REALTY,
    a_party,
    an_admin,
    an_id,
    what_is_said,
)

KEY = b"-----BEGIN PRIVATE KEY-----\n\x00\xff"
TASKS = 120


def silent(table: str, done: int, total: int) -> None:
    """Nobody watches the progress."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "office.askare"


@pytest.fixture
def bare_sqlite_database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    opened = SqliteDatabase(tmp_path / "bare.db")
    yield opened
    opened.close()


@pytest.fixture
def bare_postgres_database(bare_postgres_address: str) -> Iterator[PostgresDatabase]:
    opened = PostgresDatabase(bare_postgres_address)
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgres"])
def bare_database(request: pytest.FixtureRequest) -> Database:
    """A database with nothing in it, not even tables."""
    opened: Database = request.getfixturevalue(f"bare_{request.param}_database")
    return opened


def fill(database: Database) -> None:
    """An office at work: tasks created, changed and deleted, people, tokens, a second organization."""

    def work(tx: Transaction) -> None:
        for number in range(TASKS):
            said = what_is_said(
                description=f"Soita asiakkaalle {number}, Hämeenkatu {number % 17}; уточнить цену \U0001f3e0",
                status=TaskStatus.DONE if number % 3 == 0 else TaskStatus.WAITING,
                due=NOON + timedelta(minutes=7 * number),
                parties=[a_party(an_id(number % 11, kind=0xD))],
                realty=REALTY if number % 2 else None,
                assignment=ASSIGNMENT,
                office=OTHER_OFFICE if number % 5 == 0 else OFFICE,
            )
            operations.create_task(tx, said, task_id=an_id(number + 1), now=NOW)
        operations.update_task(
            tx, OTHER_TASK, what_is_said(description="Toisin"), expected_versions=None, now=NOW + DAY
        )
        operations.delete_task(tx, an_id(3), expected_versions=None, now=NOW + DAY)
        own.put_settings(
            tx, CallSettings(phone_region="KZ", task_types={"callback": TypeSettings(label="Перезвон")}), now=NOW
        )
        tx.run("INSERT INTO organizations (organization_id, name) VALUES (:id, 'Åbo Mäklare')", id=an_id(9).bytes)
        tx.run(
            "INSERT INTO users (user_id, organization_no, username, role, offices, agent_id, disabled, created_at)"
            " VALUES (:id, :no, NULL, 'agent', '[]', :agent, 0, :at)",
            id=AGENT_USER.bytes,
            no=ORGANIZATION_NO,
            agent=AGENT.bytes,
            at=milliseconds(NOW),
        )
        tx.run(
            "INSERT INTO access_tokens (token_id, digest, user_id, role, offices, created_at, expires_at)"
            " VALUES (:id, :digest, :user, 'agent', '[]', :at, :at)",
            id=an_id(1).bytes,
            digest=bytes(range(256)),
            user=AGENT_USER.bytes,
            at=milliseconds(NOW),
        )

    database.write(work, an_admin())


def contents(database: Database) -> dict[str, set[Row]]:
    """Every row of every table."""

    def look(tx: Transaction) -> dict[str, set[Row]]:
        return {
            table.name: set(tx.rows(f"SELECT {', '.join(table.column_names)} FROM {table.name}"))
            for table in tables_of(all_migrations())
        }

    return database.read(look)


def found(database: Database, **wanted: Any) -> tuple[list[bytes], int]:
    page = database.read(
        lambda tx: operations.search_tasks(
            tx, TaskFilter(**wanted), orders=[Order("taskDueTime", descending=True)], window=Window(0, 50)
        ),
        an_admin(),
    )
    return page.items, page.total


def saved(database: Database, file: Path) -> Summary:
    return backup(database, file, now=NOW, extra={"keys/signing.pem": KEY}, progress=silent)


def taken_in(database: Database, file: Path, *, replace: bool = False) -> Summary:
    return restore(database, file, replace=replace, now=NOW, progress=silent)


def remade(file: Path, change: Callable[[dict[str, bytes], dict[str, Any]], None], *, honest: bool = True) -> Path:
    """A copy of the archive with its members or manifest changed; `honest`: the checksums are made to fit again."""
    with zipfile.ZipFile(file) as opened:
        members = {name: opened.read(name) for name in opened.namelist()}
    manifest: dict[str, Any] = msgspec.json.decode(members.pop(archive.MANIFEST))
    change(members, manifest)
    if honest:
        named = [(f"tables/{part['name']}.ndjson", part) for part in manifest["tables"]]
        named += [(f"files/{part['name']}", part) for part in manifest["files"]]
        for name, part in named:
            part |= {"sha256": hashlib.sha256(members[name]).hexdigest(), "bytes": len(members[name])}
    copy = file.with_name("remade.askare")
    with zipfile.ZipFile(copy, "w") as opened:
        for name, content in (members | {archive.MANIFEST: msgspec.json.encode(manifest)}).items():
            opened.writestr(name, content)
    return copy


# There and back --------------------------------------------------------------------------------------------------


def test_either_database_takes_in_what_either_one_held(
    database: Database, bare_database: Database, file: Path, tmp_path: Path
) -> None:
    fill(database)

    made = saved(database, file)
    restored = taken_in(bare_database, file)

    assert contents(bare_database) == contents(database)
    assert len(contents(bare_database)["tasks"]) == TASKS - 1
    assert restored.manifest == made.manifest
    again = saved(bare_database, tmp_path / "again.askare")
    assert again.manifest.tables == made.manifest.tables  # down to the last byte, whichever database it comes from


def test_searches_answer_the_same_after_a_restore(database: Database, bare_database: Database, file: Path) -> None:
    fill(database)
    saved(database, file)
    taken_in(bare_database, file)

    for wanted in (
        {},
        {"text": "hämeenkatu"},
        {"text": "asiakas 29"},
        {"realty_ids": frozenset({REALTY}), "statuses": frozenset({TaskStatus.WAITING})},
        {"office_ids": frozenset({OTHER_OFFICE}), "due_before": NOON + DAY},
    ):
        documents, total = found(database, **wanted)
        assert total > 0
        assert found(bare_database, **wanted) == (documents, total)


def test_work_goes_on_after_a_restore(database: Database, bare_database: Database, file: Path) -> None:
    fill(database)
    saved(database, file)
    taken_in(bare_database, file)

    said = what_is_said(description="Uusi ihmeellinen sana")
    bare_database.write(lambda tx: operations.create_task(tx, said, task_id=an_id(9_999), now=NOW + DAY), an_admin())
    bare_database.write(
        lambda tx: tx.run("INSERT INTO organizations (organization_id, name) VALUES (:id, 'Third')", id=b"\3" * 16)
    )

    assert found(bare_database, text="ihmeellinen")[1] == 1
    assert found(bare_database)[1] == TASKS
    assert waiting(bare_database) == []


def test_what_the_process_remembered_of_the_old_contents_is_forgotten(database: Database, file: Path) -> None:
    def create(tx: Transaction, description: str, number: int) -> None:
        operations.create_task(tx, what_is_said(description=description), task_id=an_id(number), now=NOW)

    database.write(lambda tx: create(tx, "eteinen", 1), an_admin())
    saved(database, file)
    for number, word in enumerate(("keittiö", "sauna", "parveke"), start=2):
        database.write(lambda tx, word=word, number=number: create(tx, word, number), an_admin())  # type: ignore[misc]

    taken_in(database, file, replace=True)
    database.write(lambda tx: create(tx, "parveke", 9), an_admin())

    assert found(database, text="parveke")[1] == 1
    assert found(database, text="sauna") == ([], 0)


def test_a_backup_while_others_write_shows_one_moment(database: Database, bare_database: Database, file: Path) -> None:
    fill(database)
    written = 0

    def write_one_more(table: str, done: int, total: int) -> None:
        nonlocal written
        written += 1
        said = what_is_said(description=f"Kesken varmuuskopion {written}")
        task_id = an_id(5_000 + written)
        database.write(lambda tx: operations.create_task(tx, said, task_id=task_id, now=NOW), an_admin())

    before = contents(database)
    backup(database, file, now=NOW, extra={}, progress=write_one_more)
    taken_in(bare_database, file)

    assert written > 5
    assert found(database)[1] == TASKS - 1 + written
    assert contents(bare_database) == before


def test_every_task_of_a_backup_has_its_history(database: Database, bare_database: Database, file: Path) -> None:
    fill(database)
    saved(database, file)
    taken_in(bare_database, file)

    entries = bare_database.read(lambda tx: history.of_thing(tx, operations.KIND, OTHER_TASK), an_admin())
    assert [entry.version for entry in entries] == [1, 2]
    with pytest.raises(NotFound):
        bare_database.read(lambda tx: operations.get_task(tx, an_id(3)), an_admin())
    assert bare_database.read(lambda tx: history.is_tombstone(tx, operations.KIND, an_id(3)), an_admin())


def test_every_column_but_the_databases_own_is_in_the_archive(postgres_database: PostgresDatabase) -> None:
    carried = {f"{table.name}.{name}" for table in tables_of(all_migrations()) for name in table.column_names}

    present = postgres_database.read(
        lambda tx: {
            f"{table}.{column}"
            for table, column in tx.rows(
                "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
            )
        }
    )

    assert present - carried == {"history.xid", "migrations.name", "migrations.at", "migrations.digest"}
    assert carried <= present


def test_a_strangers_table_beside_ours_is_left_alone(postgres_database: PostgresDatabase, file: Path) -> None:
    fill(postgres_database)
    postgres_database.write(lambda tx: tx.run("CREATE TABLE spatial_ref_sys (srid INTEGER, wkt JSONB)"))
    try:
        assert "spatial_ref_sys" not in {table.name for table in saved(postgres_database, file).manifest.tables}
        taken_in(postgres_database, file, replace=True)
        assert postgres_database.read(lambda tx: tx.rows("SELECT * FROM spatial_ref_sys")) == []
    finally:
        postgres_database.write(lambda tx: tx.run("DROP TABLE spatial_ref_sys"))


def test_progress_ends_with_every_row_of_every_table(sqlite_database: SqliteDatabase, file: Path) -> None:
    fill(sqlite_database)
    seen: dict[str, tuple[int, int]] = {}

    summary = backup(
        sqlite_database,
        file,
        now=NOW,
        extra={},
        progress=lambda table, done, total: seen.update({table: (done, total)}),
    )

    assert seen == {table.name: (table.rows, table.rows) for table in summary.manifest.tables if table.rows}


# The file --------------------------------------------------------------------------------------------------------


def test_only_the_owner_can_read_a_backup(sqlite_database: SqliteDatabase, file: Path) -> None:
    summary = saved(sqlite_database, file)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert summary.archive_bytes == file.stat().st_size


def test_files_sent_along_come_back(
    sqlite_database: SqliteDatabase, bare_sqlite_database: SqliteDatabase, file: Path
) -> None:
    saved(sqlite_database, file)

    summary = taken_in(bare_sqlite_database, file)

    assert summary.files == {"keys/signing.pem": KEY}
    assert "PRIVATE" not in repr(summary)


def test_a_file_that_is_there_already_is_not_overwritten(sqlite_database: SqliteDatabase, file: Path) -> None:
    file.write_text("last year's accounts")

    with pytest.raises(ArchiveProblem, match="there already"):
        saved(sqlite_database, file)

    assert file.read_text() == "last year's accounts"


def test_a_backup_into_no_folder_says_so(sqlite_database: SqliteDatabase, tmp_path: Path) -> None:
    with pytest.raises(ArchiveProblem, match="no folder"):
        saved(sqlite_database, tmp_path / "usb-stick" / "office.askare")


def test_a_backup_that_breaks_off_leaves_nothing_behind(sqlite_database: SqliteDatabase, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    fill(sqlite_database)

    def interrupt(table: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backup(sqlite_database, folder / "office.askare", now=NOW, extra={}, progress=interrupt)

    assert list(folder.iterdir()) == []


def test_a_database_without_tables_is_not_worth_a_backup(bare_database: Database, file: Path) -> None:
    with pytest.raises(ArchiveProblem, match="Is it the right one"):
        saved(bare_database, file)

    assert not file.exists()


def test_an_archive_says_what_is_in_it(database: Database, file: Path) -> None:
    fill(database)

    manifest: Manifest = saved(database, file).manifest

    assert archive.inspect(file) == manifest
    assert (manifest.database, manifest.made) == (database.flavour.name, NOW)
    assert {table.name: table.rows for table in manifest.tables}["tasks"] == TASKS - 1
    assert [migration.name for migration in manifest.migrations] == [one.name for one in all_migrations()]


# Refusals: nothing is changed ------------------------------------------------------------------------------------


def test_a_database_with_something_in_it_is_not_overwritten(database: Database, file: Path) -> None:
    saved(database, file)
    fill(database)
    before = contents(database)

    with pytest.raises(ArchiveProblem, match=r"not empty.*--replace"):
        taken_in(database, file)

    assert contents(database) == before


def test_with_replace_it_makes_room(database: Database, file: Path) -> None:
    saved(database, file)
    before = contents(database)
    fill(database)

    taken_in(database, file, replace=True)

    assert contents(database) == before
    assert [row[1:] for row in before["organizations"]] == [(an_id(1, kind=0xA).bytes, ORGANIZATION_NAME)]


def test_a_cut_off_archive_changes_nothing(sqlite_database: SqliteDatabase, file: Path) -> None:
    fill(sqlite_database)
    saved(sqlite_database, file)
    whole = file.read_bytes()
    before = contents(sqlite_database)

    for length in (0, 1, 100, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:length])
        with pytest.raises(ArchiveProblem, match="cut off"):
            taken_in(sqlite_database, file, replace=True)

    assert contents(sqlite_database) == before


def test_a_flipped_bit_is_found_or_means_nothing(sqlite_database: SqliteDatabase, file: Path) -> None:
    fill(sqlite_database)
    saved(sqlite_database, file)
    whole = file.read_bytes()
    before = contents(sqlite_database)
    refused = 0

    for place in range(0, len(whole), len(whole) // 59):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])
        try:
            archive.inspect(file)
        except ArchiveProblem:
            refused += 1
        else:
            taken_in(sqlite_database, file, replace=True)
        assert contents(sqlite_database) == before

    assert refused > 40


def test_a_file_that_is_no_archive_is_named(sqlite_database: SqliteDatabase, file: Path) -> None:
    with pytest.raises(ArchiveProblem, match=r"office\.askare cannot be read: No such file"):
        taken_in(sqlite_database, file)
    file.write_text("Dear office,")
    with pytest.raises(ArchiveProblem, match=r"office\.askare is not a backup of Askare"):
        taken_in(sqlite_database, file)


def test_an_altered_row_is_found(sqlite_database: SqliteDatabase, file: Path) -> None:
    fill(sqlite_database)
    saved(sqlite_database, file)

    def alter(members: dict[str, bytes], manifest: dict[str, Any]) -> None:
        members["tables/tasks.ndjson"] = members["tables/tasks.ndjson"].replace(b"WAITING", b"DOINGIT", 1)

    with pytest.raises(ArchiveProblem, match=r"tables/tasks\.ndjson was altered"):
        taken_in(sqlite_database, remade(file, alter, honest=False), replace=True)


def test_a_missing_table_is_found(sqlite_database: SqliteDatabase, file: Path) -> None:
    saved(sqlite_database, file)

    def drop(members: dict[str, bytes], manifest: dict[str, Any]) -> None:
        del members["tables/tasks.ndjson"]
        manifest["tables"] = [part for part in manifest["tables"] if part["name"] != "tasks"]

    with pytest.raises(ArchiveProblem, match="tables are not those"):
        taken_in(sqlite_database, remade(file, drop), replace=True)


def test_rows_that_the_database_refuses_leave_the_old_state(database: Database, file: Path) -> None:
    fill(database)
    saved(database, file)
    before = contents(database)

    def twice(members: dict[str, bytes], manifest: dict[str, Any]) -> None:
        lines = members["tables/tasks.ndjson"].splitlines(keepends=True)
        members["tables/tasks.ndjson"] = b"".join([*lines[:-1], lines[0]])

    with pytest.raises(ArchiveProblem, match="is as it was before"):
        taken_in(database, remade(file, twice), replace=True)

    assert contents(database) == before
    assert found(database, text="asiakas")[1] > 0


def test_rows_that_do_not_fit_their_columns_leave_the_old_state(database: Database, file: Path) -> None:
    fill(database)
    saved(database, file)
    before = contents(database)

    def shorten(members: dict[str, bytes], manifest: dict[str, Any]) -> None:
        lines = members["tables/tasks.ndjson"].splitlines(keepends=True)
        members["tables/tasks.ndjson"] = b"".join([*lines[:-1], b"[1,2]\n"])

    with pytest.raises(ArchiveProblem, match="row of tasks does not fit"):
        taken_in(database, remade(file, shorten), replace=True)

    assert contents(database) == before


@pytest.mark.parametrize("name", ["../authorized_keys", "/etc/passwd", "keys/../../x", "keys\\..\\x"])
def test_a_file_may_not_leave_the_data_folder(sqlite_database: SqliteDatabase, file: Path, name: str) -> None:
    saved(sqlite_database, file)

    def rename(members: dict[str, bytes], manifest: dict[str, Any]) -> None:
        members[f"files/{name}"] = members.pop("files/keys/signing.pem")
        manifest["files"][0]["name"] = name

    with pytest.raises(ArchiveProblem, match="outside of the data folder"):
        taken_in(sqlite_database, remade(file, rename), replace=True)


def test_a_newer_askares_archive_is_refused_with_the_version_to_use(
    sqlite_database: SqliteDatabase, file: Path
) -> None:
    saved(sqlite_database, file)

    def newer_schema(members: dict[str, bytes], manifest: dict[str, Any]) -> None:
        manifest["askare"] = "9.4.0"
        manifest["migrations"].append({"name": "0999_moon_leases.sql", "at": 0})

    def newer_form(members: dict[str, bytes], manifest: dict[str, Any]) -> None:
        manifest |= {"askare": "9.4.0", "format": 2, "tables": "elsewhere"}
        manifest["tables"] = []
        manifest["files"] = []

    with pytest.raises(ArchiveProblem, match=r"0999_moon_leases\.sql.*Restore it with Askare 9\.4\.0"):
        taken_in(sqlite_database, remade(file, newer_schema))
    with pytest.raises(ArchiveProblem, match=r"cannot read\.  Restore it with Askare 9\.4\.0"):
        taken_in(sqlite_database, remade(file, newer_form))


def test_a_newer_askares_database_is_left_alone(database: Database, file: Path) -> None:
    saved(database, file)
    database.write(lambda tx: tx.run("INSERT INTO migrations (name, at) VALUES ('0999_moon_leases.sql', 0)"))
    try:
        with pytest.raises(ArchiveProblem, match="name a new, empty database"):
            taken_in(database, file, replace=True)
    finally:
        database.write(lambda tx: tx.run("DELETE FROM migrations WHERE name = '0999_moon_leases.sql'"))


def test_of_a_database_of_another_askare_no_backup_is_made(database: Database, file: Path) -> None:
    database.write(lambda tx: tx.run("UPDATE migrations SET digest = 'x' WHERE name = '0004_tasks.sql'"))
    try:
        with pytest.raises(ArchiveProblem, match=r"its 0004_tasks\.sql says something else"):
            saved(database, file)
    finally:
        database.write(lambda tx: tx.run("UPDATE migrations SET digest = NULL WHERE name = '0004_tasks.sql'"))


# Older archives --------------------------------------------------------------------------------------------------


def test_an_older_archive_is_taken_in_and_brought_up_to_date(
    bare_database: Database, sqlite_database: SqliteDatabase, file: Path
) -> None:
    older = all_migrations()[:2]
    with bare_database.exclusively() as tx:
        for migration in older:
            apply(tx, migration, at=milliseconds(NOW) - 1)
        tx.run("INSERT INTO organizations (organization_id, name) VALUES (:id, 'Old & Sons')", id=b"\1" * 16)
    saved(bare_database, file)

    taken_in(sqlite_database, file, replace=True)
    taken_in(bare_database, file, replace=True)

    for database in (sqlite_database, bare_database):
        assert [row[2] for row in contents(database)["organizations"]] == ["Old & Sons"]
        assert database.read(applied) == {migration.name for migration in all_migrations()}
        times: dict[str, int] = database.read(lambda tx: dict(tx.rows("SELECT name, at FROM migrations")))
        assert times[older[0].name] == milliseconds(NOW) - 1


# Others on the database ------------------------------------------------------------------------------------------

HOLD = (
    "import apsw, sys; c = apsw.Connection(sys.argv[1]); c.execute('SELECT 1 FROM tasks').fetchall(); print(); input()"
)


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="only Linux says who has a file open")
def test_a_running_server_on_sqlite_is_noticed(sqlite_database: SqliteDatabase, file: Path) -> None:
    saved(sqlite_database, file)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(sqlite_database.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as server:
        assert server.stdout is not None
        server.stdout.readline()

        with pytest.raises(ArchiveProblem, match=rf"in use by process {server.pid}\.  Stop the server"):
            taken_in(sqlite_database, file, replace=True)

        server.communicate(b"\n")
    taken_in(sqlite_database, file, replace=True)


def test_a_running_server_on_postgres_is_noticed(
    postgres_database: PostgresDatabase, postgres_address: str, file: Path
) -> None:
    saved(postgres_database, file)

    with (
        psycopg.connect(postgres_address, application_name="askare 4711@front-desk"),
        pytest.raises(ArchiveProblem, match="in use by askare 4711@front-desk"),
    ):
        taken_in(postgres_database, file, replace=True)


def test_somebody_who_holds_a_table_does_not_hold_up_a_restore_for_ever(
    postgres_database: PostgresDatabase, postgres_address: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved(postgres_database, file)
    monkeypatch.setattr(archive, "LOCK_SECONDS_MAX", 0.05)

    with psycopg.connect(postgres_address) as tool:
        tool.execute("SELECT * FROM tasks")
        with pytest.raises(ArchiveProblem, match=r"is as it was before: .*lock timeout"):
            taken_in(postgres_database, file, replace=True)
