"""The session's cookie as browsers are told of it."""

from __future__ import annotations

import pytest

from askare.wire.kit.cookies import SessionCookie


@pytest.mark.parametrize(("secure", "end"), [(True, "; Secure"), (False, "")])
def test_the_cookie_is_for_our_own_pages_and_requests_alone(secure: bool, end: str) -> None:
    cookie = SessionCookie("askare_session", path="/rest", seconds=60, secure=secure, token_prefix="askare_session_")

    assert cookie.line("x") == f"askare_session=x; Path=/rest; Max-Age=60; HttpOnly; SameSite=Strict{end}"
    assert cookie.farewell() == f"askare_session=; Path=/rest; Max-Age=0; HttpOnly; SameSite=Strict{end}"
