"""Bearer tokens: our own JSON Web Tokens, and opaque personal access tokens.

Sources: RFC 7519 and RFC 8725 (JWT and its best current practices), architecture, reliability rule 9.
"""

from __future__ import annotations

import re
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from joserfc.errors import JoseError
from joserfc.util import urlsafe_b64decode, urlsafe_b64encode
from msgspec import UNSET, Struct

from askare.access.keys import SigningKey
from askare.kernel.caller import Caller
from askare.kernel.problems import Unauthenticated

if TYPE_CHECKING:
    from joserfc.jwk import Key

TOKEN_BYTES_MAX = 8 * 1024

# An issuer's clock may be ahead of ours, and its freshest token must not be refused for that.  There is no such
# grace after `exp`: it would only make every token live longer, and a client renews in time anyway.
CLOCK_AHEAD_SECONDS_MAX = 30

# A token that names more would grow past `TOKEN_BYTES_MAX`.  The claim informs other programs only: here the rights
# are always read from the user.
OFFICES_NAMED_MAX = 100

PERSONAL_PREFIX = "askare_"
SECRET_BYTES = 32
SESSION_PREFIX = "askare_session_"
_SESSION = re.compile(r"askare_session_[A-Za-z0-9_-]{43}")
_PERSONAL = re.compile(r"askare_[A-Za-z0-9_-]{43}")


# Personal access tokens ------------------------------------------------------------------------------------------


def personal_token(secret: bytes) -> str:
    """The personal access token made of 32 random bytes.  Shown once; only its digest is kept."""
    if len(secret) != SECRET_BYTES:
        raise ValueError(f"a personal access token is made of {SECRET_BYTES} random bytes")
    return PERSONAL_PREFIX + urlsafe_b64encode(secret).decode()


def is_personal(token: str) -> bool:
    return _PERSONAL.fullmatch(token) is not None


def session_token(secret: bytes) -> str:
    """The value of a session's cookie, made of 32 random bytes.  Only its digest is kept."""
    return SESSION_PREFIX + personal_token(secret).removeprefix(PERSONAL_PREFIX)


def is_session(token: str) -> bool:
    return _SESSION.fullmatch(token) is not None


def digest_of(token: str) -> bytes:
    """What is kept of a personal access token or a session.

    A plain SHA-256 is enough: nobody guesses 240 random bits.
    """
    return sha256(token.encode()).digest()


# JSON Web Tokens -------------------------------------------------------------------------------------------------


class Unverified(Struct, frozen=True):
    """What a token says of itself: good for choosing a key to judge it by, and for nothing else."""

    algorithm: str
    key_id: str
    issuer: str
    subject: str


class Claims(Struct, frozen=True):
    """The claims that every token must carry.  Instants are seconds since 1970."""

    iss: str
    sub: str
    aud: str | list[str]
    exp: float
    iat: float
    nbf: float | None = None


class _Header(Struct, frozen=True):
    alg: str
    kid: str
    crit: Any = UNSET
    b64: Any = UNSET


class _Spoken(Struct, frozen=True):
    iss: str
    sub: str


_UNREADABLE = (JoseError, msgspec.MsgspecError, ValueError, TypeError, RecursionError)


def issue(
    caller: Caller, key: SigningKey, *, issuer: str, audience: str, token_id: UUID, now: datetime, seconds: int
) -> str:
    """A token for the caller that lives `seconds`.

    Its claim `offices` is null for a caller who sees every office, and for one of more than `OFFICES_NAMED_MAX`.
    """
    from askare.access import signatures  # loaded with the first JSON Web Token: many servers never see one

    issued = int(now.timestamp())
    office_ids = caller.office_ids
    if office_ids is not None and len(office_ids) > OFFICES_NAMED_MAX:
        office_ids = None
    claims = {
        "iss": issuer,
        "aud": audience,
        "sub": str(caller.user_id),
        "iat": issued,
        "exp": issued + seconds,
        "jti": str(token_id),
        "organization": str(caller.organization_id),
        "role": caller.role.value,
        "offices": None if office_ids is None else sorted(map(str, office_ids)),
        "agent": None if caller.agent_id is None else str(caller.agent_id),
    }
    return signatures.signed(claims, key)


def peek(token: str) -> Unverified:
    """What the token says of itself, unverified.  Raises Unauthenticated for what is no token at all."""
    try:
        encoded_header, encoded_claims, _ = token.encode("ascii").split(b".")
        header = msgspec.json.decode(urlsafe_b64decode(encoded_header), type=_Header)
        spoken = msgspec.json.decode(urlsafe_b64decode(encoded_claims), type=_Spoken)
    except _UNREADABLE:
        raise Unauthenticated("The token cannot be read.") from None
    if header.crit is not UNSET or header.b64 is not UNSET:
        raise Unauthenticated("The token needs an extension (crit) that is not supported.")
    return Unverified(header.alg, header.kid, spoken.iss, spoken.sub)


def verified(token: str, key: Key, algorithm: str, *, issuer: str, audience: str, now: datetime) -> bytes:
    """The payload of a token that this key signed by this algorithm, is meant for us, and is valid now.

    Raises Unauthenticated otherwise.  The algorithm is the key's, never the one that the token asks for.
    """
    from askare.access import signatures  # as above

    try:
        payload = signatures.payload_of(token, key, algorithm)
    except _UNREADABLE:
        raise Unauthenticated("The token's signature does not hold.") from None
    claims = claims_of(payload)
    seconds = now.timestamp()
    if claims.iss != issuer:
        raise Unauthenticated("The token was issued by somebody else.")
    if audience not in ([claims.aud] if isinstance(claims.aud, str) else claims.aud):
        raise Unauthenticated("The token is meant for somebody else.")
    if claims.exp <= seconds:
        raise Unauthenticated("The token has expired.")
    if claims.iat > seconds + CLOCK_AHEAD_SECONDS_MAX:
        raise Unauthenticated("The token was issued in the future; compare the clocks.")
    if claims.nbf is not None and claims.nbf > seconds + CLOCK_AHEAD_SECONDS_MAX:
        raise Unauthenticated("The token is not valid yet.")
    return payload


def claims_of(payload: bytes) -> Claims:
    """Raises Unauthenticated when one of the required claims is missing or not of its kind."""
    try:
        return msgspec.json.decode(payload, type=Claims)
    except _UNREADABLE:
        raise Unauthenticated("The token must carry iss, sub, aud, exp and iat.") from None


def all_claims_of(payload: bytes) -> dict[str, Any]:
    """Raises Unauthenticated when they cannot be read."""
    try:
        return msgspec.json.decode(payload, type=dict[str, Any])
    except _UNREADABLE:
        raise Unauthenticated("The token's claims cannot be read.") from None
