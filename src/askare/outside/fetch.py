"""The only way out: every address that somebody else named is reached through here.

http and https only.  A name is resolved once, each of its addresses is looked up in `addresses.py`, and the
connection goes to one of those very addresses, so that a name cannot change its mind in between.  A redirect is a new
connection and is checked like the first.  Time and size are bounded, and what is large goes to a file.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
import ssl
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from enum import Enum
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp
import truststore
from aiohttp.abc import AbstractResolver, ResolveResult
from msgspec import Struct
from yarl import URL

from askare.outside.addresses import OF_EVERYBODY, Address, AllowList, Kind, may_connect, written_address

ADDRESS_CHARACTERS_MAX = 8_192
CONNECTIONS_MAX = 64
KEEP_ALIVE_SECONDS = 10.0
ADDRESSES_TRIED_MAX = 4  # of one name
PIECE_BYTES = 65_536
HELD_BYTES_MAX = 1_048_576  # of a download, before they are written
SENT_AT_ONCE_MAX = 65_536
HEADERS_FOR_ALL = ("accept", "accept-encoding", "user-agent")  # what goes along with a redirect to another host
_AS_IT_SHOULD_BE = re.compile(r"[\w.~!*'();:@&=+$,/?#\[\]%-]+", re.ASCII)  # an address that needs no quoting


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


class _CheckedNames(AbstractResolver):
    """Answers with checked addresses only.  (What is an address already is checked before it is asked.)"""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002  -- the library's own signature
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if address.version == 4 else socket.AF_INET6,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in await self._guard.addresses(host, port)
        ]

    async def close(self) -> None:
        """Nothing is held."""


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    """Whom we trust: whom the system trusts, and SSL_CERT_FILE.  Reading that takes a while: once is enough."""
    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


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
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _connections(self) -> aiohttp.ClientSession:
        """Made with the first question, for they belong to the event loop on which it is asked.

        No proxy of the environment is used: behind one nobody could tell which address is spoken to.
        """
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    resolver=_CheckedNames(self.guard),
                    use_dns_cache=False,
                    ssl=self._tls or _trusted(),
                    limit=CONNECTIONS_MAX,
                    keepalive_timeout=KEEP_ALIVE_SECONDS,
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,  # it knows no bounds
                trust_env=False,
                skip_auto_headers=("content-type",),
            )
        return self._session

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
        """GET into a file, which is there afterwards only when the answer is 200 and came whole; its folder is made.

        Raises NotFetched, and OSError for what is wrong with the disk.  Memory stays flat, whatever comes.  Doing it
        again replaces the file.  All writing is done in a thread: a disk that is slow holds up nobody but this.
        """
        file = _Unfinished(into)
        held, size = bytearray(), 0
        try:
            async with self._asked("GET", address, headers, None, bounds) as answer:
                if answer.status == 200:
                    async for piece in _bounded(answer, bounds):
                        held += piece
                        size += len(piece)
                        if len(held) > HELD_BYTES_MAX:
                            await file.write(held)
                            held = bytearray()
                    await file.write(held, is_last=True)
                return _answer(answer, b"", size)
        except _NotWritten as problem:  # our disk's fault, and nobody else's
            raise problem.error from None
        finally:
            file.discard()

    @asynccontextmanager
    async def _asked(
        self,
        method: str,
        address: str,
        headers: Mapping[str, str] | None,
        content: bytes | AsyncIterator[bytes] | None,
        bounds: Bounds,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        url = read_address(address)
        sent = {"accept": "*/*", "accept-encoding": "identity", "user-agent": self._user_agent}
        sent |= {name.lower(): value for name, value in (headers or {}).items()}
        timeout = aiohttp.ClientTimeout(
            connect=min(bounds.connect_seconds, bounds.total_seconds), sock_read=bounds.silence_seconds
        )
        try:
            async with asyncio.timeout(bounds.total_seconds):
                for _ in range(bounds.redirects_max + 1):
                    await self._check_literal(url)
                    async with self._connections().request(
                        method, url, headers=sent, data=_in_pieces(content), timeout=timeout, allow_redirects=False
                    ) as answer:
                        onward = _onward(answer) if bounds.redirects_max else None
                        if onward is None:
                            yield answer
                            return
                        if onward.origin() != url.origin():
                            # What was meant for one host is nobody else's business.
                            sent = {name: text for name, text in sent.items() if name in HEADERS_FOR_ALL}
                        if answer.status in (301, 302, 303) and method != "HEAD":
                            method, content = "GET", None
                            sent.pop("content-type", None)
                        elif not isinstance(content, bytes | None):
                            raise NotFetched(Why.REDIRECTED, f"{url.host}: redirects what cannot be sent twice")
                        url = onward
                raise NotFetched(Why.REDIRECTED, f"{url.host}: more than {bounds.redirects_max} redirects")
        except TimeoutError:
            raise NotFetched(Why.TIMED_OUT, f"{url.host}: no complete answer in time") from None
        except aiohttp.ClientPayloadError as error:
            raise NotFetched(Why.NOT_HTTP, f"{url.host}: the answer broke off") from error
        except (aiohttp.ClientResponseError, aiohttp.InvalidURL) as error:
            raise NotFetched(Why.NOT_HTTP, f"{url.host}: what answers there does not speak HTTP") from error
        except (aiohttp.ClientError, OSError) as error:
            raise NotFetched(Why.UNREACHABLE, f"{url.host}: cannot be reached ({_plainly(error)})") from error

    async def _check_literal(self, url: URL) -> None:
        """Raises NotFetched for an address where the server does not go.  Names are checked as they are resolved."""
        assert url.raw_host is not None  # noqa: S101  -- `read_address` lets nothing pass without
        assert url.port is not None  # noqa: S101
        if written_address(url.raw_host) is not None:
            await self.guard.addresses(url.raw_host, url.port)


class _NotWritten(Exception):
    """An error of the disk, on its way past those who take it for one of the connection."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.error = error


class _Unfinished:
    """A file that takes its name once it is whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._unfinished = path.with_name(f"{path.name}.part")
        self.is_begun = False  # and not completed

    async def write(self, piece: bytes | bytearray, *, is_last: bool = False) -> None:
        """Raises _NotWritten."""
        try:
            await asyncio.to_thread(self._write, piece, is_last=is_last)
        except OSError as error:
            raise _NotWritten(error) from None

    def _write(self, piece: bytes | bytearray, *, is_last: bool) -> None:
        if not self.is_begun:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._unfinished.open("ab" if self.is_begun else "wb") as file:
            self.is_begun = True
            file.write(piece)
            if is_last:
                file.flush()
                os.fsync(file.fileno())
        if is_last:
            self._unfinished.replace(self._path)
            self.is_begun = False

    def discard(self) -> None:
        """Leave nothing of what is not whole."""
        if self.is_begun:
            self._unfinished.unlink(missing_ok=True)


@lru_cache(maxsize=256)  # taking an address apart costs a tenth of asking it
def read_address(address: str) -> URL:
    """The address as a value; a host that is an address in one spelling or another is written the usual way.

    Path and query stay as they are, for links may be signed.  Raises NotFetched for what is not http or https to a
    host, or carries a password.
    """
    if len(address) > ADDRESS_CHARACTERS_MAX or any(letter <= " " or letter == "\\" for letter in address):
        raise NotFetched(Why.BAD_ADDRESS, "the address is too long, or has spaces or control characters in it")
    try:
        url = URL(address)
        host = url.raw_host
    except (UnicodeError, ValueError):
        raise NotFetched(Why.BAD_ADDRESS, "the address cannot be read") from None
    if url.scheme not in ("http", "https") or not host:
        raise NotFetched(Why.BAD_ADDRESS, "the address must begin with http:// or https:// and a host")
    if url.user is not None or url.password is not None:
        raise NotFetched(Why.BAD_ADDRESS, "the address must not carry a user name or password")
    if url.port == 0:
        raise NotFetched(Why.BAD_ADDRESS, "there is no port 0")
    literal = written_address(host)
    if literal is None and (":" in host or host.replace(".", "").isdigit()):
        raise NotFetched(Why.BAD_ADDRESS, f"{host} is neither a name nor an address")
    if literal is not None:
        host = str(literal)
    exact = URL(address, encoded=True) if _AS_IT_SHOULD_BE.fullmatch(address) else url
    return URL.build(
        scheme=url.scheme,
        host=f"[{host}]" if ":" in host else host,
        port=url.explicit_port,
        path=exact.raw_path or "/",
        query_string=exact.raw_query_string,
        encoded=True,
    )


def _in_pieces(content: bytes | AsyncIterator[bytes] | None) -> bytes | BytesIO | AsyncIterator[bytes] | None:
    """What is large leaves bit by bit, so that others have their turn on the event loop."""
    return BytesIO(content) if isinstance(content, bytes) and len(content) > SENT_AT_ONCE_MAX else content


def _onward(answer: aiohttp.ClientResponse) -> URL | None:
    """Where the answer sends us, if it does."""
    target = answer.headers.get("location")
    if answer.status not in (301, 302, 303, 307, 308) or not target:
        return None
    try:
        joined = answer.url.join(URL(target, encoded=bool(_AS_IT_SHOULD_BE.fullmatch(target))))
    except (UnicodeError, ValueError):
        raise NotFetched(Why.REDIRECTED, f"{answer.url.host}: redirects to nowhere") from None
    return read_address(str(joined))


async def _bounded(answer: aiohttp.ClientResponse, bounds: Bounds) -> AsyncIterator[bytes]:
    """The body, unpacked, piece by piece.  Raises NotFetched as soon as it is known to be too large."""
    host = answer.url.host
    too_large = NotFetched(Why.TOO_LARGE, f"{host}: more than {bounds.bytes_max:,} bytes", host=host or "")
    announced = answer.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > bounds.bytes_max:
        raise too_large
    encoding = answer.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "", "gzip", "x-gzip", "deflate"):
        raise NotFetched(Why.NOT_HTTP, f"{host}: answers packed in a way that was not asked for")
    unpack = None if encoding in ("identity", "") else zlib.decompressobj(47)  # gzip or zlib, told by its head
    size = 0
    async for raw in answer.content.iter_any():
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


def _answer(answer: aiohttp.ClientResponse, body: bytes, size: int) -> Answer:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Answer(answer.status, headers, body, size, answer.url.host or "")


def _plainly(error: BaseException) -> str:
    """What the system says of a failed connection, without addresses or our own stack."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "its certificate is not one that we trust"
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    return "the connection broke off"
