"""One effect a key: a POST that is sent again under the same `Idempotency-Key` is answered, not repeated.

The key is written in the transaction of the effect itself.  While the first request still runs, the second waits:
behind it in the writer's queue on SQLite, on the key's row on PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from askare.kernel.problems import Invalid, Wrong
from askare.kernel.time import milliseconds
from askare.storage.transactions import Transaction

Result = TypeVar("Result")

KEPT = timedelta(days=7)
KEY_LETTERS_MAX = 255
SWEPT_AT_ONCE = 1_000


class Once(Struct, frozen=True):
    """The client's key, what it stands for, and the type of the operation's result."""

    key: str
    operation: str
    fingerprint: bytes  # a digest of the request; another request under the same key is a mistake
    result_type: Any
    now: datetime


def once_only(operation: Callable[[Transaction], Result], once: Once) -> Callable[[Transaction], Result]:
    """The operation, carried out at most once for its key; a repetition answers the first result.

    Raises Invalid (REUSED, target `Idempotency-Key`) when the key came with another request before.
    """

    def errand(tx: Transaction) -> Result:
        taken = tx.run(
            "INSERT INTO idempotency_keys (organization_no, user_id, key, operation, fingerprint, result, at)"
            " VALUES (:organization, :user, :key, :operation, :fingerprint, '', :at)"
            " ON CONFLICT DO NOTHING",
            organization=tx.organization_no,
            user=tx.caller.user_id.bytes,
            key=once.key,
            operation=once.operation,
            fingerprint=once.fingerprint,
            at=milliseconds(once.now),
        )
        if not taken:
            return _first_result(tx, once)  # type: ignore[no-any-return]
        result = operation(tx)
        tx.run(
            "UPDATE idempotency_keys SET result = :result"
            " WHERE organization_no = :organization AND user_id = :user AND key = :key",
            result=msgspec.json.encode(result).decode(),
            organization=tx.organization_no,
            user=tx.caller.user_id.bytes,
            key=once.key,
        )
        return result

    return errand


def _first_result(tx: Transaction, once: Once) -> Any:
    row = tx.row(
        "SELECT operation, fingerprint, result FROM idempotency_keys"
        " WHERE organization_no = :organization AND user_id = :user AND key = :key",
        organization=tx.organization_no,
        user=tx.caller.user_id.bytes,
        key=once.key,
    )
    if row is None or (row[0], bytes(row[1])) != (once.operation, once.fingerprint):
        raise Invalid.in_parameters(
            "Idempotency-Key",
            Wrong.REUSED,
            "this key was used for another request; a new request needs a new key",
        )
    return msgspec.json.decode(row[2], type=once.result_type)


def sweep(tx: Transaction, *, now: datetime) -> int:
    """Forget keys older than `KEPT`, at most `SWEPT_AT_ONCE` of them; return how many."""
    return tx.run(
        "DELETE FROM idempotency_keys WHERE (organization_no, user_id, key) IN"
        " (SELECT organization_no, user_id, key FROM idempotency_keys WHERE at < :before LIMIT :limit)",
        before=milliseconds(now - KEPT),
        limit=SWEPT_AT_ONCE,
    )
