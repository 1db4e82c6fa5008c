"""One line a request, and the numbers that Prometheus collects."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
from prometheus_client import CollectorRegistry, Counter, Histogram

from askare.kernel.caller import Caller
from askare.kernel.time import written

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

Line = dict[str, str | int | float | None]


def json_line(line: Line) -> str:
    """For machines."""
    return msgspec.json.encode(line).decode()


def console_line(line: Line) -> str:
    """For people."""
    who = f"{line['role']} of {line['organization']}" if line.get("organization") else "nobody"
    return (
        f"{line['at']}  {line['status']}  {line['milliseconds']:>8} ms  {line['method']:<6} "
        f"{line['operation']:<16} {who}  {line['request_id']}"
    )


class RequestLog:
    """Writes the line and counts the request."""

    def __init__(
        self,
        registry: CollectorRegistry,
        *,
        log_format: str = "json",
        enabled: bool = True,
        output: Callable[[str], object] | None = None,
    ) -> None:
        self._form = console_line if log_format == "console" else json_line
        self._enabled = enabled
        self._output = output or _to_stderr
        self._requests = Counter("askare_requests", "Requests answered.", ["operation", "status"], registry=registry)
        self._seconds = Histogram(
            "askare_request_seconds",
            "Time from the request's headers to its answer.",
            ["operation"],
            buckets=_BUCKETS,
            registry=registry,
        )
        # Looking a labelled child up costs more than using it; there are few, and they are always the same.
        self._counters: dict[tuple[str, int], Counter] = {}
        self._timers: dict[str, Histogram] = {}

    def write(
        self, operation: str, method: str, status: int, trace: str, caller: Caller | None, started: float
    ) -> None:
        """Log and count one answered request; `started` is `time.perf_counter()` at its beginning."""
        seconds = time.perf_counter() - started
        counter = self._counters.get((operation, status))
        if counter is None:
            counter = self._counters[operation, status] = self._requests.labels(operation, str(status))
        counter.inc()
        timer = self._timers.get(operation)
        if timer is None:
            timer = self._timers[operation] = self._seconds.labels(operation)
        timer.observe(seconds)
        if not self._enabled:
            return
        line: Line = {
            "at": written(datetime.now(UTC)),
            "event": "request",
            "operation": operation,
            "method": method,
            "status": status,
            "milliseconds": round(seconds * 1000, 3),
            "request_id": trace,
            "organization": str(caller.organization_id) if caller else None,
            "user": str(caller.user_id) if caller else None,
            "role": caller.role.value if caller else None,
        }
        self._output(self._form(line))


def _to_stderr(line: str) -> None:
    sys.stderr.write(line + "\n")
