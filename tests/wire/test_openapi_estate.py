"""The OpenAPI documents of meetings, asset requirements and notes: true in every example and every answer."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from jsonschema import ValidationError  # type: ignore[import-untyped]

from tests.samples_estate import MEETING_BODY, REQUIREMENT_BODY, REQUIREMENT_ITEM
from tests.wire.asking import UNKNOWN_ID, Agency, Person, id_of, on_both
from tests.wire.documented import Documented, documented
from tests.wire.estate import MEETINGS, NOTES, REQUIREMENTS, change_of, creates, meeting, requirement, tree

STALE: dict[str, str | None] = {"If-Match": '"7"'}


@pytest.fixture
def of_meetings(agency: Agency) -> Documented:
    return documented(agency.nobody, "meeting")


@pytest.fixture
def of_requirements(agency: Agency) -> Documented:
    return documented(agency.nobody, "asset-requirement")


def schema(told: Documented, name: str) -> dict[str, Any]:
    return dict(told.document["components"]["schemas"][name])


def test_the_published_samples_fit_the_documents(of_meetings: Documented, of_requirements: Documented) -> None:
    of_meetings.check_value(MEETING_BODY, schema(of_meetings, "MeetingBody"))
    of_requirements.check_value(REQUIREMENT_BODY, schema(of_requirements, "NewRequirementBody"))
    of_requirements.check_value(REQUIREMENT_ITEM, schema(of_requirements, "RequirementItem"))


def test_the_parameters_of_the_searches_are_those_of_the_contract(
    of_meetings: Documented, of_requirements: Documented
) -> None:
    def names(told: Documented, operation: str) -> list[str]:
        return [one["name"] for one in told.operations()[operation]["parameters"] if one["in"] == "query"]

    assert names(of_meetings, "meeting.search") == [
        *("sourceTypeCode", "statusCode", "agencyOfficeId", "realtyId", "partyId", "agentId", "typeCode"),
        *("freeTextSearch", "visitTimeBefore", "visitTimeAfter", "modifiedAfter", "startIndex", "size", "sort"),
    ]
    assert names(of_requirements, "assetRequirement.search") == [
        *("agentId", "agencyOfficeId", "friendlyId", "statusCode", "marketingActionStatusCode", "freeTextSearch"),
        *("startIndex", "endIndex", "size", "sort"),
    ]
    (wanted,) = (one for one in of_requirements.operations()["note.search"]["parameters"] if one["in"] == "query")
    assert (wanted["name"], wanted["required"]) == ("assetRequirementId", True)


def check_refused(told: Documented, name: str, person: Person, at: str, body: dict[str, Any]) -> None:
    assert person.post(at, body).status_code == 400
    with pytest.raises(ValidationError):
        told.check_value(body, schema(told, name))


@pytest.mark.parametrize(
    "wrong",
    [
        {"visitTime": "tomorrow"},
        {"parties": []},
        {"parties": [{"partyId": UNKNOWN_ID}]},
        {"meetingRealty": []},
        {"meetingRealty": {"categoryCode": "for sale"}},
        {"priceEstimate": {"amount": -1}},
    ],
    ids=str,
)
def test_what_the_server_refuses_of_a_meeting_the_document_refuses_too(
    wrong: dict[str, Any], agency: Agency, of_meetings: Documented
) -> None:
    check_refused(of_meetings, "MeetingBody", agency.admin, MEETINGS, meeting(agency, **wrong))


@pytest.mark.parametrize(
    "wrong",
    [
        {"agents": []},
        {"agents": [{"agentId": UNKNOWN_ID}]},
        {"creationTime": "now"},
        {"consentToChange": {"date": "now"}},
        {"assetRequirements": None},
        {"assetRequirements": tree(realty={"propertyTypeCodes": ["home"]})},
        {"assetRequirements": tree(plot={"minimumAreaInSquareMeters": -1})},
    ],
    ids=str,
)
def test_what_the_server_refuses_of_an_asset_requirement_the_document_refuses_too(
    wrong: dict[str, Any], agency: Agency, of_requirements: Documented
) -> None:
    body = requirement(agency, **wrong)
    check_refused(of_requirements, "NewRequirementBody", agency.admin, REQUIREMENTS, body)


def examples(told: Documented, operation_id: str) -> list[Any]:
    content = told.operations()[operation_id]["requestBody"]["content"]["application/json"]
    values = [example["value"] for example in content["examples"].values()]
    for value in values:
        told.check_value(value, content["schema"])
    return values


@on_both
def test_every_example_of_a_body_is_accepted(agency: Agency) -> None:
    meetings, requirements = (documented(agency.nobody, name) for name in ("meeting", "asset-requirement"))
    admin = agency.admin
    for body in examples(meetings, "meeting.create"):
        path = creates(admin, MEETINGS, body)
    for body in examples(meetings, "meeting.update"):
        assert admin.put(path, body).status_code == 204
    for body in examples(requirements, "assetRequirement.create"):
        path = creates(admin, REQUIREMENTS, body)
    for body in examples(requirements, "assetRequirement.update"):
        assert admin.put(path, {**body, "assetRequirementId": id_of(path)}).status_code == 204
    for body in examples(requirements, "note.create"):
        note = creates(admin, NOTES, {**body, "assetRequirementId": id_of(path)})
    for body in examples(requirements, "note.update"):
        assert admin.put(note, body).status_code == 204


@on_both
def test_every_answer_that_meetings_can_give_is_told(agency: Agency) -> None:
    told = documented(agency.nobody, "meeting")
    admin, path = agency.admin, creates(agency.admin, MEETINGS, meeting(agency))
    won = creates(
        admin, MEETINGS, meeting(agency, statusCode="WON", realtyId=..., notes=..., priceEstimate=..., meetingRealty={})
    )
    answers: list[httpx2.Response] = [
        admin.post(MEETINGS, meeting(agency, meetingRealty={"own": [None, {"x": 1.5}], "categoryCode": None})),
        admin.get(MEETINGS),
        admin.get(path),
        admin.get(won),
        admin.get(path, headers={"If-None-Match": '"1"'}),
        admin.put(path, meeting(agency, notes="x")),
        admin.put(won, meeting(agency)),
        admin.delete(won),
        admin.put(path, meeting(agency), headers=STALE),
        admin.delete(path),
        admin.get(path),
        admin.put(path, meeting(agency)),
        admin.delete(path),
        admin.get(f"{MEETINGS}/{UNKNOWN_ID}"),
        admin.post(MEETINGS, {}),
        admin.get(MEETINGS, params={"size": "0"}),
        agency.nobody.get(MEETINGS),
        agency.operator.get(MEETINGS),
    ]

    for answer in answers:
        told.check(answer)
    assert {answer.status_code for answer in answers} == {200, 201, 204, 304, 400, 401, 403, 404, 410, 412}


@on_both
def test_every_answer_that_asset_requirements_and_notes_can_give_is_told(agency: Agency) -> None:
    told = documented(agency.nobody, "asset-requirement")
    admin, path = agency.admin, creates(agency.admin, REQUIREMENTS, requirement(agency))
    bare = creates(admin, REQUIREMENTS, {"agencyOfficeId": agency.office, "assetRequirements": {"own": [None]}})
    note = creates(admin, NOTES, {"note": "x", "assetRequirementId": id_of(path)})
    answers: list[httpx2.Response] = [
        admin.post(REQUIREMENTS, requirement(agency)),
        admin.get(REQUIREMENTS),
        admin.get(path),
        admin.get(bare),
        admin.get(path, headers={"If-None-Match": '"1"'}),
        admin.put(path, change_of(path, requirement(agency), statusCode="ACTIVE")),
        admin.delete(path),
        admin.put(path, change_of(path, requirement(agency)), headers=STALE),
        admin.delete(bare),
        admin.get(bare),
        admin.post(REQUIREMENTS, {}),
        admin.get(REQUIREMENTS, params={"endIndex": "-1"}),
        agency.operator.get(REQUIREMENTS),
        admin.post(NOTES, {"note": "", "assetRequirementId": id_of(path)}),
        admin.post(NOTES, {"note": "", "assetRequirementId": UNKNOWN_ID}),
        admin.get(NOTES, params={"assetRequirementId": id_of(path)}),
        admin.get(NOTES, params={"assetRequirementId": UNKNOWN_ID}),
        admin.get(NOTES),
        admin.put(note, {"note": "y"}),
        admin.put(note, {"note": "z"}, headers=STALE),
        admin.delete(note),
        admin.delete(note),
        agency.nobody.delete(note),
    ]

    for answer in answers:
        told.check(answer)
    assert {answer.status_code for answer in answers} == {200, 201, 204, 304, 400, 401, 403, 404, 412}
