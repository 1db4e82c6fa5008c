"""Words, amounts, areas and dates as the readers of letters write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from string import Formatter
from typing import Any

import msgspec
import pytest

from askare.letters.model import Criterion, Language
from askare.letters.wording import amount, area, code, date, date_and_time, number, wording

LATE = datetime(2026, 3, 2, 22, 30, tzinfo=UTC)
ZONE = "Europe/Helsinki"


def told(language: Language) -> dict[str, Any]:
    """All texts of a language by their names."""
    texts: dict[str, Any] = msgspec.to_builtins(wording(language))
    return {
        **{name: text for name, text in texts.items() if isinstance(text, str)},
        **{f"{part}.{name}": text for part in ("page", "criteria", "codes") for name, text in texts[part].items()},
    }


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", Language)
def test_every_language_says_the_same_things_about_the_same_values(language: Language) -> None:
    finnish, here = told(Language.FI), told(language)

    assert here.keys() == finnish.keys()
    assert {name: places(text) for name, text in here.items()} == {name: places(text) for name, text in finnish.items()}
    assert all(text.strip() == text and text for text in here.values())


@pytest.mark.parametrize("language", Language)
def test_every_criterion_has_a_name(language: Language) -> None:
    assert set(wording(language).criteria) == set(Criterion)


@pytest.mark.parametrize(
    ("language", "whole", "broken"),
    [
        (Language.FI, "249 000 €", "1 234,50 €"),
        (Language.SV, "249 000 €", "1 234,50 €"),
        (Language.EN, "€249,000", "€1,234.50"),
    ],
)
def test_money_has_cents_only_where_there_are_some(language: Language, whole: str, broken: str) -> None:
    assert amount(249_000, "EUR", language).replace("\u00a0", " ") == whole
    assert amount(1_234.5, "EUR", language).replace("\u00a0", " ") == broken


def test_money_of_another_country_keeps_its_name() -> None:
    assert amount(1_000_000, "SEK", Language.FI).replace("\u00a0", " ") == "1 000 000 SEK"
    assert amount(5, "XXZ", Language.EN) == "XXZ5"


@pytest.mark.parametrize(
    ("language", "square_metres"),
    [(Language.FI, "1 074,5 m²"), (Language.SV, "1 074,5 m²"), (Language.EN, "1,074.5 m²")],
)
def test_an_area_is_in_square_metres(language: Language, square_metres: str) -> None:
    assert area(1_074.5, language).replace("\u00a0", " ") == square_metres
    assert re.fullmatch("60\u00a0m²", area(60.0, language))


@pytest.mark.parametrize(
    ("language", "day", "minute"),
    [
        (Language.FI, "3.3.2026", "3.3.2026 klo 0.30"),
        (Language.SV, "3 mars 2026", "3 mars 2026 kl. 0.30"),
        (Language.EN, "3 March 2026", "3 March 2026, 00:30"),
    ],
)
def test_a_day_is_that_of_the_clocks_of_the_zone(language: Language, day: str, minute: str) -> None:
    assert date(LATE, language, ZONE) == day
    assert date_and_time(LATE, language, ZONE) == minute


@pytest.mark.parametrize(
    ("value", "finnish", "english"),
    [
        ("APARTMENT_HOUSE", "Kerrostalo", "Block of flats"),
        ("3H", "3 h", "3 rooms"),
        ("1H", "1 h", "1 room"),
        ("4H+", "4 h tai enemmän", "4 rooms or more"),
        ("SOMETHING_NEW", "Something new", "Something new"),
        ("Tammela", "Tammela", "Tammela"),
        ("33500", "33500", "33500"),
    ],
)
def test_a_code_is_told_in_words_and_what_is_none_as_it_stands(value: str, finnish: str, english: str) -> None:
    assert (code(value, Language.FI), code(value, Language.EN)) == (finnish, english)


def test_a_year_has_no_separators() -> None:
    assert [number(1999, language) for language in Language] == ["1999"] * 3
