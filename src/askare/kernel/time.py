"""Instants: aware UTC datetimes of whole milliseconds inside, `Z` outside, integers of milliseconds in the store.

Source: OviPro contract 1.4, "Resolution for date-time".
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)  # the first instant that is too late

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def settled(instant: datetime) -> datetime:
    """Return the same instant in UTC, cut to whole milliseconds.

    Raises ValueError for a datetime without offset and for one outside 1900 up to 2200.
    """
    if instant.tzinfo is not UTC:
        if instant.tzinfo is None:
            raise ValueError("must carry an offset: add Z or +02:00")
        try:
            instant = instant.astimezone(UTC)
        except OverflowError:
            raise ValueError("must lie between the years 1900 and 2200") from None
    if not EARLIEST <= instant < LATEST:
        raise ValueError("must lie between the years 1900 and 2200")
    excess = instant.microsecond % 1000
    return instant.replace(microsecond=instant.microsecond - excess) if excess else instant


def settled_day(day: date) -> date:
    """Return the same day.  Raises ValueError for one outside 1900 up to 2200."""
    if not EARLIEST.date() <= day < LATEST.date():
        raise ValueError("must lie between the years 1900 and 2200")
    return day


def milliseconds(instant: datetime) -> int:
    """Whole milliseconds since 1970, the form in which the store keeps and compares instants."""
    return (instant - _EPOCH) // _MILLISECOND


def instant_of(stored_milliseconds: int) -> datetime:
    """The instant that the store kept as `stored_milliseconds`."""
    return _EPOCH + timedelta(milliseconds=stored_milliseconds)


def written(instant: datetime) -> str:
    """RFC 3339 in UTC with `Z`; a fraction of three digits only when it is not zero."""
    precision = "milliseconds" if instant.microsecond else "seconds"
    return instant.replace(tzinfo=None).isoformat(timespec=precision) + "Z"
