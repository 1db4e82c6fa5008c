"""What counts as a match: the moments.  Source: issue "Watches", 2; decision 0017."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from askare.jobs import outbox
from askare.letters.model import Rhythm
from askare.requirements.model import RequirementStatus
from askare.storage.desk import Database
from askare.watches import jobs, operations, store
from askare.watches.criteria import Criterion
from askare.watches.model import Timing
from askare.watches.operations import Preferences
from tests.store.doing import all_at_once
from tests.store.watching import (
    END,
    FLAT_WISH,
    OTHER_WATCH,
    WATCH,
    Written,
    a_flat,
    a_watch,
    change_requirement,
    change_watch,
    letters,
    matches,
    put,
    require,
    watch,
    work_through_the_night,
)
from tests.values import (
    AGENT,
    DAY,
    HOUR,
    NOW,
    OTHER_AGENT,
    OTHER_PARTY,
    OTHER_REALTY,
    PARTY,
    REALTY,
    SECOND,
    THIRD_PARTY,
    an_admin,
    an_id,
)

LATER = NOW + HOUR
MUCH_LATER = NOW + 2 * HOUR


def a_pricier_wish(most: float) -> dict[str, Any]:
    return {**FLAT_WISH, "financialTerms": {"debtFreePriceRange": {"maximumPrice": most, "currencyCode": "EUR"}}}


def alerts(*recipients: UUID, watch_id: UUID = WATCH, realty: UUID = REALTY) -> list[Written]:
    return sorted(Written("ALERT", recipient, watch_id, (realty,)) for recipient in recipients)


@pytest.fixture
def watched(database: Database) -> Database:
    """A database in which a watch for a flat was set."""
    require(database)
    watch(database)
    return database


def test_a_realty_that_is_added_and_fits_is_a_match_and_is_told_to_the_agent_and_the_party(watched: Database) -> None:
    put(watched, now=LATER)
    work_through_the_night(watched, now=LATER)

    assert matches(watched) == {WATCH: LATER}
    assert letters(watched) == alerts(AGENT, PARTY)


def test_a_match_is_recorded_with_what_was_met_and_unknown(watched: Database) -> None:
    put(watched)
    work_through_the_night(watched)

    (match,) = watched.read(lambda tx: store.matches_of_watch(tx, WATCH, limit=10), an_admin())
    assert [finding.criterion for finding in match.verdict.met] == [
        Criterion.PROPERTY_TYPE,
        Criterion.PLACE,
        Criterion.PRICE,
    ]
    assert [finding.criterion for finding in match.verdict.unknown] == [Criterion.CONDITION]


def test_a_realty_that_does_not_fit_is_none(watched: Database) -> None:
    put(watched, a_flat(150_001))
    work_through_the_night(watched)

    assert (matches(watched), letters(watched)) == ({}, [])


def test_one_that_was_listed_before_the_watch_is_no_news(database: Database) -> None:
    require(database)
    put(database, now=NOW)
    watch(database, now=LATER)
    work_through_the_night(database, now=MUCH_LATER)

    put(database, a_flat(144_000), now=MUCH_LATER)
    work_through_the_night(database, now=MUCH_LATER)

    assert (matches(database), letters(database)) == ({}, [])


def test_a_price_cut_that_brings_a_realty_into_range_is_a_match(database: Database) -> None:
    require(database)
    put(database, a_flat(160_000), now=NOW)
    watch(database, now=NOW + SECOND)
    work_through_the_night(database, now=LATER)
    assert matches(database) == {}

    put(database, a_flat(150_000), now=LATER)
    work_through_the_night(database, now=MUCH_LATER)

    assert matches(database) == {WATCH: LATER}


def test_a_price_cut_is_a_match_even_when_the_night_shift_saw_nothing_of_what_was_before(database: Database) -> None:
    require(database)
    put(database, a_flat(160_000), now=NOW)
    watch(database, now=NOW + SECOND)
    put(database, a_flat(150_000), now=LATER)
    work_through_the_night(database, now=MUCH_LATER)

    assert matches(database) == {WATCH: LATER}


def test_one_that_fitted_before_the_watch_is_no_news_though_nobody_had_looked_at_it_yet(database: Database) -> None:
    require(database)
    put(database, a_flat(140_000), now=NOW)
    watch(database, now=NOW + SECOND)
    put(database, a_flat(130_000), now=LATER)
    work_through_the_night(database, now=MUCH_LATER)

    assert matches(database) == {}


@pytest.mark.parametrize("status", ["FOR_SALE", None])
def test_what_comes_onto_the_market_is_a_match(watched: Database, status: str | None) -> None:
    put(watched, a_flat(statusCode="DRAFT"), now=NOW)
    work_through_the_night(watched, now=NOW)
    assert matches(watched) == {}

    put(watched, a_flat(statusCode=status), now=LATER)
    work_through_the_night(watched, now=LATER)

    assert matches(watched) == {WATCH: LATER}


def test_what_leaves_the_market_gives_nothing(watched: Database) -> None:
    put(watched, a_flat(160_000))
    work_through_the_night(watched)
    put(watched, a_flat(140_000, statusCode="SOLD"))
    work_through_the_night(watched)

    assert (matches(watched), letters(watched)) == ({}, [])


def test_what_has_left_the_market_before_the_night_shift_looks_gives_nothing(watched: Database) -> None:
    put(watched, now=NOW)
    put(watched, a_flat(statusCode="RESERVED"), now=LATER)
    work_through_the_night(watched, now=LATER)

    assert (matches(watched), letters(watched)) == ({}, [])


def test_the_same_realty_is_told_once_however_often_it_is_put_and_comes_back(watched: Database) -> None:
    for content in (a_flat(), a_flat(), a_flat(140_000), a_flat(200_000), a_flat(statusCode="SOLD"), a_flat(120_000)):
        put(watched, content)
        work_through_the_night(watched)

    assert matches(watched) == {WATCH: NOW}
    assert letters(watched) == alerts(AGENT, PARTY)


def test_a_changed_requirement_counts_from_then_on(watched: Database) -> None:
    put(watched, a_flat(160_000), now=NOW)
    work_through_the_night(watched, now=NOW)
    change_requirement(watched, a_pricier_wish(170_000), now=LATER)
    work_through_the_night(watched, now=LATER)
    assert matches(watched) == {}

    put(watched, a_flat(155_000), now=MUCH_LATER)
    put(watched, a_flat(165_000), realty_id=OTHER_REALTY, now=MUCH_LATER)
    work_through_the_night(watched, now=MUCH_LATER)

    assert matches(watched) == {}
    assert matches(watched, realty_id=OTHER_REALTY) == {WATCH: MUCH_LATER}


def test_a_requirement_that_changes_in_words_alone_leaves_what_is_due(watched: Database) -> None:
    put(watched, now=NOW + SECOND)
    change_requirement(watched, note="Call on Friday", now=LATER)
    work_through_the_night(watched, now=LATER)

    assert matches(watched) == {WATCH: NOW + SECOND}


def test_a_later_end_leaves_what_is_due(watched: Database) -> None:
    put(watched, now=NOW + SECOND)
    change_watch(watched, a_watch(end=END + DAY), now=LATER)
    work_through_the_night(watched, now=LATER)

    assert matches(watched) == {WATCH: NOW + SECOND}


def test_a_watch_hears_nothing_from_its_end_on(watched: Database) -> None:
    put(watched, now=END - timedelta(milliseconds=1))
    put(watched, realty_id=OTHER_REALTY, now=END)
    work_through_the_night(watched, now=END - timedelta(milliseconds=1))
    work_through_the_night(watched, now=END)

    assert matches(watched) == {WATCH: END - timedelta(milliseconds=1)}
    assert matches(watched, realty_id=OTHER_REALTY) == {}


def test_a_match_that_is_found_after_the_end_is_recorded_and_told_to_nobody(watched: Database) -> None:
    put(watched, now=END - SECOND)
    work_through_the_night(watched, now=END)

    assert matches(watched) == {WATCH: END - SECOND}
    assert [letter for letter in letters(watched) if letter.kind == "ALERT"] == []


def test_a_revived_watch_counts_from_then_on(watched: Database) -> None:
    change_watch(watched, a_watch(end=LATER), now=NOW)
    put(watched, now=LATER + SECOND)
    work_through_the_night(watched, now=LATER + SECOND)
    change_watch(watched, a_watch(end=END), now=MUCH_LATER)
    put(watched, a_flat(144_000), now=MUCH_LATER + SECOND)
    put(watched, realty_id=OTHER_REALTY, now=MUCH_LATER + SECOND)
    work_through_the_night(watched, now=MUCH_LATER + SECOND)

    assert matches(watched) == {}
    assert matches(watched, realty_id=OTHER_REALTY) == {WATCH: MUCH_LATER + SECOND}


@pytest.mark.parametrize(
    ("status", "counts"),
    [("DRAFT", True), ("ACTIVE", True), ("FINISHED", False), ("REJECTED", False), ("PURCHASED", False)],
)
def test_only_draft_and_active_requirements_count(watched: Database, status: str, counts: bool) -> None:
    change_requirement(watched, status=RequirementStatus(status), now=NOW)
    put(watched, now=LATER)
    work_through_the_night(watched, now=LATER)

    assert matches(watched) == ({WATCH: LATER} if counts else {})


def test_a_requirement_that_is_looked_for_again_counts_from_then_on(watched: Database) -> None:
    change_requirement(watched, status=RequirementStatus.FINISHED, now=NOW)
    put(watched, now=LATER)
    work_through_the_night(watched, now=LATER)
    change_requirement(watched, status=RequirementStatus.ACTIVE, now=LATER)
    put(watched, a_flat(144_000), now=MUCH_LATER)
    put(watched, realty_id=OTHER_REALTY, now=MUCH_LATER)
    work_through_the_night(watched, now=MUCH_LATER)

    assert matches(watched) == {}
    assert matches(watched, realty_id=OTHER_REALTY) == {WATCH: MUCH_LATER}


def test_only_those_who_want_e_mail_get_any(database: Database) -> None:
    require(database)
    parties = (PARTY, OTHER_PARTY, THIRD_PARTY)
    watch(database, a_watch(parties=parties, told=(OTHER_PARTY, THIRD_PARTY), agent=()))
    put(database)
    work_through_the_night(database)

    assert letters(database) == alerts(OTHER_PARTY, THIRD_PARTY)


def test_the_agent_is_the_one_who_is_responsible_at_the_moment(watched: Database) -> None:
    change_requirement(watched, agent=OTHER_AGENT)
    put(watched)
    work_through_the_night(watched)

    assert letters(watched) == alerts(OTHER_AGENT, PARTY)


def test_a_requirement_without_agents_tells_the_parties_alone(database: Database) -> None:
    require(database, agent=None)
    watch(database)
    put(database)
    work_through_the_night(database)

    assert letters(database) == alerts(PARTY)


def test_two_watches_of_one_requirement_both_hear_of_it(watched: Database) -> None:
    watch(watched, watch_id=OTHER_WATCH)
    put(watched)
    work_through_the_night(watched)

    assert set(matches(watched)) == {WATCH, OTHER_WATCH}
    assert letters(watched) == sorted(alerts(AGENT, PARTY) + alerts(AGENT, PARTY, watch_id=OTHER_WATCH))


def test_a_watch_that_wants_a_digest_gathers_its_matches_in_one_letter_a_recipient(watched: Database) -> None:
    watched.write(lambda tx: operations.set_preferences(tx, WATCH, Preferences(Timing.DIGEST)), an_admin())
    put(watched)
    put(watched, realty_id=OTHER_REALTY)
    work_through_the_night(watched)

    assert [(letter.kind, letter.recipient, set(letter.realty_ids)) for letter in letters(watched)] == [
        ("DIGEST", AGENT, {REALTY, OTHER_REALTY}),
        ("DIGEST", PARTY, {REALTY, OTHER_REALTY}),
    ]


def test_there_is_no_match_across_organizations(watched: Database) -> None:
    stranger = an_admin(organization_no=2_000)
    watched.write(
        lambda tx: tx.run(
            "INSERT INTO organizations (organization_no, organization_id, name) VALUES (2000, :id, 'Elsewhere')",
            id=stranger.organization_id.bytes,
        )
    )
    put(watched, by=stranger)
    work_through_the_night(watched)

    assert matches(watched, by=stranger) == {}
    assert letters(watched) == []


def test_very_many_matches_are_recorded_some_of_them_a_transaction(watched: Database) -> None:
    ids = [an_id(number, kind=0x30) for number in range(2 * jobs.MATCHES_AT_ONCE + 1)]

    def set_many(tx: Any) -> None:
        for watch_id in ids:
            operations.create_watch(tx, a_watch(told=(), agent=()), watch_id=watch_id, now=NOW)

    watched.write(set_many, an_admin())
    put(watched)

    assert work_through_the_night(watched) == 1
    assert set(matches(watched)) == {*ids, WATCH}


def test_a_run_that_was_broken_off_halfway_is_completed_by_the_next(watched: Database) -> None:
    watch(watched, watch_id=OTHER_WATCH)
    put(watched)

    def half(tx: Any) -> bool:
        return jobs.record_matches(tx, REALTY, 1, [WATCH], new_id=uuid4, rhythm=Rhythm(), now=NOW)

    watched.write(half, an_admin())
    assert set(matches(watched)) == {WATCH}
    work_through_the_night(watched)

    assert set(matches(watched)) == {WATCH, OTHER_WATCH}
    assert letters(watched) == sorted(alerts(AGENT, PARTY) + alerts(AGENT, PARTY, watch_id=OTHER_WATCH))


def test_two_night_shifts_at_once_record_and_tell_everything_once(watched: Database) -> None:
    for number in range(20):
        watch(watched, watch_id=an_id(number, kind=0x30))
    realties = [an_id(number, kind=0x31) for number in range(10)]
    for realty in realties:
        put(watched, realty_id=realty)

    outcomes = all_at_once([lambda: work_through_the_night(watched)] * 2)
    work_through_the_night(watched)

    assert not [one for one in outcomes if isinstance(one, Exception)]
    for realty in realties:
        assert len(matches(watched, realty_id=realty)) == 21
    told = letters(watched)
    assert len(told) == len(set(told)) == 21 * 10 * 2


def test_nothing_is_recorded_of_a_version_that_is_no_longer_there(watched: Database) -> None:
    put(watched)
    put(watched, a_flat(140_000))

    recorded = watched.write(
        lambda tx: jobs.record_matches(tx, REALTY, 1, [WATCH], new_id=uuid4, rhythm=Rhythm(), now=NOW),
        an_admin(),
    )

    assert (recorded, matches(watched)) == (False, {})


def test_of_very_many_changes_at_once_none_is_lost(watched: Database) -> None:
    for at in range(jobs.STEPS_MAX + 10):
        put(watched, a_flat(160_000 + at), now=NOW + at * SECOND)
    put(watched, a_flat(140_000), now=LATER)
    work_through_the_night(watched, now=MUCH_LATER)

    assert matches(watched) == {WATCH: LATER}


def test_all_promises_are_kept_in_the_end(watched: Database) -> None:
    put(watched)
    work_through_the_night(watched)

    waiting = watched.read(outbox.waiting)
    assert {one.kind: (one.waiting, one.given_up) for one in waiting if one.kind == "match realty"} == {}
