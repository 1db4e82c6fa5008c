"""POST /api/tasks: a call is handed in."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from askare.wire.callcentre.tasks import EXAMPLE_CREATE
from askare.workdays.model import Domain
from askare.workdays.operations import change_domain
from tests.wire.asking import on_both
from tests.wire.calling import TASKS, Centre, answered, assert_faults, assert_refused
from tests.wire.documented import check_against_document

THE_24 = (
    *("id", "organization_id", "assigned_user_id", "created_by_user_id", "task_type", "status", "priority", "title"),
    *("description", "caller_phone", "caller_name", "call_id", "recording_url", "call_datetime"),
    *("call_transcription", "call_summary", "call_response_summary", "error_message", "created_at", "updated_at"),
    *("due_date", "completed_at", "appeal_id", "assigned_user_name"),
)


@on_both
def test_a_call_becomes_a_task_with_the_24_fields_of_the_contract(centre: Centre) -> None:
    task = centre.creates(
        task_type="Follow-Up",
        priority="normal",
        description="",
        caller_phone="8 (701) 234-56-78",
        caller_name="Айгуль",
        call_id=1700000000.4711,
        call_datetime="2026-03-02 14:05:00",
        due_date="2026-03-06",
    )

    assert set(THE_24) <= set(task)
    assert {name: task[name] for name in THE_24} | {"created_at": "", "updated_at": "", "id": 0} == {
        "id": 0,
        "organization_id": centre.caller.organization_no,
        "assigned_user_id": task["assigned_user_id"],
        "created_by_user_id": task["created_by_user_id"],
        "task_type": "follow_up",
        "status": "pending",
        "priority": "medium",
        "title": "Нет воды",
        "description": None,
        "caller_phone": "8 (701) 234-56-78",
        "caller_name": "Айгуль",
        "call_id": "1700000000.4711",
        "recording_url": None,
        "call_datetime": "2026-03-02T12:05:00Z",  # in Helsinki, where the server is
        "call_transcription": None,
        "call_summary": None,
        "call_response_summary": None,
        "error_message": None,
        "created_at": "",
        "updated_at": "",
        "due_date": "2026-03-06T21:59:59Z",  # by Friday includes Friday
        "completed_at": None,
        "appeal_id": None,
        "assigned_user_name": "Динара Оспанова",
    }
    assert isinstance(task["id"], int)
    assert isinstance(task["created_by_user_id"], int)
    assert task["created_at"] == task["updated_at"]
    assert task["created_at"].endswith("Z")
    assert task["processing_status"] == "none"


def test_the_answer_is_the_documented_one(centre: Centre) -> None:
    answer = centre.supervisor.post(TASKS, centre.call())

    check_against_document(answer, centre.nobody, "call-tasks")
    assert answer.headers["etag"] == '"1"'
    assert answer.json() == answered(centre.supervisor.get(f"{TASKS}/{answer.json()['id']}"))


def test_the_documents_own_example_is_taken(centre: Centre) -> None:
    task = centre.creates(**{name: value for name, value in EXAMPLE_CREATE.items() if name != "operator_id"})

    assert task["processing_status"] == "queued"
    assert task["due_date"] == "2026-03-02T13:00:00Z"


@pytest.mark.parametrize("how", ["code", "extension", "number as text", "number", "user id"])
def test_an_operator_is_known_by_code_extension_number_and_user_id(centre: Centre, how: str) -> None:
    number = centre.creates()["assigned_user_id"]
    key = {
        "code": "op-7",
        "extension": "107",
        "number as text": str(number),
        "number": number,
        "user id": str(centre.operator_id),
    }[how]

    assert centre.creates(operator_id=key)["assigned_user_id"] == number


@pytest.mark.parametrize("operator", ["nobody", "5d9a2f3c-1c0e-4b8f-9a53-0f2f0f0f0f0f", 999_999_999])
def test_an_unknown_operator_is_a_fault_of_that_field(centre: Centre, operator: Any) -> None:
    answer = centre.supervisor.post(TASKS, centre.call(operator_id=operator))

    assert_faults(answer, ("operator_not_found", ["body", "operator_id"]))
    check_against_document(answer, centre.nobody, "call-tasks")


def test_an_operator_of_another_organization_is_unknown(centre: Centre) -> None:
    answer = centre.stranger.post(TASKS, centre.call(operator_id=str(centre.operator_id)))

    assert_faults(answer, ("operator_not_found", ["body", "operator_id"]))


# Who may hand in --------------------------------------------------------------------------------------------------


@on_both
def test_an_exchange_hands_in_by_bearer_by_api_key_and_by_the_key_in_the_address(centre: Centre) -> None:
    by_bearer = answered(centre.ingest.post(TASKS, centre.call()))
    by_key = answered(centre.nobody.post(TASKS, centre.call(), headers={"X-API-Key": centre.key()}))
    by_address = answered(centre.nobody.post(f"/api/ingest/{centre.key()}/tasks", centre.call()))

    for task in (by_bearer, by_key, by_address):
        assert task["organization_id"] == centre.caller.organization_no
        assert task["created_by_user_id"] is None


def test_nobody_hands_in_without_a_key(centre: Centre) -> None:
    for answer in (
        centre.nobody.post(TASKS, centre.call()),
        centre.nobody.post(TASKS, centre.call(), headers={"X-API-Key": "nonsense"}),
        centre.nobody.post(f"/api/ingest/{'x' * 43}/tasks", centre.call()),
        centre.nobody.post(TASKS, centre.call(), headers={"Authorization": "Basic eDp5"}),
    ):
        assert_refused(answer, 401, "Not authenticated")
        assert answer.headers["www-authenticate"] == "Bearer"


def test_a_persons_token_has_no_place_in_an_address(centre: Centre) -> None:
    assert_refused(centre.nobody.post(f"/api/ingest/{centre.supervisor.token}/tasks", centre.call()), 403)


def test_who_hands_in_sees_nothing_else(centre: Centre) -> None:
    number = centre.creates()["id"]

    assert_refused(centre.ingest.get(TASKS), 403)
    assert_refused(centre.ingest.get(f"{TASKS}/{number}"), 403)
    assert_refused(centre.ingest.put(f"{TASKS}/{number}/status", {"status": "done"}), 403)
    assert_refused(centre.nobody.get(TASKS, headers={"X-API-Key": centre.key()}), 401)


def test_an_agent_of_the_agency_has_no_calls(centre: Centre) -> None:
    assert_refused(centre.agent.post(TASKS, centre.call()), 403)


def test_no_key_and_nothing_of_a_caller_reaches_the_log(centre: Centre) -> None:
    secrets = {
        "caller_phone": "+77019998877",
        "caller_name": "Тайное Имя",
        "title": "Секретный заголовок",
        "call_transcription": "Тайные слова",
        "call_summary": "Тайное резюме",
        "recording_url": "https://pbx.example/a.wav?signature=hush",
    }
    answered(centre.nobody.post(f"/api/ingest/{centre.key()}/tasks", centre.call(**secrets)))
    refused = centre.nobody.post(TASKS, centre.call(**secrets, priority="?"), headers={"X-API-Key": centre.key()})
    too_long = centre.supervisor.post(TASKS, centre.call(caller_phone="+7701999887" * 40, title="х" * 501))

    log = centre.server.log()
    for secret in (*secrets.values(), "hush", "+7701999887", centre.key(), centre.supervisor.token):
        assert secret not in log
        assert secret not in refused.text
        assert secret not in too_long.text


# The same call again ----------------------------------------------------------------------------------------------


@on_both
def test_a_retry_of_an_exchange_makes_no_second_task(centre: Centre) -> None:
    first = centre.creates(call_id="17")

    assert centre.creates(call_id=17)["id"] == first["id"]
    assert centre.creates(call_id="17", title="Другое")["id"] != first["id"]


@pytest.mark.parametrize("written", ["1700000298.10", "1700000298.100", "17e5", "9007199254740993.5"])
def test_a_call_that_is_named_by_a_number_keeps_each_of_its_digits(centre: Centre, written: str) -> None:
    # Asterisk counts on behind the point: .10 is nine calls later than .1.
    centre.creates(call_id="1700000298.1")
    body = json.dumps(centre.call(call_id="@")).replace('"@"', written).encode()

    task = answered(centre.supervisor.request("POST", TASKS, content=body))

    assert task["call_id"] == written


@on_both
def test_who_names_requests_by_keys_of_its_own_says_which_are_the_same(centre: Centre) -> None:
    numbers = [
        answered(centre.supervisor.post(TASKS, centre.call(call_id="18"), headers={"Idempotency-Key": key}))["id"]
        for key in (str(uuid4()), str(uuid4()))
    ]

    assert numbers[0] != numbers[1]
    assert centre.creates(call_id="18")["id"] == numbers[1]


@on_both
def test_an_idempotency_key_makes_one_task_of_two_requests(centre: Centre) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    first = answered(centre.supervisor.post(TASKS, centre.call(), headers=key))
    again = answered(centre.supervisor.post(TASKS, centre.call(), headers=key))
    other = centre.supervisor.post(TASKS, centre.call(title="Другое"), headers=key)

    assert again == first
    assert_faults(other, ("idempotency_key_reused", ["header", "Idempotency-Key"]))


# What is wrong ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "kind", "field"),
    [
        ({"operator_id": ...}, "missing", "operator_id"),
        ({"operator_id": None}, "string_type", "operator_id"),
        ({"operator_id": ""}, "string_too_short", "operator_id"),
        ({"operator_id": True}, "string_type", "operator_id"),
        ({"title": ...}, "missing", "title"),
        ({"title": "   "}, "string_too_short", "title"),
        ({"title": "х" * 501}, "string_too_long", "title"),
        ({"title": 5}, "string_type", "title"),
        ({"priority": "zzz"}, "enum", "priority"),
        ({"priority": 5}, "enum", "priority"),
        ({"task_type": "8"}, "string_pattern_mismatch", "task_type"),
        ({"task_type": []}, "string_type", "task_type"),
        ({"description": "х" * 20_001}, "string_too_long", "description"),
        ({"caller_name": "х" * 256}, "string_too_long", "caller_name"),
        ({"caller_phone": {}}, "string_type", "caller_phone"),
        ({"call_id": []}, "string_type", "call_id"),
        ({"recording_url": "ftp://x/y"}, "url_scheme", "recording_url"),
        ({"recording_url": "http://"}, "url_parsing", "recording_url"),
        ({"recording_url": "http://x y/"}, "url_parsing", "recording_url"),
        ({"recording_url": "http://[::1/"}, "url_parsing", "recording_url"),
        ({"call_datetime": "yesterday"}, "datetime_from_date_parsing", "call_datetime"),
        ({"call_datetime": "2026-03-02T25:00:00Z"}, "datetime_from_date_parsing", "call_datetime"),
        ({"call_datetime": "1800-01-01"}, "datetime_from_date_parsing", "call_datetime"),
        ({"due_date": []}, "datetime_type", "due_date"),
        ({"due_date": 1e300}, "datetime_parsing", "due_date"),
    ],
)
def test_each_field_says_what_is_wrong_with_it(centre: Centre, changes: dict[str, Any], kind: str, field: str) -> None:
    answer = centre.supervisor.post(TASKS, centre.call(**changes))

    assert_faults(answer, (kind, ["body", field]))
    check_against_document(answer, centre.nobody, "call-tasks")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("tomorrow", "input is too short"),
        ("by Friday at noon", "invalid character in year"),
        ("2026/12/01 10:00", "invalid date separator, expected `-`"),
        ("2026-13-01", "month value is outside expected range of 1-12"),
        ("2026-02-30T10:00:00Z", "day value is outside expected range"),
        ("2026-12-01T25:00:00", "unexpected extra characters at the end of the input"),
        ("1800-01-01", "must lie between the years 1900 and 2200"),
    ],
)
def test_a_date_that_is_none_is_told_in_pydantics_words(centre: Centre, written: str, said: str) -> None:
    (detail,) = assert_faults(
        centre.supervisor.post(TASKS, centre.call(due_date=written)),
        ("datetime_from_date_parsing", ["body", "due_date"]),
    )

    assert detail["msg"] == f"Input should be a valid datetime or date, {said}"
    assert detail["ctx"] == {"error": said}


def test_all_faults_come_at_once_in_the_callers_language(centre: Centre) -> None:
    body = {"priority": "zzz", "call_datetime": "x"}

    details = assert_faults(
        centre.supervisor.post(TASKS, body, headers={"Accept-Language": "de, ru-RU;q=0.8, en;q=0.5"}),
        ("missing", ["body", "operator_id"]),
        ("missing", ["body", "title"]),
        ("enum", ["body", "priority"]),
        ("datetime_from_date_parsing", ["body", "call_datetime"]),
    )

    assert details[0]["msg"] == "Обязательное поле"
    assert "input" not in details[0]
    enum = next(detail for detail in details if detail["type"] == "enum")
    assert (enum["input"], enum["ctx"]) == ("zzz", {"expected": "'low', 'medium', 'high' or 'urgent'"})


@pytest.mark.parametrize(
    ("wished", "said"),
    [
        ("ru-KZ", "Допустимые значения: 'low', 'medium', 'high' или 'urgent'"),
        ("kk", "Рұқсат етілген мәндер: 'low', 'medium', 'high' немесе 'urgent'"),
        ("sv-FI", "Tillåtna värden: 'low', 'medium', 'high' eller 'urgent'"),
        ("fi;q=0.3, sv;q=0.9, en;q=0.5", "Tillåtna värden: 'low', 'medium', 'high' eller 'urgent'"),
        ("ru;q=0, fi", "Sallitut arvot: 'low', 'medium', 'high' tai 'urgent'"),
        ("de", "Input should be 'low', 'medium', 'high' or 'urgent'"),
        ("xx;;;,=", "Input should be 'low', 'medium', 'high' or 'urgent'"),
    ],
)
def test_a_fault_is_worded_in_the_language_that_is_liked_best(centre: Centre, wished: str, said: str) -> None:
    answer = centre.supervisor.post(TASKS, centre.call(priority="zzz"), headers={"Accept-Language": wished})

    (detail,) = assert_faults(answer, ("enum", ["body", "priority"]))
    assert detail["msg"] == said
    assert detail["ctx"] == {"expected": "'low', 'medium', 'high' or 'urgent'"}


@pytest.mark.parametrize(
    ("content", "kind", "loc"),
    [
        (b"", "missing", ["body"]),
        (b"{", "json_invalid", ["body", 1]),
        (b'{\n"a": }', "json_invalid", ["body", 7]),
        ('{"title": "Воды нет",\n"a": }'.encode(), "json_invalid", ["body", 27]),
        (b"[]", "model_attributes_type", ["body"]),
        (b"5", "model_attributes_type", ["body"]),
        (b'{"title": "\\u0000"}', "value_error", ["body", "title"]),
        (b'{"title": "a", "title": "b"}', "value_error", ["body", "title"]),
    ],
)
def test_a_body_that_cannot_be_read_says_where(centre: Centre, content: bytes, kind: str, loc: list[Any]) -> None:
    answer = centre.supervisor.request("POST", TASKS, content=content)

    assert_faults(answer, (kind, loc))


def test_what_nobody_knows_is_passed_over_and_empty_texts_mean_nothing(centre: Centre) -> None:
    task = centre.creates(nonsense=1, caller_name="", priority="", task_type=None, due_date="", call_id="")

    assert (task["caller_name"], task["priority"], task["task_type"], task["due_date"], task["call_id"]) == (
        None,
        "medium",
        "call",
        None,
        None,
    )


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", None, "application/json"])
def test_json_is_read_whatever_it_is_called(centre: Centre, media: str | None) -> None:
    answer = centre.supervisor.request(
        "POST", TASKS, content=json.dumps(centre.call()).encode(), headers={"Content-Type": media}
    )

    assert answered(answer)["title"] == "Нет воды"


def test_a_byte_order_mark_before_the_json_is_passed_over(centre: Centre) -> None:
    answer = centre.supervisor.request("POST", TASKS, content=b"\xef\xbb\xbf" + json.dumps(centre.call()).encode())

    assert answered(answer)["title"] == "Нет воды"


def test_a_form_is_not_json(centre: Centre) -> None:
    answer = centre.supervisor.request(
        "POST", TASKS, content=b"title=x", headers={"Content-Type": "application/x-www-form-urlencoded"}
    )

    assert_refused(answer, 415)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2026-03-02T09:05:00Z", "2026-03-02T09:05:00Z"),
        ("2026-03-02T14:05:00+05:00", "2026-03-02T09:05:00Z"),
        ("2026-03-02T11:05:00", "2026-03-02T09:05:00Z"),
        ("2026-03-02 11:05", "2026-03-02T09:05:00Z"),
        (1772442300, "2026-03-02T09:05:00Z"),
        ("1772442300", "2026-03-02T09:05:00Z"),
        (1772442300500, "2026-03-02T09:05:00.500Z"),
        ("2026-03-02", "2026-03-01T22:00:00Z"),
        ("2026-03-02t09:05:00z", "2026-03-02T09:05:00Z"),
    ],
)
def test_times_are_taken_as_they_come_and_answered_with_z(centre: Centre, given: Any, kept: str) -> None:
    assert centre.creates(call_datetime=given)["call_datetime"] == kept


@on_both
def test_a_time_without_an_offset_is_that_of_the_organization(centre: Centre) -> None:
    centre.database.write(lambda tx: change_domain(tx, Domain(time_zone="Asia/Almaty")), centre.caller)

    task = centre.creates(call_datetime="2026-03-02 14:05", due_date="2026-03-02")

    assert (task["call_datetime"], task["due_date"]) == ("2026-03-02T09:05:00Z", "2026-03-02T18:59:59Z")


@pytest.mark.parametrize("edge", ["1900-01-01", "2199-12-31T23:59:59"])
def test_a_time_at_the_edge_of_time_is_refused_wherever_it_is(centre: Centre, edge: str) -> None:
    answer = centre.supervisor.post(TASKS, centre.call(due_date=edge))

    assert_faults(answer, ("datetime_from_date_parsing", ["body", "due_date"]))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("low", "low"),
        ("NORMAL", "medium"),
        ("critical", "urgent"),
        ("emergency", "urgent"),
        (1, "low"),
        ("4", "urgent"),
        (3, "high"),
    ],
)
def test_other_words_for_a_priority_are_understood(centre: Centre, given: Any, kept: str) -> None:
    assert centre.creates(priority=given)["priority"] == kept
