"""What `cleardata` takes away that every server has: history, tombstones, and the ledger of service tasks."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from askare.kernel.time import milliseconds
from askare.storage.transactions import Transaction
from askare.svctasks import ticking


class HistoryClearing(Struct, frozen=True):
    """Who changed what, and what it was before."""

    days: int
    name: str = "history"

    def count(self, tx: Transaction, *, before: datetime) -> int:
        return _counted(
            tx,
            "SELECT count(*) FROM history WHERE organization_no = :organization AND at < :before"
            " AND seq < (SELECT max(seq) FROM history)",
            before,
        )

    def clear(self, tx: Transaction, *, before: datetime, limit: int) -> int:
        # The newest row of all stays, however old: SQLite would give its number again, and whoever remembers that
        # number as the last one seen would take what comes under it for old news.
        return tx.run(
            "DELETE FROM history WHERE seq IN (SELECT seq FROM history WHERE organization_no = :organization"
            " AND at < :before AND seq < (SELECT max(seq) FROM history) ORDER BY seq LIMIT :limit)",
            organization=tx.organization_no,
            before=milliseconds(before),
            limit=limit,
        )


class TombstoneClearing(Struct, frozen=True):
    """What is left of deleted things."""

    days: int
    name: str = "tombstones"

    def count(self, tx: Transaction, *, before: datetime) -> int:
        return _counted(
            tx, "SELECT count(*) FROM tombstones WHERE organization_no = :organization AND at < :before", before
        )

    def clear(self, tx: Transaction, *, before: datetime, limit: int) -> int:
        old = tx.rows(
            "SELECT kind, thing_id FROM tombstones WHERE organization_no = :organization AND at < :before LIMIT :limit",
            organization=tx.organization_no,
            before=milliseconds(before),
            limit=limit,
        )
        tx.run_many(
            "DELETE FROM tombstones WHERE organization_no = :organization AND kind = :kind AND thing_id = :thing",
            [(tx.organization_no, kind, thing_id) for kind, thing_id in old],
        )
        return len(old)


class LedgerClearing(Struct, frozen=True):
    """What became of planned starts."""

    days: int
    name: str = "ledger"

    def count(self, tx: Transaction, *, before: datetime) -> int:
        return ticking.count_old(tx, tx.organization_no, before=milliseconds(before))

    def clear(self, tx: Transaction, *, before: datetime, limit: int) -> int:
        return ticking.sweep(tx, tx.organization_no, before=milliseconds(before), limit=limit)


def _counted(tx: Transaction, sql: str, before: datetime) -> int:
    row = tx.row(sql, organization=tx.organization_no, before=milliseconds(before))
    return int(row[0]) if row is not None else 0
