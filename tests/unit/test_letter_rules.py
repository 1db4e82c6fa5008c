"""When letters leave, when they are tried again, when that ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from askare.kernel.problems import Refused
from askare.letters.model import Language, LetterState, Rhythm
from askare.letters.rules import LIFE, next_attempt, next_digest, require_sendable_again
from tests.letter_values import a_letter
from tests.values import DAY, HOUR, NOW, SECOND

MINUTE = timedelta(minutes=1)
END = NOW + LIFE


@pytest.mark.parametrize(
    ("attempts", "pause"),
    [(1, 5 * MINUTE), (2, 10 * MINUTE), (3, 20 * MINUTE), (4, 40 * MINUTE), (5, 4_000 * SECOND), (90, 4_000 * SECOND)],
)
def test_the_pauses_double_from_five_minutes_up_to_4000_seconds(attempts: int, pause: timedelta) -> None:
    assert next_attempt(attempts, failed_at=NOW, expires=END) == NOW + pause


def test_no_attempt_is_made_when_the_five_days_are_over() -> None:
    assert next_attempt(1, failed_at=END - 5 * MINUTE - SECOND, expires=END) == END - SECOND
    assert next_attempt(1, failed_at=END - 5 * MINUTE, expires=END) is None


def test_a_letter_that_is_never_taken_is_tried_about_a_hundred_times() -> None:
    at: datetime | None = NOW
    attempts = 0
    while at is not None:
        attempts += 1
        at = next_attempt(attempts, failed_at=at, expires=END)

    assert attempts == 111


def test_a_digest_leaves_at_its_hour_of_the_present_day_or_of_the_next() -> None:
    at_seven = Rhythm(7, "Europe/Helsinki")

    before, at, after = (datetime(2026, 3, 2, hour, minute, tzinfo=UTC) for hour, minute in ((4, 59), (5, 0), (5, 1)))

    assert next_digest(before, at_seven) == at
    assert next_digest(at, at_seven) == at + DAY
    assert next_digest(after, at_seven) == at + DAY


def test_a_digest_leaves_at_the_same_hour_of_the_clock_in_summer() -> None:
    assert next_digest(datetime(2026, 3, 28, 6, tzinfo=UTC), Rhythm(7, "Europe/Helsinki")) == datetime(
        2026, 3, 29, 4, tzinfo=UTC
    )


def test_a_digest_at_an_hour_that_the_clocks_skip_leaves_all_the_same() -> None:
    assert next_digest(datetime(2026, 3, 28, 12, tzinfo=UTC), Rhythm(3, "Europe/Helsinki")) == datetime(
        2026, 3, 29, 1, tzinfo=UTC
    )


def test_a_digest_at_an_hour_that_comes_twice_leaves_once() -> None:
    rhythm = Rhythm(3, "Europe/Helsinki")
    first = next_digest(datetime(2026, 10, 24, 12, tzinfo=UTC), rhythm)

    assert first == datetime(2026, 10, 25, 0, tzinfo=UTC)
    assert next_digest(first, rhythm) == datetime(2026, 10, 26, 1, tzinfo=UTC)


def test_a_digest_that_still_gathers_cannot_be_sent_before_its_hour() -> None:
    gathering = a_letter()

    with pytest.raises(Refused, match="still gathers"):
        require_sendable_again(gathering, now=gathering.due - SECOND)

    require_sendable_again(gathering, now=gathering.due)
    require_sendable_again(a_letter(state=LetterState.REFUSED), now=gathering.due - HOUR)


@pytest.mark.parametrize(
    ("code", "language"),
    [("fi", Language.FI), ("sv-FI", Language.SV), ("EN", Language.EN), ("ru", None), ("", None), (None, None)],
)
def test_a_language_is_known_by_the_beginning_of_its_code(code: str | None, language: Language | None) -> None:
    assert Language.of(code) is language
