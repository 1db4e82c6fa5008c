"""What happened to every thing, kept in the same transaction as the change itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from askare.kernel.change import Change as Change
from askare.kernel.paging import Page, Window
from askare.kernel.time import instant_of, milliseconds
from askare.storage.sql import insert_rows
from askare.storage.transactions import Transaction, Value


class Entry(Struct, frozen=True):
    """One line of a thing's history.  `before` and `after` are documents (JSON text), None where there is none."""

    version: int
    change: Change
    at: datetime
    user_id: UUID
    before: str | None
    after: str | None


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
    user = tx.caller.user_id.bytes
    tx.run(
        "INSERT INTO history (organization_no, kind, thing_id, version, change, at, user_id, before, after)"
        " VALUES (:organization, :kind, :thing, :version, :change, :at, :user, :before, :after)",
        organization=tx.organization_no,
        kind=kind,
        thing=thing_id.bytes,
        version=version,
        change=change.value,
        at=milliseconds(at),
        user=user,
        before=before,
        after=after,
    )
    if change is Change.DELETED:
        tx.run(
            "INSERT INTO tombstones (organization_no, kind, thing_id, at, user_id)"
            " VALUES (:organization, :kind, :thing, :at, :user)"
            # A client that chooses its ids may make the same thing anew, and delete it again.
            " ON CONFLICT (organization_no, kind, thing_id) DO UPDATE SET at = :at, user_id = :user",
            organization=tx.organization_no,
            kind=kind,
            thing=thing_id.bytes,
            at=milliseconds(at),
            user=user,
        )


def record_new(tx: Transaction, kind: str, things: Sequence[tuple[UUID, str]], *, at: datetime) -> None:
    """Write the first line of history of many new things at once, each with its document."""
    user = tx.caller.user_id.bytes
    insert_rows(
        tx,
        "history",
        ("organization_no", "kind", "thing_id", "version", "change", "at", "user_id", "after"),
        [
            (tx.organization_no, kind, thing_id.bytes, 1, Change.CREATED.value, milliseconds(at), user, after)
            for thing_id, after in things
        ],
    )


def next_version(tx: Transaction, kind: str, thing_id: UUID) -> int:
    """The first version of a thing whose id the caller has chosen, and which therefore may have lived before: it goes
    on counting, so that no version ever names two contents.  Takes the tombstone away."""
    row = tx.row(
        "SELECT max(version) FROM history WHERE organization_no = :organization AND kind = :kind AND thing_id = :thing",
        organization=tx.organization_no,
        kind=kind,
        thing=thing_id.bytes,
    )
    if row is None or row[0] is None:
        return 1
    tx.run(
        "DELETE FROM tombstones WHERE organization_no = :organization AND kind = :kind AND thing_id = :thing",
        organization=tx.organization_no,
        kind=kind,
        thing=thing_id.bytes,
    )
    return int(row[0]) + 1


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
