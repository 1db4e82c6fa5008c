"""Service tasks on the wire: the six verbs, each refusal, each malformed input, somebody else's thing."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.wire.asking import UNKNOWN_ID, Agency, on_both, raw_request
from tests.wire.svc_asking import (
    DAILY_CLEANING,
    DEBTOR_CALLS,
    JSON,
    LISTED,
    TASKS,
    assert_not_found,
    assert_refused,
    changes,
    creates,
    lists,
    names,
    ok,
)

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d\dZ")
DEBTOR_CALLS_PATH = f"{TASKS}/{DEBTOR_CALLS['id']}"


# Create ----------------------------------------------------------------------------------------------------------


@on_both
@pytest.mark.parametrize("sample", [DEBTOR_CALLS, DAILY_CLEANING], ids=lambda sample: sample["name"])
def test_a_sample_is_answered_key_by_key_as_it_was_sent(agency: Agency, sample: dict[str, Any]) -> None:
    answer = agency.admin.post(TASKS, sample)

    created = ok(answer)
    assert list(created) == [*sample, "ext"]
    assert list(created["opts"]) == ["title", "comment"]
    assert list(created["ext"]) == ["ct", "lwt"]
    assert {name: value for name, value in created.items() if name != "ext"} == sample
    assert STAMP.fullmatch(created["ext"]["ct"])
    assert created["ext"]["lwt"] == created["ext"]["ct"]
    assert ok(agency.admin.get(f"{TASKS}/{sample['id']}")) == created


def test_a_name_is_enough(agency: Agency) -> None:
    created = creates(agency.admin, TASKS, {"name": "x"})

    ext, given_id = created.pop("ext"), created.pop("id")
    assert created == {
        "name": "x",
        "isenabled": 0,
        "svcscriptcode": "",
        "sitemode": "all",
        "sites": "",
        "isregular": 0,
        "overlap": 1,
        "intervalsec": 0,
        "dtstart": "",
        "dtstop": "",
        "schedule": "all",
        "periods": [],
        "opts": {"title": "", "comment": ""},
    }
    assert set(ext) == {"ct", "lwt"}
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", given_id)


def test_an_id_tells_when_it_was_made(agency: Agency) -> None:
    first, second = (creates(agency.admin, TASKS, {"name": "x"})["id"].replace("-", "") for _ in range(2))

    assert int(first[8:20], 16) <= int(second[8:20], 16)
    assert first[20:] == second[20:]


@pytest.mark.parametrize(
    ("written", "shown"),
    [(0, 0), (1, 1), (False, 0), (True, 1), ("0", 0), ("1", 1), ("false", 0), ("true", 1), (None, 0)],
)
def test_a_flag_may_be_written_in_many_ways_and_is_answered_in_one(agency: Agency, written: Any, shown: int) -> None:
    assert creates(agency.admin, TASKS, {"name": "x", "isenabled": written})["isenabled"] == shown


@pytest.mark.parametrize("sites", ["", "SITE1, SITE2", "SITE1,SITE2", [], ["SITE1", "SITE2"]])
def test_sites_are_answered_in_the_form_last_written(agency: Agency, sites: Any) -> None:
    created = creates(agency.admin, TASKS, {"name": "x", "sites": sites})
    assert created["sites"] == sites

    path = f"{TASKS}/{created['id']}"
    assert changes(agency.admin, path, {"sites": ["A"]})["sites"] == ["A"]
    assert changes(agency.admin, path, {"sites": "A"})["sites"] == "A"
    assert changes(agency.admin, path, {"sites": None})["sites"] == ""


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("2019-02-20T08:00:00Z", "2019-02-20T08:00:00Z"),
        ("2019-02-20T10:00:00+02:00", "2019-02-20T08:00:00Z"),
        ("2019-02-20T08:00:00.000Z", "2019-02-20T08:00:00Z"),
        ("2019-02-20T08:00:00.25Z", "2019-02-20T08:00:00.250Z"),
        ("", ""),
        (None, ""),
    ],
)
def test_a_date_is_answered_in_utc_and_without_an_empty_fraction(agency: Agency, written: Any, shown: str) -> None:
    assert creates(agency.admin, TASKS, {"name": "x", "dtstart": written})["dtstart"] == shown


@pytest.mark.parametrize("word", ["anysite", "sites", "oneof", "first", "allsites"])
def test_a_word_for_the_mode_is_answered_as_it_was_written(agency: Agency, word: str) -> None:
    assert creates(agency.admin, TASKS, {"name": "x", "sitemode": word})["sitemode"] == word


def test_keys_of_ones_own_are_kept_in_ext_alone(agency: Agency) -> None:
    answer = agency.admin.post(
        TASKS,
        {
            "name": "x",
            "colour": "red",
            "ext": {"colour": "red", "deep": {"er": [1, {"": None}]}, "ct": "1999-01-01T00:00:00.00Z"},
            "opts": {"title": "T", "shape": "round"},
        },
    )

    created = ok(answer)
    assert "colour" not in created
    assert created["opts"] == {"title": "T", "comment": ""}
    assert created["ext"]["colour"] == "red"
    assert created["ext"]["deep"] == {"er": [1, {"": None}]}
    assert created["ext"]["ct"] > "2020"
    assert "colour is no field here and was left out" in answer.headers["x-svctask-warning"]
    assert "opts.shape is no field here" in answer.headers["x-svctask-warning"]


@on_both
def test_an_id_is_taken_once_and_the_same_request_again_changes_nothing(agency: Agency) -> None:
    created = creates(agency.admin, TASKS, DEBTOR_CALLS)

    assert creates(agency.admin, TASKS, DEBTOR_CALLS) == created
    assert assert_refused(agency.admin.post(TASKS, {**DEBTOR_CALLS, "name": "Other"}), 409) == "Already exists"
    assert names(agency.admin) == ["Debtor calls"]


def test_two_domains_may_use_the_same_id(agency: Agency) -> None:
    creates(agency.admin, TASKS, DEBTOR_CALLS)

    assert creates(agency.stranger, TASKS, {**DEBTOR_CALLS, "name": "Theirs"})["name"] == "Theirs"
    assert names(agency.admin) == ["Debtor calls"]


@pytest.mark.parametrize(
    ("wrong", "parts"),
    [
        ({"name": ...}, ["name: is required"]),
        ({"name": None}, ["name: is required"]),
        ({"name": ""}, ["name: "]),
        ({"name": 5}, ["name: 5 is not accepted"]),
        ({"isenabled": 2}, ["isenabled: 2 is not accepted; it must be one of 0, 1, true, false"]),
        ({"isenabled": "yes"}, ['isenabled: "yes" is not accepted']),
        ({"svcscriptcode": []}, ["svcscriptcode: [] is not accepted"]),
        ({"sitemode": "everywhere"}, ["sitemode", "everywhere", "all, any, ", "firstsite"]),
        ({"schedule": "sometimes"}, ["schedule", "sometimes", "work, nonwork", "individual"]),
        ({"sites": 5}, ["sites: 5 is not accepted"]),
        ({"sites": ["A", 5]}, ["sites"]),
        ({"intervalsec": -1}, ["intervalsec"]),
        ({"intervalsec": 316_224_001}, ["intervalsec"]),
        ({"intervalsec": "60"}, ['intervalsec: "60" is not accepted; it must be a whole number']),
        ({"intervalsec": 1.5}, ["intervalsec: 1.5"]),
        ({"intervalsec": True}, ["intervalsec: true"]),
        ({"dtstart": "tomorrow"}, ['dtstart: "tomorrow" is not accepted']),
        ({"dtstart": "2019-02-20T08:00:00"}, ["dtstart"]),
        ({"dtstop": "1899-12-31T23:59:59Z"}, ["dtstop"]),
        ({"dtstop": 0}, ["dtstop: 0"]),
        ({"periods": {}}, ["periods: {} is not accepted"]),
        ({"periods": [5]}, ["periods[0]: 5 is not accepted; it must be an object"]),
        ({"periods": [{"timestart": 0}]}, ["periods[0].timestop"]),
        ({"periods": [{"timestart": 0, "timestop": 60, "dow": 8}]}, ["periods[0].dow"]),
        ({"opts": []}, ["opts: [] is not accepted"]),
        ({"opts": {"title": 5}}, ["opts.title: 5"]),
        ({"ext": 5}, ["ext: 5"]),
        ({"ext": {"sched": {"retry": {"max": "x"}}}}, ["ext.sched.retry.max"]),
        ({"ext": {"sched": {"tz": "Nowhere/Land"}}}, ["ext.sched.tz"]),
        ({"id": "5"}, ['id: "5" is not accepted; it must be a UUID']),
    ],
)
def test_a_fault_is_told_with_its_place_its_value_and_what_is_accepted(
    agency: Agency, wrong: dict[str, Any], parts: list[str]
) -> None:
    body = {name: value for name, value in {**DEBTOR_CALLS, **wrong}.items() if value is not ...}

    assert_refused(agency.admin.post(TASKS, body), 400, *parts)
    assert names(agency.admin) == []


def test_every_fault_is_told_at_once(agency: Agency) -> None:
    answer = agency.admin.post(TASKS, {"isenabled": 2, "dtstart": "x", "periods": [1], "opts": {"comment": 5}})

    assert_refused(answer, 400, "name: ", "isenabled: ", "dtstart: ", "periods[0]: ", "opts.comment: ")


def test_what_only_the_timetable_finds_wrong_is_told_with_the_rest(agency: Agency) -> None:
    wrong = {"isenabled": 2, "sitemode": "everywhere", "intervalsec": -1, "schedule": "never", "periods": [{}]}

    told = assert_refused(
        agency.admin.post(TASKS, wrong),
        400,
        *(
            "name: ",
            "isenabled: ",
            "sitemode must be",
            "intervalsec must be",
            "schedule must be",
            "timestart is missing",
        ),
    )

    assert told.count("name") == 1


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"x"', b"null", b'{"name":"a","name":"b"}', b"\xff", b'{"name":"\\ud800"}']
)
def test_a_body_that_is_no_object_is_refused(agency: Agency, body: bytes) -> None:
    assert_refused(agency.admin.post(TASKS, content=body), 400)


def test_a_body_need_not_say_that_it_is_json_but_must_not_say_otherwise(agency: Agency) -> None:
    quiet = agency.admin.post(TASKS, content=b'{"name":"x"}', headers={"Content-Type": None})

    assert ok(quiet)["name"] == "x"
    assert_refused(agency.admin.post(TASKS, {"name": "x"}, headers={"Content-Type": "text/plain"}), 415)
    assert_refused(agency.admin.post(TASKS, {"name": "x"}, headers={"Content-Type": f"{JSON}16"}), 415)


def test_a_body_too_large_is_refused(agency: Agency) -> None:
    assert_refused(agency.admin.post(TASKS, content=b" " * 1_048_577), 413)


def test_a_request_under_the_same_key_is_carried_out_once(agency: Agency) -> None:
    key: dict[str, str | None] = {"Idempotency-Key": "once"}
    first = ok(agency.admin.post(TASKS, {"name": "x"}, headers=key))

    assert ok(agency.admin.post(TASKS, {"name": "x"}, headers=key)) == first
    assert_refused(agency.admin.post(TASKS, {"name": "y"}, headers=key), 409, "Idempotency-Key")
    assert names(agency.admin) == ["x"]


@pytest.mark.parametrize(
    ("body", "warning"),
    [
        ({}, "svcscriptcode is empty"),
        ({"svcscriptcode": "nobodys"}, "there is no script 'nobodys'"),
        ({"svcscriptcode": "cleardata", "isregular": 1}, "intervalsec is 0"),
        (
            {"svcscriptcode": "cleardata", "dtstart": "2030-01-02T00:00:00Z", "dtstop": "2030-01-01T00:00:00Z"},
            "dtstop is not after dtstart",
        ),
        ({"svcscriptcode": "cleardata", "schedule": "individual"}, "periods is empty"),
        ({"svcscriptcode": "cleardata", "sitemode": "list"}, "no site of `sites`"),
    ],
)
def test_a_task_that_can_never_start_is_taken_with_a_warning(
    agency: Agency, body: dict[str, Any], warning: str
) -> None:
    answer = agency.admin.post(TASKS, {"name": "x", **body})

    ok(answer)
    assert warning in answer.headers["x-svctask-warning"]


def test_a_task_without_fault_has_no_warning(agency: Agency) -> None:
    answer = agency.admin.post(TASKS, {"name": "x", "svcscriptcode": "cleardata", "isregular": 1, "intervalsec": 60})

    ok(answer)
    assert "x-svctask-warning" not in answer.headers


# Get -------------------------------------------------------------------------------------------------------------


def test_a_mask_chooses_and_flat_moves_members_up(agency: Agency) -> None:
    creates(agency.admin, TASKS, DEBTOR_CALLS)

    def got(**params: str) -> Any:
        return ok(agency.admin.get(DEBTOR_CALLS_PATH, params=params))

    whole = got()
    assert got(mask="name, ext.lwt,,nowhere") == {"name": "Debtor calls", "ext": {"lwt": whole["ext"]["lwt"]}}
    assert got(mask="ext") == {"ext": whole["ext"]}
    assert list(got(mask="opts.title,id")) == ["id", "opts"]
    flat = got(flat="true")
    assert list(flat)[-4:] == ["opts.title", "opts.comment", "ext.ct", "ext.lwt"]
    assert flat["periods"] == []
    assert got(mask="ext.ct", flat="1") == {"ext.ct": whole["ext"]["ct"]}


@on_both
def test_a_task_that_is_not_there_or_somebody_elses_is_not_found(agency: Agency) -> None:
    creates(agency.admin, TASKS, DEBTOR_CALLS)

    for person, path in ((agency.admin, f"{TASKS}/{UNKNOWN_ID}"), (agency.stranger, DEBTOR_CALLS_PATH)):
        assert_not_found(person.get(path))
        assert_not_found(person.request("PATCH", path, {"name": "y"}))
        assert_not_found(person.delete(path))
        assert_not_found(person.get(f"{path}/runs"))
        assert_not_found(person.post(f"{path}/runs", {}))
        assert_not_found(person.get(f"{path}/preview"))
        assert_not_found(
            person.post(f"{path}/backfill", {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"})
        )
        assert_not_found(person.delete(f"{path}/runs/{UNKNOWN_ID}"))
    assert ok(agency.admin.get(DEBTOR_CALLS_PATH))["name"] == "Debtor calls"


def test_an_id_that_is_none_is_told(agency: Agency) -> None:
    assert_refused(agency.admin.get(f"{TASKS}/5"), 400, "id: must be a UUID")


def test_unknown_parameters_are_told_with_the_nearest_known_one(agency: Agency) -> None:
    assert_refused(agency.admin.get(TASKS, params={"fliter": "{}"}), 400, "fliter", "did you mean filter?")


# Lists -----------------------------------------------------------------------------------------------------------


@on_both
def test_a_list_is_a_bare_array_of_list_forms_in_the_order_of_creation(agency: Agency) -> None:
    creates(agency.admin, TASKS, {**DAILY_CLEANING, "ext": {"mine": 1}})
    creates(agency.admin, TASKS, DEBTOR_CALLS)

    answer = agency.admin.get(TASKS)

    listed = ok(answer)
    assert [one["name"] for one in listed] == ["Daily cleaning", "Debtor calls"]
    assert [list(one) for one in listed] == [LISTED, LISTED]
    assert list(listed[0]["ext"]) == ["ct", "lwt"]
    assert answer.headers["x-total-count"] == "2"
    assert ok(agency.stranger.get(TASKS)) == []


@on_both
def test_filters_find_what_they_say(agency: Agency) -> None:
    for sample in (DEBTOR_CALLS, DAILY_CLEANING, {"name": "Backup", "ext": {"mine": 5, "sched": {"tz": "UTC"}}}):
        creates(agency.admin, TASKS, sample)

    def found(condition: Any) -> list[str]:
        return names(agency.admin, filter=condition)

    assert found({"isenabled": "true"}) == ["Daily cleaning"]
    assert found({"isenabled": 0, "isregular": True}) == ["Debtor calls"]
    assert found({"svcscriptcode": ["cleardata", "backup"]}) == ["Daily cleaning"]
    assert found({"dtstart": None}) == ["Backup"]
    assert found({"ext.mine": 5}) == ["Backup"]
    assert found({"ext": {"sched": {"tz": "UTC"}}}) == ["Backup"]
    assert found({"id": DEBTOR_CALLS["id"].upper()}) == ["Debtor calls"]
    assert found({"dtstop": "2020-02-20T09:00:00+01:00"}) == ["Debtor calls", "Daily cleaning"]
    assert found(["like", ["property", "name"], "d%"]) == ["Debtor calls", "Daily cleaning"]
    assert found(["or", {"name": "Backup"}, [">", ["property", "intervalsec"], 3600]]) == ["Daily cleaning", "Backup"]
    assert found(["not", ["isnull", ["property", "dtstart"]]]) == ["Debtor calls", "Daily cleaning"]


def test_a_filter_is_taken_as_the_vendor_prints_it(agency: Agency) -> None:
    creates(agency.admin, TASKS, DAILY_CLEANING)
    query = "filter={%22isenabled%22:%22true%22}&offset=0&limit=3"  # braces may stay; quotes no client sends raw

    answer = raw_request(agency.server, f"GET {TASKS}?{query}", token=agency.admin.token)

    assert answer.status == 200
    assert [one["name"] for one in answer.json()] == ["Daily cleaning"]


@on_both
def test_a_list_comes_in_the_order_wished_for_window_by_window(agency: Agency) -> None:
    for name, interval in (("b", 60), ("a", 60), ("c", 30)):
        creates(agency.admin, TASKS, {"name": name, "intervalsec": interval})

    assert names(agency.admin) == ["b", "a", "c"]
    assert names(agency.admin, order=["name"]) == ["a", "b", "c"]
    assert names(agency.admin, order=[{"name": "desc"}]) == ["c", "b", "a"]
    assert names(agency.admin, order=[{"property": "intervalsec", "direction": "desc"}, "name"]) == ["a", "b", "c"]
    assert names(agency.admin, order=["intervalsec", {"name": "desc"}]) == ["c", "b", "a"]
    assert names(agency.admin, order=[{"ext.ct": "desc"}]) == ["c", "a", "b"]
    assert names(agency.admin, offset=1, limit=1) == ["a"]
    assert names(agency.admin, order=["name"], offset=2, limit=5) == ["c"]
    assert names(agency.admin, limit=0) == []
    assert names(agency.admin, filter={"intervalsec": 60}, offset=1) == ["a"]
    assert agency.admin.get(TASKS, params={"limit": 1}).headers["x-total-count"] == "3"


def test_a_list_can_be_masked_flat_or_only_counted(agency: Agency) -> None:
    creates(agency.admin, TASKS, {**DEBTOR_CALLS, "sites": ["A"]})
    creates(agency.admin, TASKS, DAILY_CLEANING)

    assert lists(agency.admin, TASKS, mask="name,sites", limit=1) == [{"name": "Debtor calls", "sites": ["A"]}]
    assert lists(agency.admin, TASKS, mask="opts", flat="true", limit=1) == [{"opts.title": "", "opts.comment": ""}]
    assert list(lists(agency.admin, TASKS, flat="true")[0]) == [*LISTED[:-1], "ext.ct", "ext.lwt"]
    assert ok(agency.admin.get(TASKS, params={"countonly": "true"})) == {"count": 2}
    assert ok(agency.admin.get(TASKS, params={"countonly": "1", "filter": '{"isenabled":1}'})) == {"count": 1}
    assert ok(agency.admin.get(TASKS, params={"countonly": "false", "limit": 0})) == []


@pytest.mark.parametrize(
    ("params", "parts"),
    [
        ({"filter": "{"}, ["filter: is not valid JSON", "line 1, column 2"]),
        ({"filter": '{"isenabled":"maybe"}'}, ['filter.isenabled: "maybe" is not accepted', "0, 1, true, false"]),
        ({"filter": '{"nmae":"x"}'}, ['filter.nmae: "nmae" is no field; did you mean name?']),
        ({"filter": '["and",{"isenabled":5},["nor"]]'}, ["filter[1].isenabled: 5", "filter[2][0]: "]),
        ({"order": '["nmae"]'}, ["order[0]: ", "did you mean name?"]),
        ({"order": '[{"name":"up"}]', "filter": "[]"}, ["order[0].name: ", "filter[0]: "]),
        ({"offset": "-1", "limit": "x"}, ["offset: must be at least 0", "limit: must be a whole number"]),
        ({"flat": "maybe"}, ["flat: Must be one of 0, 1, false, true"]),
    ],
)
def test_every_fault_of_a_list_is_told_with_its_place(agency: Agency, params: dict[str, str], parts: list[str]) -> None:
    assert_refused(agency.admin.get(TASKS, params=params), 400, *parts)


# Change ----------------------------------------------------------------------------------------------------------


@on_both
def test_the_change_of_the_sample_is_answered_key_by_key(agency: Agency) -> None:
    created = creates(agency.admin, TASKS, DEBTOR_CALLS)

    changed = changes(
        agency.admin,
        DEBTOR_CALLS_PATH,
        {"isenabled": 1, "sitemode": "firstsite", "sites": "SITE1, SITE2", "schedule": "all"},
    )

    assert list(changed) == list(created)
    assert {name: value for name, value in changed.items() if created[name] != value and name != "ext"} == {
        "isenabled": 1,
        "sitemode": "firstsite",
        "sites": "SITE1, SITE2",
        "schedule": "all",
    }
    assert changed["ext"]["ct"] == created["ext"]["ct"]
    assert changed["ext"]["lwt"] >= created["ext"]["lwt"]
    assert ok(agency.admin.get(DEBTOR_CALLS_PATH)) == changed


def test_composites_are_merged_key_by_key_and_null_brings_the_default_back(agency: Agency) -> None:
    creates(agency.admin, TASKS, {**DEBTOR_CALLS, "opts": {"comment": "Keep"}, "ext": {"a": 1, "b": 2}})

    changed = changes(agency.admin, DEBTOR_CALLS_PATH, {"opts": {"title": "New"}, "ext": {"a": None, "c": 3}})
    assert changed["opts"] == {"title": "New", "comment": "Keep"}
    assert {name: value for name, value in changed["ext"].items() if name not in ("ct", "lwt")} == {"b": 2, "c": 3}

    reset = changes(agency.admin, DEBTOR_CALLS_PATH, {"schedule": None, "dtstart": None, "opts": {"comment": None}})
    assert (reset["schedule"], reset["dtstart"]) == ("all", "")
    assert reset["opts"] == {"title": "New", "comment": ""}
    assert_refused(agency.admin.request("PATCH", DEBTOR_CALLS_PATH, {"name": None}), 400, "name: is required")


def test_what_was_read_can_be_sent_back_and_a_change_of_nothing_leaves_the_time_alone(agency: Agency) -> None:
    created = creates(agency.admin, TASKS, DEBTOR_CALLS)

    assert changes(agency.admin, DEBTOR_CALLS_PATH, created) == created
    assert changes(agency.admin, DEBTOR_CALLS_PATH, {}) == created


def test_the_id_never_changes(agency: Agency) -> None:
    creates(agency.admin, TASKS, DEBTOR_CALLS)

    refused = agency.admin.request("PATCH", DEBTOR_CALLS_PATH, {"id": UNKNOWN_ID, "name": "y"})

    assert assert_refused(refused, 400) == "Field id is prohibited for modification"
    assert ok(agency.admin.get(DEBTOR_CALLS_PATH))["name"] == "Debtor calls"


@pytest.mark.parametrize("body", [{"sitemode": "x"}, {"periods": [{}]}, {"isenabled": []}, []])
def test_a_faulty_change_changes_nothing(agency: Agency, body: Any) -> None:
    created = creates(agency.admin, TASKS, DEBTOR_CALLS)

    assert_refused(agency.admin.request("PATCH", DEBTOR_CALLS_PATH, body), 400)
    assert ok(agency.admin.get(DEBTOR_CALLS_PATH)) == created


# Delete ----------------------------------------------------------------------------------------------------------


@on_both
def test_a_deleted_task_is_gone_and_its_id_can_be_used_again(agency: Agency) -> None:
    for _ in range(2):
        creates(agency.admin, TASKS, DEBTOR_CALLS)
        deleted = agency.admin.delete(DEBTOR_CALLS_PATH)

        assert (deleted.status_code, deleted.content) == (204, b"")
        assert_not_found(agency.admin.get(DEBTOR_CALLS_PATH))
        assert_not_found(agency.admin.delete(DEBTOR_CALLS_PATH))


def test_a_task_can_be_deleted_with_what_runs_of_it(agency: Agency) -> None:
    creates(agency.admin, TASKS, DEBTOR_CALLS)

    assert_refused(agency.admin.delete(f"{DEBTOR_CALLS_PATH}?stop=maybe"), 400, "stop: Must be one of 0, 1")
    assert agency.admin.delete(f"{DEBTOR_CALLS_PATH}?stop=1").status_code == 204


# Lookup ----------------------------------------------------------------------------------------------------------


@on_both
@pytest.mark.parametrize("key", [DEBTOR_CALLS["id"], DEBTOR_CALLS["id"].upper(), {"id": DEBTOR_CALLS["id"]}])
def test_an_id_is_looked_up(agency: Agency, key: Any) -> None:
    creates(agency.admin, TASKS, DEBTOR_CALLS)

    assert ok(agency.admin.request("LOOKUP", TASKS, key)) == [DEBTOR_CALLS["id"]]
    assert ok(
        agency.admin.post(TASKS, key, headers={"X-HTTP-Method-Override": "LOOKUP"}),
    ) == [DEBTOR_CALLS["id"]]
    for lost in (
        agency.admin.request("LOOKUP", TASKS, UNKNOWN_ID),
        agency.admin.request("LOOKUP", TASKS, "Debtor calls"),
        agency.stranger.request("LOOKUP", TASKS, key),
    ):
        assert assert_refused(lost, 404) == "Lookup failed"


@pytest.mark.parametrize("body", [b"5", b"{}", b"[]", b"null", b'{"id":5}', b"x", b""])
def test_a_key_is_a_string(agency: Agency, body: bytes) -> None:
    assert_refused(agency.admin.request("LOOKUP", TASKS, content=body), 400)


def test_other_methods_can_be_named_in_a_header_too(agency: Agency) -> None:
    creates(agency.admin, TASKS, DEBTOR_CALLS)

    def override(method: str, path: str, body: Any = None) -> Any:
        return agency.admin.post(path, body, headers={"X-HTTP-Method-Override": method})

    assert ok(override("patch", DEBTOR_CALLS_PATH, {"name": "y"}))["name"] == "y"
    assert_refused(override("PUT", DEBTOR_CALLS_PATH, {"name": "y"}), 405)
    assert_refused(override("GET", TASKS), 405)
    assert override("DELETE", DEBTOR_CALLS_PATH).status_code == 204
    assert ok(override("POST", TASKS, {"name": "z"}))["name"] == "z"


# Who, and how ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["agent", "supervisor", "operator", "ingest"])
def test_only_an_admin_may_call(agency: Agency, role: str) -> None:
    person = getattr(agency, role)

    for answer in (
        person.get(TASKS),
        person.post(TASKS, DEBTOR_CALLS),
        person.request("LOOKUP", TASKS, "x"),
        person.get(DEBTOR_CALLS_PATH),
        person.request("PATCH", DEBTOR_CALLS_PATH, {}),
        person.delete(DEBTOR_CALLS_PATH),
        person.get(f"{DEBTOR_CALLS_PATH}/runs"),
        person.post(f"{DEBTOR_CALLS_PATH}/runs"),
        person.get(f"{DEBTOR_CALLS_PATH}/preview"),
        person.post(f"{DEBTOR_CALLS_PATH}/backfill", {}),
        person.delete(f"{DEBTOR_CALLS_PATH}/runs/{UNKNOWN_ID}"),
    ):
        assert assert_refused(answer, 403) == "Access denied"


def test_nobody_is_unauthorized(agency: Agency) -> None:
    for answer in (agency.nobody.get(TASKS), agency.nobody.request("LOOKUP", TASKS, body="x")):
        assert assert_refused(answer, 401) == "Unauthorized"
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", TASKS, "GET, HEAD, LOOKUP, OPTIONS, POST"),
        ("DELETE", TASKS, "GET, HEAD, LOOKUP, OPTIONS, POST"),
        ("LOOKUP", DEBTOR_CALLS_PATH, "DELETE, GET, HEAD, OPTIONS, PATCH"),
        ("PUT", f"{DEBTOR_CALLS_PATH}/runs", "GET, HEAD, OPTIONS, POST"),
    ],
)
def test_a_verb_that_is_not_served_is_told_with_those_that_are(
    agency: Agency, method: str, path: str, allowed: str
) -> None:
    answer = agency.admin.request(method, path)

    assert assert_refused(answer, 405) == "Method not allowed"
    assert answer.headers["allow"] == allowed


def test_a_path_that_does_not_exist_is_answered_in_the_dialects_words(agency: Agency) -> None:
    assert_not_found(agency.admin.get("/rest/v1/service/nothing"))
    assert_not_found(agency.admin.get("/rest/v2"))


def test_a_request_id_is_not_asked_for_but_comes_back(agency: Agency) -> None:
    assert agency.admin.get(TASKS, headers={"Request-ID": "mine"}).headers["request-id"] == "mine"
    assert len(agency.admin.get(TASKS, headers={"Request-ID": None}).headers["request-id"]) == 36
