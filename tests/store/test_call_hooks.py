"""Telling webhooks what happens to call tasks: once each, again when it was not taken, never what was erased."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from askare.calltasks import hooks, operations
from askare.calltasks.events import EventType, secret_of
from askare.calltasks.hooks import Delivery, Hook, State
from askare.calltasks.model import Status
from askare.calltasks.telling import NotTaken, Telling
from askare.kernel.paging import Window
from askare.kernel.problems import LimitReached, NotFound
from askare.storage.desk import Database
from tests.callvalues import (
    OFFICE_OF_CALLS,
    OTHER_OPERATOR_USER,
    PHONE,
    RECORDING,
    Played,
    an_operator,
    hand_in,
    make_operators,
    said_of_call,
    work_off,
)
from tests.store.doing import count_rows
from tests.values import HOUR, NOW, SECOND, an_admin

URL = "https://crm.example/hook?key=hush"


@pytest.fixture(autouse=True)
def _operators(database: Database) -> None:
    make_operators(database)


class PlayedCourier:
    """Takes what it is given, or answers what it is told to; the last answer is given again and again."""

    def __init__(self, *answers: int | Exception) -> None:
        self.answers = list(answers or [204])
        self.taken: list[tuple[dict[str, str], dict[str, Any]]] = []

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        assert url == URL
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        self.taken.append((dict(headers), msgspec.json.decode(body)))
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def aclose(self) -> None:
        """Holds nothing."""

    @property
    def types(self) -> list[str]:
        return [payload["type"] for _, payload in self.taken]


def a_hook(database: Database, *types: EventType, with_texts: bool = False) -> Hook:
    number = database.write(
        lambda tx: hooks.create_hook(
            tx, url=URL, types=types, with_texts=with_texts, secret=secret_of(bytes(32)), now=NOW
        ),
        an_admin(),
    )
    return database.read(lambda tx: hooks.get_hook(tx, number), an_admin())


def tell(database: Database, courier: PlayedCourier, *, now: datetime = NOW) -> None:
    database.write(lambda tx: hooks.promise_events(tx, now=now))
    asyncio.run(work_off(database, (Telling(courier).trade(),), now=now))


def deliveries(database: Database, hook: Hook) -> list[Delivery]:
    page = database.read(lambda tx: hooks.list_deliveries(tx, hook.hook_no, (), Window(0, 100)), an_admin())
    assert page.total == len(page.items)
    return page.items


def test_a_call_that_goes_all_its_way_is_told_insight_by_insight_and_each_once(
    database: Database, tmp_path: Path
) -> None:
    hand_in(database, said_of_call("before anybody listened"))
    hook, courier = a_hook(database), PlayedCourier()

    number = hand_in(database, said_of_call(recording_url=RECORDING))
    asyncio.run(work_off(database, Played().trades(tmp_path)))
    database.write(
        lambda tx: operations.update_status(tx, number, Status.COMPLETED, office=OFFICE_OF_CALLS, now=NOW), an_admin()
    )
    for _ in range(3):
        tell(database, courier)

    told = [one.type.value for one in reversed(deliveries(database, hook))]
    assert told == [
        "task.created",
        "task.assigned",
        "task.transcription_ready",
        "task.summary_ready",
        "task.status_changed",
    ]
    assert sorted(courier.types) == sorted(told)  # several are on their way at once
    headers, payload = next(one for one in courier.taken if one[1]["type"] == "task.status_changed")
    assert payload["data"]["task_id"] == number
    assert (payload["data"]["status"], payload["data"]["previous_status"]) == ("completed", "pending")
    assert "call_summary" not in payload["data"]
    assert headers["webhook-id"] == payload["id"]
    assert headers["webhook-attempt"] == "1"
    assert headers["webhook-signature"].startswith("v1,")
    assert {one.state for one in deliveries(database, hook)} == {State.DELIVERED}
    assert count_rows(database, "jobs") == 0


def test_texts_go_along_where_they_are_wanted_and_only_of_the_wanted_types(database: Database) -> None:
    a_hook(database, EventType.CREATED, with_texts=True)
    courier = PlayedCourier()
    hand_in(database, said_of_call(call_transcription="Клиент: нет воды"))

    tell(database, courier)

    assert courier.types == ["task.created"]
    assert courier.taken[0][1]["data"]["call_transcription"] == "Клиент: нет воды"


def test_a_long_backlog_reaches_every_hook_whole_in_order_and_round_by_round(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks, "CHANGES_AT_ONCE", 3)
    early = a_hook(database, EventType.CREATED)
    first = hand_in(database)
    late = a_hook(database, EventType.CREATED)
    rest = [hand_in(database) for _ in range(7)]

    rounds: list[int] = []
    while not rounds or rounds[-1]:
        rounds.append(database.write(lambda tx: hooks.promise_events(tx, now=NOW)))
        if len(rounds) == 2:  # what comes meanwhile takes its place at the end
            rest.append(hand_in(database))

    assert rounds == [2, 2, 0]
    database.write(lambda tx: hooks.promise_events(tx, now=NOW))
    told = {hook.hook_no: [one.task_no for one in reversed(deliveries(database, hook))] for hook in (early, late)}
    assert told == {early.hook_no: [first, *rest], late.hook_no: rest}


def test_what_is_not_taken_is_sent_again_under_the_same_id_eight_times_in_a_day(database: Database) -> None:
    hook, courier = a_hook(database, EventType.CREATED), PlayedCourier(500, NotTaken("crm.example: no answer"))
    hand_in(database)

    now = NOW
    for _ in range(12):
        tell(database, courier, now=now)
        now += 11 * HOUR

    assert len(courier.taken) == 8
    assert [headers["webhook-attempt"] for headers, _ in courier.taken] == list("12345678")
    assert len({headers["webhook-id"] for headers, _ in courier.taken}) == 1
    (failed,) = deliveries(database, hook)
    assert (failed.state, failed.attempts, failed.status) == (State.FAILED, 8, None)
    assert failed.trouble == "crm.example: no answer"
    assert count_rows(database, "jobs") == 0


def test_what_failed_is_replayed_with_a_fresh_budget(database: Database) -> None:
    hook, courier = a_hook(database, EventType.CREATED), PlayedCourier(500, 200)
    hand_in(database)
    tell(database, courier)
    (waiting,) = deliveries(database, hook)
    assert (waiting.state, waiting.attempts, waiting.next_at) == (State.WAITING, 1, NOW + 5 * SECOND)

    database.write(lambda tx: hooks.replay(tx, hook.hook_no, waiting.delivery_no, now=NOW), an_admin())
    tell(database, courier)

    (taken,) = deliveries(database, hook)
    assert (taken.state, taken.attempts, taken.event_id) == (State.DELIVERED, 1, waiting.event_id)


def test_a_task_that_is_due_and_not_done_is_told_of_once(database: Database) -> None:
    a_hook(database, EventType.OVERDUE)
    courier = PlayedCourier()
    late = hand_in(database, said_of_call(due_date=NOW + HOUR))
    done = hand_in(database, said_of_call(due_date=NOW + HOUR))
    hand_in(database, said_of_call(due_date=NOW + 9 * HOUR))
    database.write(
        lambda tx: operations.update_status(tx, done, Status.COMPLETED, office=OFFICE_OF_CALLS, now=NOW), an_admin()
    )

    for hours in (0, 1, 2, 3):
        tell(database, courier, now=NOW + hours * HOUR)

    assert [payload["data"]["task_id"] for _, payload in courier.taken] == [late]


def test_of_tasks_that_are_due_at_the_same_moment_none_is_forgotten(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks, "OVERDUE_AT_ONCE", 3)
    hook = a_hook(database, EventType.OVERDUE)
    same = [hand_in(database, said_of_call(due_date=NOW + HOUR)) for _ in range(5)]
    later = hand_in(database, said_of_call(due_date=NOW + HOUR + SECOND))

    rounds = [database.write(lambda tx: hooks.promise_events(tx, now=NOW + 2 * HOUR)) for _ in range(3)]

    assert rounds == [1, 0, 0]
    assert [one.task_no for one in reversed(deliveries(database, hook))] == [*same, later]


def test_what_was_erased_before_it_was_sent_is_not_sent(database: Database) -> None:
    a_hook(database, with_texts=True)
    courier = PlayedCourier()
    hand_in(database, said_of_call(caller_phone=PHONE, call_transcription="Клиент: тайна"))
    database.write(lambda tx: hooks.promise_events(tx, now=NOW))

    database.write(lambda tx: operations.erase_caller(tx, PHONE, now=NOW), an_admin())
    tell(database, courier)

    assert "тайна" not in str(courier.taken)


def test_a_hook_that_is_removed_hears_nothing_more(database: Database) -> None:
    hook, courier = a_hook(database), PlayedCourier()
    hand_in(database)
    database.write(lambda tx: hooks.promise_events(tx, now=NOW))

    database.write(lambda tx: hooks.remove_hook(tx, hook.hook_no), an_admin())
    tell(database, courier)

    assert courier.taken == []
    assert count_rows(database, "jobs") == 0
    with pytest.raises(NotFound):
        deliveries(database, hook)


def test_an_organization_has_so_many_webhooks_and_no_more(database: Database) -> None:
    for _ in range(hooks.HOOKS_MAX):
        a_hook(database)

    with pytest.raises(LimitReached):
        a_hook(database)


def test_deliveries_that_ended_are_forgotten_after_their_time(database: Database) -> None:
    hook, courier = a_hook(database, EventType.CREATED), PlayedCourier()
    hand_in(database)
    tell(database, courier)

    assert database.write(lambda tx: hooks.sweep_deliveries(tx, before=NOW)) == 0
    assert database.write(lambda tx: hooks.sweep_deliveries(tx, before=NOW + timedelta(days=1))) == 1
    assert deliveries(database, hook) == []


def test_an_operator_watches_the_own_tasks_alone(database: Database) -> None:
    mark = database.read(lambda tx: hooks.start_watching(tx, None), an_admin())
    hand_in(database)

    def seen(caller: Any) -> list[EventType]:
        told, _ = database.read(
            lambda tx: hooks.seen_since(tx, mark, overdue_after=NOW, office=OFFICE_OF_CALLS, now=NOW), caller
        )
        assert database.read(lambda tx: hooks.since(tx, told.mark), an_admin()).events == []
        return [event.type for event in told.events]

    assert seen(an_admin()) == seen(an_operator()) == [EventType.CREATED, EventType.ASSIGNED]
    assert seen(an_operator(OTHER_OPERATOR_USER)) == []
