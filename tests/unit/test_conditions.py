"""What a condition on a document means, and in which order documents come."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askare.kernel.conditions import (
    EVERYTHING,
    All,
    Compare,
    Either,
    Kind,
    Not,
    Scalar,
    Sort,
    Test,
    holds,
    sorted_documents,
)

TASK: dict[str, Any] = {
    "name": "Debtor calls",
    "isenabled": 0,
    "intervalsec": 3600,
    "sites": "SITE1, SITE2",
    "dtstart": "2019-02-20T08:00:00Z",
    "dtstop": "",
    "periods": [],
    "opts": {"title": "", "comment": "Ask Veikko"},
    "ext": {"ct": "2019-08-26T12:09:03.34Z", "mine": 5, "tags": ["red", "blue"]},
}


def asks(field: str, kind: Kind, test: Test, *values: Scalar) -> Compare:
    return Compare(field, kind, test, values)


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        (asks("name", Kind.TEXT, Test.AMONG, "Debtor calls"), True),
        (asks("name", Kind.TEXT, Test.AMONG, "debtor calls"), False),
        (asks("name", Kind.TEXT, Test.AMONG, "x", "Debtor calls"), True),
        (asks("isenabled", Kind.FLAG, Test.AMONG, 0), True),
        (asks("isenabled", Kind.FLAG, Test.AMONG, 1), False),
        (asks("intervalsec", Kind.INTEGER, Test.GREATER, 3599), True),
        (asks("intervalsec", Kind.INTEGER, Test.GREATER, 3600), False),
        (asks("intervalsec", Kind.INTEGER, Test.AT_LEAST, 3600), True),
        (asks("intervalsec", Kind.INTEGER, Test.LESS, 3600), False),
        (asks("intervalsec", Kind.INTEGER, Test.AT_MOST, 3600.5), True),
        (asks("name", Kind.TEXT, Test.LIKE, "%CALL%"), True),
        (asks("name", Kind.TEXT, Test.LIKE, "call%"), False),
        (asks("name", Kind.TEXT, Test.LIKE, "D_btor%"), True),
        (asks("name", Kind.TEXT, Test.LIKE, "D.btor%"), False),
        (asks("dtstart", Kind.INSTANT, Test.AMONG, 1_550_649_600_000), True),
        (asks("dtstart", Kind.INSTANT, Test.LESS, 1_550_649_600_001), True),
        (asks("ext.ct", Kind.INSTANT, Test.AMONG, 1_566_821_343_340), True),
        (asks("dtstop", Kind.INSTANT, Test.LESS, 1_550_649_600_001), False),
        (asks("dtstop", Kind.INSTANT, Test.EMPTY), True),
        (asks("dtstart", Kind.INSTANT, Test.EMPTY), False),
        (asks("periods", Kind.ANY, Test.EMPTY), True),
        (asks("nowhere", Kind.TEXT, Test.EMPTY), True),
        (asks("opts.comment", Kind.TEXT, Test.AMONG, "Ask Veikko"), True),
        (asks("opts.comment.more", Kind.TEXT, Test.EMPTY), True),
        (asks("sites", Kind.NAMES, Test.AMONG, "SITE2"), True),
        (asks("sites", Kind.NAMES, Test.AMONG, "SITE1, SITE2"), True),
        (asks("sites", Kind.NAMES, Test.AMONG, "SITE"), False),
        (asks("ext.mine", Kind.ANY, Test.AMONG, 5), True),
        (asks("ext.mine", Kind.ANY, Test.AMONG, "5"), False),
        (asks("ext.mine", Kind.ANY, Test.GREATER, "4"), False),
        (asks("ext.tags", Kind.ANY, Test.AMONG, "blue"), True),
        (EVERYTHING, True),
        (Either(()), False),
        (Not(asks("isenabled", Kind.FLAG, Test.AMONG, 1)), True),
    ],
)
def test_a_condition_holds_or_not(condition: Any, answer: bool) -> None:
    assert holds(condition, TASK) is answer


def test_all_parts_must_hold_and_of_either_one() -> None:
    true, false = asks("isenabled", Kind.FLAG, Test.AMONG, 0), asks("isenabled", Kind.FLAG, Test.AMONG, 1)

    assert holds(All((true, true)), TASK)
    assert not holds(All((true, false)), TASK)
    assert holds(Either((false, true)), TASK)
    assert not holds(Either((false, false)), TASK)


@given(st.text("ab%_", max_size=8), st.text("abB", max_size=8))
def test_a_pattern_means_what_it_says(pattern: str, text: str) -> None:
    said = "".join({"%": ".*", "_": "."}.get(one, one) for one in pattern)

    assert holds(asks("name", Kind.TEXT, Test.LIKE, pattern), {"name": text or "-"}) is bool(
        re.fullmatch(said, (text or "-").lower())
    )


def test_no_pattern_takes_long() -> None:
    hostile = asks("name", Kind.TEXT, Test.LIKE, "%a" * 40 + "b")
    started = time.process_time()

    assert not holds(hostile, {"name": "a" * 10_000})
    assert time.process_time() - started < 5  # going back over it would take longer than the sun shines


def names(*sorts: Sort, of: list[dict[str, Any]]) -> list[Any]:
    return [one["name"] for one in sorted_documents(of, sorts)]


def test_the_first_wish_counts_most_and_equals_stay_as_they_came() -> None:
    documents = [
        {"name": "c", "n": 1, "m": 1},
        {"name": "a", "n": 2, "m": 1},
        {"name": "b", "n": 1, "m": 1},
        {"name": "d", "n": 1, "m": 2},
    ]

    assert names(Sort("n", Kind.INTEGER), Sort("m", Kind.INTEGER, descending=True), of=documents) == [
        "d",
        "c",
        "b",
        "a",
    ]
    assert names(Sort("n", Kind.INTEGER, descending=True), of=documents) == ["a", "c", "b", "d"]


def test_what_is_empty_comes_first_and_times_are_compared_as_times() -> None:
    documents = [
        {"name": "later", "at": "2019-08-26T12:09:03.34Z"},
        {"name": "sooner", "at": "2019-08-26T12:09:03Z"},
        {"name": "never", "at": ""},
    ]

    assert names(Sort("at", Kind.INSTANT), of=documents) == ["never", "sooner", "later"]
    assert names(Sort("at", Kind.INSTANT, descending=True), of=documents) == ["later", "sooner", "never"]


def test_numbers_come_before_texts() -> None:
    documents: list[dict[str, Any]] = [{"name": 1, "x": "a"}, {"name": 2, "x": 10}, {"name": 3}, {"name": 4, "x": 9}]

    assert names(Sort("x", Kind.ANY), of=documents) == [3, 4, 2, 1]
