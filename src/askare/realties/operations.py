"""What can be done with realties: load, decide, save, promise.  Every function runs inside one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from askare.directory import operations as directory
from askare.directory import store as names
from askare.directory.model import Kind
from askare.directory.references import Checks, Reference, require_known
from askare.jobs import outbox
from askare.jobs.kinds import Kind as Job
from askare.kernel.paging import Order, Page, Window
from askare.kernel.problems import Fault, Invalid, NotFound, Wrong
from askare.kernel.versions import NO_CONDITION, Precondition
from askare.realties import rules, store
from askare.realties.model import Realty, RealtyContent, RealtyFilter
from askare.storage import history
from askare.storage.history import Change
from askare.storage.transactions import Transaction

KIND = Kind.REALTY.value


class Saved(Struct, frozen=True):
    """What became of a realty: its present version, whether it is new, and whether anything changed."""

    version: int
    is_new: bool
    is_changed: bool


class Found(Struct, frozen=True):
    """A realty's document and version."""

    document: str
    version: int


def get_realty(tx: Transaction, realty_id: UUID) -> Found:
    """Raises NotFound for a realty that does not exist for the caller."""
    found = store.find(tx, realty_id)
    if found is None or not _sees(tx, found[1].content):
        raise NotFound(KIND, "realtyId")
    return Found(found[2], found[1].version)


class Past(Struct, frozen=True):
    """One change of a realty: each field that changed, as it was and as it became."""

    version: int
    change: Change
    at: datetime
    user_id: UUID
    changed: dict[str, tuple[Any, Any]]


def get_history(tx: Transaction, realty_id: UUID, *, window: Window) -> Page[Past]:
    """What has become of a realty, newest first: every price, status and fact that it had.

    Raises NotFound for a realty that does not exist for the caller.
    """
    get_realty(tx, realty_id)
    page = history.page_of_thing(tx, KIND, realty_id, window)
    return Page(
        [
            Past(
                entry.version,
                entry.change,
                entry.at,
                entry.user_id,
                rules.changes_between(_told(entry.before), _told(entry.after)),
            )
            for entry in page.items
        ],
        page.total,
    )


def _told(document: str | None) -> dict[str, Any]:
    told: dict[str, Any] = {} if document is None else msgspec.json.decode(document)
    return told


def find_realty(tx: Transaction, realty_id: UUID) -> Realty | None:
    """The realty as it is kept, or None; for those who work on it."""
    found = store.find(tx, realty_id)
    return None if found is None else found[1]


def put_realty(
    tx: Transaction,
    realty_id: UUID,
    content: RealtyContent,
    *,
    precondition: Precondition = NO_CONDITION,
    checks: Checks = Checks.OFF,
    now: datetime,
) -> Saved:
    """Take a realty in, or replace what is said of one, and promise to look for those who wait for it.

    The promise is made when something has changed that matching looks at.  A PUT that changes nothing leaves version
    and times alone.  Raises Invalid for an office that the caller does not see; Conflict; NotFound for a realty that
    is another office's.
    """
    found = store.find(tx, realty_id, lock=True)
    if found is None and tx.flavour.row_lock:  # with one writer at a time nobody else is making it
        names.claim(tx, Kind.REALTY, realty_id)
        found = store.find(tx, realty_id, lock=True)
    if found is not None and not _sees(tx, found[1].content):
        raise NotFound(KIND, "realtyId")
    precondition.require(found[1].version if found is not None else None)
    stored = None if found is None else found[1].content
    if faults := _faults(tx, content, stored, checks):
        raise Invalid(body=faults)
    if found is None:
        version = history.next_version(tx, KIND, realty_id)
        realty = Realty(realty_id, version, content, created=now, modified=now)
        after = store.insert(tx, realty, text=rules.searched_text(content))
        directory.make_known(tx, Kind.REALTY, realty_id, rules.name_of(content), before=None, now=now)
        history.record(tx, KIND, realty_id, Change.CREATED, version=version, at=now, after=after)
        outbox.promise(tx, Job.MATCH_REALTY, str(realty_id), due=now)
        return Saved(version, is_new=True, is_changed=True)
    realty_no, kept, before = found
    if content == kept.content:
        return Saved(kept.version, is_new=False, is_changed=False)
    changed = msgspec.structs.replace(kept, version=kept.version + 1, content=content, modified=now)
    after = store.replace(tx, realty_no, kept, changed, text=rules.searched_text(content))
    directory.make_known(
        tx, Kind.REALTY, realty_id, rules.name_of(content), before=rules.name_of(kept.content), now=now
    )
    history.record(tx, KIND, realty_id, Change.UPDATED, version=changed.version, at=now, before=before, after=after)
    if rules.differs_in_matching(kept.content, content):
        outbox.promise(tx, Job.MATCH_REALTY, str(realty_id), due=now)
    return Saved(changed.version, is_new=False, is_changed=True)


def delete_realty(
    tx: Transaction, realty_id: UUID, *, precondition: Precondition = NO_CONDITION, now: datetime
) -> None:
    """Take a realty out; what points at it stays.  Raises NotFound and Conflict."""
    found = store.find(tx, realty_id, lock=True)
    if found is None or not _sees(tx, found[1].content):
        raise NotFound(KIND, "realtyId")
    realty_no, kept, before = found
    precondition.require(kept.version)
    store.delete(tx, realty_no, kept)
    directory.make_known(tx, Kind.REALTY, realty_id, None, before=rules.name_of(kept.content), now=now)
    history.record(tx, KIND, realty_id, Change.DELETED, version=kept.version + 1, at=now, before=before)
    outbox.withdraw(tx, Job.MATCH_REALTY, str(realty_id))


def search_realties(tx: Transaction, wanted: RealtyFilter, *, orders: Sequence[Order], window: Window) -> Page[bytes]:
    """The documents seen through the window, and how many realties the filter finds in all."""
    return store.search_realties(tx, wanted, orders, window)


def _sees(tx: Transaction, content: RealtyContent) -> bool:
    """A realty without an office belongs to the whole organization."""
    return content.agency_office_id is None or tx.caller.sees_office(content.agency_office_id)


def _faults(tx: Transaction, content: RealtyContent, stored: RealtyContent | None, checks: Checks) -> list[Fault]:
    office_id = content.agency_office_id
    if office_id is None or (stored is not None and office_id == stored.agency_office_id):
        return []
    if not tx.caller.sees_office(office_id):
        return [Fault("agencyOfficeId", Wrong.UNKNOWN_ID, "Unknown agencyOfficeId")]
    return require_known(tx, [Reference(Kind.OFFICE, office_id, "agencyOfficeId")], checks=checks)
