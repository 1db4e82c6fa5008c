"""What was seen before, however much that is: in a table of its own that is gone when nobody looks at it any more."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

import apsw

CACHE_KIB = 4_096  # of memory; what does not fit lies in a file that SQLite makes and takes away


class Seen:
    """Keys, each with the place where it was first seen."""

    def __init__(self) -> None:
        self._table = apsw.Connection("")
        self._table.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        self._table.execute("PRAGMA journal_mode = OFF")
        self._table.execute("CREATE TABLE seen (key BLOB PRIMARY KEY, place INTEGER NOT NULL) WITHOUT ROWID, STRICT")

    def first_places(self, keys: Sequence[tuple[bytes, int]]) -> list[int]:
        """For each key and its place, in order, the place where the key was first seen: this one if never before."""
        self._table.execute("BEGIN")
        places = self._table.executemany(
            "INSERT INTO seen (key, place) VALUES (?, ?) ON CONFLICT DO UPDATE SET place = place RETURNING place", keys
        )
        first = [place for (place,) in places]
        self._table.execute("COMMIT")
        return first

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._table.close()
