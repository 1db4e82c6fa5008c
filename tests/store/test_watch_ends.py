"""The end of a watch: who is told, how often, and what the link does."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from uuid import UUID, uuid4

import pytest

from askare.kernel.problems import NotFound
from askare.kernel.time import milliseconds
from askare.letters import store as letter_store
from askare.letters.model import Recipient, RecipientKind
from askare.requirements.model import RequirementStatus
from askare.storage import history
from askare.storage.desk import Database
from askare.storage.transactions import Transaction
from askare.watches import operations, rules
from askare.watches.wishes import WatchWishes
from tests.store.watching import (
    END,
    OTHER_WATCH,
    WATCH,
    Written,
    a_watch,
    change_requirement,
    change_watch,
    letters,
    matches,
    put,
    require,
    state,
    watch,
    work_through_the_night,
)
from tests.values import AGENT, DAY, NOW, OTHER_AGENT, OTHER_PARTY, PARTY, SECOND, an_admin

NOTICE = END - rules.EXPIRY_NOTICE


@pytest.fixture
def watched(database: Database) -> Database:
    """A database in which a watch was set that ends in a hundred days."""
    require(database)
    watch(database)
    return database


def told_of_end(*agents: UUID, watch_id: UUID = WATCH) -> list[Written]:
    return [Written("EXPIRY", agent, watch_id) for agent in agents]


def test_the_responsible_agent_is_told_seven_days_before_the_end_and_once(watched: Database) -> None:
    work_through_the_night(watched, now=NOTICE - SECOND)
    assert letters(watched) == []

    for now in (NOTICE, NOTICE + DAY, END, END + 2 * DAY):
        work_through_the_night(watched, now=now)

    assert letters(watched) == told_of_end(AGENT)


def test_an_extended_watch_is_told_of_again_before_its_new_end(watched: Database) -> None:
    work_through_the_night(watched, now=NOTICE)
    change_watch(watched, a_watch(end=END + 30 * DAY), now=NOTICE + DAY)
    work_through_the_night(watched, now=END)
    assert letters(watched) == told_of_end(AGENT)

    work_through_the_night(watched, now=END + 24 * DAY)

    assert letters(watched) == told_of_end(AGENT, AGENT)


def test_of_a_watch_that_is_set_for_a_few_days_nobody_needs_telling(database: Database) -> None:
    require(database)
    watch(database, a_watch(end=NOW + 3 * DAY))
    for days in range(6):
        work_through_the_night(database, now=NOW + days * DAY)

    assert letters(database) == []


def test_of_a_watch_that_nobody_is_responsible_for_nobody_is_told(database: Database) -> None:
    require(database, agent=None)
    watch(database)
    work_through_the_night(database, now=NOTICE)

    assert letters(database) == []


def test_of_a_watch_on_something_no_longer_looked_for_nobody_is_told(watched: Database) -> None:
    change_requirement(watched, status=RequirementStatus.PURCHASED)
    work_through_the_night(watched, now=NOTICE)

    assert letters(watched) == []


def test_no_realty_finds_a_watch_that_is_over_for_a_day(watched: Database) -> None:
    for now in (NOTICE, END, END + rules.LATE_MATCHES):
        work_through_the_night(watched, now=now)

    assert _rows(watched, "watch_criteria") == 0
    assert _rows(watched, "jobs WHERE kind = 'tend watch'") == 0


def test_a_deleted_watch_leaves_nothing_behind_but_its_history(watched: Database) -> None:
    put(watched)
    work_through_the_night(watched)
    watched.write(lambda tx: operations.delete_watch(tx, WATCH, expected_versions=None, now=NOW), an_admin())

    for table in ("watches", "watch_links", "watch_states", "watch_criteria", "watch_matches"):
        assert _rows(watched, table) == 0, table
    assert _rows(watched, "jobs WHERE kind = 'tend watch'") == 0
    assert watched.read(lambda tx: history.is_tombstone(tx, "watch", WATCH), an_admin())


def test_the_link_extends_a_watch_once_and_no_stranger_has_it(watched: Database) -> None:
    work_through_the_night(watched, now=NOTICE)
    row = watched.read(lambda tx: tx.row("SELECT extension_key FROM watch_states"))
    assert row is not None
    key = UUID(bytes=bytes(row[0]))

    found = watched.read(lambda tx: operations.extendable_by(tx, key))
    assert (found.watch_id, found.agent_id, found.title, found.ends) == (WATCH, AGENT, "Kaksio", END)
    for now in (NOTICE + DAY, NOTICE + 2 * DAY):
        assert watched.write(partial(operations.extend_watch, watch_id=WATCH, now=now), found.caller) == (
            END + rules.EXTENSION
        )
    assert state(watched).until == milliseconds(END + rules.EXTENSION)
    with pytest.raises(NotFound):
        watched.read(lambda tx: operations.extendable_by(tx, uuid4()))


def test_a_watch_that_was_extended_goes_on_hearing(watched: Database) -> None:
    work_through_the_night(watched, now=NOTICE)
    watched.write(lambda tx: operations.extend_watch(tx, WATCH, now=NOTICE + DAY), an_admin())
    put(watched, now=END + DAY)
    work_through_the_night(watched, now=END + DAY)

    assert matches(watched) == {WATCH: END + DAY}


# At the moment of sending ----------------------------------------------------------------------------------------


PARTY_OF_WATCH = Recipient(RecipientKind.PARTY, PARTY)
AGENT_OF_WATCH = Recipient(RecipientKind.AGENT, AGENT)


def why_not(database: Database, recipient: Recipient, *, now: datetime = NOW) -> str | None:
    """What the watch says of the last letter that the recipient was written."""

    def ask(tx: Transaction) -> str | None:
        letter = letter_store.last_of(tx, WATCH, recipient)
        assert letter is not None
        return WatchWishes().why_not(tx, letter, now=now)

    return database.read(ask, an_admin())


@pytest.fixture
def told(watched: Database) -> Database:
    """A database in which a match was told to the party and the agent of a watch."""
    put(watched)
    work_through_the_night(watched)
    return watched


@pytest.mark.parametrize("recipient", [PARTY_OF_WATCH, AGENT_OF_WATCH])
def test_a_letter_may_leave_until_the_end_of_its_watch(told: Database, recipient: Recipient) -> None:
    assert why_not(told, recipient, now=END - SECOND) is None
    assert why_not(told, recipient, now=END) == "the watch has ended"


def test_a_party_whose_notification_was_switched_off_since_gets_nothing(told: Database) -> None:
    change_watch(told, a_watch(told=()))

    assert why_not(told, PARTY_OF_WATCH) == "the watch no longer tells the party by e-mail"
    assert why_not(told, AGENT_OF_WATCH) is None


def test_an_agent_who_is_no_longer_told_or_responsible_gets_nothing(told: Database) -> None:
    change_watch(told, a_watch(agent=()))
    assert why_not(told, AGENT_OF_WATCH) == "the watch no longer tells the agent by e-mail"

    change_watch(told, a_watch())
    change_requirement(told, agent=OTHER_AGENT)
    assert why_not(told, AGENT_OF_WATCH) == "somebody else is the responsible agent now"


def test_nothing_leaves_for_what_is_no_longer_looked_for(told: Database) -> None:
    change_requirement(told, status=RequirementStatus.PURCHASED)

    assert why_not(told, PARTY_OF_WATCH) == "what the watch looks for is no longer looked for"


def test_nothing_leaves_for_a_watch_that_was_deleted(told: Database) -> None:
    told.write(lambda tx: operations.delete_watch(tx, WATCH, expected_versions=None, now=NOW), an_admin())

    assert why_not(told, PARTY_OF_WATCH) == "the watch was deleted"


def test_a_letter_about_an_end_that_has_moved_does_not_leave(watched: Database) -> None:
    work_through_the_night(watched, now=NOTICE)
    assert why_not(watched, AGENT_OF_WATCH, now=NOTICE) is None

    change_watch(watched, a_watch(end=END + DAY), now=NOTICE)

    assert why_not(watched, AGENT_OF_WATCH, now=NOTICE) == "the watch has another end by now"


@pytest.mark.parametrize("recipient", [PARTY_OF_WATCH, AGENT_OF_WATCH])
def test_who_unsubscribes_is_told_no_more_until_that_is_taken_back(told: Database, recipient: Recipient) -> None:
    told.write(lambda tx: WatchWishes().switch_off(tx, WATCH, recipient, now=NOW), an_admin())
    assert (why_not(told, recipient) or "").startswith("the watch no longer tells the")

    told.write(lambda tx: WatchWishes().switch_on(tx, WATCH, recipient, now=NOW), an_admin())
    assert why_not(told, recipient) is None


def test_to_unsubscribe_from_a_watch_that_is_gone_does_nothing(watched: Database) -> None:
    watched.write(lambda tx: WatchWishes().switch_off(tx, OTHER_WATCH, PARTY_OF_WATCH, now=NOW), an_admin())
    stranger = Recipient(RecipientKind.PARTY, OTHER_PARTY)
    watched.write(lambda tx: WatchWishes().switch_off(tx, WATCH, stranger, now=NOW), an_admin())

    assert [entry.version for entry in watched.read(lambda tx: history.of_thing(tx, "watch", WATCH), an_admin())] == [1]


def _rows(database: Database, table: str) -> int:
    row = database.read(lambda tx: tx.row(f"SELECT count(*) FROM {table}"))
    assert row is not None
    return int(row[0])
