"""Where the outside world's accidents come from: the clock and new ids.

Every entrance (a request, a job, a command) is handed one `Edge` and passes plain values down; nothing below reads
a clock or throws dice.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from msgspec import Struct

from askare.kernel.time import settled


def _now() -> datetime:
    return settled(datetime.now(UTC))


def _new_id() -> UUID:
    """A random UUID, version 4: the OviPro pattern admits versions 1 to 5 only (contract 1.4)."""
    bits = int.from_bytes(os.urandom(16), "big")
    bits = bits & ~(0xF << 76) & ~(0x3 << 62) | (0x4 << 76) | (0x2 << 62)
    return UUID(int=bits)


class Edge(Struct, frozen=True):
    """The clock (aware UTC, whole milliseconds) and the source of new ids."""

    now: Callable[[], datetime] = _now
    new_id: Callable[[], UUID] = _new_id
