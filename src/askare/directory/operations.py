"""What can be done with the directory: load, decide, save.  Every function runs inside one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from msgspec import Struct

from askare.access.model import Organization
from askare.directory import rules, store
from askare.directory.model import (
    ID_FIELDS,
    AgentContent,
    Content,
    DirectoryFilter,
    Entry,
    Kind,
    OfficeContent,
    OperatorContent,
    display_name,
)
from askare.directory.references import Checks, Reference, require_known
from askare.jobs import outbox
from askare.jobs.kinds import Kind as Job
from askare.jobs.outbox import HOUSE_USER
from askare.kernel.caller import Caller, Role
from askare.kernel.paging import Order, Page, Window
from askare.kernel.problems import Fault, Invalid, NotFound, Refused, Wrong
from askare.kernel.versions import NO_CONDITION, Precondition
from askare.storage import history
from askare.storage.history import Change
from askare.storage.transactions import Transaction, on_behalf_of

NAMES = "names"  # what the promise to make new names known is about: one promise for all of an organization's
# A thing that is being written at this moment may still say the old name; by then it is on its shelf.
A_MOMENT = timedelta(seconds=1)


class Saved(Struct, frozen=True):
    """What became of an entry: its present version, and whether it is new."""

    version: int
    is_new: bool
    is_changed: bool


class Found(Struct, frozen=True):
    """An entry's document and version."""

    document: str
    version: int


def get_entry(tx: Transaction, kind: Kind, thing_id: UUID) -> Found:
    """Raises NotFound for an entry that does not exist for the caller."""
    found = store.find(tx, kind, thing_id)
    if found is None or not sees(tx.caller, found[1]):
        raise NotFound(kind.value, ID_FIELDS[kind])
    return Found(found[2], found[1].version)


def put_entry(
    tx: Transaction,
    kind: Kind,
    thing_id: UUID,
    content: Content,
    *,
    precondition: Precondition = NO_CONDITION,
    checks: Checks = Checks.OFF,
    phone_region: str = rules.PHONE_REGION,
    now: datetime,
) -> Saved:
    """Make an entry, or replace what is said of one.  A PUT that changes nothing leaves version and times alone.

    Raises Invalid for what is wrong with the content; Conflict when the precondition does not hold; NotFound for an
    entry that others have and the caller does not see; Refused for a code or extension that somebody else has.
    """
    if faults := rules.faults_of(content):
        raise Invalid(body=faults)
    found = store.find(tx, kind, thing_id, lock=True)
    if found is None and tx.flavour.row_lock:  # with one writer at a time nobody else is making it
        store.claim(tx, kind, thing_id)
        found = store.find(tx, kind, thing_id, lock=True)
    if found is not None and not sees(tx.caller, found[1]):
        raise NotFound(kind.value, ID_FIELDS[kind])
    precondition.require(found[1].version if found is not None else None)
    if faults := _unknown_offices(tx, content, found[1].content if found else None, checks):
        raise Invalid(body=faults)
    phone = content.phone
    phone_e164 = rules.normalised_phone(phone, phone_region) if phone is not None else None
    if found is None:
        return _create(tx, kind, thing_id, content, phone_e164=phone_e164, now=now)
    entry_no, stored, before = found
    if not rules.differs(stored.content, content) and stored.phone_e164 == phone_e164:
        return Saved(stored.version, is_new=False, is_changed=False)
    changed = msgspec.structs.replace(
        stored, version=stored.version + 1, content=content, modified=now, phone_e164=phone_e164
    )
    if isinstance(content, OperatorContent):
        store.free_keys(tx, _keys(stored.content))
        _take_keys(tx, thing_id, content)
    after = store.replace(tx, entry_no, stored, changed, text=rules.searched_text(content, phone_e164=phone_e164))
    make_known(tx, kind, thing_id, display_name(content), before=display_name(stored.content), now=now)
    history.record(
        tx, kind.value, thing_id, Change.UPDATED, version=changed.version, at=now, before=before, after=after
    )
    return Saved(changed.version, is_new=False, is_changed=True)


def _create(
    tx: Transaction, kind: Kind, thing_id: UUID, content: Content, *, phone_e164: str | None, now: datetime
) -> Saved:
    version = history.next_version(tx, kind.value, thing_id)
    number = None
    if isinstance(content, OperatorContent):
        number = number_of_user(tx, thing_id)
        _take_keys(tx, thing_id, content)
    entry = Entry(kind, thing_id, version, content, created=now, modified=now, phone_e164=phone_e164, number=number)
    after = store.insert(tx, entry, text=rules.searched_text(content, phone_e164=phone_e164))
    make_known(tx, kind, thing_id, display_name(content), before=None, now=now)
    history.record(tx, kind.value, thing_id, Change.CREATED, version=version, at=now, after=after)
    return Saved(version, is_new=True, is_changed=True)


def _unknown_offices(tx: Transaction, content: Content, stored: Content | None, checks: Checks) -> list[Fault]:
    """Offices of an agent that are new and that nobody knows."""
    if not isinstance(content, AgentContent):
        return []
    kept = frozenset(stored.agency_office_ids) if isinstance(stored, AgentContent) else frozenset()
    references = [
        Reference(Kind.OFFICE, office_id, f"agencyOfficeIds[{at}]")
        for at, office_id in enumerate(content.agency_office_ids)
        if office_id not in kept
    ]
    return require_known(tx, references, checks=checks)


def delete_entry(
    tx: Transaction, kind: Kind, thing_id: UUID, *, precondition: Precondition = NO_CONDITION, now: datetime
) -> None:
    """Take an entry out of the directory; what points at it stays.  Raises NotFound and Conflict."""
    found = store.find(tx, kind, thing_id, lock=True)
    if found is None or not sees(tx.caller, found[1]):
        raise NotFound(kind.value, ID_FIELDS[kind])
    entry_no, stored, before = found
    precondition.require(stored.version)
    store.free_keys(tx, _keys(stored.content))
    store.delete(tx, entry_no, stored)
    make_known(tx, kind, thing_id, None, before=display_name(stored.content), now=now)
    history.record(tx, kind.value, thing_id, Change.DELETED, version=stored.version + 1, at=now, before=before)


def sees(caller: Caller, entry: Entry) -> bool:
    """Whether an entry exists for the caller.  Parties and operators belong to the whole organization."""
    if caller.office_ids is None:
        return True
    if entry.kind is Kind.OFFICE:
        return entry.thing_id in caller.office_ids
    if isinstance(entry.content, AgentContent):
        return not caller.office_ids.isdisjoint(entry.content.agency_office_ids)
    return True


def ensure_office(tx: Transaction, organization: Organization, office_id: UUID, *, now: datetime) -> None:
    """Have an entry for the office; a new one is called by the beginning of its id until somebody names it.

    In a transaction of the house itself.
    """
    house = Caller(organization.organization_no, organization.organization_id, HOUSE_USER, Role.ADMIN)
    inside = on_behalf_of(tx, house)
    if store.find(inside, Kind.OFFICE, office_id) is None:
        put_entry(inside, Kind.OFFICE, office_id, OfficeContent(name=f"Office {str(office_id)[:8]}"), now=now)


def search_entries(tx: Transaction, wanted: DirectoryFilter, *, orders: Sequence[Order], window: Window) -> Page[bytes]:
    """The documents seen through the window, and how many entries the filter finds in all."""
    return store.search_entries(tx, wanted, orders, window)


# Names -----------------------------------------------------------------------------------------------------------


def make_known(
    tx: Transaction, kind: Kind, thing_id: UUID, name: str | None, *, before: str | None, now: datetime
) -> None:
    """Have a thing known by this name (None: no longer), and what names it found by it soon."""
    if name == before:
        return
    if name is None:
        store.delete_name(tx, kind, thing_id)
    else:
        store.put_name(tx, kind, thing_id, name)
    store.note_renamed(tx, kind, thing_id)
    outbox.promise(tx, Job.RENAME, NAMES, due=now + A_MOMENT)


# Operators -------------------------------------------------------------------------------------------------------


def number_of_user(tx: Transaction, user_id: UUID) -> int:
    """The small integer by which call tasks know a user of the caller's organization; given now when there is none."""
    while (number := store.number_of_user(tx, user_id)) is None:
        store.insert_user_number(tx, user_id)
    return number


def _keys(content: Content) -> list[tuple[int, str]]:
    """The code and the extension of an operator, by which the telephone exchange names them."""
    if not isinstance(content, OperatorContent):
        return []
    keys = [(store.CODE, content.code), (store.EXTENSION, content.extension)]
    return [(kind, key) for kind, key in keys if key is not None]


_KEY_FIELDS = {store.CODE: "code", store.EXTENSION: "extension"}


def _take_keys(tx: Transaction, user_id: UUID, content: OperatorContent) -> None:
    taken = [
        Fault(_KEY_FIELDS[kind], Wrong.STATE, f"another operator has this {_KEY_FIELDS[kind]} already")
        for kind, key in _keys(content)
        if not store.take_key(tx, kind, key, user_id)
    ]
    if taken:
        raise Refused("Codes and extensions each belong to one operator only.", taken)
