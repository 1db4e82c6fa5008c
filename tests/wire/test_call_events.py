"""Webhooks and the stream of events, over the socket."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest

from tests.wire.calling import TASKS, Centre, answered, assert_faults
from tests.wire.documented import check_against_document

WEBHOOKS = "/api/webhooks"


def made(centre: Centre, **more: Any) -> dict[str, Any]:
    answer = centre.admin.post(WEBHOOKS, {"url": "http://127.0.0.1:9/hook", **more})
    check_against_document(answer, centre.nobody, "call-tasks")
    return answered(answer)


def test_a_webhook_is_made_listed_and_taken_away_and_its_secret_is_told_once(centre: Centre) -> None:
    hook = made(centre, events=["task.created", "task.created"], include_texts=True)
    listed = centre.admin.get(WEBHOOKS)
    gone = centre.admin.delete(f"{WEBHOOKS}/{hook['id']}")

    assert hook["secret"].startswith("whsec_")
    assert (hook["events"], hook["include_texts"]) == (["task.created"], True)
    assert listed.json() == {"items": [{**hook, "secret": None}]}
    assert gone.json() == {**hook, "secret": None}
    for answer in (listed, gone):
        check_against_document(answer, centre.nobody, "call-tasks")
    assert centre.admin.delete(f"{WEBHOOKS}/{hook['id']}").status_code == 404
    assert centre.admin.get(WEBHOOKS).json() == {"items": []}


@pytest.mark.parametrize(
    ("body", "kind", "name"),
    [
        ({"url": ...}, "missing", "url"),
        ({"url": "ftp://a.example"}, "url_scheme", "url"),
        ({"events": ["task.lost"]}, "enum", "events"),
        ({"events": "task.created"}, "list_type", "events"),
        ({"include_texts": "perhaps"}, "bool_parsing", "include_texts"),
        ({"secret": "short"}, "value_error", "secret"),
    ],
)
def test_a_webhook_says_what_is_wrong_with_it(centre: Centre, body: dict[str, Any], kind: str, name: str) -> None:
    whole = {"url": "https://crm.example/", **body}
    answer = centre.admin.post(WEBHOOKS, {key: value for key, value in whole.items() if value is not ...})

    assert_faults(answer, (kind, ["body", name]))
    check_against_document(answer, centre.nobody, "call-tasks")


def test_webhooks_are_the_administrators_and_another_organizations_look_like_none(centre: Centre) -> None:
    hook = made(centre)

    for person in (centre.supervisor, centre.operator, centre.ingest):
        assert person.get(WEBHOOKS).status_code == 403
    assert centre.nobody.get(WEBHOOKS).status_code == 401
    assert centre.admin.get(f"{WEBHOOKS}/{hook['id'] + 1000}/deliveries").status_code == 404
    replayed = centre.admin.post(f"{WEBHOOKS}/{hook['id']}/deliveries/1000000/replay")
    assert (replayed.status_code, replayed.json()) == (404, {"detail": "Delivery not found"})


def test_an_empty_log_of_deliveries_is_a_page(centre: Centre) -> None:
    hook = made(centre)

    answer = centre.admin.get(f"{WEBHOOKS}/{hook['id']}/deliveries", params={"state": "failed,waiting"})

    assert answer.json() == {"items": [], "total": 0, "page": 1, "per_page": 20, "pages": 0}
    check_against_document(answer, centre.nobody, "call-tasks")


def test_who_watches_sees_what_happens_and_goes_on_where_it_was(centre: Centre) -> None:
    headers = {"Authorization": f"Bearer {centre.operator.token}"}
    seen: list[dict[str, Any]] = []
    mark = ""
    with httpx2.stream("GET", f"{centre.server.url}{TASKS}/events", headers=headers, timeout=20) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        assert next(lines).startswith(":")
        number = centre.creates(title="Вода")["id"]
        centre.creates(title="Чужое", operator_id=str(centre.colleague_id))
        for line in lines:
            if line.startswith("id: "):
                mark = line.removeprefix("id: ")
            if line.startswith("data: "):
                seen.append(json.loads(line.removeprefix("data: ")))
                if len(seen) == 2:
                    break
    answered(centre.operator.put(f"{TASKS}/{number}/status", {"status": "done"}))
    headers["Last-Event-ID"] = mark
    with httpx2.stream("GET", f"{centre.server.url}{TASKS}/events", headers=headers, timeout=20) as answer:
        later = next(line for line in answer.iter_lines() if line.startswith("data: "))

    assert [event["type"] for event in seen] == ["task.created", "task.assigned"]
    assert {event["data"]["task_id"] for event in seen} == {number}
    assert json.loads(later.removeprefix("data: "))["data"]["status"] == "completed"


def test_nobody_watches_without_a_token(centre: Centre) -> None:
    assert centre.nobody.get(f"{TASKS}/events").status_code == 401
    assert centre.stranger.get(f"{TASKS}/1").status_code == 404
