"""Passwords: hashed with argon2id, checked in the same time for users that do not exist.

A hash takes 64 MiB and some 50 ms; `AT_ONCE` of them may run in one process, and never on the event loop (the door
sees to both).
"""

from __future__ import annotations

import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY
from msgspec import Struct

from askare.access.rules import require_good_password
from askare.settings import Secret

AT_ONCE = 2  # hashes a process, so 128 MiB

# The second recommendation of RFC 9106.  The first takes 2 GiB a hash, which small machines do not have.
RECOMMENDED = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)


class Verdict(Struct, frozen=True):
    """Whether a password is right; `fresh_hash`, when there is one, should take the place of the stored hash."""

    right: bool
    fresh_hash: Secret | None = None


def hashed(password: str, *, hasher: PasswordHasher = RECOMMENDED) -> str:
    """The hash under which a new password is kept.  Raises Invalid for one that is too short or too long."""
    require_good_password(password)
    return hasher.hash(_letters(password))


def judged(password: str, stored_hash: Secret | None, *, hasher: PasswordHasher = RECOMMENDED) -> Verdict:
    """Whether this is the password of the stored hash.

    None (no such user, no password, a disabled user) is never right and takes as long as a wrong password, so that
    nobody learns which usernames exist.  A hash made under other parameters than today's is made anew.
    """
    letters = _letters(password)
    if not stored_hash:
        hasher.hash(letters)
        return Verdict(False)
    try:
        hasher.verify(stored_hash.reveal(), letters)
    except (VerificationError, InvalidHashError):
        return Verdict(False)
    if hasher.check_needs_rehash(stored_hash.reveal()):
        return Verdict(True, Secret(hasher.hash(letters)))
    return Verdict(True)


def _letters(password: str) -> bytes:
    # A Mac writes ä as two code points, a PC as one; both mean the same password.
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
