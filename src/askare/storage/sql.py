"""Putting statements together from fragments of our own.  Client words only ever travel as values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from askare.storage.transactions import Transaction, Value


def insert_rows(
    tx: Transaction, table: str, columns: tuple[str, ...], rows: Sequence[Sequence[Value]], *, on_conflict: str = ""
) -> None:
    """Insert rows, each with its values in the order of the columns; `on_conflict` is what follows these words."""
    if rows:
        tx.insert_many(table, columns, rows, then=f" ON CONFLICT {on_conflict}" if on_conflict else "")


def next_number(tx: Transaction, table: str, *, first: int = 1) -> int:
    """The next number of the caller's organization, counted in a table of `organization_no` and `last`.

    The row is ours until the transaction ends, so whoever comes next waits and counts on: none is given twice.
    """
    row = tx.row(
        f"INSERT INTO {table} (organization_no, last) VALUES (:organization, :first)"
        f" ON CONFLICT (organization_no) DO UPDATE SET last = {table}.last + 1 RETURNING last",
        organization=tx.organization_no,
        first=first,
    )
    assert row is not None  # noqa: S101  -- RETURNING answers the row
    return int(row[0])


class Conditions:
    """A list of conditions joined by AND, and the values in them."""

    def __init__(self) -> None:
        self.values: dict[str, Value] = {}
        self._parts: list[str] = []

    def value(self, value: Value) -> str:
        """A place for a value: `:v3`."""
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f":{name}"

    def among(self, column: str, wanted: Iterable[Value]) -> str:
        """`column` is one of the wanted values, as a fragment."""
        places = [self.value(value) for value in wanted]
        if len(places) == 1:
            return f"{column} = {places[0]}"
        return f"{column} IN ({', '.join(places)})" if places else "1 = 0"

    def add(self, part: str) -> None:
        self._parts.append(part)

    def copy(self) -> Conditions:
        twin = Conditions()
        twin.values = dict(self.values)
        twin._parts = list(self._parts)
        return twin

    def __str__(self) -> str:
        return " AND ".join(self._parts) or "1 = 1"
