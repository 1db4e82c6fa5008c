"""When a window is open, in UTC milliseconds, over changes of the clocks and all.

A window is a set of minutes of each local day.  An instant is inside when the clock on the wall of the time zone
shows such a minute: where the clocks are put back, an hour is shown (and open) twice, and where they are put forward,
the skipped hour is never shown.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from askare.workdays.model import Segment, Week, WorkdayContent
from askare.workdays.rules import DAY_MINUTES, hours_of

DAY = 86_400_000
MINUTE = 60_000
DAYS_REMEMBERED = 3_000
WINDOWS_REMEMBERED = 500

Opening = tuple[int, int]  # UTC milliseconds, half-open

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_YEAR = 31_556_952_000  # the mean length of a year
_MARGIN = 5 * 86_400  # seconds by which the stretches of a year reach into its neighbours
_ZONE_HOURS_MAX = 26  # no clock on Earth is further from UTC than that


@lru_cache(maxsize=1_000)
def _stretches(zone: str, year: int) -> tuple[tuple[int, int], ...]:
    """From when on which offset holds, in milliseconds, for a year and some days about it."""
    info = ZoneInfo(zone)
    at = _seconds(datetime(year, 1, 1, tzinfo=UTC)) - _MARGIN
    end = _seconds(datetime(year + 1, 1, 1, tzinfo=UTC)) + _MARGIN
    offset = _offset_seconds(info, at)
    found = [(at * 1000, offset * 1000)]
    while at < end:
        then = at + 86_400
        later = _offset_seconds(info, then)
        if later != offset:
            before, after = at, then
            while after - before > 1:
                middle = (before + after) // 2
                if _offset_seconds(info, middle) == offset:
                    before = middle
                else:
                    after = middle
            found.append((after * 1000, _offset_seconds(info, after) * 1000))
            # A second change on the same day would be found from here on.
            at, offset = after, _offset_seconds(info, after)
            continue
        at = then
    return tuple(found)


def _seconds(instant: datetime) -> int:
    return int(instant.timestamp())


def _offset_seconds(info: ZoneInfo, at: int) -> int:
    offset = datetime.fromtimestamp(at, info).utcoffset()
    assert offset is not None  # noqa: S101  -- every zone has one
    return int(offset.total_seconds())


def offset_at(zone: str, at: int) -> int:
    """How far the zone's clocks are before UTC at an instant, in milliseconds."""
    stretches = _stretches(zone, 1970 + at // _YEAR)  # a day or two off at the turn of a year, which does no harm
    return stretches[bisect_right(stretches, (at, 1 << 62)) - 1][1]


def instant_at(zone: str, wall: int) -> int:
    """The instant at which the wall clock shows `wall` (milliseconds since 1970, read as if UTC).

    The first one, where it is shown twice; where it is skipped, as far after the skip as it lies inside it.
    """
    before = offset_at(zone, wall - _ZONE_HOURS_MAX * 3_600_000)
    first = wall - before
    if offset_at(zone, first) == before:
        return first
    after = offset_at(zone, wall + _ZONE_HOURS_MAX * 3_600_000)
    second = wall - after
    return second if offset_at(zone, second) == after else first


def day_openings(zone: str, ordinal: int, segments: tuple[Segment, ...]) -> list[Opening]:
    """The openings of one local day, its minutes given: every instant at which the clock shows one of them."""
    if not segments:
        return []
    midnight = (ordinal - _EPOCH_ORDINAL) * DAY
    first, last = midnight - _ZONE_HOURS_MAX * 3_600_000, midnight + DAY + _ZONE_HOURS_MAX * 3_600_000
    year = date.fromordinal(ordinal).year
    stretches = list(_stretches(zone, year))
    if first < stretches[0][0] or last > stretches[-1][0] + DAY:
        stretches = sorted({*_stretches(zone, year - 1), *stretches, *_stretches(zone, year + 1)})
    openings = []
    for place, (begin, offset) in enumerate(stretches):
        end = stretches[place + 1][0] if place + 1 < len(stretches) else last
        if end <= first or begin >= last:
            continue
        for start, stop in segments:
            opens = max(begin, midnight + start * MINUTE - offset)
            closes = min(end, midnight + stop * MINUTE - offset)
            if opens < closes:
                openings.append((opens, closes))
    return _joined(openings)


def _joined(openings: list[Opening]) -> list[Opening]:
    joined: list[Opening] = []
    for opens, closes in sorted(openings):
        if joined and opens <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(closes, joined[-1][1]))
        else:
            joined.append((opens, closes))
    return joined


class Windows:
    """When starts are allowed: by a rule that says the minutes of a local day."""

    def __init__(self, zone: str, minutes_of: Callable[[int], tuple[Segment, ...]] | None, *, outside: bool) -> None:
        """`minutes_of` a day's ordinal, within [0, 1440); None: always.  `outside`: the other way round."""
        self.zone = zone
        self._minutes_of = minutes_of
        self._outside = outside
        self._days: dict[int, list[Opening]] = {}

    def contains(self, at: int) -> bool:
        """Whether an instant lies inside: the definition, straight from the wall clock."""
        if self._minutes_of is None:
            return True
        wall = at + offset_at(self.zone, at)
        minute = wall % DAY // MINUTE
        inside = any(start <= minute < stop for start, stop in self._minutes_of(_EPOCH_ORDINAL + wall // DAY))
        return inside is not self._outside

    def openings(self, start: int, end: int) -> Iterator[Opening]:
        """The openings within [start, end), joined and in order."""
        if self._minutes_of is None:
            if start < end:
                yield start, end
            return
        if self._outside:
            yield from self._gaps(start, end)
        else:
            yield from self._inside(start, end)

    def _inside(self, start: int, end: int) -> Iterator[Opening]:
        last: Opening | None = None
        first_day = _EPOCH_ORDINAL + (start + offset_at(self.zone, start)) // DAY - 1
        last_day = _EPOCH_ORDINAL + (end + offset_at(self.zone, end)) // DAY + 1
        for ordinal in range(first_day, last_day + 1):
            for opens, closes in self._day(ordinal):
                opens, closes = max(opens, start), min(closes, end)
                if opens >= closes:
                    continue
                if last is not None and opens <= last[1]:
                    last = (last[0], max(closes, last[1]))
                    continue
                if last is not None:
                    yield last
                last = (opens, closes)
        if last is not None:
            yield last

    def _gaps(self, start: int, end: int) -> Iterator[Opening]:
        at = start
        for opens, closes in self._inside(start, end):
            if opens > at:
                yield at, opens
            at = closes
        if at < end:
            yield at, end

    def _day(self, ordinal: int) -> list[Opening]:
        found = self._days.get(ordinal)
        if found is None:
            assert self._minutes_of is not None  # noqa: S101  -- asked only of windows that close
            if len(self._days) >= DAYS_REMEMBERED:
                self._days.clear()
            found = self._days[ordinal] = day_openings(self.zone, ordinal, self._minutes_of(ordinal))
        return found


def _minutes_of_weekday(segments: tuple[Segment, ...], weekday: int) -> tuple[Segment, ...]:
    begin = weekday * DAY_MINUTES
    end = begin + DAY_MINUTES
    return tuple(
        (max(start, begin) - begin, min(stop, end) - begin) for start, stop in segments if start < end and stop > begin
    )


class Calendar:
    """The hours of one domain: its zone, its ordinary week and its exceptional days."""

    def __init__(
        self,
        zone: str,
        week: Week,
        exact: Mapping[str, WorkdayContent] | None = None,
        annual: Mapping[str, WorkdayContent] | None = None,
    ) -> None:
        self.zone = zone
        self._week = week
        self._exact = exact or {}
        self._annual = annual or {}
        self._hours: dict[int, tuple[Segment, ...]] = {}
        self._windows: dict[object, Windows] = {}

    def working_minutes(self, ordinal: int) -> tuple[Segment, ...]:
        """The working minutes of a day: what begins on it, and what is left of the evening before."""
        found = self._hours.get(ordinal)
        if found is None:
            if len(self._hours) >= DAYS_REMEMBERED:
                self._hours.clear()
            found = self._hours[ordinal] = self._working_minutes(ordinal)
        return found

    def _working_minutes(self, ordinal: int) -> tuple[Segment, ...]:
        today = hours_of(date.fromordinal(ordinal), self._week, self._exact, self._annual)
        before = hours_of(date.fromordinal(ordinal - 1), self._week, self._exact, self._annual)
        clipped = [(start, min(stop, DAY_MINUTES)) for start, stop in today]
        clipped += [(0, stop - DAY_MINUTES) for _, stop in before if stop > DAY_MINUTES]
        return tuple(sorted(clipped))

    def always(self) -> Windows:
        """Open at any time."""
        return self._remembered("always", lambda: Windows(self.zone, None, outside=False))

    def working(self, zone: str | None = None) -> Windows:
        """Open within working hours."""
        at = zone or self.zone
        return self._remembered(("work", at), lambda: Windows(at, self.working_minutes, outside=False))

    def not_working(self, zone: str | None = None) -> Windows:
        """Open outside working hours."""
        at = zone or self.zone
        return self._remembered(("nonwork", at), lambda: Windows(at, self.working_minutes, outside=True))

    def of_week(self, segments: tuple[Segment, ...], zone: str | None = None) -> Windows:
        """Open in segments of the week, in minutes from Monday 00:00, merged and within [0, 10080)."""
        at = zone or self.zone

        def make() -> Windows:
            days = tuple(_minutes_of_weekday(segments, weekday) for weekday in range(7))
            return Windows(at, lambda ordinal: days[date.fromordinal(ordinal).weekday()], outside=False)

        return self._remembered((segments, at), make)

    def _remembered(self, key: object, make: Callable[[], Windows]) -> Windows:
        found = self._windows.get(key)
        if found is None:
            if len(self._windows) >= WINDOWS_REMEMBERED:
                self._windows.clear()
            found = self._windows[key] = make()
        return found
