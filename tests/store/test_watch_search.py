"""Searching watches: the shelf answers what `rules.matches` says, and what a caller may see."""

from __future__ import annotations

from random import Random
from uuid import UUID

import msgspec

from askare.kernel.caller import Caller
from askare.kernel.paging import Order, Window
from askare.storage.desk import Database
from askare.watches import operations, rules, store
from askare.watches.model import WatchFilter, WatchStatus
from tests.store.doing import ALL
from tests.store.watching import a_watch, change_requirement, require, watch
from tests.values import (
    AGENT,
    DAY,
    NOW,
    OFFICE,
    OTHER_AGENT,
    OTHER_OFFICE,
    OTHER_PARTY,
    PARTY,
    THIRD_PARTY,
    an_admin,
    an_agent,
    an_id,
)

TYPES = ["RESIDENTIAL", "PLOT", "LEISURE"]


def some_watches(database: Database, dice: Random) -> list[UUID]:
    """Watches of all kinds, on requirements of two offices and two agents."""
    requirements = [
        require(
            database,
            {"realty": {"propertyTypeCodes": dice.sample(TYPES, dice.randint(0, 2))}},
            requirement_id=an_id(number, kind=0x40),
            office=dice.choice([OFFICE, OTHER_OFFICE]),
            agent=dice.choice([AGENT, OTHER_AGENT, None]),
        )
        for number in range(6)
    ]
    return [
        watch(
            database,
            a_watch(
                requirement=dice.choice(requirements),
                end=NOW + dice.choice([-1, 0, 1]) * DAY,
                parties=dice.sample([PARTY, OTHER_PARTY, THIRD_PARTY], dice.randint(1, 3)),
            ),
            watch_id=an_id(number, kind=0x41),
            now=NOW + dice.randint(-5, 5) * DAY,
        )
        for number in range(40)
    ]


def a_filter(dice: Random, watches: list[UUID]) -> WatchFilter:
    """One that asks for a few things at once."""

    def perhaps(choices: list[UUID]) -> frozenset[UUID]:
        return frozenset(dice.sample(choices, dice.randint(1, 2))) if dice.random() < 0.3 else frozenset()

    return WatchFilter(
        ids=frozenset(dice.sample(watches, 20)) if dice.random() < 0.2 else frozenset(),
        requirement_ids=perhaps([an_id(number, kind=0x40) for number in range(6)]),
        party_ids=perhaps([PARTY, OTHER_PARTY]),
        agent_ids=perhaps([AGENT, OTHER_AGENT]),
        office_ids=perhaps([OFFICE, OTHER_OFFICE]),
        statuses=frozenset(dice.sample(list(WatchStatus), dice.randint(1, 2)) if dice.random() < 0.4 else ()),
        property_types=frozenset(dice.sample(TYPES, 1) if dice.random() < 0.3 else ()),
    )


def search(
    database: Database,
    wanted: WatchFilter,
    *,
    by: Caller | None = None,
    orders: tuple[Order, ...] = (),
    window: Window = ALL,
) -> tuple[list[UUID], int]:
    page = database.read(
        lambda tx: operations.search_watches(tx, wanted, orders=orders, window=window, now=NOW), by or an_admin()
    )
    return [UUID(msgspec.json.decode(item)["watchId"]) for item in page.items], page.total


def test_a_search_finds_exactly_the_watches_that_the_filter_wants_in_its_order(database: Database) -> None:
    dice = Random(52)
    ids = some_watches(database, dice)
    kept = database.read(lambda tx: store.find_all(tx, ids), an_admin())
    callers = [an_admin(), an_agent(), an_agent(offices=(OTHER_OFFICE,)), an_agent(offices=())]

    for _ in range(60):
        wanted, caller, descending = a_filter(dice, ids), dice.choice(callers), dice.random() < 0.5
        found, total = search(database, wanted, by=caller, orders=(Order("modificationTime", descending=descending),))
        seen = [one for one in kept.values() if caller.sees_office(one.subject.office_id)]
        expected = [one for one in seen if rules.matches(wanted, one, now=NOW)]
        expected.sort(key=lambda one: (one.modified, one.watch_id), reverse=descending)
        assert (found, total) == ([one.watch_id for one in expected], len(expected)), wanted


def test_the_latest_change_comes_first_where_nothing_else_is_asked_for(database: Database) -> None:
    ids = some_watches(database, Random(3))
    kept = database.read(lambda tx: store.find_all(tx, ids), an_admin())

    first, total = search(database, WatchFilter(), window=Window(0, 5))
    rest, _ = search(database, WatchFilter(), window=Window(5, 100))

    assert total == len(ids)
    modified = [kept[one].modified for one in first + rest]
    assert modified == sorted(modified, reverse=True)


def test_a_remembered_count_follows_the_asset_requirement(database: Database) -> None:
    require(database)
    watch(database)
    by_agent = WatchFilter(agent_ids=frozenset({AGENT}))
    assert search(database, by_agent)[1] == 1

    change_requirement(database, agent=OTHER_AGENT, office=OTHER_OFFICE)

    assert search(database, by_agent)[1] == 0
    assert search(database, WatchFilter(), by=an_agent())[1] == 0
    assert search(database, WatchFilter(), by=an_agent(offices=(OTHER_OFFICE,)))[1] == 1
