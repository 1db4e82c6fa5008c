"""The Watch API.  Source: OviPro contract 5."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from askare.wire.ovipro.watches import EXAMPLE_CONTENT
from tests.wire.asking import UNKNOWN_ID, Agency, assert_bad_body, assert_bad_parameters, assert_error, on_both
from tests.wire.documented import documented
from tests.wire.watching import AGENT, FAR, FLAT_WISH, PARTY, REQUIREMENTS, WATCHES, a_watch, found, requires, watches


def assert_unknown(answer: Any, target: str = "watchId") -> None:
    assert_error(answer, 404, "INVALID_ID", [(target, "INVALID_ID")])


@on_both
def test_a_new_watch_is_answered_as_it_was_said_with_what_the_server_knows(agency: Agency) -> None:
    requirement = requires(agency.agent, agency)
    created = agency.agent.post(WATCHES, a_watch(requirement))
    watch = created.json()["watchId"]

    assert (created.status_code, set(created.json())) == (201, {"watchId"})
    assert created.headers["location"] == f"{WATCHES}/{watch}"
    answer = agency.agent.get(f"{WATCHES}/{watch}")
    details = answer.json()
    assert (answer.status_code, answer.headers["etag"]) == (200, created.headers["etag"])
    assert details == {
        "watchId": watch,
        "assetRequirement": {"assetRequirementId": requirement},
        "watchStatusCode": "ACTIVE",
        "validityStartTime": details["creationTime"],
        "validityEndTime": FAR,
        "agentNotificationTypeCodes": ["EMAIL"],
        "parties": [{"partyId": PARTY, "partyTypeCode": "PERSON_PARTY", "partyNotificationTypeCodes": ["EMAIL"]}],
        "creationTime": details["creationTime"],
        "modificationTime": details["creationTime"],
    }


@on_both
def test_a_list_shows_whose_the_watch_is_with_the_names_that_are_known(agency: Agency) -> None:
    requirement = requires(agency.admin, agency)
    watch = watches(agency.admin, requirement)
    (item,) = agency.admin.get(WATCHES).json()["watches"]
    assert item["assetRequirement"]["responsibleAgent"] == {"agentId": AGENT}

    agency.admin.put(f"/askare/v1/agents/{AGENT}", {"firstName": "Veikko", "lastName": "Viljanen"})
    agency.admin.put(f"/askare/v1/offices/{agency.office}", {"name": "Koti Tammela"})
    answer = agency.admin.get(WATCHES).json()

    assert answer["totalCount"] == 1
    (item,) = answer["watches"]
    assert (item["watchId"], item["watchStatusCode"]) == (watch, "ACTIVE")
    assert item["assetRequirement"] == {
        "assetRequirementId": requirement,
        "responsibleAgent": {"agentId": AGENT, "firstName": "Veikko", "lastName": "Viljanen"},
        "agencyOffice": {"agencyOfficeId": agency.office, "name": "Koti Tammela"},
    }


def test_the_same_lives_under_all_its_paths(agency: Agency) -> None:
    watch = watches(agency.admin, requires(agency.admin, agency))

    for path in ("/watches", "/assetRequirementWatches", "/asset-requirement/v1/assetRequirementWatches"):
        assert found(agency.admin, path) == [watch]
        assert agency.admin.get(f"{path}/{watch}").status_code == 200


def test_a_watch_whose_end_lies_in_the_past_is_taken_and_has_ended(agency: Agency) -> None:
    watch = watches(agency.admin, requires(agency.admin, agency), validityEndTime="2023-01-01T00:00:00Z")

    assert agency.admin.get(f"{WATCHES}/{watch}").json()["watchStatusCode"] == "ENDED"


def test_a_party_whose_notifications_are_null_is_told_nothing(agency: Agency) -> None:
    party = {"partyId": PARTY, "partyTypeCode": "PERSON_PARTY"}
    watch = watches(
        agency.admin, requires(agency.admin, agency), parties=[{**party, "partyNotificationTypeCodes": None}]
    )

    assert agency.admin.get(f"{WATCHES}/{watch}").json()["parties"] == [{**party, "partyNotificationTypeCodes": []}]


def test_a_party_who_is_named_twice_is_kept_once_and_notifications_may_be_left_out(agency: Agency) -> None:
    party = {"partyId": PARTY.upper(), "partyTypeCode": "PERSON_PARTY"}
    watch = watches(agency.admin, requires(agency.admin, agency), parties=[party, party])

    assert agency.admin.get(f"{WATCHES}/{watch}").json()["parties"] == [
        {"partyId": PARTY, "partyTypeCode": "PERSON_PARTY", "partyNotificationTypeCodes": []}
    ]


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"assetRequirementId": ...}, [("assetRequirementId", "VALUE_REQUIRED")]),
        ({"validityEndTime": "2030-01-01T00:00:00"}, [("validityEndTime", "INVALID_TYPE")]),
        ({"agentNotificationTypeCodes": ...}, [("agentNotificationTypeCodes", "VALUE_REQUIRED")]),
        ({"agentNotificationTypeCodes": ["SMS"]}, [("agentNotificationTypeCodes[0]", "INVALID_TYPE")]),
        ({"parties": []}, [("parties", "VALUE_REQUIRED")]),
        (
            {"parties": [{"partyId": str(uuid4()), "partyTypeCode": "PERSON_PARTY"} for _ in range(101)]},
            [("parties", "INVALID_TYPE")],
        ),
        (
            {"parties": [{"partyId": "x"}], "validityEndTime": ...},
            [
                ("parties[0].partyId", "INVALID_TYPE"),
                ("parties[0].partyTypeCode", "VALUE_REQUIRED"),
                ("validityEndTime", "VALUE_REQUIRED"),
            ],
        ),
    ],
)
def test_every_fault_of_a_body_is_told_with_its_place(
    agency: Agency, changes: dict[str, Any], faults: list[tuple[str, str]]
) -> None:
    assert_bad_body(agency.admin.post(WATCHES, a_watch(UNKNOWN_ID, **changes)), *faults)
    assert_bad_body(
        agency.admin.put(f"{WATCHES}/{UNKNOWN_ID}", {**a_watch(UNKNOWN_ID, **changes), "watchId": UNKNOWN_ID}), *faults
    )


def test_an_asset_requirement_that_does_not_exist_for_the_caller_is_unknown(agency: Agency) -> None:
    theirs = requires(agency.admin, agency, agencyOfficeId=agency.other_office)

    for requirement in (UNKNOWN_ID, theirs):
        assert_unknown(agency.agent.post(WATCHES, a_watch(requirement)), "assetRequirementId")


@on_both
def test_a_watch_can_be_changed_but_for_its_parties(agency: Agency) -> None:
    requirement, other = requires(agency.admin, agency), requires(agency.admin, agency)
    path = f"{WATCHES}/{watches(agency.admin, requirement)}"
    watch = path.rpartition("/")[2]
    party = {"partyId": PARTY, "partyTypeCode": "PERSON_PARTY", "partyNotificationTypeCodes": []}
    changed = {"watchId": watch, **a_watch(other, validityEndTime="2190-01-01T00:00:00Z", parties=[party])}

    assert agency.admin.put(path, changed).status_code == 204
    details = agency.admin.get(path).json()
    assert details["assetRequirement"] == {"assetRequirementId": other}
    assert (details["validityEndTime"], details["parties"]) == ("2190-01-01T00:00:00Z", [party])

    strange = {**party, "partyId": UNKNOWN_ID}
    for parties in ([strange], [party, strange]):
        assert_bad_body(agency.admin.put(path, {**changed, "parties": parties}), ("parties", "INVALID_TYPE"))


def test_a_put_of_what_was_got_is_no_change(agency: Agency) -> None:
    requirement = requires(agency.admin, agency)
    path = f"{WATCHES}/{watches(agency.admin, requirement)}"
    before = agency.admin.get(path)

    answer = agency.admin.put(path, {**before.json(), "assetRequirementId": requirement})

    assert answer.status_code == 204
    after = agency.admin.get(path)
    assert (after.json(), after.headers["etag"]) == (before.json(), before.headers["etag"])


def test_a_watch_is_ended_and_revived_by_its_end(agency: Agency) -> None:
    requirement = requires(agency.admin, agency)
    watch = watches(agency.admin, requirement)
    for end, status in (("2020-01-01T00:00:00Z", "ENDED"), (FAR, "ACTIVE")):
        body = {"watchId": watch, **a_watch(requirement, validityEndTime=end)}
        assert agency.admin.put(f"{WATCHES}/{watch}", body).status_code == 204
        assert agency.admin.get(f"{WATCHES}/{watch}").json()["watchStatusCode"] == status


def test_an_update_names_the_watch_of_its_path_and_a_requirement_that_exists(agency: Agency) -> None:
    requirement = requires(agency.admin, agency)
    watch = watches(agency.admin, requirement)

    body = {"watchId": UNKNOWN_ID, **a_watch(requirement)}
    assert_bad_body(agency.admin.put(f"{WATCHES}/{watch}", body), ("watchId", "INVALID_TYPE"))
    body = {"watchId": watch, **a_watch(UNKNOWN_ID)}
    assert_unknown(agency.admin.put(f"{WATCHES}/{watch}", body), "assetRequirementId")
    body = {"watchId": UNKNOWN_ID, **a_watch(requirement)}
    assert_unknown(agency.admin.put(f"{WATCHES}/{UNKNOWN_ID}", body))


def test_a_condition_on_the_version_is_held(agency: Agency) -> None:
    requirement = requires(agency.admin, agency)
    watch = watches(agency.admin, requirement)
    body = {"watchId": watch, **a_watch(requirement, agentNotificationTypeCodes=[])}

    refused = agency.admin.put(f"{WATCHES}/{watch}", body, headers={"If-Match": '"7"'})
    assert refused.status_code == 412
    assert agency.admin.delete(f"{WATCHES}/{watch}", headers={"If-Match": '"7"'}).status_code == 412
    assert agency.admin.put(f"{WATCHES}/{watch}", body, headers={"If-Match": '"1"'}).status_code == 204


@on_both
def test_a_deleted_watch_is_unknown_to_everything(agency: Agency) -> None:
    requirement = requires(agency.admin, agency)
    watch = watches(agency.admin, requirement)

    assert agency.admin.delete(f"{WATCHES}/{watch}").status_code == 204
    assert_unknown(agency.admin.get(f"{WATCHES}/{watch}"))
    assert_unknown(agency.admin.delete(f"{WATCHES}/{watch}"))
    assert_unknown(agency.admin.put(f"{WATCHES}/{watch}", {"watchId": watch, **a_watch(requirement)}))
    assert found(agency.admin) == []


def test_deleting_a_requirement_deletes_its_watches(agency: Agency) -> None:
    requirement, other = requires(agency.admin, agency), requires(agency.admin, agency)
    watches(agency.admin, requirement)
    kept = watches(agency.admin, other)

    assert agency.admin.delete(f"{REQUIREMENTS}/{requirement}").status_code == 204
    assert found(agency.admin) == [kept]


def test_somebody_elses_watch_looks_like_none(agency: Agency) -> None:
    requirement = requires(agency.admin, agency)
    watch = watches(agency.admin, requirement)
    body = {"watchId": watch, **a_watch(requirement)}

    for person in (agency.neighbour, agency.stranger):
        assert_unknown(person.get(f"{WATCHES}/{watch}"))
        assert_unknown(person.put(f"{WATCHES}/{watch}", body))
        assert_unknown(person.delete(f"{WATCHES}/{watch}"))
        assert found(person) == []
    assert found(agency.agent) == [watch]


def test_who_may_not_call_is_told_so(agency: Agency) -> None:
    assert agency.nobody.get(WATCHES).status_code == 401
    for person in (agency.operator, agency.supervisor, agency.ingest):
        assert person.get(WATCHES).status_code == 403


@on_both
def test_every_parameter_finds_its_watches_and_no_others(agency: Agency) -> None:
    leisure = {**FLAT_WISH, "realty": {"propertyTypeCodes": ["LEISURE", "PLOT"]}}
    other_agent = [{"agentId": UNKNOWN_ID, "roleCode": "RESPONSIBLE_AGENT"}]
    ours = requires(agency.admin, agency)
    theirs = requires(agency.admin, agency, leisure, agencyOfficeId=agency.other_office, agents=other_agent)
    first = watches(agency.admin, ours)
    party = {"partyId": UNKNOWN_ID, "partyTypeCode": "ORGANIZATION_PARTY"}
    second = watches(agency.admin, theirs, validityEndTime="2020-01-01T00:00:00Z", parties=[party])

    for name, (one, other) in {
        "watchId": (first, second),
        "agentId": (AGENT, UNKNOWN_ID),
        "agencyOfficeId": (agency.office, agency.other_office),
        "assetRequirementId": (ours, theirs),
        "partyId": (PARTY, UNKNOWN_ID),
        "statusCode": ("ACTIVE", "ENDED"),
        "realtyPropertyTypeCode": ("RESIDENTIAL", "PLOT"),
    }.items():
        assert found(agency.admin, WATCHES, **{name: one}) == [first], name
        assert found(agency.admin, WATCHES, **{name: other}) == [second], name
        assert set(found(agency.admin, WATCHES, **{name: [one, other]})) == {first, second}, name
    assert found(agency.admin, partyId=PARTY, statusCode="ENDED") == []
    assert found(agency.admin, sort="modificationTime|asc") == [first, second]
    assert found(agency.admin) == [second, first]
    assert found(agency.admin, startIndex=1, size=1) == [first]


def test_a_list_follows_the_asset_requirement(agency: Agency) -> None:
    requirement = requires(agency.admin, agency)
    watch = watches(agency.admin, requirement)
    assert found(agency.admin, realtyPropertyTypeCode="PLOT", agentId=UNKNOWN_ID) == []
    body = {
        "assetRequirementId": requirement,
        "statusCode": "ACTIVE",
        "agencyOfficeId": agency.office,
        "agents": [{"agentId": UNKNOWN_ID, "roleCode": "RESPONSIBLE_AGENT"}],
        "assetRequirements": {"realty": {"propertyTypeCodes": ["PLOT"]}},
    }

    assert agency.admin.put(f"{REQUIREMENTS}/{requirement}", body).status_code == 204
    assert found(agency.admin, realtyPropertyTypeCode="PLOT", agentId=UNKNOWN_ID) == [watch]
    assert found(agency.admin, realtyPropertyTypeCode="RESIDENTIAL") == []


@pytest.mark.parametrize(
    ("query", "target"),
    [
        ("statusCode=DONE", "statusCode"),
        ("realtyPropertyTypeCode=CASTLE", "realtyPropertyTypeCode"),
        ("partyId=7", "partyId"),
        ("size=101", "size"),
        ("size=0", "size"),
        ("startIndex=-1", "startIndex"),
        ("sort=creationTime", "sort"),
        ("watch=1", "watch"),
    ],
)
def test_a_bad_parameter_is_refused_by_name(agency: Agency, query: str, target: str) -> None:
    assert_bad_parameters(agency.admin.get(f"{WATCHES}?{query}"), (target, "INVALID_TYPE"))


def test_a_malformed_id_in_the_path_is_told_from_an_unknown_one(agency: Agency) -> None:
    assert_bad_parameters(agency.admin.get(f"{WATCHES}/7"), ("watchId", "INVALID_TYPE"))
    assert_unknown(agency.admin.get(f"{WATCHES}/{UNKNOWN_ID}"))


# The document ----------------------------------------------------------------------------------------------------


def test_every_answer_is_one_that_the_document_tells(agency: Agency) -> None:
    told = documented(agency.nobody, "asset-requirement")
    requirement = requires(agency.admin, agency)
    path = f"{WATCHES}/{watches(agency.admin, requirement)}"
    body = {"watchId": path.rpartition("/")[2], **a_watch(requirement, agentNotificationTypeCodes=[])}
    answers = [
        agency.admin.post(WATCHES, a_watch(requirement)),
        agency.admin.post(WATCHES, a_watch(UNKNOWN_ID)),
        agency.admin.post(WATCHES, {}),
        agency.admin.get(WATCHES),
        agency.admin.get(WATCHES, params={"size": "0"}),
        agency.admin.get(path),
        agency.admin.put(path, body, headers={"If-Match": '"7"'}),
        agency.admin.put(path, body),
        agency.admin.put(path, {**body, "assetRequirementId": UNKNOWN_ID}),
        agency.operator.get(path),
        agency.nobody.get(path),
        agency.admin.delete(path, headers={"If-Match": '"7"'}),
        agency.admin.delete(path),
        agency.admin.delete(path),
    ]

    for answer in answers:
        told.check(answer)
    assert {answer.status_code for answer in answers} == {200, 201, 204, 400, 401, 403, 404, 412}


def test_every_example_of_a_body_is_accepted(agency: Agency) -> None:
    operations = documented(agency.nobody, "asset-requirement").operations()
    requirement = requires(agency.admin, agency)
    watch = watches(agency.admin, requirement, parties=EXAMPLE_CONTENT["parties"])

    for operation, address in (("watch.create", WATCHES), ("watch.update", f"{WATCHES}/{watch}")):
        content = operations[operation]["requestBody"]["content"]["application/json"]
        for example in content["examples"].values():
            body = {**example["value"], "assetRequirementId": requirement}
            if operation == "watch.update":
                body["watchId"] = watch
            answer = agency.admin.request(operations[operation]["method"], address, body)
            assert answer.status_code in (201, 204), answer.text


def test_the_same_key_makes_one_watch(agency: Agency) -> None:
    requirement = requires(agency.admin, agency)
    answers = [agency.admin.post(WATCHES, a_watch(requirement), headers={"Idempotency-Key": "once"}) for _ in range(2)]

    assert answers[0].json() == answers[1].json()
    assert found(agency.admin) == [answers[0].json()["watchId"]]
