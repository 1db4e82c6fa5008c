"""What may be said of a service task, and what it means."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from askare.kernel.problems import Wrong
from askare.svctasks import rules
from askare.svctasks.model import OverlapPolicy, Retry, Site, SiteMode, SvcTaskChange
from askare.svctasks.words import SCHEDULES, SITE_MODES, site_names
from askare.workdays.rules import Unreadable, week_segments, workweek_of
from tests.svc import TASK, a_calendar, a_svctask, at

SITES = [Site("A", live=True), Site("B", live=True), Site("C", live=False)]


def targets(**said: Any) -> list[str]:
    return [fault.target for fault in rules.faults_of(a_svctask(**said))]


@pytest.mark.parametrize(
    ("said", "target"),
    [
        ({"name": " "}, "name"),
        ({"interval_sec": -1}, "intervalsec"),
        ({"interval_sec": 10 * 366 * 86_400 + 1}, "intervalsec"),
        ({"site_mode": "everywhere"}, "sitemode"),
        ({"schedule": "sometimes"}, "schedule"),
        ({"periods": ({"timestart": 0},)}, "periods[0].timestop"),
        ({"periods": ({"timestart": 0, "timestop": "25:00"},)}, "periods[0].timestop"),
        ({"periods": ({"timestart": 0, "timestop": 60, "dow": 8},)}, "periods[0].dow"),
        ({"periods": ({"timestart": 2_000, "timestop": 60, "dow": 1},)}, "periods[0].timestart"),
        ({"ext": {"sched": 5}}, "ext.sched"),
        ({"ext": {"sched": {"jitter_sec": -1}}}, "ext.sched.jitter_sec"),
        ({"ext": {"sched": {"overlap_policy": "maybe"}}}, "ext.sched.overlap_policy"),
        ({"ext": {"sched": {"tz": "Europe/Atlantis"}}}, "ext.sched.tz"),
        ({"ext": {"sched": {"local": "perhaps"}}}, "ext.sched.local"),
        ({"ext": {"sched": {"retry": []}}}, "ext.sched.retry"),
        ({"ext": {"sched": {"retry": {"max": "3"}}}}, "ext.sched.retry.max"),
        ({"ext": {"sched": {"retry": {"on": ["normal"]}}}}, "ext.sched.retry.on"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(said: dict[str, Any], target: str) -> None:
    assert targets(**said) == [target]


def test_all_faults_are_told_at_once() -> None:
    assert targets(name="", interval_sec=-1, schedule="x") == ["name", "intervalsec", "schedule"]


def test_an_unknown_word_is_answered_with_the_known_ones() -> None:
    (fault,) = rules.faults_of(a_svctask(schedule="weekends"))

    assert fault.wrong is Wrong.TYPE
    assert all(word in fault.message for word in SCHEDULES)


@pytest.mark.parametrize("word", SITE_MODES)
def test_every_alias_of_a_sitemode_is_accepted_and_kept_as_it_was_spelt(word: str) -> None:
    task = a_svctask(site_mode=word, sites="A, B")

    assert (rules.faults_of(task), task.site_mode) == ([], word)


def test_allsites_means_the_list_where_there_is_one() -> None:
    assert rules.mode_of(a_svctask(site_mode="allsites")) is SiteMode.ALL
    assert rules.mode_of(a_svctask(site_mode="allsites", sites="A")) is SiteMode.LIST


@pytest.mark.parametrize("sites", ["SITE1, SITE2", ("SITE1", "SITE2"), " SITE1 ,SITE2,,SITE1"])
def test_sites_are_read_in_either_form(sites: str | tuple[str, ...]) -> None:
    assert site_names(sites) == ("SITE1", "SITE2")


# Where it starts -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "sites", "scopes"),
    [
        ("all", "", ["A", "B", "C"]),
        ("list", "C, A", ["C", "A"]),
        ("list", "X", [""]),
        ("list", "", [""]),
        ("any", "", [""]),
        ("anylist", "B", [""]),
        ("firstsite", "B, A", [""]),
    ],
)
def test_the_scopes_of_each_mode(mode: str, sites: str, scopes: list[str]) -> None:
    assert rules.scopes_of(a_svctask(site_mode=mode, sites=sites), ["A", "B", "C"]) == scopes


@pytest.mark.parametrize(
    ("mode", "sites", "chosen"),
    [
        ("firstsite", "", "A"),
        ("firstsite", "B, A", "B"),
        ("firstsite", "C, B", "B"),  # C is dead
        ("firstsite", "C", "A"),  # the rest follows what is preferred
        ("anylist", "C", None),
        ("anylist", "X", None),
        ("anylist", "B", "B"),
    ],
)
def test_the_site_of_a_start_of_the_whole_domain(mode: str, sites: str, chosen: str | None) -> None:
    assert rules.chosen_site(a_svctask(site_mode=mode, sites=sites), SITES, slot_number=0) == chosen


def test_any_takes_each_of_the_least_busy_in_turn() -> None:
    sites = [Site("A", live=True, busy=2), Site("B", live=True, busy=1), Site("C", live=True, busy=1)]

    assert [rules.chosen_site(a_svctask(site_mode="any"), sites, slot_number=slot) for slot in range(4)] == [
        "B",
        "C",
        "B",
        "C",
    ]


# What it means ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "policy"),
    [
        ({"overlap": True}, OverlapPolicy.ALLOW),
        ({"overlap": False}, OverlapPolicy.SKIP),
        ({"overlap": False, "is_regular": False}, OverlapPolicy.ALLOW),
        ({"ext": {"sched": {"overlap_policy": "bufferone"}}}, OverlapPolicy.BUFFERONE),
    ],
)
def test_what_overlap_means(said: dict[str, Any], policy: OverlapPolicy) -> None:
    task = a_svctask(**said)

    assert rules.overlap_policy_of(task, rules.sched_of(task.ext)[0]) is policy


def test_jitter_is_stable_differs_by_site_and_stays_below_the_interval() -> None:
    task = a_svctask(interval_sec=60, ext={"sched": {"jitter_sec": 3_600}})
    sched, _ = rules.sched_of(task.ext)

    first = {site: rules.jitter_of(sched, task, task_id=TASK, scope=site) for site in ("A", "B", "C", "D")}

    assert first == {site: rules.jitter_of(sched, task, task_id=TASK, scope=site) for site in first}
    assert len(set(first.values())) > 1
    assert max(first.values()) < 60_000


@pytest.mark.parametrize(("attempt", "pause"), [(1, 10_000), (2, 20_000), (3, 40_000), (4, None)])
def test_a_retry_waits_twice_as_long_each_time(attempt: int, pause: int | None) -> None:
    assert rules.retry_pause(Retry(max=3, backoff_sec=10), attempt=attempt) == pause


def test_a_change_replaces_the_top_and_merges_opts_and_ext() -> None:
    task = a_svctask(opts={"title": "t", "comment": "c"}, ext={"own": 1, "other": 2})

    changed = rules.task_after(task, SvcTaskChange(name="n", opts={"title": None, "x": 1}, ext={"own": None, "new": 3}))

    assert (changed.name, changed.opts, changed.ext) == (
        "n",
        {"title": "", "comment": "c", "x": 1},
        {"other": 2, "new": 3},
    )


@pytest.mark.parametrize(
    ("said", "warning"),
    [
        ({"interval_sec": 0}, "intervalsec is 0"),
        ({"stop": "2019-02-20T08:00Z"}, "dtstop is not after dtstart"),
        ({"script_code": "nope"}, "no script 'nope'"),
        ({"script_code": ""}, "svcscriptcode is empty"),
        ({"site_mode": "list"}, "no site of `sites`"),
        ({"sites": "SITE9"}, "SITE9"),
        ({"schedule": "individual"}, "periods is empty"),
        ({"interval_sec": 86_400, "start": "2019-02-20T20:00Z"}, "no planned start meets an open window"),
        ({"ext": {"sched": {"local": 1}}, "interval_sec": 60}, "intervals of an hour"),
    ],
)
def test_what_will_never_be_is_told_at_save_time(said: dict[str, Any], warning: str) -> None:
    told = rules.warnings_of(
        a_svctask(**said),
        a_calendar(),
        serving=["SITE1"],
        script_codes=frozenset({"dialByCallList"}),
        armed_at=0,
        now=at("2019-02-20T00:00Z"),
    )

    assert [text for text in told if warning in text]


def test_a_week_of_very_many_periods_is_looked_through_for_some_days_alone() -> None:
    minutes = [{"timestart": at_minute, "timestop": at_minute + 1} for at_minute in range(3, 1_400, 14)]
    told = rules.warnings_of(
        a_svctask(schedule="individual", periods=tuple(minutes), interval_sec=840, start="2019-02-20T00:00Z"),
        a_calendar(),
        serving=["SITE1"],
        script_codes=frozenset({"dialByCallList"}),
        armed_at=0,
        now=at("2019-02-20T00:00Z"),
    )

    assert told == ("no planned start of the next 19 days meets an open window",)


def test_the_sample_task_warns_of_nothing() -> None:
    told = rules.warnings_of(
        a_svctask(),
        a_calendar(),
        serving=["SITE1"],
        script_codes=frozenset({"dialByCallList"}),
        armed_at=0,
        now=at("2019-02-20T00:00Z"),
    )

    assert told == ()


# Periods and weeks -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("period", "segments"),
    [
        ({"timestart": 0, "timestop": 1_440, "dow": 1}, ((0, 1_440),)),
        ({"timestart": "23:00", "timestop": "01:00", "weekday": 7}, ((0, 60), (10_020, 10_080))),
        ({"timestart": 10_000, "timestop": 100}, ((0, 100), (10_000, 10_080))),
        ({"timestart": 600, "timestop": 660, "days": [1, "2"]}, ((600, 660), (2_040, 2_100))),
        ({"timestart": 0, "timestop": 1_440}, ((0, 10_080),)),
        ({"timestart": 60, "timestop": 60, "dow": 1}, ((60, 1_500),)),
        ({"timestart": 1_500, "timestop": 1_560, "note": "kept"}, ((1_500, 1_560),)),
    ],
)
def test_periods_of_the_week(period: dict[str, Any], segments: tuple[tuple[int, int], ...]) -> None:
    assert week_segments([period]) == (segments, [])


def test_a_workweek_as_it_is_written() -> None:
    week = workweek_of("mon-fri 09:00-18:00, sat 22:00-02:00")

    assert week[0] == week[4] == ((540, 1_080),)
    assert (week[5], week[6]) == (((1_320, 1_560),), ())


@pytest.mark.parametrize("text", ["monday 9-18", "mon-fri", "mon 09:00-25:00", "xxx 09:00-10:00"])
def test_an_unreadable_workweek_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        workweek_of(text)


def test_an_id_carries_its_moment_and_the_house() -> None:
    from askare.svctasks.model import svc_id
    from tests.values import NOW

    made = svc_id(UUID("86228b15-0000-4000-8000-000000000001"), NOW)

    assert str(made) == "86228b15-019c-adc6-9a80-61736b617265"


# Which sites serve a domain (contract 5.4) ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("domain", "served_at"),
    [
        ("Koti", ["A"]),
        ("koti", ["A"]),
        ("root.ru", ["B", "C"]),
        ("test.root.ru", ["B", "C"]),
        ("deep.own.root.ru", ["A"]),  # the nearest one named decides
        ("ownroot.ru", ["D"]),
        ("Anybody", ["D"]),
    ],
)
def test_the_nearest_named_domain_decides_which_sites_serve(domain: str, served_at: list[str]) -> None:
    sites = [("A", ("Koti", "own.root.ru")), ("B", ("root.ru",)), ("C", ("root.ru",)), ("D", ())]

    assert rules.serving(domain, sites) == served_at


def test_without_names_every_site_serves_every_domain_and_with_them_a_stranger_is_served_nowhere() -> None:
    assert rules.serving("Koti", [("A", ()), ("B", ())]) == ["A", "B"]
    assert rules.serving("Koti", [("A", ("Asunto",))]) == []
