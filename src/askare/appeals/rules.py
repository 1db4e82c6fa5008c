"""What becomes of appeals.  Pure."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from askare.appeals.model import Appeal, AppealStatus

CLOSED = frozenset({AppealStatus.RESOLVED, AppealStatus.REJECTED})


def number_of(count: int, *, created: datetime) -> str:
    """The number that a caller is told: the year, and the organization's running number, which it never gives twice.

    >>> from datetime import UTC
    >>> number_of(17, created=datetime(2026, 3, 2, tzinfo=UTC))
    '2026-000017'
    """
    return f"{created.year}-{count:06d}"


def with_status(appeal: Appeal, wanted: AppealStatus, *, now: datetime) -> Appeal:
    """The appeal in its new status; from the first closing on it says when that was, until it is opened again."""
    closed_at = (appeal.closed_at or now) if wanted in CLOSED else None
    return replace(appeal, status=wanted, closed_at=closed_at, updated_at=now, version=appeal.version + 1)
