"""Waiting for something to become true, with an end to the patience."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_SECONDS = 60.0  # a busy machine is no defect


def until(holds: Callable[[], object], what: str, *, seconds: float = PATIENCE_SECONDS) -> None:
    """Ask again and again until `holds` says yes.  Raises AssertionError, with `what`, when it never does."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"in vain waited {seconds:.0f} seconds for: {what}"
        time.sleep(0.02)
