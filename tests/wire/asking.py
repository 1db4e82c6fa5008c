"""Asking the server as different people do, and saying in one line what it answered."""

from __future__ import annotations

import json
import socket
from typing import Any, cast

import httpx2
import pytest
from msgspec import Struct

from tests.samples import TASK_BODY
from tests.server import Client, Server

TASKS = "/task-management/v1/tasks"
TOKEN = "/authentication/v1/token"
REQUEST_ID = "9031d1c5-7d40-41dd-b2b8-7919a2fc4fe9"
UNKNOWN_ID = "5d9a2f3c-1c0e-4b8f-9a53-0f2f0f0f0f0f"
LONG_AGO = "1999-12-31T22:00:00Z"

# What reaches the database runs on both kinds; what is decided before it runs on SQLite alone.
on_both = pytest.mark.parametrize("kind", ["sqlite", "postgres"])


class Person:
    """Somebody with a token.  All people of a server share one client and its open connections."""

    def __init__(self, client: Client, token: str) -> None:
        self._client = client
        self.token = token

    def request(
        self, method: str, path: str, body: Any = None, *, headers: dict[str, str | None] | None = None, **how: Any
    ) -> httpx2.Response:
        sent: dict[str, str | None] = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        return self._client.request(method, path, body=body, headers=sent, **how)

    def get(self, path: str, **how: Any) -> httpx2.Response:
        return self.request("GET", path, **how)

    def post(self, path: str, body: Any = None, **how: Any) -> httpx2.Response:
        return self.request("POST", path, body, **how)

    def put(self, path: str, body: Any = None, **how: Any) -> httpx2.Response:
        return self.request("PUT", path, body, **how)

    def delete(self, path: str, **how: Any) -> httpx2.Response:
        return self.request("DELETE", path, **how)

    def creates(self, body: dict[str, Any], *, at: str = TASKS) -> str:
        """The path of a new task."""
        answer = self.post(at, body)
        assert answer.status_code == 201, answer.text
        return answer.headers["location"]

    def finds(self, **params: Any) -> list[str]:
        """The ids of the tasks that a search shows, in its order."""
        return [task["taskId"] for task in self.page(**params)["tasks"]]

    def page(self, **params: Any) -> dict[str, Any]:
        """The whole answer of a search."""
        answer = self.get(TASKS, params=params)
        assert answer.status_code == 200, answer.text
        return cast("dict[str, Any]", answer.json())


class Agency(Struct, frozen=True):
    """A fresh organization with two offices, and everybody who could call about it."""

    server: Server
    name: str
    office: str
    other_office: str
    nobody: Client
    admin: Person
    agent: Person  # of the office
    neighbour: Person  # an agent of the other office
    supervisor: Person
    operator: Person
    ingest: Person
    stranger: Person  # the admin of another organization

    def task(self, **changes: Any) -> dict[str, Any]:
        """The contract's sample body in our office; a field given as `...` is left out."""
        body = {**TASK_BODY, "agencyOfficeId": self.office, **changes}
        return {name: value for name, value in body.items() if value is not ...}


def id_of(path: str) -> str:
    return path.rpartition("/")[2]


def assert_error(
    answer: httpx2.Response, status: int, code: str, items: list[tuple[str, str]] | None = None
) -> dict[str, Any]:
    """The answer is this refusal with exactly these (target, item code) pairs, in any order; returns its body."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    body = cast("dict[str, Any]", answer.json())
    assert set(body) <= {"errorCode", "message", "description", "errors"}
    assert body["errorCode"] == code
    assert body["message"]
    found = [(item["target"], item["errorCode"]) for item in body.get("errors", [])]
    assert sorted(found) == sorted(items or []), answer.text
    assert all(item["message"] for item in body.get("errors", []))
    return body


def assert_bad_body(answer: httpx2.Response, *items: tuple[str, str]) -> dict[str, Any]:
    return assert_error(answer, 400, "BAD_REQUEST_BODY", list(items))


def assert_bad_parameters(answer: httpx2.Response, *items: tuple[str, str]) -> dict[str, Any]:
    return assert_error(answer, 400, "BAD_REQUEST_PARAMETERS", list(items))


def assert_unknown_task(answer: httpx2.Response) -> None:
    """Unknown, deleted and somebody else's look the same."""
    body = assert_error(answer, 404, "INVALID_ID", [("taskId", "INVALID_ID")])
    assert body["description"] == "No task has this id."


# What no HTTP client would send ----------------------------------------------------------------------------------


class RawAnswer(Struct, frozen=True):
    """An answer as it came over the socket."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def raw_request(
    server: Server,
    line: str,
    *,
    token: str = "",
    headers: dict[str, str | bytes] | None = None,
    body: bytes = b"",
    version: str = "1.1",
) -> RawAnswer:
    """Send one request byte for byte and read what comes back until the server closes."""
    headers = {"Connection": "close", **(headers or {})}
    with raw_start(server, line, token=token, headers=headers, version=version) as connection:
        connection.sendall(body)
        return raw_answer(connection)


def raw_start(
    server: Server,
    line: str,
    *,
    token: str = "",
    headers: dict[str, str | bytes] | None = None,
    version: str = "1.1",
) -> socket.socket:
    """Send the head of a request and leave the connection open for its body."""
    sent: dict[str, str | bytes] = {"Host": "askare.test", "Request-ID": REQUEST_ID}
    if token:
        sent["Authorization"] = f"Bearer {token}"
    sent.update(headers or {})
    head = [f"{line} HTTP/{version}".encode("latin-1")]
    for name, value in sent.items():
        head.append(name.encode() + b": " + (value.encode("latin-1") if isinstance(value, str) else value))
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    connection.sendall(b"\r\n".join(head) + b"\r\n\r\n")
    return connection


def raw_answer(connection: socket.socket) -> RawAnswer:
    """The answer on a connection whose request said `Connection: close`."""
    received = b""
    while part := connection.recv(65_536):
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    status_line, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return RawAnswer(int(status_line.split()[1]), headers, body)
