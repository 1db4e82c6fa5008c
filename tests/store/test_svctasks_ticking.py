"""Claims, the ledger, sites and nodes, on both databases: what became of each planned start."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from askare.kernel.problems import Conflict, LimitReached, NotFound, Refused
from askare.kernel.time import instant_of, milliseconds
from askare.storage.desk import Database
from askare.svctasks import operations, svcscripts, ticking
from askare.svctasks.model import EndReason, SvcScriptContent
from askare.svctasks.ticking import Ended
from askare.workdays import operations as workdays
from askare.workdays.model import Domain, WorkdayContent
from askare.worker import CHORES
from tests.store.doing import all_at_once
from tests.svc import SURROUNDINGS, TASK, Timetable, a_svctask
from tests.values import NOW, ORGANIZATION_NAME, an_admin, an_id

SECOND = 1_000
MINUTE = 60 * SECOND
HOURLY = a_svctask(start=None, stop=None, schedule="all")
SINGLE = a_svctask(is_regular=False, start=None, stop=None, schedule="all")


@pytest.fixture
def timetable(database: Database) -> Timetable:
    return Timetable(database)


def every(seconds: int, **said: Any) -> Any:
    return a_svctask(start=None, stop=None, schedule="all", interval_sec=seconds, **said)


# Starting --------------------------------------------------------------------------------------------------------


def test_an_enabled_task_starts_at_once_and_then_each_hour(timetable: Timetable) -> None:
    node = timetable.announce()
    timetable.create(HOURLY)

    timetable.end(node, timetable.tick(node), output="done")
    timetable.now += 3_600 * SECOND
    timetable.end(node, timetable.tick(node))

    assert timetable.outcomes() == ["SITE1 started normal", "SITE1 started normal"]
    assert timetable.ledger()[0]["output"] == "done"


def test_a_slot_is_claimed_once_however_often_one_looks(timetable: Timetable) -> None:
    node = timetable.announce()
    timetable.create(HOURLY)

    claimed = [len(timetable.tick(node)) for _ in range(3)]

    assert claimed == [1, 0, 0]


def test_a_disabled_task_never_starts(timetable: Timetable) -> None:
    node = timetable.announce()
    timetable.create(a_svctask(is_enabled=False, start=None, stop=None, schedule="all"))

    assert timetable.tick(node) == []
    assert timetable.ledger() == []


def test_without_overlap_starts_are_skipped_while_the_one_before_runs(timetable: Timetable) -> None:
    """Contract 6.7: interval 60, the run takes 150 s: starts t0 and t0+180."""
    node = timetable.announce()
    timetable.create(every(60, overlap=False))
    runs = timetable.tick(node)
    for _ in range(2):
        timetable.now += MINUTE
        assert timetable.tick(node) == []
    timetable.now += 30 * SECOND
    timetable.end(node, runs)
    timetable.now += 30 * SECOND

    assert len(timetable.tick(node)) == 1
    assert timetable.outcomes() == ["SITE1 started normal", "SITE1 skipped_overlap ×2", "SITE1 started"]


def test_with_overlap_they_start_side_by_side(timetable: Timetable) -> None:
    node = timetable.announce()
    timetable.create(every(60))
    timetable.tick(node)
    timetable.now += MINUTE

    assert len(timetable.tick(node)) == 1


def test_an_unknown_script_is_an_outcome_and_no_start(timetable: Timetable) -> None:
    node = timetable.announce()
    timetable.create(every(60, script_code="nobody"))
    for _ in range(3):
        assert timetable.tick(node) == []
        timetable.now += MINUTE

    assert timetable.outcomes() == ["SITE1 script_not_found ×3"]


def test_a_script_of_the_domain_stands_for_one_of_the_servers(timetable: Timetable) -> None:
    node = timetable.announce()
    content = SvcScriptContent(code="night", name="Night", script_data={"run": "cleardata", "startparam1": 1})
    timetable.database.write(
        lambda tx: svcscripts.create_svcscript(
            tx, content, script_id=an_id(5), script_codes=SURROUNDINGS.script_codes, now=NOW
        ),
        an_admin(),
    )
    timetable.create(every(60, script_code="night"))

    (run,) = timetable.tick(node)

    assert (run.code, run.parameters) == ("cleardata", {"startparam1": 1})


def test_a_blocked_domain_starts_nothing(timetable: Timetable) -> None:
    node = timetable.announce()
    timetable.database.write(lambda tx: workdays.change_domain(tx, Domain(is_blocked=True)), an_admin())
    timetable.create(HOURLY)

    assert timetable.tick(node) == []
    assert [(run["outcome"], run["reason"]) for run in timetable.ledger()] == [("limit", "domain_blocked")]


def test_the_domains_limit_of_a_site_holds(timetable: Timetable) -> None:
    node = timetable.announce()
    timetable.database.write(lambda tx: workdays.change_domain(tx, Domain(script_limit_site_count=1)), an_admin())
    timetable.create(every(60))
    timetable.tick(node)
    timetable.now += MINUTE

    assert timetable.tick(node) == []
    assert timetable.outcomes() == ["SITE1 started", "SITE1 limit"]


def test_a_single_start_that_meets_the_limit_waits(timetable: Timetable) -> None:
    node = timetable.announce()
    timetable.database.write(lambda tx: workdays.change_domain(tx, Domain(is_blocked=True)), an_admin())
    timetable.create(SINGLE)
    assert timetable.tick(node) == []
    timetable.database.write(lambda tx: workdays.change_domain(tx, Domain()), an_admin())
    timetable.now += 6 * SECOND

    assert len(timetable.tick(node)) == 1
    assert timetable.outcomes() == ["SITE1 late"]


def test_a_night_of_closed_seconds_is_one_row(timetable: Timetable) -> None:
    node = timetable.announce()
    timetable.now = milliseconds(NOW.replace(hour=18))
    timetable.create(a_svctask(start=None, stop=None, interval_sec=1))
    while timetable.now < milliseconds(NOW.replace(hour=18) + timedelta(hours=15)):
        timetable.tick(node)
        timetable.now += 10 * MINUTE
    started = timetable.tick(node)

    assert timetable.outcomes() == [f"SITE1 closed_window ×{15 * 3600}", "SITE1 started"]
    assert len(started) == 1


def test_missed_starts_are_written_down_and_the_latest_starts_late(timetable: Timetable) -> None:
    node = timetable.announce()
    timetable.create(HOURLY)
    timetable.end(node, timetable.tick(node))
    timetable.now += int(3.5 * 3_600) * SECOND

    timetable.end(node, timetable.tick(node))

    assert timetable.outcomes() == ["SITE1 started normal", "SITE1 missed ×2", "SITE1 late normal"]


def test_the_clock_put_back_an_hour_starts_nothing_twice(timetable: Timetable) -> None:
    node = timetable.announce()
    timetable.create(every(600))
    timetable.tick(node)
    timetable.now += 600 * SECOND
    timetable.tick(node)
    timetable.now -= 3_600 * SECOND

    again = [run for _ in range(6) for run in [*timetable.tick(node), *_later(timetable, 590)]]

    assert again == []
    timetable.now += 600 * SECOND
    assert len(timetable.tick(node)) <= 1
    assert len({run["slot"] for run in timetable.ledger()}) == len(timetable.ledger())


def _later(timetable: Timetable, seconds: int) -> list[Any]:
    timetable.now += seconds * SECOND
    return []


def test_room_for_one_claims_one(timetable: Timetable) -> None:
    node = timetable.announce()
    for number in range(3):
        timetable.create(HOURLY, an_id(number))

    assert [len(timetable.tick(node, room=1)) for _ in range(4)] == [1, 1, 1, 0]


# Changing --------------------------------------------------------------------------------------------------------


def test_a_new_name_does_not_disturb_the_timetable(timetable: Timetable) -> None:
    node = timetable.announce()
    timetable.create(HOURLY)
    timetable.tick(node)
    timetable.now += 1_800 * SECOND
    timetable.patch(name="Another")
    assert timetable.tick(node) == []
    timetable.now += 1_800 * SECOND

    assert len(timetable.tick(node)) == 1


def test_another_interval_counts_at_once(timetable: Timetable) -> None:
    node = timetable.announce()
    timetable.create(HOURLY)
    timetable.tick(node)
    timetable.now += 90 * SECOND
    timetable.patch(interval_sec=60)
    assert timetable.tick(node) == []
    timetable.now += 30 * SECOND

    assert len(timetable.tick(node)) == 1


def test_switching_off_and_on_is_no_miss(timetable: Timetable) -> None:
    node = timetable.announce()
    timetable.create(HOURLY)
    timetable.tick(node)
    timetable.patch(is_enabled=False)
    timetable.now += 10 * 3_600 * SECOND
    assert timetable.tick(node) == []
    timetable.patch(is_enabled=True)

    assert len(timetable.tick(node)) == 1  # without dtstart it begins anew
    assert timetable.outcomes() == ["SITE1 started", "SITE1 started"]


def test_a_single_start_happens_once_and_again_when_it_is_set_anew(timetable: Timetable) -> None:
    node = timetable.announce()
    timetable.create(SINGLE)
    assert len(timetable.tick(node)) == 1
    timetable.now += MINUTE
    assert timetable.tick(node) == []
    timetable.patch(name="Another")
    assert timetable.tick(node) == []
    timetable.patch(is_enabled=False)
    timetable.patch(is_enabled=True)
    assert len(timetable.tick(node)) == 1
    timetable.now += MINUTE
    timetable.patch(start=instant_of(timetable.now))

    assert len(timetable.tick(node)) == 1


def test_a_new_workday_is_heeded_at_once(timetable: Timetable) -> None:
    node = timetable.announce()
    timetable.now = milliseconds(NOW.replace(day=7, hour=10))  # a Saturday
    timetable.create(a_svctask(start=None, stop=None, interval_sec=60))
    assert timetable.tick(node) == []
    timetable.now += MINUTE
    works = WorkdayContent(date="2026-03-07", is_workday=1)
    timetable.database.write(
        lambda tx: workdays.create_workday(tx, works, workday_id=an_id(9), now=instant_of(timetable.now)), an_admin()
    )

    assert len(timetable.tick(node)) == 1


def test_deleting_leaves_the_ledger_and_lets_the_run_go_on(timetable: Timetable) -> None:
    node = timetable.announce()
    timetable.create(HOURLY)
    runs = timetable.tick(node)
    timetable.database.write(
        lambda tx: operations.delete_svctask(tx, TASK, stop=False, now=instant_of(timetable.now)), an_admin()
    )
    timetable.now += 3_600 * SECOND

    assert timetable.tick(node) == []
    assert timetable.database.read(lambda tx: ticking.held(tx, node)) == {runs[0].run_id}
    with pytest.raises(NotFound):
        timetable.ledger()


def test_deleting_may_stop_what_runs(timetable: Timetable) -> None:
    node = timetable.announce()
    timetable.create(HOURLY)
    runs = timetable.tick(node)
    timetable.database.write(
        lambda tx: operations.delete_svctask(tx, TASK, stop=True, now=instant_of(timetable.now)), an_admin()
    )

    glance = timetable.database.read(lambda tx: ticking.glance(tx, node, lambda: timetable.now))

    assert glance.stops == (runs[0].run_id,)


def test_an_id_in_use_is_refused_unless_all_is_the_same(timetable: Timetable) -> None:
    first = timetable.create(HOURLY)

    assert timetable.create(HOURLY).document == first.document
    with pytest.raises(Conflict):
        timetable.create(every(60))


# Sites -----------------------------------------------------------------------------------------------------------


def test_all_starts_once_on_each_site(timetable: Timetable) -> None:
    one, two = timetable.announce("SITE1"), timetable.announce("SITE2")
    timetable.create(HOURLY)

    assert [len(timetable.tick(node)) for node in (one, two, one)] == [1, 1, 0]
    assert timetable.outcomes() == ["SITE1 started", "SITE2 started"]


def test_without_overlap_a_busy_site_skips_and_the_other_starts(timetable: Timetable) -> None:
    """Contract 6.7: sitemode all, overlap 0, A busy: B starts, A skipped."""
    one, two = timetable.announce("SITE1"), timetable.announce("SITE2")
    timetable.create(every(60, overlap=False))
    timetable.tick(one)
    timetable.end(two, timetable.tick(two))
    timetable.now += MINUTE

    assert [len(timetable.tick(node)) for node in (one, two)] == [0, 1]


def test_a_site_that_comes_later_joins_in_from_there(timetable: Timetable) -> None:
    one = timetable.announce("SITE1")
    timetable.create(every(60))
    timetable.create(every(60, site_mode="list", sites="SITE2"), an_id(8))
    timetable.tick(one)
    timetable.now += 30 * SECOND
    two = timetable.announce("SITE2")
    assert timetable.tick(two) == []
    timetable.now += 30 * SECOND

    assert [len(timetable.tick(node)) for node in (one, two)] == [1, 2]


def test_a_task_that_was_there_before_any_site_starts_on_the_first(timetable: Timetable) -> None:
    timetable.create(every(60))
    node = timetable.announce()

    assert len(timetable.tick(node)) == 1
    assert timetable.outcomes() == ["SITE1 started"]


def test_firstsite_passes_over_a_dead_site(timetable: Timetable) -> None:
    """Contract 6.7: firstsite, sites "SITE1, SITE2", SITE1 dead: SITE2."""
    one, two = timetable.announce("SITE1"), timetable.announce("SITE2")
    timetable.create(every(60, site_mode="firstsite", sites="SITE1, SITE2"))
    assert (len(timetable.tick(two)), len(timetable.tick(one))) == (0, 1)
    _dies(timetable, one)
    timetable.now += MINUTE

    assert len(timetable.tick(two)) == 1
    assert timetable.outcomes()[-1] == "SITE2 started"


def test_any_is_for_one_of_them_only(timetable: Timetable) -> None:
    nodes = [timetable.announce("SITE1"), timetable.announce("SITE2")]
    timetable.create(every(60, site_mode="any"))

    started = 0
    for _ in range(6):
        runs = [(node, timetable.tick(node)) for node in nodes]
        started += sum(len(some) for _, some in runs)
        for node, some in runs:
            timetable.end(node, some)
        timetable.now += MINUTE

    assert started == 6
    assert {run["site"] for run in timetable.ledger()} == {"SITE1", "SITE2"}


def test_a_start_that_its_site_lets_wait_is_taken_by_another(timetable: Timetable) -> None:
    timetable.announce("SITE1")
    two = timetable.announce("SITE2")
    timetable.create(every(60, site_mode="firstsite"))
    assert timetable.tick(two) == []
    timetable.now += 3 * SECOND

    assert len(timetable.tick(two)) == 1


def test_a_list_of_unknown_sites_has_no_site(timetable: Timetable) -> None:
    node = timetable.announce("SITE1")
    saved = timetable.create(every(60, site_mode="list", sites="NOWHERE"))

    assert timetable.tick(node) == []
    assert timetable.outcomes() == ["no_site"]
    assert any("no site of `sites`" in warning for warning in saved.warnings)


def test_a_dead_sites_starts_are_missed_there_alone(timetable: Timetable) -> None:
    one, two = timetable.announce("SITE1"), timetable.announce("SITE2")
    timetable.create(every(60))
    for node in (one, two):
        timetable.end(node, timetable.tick(node))
    _dies(timetable, two)
    timetable.now += MINUTE
    timetable.end(one, timetable.tick(one))
    timetable.database.write(lambda tx: ticking.note_dead_sites(tx, one, timetable.knowledge, now=timetable.now))

    assert timetable.outcomes() == [
        "SITE1 started normal",
        "SITE2 started normal",
        "SITE1 started normal",
        "SITE2 missed",
    ]


# Nodes and fences ------------------------------------------------------------------------------------------------


def _dies(timetable: Timetable, node: ticking.Node) -> list[Any]:
    beats = timetable.database.read(ticking.beats)
    return timetable.database.write(
        lambda tx: ticking.declare_dead(tx, node.node_no, beat=beats[node.node_no], now=timetable.now)
    )


def test_what_a_dead_node_ran_is_ownerdown_and_not_started_again(timetable: Timetable) -> None:
    one, two = timetable.announce(), timetable.announce()
    timetable.create(HOURLY)
    timetable.tick(one)

    _dies(timetable, one)

    assert timetable.tick(two) == []
    assert timetable.outcomes() == ["SITE1 started ownerdown"]


def test_a_stale_end_is_refused(timetable: Timetable) -> None:
    one = timetable.announce()
    timetable.create(HOURLY)
    runs = timetable.tick(one)
    _dies(timetable, one)

    timetable.end(one, runs, output="I was only asleep")

    assert timetable.outcomes() == ["SITE1 started ownerdown"]
    assert timetable.database.write(lambda tx: ticking.beat(tx, one)) is False
    assert timetable.tick(one) == []


def test_a_start_whose_claim_nobody_heard_of_is_given_back_and_started_by_another(timetable: Timetable) -> None:
    one, two = timetable.announce(), timetable.announce()
    timetable.create(HOURLY)
    unheard = [run.run_id for run in timetable.tick(one)]

    timetable.database.write(lambda tx: ticking.give_back(tx, one, unheard, now=timetable.now))

    assert [run.run_id for run in timetable.tick(two)] == unheard
    assert timetable.tick(one) == []
    assert timetable.outcomes() == ["SITE1 started"]


def test_what_somebody_else_has_started_since_cannot_be_given_back(timetable: Timetable) -> None:
    one, two = timetable.announce(), timetable.announce()
    timetable.create(HOURLY)
    unheard = [run.run_id for run in timetable.tick(one)]
    timetable.database.write(lambda tx: ticking.give_back(tx, one, unheard, now=timetable.now))
    timetable.tick(two)

    timetable.database.write(lambda tx: ticking.give_back(tx, one, unheard, now=timetable.now))

    assert timetable.tick(one) == []
    assert timetable.outcomes() == ["SITE1 started"]


def test_a_start_that_stands_in_the_ledger_is_not_claimed_again_when_its_clock_is_put_back(
    timetable: Timetable,
) -> None:
    one = timetable.announce()
    timetable.create(HOURLY)
    assert len(timetable.tick(one)) == 1

    timetable.database.write(
        lambda tx: tx.run("UPDATE svctask_clocks SET cursor_at = cursor_at - 1, next_start = :now", now=timetable.now)
    )

    assert timetable.tick(one) == []
    assert timetable.outcomes() == ["SITE1 started"]


def test_a_beat_since_the_last_look_saves_a_node(timetable: Timetable) -> None:
    one = timetable.announce()
    timetable.create(HOURLY)
    timetable.tick(one)
    seen = timetable.database.read(ticking.beats)[one.node_no]
    timetable.database.write(lambda tx: ticking.beat(tx, one))

    lost = timetable.database.write(lambda tx: ticking.declare_dead(tx, one.node_no, beat=seen, now=timetable.now))

    assert lost == []
    assert timetable.outcomes() == ["SITE1 started"]


def test_a_lost_run_is_tried_again_where_the_task_asks_for_that(timetable: Timetable) -> None:
    one, two = timetable.announce(), timetable.announce()
    timetable.create(every(3_600, ext={"sched": {"retry": {"max": 1, "backoff_sec": 10}}}))
    timetable.tick(one)
    _dies(timetable, one)
    assert timetable.tick(two) == []
    timetable.now += 10 * SECOND

    (again,) = timetable.tick(two)
    timetable.end(two, [again], EndReason.ERROR)
    timetable.now += 60 * SECOND

    assert timetable.tick(two) == []
    assert timetable.outcomes() == ["SITE1 started ownerdown", "SITE1 started error"]


def test_many_tickers_claim_each_start_once(timetable: Timetable) -> None:
    nodes = [timetable.announce() for _ in range(4)]
    for number in range(60):
        timetable.create(HOURLY, an_id(number))

    def race(node: ticking.Node) -> list[Any]:
        return [run.run_id for _ in range(4) for run in timetable.tick(node, room=20)]

    results = all_at_once([lambda node=node: race(node) for node in nodes])  # type: ignore[misc]
    started = [run_id for result in results if isinstance(result, list) for run_id in result]

    assert [result for result in results if isinstance(result, Exception)] == []
    assert len(started) == len(set(started)) == 60


# What 6.8 adds ---------------------------------------------------------------------------------------------------


def test_bufferone_lets_one_start_wait(timetable: Timetable) -> None:
    node = timetable.announce()
    timetable.create(every(60, ext={"sched": {"overlap_policy": "bufferone"}}))
    runs = timetable.tick(node)
    for _ in range(3):
        timetable.now += MINUTE
        assert timetable.tick(node) == []
    timetable.end(node, runs)

    assert len(timetable.tick(node)) == 1
    assert timetable.outcomes() == ["SITE1 started normal", "SITE1 late", "SITE1 skipped_overlap ×2"]


def test_bufferall_lets_them_all_wait(timetable: Timetable) -> None:
    node = timetable.announce()
    timetable.create(every(60, ext={"sched": {"overlap_policy": "bufferall"}}))
    runs = timetable.tick(node)
    for _ in range(2):
        timetable.now += MINUTE
        timetable.tick(node)
    timetable.end(node, runs)
    second = timetable.tick(node)
    timetable.end(node, second)
    third = timetable.tick(node)

    assert (len(second), len(third)) == (1, 1)


def test_cancelother_asks_the_other_to_stop_and_starts_after_it(timetable: Timetable) -> None:
    node = timetable.announce()
    timetable.create(every(60, ext={"sched": {"overlap_policy": "cancelother"}}))
    runs = timetable.tick(node)
    timetable.now += MINUTE
    assert timetable.tick(node) == []
    glance = timetable.database.read(lambda tx: ticking.glance(tx, node, lambda: timetable.now))
    timetable.end(node, runs, EndReason.STOP)

    assert glance.stops == (runs[0].run_id,)
    assert len(timetable.tick(node)) == 1


def test_terminateother_ends_the_other_at_once(timetable: Timetable) -> None:
    node = timetable.announce()
    timetable.create(every(60, ext={"sched": {"overlap_policy": "terminateother"}}))
    first = timetable.tick(node)
    timetable.now += MINUTE
    second = timetable.tick(node)
    timetable.end(node, first)

    assert len(second) == 1
    assert timetable.outcomes() == ["SITE1 started stop", "SITE1 started"]


def test_jitter_puts_the_start_off_and_is_not_late(timetable: Timetable) -> None:
    node = timetable.announce()
    timetable.create(every(3_600, ext={"sched": {"jitter_sec": 3_000}}))
    assert timetable.tick(node) == []
    timetable.now += 3_000 * SECOND

    timetable.tick(node)

    (run,) = timetable.ledger()
    assert run["slot"] == "2026-03-02T09:00:00Z"
    assert run["lateness_ms"] < 3_000 * SECOND


def test_a_task_pauses_after_failures_and_resumes_when_it_is_saved(timetable: Timetable) -> None:
    node = timetable.announce()
    timetable.create(every(60, ext={"sched": {"pause_after_failures": 2, "alert_after_failures": 1}}))
    upsets = []
    for _ in range(2):
        upsets += timetable.end(node, timetable.tick(node), EndReason.ERROR)
        timetable.now += MINUTE
    assert timetable.tick(node) == []
    timetable.patch(name="Mended")

    assert [(upset.failures, upset.paused) for upset in upsets] == [(1, False), (2, True)]
    assert len(timetable.tick(node)) == 1


def test_a_success_forgets_the_failures(timetable: Timetable) -> None:
    node = timetable.announce()
    timetable.create(every(60, ext={"sched": {"pause_after_failures": 2}}))
    for reason in (EndReason.ERROR, EndReason.NORMAL, EndReason.ERROR):
        timetable.end(node, timetable.tick(node), reason)
        timetable.now += MINUTE

    assert len(timetable.tick(node)) == 1


def test_run_now_starts_a_disabled_task_with_its_parameters(timetable: Timetable) -> None:
    node = timetable.announce()
    timetable.create(a_svctask(is_enabled=False, ext={"sched": {"startparam1": "a", "startparam2": "b"}}))

    runtime = timetable.run_now()
    (run,) = timetable.tick(node)

    assert run.parameters == {"startparam1": "x", "startparam2": "b"}
    assert (runtime["site"], runtime["node"], runtime["code"]) == ("SITE1", "SITE1-node", "dialByCallList")


def test_run_now_obeys_overlap_unless_forced(timetable: Timetable) -> None:
    node = timetable.announce()
    timetable.create(every(60, overlap=False))
    timetable.tick(node)

    with pytest.raises(Refused, match="overlap"):
        timetable.run_now()
    timetable.run_now(2, force=True)
    assert len(timetable.tick(node)) == 1


def test_a_run_that_waits_is_cancelled_at_once(timetable: Timetable) -> None:
    node = timetable.announce()
    timetable.create(a_svctask(is_enabled=False))
    timetable.run_now()
    (run,) = timetable.ledger()
    timetable.database.write(
        lambda tx: operations.cancel_run(tx, TASK, an_id(1, kind=0x77), now=instant_of(timetable.now)), an_admin()
    )

    assert run["outcome"] == "waiting"
    assert timetable.tick(node) == []
    assert timetable.outcomes() == ["SITE1 missed stop"]


def test_a_backfill_makes_up_for_open_slots_one_after_the_other(timetable: Timetable) -> None:
    node = timetable.announce()
    timetable.create(a_svctask(is_enabled=False, start="2026-02-27T08:00Z", stop=None))
    start, stop = NOW - timedelta(days=3), NOW - timedelta(days=2, hours=15)

    def fill() -> dict[str, Any]:
        return timetable.database.write(
            lambda tx: operations.backfill(
                tx,
                TASK,
                start=start,
                stop=stop,
                overlap=False,
                surroundings=timetable.surroundings,
                now=instant_of(timetable.now),
            ),
            an_admin(),
        )

    planned = fill()
    again = fill()
    started = 0
    for _ in range(20):
        runs = timetable.tick(node)
        assert len(runs) <= 1
        started += len(runs)
        timetable.end(node, runs)
        timetable.now += 2 * SECOND

    assert (planned, again) == ({"planned": 9}, {"planned": 0})
    assert started == 9


def test_a_backfill_of_too_many_is_refused(timetable: Timetable) -> None:
    timetable.create(a_svctask(start="2026-02-01T08:00Z", stop=None, interval_sec=1))

    with pytest.raises(LimitReached):
        timetable.database.write(
            lambda tx: operations.backfill(
                tx,
                TASK,
                start=NOW - timedelta(days=10),
                stop=NOW,
                overlap=True,
                surroundings=timetable.surroundings,
                now=NOW,
            ),
            an_admin(),
        )


def test_a_task_may_start_each_time_its_site_comes_up(timetable: Timetable) -> None:
    one = timetable.announce()
    timetable.create(a_svctask(is_regular=False, start=None, stop=None, schedule="all", ext={"sched": {"onstart": 1}}))
    timetable.end(one, timetable.tick(one))
    timetable.now += MINUTE
    assert timetable.tick(timetable.announce()) == []  # somebody was there all the time
    for node_no in timetable.database.read(ticking.beats):
        timetable.database.write(
            lambda tx, node_no=node_no: ticking.declare_dead(tx, node_no, beat=None, now=timetable.now)  # type: ignore[misc]
        )

    assert len(timetable.tick(timetable.announce())) == 1


# Lists and care --------------------------------------------------------------------------------------------------


def test_somebody_elses_task_is_nowhere(timetable: Timetable) -> None:
    timetable.create(HOURLY)

    with pytest.raises(NotFound):
        timetable.database.read(lambda tx: operations.get_svctask(tx, TASK), an_admin(organization_no=77))


def test_a_preview_tells_starts_and_what_is_dropped(timetable: Timetable) -> None:
    timetable.announce()
    timetable.create(a_svctask(start="2026-03-02T08:00Z", stop=None))

    told = timetable.database.read(
        lambda tx: operations.preview(
            tx, TASK, count=2, start=NOW.replace(hour=16, minute=30), surroundings=timetable.surroundings
        ),
        an_admin(),
    )

    assert told["starts"] == [
        {"slot": "2026-03-02T17:00:00Z", "site": "SITE1"},
        {"slot": "2026-03-03T09:00:00Z", "site": "SITE1"},
    ]
    assert [(one["slot"], one["slots"], one["reason"]) for one in told["dropped"]] == [
        ("2026-03-02T18:00:00Z", 15, "closed_window: outside working hours")
    ]


def test_old_rows_are_swept_and_young_ones_stay(timetable: Timetable) -> None:
    node = timetable.announce()
    timetable.create(HOURLY)
    for _ in range(3):
        timetable.end(node, timetable.tick(node))
        timetable.now += 3_600 * SECOND
    before = timetable.now - 2 * 3_600 * SECOND

    swept = timetable.database.write(lambda tx: ticking.sweep(tx, an_admin().organization_no, before=before))

    assert (swept, len(timetable.ledger())) == (1, 2)


def test_the_night_shift_forgets_nodes_a_month_after_they_ended_except_the_living_and_the_newest(
    timetable: Timetable,
) -> None:
    nodes = [timetable.announce() for _ in range(4)]
    long_dead, dead, alive, newest = (node.node_no for node in nodes)
    month = 30 * 24 * 60 * MINUTE

    def end(node_no: int, *, at: int) -> None:
        timetable.database.write(lambda tx: ticking.declare_dead(tx, node_no, beat=None, now=at))

    end(long_dead, at=timetable.now - month - 1)
    end(newest, at=timetable.now - month - 1)
    end(dead, at=timetable.now - month)

    (forget,) = (chore.do for chore in CHORES if chore.name == "dead nodes")
    timetable.database.write(lambda tx: forget(tx, instant_of(timetable.now)))

    rows = timetable.database.read(lambda tx: tx.rows("SELECT node_no FROM svc_nodes ORDER BY node_no"))
    assert [number for (number,) in rows] == [dead, alive, newest]


def test_a_site_says_how_busy_it_is_and_who_is_there(timetable: Timetable) -> None:
    one = timetable.announce("SITE1")
    timetable.announce("SITE2")
    timetable.create(every(60, site_mode="firstsite"))
    runs = timetable.tick(one)
    timetable.end(one, [], EndReason.NORMAL)

    from askare.svctasks import store

    sites = timetable.database.read(store.sites)

    assert [(site.name, site.live, site.busy) for site in sites] == [("SITE1", True, len(runs)), ("SITE2", True, 0)]


def test_ending_what_is_not_running_changes_nothing(timetable: Timetable) -> None:
    node = timetable.announce()
    timetable.database.write(
        lambda tx: ticking.end(tx, node, [Ended(an_id(1), EndReason.NORMAL, "")], now=timetable.now)
    )

    assert timetable.database.read(lambda tx: ticking.held(tx, node)) == set()


# Sites that serve some domains only (contract 5.4) --------------------------------------------------------------------


def serves(timetable: Timetable, site: str, *domains: str) -> None:
    timetable.database.write(
        lambda tx: operations.name_domains(tx, site, domains, now=instant_of(timetable.now)),
    )


def test_a_task_starts_only_where_its_domain_is_served(timetable: Timetable) -> None:
    nodes = [timetable.announce(site) for site in ("SITE1", "SITE2")]
    timetable.create(every(60, site_mode="all"))
    serves(timetable, "SITE2", "somebody.else")

    for _ in range(3):
        for node in nodes:
            timetable.end(node, timetable.tick(node))
        timetable.now += MINUTE

    assert timetable.outcomes() == ["SITE1 started normal"] * 3


def test_a_site_that_serves_the_domain_again_starts_its_tasks_again_and_makes_up_for_nothing(
    timetable: Timetable,
) -> None:
    nodes = [timetable.announce(site) for site in ("SITE1", "SITE2")]
    timetable.create(every(60, site_mode="all"))
    serves(timetable, "SITE2", "somebody.else")
    timetable.now += 10 * MINUTE
    timetable.tick(nodes[0])
    serves(timetable, "SITE2", ORGANIZATION_NAME)
    assert timetable.tick(nodes[0]) == []
    timetable.now += MINUTE

    assert [len(timetable.tick(node)) for node in nodes] == [0, 1]
    assert timetable.outcomes()[-1] == "SITE2 started"


def test_a_start_of_the_whole_domain_is_left_to_a_site_that_serves_it(timetable: Timetable) -> None:
    first, second = (timetable.announce(site) for site in ("SITE1", "SITE2"))
    serves(timetable, "SITE1", "somebody.else")
    timetable.create(every(60, site_mode="firstsite"))

    timetable.now += 30 * SECOND

    assert timetable.tick(first) == []
    assert len(timetable.tick(second)) == 1


def test_a_domain_that_no_site_serves_starts_nothing_and_a_save_says_so(timetable: Timetable) -> None:
    node = timetable.announce()
    serves(timetable, "SITE1", "somebody.else")

    saved = timetable.create(every(60, site_mode="all"))
    for _ in range(2):
        assert timetable.tick(node) == []
        timetable.now += MINUTE

    assert saved.warnings == ("no site serves this domain: it never starts",)
    assert timetable.outcomes() == ["no_site ×2"]


def test_a_site_that_was_never_there_serves_nothing(timetable: Timetable) -> None:
    with pytest.raises(NotFound):
        serves(timetable, "SITE9", ORGANIZATION_NAME)


def test_who_was_there_before_is_told_from_those_at_the_other_sites_of_this_process(timetable: Timetable) -> None:
    before, other = timetable.announce("SITE1"), timetable.announce("SITE2")

    assert timetable.database.read(lambda tx: ticking.nodes_not_at(tx, ["SITE2"])) == [before.node_no]
    assert timetable.database.read(lambda tx: ticking.nodes_not_at(tx, [])) == [before.node_no, other.node_no]
