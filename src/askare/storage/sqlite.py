"""SQLite: one writer thread that commits in groups, many readers.

Operations queue for the writer.  It takes what waits (up to `GROUP_MAX`), runs each in a savepoint of its own,
commits once, and only then are the answers given: one flush to the disk serves the whole group, and no answer
leaves before it.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import apsw

from askare.kernel.caller import Caller
from askare.kernel.endings import Ending
from askare.kernel.problems import Unavailable
from askare.storage.flavour import SQLITE, Flavour, numbered
from askare.storage.memory import Memory
from askare.storage.transactions import Row, Scope, Transaction, Value

Result = TypeVar("Result")
Operation = Callable[[Transaction], Result]
Resolve = Callable[["list[Errand]"], object]

GROUP_MAX = 64  # operations a commit; more would make the first of them wait for little gain
QUEUE_MAX = 4_000  # operations that may wait for the writer; past that a caller is told to come back
CHECKPOINT_PAGES = 8_000  # of the log, 32 MB: pages that change often are then copied into the file once, not each time
MAPPED_BYTES_MAX = 2**31 - 2**16  # of the file, read where the system keeps them; SQLite maps no more
LOADING_CHECKPOINT_PAGES = 64_000  # 256 MB, while a command loads very many things
BUSY_MILLISECONDS = 10_000  # how long another process (a command beside the server) may hold the file
SHORT_READ_STEPS = 100_000  # virtual machine steps, about 2 ms: longer reads leave the event loop alone
STEPS_A_TURN = 5_000  # after so many we are asked whether to go on

# 3.7.0 to 3.51.2 can lose committed data in WAL mode (the WAL-reset bug).
SAFE_VERSION = (3, 51, 3)

_SHARED_LOCK_AT = 0x40000002  # where in the file every connection keeps a lock; source: SQLite file locking

_STOP = object()


class UnsafeSQLite(Ending):
    """The SQLite library that this Python loads could lose data."""


class ReadTooLong(Exception):
    """A read did not end within its steps; it must be run again where it disturbs nobody."""


def require_safe_version(version: str) -> None:
    """Raise UnsafeSQLite for a library with the WAL-reset bug."""
    if tuple(int(part) for part in version.split(".")[:3]) < SAFE_VERSION:
        raise UnsafeSQLite(
            f"SQLite {version} can lose committed data (the WAL-reset bug); "
            f"at least {'.'.join(map(str, SAFE_VERSION))} is needed.  Reinstall the packages of "
            "requirements/runtime.txt: the apsw wheel brings a safe SQLite."
        )


def _keep_a_log(connection: apsw.Connection) -> None:
    """Put a file into WAL mode; most are in it already.  Raises apsw.BusyError when another one holds it for too long.

    A new file that somebody else looks at, or puts into WAL mode at the same moment, answers "busy" at once: SQLite
    does not wait where a lock that it has would have to become a stronger one.
    """
    deadline = time.monotonic() + BUSY_MILLISECONDS / 1_000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except apsw.BusyError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.01)


class _SqliteTransaction(Scope):
    def __init__(
        self, connection: apsw.Connection, caller: Caller | None, memory: Memory, *, only_looks: bool = False
    ) -> None:
        super().__init__(caller, memory, only_looks=only_looks)
        self._connection = connection

    @property
    def flavour(self) -> Flavour:
        return SQLITE

    def whole_mark(self) -> str:
        # Each connection counts by itself what others have committed.
        row = self.row("PRAGMA data_version")
        assert row is not None  # noqa: S101  -- it is always answered
        return f"{id(self._connection)}:{row[0]}"

    def _execute(self, sql: str, values: dict[str, Value]) -> apsw.Cursor:
        by_number, names = numbered(sql)
        return self._connection.execute(by_number, [values[name] for name in names])

    def rows(self, sql: str, **values: Value) -> list[Row]:
        return self._execute(sql, values).fetchall()

    def row(self, sql: str, **values: Value) -> Row | None:
        return self._execute(sql, values).fetchone()

    def stream(self, sql: str, **values: Value) -> Iterator[Row]:
        yield from self._execute(sql, values)

    def run(self, sql: str, **values: Value) -> int:
        self._execute(sql, values)
        return self._connection.changes()

    def run_many(self, sql: str, rows: Sequence[Sequence[Value]]) -> None:
        if rows:
            self._connection.executemany(numbered(sql)[0], rows)

    def rows_of_many(self, sql: str, rows: Sequence[Sequence[Value]]) -> list[Row]:
        return self._connection.executemany(numbered(sql)[0], rows).fetchall() if rows else []

    def insert_many(
        self, table: str, columns: tuple[str, ...], rows: Sequence[Sequence[Value]], *, then: str = ""
    ) -> list[Row]:
        return self._connection.executemany(_insertion(table, columns, then), rows).fetchall() if rows else []

    def load(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Value]]) -> None:
        self._connection.executemany(_insertion(table, tuple(columns), ""), rows)

    def amend(
        self, table: str, keys: Mapping[str, str], columns: Mapping[str, str], rows: Sequence[Sequence[Value]]
    ) -> None:
        found = " AND ".join(f"{name} = ?{at}" for at, name in enumerate(keys, 1))
        given = ", ".join(f"{name} = ?{at}" for at, name in enumerate(columns, len(keys) + 1))
        self._connection.executemany(f"UPDATE {table} SET {given} WHERE {found}", rows)


@lru_cache(maxsize=200)
def _insertion(table: str, columns: tuple[str, ...], then: str) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))}){then}"


class SqliteDatabase:
    """One database file.  Opened by `serve` for long, by a command for a moment."""

    flavour = SQLITE
    errors: tuple[type[Exception], ...] = (apsw.Error,)  # what the library itself raises

    def __init__(self, path: Path, *, reader_cache_kib: int = 32_768) -> None:
        require_safe_version(apsw.sqlite_lib_version())
        self.path = path
        self.memory = Memory()
        self._reader_cache_kib = reader_cache_kib
        self._local = threading.local()
        self._readers: list[apsw.Connection] = []
        self._readers_lock = threading.Lock()
        self._queue: queue.Queue[Any] = queue.Queue(QUEUE_MAX)
        try:
            self._writer_connection = self._connect(writable=True)
        except (apsw.CantOpenError, apsw.NotADBError, apsw.ReadOnlyError) as error:
            raise Unavailable(f"{path} cannot be opened: {error}.") from error
        self._writer: threading.Thread | None = None
        self._writer_lock = threading.Lock()
        self._closed = False

    def _connect(self, *, writable: bool) -> apsw.Connection:
        flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
        connection = apsw.Connection(str(self.path), flags, statementcachesize=500)
        connection.set_busy_timeout(BUSY_MILLISECONDS)
        if writable:
            _keep_a_log(connection)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA cache_size = -32768")
            connection.execute("PRAGMA journal_size_limit = 67108864")
            connection.wal_autocheckpoint(CHECKPOINT_PAGES)
        else:
            connection.execute("PRAGMA query_only = ON")
            connection.execute(f"PRAGMA cache_size = -{self._reader_cache_kib}")
            connection.execute(f"PRAGMA mmap_size = {MAPPED_BYTES_MAX}")
            connection.wal_autocheckpoint(0)  # only the writer checkpoints
        return connection

    # Writing ---------------------------------------------------------------------------------------------------

    def submit(self, operation: Operation[Result], caller: Caller | None, resolve: Resolve) -> Errand:
        """Queue an operation for the writer; `resolve` is called in the writer's thread, once a group, with the
        errands that are done.  Raises Unavailable when too much waits already."""
        if self._closed:
            raise Unavailable("The server is stopping.")
        self._start_writer()
        errand = Errand(operation, caller, resolve)
        try:
            self._queue.put_nowait(errand)
        except queue.Full:
            raise Unavailable("More writes are waiting than the server can carry.") from None
        return errand

    def write(self, operation: Operation[Result], caller: Caller | None = None) -> Result:
        """Run an operation and wait until it is on the disk (for commands, jobs and tests)."""
        done: Future[Result] = Future()

        def resolve(errands: list[Errand]) -> None:
            for errand in errands:
                if errand.error is not None:
                    done.set_exception(errand.error)
                else:
                    done.set_result(errand.result)

        self.submit(operation, caller, resolve)
        return done.result()

    def _start_writer(self) -> None:
        if self._writer is not None:
            return
        with self._writer_lock:  # never two: they would write into each other's transactions
            if self._writer is None:
                self._writer = threading.Thread(target=self._write_groups, name="askare-writer", daemon=True)
                self._writer.start()

    def _write_groups(self) -> None:
        while True:
            group = [self._queue.get()]
            with contextlib.suppress(queue.Empty):
                while len(group) < GROUP_MAX:
                    group.append(self._queue.get_nowait())
            stopping = _STOP in group
            errands = [errand for errand in group if errand is not _STOP]
            if errands:
                self._write_group(errands)
            if stopping:
                return

    def _write_group(self, errands: list[Errand]) -> None:
        connection = self._writer_connection
        followers: list[Callable[[], None]] = []
        try:
            connection.execute("BEGIN IMMEDIATE")
            for errand in errands:
                self._write_one(connection, errand, followers)
            connection.execute("COMMIT")
        except Exception as error:  # nothing of the group is on the disk: every one of them must hear it
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            for errand in errands:
                errand.error = _told(error)
        else:
            for then in followers:
                then()
        by_desk: dict[Resolve, list[Errand]] = {}
        for errand in errands:
            by_desk.setdefault(errand.resolve, []).append(errand)
        for resolve, done in by_desk.items():
            # An event loop that was closed meanwhile refuses; what it asked for stands, and the others must hear.
            with contextlib.suppress(RuntimeError):
                resolve(done)

    def _write_one(self, connection: apsw.Connection, errand: Errand, followers: list[Callable[[], None]]) -> None:
        transaction = _SqliteTransaction(connection, errand.caller, self.memory)
        connection.execute("SAVEPOINT errand")
        try:
            errand.result = errand.operation(transaction)
        except Exception as error:
            if not connection.in_transaction:
                raise  # SQLite undid the whole group (disk full, I/O error): it is over for all of them
            connection.execute("ROLLBACK TO errand")
            errand.error = _told(error)
        else:
            followers.extend(transaction.followers)
        connection.execute("RELEASE errand")

    # Reading ---------------------------------------------------------------------------------------------------

    def read(
        self, operation: Operation[Result], caller: Caller | None = None, *, steps_max: int | None = None
    ) -> Result:
        """Run a read in the calling thread, on one snapshot.

        With `steps_max` a read that takes longer is broken off with ReadTooLong; nothing was changed, so it can
        simply be run again elsewhere.
        """
        connection = self._reader()
        try:
            connection.execute("BEGIN")
            if steps_max is not None:
                connection.set_progress_handler(_patience(steps_max), STEPS_A_TURN)
            return operation(_SqliteTransaction(connection, caller, self.memory, only_looks=True))
        except apsw.InterruptError:
            raise ReadTooLong from None
        except (apsw.BusyError, apsw.IOError, apsw.FullError) as error:
            raise _told(error) from error
        finally:
            if steps_max is not None:
                connection.set_progress_handler(None, 1)
            if connection.in_transaction:
                connection.execute("COMMIT")

    def _reader(self) -> apsw.Connection:
        connection: apsw.Connection | None = getattr(self._local, "reader", None)
        if connection is None:
            connection = self._connect(writable=False)
            self._local.reader = connection
            with self._readers_lock:
                self._readers.append(connection)
        return connection

    def expect_much(self) -> None:
        """Get ready for a great many writes of this process: pages that change often are then copied into the file
        less often still, at the price of a longer log meanwhile."""
        self._writer_connection.wal_autocheckpoint(LOADING_CHECKPOINT_PAGES)

    # Care ------------------------------------------------------------------------------------------------------

    def others(self) -> list[str]:
        """The other processes that have the file open, as far as this system tells."""
        return processes_at(self.path)

    @contextlib.contextmanager
    def exclusively(self) -> Iterator[Transaction]:
        """A transaction of the calling thread alone, on a connection of its own (migrations, restore)."""
        connection = self._connect(writable=True)
        try:
            connection.execute("BEGIN EXCLUSIVE")
            yield _SqliteTransaction(connection, None, self.memory)
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            connection.close()

    def close(self) -> None:
        """Finish what waits, fold the log into the file, and let go of it."""
        if self._closed:
            return
        self._closed = True
        if self._writer is not None:
            self._queue.put(_STOP)
            self._writer.join()
            self._turn_late_ones_away()
        with self._readers_lock:
            for connection in self._readers:
                with contextlib.suppress(apsw.ThreadingViolationError):  # somebody still reads, and ends with us
                    connection.close()
            self._readers.clear()
        self._writer_connection.close()

    def _turn_late_ones_away(self) -> None:
        """Whoever queued behind the stop, in the very moment of it, must not wait for ever."""
        with contextlib.suppress(queue.Empty):
            while True:
                errand = self._queue.get_nowait()
                errand.error = Unavailable("The server is stopping.")
                with contextlib.suppress(RuntimeError):
                    errand.resolve([errand])


@contextlib.contextmanager
def glance(path: Path, *, seconds_max: float) -> Iterator[Transaction]:
    """A look at a database file that changes nothing and makes nothing (but the index of a log that a crash left).

    Raises ReadTooLong when the looking takes longer than `seconds_max`, and apsw.Error when the file cannot be read.
    """
    # With no log beside it nobody has the file open, and SQLite need not (and then must not) make its helpers.
    quiet = not path.with_name(path.name + "-wal").exists()
    uri = f"{path.resolve().as_uri()}?mode=ro{'&immutable=1' if quiet else ''}"
    connection = apsw.Connection(uri, apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)
    deadline = time.monotonic() + seconds_max
    try:
        connection.set_busy_timeout(int(seconds_max * 1000))
        connection.set_progress_handler(lambda: time.monotonic() > deadline, 10_000)
        connection.execute("BEGIN")
        yield _SqliteTransaction(connection, None, Memory())
    except apsw.InterruptError:
        raise ReadTooLong from None
    finally:
        connection.close()


def processes_at(path: Path) -> list[str]:
    """The other processes that have the database file open: by the kernel's list of locks, so on Linux only."""
    try:
        locks = Path("/proc/locks").read_text().splitlines()
        inode = path.stat().st_ino
    except OSError:
        return []
    found = set()
    for line in locks:
        words = line.split()  # 1: POSIX ADVISORY READ <pid> <device>:<inode> <first> <last>
        if len(words) == 8 and words[6] == str(_SHARED_LOCK_AT) and words[5].rpartition(":")[2] == str(inode):
            found.add(int(words[4]))
    return [f"process {pid}" for pid in sorted(found - {os.getpid()})]


def _patience(steps_max: int) -> Callable[[], bool]:
    """A progress handler that breaks off what takes more steps.

    SQLite counts the steps of a statement over all the times that it was run, so the first turn may come at once, and
    nothing follows from a single one.
    """
    turns = itertools.count()
    turns_max = steps_max // STEPS_A_TURN
    return lambda: next(turns) >= turns_max


class Errand:
    """One queued write and what became of it."""

    __slots__ = ("caller", "error", "future", "operation", "resolve", "result")

    def __init__(
        self,
        operation: Operation[Any],
        caller: Caller | None,
        resolve: Resolve,
    ) -> None:
        self.operation = operation
        self.caller = caller
        self.resolve = resolve
        self.result: Any = None
        self.error: Exception | None = None
        self.future: Any = None


def _told(error: Exception) -> Exception:
    """The error as the caller should hear it: trouble with the file is a matter of "not now"."""
    if isinstance(error, apsw.FullError):
        return Unavailable(
            "The disk of the database is full: nothing was changed.  Make room, then try again.", retry_after_seconds=60
        )
    if isinstance(error, (apsw.BusyError, apsw.LockedError)):
        return Unavailable("The database is held by another process.", retry_after_seconds=5)
    if isinstance(error, apsw.IOError):
        return Unavailable("The disk of the database answers with an error.", retry_after_seconds=60)
    return error
