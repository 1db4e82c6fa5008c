"""When a promise that could not be kept is tried again."""

from __future__ import annotations

from datetime import timedelta

from askare.jobs.rules import RETRIES, next_attempt
from tests.values import NOW


def test_the_first_failure_is_tried_again_soon() -> None:
    assert next_attempt(1, now=NOW) == NOW + timedelta(seconds=1)


def test_each_failure_waits_longer_than_the_one_before() -> None:
    assert list(RETRIES) == sorted(set(RETRIES))


def test_after_the_last_retry_it_is_given_up() -> None:
    assert next_attempt(len(RETRIES), now=NOW) == NOW + RETRIES[-1]
    assert next_attempt(len(RETRIES) + 1, now=NOW) is None
