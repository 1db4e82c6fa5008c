"""The cookie by which a session is known, for dialects whose clients sign in with one."""

from __future__ import annotations

import falcon.asgi
from msgspec import Struct


class SessionCookie(Struct, frozen=True):
    """Its name, the path it is sent to, its life, and whether it is only for encrypted connections.

    `SameSite=Strict` keeps other sites' pages from using it, and `HttpOnly` scripts from reading it.
    """

    name: str
    path: str
    seconds: int
    secure: bool
    token_prefix: str  # only such a value is taken for a session

    def token_in(self, request: falcon.asgi.Request) -> str | None:
        """The session's token, when the request carries one."""
        for value in request.get_cookie_values(self.name) or ():
            if value.startswith(self.token_prefix):
                return value
        return None

    def line(self, token: str) -> str:
        """The Set-Cookie line that gives the cookie its full life."""
        return self._line(token, self.seconds)

    def farewell(self) -> str:
        """The Set-Cookie line that takes the cookie away."""
        return self._line("", 0)

    def _line(self, value: str, seconds: int) -> str:
        secure = "; Secure" if self.secure else ""
        return f"{self.name}={value}; Path={self.path}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"
