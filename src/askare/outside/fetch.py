"""The only way out: every address that somebody else named is reached through here.

http and https only.  A name is resolved once, each of its addresses is looked up in `addresses.py`, and the
connection goes to one of those very addresses, so that a name cannot change its mind in between.  A redirect is a new
connection and is checked like the first.  Time and size are bounded, and what is large goes to a file.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import ssl
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from enum import Enum
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Self

import httpcore2
import httpx2
from msgspec import Struct

from askare.outside.addresses import OF_EVERYBODY, Address, AllowList, Kind, may_connect, written_address
from askare.outside.streams import connect

ADDRESS_CHARACTERS_MAX = 8_192
CONNECTIONS_MAX = 64
KEEP_ALIVE_SECONDS = 10.0
ADDRESSES_TRIED_MAX = 4  # of one name
PIECE_BYTES = 65_536
PORT_MAX = 65_535
HEADERS_FOR_ALL = ("accept", "accept-encoding", "user-agent")  # what goes along with a redirect to another host


# They would log addresses whole, and links carry keys.
for _library in ("httpx2", "httpcore2"):
    logging.getLogger(_library).setLevel(logging.WARNING)


class Bounds(Struct, frozen=True):
    """How much, how long and how far."""

    bytes_max: int = 1_048_576
    total_seconds: float = 30.0
    connect_seconds: float = 5.0
    silence_seconds: float = 30.0  # without a byte
    redirects_max: int = 0


class Why(Enum):
    """Why nothing was fetched."""

    BAD_ADDRESS = "bad address"  # not one that we could ask at all
    BLOCKED = "blocked"  # leads where the server does not go
    UNREACHABLE = "unreachable"  # no such name, refused, broken off
    TIMED_OUT = "timed out"
    TOO_LARGE = "too large"
    REDIRECTED = "redirected"  # more often than allowed, or to nowhere
    NOT_HTTP = "not http"  # what answers does not speak it


class NotFetched(Exception):
    """There is no answer.  The text names the host, never the path or the query: links carry keys."""

    def __init__(self, why: Why, text: str, *, host: str = "") -> None:
        super().__init__(text)
        self.why = why
        self.text = text
        self.host = host


class Answer(Struct, frozen=True):
    """What came back.  Header names are in lower case.  `body` is empty when it went to a file."""

    status: int
    headers: dict[str, str]
    body: bytes
    size: int
    host: str  # whom we heard in the end, after redirects


Resolve = Callable[[str, int], Awaitable[list[str]]]


async def resolve_by_system(host: str, port: int) -> list[str]:
    """The addresses of a name, in the order in which the system would try them.  Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Guard:
    """Says to which addresses a host and port may be connected."""

    def __init__(
        self, allow: AllowList, *, open_kinds: frozenset[Kind] = OF_EVERYBODY, resolve: Resolve = resolve_by_system
    ) -> None:
        self._allow = allow
        self._open_kinds = open_kinds
        self._resolve = resolve

    async def addresses(self, host: str, port: int) -> list[Address]:
        """Addresses to connect to, all checked.  Raises NotFetched: one bad address spoils the name."""
        literal = written_address(host)
        if literal is not None:
            found: list[Address | None] = [literal]
        else:
            try:
                found = [written_address(text) for text in await self._resolve(host, port)]
            except (OSError, UnicodeError) as error:
                raise NotFetched(Why.UNREACHABLE, f"{host}: there is no such host") from error
        checked = [address for address in found if address is not None]
        if not checked or len(checked) < len(found):
            raise NotFetched(Why.UNREACHABLE, f"{host}: there is no such host")
        for address in checked:
            if not may_connect(address, host=host, port=port, allow=self._allow, open_kinds=self._open_kinds):
                raise NotFetched(Why.BLOCKED, f"{host}: the server does not connect to this address", host=host)
        return checked[:ADDRESSES_TRIED_MAX]


class _CheckedBackend(httpcore2.AsyncNetworkBackend):
    """Opens connections to checked addresses only."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._guard.addresses(host, port)
        except TimeoutError:
            raise httpcore2.ConnectTimeout("the name did not resolve in time") from None
        problem: Exception | None = None
        for address in addresses:
            try:
                return await connect(
                    str(address), port, timeout=timeout, local_address=local_address, socket_options=socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                problem = error
        assert problem is not None  # noqa: S101  -- a guard never answers an empty list
        raise problem

    async def connect_unix_socket(
        self,
        path: str,  # noqa: ARG002  -- the library's own signature
        timeout: float | None = None,  # noqa: ARG002
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore2.AsyncNetworkStream:
        raise NotFetched(Why.BLOCKED, "the server does not connect to files")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class _Body(httpx2.AsyncByteStream):
    def __init__(self, pieces: httpcore2.Response) -> None:
        self._answer = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._answer.aiter_stream():
            yield piece

    async def aclose(self) -> None:
        await self._answer.aclose()


class _CheckedTransport(httpx2.AsyncBaseTransport):
    def __init__(self, guard: Guard, *, tls: ssl.SSLContext) -> None:
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=CONNECTIONS_MAX,
            max_keepalive_connections=CONNECTIONS_MAX,
            keepalive_expiry=KEEP_ALIVE_SECONDS,
            network_backend=_CheckedBackend(guard),
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        answer = await self._pool.handle_async_request(
            httpcore2.Request(
                method=request.method,
                url=httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx2.Response(answer.status, headers=answer.headers, stream=_Body(answer), request=request)

    async def aclose(self) -> None:
        await self._pool.aclose()


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    """Whom we trust: the usual authorities, and those of SSL_CERT_FILE.  Reading them takes a while: once is enough."""
    return httpx2.create_ssl_context()


class Fetcher:
    """Fetches on behalf of others; one for as long as the server runs.

    `allow` is what the administrator opened; `open_kinds` may be OF_THE_HOUSE where only an address of a setting is
    ever fetched, and no redirect followed.  Used as a context, or closed with `aclose`.
    """

    def __init__(
        self,
        allow: AllowList | None = None,
        *,
        open_kinds: frozenset[Kind] = OF_EVERYBODY,
        user_agent: str = "Askare",
        resolve: Resolve = resolve_by_system,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.guard = Guard(allow or AllowList(), open_kinds=open_kinds, resolve=resolve)
        self._user_agent = user_agent
        # Straight to the transport: a client would look for proxies in the environment, behind which nobody could tell
        # which address is spoken to, and takes as long over cookies and sign-in, which we have none of, as the rest.
        self._transport = _CheckedTransport(self.guard, tls=tls or _trusted())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def fetch(
        self,
        method: str,
        address: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | AsyncIterator[bytes] | None = None,
        bounds: Bounds | None = None,
    ) -> Answer:
        """Ask, and hold the whole answer in memory: for what is small.  Any status is an answer.

        Raises NotFetched.  `headers` are for this host alone: they are not sent on to another one.
        """
        bounds = bounds or Bounds()
        body = bytearray()
        async with self._asked(method, address, headers, content, bounds) as answer:
            async for piece in _bounded(answer, bounds):
                body += piece
            return _answer(answer, bytes(body), len(body))

    async def download(
        self, address: str, into: Path, *, headers: Mapping[str, str] | None = None, bounds: Bounds
    ) -> Answer:
        """GET into a file, which is there afterwards only when the answer is 200 and came whole.

        Raises NotFetched.  Memory stays flat, whatever comes.  Doing it again replaces the file.
        """
        unfinished = into.with_name(f"{into.name}.part")
        try:
            async with self._asked("GET", address, headers, None, bounds) as answer:
                size = 0
                if answer.status_code != 200:
                    return _answer(answer, b"", 0)
                with unfinished.open("wb") as file:
                    async for piece in _bounded(answer, bounds):
                        size += file.write(piece)
                    file.flush()
                    await asyncio.to_thread(os.fsync, file.fileno())
                unfinished.replace(into)
                return _answer(answer, b"", size)
        finally:
            unfinished.unlink(missing_ok=True)

    @asynccontextmanager
    async def _asked(
        self,
        method: str,
        address: str,
        headers: Mapping[str, str] | None,
        content: bytes | AsyncIterator[bytes] | None,
        bounds: Bounds,
    ) -> AsyncIterator[httpx2.Response]:
        url = read_address(address)
        sent = {"accept": "*/*", "accept-encoding": "identity", "user-agent": self._user_agent}
        sent |= {name.lower(): value for name, value in (headers or {}).items()}
        timeout = {
            "connect": min(bounds.connect_seconds, bounds.total_seconds),
            "read": bounds.silence_seconds,
            "write": bounds.silence_seconds,
            "pool": bounds.total_seconds,
        }
        try:
            async with asyncio.timeout(bounds.total_seconds):
                for _ in range(bounds.redirects_max + 1):
                    request = httpx2.Request(
                        method, url, headers=sent, content=content, extensions={"timeout": timeout}
                    )
                    answer = await self._transport.handle_async_request(request)
                    try:
                        onward = _onward(answer) if bounds.redirects_max else None
                        if onward is None:
                            yield answer
                            return
                        if (onward.scheme, onward.host, onward.port) != (url.scheme, url.host, url.port):
                            # What was meant for one host is nobody else's business.
                            sent = {name: text for name, text in sent.items() if name in HEADERS_FOR_ALL}
                        if answer.status_code in (301, 302, 303) and method != "HEAD":
                            method, content = "GET", None
                            sent.pop("content-type", None)
                        elif not isinstance(content, bytes | None):
                            raise NotFetched(Why.REDIRECTED, f"{url.host}: redirects what cannot be sent twice")
                        url = onward
                    finally:
                        await answer.aclose()
                raise NotFetched(Why.REDIRECTED, f"{url.host}: more than {bounds.redirects_max} redirects")
        except (TimeoutError, httpcore2.TimeoutException, httpx2.TimeoutException):
            raise NotFetched(Why.TIMED_OUT, f"{url.host}: no complete answer in time") from None
        except (httpcore2.ProtocolError, httpx2.ProtocolError, httpcore2.UnsupportedProtocol) as error:
            raise NotFetched(Why.NOT_HTTP, f"{url.host}: what answers there does not speak HTTP ({error})") from error
        except (httpcore2.NetworkError, httpx2.TransportError, ssl.SSLError, OSError) as error:
            raise NotFetched(Why.UNREACHABLE, f"{url.host}: cannot be reached ({_plainly(error)})") from error


@lru_cache(maxsize=256)  # taking an address apart costs a tenth of asking it
def read_address(address: str) -> httpx2.URL:
    """The address as a value.  Raises NotFetched for what is not http or https to a host, or carries a password."""
    if len(address) > ADDRESS_CHARACTERS_MAX or any(letter <= " " or letter == "\\" for letter in address):
        raise NotFetched(Why.BAD_ADDRESS, "the address is too long, or has spaces or control characters in it")
    try:
        url = httpx2.URL(address)
        host = url.host
    except (httpx2.InvalidURL, UnicodeError, ValueError):
        raise NotFetched(Why.BAD_ADDRESS, "the address cannot be read") from None
    if url.scheme not in ("http", "https") or not host:
        raise NotFetched(Why.BAD_ADDRESS, "the address must begin with http:// or https:// and a host")
    if url.userinfo:
        raise NotFetched(Why.BAD_ADDRESS, "the address must not carry a user name or password")
    if url.port is not None and not 0 < url.port <= PORT_MAX:
        raise NotFetched(Why.BAD_ADDRESS, f"there is no port {url.port}")
    return url.copy_with(fragment=None)


def _onward(answer: httpx2.Response) -> httpx2.URL | None:
    """Where the answer sends us, if it does."""
    target = answer.headers.get("location")
    if answer.status_code not in (301, 302, 303, 307, 308) or not target:
        return None
    try:
        joined = answer.request.url.join(target)
    except (httpx2.InvalidURL, UnicodeError, ValueError):
        raise NotFetched(Why.REDIRECTED, f"{answer.request.url.host}: redirects to nowhere") from None
    return read_address(str(joined))


async def _bounded(answer: httpx2.Response, bounds: Bounds) -> AsyncIterator[bytes]:
    """The body, unpacked, piece by piece.  Raises NotFetched as soon as it is known to be too large."""
    host = answer.request.url.host
    too_large = NotFetched(Why.TOO_LARGE, f"{host}: more than {bounds.bytes_max:,} bytes", host=host)
    announced = answer.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > bounds.bytes_max:
        raise too_large
    encoding = answer.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "", "gzip", "x-gzip", "deflate"):
        raise NotFetched(Why.NOT_HTTP, f"{host}: answers packed in a way that was not asked for")
    unpack = None if encoding in ("identity", "") else zlib.decompressobj(47)  # gzip or zlib, told by its head
    size = 0
    async for raw in answer.aiter_raw():
        rest = raw
        while rest:
            if unpack is None:
                piece, rest = rest, b""
            else:
                try:
                    piece = unpack.decompress(rest, PIECE_BYTES)  # a little packed can be very much
                except zlib.error:
                    raise NotFetched(Why.NOT_HTTP, f"{host}: answers something that cannot be unpacked") from None
                rest = unpack.unconsumed_tail
            size += len(piece)
            if size > bounds.bytes_max:
                raise too_large
            yield piece
    if unpack is not None:
        piece = unpack.flush()
        if size + len(piece) > bounds.bytes_max:
            raise too_large
        if not unpack.eof:
            raise NotFetched(Why.UNREACHABLE, f"{host}: the answer broke off")
        if piece:
            yield piece


def _answer(answer: httpx2.Response, body: bytes, size: int) -> Answer:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Answer(answer.status_code, headers, body, size, answer.request.url.host)


def _plainly(error: BaseException) -> str:
    """What the system says of a failed connection, without addresses or our own stack."""
    text = str(error) or type(error).__name__
    return text.splitlines()[0][:200]
