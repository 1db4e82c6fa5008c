"""The timetable: contract 6.7, the vectors, and more of our own."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askare.svctasks import rules
from askare.svctasks.model import Outcome
from askare.svctasks.operations import preview_of
from askare.svctasks.timetable import PIECES_MAX, Grid, decide, outlook
from askare.workdays.model import WorkdayContent
from askare.workdays.windows import Calendar
from tests.svc import TASK, a_calendar, a_plan, a_svctask, at, dropped, hours, lived_through, ticked_through

HOUR = 3_600_000
DAY = 24 * HOUR
SECOND = 1_000
FRIDAYS_HOURS = WorkdayContent(date="2019-02-23", is_workday=1, as_dow=5)
MAY_DAY = WorkdayContent(date="0000-05-01", is_annual=True)


def starts_of_day(day: str, calendar: Calendar, **said: Any) -> list[str]:
    begin = at(f"{day}T00:00Z")
    plan = a_plan(**said)
    starts, _ = ticked_through(plan, calendar, start=max(begin, at("2019-02-20T00:00Z")), end=begin + DAY)
    return hours([slot for slot, _ in starts])


# Contract 6.7 ----------------------------------------------------------------------------------------------------


def test_the_sample_starts_nine_times_on_a_wednesday() -> None:
    assert starts_of_day("2019-02-20", a_calendar()) == [f"20 {hour:02d}:00" for hour in range(9, 18)]


def test_in_moscow_it_starts_seven_times() -> None:
    assert starts_of_day("2019-02-20", a_calendar("Europe/Moscow")) == [f"20 {hour:02d}:00" for hour in range(8, 15)]


def test_on_a_saturday_it_does_not_start() -> None:
    assert starts_of_day("2019-02-23", a_calendar()) == []


def test_a_saturday_that_works_as_a_friday_has_fridays_nine() -> None:
    assert len(starts_of_day("2019-02-23", a_calendar("UTC", "mon-fri 09:00-18:00", FRIDAYS_HOURS))) == 9


@pytest.mark.parametrize("year", [2019, 2020, 2024, 2025])
def test_the_first_of_may_is_off_each_year(year: int) -> None:
    calendar = a_calendar("UTC", "mon-fri 09:00-18:00", MAY_DAY)

    assert starts_of_day(f"{year}-05-01", calendar, stop="2030-01-01T00:00Z") == []
    assert calendar.working().contains(at("2019-05-02T10:00Z"))


def test_down_from_before_nine_to_half_past_eleven_the_start_of_eleven_is_late_and_two_are_missed() -> None:
    plan = a_plan(schedule="all", start="2019-02-20T00:00Z")

    decision = decide(plan, a_calendar(), cursor=at("2019-02-20T08:00Z"), now=at("2019-02-20T11:30Z"))

    assert hours(decision.starts) == ["20 11:00"]
    assert dropped(decision.entries) == {Outcome.MISSED: 2}
    assert decision.attend == at("2019-02-20T12:00Z")


def test_a_single_start_waits_for_its_window_to_open() -> None:
    plan = a_plan(is_regular=False, start="2019-02-20T03:00Z", stop="2019-02-20T12:00Z")

    starts, entries = ticked_through(plan, a_calendar(), start=at("2019-02-20T02:00Z"), end=at("2019-02-22T00:00Z"))

    assert [hours(start) for start in starts] == [["20 03:00", "20 09:00"]]
    assert entries == []


def test_a_single_start_that_is_not_relevant_long_enough_expires() -> None:
    plan = a_plan(is_regular=False, start="2019-02-20T03:00Z", stop="2019-02-20T08:00Z")

    starts, entries = ticked_through(plan, a_calendar(), start=at("2019-02-20T02:00Z"), end=at("2019-02-22T00:00Z"))

    assert starts == []
    assert dropped(entries) == {Outcome.EXPIRED: 1}


def test_a_daily_start_in_the_evening_never_meets_working_hours() -> None:
    plan = a_plan(interval_sec=86_400, start="2019-02-20T20:00Z", stop=None)

    assert outlook(plan, a_calendar(), start=at("2019-02-20T00:00Z"), count=1).starts == ()


# The grid --------------------------------------------------------------------------------------------------------

GRID = Grid(at("2019-02-20T08:00Z"), HOUR)


@pytest.mark.parametrize(
    ("moment", "following", "preceding"),
    [
        ("2019-02-19T00:00Z", "20 08:00", None),
        ("2019-02-20T08:00Z", "20 08:00", None),
        ("2019-02-20T08:00:00.001Z", "20 09:00", "20 08:00"),
        ("2019-02-20T09:00Z", "20 09:00", "20 08:00"),
        ("2019-02-20T09:59:59.999Z", "20 10:00", "20 09:00"),
    ],
)
def test_the_neighbours_of_a_moment_on_the_grid(moment: str, following: str, preceding: str | None) -> None:
    after, before = GRID.at_or_after(at(moment)), GRID.before(at(moment))

    assert after is not None
    assert hours([after]) == [following]
    assert (hours([before])[0] if before is not None else None) == preceding


@pytest.mark.parametrize(
    ("start", "end", "count"),
    [
        ("2019-02-20T08:00Z", "2019-02-20T08:00Z", 0),
        ("2019-02-20T08:00Z", "2019-02-20T08:00:00.001Z", 1),
        ("2019-02-20T07:00Z", "2019-02-20T10:00Z", 2),
        ("2019-02-20T07:00Z", "2019-02-20T10:00:00.001Z", 3),
        ("2019-02-19T00:00Z", "2019-02-20T08:00Z", 0),
    ],
)
def test_planned_starts_are_counted_half_open(start: str, end: str, count: int) -> None:
    assert GRID.count(at(start), at(end)) == count


@pytest.mark.parametrize("interval", [0, -5])
def test_without_an_interval_nothing_is_planned(interval: int) -> None:
    grid = Grid(0, interval * SECOND)

    assert (grid.at_or_after(5), grid.before(5), grid.count(0, DAY)) == (None, None, 0)


# Gate and windows ------------------------------------------------------------------------------------------------


def test_dtstop_itself_is_too_late() -> None:
    plan = a_plan(schedule="all", start="2019-02-20T08:00Z", stop="2019-02-20T10:00Z")

    starts, _ = ticked_through(plan, a_calendar(), start=at("2019-02-20T00:00Z"), end=at("2019-02-21T00:00Z"))

    assert hours([slot for slot, _ in starts]) == ["20 08:00", "20 09:00"]


def test_equal_dtstart_and_dtstop_never_start() -> None:
    plan = a_plan(schedule="all", start="2019-02-20T08:00Z", stop="2019-02-20T08:00Z")

    assert decide(plan, a_calendar(), cursor=0, now=at("2019-02-21T00:00Z")).starts == ()


def test_outside_working_hours_is_the_other_way_round() -> None:
    starts = starts_of_day("2019-02-20", a_calendar(), schedule="nonwork", start="2019-02-20T00:00Z")

    assert starts == [f"20 {hour:02d}:00" for hour in (*range(9), *range(18, 24))]


def test_an_individual_schedule_knows_weekdays() -> None:
    periods = ({"timestart": 600, "timestop": 720, "dow": 3},)

    assert starts_of_day("2019-02-20", a_calendar(), schedule="individual", periods=periods) == ["20 10:00", "20 11:00"]
    assert starts_of_day("2019-02-21", a_calendar(), schedule="individual", periods=periods) == []


def test_a_period_over_midnight_runs_into_the_next_day() -> None:
    periods = ({"timestart": "22:00", "timestop": "02:00", "dow": 3},)

    wednesday = starts_of_day("2019-02-20", a_calendar(), schedule="individual", periods=periods)
    thursday = starts_of_day("2019-02-21", a_calendar(), schedule="individual", periods=periods)

    assert (wednesday, thursday) == (["20 22:00", "20 23:00"], ["21 00:00", "21 01:00"])


def test_an_empty_list_of_periods_is_never_open() -> None:
    assert starts_of_day("2019-02-20", a_calendar(), schedule="individual", periods=()) == []


def test_a_night_shift_belongs_to_the_day_on_which_it_begins() -> None:
    night = a_calendar("UTC", "fri 22:00-06:00")

    assert night.working().contains(at("2019-02-23T05:59Z"))
    assert not night.working().contains(at("2019-02-23T06:00Z"))
    assert not night.working().contains(at("2019-02-22T05:00Z"))


def test_an_exact_day_off_takes_the_night_that_begins_on_it() -> None:
    off = WorkdayContent(date="2019-02-22")
    night = a_calendar("UTC", "mon-fri 22:00-06:00", off)

    assert night.working().contains(at("2019-02-22T05:00Z"))  # Thursday's night
    assert not night.working().contains(at("2019-02-23T05:00Z"))


@pytest.mark.parametrize(
    ("days", "is_open"),
    [
        ((), True),
        ((WorkdayContent(date="2019-02-20"),), False),
        ((WorkdayContent(date="0000-02-20", is_annual=True),), False),
        ((WorkdayContent(date="0000-02-20", is_annual=True), WorkdayContent(date="2019-02-20", is_workday=1)), True),
        ((WorkdayContent(date="2019-02-20", is_workday=2, periods=({"timestart": 540, "timestop": 600},)),), False),
        ((WorkdayContent(date="2019-02-20", is_workday=2, periods=({"timestart": "12:00", "timestop": 780},)),), True),
        ((WorkdayContent(date="2019-02-20", is_workday=1, as_dow=7),), False),
        ((WorkdayContent(date="2019-02-20", is_workday=2),), False),
    ],
)
def test_the_most_specific_word_on_a_day_counts(days: tuple[WorkdayContent, ...], is_open: bool) -> None:
    calendar = a_calendar("UTC", "mon-fri 09:00-18:00", *days)

    assert calendar.working().contains(at("2019-02-20T12:30Z")) is is_open


def test_a_working_saturday_without_hours_of_its_own_has_mondays() -> None:
    calendar = a_calendar(
        "UTC", "mon 10:00-12:00, tue-fri 09:00-18:00", WorkdayContent(date="2019-02-23", is_workday=1)
    )

    assert [calendar.working().contains(at(f"2019-02-23T{hour}:30Z")) for hour in ("09", "10", "11", "12")] == [
        False,
        True,
        True,
        False,
    ]


def test_the_29th_of_february_comes_in_leap_years_only() -> None:
    calendar = a_calendar("UTC", "mon-sun 09:00-18:00", WorkdayContent(date="0000-02-29", is_annual=True))

    assert not calendar.working().contains(at("2024-02-29T12:00Z"))
    assert calendar.working().contains(at("2023-03-01T12:00Z"))
    assert calendar.working().contains(at("2023-02-28T12:00Z"))


# The clocks are changed ------------------------------------------------------------------------------------------


def test_a_daily_start_moves_by_an_hour_of_local_time_when_the_clocks_are_put_forward() -> None:
    plan = a_plan(schedule="all", interval_sec=86_400, start="2026-03-28T07:00Z", stop=None)

    coming = outlook(plan, a_calendar("Europe/Helsinki"), start=at("2026-03-28T00:00Z"), count=2)

    assert hours([one.slot for one in coming.starts]) == ["28 07:00", "29 07:00"]


def test_kept_local_a_daily_start_stays_at_nine_in_the_morning() -> None:
    plan = a_plan(
        schedule="all", interval_sec=86_400, start="2026-03-28T07:00Z", stop=None, ext={"sched": {"local": 1}}
    )

    coming = outlook(plan, a_calendar("Europe/Helsinki"), start=at("2026-03-28T00:00Z"), count=2)

    assert hours([one.slot for one in coming.starts]) == ["28 07:00", "29 06:00"]


def test_a_local_start_in_the_skipped_hour_happens_as_far_after_the_skip() -> None:
    plan = a_plan(
        schedule="all",
        interval_sec=86_400,
        start="2026-03-28T01:30Z",
        stop=None,
        ext={"sched": {"local": True, "tz": "Europe/Helsinki"}},
    )

    coming = outlook(plan, a_calendar(), start=at("2026-03-28T00:00Z"), count=3)

    assert hours([one.slot for one in coming.starts]) == ["28 01:30", "29 01:30", "30 00:30"]


def test_a_local_start_in_the_doubled_hour_happens_once() -> None:
    plan = a_plan(
        schedule="all",
        interval_sec=86_400,
        start="2026-10-24T00:30Z",
        stop=None,
        ext={"sched": {"local": 1, "tz": "Europe/Helsinki"}},
    )

    coming = outlook(plan, a_calendar(), start=at("2026-10-24T00:00Z"), count=3)

    assert hours([one.slot for one in coming.starts]) == ["24 00:30", "25 00:30", "26 01:30"]


def test_a_window_in_the_doubled_hour_is_open_twice() -> None:
    calendar = a_calendar("Europe/Helsinki", "sun 03:00-04:00")

    openings = list(calendar.working().openings(at("2026-10-25T00:00Z"), at("2026-10-26T00:00Z")))

    assert [hours(opening) for opening in openings] == [["25 00:00", "25 02:00"]]


def test_a_window_in_the_skipped_hour_is_never_open() -> None:
    calendar = a_calendar("Europe/Helsinki", "sun 03:00-04:00")

    assert list(calendar.working().openings(at("2026-03-29T00:00Z"), at("2026-03-30T00:00Z"))) == []


def test_half_an_hour_is_put_forward_on_lord_howe() -> None:
    calendar = a_calendar("Australia/Lord_Howe", "sun 01:00-03:00")

    openings = list(calendar.working().openings(at("2026-10-03T00:00Z"), at("2026-10-05T00:00Z")))

    assert [closes - opens for opens, closes in openings] == [90 * 60 * SECOND]


def test_almaty_gave_up_an_hour_for_good_in_2024() -> None:
    calendar = a_calendar("Asia/Almaty", "mon-sun 09:00-10:00")

    assert calendar.working().contains(at("2024-02-28T03:30Z"))
    assert not calendar.working().contains(at("2024-03-02T03:30Z"))
    assert calendar.working().contains(at("2024-03-02T04:30Z"))


def test_a_task_may_name_its_own_time_zone() -> None:
    starts = starts_of_day("2019-02-20", a_calendar(), ext={"sched": {"tz": "Europe/Moscow"}})

    assert len(starts) == 7


# Missed and late -------------------------------------------------------------------------------------------------

DOWN: dict[str, Any] = {"schedule": "all", "start": "2019-02-20T00:00Z"}


def test_what_was_before_the_cursor_is_never_thought_of_again() -> None:
    plan = a_plan(**DOWN)

    decision = decide(plan, a_calendar(), cursor=at("2019-02-20T11:00Z"), now=at("2019-02-20T10:00Z"))

    assert (decision.starts, decision.entries, decision.cursor) == ((), (), at("2019-02-20T11:00Z"))


def test_catchup_none_leaves_the_late_one_missed() -> None:
    plan = a_plan(**DOWN, ext={"sched": {"catchup": "none"}})

    decision = decide(plan, a_calendar(), cursor=at("2019-02-20T08:00Z"), now=at("2019-02-20T11:30Z"))

    assert decision.starts == ()
    assert dropped(decision.entries) == {Outcome.MISSED: 3}


def test_catchup_all_makes_up_for_every_one() -> None:
    plan = a_plan(**DOWN, ext={"sched": {"catchup": "all"}})

    decision = decide(plan, a_calendar(), cursor=at("2019-02-20T08:00Z"), now=at("2019-02-20T11:30Z"))

    assert hours(decision.starts) == ["20 09:00", "20 10:00", "20 11:00"]
    assert decision.entries == ()


def test_catchup_makes_up_for_the_most_recent_ones_only() -> None:
    plan = a_plan(**DOWN, ext={"sched": {"catchup": "all", "catchup_max": 2}})

    decision = decide(plan, a_calendar(), cursor=at("2019-02-20T08:00Z"), now=at("2019-02-20T11:30Z"))

    assert hours(decision.starts) == ["20 10:00", "20 11:00"]
    assert dropped(decision.entries) == {Outcome.MISSED: 1}


def test_a_late_start_does_not_happen_once_its_window_has_closed() -> None:
    decision = decide(a_plan(), a_calendar(), cursor=at("2019-02-20T16:00Z"), now=at("2019-02-20T18:30Z"))

    assert decision.starts == ()
    assert dropped(decision.entries) == {Outcome.MISSED: 1, Outcome.CLOSED_WINDOW: 1}


def test_a_slot_that_was_closed_is_not_made_up_for_in_the_morning() -> None:
    plan = a_plan(interval_sec=86_400, start="2019-02-19T20:00Z")

    decision = decide(plan, a_calendar(), cursor=at("2019-02-19T00:00Z"), now=at("2019-02-20T10:00Z"))

    assert decision.starts == ()
    assert dropped(decision.entries) == {Outcome.CLOSED_WINDOW: 1}


def test_a_night_of_closed_seconds_is_one_row() -> None:
    plan = a_plan(interval_sec=1)

    decision = decide(plan, a_calendar(), cursor=at("2019-02-20T18:00Z") - 1, now=at("2019-02-21T08:59:59Z"))

    assert len(decision.entries) == 1
    assert decision.entries[0].slots == 15 * 3600


def test_a_closed_night_is_looked_at_every_ten_minutes_and_at_its_end() -> None:
    plan = a_plan(interval_sec=1)
    begin, end = at("2019-02-20T18:00Z"), at("2019-02-21T09:00:01Z")

    looks = []
    cursor, look = begin - 1, begin
    while look < end:
        looks.append(look)
        decision = decide(plan, a_calendar(), cursor=cursor, now=look)
        cursor = decision.cursor
        assert decision.attend is not None
        look = decision.attend

    assert len(looks) == 15 * 6 + 1
    assert hours([looks[-1]]) == ["21 09:00"]


def test_jitter_starts_later_and_keeps_the_slot() -> None:
    plan = a_plan(**DOWN)
    before = decide(plan, a_calendar(), cursor=at("2019-02-20T08:00Z"), now=at("2019-02-20T09:00Z"), jitter=90_000)
    after = decide(plan, a_calendar(), cursor=at("2019-02-20T08:00Z"), now=at("2019-02-20T09:01:30Z"), jitter=90_000)

    assert before.starts == ()
    assert before.attend == at("2019-02-20T09:01:30Z")
    assert hours(after.starts) == ["20 09:00"]


def test_enabling_an_old_task_replays_nothing() -> None:
    enabled = at("2019-06-03T10:20Z")

    starts, entries = ticked_through(a_plan(), a_calendar(), start=enabled, end=enabled + HOUR)

    assert hours([slot for slot, _ in starts]) == ["03 11:00"]
    assert entries == []


def test_without_dtstart_a_regular_task_starts_at_once_and_from_there() -> None:
    enabled = at("2019-06-03T10:20:30.123Z")
    plan = a_plan(start=None, armed_at=enabled)

    starts, _ = ticked_through(plan, a_calendar(), start=enabled, end=enabled + 2 * HOUR)

    assert [slot - enabled for slot, _ in starts] == [0, HOUR]


def test_without_dtstart_a_single_task_starts_at_once() -> None:
    enabled = at("2019-06-03T10:20Z")
    plan = a_plan(is_regular=False, start=None, stop=None, armed_at=enabled)

    starts, _ = ticked_through(plan, a_calendar(), start=enabled, end=enabled + DAY)

    assert starts == [(enabled, enabled)]


def test_a_single_start_of_long_ago_without_an_end_still_starts() -> None:
    plan = a_plan(is_regular=False, stop=None)

    starts, _ = ticked_through(plan, a_calendar(), start=at("2026-03-02T10:00Z"), end=at("2026-03-03T00:00Z"))

    assert len(starts) == 1


def test_a_single_start_happens_once() -> None:
    plan = a_plan(is_regular=False, start="2019-02-20T10:00Z")
    looks = [at("2019-02-20T10:00Z") + minute * 60_000 for minute in range(60)]

    starts, _ = lived_through(plan, a_calendar(), looks, cursor=plan.anchor - 1)

    assert len(starts) == 1


def test_dtstart_in_the_future_is_exactly_the_first_start() -> None:
    plan = a_plan(schedule="all", start="2019-02-20T08:00:07.500Z")

    decision = decide(plan, a_calendar(), cursor=at("2019-02-19T00:00Z"), now=at("2019-02-19T00:00Z"))

    assert decision.attend == at("2019-02-20T08:00:07.500Z")


def test_the_outlook_names_what_is_dropped_before_the_last_start_it_shows() -> None:
    coming = outlook(a_plan(), a_calendar(), start=at("2019-02-20T16:30Z"), count=2)

    assert hours([one.slot for one in coming.starts]) == ["20 17:00", "21 09:00"]
    assert [(hours([one.slot, one.last_slot]), one.slots) for one in coming.dropped] == [(["20 18:00", "21 08:00"], 15)]


def test_the_outlook_of_a_single_start_says_when_it_will_really_be() -> None:
    plan = a_plan(is_regular=False, start="2019-02-20T03:00Z")

    coming = outlook(plan, a_calendar(), start=at("2019-02-20T00:00Z"), count=5)

    assert [hours([one.slot, one.at]) for one in coming.starts] == [["20 03:00", "20 09:00"]]


def test_the_outlook_of_an_expiring_single_start_says_so() -> None:
    plan = a_plan(is_regular=False, start="2019-02-20T03:00Z", stop="2019-02-20T08:00Z")

    coming = outlook(plan, a_calendar(), start=at("2019-02-20T00:00Z"), count=5)

    assert coming.starts == ()
    assert [one.outcome for one in coming.dropped] == [Outcome.EXPIRED]


# How far a preview looks ------------------------------------------------------------------------------------------

HOSTILE_WEEK = tuple({"timestart": 1 + 20 * number, "timestop": 2 + 20 * number} for number in range(500))
NEVER = {
    "a day": {"schedule": "individual", "periods": HOSTILE_WEEK, "interval_sec": 86_400},
    "twenty minutes": {"schedule": "individual", "periods": HOSTILE_WEEK, "interval_sec": 1_200},
    "an hour of the wall": {
        "schedule": "individual",
        "periods": HOSTILE_WEEK,
        "interval_sec": 3_600,
        "ext": {"sched": {"local": 1}},
    },
    "a day from a Saturday": {"schedule": "work", "interval_sec": 86_400, "start": "2026-01-03T20:00Z"},
    "a week from a Saturday": {"schedule": "work", "interval_sec": 7 * 86_400, "start": "2026-01-03T12:00Z"},
}


@pytest.mark.parametrize("said", NEVER.values(), ids=NEVER)
def test_a_preview_that_finds_nothing_looks_at_a_bounded_number_of_pieces_and_says_how_far(
    said: dict[str, Any],
) -> None:
    start = at("2026-03-01T00:00Z")
    plan = a_plan(**{"start": "2026-01-01T00:00Z", "stop": None, **said})

    coming = outlook(plan, a_calendar("Europe/Helsinki"), start=start, count=20)
    further = outlook(plan, a_calendar("Europe/Helsinki"), start=start, count=20, pieces_max=2 * PIECES_MAX)

    assert (coming.starts, coming.is_whole, further.starts) == ((), False, ())
    assert start < coming.until < further.until
    (entry,) = coming.dropped
    assert entry.last_slot <= coming.until


def test_a_start_in_ten_years_is_found() -> None:
    plan = a_plan(start="2026-03-02T08:00Z", stop=None, interval_sec=3_650 * 86_400, schedule="all")

    coming = outlook(plan, a_calendar(), start=at("2026-03-03T00:00Z"), count=2)

    assert hours([one.slot for one in coming.starts]) == ["28 08:00", "25 08:00"]


def test_nothing_comes_after_the_end_of_a_task() -> None:
    coming = outlook(a_plan(), a_calendar(), start=at("2020-02-20T00:00Z"), count=20)

    assert (coming.starts, coming.is_whole) == ((), True)


@given(st.integers(0, 400), st.integers(1, 300), st.sampled_from(["Europe/Helsinki", "Australia/Lord_Howe", "UTC"]))
def test_slots_of_the_wall_clock_are_counted_as_one_would_count_them(day: int, days: int, zone: str) -> None:
    start = at("2025-12-31T23:30Z") + day * 86_400_000
    grid = Grid(start - 86_400_000, 5_400_000, zone)
    end = start + days * 86_400_000
    slots, slot = 0, grid.at_or_after(start)
    while slot is not None and slot < end:
        slots, slot = slots + 1, grid.at_or_after(slot + 1)

    assert grid.count(start, end) == slots


@pytest.mark.parametrize("jitter", [0, 1_800])
@pytest.mark.parametrize("count", [1, 5, 50])
def test_a_preview_over_sites_tells_all_up_to_its_last_start(count: int, jitter: int) -> None:
    content = a_svctask(
        site_mode="all", schedule="work", stop="2019-03-01T00:00Z", ext={"sched": {"jitter_sec": jitter}}
    )
    plan, calendar, start = rules.plan_of(content, armed_at=0), a_calendar(), at("2019-02-20T00:00Z")
    sites = ["A", "B", "C"]

    told = preview_of(content, plan, calendar, sites, task_id=TASK, start=start, count=count)
    whole = preview_of(content, plan, calendar, sites, task_id=TASK, start=start, count=1_000)

    assert whole["until"] == ""
    assert told["starts"] == whole["starts"][:count]
    assert told["until"] >= told["starts"][-1]["slot"]
    assert told["dropped"] == [one for one in whole["dropped"] if one["slot"] <= told["until"]]
