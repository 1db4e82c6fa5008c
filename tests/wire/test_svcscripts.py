"""Service scripts on the wire."""

from __future__ import annotations

from typing import Any

import pytest

from tests.wire.asking import UNKNOWN_ID, Agency, on_both
from tests.wire.svc_asking import RUNTIMES, SCRIPTS, assert_not_found, assert_refused, changes, creates, lists, ok

SCRIPT: dict[str, Any] = {
    "id": "b6f0f1a2-016c-b91f-2a3e-50e54938780c",
    "code": "test_s3",
    "name": "S3 test",
    "scriptdata": {
        "objects": [{"oId": 1, "oType": 101, "transfer": 2, "name": "Start"}],
        "variables": [],
        "scriptVersion": 170105,
    },
    "projectid": "00000000-0000-0000-0000-000000000000",
    "opts": {"title": "", "comment": "", "loglevel": 0, "variables": {"var1": 0}},
}
PATH = f"{SCRIPTS}/{SCRIPT['id']}"


@on_both
def test_a_script_is_answered_key_by_key_as_it_was_sent(agency: Agency) -> None:
    created = creates(agency.admin, SCRIPTS, SCRIPT)

    assert list(created) == ["id", "code", "name", "scriptdata", "projectid", "lwt", "opts", "ext"]
    assert {name: value for name, value in created.items() if name not in ("lwt", "ext")} == SCRIPT
    assert created["lwt"] == created["ext"]["lwt"].partition(".")[0] + "Z"
    assert ok(agency.admin.get(PATH)) == created


def test_what_is_left_out_has_its_default(agency: Agency) -> None:
    created = creates(agency.admin, SCRIPTS, {"code": "x", "name": "X", "scriptdata": {}})

    assert created["projectid"] == ""
    assert created["opts"] == {"title": "", "comment": "", "loglevel": 0, "variables": {}}


@pytest.mark.parametrize(
    ("wrong", "part"),
    [
        ({"code": None}, "code: is required"),
        ({"code": ""}, "code: "),
        ({"name": ...}, "name: is required"),
        ({"scriptdata": ...}, "scriptdata: is required"),
        ({"scriptdata": []}, "scriptdata: [] is not accepted; it must be an object"),
        ({"projectid": "x"}, 'projectid: "x" is not accepted; it must be a UUID'),
        ({"opts": {"loglevel": "x"}}, 'opts.loglevel: "x"'),
        ({"opts": {"variables": 5}}, "opts.variables: 5"),
    ],
)
def test_a_fault_is_told_with_its_place(agency: Agency, wrong: dict[str, Any], part: str) -> None:
    body = {name: value for name, value in {**SCRIPT, **wrong}.items() if value is not ...}

    assert_refused(agency.admin.post(SCRIPTS, body), 400, part)


@on_both
def test_a_code_is_used_once_in_a_domain(agency: Agency) -> None:
    creates(agency.admin, SCRIPTS, SCRIPT)

    assert_refused(agency.admin.post(SCRIPTS, {**SCRIPT, "id": UNKNOWN_ID}), 409)
    other = creates(agency.admin, SCRIPTS, {"code": "other", "name": "Other", "scriptdata": {}})
    assert_refused(agency.admin.request("PATCH", f"{SCRIPTS}/{other['id']}", {"code": "test_s3"}), 409)
    assert creates(agency.stranger, SCRIPTS, SCRIPT)["code"] == "test_s3"


@on_both
def test_scripts_are_listed_changed_looked_up_and_deleted(agency: Agency) -> None:
    creates(agency.admin, SCRIPTS, SCRIPT)
    second = creates(agency.admin, SCRIPTS, {"code": "a", "name": "A", "scriptdata": {}})

    listed = lists(agency.admin, SCRIPTS, order=["code"])
    assert [one["code"] for one in listed] == ["a", "test_s3"]
    assert list(listed[0]) == ["id", "code", "name", "projectid", "lwt", "ext"]
    assert [one["code"] for one in lists(agency.admin, SCRIPTS, filter={"code": "a"})] == ["a"]
    assert [one["code"] for one in lists(agency.admin, SCRIPTS, filter={"opts.loglevel": 0}, limit=1)] == ["test_s3"]
    assert lists(agency.stranger, SCRIPTS) == []

    changed = changes(agency.admin, PATH, {"opts": {"variables": {"var2": 1}}, "scriptdata": {"objects": []}})
    assert changed["opts"] == {"title": "", "comment": "", "loglevel": 0, "variables": {"var2": 1}}
    assert changed["scriptdata"] == {"objects": []}

    assert ok(agency.admin.request("LOOKUP", SCRIPTS, "a")) == [second["id"]]
    assert ok(agency.admin.request("LOOKUP", SCRIPTS, SCRIPT["id"])) == [SCRIPT["id"]]
    assert assert_refused(agency.stranger.request("LOOKUP", SCRIPTS, "a"), 404) == "Lookup failed"

    assert_not_found(agency.stranger.get(PATH))
    assert_not_found(agency.stranger.delete(PATH))
    assert agency.admin.delete(PATH).status_code == 204
    assert_not_found(agency.admin.get(PATH))
    assert_not_found(agency.admin.request("PATCH", PATH, {"name": "y"}))


@on_both
def test_a_script_of_which_nothing_is_carried_out_says_so_when_it_is_saved_and_started(agency: Agency) -> None:
    visual = agency.admin.post(SCRIPTS, SCRIPT)
    assert "names no script of this server" in visual.headers["x-svctask-warning"]
    started = agency.admin.post(RUNTIMES, {"code": SCRIPT["code"]})
    assert_refused(started, 409, "has nothing that this server can carry out")

    named = {"code": "night", "name": "Night", "scriptdata": {"run": "cleardata", "startparam1": 1}}
    assert "x-svctask-warning" not in agency.admin.post(SCRIPTS, named).headers
    assert ok(agency.admin.post(RUNTIMES, {"code": "night"}))["code"] == "night"
    missing = agency.admin.post(SCRIPTS, {**named, "code": "other", "scriptdata": {"run": "nobodys"}})
    assert missing.headers["x-svctask-warning"] == "there is no script 'nobodys' on this server as yet"
    taken = agency.admin.post(SCRIPTS, {**named, "code": "backup"})
    assert "of the server's own" in taken.headers["x-svctask-warning"]


def test_only_an_admin_may_call(agency: Agency) -> None:
    for answer in (agency.supervisor.get(SCRIPTS), agency.agent.post(SCRIPTS, SCRIPT), agency.operator.delete(PATH)):
        assert_refused(answer, 403)
    assert_refused(agency.nobody.get(SCRIPTS), 401)
