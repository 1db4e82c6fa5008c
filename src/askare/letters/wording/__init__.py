"""The words of letters, one file a language, and amounts, areas and dates as its readers write them."""

from __future__ import annotations

import re
import tomllib
from datetime import datetime
from functools import cache, lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

import msgspec
from babel.dates import format_datetime
from babel.numbers import format_currency, format_decimal
from msgspec import Struct

from askare.letters.model import Criterion, Language

_LOCALES = {Language.FI: "fi_FI", Language.SV: "sv_FI", Language.EN: "en_GB"}
_CURRENCY_PATTERNS = {Language.FI: "#,##0 ¤", Language.SV: "#,##0 ¤", Language.EN: "¤#,##0"}
_ROOM_COUNT = re.compile(r"([1-9][0-9]?)H(\+?)")


class PageWording(Struct, frozen=True, forbid_unknown_fields=True):
    """What the page behind the link says that ends letters."""

    stop_title: str
    stop_text: str
    stop_button: str
    stopped_title: str
    stopped_text: str
    undo_button: str
    undone_title: str
    undone_text: str
    unknown_title: str
    unknown_text: str


class Wording(Struct, frozen=True, forbid_unknown_fields=True):
    """One language's file.  Places in braces are filled in by `composing`."""

    greeting: str
    greeting_unknown: str
    new_one: str
    alert_one: str
    alert_one_titled: str
    alert_many: str
    alert_many_titled: str
    agent_one: str
    agent_one_titled: str
    agent_many: str
    agent_many_titled: str
    more: str
    why: str
    unknown: str
    price: str
    rooms: str
    area: str
    plot: str
    year: str
    address: str
    no_address: str
    wished: str
    least: str
    most: str
    between: str
    rooms_one: str
    rooms_exactly: str
    rooms_at_least: str
    answer_to_agent: str
    unsubscribe: str
    expiry_subject: str
    expiry: str
    expiry_titled: str
    extend: str
    automatic: str
    page: PageWording
    criteria: dict[Criterion, str]
    codes: dict[str, str]


REMEMBERED = 4_000  # prices and areas in words: many letters say the same, and Babel takes its time


@cache
def wording(language: Language) -> Wording:
    """The words of one language."""
    text = (files(__name__) / f"{language.value}.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Wording)


@lru_cache(maxsize=REMEMBERED)
def amount(value: float, currency: str, language: Language) -> str:
    """Money: `249 000 €`; cents only where there are some."""
    pattern = _CURRENCY_PATTERNS[language]
    if value == int(value):
        return _plain(
            format_currency(value, currency, format=pattern, locale=_LOCALES[language], currency_digits=False)
        )
    return _plain(format_currency(value, currency, locale=_LOCALES[language]))


@lru_cache(maxsize=REMEMBERED)
def area(value: float, language: Language) -> str:
    """Square metres: `74,5 m²`."""
    return _plain(f"{format_decimal(value, locale=_LOCALES[language], format='#,##0.##')} m²")


@lru_cache(maxsize=REMEMBERED)
def number(value: float, language: Language) -> str:
    """A bare number, such as a year."""
    return _plain(format_decimal(value, locale=_LOCALES[language], format="0.##"))


def date(instant: datetime, language: Language, time_zone: str) -> str:
    """The day, by the clocks of the zone: `2.3.2026`."""
    pattern = "d MMMM y" if language is not Language.FI else "d.M.y"
    return format_datetime(instant, pattern, tzinfo=ZoneInfo(time_zone), locale=_LOCALES[language])


def date_and_time(instant: datetime, language: Language, time_zone: str) -> str:
    """The day and the minute, by the clocks of the zone: `2.3.2026 klo 11.00`."""
    pattern = {Language.FI: "d.M.y 'klo' H.mm", Language.SV: "d MMMM y 'kl.' H.mm", Language.EN: "d MMMM y, HH:mm"}
    return format_datetime(instant, pattern[language], tzinfo=ZoneInfo(time_zone), locale=_LOCALES[language])


def code(value: str, language: Language) -> str:
    """A code of the contract in words; one that nobody knows as it stands, but readable."""
    words = wording(language)
    known = words.codes.get(value)
    if known is not None:
        return known
    rooms = _ROOM_COUNT.fullmatch(value)
    if rooms is not None:
        alone = words.rooms_one if rooms[1] == "1" else words.rooms_exactly
        return (words.rooms_at_least if rooms[2] else alone).format(count=rooms[1])
    return value.replace("_", " ").capitalize() if re.fullmatch(r"[A-Z0-9_+]+", value) and "_" in value else value


def _plain(text: str) -> str:
    """With breaking blanks made unbreakable ones of one kind, so that a number is never torn apart."""
    return text.replace("\u202f", "\u00a0").replace(" ", "\u00a0")
