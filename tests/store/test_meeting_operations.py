"""What can be done with meetings on both databases, and what is left in the tables afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askare.directory.model import InvolvedParty, Kind
from askare.kernel.caller import Caller
from askare.kernel.paging import Order, Page, Window
from askare.kernel.problems import Gone, Invalid, NotFound, Wrong
from askare.kernel.time import milliseconds
from askare.kernel.words import finds_all
from askare.meetings.model import (
    Meeting,
    MeetingContent,
    MeetingFilter,
    MeetingSource,
    MeetingStatus,
    MeetingType,
    PartyType,
)
from askare.meetings.rules import matches
from askare.meetings.store import MEETINGS
from askare.storage import history, shelf
from askare.storage.desk import Database
from askare.storage.history import Change
from tests.estate import (
    MEETING,
    OTHER_MEETING,
    a_meeting_party,
    create_meeting,
    delete_meeting,
    get_meeting,
    search_meetings,
    update_meeting,
    what_is_met,
)
from tests.store.doing import count_rows, put_in_directory
from tests.store.offers import AGENTS, MOMENTS, OFFICES, PARTIES, REALTIES, STAMPS, callers, queries, subsets, texts
from tests.values import (
    HOUR,
    NOON,
    NOW,
    OFFICE,
    OTHER_OFFICE,
    OTHER_PARTY,
    PARTY,
    REALTY,
    an_admin,
    an_agent,
    an_id,
    empty,
)

THEIRS = an_admin(organization_no=2)
TABLES = ("meetings", "meeting_links", "meeting_texts", "meetings_unposted", "meeting_words")


def meeting_history(database: Database) -> list[history.Entry]:
    return database.read(lambda tx: history.of_thing(tx, "meeting", MEETING), an_admin())


def test_every_change_is_written_down_and_a_deletion_leaves_nothing_else(database: Database) -> None:
    create_meeting(database, what_is_met(notes="first", realty=REALTY))
    first = get_meeting(database).document
    update_meeting(database, what_is_met(notes="second"), now=NOW + HOUR)
    second = get_meeting(database).document
    update_meeting(database, what_is_met(notes="second"), now=NOW + 2 * HOUR)  # no change, no line
    delete_meeting(database, now=NOW + 3 * HOUR)

    lines = [(entry.change, entry.version, entry.before, entry.after) for entry in meeting_history(database)]
    database.write(partial(shelf.post_words, shelf=MEETINGS))

    assert lines == [
        (Change.CREATED, 1, None, first),
        (Change.UPDATED, 2, first, second),
        (Change.DELETED, 3, second, None),
    ]
    assert {table: count_rows(database, table) for table in TABLES} == dict.fromkeys(TABLES, 0)


def test_a_deleted_meeting_is_gone_for_those_who_saw_it_and_unknown_to_others(database: Database) -> None:
    create_meeting(database, what_is_met(office=OFFICE))
    update_meeting(database, what_is_met(office=OTHER_OFFICE))
    delete_meeting(database)

    for caller in (an_admin(), an_agent(offices=[OTHER_OFFICE])):
        with pytest.raises(Gone):
            get_meeting(database, by=caller)
    for stranger in (an_agent(offices=[OFFICE]), an_agent(offices=[]), THEIRS):
        with pytest.raises(NotFound):
            get_meeting(database, by=stranger)
    with pytest.raises(NotFound):
        get_meeting(database, OTHER_MEETING)


def test_a_tombstone_of_another_kind_is_none_of_a_meeting(database: Database) -> None:
    database.write(
        lambda tx: history.record(tx, "task", MEETING, Change.DELETED, version=2, at=NOW, before="{}"), an_admin()
    )

    with pytest.raises(NotFound):
        get_meeting(database)


def test_a_party_type_that_is_left_out_is_taken_from_the_directory(database: Database) -> None:
    put_in_directory(database, Kind.PARTY, PARTY, "Talo Oy", party_type=PartyType.ORGANIZATION_PARTY)

    create_meeting(database, what_is_met(parties=[InvolvedParty(PARTY)]))

    (party,) = msgspec.json.decode(get_meeting(database).document)["parties"]
    assert party == {"partyId": str(PARTY), "partyTypeCode": "ORGANIZATION_PARTY"}
    with pytest.raises(Invalid) as refusal:
        update_meeting(database, what_is_met(parties=[InvolvedParty(PARTY), InvolvedParty(OTHER_PARTY)]))
    (fault,) = refusal.value.body
    assert (fault.target, fault.wrong) == ("parties[1].partyTypeCode", Wrong.MISSING)


def test_names_of_all_that_it_is_about_are_searched(database: Database) -> None:
    labels = {
        (Kind.OFFICE, OFFICE): "Kotka Homes",
        (Kind.AGENT, AGENTS[0]): "Aino Mäkinen",
        (Kind.PARTY, PARTY): "Onni Virtanen",
        (Kind.REALTY, REALTY): "Hämeenkatu 1",
    }
    for (kind, thing_id), label in labels.items():
        put_in_directory(database, kind, thing_id, label)
    create_meeting(database, what_is_met(realty=REALTY, notes="muistio", meeting_realty={"a": ["tupakeittiö"]}))

    for query in ("kotka", "mäkinen", "virtanen", "hämeenkatu", "muistio", "tupakeittiö", "kotka onni muistio"):
        assert search_meetings(database, MeetingFilter(text=query)).total == 1
    assert search_meetings(database, MeetingFilter(text="kotka nothing")).total == 0


# Searches, held to their definition ------------------------------------------------------------------------------

contents: st.SearchStrategy[MeetingContent] = st.builds(
    what_is_met,
    type=st.sampled_from(MeetingType),
    status=st.sampled_from(MeetingStatus),
    source=st.sampled_from([MeetingSource.ETUOVI, MeetingSource.SHOWING, MeetingSource.AGENT_CONTACT]),
    parties=subsets(PARTIES, at_least=1).map(lambda ids: [a_meeting_party(one) for one in ids]),
    realty=st.none() | st.sampled_from(REALTIES),
    visit=st.sampled_from(MOMENTS),
    office=st.sampled_from(OFFICES),
    agents=subsets(AGENTS, at_least=1),
    meeting_realty=st.just("{}") | texts.map(lambda text: {"address": {"own": [text]}}),
    notes=st.none() | texts,
)
meetings_to_keep: st.SearchStrategy[list[Meeting]] = st.lists(
    st.builds(
        lambda number, content, at: Meeting(an_id(number), 1, content, at, at),
        st.integers(0, 2**32),
        contents,
        st.sampled_from(STAMPS),
    ),
    min_size=3,
    max_size=12,
    unique_by=lambda meeting: meeting.meeting_id,
)
WISHES: dict[str, st.SearchStrategy[Any]] = {
    "types": subsets(tuple(MeetingType), at_least=1).map(frozenset),
    "statuses": subsets(tuple(MeetingStatus), at_least=1).map(frozenset),
    "sources": subsets((MeetingSource.ETUOVI, MeetingSource.SHOWING), at_least=1).map(frozenset),
    "office_ids": subsets(OFFICES, at_least=1).map(frozenset),
    "realty_ids": subsets(REALTIES, at_least=1).map(frozenset),
    "party_ids": subsets(PARTIES, at_least=1).map(frozenset),
    "agent_ids": subsets(AGENTS, at_least=1).map(frozenset),
    "text": queries,
    "visit_before": st.sampled_from(MOMENTS),
    "visit_after": st.sampled_from(MOMENTS),
    "modified_after": st.sampled_from(STAMPS),
}
filters = (
    st.sets(st.sampled_from(sorted(WISHES)), max_size=3)
    .flatmap(lambda fields: st.fixed_dictionaries({field: WISHES[field] for field in sorted(fields)}))
    .map(lambda wishes: MeetingFilter(**wishes))
)
orders = st.lists(st.builds(Order, st.sampled_from(["visitTime", "modificationTime"]), st.booleans()), max_size=2)


def text_of(content: MeetingContent) -> str:
    own = msgspec.json.decode(content.meeting_realty).get("address", {}).get("own", [])
    return "\n".join([content.notes or "", *own])


def sought(kept: Sequence[Meeting], wanted: MeetingFilter, by: Caller, wished: Sequence[Order]) -> list[UUID]:
    """The ids of what a search must find, in its order: the definition."""
    found = [
        meeting
        for meeting in kept
        if by.sees_office(meeting.content.agency_office_id)
        and matches(wanted, meeting)
        and finds_all(wanted.text, text_of(meeting.content))
    ]
    wished = wished or [Order("visitTime")]
    found.sort(key=lambda meeting: meeting.meeting_id.bytes, reverse=wished[-1].descending)
    for order in reversed(wished):
        found.sort(key=lambda meeting, order=order: _sorted_by(meeting, order))  # type: ignore[misc]
    return [meeting.meeting_id for meeting in found]


def _sorted_by(meeting: Meeting, order: Order) -> int:
    instant = milliseconds(meeting.content.visit_time if order.field == "visitTime" else meeting.modified)
    return -instant if order.descending else instant


@settings(max_examples=25)
@given(
    meetings_to_keep,
    st.lists(st.tuples(filters, orders, callers), min_size=1, max_size=4),
    st.builds(Window, st.integers(0, 4), st.integers(0, 5)),
    st.integers(0, 12),
)
def test_a_search_finds_what_the_rule_says(
    database: Database,
    kept: list[Meeting],
    asked: list[tuple[MeetingFilter, list[Order], Caller]],
    window: Window,
    posted: int,
) -> None:
    empty(database)
    for meeting in kept:
        create_meeting(database, meeting.content, meeting_id=meeting.meeting_id, now=meeting.created)
    if posted:
        database.write(lambda tx: shelf.post_words(tx, MEETINGS, limit=posted))

    for wanted, wished, by in asked:
        expected = sought(kept, wanted, by, wished)
        page = search_meetings(database, wanted, orders=wished, window=window, by=by)
        shown = [UUID(msgspec.json.decode(document)["meetingId"]) for document in page.items]
        assert (shown, page.total) == (expected[window.start :][: window.size], len(expected))


def test_an_update_is_found_by_what_it_says_now(database: Database) -> None:
    create_meeting(database, what_is_met(visit=NOON, notes="talo"))
    later: datetime = NOON + timedelta(days=1)

    update_meeting(database, what_is_met(visit=later, notes="möte", parties=[a_meeting_party(OTHER_PARTY)]))

    assert search_meetings(database, MeetingFilter(text="talo")) == Page([], 0)
    assert search_meetings(database, MeetingFilter(party_ids=frozenset({PARTY}))) == Page([], 0)
    assert search_meetings(database, MeetingFilter(text="mötet", visit_after=NOON)).total == 1
