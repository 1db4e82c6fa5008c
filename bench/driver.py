"""A lean closed-loop load driver: HTTP/1.1, keep-alive, loopback only, in a process of its own.

Reads a plan (JSON) from stdin and prints a report (JSON) on stdout.  One thread, one epoll set, requests rendered
before the clock starts: the driver shares the machine with the server it measures, so what it costs matters.
Of an answer only the status and the content-length are read.  Every answer outside 2xx, every broken connection
and every answer without a content-length is an error, and a report with errors says `valid: false`.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import resource
import select
import socket
import sys
import time
from array import array
from dataclasses import dataclass, field
from typing import Any

CONNECTIONS_MAX = 256
SECONDS_MAX = 120.0
REQUESTS_MAX = 5_000_000
RECEIVE_BYTES = 256 * 1024
ANSWER_BYTES_MAX = 16 * 1024 * 1024
SILENCE_SECONDS_MAX = 30.0  # no answer at all for this long ends the run


@dataclass(frozen=True)
class Plan:
    """What to send.  `pool` holds [method, target, body or None]; each connection walks it from its own place."""

    port: int
    token: str
    pool: list[tuple[str, str, str | None]]
    connections: int
    warm_up_seconds: float
    seconds: float
    requests_max: int = REQUESTS_MAX  # measured requests; the run ends at whichever comes first
    once: bool = False  # every request of the pool once, in order, on one connection, without a warm-up

    def __post_init__(self) -> None:
        if not 1 <= self.connections <= CONNECTIONS_MAX:
            raise ValueError(f"connections must lie in 1..{CONNECTIONS_MAX}")
        if not 0 < self.seconds <= SECONDS_MAX or not 0 <= self.warm_up_seconds <= SECONDS_MAX:
            raise ValueError(f"seconds must lie in 0..{SECONDS_MAX:.0f}")
        if not 1 <= self.requests_max <= REQUESTS_MAX or not self.pool:
            raise ValueError("a plan needs requests, and a bound on their number")


class Requests:
    """The pool as bytes, cut where the fresh Request-ID goes."""

    def __init__(self, plan: Plan) -> None:
        self.parts: list[tuple[bytes, bytes]] = []
        for method, target, body in plan.pool:
            payload = b"" if body is None else body.encode()
            head = (
                f"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:{plan.port}\r\n"
                f"Authorization: Bearer {plan.token}\r\nAccept: application/json\r\nRequest-ID: "
            )
            tail = "\r\n"
            if body is not None:
                tail += f"Content-Type: application/json\r\nContent-Length: {len(payload)}\r\n"
            self.parts.append((head.encode("ascii"), tail.encode("ascii") + b"\r\n" + payload))
        # Version 4 in form and unique within and between runs; a counter costs a tenth of uuid4().
        noise = os.urandom(10).hex()
        self._id_start = f"{noise[:8]}-{noise[8:12]}-4{noise[12:15]}-a{noise[15:18]}-".encode()
        self._id_number = 0

    def render(self, place: int) -> bytes:
        self._id_number += 1
        head, tail = self.parts[place]
        return b"%b%b%012x%b" % (head, self._id_start, self._id_number, tail)


@dataclass(slots=True)
class Connection:
    socket: socket.socket
    place: int  # in the pool
    sent_at: int = 0  # monotonic nanoseconds
    awaited: int = -1  # bytes still to come, -1 while the head is incomplete
    status: int = 0
    head: bytearray = field(default_factory=bytearray)


class Run:
    """One measurement: `warm_up_seconds` unmeasured, then `seconds` measured."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.requests = Requests(plan)
        self.latencies = array("Q")  # nanoseconds
        self.statuses: dict[int, int] = {}
        self.all_answers = 0  # the warm-up included
        self.all_good_answers = 0
        self.broken = 0
        self.bytes_received = 0
        self.first_fault = ""
        self._buffer = bytearray(RECEIVE_BYTES)
        self._view = memoryview(self._buffer)
        self._epoll = select.epoll()
        self._connections: dict[int, Connection] = {}

    def _connect(self, place: int) -> Connection:
        made = socket.create_connection(("127.0.0.1", self.plan.port), timeout=10)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.setblocking(False)
        connection = Connection(made, place)
        self._connections[made.fileno()] = connection
        self._epoll.register(made.fileno(), select.EPOLLIN)
        return connection

    def _send(self, connection: Connection) -> None:
        connection.awaited = -1
        connection.head.clear()
        request = self.requests.render(connection.place)
        connection.place = (connection.place + 1) % len(self.requests.parts)
        connection.sent_at = time.perf_counter_ns()
        sent = connection.socket.send(request)
        if sent != len(request):
            # A request is a few kilobytes and the socket was idle, so this is rare: wait for room.
            connection.socket.settimeout(10)
            connection.socket.sendall(request[sent:])
            connection.socket.setblocking(False)

    def _drop(self, connection: Connection, why: str) -> None:
        self.broken += 1
        self.first_fault = self.first_fault or why
        self._epoll.unregister(connection.socket.fileno())
        del self._connections[connection.socket.fileno()]
        connection.socket.close()

    def _is_answered(self, connection: Connection) -> bool:
        """Take in what has arrived; True once the whole answer is here.  Raises ValueError on what it cannot read."""
        count = connection.socket.recv_into(self._buffer)
        if count == 0:
            raise ValueError("the server closed the connection")
        self.bytes_received += count
        if connection.awaited >= 0:
            connection.awaited -= count
        else:
            head = connection.head
            head += self._view[:count]
            end = head.find(b"\r\n\r\n")
            if end < 0:
                if len(head) > ANSWER_BYTES_MAX:
                    raise ValueError("the answer's head never ends")
                return False
            connection.status = int(head[9:12])
            connection.awaited = _content_length(bytes(head[:end]), connection.status) - (len(head) - end - 4)
        if connection.awaited < 0:
            raise ValueError("more bytes than the content-length says")
        return connection.awaited == 0

    def run(self) -> dict[str, Any]:
        """Drive the server and return the report.  Times in milliseconds, rate in requests a second."""
        plan = self.plan
        dice = random.Random(11)
        for number in range(1 if plan.once else plan.connections):
            self._connect(0 if plan.once else (number * len(plan.pool)) // plan.connections)
        if not plan.once:
            dice.shuffle(self.requests.parts)
        began = time.perf_counter_ns()
        measure_from = began if plan.once else began + int(plan.warm_up_seconds * 1e9)
        measure_to = measure_from + int(plan.seconds * 1e9)
        wanted = min(plan.requests_max, len(plan.pool)) if plan.once else plan.requests_max
        last_answer = began
        cpu_at_start = _cpu_seconds()
        for connection in list(self._connections.values()):
            self._send(connection)
        now = began
        sending = True
        waiting = len(self._connections)
        while waiting:
            events = self._epoll.poll(1.0)
            now = time.perf_counter_ns()
            if not events and now - last_answer > SILENCE_SECONDS_MAX * 1e9:
                self.first_fault = self.first_fault or "no answer any more"
                self.broken += waiting
                break
            for number, _ in events:
                connection = self._connections[number]
                try:
                    if not self._is_answered(connection):
                        continue
                except BlockingIOError:
                    continue
                except (OSError, ValueError) as fault:
                    self._drop(connection, str(fault))
                    waiting -= 1
                    continue
                now = time.perf_counter_ns()
                last_answer = now
                self._note(connection, now, measure_from, measure_to)
                sending = sending and now < measure_to and len(self.latencies) < wanted
                if sending:
                    self._send(connection)
                else:
                    waiting -= 1
        elapsed = (min(now, measure_to) - measure_from) / 1e9
        return self._report(elapsed, _cpu_seconds() - cpu_at_start, (now - began) / 1e9)

    def _note(self, connection: Connection, now: int, measure_from: int, measure_to: int) -> None:
        status = connection.status
        self.all_answers += 1
        if 200 <= status < 300:
            self.all_good_answers += 1
        else:
            self.first_fault = self.first_fault or f"status {status}: {_text_after_head(connection.head)}"
        if measure_from <= connection.sent_at and now <= measure_to:
            self.latencies.append(now - connection.sent_at)
        elif status >= 300 or status < 200:
            self.statuses[status] = self.statuses.get(status, 0) + 1  # faults count whenever they come
            return
        else:
            return
        self.statuses[status] = self.statuses.get(status, 0) + 1

    def _report(self, elapsed: float, cpu: float, whole: float) -> dict[str, Any]:
        with contextlib.suppress(OSError):
            for connection in self._connections.values():
                connection.socket.close()
        ordered = sorted(self.latencies)
        faults = sum(count for status, count in self.statuses.items() if not 200 <= status < 300)
        errors = faults + self.broken
        return {
            "valid": errors == 0 and bool(ordered),
            "errors": errors,
            "first_fault": self.first_fault,
            "requests": len(ordered),
            "seconds": round(elapsed, 3),
            "per_second": round(len(ordered) / elapsed, 1) if elapsed > 0 else 0.0,
            "median_ms": quantile_ms(ordered, 0.50),
            "p95_ms": quantile_ms(ordered, 0.95),
            "p99_ms": quantile_ms(ordered, 0.99),
            "max_ms": quantile_ms(ordered, 1.0),
            "first_ms": round(self.latencies[0] / 1e6, 3) if self.latencies else 0.0,
            "all_good_answers": self.all_good_answers,
            "bytes_an_answer": round(self.bytes_received / max(1, self.all_answers)),
            "driver_cpu_percent": round(100 * cpu / whole) if whole > 0 else 0,
            "statuses": {str(status): count for status, count in sorted(self.statuses.items())},
            **({"each_ms": [round(one / 1e6, 3) for one in self.latencies]} if self.plan.once else {}),
        }


def quantile_ms(ordered_nanoseconds: list[int], share: float) -> float:
    """Return the latency that `share` of the requests did not exceed (nearest rank), in milliseconds."""
    if not ordered_nanoseconds:
        return 0.0
    rank = max(1, -(-len(ordered_nanoseconds) * round(share * 1000) // 1000))
    return round(ordered_nanoseconds[rank - 1] / 1e6, 3)


def _content_length(head: bytes, status: int) -> int:
    lowered = head.lower()
    at = lowered.find(b"\r\ncontent-length:")
    if at < 0:
        if status == 204:
            return 0
        raise ValueError("an answer without a content-length")
    end = lowered.find(b"\r\n", at + 2)
    length = int(lowered[at + 17 : end if end >= 0 else None])
    if length > ANSWER_BYTES_MAX:
        raise ValueError("an answer beyond all bounds")
    return length


def _text_after_head(head: bytearray) -> str:
    return bytes(head[head.find(b"\r\n\r\n") + 4 :][:300]).decode("utf-8", "replace")


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Run the plan on stdin."""
    plan = Plan(**json.load(sys.stdin))
    json.dump(Run(plan).run(), sys.stdout)


if __name__ == "__main__":
    main()
