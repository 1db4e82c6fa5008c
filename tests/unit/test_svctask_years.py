"""A season of random timetables, held against the definition; `make torture` lives through ten years of a thousand."""

from __future__ import annotations

import random

import pytest

from tests.years import check, random_timetable


@pytest.mark.parametrize("number", range(30))
def test_every_planned_start_has_exactly_one_outcome_and_the_preview_tells_it_beforehand(number: int) -> None:
    dice = random.Random(f"short/{number}")

    assert check(random_timetable(dice, years=0.35), dice) > 0
