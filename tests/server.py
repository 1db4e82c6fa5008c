"""A real server in a process of its own, as a user starts it, and a client that speaks to it over a socket."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import TemporaryFile
from typing import Any
from uuid import UUID, uuid4

import httpx2

from tests.nursery import Process, start

START_SECONDS_MAX = 60.0  # a busy machine is no defect
COMMAND_SECONDS_MAX = 120.0
# Every client that is not given one reads all the certificates of the machine, 30 ms of work for plain HTTP.
NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def free_port() -> int:
    """A port of the loopback address that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def askare(
    *arguments: str, data: Path, stdin: str = "", afresh: bool = False, **environment: Any
) -> CompletedProcess[str]:
    """Run one `askare` command to its end; `afresh` loads it as a user's call would."""
    command = [*arguments, "--data", str(data)]
    with ExitStack() as files:
        read, out, err = (files.enter_context(TemporaryFile("w+", encoding="utf-8")) for _ in range(3))
        read.write(stdin)
        read.seek(0)
        streams = (read.fileno(), out.fileno(), err.fileno())
        process = start("askare", command, environment=_environment(environment), streams=streams, afresh=afresh)
        try:
            status = process.wait(timeout=COMMAND_SECONDS_MAX)
        finally:
            process.send_signal(signal.SIGKILL)
        out.seek(0)
        err.seek(0)
        return CompletedProcess(command, status, out.read(), err.read())


def make_token(data: Path, *, organization: str = "Koti", role: str = "admin", **more: Any) -> str:
    """A bearer token from the command line; `office`, `agent`, `user`, `ttl`, `database` as the command takes them."""
    arguments = ["token", "--organization", organization, "--role", role]
    for name, value in more.items():
        for one in value if isinstance(value, (list, tuple)) else [value]:
            arguments += [f"--{name}", str(one)]
    done = askare(*arguments, data=data)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


class Server:
    """A running server: its address, its folder, its process and what it wrote."""

    module = "askare"  # what `python -m` runs

    def __init__(
        self,
        data: Path,
        *,
        database: str = "",
        arguments: tuple[str, ...] = (),
        afresh: bool = False,
        **environment: str,
    ) -> None:
        self.data = data
        self.database = database
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._arguments = arguments
        self._afresh = afresh  # loaded as a user's would be, which takes a second
        self._environment = environment
        self.log_file = data.parent / f"{data.name}-{self.port}.log"
        self.process: Process | None = None
        self._clients: list[Client] = []

    def start(self) -> Server:
        """Start and wait until the server is ready."""
        where = ["--port", str(self.port), "--data", str(self.data)]
        where += ["--database", self.database] if self.database else []
        with self.log_file.open("ab") as log, Path(os.devnull).open("rb") as nothing:
            self.process = start(
                self.module,
                ["serve", *where, *self._arguments],
                environment=_environment(self._environment),
                streams=(nothing.fileno(), log.fileno(), log.fileno()),
                afresh=self._afresh,
            )
        try:
            self.wait_until_ready()
        except BaseException:
            if self.process.poll() is None:
                self.kill()  # nobody else would: on a busy machine such servers gather, and make it busier
            raise
        return self

    def wait_until_ready(self) -> None:
        assert self.process is not None
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            assert self.process.poll() is None, f"the server ended: {self.log()}"
            with suppress(httpx2.TransportError):
                if httpx2.get(f"{self.url}/health/ready", timeout=1, verify=NO_CERTIFICATES).status_code == 200:
                    return
            time.sleep(0.02)
        raise AssertionError(f"the server is not ready: {self.log()}")

    def kill(self) -> None:
        """kill -9: no goodbye."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=10)

    def stop(self) -> int:
        """Ask it to stop and wait; returns its exit status."""
        for client in self._clients:
            client.close()
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)

    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    def log_lines(self) -> list[dict[str, Any]]:
        """The JSON lines of the log so far."""
        return [json.loads(line) for line in self.log().splitlines() if line.startswith("{")]

    def client(self, token: str | None = None) -> Client:
        """A client of this server, closed with it at the latest."""
        client = Client(self.url, token)
        self._clients.append(client)
        return client


@contextmanager
def running(data: Path, **how: Any) -> Iterator[Server]:
    """A server for as long as the block lasts."""
    server = Server(data, **how).start()
    try:
        yield server
    finally:
        server.stop()


class Client:
    """Sends a fresh Request-ID and the bearer token with each request, unless told otherwise."""

    def __init__(self, url: str, token: str | None) -> None:
        self._client = httpx2.Client(base_url=url, timeout=30, verify=NO_CERTIFICATES)
        self._token = token

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Any = None,
        body: Any = None,
        content: bytes | None = None,
        headers: dict[str, str | None] | None = None,
    ) -> httpx2.Response:
        """`body` is sent as JSON; `content` as it stands.  A header given as None is left out."""
        sent: dict[str, str | None] = {"Request-ID": str(uuid4())}
        if self._token is not None:
            sent["Authorization"] = f"Bearer {self._token}"
        if body is not None:
            content = json.dumps(body).encode()
        if content is not None:
            sent["Content-Type"] = "application/json"
        sent.update(headers or {})
        answer = self._client.request(
            method,
            path,
            params=params,
            content=content,
            headers={name: value for name, value in sent.items() if value is not None},
        )
        self._client.cookies.clear()  # a session that one test begins is none of another's
        return answer

    def get(self, path: str, **how: Any) -> httpx2.Response:
        return self.request("GET", path, **how)

    def post(self, path: str, body: Any = None, **how: Any) -> httpx2.Response:
        return self.request("POST", path, body=body, **how)

    def put(self, path: str, body: Any = None, **how: Any) -> httpx2.Response:
        return self.request("PUT", path, body=body, **how)

    def delete(self, path: str, **how: Any) -> httpx2.Response:
        return self.request("DELETE", path, **how)

    def close(self) -> None:
        self._client.close()


def new_id() -> str:
    return str(uuid4())


def is_uuid(text: str) -> bool:
    return str(UUID(text)) == text


def _environment(more: dict[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ASKARE_")}
    return {**kept, **more}
