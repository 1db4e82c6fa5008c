"""The public holidays of a country and year, as workdays off."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

import holidays
import msgspec
from msgspec import Struct

from askare.storage.transactions import Transaction
from askare.workdays.model import WorkdayContent, svc_id
from askare.workdays.operations import create_workday

_LANGUAGES = {"FI": "fi", "SE": "sv", "KZ": "kk", "RU": "ru"}
COUNTRIES = tuple(_LANGUAGES)


class Holiday(Struct, frozen=True):
    """A day off, by its name in the language of the country, and whether the domain has a word on that date already."""

    date: date
    name: str
    known: bool = False


def of_year(country: str, year: int) -> list[Holiday]:
    """The public holidays of one of `COUNTRIES`, in order.  Swedish Sundays are none."""
    options: dict[str, Any] = {"include_sundays": False} if country == "SE" else {}
    found = holidays.country_holidays(country, years=year, language=_LANGUAGES[country], **options)
    return [Holiday(day, name) for day, name in sorted(found.items())]


def with_known(tx: Transaction, days: Iterable[Holiday]) -> list[Holiday]:
    """The same, with what the caller's domain says already of these dates."""
    said = {
        msgspec.json.decode(text)["date"]
        for (text,) in tx.rows(
            "SELECT document FROM workdays WHERE organization_no = :organization", organization=tx.organization_no
        )
    }
    return [Holiday(day.date, day.name, day.date.isoformat() in said) for day in days]


def write(tx: Transaction, days: Iterable[Holiday], *, ids: Iterable[UUID], now: datetime) -> int:
    """Keep those that the domain has no word on as days off; returns how many.  Running twice is harmless."""
    count = 0
    for day, random_id in zip(with_known(tx, days), ids, strict=True):
        if day.known:
            continue
        content = WorkdayContent(date=day.date.isoformat(), opts={"title": day.name, "comment": "public holiday"})
        create_workday(tx, content, workday_id=svc_id(random_id, now), now=now)
        count += 1
    return count
