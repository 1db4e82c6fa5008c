"""What a request leaves behind: one line, and one more in the counts."""

from __future__ import annotations

import json
import time

import pytest
from prometheus_client import CollectorRegistry

from askare.kernel.caller import Caller
from askare.wire.kit.log import RequestLog
from tests.values import ADMIN_USER, ORGANIZATION, an_admin

TRACE = "9031d1c5-7d40-41dd-b2b8-7919a2fc4fe9"


class Listener:
    """A log that is listened to, and its registry."""

    def __init__(self, *, log_format: str = "json", enabled: bool = True) -> None:
        self.lines: list[str] = []
        self.registry = CollectorRegistry()
        self._log = RequestLog(self.registry, log_format=log_format, enabled=enabled, output=self.lines.append)

    def write(self, *, status: int = 200, caller: Caller | None = None, operation: str = "task.search") -> None:
        self._log.write(operation, "GET", status, TRACE, caller, time.perf_counter())

    def count(self, status: str, operation: str = "task.search") -> float | None:
        return self.registry.get_sample_value("askare_requests_total", {"operation": operation, "status": status})


def test_a_request_is_one_line_that_says_who_asked_what_and_how_it_ended() -> None:
    listener = Listener()

    listener.write(status=404, caller=an_admin())

    (line,) = listener.lines
    said = json.loads(line)
    assert "\n" not in line
    assert said["at"].endswith("Z")
    assert said["milliseconds"] >= 0
    assert {name: value for name, value in said.items() if name not in ("at", "milliseconds")} == {
        "event": "request",
        "operation": "task.search",
        "method": "GET",
        "status": 404,
        "request_id": TRACE,
        "organization": str(ORGANIZATION),
        "user": str(ADMIN_USER),
        "role": "admin",
    }


def test_a_request_of_nobody_names_nobody() -> None:
    listener = Listener()

    listener.write(status=401)

    said = json.loads(listener.lines[0])
    assert (said["organization"], said["user"], said["role"]) == (None, None, None)


@pytest.mark.parametrize(
    ("caller", "who"), [(an_admin(), f"admin of {ORGANIZATION}"), (None, "nobody")], ids=["admin", "nobody"]
)
def test_people_read_the_same_in_one_line_of_words(caller: Caller | None, who: str) -> None:
    listener = Listener(log_format="console")

    listener.write(caller=caller)

    (line,) = listener.lines
    words = line.split()
    assert words[1:2] + words[3:6] == ["200", "ms", "GET", "task.search"]
    assert f" {who}  {TRACE}" in line


def test_a_silent_log_still_counts() -> None:
    listener = Listener(enabled=False)

    listener.write()

    assert listener.lines == []
    assert listener.count("200") == 1


def test_requests_are_counted_by_operation_and_status() -> None:
    listener = Listener()

    for status in (200, 200, 404):
        listener.write(status=status)
    listener.write(operation="task.get")

    assert (listener.count("200"), listener.count("404"), listener.count("500")) == (2, 1, None)
    assert listener.count("200", "task.get") == 1
    assert listener.registry.get_sample_value("askare_request_seconds_count", {"operation": "task.search"}) == 3
