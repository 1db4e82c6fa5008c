"""What can be done with realties: load, decide, save, promise.  Every function runs inside one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from askare.directory import operations as directory
from askare.directory import store as names
from askare.directory.model import Kind
from askare.directory.operations import Naming
from askare.directory.references import Checks, Reference, require_all_known
from askare.jobs import outbox
from askare.jobs.kinds import Kind as Job
from askare.kernel.paging import Order, Page, Window
from askare.kernel.problems import Conflict, Fault, Invalid, NotFound, Problem, Wrong
from askare.kernel.versions import NO_CONDITION, Found, Precondition
from askare.realties import rules, store
from askare.realties.model import Realty, RealtyContent, RealtyFilter
from askare.realties.store import Stored
from askare.storage import history
from askare.storage.history import Change, Line
from askare.storage.transactions import Transaction

KIND = Kind.REALTY.value


class Saved(Struct, frozen=True):
    """What became of a realty: its present version, whether it is new, and whether anything changed."""

    version: int
    is_new: bool
    is_changed: bool


def get_realty(tx: Transaction, realty_id: UUID) -> Found:
    """Raises NotFound for a realty that does not exist for the caller."""
    found = store.find(tx, realty_id)
    if found is None or not _sees(tx, found.realty.content):
        raise NotFound(KIND, "realtyId")
    return Found(found.document, found.realty.version)


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
    outcomes = put_realties(tx, {realty_id: content}, precondition=precondition, checks=checks, now=now)
    outcome = outcomes[realty_id]
    if isinstance(outcome, Problem):
        raise outcome
    return outcome


def put_realties(
    tx: Transaction,
    contents: Mapping[UUID, RealtyContent],
    *,
    precondition: Precondition = NO_CONDITION,
    checks: Checks = Checks.OFF,
    now: datetime,
) -> dict[UUID, Saved | Problem]:
    """Put many realties, each as `put_realty` does, with a few statements for all of them.

    Answers for each what became of it, or the problem that kept it out; that one keeps out no other.
    """
    stored = store.find_all(tx, contents, lock=True)
    claimed = contents.keys() - stored.keys() if tx.flavour.row_lock else frozenset[UUID]()
    if claimed:  # with one writer at a time nobody else is making them
        names.claim(tx, Kind.REALTY, claimed)
        stored |= store.find_all(tx, claimed, lock=True)
    faulty = _faults(tx, contents, stored, checks)
    outcomes: dict[UUID, Saved | Problem] = {}
    new: list[Realty] = []
    changed: list[tuple[Stored, Realty]] = []
    for realty_id, content in contents.items():
        found = stored.get(realty_id)
        try:
            if found is not None and not _sees(tx, found.realty.content):
                raise NotFound(KIND, "realtyId")
            precondition.require(found.realty.version if found is not None else None)
            if faults := faulty[realty_id]:
                raise Invalid(body=faults)
        except (Invalid, NotFound, Conflict) as problem:
            outcomes[realty_id] = problem
            continue
        if found is None:
            new.append(Realty(realty_id, 1, content, created=now, modified=now))
        elif content == found.realty.content:
            outcomes[realty_id] = Saved(found.realty.version, is_new=False, is_changed=False)
        else:
            version = found.realty.version + 1
            changed.append(
                (found, msgspec.structs.replace(found.realty, version=version, content=content, modified=now))
            )
            outcomes[realty_id] = Saved(version, is_new=False, is_changed=True)
    versions = _save_new(tx, new, now=now)
    _save_changed(tx, changed, now=now)
    to_match = [*versions, *(one.realty_id for found, one in changed if _is_matched_otherwise(found, one))]
    outbox.promise_all(tx, Job.MATCH_REALTY, [str(realty_id) for realty_id in to_match], due=now)
    names.delete_names(tx, Kind.REALTY, {one for one in claimed if one in outcomes} - stored.keys())
    return outcomes | {
        realty_id: Saved(version, is_new=True, is_changed=True) for realty_id, version in versions.items()
    }


def _is_matched_otherwise(before: Stored, after: Realty) -> bool:
    return rules.differs_in_matching(before.realty.content, after.content)


def _save_new(tx: Transaction, new: Sequence[Realty], *, now: datetime) -> dict[UUID, int]:
    """Keep new realties; returns their versions."""
    versions = history.next_versions(tx, KIND, [realty.realty_id for realty in new])
    new = [msgspec.structs.replace(realty, version=versions[realty.realty_id]) for realty in new]
    documents = store.insert_all(tx, new)
    directory.make_all_known(
        tx,
        Kind.REALTY,
        [Naming(realty.realty_id, None, rules.name_of(realty.content)) for realty in new],
        now=now,
    )
    lines = [
        Line(thing_id=realty.realty_id, change=Change.CREATED, version=realty.version, after=document)
        for realty, document in zip(new, documents, strict=True)
    ]
    history.record_all(tx, KIND, lines, at=now)
    return versions


def _save_changed(tx: Transaction, changed: Sequence[tuple[Stored, Realty]], *, now: datetime) -> None:
    documents = store.replace_all(tx, changed)
    namings = [
        Naming(after.realty_id, rules.name_of(before.realty.content), rules.name_of(after.content))
        for before, after in changed
    ]
    directory.make_all_known(tx, Kind.REALTY, namings, now=now)
    lines = [
        Line(
            thing_id=after.realty_id,
            change=Change.UPDATED,
            version=after.version,
            before=before.document,
            after=document,
        )
        for (before, after), document in zip(changed, documents, strict=True)
    ]
    history.record_all(tx, KIND, lines, at=now)


def delete_realty(
    tx: Transaction, realty_id: UUID, *, precondition: Precondition = NO_CONDITION, now: datetime
) -> None:
    """Take a realty out; what points at it stays.  Raises NotFound and Conflict."""
    found = store.find(tx, realty_id, lock=True)
    if found is None or not _sees(tx, found.realty.content):
        raise NotFound(KIND, "realtyId")
    kept = found.realty
    precondition.require(kept.version)
    store.delete(tx, found)
    directory.make_known(tx, Kind.REALTY, realty_id, None, before=rules.name_of(kept.content), now=now)
    history.record(tx, KIND, realty_id, Change.DELETED, version=kept.version + 1, at=now, before=found.document)
    outbox.withdraw(tx, Job.MATCH_REALTY, str(realty_id))


def search_realties(tx: Transaction, wanted: RealtyFilter, *, orders: Sequence[Order], window: Window) -> Page[bytes]:
    """The documents seen through the window, and how many realties the filter finds in all."""
    return store.search_realties(tx, wanted, orders, window)


def _sees(tx: Transaction, content: RealtyContent) -> bool:
    """A realty without an office belongs to the whole organization."""
    return content.agency_office_id is None or tx.caller.sees_office(content.agency_office_id)


def _faults(
    tx: Transaction, contents: Mapping[UUID, RealtyContent], stored: Mapping[UUID, Stored], checks: Checks
) -> dict[UUID, list[Fault]]:
    """What is wrong with the offices that realties come to."""
    faults: dict[UUID, list[Fault]] = {}
    references: dict[UUID, list[Reference]] = {}
    for realty_id, content in contents.items():
        office_id, found = content.agency_office_id, stored.get(realty_id)
        if office_id is None or (found is not None and office_id == found.realty.content.agency_office_id):
            faults[realty_id] = []
        elif not tx.caller.sees_office(office_id):
            faults[realty_id] = [Fault("agencyOfficeId", Wrong.UNKNOWN_ID, "Unknown agencyOfficeId")]
        else:
            references[realty_id] = [Reference(Kind.OFFICE, office_id, "agencyOfficeId")]
    return faults | require_all_known(tx, references, checks=checks)
