"""Connections for the HTTP client, straight on asyncio.

The client's own run on a layer for several event loops, which looks up both ends of a connection each time that it asks
whether an idle one is still good, and opens a scope for every read and write: half of what a small request costs.
"""

from __future__ import annotations

import asyncio
import contextlib
import select
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore2

READ_AHEAD_BYTES = 262_144
GATHERED_BYTES_MAX = 65_536  # a head and a small body leave in one piece


class Stream(httpcore2.AsyncNetworkStream):
    """One connection.  What is written leaves when an answer is read, or when it is much."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._unsent = b""

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            async with asyncio.timeout(timeout):
                if self._unsent:
                    await self._send(b"")
                return await self._reader.read(max_bytes)
        except TimeoutError:
            raise httpcore2.ReadTimeout("no answer in time") from None
        except (OSError, ssl.SSLError) as error:
            raise httpcore2.ReadError(str(error)) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if len(self._unsent) + len(buffer) <= GATHERED_BYTES_MAX:
            self._unsent += buffer
            return
        try:
            async with asyncio.timeout(timeout):
                await self._send(buffer)
        except TimeoutError:
            raise httpcore2.WriteTimeout("nothing was taken in time") from None
        except (OSError, ssl.SSLError) as error:
            raise httpcore2.WriteError(str(error)) from error

    async def _send(self, more: bytes) -> None:
        unsent, self._unsent = self._unsent, b""
        if unsent:
            self._writer.write(unsent)
        if more:
            self._writer.write(more)
        await self._writer.drain()

    async def aclose(self) -> None:
        self._writer.close()
        with contextlib.suppress(OSError, ssl.SSLError):  # it was broken already
            await self._writer.wait_closed()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                await self._writer.start_tls(ssl_context, server_hostname=server_hostname)
        except TimeoutError:
            self._writer.close()
            raise httpcore2.ConnectTimeout("no secure connection in time") from None
        except (OSError, ssl.SSLError) as error:
            self._writer.close()
            raise httpcore2.ConnectError(str(error)) from error
        return self

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":  # of an idle connection: it was closed, or talks when nobody asked
            return self._reader.at_eof() or self._writer.is_closing() or self._has_something_come()
        names = {"ssl_object": "ssl_object", "client_addr": "sockname", "server_addr": "peername", "socket": "socket"}
        return self._writer.get_extra_info(names[info]) if info in names else None

    def _has_something_come(self) -> bool:
        """Whether something lies in the socket that the event loop has not taken yet."""
        waiting = select.poll()
        waiting.register(self._writer.get_extra_info("socket").fileno(), select.POLLIN)
        return bool(waiting.poll(0))


async def connect(
    address: str,
    port: int,
    *,
    timeout: float | None,
    local_address: str | None = None,
    socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
) -> Stream:
    """A connection to one address, which is no name.  Raises httpcore2.ConnectError, ConnectTimeout."""
    local = None if local_address is None else (local_address, 0)
    try:
        async with asyncio.timeout(timeout):
            reader, writer = await asyncio.open_connection(address, port, limit=READ_AHEAD_BYTES, local_addr=local)
    except TimeoutError:
        raise httpcore2.ConnectTimeout("no connection in time") from None
    except OSError as error:
        raise httpcore2.ConnectError(str(error)) from error
    for option in socket_options or ():
        writer.get_extra_info("socket").setsockopt(*option)
    return Stream(reader, writer)
