"""What has changed since somebody last looked: every change of an organization in the order of the commits, each once.

Whoever looks is handed a token and shows it the next time.  The token holds the mark of a moment
(`Flavour.present_mark`); what was not visible at that mark and is visible now is new, whoever was writing at the time
and in whatever order they came to an end.  A long batch is handed out page by page: its later pages look no further
than its first.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from msgspec import Struct

from askare.kernel.change import Change
from askare.kernel.problems import Invalid, Wrong
from askare.kernel.time import instant_of, milliseconds
from askare.storage.flavour import Flavour
from askare.storage.marks import present_mark
from askare.storage.transactions import Row, Transaction

TOKEN_LETTERS_MAX = 4_000


class Changed(Struct, frozen=True):
    """One change: of what, how, when, and which version it made.  `before` and `after` are documents."""

    kind: str
    thing_id: UUID
    change: Change
    at: datetime
    version: int
    before: str | None
    after: str | None


class _Token(Struct, frozen=True, array_like=True):
    """What a token holds.

    `seen` is the mark up to which everything was handed out; `upto` that of a batch of which `position` was the last
    so far, empty between batches.  `last` and `stamp` name the newest change that was there: a database that does
    not know it is another one.
    """

    seen: str
    upto: str
    position: int
    last: int
    stamp: str
    issued: int


_decoder = msgspec.json.Decoder(_Token)


def changes_since(
    tx: Transaction, token: str, *, kinds: Sequence[str], limit: int, now: datetime, kept_for: timedelta
) -> tuple[list[Changed], str]:
    """At most `limit` changes of these kinds after those that the token stands for (empty: from the beginning of
    what is kept), and the token for those after them.  None left means an empty list.

    Raises Invalid (`since`) for a token that is not ours, that is older than what is kept, or that was made before
    the database was restored from a backup.
    """
    flavour = tx.flavour
    seen = _read(token, flavour) if token else _Token(flavour.first_mark, "", 0, 0, "", milliseconds(now))
    if milliseconds(now) - seen.issued > kept_for / timedelta(milliseconds=1):
        raise _bad(f"The token is older than {kept_for.days} days, and what it has not seen may be gone")
    _require_known(tx, seen)
    upto = seen.upto or present_mark(tx)
    rows = _rows(tx, seen, upto, kinds, limit)
    last, stamp = _newest(tx) or (seen.last, seen.stamp)
    if len(rows) < limit:
        following = _Token(upto, "", 0, last, stamp, milliseconds(now))
    else:
        following = _Token(seen.seen, upto, rows[-1][0], last, stamp, milliseconds(now))
    changed = [
        Changed(kind, UUID(bytes=bytes(thing)), Change(change), instant_of(at), version, before, after)
        for _, kind, thing, change, at, version, before, after in rows
    ]
    if not changed and seen.upto:  # the batch ended with the page before; there may be another one already
        return changes_since(tx, _write(following), kinds=kinds, limit=limit, now=now, kept_for=kept_for)
    return changed, _write(following)


def _rows(tx: Transaction, seen: _Token, upto: str, kinds: Sequence[str], limit: int) -> list[Row]:
    if not kinds:
        return []
    named = {f"kind{number}": kind for number, kind in enumerate(kinds)}
    return tx.rows(
        "SELECT seq, kind, thing_id, change, at, version, before, after FROM history"
        f" WHERE organization_no = :organization AND {tx.flavour.since_mark} AND {tx.flavour.until_mark}"
        f" AND seq > :position AND kind IN ({', '.join(f':{name}' for name in named)})"
        " ORDER BY seq LIMIT :limit",
        organization=tx.organization_no,
        mark=seen.seen,
        until=upto,
        position=seen.position,
        limit=limit,
        **named,
    )


def _newest(tx: Transaction) -> tuple[int, str] | None:
    row = tx.row(f"SELECT seq, {tx.flavour.commit_stamp} FROM history ORDER BY seq DESC LIMIT 1")
    return None if row is None else (row[0], row[1])


def _require_known(tx: Transaction, seen: _Token) -> None:
    if not seen.last:
        return
    row = tx.row(f"SELECT {tx.flavour.commit_stamp} FROM history WHERE seq = :last", last=seen.last)
    if row is None:
        # Swept away for its age, or never there: what is swept away is older than all that is left.
        oldest = tx.row("SELECT min(seq) FROM history")
        is_known = oldest is not None and oldest[0] is not None and oldest[0] > seen.last
    else:
        is_known = row[0] == seen.stamp
    if not is_known:
        raise _bad("The token belongs to another state of the database, from before a backup was restored")


def _write(token: _Token) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(token)).decode().rstrip("=")


def _read(token: str, flavour: Flavour) -> _Token:
    if len(token) > TOKEN_LETTERS_MAX:
        raise _bad("The token is not one of ours")
    try:
        read = _decoder.decode(base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise _bad("The token is not one of ours") from None
    is_sound = (
        flavour.is_mark(read.seen)
        and (not read.upto or flavour.is_mark(read.upto))
        and 0 <= read.position < 2**63
        and 0 <= read.last < 2**63
    )
    if not is_sound:
        raise _bad("The token is not one of ours")
    return read


def _bad(why: str) -> Invalid:
    return Invalid.in_parameters("since", Wrong.TYPE, f"{why}; leave since out to start anew")
