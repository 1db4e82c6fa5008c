"""The Authentication API: a user name and a password for a token.  Source: OviPro contract 1.2 and section 8."""

from __future__ import annotations

from typing import Annotated, Any, Protocol
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from askare.wire.kit.call import Call
from askare.wire.kit.endpoints import Answer, Body, Endpoint, Example, Reply

PREFIX = "/authentication/v1"


class Credentials(Struct, frozen=True):
    """Who wants a token."""

    username: Annotated[str, Meta(min_length=1, max_length=255)]
    password: Annotated[str, Meta(min_length=1, max_length=1024)]


class TokenAnswer(Struct, frozen=True):
    """A bearer token and its life in seconds."""

    token_type: str
    access_token: str
    expires_in: int


class SignsIn(Protocol):
    """The part of the door that hands out tokens."""

    async def sign_in(self, username: str, password: str, *, now: Any, token_id: UUID) -> tuple[str, int]: ...


class AuthenticationApi:
    """The one operation."""

    def __init__(self, door: SignsIn) -> None:
        self._door = door

    async def create_token(self, call: Call) -> Reply:
        credentials: Credentials = call.body
        token, seconds = await self._door.sign_in(
            credentials.username, credentials.password, now=call.now, token_id=call.new_id()
        )
        # A token is never stored, so it is not kept under an Idempotency-Key either: a repetition gets a fresh one.
        return Reply(200, msgspec.json.encode(TokenAnswer("Bearer", token, seconds)), {"Cache-Control": "no-store"})

    def endpoints(self) -> list[Endpoint]:
        """The API's table."""
        return [
            Endpoint(
                method="POST",
                path="/token",
                operation_id="authentication.createToken",
                summary="Get an access token",
                description="The token is a JWT; send it as `Authorization: Bearer …`.",
                tag="Authentication",
                roles=None,
                handle=self.create_token,
                body=Body(
                    Credentials,
                    "User name and password.",
                    (Example("credentials", {"username": "veikko", "password": "correct horse battery"}),),
                ),
                answers=(
                    Answer(
                        200,
                        "A token.",
                        TokenAnswer,
                        (Example("token", {"token_type": "Bearer", "access_token": "eyJhbGciOi…", "expires_in": 900}),),
                    ),
                ),
                problems=(401, 429),
            )
        ]
