"""POST /authentication/v1/token: a user name and a password for a token."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from typing import Any
from uuid import uuid4

import pytest

from tests.server import Client, askare
from tests.wire.asking import (
    REQUEST_ID,
    TASKS,
    TOKEN,
    Person,
    assert_bad_body,
    assert_bad_parameters,
    assert_error,
    on_both,
)
from tests.wire.conftest import Running

PASSWORD = "correct horse battery"
OFFICE = "212114ec-819e-483c-a8e0-f82289ac6e19"


@pytest.fixture(scope="module")
def veikko() -> dict[str, str]:
    """The name of one user on each kind of database, made at the command line when first asked for."""
    return {}


@pytest.fixture
def username(shared: Running, kind: str, veikko: dict[str, str]) -> str:
    if kind not in veikko:
        name = f"veikko-{uuid4()}"
        done = askare(
            *("user", "add", name, "--organization", f"Koti of {name}", "--role", "agent", "--office", OFFICE),
            "--password-stdin",
            *(("--database", shared.server.database) if shared.server.database else ()),
            data=shared.server.data,
            stdin=f"{PASSWORD}\n",
        )
        assert done.returncode == 0, done.stderr
        veikko[kind] = name
    return veikko[kind]


def claims_of(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    claims: dict[str, Any] = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims


@on_both
def test_the_right_password_opens_the_door_for_fifteen_minutes(username: str, nobody: Client) -> None:
    answer = nobody.post(TOKEN, {"username": username, "password": PASSWORD}, headers={"Request-ID": REQUEST_ID})

    assert answer.status_code == 200
    assert answer.headers["request-id"] == REQUEST_ID
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert set(body) == {"token_type", "access_token", "expires_in"}
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 900)
    assert Person(nobody, body["access_token"]).get(TASKS).json() == {"tasks": [], "totalCount": 0}


def test_the_token_says_who_one_is_and_carries_all_that_a_reader_needs(username: str, nobody: Client) -> None:
    token = nobody.post(TOKEN, {"username": username, "password": PASSWORD}).json()["access_token"]

    claims = claims_of(token)

    assert {"iss", "sub", "aud", "iat", "exp", "jti"} <= set(claims)
    assert (claims["iss"], claims["aud"], claims["role"]) == ("askare", "askare", "agent")
    assert claims["exp"] - claims["iat"] == 900
    assert claims["offices"] == [OFFICE]


def test_a_username_is_known_in_any_case_and_with_blanks_around_it(username: str, nobody: Client) -> None:
    answer = nobody.post(TOKEN, {"username": f" {username.upper()} ", "password": PASSWORD})

    assert answer.status_code == 200


def test_each_sign_in_gives_another_token(username: str, nobody: Client) -> None:
    credentials = {"username": username, "password": PASSWORD}
    key: dict[str, str | None] = {"Idempotency-Key": str(uuid4())}

    first, second = (nobody.post(TOKEN, credentials, headers=key).json()["access_token"] for _ in range(2))

    assert first != second  # a token is never stored, so it cannot be given twice


@on_both
def test_a_wrong_password_and_an_unknown_name_are_refused_alike(username: str, nobody: Client) -> None:
    wrong = nobody.post(TOKEN, {"username": username, "password": "wrong horse battery"})
    unknown = nobody.post(TOKEN, {"username": f"nobody-{uuid4()}", "password": PASSWORD})

    assert assert_error(wrong, 401, "UNAUTHORIZED") == assert_error(unknown, 401, "UNAUTHORIZED")
    assert wrong.headers["www-authenticate"] == "Bearer"


def test_after_ten_failures_one_has_to_wait(nobody: Client) -> None:
    credentials = {"username": f"nobody-{uuid4()}", "password": "a guess of mine"}
    failures = [nobody.post(TOKEN, credentials).status_code for _ in range(10)]

    answer = nobody.post(TOKEN, credentials)

    assert failures == [401] * 10
    assert_error(answer, 429, "TOO_MANY_REQUESTS")
    assert 1 <= int(answer.headers["retry-after"]) <= 15 * 60


def test_no_token_is_needed_and_a_bad_one_does_no_harm(username: str, nobody: Client) -> None:
    answer = nobody.post(
        TOKEN, {"username": username, "password": PASSWORD}, headers={"Authorization": "Bearer expired.long.ago"}
    )

    assert answer.status_code == 200


@pytest.mark.parametrize("token", ["x", "a.b.c", "askare_" + "x" * 43, "x" * 9_000, "Basic dXNlcg=="])
def test_a_token_of_ones_own_making_opens_nothing(token: str, nobody: Client) -> None:
    answer = nobody.get(TASKS, headers={"Authorization": f"Bearer {token}"})

    assert_error(answer, 401, "UNAUTHORIZED")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("change", ["signature", "payload"])
def test_a_token_that_was_tampered_with_opens_nothing(change: str, username: str, nobody: Client) -> None:
    token = nobody.post(TOKEN, {"username": username, "password": PASSWORD}).json()["access_token"]
    header, payload, signature = token.split(".")
    flipped = "B" if signature[4] == "A" else "A"
    forged = {
        "signature": f"{header}.{payload}.{signature[:4]}{flipped}{signature[5:]}",
        "payload": f"{header}.{payload[:-8]}AAAAAAAA.{signature}",
    }[change]

    assert_error(nobody.get(TASKS, headers={"Authorization": f"Bearer {forged}"}), 401, "UNAUTHORIZED")


@pytest.mark.parametrize(
    ("said", "items"),
    [
        ({}, [("username", "VALUE_REQUIRED"), ("password", "VALUE_REQUIRED")]),
        ({"username": "veikko"}, [("password", "VALUE_REQUIRED")]),
        ({"username": "", "password": "x"}, [("username", "INVALID_TYPE")]),
        ({"username": "x" * 256, "password": "x"}, [("username", "INVALID_TYPE")]),
        ({"username": 5, "password": None}, [("username", "INVALID_TYPE"), ("password", "VALUE_REQUIRED")]),
        ({"username": "x", "password": "x" * 1_025}, [("password", "INVALID_TYPE")]),
        ([], [("body", "INVALID_TYPE")]),
    ],
)
def test_faulty_credentials_are_named_and_never_repeated(
    said: object, items: list[tuple[str, str]], nobody: Client
) -> None:
    answer = nobody.post(TOKEN, said)

    assert_bad_body(answer, *items)
    assert "xxx" not in answer.text


def test_the_request_id_is_required(nobody: Client) -> None:
    answer = nobody.post(TOKEN, {"username": "x", "password": "x"}, headers={"Request-ID": None})

    assert_bad_parameters(answer, ("Request-ID", "VALUE_REQUIRED"))


def test_a_form_is_no_sign_in(nobody: Client) -> None:
    answer = nobody.post(
        TOKEN,
        content=b"username=veikko&password=x",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )

    assert_error(answer, 415, "UNSUPPORTED_MEDIA_TYPE")


def test_a_token_is_not_to_be_had_by_get(nobody: Client) -> None:
    answer = nobody.get(TOKEN, params={"username": "veikko", "password": PASSWORD})

    assert_error(answer, 405, "METHOD_NOT_ALLOWED")
    assert answer.headers["allow"] == "OPTIONS, POST"


def test_no_password_is_written_to_the_log(username: str, shared: Running) -> None:
    shared.client.post(TOKEN, {"username": username, "password": PASSWORD})
    shared.client.post(TOKEN, {"username": username, "password": "wrong horse battery"})

    assert "horse battery" not in shared.server.log()
