"""Which changes a caller is told of."""

from __future__ import annotations

import pytest

from askare.feed.rules import change_told, is_visible
from askare.kernel.change import Change
from tests.values import AGENT, OFFICE, OTHER_OFFICE, an_admin, an_agent


def sees(kind: str, document: dict[str, object] | None) -> bool:
    """Whether an agent of the first office sees it."""
    return is_visible(an_agent(offices=[OFFICE]), kind, document)


def test_an_admin_sees_everything_that_exists() -> None:
    assert is_visible(an_admin(), "task", {"agencyOfficeId": str(OTHER_OFFICE)})
    assert not is_visible(an_admin(), "task", None)


def test_an_agent_sees_the_things_of_the_own_offices() -> None:
    assert sees("task", {"agencyOfficeId": str(OFFICE)})
    assert not sees("task", {"agencyOfficeId": str(OTHER_OFFICE)})


def test_an_agent_sees_colleagues_of_the_own_offices() -> None:
    assert sees("agent", {"agentId": str(AGENT), "agencyOfficeIds": [str(OTHER_OFFICE), str(OFFICE)]})
    assert not sees("agent", {"agentId": str(AGENT), "agencyOfficeIds": [str(OTHER_OFFICE)]})


@pytest.mark.parametrize("kind", ["note", "watch"])
def test_notes_and_watches_are_seen_in_the_office_of_their_asset_requirement(kind: str) -> None:
    assert sees(kind, {"assetRequirementId": "…", "agencyOfficeId": str(OFFICE)})
    assert not sees(kind, {"assetRequirementId": "…", "agencyOfficeId": str(OTHER_OFFICE)})


@pytest.mark.parametrize("kind", ["party", "operator", "realty"])
def test_what_belongs_to_no_office_is_seen_by_everybody(kind: str) -> None:
    assert sees(kind, {"name": "x"})


@pytest.mark.parametrize(
    ("was", "present", "told"),
    [
        (False, True, Change.CREATED),
        (True, True, Change.UPDATED),
        (True, False, Change.DELETED),
        (False, False, None),
    ],
)
def test_a_change_is_told_as_it_looks_to_the_caller(was: bool, present: bool, told: Change | None) -> None:
    assert change_told(was_visible=was, is_visible=present) is told
