"""PostgreSQL: the same operations, each in a transaction of its own, on a pool of connections."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar, cast

import psycopg
from psycopg import errors
from psycopg_pool import ConnectionPool, PoolTimeout

from askare.kernel.caller import Caller
from askare.kernel.problems import Unavailable
from askare.storage.flavour import POSTGRES, Flavour, for_psycopg, numbered
from askare.storage.marks import present_mark
from askare.storage.memory import Memory
from askare.storage.transactions import Row, Scope, Transaction, Value

Result = TypeVar("Result")
Operation = Callable[[Transaction], Result]

POOL_MAX = 8  # connections a process; every one of them is a thread that may wait for a flush
POOL_WAIT_SECONDS = 10.0
TRIES_MAX = 5  # of a transaction that PostgreSQL itself asks to repeat
APPLICATION_NAME_LETTERS_MAX = 63  # PostgreSQL cuts what is longer
STREAM_ROWS = 2_000  # fetched at a time
MIGRATION_LOCK = 7_421_300_115  # an arbitrary number, the same in every process

_REPEATABLE = (errors.SerializationFailure, errors.DeadlockDetected)


class _PostgresTransaction(Scope):
    def __init__(
        self, cursor: psycopg.Cursor[Row], caller: Caller | None, memory: Memory, *, only_looks: bool = False
    ) -> None:
        super().__init__(caller, memory, only_looks=only_looks)
        self._cursor = cursor

    @property
    def flavour(self) -> Flavour:
        return POSTGRES

    def _execute(self, sql: str, values: dict[str, Value]) -> psycopg.Cursor[Row]:
        return self._cursor.execute(cast("Any", for_psycopg(sql)), values)

    def whole_mark(self) -> str:
        return present_mark(self)  # a snapshot, which differs after whatever is committed

    def rows(self, sql: str, **values: Value) -> list[Row]:
        return self._execute(sql, values).fetchall()

    def row(self, sql: str, **values: Value) -> Row | None:
        return self._execute(sql, values).fetchone()

    def stream(self, sql: str, **values: Value) -> Iterator[Row]:
        # Binary: half of the columns are numbers and ids, and their text forms take longer to read.
        with self._cursor.connection.cursor("stream", binary=True) as cursor:
            cursor.itersize = STREAM_ROWS
            yield from cursor.execute(cast("Any", for_psycopg(sql)), values)

    def run(self, sql: str, **values: Value) -> int:
        return self._execute(sql, values).rowcount

    def run_many(self, sql: str, rows: Sequence[Sequence[Value]]) -> None:
        self._execute_many(sql, rows, returning=False)

    def rows_of_many(self, sql: str, rows: Sequence[Sequence[Value]]) -> list[Row]:
        self._execute_many(sql, rows, returning=True)
        return [row for answer in self._cursor.results() for row in answer] if rows else []

    def insert_many(
        self, table: str, columns: tuple[str, ...], rows: Sequence[Sequence[Value]], *, then: str = ""
    ) -> list[Row]:
        if not rows:
            return []
        if len(rows) == 1:
            self._cursor.execute(cast("Any", _insertion(table, columns, ("%s",) * len(columns), then)), rows[0])
        else:
            # One statement with a list for each column: sixteen times the rows of one statement a row.
            values = list(zip(*rows, strict=True))
            arrays = [list(column) for column in values if any(value is not None for value in column)]
            kinds = tuple(_array_of(column) for column in values)
            self._cursor.execute(cast("Any", _insertion_of_many(table, columns, kinds, then)), arrays)
        return self._cursor.fetchall() if self._cursor.description is not None else []

    def _execute_many(self, sql: str, rows: Sequence[Sequence[Value]], *, returning: bool) -> None:
        names = numbered(sql)[1]
        values = [dict(zip(names, row, strict=True)) for row in rows]
        if len(values) == 1:  # many go in one pipeline, which one alone need not set up
            self._execute(sql, values[0])
        elif values:
            self._cursor.executemany(cast("Any", for_psycopg(sql)), values, returning=returning)

    def load(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Value]]) -> None:
        with self._cursor.copy(cast("Any", f"COPY {table} ({', '.join(columns)}) FROM STDIN")) as copy:
            for row in rows:
                copy.write_row(row)

    def amend(
        self, table: str, keys: Mapping[str, str], columns: Mapping[str, str], rows: Sequence[Sequence[Value]]
    ) -> None:
        if not rows:
            return
        # One statement for all rows: a statement each costs PostgreSQL several times as much.
        types = [POSTGRES.ddl.get(word, word) for word in (*keys.values(), *columns.values())]
        lists = ", ".join(f"CAST(%s AS {word}[])" for word in types)
        given = ", ".join(f"{name} = v.v{at}" for at, name in enumerate(columns, len(keys)))
        found = " AND ".join(f"u.{name} = v.v{at}" for at, name in enumerate(keys))
        names = ", ".join(f"v{at}" for at in range(len(types)))
        sql = f"UPDATE {table} u SET {given} FROM unnest({lists}) AS v ({names}) WHERE {found}"
        self._cursor.execute(cast("Any", sql), [list(values) for values in zip(*rows, strict=True)])


def _array_of(column: Sequence[Value]) -> str | None:
    """The type of a list of these values; None when there are none among them."""
    kinds = {type(value) for value in column if value is not None}
    if not kinds:
        return None
    return _ARRAYS[float if float in kinds else kinds.pop()]


_ARRAYS = {int: "BIGINT[]", float: "DOUBLE PRECISION[]", str: "TEXT[]", bytes: "BYTEA[]", bool: "BOOLEAN[]"}


@lru_cache(maxsize=200)
def _insertion(table: str, columns: tuple[str, ...], places: tuple[str, ...], then: str) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(places)}){then}"


@lru_cache(maxsize=500)
def _insertion_of_many(table: str, columns: tuple[str, ...], kinds: tuple[str | None, ...], then: str) -> str:
    names = [f"c{number}" if kind else "NULL" for number, kind in enumerate(kinds)]
    lists = ", ".join(f"%s::{kind}" for kind in kinds if kind)
    given = ", ".join(name for name in names if name != "NULL")
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(names)}"
        f" FROM unnest({lists}) AS given ({given}){then}"
    )


class PostgresDatabase:
    """One PostgreSQL database, shared by as many processes as wanted."""

    flavour = POSTGRES
    errors: tuple[type[Exception], ...] = (psycopg.Error,)  # what the driver itself raises

    def __init__(self, address: str, *, connections_max: int = POOL_MAX) -> None:
        self.connections_max = connections_max
        self._address = address
        self.memory = Memory()
        # By it our connections are told from each other's, and from those of a database tool.
        self._name = f"askare {os.getpid()}@{socket.gethostname()}"[:APPLICATION_NAME_LETTERS_MAX]
        self._pool = ConnectionPool(
            address,
            min_size=1,
            max_size=connections_max,
            timeout=POOL_WAIT_SECONDS,
            kwargs={"autocommit": True, "application_name": self._name},
            open=False,
        )
        self._opened = False

    def open(self) -> None:
        """Connect.  Raises Unavailable, in words, when nobody answers at the address."""
        if self._opened:
            return
        try:
            # A connection of its own first: the pool only ever says "timeout", this says what is wrong.
            psycopg.connect(self._address, connect_timeout=5).close()
        except psycopg.Error as error:
            raise Unavailable(
                f"PostgreSQL cannot be reached: {str(error).strip()}\n"
                "Start it, or mend the address in --database or ASKARE_DATABASE."
            ) from error
        self._pool.open()
        self._opened = True

    def write(self, operation: Operation[Result], caller: Caller | None = None) -> Result:
        """Run an operation in the calling thread and commit it; repeat it when PostgreSQL asks for that."""
        return self._transact(operation, caller, "BEGIN", only_looks=False)

    def read(self, operation: Operation[Result], caller: Caller | None = None) -> Result:
        """Run a read in the calling thread, on one snapshot."""
        begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        return self._transact(operation, caller, begin, only_looks=True)

    def _transact(self, operation: Operation[Result], caller: Caller | None, begin: str, *, only_looks: bool) -> Result:
        self.open()
        for attempt in range(1, TRIES_MAX + 1):
            try:
                with self._pool.connection() as connection, connection.cursor() as cursor:
                    transaction = _PostgresTransaction(cursor, caller, self.memory, only_looks=only_looks)
                    cursor.execute(cast("Any", begin))
                    try:
                        result = operation(transaction)
                        cursor.execute("COMMIT")
                    except BaseException:
                        if not connection.closed:
                            connection.rollback()
                        raise
                break
            except _REPEATABLE:
                if attempt == TRIES_MAX:
                    raise Unavailable("The database is too busy to finish this.") from None
                time.sleep(0.005 * 2**attempt)
            except (errors.OperationalError, PoolTimeout) as error:
                raise Unavailable("The database does not answer.", retry_after_seconds=5) from error
        for then in transaction.followers:
            then()
        return result

    @contextlib.contextmanager
    def exclusively(self) -> Iterator[Transaction]:
        """A transaction that no other process of ours runs at the same time (migrations, restore)."""
        self.open()
        with self._pool.connection() as connection, connection.transaction(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (MIGRATION_LOCK,))
            yield _PostgresTransaction(cursor, None, self.memory)

    def others(self) -> list[str]:
        """The other Askare processes that are connected to the database."""
        return self.read(
            lambda tx: [
                name
                for (name,) in tx.rows(
                    "SELECT DISTINCT application_name FROM pg_stat_activity"
                    " WHERE datname = current_database() AND application_name LIKE 'askare %'"
                    " AND application_name <> :own ORDER BY application_name",
                    own=self._name,
                )
            ]
        )

    def expect_much(self) -> None:
        """Get ready for a great many writes: PostgreSQL sees to that itself."""

    def close(self) -> None:
        """Give the connections back."""
        if self._opened:
            self._pool.close()
