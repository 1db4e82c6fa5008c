"""How far somebody has come who is told of all changes, as it is written down."""

from __future__ import annotations

import pytest

from askare.storage.flavour import POSTGRES, SQLITE, Flavour
from askare.storage.marks import Way, way_of


@pytest.mark.parametrize(
    ("flavour", "way", "text"),
    [
        (SQLITE, Way("17"), "17"),
        (SQLITE, Way("17", "30", 20), "17/30/20"),
        (POSTGRES, Way("10:20:10,14"), "10:20:10,14"),
        (POSTGRES, Way("10:20:10,14", "20:20:", 8), "10:20:10,14/20:20:/8"),
    ],
)
def test_a_way_is_read_as_it_was_written(flavour: Flavour, way: Way, text: str) -> None:
    assert str(way) == text
    assert way_of(text, flavour) == way


@pytest.mark.parametrize(
    "text", ["", "x", "1/2", "1/2/x", "1/x/3", "1/2/3/4", "1/2/-3", "1//", f"1/2/{10**19}", "1/2/３"]
)
def test_what_is_no_way_is_none(text: str) -> None:
    assert way_of(text, SQLITE) is None
    assert way_of(text.replace("1", "10:20:", 1), POSTGRES) is None
