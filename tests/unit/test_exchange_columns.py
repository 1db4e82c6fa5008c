"""Rows and things: each becomes the other, formulas do no harm, and what cannot be read is left to be refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askare.directory.model import Kind
from askare.exchange.columns import (
    Leaf,
    cells_of,
    columns_of,
    heading_of,
    nearest,
    neutralised,
    restored,
    thing_of,
)
from tests.samples import NEIGHBOURS

FORMULAS = ["=1+1", "+358401234567", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "'=1", "''=1", '=HYPERLINK("http://x")']


@pytest.mark.parametrize("text", FORMULAS)
def test_what_a_spreadsheet_takes_for_a_formula_gets_an_apostrophe_in_front(text: str) -> None:
    assert neutralised(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Hämeenkatu 1", "'quoted'", "a=1", "1-2", "''"])
def test_what_is_no_formula_is_left_alone(text: str) -> None:
    assert neutralised(text) == restored(text) == text


@given(st.text() | st.sampled_from(FORMULAS).flatmap(lambda start: st.text().map(lambda end: start + end)))
def test_every_text_comes_back_as_it_was(text: str) -> None:
    assert restored(neutralised(text)) == text
    assert neutralised(text)[:1] not in tuple("=+-@\t\r")


def test_nested_fields_are_columns_with_a_dot() -> None:
    names = [column.name for column in columns_of(Kind.REALTY)]

    assert names[0] == "realtyId"
    assert {"debtFreePrice.amount", "address.postcode", "features.hasSauna", "livingAreaInSquareMeters"} <= set(names)
    leaves = {column.name: column.leaf for column in columns_of(Kind.REALTY)}
    assert leaves["constructionYear"] is Leaf.WHOLE
    assert leaves["debtFreePrice.amount"] is Leaf.NUMBER
    assert leaves["features.hasSauna"] is Leaf.FLAG
    assert {column.name: column.leaf for column in columns_of(Kind.AGENT)}["agencyOfficeIds"] is Leaf.LIST


@pytest.mark.parametrize(
    ("kind", "key"),
    [(Kind.OFFICE, "agencyOffices"), (Kind.AGENT, "agents"), (Kind.PARTY, "parties"), (Kind.REALTY, "realties")],
)
def test_a_sample_becomes_a_row_and_the_row_the_sample(kind: Kind, key: str) -> None:
    sample: dict[str, Any] = {name: value for name, value in NEIGHBOURS[key][0].items() if value is not None}
    names = [column.name for column in columns_of(kind)]

    cells = cells_of(kind, sample)

    assert thing_of(heading_of(kind, names), cells) == sample


def test_a_heading_does_not_mind_case_and_names_what_nobody_knows() -> None:
    heading = heading_of(Kind.PARTY, ["PARTYID", " Name ", "e-mail", "row", "error", "phoneE164", ""])

    assert [column and column.name for column in heading.columns] == ["partyId", "name", None, None, None, None, None]
    assert heading.unknown == ("e-mail",)
    assert nearest(Kind.PARTY, "e-mail") == "; did you mean email?"
    assert nearest(Kind.PARTY, "zzz") == ""


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        ("debtFreePrice.amount", "145 000", 145_000),
        ("debtFreePrice.amount", "145\u00a0000,50", 145_000.5),
        ("debtFreePrice.amount", 145_000.0, 145_000),
        ("debtFreePrice.amount", "cheap", "cheap"),
        ("debtFreePrice.amount", "1e400", "1e400"),
        ("constructionYear", "2010", 2010),
        ("constructionYear", 2010.0, 2010),
        ("features.hasSauna", "Yes", True),
        ("features.hasSauna", False, False),
        ("features.hasSauna", "perhaps", "perhaps"),
        ("address.postcode", 33_500.0, "33500"),
        ("friendlyId", 40_142_361, "40142361"),
        ("friendlyId", True, "true"),
    ],
)
def test_a_cell_is_read_as_people_write(column: str, cell: Any, value: Any) -> None:
    thing = thing_of(heading_of(Kind.REALTY, [column]), [cell])

    for step in column.split("."):
        thing = thing[step]
    assert (thing, type(thing)) == (value, type(value))


def test_an_empty_cell_says_nothing() -> None:
    assert thing_of(heading_of(Kind.PARTY, ["name", "email"]), ["", None]) == {}


def test_a_list_is_one_cell() -> None:
    heading = heading_of(Kind.AGENT, ["agencyOfficeIds"])

    assert thing_of(heading, ["a, b;c  d"]) == {"agencyOfficeIds": ["a", "b", "c", "d"]}
