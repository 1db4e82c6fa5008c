"""The door, on both databases: who gets in, who does not, and for how long one is recognised."""

from __future__ import annotations

import asyncio
import json
from base64 import urlsafe_b64encode
from collections.abc import Coroutine, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import pytest
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey
from structlog.testing import capture_logs

from askare.access import door as door_module
from askare.access import keys, operations, passwords, tokens
from askare.access.door import Door
from askare.access.model import Organization, User
from askare.kernel.caller import Caller, Role, Scope
from askare.kernel.problems import Throttled, Unauthenticated, Unavailable
from askare.settings import BadSettings, Settings, load
from askare.storage.desk import Database, Desk
from tests.values import (
    ADMIN_USER,
    AGENT,
    AGENT_USER,
    DAY,
    NOW,
    OFFICE,
    ORGANIZATION,
    ORGANIZATION_NAME,
    ORGANIZATION_NO,
    OTHER_OFFICE,
    SECOND,
    an_id,
)

Result = TypeVar("Result")

QUICK = PasswordHasher.from_parameters(CHEAPEST)
HOME = Organization(ORGANIZATION_NO, ORGANIZATION, ORGANIZATION_NAME)
PASSWORD = "correct horse battery"
PERSONAL = tokens.personal_token(bytes(range(32)))
STATIC = "fixed-token-of-the-website"
LATER = NOW + timedelta(minutes=5)


class Node:
    """One Askare process: a data folder, a desk and a door, on one event loop."""

    def __init__(self, database: Database, runner: asyncio.Runner, data: Path) -> None:
        self.database = database
        self.data = data
        self.desk = Desk(database)
        self._runner = runner
        self.door = Door(self.desk, self.settings(), hasher=QUICK)

    def settings(self, **changes: Any) -> Settings:
        return load({"data": self.data, **changes}, {}).settings

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self._runner.run(work)

    def open(self, *, fetch_jwks: Any = None, **changes: Any) -> Door:
        self.door = Door(self.desk, self.settings(**changes), fetch_jwks=fetch_jwks, hasher=QUICK)
        numbers = iter(range(1_000, 2_000))
        self.run(self.door.open(NOW, lambda: an_id(next(numbers))))
        return self.door

    def caller(self, token: str, *, now: datetime = NOW) -> Caller:
        return self.run(self.door.caller(f"Bearer {token}", now=now))

    def sign_in(self, username: str = "anna", password: str = PASSWORD, *, now: datetime = NOW) -> str:
        return self.run(self.door.sign_in(username, password, now=now, token_id=an_id(7)))[0]

    def disable(self, user_id: UUID = AGENT_USER) -> None:
        self.database.write(lambda tx: operations.disable_user(tx, user_id))


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as running:
        yield running


@pytest.fixture
def node(database: Database, runner: asyncio.Runner, tmp_path: Path) -> Node:
    opened = Node(database, runner, tmp_path / "one")
    opened.open()
    return opened


@pytest.fixture
def anna(node: Node) -> User:
    """An agent of one office who signs in with a password."""
    return node.database.write(
        lambda tx: operations.add_user(
            tx,
            HOME,
            "anna",
            passwords.hashed(PASSWORD, hasher=QUICK),
            Role.AGENT,
            user_id=AGENT_USER,
            now=NOW,
            office_ids=[OFFICE],
            agent_id=AGENT,
        )
    )


@pytest.fixture
def personal(node: Node, anna: User) -> str:
    """A personal access token of Anna's."""
    node.database.write(
        lambda tx: operations.issue_personal_token(
            tx,
            anna,
            role=Role.AGENT,
            office_ids=[OFFICE],
            agent_id=AGENT,
            digest=tokens.digest_of(PERSONAL),
            token_id=an_id(1),
            now=NOW,
            expires_at=NOW + DAY,
        )
    )
    return PERSONAL


ANNA = Caller(ORGANIZATION_NO, ORGANIZATION, AGENT_USER, Role.AGENT, frozenset({OFFICE}), AGENT)


# Signing in ------------------------------------------------------------------------------------------------------


def test_who_signs_in_gets_in(node: Node, anna: User) -> None:
    token, seconds = node.run(node.door.sign_in(" Anna ", PASSWORD, now=NOW, token_id=an_id(7)))

    assert (node.caller(token), seconds) == (ANNA, 900)


@pytest.mark.parametrize(
    ("username", "password"), [("anna", "incorrect horse"), ("boris", PASSWORD), ("", ""), ("an\x00na", "\ud800")]
)
def test_a_wrong_name_and_a_wrong_password_look_the_same(node: Node, anna: User, username: str, password: str) -> None:
    with pytest.raises(Unauthenticated) as refusal:
        node.sign_in(username, password)

    assert refusal.value.reason == "Unknown username or password."


def test_a_disabled_user_looks_like_an_unknown_one(node: Node, anna: User) -> None:
    node.disable()

    with pytest.raises(Unauthenticated, match="Unknown username or password"):
        node.sign_in()


def test_a_user_without_a_password_cannot_sign_in(node: Node, anna: User) -> None:
    node.database.write(lambda tx: operations.set_password(tx, AGENT_USER, ""))

    with pytest.raises(Unauthenticated, match="Unknown username or password"):
        node.sign_in(password="")


def test_the_eleventh_sign_in_after_ten_failures_is_put_off_even_with_the_right_password(
    node: Node, anna: User
) -> None:
    for _ in range(10):
        with pytest.raises(Unauthenticated):
            node.sign_in(password="incorrect horse")

    with pytest.raises(Throttled) as throttled:
        node.sign_in(now=NOW + 5 * SECOND)

    assert throttled.value.retry_after_seconds == 15 * 60 - 5


def test_a_hundred_guesses_at_once_are_ten_guesses(node: Node, anna: User) -> None:
    async def guess() -> list[BaseException | tuple[str, int]]:
        guesses = (
            node.door.sign_in("anna", f"guess number {number}", now=NOW, token_id=an_id(7)) for number in range(100)
        )
        return await asyncio.gather(*guesses, return_exceptions=True)

    answers = node.run(guess())

    assert sum(isinstance(answer, Unauthenticated) for answer in answers) == 10
    assert sum(isinstance(answer, Throttled) for answer in answers) == 90


def test_fifty_programs_that_sign_in_at_once_with_the_right_password_all_get_in(node: Node, anna: User) -> None:
    async def sign_in() -> list[tuple[str, int]]:
        return await asyncio.gather(
            *(node.door.sign_in("anna", PASSWORD, now=NOW, token_id=an_id(7)) for _ in range(50))
        )

    assert len(node.run(sign_in())) == 50


def test_more_sign_ins_than_the_server_can_carry_are_put_off(
    node: Node, anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as full:
        full.setattr(door_module, "SIGN_INS_WAITING_MAX", 0)
        with pytest.raises(Unavailable, match="More sign-ins are waiting"):
            node.sign_in()

    assert node.sign_in()


def test_a_hash_of_weaker_parameters_is_replaced_at_sign_in(node: Node, anna: User) -> None:
    node.door = Door(node.desk, node.settings(), hasher=PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    node.run(node.door.open(NOW, lambda: an_id(1)))

    node.sign_in()

    row = node.database.read(lambda tx: operations.sign_in_row(tx, "anna"))
    assert row is not None
    assert "m=16,t=2,p=1" in row.password_hash.reveal()
    assert node.sign_in()


def test_before_the_door_is_open_a_sign_in_is_put_off(node: Node, anna: User) -> None:
    node.door = Door(node.desk, node.settings(), hasher=QUICK)

    with pytest.raises(Unavailable, match="still starting"):
        node.sign_in()


# Our own tokens --------------------------------------------------------------------------------------------------


def test_a_token_opens_for_its_15_minutes_and_no_longer(node: Node, anna: User) -> None:
    token = node.sign_in()

    assert node.caller(token, now=NOW + 899 * SECOND) == ANNA
    with pytest.raises(Unauthenticated, match="has expired"):
        node.caller(token, now=NOW + 900 * SECOND)


def test_a_token_follows_its_users_rights_within_a_minute(node: Node, anna: User) -> None:
    token = node.sign_in()
    node.caller(token)

    node.database.write(
        lambda tx: operations.change_rights(tx, AGENT_USER, role=Role.AGENT, office_ids=[OTHER_OFFICE], agent_id=AGENT)
    )

    assert node.caller(token, now=NOW + 60 * SECOND).office_ids == frozenset({OTHER_OFFICE})


def test_a_token_of_a_disabled_user_opens_nothing_after_a_minute(node: Node, anna: User) -> None:
    token = node.sign_in()
    node.caller(token)
    node.disable()

    with pytest.raises(Unauthenticated, match="unknown or disabled"):
        node.caller(token, now=NOW + 60 * SECOND)


def test_two_nodes_on_one_database_accept_each_others_tokens(
    node: Node, anna: User, runner: asyncio.Runner, tmp_path: Path
) -> None:
    other = Node(node.database, runner, tmp_path / "two")
    other.open()

    assert other.caller(node.sign_in()) == node.caller(other.sign_in()) == ANNA
    assert len({keys.signing_key(each.data).key_id for each in (node, other)}) == 2


def test_a_token_of_a_withdrawn_key_opens_nothing_after_a_minute(node: Node, anna: User) -> None:
    token = node.sign_in()
    node.caller(token)
    node.database.write(lambda tx: keys.withdraw(tx, keys.signing_key(node.data).key_id))

    with pytest.raises(Unauthenticated, match="key is unknown"):
        node.caller(token, now=NOW + 60 * SECOND)


def test_a_token_signed_by_a_key_that_was_never_published_is_refused(node: Node, anna: User) -> None:
    foreign = keys.SigningKey.generate()
    forged = tokens.issue(ANNA, foreign, issuer="askare", audience="askare", token_id=an_id(7), now=NOW, seconds=900)

    with pytest.raises(Unauthenticated, match="key is unknown"):
        node.caller(forged)


def test_a_token_that_borrows_a_published_keys_id_is_refused(node: Node, anna: User) -> None:
    foreign = keys.SigningKey.generate()
    foreign.key_id = keys.signing_key(node.data).key_id
    forged = tokens.issue(ANNA, foreign, issuer="askare", audience="askare", token_id=an_id(7), now=NOW, seconds=900)

    with pytest.raises(Unauthenticated, match="signature does not hold"):
        node.caller(forged)


def test_a_token_for_another_audience_is_refused(node: Node, anna: User) -> None:
    token = node.sign_in()
    node.open(audience="another")

    with pytest.raises(Unauthenticated, match="meant for somebody else"):
        node.caller(token)


def test_a_token_of_an_unknown_issuer_is_refused(node: Node, anna: User) -> None:
    token = node.sign_in()
    node.open(issuer="another")

    with pytest.raises(Unauthenticated, match="issuer is not accepted"):
        node.caller(token)


# Personal access tokens ------------------------------------------------------------------------------------------


def test_a_personal_token_opens(node: Node, personal: str) -> None:
    assert node.caller(personal) == ANNA


def test_a_revoked_personal_token_is_recognised_for_5_seconds_at_most(node: Node, personal: str) -> None:
    node.caller(personal)
    node.database.write(lambda tx: operations.revoke_token(tx, HOME, an_id(1), now=NOW))

    assert node.caller(personal, now=NOW + timedelta(seconds=4, milliseconds=999)) == ANNA
    with pytest.raises(Unauthenticated, match="unknown, expired or revoked"):
        node.caller(personal, now=NOW + 5 * SECOND)


def test_a_revoked_personal_token_opens_nothing_once_the_door_has_forgotten(node: Node, personal: str) -> None:
    node.caller(personal)
    node.database.write(lambda tx: operations.revoke_token(tx, HOME, an_id(1), now=NOW))

    node.door.forget()

    with pytest.raises(Unauthenticated):
        node.caller(personal)


def test_a_personal_token_is_not_recognised_past_its_expiry(node: Node, personal: str) -> None:
    node.caller(personal, now=NOW + DAY - SECOND)

    with pytest.raises(Unauthenticated):
        node.caller(personal, now=NOW + DAY)


def test_a_personal_token_of_a_disabled_user_opens_nothing(node: Node, personal: str) -> None:
    node.disable()

    with pytest.raises(Unauthenticated):
        node.caller(personal)


# Static tokens ---------------------------------------------------------------------------------------------------


def fixed(**changes: Any) -> str:
    return json.dumps([{"token": STATIC, "organization": "Turku Homes", "role": "admin", **changes}])


def test_a_static_token_opens_and_its_organization_and_user_are_made(node: Node) -> None:
    node.open(static_tokens=fixed(user=str(ADMIN_USER)))

    caller = node.caller(STATIC)

    assert (caller.user_id, caller.role, caller.office_ids) == (ADMIN_USER, Role.ADMIN, None)
    assert caller.organization_id == an_id(1_000)


def test_a_static_token_stands_for_the_same_user_after_a_restart(node: Node) -> None:
    before = (node.open(static_tokens=fixed()), node.caller(STATIC))[1]

    after = (node.open(static_tokens=fixed()), node.caller(STATIC))[1]

    assert after == before


def test_a_static_token_takes_its_rights_from_the_settings_of_this_start(node: Node) -> None:
    node.open(static_tokens=fixed(user=str(ADMIN_USER)))
    node.open(static_tokens=fixed(user=str(ADMIN_USER), role="agent", offices=[str(OFFICE)], agent=str(AGENT)))

    assert node.caller(STATIC).office_ids == frozenset({OFFICE})


def test_a_static_token_may_be_limited_to_scopes_and_another_of_the_same_user_is_not(node: Node) -> None:
    limited = fixed(user=str(ADMIN_USER), scopes=["tasks:read"])
    other = fixed(user=str(ADMIN_USER), token="another-fixed-token")
    node.open(static_tokens=json.dumps([*json.loads(limited), *json.loads(other)]))

    assert node.caller(STATIC).scopes == frozenset({Scope.TASKS_READ})
    assert node.caller("another-fixed-token").scopes is None


def test_a_static_token_that_is_no_longer_in_the_settings_opens_nothing(node: Node) -> None:
    node.open(static_tokens=fixed())
    node.open()

    with pytest.raises(Unauthenticated):
        node.caller(STATIC)


def test_a_static_token_for_a_user_of_another_organization_stops_the_start(node: Node, anna: User) -> None:
    with pytest.raises(BadSettings, match=r"static_tokens\[0\]: The user belongs to another organization"):
        node.open(static_tokens=fixed(user=str(anna.user_id)))


def test_a_short_static_token_is_grumbled_at_without_quoting_it(node: Node) -> None:
    with capture_logs() as lines:
        node.open(static_tokens=fixed(token="pling"))

    assert [line["event"] for line in lines] == ["a static token is short and can be guessed"]
    assert "pling" not in str(lines)


# An outside issuer -----------------------------------------------------------------------------------------------

OUTSIDE_KEY = ECKey.generate_key("P-256", {"kid": "outside"})
OIDC = {
    "oidc_issuer": "https://login.example",
    "oidc_audience": "askare",
    "oidc_jwks_url": "https://login.example/jwks",
}


async def fetch_jwks() -> dict[str, Any]:
    return {"keys": [OUTSIDE_KEY.as_dict(private=False)]}


def outside_token(**changes: Any) -> str:
    claims = {
        "iss": OIDC["oidc_issuer"],
        "aud": "askare",
        "sub": str(AGENT_USER),
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 900,
        "organization": ORGANIZATION_NAME,
        "role": ["agent", "offline_access"],
        "offices": [str(OFFICE)],
        "agent": str(AGENT),
        **changes,
    }
    return jwt.encode({"alg": "ES256", "kid": "outside"}, claims, OUTSIDE_KEY)


def test_a_token_of_the_outside_issuer_opens(node: Node) -> None:
    node.open(fetch_jwks=fetch_jwks, **OIDC)

    assert node.caller(outside_token()) == ANNA


def test_a_token_of_an_unknown_organization_is_refused(node: Node) -> None:
    node.open(fetch_jwks=fetch_jwks, **OIDC)

    with pytest.raises(Unauthenticated, match="organization is unknown here"):
        node.caller(outside_token(organization="Turku Homes"))


def test_an_outside_token_of_a_user_disabled_here_opens_nothing_after_a_minute(node: Node, anna: User) -> None:
    node.open(fetch_jwks=fetch_jwks, **OIDC)
    node.caller(outside_token())
    node.disable()

    with pytest.raises(Unauthenticated, match="disabled"):
        node.caller(outside_token(), now=NOW + 60 * SECOND)


def test_the_outside_issuer_cannot_sign_in_our_name(node: Node, anna: User) -> None:
    node.open(fetch_jwks=fetch_jwks, **OIDC)

    with pytest.raises(Unauthenticated, match="key is unknown"):
        node.caller(outside_token(iss="askare"))


def test_an_outside_issuer_without_anybody_to_fetch_its_keys_is_a_mistake(node: Node) -> None:
    with pytest.raises(ValueError, match="fetch_jwks is needed"):
        Door(node.desk, node.settings(**OIDC))


# Headers ---------------------------------------------------------------------------------------------------------


def test_without_a_header_nobody_is_calling(node: Node) -> None:
    with pytest.raises(Unauthenticated, match="A bearer token is needed"):
        node.run(node.door.caller(None, now=NOW))


def test_the_scheme_may_be_written_in_any_capitals(node: Node, personal: str) -> None:
    for scheme in ("Bearer", "bearer", "BEARER"):
        assert node.run(node.door.caller(f"{scheme} {personal}", now=NOW)) == ANNA


def test_a_header_of_another_scheme_is_told_the_right_one(node: Node, personal: str) -> None:
    for header in ("", "Bearer", "Bearer ", "Basic YW5uYTpwYXNz", PERSONAL, f"Token {PERSONAL}"):
        with pytest.raises(Unauthenticated, match="The header must read: Authorization: Bearer <token>"):
            node.run(node.door.caller(header, now=NOW))


def test_a_token_of_9_kib_is_refused_unread(node: Node) -> None:
    with pytest.raises(Unauthenticated, match="longer than 8 KiB"):
        node.caller("a" * 9 * 1024)


def encoded(part: object) -> str:
    return urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def test_a_key_id_that_no_database_could_hold_is_an_unknown_key(node: Node) -> None:
    header, claims = {"alg": "ES256", "kid": "a\x00b"}, {"iss": "askare", "sub": str(AGENT_USER)}
    forged = f"{encoded(header)}.{encoded(claims)}.AAAA"

    with pytest.raises(Unauthenticated, match="key is unknown"):
        node.caller(forged)


any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(), part, max_size=3),
    max_leaves=5,
)
known_words = st.sampled_from(["askare", "https://login.example", str(AGENT_USER), "ES256", "none", "outside", "a\x00"])
headers_of_tokens = st.dictionaries(st.sampled_from(["alg", "kid", "crit", "b64", "jwk"]), known_words | any_json)
claims_of_tokens = st.dictionaries(
    st.sampled_from(["iss", "sub", "aud", "exp", "iat", "organization", "role"]), known_words | any_json
)
any_letters = st.text(st.characters(exclude_categories=()))
made_up_tokens = st.one_of(
    any_letters,
    st.builds(lambda text: f"askare_{text}", any_letters),
    st.builds(lambda text: f"askare_{text}", st.text("aZ09_-", min_size=43, max_size=43)),
    st.builds(lambda *parts: ".".join(map(encoded, parts)), any_json, any_json, any_json),
    st.builds(lambda *parts: ".".join(map(encoded, parts)), headers_of_tokens, claims_of_tokens, any_json),
    st.builds(
        lambda key, issuer, subject: (
            f"{encoded({'alg': 'ES256', 'kid': key})}.{encoded({'iss': issuer, 'sub': subject})}.AAAA"
        ),
        known_words | st.just("a" * 43) | any_letters,
        known_words,
        known_words | any_letters,
    ),
)


@given(header=any_letters | made_up_tokens.map(lambda token: f"Bearer {token}"))
def test_any_header_is_either_known_or_nobodys(node: Node, header: str) -> None:
    node.open(fetch_jwks=fetch_jwks, static_tokens=fixed(), **OIDC)

    with pytest.raises(Unauthenticated) as refusal:
        node.run(node.door.caller(header, now=NOW))

    token = header.partition(" ")[2]
    assert len(token) < 12 or token not in refusal.value.reason


@given(username=any_letters, password=any_letters)
def test_any_sign_in_is_either_right_or_refused(node: Node, username: str, password: str) -> None:
    with suppress(Unauthenticated, Throttled):
        node.run(node.door.sign_in(username, password, now=NOW, token_id=an_id(7)))


# Being recognised ------------------------------------------------------------------------------------------------


def test_who_came_a_moment_ago_is_known_without_the_database(node: Node, personal: str) -> None:
    caller = node.caller(personal)

    assert node.door.known(f"Bearer {personal}", NOW + SECOND) is caller


def test_nobody_is_known_before_the_first_time(node: Node, personal: str) -> None:
    assert node.door.known(f"Bearer {personal}", NOW) is None


def test_when_the_clock_is_set_back_everybody_is_judged_anew(node: Node, personal: str) -> None:
    node.caller(personal, now=LATER)

    assert node.door.known(f"Bearer {personal}", NOW) is None


def test_nobody_is_known_longer_than_the_kind_of_token_allows(node: Node, anna: User, personal: str) -> None:
    node.open(static_tokens=fixed(), fetch_jwks=fetch_jwks, **OIDC)
    seconds = {}
    for kind, token in (
        ("static", STATIC),
        ("personal", personal),
        ("own", node.sign_in()),
        ("outside", outside_token()),
        ("about to expire", outside_token(exp=int(NOW.timestamp()) + 3)),
    ):
        node.caller(token)
        seconds[kind] = next(
            second for second in range(100) if node.door.known(f"Bearer {token}", NOW + second * SECOND) is None
        )

    assert seconds == {"static": 60, "personal": 5, "own": 60, "outside": 60, "about to expire": 3}


def test_at_most_ten_thousand_are_known_and_the_first_is_forgotten_first(
    node: Node, anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door_module, "KNOWN_MAX", 3)
    node.open(fetch_jwks=fetch_jwks, **OIDC)
    several = [outside_token(jti=str(number)) for number in range(5)]

    for token in several:
        node.caller(token)

    known = [node.door.known(f"Bearer {token}", NOW) is not None for token in several]
    assert known == [False, False, True, True, True]


def test_the_door_keeps_no_token_of_those_it_knows(node: Node, anna: User, personal: str) -> None:
    node.open(static_tokens=fixed())
    presented = [node.sign_in(), personal, STATIC]

    for token in presented:
        node.caller(token)

    assert not [token for token in presented if token in repr(vars(node.door))]
