"""When a promise that could not be kept is tried again."""

from __future__ import annotations

from datetime import datetime, timedelta

RETRIES = tuple(timedelta(seconds=seconds) for seconds in (1, 5, 30, 120, 600, 1_800, 3_600))


def next_attempt(attempts: int, *, now: datetime, retries: tuple[timedelta, ...] = RETRIES) -> datetime | None:
    """When to try again after `attempts` tries that failed, or None when that was the last one."""
    return now + retries[attempts - 1] if attempts <= len(retries) else None
