"""Instants: whole milliseconds of UTC inside, `Z` outside."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askare.kernel.time import EARLIEST, LATEST, instant_of, milliseconds, settled, written

HELSINKI_WINTER = timezone(timedelta(hours=2))
offsets = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))
instants = st.datetimes(datetime(1900, 1, 2), datetime(2199, 12, 30), timezones=offsets)  # noqa: DTZ001


def test_an_instant_is_kept_in_utc() -> None:
    assert settled(datetime(2026, 3, 2, 14, 0, tzinfo=HELSINKI_WINTER)) == datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    assert settled(datetime(2026, 3, 2, 14, 0, tzinfo=HELSINKI_WINTER)).tzinfo is UTC


def test_less_than_a_millisecond_is_cut_off() -> None:
    assert settled(datetime(2026, 3, 2, 12, 0, 0, 123_999, tzinfo=UTC)).microsecond == 123_000


def test_an_instant_without_offset_is_refused_with_advice() -> None:
    with pytest.raises(ValueError, match=r"add Z or \+02:00"):
        settled(datetime(2026, 3, 2, 12, 0))  # noqa: DTZ001


@pytest.mark.parametrize("instant", [EARLIEST, LATEST - timedelta(microseconds=1)])
def test_the_years_1900_up_to_2200_are_taken(instant: datetime) -> None:
    assert EARLIEST <= settled(instant) < LATEST


@pytest.mark.parametrize(
    "instant",
    [
        EARLIEST - timedelta(microseconds=1),
        LATEST,
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),  # its UTC form has no year at all
        datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-14))),
        datetime(2199, 12, 31, 23, tzinfo=timezone(timedelta(hours=-2))),
    ],
)
def test_other_years_are_refused(instant: datetime) -> None:
    with pytest.raises(ValueError, match="between the years 1900 and 2200"):
        settled(instant)


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (datetime(2022, 12, 31, 23, 59, 59, tzinfo=UTC), "2022-12-31T23:59:59Z"),
        (datetime(2022, 12, 31, 23, 59, 59, 5_000, tzinfo=UTC), "2022-12-31T23:59:59.005Z"),
        (datetime(1900, 1, 1, tzinfo=UTC), "1900-01-01T00:00:00Z"),
    ],
)
def test_a_fraction_is_written_only_when_there_is_one(instant: datetime, text: str) -> None:
    assert written(instant) == text


def test_the_store_counts_milliseconds_from_1970() -> None:
    assert milliseconds(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)) == 1_000
    assert milliseconds(datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)) == -1


@given(instants)
def test_settling_moves_an_instant_by_less_than_a_millisecond(instant: datetime) -> None:
    assert timedelta() <= instant - settled(instant) < timedelta(milliseconds=1)


@given(instants)
def test_a_settled_instant_survives_store_and_answer(instant: datetime) -> None:
    kept = settled(instant)

    assert settled(kept) == kept
    assert instant_of(milliseconds(kept)) == kept
    assert datetime.fromisoformat(written(kept)) == kept


@given(instants, instants)
def test_the_store_orders_instants_as_time_does(one: datetime, other: datetime) -> None:
    one, other = settled(one), settled(other)

    assert (milliseconds(one) < milliseconds(other)) == (one < other)
