"""Fetching the public keys of the outside OpenID Connect issuer that the administrator named."""

from __future__ import annotations

from typing import Any

import httpx2
import msgspec

ANSWER_BYTES_MAX = 256 * 1024
SECONDS_MAX = 5.0


class KeysNotFetched(Exception):
    """The issuer did not answer with a JWKS document; the message says what it did instead."""


async def fetch_jwks(address: str) -> dict[str, Any]:
    """The JWKS document at the address.  Raises KeysNotFetched.

    The address is the administrator's own setting, so it may well be inside the house; redirects are not followed.
    """
    try:
        async with (
            httpx2.AsyncClient(timeout=SECONDS_MAX, follow_redirects=False) as client,
            client.stream("GET", address, headers={"Accept": "application/json"}) as answer,
        ):
            if answer.status_code != 200:
                raise KeysNotFetched(f"{address} answers {answer.status_code}")
            body = b""
            async for piece in answer.aiter_bytes():
                body += piece
                if len(body) > ANSWER_BYTES_MAX:
                    raise KeysNotFetched(f"{address} answers more than {ANSWER_BYTES_MAX} bytes")
        document = msgspec.json.decode(body)
    except (httpx2.HTTPError, httpx2.InvalidURL, msgspec.MsgspecError) as error:
        raise KeysNotFetched(f"{address}: {error}") from error
    if not isinstance(document, dict):
        raise KeysNotFetched(f"{address} does not answer with a JSON object")
    return document
