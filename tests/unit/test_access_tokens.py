"""Our own JSON Web Tokens, and personal access tokens."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Any

import pytest
from joserfc import jwt

from askare.access import signatures, tokens
from askare.access.keys import SigningKey
from askare.kernel.caller import Caller
from askare.kernel.problems import Unauthenticated
from tests.values import (
    AGENT,
    NOW,
    OFFICE,
    ORGANIZATION,
    OTHER_OFFICE,
    SECOND,
    an_admin,
    an_agent,
    an_id,
)

KEY = SigningKey.generate()
OTHER_KEY = SigningKey.generate()
GOOD: dict[str, Any] = {
    "iss": "askare",
    "aud": "askare",
    "sub": str(AGENT),
    "iat": int(NOW.timestamp()),
    "exp": int((NOW + 900 * SECOND).timestamp()),
}
DEEP_OBJECT = b'{"a":' * 1_500


def encoded(part: object) -> str:
    text = part if isinstance(part, bytes) else json.dumps(part).encode()
    return urlsafe_b64encode(text).rstrip(b"=").decode()


def signed(claims: dict[str, Any], key: SigningKey = KEY, **header: Any) -> str:
    everything = {"alg": "ES256", "kid": key.key_id, **header}
    return jwt.encode(everything, claims, key.private, registry=signatures.REGISTRIES["ES256"])


def verify(token: str, *, now: datetime = NOW, issuer: str = "askare", audience: str = "askare") -> dict[str, Any]:
    payload = tokens.verified(token, KEY.private, "ES256", issuer=issuer, audience=audience, now=now)
    return tokens.all_claims_of(payload)


def issued(caller: Caller, *, now: datetime = NOW) -> str:
    return tokens.issue(caller, KEY, issuer="askare", audience="askare", token_id=an_id(7), now=now, seconds=900)


def test_an_issued_token_says_who_and_how_far_the_caller_sees() -> None:
    agent = an_agent(offices=[OTHER_OFFICE, OFFICE])

    assert verify(issued(agent)) == {
        "iss": "askare",
        "aud": "askare",
        "sub": str(agent.user_id),
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 900,
        "jti": str(an_id(7)),
        "organization": str(ORGANIZATION),
        "role": "agent",
        "offices": [str(OFFICE), str(OTHER_OFFICE)],
        "agent": str(AGENT),
    }


def test_a_token_of_someone_who_sees_every_office_names_none() -> None:
    assert verify(issued(an_admin()))["offices"] is None


def test_a_token_of_someone_of_a_thousand_offices_is_still_short_enough() -> None:
    token = issued(an_agent(offices=[an_id(number) for number in range(1_000)]))

    assert len(token) < tokens.TOKEN_BYTES_MAX
    assert verify(token)["offices"] is None


def test_a_token_of_the_most_offices_that_it_names_is_short_enough() -> None:
    token = issued(an_agent(offices=[an_id(number) for number in range(tokens.OFFICES_NAMED_MAX)]))

    assert len(token) < tokens.TOKEN_BYTES_MAX
    assert len(verify(token)["offices"]) == tokens.OFFICES_NAMED_MAX


def test_a_token_is_good_until_the_second_before_it_expires() -> None:
    verify(signed(GOOD), now=NOW + 899 * SECOND)


def test_a_token_has_expired_when_its_time_is_up_with_no_grace() -> None:
    with pytest.raises(Unauthenticated, match="has expired"):
        verify(signed(GOOD), now=NOW + 900 * SECOND)


@pytest.mark.parametrize("claim", ["iat", "nbf"])
def test_a_token_from_a_clock_that_is_30_seconds_ahead_is_good(claim: str) -> None:
    verify(signed({**GOOD, claim: GOOD["iat"] + 30}))


@pytest.mark.parametrize(("claim", "reason"), [("iat", "in the future"), ("nbf", "not valid yet")])
def test_a_token_from_a_later_moment_is_refused(claim: str, reason: str) -> None:
    with pytest.raises(Unauthenticated, match=reason):
        verify(signed({**GOOD, claim: GOOD["iat"] + 31}))


def test_a_token_of_another_issuer_is_refused() -> None:
    with pytest.raises(Unauthenticated, match="issued by somebody else"):
        verify(signed({**GOOD, "iss": "https://elsewhere.example"}))


@pytest.mark.parametrize("audience", ["elsewhere", [], ["elsewhere", "askare2"]])
def test_a_token_for_another_audience_is_refused(audience: object) -> None:
    with pytest.raises(Unauthenticated, match="meant for somebody else"):
        verify(signed({**GOOD, "aud": audience}))


def test_a_token_for_several_audiences_is_good_when_we_are_among_them() -> None:
    verify(signed({**GOOD, "aud": ["elsewhere", "askare"]}))


@pytest.mark.parametrize("claim", ["iss", "sub", "aud", "exp", "iat"])
def test_a_token_that_lacks_a_required_claim_is_refused(claim: str) -> None:
    with pytest.raises(Unauthenticated, match="must carry iss, sub, aud, exp and iat"):
        verify(signed({name: value for name, value in GOOD.items() if name != claim}))


@pytest.mark.parametrize(
    ("claim", "value"),
    [("exp", "9999999999"), ("exp", None), ("exp", True), ("iat", "x"), ("sub", 7), ("aud", {"a": "b"}), ("nbf", "x")],
)
def test_a_claim_of_another_kind_is_refused(claim: str, value: object) -> None:
    with pytest.raises(Unauthenticated, match="must carry"):
        verify(signed({**GOOD, claim: value}))


def test_an_expiry_of_nan_is_no_expiry() -> None:
    token = signed({**GOOD, "exp": float("nan")})

    with pytest.raises(Unauthenticated):
        verify(token)


@pytest.mark.parametrize("algorithm", ["none", "None", "nOnE", ""])
def test_a_token_without_signature_is_refused(algorithm: str) -> None:
    token = f"{encoded({'alg': algorithm, 'kid': KEY.key_id})}.{encoded(GOOD)}."

    with pytest.raises(Unauthenticated, match="signature does not hold"):
        verify(token)


@pytest.mark.parametrize(
    "secret",
    [
        KEY.private.as_pem(private=False),
        KEY.private.as_der(private=False),
        json.dumps(KEY.public_jwk).encode(),
        KEY.public_jwk["x"].encode(),
    ],
    ids=["PEM", "DER", "JWK", "x"],
)
def test_a_token_signed_with_the_public_key_as_a_shared_secret_is_refused(secret: bytes) -> None:
    head = f"{encoded({'alg': 'HS256', 'kid': KEY.key_id})}.{encoded(GOOD)}"
    token = f"{head}.{encoded(hmac.digest(secret, head.encode(), 'sha256'))}"

    with pytest.raises(Unauthenticated, match="signature does not hold"):
        verify(token)


def test_a_token_that_brings_its_own_key_is_refused() -> None:
    token = signed(GOOD, OTHER_KEY, kid=KEY.key_id, jwk=OTHER_KEY.public_jwk, jku="https://elsewhere.example/jwks")

    with pytest.raises(Unauthenticated, match="signature does not hold"):
        verify(token)


def test_a_token_with_a_changed_claim_is_refused() -> None:
    head, _, signature = signed(GOOD).split(".")

    with pytest.raises(Unauthenticated, match="signature does not hold"):
        verify(f"{head}.{encoded({**GOOD, 'sub': 'someone else'})}.{signature}")


def test_a_token_with_any_bit_of_its_signature_changed_is_refused() -> None:
    head, claims, signature = signed(GOOD).split(".")
    raw = bytearray(urlsafe_b64decode(signature + "=="))
    raw[17] ^= 1

    with pytest.raises(Unauthenticated, match="signature does not hold"):
        verify(f"{head}.{claims}.{encoded(bytes(raw))}")


def test_a_token_that_needs_an_extension_is_refused() -> None:
    with pytest.raises(Unauthenticated, match=r"extension \(crit\)"):
        tokens.peek(f"{encoded({'alg': 'ES256', 'kid': 'k', 'crit': ['b64'], 'b64': False})}.{encoded(GOOD)}.AAAA")


@pytest.mark.parametrize(
    "token",
    [
        "",
        "opaque",
        "..",
        "a.b.c",
        "a.b.c.d",
        "ä.ö.å",
        f"{encoded(['alg', 'kid'])}.{encoded(GOOD)}.AAAA",
        f"{encoded({'alg': 'ES256'})}.{encoded(GOOD)}.AAAA",
        f"{encoded({'alg': 7, 'kid': 8})}.{encoded(GOOD)}.AAAA",
        f"{encoded(b'[' * 3_000)}.{encoded(GOOD)}.AAAA",
        f"{encoded({'alg': 'ES256', 'kid': 'k'})}.{encoded(DEEP_OBJECT)}.AAAA",
        f"{encoded({'alg': 'ES256', 'kid': 'k'})}.{encoded(bytes([34, 255, 34]))}.AAAA",
    ],
)
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(Unauthenticated, match="cannot be read"):
        tokens.peek(token)


def test_a_personal_token_is_its_prefix_and_256_random_bits() -> None:
    token = tokens.personal_token(bytes(range(32)))

    assert token == "askare_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
    assert tokens.is_personal(token)


def test_a_personal_token_is_not_made_of_less() -> None:
    with pytest.raises(ValueError, match="32 random bytes"):
        tokens.personal_token(b"short")


@pytest.mark.parametrize("token", ["askare_", "askare_" + "a" * 42, "askare_" + "a" * 44, "x" + "a" * 49, ""])
def test_other_texts_are_no_personal_tokens(token: str) -> None:
    assert not tokens.is_personal(token)


def test_the_digest_of_a_token_does_not_hold_the_token() -> None:
    token = tokens.personal_token(bytes(32))

    assert len(tokens.digest_of(token)) == 32
    assert token.encode() not in tokens.digest_of(token)


def test_a_token_lives_as_long_as_it_says() -> None:
    claims = verify(issued(an_admin(), now=NOW + timedelta(milliseconds=999)))

    assert claims["exp"] - claims["iat"] == 900
