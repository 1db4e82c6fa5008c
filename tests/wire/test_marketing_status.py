"""PUT /askare/v1/assetRequirements/{assetRequirementId}/marketingActionStatus."""

from __future__ import annotations

from tests.wire.asking import UNKNOWN_ID, Agency, assert_bad_body, assert_error, id_of
from tests.wire.estate import REQUIREMENTS, creates, finds, page, requirement


def address(requirement_id: str) -> str:
    return f"/askare/v1/assetRequirements/{requirement_id}/marketingActionStatus"


def test_lists_show_it_and_find_it_until_it_is_taken_back(agency: Agency) -> None:
    requirement_id = id_of(creates(agency.admin, REQUIREMENTS, requirement(agency)))

    said = agency.admin.put(address(requirement_id), {"marketingActionStatusCode": "PUBLISHED"})

    assert said.status_code == 204
    (item,) = page(agency.admin, REQUIREMENTS)["assetRequirements"]
    assert item["marketingActionStatusCode"] == "PUBLISHED"
    assert finds(agency.admin, REQUIREMENTS, marketingActionStatusCode="PUBLISHED") == [requirement_id]
    assert finds(agency.admin, REQUIREMENTS, marketingActionStatusCode="FAILED") == []

    agency.admin.put(address(requirement_id), {"marketingActionStatusCode": None})
    (item,) = page(agency.admin, REQUIREMENTS)["assetRequirements"]
    assert "marketingActionStatusCode" not in item


def test_what_is_wrong_is_told_with_its_place(agency: Agency) -> None:
    requirement_id = id_of(creates(agency.admin, REQUIREMENTS, requirement(agency)))

    assert_bad_body(
        agency.admin.put(address(requirement_id), {"marketingActionStatusCode": "SOLD"}),
        ("marketingActionStatusCode", "INVALID_TYPE"),
    )
    assert_bad_body(agency.admin.put(address(requirement_id), {}), ("marketingActionStatusCode", "VALUE_REQUIRED"))


def test_only_an_admin_of_the_own_organization_may_say_it(agency: Agency) -> None:
    requirement_id = id_of(creates(agency.admin, REQUIREMENTS, requirement(agency)))
    body = {"marketingActionStatusCode": "PUBLISHED"}
    unknown = [("assetRequirementId", "INVALID_ID")]

    assert_error(agency.agent.put(address(requirement_id), body), 403, "ACCESS_DENIED")
    assert_error(agency.stranger.put(address(requirement_id), body), 404, "INVALID_ID", unknown)
    assert_error(agency.admin.put(address(UNKNOWN_ID), body), 404, "INVALID_ID", unknown)
