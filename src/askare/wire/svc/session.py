"""Signing in with a cookie.  Source: service tasks contract 4, "auth"; the path and the fields are ours."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Protocol
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from askare.kernel.caller import Caller, Role
from askare.wire.kit.call import Call
from askare.wire.kit.cookies import SessionCookie
from askare.wire.kit.endpoints import Answer, Body, Endpoint, Example, Reply
from askare.wire.svc.problems import JSON

PATH = "/rest/v1/session"
TAG = "Session"
EVERYBODY = frozenset(Role)

_COOKIE_HEADER: dict[str, Any] = {
    "Set-Cookie": {
        "description": "The session, for as long as `seconds` says; each later request prolongs it.",
        "required": True,
        "schema": {"type": "string"},
    }
}


class Login(Struct, frozen=True):
    """Who signs in."""

    username: Annotated[str, Meta(min_length=1, max_length=255)]
    password: Annotated[str, Meta(min_length=1, max_length=1024)]


class Session(Struct, frozen=True):
    """Who is signed in, in which domain, and how many seconds the session lives without a request."""

    user: UUID
    domain: UUID
    role: str
    seconds: int


class OpensSessions(Protocol):
    """The part of the door that opens and ends sessions."""

    async def open_session(
        self, username: str, password: str, *, now: datetime, session_id: UUID, secret: bytes
    ) -> tuple[str, Caller]: ...

    async def end_session(self, token: str) -> None: ...


class SessionApi:
    """Sign in, see who one is, sign out."""

    def __init__(self, door: OpensSessions, cookie: SessionCookie) -> None:
        self._door = door
        self._cookie = cookie

    async def sign_in(self, call: Call) -> Reply:
        login: Login = call.body
        token, caller = await self._door.open_session(
            login.username,
            login.password,
            now=call.now,
            session_id=call.new_id(),
            secret=call.new_id().bytes + call.new_id().bytes,  # 244 random bits
        )
        return self._shown(caller, {"Set-Cookie": self._cookie.line(token), "Cache-Control": "no-store"})

    async def get(self, call: Call) -> Reply:
        return self._shown(call.caller, {"Cache-Control": "no-store"})

    async def sign_out(self, call: Call) -> Reply:
        if call.session is not None:
            await self._door.end_session(call.session)
        return Reply(204, None, {"Set-Cookie": self._cookie.farewell()})

    def _shown(self, caller: Caller, headers: dict[str, str]) -> Reply:
        session = Session(caller.user_id, caller.organization_id, caller.role.value, self._cookie.seconds)
        return Reply(200, msgspec.json.encode(session), headers, JSON)

    def endpoints(self) -> list[Endpoint]:
        """The table of these."""
        example = Example(
            "session",
            {
                "user": "1b0c6a2e-0c2f-4a57-9f6e-6c6f1a3e2d10",
                "domain": "7a4e8c0e-5b1d-4b8e-8f3a-2d9c1b0a7e55",
                "role": "admin",
                "seconds": self._cookie.seconds,
            },
        )
        return [
            Endpoint(
                method="POST",
                path=PATH,
                operation_id="session.signIn",
                summary="Sign in",
                description="With the user name and the password that get a bearer token elsewhere. A user has at most"
                " ten sessions; one more ends the oldest.",
                tag=TAG,
                roles=None,
                handle=self.sign_in,
                body=Body(
                    Login,
                    "User name and password.",
                    (Example("login", {"username": "veikko", "password": "correct horse battery"}),),
                    needs_media_type=False,
                ),
                answers=(Answer(200, "Signed in.", Session, (example,), headers=_COOKIE_HEADER),),
                problems=(401, 429),
            ),
            Endpoint(
                method="GET",
                path=PATH,
                operation_id="session.get",
                summary="Who is signed in",
                tag=TAG,
                roles=EVERYBODY,
                handle=self.get,
                answers=(Answer(200, "This is who.", Session, (example,)),),
            ),
            Endpoint(
                method="DELETE",
                path=PATH,
                operation_id="session.signOut",
                summary="Sign out",
                description="The session of the cookie ends; a bearer token stays what it is.",
                tag=TAG,
                roles=EVERYBODY,
                handle=self.sign_out,
                answers=(Answer(204, "Signed out.", headers=_COOKIE_HEADER),),
                by_override=True,
            ),
        ]
