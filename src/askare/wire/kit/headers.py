"""Request headers that mean the same in every dialect."""

from __future__ import annotations

import re

from askare.kernel.problems import Fault, Wrong
from askare.storage.idempotency import KEY_LETTERS_MAX

_TAG = re.compile(r'\s*(W/)?"([^"]*)"\s*')
NEVER = frozenset({-1})  # versions that no thing has


def read_versions(header: str, value: str, faults: list[Fault]) -> frozenset[int] | None:
    """The versions named by If-Match or If-None-Match; None for `*`.

    A weak tag never matches, and neither does one that we did not make (RFC 9110, 8.8.3 and 13.1.1).
    """
    if value.strip() == "*":
        return None
    versions = set()
    for part in value.split(","):
        tag = _TAG.fullmatch(part)
        if tag is None:
            faults.append(Fault(header, Wrong.TYPE, 'must be * or entity tags such as "3"'))
            return None
        if not tag[1] and tag[2].isascii() and tag[2].isdigit() and len(tag[2]) < 19:
            versions.add(int(tag[2]))
    return frozenset(versions) or NEVER


def etag_of(version: int) -> str:
    """The strong entity tag of a thing's version."""
    return f'"{version}"'


def read_idempotency_key(value: str, faults: list[Fault]) -> str | None:
    """The client's key: 1 to 255 printable characters."""
    if not 1 <= len(value) <= KEY_LETTERS_MAX or not value.isprintable():
        faults.append(Fault("Idempotency-Key", Wrong.TYPE, f"must be 1 to {KEY_LETTERS_MAX} printable characters"))
        return None
    return value
