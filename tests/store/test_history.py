"""What happened to a thing, and what is left of it when it is gone."""

from __future__ import annotations

import pytest

from askare.kernel.problems import NotFound
from askare.storage.desk import Database
from askare.storage.history import Change, Entry, is_tombstone, of_thing, record
from askare.storage.transactions import Transaction
from tests.values import ADMIN_USER, AGENT_USER, HOUR, NOW, OTHER_TASK, TASK, an_admin, an_agent


def test_history_tells_who_when_before_and_after(database: Database) -> None:
    def live(tx: Transaction) -> None:
        record(tx, "task", TASK, Change.CREATED, version=1, at=NOW, after='{"a":1}')
        record(tx, "task", TASK, Change.UPDATED, version=2, at=NOW + HOUR, before='{"a":1}', after='{"a":2}')

    database.write(live, an_admin())
    database.write(
        lambda tx: record(tx, "task", TASK, Change.DELETED, version=3, at=NOW + 2 * HOUR, before='{"a":2}'), an_agent()
    )

    assert database.read(lambda tx: of_thing(tx, "task", TASK), an_admin()) == [
        Entry(1, Change.CREATED, NOW, ADMIN_USER, None, '{"a":1}'),
        Entry(2, Change.UPDATED, NOW + HOUR, ADMIN_USER, '{"a":1}', '{"a":2}'),
        Entry(3, Change.DELETED, NOW + 2 * HOUR, AGENT_USER, '{"a":2}', None),
    ]


def test_history_is_told_of_one_thing_of_one_kind_of_ones_own_organization(database: Database) -> None:
    database.write(lambda tx: record(tx, "task", TASK, Change.CREATED, version=1, at=NOW, after="{}"), an_admin())

    assert database.read(lambda tx: of_thing(tx, "task", OTHER_TASK), an_admin()) == []
    assert database.read(lambda tx: of_thing(tx, "meeting", TASK), an_admin()) == []
    assert database.read(lambda tx: of_thing(tx, "task", TASK), an_admin(organization_no=2)) == []


def test_a_deletion_leaves_a_tombstone(database: Database) -> None:
    database.write(lambda tx: record(tx, "task", TASK, Change.CREATED, version=1, at=NOW, after="{}"), an_admin())
    assert not database.read(lambda tx: is_tombstone(tx, "task", TASK), an_admin())

    database.write(lambda tx: record(tx, "task", TASK, Change.DELETED, version=2, at=NOW, before="{}"), an_admin())

    assert database.read(lambda tx: is_tombstone(tx, "task", TASK), an_admin())
    assert not database.read(lambda tx: is_tombstone(tx, "meeting", TASK), an_admin())
    assert not database.read(lambda tx: is_tombstone(tx, "task", TASK), an_admin(organization_no=2))


def test_what_is_undone_has_no_history(database: Database) -> None:
    def fail(tx: Transaction) -> None:
        record(tx, "task", TASK, Change.DELETED, version=2, at=NOW, before="{}")
        raise NotFound("task", "taskId")

    with pytest.raises(NotFound):
        database.write(fail, an_admin())

    assert database.read(lambda tx: of_thing(tx, "task", TASK), an_admin()) == []
    assert not database.read(lambda tx: is_tombstone(tx, "task", TASK), an_admin())
