"""Asking the service-task platform, and saying in one line what it answered."""

from __future__ import annotations

import json
from typing import Any, cast

import httpx2

from tests.wire.asking import Person

SERVICE = "/rest/v1/service"
TASKS, SCRIPTS, RUNTIMES = f"{SERVICE}/svctasks", f"{SERVICE}/svcscripts", f"{SERVICE}/svcscript_runtimes"
WORKDAYS, SESSION = "/rest/v1/domain/workdays", "/rest/v1/session"
JSON = "application/json; charset=utf-8"

# The contract's samples, section 2: what is sent, key by key.
DEBTOR_CALLS: dict[str, Any] = {
    "id": "380daae6-016c-cdd4-606e-50e54938780c",
    "name": "Debtor calls",
    "isenabled": 0,
    "svcscriptcode": "dialByCallList",
    "sitemode": "all",
    "sites": "",
    "isregular": 1,
    "overlap": 1,
    "intervalsec": 3600,
    "dtstart": "2019-02-20T08:00:00Z",
    "dtstop": "2020-02-20T08:00:00Z",
    "schedule": "work",
    "periods": [],
    "opts": {"title": "", "comment": ""},
}
DAILY_CLEANING: dict[str, Any] = {
    **DEBTOR_CALLS,
    "id": "86228b15-016c-cdef-ccce-50e54938780c",
    "name": "Daily cleaning",
    "svcscriptcode": "cleardata",
    "isenabled": 1,
    "intervalsec": 86400,
}
LISTED = [
    *("id", "name", "isenabled", "svcscriptcode", "sitemode", "isregular", "overlap"),
    *("intervalsec", "dtstart", "dtstop", "schedule", "ext"),
]


def ok(answer: httpx2.Response) -> Any:
    """The value of a 200 answer in the dialect's content type."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == JSON
    return answer.json()


def assert_refused(answer: httpx2.Response, status: int, *parts: str) -> str:
    """The answer is this refusal, in the dialect's shape, and its message holds these parts; returns the message."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == JSON
    body = answer.json()
    assert list(body) == ["error_code", "error_message"]
    assert body["error_code"] == 1000 + status
    for part in parts:
        assert part in body["error_message"], body["error_message"]
    return cast("str", body["error_message"])


def assert_not_found(answer: httpx2.Response) -> None:
    """Unknown, deleted and somebody else's look the same."""
    assert assert_refused(answer, 404) == "Not found"


def creates(person: Person, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """The new entity."""
    return cast("dict[str, Any]", ok(person.post(path, body)))


def lists(person: Person, path: str, **params: Any) -> list[dict[str, Any]]:
    """What a list shows; `filter` and `order` are given as values."""
    sent = {name: json.dumps(value) if name in ("filter", "order") else value for name, value in params.items()}
    return cast("list[dict[str, Any]]", ok(person.get(path, params=sent)))


def names(person: Person, path: str = TASKS, **params: Any) -> list[str]:
    return [one["name"] for one in lists(person, path, **params)]


def changes(person: Person, path: str, body: Any) -> dict[str, Any]:
    """The entity after a change."""
    return cast("dict[str, Any]", ok(person.request("PATCH", path, body)))
