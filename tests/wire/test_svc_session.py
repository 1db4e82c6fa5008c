"""Signing in to the service-task platform with a cookie."""

from __future__ import annotations

import itertools
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from askare.access import operations as access
from askare.access.passwords import hashed
from askare.kernel.caller import Role
from tests.values import NOW
from tests.wire.asking import Agency, on_both
from tests.wire.conftest import Running
from tests.wire.svc_asking import SESSION, TASKS, assert_refused, ok

PASSWORD = "correct horse battery"
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def password_hash() -> str:
    return hashed(PASSWORD)


@pytest.fixture
def username(shared: Running, agency: Agency, password_hash: str) -> str:
    """A user of the agency who signs in with the password."""
    name = f"veikko{next(_numbers)}-{uuid4().hex[:8]}"

    def add(tx: Any) -> None:
        organization = access.ensure_organization(tx, agency.name, organization_id=uuid4())
        access.add_user(tx, organization, name, password_hash, Role.ADMIN, user_id=uuid4(), now=NOW)

    shared.database.write(add)
    return name


def signs_in(agency: Agency, username: str) -> str:
    """The cookie of a new session."""
    answer = agency.nobody.post(SESSION, {"username": username, "password": PASSWORD})
    ok(answer)
    return cookie_of(answer)


def cookie_of(answer: httpx2.Response) -> str:
    return answer.headers["set-cookie"].partition(";")[0]


def asks(agency: Agency, cookie: str, method: str = "GET", path: str = SESSION, **how: Any) -> httpx2.Response:
    return agency.nobody.request(method, path, headers={"Cookie": cookie}, **how)


@on_both
def test_whoever_signs_in_is_known_by_the_cookie(agency: Agency, username: str) -> None:
    answer = agency.nobody.post(SESSION, {"username": username, "password": PASSWORD})

    signed_in = ok(answer)
    assert (signed_in["role"], signed_in["seconds"]) == ("admin", 3600)
    name, *attributes = answer.headers["set-cookie"].split("; ")
    assert name.startswith("askare_session=askare_session_")
    assert attributes == ["Path=/rest", "Max-Age=3600", "HttpOnly", "SameSite=Strict"]
    assert answer.headers["cache-control"] == "no-store"
    assert ok(asks(agency, cookie_of(answer))) == signed_in
    assert ok(asks(agency, cookie_of(answer), "POST", TASKS, body={"name": "x"}))["name"] == "x"
    assert [one["name"] for one in ok(agency.admin.get(TASKS))] == ["x"]


def test_every_answer_prolongs_the_cookie(agency: Agency, username: str) -> None:
    cookie = signs_in(agency, username)

    for answer in (asks(agency, cookie, path=TASKS), asks(agency, cookie, path=f"{TASKS}/5")):
        assert answer.headers["set-cookie"] == f"{cookie}; Path=/rest; Max-Age=3600; HttpOnly; SameSite=Strict"
    assert "set-cookie" not in agency.admin.get(TASKS).headers


@on_both
def test_whoever_signs_out_is_nobody(agency: Agency, username: str) -> None:
    cookie = signs_in(agency, username)

    goodbye = asks(agency, cookie, "DELETE")

    assert goodbye.status_code == 204
    assert goodbye.headers["set-cookie"] == "askare_session=; Path=/rest; Max-Age=0; HttpOnly; SameSite=Strict"
    assert assert_refused(asks(agency, cookie), 401) == "Unauthorized"


@pytest.mark.parametrize(
    "cookie", ["askare_session=", "askare_session=x", f"askare_session=askare_session_{'a' * 43}", "other=x"]
)
def test_a_cookie_that_we_did_not_give_is_nobodys(agency: Agency, cookie: str) -> None:
    assert_refused(asks(agency, cookie), 401)


def test_a_bearer_token_is_no_cookie_and_a_cookie_opens_nothing_of_another_dialect(
    agency: Agency, username: str
) -> None:
    assert_refused(asks(agency, f"askare_session={agency.admin.token}"), 401)
    assert asks(agency, signs_in(agency, username), path="/tasks").status_code == 401


def test_a_bearer_token_counts_more_than_a_cookie(agency: Agency, username: str) -> None:
    cookie = signs_in(agency, username)

    answer = agency.stranger.get(SESSION, headers={"Cookie": cookie})

    assert ok(answer)["domain"] == ok(agency.stranger.get(SESSION))["domain"]
    assert ok(answer)["domain"] != ok(asks(agency, cookie))["domain"]


def test_everybody_may_see_who_they_are(agency: Agency) -> None:
    assert ok(agency.operator.get(SESSION))["role"] == "operator"
    assert_refused(agency.nobody.get(SESSION), 401)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"username": "nobody", "password": PASSWORD}, 401),
        ({"username": "nobody"}, 400),
        ({"username": 5, "password": ""}, 400),
        ([], 400),
    ],
)
def test_a_sign_in_that_fails(agency: Agency, body: Any, status: int) -> None:
    answer = agency.nobody.post(SESSION, body)

    assert_refused(answer, status)
    assert "set-cookie" not in answer.headers


def test_a_wrong_password_is_nobodys(agency: Agency, username: str) -> None:
    assert_refused(agency.nobody.post(SESSION, {"username": username, "password": "wrong"}), 401)


def test_a_disabled_user_is_nobody_before_long(shared: Running, agency: Agency, username: str) -> None:
    cookie = signs_in(agency, username)

    def disable(tx: Any) -> None:
        row = access.sign_in_row(tx, username)
        assert row is not None
        access.disable_user(tx, row.user.user_id)

    shared.database.write(disable)

    # Not asked before, so nobody remembers the session as good.
    assert_refused(asks(agency, cookie), 401)


def test_neither_cookie_nor_password_is_in_the_log(agency: Agency, username: str) -> None:
    cookie = signs_in(agency, username)
    asks(agency, cookie)

    assert cookie.partition("=")[2] not in agency.server.log()
    assert PASSWORD not in agency.server.log()
