"""What can be done with workdays and with a domain's hours.  Every function runs inside one transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from askare.kernel.conditions import Kind, Wanted
from askare.kernel.paging import Page
from askare.kernel.problems import Conflict, Invalid, NotFound
from askare.storage import history
from askare.storage.collection import Collection, Kept, text_of
from askare.storage.history import Change
from askare.storage.listing import Column, Shelf, listed
from askare.storage.transactions import Transaction
from askare.workdays import rules
from askare.workdays.model import (
    STAMP_GRAIN,
    Defaults,
    Domain,
    WorkdayChange,
    WorkdayContent,
    content_of,
    document_of,
    stamp,
)
from askare.workdays.windows import Calendar

KIND = "workday"
WORKDAYS = Collection("workdays")
SHELF = Shelf(
    table="workdays",
    columns={
        "id": Column("thing_id", Kind.UUID),
        "ext.ct": Column("created", Kind.INSTANT, grain=STAMP_GRAIN),
        "ext.lwt": Column("modified", Kind.INSTANT, grain=STAMP_GRAIN),
    },
    made=("created", "thing_id"),
)


class Saved(Struct, frozen=True):
    """A workday as it is answered, and its version."""

    document: dict[str, Any]
    version: int


def create_workday(tx: Transaction, content: WorkdayContent, *, workday_id: UUID, now: datetime) -> Saved:
    """Keep an exceptional date.  The same id with the same content again answers the stored one (contract A19).

    Raises Invalid, and Conflict for an id in use.
    """
    _require_sound(content)
    stored = WORKDAYS.find(tx, workday_id, lock=True)
    if stored is not None:
        if content_of(stored.document) != content:
            raise Conflict("Already exists")
        return Saved(stored.document, stored.version)
    document = document_of(workday_id, content, created=stamp(now), modified=stamp(now))
    WORKDAYS.insert(tx, workday_id, document, now=now, columns={})
    history.record(tx, KIND, workday_id, Change.CREATED, version=1, at=now, after=text_of(document))
    calendar_changed(tx)
    return Saved(document, 1)


def get_workday(tx: Transaction, workday_id: UUID) -> Saved:
    """Raises NotFound."""
    stored = _stored(tx, workday_id)
    return Saved(stored.document, stored.version)


def list_workdays(tx: Transaction, wanted: Wanted) -> Page[dict[str, Any]]:
    """The workdays that are wanted, as they are answered."""
    return listed(tx, SHELF, wanted)


def patch_workday(tx: Transaction, workday_id: UUID, change: WorkdayChange, *, now: datetime) -> Saved:
    """Change what the change names; one that changes nothing leaves version and times alone.

    Raises NotFound and Invalid.
    """
    stored = _stored(tx, workday_id, lock=True)
    before = content_of(stored.document)
    content = rules.workday_after(before, change)
    if content == before:
        return Saved(stored.document, stored.version)
    _require_sound(content)
    version = stored.version + 1
    document = document_of(workday_id, content, created=stored.document["ext"]["ct"], modified=stamp(now))
    WORKDAYS.replace(tx, workday_id, document, version=version, now=now, columns={})
    history.record(
        tx,
        KIND,
        workday_id,
        Change.UPDATED,
        version=version,
        at=now,
        before=text_of(stored.document),
        after=text_of(document),
    )
    calendar_changed(tx)
    return Saved(document, version)


def delete_workday(tx: Transaction, workday_id: UUID, *, now: datetime) -> None:
    """Take an exceptional date away; history and a tombstone stay.  Raises NotFound."""
    stored = _stored(tx, workday_id, lock=True)
    WORKDAYS.delete(tx, workday_id)
    history.record(
        tx,
        KIND,
        workday_id,
        Change.DELETED,
        version=stored.version + 1,
        at=now,
        before=text_of(stored.document),
    )
    calendar_changed(tx)


def lookup_workdays(tx: Transaction, key: str) -> list[UUID]:
    """The ids of the workdays with this id or date."""
    rows = tx.rows(
        "SELECT thing_id, document FROM workdays WHERE organization_no = :organization ORDER BY created, thing_id",
        organization=tx.organization_no,
    )
    found = [(UUID(bytes=thing_id), msgspec.json.decode(document)["date"]) for thing_id, document in rows]
    return [workday_id for workday_id, date in found if key.lower() in (str(workday_id), date)]


# The domain ------------------------------------------------------------------------------------------------------


def domain(tx: Transaction) -> Domain:
    """What the caller's domain says of itself."""
    row = tx.row("SELECT document FROM domains WHERE organization_no = :organization", organization=tx.organization_no)
    return msgspec.json.decode(row[0], type=Domain) if row is not None else Domain()


def change_domain(tx: Transaction, wanted: Domain) -> None:
    """Let the caller's domain say this of itself.  Raises Unreadable for a zone or week that nobody can read."""
    if wanted.time_zone is not None:
        rules.require_zone(wanted.time_zone)
    if wanted.workweek is not None:
        rules.workweek_of(wanted.workweek)
    calendar_changed(tx)
    tx.run(
        "UPDATE domains SET document = :document WHERE organization_no = :organization",
        organization=tx.organization_no,
        document=msgspec.json.encode(wanted).decode(),
    )


def calendar_changed(tx: Transaction) -> None:
    """Note that timetables which look at working hours must be looked at anew."""
    tx.run(
        "INSERT INTO domains (organization_no, document, calendar_version, timed_version)"
        " VALUES (:organization, '{}', 1, 0)"
        " ON CONFLICT (organization_no) DO UPDATE SET calendar_version = domains.calendar_version + 1",
        organization=tx.organization_no,
    )


def calendar(tx: Transaction, *, defaults: Defaults) -> Calendar:
    """The hours of the caller's domain."""
    return calendar_of(tx, tx.organization_no, domain(tx), defaults=defaults)


def calendar_of(tx: Transaction, organization_no: int, said: Domain, *, defaults: Defaults) -> Calendar:
    """The hours of a domain, for the house itself."""
    exact: dict[str, WorkdayContent] = {}
    annual: dict[str, WorkdayContent] = {}
    for (text,) in tx.rows(  # the newest word on a date counts
        "SELECT document FROM workdays WHERE organization_no = :organization ORDER BY created, thing_id",
        organization=organization_no,
    ):
        content = content_of(msgspec.json.decode(text))
        if content.is_annual:
            annual[content.date[5:]] = content
        else:
            exact[content.date] = content
    week = rules.workweek_of(said.workweek) if said.workweek is not None else defaults.week
    return Calendar(said.time_zone or defaults.time_zone, week, exact, annual)


def _stored(tx: Transaction, workday_id: UUID, *, lock: bool = False) -> Kept:
    stored = WORKDAYS.find(tx, workday_id, lock=lock)
    if stored is None:
        raise NotFound(KIND, "id")
    return stored


def _require_sound(content: WorkdayContent) -> None:
    faults = rules.faults_of(content)
    if faults:
        raise Invalid(body=faults)
