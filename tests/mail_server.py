"""A mail server with a script of faults: what goes wrong is decided by whom a letter is for.

`slow.maija@…` stalls, `busy.maija@…` is answered 4xx, and so on; everybody else gets their mail.
"""

from __future__ import annotations

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class MailServer:
    """What it took, and how often each recipient was asked for.  `faults` maps a recipient to what happens."""

    def __init__(self) -> None:
        self.port = 0
        self.taken: list[Envelope] = []
        self.asked: list[str] = []
        self.faults: dict[str, str] = {}
        self.greeting_fault = ""
        self.letters_a_connection = 0  # after so many it says goodbye; 0: never
        self.farewells = 0
        self.under_way = 0
        self.most_under_way: dict[str, int] = {}
        self.protocols: list[asyncio.Transport] = []
        self._inside: dict[str, int] = {}
        self._begun: dict[Session, int] = {}
        self.hang_up = asyncio.Event()

    def fault_of(self, address: str) -> str:
        return self.faults.get(address) or self.faults.get(f"@{address.rpartition('@')[2]}", "")

    def messages(self) -> list[bytes]:
        return [content for envelope in self.taken if isinstance(content := envelope.content, bytes)]

    def recipients(self) -> list[str]:
        return [address for envelope in self.taken for address in envelope.rcpt_tos]

    # The handler's hooks, as aiosmtpd calls them.

    async def handle_MAIL(  # noqa: N802  -- aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self._begun[session] = self._begun.get(session, 0) + 1
        if self.letters_a_connection and self._begun[session] > self.letters_a_connection:
            asyncio.get_running_loop().call_soon(_abort, server)
            return "421 4.4.2 That is enough for now"
        envelope.mail_from = address
        return "250 OK"

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.farewells += 1
        return "221 Bye"

    async def handle_RCPT(  # noqa: N802  -- aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.asked.append(address)
        fault = self.fault_of(address)
        if fault == "stall":
            domain = address.rpartition("@")[2]
            self._inside[domain] = self._inside.get(domain, 0) + 1
            self.most_under_way[domain] = max(self.most_under_way.get(domain, 0), self._inside[domain])
            try:
                await self.hang_up.wait()
            finally:
                self._inside[domain] -= 1
        if fault == "nonsense":
            return "Good day, axe handle"
        if fault == "drop":
            _abort(server)
        if fault[:1] in ("4", "5"):
            return fault
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        fault = self.fault_of(envelope.rcpt_tos[0])
        if fault == "data 5xx":
            return "554 5.7.1 That looks like spam"
        if fault == "data 4xx":
            return "451 4.3.0 Come back later"
        if fault == "data drop":
            _abort(server)
            return "250 OK"
        self.taken.append(envelope)
        if fault == "data drop after taking":
            _abort(server)
        if fault == "data nonsense":
            return "250"[::-1] + " KO"
        if fault == "data stall":
            await self.hang_up.wait()
        if fault == "quit drop":
            asyncio.get_running_loop().call_soon(_abort, server)
        return "250 2.0.0 Taken as 4711"


def _abort(server: SMTP) -> None:
    transport = server.transport
    assert isinstance(transport, asyncio.Transport)
    transport.abort()


class _Rude(SMTP):
    """Greets as its script says."""

    def __init__(self, keeper: MailServer, **how: Any) -> None:
        super().__init__(keeper, **how)
        self._keeper = keeper

    async def push(self, status: Any) -> None:
        if isinstance(status, str) and status.startswith("220 ") and self._keeper.greeting_fault:
            status = self._keeper.greeting_fault
        await super().push(status)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        assert isinstance(transport, asyncio.Transport)
        self._keeper.protocols.append(transport)


@asynccontextmanager
async def mail_server(
    *, tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None, password: str = ""
) -> AsyncIterator[MailServer]:
    """A mail server on a free port of this machine, for as long as the block lasts."""
    keeper = MailServer()
    loop = asyncio.get_running_loop()

    def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        good = isinstance(data, LoginPassword) and (data.login, data.password) == (b"askare", password.encode())
        return AuthResult(success=good, handled=False)

    how: dict[str, Any] = {"hostname": "mail.test", "loop": loop, "tls_context": starttls}
    if password:
        how |= {"authenticator": authenticate, "auth_required": True, "auth_require_tls": False}
    if starttls:
        how["require_starttls"] = True

    def answering() -> _Rude:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of a login without TLS, which is what is tested
            return _Rude(keeper, **how)

    server = await loop.create_server(answering, "127.0.0.1", 0, ssl=tls)
    keeper.port = server.sockets[0].getsockname()[1]
    try:
        yield keeper
    finally:
        keeper.hang_up.set()
        server.close()
        for transport in keeper.protocols:
            transport.abort()
        await asyncio.sleep(0)
        await server.wait_closed()
