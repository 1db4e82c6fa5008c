"""What `askare doctor` finds in a database, and that looking changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from askare.doctor import Finding, Level, examine
from askare.settings import load
from askare.storage.desk import Database
from askare.storage.migrations import all_migrations, apply
from askare.storage.postgres import PostgresDatabase
from askare.storage.sqlite import SqliteDatabase
from askare.tasks import operations
from tests.values import DAY, HOUR, NOW, an_admin, an_id, what_is_said

TASKS = 3


@pytest.fixture(params=["sqlite", "postgres"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Database, dict[str, Any]]]:
    """A database with some tasks, open as by a server, and the settings that name it."""
    address = request.getfixturevalue("postgres_address") if request.param == "postgres" else ""
    opened: Database = PostgresDatabase(address) if address else SqliteDatabase(request.getfixturevalue("sqlite_path"))
    for number in range(TASKS):
        opened.write(
            lambda tx, number=number: operations.create_task(  # type: ignore[misc]
                tx, what_is_said(), task_id=an_id(number + 1), now=NOW
            ),
            an_admin(),
        )
    yield opened, {"data": tmp_path, "port": 0, "database": address or None}
    opened.close()


def findings_of(given: dict[str, Any], **more: Any) -> list[Finding]:
    return examine(load(given, {}), [], now=NOW + HOUR, **more)


def levels(findings: list[Finding], subject: str) -> set[Level]:
    return {finding.level for finding in findings if finding.subject == subject}


def texts(findings: list[Finding], subject: str) -> str:
    return "\n".join(finding.text for finding in findings if finding.subject == subject)


def test_a_sound_database_is_told_with_what_is_in_it(house: tuple[Database, dict[str, Any]]) -> None:
    database, given = house

    findings = findings_of(given)

    assert texts(findings, "contents") == f"1 organizations, 0 users, {TASKS} tasks"
    assert levels(findings, "schema") == {Level.OK}
    assert texts(findings, "newest change") == "2026-03-02T09:00:00Z"
    assert ("SQLite" if database.flavour.name == "sqlite" else "UTF8") in texts(findings, "database")
    assert not [finding for finding in findings if finding.level is Level.ERROR]


def test_an_open_sqlite_file_is_found_whole_and_in_its_journal_mode(
    sqlite_database: SqliteDatabase, tmp_path: Path
) -> None:
    findings = findings_of({"data": tmp_path, "port": 0})

    assert texts(findings, "journal mode") == "wal"
    assert levels(findings, "integrity") == {Level.OK}


def test_looking_makes_no_file_beside_a_closed_database(sqlite_path: Path) -> None:
    before = {file.name: file.read_bytes() for file in sqlite_path.parent.iterdir() if file.is_file()}

    findings = findings_of({"data": sqlite_path.parent, "port": 0})

    assert levels(findings, "integrity") == {Level.OK}
    assert {file.name: file.read_bytes() for file in sqlite_path.parent.iterdir() if file.is_file()} == before


def test_a_clock_that_went_back_is_warned_of(house: tuple[Database, dict[str, Any]]) -> None:
    _, given = house

    findings = examine(load(given, {}), [], now=NOW - DAY)

    assert Level.WARNING in levels(findings, "clock")
    assert "2026-03-02T09:00:00Z, later than now" in texts(findings, "clock")


def test_migrations_to_come_are_named(tmp_path: Path) -> None:
    first, *others = all_migrations()
    database = SqliteDatabase(tmp_path / "askare.db")
    with database.exclusively() as tx:
        apply(tx, first, at=0)
    database.close()

    findings = findings_of({"data": tmp_path, "port": 0})

    assert levels(findings, "schema") == {Level.NOTE}
    assert others[-1].name in texts(findings, "schema")
    assert levels(findings, "contents") == set()


def test_an_empty_postgres_is_no_error(bare_postgres_address: str, tmp_path: Path) -> None:
    findings = findings_of({"data": tmp_path, "port": 0, "database": bare_postgres_address})

    assert levels(findings, "schema") == {Level.NOTE}
    assert "(schema bare)" in texts(findings, "database")
    assert Level.ERROR not in levels(findings, "database")


def test_a_newer_askares_database_is_an_error(sqlite_database: SqliteDatabase, tmp_path: Path) -> None:
    sqlite_database.write(lambda tx: tx.run("INSERT INTO migrations (name, at) VALUES ('0999_moon_leases.sql', 0)"))

    findings = findings_of({"data": tmp_path, "port": 0})

    assert levels(findings, "schema") == {Level.ERROR}
    assert "0999_moon_leases.sql" in texts(findings, "schema")


def test_a_database_of_another_askare_is_an_error(house: tuple[Database, dict[str, Any]]) -> None:
    database, given = house
    database.write(lambda tx: tx.run("UPDATE migrations SET digest = 'x' WHERE name = '0004_tasks.sql'"))

    try:
        findings = findings_of(given)
    finally:
        database.write(lambda tx: tx.run("UPDATE migrations SET digest = NULL WHERE name = '0004_tasks.sql'"))

    assert levels(findings, "schema") == {Level.ERROR}
    assert "what it has had as 0004_tasks.sql is not what this one means by that" in texts(findings, "schema")


def test_without_an_organization_it_says_how_to_make_one(sqlite_database: SqliteDatabase, tmp_path: Path) -> None:
    sqlite_database.write(lambda tx: tx.run("DELETE FROM organizations"))

    findings = findings_of({"data": tmp_path, "port": 0})

    (advice,) = [finding.advice for finding in findings if finding.subject == "contents" and finding.advice]
    assert "askare token --organization NAME --role admin" in advice


def test_rows_that_point_at_nothing_are_an_error(sqlite_path: Path) -> None:
    connection = apsw.Connection(str(sqlite_path))
    connection.execute(
        "INSERT INTO users (user_id, organization_no, role, offices, created_at) VALUES (x'01', 77, 'admin', '[]', 0)"
    )
    connection.close()

    findings = findings_of({"data": sqlite_path.parent, "port": 0})

    assert levels(findings, "integrity") == {Level.ERROR}
    assert "1 row of users" in texts(findings, "integrity")


def test_a_damaged_file_is_an_error(sqlite_path: Path) -> None:
    whole = bytearray(sqlite_path.read_bytes())
    for page in range(2, len(whole) // 4096):
        whole[page * 4096 : page * 4096 + 40] = b"\xa5" * 40
    sqlite_path.write_bytes(whole)

    findings = findings_of({"data": sqlite_path.parent, "port": 0})

    assert Level.ERROR in levels(findings, "database") | levels(findings, "integrity")
    assert findings[-1].level is Level.ERROR


def test_a_look_through_that_takes_too_long_is_broken_off(
    sqlite_database: SqliteDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(tx: Any) -> None:
        for number in range(1_000):
            operations.create_task(tx, what_is_said(description="x " * 50), task_id=an_id(number), now=NOW)

    sqlite_database.write(fill, an_admin())
    monkeypatch.setattr("askare.doctor.INTEGRITY_SECONDS_MAX", 0.0)

    findings = findings_of({"data": tmp_path, "port": 0})

    assert levels(findings, "integrity") == {Level.NOTE}
    assert levels(findings, "contents") == {Level.OK}
