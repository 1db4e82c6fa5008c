"""Fetching the public keys of the outside OpenID Connect issuer that the administrator named."""

from __future__ import annotations

from typing import Any

import msgspec

from askare.outside.addresses import OF_THE_HOUSE
from askare.outside.fetch import Bounds, Fetcher, NotFetched

BOUNDS = Bounds(bytes_max=256 * 1024, total_seconds=5.0)


class KeysNotFetched(Exception):
    """The issuer did not answer with a JWKS document; the message says what it did instead."""


async def fetch_jwks(address: str) -> dict[str, Any]:
    """The JWKS document at the address.  Raises KeysNotFetched.

    The address is the administrator's own setting, so it may well be inside the house; redirects are not followed.
    """
    try:
        async with Fetcher(open_kinds=OF_THE_HOUSE) as fetcher:
            answer = await fetcher.fetch("GET", address, headers={"accept": "application/json"}, bounds=BOUNDS)
    except NotFetched as problem:
        raise KeysNotFetched(f"{address}: {problem.text}") from problem
    if answer.status != 200:
        raise KeysNotFetched(f"{address} answers {answer.status}")
    try:
        document = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise KeysNotFetched(f"{address}: {error}") from error
    if not isinstance(document, dict):
        raise KeysNotFetched(f"{address} does not answer with a JSON object")
    return document
