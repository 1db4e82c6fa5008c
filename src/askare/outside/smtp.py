"""The way out for letters: a mail server.  Its local twin is `mail_folder.py`."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time

from aiosmtplib import SMTP, SMTPException, SMTPResponseException, SMTPServerDisconnected
from msgspec import Struct

from askare.letters.addresses import one_line
from askare.letters.model import Accepted, Later, Mail, Never, Verdict
from askare.letters.rules import SENDING_SECONDS_MAX

CONNECT_SECONDS_MAX = 20.0
COMMAND_SECONDS_MAX = 30.0
# RFC 5321 (4.5.3.2.6) has a client wait ten minutes here, since giving up early sends letters twice; a server before
# which we stand for that long would hold up everything, so it is as long as one attempt may take in all.
LAST_ANSWER_SECONDS_MAX = 100.0
FAREWELL_SECONDS_MAX = 5.0
# Letters that follow each other go over one connection: greeting, encryption and login take longer than a letter does.
IDLE_SECONDS_MAX = 5.0  # long enough for the next letter of many, short enough that no server grows tired of us
LETTERS_A_CONNECTION = 100  # servers commonly hang up after some hundreds
ANSWER_LETTERS_MAX = 500

_CLOSING = 421  # "I hang up now"
# "Prove who you are first", in its various forms: what is wrong is our setting, and not the letter.
_ABOUT_US = frozenset({530, 534, 535, 538})
_DEFAULT_PORTS = {"starttls": 587, "tls": 465, "none": 25}


class Server(Struct, frozen=True):
    """How the mail server is reached.  `security` is starttls, tls or none; without a user nobody logs in."""

    host: str
    port: int = 0
    security: str = "starttls"
    user: str = ""
    password: str = ""
    our_name: str = "localhost"

    def __repr__(self) -> str:
        return f"Server({self.host}:{self.port or _DEFAULT_PORTS[self.security]}, {self.security})"


class Patience(Struct, frozen=True):
    """How long to wait for what, in seconds."""

    connect: float = CONNECT_SECONDS_MAX
    command: float = COMMAND_SECONDS_MAX
    last_answer: float = LAST_ANSWER_SECONDS_MAX
    in_all: float = SENDING_SECONDS_MAX
    idle: float = IDLE_SECONDS_MAX


class SmtpMailer:
    """Hands letters to a mail server; a connection over which one has gone carries the next."""

    reads_8bit = False  # whoever carries it on may not be able to

    def __init__(
        self, server: Server, *, patience: Patience | None = None, trust: ssl.SSLContext | None = None
    ) -> None:
        self._server = server
        self._patience = patience or Patience()
        self._trust = trust or ssl.create_default_context()
        self._idle = _Idle(self._patience.idle)

    async def send(self, mail: Mail) -> Verdict:
        """Hand one letter over.

        Only a 5xx answer to the sender, the recipient or the letter itself is final; a server that cannot be reached,
        does not know us, or talks nonsense is tried again.
        """
        try:
            async with asyncio.timeout(self._patience.in_all):
                return await self._send(mail)
        except TimeoutError:
            return Later(f"not done within {self._patience.in_all:.0f} seconds")

    async def look(self) -> str:
        """Connect and log in, and say how the server greets.  Raises Unreachable."""
        client = self._client()
        try:
            async with asyncio.timeout(self._patience.in_all):
                greeting = await client.connect()
                await client.noop()
        except _TROUBLE as error:
            raise Unreachable(_told(error)) from None
        finally:
            client.close()
        return _line(f"{greeting.code} {greeting.message}")

    async def _send(self, mail: Mail) -> Verdict:
        while (kept := self._idle.take()) is not None:
            try:
                return await self._hand_over(kept, mail)
            except _GoneMeanwhile:
                continue  # nothing of the letter was said yet
        connection = _Connection(self._client())
        try:
            await connection.client.connect()
        except _TROUBLE as error:
            connection.client.close()
            return Later(f"while connecting: {_told(error)}")
        return await self._hand_over(connection, mail)

    async def _hand_over(self, connection: _Connection, mail: Mail) -> Verdict:
        """Hand one letter over a connection and keep the connection, if it is still good, for the next.

        Raises _GoneMeanwhile when the server had hung up, or does so now, before it heard of the letter.
        """
        client = connection.client
        stage = "before the letter was handed over"
        is_good = False
        try:
            try:
                await client.mail(mail.sender)
            except (SMTPServerDisconnected, SMTPResponseException, ConnectionError) as error:
                is_farewell = not isinstance(error, SMTPResponseException) or error.code == _CLOSING
                if connection.letters and is_farewell:
                    raise _GoneMeanwhile from None
                raise
            await client.rcpt(mail.recipient)
            stage = "while the letter was handed over, which may have arrived"
            answer = await client.data(mail.message, timeout=self._patience.last_answer)
            is_good = True
        except SMTPResponseException as error:
            is_final = 500 <= error.code <= 599 and error.code not in _ABOUT_US
            is_good = 400 <= error.code <= 599 and await _begun_anew(client)
            return Never(_told(error)) if is_final else Later(_told(error))
        except _TROUBLE as error:
            return Later(f"{_told(error)} {stage}")
        finally:
            connection.letters += 1
            if is_good and client.is_connected and connection.letters < LETTERS_A_CONNECTION:
                self._idle.put(connection)
            else:
                client.close()
        return Accepted(_line(f"{answer.code} {answer.message}"))

    def _client(self) -> SMTP:
        server = self._server
        client = SMTP(
            hostname=server.host,
            port=server.port or _DEFAULT_PORTS[server.security],
            username=server.user or None,
            password=server.password if server.user else None,
            local_hostname=server.our_name,
            timeout=self._patience.command,
            use_tls=server.security == "tls",
            start_tls=server.security == "starttls",
            tls_context=None if server.security == "none" else self._trust,
        )
        client.timeout = self._patience.command
        return client


class _Connection:
    """A connection to the mail server, and how many letters were carried over it."""

    def __init__(self, client: SMTP) -> None:
        self.client = client
        self.letters = 0
        self.idle_since = 0.0


class _Idle:
    """Connections over which nothing goes at the moment.  One that nobody needs for a while is ended."""

    def __init__(self, seconds_max: float) -> None:
        self._seconds_max = seconds_max
        self._connections: list[_Connection] = []
        self._keeper: asyncio.Task[None] | None = None

    def take(self) -> _Connection | None:
        """The one that was used last; None when there is none.  Those that the server closed are gone by themselves."""
        while self._connections:
            connection = self._connections.pop()
            if connection.client.is_connected:
                return connection
        return None

    def put(self, connection: _Connection) -> None:
        connection.idle_since = time.monotonic()
        self._connections.append(connection)
        if self._keeper is None or self._keeper.done():
            self._keeper = asyncio.create_task(self._keep())

    async def _keep(self) -> None:
        """End what is not needed any more, for as long as there is any; and all of it when the event loop ends."""
        try:
            while self._connections:
                wait = self._connections[0].idle_since + self._seconds_max - time.monotonic()
                if wait > 0:
                    await asyncio.sleep(wait)
                    continue
                client = self._connections.pop(0).client
                try:
                    with contextlib.suppress(*_TROUBLE):
                        await client.quit(timeout=FAREWELL_SECONDS_MAX)
                finally:
                    client.close()
        finally:
            for connection in self._connections:
                connection.client.close()
            self._connections.clear()


class _GoneMeanwhile(Exception):
    """The server hung up on a connection over which nothing went."""


async def _begun_anew(client: SMTP) -> bool:
    """Whether the connection is ready for another letter after one that was not taken."""
    try:
        await client.rset()
    except _TROUBLE:
        return False
    return True


class Unreachable(Exception):
    """The mail server cannot be spoken to; the text says why."""


_TROUBLE = (SMTPException, OSError, TimeoutError, ValueError, asyncio.IncompleteReadError)


def _told(error: BaseException) -> str:
    """What a server answered, or what went wrong without an answer, on one line."""
    if isinstance(error, SMTPResponseException):
        if error.code < 0:
            return _line(f"an answer that is none: {error.message}")
        return _line(f"{error.code} {error.message}")
    return _line(str(error) or type(error).__name__)


def _line(text: str) -> str:
    return one_line(text, ANSWER_LETTERS_MAX)
