"""Signatures of JSON Web Tokens.  Loaded with the first one: with them come all kinds of keys, and certificates."""

from __future__ import annotations

from copy import copy
from typing import Any

from joserfc import jws, jwt
from joserfc.jwk import Key

from askare.access.keys import ALGORITHM, SigningKey
from askare.access.tokens import TOKEN_BYTES_MAX


class _Registry(jws.JWSRegistry):
    """joserfc's algorithms; the name EdDSA, which issuers still use, without the warning that it has a new one."""

    max_header_length = TOKEN_BYTES_MAX
    algorithms = {**jws.JWSRegistry.algorithms, "EdDSA": copy(jws.JWSRegistry.algorithms["EdDSA"])}  # noqa: RUF012
    algorithms["EdDSA"].security_warning = None


# No HS…: with it, a public key's own text would do as the secret.  No "none".
ALGORITHMS = ("ES256", "RS256", "PS256", "EdDSA", "Ed25519")
# RFC 7515, 4: header parameters that are not understood are ignored (but see `crit` in `tokens.peek`).
REGISTRIES = {name: _Registry(algorithms=[name], strict_check_header=False) for name in ALGORITHMS}


def signed(claims: dict[str, Any], key: SigningKey) -> str:
    """A token of ours with these claims."""
    return jwt.encode({"alg": ALGORITHM, "kid": key.key_id}, claims, key.private, registry=REGISTRIES[ALGORITHM])


def payload_of(token: str, key: Key, algorithm: str) -> bytes:
    """What the token says, once the signature holds.  Raises JoseError, or what else a crooked token leads to."""
    return jws.deserialize_compact(token, key, registry=REGISTRIES[algorithm]).payload
