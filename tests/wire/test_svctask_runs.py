"""Run now, the ledger, cancel, preview and backfill of service tasks; and the scripts that run at this moment."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.journeys.waiting import until
from tests.wire.asking import UNKNOWN_ID, Agency, Person, on_both
from tests.wire.svc_asking import (
    DEBTOR_CALLS,
    RUNTIMES,
    TASKS,
    assert_not_found,
    assert_refused,
    changes,
    creates,
    lists,
    ok,
)

RUNTIME_KEYS = ["id", "site", "node", "domain", "type", "code"]
SAYS = {"name": "Says", "svcscriptcode": "says", "ext": {"sched": {"startparam1": "moi"}}}
SLEEPS = {"name": "Sleeps", "svcscriptcode": "sleeps", "isregular": 1, "overlap": 0, "intervalsec": 3600}


def path_of(person: Person, body: dict[str, Any]) -> str:
    """The path of a new task."""
    return f"{TASKS}/{creates(person, TASKS, body)['id']}"


def runs(person: Person, path: str, **params: Any) -> list[dict[str, Any]]:
    return lists(person, f"{path}/runs", **params)


def ended_run(person: Person, path: str) -> dict[str, Any]:
    """The newest row of a task's ledger, once its run is over."""
    until(lambda: runs(person, path)[0]["endreason"], "the end of the run")
    return runs(person, path)[0]


# Run now ---------------------------------------------------------------------------------------------------------


@on_both
def test_a_task_that_is_run_now_has_a_row_in_its_ledger(agency: Agency) -> None:
    path = path_of(agency.admin, SAYS)
    assert runs(agency.admin, path) == []

    started = ok(agency.admin.post(f"{path}/runs", {"force": 0, "startparam1": "terve"}))

    assert list(started) == RUNTIME_KEYS
    assert (started["domain"], started["type"], started["code"]) == (agency.name, "svc", "says")
    row = ended_run(agency.admin, path)
    assert list(row) == [
        *("id", "slot", "last_slot", "slots", "site", "outcome", "reason"),
        *("lateness_ms", "endreason", "duration_ms", "output", "origin", "attempt"),
    ]
    assert (row["id"], row["site"]) == (started["id"], started["site"])
    assert (row["outcome"], row["endreason"], row["origin"]) == ("started", "normal", "manual")
    assert row["output"].strip() == "terve"
    assert row["duration_ms"] >= 0


def test_without_a_body_the_parameters_of_the_task_count(agency: Agency) -> None:
    path = path_of(agency.admin, SAYS)

    ok(agency.admin.post(f"{path}/runs", content=b"", headers={"Content-Type": None}))

    assert ended_run(agency.admin, path)["output"].strip() == "moi"


def test_a_task_whose_script_nobody_has_is_not_run(agency: Agency) -> None:
    path = path_of(agency.admin, DEBTOR_CALLS | {"svcscriptcode": "nobodys"})

    assert_refused(agency.admin.post(f"{path}/runs", {}), 409, "nobodys")
    assert runs(agency.admin, path) == []


@pytest.mark.parametrize(
    ("body", "part"),
    [(b'{"force":5}', "force: 5 is not accepted"), (b"[]", "body: [] is not accepted"), (b"{", "not valid JSON")],
)
def test_a_faulty_run_is_refused(agency: Agency, body: bytes, part: str) -> None:
    path = path_of(agency.admin, SAYS)

    assert_refused(agency.admin.post(f"{path}/runs", content=body), 400, part)


@on_both
def test_a_run_is_not_repeated_while_it_lasts_unless_forced_and_can_be_cancelled(agency: Agency) -> None:
    path = path_of(agency.admin, SLEEPS)
    first = ok(agency.admin.post(f"{path}/runs", {"startparam1": "60"}))

    assert_refused(agency.admin.post(f"{path}/runs", {"startparam1": "60"}), 409, "overlap")
    second = ok(agency.admin.post(f"{path}/runs", {"startparam1": "60", "force": 1}))
    assert {one["id"] for one in lists(agency.admin, RUNTIMES)} == {first["id"], second["id"]}
    assert lists(agency.stranger, RUNTIMES) == []
    assert_not_found(agency.stranger.delete(f"{RUNTIMES}/{first['id']}"))

    assert agency.admin.delete(f"{path}/runs/{first['id']}").status_code == 204
    assert agency.admin.delete(f"{RUNTIMES}/{second['id']}").status_code == 204
    until(lambda: all(one["endreason"] for one in runs(agency.admin, path)), "the end of both runs")
    assert {one["endreason"] for one in runs(agency.admin, path)} == {"stop"}
    assert lists(agency.admin, RUNTIMES) == []
    assert agency.admin.delete(f"{path}/runs/{first['id']}").status_code == 204  # over already
    assert_not_found(agency.admin.delete(f"{RUNTIMES}/{first['id']}"))


def test_deleting_a_task_stops_its_runs_when_told_to(agency: Agency) -> None:
    path = path_of(agency.admin, SLEEPS)
    ok(agency.admin.post(f"{path}/runs", {"startparam1": "60"}))

    assert agency.admin.delete(f"{path}?stop=1").status_code == 204

    until(lambda: lists(agency.admin, RUNTIMES) == [], "the end of the run")


# The ledger ------------------------------------------------------------------------------------------------------


@on_both
def test_the_ledger_can_be_filtered_ordered_windowed_and_counted(agency: Agency) -> None:
    path = path_of(agency.admin, SAYS)
    ids = [ok(agency.admin.post(f"{path}/runs", {"startparam1": text}))["id"] for text in ("a", "b", "c")]
    until(lambda: all(one["endreason"] for one in runs(agency.admin, path)), "the end of all runs")

    def found(**params: Any) -> list[str]:
        return [one["id"] for one in runs(agency.admin, path, **params)]

    assert set(found()) == set(ids)
    slots = [one["slot"] for one in runs(agency.admin, path)]
    assert slots == sorted(slots, reverse=True)
    assert found(order=["slot", "id"]) == [one["id"] for one in sorted(
        runs(agency.admin, path), key=lambda one: (one["slot"], one["id"])
    )]  # fmt: skip
    assert found(filter=["like", ["property", "output"], "b%"]) == [ids[1]]
    assert found(filter={"outcome": "missed"}) == []
    assert found(filter={"outcome": ["started", "late"], "endreason": "normal"}, limit=2) == found()[:2]
    assert found(offset=2) == found()[2:]
    assert ok(agency.admin.get(f"{path}/runs", params={"countonly": "1"})) == {"count": 3}
    assert runs(agency.admin, path, mask="outcome", limit=1) == [{"outcome": "started"}]
    assert_refused(agency.admin.get(f"{path}/runs", params={"filter": '{"outcom":"x"}'}), 400, "did you mean outcome?")


# Preview ---------------------------------------------------------------------------------------------------------


def previewed(person: Person, path: str, **params: Any) -> dict[str, Any]:
    found: dict[str, Any] = ok(person.get(f"{path}/preview", params=params))
    return found


@pytest.mark.parametrize(
    ("zone", "first", "last", "count"),
    [
        ("UTC", "2019-02-20T09:00:00Z", "2019-02-20T17:00:00Z", 9),
        ("Europe/Moscow", "2019-02-20T08:00:00Z", "2019-02-20T14:00:00Z", 7),
    ],
)
def test_the_seed_task_starts_in_working_hours(agency: Agency, zone: str, first: str, last: str, count: int) -> None:
    path = path_of(agency.admin, {**DEBTOR_CALLS, "ext": {"sched": {"tz": zone}}})

    found = previewed(agency.admin, path, count=24, **{"from": "2019-02-20T00:00:00Z"})

    on_wednesday = [one["slot"] for one in found["starts"] if one["slot"].startswith("2019-02-20")]
    assert (on_wednesday[0], on_wednesday[-1], len(on_wednesday)) == (first, last, count)
    assert found["time_zone"] == zone
    assert len(found["starts"]) == 24
    assert {"slot", "site", "reason"} <= set(found["dropped"][0])
    assert "closed_window" in found["dropped"][0]["reason"]


def test_a_task_that_never_starts_says_so(agency: Agency) -> None:
    body = {**DEBTOR_CALLS, "intervalsec": 86_400, "dtstart": "2026-01-01T20:00:00Z", "dtstop": "", "isenabled": 1}
    path = path_of(agency.admin, body)

    found = previewed(agency.admin, path)

    assert found["starts"] == []
    assert any("never" in one for one in found["warnings"])
    answer = agency.admin.request("PATCH", path, {"name": "Night calls"})
    assert "never" in answer.headers["x-svctask-warning"]


@pytest.mark.parametrize(
    ("params", "part"),
    [
        ({"count": "0"}, "count: must be at least 1"),
        ({"count": "1001"}, "count: must be at most 1000"),
        ({"from": "yesterday"}, "from: must be a date-time"),
        ({"from": "1800-01-01T00:00:00Z"}, "from: must lie between"),
    ],
)
def test_a_faulty_preview_is_refused(agency: Agency, params: dict[str, str], part: str) -> None:
    path = path_of(agency.admin, DEBTOR_CALLS)

    assert_refused(agency.admin.get(f"{path}/preview", params=params), 400, part)


# Backfill --------------------------------------------------------------------------------------------------------


@on_both
def test_missed_starts_are_made_up_for(agency: Agency) -> None:
    path = path_of(agency.admin, {**DEBTOR_CALLS, "svcscriptcode": "says", "ext": {"sched": {"tz": "UTC"}}})
    day = {"from": "2019-02-20T00:00:00Z", "to": "2019-02-21T00:00:00Z", "overlap": 1}

    assert ok(agency.admin.post(f"{path}/backfill", day)) == {"planned": 9}
    assert ok(agency.admin.post(f"{path}/backfill", day)) == {"planned": 0}  # none of them starts twice

    until(lambda: all(one["endreason"] for one in runs(agency.admin, path)), "the end of all runs")
    found = runs(agency.admin, path)
    assert len(found) == 9
    assert {one["origin"] for one in found} == {"backfill"}
    assert [one["slot"] for one in found][::8] == ["2019-02-20T17:00:00Z", "2019-02-20T09:00:00Z"]


def test_a_single_task_has_nothing_to_make_up_for(agency: Agency) -> None:
    path = path_of(agency.admin, SAYS)
    day = {"from": "2019-02-20T00:00:00Z", "to": "2019-02-21T00:00:00Z"}

    assert_refused(agency.admin.post(f"{path}/backfill", day), 409, "Only a regular task")


def test_too_many_starts_are_not_made_up_for_at_once(agency: Agency) -> None:
    path = path_of(agency.admin, {**DEBTOR_CALLS, "intervalsec": 1, "schedule": "all"})
    day = {"from": "2019-02-20T00:00:00Z", "to": "2019-02-21T00:00:00Z"}

    assert_refused(agency.admin.post(f"{path}/backfill", day), 429, "At most 1000 starts")
    assert runs(agency.admin, path) == []


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        ({}, ["from: is required", "to: is required"]),
        ({"from": "x", "to": 5, "overlap": 9}, ['from: "x"', "to: 5", "overlap: 9"]),
        ([], ["body: [] is not accepted"]),
    ],
)
def test_a_faulty_backfill_is_refused(agency: Agency, body: Any, parts: list[str]) -> None:
    path = path_of(agency.admin, DEBTOR_CALLS)

    assert_refused(agency.admin.post(f"{path}/backfill", body), 400, *parts)


# Scripts that run ------------------------------------------------------------------------------------------------


@on_both
def test_a_script_is_started_listed_and_stopped(agency: Agency) -> None:
    started = ok(agency.admin.post(RUNTIMES, {"code": "sleeps", "startparam1": "60"}))

    assert list(started) == RUNTIME_KEYS
    assert started["code"] == "sleeps"
    listed = lists(agency.admin, RUNTIMES)
    assert [list(one) for one in listed] == [RUNTIME_KEYS]
    assert listed[0]["id"] == started["id"]
    assert lists(agency.admin, RUNTIMES, filter={"code": "sleeps"}, mask="code") == [{"code": "sleeps"}]
    assert lists(agency.admin, RUNTIMES, filter={"code": "other"}) == []

    stopped = agency.admin.delete(f"{RUNTIMES}/{started['id']}")

    assert (stopped.status_code, stopped.content) == (204, b"")
    until(lambda: lists(agency.admin, RUNTIMES) == [], "the end of the script")


@pytest.mark.parametrize(
    ("body", "status", "part"),
    [
        ({"code": "nobodys"}, 404, "Not found"),
        ({}, 400, "code: is required"),
        ({"code": ""}, 400, "code: "),
        ({"code": 5}, 400, "code: 5 is not accepted"),
        (["says"], 400, "body: "),
    ],
)
def test_a_script_that_cannot_be_started(agency: Agency, body: Any, status: int, part: str) -> None:
    assert_refused(agency.admin.post(RUNTIMES, body), status, part)


def test_a_script_that_does_not_run_cannot_be_stopped(agency: Agency) -> None:
    assert_not_found(agency.admin.delete(f"{RUNTIMES}/{UNKNOWN_ID}"))
    assert_refused(agency.admin.get(f"{RUNTIMES}/{UNKNOWN_ID}"), 405)


def test_only_an_admin_may_call(agency: Agency) -> None:
    for answer in (
        agency.supervisor.get(RUNTIMES),
        agency.agent.post(RUNTIMES, {"code": "says"}),
        agency.operator.delete(f"{RUNTIMES}/{UNKNOWN_ID}"),
    ):
        assert_refused(answer, 403)


# On schedule -----------------------------------------------------------------------------------------------------


@on_both
def test_a_task_that_is_enabled_starts_by_itself_and_stops_when_disabled(agency: Agency) -> None:
    path = path_of(agency.admin, {**SAYS, "isenabled": 1, "isregular": 1, "intervalsec": 1})

    until(lambda: len(runs(agency.admin, path)) >= 2, "two starts")
    changes(agency.admin, path, {"isenabled": 0})

    newest, before = runs(agency.admin, path, filter={"origin": "planned"})[:2]
    assert newest["slot"] > before["slot"]
    assert {one["outcome"] for one in runs(agency.admin, path)} <= {"started", "late", "waiting"}, json.dumps(
        runs(agency.admin, path)
    )
