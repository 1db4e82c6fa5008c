"""Buyers, what they look for, watches on it, realties, and the night shift: each in one line of a test."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec

from askare.directory.model import PartyType
from askare.edge import Edge
from askare.jobs.kinds import Kind
from askare.jobs.runner import Trade, keep_due_promises
from askare.kernel.caller import Caller
from askare.kernel.time import instant_of
from askare.kernel.versions import Saved
from askare.letters.model import Rhythm
from askare.realties import operations as realties
from askare.realties.model import RealtyContent
from askare.requirements import operations as requirements
from askare.requirements.model import ChangedRequirement, NewRequirement, RequirementAgent, RequirementStatus
from askare.storage.desk import Database, Desk
from askare.watches import operations, store
from askare.watches.jobs import Matcher, tend_watch
from askare.watches.model import Notification, WatchContent, WatchParty
from tests.values import AGENT, DAY, NOW, OFFICE, PARTY, REALTY, an_admin, an_id

REQUIREMENT, OTHER_REQUIREMENT = (an_id(number, kind=0x20) for number in (1, 2))
WATCH, OTHER_WATCH, THIRD_WATCH = (an_id(number, kind=0x21) for number in (1, 2, 3))
END = NOW + 100 * DAY

EMAIL = (Notification.EMAIL,)

# A wish and a realty that fits it.
FLAT_WISH: dict[str, Any] = {
    "title": [{"languageCode": "en", "text": "A flat"}, {"languageCode": "fi", "text": "Kaksio"}],
    "realty": {"propertyTypeCodes": ["RESIDENTIAL"], "condition": {"conditionCodes": ["GOOD"]}},
    "addresses": [{"postcode": "33500"}],
    "financialTerms": {"debtFreePriceRange": {"maximumPrice": 150_000, "currencyCode": "EUR"}},
}


def a_flat(price: float | None = 145_000, **changes: Any) -> RealtyContent:
    """A flat for sale, by the contract's names; a field given as None is not said."""
    said: dict[str, Any] = {
        "agencyOfficeId": str(OFFICE),
        "statusCode": "FOR_SALE",
        "propertyTypeCode": "RESIDENTIAL",
        "address": {"streetAddress": "Hämeenkatu 1", "postcode": "33500", "locality": "Tampere"},
        "debtFreePrice": None if price is None else {"amount": price, "currencyCode": "EUR"},
        **changes,
    }
    return msgspec.convert(said, RealtyContent)


def require(
    database: Database,
    wish: dict[str, Any] | None = None,
    *,
    requirement_id: UUID = REQUIREMENT,
    agent: UUID | None = AGENT,
    office: UUID = OFFICE,
    by: Caller | None = None,
    now: datetime = NOW,
) -> UUID:
    """A new asset requirement, a DRAFT."""
    said = NewRequirement(
        agency_office_id=office,
        agents=None if agent is None else (RequirementAgent(agent, "RESPONSIBLE_AGENT"),),
        asset_requirements=msgspec.Raw(msgspec.json.encode(FLAT_WISH if wish is None else wish)),
    )
    database.write(
        lambda tx: requirements.create_requirement(tx, said, requirement_id=requirement_id, now=now), by or an_admin()
    )
    return requirement_id


def change_requirement(
    database: Database,
    wish: dict[str, Any] | None = None,
    *,
    requirement_id: UUID = REQUIREMENT,
    status: RequirementStatus = RequirementStatus.DRAFT,
    agent: UUID = AGENT,
    office: UUID = OFFICE,
    note: str | None = None,
    now: datetime = NOW,
) -> None:
    said = ChangedRequirement(
        asset_requirement_id=requirement_id,
        status_code=status,
        agency_office_id=office,
        agents=(RequirementAgent(agent, "RESPONSIBLE_AGENT"),),
        note=note,
        asset_requirements=msgspec.Raw(msgspec.json.encode(FLAT_WISH if wish is None else wish)),
    )
    database.write(
        lambda tx: requirements.update_requirement(
            tx,
            requirement_id,
            said,
            expected_versions=None,
            now=now,
            followers=(operations.requirement_changed,),
        ),
        an_admin(),
    )


def a_watch(
    *,
    requirement: UUID = REQUIREMENT,
    end: datetime = END,
    parties: Iterable[UUID] = (PARTY,),
    told: Iterable[UUID] | None = None,
    agent: tuple[Notification, ...] = EMAIL,
) -> WatchContent:
    """A watch of one party, who is told by e-mail, as is the agent."""
    parties = tuple(parties)
    told = parties if told is None else tuple(told)
    return WatchContent(
        asset_requirement_id=requirement,
        validity_end_time=end,
        agent_notification_type_codes=agent,
        parties=tuple(WatchParty(party, PartyType.PERSON_PARTY, EMAIL if party in told else ()) for party in parties),
    )


def watch(
    database: Database,
    content: WatchContent | None = None,
    *,
    watch_id: UUID = WATCH,
    by: Caller | None = None,
    now: datetime = NOW,
) -> UUID:
    said = content or a_watch()
    database.write(lambda tx: operations.create_watch(tx, said, watch_id=watch_id, now=now), by or an_admin())
    return watch_id


def change_watch(
    database: Database,
    content: WatchContent,
    *,
    watch_id: UUID = WATCH,
    by: Caller | None = None,
    expected_version: int | None = None,
    now: datetime = NOW,
) -> Saved:
    versions = None if expected_version is None else frozenset({expected_version})
    return database.write(
        lambda tx: operations.update_watch(tx, watch_id, content, expected_versions=versions, now=now),
        by or an_admin(),
    )


def put(
    database: Database,
    content: RealtyContent | None = None,
    *,
    realty_id: UUID = REALTY,
    by: Caller | None = None,
    now: datetime = NOW,
) -> None:
    said = content or a_flat()
    database.write(lambda tx: realties.put_realty(tx, realty_id, said, now=now), by or an_admin())


def work_through_the_night(database: Database, *, now: datetime = NOW) -> int:
    """Keep the promises of watches that are due at this moment; letters stay as they were written."""
    edge = Edge(now=lambda: now, new_id=uuid4)
    trades = (
        Trade(Kind.MATCH_REALTY, Matcher(Rhythm()).match_realty),
        Trade(Kind.TEND_WATCH, tend_watch),
    )
    desk = Desk(database)
    try:
        return asyncio.run(keep_due_promises(trades, desk, edge))
    finally:
        desk._threads.shutdown()


def matches(database: Database, *, realty_id: UUID = REALTY, by: Caller | None = None) -> dict[UUID, datetime]:
    """The watches that the realty is a recorded match of, and since when."""
    found = database.read(lambda tx: store.matches_of_realty(tx, realty_id, limit=1_000), by or an_admin())
    return {match.watch_id: instant_of(match.matched) for match in found}


def state(database: Database, watch_id: UUID = WATCH) -> store.State:
    return database.read(lambda tx: store.states(tx, [watch_id]), an_admin())[watch_id]


class Written(msgspec.Struct, frozen=True, order=True):
    """A letter as far as these tests look at it."""

    kind: str
    recipient: UUID
    watch_id: UUID | None
    realty_ids: tuple[UUID, ...] = ()


def letters(database: Database) -> list[Written]:
    """Every letter there is, in a settled order."""
    rows = database.read(
        lambda tx: tx.rows("SELECT document FROM letters WHERE organization_no = :no", no=tx.organization_no),
        an_admin(),
    )
    found = []
    for (document,) in rows:
        said = msgspec.json.decode(document)
        found.append(
            Written(
                said["kindCode"],
                UUID(said["recipientId"]),
                UUID(said["watchId"]),
                tuple(UUID(one) for one in said["realtyIds"]),
            )
        )
    return sorted(found)
