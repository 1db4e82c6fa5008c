"""What can be done with asset requirements and their notes on both databases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askare.directory import operations as directory
from askare.directory.model import AgentContent, Kind
from askare.kernel.caller import Caller
from askare.kernel.paging import Order, Window
from askare.kernel.problems import Conflict, LimitReached, NotFound, Refused
from askare.kernel.time import milliseconds
from askare.kernel.versions import Saved
from askare.kernel.words import finds_all
from askare.requirements import notes, operations
from askare.requirements.model import (
    MarketingStatus,
    NewRequirement,
    Requirement,
    RequirementFilter,
    RequirementStatus,
)
from askare.requirements.rules import matches
from askare.requirements.store import REQUIREMENTS
from askare.storage import history, shelf
from askare.storage.desk import Database
from askare.storage.history import Change
from askare.storage.transactions import Transaction
from tests.estate import (
    NOTE,
    OTHER_NOTE,
    OTHER_REQUIREMENT,
    REQUIREMENT,
    an_agent_of,
    changed_to,
    create_note,
    create_requirement,
    delete_requirement,
    get_requirement,
    notes_of,
    search_requirements,
    update_requirement,
    what_is_sought,
)
from tests.store.doing import all_at_once, count_rows
from tests.store.offers import AGENTS, OFFICES, STAMPS, callers, queries, subsets, texts
from tests.values import (
    ADMIN_USER,
    AGENT,
    AGENT_USER,
    HOUR,
    NOW,
    OFFICE,
    OTHER_OFFICE,
    an_admin,
    an_agent,
    an_id,
    empty,
)

THEIRS = an_admin(organization_no=2)
SATELLITES = ("requirement_links", "requirement_texts", "requirements_unposted", "requirement_words")
ACTIVE = RequirementStatus.ACTIVE


def history_of(database: Database, kind: str, thing_id: UUID) -> list[history.Entry]:
    return database.read(lambda tx: history.of_thing(tx, kind, thing_id), an_admin())


def market(
    database: Database, status: MarketingStatus | None, *, expected: int | None = None, now: datetime = NOW
) -> Saved:
    versions = None if expected is None else frozenset({expected})
    return database.write(
        lambda tx: operations.set_marketing_status(tx, REQUIREMENT, status, expected_versions=versions, now=now),
        an_admin(),
    )


# Friendly ids ----------------------------------------------------------------------------------------------------


def test_friendly_ids_are_given_one_after_the_other_also_to_many_at_once(database: Database) -> None:
    ids = [an_id(number) for number in range(24)]

    outcomes = all_at_once([partial(create_requirement, database, requirement_id=one) for one in ids])

    assert {type(outcome) for outcome in outcomes} == {Saved}
    given_out = {get_requirement(database, one)["friendlyId"] for one in ids}
    assert given_out == {str(40_000_001 + number) for number in range(24)}


def test_a_creation_that_is_undone_gives_its_friendly_id_back(database: Database) -> None:
    def create_and_fail(tx: Transaction) -> None:
        operations.create_requirement(tx, what_is_sought(), requirement_id=OTHER_REQUIREMENT, now=NOW)
        raise Refused("never mind")

    create_requirement(database, requirement_id=an_id(1))
    with pytest.raises(Refused):
        database.write(create_and_fail, an_admin())
    create_requirement(database, requirement_id=an_id(2))
    create_requirement(database, requirement_id=an_id(1), by=THEIRS)

    assert [get_requirement(database, an_id(number))["friendlyId"] for number in (1, 2)] == ["40000001", "40000002"]
    assert get_requirement(database, an_id(1), by=THEIRS)["friendlyId"] == "40000001"


# Changes ---------------------------------------------------------------------------------------------------------


def test_every_change_is_written_down_and_a_deletion_takes_all_with_it(database: Database) -> None:
    create_requirement(database, what_is_sought(note="first"))
    update_requirement(database, changed_to(what_is_sought(note="second")), now=NOW + HOUR)
    update_requirement(database, changed_to(what_is_sought(note="second")), now=NOW + 2 * HOUR)  # no change, no line
    create_note(database)
    create_note(database, note_id=OTHER_NOTE)
    create_requirement(database, requirement_id=OTHER_REQUIREMENT)
    create_note(database, note_id=an_id(7), requirement_id=OTHER_REQUIREMENT)

    delete_requirement(database, now=NOW + 3 * HOUR)
    delete_requirement(database, OTHER_REQUIREMENT)
    database.write(partial(shelf.post_words, shelf=REQUIREMENTS))

    lines = history_of(database, "assetRequirement", REQUIREMENT)
    assert [(entry.change, entry.version) for entry in lines] == [
        (Change.CREATED, 1),
        (Change.UPDATED, 2),
        (Change.DELETED, 3),
    ]
    assert lines[1].before == lines[0].after
    assert lines[2].before == lines[1].after
    for note_id in (NOTE, OTHER_NOTE, an_id(7)):
        created, deleted = history_of(database, "note", note_id)
        assert (deleted.change, deleted.version, deleted.before) == (Change.DELETED, 2, created.after)
        assert database.read(lambda tx, one=note_id: history.is_tombstone(tx, "note", one), an_admin())  # type: ignore[misc]
    left = {table: count_rows(database, table) for table in ("requirements", "requirement_notes", *SATELLITES)}
    assert set(left.values()) == {0}


def test_what_follows_an_asset_requirement_goes_with_it_or_all_stays(database: Database) -> None:
    followed: list[tuple[UUID, datetime]] = []

    def follow(_: Transaction, requirement_id: UUID, now: datetime) -> None:
        followed.append((requirement_id, now))

    def refuse(*_: object) -> None:
        raise Refused("a watch is in the way")

    create_requirement(database)
    create_note(database)
    with pytest.raises(Refused, match="in the way"):
        delete_requirement(database, followers=[refuse])
    assert len(notes_of(database)) == 1

    delete_requirement(database, followers=[follow], now=NOW + HOUR)

    assert followed == [(REQUIREMENT, NOW + HOUR)]


@pytest.mark.parametrize("stranger", [an_agent(offices=[OTHER_OFFICE]), an_agent(offices=[]), THEIRS])
def test_what_is_outside_of_ones_sight_looks_like_nothing_at_all(database: Database, stranger: Caller) -> None:
    create_requirement(database)
    create_note(database)

    attempts: list[Callable[[], object]] = [
        lambda: get_requirement(database, by=stranger),
        lambda: update_requirement(database, changed_to(what_is_sought(office=OTHER_OFFICE)), by=stranger),
        lambda: delete_requirement(database, by=stranger),
        lambda: create_note(database, note_id=OTHER_NOTE, by=stranger),
        lambda: notes_of(database, by=stranger),
        lambda: database.write(lambda tx: notes.update_note(tx, NOTE, "x", expected_versions=None, now=NOW), stranger),
        lambda: database.write(lambda tx: notes.delete_note(tx, NOTE, expected_versions=None, now=NOW), stranger),
    ]
    for attempt in attempts:
        with pytest.raises(NotFound):
            attempt()
    assert search_requirements(database, by=stranger).total == 0
    assert len(notes_of(database)) == 1


# Publishing ------------------------------------------------------------------------------------------------------


def test_the_state_of_publishing_is_found_and_shown_in_lists_alone(database: Database) -> None:
    create_requirement(database, what_is_sought(note="x"))
    create_requirement(database, requirement_id=OTHER_REQUIREMENT)

    assert market(database, MarketingStatus.PUBLISHED, now=NOW + HOUR).version == 2
    assert market(database, MarketingStatus.PUBLISHED, now=NOW + 2 * HOUR).version == 2

    wanted = RequirementFilter(marketing_statuses=frozenset({MarketingStatus.PUBLISHED, MarketingStatus.FAILED}))
    page = search_requirements(database, wanted)
    (item,) = [msgspec.json.decode(one) for one in page.items]
    assert (item["assetRequirementId"], item["marketingActionStatusCode"]) == (str(REQUIREMENT), "PUBLISHED")
    details = get_requirement(database)
    assert "marketingActionStatusCode" not in details
    assert details["modificationTime"] == "2026-03-02T10:00:00Z"
    with pytest.raises(Conflict):
        market(database, None, expected=1)
    market(database, None, expected=2)
    assert search_requirements(database, wanted).total == 0


def test_an_update_leaves_the_state_of_publishing(database: Database) -> None:
    create_requirement(database)
    market(database, MarketingStatus.WAITING)

    update_requirement(database, changed_to(what_is_sought(note="x"), ACTIVE))

    wanted = RequirementFilter(marketing_statuses=frozenset({MarketingStatus.WAITING}), statuses=frozenset({ACTIVE}))
    assert search_requirements(database, wanted).total == 1


# Names -----------------------------------------------------------------------------------------------------------


def test_a_list_names_the_agents_as_the_directory_knows_them_now(database: Database) -> None:
    create_requirement(database)

    def shown() -> Any:
        (item,) = search_requirements(database).items
        return msgspec.json.decode(item)["responsibleAgent"]

    def name_agent(first_name: str, last_name: str) -> None:
        content = AgentContent(first_name=first_name, last_name=last_name)
        database.write(lambda tx: directory.put_entry(tx, Kind.AGENT, AGENT, content, now=NOW), an_admin())

    nameless = {"agentId": str(AGENT), "roleCode": "RESPONSIBLE_AGENT"}
    assert shown() == nameless
    name_agent("Aino", "Mäki")
    assert shown() == {**nameless, "firstName": "Aino", "lastName": "Mäki"}
    name_agent("Aino", "Niemi")
    assert shown() == {**nameless, "firstName": "Aino", "lastName": "Niemi"}


# Notes -----------------------------------------------------------------------------------------------------------


def test_a_note_says_who_wrote_and_who_changed_it(database: Database) -> None:
    create_requirement(database)
    create_note(database, by=an_agent())

    database.write(
        lambda tx: notes.update_note(tx, NOTE, "Toinen", expected_versions=frozenset({1}), now=NOW + HOUR), an_admin()
    )

    (note,) = notes_of(database)
    assert (note["createdBy"], note["modifiedBy"]) == (str(AGENT_USER), str(ADMIN_USER))
    assert (note["creationTime"], note["modificationTime"]) == ("2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z")
    with pytest.raises(Conflict):
        database.write(
            lambda tx: notes.update_note(tx, NOTE, "x", expected_versions=frozenset({1}), now=NOW), an_admin()
        )


def test_of_thirty_who_race_for_twenty_places_twenty_get_one(database: Database) -> None:
    create_requirement(database)

    outcomes = all_at_once([partial(create_note, database, note_id=an_id(number)) for number in range(30)])

    assert sum(isinstance(outcome, Saved) for outcome in outcomes) == 20
    assert sum(isinstance(outcome, LimitReached) for outcome in outcomes) == 10
    assert len(notes_of(database)) == count_rows(database, "requirement_notes") == 20


def test_notes_do_not_outlive_a_deletion_that_they_race_with(database: Database) -> None:
    create_requirement(database)
    works: list[Callable[[], object]] = [partial(create_note, database, note_id=an_id(number)) for number in range(8)]

    works.insert(4, partial(delete_requirement, database))

    all_at_once(works)

    assert count_rows(database, "requirements") == count_rows(database, "requirement_notes") == 0


# Searches, held to their definition ------------------------------------------------------------------------------

said: st.SearchStrategy[NewRequirement] = st.builds(
    what_is_sought,
    office=st.sampled_from(OFFICES),
    agents=st.none()
    | subsets(AGENTS, at_least=1).flatmap(
        lambda ids: st.tuples(
            *(st.sampled_from(["RESPONSIBLE_AGENT", "MARKETING_AGENT"]).map(partial(an_agent_of, one)) for one in ids)
        )
    ),
    note=st.none() | texts,
    tree=st.just("{}") | texts.map(lambda text: {"title": [{"languageCode": "fi", "text": text}]}),
    created=st.none() | st.sampled_from(STAMPS),
)
kept_ones = st.lists(
    st.tuples(st.integers(0, 2**32).map(an_id), said, st.sampled_from(RequirementStatus), st.sampled_from(STAMPS)),
    min_size=3,
    max_size=10,
    unique_by=lambda one: one[0],
)
WISHES: dict[str, st.SearchStrategy[Any]] = {
    "responsible_agent_id": st.sampled_from(AGENTS),
    "office_ids": subsets(OFFICES, at_least=1).map(frozenset),
    "friendly_id": st.integers(40_000_000, 40_000_011).map(str) | st.sampled_from(["x", "", "040000001"]),
    "statuses": subsets(tuple(RequirementStatus), at_least=1).map(frozenset),
    "marketing_statuses": subsets(tuple(MarketingStatus), at_least=1).map(frozenset),
    "text": queries | st.just("40000001"),
}
filters = (
    st.sets(st.sampled_from(sorted(WISHES)), max_size=2)
    .flatmap(lambda fields: st.fixed_dictionaries({field: WISHES[field] for field in sorted(fields)}))
    .map(lambda wishes: RequirementFilter(**wishes))
)
KEYS = {
    "creationTime": lambda one: milliseconds(one.created),
    "modificationTime": lambda one: milliseconds(one.modified),
    "friendlyId": lambda one: one.friendly_id,
    "statusCode": lambda one: sorted(status.value for status in RequirementStatus).index(one.status.value),
}
orders = st.lists(st.builds(Order, st.sampled_from(sorted(KEYS)), st.booleans()), max_size=2)


def text_of(one: Requirement) -> str:
    titles = [title["text"] for title in msgspec.json.decode(one.content.asset_requirements).get("title", [])]
    return "\n".join([str(one.friendly_id), one.content.note or "", *titles])


def sought(kept: Sequence[Requirement], wanted: RequirementFilter, by: Caller, wished: Sequence[Order]) -> list[UUID]:
    """The ids of what a search must find, in its order: the definition."""
    found = [
        one
        for one in kept
        if by.sees_office(one.content.agency_office_id)
        and matches(wanted, one)
        and finds_all(wanted.text, text_of(one))
    ]
    wished = wished or [Order("creationTime", descending=True)]
    found.sort(key=lambda one: one.requirement_id.bytes, reverse=wished[-1].descending)
    for order in reversed(wished):
        sign = -1 if order.descending else 1
        found.sort(key=lambda one, key=KEYS[order.field], sign=sign: sign * key(one))  # type: ignore[misc]
    return [one.requirement_id for one in found]


@settings(max_examples=25)
@given(
    kept_ones,
    st.lists(st.tuples(filters, orders, callers), min_size=1, max_size=4),
    st.builds(Window, st.integers(0, 4), st.integers(0, 5)),
    st.integers(0, 10),
)
def test_a_search_finds_what_the_rule_says(
    database: Database,
    to_keep: list[tuple[UUID, NewRequirement, RequirementStatus, datetime]],
    asked: list[tuple[RequirementFilter, list[Order], Caller]],
    window: Window,
    posted: int,
) -> None:
    empty(database)
    kept = []
    for number, (requirement_id, content, status, at) in enumerate(to_keep):
        create_requirement(database, content, requirement_id=requirement_id, now=at)
        update_requirement(database, changed_to(content, status), requirement_id=requirement_id, now=at)
        kept.append(
            Requirement(
                requirement_id=requirement_id,
                version=1,
                friendly_id=40_000_001 + number,
                status=status,
                content=content,
                created=content.creation_time or at,
                modified=at,
            )
        )
    if posted:
        database.write(lambda tx: shelf.post_words(tx, REQUIREMENTS, limit=posted))

    for wanted, wished, by in asked:
        expected = sought(kept, wanted, by, wished)
        page = search_requirements(database, wanted, orders=wished, window=window, by=by)
        shown = [UUID(msgspec.json.decode(document)["assetRequirementId"]) for document in page.items]
        assert (shown, page.total) == (expected[window.start :][: window.size], len(expected))


def test_an_agent_works_in_the_own_offices(database: Database) -> None:
    agent = an_agent(offices=[OFFICE, OTHER_OFFICE])
    create_requirement(database, by=agent)
    update_requirement(database, changed_to(what_is_sought(office=OTHER_OFFICE)), by=agent)

    assert search_requirements(database, by=an_agent(offices=[OFFICE])).total == 0
    delete_requirement(database, by=agent)
    assert count_rows(database, "requirements") == 0
