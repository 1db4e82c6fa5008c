"""Tokens of one outside OpenID Connect issuer, and how its claims name organization, role, offices and agent.

The keys come from the issuer's JWKS document, through a function that is handed in: nothing here opens a
connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from askare.access import rules, signatures, tokens
from askare.access.model import Identity, Rights
from askare.access.tokens import Unverified
from askare.kernel.problems import Unauthenticated, Unavailable
from askare.settings import Settings

FetchJwks = Callable[[], Awaitable[dict[str, Any]]]

FETCHED_AGAIN_AFTER = timedelta(minutes=15)  # so a key that the issuer withdraws is believed no longer than that
TRIED_AGAIN_AFTER = timedelta(minutes=1)  # whatever tokens come in, the issuer is not asked more often
FETCH_SECONDS_MAX = 5.0
KEYS_MAX = 100
RSA_BITS_MIN = 2048

_log = structlog.get_logger("askare")

# No shared secrets ("oct"): whoever can check such a signature can also make one.
_KINDS: dict[str, type[RSAKey | ECKey | OKPKey]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}

Keys = Mapping[tuple[str, str], Key]  # by key id and algorithm: a key is found only for what it may do


def keys_of(document: object) -> Keys:
    """The usable keys of a JWKS document.  A key that we do not understand is as good as none (RFC 7517, 5).

    Raises ValueError when the document is no JWKS document.
    """
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise ValueError("this is no JWKS document: it has no list of keys")
    found: dict[tuple[str, str], Key] = {}
    for jwk in listed[:KEYS_MAX]:
        try:
            key = _KINDS[jwk["kty"]].import_key(jwk)
            for algorithm in _algorithms(key):
                if key.kid:
                    found.setdefault((key.kid, algorithm), key)
        except (JoseError, ValueError, TypeError, LookupError, AttributeError):
            continue
    return found


def _algorithms(key: Key) -> tuple[str, ...]:
    """What the key may verify: what its type can, and of that only the algorithm that it is meant for, if any."""
    can: tuple[str, ...] = ()
    if isinstance(key, RSAKey) and key.raw_value.key_size >= RSA_BITS_MIN:
        can = ("RS256", "PS256")
    elif isinstance(key, ECKey) and key.curve_name == "P-256":
        can = ("ES256",)
    elif isinstance(key, OKPKey) and key.curve_name == "Ed25519":
        can = ("EdDSA", "Ed25519")  # one algorithm, by its old name and by that of RFC 9864
    if key.get("use") not in (None, "sig"):
        return ()
    return tuple(name for name in can if key.alg in (None, name) or (key.alg in can and isinstance(key, OKPKey)))


class ClaimNames(msgspec.Struct, frozen=True):
    """Under which names the issuer's tokens say what we ask for."""

    organization: str
    role: str
    offices: str
    agent: str


def identity_of(payload: bytes, names: ClaimNames) -> Identity:
    """Whom the claims of a verified token name.

    The role may be one name or a list of them; the strongest that we know counts.  A claim inside another is named
    with dots, as in `realm_access.roles`.  A subject that is no UUID is made one, the same for ever.  Raises
    Unauthenticated, naming the claim that is missing or not of its kind.
    """
    claims = tokens.claims_of(payload)
    everything = tokens.all_claims_of(payload)
    organization = _claim(everything, names.organization)
    if not isinstance(organization, str) or not organization:
        raise Unauthenticated(f"The token's claim {names.organization} must name an organization.")
    given = _claim(everything, names.role)
    role = rules.strongest([given] if isinstance(given, str) else given if isinstance(given, list) else [])
    if role is None:
        raise Unauthenticated(f"The token's claim {names.role} must name a role.")
    offices = _claim(everything, names.offices)
    agent = _claim(everything, names.agent)
    try:
        rights = Rights(
            role,
            msgspec.convert([] if offices is None else offices, frozenset[UUID]),
            msgspec.convert(agent, UUID | None),
        )
    except msgspec.ValidationError:
        raise Unauthenticated(
            f"The token's claim {names.offices} must be a list of ids, and {names.agent} an id."
        ) from None
    return Identity(organization, _user_id(claims), rights, claims.exp)


def _claim(claims: dict[str, Any], name: str) -> Any:
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        if not isinstance(found, dict):
            return None
        found = found.get(part)
    return found


def _user_id(claims: tokens.Claims) -> UUID:
    try:
        return msgspec.convert(claims.sub, UUID)
    except msgspec.ValidationError:
        return uuid5(uuid5(NAMESPACE_URL, claims.iss), claims.sub)


class OutsideIssuer:
    """One outside issuer and the keys that it is known by."""

    def __init__(self, settings: Settings, fetch_jwks: FetchJwks) -> None:
        self.issuer = settings.oidc_issuer
        self._audience = settings.oidc_audience
        self._names = ClaimNames(
            settings.oidc_organization_claim,
            settings.oidc_role_claim,
            settings.oidc_offices_claim,
            settings.oidc_agent_claim,
        )
        self._fetch_jwks = fetch_jwks
        self._keys: Keys = {}
        self._fetched: datetime | None = None
        self._tried: datetime | None = None
        self._fetching: asyncio.Task[None] | None = None

    async def identity(self, token: str, spoken: Unverified, *, now: datetime) -> Identity:
        """Whom the token stands for.

        Raises Unauthenticated, and Unavailable while not a single key could be fetched: the token may be good, and
        the client should not throw it away.
        """
        key = await self._key(spoken, now=now)
        payload = tokens.verified(token, key, spoken.algorithm, issuer=self.issuer, audience=self._audience, now=now)
        return identity_of(payload, self._names)

    async def _key(self, spoken: Unverified, *, now: datetime) -> Key:
        if spoken.algorithm not in signatures.ALGORITHMS:
            raise Unauthenticated("The token's algorithm is not accepted.")
        if self._fetched is None or now - self._fetched >= FETCHED_AGAIN_AFTER:
            await self._fetch_again(now)
        key = self._find(spoken)
        if key is None and not any(key_id == spoken.key_id for key_id, _ in self._keys):
            await self._fetch_again(now)
            key = self._find(spoken)
        if key is None and self._fetched is None:
            raise Unavailable("The keys of the token's issuer cannot be fetched.", retry_after_seconds=60)
        if key is None:
            raise Unauthenticated("The token's issuer has no such key.")
        return key

    def _find(self, spoken: Unverified) -> Key | None:
        return self._keys.get((spoken.key_id, spoken.algorithm))

    async def _fetch_again(self, now: datetime) -> None:
        """Ask the issuer for its keys, unless that was tried a moment ago.  All who need them wait for one answer."""
        if self._fetching is None:
            if self._tried is not None and now - self._tried < TRIED_AGAIN_AFTER:
                return
            self._tried = now
            self._fetching = asyncio.create_task(self._fetch(now))
        # One client that hangs up must not take the answer away from the others.
        await asyncio.shield(self._fetching)

    async def _fetch(self, now: datetime) -> None:
        try:
            async with asyncio.timeout(FETCH_SECONDS_MAX):
                document = await self._fetch_jwks()
            self._keys = keys_of(document)
            self._fetched = now
        except Exception as error:  # whatever ails the issuer, the known keys stay in use
            _log.warning("the keys of the outside issuer cannot be fetched", issuer=self.issuer, error=repr(error))
        finally:
            self._fetching = None
