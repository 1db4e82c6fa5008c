"""Taking many things in from a file: row by row, with everything that is wrong with each, and never twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum
from itertools import islice
from typing import Any, Protocol
from uuid import UUID

import msgspec
from msgspec import Struct, structs

from askare.directory import operations as directory
from askare.directory import rules as directory_rules
from askare.directory import store as directory_store
from askare.directory.model import CONTENT_OF, ID_FIELDS, Kind
from askare.directory.references import Checks
from askare.exchange.columns import CONTENTS
from askare.exchange.files import Row, Source
from askare.kernel.caller import Caller
from askare.kernel.problems import Fault, Invalid, Problem, Refused, Wrong
from askare.realties import operations as realties
from askare.realties import store as realty_store
from askare.storage.desk import Database
from askare.storage.seen import Seen
from askare.storage.transactions import Transaction

# Rows a transaction: enough that a flush and each page of an index are shared by many, few enough that nobody else
# waits long for the writer.  Where nobody else is there to wait, they may be more.
ROWS_AT_ONCE = 500
ROWS_AT_ONCE_ALONE = 2_000


class Fate(Enum):
    """What becomes of a row."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    FAULTY = "faulty"


class Outcome(Struct, frozen=True):
    """What became of a row, or would: which fields changed, or every fault that keeps it out."""

    row: Row
    fate: Fate
    fields: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def trouble(self) -> str:
        """All its faults in one line."""
        return "; ".join(f"{fault.target}: {fault.message}" if fault.target else fault.message for fault in self.faults)


class Typed(Protocol):
    """Reads a plain value as what is wanted, or says every fault in it.  Handed in, for it is how the wire reads."""

    def __call__(self, value: Any, wanted: Any, /) -> Any: ...


class Loading(Struct, frozen=True, kw_only=True):
    """How a file is to be loaded: what its rows are, for whom, and how they are read.

    `plain` makes a plain value of a JSON text and refuses what no dialect takes.
    """

    kind: Kind
    caller: Caller
    typed: Typed
    plain: Callable[[bytes], Any]
    checks: Checks
    phone_region: str
    dry_run: bool


class _Undone(Exception):
    """Nothing of a dry run stays; this carries what it found out of the transaction."""

    def __init__(self, outcomes: list[Outcome]) -> None:
        super().__init__("a dry run")
        self.outcomes = outcomes


def load(database: Database, source: Source, how: Loading, *, now: Callable[[], datetime]) -> Iterator[Outcome]:
    """Load a file, a few hundred rows a transaction, and tell of each row what became of it.

    What was told of is on the disk.  A row that is faulty keeps no other out; a broken-off load can simply be run
    again.
    """
    rows = source.rows()
    with Seen() as seen:
        while chunk := list(islice(rows, ROWS_AT_ONCE if database.others() else ROWS_AT_ONCE_ALONE)):
            read = [_read(row, how) for row in chunk]
            ready = _without_repeated(read, seen, ID_FIELDS[how.kind])
            yield from _write(database, ready, how, now())


def _without_repeated(read: Sequence[_Ready], seen: Seen, id_field: str) -> list[_Ready]:
    """The rows, those faulty whose thing an earlier row of the file has made already."""
    told = [(one.thing_id.bytes, one.row.number) for one in read if one.thing_id is not None]
    first = iter(seen.first_places(told))
    ready = []
    for one in read:
        if one.thing_id is not None and (before := next(first)) != one.row.number:
            fault = Fault(id_field, Wrong.STATE, f"row {before} has the same {id_field}")
            one = structs.replace(one, faults=(*one.faults, fault))
        ready.append(one)
    return ready


class _Ready(Struct, frozen=True):
    """A row whose value could be read, or what is wrong with it."""

    row: Row
    thing_id: UUID | None = None
    content: Any = None
    faults: tuple[Fault, ...] = ()


def _read(row: Row, how: Loading) -> _Ready:
    if row.trouble:
        return _Ready(row, faults=(Fault("", Wrong.TYPE, row.trouble),))
    thing = row.thing
    if isinstance(thing, msgspec.Raw):
        try:
            thing = how.plain(bytes(thing))
        except Invalid as problem:
            return _Ready(row, faults=tuple(problem.body))
        except Problem as problem:
            return _Ready(row, faults=(Fault("", Wrong.TYPE, problem.reason),))
        if not isinstance(thing, dict):
            return _Ready(row, faults=(Fault("", Wrong.TYPE, "must be an object"),))
    faults: list[Fault] = []
    id_field = ID_FIELDS[how.kind]
    thing_id = _id_of(thing, id_field, how, faults)
    content = how.typed(thing, CONTENTS[how.kind])
    if isinstance(content, list):
        faults += content
    elif how.kind in CONTENT_OF:
        faults += directory_rules.faults_of(content)
    return _Ready(row, thing_id, content, tuple(faults))


def _id_of(thing: dict[str, Any], field: str, how: Loading, faults: list[Fault]) -> UUID | None:
    value = thing.get(field)
    if value is None:
        faults.append(Fault(field, Wrong.MISSING, f"Mandatory field {field} is missing"))
        return None
    thing_id: UUID | list[Fault] = how.typed(value, UUID)
    if isinstance(thing_id, list):
        faults += [Fault(field, fault.wrong, fault.message) for fault in thing_id]
        return None
    return thing_id


def _write(database: Database, ready: Sequence[_Ready], how: Loading, now: datetime) -> list[Outcome]:
    sound = {one.thing_id: one.content for one in ready if one.thing_id is not None and not one.faults}

    def write(tx: Transaction) -> list[Outcome]:
        before = _present(tx, how.kind, sound) if how.dry_run else {}
        saved = _put(tx, sound, how, now)
        outcomes = [_outcome(one, saved, before) for one in ready]
        if how.dry_run:
            raise _Undone(outcomes)
        return outcomes

    try:
        return database.write(write, how.caller)
    except _Undone as undone:
        return undone.outcomes


def _put(
    tx: Transaction, contents: dict[UUID, Any], how: Loading, now: datetime
) -> Mapping[UUID, directory.Saved | realties.Saved | Problem]:
    if how.kind is Kind.REALTY:
        return realties.put_realties(tx, contents, checks=how.checks, now=now)
    return directory.put_entries(tx, how.kind, contents, checks=how.checks, phone_region=how.phone_region, now=now)


def _outcome(
    one: _Ready, outcomes: Mapping[UUID, directory.Saved | realties.Saved | Problem], before: Mapping[UUID, Any]
) -> Outcome:
    if one.faults or one.thing_id is None:
        return Outcome(one.row, Fate.FAULTY, faults=one.faults)
    saved = outcomes[one.thing_id]
    if isinstance(saved, Problem):
        return Outcome(one.row, Fate.FAULTY, faults=_faults(saved))
    if saved.is_new:
        return Outcome(one.row, Fate.NEW)
    if not saved.is_changed:
        return Outcome(one.row, Fate.UNCHANGED)
    return Outcome(one.row, Fate.CHANGED, fields=_changed(before.get(one.thing_id), one.content))


def _faults(problem: Problem) -> tuple[Fault, ...]:
    if isinstance(problem, Invalid):
        return tuple(problem.body)
    if isinstance(problem, Refused) and problem.faults:
        return tuple(problem.faults)
    return (Fault("", Wrong.STATE, problem.reason),)


def _present(tx: Transaction, kind: Kind, thing_ids: Iterable[UUID]) -> dict[UUID, Any]:
    """What is said of things now."""
    if kind is Kind.REALTY:
        return {one: found.realty.content for one, found in realty_store.find_all(tx, thing_ids).items()}
    return {one: found.entry.content for one, found in directory_store.find_all(tx, kind, thing_ids).items()}


def _changed(before: Any, after: Any) -> tuple[str, ...]:
    """The fields in which two contents differ."""
    if before is None:
        return ()
    old, new = msgspec.to_builtins(before), msgspec.to_builtins(after)
    return tuple(sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name)))
