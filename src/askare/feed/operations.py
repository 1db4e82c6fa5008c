"""Telling what has changed since the caller last asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from askare.feed import rules
from askare.kernel.change import Change
from askare.storage.changes import changes_since
from askare.storage.transactions import Transaction


class Told(Struct, frozen=True, rename="camel"):
    """One change as a client is told of it."""

    kind: str
    id: UUID
    change: Change
    at: datetime
    version: int


class Batch(Struct, frozen=True):
    """Some changes, and the token for those after them.  No changes: nothing more has happened."""

    changes: list[Told]
    token: str


def changes(
    tx: Transaction, token: str, *, kinds: Sequence[str], limit: int, now: datetime, kept_for: timedelta
) -> Batch:
    """At most `limit` changes that the caller may know of, after those that the token stands for.

    An empty token starts with the oldest that is kept.  Raises Invalid (`since`) for a token that does not hold.
    """

    told: list[Told] = []
    while not told:
        found, token = changes_since(tx, token, kinds=kinds, limit=limit, now=now, kept_for=kept_for)
        if not found:
            break
        for one in found:
            was, present = (
                rules.is_visible(tx.caller, one.kind, _decoded(document)) for document in (one.before, one.after)
            )
            change = rules.change_told(was_visible=was, is_visible=present)
            if change is not None:
                told.append(Told(one.kind, one.thing_id, change, one.at, one.version))
    return Batch(told, token)


def _decoded(document: str | None) -> dict[str, Any] | None:
    return None if document is None else msgspec.json.decode(document)
