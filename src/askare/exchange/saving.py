"""Writing all things of a kind into a file, from the first id to the last, a few hundred at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from askare.directory.model import ID_FIELDS, Kind
from askare.directory.store import SHELVES
from askare.exchange.columns import CONTENTS
from askare.kernel.caller import Caller
from askare.realties.store import REALTIES
from askare.storage import shelf
from askare.storage.desk import Database
from askare.storage.transactions import Transaction

THINGS_AT_ONCE = 500


def things(database: Database, kind: Kind, caller: Caller) -> Iterator[dict[str, Any]]:
    """Every thing of the caller's organization as a plain value: its id, and what can be said of it.

    What is changed meanwhile may be told as it was or as it is.
    """
    on = REALTIES if kind is Kind.REALTY else SHELVES[kind]
    decoder = msgspec.json.Decoder(CONTENTS[kind])
    after = b""

    def page(tx: Transaction) -> list[tuple[bytes, str]]:
        return shelf.documents_after(tx, on, after, limit=THINGS_AT_ONCE)

    while found := database.read(page, caller):
        for _, document in found:
            told = msgspec.json.decode(document)
            content = msgspec.to_builtins(decoder.decode(document))
            yield {name: told[name] for name in (ID_FIELDS[kind], *content) if name in told}
        after = found[-1][0]


def count(database: Database, kind: Kind, caller: Caller) -> int:
    """How many there are, for a progress bar."""
    on = REALTIES if kind is Kind.REALTY else SHELVES[kind]
    row = database.read(
        lambda tx: tx.row(
            f"SELECT count(*) FROM {on.table} WHERE organization_no = :organization", organization=tx.organization_no
        ),
        caller,
    )
    return int(row[0]) if row else 0
