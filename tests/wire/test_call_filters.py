"""What a list of call tasks may be asked besides the original's parameters: contract 4.6."""

from __future__ import annotations

from typing import Any

import pytest

from askare.calltasks import operations, store
from askare.calltasks.model import ErrorCode, Office
from tests.values import NOW
from tests.wire.calling import APPEALS, TASKS, Centre, answered, assert_faults
from tests.wire.documented import check_against_document


def titles(centre: Centre, **params: Any) -> list[str]:
    """The titles that a list shows, which are as many as it says."""
    answer = centre.supervisor.get(TASKS, params=params)
    page = answered(answer)
    check_against_document(answer, centre.nobody, "call-tasks")
    assert page["total"] == len(page["items"])
    return [task["title"] for task in page["items"]]


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"search": "счётчик"}, []),
        ({"search": "СЧЕТЧИК", "search_in": "all"}, ["Вода"]),
        ({"search": "вода счётчик", "search_in": "all"}, ["Вода"]),
        ({"search": "газ счётчик", "search_in": "all"}, []),
        ({"search": "17.4711", "search_in": "all"}, ["Вода"]),
        ({"search": "2345678", "search_in": "all"}, ["Вода"]),
        ({"search": "подъезд", "search_in": "all"}, ["Лифт"]),
        ({"search": "лифт", "search_in": "title"}, ["Лифт"]),
        ({"call_id": "17.4711"}, ["Вода"]),
        ({"call_id": "17.4711,99"}, ["Газ", "Вода"]),
        ({"call_id": ["17.4711", "99"]}, ["Газ", "Вода"]),
        ({"caller_phone": "+358 40 123 4567"}, ["Газ"]),
        ({"caller_phone": "040/1234567"}, ["Газ"]),
        ({"mine": "true"}, []),
        ({"processing_status": "skipped"}, ["Лифт"]),
        ({"processing_status": "none,skipped"}, ["Лифт", "Газ"]),
        ({"has_error": "yes"}, ["Лифт"]),
        ({"has_error": "no"}, ["Газ", "Вода"]),
        ({"overdue": "true"}, ["Газ"]),
        ({"overdue": "false"}, ["Лифт", "Вода"]),
        ({"due_before": "2020-01-02"}, ["Газ"]),
        ({"due_before": "2020-01-01T00:00:00Z"}, []),
        ({"created_from": "2020-01-01", "created_to": "2199-01-01"}, ["Лифт", "Газ", "Вода"]),
        ({"created_to": "2020-01-01"}, []),
        ({"updated_since": "2199-01-01"}, []),
        ({"sort": "created_at"}, ["Вода", "Газ", "Лифт"]),
        ({"sort": "due_date"}, ["Газ", "Вода", "Лифт"]),
        ({"sort": "-due_date"}, ["Вода", "Газ", "Лифт"]),
        ({"sort": "-priority,created_at"}, ["Лифт", "Вода", "Газ"]),
        ({"sort": "priority"}, ["Газ", "Вода", "Лифт"]),
        ({"sort": "-priority", "search": "а", "has_error": "false"}, ["Вода", "Газ"]),
        ({"overdue": "", "sort": "", "search_in": ""}, ["Лифт", "Газ", "Вода"]),
    ],
)
@pytest.mark.parametrize("are_posted", [False, True])
def test_each_filter_narrows_the_list(
    centre: Centre, params: dict[str, Any], found: list[str], *, are_posted: bool
) -> None:
    centre.creates(
        title="Вода",
        call_id="17.4711",
        caller_phone="+7 701 234-56-78",
        description="Спросить про счётчик",
        call_transcription="Клиент: нет воды.",
        due_date="2199-01-01",
    )
    centre.creates(title="Газ", call_id=99, caller_phone="040 123 4567", priority="low", due_date="2020-01-01")
    lift = centre.creates(title="Лифт", priority="urgent", recording_url="https://pbx.example/1.wav")["id"]
    centre.database.write(
        lambda tx: operations.save_transcription(tx, lift, "Второй подъезд", language="ru", source="x", now=NOW),
        centre.caller,
    )
    if are_posted:
        while centre.database.write(store.post_words) or centre.database.write(store.post_content_words):
            pass
    if "processing_status" in params or "has_error" in params:
        centre.database.write(
            lambda tx: operations.skip(tx, lift, office=Office(transcribes=False), now=NOW), centre.caller
        )

    if params.get("processing_status") == "none,skipped":
        assert set(titles(centre, **params)) >= set(found)
    else:
        assert titles(centre, **params) == found


def test_tasks_are_found_by_operator_and_appeal(centre: Centre) -> None:
    mine, other = centre.creates(title="Моё"), centre.creates(title="Чужое", operator_id=str(centre.colleague_id))
    appeal = answered(centre.supervisor.post(APPEALS, {"subject": "Лифт"}))["id"]
    answered(centre.supervisor.put(f"{TASKS}/{other['id']}/appeal", {"appeal_id": appeal}))

    assert titles(centre, assigned_user_id=mine["assigned_user_id"]) == ["Моё"]
    assert titles(centre, assigned_user_id=f"{mine['assigned_user_id']},{other['assigned_user_id']}") == [
        "Чужое",
        "Моё",
    ]
    assert titles(centre, appeal_id=appeal) == ["Чужое"]
    assert titles(centre, appeal_id=appeal + 1) == []
    own = answered(centre.operator.get(TASKS, params={"mine": "1"}))
    assert [task["title"] for task in own["items"]] == ["Моё"]
    nosy = answered(centre.operator.get(TASKS, params={"assigned_user_id": other["assigned_user_id"]}))
    assert nosy["items"] == []


def test_who_asks_again_and_again_learns_what_has_changed_since(centre: Centre) -> None:
    number = centre.creates(title="Вода", recording_url="https://pbx.example/1.wav")["id"]
    centre.creates(title="Газ")

    def changed_since(moment: str) -> list[int]:
        page = answered(centre.supervisor.get(TASKS, params={"updated_since": moment, "sort": "updated_at"}))
        assert page["total"] == len(page["items"])
        return [task["id"] for task in page["items"]]

    assert changed_since("2150-01-01T00:00:00Z") == []
    later = NOW.replace(year=2150, month=6)
    centre.database.write(lambda tx: operations.save_fetched(tx, number, now=later), centre.caller)
    centre.database.write(
        lambda tx: operations.fail(
            tx,
            number,
            ErrorCode.PROVIDER_AUTH,
            detail="",
            retry_after_seconds=None,
            dice=0.5,
            office=Office(),
            now=later,
        ),
        centre.caller,
    )
    assert changed_since("2150-01-01T00:00:00Z") == [number]


def test_an_erased_caller_is_not_found_by_what_was_said(centre: Centre) -> None:
    centre.creates(title="Вода", caller_phone="+77012345678", call_transcription="Клиент: счётчик сломан.")
    assert titles(centre, search="счётчик", search_in="all") == ["Вода"]

    centre.database.write(lambda tx: operations.erase_caller(tx, "+77012345678", now=NOW), centre.caller)

    assert titles(centre, search="счётчик", search_in="all") == []
    assert titles(centre, caller_phone="+77012345678") == []
    left = "SELECT count(*) FROM call_contents WHERE organization_no = :no"
    assert centre.database.read(lambda tx: tx.row(left, no=centre.caller.organization_no)) == (0,)


@pytest.mark.parametrize(
    ("params", "kind", "name"),
    [
        ({"search_in": "everything"}, "enum", "search_in"),
        ({"assigned_user_id": "x"}, "int_parsing", "assigned_user_id"),
        ({"mine": "perhaps"}, "bool_parsing", "mine"),
        ({"caller_phone": "nobody"}, "value_error", "caller_phone"),
        ({"created_from": "yesterday"}, "datetime_from_date_parsing", "created_from"),
        ({"updated_since": "25:00:00"}, "datetime_from_date_parsing", "updated_since"),
        ({"overdue": "soon"}, "bool_parsing", "overdue"),
        ({"processing_status": "lost"}, "enum", "processing_status"),
        ({"sort": "title"}, "enum", "sort"),
        ({"call_id": "x" * 256}, "string_too_long", "call_id"),
    ],
)
def test_each_filter_says_what_is_wrong_with_it(centre: Centre, params: dict[str, str], kind: str, name: str) -> None:
    answer = centre.supervisor.get(TASKS, params=params)

    (detail,) = assert_faults(answer, (kind, ["query", name]))
    assert "nobody" not in str(detail)
    check_against_document(answer, centre.nobody, "call-tasks")


def test_who_first_began_to_work_on_a_task_is_remembered_by_its_time(centre: Centre) -> None:
    path = f"{TASKS}/{centre.creates()['id']}"

    begun = answered(centre.operator.put(f"{path}/status", {"status": "in_progress"}))
    again = [
        answered(centre.operator.put(f"{path}/status", {"status": status}))
        for status in ("pending", "in_progress", "completed")
    ]

    assert begun["started_at"] == begun["updated_at"]
    assert {task["started_at"] for task in again} == {begun["started_at"]}
