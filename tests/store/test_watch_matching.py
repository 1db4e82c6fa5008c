"""The statement that finds the watches of a realty does what `rules.explain` says, on both databases."""

from __future__ import annotations

from random import Random
from uuid import UUID

import pytest

from askare.storage.desk import Database
from askare.storage.transactions import Transaction
from askare.watches import matching, rules
from askare.watches.criteria import Criteria, Criterion, Offer, Place, Range
from tests.values import ORGANIZATION_NO, an_admin, an_id
from tests.wishes import WISHES, an_offer, some_criteria

SIDE = 100  # so many criteria against so many offers: 10,000 pairs

KINDS = [*((criterion,) for criterion in Criterion), tuple(Criterion)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind[0].value if len(kind) == 1 else "all")
def test_the_statement_finds_exactly_the_watches_whose_criteria_the_offer_fits(
    database: Database, kind: tuple[Criterion, ...]
) -> None:
    dice = Random(f"{[criterion.value for criterion in kind]}")
    # With everything asked for at once hardly anything fits: then each wish asks for some of it.
    wishes = [
        some_criteria(dice, *(kind if len(kind) == 1 else [one for one in WISHES if dice.random() < 0.3]))
        for _ in range(SIDE)
    ]
    watches = {an_id(number): criteria for number, criteria in enumerate(wishes)}
    offers = [an_offer(dice) for _ in range(SIDE)]
    keep(database, watches)

    found = [find(database, offer) for offer in offers]

    assert found == [
        {watch for watch, criteria in watches.items() if rules.explain(criteria, offer).fits} for offer in offers
    ]
    fitting = sum(map(len, found))
    assert 0 < fitting < SIDE * SIDE


def keep(
    database: Database, watches: dict[UUID, Criteria], *, until: int = 2, organization_no: int = ORGANIZATION_NO
) -> None:
    def write(tx: Transaction) -> None:
        for watch_id, criteria in watches.items():
            matching.keep_criteria(tx, watch_id, criteria, until=until)

    database.write(write, an_admin(organization_no=organization_no))


def find(
    database: Database, offer: Offer, *, ending_after: int = 1, organization_no: int = ORGANIZATION_NO
) -> set[UUID]:
    return database.read(
        lambda tx: matching.watches_that_fit(tx, offer, ending_after=ending_after),
        an_admin(organization_no=organization_no),
    )


WATCH = an_id(1)
TAMMELA = Place(postcode="33500", district="tammela")


def test_a_watch_is_found_until_its_end_and_not_at_it(database: Database) -> None:
    keep(database, {WATCH: Criteria()}, until=100)

    assert find(database, Offer(), ending_after=99) == {WATCH}
    assert find(database, Offer(), ending_after=100) == set()


def test_a_watch_is_found_by_what_it_asks_for_now(database: Database) -> None:
    keep(database, {WATCH: Criteria(places=(TAMMELA, Place(postcode="33800")))})
    keep(database, {WATCH: Criteria(places=(TAMMELA,))})

    assert find(database, Offer(place=TAMMELA)) == {WATCH}
    assert find(database, Offer(place=Place(postcode="33800"))) == set()


def test_a_forgotten_watch_is_found_by_nothing(database: Database) -> None:
    keep(database, {WATCH: Criteria()})
    database.write(lambda tx: matching.forget_criteria(tx, WATCH), an_admin())

    assert find(database, Offer()) == set()


def test_a_watch_of_another_organization_is_never_found(database: Database) -> None:
    keep(database, {WATCH: Criteria()}, organization_no=2_000)

    assert find(database, Offer()) == set()


def test_a_watch_is_found_once_even_when_two_of_its_places_fit(database: Database) -> None:
    keep(database, {WATCH: Criteria(places=(Place(postcode="33500"), Place(country_code="fi")), price=Range(1, 2))})

    assert find(database, Offer(place=Place(postcode="33500", country_code="fi"), price=1.5)) == {WATCH}


def test_a_place_with_a_very_long_name_is_watched_like_any_other(database: Database) -> None:
    dice = Random(20261122)
    long = "".join(chr(dice.randrange(0x4E00, 0x9FA5)) for _ in range(5_000))  # no index of PostgreSQL takes as much
    keep(database, {WATCH: Criteria(places=(Place(locality=long),))})

    assert find(database, Offer(place=Place(locality=long))) == {WATCH}
    assert find(database, Offer(place=Place(locality=long[:-1] + "x"))) == set()
