"""A database with a table that has no primary key cannot be backed up: said of the calls' own counters, now false."""

from __future__ import annotations

from pathlib import Path

from askare.storage import archive
from askare.storage.desk import Database
from tests.values import NOW, ORGANIZATION_NO


def test_a_table_without_a_primary_key_is_backed_up_and_restored(database: Database, tmp_path: Path) -> None:
    def erase(number: int) -> None:
        database.write(
            lambda tx: tx.run(
                "INSERT INTO call_erasures (organization_no, at, tasks) VALUES (:organization, 1, :tasks)",
                organization=ORGANIZATION_NO,
                tasks=number,
            )
        )

    for number in (2, 1, 2):
        erase(number)
    archive.backup(database, tmp_path / "office.zip", now=NOW, extra={}, progress=lambda *_: None)
    erase(9)

    archive.restore(database, tmp_path / "office.zip", replace=True, now=NOW, progress=lambda *_: None)

    rows = database.read(lambda tx: tx.rows("SELECT tasks FROM call_erasures ORDER BY tasks"))
    assert [tuple(row) for row in rows] == [(1,), (2,), (2,)]
