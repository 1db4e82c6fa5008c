"""Lists by any condition and order: the database's answer is that of the rules, on both kinds of database."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from askare.kernel.caller import Caller
from askare.kernel.conditions import EVERYTHING, Kind, Wanted, judge, sorted_documents
from askare.kernel.paging import Page, Window
from askare.kernel.problems import Fault, Invalid
from askare.storage import listing
from askare.storage.desk import Database
from askare.svctasks import operations
from askare.svctasks.model import Surroundings, SvcTaskContent
from askare.wire.svc.filters import read_condition, read_sorts
from askare.wire.svc.svctasks import ENTITY
from askare.workdays.rules import defaults_of
from tests.values import NOW, an_admin, an_id

SURROUNDINGS = Surroundings(defaults_of("UTC", "mon-fri 09:00-18:00"), frozenset({"cleardata"}), "main")
ALL = Window(0, 1_000)
NAMES = ["delta", "Alfa", "ärla", "alfa", "Zulu", "bravo", "älg", "charlie"]


def keep(database: Database, number: int, *, by: Caller | None = None, **said: Any) -> None:
    content = SvcTaskContent(**{"name": f"task {number}", **said})
    made = NOW + timedelta(milliseconds=10 * number)
    database.write(
        lambda tx: operations.create_svctask(tx, content, task_id=an_id(number), surroundings=SURROUNDINGS, now=made),
        by or an_admin(),
    )


@pytest.fixture
def stocked(database: Database) -> Database:
    """Twenty-four tasks of ours, and one of somebody else's."""
    for number in range(24):
        keep(
            database,
            # Not in the order of their ids.
            (number * 7) % 24,
            name=NAMES[number % len(NAMES)],
            is_enabled=number % 3 == 0,
            script_code="cleardata" if number % 2 else "",
            interval_sec=number % 5 * 60,
            start=None if number % 4 == 0 else NOW + timedelta(days=number),
            stop=NOW + timedelta(days=900) if number % 6 == 0 else None,
            is_regular=number % 2 == 1,
            overlap=number % 3 == 1,
            site_mode=["all", "anysite", "list"][number % 3],
            sites=["", ("Tampere", "main"), "main, Turku", (), 'The "best", site'][number % 5],
            schedule=["work", "always", "all"][number % 3],
            opts={"title": ["", "Über", "a" * 300 + str(number)][number % 3], "comment": f"№ {number % 5}"},
            ext={"colour": ["red", "green"][number % 2]} if number % 3 else {},
        )
    keep(database, 999, name="delta", is_enabled=True, by=an_admin(organization_no=7))
    return database


def wanted(condition: Any = None, order: Any = None, window: Window = ALL) -> Wanted:
    faults: list[Fault] = []
    kinds = ENTITY.kinds()
    read = Wanted(
        read_condition(json.dumps(condition) if condition is not None else "", kinds, faults),
        read_sorts(json.dumps(order) if order is not None else "", kinds, faults),
        window,
    )
    assert faults == []
    return read


def listed(database: Database, asked: Wanted, *, by: Caller | None = None) -> Page[dict[str, Any]]:
    return database.read(lambda tx: operations.list_svctasks(tx, asked), by or an_admin())


CONDITIONS: list[Any] = [
    None,
    {"isenabled": 1},
    {"isenabled": [0, 1]},
    {"isenabled": []},
    {"isenabled": 1, "name": "delta"},
    {"id": [str(an_id(3)), str(an_id(4)), str(an_id(999))]},
    {"svcscriptcode": None},
    {"ext.colour": "red"},
    {"dtstart": ""},
    ["or", {"isenabled": 1}, {"name": "alfa"}],
    ["or", {"name": "alfa"}, {"isenabled": 1}],
    ["in", ["property", "ext.colour"], ["red", "delta", "blue"]],
    ["not", {"isenabled": 1}],
    ["and", {"isenabled": 0}, [">", ["property", "intervalsec"], 60]],
    ["like", ["property", "name"], "%l_a"],
    [">=", ["property", "ext.ct"], "2026-03-02T09:00:00.1Z"],
    ["between", ["property", "dtstart"], "2026-03-05T00:00:00Z", "2026-03-20T00:00:00Z"],
    {"svcscriptcode": "cleardata", "sitemode": "list", "schedule": ["all", "always"], "isregular": 1, "overlap": 0},
    {"intervalsec": 120, "dtstart": "2026-03-09T09:00:00Z"},
    ["==", ["property", "intervalsec"], 60.0],
    ["<", ["property", "intervalsec"], 60.5],
    ["<", ["property", "dtstart"], "2026-03-09T09:00:00Z"],
    ["<=", ["property", "dtstart"], "2026-03-09T09:00:00Z"],
    [">", ["property", "dtstop"], "1971-01-01T00:00:00Z"],
    ["not", {"dtstop": ""}],
    ["not", [">", ["property", "dtstart"], "2026-03-09T09:00:00Z"]],
    {"opts.title": ""},
    ["<", ["property", "opts.title"], "b"],
    [">=", ["property", "opts.title"], "a" * 300],
    {"opts.title": "a" * 300 + "2"},
    {"opts.title": "a" * 200},
    ["in", ["property", "name"], ["Zulu", "älg", "nobody"]],
    [">", ["property", "name"], "alfa"],
    ["<=", ["property", "name"], "alfa"],
    ["or", ["like", ["property", "opts.title"], "%1"], {"name": "Alfa"}],
    ["and", ["like", ["property", "name"], "A%"], {"isenabled": 1}],
    ["like", ["property", "dtstart"], "%"],
    {"sites": "main"},
    {"sites": ["Turku", "main, Turku"]},
    {"sites": 'The "best"'},
    {"sites": ""},
    ["not", {"sites": "Tampere"}],
    {"ext.colour": ["green", 'a "quoted" 100% sure!']},
    [">=", ["property", "id"], str(an_id(12))],
    ["isnull", ["property", "id"]],
    ["isnull", ["property", "isenabled"]],
    *(
        [sign, ["property", "ext.ct"], f"2026-03-02T09:00:00.{milliseconds}Z"]
        for sign in ("==", "!=", "<", "<=", ">", ">=")
        for milliseconds in ("110", "113", "119")
    ),
    ["or"],
    ["not", ["and"]],
]
ORDERS: list[Any] = [
    None,
    ["id"],
    [{"id": "desc"}],
    ["isenabled", {"id": "desc"}],
    ["name"],
    [{"name": "desc"}, "id"],
    ["ext.colour", {"intervalsec": "desc"}],
    ["dtstart"],
    [{"ext.ct": "desc"}],
    ["opts.title", {"opts.comment": "desc"}],
    ["sites", {"name": "desc"}],
    [{"dtstop": "desc"}, "schedule", "sitemode", "isregular", "overlap"],
    ["svcscriptcode", {"intervalsec": "desc"}, "ext.lwt"],
]


@pytest.mark.parametrize("order", ORDERS, ids=json.dumps)
def test_a_list_is_what_the_rules_say(stocked: Database, order: Any) -> None:
    in_order_of_making = listed(stocked, wanted()).items
    assert len(in_order_of_making) == 24

    for condition in CONDITIONS:
        asked = wanted(condition, order)
        expected = sorted_documents(filter(judge(asked.condition), in_order_of_making), asked.sorts)

        found = listed(stocked, asked)

        assert [one["id"] for one in found.items] == [one["id"] for one in expected], condition
        assert found.total == len(expected)


@pytest.mark.parametrize("condition", [None, {"isenabled": 1}, {"ext.colour": "red"}], ids=json.dumps)
@pytest.mark.parametrize("order", [None, ["id"], ["name"]], ids=json.dumps)
def test_windows_put_side_by_side_are_the_whole_list(stocked: Database, condition: Any, order: Any) -> None:
    whole = listed(stocked, wanted(condition, order))
    pages = [listed(stocked, wanted(condition, order, Window(start, 5))) for start in range(0, 30, 5)]

    assert [one for page in pages for one in page.items] == whole.items
    assert {page.total for page in pages} == {whole.total}
    assert listed(stocked, wanted(condition, order, Window(0, 0))).items == []


def test_without_an_order_the_oldest_comes_first(stocked: Database) -> None:
    assert [one["id"] for one in listed(stocked, wanted()).items] == [str(an_id(number)) for number in range(24)]


def test_nobody_lists_what_is_somebody_elses(stocked: Database) -> None:
    elsewhere = an_admin(organization_no=7)

    assert [one["id"] for one in listed(stocked, wanted(), by=elsewhere).items] == [str(an_id(999))]
    assert listed(stocked, wanted({"id": str(an_id(1))}), by=elsewhere).total == 0
    assert listed(stocked, wanted({"ext.colour": "red"}), by=elsewhere).total == 0


def test_a_list_that_would_read_too_much_is_refused_and_says_how_to_ask(
    stocked: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "READ_MAX", 10)

    with pytest.raises(Invalid, match="more than 10 entries would have to be read"):
        listed(stocked, wanted(["not", {"ext.colour": "red"}]))
    with pytest.raises(Invalid, match="isenabled"):
        listed(stocked, wanted(None, ["ext.colour"]))
    assert listed(stocked, wanted({"isenabled": 1, "ext.colour": "red"})).total == 0
    assert listed(stocked, wanted(None, ["name"])).total == 24


def test_a_window_of_a_list_in_any_order_is_the_same_as_the_whole_lists(stocked: Database) -> None:
    for order in ORDERS:
        whole = listed(stocked, wanted({"isenabled": 0}, order)).items
        for start in (0, 3, 15, 20):
            assert listed(stocked, wanted({"isenabled": 0}, order, Window(start, 4))).items == whole[start : start + 4]


def test_everything_is_no_condition() -> None:
    assert wanted().condition == EVERYTHING
    assert ENTITY.kinds()["isenabled"] is Kind.FLAG
