"""What happened to every thing, kept in the same transaction as the change itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from askare.kernel.change import Change as Change
from askare.kernel.paging import Page, Window
from askare.kernel.time import instant_of, milliseconds
from askare.storage.sql import Conditions, insert_rows
from askare.storage.transactions import Transaction, Value


class Entry(Struct, frozen=True):
    """One line of a thing's history.  `before` and `after` are documents (JSON text), None where there is none."""

    version: int
    change: Change
    at: datetime
    user_id: UUID
    before: str | None
    after: str | None


class Line(Struct, frozen=True, kw_only=True):
    """One change of one thing, to be written into the history of its kind."""

    thing_id: UUID
    change: Change
    version: int
    before: str | None = None
    after: str | None = None


def record(
    tx: Transaction,
    kind: str,
    thing_id: UUID,
    change: Change,
    *,
    version: int,
    at: datetime,
    before: str | None = None,
    after: str | None = None,
) -> None:
    """Write one line of history; for a deletion, the tombstone too."""
    line = Line(thing_id=thing_id, change=change, version=version, before=before, after=after)
    record_all(tx, kind, [line], at=at)


def record_all(tx: Transaction, kind: str, lines: Sequence[Line], *, at: datetime) -> None:
    """Write many lines of history at once; for deletions, the tombstones too."""
    organization, moment, user = tx.organization_no, milliseconds(at), tx.caller.user_id.bytes
    insert_rows(
        tx,
        "history",
        ("organization_no", "kind", "thing_id", "version", "change", "at", "user_id", "before", "after"),
        [
            (
                organization,
                kind,
                line.thing_id.bytes,
                line.version,
                line.change.value,
                moment,
                user,
                line.before,
                line.after,
            )
            for line in lines
        ],
    )
    if gone := [line.thing_id.bytes for line in lines if line.change is Change.DELETED]:
        tx.run_many(
            "INSERT INTO tombstones (organization_no, kind, thing_id, at, user_id)"
            " VALUES (:organization, :kind, :thing, :at, :user)"
            # A client that chooses its ids may make the same thing anew, and delete it again.
            " ON CONFLICT (organization_no, kind, thing_id) DO UPDATE SET at = excluded.at, user_id = excluded.user_id",
            [(organization, kind, thing, moment, user) for thing in gone],
        )


def next_versions(tx: Transaction, kind: str, thing_ids: Collection[UUID]) -> dict[UUID, int]:
    """The first versions of things whose ids the caller has chosen, and which therefore may have lived before.

    They go on counting, so that no version ever names two contents.  Takes their tombstones away.
    """
    if not thing_ids:
        return {}
    conditions = Conditions()
    conditions.add(f"organization_no = {conditions.value(tx.organization_no)}")
    conditions.add(f"kind = {conditions.value(kind)}")
    conditions.add(conditions.among("thing_id", [thing_id.bytes for thing_id in thing_ids]))
    rows = tx.rows(
        f"SELECT thing_id, max(version) FROM history WHERE {conditions} GROUP BY thing_id", **conditions.values
    )
    if rows:
        tx.run(f"DELETE FROM tombstones WHERE {conditions}", **conditions.values)
    past = {UUID(bytes=bytes(thing)): int(version) for thing, version in rows}
    return {thing_id: past.get(thing_id, 0) + 1 for thing_id in thing_ids}


def of_thing(tx: Transaction, kind: str, thing_id: UUID, *, after_version: int = 0) -> list[Entry]:
    """The history of one thing of the caller's organization, of what came after a version of it, oldest first."""
    return [
        Entry(version, Change(change), instant_of(at), UUID(bytes=user), before, after)
        for version, change, at, user, before, after in tx.rows(
            "SELECT version, change, at, user_id, before, after FROM history"
            " WHERE organization_no = :organization AND kind = :kind AND thing_id = :thing AND version > :after"
            " ORDER BY version, seq",
            organization=tx.organization_no,
            kind=kind,
            thing=thing_id.bytes,
            after=after_version,
        )
    ]


def page_of_thing(tx: Transaction, kind: str, thing_id: UUID, window: Window) -> Page[Entry]:
    """Some of the history of one thing of the caller's organization, newest first, and how much there is."""
    which = "organization_no = :organization AND kind = :kind AND thing_id = :thing"
    asked: dict[str, Value] = {"organization": tx.organization_no, "kind": kind, "thing": thing_id.bytes}
    counted = tx.row(f"SELECT count(*) FROM history WHERE {which}", **asked)
    rows = tx.rows(
        f"SELECT version, change, at, user_id, before, after FROM history WHERE {which}"
        " ORDER BY version DESC, seq DESC LIMIT :size OFFSET :start",
        size=window.size,
        start=window.start,
        **asked,
    )
    entries = [
        Entry(version, Change(change), instant_of(at), UUID(bytes=bytes(user)), before, after)
        for version, change, at, user, before, after in rows
    ]
    return Page(entries, counted[0] if counted else 0)


def reword(tx: Transaction, kind: str, thing_id: UUID, word: Callable[[str], str]) -> None:
    """Put every document in a thing's history through `word`: what has to be forgotten is forgotten there too."""
    rows = tx.rows(
        "SELECT seq, before, after FROM history"
        " WHERE organization_no = :organization AND kind = :kind AND thing_id = :thing",
        organization=tx.organization_no,
        kind=kind,
        thing=thing_id.bytes,
    )
    for seq, before, after in rows:
        tx.run(
            "UPDATE history SET before = :before, after = :after WHERE seq = :seq",
            seq=seq,
            before=None if before is None else word(before),
            after=None if after is None else word(after),
        )


def last_document(tx: Transaction, kind: str, thing_id: UUID) -> str | None:
    """How a thing of the caller's organization is now, or was before it was deleted; None when there never was one."""
    row = tx.row(
        "SELECT coalesce(after, before) FROM history"
        " WHERE organization_no = :organization AND kind = :kind AND thing_id = :thing"
        " ORDER BY version DESC, seq DESC LIMIT 1",
        organization=tx.organization_no,
        kind=kind,
        thing=thing_id.bytes,
    )
    return None if row is None else row[0]


def is_tombstone(tx: Transaction, kind: str, thing_id: UUID) -> bool:
    """Whether a thing of this id was deleted and is still remembered."""
    return (
        tx.row(
            "SELECT 1 FROM tombstones WHERE organization_no = :organization AND kind = :kind AND thing_id = :thing",
            organization=tx.organization_no,
            kind=kind,
            thing=thing_id.bytes,
        )
        is not None
    )
