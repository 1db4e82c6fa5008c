"""Workdays on the wire: exceptions to the ordinary week, and what they do to a timetable."""

from __future__ import annotations

from typing import Any

import pytest

from tests.wire.asking import UNKNOWN_ID, Agency, on_both
from tests.wire.svc_asking import (
    DEBTOR_CALLS,
    TASKS,
    WORKDAYS,
    assert_not_found,
    assert_refused,
    changes,
    creates,
    lists,
    ok,
)

FRIDAY: dict[str, Any] = {
    "id": "9d0c1c3e-016c-cdd9-2f1b-50e54938780c",
    "date": "2019-02-23",
    "isannual": 0,
    "isworkday": 1,
    "asdow": 5,
    "periods": [],
    "opts": {"title": "Workday for Friday", "comment": ""},
}
FIRST_OF_MAY: dict[str, Any] = {"date": "0000-05-01", "isannual": 1, "isworkday": 0}
PATH = f"{WORKDAYS}/{FRIDAY['id']}"


@on_both
def test_a_workday_is_answered_key_by_key_as_it_was_sent(agency: Agency) -> None:
    created = creates(agency.admin, WORKDAYS, FRIDAY)

    assert list(created) == [*FRIDAY, "ext"]
    assert {name: value for name, value in created.items() if name != "ext"} == FRIDAY
    assert ok(agency.admin.get(PATH)) == created


def test_an_annual_day_needs_no_year(agency: Agency) -> None:
    created = creates(agency.admin, WORKDAYS, FIRST_OF_MAY)

    assert (created["date"], created["isannual"], created["isworkday"]) == ("0000-05-01", 1, 0)
    assert (created["asdow"], created["periods"]) == (0, [])


@pytest.mark.parametrize(
    ("wrong", "part"),
    [
        ({"date": ...}, "date: is required"),
        ({"date": "0000-05-01"}, "date"),
        ({"date": "2019-02-30"}, "date"),
        ({"date": "23.2.2019"}, "date"),
        ({"isworkday": 3}, "isworkday"),
        ({"isworkday": "x"}, 'isworkday: "x"'),
        ({"asdow": 8}, "asdow"),
        ({"isannual": 5}, "isannual: 5"),
        ({"periods": [{"timestart": 0, "timestop": 1441}]}, "periods[0].timestop"),
    ],
)
def test_a_fault_is_told_with_its_place(agency: Agency, wrong: dict[str, Any], part: str) -> None:
    body = {name: value for name, value in {**FRIDAY, **wrong}.items() if value is not ...}

    assert_refused(agency.admin.post(WORKDAYS, body), 400, part)


@on_both
def test_workdays_are_found_as_the_vendor_prints_it_changed_looked_up_and_deleted(agency: Agency) -> None:
    creates(agency.admin, WORKDAYS, FRIDAY)
    may = creates(agency.admin, WORKDAYS, FIRST_OF_MAY)

    assert [one["date"] for one in lists(agency.admin, WORKDAYS, filter={"isannual": "true"}, offset=0, limit=3)] == [
        "0000-05-01"
    ]
    assert [one["date"] for one in lists(agency.admin, WORKDAYS, order=[{"date": "desc"}])] == [
        "2019-02-23",
        "0000-05-01",
    ]
    assert lists(agency.stranger, WORKDAYS) == []

    changed = changes(agency.admin, PATH, {"isworkday": 2, "periods": [{"timestart": 360, "timestop": 900}]})
    assert (changed["isworkday"], changed["periods"]) == (2, [{"timestart": 360, "timestop": 900}])

    assert ok(agency.admin.request("LOOKUP", WORKDAYS, "0000-05-01")) == [may["id"]]
    assert ok(agency.admin.request("LOOKUP", WORKDAYS, FRIDAY["id"])) == [FRIDAY["id"]]
    assert assert_refused(agency.stranger.request("LOOKUP", WORKDAYS, FRIDAY["id"]), 404) == "Lookup failed"

    assert_not_found(agency.stranger.get(PATH))
    assert_not_found(agency.stranger.request("PATCH", PATH, {"asdow": 1}))
    assert_not_found(agency.stranger.delete(PATH))
    assert agency.admin.delete(PATH).status_code == 204
    assert_not_found(agency.admin.get(PATH))
    assert_not_found(agency.admin.get(f"{WORKDAYS}/{UNKNOWN_ID}"))


@on_both
def test_a_workday_opens_a_saturday_for_a_task(agency: Agency) -> None:
    creates(agency.admin, TASKS, {**DEBTOR_CALLS, "ext": {"sched": {"tz": "UTC"}}})
    saturday = {"count": 3, "from": "2019-02-23T00:00:00Z"}

    def starts() -> list[str]:
        preview = ok(agency.admin.get(f"{TASKS}/{DEBTOR_CALLS['id']}/preview", params=saturday))
        return [start["slot"] for start in preview["starts"]]

    assert starts()[0] == "2019-02-25T09:00:00Z"
    creates(agency.admin, WORKDAYS, FRIDAY)
    assert starts() == ["2019-02-23T09:00:00Z", "2019-02-23T10:00:00Z", "2019-02-23T11:00:00Z"]


def test_only_an_admin_may_call(agency: Agency) -> None:
    for answer in (agency.operator.get(WORKDAYS), agency.agent.post(WORKDAYS, FRIDAY), agency.ingest.delete(PATH)):
        assert_refused(answer, 403)
    assert_refused(agency.nobody.get(WORKDAYS), 401)
