"""What can be done with the directory: load, decide, save.  Every function runs inside one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct, structs

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
from askare.directory.references import Checks, Reference, require_all_known
from askare.directory.store import Stored, Texted
from askare.jobs import outbox
from askare.jobs.kinds import Kind as Job
from askare.jobs.outbox import HOUSE_USER
from askare.kernel.caller import Caller, Role
from askare.kernel.paging import Order, Page, Window
from askare.kernel.problems import Conflict, Fault, Invalid, NotFound, Problem, Refused, Wrong
from askare.kernel.versions import NO_CONDITION, Precondition
from askare.storage import history
from askare.storage.history import Change, Line
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
    if found is None or not sees(tx.caller, found.entry):
        raise NotFound(kind.value, ID_FIELDS[kind])
    return Found(found.document, found.entry.version)


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
    outcomes = put_entries(
        tx,
        kind,
        {thing_id: content},
        precondition=precondition,
        checks=checks,
        phone_region=phone_region,
        now=now,
    )
    return taken(outcomes[thing_id])


def taken(outcome: Saved | Problem) -> Saved:
    """What became of the one thing that was put; raises the problem that kept it out."""
    if isinstance(outcome, Problem):
        raise outcome
    return outcome


def put_entries(
    tx: Transaction,
    kind: Kind,
    contents: Mapping[UUID, Content],
    *,
    precondition: Precondition = NO_CONDITION,
    checks: Checks = Checks.OFF,
    phone_region: str = rules.PHONE_REGION,
    now: datetime,
) -> dict[UUID, Saved | Problem]:
    """Put many entries of a kind, each as `put_entry` does, with a few statements for all of them.

    Answers for each what became of it, or the problem that kept it out; that one keeps out no other.
    """
    stored = store.find_all(tx, kind, contents, lock=True)
    claimed = contents.keys() - stored.keys() if tx.flavour.row_lock else frozenset[UUID]()
    if claimed:  # with one writer at a time nobody else is making them
        store.claim(tx, kind, claimed)
        stored |= store.find_all(tx, kind, claimed, lock=True)
    unknown = _unknown_offices(tx, contents, stored, checks)
    outcomes: dict[UUID, Saved | Problem] = {}
    new: list[Texted] = []
    changed: list[tuple[Stored, Texted]] = []
    for thing_id, content in contents.items():
        found = stored.get(thing_id)
        try:
            if faults := rules.faults_of(content):
                raise Invalid(body=faults)
            if found is not None and not sees(tx.caller, found.entry):
                raise NotFound(kind.value, ID_FIELDS[kind])
            precondition.require(found.entry.version if found is not None else None)
            if faults := unknown.get(thing_id, []):
                raise Invalid(body=faults)
            number = None if content.phone is None else rules.phone_number(content.phone, phone_region)
            phone_e164 = None if number is None else number.e164
            if found is None:
                entry = Entry(kind, thing_id, 1, content, created=now, modified=now, phone_e164=phone_e164)
            elif rules.differs(found.entry.content, content) or found.entry.phone_e164 != phone_e164:
                entry = structs.replace(
                    found.entry, version=found.entry.version + 1, content=content, modified=now, phone_e164=phone_e164
                )
            else:
                outcomes[thing_id] = Saved(found.entry.version, is_new=False, is_changed=False)
                continue
            if isinstance(content, OperatorContent):
                entry = _as_operator(tx, found, entry, content)
        except (Invalid, NotFound, Conflict, Refused) as problem:
            outcomes[thing_id] = problem
            continue
        texted = Texted(entry, rules.searched_text(content, number=number))
        if found is None:
            new.append(texted)
        else:
            changed.append((found, texted))
            outcomes[thing_id] = Saved(entry.version, is_new=False, is_changed=True)
    # Nothing is refused from here on: what is remembered of words that are taken in stays true.
    versions = _save_new(tx, kind, new, now=now)
    _save_changed(tx, kind, changed, now=now)
    if stray := {thing_id for thing_id in claimed if isinstance(outcomes.get(thing_id), Problem)} - stored.keys():
        store.delete_names(tx, kind, stray)
    return outcomes | {thing_id: Saved(version, is_new=True, is_changed=True) for thing_id, version in versions.items()}


def _as_operator(tx: Transaction, found: Stored | None, entry: Entry, content: OperatorContent) -> Entry:
    """The operator with their number, code and extension, which are theirs from now on.  Raises Refused."""
    tx.run("SAVEPOINT one_operator")
    try:
        if found is not None:
            store.free_keys(tx, _keys(found.entry.content))
        else:
            entry = structs.replace(entry, number=number_of_user(tx, entry.thing_id))
        _take_keys(tx, entry.thing_id, content)
    except Refused:
        tx.run("ROLLBACK TO SAVEPOINT one_operator")
        tx.run("RELEASE SAVEPOINT one_operator")
        raise
    tx.run("RELEASE SAVEPOINT one_operator")
    return entry


def _save_new(tx: Transaction, kind: Kind, new: Sequence[Texted], *, now: datetime) -> dict[UUID, int]:
    """Keep new entries; returns their versions."""
    versions = history.next_versions(tx, kind.value, [one.entry.thing_id for one in new])
    new = [structs.replace(one, entry=structs.replace(one.entry, version=versions[one.entry.thing_id])) for one in new]
    documents = store.insert_all(tx, kind, new)
    make_all_known(
        tx, kind, [Naming(one.entry.thing_id, None, display_name(one.entry.content)) for one in new], now=now
    )
    lines = [
        Line(thing_id=one.entry.thing_id, change=Change.CREATED, version=one.entry.version, after=document)
        for one, document in zip(new, documents, strict=True)
    ]
    history.record_all(tx, kind.value, lines, at=now)
    return versions


def _save_changed(tx: Transaction, kind: Kind, changed: Sequence[tuple[Stored, Texted]], *, now: datetime) -> None:
    documents = store.replace_all(tx, kind, changed)
    namings = [
        Naming(after.entry.thing_id, display_name(before.entry.content), display_name(after.entry.content))
        for before, after in changed
    ]
    make_all_known(tx, kind, namings, now=now)
    lines = [
        Line(
            thing_id=after.entry.thing_id,
            change=Change.UPDATED,
            version=after.entry.version,
            before=before.document,
            after=document,
        )
        for (before, after), document in zip(changed, documents, strict=True)
    ]
    history.record_all(tx, kind.value, lines, at=now)


def _unknown_offices(
    tx: Transaction, contents: Mapping[UUID, Content], stored: Mapping[UUID, Stored], checks: Checks
) -> Mapping[UUID, list[Fault]]:
    """Offices of agents that are new and that nobody knows."""
    references: dict[UUID, list[Reference]] = {}
    for thing_id, content in contents.items():
        if isinstance(content, AgentContent):
            found = stored.get(thing_id)
            before = None if found is None else found.entry.content
            kept = frozenset(before.agency_office_ids) if isinstance(before, AgentContent) else frozenset()
            references[thing_id] = [
                Reference(Kind.OFFICE, office_id, f"agencyOfficeIds[{at}]")
                for at, office_id in enumerate(content.agency_office_ids)
                if office_id not in kept
            ]
    return require_all_known(tx, references, checks=checks)


def delete_entry(
    tx: Transaction, kind: Kind, thing_id: UUID, *, precondition: Precondition = NO_CONDITION, now: datetime
) -> None:
    """Take an entry out of the directory; what points at it stays.  Raises NotFound and Conflict."""
    found = store.find(tx, kind, thing_id, lock=True)
    if found is None or not sees(tx.caller, found.entry):
        raise NotFound(kind.value, ID_FIELDS[kind])
    stored = found.entry
    precondition.require(stored.version)
    store.free_keys(tx, _keys(stored.content))
    store.delete(tx, found)
    make_known(tx, kind, thing_id, None, before=display_name(stored.content), now=now)
    history.record(tx, kind.value, thing_id, Change.DELETED, version=stored.version + 1, at=now, before=found.document)


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


class Naming(Struct, frozen=True):
    """What a thing was called and is called now; None for one that is not known."""

    thing_id: UUID
    before: str | None
    after: str | None


def make_known(
    tx: Transaction, kind: Kind, thing_id: UUID, name: str | None, *, before: str | None, now: datetime
) -> None:
    """Have a thing known by this name (None: no longer), and what names it found by it soon."""
    make_all_known(tx, kind, [Naming(thing_id, before, name)], now=now)


def make_all_known(tx: Transaction, kind: Kind, namings: Sequence[Naming], *, now: datetime) -> None:
    """Have things known by their new names, and what names them found by those soon."""
    renamed = [naming for naming in namings if naming.before != naming.after]
    if not renamed:
        return
    store.put_names(tx, kind, {naming.thing_id: naming.after for naming in renamed if naming.after is not None})
    store.delete_names(tx, kind, [naming.thing_id for naming in renamed if naming.after is None])
    store.note_renamed(tx, kind, [naming.thing_id for naming in renamed])
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
