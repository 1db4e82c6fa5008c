"""Tokens of an outside issuer: its keys, when they are fetched again, and what its claims mean."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey
from joserfc.util import int_to_base64

from askare.access import signatures, tokens
from askare.access.model import Identity, Rights
from askare.access.outside_issuer import ClaimNames, OutsideIssuer, identity_of, keys_of
from askare.kernel.caller import Role
from askare.kernel.problems import Unauthenticated, Unavailable
from askare.settings import Settings, load
from tests.values import AGENT, NOW, OFFICE, OTHER_OFFICE, OTHER_USER

Result = TypeVar("Result")
MINUTE = timedelta(minutes=1)

RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
EC = ECKey.generate_key("P-256", {"kid": "ec"})
ED = OKPKey.generate_key("Ed25519", {"kid": "ed"})
NEW = ECKey.generate_key("P-256", {"kid": "new"})
NAMES = ClaimNames("organization", "role", "offices", "agent")
GOOD: dict[str, Any] = {
    "iss": "https://login.example",
    "aud": "askare",
    "sub": str(OTHER_USER),
    "iat": int(NOW.timestamp()),
    "exp": int((NOW + timedelta(days=1)).timestamp()),
    "organization": "Kotka Homes",
    "role": "agent",
    "offices": [str(OFFICE)],
    "agent": str(AGENT),
}


def settings() -> Settings:
    outside = {"oidc_issuer": GOOD["iss"], "oidc_audience": "askare", "oidc_jwks_url": "https://login.example/jwks"}
    return load({"data": Path("nowhere"), **outside}, {}).settings


def document(*published: Key) -> dict[str, Any]:
    return {"keys": [key.as_dict(private=False) for key in published]}


class Issuer:
    """A local twin of the outside issuer: publishes keys, may be down, counts how often it is asked."""

    def __init__(self, *published: Key) -> None:
        self.published = published
        self.down = False
        self.asked = 0

    async def fetch_jwks(self) -> dict[str, Any]:
        self.asked += 1
        await asyncio.sleep(0)
        if self.down:
            raise ConnectionError("nobody answers")
        return document(*self.published)


def token(key: Key, algorithm: str, **claims: Any) -> str:
    header = {"alg": algorithm, "kid": key.kid}
    return jwt.encode(header, {**GOOD, **claims}, key, registry=signatures.REGISTRIES[algorithm])


async def identify(outside: OutsideIssuer, text: str, now: datetime = NOW) -> Identity:
    return await outside.identity(text, tokens.peek(text), now=now)


def run(work: Coroutine[Any, Any, Result]) -> Result:
    return asyncio.run(work)


def payload(**claims: Any) -> bytes:
    return msgspec.json.encode({**GOOD, **claims})


# Keys ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [(RSA, "RS256"), (RSA, "PS256"), (EC, "ES256"), (ED, "EdDSA"), (ED, "Ed25519")],
)
def test_a_token_of_each_accepted_algorithm_is_good(key: Key, algorithm: str) -> None:
    outside = OutsideIssuer(settings(), Issuer(RSA, EC, ED).fetch_jwks)

    identity = run(identify(outside, token(key, algorithm)))

    assert identity == Identity("Kotka Homes", OTHER_USER, Rights(Role.AGENT, frozenset({OFFICE}), AGENT), GOOD["exp"])


def test_a_key_serves_only_the_algorithm_that_it_is_meant_for() -> None:
    jwk = {**RSA.as_dict(private=False), "alg": "PS256"}

    assert set(keys_of({"keys": [jwk]})) == {("rsa", "PS256")}


@pytest.mark.filterwarnings("ignore:Key size")
@pytest.mark.parametrize(
    "jwk",
    [
        OctKey.generate_key(256, {"kid": "oct"}).as_dict(private=True),
        {"kty": "RSA", "kid": "short", "n": int_to_base64(2**1023 + 1), "e": "AQAB"},
        ECKey.generate_key("P-384", {"kid": "p384"}).as_dict(private=False),
        OKPKey.generate_key("X25519", {"kid": "x"}).as_dict(private=False),
        {**EC.as_dict(private=False), "use": "enc"},
        {name: value for name, value in EC.as_dict(private=False).items() if name != "kid"},
        {"kty": "EC", "crv": "P-256", "kid": "k"},
        {"kty": "EC", "crv": "P-1", "x": "AA", "y": "AA", "kid": "k"},
        {"kty": "AKP", "kid": "post-quantum"},
        {"kty": ["EC"]},
        {},
        "text",
        None,
        7,
    ],
)
def test_a_key_that_is_not_fit_is_passed_over(jwk: object) -> None:
    assert set(keys_of({"keys": [jwk, ED.as_dict(private=False)]})) == {("ed", "EdDSA"), ("ed", "Ed25519")}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda part: (
            st.lists(part, max_size=3)
            | st.dictionaries(st.sampled_from(["keys", "kty", "crv", "x", "y", "n", "e", "kid", "use", "alg"]), part)
        ),
    )
)
def test_any_document_is_either_keys_or_a_value_error(anything: object) -> None:
    for whole in (anything, {"keys": [anything]}):
        with suppress(ValueError):
            keys_of(whole)


def test_a_token_signed_with_the_issuers_public_key_as_a_shared_secret_is_refused() -> None:
    outside = OutsideIssuer(settings(), Issuer(RSA).fetch_jwks)
    secret = OctKey.import_key(RSA.as_pem(private=False).replace(b"-----", b"====="))
    forged = jwt.encode({"alg": "HS256", "kid": "rsa"}, dict(GOOD), secret)

    with pytest.raises(Unauthenticated, match="algorithm is not accepted"):
        run(identify(outside, forged))


def test_a_token_cannot_choose_an_algorithm_that_is_not_its_keys() -> None:
    outside = OutsideIssuer(settings(), Issuer(RSA, EC).fetch_jwks)
    head, claims, signature = token(EC, "ES256").split(".")
    forged = token(RSA, "RS256").split(".")[0].replace(head, "") + f".{claims}.{signature}"

    with pytest.raises(Unauthenticated, match="signature does not hold"):
        run(identify(outside, forged))


# When the keys are fetched ----------------------------------------------------------------------------------------


def test_the_keys_are_fetched_once_for_many_tokens_at_once() -> None:
    issuer = Issuer(EC)
    outside = OutsideIssuer(settings(), issuer.fetch_jwks)

    async def many() -> None:
        await asyncio.gather(*(identify(outside, token(EC, "ES256")) for _ in range(20)))

    run(many())
    assert issuer.asked == 1


def test_a_key_that_is_new_is_fetched() -> None:
    issuer = Issuer(EC)
    outside = OutsideIssuer(settings(), issuer.fetch_jwks)

    async def rotation() -> Identity:
        await identify(outside, token(EC, "ES256"))
        issuer.published = (EC, NEW)
        return await identify(outside, token(NEW, "ES256"), NOW + MINUTE)

    assert run(rotation()).organization == "Kotka Homes"


def test_unknown_keys_make_us_ask_at_most_once_a_minute() -> None:
    issuer = Issuer(EC)
    outside = OutsideIssuer(settings(), issuer.fetch_jwks)

    async def guesses() -> None:
        for seconds in range(0, 120, 2):
            with pytest.raises(Unauthenticated, match="no such key"):
                await identify(outside, token(NEW, "ES256"), NOW + timedelta(seconds=seconds))

    run(guesses())
    assert issuer.asked == 2


def test_a_withdrawn_key_is_believed_for_less_than_a_quarter_of_an_hour() -> None:
    issuer = Issuer(EC, NEW)
    outside = OutsideIssuer(settings(), issuer.fetch_jwks)

    async def withdrawal() -> None:
        await identify(outside, token(EC, "ES256"))
        issuer.published = (NEW,)
        await identify(outside, token(EC, "ES256"), NOW + 14 * MINUTE)
        with pytest.raises(Unauthenticated, match="no such key"):
            await identify(outside, token(EC, "ES256"), NOW + 15 * MINUTE)

    run(withdrawal())


def test_the_known_keys_stay_in_use_while_the_issuer_is_down() -> None:
    issuer = Issuer(EC)
    outside = OutsideIssuer(settings(), issuer.fetch_jwks)

    async def outage() -> None:
        await identify(outside, token(EC, "ES256"))
        issuer.down = True
        for minutes in range(15, 120, 5):
            await identify(outside, token(EC, "ES256"), NOW + minutes * MINUTE)

    run(outage())
    assert issuer.asked > 10


def test_an_answer_that_is_no_key_document_counts_as_being_down() -> None:
    issuer = Issuer(EC)
    outside = OutsideIssuer(settings(), issuer.fetch_jwks)

    async def outage() -> None:
        await identify(outside, token(EC, "ES256"))
        outside._fetch_jwks = _error_page
        await identify(outside, token(EC, "ES256"), NOW + 20 * MINUTE)

    run(outage())


async def _error_page() -> dict[str, Any]:
    return {"error": "try later"}


def test_while_no_key_could_ever_be_fetched_a_token_is_not_refused_but_put_off() -> None:
    issuer = Issuer(EC)
    issuer.down = True
    outside = OutsideIssuer(settings(), issuer.fetch_jwks)

    async def start() -> Identity:
        for _ in range(5):
            with pytest.raises(Unavailable, match="cannot be fetched"):
                await identify(outside, token(EC, "ES256"))
        issuer.down = False
        return await identify(outside, token(EC, "ES256"), NOW + MINUTE)

    assert run(start()).organization == "Kotka Homes"
    assert issuer.asked == 2


def test_a_client_that_hangs_up_does_not_take_the_keys_from_the_others() -> None:
    async def hang_up() -> Identity:
        answer = asyncio.Event()

        async def slowly() -> dict[str, Any]:
            await answer.wait()
            return document(EC)

        outside = OutsideIssuer(settings(), slowly)
        first, second = (asyncio.create_task(identify(outside, token(EC, "ES256"))) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.sleep(0)
        answer.set()
        return await second

    assert run(hang_up()).organization == "Kotka Homes"


# What the claims mean ---------------------------------------------------------------------------------------------


def test_of_several_roles_the_strongest_known_counts() -> None:
    assert identity_of(payload(role=["operator", "admin", "offline_access"]), NAMES).rights.role is Role.ADMIN


@pytest.mark.parametrize("role", [None, "root", [], ["root", 7], {"admin": True}])
def test_a_token_without_a_role_of_ours_is_refused(role: object) -> None:
    with pytest.raises(Unauthenticated, match="claim role must name a role"):
        identity_of(payload(role=role), NAMES)


@pytest.mark.parametrize("organization", [None, "", 7, ["Kotka Homes"]])
def test_a_token_without_an_organization_is_refused(organization: object) -> None:
    with pytest.raises(Unauthenticated, match="claim organization must name an organization"):
        identity_of(payload(organization=organization), NAMES)


@pytest.mark.parametrize("wrong", [{"offices": "all"}, {"offices": ["Helsinki"]}, {"agent": "Anna"}, {"agent": 7}])
def test_offices_and_agent_that_are_no_ids_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated, match="must be a list of ids"):
        identity_of(payload(**wrong), NAMES)


def test_a_token_need_not_name_offices_or_an_agent() -> None:
    assert identity_of(payload(offices=None, agent=None), NAMES).rights == Rights(Role.AGENT)


def test_a_claim_inside_another_is_named_with_dots() -> None:
    names = ClaimNames("https://askare.example/organization", "realm_access.roles", "a.b.c", "agent")
    claims = payload(
        **{"https://askare.example/organization": "Kotka Homes", "realm_access": {"roles": ["supervisor"]}}
    )

    assert identity_of(claims, names).rights == Rights(Role.SUPERVISOR, frozenset(), AGENT)


def test_a_subject_that_is_a_uuid_is_the_user_id() -> None:
    assert identity_of(payload(sub=str(OTHER_USER).upper()), NAMES).user_id == OTHER_USER


def test_another_subject_is_made_a_uuid_that_is_the_same_for_ever() -> None:
    assert identity_of(payload(sub="auth0|anna"), NAMES).user_id == UUID("66e9ea5e-eba5-5f09-92f8-a680716f8fd3")


def test_the_same_subject_of_another_issuer_is_somebody_else() -> None:
    here, there = (
        identity_of(payload(sub="anna", iss=issuer), NAMES).user_id
        for issuer in ("https://login.example", "https://other.example")
    )

    assert here != there


def test_several_offices_are_kept() -> None:
    assert identity_of(payload(offices=[str(OFFICE), str(OTHER_OFFICE)]), NAMES).rights.office_ids == {
        OFFICE,
        OTHER_OFFICE,
    }


@given(
    st.dictionaries(
        st.sampled_from(["organization", "role", "offices", "agent", "sub"]),
        st.recursive(
            st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(),
            lambda part: st.lists(part, max_size=2) | st.dictionaries(st.text(), part, max_size=2),
            max_leaves=4,
        ),
    )
)
def test_any_claims_are_either_an_identity_or_refused(claims: dict[str, Any]) -> None:
    with suppress(Unauthenticated):
        identity_of(payload(**claims), NAMES)
