"""Marks of moments, and what was changed since one: by them a process knows whether what it remembers is still true."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from askare.storage.transactions import Transaction


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
