"""One effect a key, however often and from wherever the request comes."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import pytest

from askare.kernel.caller import Caller
from askare.kernel.problems import Invalid, Refused, Wrong
from askare.kernel.versions import Saved
from askare.storage import idempotency
from askare.storage.desk import Database, Desk
from askare.storage.idempotency import KEPT, Once, once_only, sweep
from askare.storage.transactions import Transaction
from askare.tasks.operations import create_task
from tests.store.doing import all_at_once, count_rows
from tests.values import NOW, OTHER_TASK, TASK, an_admin, an_agent, an_id, what_is_said


def once(
    *, key: str = "k", operation: str = "create task", fingerprint: bytes = b"request", now: datetime = NOW
) -> Once:
    return Once(key, operation, fingerprint, Saved, now)


def create(database: Database, key: Once, *, task_id: UUID = TASK, by: Caller | None = None) -> Saved:
    def operation(tx: Transaction) -> Saved:
        return create_task(tx, what_is_said(), task_id=task_id, now=NOW)

    return database.write(once_only(operation, key), by or an_admin())


def test_a_repetition_is_answered_with_the_first_result(database: Database) -> None:
    first = create(database, once(), task_id=TASK)
    again = create(database, once(), task_id=OTHER_TASK)

    assert first == again == Saved(TASK, 1)
    assert count_rows(database, "tasks") == 1


def test_another_key_is_another_request(database: Database) -> None:
    create(database, once(key="one"), task_id=TASK)
    create(database, once(key="two"), task_id=OTHER_TASK)

    assert count_rows(database, "tasks") == 2


@pytest.mark.parametrize("other", [once(fingerprint=b"another request"), once(operation="create meeting")])
def test_a_key_that_comes_with_another_request_is_refused(database: Database, other: Once) -> None:
    create(database, once())

    with pytest.raises(Invalid) as refusal:
        create(database, other, task_id=OTHER_TASK)

    (fault,) = refusal.value.parameters
    assert (fault.target, fault.wrong) == ("Idempotency-Key", Wrong.REUSED)
    assert count_rows(database, "tasks") == 1


def test_a_key_is_its_callers_own(database: Database) -> None:
    callers = {an_id(1): an_admin(), an_id(2): an_agent(), an_id(3): an_admin(organization_no=2)}
    for task_id, caller in callers.items():
        create(database, once(), task_id=task_id, by=caller)

    assert count_rows(database, "tasks") == 3
    for task_id, caller in callers.items():
        assert create(database, once(), task_id=an_id(9), by=caller) == Saved(task_id, 1)


def test_an_operation_that_failed_leaves_the_key_free(database: Database) -> None:
    def refuse(tx: Transaction) -> Saved:
        raise Refused("not today")

    with pytest.raises(Refused):
        database.write(once_only(refuse, once()), an_admin())

    assert create(database, once()) == Saved(TASK, 1)


def test_twenty_at_once_have_one_effect(database: Database) -> None:
    outcomes = all_at_once([partial(create, database, once(), task_id=an_id(number)) for number in range(20)])

    assert len(set(outcomes)) == 1
    assert isinstance(outcomes[0], Saved)
    assert count_rows(database, "tasks") == 1
    assert count_rows(database, "history") == 1


def test_while_the_first_fails_the_next_one_is_carried_out(database: Database) -> None:
    tries: list[int] = []

    def fail_first(tx: Transaction) -> Saved:
        tries.append(1)
        if len(tries) == 1:
            raise Refused("not today")
        return create_task(tx, what_is_said(), task_id=TASK, now=NOW)

    outcomes = all_at_once([lambda: database.write(once_only(fail_first, once()), an_admin())] * 5)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Refused", *["Saved"] * 4]
    assert count_rows(database, "tasks") == 1


def test_the_desk_carries_a_key_to_the_database(database: Database) -> None:
    async def twice() -> list[Saved]:
        desk = Desk(database)
        return [
            await desk.write(an_admin(), once(), create_task, what_is_said(), task_id=task_id, now=NOW)
            for task_id in (TASK, OTHER_TASK)
        ]

    assert asyncio.run(twice()) == [Saved(TASK, 1), Saved(TASK, 1)]


def test_old_keys_are_swept_and_young_ones_stay(database: Database) -> None:
    create(database, once(key="old", now=NOW - KEPT - timedelta(milliseconds=1)), task_id=TASK)
    create(database, once(key="young", now=NOW - KEPT), task_id=OTHER_TASK)

    assert database.write(lambda tx: sweep(tx, now=NOW)) == 1

    assert database.read(lambda tx: tx.rows("SELECT key FROM idempotency_keys")) == [("young",)]


def test_a_sweep_takes_so_many_at_once(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "SWEPT_AT_ONCE", 2)
    for number in range(3):
        create(database, once(key=f"k{number}", now=NOW - 2 * KEPT), task_id=an_id(number))

    assert [database.write(lambda tx: sweep(tx, now=NOW)) for _ in range(3)] == [2, 1, 0]
