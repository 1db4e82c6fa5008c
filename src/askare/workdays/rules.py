"""What a workday may say, what a day's hours are, and how periods of a week are read.

Source: service tasks contract 3.3 and 5.5.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, Struct

from askare.kernel.problems import Fault, Wrong
from askare.workdays.model import Defaults, Segment, Week, WorkdayChange, WorkdayContent

DAY_MINUTES = 1_440
WEEK_MINUTES = 7 * DAY_MINUTES
PERIODS_MAX = 500  # of one day or week; only to protect the server
WEEKDAY_KEYS = ("dow", "weekday", "dayofweek", "day")
WEEKDAYS_KEYS = ("dows", "weekdays", "days")
DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OPTS_DEFAULTS = {"title": "", "comment": ""}

_CLOCK = re.compile(r"^(\d{1,2}):(\d{2})$")
_DATE = re.compile(r"^(\d{4})-(\d{2})-(\d{2})$")
_WORKWEEK_ITEM = re.compile(r"^([a-z]{3})(?:\s*-\s*([a-z]{3}))?\s+(\d{1,2}:\d{2})\s*-\s*(\d{1,2}:\d{2})$")

Thing = TypeVar("Thing", bound=Struct)


class Unreadable(ValueError):
    """A text that is none of the forms it may have."""


def changed(stored: Thing, change: Struct, *, opts_defaults: Mapping[str, Any]) -> Thing:
    """The thing as it is after a change: top level replaced, `opts` and `ext` merged key by key (contract A16)."""
    given = {
        field: value
        for field in change.__struct_fields__
        if (value := getattr(change, field)) is not UNSET and field not in ("opts", "ext")
    }
    opts, ext = getattr(change, "opts", UNSET), getattr(change, "ext", UNSET)
    if opts is not UNSET:
        merged = {**getattr(stored, "opts"), **opts}  # noqa: B009  -- any of our contents
        given["opts"] = {key: opts_defaults.get(key, "") if value is None else value for key, value in merged.items()}
    if ext is not UNSET:
        merged = {**getattr(stored, "ext"), **ext}  # noqa: B009
        given["ext"] = {key: value for key, value in merged.items() if value is not None}
    return msgspec.structs.replace(stored, **given)


def faults_of(content: WorkdayContent) -> list[Fault]:
    """Every fault in what is said of a workday, with its place."""
    faults = []
    match = _DATE.match(content.date)
    try:
        if match is None:
            raise ValueError
        year, month, day = map(int, match.groups())
        if content.is_annual:
            date(2000, month, day)  # a leap year: 29 February is a date, in leap years
        elif not 1900 <= date(year, month, day).year < 2200:
            raise ValueError
    except ValueError:
        faults.append(
            Fault(
                "date",
                Wrong.TYPE,
                f"date must be YYYY-MM-DD, a day of the years 1900 to 2199 (the year of an annual day does not matter),"
                f" not {content.date!r}",
            )
        )
    if content.is_workday not in (0, 1, 2):
        faults.append(Fault("isworkday", Wrong.TYPE, "isworkday must be 0, 1 or 2"))
    if not 0 <= content.as_dow <= 7:
        faults.append(Fault("asdow", Wrong.TYPE, "asdow must be 0 (no change) or 1 (Monday) to 7 (Sunday)"))
    faults += day_segments(content.periods)[1]
    return faults


def day_segments(periods: Sequence[Mapping[str, Any]]) -> tuple[tuple[Segment, ...], list[Fault]]:
    """The segments of one day, and what is wrong with the periods they come from.

    A segment that ends at or before its start runs into the next day.
    """
    segments, faults = [], too_many(periods)
    for place, period in enumerate(periods):
        start, stop, wrong = _times(period, f"periods[{place}]", limit=DAY_MINUTES)
        faults += wrong
        if not wrong:
            segments.append((start, stop if stop > start else stop + DAY_MINUTES))
    return tuple(sorted(segments)), faults


def week_segments(periods: Sequence[Mapping[str, Any]]) -> tuple[tuple[Segment, ...], list[Fault]]:
    """The segments of a week in minutes from Monday 00:00, merged, within [0, 10080); and what is wrong.

    Source: contract 3.3, the union grammar.
    """
    spans: list[Segment] = []
    faults = too_many(periods)
    for place, period in enumerate(periods):
        path = f"periods[{place}]"
        days, wrong = _weekdays(period, path)
        start, stop, wrong_times = _times(period, path, limit=DAY_MINUTES if days is not None else WEEK_MINUTES)
        faults += wrong + wrong_times
        if wrong or wrong_times:
            continue
        if days is None and max(start, stop) > DAY_MINUTES:  # minutes of the whole week
            spans.append((start, stop if stop > start else stop + WEEK_MINUTES))
            continue
        for day in days if days is not None else range(1, 8):
            at = (day - 1) * DAY_MINUTES
            spans.append((at + start, at + (stop if stop > start else stop + DAY_MINUTES)))
    return merged(_folded(spans)), faults


def too_many(periods: Sequence[object]) -> list[Fault]:
    """A fault when there are more periods than the server will carry."""
    if len(periods) <= PERIODS_MAX:
        return []
    return [Fault("periods", Wrong.TYPE, f"periods must be at most {PERIODS_MAX}")]


def _folded(spans: Iterable[Segment]) -> list[Segment]:
    """What runs past the end of the week goes on at its beginning."""
    folded = []
    for start, stop in spans:
        folded.append((start, min(stop, WEEK_MINUTES)))
        if stop > WEEK_MINUTES:
            folded.append((0, stop - WEEK_MINUTES))
    return folded


def merged(spans: Iterable[Segment]) -> tuple[Segment, ...]:
    """The same minutes in as few segments as possible, in order."""
    result: list[Segment] = []
    for start, stop in sorted(spans):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(stop, result[-1][1]))
        elif stop > start:
            result.append((start, stop))
    return tuple(result)


def _weekdays(period: Mapping[str, Any], path: str) -> tuple[list[int] | None, list[Fault]]:
    for key in (*WEEKDAY_KEYS, *WEEKDAYS_KEYS):
        if key not in period:
            continue
        said = period[key]
        days = said if key in WEEKDAYS_KEYS and isinstance(said, list) else [said]
        numbers = [int(day) if isinstance(day, str) and day.isdigit() else day for day in days]
        if all(type(day) is int and 1 <= day <= 7 for day in numbers):
            return numbers, []
        return None, [Fault(f"{path}.{key}", Wrong.TYPE, f"{key} must be 1 (Monday) to 7 (Sunday), not {said!r}")]
    return None, []


def _times(period: Mapping[str, Any], path: str, *, limit: int) -> tuple[int, int, list[Fault]]:
    faults, minutes = [], []
    for key in ("timestart", "timestop"):
        if key not in period:
            faults.append(Fault(f"{path}.{key}", Wrong.MISSING, f"{key} is missing"))
            continue
        try:
            minutes.append(_minutes(period[key], limit=limit))
        except Unreadable:
            faults.append(Fault(f"{path}.{key}", Wrong.TYPE, f'{key} must be minutes from 0 to {limit} or "HH:MM"'))
    if faults:
        return 0, 0, faults
    return minutes[0], minutes[1], faults


def _minutes(value: Any, *, limit: int) -> int:
    if type(value) is int and 0 <= value <= limit:
        return value
    if isinstance(value, str):
        if match := _CLOCK.match(value.strip()):
            minutes = int(match[1]) * 60 + int(match[2])
            if int(match[2]) < 60 and minutes <= DAY_MINUTES:
                return minutes
        elif value.strip().isdigit() and int(value) <= limit:
            return int(value)
    raise Unreadable


def workweek_of(text: str) -> Week:
    """An ordinary week as an administrator writes it: `mon-fri 09:00-18:00, sat 10:00-14:00`; empty: no hours.

    Raises Unreadable, in words.
    """
    days: list[list[Segment]] = [[] for _ in range(7)]
    for item in filter(None, (part.strip() for part in text.lower().split(","))):
        match = _WORKWEEK_ITEM.match(item)
        if match is None or match[1] not in DAY_NAMES or (match[2] or match[1]) not in DAY_NAMES:
            raise Unreadable(f"{item!r} is not of the form `mon-fri 09:00-18:00` (several, with commas between them)")
        start, stop = _minutes(match[3], limit=DAY_MINUTES), _minutes(match[4], limit=DAY_MINUTES)
        first, last = DAY_NAMES.index(match[1]), DAY_NAMES.index(match[2] or match[1])
        for day in range(first, (last if last >= first else last + 7) + 1):
            days[day % 7].append((start, stop if stop > start else stop + DAY_MINUTES))
    return tuple(tuple(sorted(day)) for day in days)


def defaults_of(time_zone: str, workweek: str) -> Defaults:
    """The server's own hours, from its settings.  Raises Unreadable for a workweek or zone nobody knows."""
    require_zone(time_zone)
    return Defaults(time_zone, workweek_of(workweek))


def require_zone(name: str) -> None:
    """Raises Unreadable when there is no such time zone."""
    from zoneinfo import ZoneInfo  # looked up here alone

    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise Unreadable(f"there is no time zone {name!r}; name one such as Europe/Helsinki or UTC") from None


def hours_of(day: date, week: Week, exact: Mapping[str, WorkdayContent], annual: Mapping[str, WorkdayContent]) -> Any:
    """The hours that begin on a day: an exact date before an annual one before the ordinary week."""
    text = day.isoformat()
    said = exact.get(text) or annual.get(text[5:])
    ordinary = week[day.weekday()]
    if said is None:
        return ordinary
    if said.is_workday == 2:
        return day_segments(said.periods)[0]
    if said.is_workday == 0:
        return ()
    if said.as_dow:
        return week[said.as_dow - 1]
    # A working day on a weekday without hours: as on Monday, else as on the first weekday that has any.
    return ordinary or next((hours for hours in week if hours), ())


def workday_after(stored: WorkdayContent, change: WorkdayChange) -> WorkdayContent:
    """The workday as it is after a change."""
    return changed(stored, change, opts_defaults=OPTS_DEFAULTS)
