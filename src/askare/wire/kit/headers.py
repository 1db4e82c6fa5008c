"""Request headers that mean the same in every dialect."""

from __future__ import annotations

import re

from askare.kernel.problems import Fault, Wrong
from askare.storage.idempotency import KEY_LETTERS_MAX

_TAG = re.compile(r'(W/)?"([^"]*)"')
_TAGS = re.compile(r'\s*(?:W/)?"[^"]*"\s*(?:,\s*(?:W/)?"[^"]*"\s*)*')
_OURS = re.compile(r"[1-9][0-9]{0,17}")
_COMPARED_WEAKLY = ("If-None-Match",)  # RFC 9110, 13.1.2: a proxy that compresses makes our tags weak
NEVER = frozenset({-1})  # versions that no thing has


def read_versions(header: str, value: str, faults: list[Fault]) -> frozenset[int] | None:
    """The versions named by If-Match or If-None-Match; None for `*`.

    A weak tag never matches in If-Match, and one that we did not make never does (RFC 9110, 8.8.3 and 13.1.1).
    """
    if value.strip() == "*":
        return None
    if _TAGS.fullmatch(value) is None:
        faults.append(Fault(header, Wrong.TYPE, 'must be * or entity tags such as "3"'))
        return None
    versions = {
        int(tag)
        for weak, tag in _TAG.findall(value)
        if _OURS.fullmatch(tag) and (not weak or header in _COMPARED_WEAKLY)
    }
    return frozenset(versions) or NEVER


def etag_of(version: int) -> str:
    """The strong entity tag of a thing's version."""
    return f'"{version}"'


def read_idempotency_key(value: str, faults: list[Fault]) -> str | None:
    """The client's key: 1 to 255 printable ASCII characters."""
    if not 1 <= len(value) <= KEY_LETTERS_MAX or not value.isprintable() or not value.isascii():
        wanted = f"must be 1 to {KEY_LETTERS_MAX} printable ASCII characters"
        faults.append(Fault("Idempotency-Key", Wrong.TYPE, wanted))
        return None
    return value
