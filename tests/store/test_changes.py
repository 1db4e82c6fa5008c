"""What has changed since somebody last looked: none missed, none twice, in order, on both databases."""

from __future__ import annotations

import random
import threading
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from askare.kernel.caller import Caller
from askare.kernel.problems import Invalid
from askare.storage import history
from askare.storage.changes import Changed, changes_since
from askare.storage.desk import Database
from askare.storage.history import Change
from askare.storage.transactions import Transaction
from tests.values import DAY, NOW, an_admin, an_id

KEPT = 90 * DAY


def record(
    database: Database,
    thing: int,
    version: int,
    *,
    kind: str = "task",
    change: Change = Change.UPDATED,
    by: Caller | None = None,
) -> None:
    database.write(lambda tx: history.record(tx, kind, an_id(thing), change, version=version, at=NOW), by or an_admin())


def look(
    database: Database,
    token: str = "",
    *,
    kinds: tuple[str, ...] = ("task",),
    limit: int = 100,
    now: datetime = NOW,
    by: Caller | None = None,
) -> tuple[list[Changed], str]:
    return database.read(
        lambda tx: changes_since(tx, token, kinds=kinds, limit=limit, now=now, kept_for=KEPT), by or an_admin()
    )


def look_to_the_end(database: Database, token: str = "", *, limit: int = 100) -> tuple[list[Changed], str]:
    seen: list[Changed] = []
    while True:
        changes, token = look(database, token, limit=limit)
        if not changes:
            return seen, token
        seen += changes


def versions(changes: list[Changed]) -> list[tuple[UUID, int]]:
    return [(change.thing_id, change.version) for change in changes]


def test_everything_is_new_to_whoever_looks_for_the_first_time(database: Database) -> None:
    record(database, 1, 1, change=Change.CREATED)
    record(database, 1, 2)
    record(database, 1, 3, change=Change.DELETED)

    changes, _ = look(database)

    assert [(one.change, one.version) for one in changes] == [
        (Change.CREATED, 1),
        (Change.UPDATED, 2),
        (Change.DELETED, 3),
    ]


def test_what_was_seen_is_not_seen_again(database: Database) -> None:
    record(database, 1, 1)
    _, token = look(database)
    assert look(database, token)[0] == []

    record(database, 2, 1)

    assert versions(look(database, token)[0]) == [(an_id(2), 1)]


def test_a_token_of_an_empty_database_sees_the_first_change(database: Database) -> None:
    _, token = look(database)
    record(database, 1, 1)

    assert versions(look(database, token)[0]) == [(an_id(1), 1)]


def test_a_long_batch_comes_page_by_page(database: Database) -> None:
    for number in range(7):
        record(database, number, 1)

    first, token = look(database, limit=3)
    record(database, 8, 1)  # while the client reads on
    rest, _ = look_to_the_end(database, token, limit=3)

    assert [thing for thing, _ in versions(first + rest)] == [an_id(number) for number in (0, 1, 2, 3, 4, 5, 6, 8)]


def test_a_page_that_is_just_full_hides_nothing_that_comes_after(database: Database) -> None:
    for number in range(3):
        record(database, number, 1)
    _, token = look(database, limit=3)
    record(database, 3, 1)

    assert versions(look(database, token, limit=3)[0]) == [(an_id(3), 1)]


def test_only_the_kinds_asked_for_are_told(database: Database) -> None:
    record(database, 1, 1, kind="task")
    record(database, 2, 1, kind="meeting")

    changes, token = look(database, kinds=("meeting",))

    assert versions(changes) == [(an_id(2), 1)]
    assert look(database, kinds=())[0] == []
    assert look(database, token, kinds=("meeting",))[0] == []


def test_nothing_of_another_organization_is_told(database: Database) -> None:
    record(database, 1, 1)

    assert look(database, by=an_admin(organization_no=77))[0] == []


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "!!!",
        "bm90IGpzb24",
        "WzFd",
        "W10",
        "é",
        "A" * 5_000,
        "WyIxOjA6IiwiIiwwLDAsIiIsMF0",
        "WyItMSIsIiIsMCwwLCIiLDBd",
    ],
)
def test_a_token_that_is_not_ours_is_refused(database: Database, token: str) -> None:
    with pytest.raises(Invalid, match="since"):
        look(database, token)


def test_a_token_older_than_what_is_kept_is_refused(database: Database) -> None:
    record(database, 1, 1)
    _, token = look(database)

    look(database, token, now=NOW + KEPT)
    with pytest.raises(Invalid, match="older than 90 days"):
        look(database, token, now=NOW + KEPT + timedelta(milliseconds=1))


def test_a_token_from_before_a_backup_was_restored_is_refused(database: Database) -> None:
    record(database, 1, 1)
    record(database, 2, 1)
    _, token = look(database)

    database.write(lambda tx: tx.run("DELETE FROM history WHERE seq = (SELECT max(seq) FROM history)"))

    with pytest.raises(Invalid, match="restored"):
        look(database, token)


def test_a_token_whose_last_change_was_swept_away_for_its_age_still_holds(database: Database) -> None:
    record(database, 1, 1)
    _, token = look(database)
    record(database, 2, 1)

    database.write(lambda tx: tx.run("DELETE FROM history WHERE seq = (SELECT min(seq) FROM history)"))

    assert versions(look(database, token)[0]) == [(an_id(2), 1)]


def test_none_is_missed_and_none_told_twice_while_others_write(database: Database) -> None:
    """Writers that take their number early and commit late, and a reader who never waits for them."""
    writers, writes = 6, 30
    ready = threading.Barrier(writers + 1)

    def write_on(thing: int) -> None:
        dice = random.Random(thing)
        ready.wait(30)
        for version in range(1, writes + 1):

            def change(tx: Transaction, version: int = version) -> None:
                history.record(tx, "task", an_id(thing), Change.UPDATED, version=version, at=NOW)
                if dice.random() < 0.5:  # some are still busy when later ones are through
                    tx.row(_BUSY[tx.flavour.name])

            database.write(change, an_admin())

    threads = [threading.Thread(target=write_on, args=(thing,)) for thing in range(writers)]
    for thread in threads:
        thread.start()
    ready.wait(30)
    seen: list[Changed] = []
    token = ""
    while any(thread.is_alive() for thread in threads):
        changes, token = look(database, token, limit=7)
        seen += changes
    for thread in threads:
        thread.join()
    seen += look_to_the_end(database, token, limit=7)[0]

    assert len(seen) == writers * writes
    for thing in range(writers):
        assert [one.version for one in seen if one.thing_id == an_id(thing)] == list(range(1, writes + 1))


_BUSY = {
    "sqlite": "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) SELECT count(*) FROM n",
    "postgres": "SELECT count(*) FROM generate_series(1, 20000)",
}
