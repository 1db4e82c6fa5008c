"""`askare serve` from its first line to its last."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest

from askare.serving import HEADER_MILLISECONDS_MAX
from askare.wire.kit.limits import BODY_SECONDS_MAX
from tests.journeys.waiting import until
from tests.samples import TASK_BODY
from tests.server import Client, Server, askare, make_token, new_id, running

PASSWORD = "seitsemän veljestä"
ROOT = Path(__file__).parents[2]


def task_said(**changed: Any) -> dict[str, Any]:
    return {**TASK_BODY, **changed}


# What a start waits for ------------------------------------------------------------------------------------------

# Large packages that only some commands, requests or settings need.
LOADED_WHEN_NEEDED = {
    *("aiohttp", "aiosmtplib", "av", "email_validator", "holidays", "jinja2", "openpyxl", "phonenumbers", "psycopg"),
    *("snowballstemmer", "websockets"),
}


def test_a_start_loads_nothing_that_only_some_requests_need(tmp_path: Path) -> None:
    with running(tmp_path / "data", afresh=True, PYTHONPROFILEIMPORTTIME="1") as server:
        loaded = set(re.findall(r"^import time: .*\| +(\S+)$", server.log(), re.MULTILINE))

    packages = {name.partition(".")[0] for name in loaded}
    assert {"askare", "falcon", "cryptography"} <= packages
    assert packages & LOADED_WHEN_NEEDED == set()
    assert loaded & {"joserfc.jwk", "cryptography.x509"} == set()


# The demo --------------------------------------------------------------------------------------------------------


def printed(server: Server, beginning: str) -> str:
    """The line that the server prints with this beginning."""
    until(lambda: re.search(f"^{re.escape(beginning)}.*$", server.log(), re.MULTILINE), f"a line {beginning!r}")
    found = re.search(f"^{re.escape(beginning)}(.*)$", server.log(), re.MULTILINE)
    assert found is not None
    return found[1].strip()


def answer_to_curl(line: str) -> Any:
    """What the curl line prints; on a machine without curl the same request is sent by other means."""
    if shutil.which("curl"):
        return json.loads(subprocess.run(["sh", "-c", line], capture_output=True, check=True, timeout=30).stdout)
    words = shlex.split(line)
    headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")
    return httpx2.get(words[-1], headers=headers).json()


def test_serve_demo_prints_all_that_is_needed_to_try_it(tmp_path: Path) -> None:
    with running(tmp_path / "data", arguments=("--demo",), afresh=True) as server:
        token, curl, documentation = (
            printed(server, beginning) for beginning in ("Bearer token:", "curl ", "API documentation:")
        )

        answer = answer_to_curl(f"curl {curl}")
        page = httpx2.get(documentation)

    assert token in curl
    assert len(answer["tasks"]) == 3
    assert {task["statusCode"] for task in answer["tasks"]} == {"WAITING"}
    assert page.headers["content-type"].startswith("text/html")


def test_a_second_serve_demo_shows_the_same_demo(tmp_path: Path) -> None:
    seen = []
    for _ in range(2):
        with running(tmp_path / "data", arguments=("--demo",)) as server:
            token = printed(server, "Bearer token:")
            with closing(server.client(token)) as client:
                page = client.get("/tasks", params={"size": 100, "sort": "modificationTime|desc"}).json()
            seen.append((token, page["totalCount"], page["tasks"]))

    assert seen[0] == seen[1]
    assert seen[0][1] == 2_000


# Stopping --------------------------------------------------------------------------------------------------------


def test_a_server_told_to_stop_ends_well_and_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    token = make_token(tmp_path / "data")
    server = Server(tmp_path / "data").start()

    def write_until_it_stops() -> list[str]:
        acknowledged = []
        # Not the server's own client: that is closed before the server is told to stop, and not by it.
        with closing(Client(server.url, token)) as client, suppress(httpx2.TransportError):
            while (answer := client.post("/tasks", TASK_BODY)).status_code == 201:
                acknowledged.append(answer.json()["taskId"])
        return acknowledged

    with ThreadPoolExecutor(4) as threads, closing(server.client(token)) as client:
        writers = [threads.submit(write_until_it_stops) for _ in range(4)]
        until(lambda: client.get("/tasks").json()["totalCount"] > 50, "some tasks are written")
        status = server.stop()
        acknowledged = {task_id for writer in writers for task_id in writer.result()}
    with running(tmp_path / "data") as again, closing(again.client(token)) as client:
        missing = {task_id for task_id in acknowledged if client.get(f"/tasks/{task_id}").status_code != 200}

    assert status == 0
    assert missing == set()


def test_a_client_that_trickles_does_not_keep_a_server_from_stopping(tmp_path: Path) -> None:
    token = make_token(tmp_path / "data")
    server = Server(tmp_path / "data").start()
    with slow_post(server, token, send=10), closing(connected(server)) as half_a_header:
        half_a_header.sendall(b"GET /tasks HT")

        assert server.stop() == 0


def connected(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=20)


@contextmanager
def slow_post(server: Server, token: str, *, send: int) -> Iterator[socket.socket]:
    """A connection on which a task is being created, with so many bytes of its body sent."""
    body = json.dumps(TASK_BODY).encode()
    with closing(connected(server)) as connection:
        connection.sendall(
            f"POST /tasks HTTP/1.1\r\nHost: askare\r\nAuthorization: Bearer {token}\r\nRequest-ID: {new_id()}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body[:send]
        )
        yield connection


def status_on(connection: socket.socket) -> int:
    """The status of the next answer on a connection."""
    with closing(connection.makefile("rb")) as lines:
        return int(lines.readline().split()[1])


# Limits ----------------------------------------------------------------------------------------------------------


class HurriedServer(Server):
    """A server with `hurried.SECONDS` in the place of half a minute."""

    module = "tests.journeys.hurried"


def test_a_body_that_trickles_is_answered_408_and_a_header_that_trickles_is_cut_off(tmp_path: Path) -> None:
    token = make_token(tmp_path / "data")
    with ExitStack() as stack:
        server = HurriedServer(tmp_path / "data", PYTHONPATH=str(ROOT)).start()
        stack.callback(server.stop)
        body = stack.enter_context(slow_post(server, token, send=10))
        header = stack.enter_context(closing(connected(server)))
        header.sendall(b"GET /tasks HTTP/1.1\r\nHost: askare\r\nX-Name: ")
        with ThreadPoolExecutor(2) as threads:
            trickles = [threads.submit(trickle_until_cut_off, connection) for connection in (body, header)]
            answer, nothing = (trickle.result() for trickle in trickles)

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"REQUEST_TIMEOUT" in answer
    assert nothing in (b"", b"HTTP/1.1 408 Request Timeout")


def test_a_get_that_promises_a_body_and_sends_none_is_not_waited_for_any_longer(tmp_path: Path) -> None:
    token = make_token(tmp_path / "data")
    with ExitStack() as stack:
        server = HurriedServer(tmp_path / "data", PYTHONPATH=str(ROOT)).start()
        stack.callback(server.stop)
        promising = []
        for promise in ("Content-Length: 100", "Transfer-Encoding: chunked"):
            connection = stack.enter_context(closing(connected(server)))
            head = f"GET /api/tasks HTTP/1.1\r\nHost: askare\r\nAuthorization: Bearer {token}\r\n{promise}"
            connection.sendall(f"{head}\r\n\r\n".encode())
            promising.append(connection)
        statuses = [status_on(connection) for connection in promising]

    assert statuses == [408, 408]


def trickle_until_cut_off(connection: socket.socket) -> bytes:
    """Send a byte now and then until the other side has had enough; all that it said."""
    said = b""
    connection.settimeout(0.1)

    def cut_off() -> bool:
        nonlocal said
        try:
            connection.sendall(b" ")
            heard = connection.recv(10_000)
        except TimeoutError:
            return False
        except OSError:
            return True
        said += heard
        return not heard

    until(cut_off, "the connection is cut off")
    return said


def test_the_real_limits_are_half_a_minute() -> None:
    assert (BODY_SECONDS_MAX, HEADER_MILLISECONDS_MAX) == (30, 30_000)


def test_a_full_server_says_so_at_once_and_still_tells_that_it_lives(tmp_path: Path) -> None:
    token = make_token(tmp_path / "data")
    with (
        running(tmp_path / "data", ASKARE_REQUESTS_AT_ONCE="2") as server,
        closing(server.client(token)) as client,
        slow_post(server, token, send=10) as first,
        slow_post(server, token, send=10) as second,
    ):
        until(lambda: client.get("/tasks").status_code == 503, "both requests are in work")
        refused = client.get("/tasks")
        health = [client.get(path).status_code for path in ("/health/live", "/health/ready", "/metrics")]
        for connection in (first, second):
            connection.sendall(json.dumps(TASK_BODY).encode()[10:])
        statuses = [status_on(connection) for connection in (first, second)]
        afterwards = client.get("/tasks")

    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert refused.json()["errorCode"] == "SERVICE_UNAVAILABLE"
    assert health == [200, 200, 200]
    assert statuses == [201, 201]
    assert afterwards.json()["totalCount"] == 2


# The log and the metrics -----------------------------------------------------------------------------------------


def add_user(data: Path, name: str) -> None:
    who = ("--organization", "Koti", "--role", "admin", "--password-stdin")
    assert askare("user", "add", name, *who, data=data, stdin=f"{PASSWORD}\n").returncode == 0


def test_every_request_leaves_one_line_of_json(tmp_path: Path) -> None:
    token = make_token(tmp_path / "data")
    asked: dict[str, tuple[str, str, int]] = {}
    with running(tmp_path / "data") as server, closing(server.client(token)) as client:

        def ask(operation: str, method: str, path: str, status: int, **how: Any) -> httpx2.Response:
            request_id = new_id()
            headers = {"Request-ID": request_id, **how.pop("headers", {})}
            answer = client.request(method, path, headers=headers, **how)
            assert answer.status_code == status, answer.text
            asked[request_id] = operation, method, status
            return answer

        task_id = ask("task.create", "POST", "/tasks", 201, body=TASK_BODY).json()["taskId"]
        ask("task.get", "GET", f"/tasks/{task_id}", 200)
        ask("task.search", "GET", "/task-management/v1/tasks", 200, params={"freeTextSearch": "call"})
        ask("task.search", "GET", "/tasks", 400, params={"size": "many"})
        ask("task.search", "GET", "/tasks", 401, headers={"Authorization": None})
        ask("task.create", "POST", "/tasks", 400, content=b"{")
        ask("task.create", "POST", "/tasks", 415, content=b"{}", headers={"Content-Type": "text/plain"})
        ask("task.update", "PUT", f"/tasks/{task_id}", 204, body=task_said(statusCode="DONE"))
        ask("task.delete", "DELETE", f"/tasks/{task_id}", 400)
        ask("unknown", "GET", "/nowhere", 404)
        ask("unknown", "PATCH", "/tasks", 405)
        ask("house.live", "GET", "/health/live", 200)
        until(lambda: all(request_id in server.log() for request_id in asked), "the log has all of it")
        lines = server.log_lines()

    logged = [line for line in lines if line.get("request_id") in asked]
    assert {line["request_id"]: (line["operation"], line["method"], line["status"]) for line in logged} == asked
    assert len(logged) == len(asked)
    assert all(line["milliseconds"] > 0 for line in logged)
    known = {
        line["organization"] for line in logged if line["status"] in (200, 201, 204) and "task" in line["operation"]
    }
    assert len(known) == 1
    assert None not in known


def test_no_token_and_no_password_is_ever_in_the_log(tmp_path: Path) -> None:
    data = tmp_path / "data"
    token, revoked = make_token(data), make_token(data, organization="Toinen")
    static_token = "a-static-token-of-24-letters"
    add_user(data, "aino")
    static = json.dumps([{"token": static_token, "organization": "Koti", "role": "admin"}])
    with running(data, ASKARE_STATIC_TOKENS=static, ASKARE_LOG_LEVEL="debug") as server:
        with closing(server.client()) as client:
            sign_in = {"username": "aino", "password": PASSWORD}
            jwt = client.post("/authentication/v1/token", sign_in).json()["access_token"]
            client.post("/authentication/v1/token", {**sign_in, "password": f"{PASSWORD}, ei"})
            client.post("/authentication/v1/token", content=json.dumps(sign_in).encode()[:-1])
            for secret in (token, revoked, static_token, jwt):
                for authorization in (f"Bearer {secret}", f"Basic {secret}", secret, f"Bearer {secret}x"):
                    client.get("/tasks", headers={"Authorization": authorization})
                client.get("/tasks", params={"access_token": secret})
                client.get(f"/{secret}")
        log = server.log()

    assert len(log) > 5_000
    assert [secret for secret in (token, revoked, static_token, jwt, PASSWORD) if secret in log] == []


def test_the_log_for_people_is_words_not_json(tmp_path: Path) -> None:
    token = make_token(tmp_path / "data")
    with running(tmp_path / "data", arguments=("--log-format", "console")) as server:
        with closing(server.client(token)) as client:
            request_id = new_id()
            client.get("/tasks", headers={"Request-ID": request_id})
        until(lambda: request_id in server.log(), "the log has the request")
        line = next(line for line in server.log().splitlines() if request_id in line)

    assert re.search(r"  200  +\S+ ms  GET +task\.search +admin of ", line)
    assert server.log_lines() == []


def counted(client: Client, operation: str) -> Counter[str]:
    """How many requests of an operation the metrics count, by status."""
    text = client.get("/metrics").text
    found = re.findall(rf'^askare_requests_total{{operation="{operation}",status="(\d+)"}} (\S+)$', text, re.MULTILINE)
    return Counter({status: int(float(count)) for status, count in found})


def test_the_metrics_count_the_requests_by_operation_and_status(tmp_path: Path) -> None:
    token = make_token(tmp_path / "data")
    with running(tmp_path / "data") as server, closing(server.client(token)) as client:
        for _ in range(3):
            client.post("/tasks", TASK_BODY)
        client.post("/tasks", task_said(typeCode="DANCE"))

        assert counted(client, "task.create") == {"201": 3, "400": 1}


# Several processes on PostgreSQL ---------------------------------------------------------------------------------


def workers_of(server: Server) -> list[int]:
    """The process ids of a server's web processes."""
    assert server.process is not None
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = folder.joinpath("stat").read_text().rpartition(")")[2].split()[1]
            command = folder.joinpath("cmdline").read_text()
            if int(parent) == server.process.pid and "resource_tracker" not in command:
                found.append(int(folder.name))
    return found


def on_fresh_connections(server: Server, token: str, times: int) -> Counter[int]:
    """The statuses of searches, each on a connection of its own, so that each process gets some of them."""
    statuses: Counter[int] = Counter()
    for _ in range(times):
        with closing(server.client(token)) as client:
            statuses[client.get("/tasks").status_code] += 1
    return statuses


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for child processes under /proc")
def test_two_web_processes_are_one_server_and_one_may_die(tmp_path: Path, bare_postgres_address: str) -> None:
    data = tmp_path / "data"
    who = ("--organization", "Koti", "--role", "admin", "--password-stdin", "--database", bare_postgres_address)
    askare("user", "add", "aino", *who, data=data, stdin=f"{PASSWORD}\n")
    with running(data, database=bare_postgres_address, arguments=("--workers", "2"), afresh=True) as server:
        with closing(server.client()) as client:
            answer = client.post("/authentication/v1/token", {"username": "aino", "password": PASSWORD})
        token = answer.json()["access_token"]

        accepted = on_fresh_connections(server, token, 30)
        with closing(server.client()) as client:
            metrics = counted(client, "task.search")
        first, _ = workers_of(server)
        os.kill(first, signal.SIGKILL)
        until(lambda: first not in workers_of(server) and len(workers_of(server)) == 2, "a new process")
        until(lambda: on_fresh_connections_answered(server, token), "the server answers as before")
        status = server.stop()

    assert accepted == {200: 30}
    assert metrics == {"200": 30}
    assert status == 0


def on_fresh_connections_answered(server: Server, token: str) -> bool:
    with suppress(httpx2.TransportError):
        return on_fresh_connections(server, token, 10) == {200: 10}
    return False


def test_two_servers_on_one_postgresql_accept_each_others_tokens(tmp_path: Path, bare_postgres_address: str) -> None:
    address = bare_postgres_address
    who = ("--organization", "Koti", "--role", "admin", "--password-stdin", "--database", address)
    askare("user", "add", "aino", *who, data=tmp_path / "one", stdin=f"{PASSWORD}\n")
    with running(tmp_path / "one", database=address) as one, running(tmp_path / "two", database=address) as two:
        tokens = []
        for server in (one, two):
            with closing(server.client()) as client:
                answer = client.post("/authentication/v1/token", {"username": "aino", "password": PASSWORD})
            tokens.append(answer.json()["access_token"])

        statuses = [on_fresh_connections(server, token, 1) for server in (one, two) for token in tokens]

    assert statuses == [{200: 1}] * 4
