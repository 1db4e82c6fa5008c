"""Lists, single tasks, status, appeals, reprocessing and playback of call tasks."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest

from askare.calltasks import operations
from askare.calltasks.jobs import RECORDING_FILE, folder_of
from askare.calltasks.model import Office
from tests.values import NOW
from tests.wire.asking import on_both
from tests.wire.calling import APPEALS, TASKS, Centre, answered, assert_faults, assert_refused
from tests.wire.documented import check_against_document


def listed(centre: Centre, by: Any = None, **params: Any) -> dict[str, Any]:
    return answered((by or centre.supervisor).get(TASKS, params=params))


def ids(page: dict[str, Any]) -> list[int]:
    return [task["id"] for task in page["items"]]


# Lists ------------------------------------------------------------------------------------------------------------


@on_both
def test_a_list_is_a_page_of_whole_tasks_the_newest_first(centre: Centre) -> None:
    numbers = [centre.creates(title=f"Звонок {at}")["id"] for at in range(5)]

    first = listed(centre, per_page=2)
    last = listed(centre, per_page=2, page=3)
    past = listed(centre, per_page=2, page=4)

    assert (ids(first), ids(last), ids(past)) == (numbers[:2:-1], [numbers[0]], [])
    for at, page in enumerate((first, last, past)):
        assert {name: page[name] for name in ("total", "page", "per_page", "pages")} == {
            "total": 5,
            "page": (1, 3, 4)[at],
            "per_page": 2,
            "pages": 3,
        }
    assert first["items"][0] == answered(centre.supervisor.get(f"{TASKS}/{numbers[4]}"))


def test_an_empty_list_has_no_pages(centre: Centre) -> None:
    answer = centre.supervisor.get(TASKS)

    assert answer.json() == {"items": [], "total": 0, "page": 1, "per_page": 20, "pages": 0}
    check_against_document(answer, centre.nobody, "call-tasks")


@on_both
@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({}, ["Ёлкин: нет Воды", "Газ"]),
        ({"search": "ВОДЫ"}, ["Ёлкин: нет Воды"]),
        ({"search": "воды елк"}, ["Ёлкин: нет Воды"]),
        ({"search": "оды, газ"}, []),
        ({"status": "new"}, ["Ёлкин: нет Воды"]),
        ({"status": "done"}, ["Газ"]),
        ({"status": "cancelled"}, ["Отмена"]),
        ({"include_cancelled": "Yes"}, ["Ёлкин: нет Воды", "Газ", "Отмена"]),
        ({"status": "pending,completed"}, ["Ёлкин: нет Воды", "Газ"]),
        ({"status": ["pending", "canceled"]}, ["Ёлкин: нет Воды", "Отмена"]),
        ({"priority": "normal"}, ["Газ"]),
        ({"priority": "high", "search": "воды"}, ["Ёлкин: нет Воды"]),
        ({"task_type": "Missed-Call"}, ["Газ"]),
        ({"task_type": "unheard_of"}, []),
        ({"status": "failed"}, []),
        ({"status": "", "search": " ", "page": "", "nonsense": "1"}, ["Ёлкин: нет Воды", "Газ"]),
    ],
)
def test_each_filter_narrows_the_list(centre: Centre, params: dict[str, Any], found: list[str]) -> None:
    cancelled = centre.creates(title="Отмена")["id"]
    done = centre.creates(title="Газ", task_type="missed_call")["id"]
    centre.creates(title="Ёлкин: нет Воды", priority="high")
    answered(centre.supervisor.put(f"{TASKS}/{cancelled}/status", {"status": "rejected"}))
    answered(centre.supervisor.put(f"{TASKS}/{done}/status", {"status": "resolved"}))

    page = listed(centre, **params)

    assert [task["title"] for task in page["items"]] == found
    assert page["total"] == len(found)


@pytest.mark.parametrize(
    ("params", "kind", "name"),
    [
        ({"page": "0"}, "greater_than_equal", "page"),
        ({"page": "x"}, "int_parsing", "page"),
        ({"per_page": "101"}, "less_than_equal", "per_page"),
        ({"per_page": "0"}, "greater_than_equal", "per_page"),
        ({"include_cancelled": "perhaps"}, "bool_parsing", "include_cancelled"),
        ({"status": "zzz"}, "enum", "status"),
        ({"priority": "9"}, "enum", "priority"),
        ({"task_type": "!"}, "string_pattern_mismatch", "task_type"),
        ({"search": "х" * 501}, "string_too_long", "search"),
    ],
)
def test_each_parameter_says_what_is_wrong_with_it(
    centre: Centre, params: dict[str, str], kind: str, name: str
) -> None:
    answer = centre.supervisor.get(TASKS, params=params)

    assert_faults(answer, (kind, ["query", name]))
    check_against_document(answer, centre.nobody, "call-tasks")


def test_a_page_far_away_is_empty(centre: Centre) -> None:
    centre.creates()

    assert listed(centre, page=10**17)["items"] == []


# Who sees what ----------------------------------------------------------------------------------------------------


@on_both
def test_an_operator_sees_the_own_tasks_a_supervisor_all_and_a_stranger_none(centre: Centre) -> None:
    own = centre.creates()["id"]
    other = centre.creates(operator_id=str(centre.colleague_id))["id"]

    assert ids(listed(centre, centre.operator)) == [own]
    assert ids(listed(centre, centre.colleague)) == [other]
    assert ids(listed(centre, centre.admin)) == [other, own]
    assert ids(listed(centre, centre.stranger)) == []
    for who in (centre.operator, centre.stranger):
        for answer in (
            who.get(f"{TASKS}/{other}"),
            who.put(f"{TASKS}/{other}/status", {"status": "done"}),
            who.put(f"{TASKS}/{other}/appeal", {"appeal_id": None}),
            who.post(f"{TASKS}/{other}/reprocess"),
            who.get(f"{TASKS}/{other}/recording"),
            who.get(f"{TASKS}/{other}/versions"),
        ):
            assert_refused(answer, 404, "Task not found")


@pytest.mark.parametrize("number", [0, -1, 10**17, 2**62, 2**63, 10**30])
def test_a_number_that_no_task_has_is_not_found(centre: Centre, number: int) -> None:
    assert_refused(centre.supervisor.get(f"{TASKS}/{number}"), 404, "Task not found")


@pytest.mark.parametrize("number", ["abc", "1.5", "%D9%A3"])
def test_what_is_no_number_is_a_fault_of_the_path(centre: Centre, number: str) -> None:
    assert_faults(centre.supervisor.get(f"{TASKS}/{number}"), ("int_parsing", ["path", "task_id"]))


def test_who_is_nobody_sees_nothing(centre: Centre) -> None:
    for answer in (centre.nobody.get(TASKS), centre.nobody.get(f"{TASKS}/1"), centre.nobody.get(APPEALS)):
        assert_refused(answer, 401, "Not authenticated")


def test_what_one_has_already_is_not_sent_again(centre: Centre) -> None:
    number = centre.creates()["id"]

    assert centre.supervisor.get(f"{TASKS}/{number}", headers={"If-None-Match": '"1"'}).status_code == 304
    assert centre.supervisor.get(f"{TASKS}/{number}", headers={"If-None-Match": '"2"'}).status_code == 200


# Status -----------------------------------------------------------------------------------------------------------


@on_both
def test_completing_says_when_and_saying_it_twice_keeps_the_first_time(centre: Centre) -> None:
    path = f"{TASKS}/{centre.creates()['id']}"

    done = answered(centre.operator.put(f"{path}/status", {"status": "done"}))
    again = answered(centre.operator.put(f"{path}/status", {"status": "completed"}))
    reopened = answered(centre.operator.put(f"{path}/status", {"status": "in-progress"}))

    assert (done["status"], done["version"]) == ("completed", 2)
    assert done["completed_at"] is not None
    assert again == done
    assert (reopened["status"], reopened["completed_at"]) == ("in_progress", None)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({}, "missing"),
        ({"status": None}, "enum"),
        ({"status": "zzz"}, "enum"),
        ({"status": 5}, "enum"),
        ({"status": "processing"}, "status_not_settable"),
        ({"status": "failed"}, "status_not_settable"),
        ({"status": "queued"}, "status_not_settable"),
    ],
)
def test_a_status_that_cannot_be_set_is_refused(centre: Centre, body: dict[str, Any], kind: str) -> None:
    path = f"{TASKS}/{centre.creates()['id']}/status"

    (detail,) = assert_faults(centre.supervisor.put(path, body), (kind, ["body", "status"]))

    assert "reprocess" in detail["msg"] or kind != "status_not_settable"


def test_an_overdue_task_says_so_until_it_is_done(centre: Centre) -> None:
    task = centre.creates(due_date="2020-01-01")

    assert task["is_overdue"] is True
    assert answered(centre.supervisor.put(f"{TASKS}/{task['id']}/status", {"status": "done"}))["is_overdue"] is False


# Appeals ----------------------------------------------------------------------------------------------------------


@on_both
def test_a_task_is_linked_to_an_appeal_and_unlinked(centre: Centre) -> None:
    number = centre.creates()["id"]
    appeal = answered(centre.operator.post(APPEALS, {"subject": "Нет воды", "caller_phone": "+77012345678"}))

    linked = answered(centre.operator.put(f"{TASKS}/{number}/appeal", {"appeal_id": str(appeal["id"])}))
    assert linked["appeal_id"] == appeal["id"]
    assert answered(centre.operator.get(f"{APPEALS}/{appeal['id']}"))["task_ids"] == [number]

    unlinked = answered(centre.operator.put(f"{TASKS}/{number}/appeal", {"appeal_id": None}))
    assert unlinked["appeal_id"] is None


@pytest.mark.parametrize("name", ["appeal", "link-appeal"])
@pytest.mark.parametrize("method", ["PUT", "PATCH", "POST"])
def test_the_operation_without_a_path_is_answered_wherever_it_may_be_looked_for(
    centre: Centre, method: str, name: str
) -> None:
    number = centre.creates()["id"]
    appeal = answered(centre.operator.post(APPEALS, {"subject": "Вода"}))["id"]

    answer = centre.operator.request(method, f"{TASKS}/{number}/{name}", {"appeal_id": appeal})

    assert answered(answer)["appeal_id"] == appeal


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({}, "missing"),
        ({"appeal_id": 999_999_999}, "appeal_not_found"),
        ({"appeal_id": "nonsense"}, "appeal_not_found"),
        ({"appeal_id": ""}, "string_too_short"),
        ({"appeal_id": True}, "string_type"),
    ],
)
def test_an_appeal_that_there_is_not_is_a_fault_of_that_field(centre: Centre, body: dict[str, Any], kind: str) -> None:
    path = f"{TASKS}/{centre.creates()['id']}/appeal"

    assert_faults(centre.supervisor.put(path, body), (kind, ["body", "appeal_id"]))


@on_both
def test_appeals_are_registered_listed_and_resolved(centre: Centre) -> None:
    water = answered(centre.operator.post(APPEALS, {"subject": "Нет Воды", "text": "С утра"}))
    gas = answered(centre.operator.post(APPEALS, {"subject": "Газ", "caller_name": ""}))

    assert [one["number"].partition("-")[2] for one in (water, gas)] == ["000001", "000002"]
    assert (water["status"], water["task_ids"], gas["caller_name"]) == ("new", [], None)
    resolved = answered(centre.operator.put(f"{APPEALS}/{gas['id']}/status", {"status": "closed"}))
    assert (resolved["status"], resolved["version"]) == ("resolved", 2)
    page = centre.supervisor.get(APPEALS)
    assert ids(page.json()) == [gas["id"], water["id"]]
    check_against_document(page, centre.nobody, "call-tasks")
    assert ids(answered(centre.supervisor.get(APPEALS, params={"search": "вод"}))) == [water["id"]]
    assert ids(answered(centre.supervisor.get(APPEALS, params={"status": "open"}))) == [water["id"]]
    assert ids(answered(centre.stranger.get(APPEALS))) == []
    assert_refused(centre.stranger.get(f"{APPEALS}/{gas['id']}"), 404, "Appeal not found")
    assert_refused(centre.ingest.get(APPEALS), 403)


@on_both
def test_every_organization_counts_its_appeals_by_itself(centre: Centre) -> None:
    numbers = [
        answered(person.post(APPEALS, {"subject": "x"}))["number"].partition("-")[2]
        for person in (centre.operator, centre.stranger, centre.operator, centre.supervisor)
    ]

    assert numbers == ["000001", "000001", "000002", "000003"]


def test_an_appeal_says_all_that_is_wrong_with_it(centre: Centre) -> None:
    assert_faults(
        centre.operator.post(APPEALS, {"subject": " ", "text": 5, "caller_phone": []}),
        ("string_too_short", ["body", "subject"]),
        ("string_type", ["body", "text"]),
        ("string_type", ["body", "caller_phone"]),
    )
    number = answered(centre.operator.post(APPEALS, {"subject": "x"}))["id"]
    assert_faults(centre.operator.put(f"{APPEALS}/{number}/status", {"status": "zzz"}), ("enum", ["body", "status"]))


# Reprocessing -----------------------------------------------------------------------------------------------------


def test_nothing_to_process_is_a_fault_of_the_path(centre: Centre) -> None:
    number = centre.creates()["id"]

    answer = centre.supervisor.post(f"{TASKS}/{number}/reprocess")

    assert_faults(answer, ("nothing_to_process", ["path", "task_id"]))
    check_against_document(answer, centre.nobody, "call-tasks")


def test_without_a_provider_reprocessing_says_what_is_missing_and_too_often_is_too_often(centre: Centre) -> None:
    task = centre.creates(recording_url="https://pbx.example/a.wav")
    assert (task["processing_status"], task["error_code"]) == ("skipped", "provider_not_configured")
    path = f"{TASKS}/{task['id']}/reprocess"

    again = answered(centre.supervisor.post(path))
    assert again["processing_status"] == "skipped"
    assert "ASKARE_TRANSCRIPTION_PROVIDERS" in again["error_message"]
    too_soon = centre.supervisor.post(path)
    assert_refused(too_soon, 429)
    assert 1 <= int(too_soon.headers["retry-after"]) <= 10


def test_messages_are_in_the_operators_language(centre: Centre) -> None:
    task = centre.creates(recording_url="https://pbx.example/a.wav")

    assert task["error_message"].startswith("Сөйлеуді тану қызметі бапталмаған")


@pytest.mark.parametrize(
    ("params", "kind", "name"),
    [({"stage": "zzz"}, "enum", "stage"), ({"force": "zzz"}, "bool_parsing", "force")],
)
def test_what_to_do_again_must_be_one_of_the_stages(
    centre: Centre, params: dict[str, str], kind: str, name: str
) -> None:
    path = f"{TASKS}/{centre.creates(call_transcription='…')['id']}/reprocess"

    assert_faults(centre.supervisor.post(path, params=params), (kind, ["query", name]))


def test_texts_that_others_have_replaced_can_be_read(centre: Centre) -> None:
    number = centre.creates(
        call_transcription="Клиент: у нас нет воды с утра.", call_summary="старое", call_response_summary="старое"
    )["id"]
    centre.database.write(
        lambda tx: operations.reprocess(
            tx, number, stage="summary", force=True, office=Office(transcribes=False), now=NOW
        ),
        centre.caller,
    )
    centre.database.write(
        lambda tx: operations.save_summaries(tx, number, "новое", None, language=None, source="builtin", now=NOW),
        centre.caller,
    )

    answer = centre.supervisor.get(f"{TASKS}/{number}/versions")

    assert ("call_summary", "старое", "client") in [
        (old["field"], old["text"], old["source"]) for old in answer.json()["items"]
    ]
    check_against_document(answer, centre.nobody, "call-tasks")


# Playback ---------------------------------------------------------------------------------------------------------

SOUND = b"RIFF" + bytes(range(200)) * 50


@pytest.fixture
def recorded(centre: Centre) -> int:
    """A task whose recording is there."""
    number: int = centre.creates(recording_url="https://pbx.example/a.wav")["id"]
    file = folder_of(Path(centre.server.data), centre.caller.organization_no, number) / RECORDING_FILE
    with contextlib.suppress(FileExistsError):
        file.parent.mkdir(parents=True)
    file.write_bytes(SOUND)
    centre.database.write(lambda tx: operations.save_fetched(tx, number, now=NOW), centre.caller)
    return number


@pytest.mark.parametrize(
    ("wish", "status", "part", "said"),
    [
        (None, 200, SOUND, None),
        ("bytes=0-3", 206, b"RIFF", "bytes 0-3/10004"),
        ("bytes=10000-", 206, SOUND[10000:], "bytes 10000-10003/10004"),
        ("bytes=-4", 206, SOUND[-4:], "bytes 10000-10003/10004"),
        ("bytes=2-999999", 206, SOUND[2:], "bytes 2-10003/10004"),
        ("bytes=0-", 206, SOUND, "bytes 0-10003/10004"),
        ("bytes=0-1,5-6", 200, SOUND, None),
        ("pages=1-2", 200, SOUND, None),
        ("bytes=x-y", 200, SOUND, None),
        ("bytes=5-2", 200, SOUND, None),
        ("bytes=10004-", 416, None, "bytes */10004"),
        ("bytes=-0", 416, None, "bytes */10004"),
    ],
)
def test_a_recording_is_played_whole_or_in_parts(
    centre: Centre, recorded: int, wish: str | None, status: int, part: bytes | None, said: str | None
) -> None:
    answer = centre.operator.get(f"{TASKS}/{recorded}/recording", headers={"Range": wish})

    assert answer.status_code == status
    assert answer.headers.get("content-range") == said
    if part is not None:
        assert answer.content == part
        assert answer.headers["content-type"] == "audio/wav"
        assert answer.headers["accept-ranges"] == "bytes"
        assert answer.headers["content-length"] == str(len(part))


def test_a_recording_is_for_those_who_see_the_task(centre: Centre, recorded: int) -> None:
    assert_refused(centre.colleague.get(f"{TASKS}/{recorded}/recording"), 404, "Task not found")
    assert_refused(centre.nobody.get(f"{TASKS}/{recorded}/recording"), 401)
    without = centre.creates()["id"]
    assert_refused(centre.operator.get(f"{TASKS}/{without}/recording"), 404, "Recording not found")


@pytest.mark.parametrize(
    ("wish", "status"),
    [("bytes=-99999", 206), ("bytes=\xb2-\xb3", 200), ("bytes=" + "9" * 40 + "-", 416)],
)
def test_a_player_hears_whether_it_can_jump_and_a_strange_range_is_passed_over(
    centre: Centre, recorded: int, wish: str, status: int
) -> None:
    answer = centre.operator.get(f"{TASKS}/{recorded}/recording", headers={"Range": wish.encode("latin-1")})

    assert answer.status_code == status
    if status == 206:
        assert (answer.content, answer.headers["content-range"]) == (SOUND, "bytes 0-10003/10004")


def test_half_of_an_older_recording_is_not_completed_with_half_of_a_newer(centre: Centre, recorded: int) -> None:
    path = f"{TASKS}/{recorded}/recording"
    tag = centre.operator.get(path).headers["etag"]

    same = centre.operator.get(path, headers={"Range": "bytes=0-3", "If-Range": tag})
    other = centre.operator.get(path, headers={"Range": "bytes=0-3", "If-Range": '"older"'})

    assert (same.status_code, same.content) == (206, SOUND[:4])
    assert (other.status_code, other.content) == (200, SOUND)


# Versions ---------------------------------------------------------------------------------------------------------


@on_both
def test_who_changes_what_somebody_else_has_changed_is_told(centre: Centre) -> None:
    appeal = answered(centre.supervisor.post(APPEALS, {"subject": "Вода"}))["id"]
    task = centre.creates(call_transcription="Клиент: Воды нет.")["id"]
    answered(centre.supervisor.put(f"{TASKS}/{task}/status", {"status": "in_progress"}))
    answered(centre.supervisor.put(f"{APPEALS}/{appeal}/status", {"status": "in_progress"}))
    stale = {"If-Match": '"1"'}

    answers = [
        centre.supervisor.put(f"{TASKS}/{task}/status", {"status": "done"}, headers=stale),
        centre.supervisor.put(f"{TASKS}/{task}/appeal", {"appeal_id": appeal}, headers=stale),
        centre.supervisor.post(f"{TASKS}/{task}/link-appeal", {"appeal_id": appeal}, headers=stale),
        centre.supervisor.post(f"{TASKS}/{task}/reprocess", None, headers=stale),
        centre.supervisor.put(f"{APPEALS}/{appeal}/status", {"status": "resolved"}, headers=stale),
    ]

    for answer in answers:
        assert_refused(answer, 412)
    present = centre.supervisor.get(f"{TASKS}/{task}")
    assert (present.json()["status"], present.json()["appeal_id"]) == ("in_progress", None)
    done = centre.supervisor.put(
        f"{TASKS}/{task}/status", {"status": "done"}, headers={"If-Match": present.headers["etag"]}
    )
    assert answered(done)["status"] == "completed"
    assert centre.supervisor.put(f"{TASKS}/{task}/status", {"status": "new"}, headers={"If-Match": "*"}).is_success
    check_against_document(answers[0], centre.nobody, "call-tasks")


def test_what_is_no_entity_tag_is_a_fault_of_that_header(centre: Centre) -> None:
    task = centre.creates()["id"]

    answer = centre.supervisor.put(f"{TASKS}/{task}/status", {"status": "zzz"}, headers={"If-Match": "three"})

    assert_faults(answer, ("value_error", ["header", "If-Match"]), ("enum", ["body", "status"]))


# Paths and methods ------------------------------------------------------------------------------------------------


def test_what_does_not_live_here_is_told_in_the_dialects_own_shape(centre: Centre) -> None:
    assert_refused(centre.supervisor.get("/api/nonsense"), 404, "Not Found")
    refused = centre.supervisor.delete(TASKS)
    assert_refused(refused, 405, "Method Not Allowed")
    assert refused.headers["allow"] == "GET, HEAD, OPTIONS, POST"
