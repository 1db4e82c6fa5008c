"""What an operation is handed: one open transaction, opened for one caller.

Whoever holds it never commits and never waits for the network; the database that opened it does the first when the
operation returns, and undoes everything when it raises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, cast

from askare.kernel.caller import Caller
from askare.storage.flavour import Flavour
from askare.storage.memory import Memory

Value = None | int | float | str | bytes
Row = tuple[Any, ...]


class Transaction(Protocol):
    """A transaction on either database.  SQL takes `:name` parameters, given as keywords."""

    @property
    def flavour(self) -> Flavour: ...

    @property
    def caller(self) -> Caller:
        """For whom the transaction is open: the scope of every query.  Raises LookupError when it was opened for
        the house itself (sign-in, migrations, upkeep)."""

    @property
    def organization_no(self) -> int:
        """The caller's organization, as the store numbers it."""

    @property
    def memory(self) -> Memory:
        """What this process remembers of the database."""

    def whole_mark(self) -> str:
        """A mark that stays the same, among transactions that only look, for as long as nothing at all is committed."""

    only_looks: bool  # it changes nothing, and sees one moment from beginning to end
    known_mark: str | None  # of that moment, once `marks.present_mark` has read it

    def rows(self, sql: str, **values: Value) -> list[Row]: ...

    def row(self, sql: str, **values: Value) -> Row | None:
        """The first row, or None."""

    def stream(self, sql: str, **values: Value) -> Iterator[Row]:
        """The rows one after the other, for answers that are too long to hold at once."""

    def run(self, sql: str, **values: Value) -> int:
        """Carry out a statement that answers no rows; return how many rows it changed."""

    def run_many(self, sql: str, rows: Sequence[Sequence[Value]]) -> None:
        """Carry out a statement once for each row of values, given in the order of its parameters."""

    def rows_of_many(self, sql: str, rows: Sequence[Sequence[Value]]) -> list[Row]:
        """Carry out a statement that answers rows once for each row of values; all that they answer."""

    def insert_many(
        self, table: str, columns: tuple[str, ...], rows: Sequence[Sequence[Value]], *, then: str = ""
    ) -> list[Row]:
        """Insert rows; `then` ends the statement: ON CONFLICT, RETURNING.  What it returns, in no particular order."""

    def load(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Value]]) -> None:
        """Insert very many rows, in the quickest way the database has."""

    def amend(
        self, table: str, keys: Mapping[str, str], columns: Mapping[str, str], rows: Sequence[Sequence[Value]]
    ) -> None:
        """Change many rows, each found by its keys and given other columns, in the quickest way the database has.

        Each row holds the keys' values, then the columns'.  Both maps say of each name which word of the flavour's
        `ddl` is its type."""

    def after_commit(self, then: Callable[[], None]) -> None:
        """Call `then` once everything done here is safely on the disk, and never when it is undone."""


class Scope:
    """The part of a transaction that does not depend on the database: for whom it is, and what follows it."""

    def __init__(self, caller: Caller | None, memory: Memory, *, only_looks: bool = False) -> None:
        self._caller = caller
        self.memory = memory
        self.only_looks = only_looks
        self.known_mark: str | None = None
        self.followers: list[Callable[[], None]] = []

    @property
    def caller(self) -> Caller:
        if self._caller is None:
            raise LookupError("this transaction was opened without a caller")
        return self._caller

    @property
    def organization_no(self) -> int:
        return self.caller.organization_no

    def after_commit(self, then: Callable[[], None]) -> None:
        self.followers.append(then)


def on_behalf_of(tx: Transaction, caller: Caller) -> Transaction:
    """The same transaction, carried on for another caller: what the house does for an organization by the way."""
    return cast("Transaction", _OnBehalf(tx, caller))


class _OnBehalf:
    def __init__(self, tx: Transaction, caller: Caller) -> None:
        self._tx = tx
        self.caller = caller
        self.organization_no = caller.organization_no

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx, name)
