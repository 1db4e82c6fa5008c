"""The query language of the service-task lists: what it means, and every fault with its place."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askare.kernel.conditions import Compare, Condition, Kind, Sort, Test, holds
from askare.kernel.problems import Fault
from askare.wire.svc.filters import read_condition, read_sorts
from askare.wire.svc.svctasks import ENTITY

KINDS = ENTITY.kinds()
TASK: dict[str, Any] = {
    "id": "380daae6-016c-cdd4-606e-50e54938780c",
    "name": "Debtor calls",
    "isenabled": 1,
    "svcscriptcode": "dialByCallList",
    "sites": ["SITE1"],
    "intervalsec": 3600,
    "dtstart": "2019-02-20T08:00:00Z",
    "dtstop": "",
    "opts": {"title": "Calls", "comment": ""},
    "ext": {"ct": "2019-08-26T12:09:03.34Z", "lwt": "2019-08-26T12:09:03.34Z", "colour": "red"},
}


def read(text: str) -> Condition:
    faults: list[Fault] = []
    condition = read_condition(text, KINDS, faults)
    assert faults == []
    return condition


def faults_in(text: str) -> list[tuple[str, str]]:
    faults: list[Fault] = []
    read_condition(text, KINDS, faults)
    return [(fault.target, fault.message) for fault in faults]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '{"isenabled":"true"}',
        '{"isenabled":true,"name":"Debtor calls"}',
        '{"isenabled":[0,"1"]}',
        '{"id":"380DAAE6-016C-CDD4-606E-50E54938780C"}',
        '{"dtstop":null}',
        '{"dtstop":""}',
        '{"opts.title":"Calls"}',
        '{"opts":{"title":"Calls","comment":null}}',
        '{"ext.colour":"red"}',
        '{"sites":"SITE1"}',
        '{"intervalsec":"3600"}',
        '{"dtstart":"2019-02-20T10:00:00+02:00"}',
        '["==",["property","name"],"Debtor calls"]',
        '["=",["property","name"],["const","Debtor calls"]]',
        '["==","Debtor calls",["property","name"]]',
        '["!=",["property","name"],"x"]',
        '["/=",["property","dtstart"],null]',
        '["and",{"isenabled":1},["like",["property","name"],"%CALLS"]]',
        '["or",{"isenabled":0},["in",["property","svcscriptcode"],["x","dialByCallList"]]]',
        '["not",{"isenabled":0}]',
        '["isnull",["property","dtstop"]]',
        '[">",["property","intervalsec"],3599]',
        '["<",3599,["property","intervalsec"]]',
        '["between",["property","intervalsec"],3600,7200]',
        '[">=",["property","ext.ct"],"2019-08-26T12:09:03.34Z"]',
    ],
)
def test_a_filter_that_finds_the_task(text: str) -> None:
    assert holds(read(text), TASK)


@pytest.mark.parametrize(
    "text",
    [
        '{"isenabled":0}',
        '{"isenabled":1,"name":"x"}',
        '{"isenabled":[]}',
        '{"dtstart":null}',
        '{"sites":"SITE"}',
        '["!=",["property","name"],"Debtor calls"]',
        '["and",{"isenabled":1},{"isenabled":0}]',
        '["or"]',
        '["not",["isnull",["property","dtstop"]]]',
        '["<",["property","intervalsec"],3600]',
        '["<",["property","dtstop"],"2019-08-26T12:09:03.34Z"]',
        '["between",["property","intervalsec"],0,3599]',
    ],
)
def test_a_filter_that_does_not_find_the_task(text: str) -> None:
    assert not holds(read(text), TASK)


def test_a_published_filter_is_equality_with_the_value_as_the_field_has_it() -> None:
    (compare,) = read('{"isenabled":"true"}').parts  # type: ignore[union-attr]

    assert compare == Compare("isenabled", Kind.FLAG, Test.AMONG, (1,))


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("{", ["filter"]),
        ("null", ["filter"]),
        ("5", ["filter"]),
        ('"name"', ["filter"]),
        ("[]", ["filter[0]"]),
        ('["nand",{}]', ["filter[0]"]),
        (
            '{"isenabled":"maybe","nmae":"x","dtstart":"yesterday"}',
            ["filter.isenabled", "filter.nmae", "filter.dtstart"],
        ),
        ('{"intervalsec":[1,"x",true]}', ["filter.intervalsec[1]", "filter.intervalsec[2]"]),
        ('{"id":"5"}', ["filter.id"]),
        ('{"name":{"like":"x"}}', ["filter.name"]),
        ('{"opts":{"colour":"x"}}', ["filter.opts.colour"]),
        ('{"name":"a","name":"b"}', ["filter.name"]),
        ('["and",{"isenabled":2},["not"],["==","name","x"]]', ["filter[1].isenabled", "filter[2]", "filter[3][1]"]),
        ('["==",["property","nmae"],"x"]', ["filter[1]"]),
        ('["==",["property","name"]]', ["filter"]),
        ('["==",["property","name"],["a","b"]]', ["filter[2]"]),
        ('["in",["property","name"],"x"]', ["filter[2]"]),
        ('["like",["property","name"],5]', ["filter[2]"]),
        ('["between",["property","intervalsec"],"a",null]', ["filter[2]", "filter[3]"]),
        ('[">",["property","intervalsec"],null]', ["filter[2]"]),
        ('["<","x",["property","intervalsec"]]', ["filter[1]"]),
        ('{"intervalsec":99999999999999999999}', ["filter.intervalsec"]),
        ('{"intervalsec":"99999999999999999999"}', ["filter.intervalsec"]),
        ("[" * 40 + "]" * 40, ["filter" + "[0]" * 32]),
    ],
)
def test_every_fault_is_told_with_its_place(text: str, places: list[str]) -> None:
    assert [place for place, _ in faults_in(text)] == places


def test_a_fault_quotes_the_value_and_says_what_would_be_accepted() -> None:
    assert faults_in('{"isenabled":"maybe"}') == [
        ("filter.isenabled", '"maybe" is not accepted; it must be one of 0, 1, true, false')
    ]
    assert faults_in('{"isenabld":1}') == [("filter.isenabld", '"isenabld" is no field; did you mean isenabled?')]
    ((_, malformed),) = faults_in('{"isenabled":1')
    assert malformed.startswith("is not valid JSON: ")
    assert "line 1, column 15" in malformed


def test_a_filter_has_at_most_200_comparisons() -> None:
    assert faults_in(json.dumps({"name": ["x"] * 200})) == []
    assert faults_in(json.dumps({"name": ["x"] * 201})) == [("filter", "holds more than 200 comparisons")]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["and", "==", "property", "const", *KINDS]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.sampled_from([*KINDS]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(values)
def test_whatever_is_sent_is_read_or_refused(value: Any) -> None:
    faults: list[Fault] = []
    condition = read_condition(json.dumps(value), KINDS, faults)

    assert faults or holds(condition, TASK) in (True, False)


# Order -----------------------------------------------------------------------------------------------------------


NAME, NAME_DOWN = Sort("name", Kind.TEXT), Sort("name", Kind.TEXT, descending=True)


@pytest.mark.parametrize(
    ("text", "sorts"),
    [
        ("", ()),
        ("[]", ()),
        ('["name"]', (NAME,)),
        ('[{"name":"desc"}]', (NAME_DOWN,)),
        ('[{"name":"ASC"}]', (NAME,)),
        ('[{"property":"name","direction":"desc"}]', (NAME_DOWN,)),
        ('[{"property":"name"}]', (NAME,)),
        ('{"name":"desc"}', (NAME_DOWN,)),
        ('"name"', (NAME,)),
        ("name", (NAME,)),
        ("name, ext.lwt", (NAME, Sort("ext.lwt", Kind.INSTANT))),
        ('["name",{"ext.mine":"desc"}]', (NAME, Sort("ext.mine", Kind.ANY, descending=True))),
    ],
)
def test_an_order_in_any_of_its_forms(text: str, sorts: tuple[Sort, ...]) -> None:
    faults: list[Fault] = []

    assert read_sorts(text, KINDS, faults) == sorts
    assert faults == []


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("[", ["order"]),
        ("nmae", ["order[0]"]),
        ('["name",5,{"name":"up"},{"a":1,"b":2}]', ["order[1]", "order[2].name", "order[3]"]),
        ('[{"property":5}]', ["order[0]"]),
        ('["name"' + ',"name"' * 10 + "]", ["order"]),
    ],
)
def test_every_fault_of_an_order_is_told_with_its_place(text: str, places: list[str]) -> None:
    faults: list[Fault] = []
    read_sorts(text, KINDS, faults)

    assert [fault.target for fault in faults] == places
