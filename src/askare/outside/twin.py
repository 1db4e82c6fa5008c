"""A local twin of an HTTP server outside: it behaves, fails and stalls as the real ones do.

For tests, for the bench, and to try a set-up without any account.  It answers on a real socket; what it was asked is
kept for whoever wants to look.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus

import msgspec
from msgspec import Struct

HEAD_BYTES_MAX = 65_536


class Asked(Struct, frozen=True):
    """One request as it came in; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class Reply(Struct, frozen=True):
    """One answer."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = msgspec.field(default_factory=dict)


def json_reply(value: object, *, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    return Reply(status, msgspec.json.encode(value), {"content-type": "application/json"} | (headers or {}))


Stream = asyncio.StreamWriter
# What a twin does when it is asked: answer, or write to the line itself and answer nothing.
Manner = Callable[[Asked, Stream], Awaitable[Reply | None]]


def always(reply: Reply) -> Manner:
    async def manner(_asked: Asked, _line: Stream) -> Reply:
        return reply

    return manner


async def silent(_asked: Asked, line: Stream) -> None:
    """Takes the request and says nothing, until the other side hangs up."""
    await _until_hung_up(line)


async def endless(_asked: Asked, line: Stream) -> None:
    """An answer without an end, as fast as it is taken."""
    line.write(b"HTTP/1.1 200 OK\r\ncontent-type: audio/wav\r\nconnection: close\r\n\r\n")
    while not line.is_closing():
        line.write(b"\0" * 65_536)
        await line.drain()


def dripping(every_seconds: float = 1.0) -> Manner:
    """One byte now and then."""

    async def manner(_asked: Asked, line: Stream) -> None:
        line.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")
        while not line.is_closing():
            line.write(b"x")
            await line.drain()
            await asyncio.sleep(every_seconds)

    return manner


async def broken_off(_asked: Asked, line: Stream) -> None:
    """Promises more than it gives."""
    line.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n12345")
    await line.drain()


async def gibberish(_asked: Asked, line: Stream) -> None:
    """Something that is no HTTP at all."""
    line.write(b"SSH-2.0-OpenSSH_9.6\r\n")
    await line.drain()


async def _until_hung_up(line: Stream) -> None:
    while not line.is_closing():
        await asyncio.sleep(0.02)


class Twin:
    """One server on a free port of this machine; `manner` says what it does and may be changed while it runs."""

    def __init__(self, manner: Manner) -> None:
        self.manner = manner
        self.asked: list[Asked] = []
        self.port = 0
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def open(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self._server = await asyncio.start_server(self._serve, host, port, limit=HEAD_BYTES_MAX)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        assert self._server is not None  # noqa: S101  -- closed by whoever opened it
        self._server.close()
        for line in self._lines:
            line.cancel()
        await asyncio.gather(*self._lines, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, line: Stream) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  -- a connection is always served in a task
        self._lines.add(task)
        try:
            while (asked := await _request(reader)) is not None:
                self.asked.append(asked)
                reply = await self.manner(asked, line)
                if reply is None:
                    break
                line.write(_written(reply, head_only=asked.method == "HEAD"))
                await line.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the other side hung up: that is its right
        except asyncio.CancelledError:
            pass  # we are being closed
        finally:
            self._lines.discard(task)
            line.close()


async def _request(reader: asyncio.StreamReader) -> Asked | None:
    first = await reader.readline()
    if not first.strip():
        return None
    method, target, _ = first.decode("latin-1").split(" ", 2)
    headers: dict[str, str] = {}
    while (row := (await reader.readline()).decode("latin-1").strip()) != "":
        name, _, value = row.partition(":")
        headers[name.lower()] = value.strip()
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = b""
        while size := int((await reader.readline()).split(b";")[0], 16):
            body += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
    else:
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(method, target, headers, body)


def _written(reply: Reply, *, head_only: bool) -> bytes:
    rows = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}"]
    rows += [f"{name}: {value}" for name, value in reply.headers.items()]
    if "content-length" not in reply.headers:
        rows.append(f"content-length: {len(reply.body)}")
    head = "\r\n".join(rows).encode("latin-1") + b"\r\n\r\n"
    return head if head_only else head + reply.body


@asynccontextmanager
async def twin(manner: Manner) -> AsyncIterator[Twin]:
    """A twin for as long as the context lasts."""
    one = Twin(manner)
    await one.open()
    try:
        yield one
    finally:
        await one.close()
