"""What meetings and asset requirements point at: whether it is known, and how they are found by its present name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from askare.directory.model import Kind
from askare.directory.references import Checks
from askare.kernel.problems import Invalid, Wrong
from askare.meetings import operations as meetings
from askare.meetings.model import MeetingFilter
from askare.requirements import operations as requirements
from askare.requirements.model import RequirementFilter
from askare.storage.desk import Database
from tests.estate import (
    MEETING,
    REQUIREMENT,
    an_agent_of,
    changed_to,
    create_meeting,
    create_requirement,
    search_meetings,
    search_requirements,
    what_is_met,
    what_is_sought,
)
from tests.store.doing import put_in_directory
from tests.values import AGENT, NOW, OFFICE, OTHER_AGENT, OTHER_OFFICE, PARTY, REALTY, an_admin, an_id


def faults_of(act: Callable[[], object]) -> list[tuple[str, Wrong]]:
    with pytest.raises(Invalid) as refusal:
        act()
    return [(fault.target, fault.wrong) for fault in refusal.value.body]


def keep_meeting(database: Database, checks: Checks, **said: Any) -> object:
    content = what_is_met(**said)
    return database.write(
        lambda tx: meetings.create_meeting(tx, content, meeting_id=MEETING, checks=checks, now=NOW), an_admin()
    )


def keep_requirement(database: Database, checks: Checks, **said: Any) -> object:
    content = what_is_sought(**said)
    return database.write(
        lambda tx: requirements.create_requirement(tx, content, requirement_id=REQUIREMENT, checks=checks, now=NOW),
        an_admin(),
    )


def test_strictly_everything_that_is_pointed_at_must_be_known(database: Database) -> None:
    assert faults_of(lambda: keep_meeting(database, Checks.STRICT, realty=REALTY)) == [
        ("agencyOfficeId", Wrong.UNKNOWN_ID),
        ("parties[0].partyId", Wrong.UNKNOWN_ID),
        ("agents[0].agentId", Wrong.UNKNOWN_ID),
        ("realtyId", Wrong.UNKNOWN_ID),
    ]
    agents = [an_agent_of(AGENT), an_agent_of(OTHER_AGENT, "MARKETING_AGENT")]
    assert faults_of(lambda: keep_requirement(database, Checks.STRICT, agents=agents)) == [
        ("agencyOfficeId", Wrong.UNKNOWN_ID),
        ("agents[0].agentId", Wrong.UNKNOWN_ID),
        ("agents[1].agentId", Wrong.UNKNOWN_ID),
    ]
    for kind, thing_id in ((Kind.OFFICE, OFFICE), (Kind.AGENT, AGENT), (Kind.PARTY, PARTY), (Kind.REALTY, REALTY)):
        put_in_directory(database, kind, thing_id, "Known")
    keep_meeting(database, Checks.STRICT, realty=REALTY)
    keep_requirement(database, Checks.STRICT)


def test_a_kind_of_which_nothing_is_known_is_not_checked_unless_strictly(database: Database) -> None:
    put_in_directory(database, Kind.AGENT, OTHER_AGENT, "Oleg")

    assert faults_of(lambda: keep_meeting(database, Checks.KNOWN)) == [("agents[0].agentId", Wrong.UNKNOWN_ID)]
    assert faults_of(lambda: keep_requirement(database, Checks.KNOWN)) == [("agents[0].agentId", Wrong.UNKNOWN_ID)]
    keep_meeting(database, Checks.OFF)
    keep_requirement(database, Checks.OFF)


def test_what_was_pointed_at_before_may_be_kept(database: Database) -> None:
    keep_meeting(database, Checks.OFF)
    keep_requirement(database, Checks.OFF)

    def change_meeting(**said: Any) -> object:
        content = what_is_met(notes="changed", **said)
        return database.write(
            lambda tx: meetings.update_meeting(
                tx, MEETING, content, expected_versions=None, checks=Checks.STRICT, now=NOW
            ),
            an_admin(),
        )

    def change_requirement(**said: Any) -> object:
        content = changed_to(what_is_sought(note="changed", **said))
        return database.write(
            lambda tx: requirements.update_requirement(
                tx, REQUIREMENT, content, expected_versions=None, checks=Checks.STRICT, now=NOW
            ),
            an_admin(),
        )

    change_meeting()
    change_requirement()
    assert faults_of(lambda: change_meeting(office=OTHER_OFFICE)) == [("agencyOfficeId", Wrong.UNKNOWN_ID)]
    assert faults_of(lambda: change_requirement(office=OTHER_OFFICE)) == [("agencyOfficeId", Wrong.UNKNOWN_ID)]


def rewritten(database: Database, rewrite: Any, kind: Kind, thing_id: Any) -> None:
    """Rewrite the texts of all that name this thing, two at a time."""
    after: int | None = 0
    while after is not None:
        after = database.write(partial(rewrite, renamed=[(kind, thing_id)], after=after, limit=2), an_admin())


@pytest.mark.parametrize(
    ("kind", "thing_id"), [(Kind.OFFICE, OFFICE), (Kind.AGENT, AGENT), (Kind.PARTY, PARTY), (Kind.REALTY, REALTY)]
)
def test_meetings_are_found_by_the_present_names_of_what_they_name(
    database: Database, kind: Kind, thing_id: Any
) -> None:
    put_in_directory(database, kind, thing_id, "Entinen")
    for number in range(5):
        create_meeting(database, what_is_met(realty=REALTY), meeting_id=an_id(number))
    create_meeting(database, what_is_met(office=OTHER_OFFICE, agents=[OTHER_AGENT]), meeting_id=an_id(9))
    named_before = search_meetings(database, MeetingFilter(text="entinen")).total
    put_in_directory(database, kind, thing_id, "Nykyinen")

    rewritten(database, meetings.rewrite_texts, kind, thing_id)

    assert search_meetings(database, MeetingFilter(text="nykyinen")).total == named_before >= 5
    assert search_meetings(database, MeetingFilter(text="entinen")).total == 0


@pytest.mark.parametrize(("kind", "thing_id"), [(Kind.OFFICE, OFFICE), (Kind.AGENT, OTHER_AGENT)])
def test_asset_requirements_are_found_by_the_present_names_of_office_and_agents(
    database: Database, kind: Kind, thing_id: Any
) -> None:
    put_in_directory(database, kind, thing_id, "Entinen")
    agents = [an_agent_of(AGENT), an_agent_of(OTHER_AGENT, "MARKETING_AGENT")]
    for number in range(5):
        create_requirement(database, what_is_sought(agents=agents), requirement_id=an_id(number))
    create_requirement(database, what_is_sought(office=OTHER_OFFICE), requirement_id=an_id(9))
    put_in_directory(database, kind, thing_id, "Nykyinen")

    rewritten(database, requirements.rewrite_texts, kind, thing_id)

    assert search_requirements(database, RequirementFilter(text="nykyinen")).total == 5
    assert search_requirements(database, RequirementFilter(text="entinen")).total == 0
