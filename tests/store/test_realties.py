"""Realties in the database: taken in, changed, found, and what is promised because of them; on both databases."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
import pytest

from askare.directory import store as directory
from askare.directory.model import Kind
from askare.directory.references import Checks
from askare.jobs.kinds import Kind as Job
from askare.kernel.caller import Caller
from askare.kernel.paging import Order, Window
from askare.kernel.problems import Conflict, Invalid, NotFound
from askare.kernel.versions import Precondition
from askare.realties import operations, store
from askare.realties.model import Money, PropertyType, RealtyContent, RealtyFilter
from askare.realties.operations import Saved
from askare.storage import history
from askare.storage.desk import Database
from askare.storage.shelf import post_words
from tests.samples import NEIGHBOURS
from tests.store.doing import all_at_once
from tests.values import DAY, HOUR, NOW, OFFICE, OTHER_OFFICE, OTHER_REALTY, REALTY, an_admin, an_agent, an_id

HOME = msgspec.convert({**NEIGHBOURS["realties"][0], "agencyOfficeId": str(OFFICE)}, RealtyContent)


def a_home(**changes: Any) -> RealtyContent:
    return msgspec.structs.replace(HOME, **changes)


def put(
    database: Database, content: RealtyContent = HOME, realty_id: Any = REALTY, *, by: Caller | None = None, **how: Any
) -> Saved:
    return database.write(
        lambda tx: operations.put_realty(tx, realty_id, content, **{"now": NOW, **how}), by or an_admin()
    )


def get(database: Database, realty_id: Any = REALTY, *, by: Caller | None = None) -> dict[str, Any]:
    found = database.read(lambda tx: operations.get_realty(tx, realty_id), by or an_admin())
    told: dict[str, Any] = msgspec.json.decode(found.document)
    return told


def finds(
    database: Database, *, by: Caller | None = None, orders: tuple[Order, ...] = (), **wanted: Any
) -> list[str | None]:
    """The friendly ids of what a search shows, in its order; the total is held to it."""
    page = database.read(
        lambda tx: operations.search_realties(tx, RealtyFilter(**wanted), orders=orders, window=Window(0, 100)),
        by or an_admin(),
    )
    assert page.total == len(page.items)
    return [msgspec.json.decode(one).get("friendlyId") for one in page.items]


def promised(database: Database) -> list[str]:
    """About which realties a match is promised; the promises are taken away."""
    rows = database.read(lambda tx: tx.rows("SELECT about FROM jobs WHERE kind = :kind", kind=Job.MATCH_REALTY.value))
    database.write(lambda tx: tx.run("DELETE FROM jobs"))
    return [about for (about,) in rows]


def test_a_realty_is_told_as_it_was_said(database: Database) -> None:
    assert put(database) == Saved(1, is_new=True, is_changed=True)

    told = get(database)
    assert told["realtyId"] == str(REALTY)
    assert told["debtFreePrice"] == {"amount": 145000, "currencyCode": "EUR"}
    assert told["creationTime"] == told["modificationTime"] == "2026-03-02T09:00:00Z"


def test_a_match_is_promised_when_a_realty_comes_and_when_matching_would_look_again(database: Database) -> None:
    put(database)
    assert promised(database) == [str(REALTY)]
    assert not put(database, now=NOW + HOUR).is_changed
    assert promised(database) == []
    put(database, a_home(friendly_id="1"))
    assert promised(database) == []
    put(database, a_home(friendly_id="1", debt_free_price=Money(140_000, "EUR")))
    assert promised(database) == [str(REALTY)]
    put(database, a_home(friendly_id="1", debt_free_price=Money(140_000, "EUR"), status_code="SOLD"))
    assert promised(database) == [str(REALTY)]


def test_a_realty_that_is_gone_is_matched_no_more(database: Database) -> None:
    put(database)

    database.write(lambda tx: operations.delete_realty(tx, REALTY, now=NOW), an_admin())

    assert promised(database) == []
    with pytest.raises(NotFound):
        get(database)
    assert database.read(lambda tx: directory.labels(tx, [(Kind.REALTY, REALTY)]), an_admin()) == []


def test_every_price_and_status_that_it_had_is_kept(database: Database) -> None:
    put(database)
    put(database, a_home(debt_free_price=Money(140_000, "EUR")), now=NOW + HOUR)
    put(database, a_home(debt_free_price=Money(140_000, "EUR"), status_code="SOLD"), now=NOW + DAY)

    told = database.read(lambda tx: history.of_thing(tx, "realty", REALTY), an_admin())
    documents = [msgspec.json.decode(entry.after or "") for entry in told]
    assert [one["debtFreePrice"]["amount"] for one in documents] == [145_000, 140_000, 140_000]
    assert [one["statusCode"] for one in documents] == ["FOR_SALE", "FOR_SALE", "SOLD"]
    assert [entry.at for entry in told] == [NOW, NOW + HOUR, NOW + DAY]


def test_realties_are_found_by_what_is_said_of_them(database: Database) -> None:
    put(database)
    plot = RealtyContent(
        friendly_id="2", agency_office_id=OTHER_OFFICE, status_code="SOLD", property_type_code=PropertyType.PLOT
    )
    put(database, plot, OTHER_REALTY, now=NOW + HOUR)
    put(database, RealtyContent(), an_id(3, kind=0xE), now=NOW + DAY)
    database.write(lambda tx: post_words(tx, store.REALTIES))

    # The newest listing first; one that does not say when it was listed was listed when it came.
    assert finds(database) == [None, "2", "40142361"]
    assert finds(database, orders=(Order("modificationTime"),)) == ["40142361", "2", None]
    assert finds(database, text="hameenk tampere") == ["40142361"]
    assert finds(database, text="40142361") == ["40142361"]
    assert finds(database, statuses=frozenset({"SOLD", "FOR_SALE"})) == ["2", "40142361"]
    assert finds(database, property_types=frozenset({PropertyType.PLOT})) == ["2"]
    assert finds(database, friendly_ids=frozenset({"2", "3"})) == ["2"]
    assert finds(database, office_ids=frozenset({OFFICE})) == ["40142361"]
    assert finds(database, modified_after=NOW) == [None, "2"]


def test_an_agent_sees_the_own_offices_realties_and_those_of_nobody(database: Database) -> None:
    put(database)
    put(database, a_home(friendly_id="2", agency_office_id=OTHER_OFFICE), OTHER_REALTY)
    put(database, RealtyContent(friendly_id="3"), an_id(3, kind=0xE))

    assert sorted(map(str, finds(database, by=an_agent()))) == ["3", "40142361"]
    assert finds(database, by=an_agent(), office_ids=frozenset({OTHER_OFFICE})) == []
    assert finds(database, by=an_agent(), office_ids=frozenset({OFFICE, OTHER_OFFICE})) == ["40142361"]
    assert get(database, an_id(3, kind=0xE), by=an_agent())["friendlyId"] == "3"
    for work in (
        lambda: get(database, OTHER_REALTY, by=an_agent()),
        lambda: put(database, HOME, OTHER_REALTY, by=an_agent()),
        lambda: database.write(lambda tx: operations.delete_realty(tx, OTHER_REALTY, now=NOW), an_agent()),
    ):
        with pytest.raises(NotFound):
            work()
    with pytest.raises(Invalid, match="agencyOfficeId"):
        put(database, a_home(agency_office_id=OTHER_OFFICE), by=an_agent())


def test_another_organization_has_its_own_realties(database: Database) -> None:
    put(database)
    stranger = an_admin(organization_no=2_000)

    assert finds(database, by=stranger) == []
    with pytest.raises(NotFound):
        get(database, by=stranger)


def test_an_office_is_checked_as_far_as_the_setting_goes(database: Database) -> None:
    with pytest.raises(Invalid, match="agencyOfficeId"):
        put(database, checks=Checks.STRICT)

    put(database, checks=Checks.KNOWN)
    assert put(database, a_home(status_code="SOLD"), checks=Checks.STRICT).is_changed


def test_a_precondition_is_held_to(database: Database) -> None:
    put(database)

    with pytest.raises(Conflict):
        put(database, a_home(status_code="SOLD"), precondition=Precondition(one_of=frozenset({2})))
    with pytest.raises(Conflict):
        put(database, precondition=Precondition(exists=False))
    with pytest.raises(Conflict):
        put(database, HOME, OTHER_REALTY, precondition=Precondition(one_of=frozenset({1})))
    assert get(database)["statusCode"] == "FOR_SALE"


def test_one_realty_put_by_many_at_once_is_taken_in_once(database: Database) -> None:
    outcomes = all_at_once([partial(put, database, a_home(friendly_id=str(n))) for n in range(8)])

    saved = [one for one in outcomes if isinstance(one, Saved)]
    assert len(saved) == 8, outcomes
    assert sum(one.is_new for one in saved) == 1
    assert promised(database) == [str(REALTY)]
