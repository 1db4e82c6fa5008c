"""Marks of moments, and what was changed since one: by them a process knows whether what it remembers is still true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from askare.storage.flavour import Flavour
    from askare.storage.transactions import Row, Transaction


def present_mark(tx: Transaction) -> str:
    """A mark of the moment that this transaction looks at."""
    if tx.known_mark is not None:
        return tx.known_mark
    row = tx.row(tx.flavour.present_mark)
    assert row is not None  # noqa: S101  -- an aggregate without GROUP BY always has a row
    mark = str(row[0])
    if tx.only_looks:
        tx.known_mark = mark
    return mark


def changed_since(tx: Transaction, kind: str, mark: str, *, limit: int) -> list[tuple[str | None, str | None]]:
    """The documents before and after of at most `limit` changes since the mark, to things of a kind that the caller's
    organization has; in no particular order."""
    return [
        (before, after)
        for before, after in tx.rows(
            "SELECT before, after FROM history"
            f" WHERE {tx.flavour.since_mark} AND organization_no = :organization AND kind = :kind LIMIT :limit",
            mark=mark,
            organization=tx.organization_no,
            kind=kind,
            limit=limit,
        )
    ]


def things_changed_since(tx: Transaction, kind: str, mark: str, *, limit: int) -> set[bytes] | None:
    """The ids of the things of a kind that were created or updated since the mark; None when there were more than
    `limit` changes, or when one was a deletion."""
    changes = tx.rows(
        "SELECT thing_id, change FROM history"
        f" WHERE {tx.flavour.since_mark} AND organization_no = :organization AND kind = :kind LIMIT :limit",
        mark=mark,
        organization=tx.organization_no,
        kind=kind,
        limit=limit + 1,
    )
    if len(changes) > limit or any(change == "deleted" for _, change in changes):
        return None
    return {bytes(thing_id) for thing_id, _ in changes}


class Way(Struct, frozen=True):
    """How far somebody has come who is told of all changes, a bounded number at a time.

    What was visible at the mark `seen` lies behind them.  Between two rounds also, of what came after it and was
    visible at `upto`, whatever has a number up to `position`.
    """

    seen: str
    upto: str = ""
    position: int = 0

    def __str__(self) -> str:
        return f"{self.seen}/{self.upto}/{self.position}" if self.upto else self.seen


def way_of(text: str, flavour: Flavour) -> Way | None:
    """The way that was written as this text; None when it is none."""
    seen, *halfway = text.split("/")
    if not flavour.is_mark(seen):
        return None
    if not halfway:
        return Way(seen)
    upto, position = halfway if len(halfway) == 2 else ("", "")
    if not flavour.is_mark(upto) or not (position.isascii() and position.isdigit() and len(position) < 19):
        return None
    return Way(seen, upto, int(position))


def next_changes(tx: Transaction, kind: str, way: Way, *, limit: int) -> tuple[list[Row], Way]:
    """At most `limit` changes (number, time, document before and after) to things of a kind that the caller's
    organization has, in the order of their numbers, and the way from there; it has an `upto` when there may be more."""
    upto = way.upto or present_mark(tx)
    if upto == way.seen:
        return [], way
    rows = tx.rows(
        "SELECT seq, at, before, after FROM history"
        f" WHERE {tx.flavour.since_mark} AND {tx.flavour.until_mark} AND seq > :position"
        " AND organization_no = :organization AND kind = :kind ORDER BY seq LIMIT :limit",
        mark=way.seen,
        until=upto,
        position=way.position,
        organization=tx.organization_no,
        kind=kind,
        limit=limit,
    )
    return rows, Way(upto) if len(rows) < limit else Way(way.seen, upto, rows[-1][0])
