"""What can be done with tasks, and what is left in the tables afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from askare.directory.model import InvolvedParty, Kind
from askare.kernel.caller import Caller
from askare.kernel.problems import Conflict, Invalid, NotFound, Refused, Wrong
from askare.kernel.versions import Saved
from askare.storage import history
from askare.storage.desk import Database
from askare.storage.history import Change
from askare.tasks.model import PartyType, Task, TaskContent, TaskFilter, TaskStatus, content_of, document_of
from askare.tasks.rules import differs
from tests.store import offers
from tests.store.doing import (
    all_at_once,
    count_rows,
    create,
    delete,
    get,
    history_of,
    ids_of,
    post_words,
    put_in_directory,
    search,
    update,
)
from tests.values import (
    ADMIN_USER,
    AGENT,
    AGENT_USER,
    HOUR,
    NOON,
    NOW,
    OFFICE,
    OTHER_AGENT,
    OTHER_OFFICE,
    OTHER_PARTY,
    OTHER_TASK,
    PARTY,
    REALTY,
    TASK,
    a_party,
    an_admin,
    an_agent,
    an_id,
    empty,
    what_is_said,
)

THEIRS = an_admin(organization_no=2)


# Creating and getting --------------------------------------------------------------------------------------------


def test_a_created_task_is_got_as_it_was_said(database: Database) -> None:
    content = what_is_said(description="Soita", parties=[a_party()], realty=REALTY, agents=[AGENT, OTHER_AGENT])

    assert create(database, content) == Saved(TASK, 1)

    found = get(database)
    assert found.version == 1
    assert found.document == document_of(Task(TASK, 1, content, created=NOW, modified=NOW))


@pytest.mark.parametrize("status", list(TaskStatus))
def test_a_task_may_be_created_in_every_status(database: Database, status: TaskStatus) -> None:
    create(database, what_is_said(status=status))

    assert msgspec.json.decode(get(database).document)["statusCode"] == status.value


def test_an_unknown_task_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound) as refusal:
        get(database, OTHER_TASK)

    assert (refusal.value.kind, refusal.value.target) == ("task", "taskId")


# Offices and organizations ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("stranger", [an_agent(offices=[OTHER_OFFICE]), an_agent(offices=[]), THEIRS])
def test_a_task_outside_of_ones_sight_looks_like_none_at_all(database: Database, stranger: Caller) -> None:
    create(database, what_is_said(office=OFFICE))

    with pytest.raises(NotFound, match="No task has this id"):
        get(database, by=stranger)
    with pytest.raises(NotFound, match="No task has this id"):
        update(database, what_is_said(office=OTHER_OFFICE), by=stranger)
    with pytest.raises(NotFound, match="No task has this id"):
        delete(database, by=stranger)
    assert history_of(database, by=THEIRS) == []
    assert search(database, by=stranger).total == 0
    assert get(database).version == 1


def test_an_agent_works_with_the_tasks_of_the_own_offices(database: Database) -> None:
    agent = an_agent(offices=[OFFICE, OTHER_OFFICE])
    create(database, what_is_said(office=OFFICE), by=agent)

    update(database, what_is_said(office=OTHER_OFFICE), by=agent)
    delete(database, by=agent)

    assert count_rows(database, "tasks") == 0


def test_a_body_cannot_name_a_foreign_office(database: Database) -> None:
    create(database, what_is_said(office=OFFICE))

    foreign = what_is_said(office=OTHER_OFFICE)

    with pytest.raises(Invalid) as of_creation:
        create(database, foreign, task_id=OTHER_TASK, by=an_agent(offices=[OFFICE]))
    with pytest.raises(Invalid) as of_update:
        update(database, foreign, by=an_agent(offices=[OFFICE]))

    for refusal in (of_creation, of_update):
        (fault,) = refusal.value.body
        assert (fault.target, fault.wrong) == ("agencyOfficeId", Wrong.UNKNOWN_ID)


def test_two_organizations_may_use_the_same_id(database: Database) -> None:
    create(database, what_is_said(description="ours"))
    create(database, what_is_said(description="theirs"), by=THEIRS)

    delete(database)

    assert msgspec.json.decode(get(database, by=THEIRS).document)["description"] == "theirs"
    assert search(database, by=THEIRS).total == 1
    assert search(database).total == 0


# The directory ---------------------------------------------------------------------------------------------------


def test_a_party_type_left_out_is_filled_in_from_the_directory(database: Database) -> None:
    put_in_directory(database, Kind.PARTY, PARTY, "Estate of A", party_type=PartyType.ESTATE_PARTY)

    create(database, what_is_said(parties=[InvolvedParty(PARTY), a_party(OTHER_PARTY)]))

    assert msgspec.json.decode(get(database).document)["parties"] == [
        {"partyId": str(PARTY), "partyTypeCode": "ESTATE_PARTY"},
        {"partyId": str(OTHER_PARTY), "partyTypeCode": "PERSON_PARTY"},
    ]


def test_a_party_type_that_is_said_goes_before_the_directorys(database: Database) -> None:
    put_in_directory(database, Kind.PARTY, PARTY, "A", party_type=PartyType.ESTATE_PARTY)

    create(database, what_is_said(parties=[a_party(PARTY, PartyType.ORGANIZATION_PARTY)]))

    assert msgspec.json.decode(get(database).document)["parties"][0]["partyTypeCode"] == "ORGANIZATION_PARTY"


def test_parties_whose_type_nobody_knows_are_all_told_at_once_with_the_foreign_office(database: Database) -> None:
    content = what_is_said(
        office=OTHER_OFFICE, parties=[InvolvedParty(PARTY), a_party(an_id(9)), InvolvedParty(OTHER_PARTY)]
    )

    with pytest.raises(Invalid) as refusal:
        create(database, content, by=an_agent(offices=[OFFICE]))

    assert [(fault.target, fault.wrong) for fault in refusal.value.body] == [
        ("agencyOfficeId", Wrong.UNKNOWN_ID),
        ("parties[0].partyTypeCode", Wrong.MISSING),
        ("parties[2].partyTypeCode", Wrong.MISSING),
    ]
    assert count_rows(database, "tasks") == 0


def test_the_directory_of_another_organization_knows_nothing_here(database: Database) -> None:
    put_in_directory(database, Kind.PARTY, PARTY, "Virtanen", party_type=PartyType.PERSON_PARTY)

    with pytest.raises(Invalid):
        create(database, what_is_said(parties=[InvolvedParty(PARTY)]), by=THEIRS)

    create(database, what_is_said(parties=[a_party()]), by=THEIRS)
    assert search(database, TaskFilter(text="Virtanen"), by=THEIRS).total == 0


def test_a_task_is_found_by_the_names_of_all_that_it_is_about(database: Database) -> None:
    put_in_directory(database, Kind.OFFICE, OFFICE, "Kotka Homes")
    put_in_directory(database, Kind.AGENT, AGENT, "Aino Mäkinen")
    put_in_directory(database, Kind.PARTY, PARTY, "Virtanen")
    put_in_directory(database, Kind.REALTY, REALTY, "Hämeenkatu 1, Tampere")
    put_in_directory(database, Kind.REALTY, OFFICE, "not this one: another kind of thing with the same id")

    create(database, what_is_said(description="Soita", parties=[a_party()], realty=REALTY))

    for text in ("kotka", "makinen", "virtanen", "Hämeenkatu Tampere", "soita kotka aino virtanen tampere"):
        assert search(database, TaskFilter(text=text)).total == 1
    assert search(database, TaskFilter(text="another")).total == 0


# Updating --------------------------------------------------------------------------------------------------------


def test_an_update_replaces_the_whole(database: Database) -> None:
    create(database, what_is_said(description="Soita", realty=REALTY))

    assert update(database, what_is_said(due=NOON + HOUR), now=NOW + HOUR) == Saved(TASK, 2)

    answer = msgspec.json.decode(get(database).document)
    assert "description" not in answer
    assert "realtyId" not in answer
    assert (answer["taskDueTime"], answer["creationTime"], answer["modificationTime"]) == (
        "2026-03-02T13:00:00Z",
        "2026-03-02T09:00:00Z",
        "2026-03-02T10:00:00Z",
    )


def test_an_update_without_change_leaves_version_and_time_and_history_alone(database: Database) -> None:
    create(database, what_is_said(agents=[AGENT, OTHER_AGENT], parties=[a_party(PARTY), a_party(OTHER_PARTY)]))
    before = get(database)

    same = what_is_said(agents=[OTHER_AGENT, AGENT], parties=[a_party(OTHER_PARTY), a_party(PARTY)])

    assert update(database, same, now=NOW + HOUR) == Saved(TASK, 1)
    assert get(database) == before
    assert len(history_of(database)) == 1
    assert search(database, TaskFilter(modified_after=NOW)).total == 0


def test_an_update_that_the_rules_forbid_changes_nothing(database: Database) -> None:
    create(database, what_is_said(status=TaskStatus.DONE))
    before = get(database)

    with pytest.raises(Refused):
        update(database, what_is_said(status=TaskStatus.WAITING, description="again"))

    assert get(database) == before
    assert len(history_of(database)) == 1


def test_an_updated_task_is_found_by_what_it_is_now(database: Database) -> None:
    create(database, what_is_said(description="Soita", agents=[AGENT], realty=REALTY, office=OFFICE))
    update(database, what_is_said(description="Kirjoita", agents=[OTHER_AGENT], office=OTHER_OFFICE))

    for posted in (False, True):
        if posted:
            database.write(post_words)
        for stale in (
            TaskFilter(text="soita"),
            TaskFilter(agent_ids=frozenset({AGENT})),
            TaskFilter(realty_ids=frozenset({REALTY})),
            TaskFilter(office_ids=frozenset({OFFICE})),
        ):
            assert search(database, stale).total == 0
        for present in (TaskFilter(text="kirjoita"), TaskFilter(agent_ids=frozenset({OTHER_AGENT}))):
            assert ids_of(search(database, present).items) == [TASK]


# Versions --------------------------------------------------------------------------------------------------------


def test_an_update_of_another_version_than_the_expected_is_a_conflict(database: Database) -> None:
    create(database)
    update(database, what_is_said(description="first"), expected_version=1)

    with pytest.raises(Conflict):
        update(database, what_is_said(description="second"), expected_version=1)
    with pytest.raises(Conflict):
        delete(database, expected_version=1)

    assert msgspec.json.decode(get(database).document)["description"] == "first"
    delete(database, expected_version=2)


def test_a_conflict_is_told_even_when_nothing_would_change(database: Database) -> None:
    create(database)

    with pytest.raises(Conflict):
        update(database, what_is_said(), expected_version=7)


def test_of_updates_at_once_with_the_same_expected_version_exactly_one_wins(database: Database) -> None:
    create(database)
    wishes = [what_is_said(description=f"wish {number}") for number in range(8)]

    outcomes = all_at_once([partial(update, database, wish, expected_version=1) for wish in wishes])

    assert sorted(type(outcome).__name__ for outcome in outcomes) == [*["Conflict"] * 7, "Saved"]
    winner = next(number for number, outcome in enumerate(outcomes) if isinstance(outcome, Saved))
    assert msgspec.json.decode(get(database).document)["description"] == f"wish {winner}"
    assert [entry.version for entry in history_of(database)] == [1, 2]


def test_updates_at_once_without_expectation_all_get_versions_of_their_own(database: Database) -> None:
    create(database)

    outcomes = all_at_once(
        [partial(update, database, what_is_said(description=f"wish {number}")) for number in range(8)]
    )

    assert sorted(outcome.version for outcome in outcomes if isinstance(outcome, Saved)) == list(range(2, 10))
    entries = history_of(database)
    assert [entry.before for entry in entries[1:]] == [entry.after for entry in entries[:-1]]


def test_of_a_deletion_and_an_update_at_once_the_task_is_gone_whoever_came_first(database: Database) -> None:
    create(database, what_is_said(description="talo"))

    outcomes = all_at_once([lambda: update(database, what_is_said(description="mökki")), lambda: delete(database)])

    assert outcomes[1] is None
    assert isinstance(outcomes[0], (Saved, NotFound))
    assert search(database).total == 0
    assert left_in(database) == left_in_none()


# Deleting --------------------------------------------------------------------------------------------------------


def test_a_deleted_task_is_gone_and_leaves_a_tombstone(database: Database) -> None:
    create(database)

    delete(database)

    with pytest.raises(NotFound):
        get(database)
    with pytest.raises(NotFound):
        delete(database)
    assert search(database).total == 0
    assert database.read(lambda tx: history.is_tombstone(tx, "task", TASK), an_admin())


@pytest.mark.parametrize("status", [TaskStatus.DONE, TaskStatus.REJECTED])
def test_a_final_task_stays(database: Database, status: TaskStatus) -> None:
    create(database, what_is_said(status=status))

    with pytest.raises(Refused):
        delete(database)

    assert search(database).total == 1
    assert not database.read(lambda tx: history.is_tombstone(tx, "task", TASK), an_admin())


# History ---------------------------------------------------------------------------------------------------------


def test_history_holds_every_document_before_and_after(database: Database) -> None:
    create(database, what_is_said(description="one"))
    first = get(database).document
    update(database, what_is_said(description="two"), by=an_agent(), now=NOW + HOUR)
    second = get(database).document
    delete(database, now=NOW + 2 * HOUR)

    assert [
        (entry.version, entry.change, entry.at, entry.user_id, entry.before, entry.after)
        for entry in history_of(database)
    ] == [
        (1, Change.CREATED, NOW, ADMIN_USER, None, first),
        (2, Change.UPDATED, NOW + HOUR, AGENT_USER, first, second),
        (3, Change.DELETED, NOW + 2 * HOUR, ADMIN_USER, second, None),
    ]


# What is left in the tables --------------------------------------------------------------------------------------

LEFT = {
    "tasks": "SELECT task_id, type, status, office_id, due, modified FROM tasks",
    "task_links": (
        "SELECT t.task_id, l.kind, l.target, l.due, l.modified, l.task_id"
        " FROM task_links l LEFT JOIN tasks t ON t.task_no = l.task_no"
    ),
    "task_texts": (
        "SELECT t.task_id, x.due, x.words_line, x.stems_line"
        " FROM task_texts x LEFT JOIN tasks t ON t.task_no = x.task_no"
    ),
    "task_words": (
        "SELECT t.task_id, v.word, w.due, w.modified FROM task_words w"
        " LEFT JOIN tasks t ON t.task_no = w.task_no LEFT JOIN words v ON v.word_no = w.word_no"
    ),
    "tasks_unposted": "SELECT task_no FROM tasks_unposted",
}


def left_in(database: Database) -> dict[str, list[Any]]:
    """All that the tables of tasks hold once every word is posted, with the store's own numbers left out."""
    while database.write(post_words):
        pass
    return database.read(lambda tx: {table: sorted(map(repr, tx.rows(rows))) for table, rows in LEFT.items()})


def left_in_none() -> dict[str, list[Any]]:
    return {table: [] for table in LEFT}


some_ids = st.sampled_from([an_id(number) for number in (3, 1, 4, 2)])
steps = st.lists(
    st.tuples(st.just("keep"), some_ids, offers.contents)
    | st.tuples(st.just("delete"), some_ids, st.none())
    | st.tuples(st.just("post"), st.integers(1, 3), st.none()),
    max_size=12,
)


@settings(max_examples=30)
@given(steps)
def test_what_is_left_is_what_a_fresh_store_of_the_same_tasks_would_hold(
    database: Database, steps: list[tuple[str, Any, Any]]
) -> None:
    empty(database)
    kept: dict[UUID, tuple[TaskContent, datetime]] = {}
    gone: set[UUID] = set()
    now = NOW
    for kind, what, content in steps:
        now += timedelta(milliseconds=1)
        if kind == "post":
            database.write(partial(post_words, limit=what))
        elif kind == "delete" and what in kept:
            delete(database, what)
            del kept[what]
            gone.add(what)  # ids are never given twice
        elif kind == "keep" and what not in gone:
            content = replace(content, status_code=TaskStatus.WAITING)
            if what not in kept:
                create(database, content, task_id=what, now=now)
                kept[what] = (content, now)
            else:
                update(database, content, task_id=what, now=now)
                if differs(kept[what][0], content):
                    kept[what] = (content, now)
    left = left_in(database)

    empty(database)
    for task_id, (content, modified) in kept.items():
        create(database, content, task_id=task_id, now=modified)

    assert left == left_in(database)


def test_words_that_are_posted_while_tasks_change_end_up_right(database: Database) -> None:
    ids = [an_id(number) for number in range(6)]
    for task_id in ids:
        create(database, what_is_said(description="talo"), task_id=task_id)
    texts = ("kerrostalo", "talo mökki", "möte", "meeting talo", "квартира")
    works: list[Callable[[], object]] = []
    for number, text in enumerate(texts):
        works += [partial(update, database, what_is_said(description=text), task_id=task_id) for task_id in ids]
        works += [partial(database.write, partial(post_words, limit=number + 1))] * 4
    works += [partial(delete, database, ids[0]), partial(delete, database, ids[1])]
    Random(7).shuffle(works)

    outcomes = all_at_once(works)

    assert {type(outcome) for outcome in outcomes if isinstance(outcome, Exception)} <= {NotFound}
    left = left_in(database)
    kept = {task_id: content_of(get(database, task_id).document) for task_id in ids[2:]}
    empty(database)
    for task_id, content in kept.items():
        create(database, content, task_id=task_id)
    assert left == left_in(database)
