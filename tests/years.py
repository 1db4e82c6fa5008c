"""Simulated years of random timetables: what the ticker does, held against the definition written slot by slot.

The definition below knows nothing of `askare.svctasks.timetable`: it walks the wall clock with `zoneinfo` alone.
Run as `python -m tests.years --timetables 1000 --years 10` (part of `make torture`).
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from askare.svctasks import rules
from askare.svctasks.model import Entry, Outcome, Plan, SvcTaskContent
from askare.svctasks.timetable import ATTEND_CLOSED, decide, outlook
from askare.workdays.model import WorkdayContent
from askare.workdays.rules import workweek_of
from askare.workdays.windows import Calendar

ZONES = (
    "Europe/Helsinki",
    "Europe/Stockholm",
    "Asia/Almaty",
    "Europe/Moscow",
    "America/New_York",
    "Australia/Lord_Howe",
)
WEEKS = ("mon-fri 09:00-18:00", "mon-sun 00:00-24:00", "mon-fri 22:00-06:00", "sun 01:00-04:00, mon 02:30-03:15", "")
INTERVALS = (1_800, 3_600, 5_400, 7_200, 21_600, 43_200, 86_400, 86_400, 90_000, 172_800, 604_800)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR = 3_600_000
DAY = 24 * HOUR


class Timetable(Struct):
    """A random task in its domain."""

    content: SvcTaskContent
    plan: Plan
    calendar: Calendar
    week: str
    workdays: list[WorkdayContent]
    zone: str
    start: int
    end: int
    hours: dict[date, tuple[tuple[int, int], ...]] = {}


def random_timetable(dice: random.Random, *, years: float) -> Timetable:
    """A task of any schedule, in any of the zones, over some years."""
    zone = dice.choice(ZONES)
    begin = datetime(dice.randint(2015, 2024), dice.randint(1, 12), dice.randint(1, 28), tzinfo=UTC)
    start = begin + timedelta(minutes=dice.randint(0, 1_439), seconds=dice.choice((0, 0, 30)))
    week = dice.choice(WEEKS)
    workdays = [_random_workday(dice, begin) for _ in range(dice.randint(0, 8))]
    interval = dice.choice(INTERVALS) + dice.choice((0, 0, 0, 7))
    sched: dict[str, object] = {"catchup": dice.choice(("latest", "latest", "none", "all"))}
    if dice.random() < 0.4:
        sched["local"] = 1
    if dice.random() < 0.2:
        sched["tz"] = dice.choice(ZONES)
    content = SvcTaskContent(
        name="random",
        is_enabled=True,
        script_code="cleardata",
        is_regular=dice.random() < 0.95,
        interval_sec=interval,
        start=start if dice.random() < 0.8 else None,
        stop=start + timedelta(days=dice.randint(1, 4_000)) if dice.random() < 0.2 else None,
        schedule=dice.choice(("all", "work", "work", "nonwork", "individual")),
        periods=tuple(_random_period(dice) for _ in range(dice.randint(0, 4))),
        ext={"sched": sched},
    )
    armed = begin + timedelta(hours=dice.randint(0, 48))
    first = milliseconds(armed)
    exact = {day.date: day for day in workdays if not day.is_annual}
    annual = {day.date[5:]: day for day in workdays if day.is_annual}
    return Timetable(
        content,
        rules.plan_of(content, armed_at=first),
        Calendar(zone, workweek_of(week), exact, annual),
        week,
        workdays,
        zone,
        first,
        first + int(years * 365.25 * DAY),
    )


def _random_workday(dice: random.Random, begin: datetime) -> WorkdayContent:
    day = (begin + timedelta(days=dice.randint(0, 3_600))).date()
    annual = dice.random() < 0.5
    return WorkdayContent(
        date=f"0000{day.isoformat()[4:]}" if annual else day.isoformat(),
        is_annual=annual,
        is_workday=dice.randint(0, 2),
        as_dow=dice.randint(0, 7),
        periods=({"timestart": dice.randint(0, 1_439), "timestop": dice.randint(0, 1_440)},),
    )


def _random_period(dice: random.Random) -> dict[str, object]:
    kind = dice.randint(0, 2)
    if kind == 2:
        return {"timestart": dice.randint(1_441, 10_080), "timestop": dice.randint(0, 10_080)}
    period: dict[str, object] = {"timestart": dice.randint(0, 1_439), "timestop": dice.randint(0, 1_440)}
    return {**period, "dow": dice.randint(1, 7)} if kind else period


# The definition --------------------------------------------------------------------------------------------------


def milliseconds(instant: datetime) -> int:
    return (instant - EPOCH) // timedelta(milliseconds=1)


def planned(timetable: Timetable) -> Iterator[int]:
    """Every slot of a regular task from its arming on, one after the other."""
    plan, zone = timetable.plan, ZoneInfo(timetable.plan.zone or timetable.zone)
    if not plan.local or plan.interval < HOUR:
        step = plan.interval
        slot = plan.anchor + max(0, -(-(timetable.start - plan.anchor) // step)) * step
        while slot < timetable.end and (plan.end is None or slot < plan.end):
            yield slot
            slot += step
        return
    wall = (EPOCH + timedelta(milliseconds=plan.anchor)).astimezone(zone).replace(tzinfo=None)
    found = set()
    for number in range((timetable.end - plan.anchor) // plan.interval + 3):
        shown = wall + timedelta(milliseconds=number * plan.interval)
        slot = milliseconds(shown.replace(tzinfo=zone, fold=0).astimezone(UTC))
        if timetable.start <= slot < timetable.end and slot >= plan.anchor and (plan.end is None or slot < plan.end):
            found.add(slot)
    yield from sorted(found)


def is_open(timetable: Timetable, slot: int) -> bool:
    """Whether the window is open, by the clock on the wall."""
    schedule = timetable.content.schedule
    if schedule == "all":
        return True
    zone = ZoneInfo(timetable.plan.zone or timetable.zone)
    shown = (EPOCH + timedelta(milliseconds=slot)).astimezone(zone)
    minute = shown.hour * 60 + shown.minute
    if schedule == "individual":
        return any(_covers(period, shown.isoweekday(), minute) for period in timetable.content.periods)
    inside = _works(timetable, shown.date(), minute) or _works(
        timetable, shown.date() - timedelta(days=1), minute + 1_440
    )
    return inside is (schedule == "work")


def _covers(period: dict[str, int], weekday: int, minute: int) -> bool:
    start, stop = period["timestart"], period["timestop"]
    if max(start, stop) > 1_440 and "dow" not in period:
        at = (weekday - 1) * 1_440 + minute
        stop = stop if stop > start else stop + 10_080
        return start <= at < stop or start <= at + 10_080 < stop
    stop = stop if stop > start else stop + 1_440
    today = period.get("dow", weekday) == weekday
    yesterday = period.get("dow", (weekday - 2) % 7 + 1) == (weekday - 2) % 7 + 1
    return (today and start <= minute < stop) or (yesterday and start <= minute + 1_440 < stop)


def _works(timetable: Timetable, day: date, minute: int) -> bool:
    hours = timetable.hours.get(day)
    if hours is None:
        hours = timetable.hours[day] = _hours(timetable, day)
    return any(start <= minute < stop for start, stop in hours)


def _hours(timetable: Timetable, day: date) -> tuple[tuple[int, int], ...]:
    week = workweek_of(timetable.week)
    ordinary = week[day.weekday()]
    annual = [one for one in timetable.workdays if one.is_annual and one.date[5:] == day.isoformat()[5:]]
    exact = [one for one in timetable.workdays if not one.is_annual and one.date == day.isoformat()]
    hours = ordinary
    for said in (exact or annual)[-1:]:
        if said.is_workday == 0:
            hours = ()
        elif said.is_workday == 2:
            start, stop = said.periods[0]["timestart"], said.periods[0]["timestop"]
            hours = ((start, stop if stop > start else stop + 1_440),)
        elif said.as_dow:
            hours = week[said.as_dow - 1]
        else:
            hours = ordinary or next((some for some in week if some), ())
    return hours


# The life --------------------------------------------------------------------------------------------------------


def live(timetable: Timetable, dice: random.Random | None) -> tuple[list[tuple[int, int]], list[Entry]]:
    """Tick through the years; with dice, the ticker is late, away for hours or days, and its clock jumps."""
    starts: list[tuple[int, int]] = []
    entries: list[Entry] = []
    plan, calendar = timetable.plan, timetable.calendar
    cursor = timetable.start - 1 if plan.regular else plan.anchor - 1
    now = timetable.start
    while now < timetable.end:
        decision = decide(plan, calendar, cursor=cursor, now=now)
        starts += [(slot, now) for slot in decision.starts]
        entries += decision.entries
        assert decision.cursor >= cursor
        cursor = decision.cursor
        if decision.attend is None:
            break
        assert decision.attend > now or dice is not None
        now = max(now + 1, decision.attend)
        if dice is not None:
            chance = dice.random()
            if chance < 0.02:
                now += dice.choice((HOUR, 3 * HOUR, DAY, 10 * DAY))
            elif chance < 0.04:
                now -= HOUR  # the clock is put back; what was thought of stays behind the cursor
            elif chance < 0.2:
                now += dice.randint(0, 400)
    else:
        # Whatever was planned before the end is looked at once more at the end.
        decision = decide(plan, calendar, cursor=cursor, now=timetable.end - 1)
        starts += [(slot, timetable.end - 1) for slot in decision.starts]
        entries += decision.entries
    return starts, entries


def check(timetable: Timetable, dice: random.Random) -> int:
    """Live through the years twice, undisturbed and disturbed, and hold both against the definition.

    Returns how many planned starts there were.  Raises AssertionError.
    """
    if not timetable.plan.regular:
        _check_single(timetable, dice)
        return 1
    slots = list(planned(timetable))
    open_slots = [slot for slot in slots if is_open(timetable, slot)]
    starts, entries = live(timetable, None)
    assert [slot for slot, _ in starts] == open_slots, "undisturbed, every open slot starts, and no other"
    assert all(now - slot < 2 for slot, now in starts[:-1]), "undisturbed, they start at once"
    _check_complete(slots, open_slots, starts, entries)
    coming = outlook(
        timetable.plan,
        timetable.calendar,
        start=timetable.start,
        count=len(open_slots),
        within=timetable.end - timetable.start,
        pieces_max=1_000_000,
    )
    assert [one.slot for one in coming.starts] == open_slots, "the preview is what happened"
    starts, entries = live(timetable, dice)
    _check_complete(slots, open_slots, starts, entries)
    assert all(is_open(timetable, now) for _, now in starts), "nothing starts outside its window"
    return len(slots)


def _check_complete(
    slots: list[int], open_slots: list[int], starts: list[tuple[int, int]], entries: list[Entry]
) -> None:
    """Each planned start has exactly one outcome, and the right one."""
    opened = set(open_slots)
    told = [slot for slot, _ in starts]
    assert len(set(told)) == len(told), "nothing starts twice"
    position = {slot: place for place, slot in enumerate(slots)}
    for entry in entries:
        first, last = position[entry.slot], position[entry.last_slot]
        covered = slots[first : last + 1]
        assert len(covered) == entry.slots, "a row counts its slots"
        assert all((slot in opened) is (entry.outcome is Outcome.MISSED) for slot in covered)
        told += covered
    assert len(told) == len(set(told)), "no planned start has two outcomes"
    missing = set(slots) - set(told)
    # The last closed ones may still be unwritten when the simulation ends in the middle of a pause.
    assert all(slots[-1] - slot <= ATTEND_CLOSED and slot not in opened for slot in missing), "none is unrecorded"


def _check_single(timetable: Timetable, dice: random.Random) -> None:
    for some_dice in (None, dice):
        starts, entries = live(timetable, some_dice)
        assert len(starts) + len(entries) <= 1
        assert all(is_open(timetable, now) for _, now in starts)
        assert all(timetable.plan.end is None or now < timetable.plan.end for _, now in starts)


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--timetables", type=int, default=1_000)
    reader.add_argument("--years", type=float, default=10)
    reader.add_argument("--seed", type=int, default=1)
    said = reader.parse_args()
    begun, total = time.monotonic(), 0
    for number in range(said.timetables):
        dice = random.Random(f"{said.seed}/{number}")
        timetable = random_timetable(dice, years=said.years)
        try:
            total += check(timetable, dice)
        except AssertionError:
            print(f"seed {said.seed}, timetable {number}: {timetable}", file=sys.stderr)
            raise
    seconds = time.monotonic() - begun
    print(f"{said.timetables} timetables, {said.years:g} years, {total:,} planned starts: {seconds:.0f} s")


if __name__ == "__main__":
    main()
