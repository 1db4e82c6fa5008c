"""The demo organization's meetings, asset requirements and notes."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from askare.demo.estate import (
    PlannedMeeting,
    PlannedRequirement,
    plan_meetings,
    plan_requirements,
)
from askare.demo.world import World, world
from askare.meetings.model import Meeting, MeetingBody, MeetingStatus, document_of
from askare.requirements.model import AssetRequirements, ConsentToChange
from askare.requirements.rules import range_faults

TODAY = date(2026, 3, 2)


@pytest.fixture(scope="module")
def demo() -> World:
    return world(TODAY)


@pytest.fixture(scope="module")
def meetings(demo: World) -> list[PlannedMeeting]:
    return plan_meetings(demo)


@pytest.fixture(scope="module")
def requirements(demo: World) -> list[PlannedRequirement]:
    return plan_requirements(demo)


def test_the_same_day_gives_the_same_plan_and_every_id_once(
    demo: World, meetings: list[PlannedMeeting], requirements: list[PlannedRequirement]
) -> None:
    def written(planned: list[PlannedMeeting]) -> list[str]:
        return [document_of(Meeting(one.meeting_id, 1, one.content, one.created, one.created)) for one in planned]

    assert written(plan_meetings(world(TODAY))) == written(meetings)
    assert [one.requirement_id for one in plan_requirements(demo)] == [one.requirement_id for one in requirements]
    assert len({one.meeting_id for one in meetings}) == 160
    assert len({one.requirement_id for one in requirements}) == 60


def test_what_is_past_is_mostly_decided_and_what_lies_ahead_waits(meetings: list[PlannedMeeting]) -> None:
    past = [one for one in meetings if one.content.visit_time.date() < TODAY]
    ahead = [one for one in meetings if one.content.visit_time.date() > TODAY]

    assert {one.content.status_code for one in ahead} == {MeetingStatus.WAITING}
    assert {one.content.status_code for one in past} == set(MeetingStatus)
    assert all(one.created < one.content.visit_time for one in meetings)
    assert all(one.created.date() < TODAY for one in meetings)


def test_everything_is_what_a_client_could_have_sent(
    meetings: list[PlannedMeeting], requirements: list[PlannedRequirement]
) -> None:
    for meeting in meetings:
        sent = document_of(Meeting(meeting.meeting_id, 1, meeting.content, meeting.created, meeting.created))
        msgspec.json.decode(sent, type=MeetingBody)
    for one in requirements:
        tree = msgspec.json.decode(one.said.asset_requirements)
        msgspec.convert(tree, AssetRequirements)
        msgspec.json.decode(one.said.consent_to_change, type=ConsentToChange)
        assert range_faults({"assetRequirements": tree}) == []
        assert len(one.notes) <= 20


def test_the_notes_are_in_all_three_languages(meetings: list[PlannedMeeting]) -> None:
    said = " ".join(one.content.notes or "" for one in meetings)

    assert "Toimeksianto allekirjoitettiin." in said
    assert "Uppdraget undertecknades." in said
    assert "agent" in said
