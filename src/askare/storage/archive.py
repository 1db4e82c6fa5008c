"""One file that holds everything: made while the server runs, and taken in by either database.

It is a zip file: `tables/<table>.ndjson`, a row a line, for every table; `files/<name>` for what the caller sends
along; and `manifest.json`, which says what all of it must be.  Nothing in it is particular to SQLite or PostgreSQL,
so an office moves from one to the other by a backup and a restore.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from graphlib import TopologicalSorter
from itertools import islice
from pathlib import Path, PurePosixPath
from types import GenericAlias
from typing import IO, Any

import apsw
import msgspec
from msgspec import Struct

from askare import __version__
from askare.kernel.endings import Ending
from askare.kernel.time import milliseconds
from askare.storage.desk import Database
from askare.storage.flavour import SQLITE
from askare.storage.memory import Memory
from askare.storage.migrations import Migration, all_migrations, applied, apply, differing
from askare.storage.transactions import Transaction, Value

FORMAT = 1  # of the file; a change that an older Askare could not read makes it 2
ROWS_AT_ONCE = 2_000
BYTES_AT_ONCE = 1_048_576
LOCK_SECONDS_MAX = 15  # a database tool that somebody left open may hold a table for ever
FILES_BYTES_MAX = 16_777_216  # of all that is sent along, which is held in memory
COMPRESSION_LEVEL = 3  # of 9: a third of the time of the usual 6, for a tenth more of the size
MANIFEST = "manifest.json"

Progress = Callable[[str, int, int], None]
"""Called with a table's name, how many of its rows are done, and how many there are."""


class ArchiveProblem(Ending):
    """The backup cannot be made or taken in; the message says why, and what to do."""


class Part(Struct, frozen=True):
    """One member of the archive: of a table, or of a file that was sent along (which has no columns).

    A column is its name and its type; the values of a BLOB are written in base64.
    """

    name: str
    sha256: str
    bytes: int
    columns: tuple[tuple[str, str], ...] = ()
    rows: int = 0


class Applied(Struct, frozen=True):
    """One migration that the database had when the backup was made; `at` in milliseconds since 1970."""

    name: str
    at: int


class Manifest(Struct, frozen=True):
    """What an archive says of itself."""

    format: int
    askare: str
    database: str
    made: datetime
    migrations: tuple[Applied, ...]
    tables: tuple[Part, ...]
    files: tuple[Part, ...]

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables)


class Summary(Struct, frozen=True):
    """What was written or taken in.  After a restore, `files` is what was sent along, for the caller to put back."""

    manifest: Manifest
    archive_bytes: int
    files: Mapping[str, bytes]

    def __repr__(self) -> str:
        return f"Summary({self.manifest.rows} rows, files: {', '.join(self.files) or 'none'})"  # a file may be a key


# The tables ------------------------------------------------------------------------------------------------------


class _Table(Struct, frozen=True):
    """A table as both databases have it: its columns, each with its type, and those of the primary key."""

    name: str
    columns: tuple[tuple[str, str], ...]
    key: tuple[tuple[str, str], ...]

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.columns)


_TYPES: dict[str, Any] = {"INTEGER": int | None, "REAL": float | None, "TEXT": str | None, "BLOB": bytes | None}


def tables_of(migrations: Sequence[Migration]) -> list[_Table]:
    """The tables after these migrations, those that others point at first.

    They are read off an empty SQLite database: what PostgreSQL alone has (transaction ids) means nothing elsewhere,
    and strangers' tables beside ours are none of our business.
    """
    model = apsw.Connection(":memory:")
    try:
        for migration in migrations:
            for statement in migration.statements(SQLITE.ddl):
                model.execute(statement)
        tables: dict[str, _Table] = {}
        graph: dict[str, set[str]] = {}
        names: list[tuple[Any, ...]] = model.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        ).fetchall()
        for (name,) in names:
            described: list[tuple[Any, ...]] = model.execute(f"PRAGMA table_info({name})").fetchall()
            strange = [f"{name}.{column}" for _, column, kind, *_ in described if kind not in _TYPES]
            if strange:
                raise ValueError(f"an archive cannot hold the columns {', '.join(strange)}")
            by_place = sorted((place, column, kind) for _, column, kind, _, _, place in described if place)
            tables[name] = _Table(
                name,
                columns=tuple((column, kind) for _, column, kind, *_ in described),
                key=tuple((column, kind) for _, column, kind in by_place),
            )
            pointed_at: list[tuple[Any, ...]] = model.execute(f"PRAGMA foreign_key_list({name})").fetchall()
            graph[name] = {row[2] for row in pointed_at} - {name}
        return [tables[name] for name in TopologicalSorter(graph).static_order()]
    finally:
        model.close()


def _present_migrations(tx: Transaction) -> list[Migration]:
    """The migrations that the database has had.  Raises ArchiveProblem when a newer or another Askare brought some."""
    names = applied(tx)
    known = all_migrations()
    unknown = sorted(names - {migration.name for migration in known})
    if unknown:
        raise ArchiveProblem(
            f"The database has been used by a newer Askare than this one, {__version__} "
            f"(it has {', '.join(unknown)}).  Use that version, or name a new, empty database."
        )
    if others := differing(tx, known):
        raise ArchiveProblem(
            f"The database was made by another Askare than this one, {__version__}: its {', '.join(others)} says "
            "something else.  Use the Askare that made it, or name a new, empty database."
        )
    return [migration for migration in known if migration.name in names]


# Backup ----------------------------------------------------------------------------------------------------------


def backup(database: Database, file: Path, *, now: datetime, extra: Mapping[str, bytes], progress: Progress) -> Summary:
    """Write everything in the database, as it stands at one moment, to a new file that only its owner can read.

    Others may go on reading and writing.  `extra` is sent along under `files/`.  The file appears under its name
    when it is complete and on the disk, or not at all.  Raises ArchiveProblem.
    """
    if sum(map(len, extra.values())) > FILES_BYTES_MAX:
        raise ArchiveProblem(f"The files to send along are larger than {FILES_BYTES_MAX // 1_048_576} MiB.")
    _require_new(file)
    try:
        handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.", suffix=".part")  # mode 600
        try:
            with open(handle, "wb") as opened:  # noqa: PTH123  -- a file descriptor
                manifest = database.read(lambda tx: _write(tx, opened, now, extra, progress))
                opened.flush()
                os.fsync(opened.fileno())
                size = opened.tell()
            _require_new(file)
            Path(temporary).rename(file)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                Path(temporary).unlink()
            raise
        _flush_folder(file.parent)
    except OSError as error:
        raise ArchiveProblem(f"The backup cannot be written to {file}: {error.strerror}.") from error
    except database.errors as error:
        raise ArchiveProblem(f"The database cannot be read to its end: {str(error).strip()}") from error
    return Summary(manifest, size, {})


def _require_new(file: Path) -> None:
    if os.path.lexists(file):
        raise ArchiveProblem(f"{file} is there already, and is left as it is.  Choose another name, or move it away.")
    if not file.parent.is_dir():
        raise ArchiveProblem(f"There is no folder {file.parent}.  Make it first, or choose another one.")


def _write(
    tx: Transaction, opened: IO[bytes], now: datetime, extra: Mapping[str, bytes], progress: Progress
) -> Manifest:
    # The database may have this done once more from the start, when it had to break off.
    opened.seek(0)
    opened.truncate()
    migrations = _present_migrations(tx)
    if not migrations:
        raise ArchiveProblem("There is nothing in the database yet, not even its tables.  Is it the right one?")
    times: dict[str, int] = dict(tx.rows("SELECT name, at FROM migrations"))
    with zipfile.ZipFile(opened, "w", zipfile.ZIP_DEFLATED, compresslevel=COMPRESSION_LEVEL) as archive:
        manifest = Manifest(
            format=FORMAT,
            askare=__version__,
            database=tx.flavour.name,
            made=now,
            migrations=tuple(Applied(migration.name, times[migration.name]) for migration in migrations),
            tables=tuple(_write_table(tx, archive, table, progress) for table in tables_of(migrations)),
            files=tuple(_write_file(archive, name, content) for name, content in sorted(extra.items())),
        )
        archive.writestr(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=2))
    return manifest


def _write_table(tx: Transaction, archive: zipfile.ZipFile, table: _Table, progress: Progress) -> Part:
    (total,) = tx.rows(f"SELECT count(*) FROM {table.name}")[0]
    digest, written, done = hashlib.sha256(), 0, 0
    encoder = msgspec.json.Encoder()
    rows = tx.stream(f"SELECT {', '.join(table.column_names)} FROM {table.name} ORDER BY {_order(tx, table)}")
    with archive.open(_member_of_table(table.name), "w", force_zip64=True) as member:
        while batch := list(islice(rows, ROWS_AT_ONCE)):
            lines = encoder.encode_lines(batch)
            member.write(lines)
            digest.update(lines)
            written += len(lines)
            done += len(batch)
            progress(table.name, done, total)
    return Part(table.name, digest.hexdigest(), written, table.columns, done)


def _order(tx: Transaction, table: _Table) -> str:
    """The order of the primary key, or of all columns where there is none.

    For a text that is the order of its code points wherever the rows come from: the same rows then make the same
    lines, and a table that is kept in that order is refilled at its end.
    """
    by_code_points = "" if tx.flavour.name == "sqlite" else ' COLLATE "C"'
    return ", ".join(
        f"{column}{by_code_points if kind == 'TEXT' else ''}" for column, kind in table.key or table.columns
    )


def _write_file(archive: zipfile.ZipFile, name: str, content: bytes) -> Part:
    archive.writestr(_member_of_file(name), content)
    return Part(name, hashlib.sha256(content).hexdigest(), len(content))


def _member_of_table(name: str) -> str:
    return f"tables/{name}.ndjson"


def _member_of_file(name: str) -> str:
    return f"files/{name}"


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# Looking into an archive -----------------------------------------------------------------------------------------


def inspect(file: Path) -> Manifest:
    """Read a backup from beginning to end and say what is in it.  Raises ArchiveProblem unless it is whole."""
    with _checked(file) as (_, manifest):
        return manifest


@contextlib.contextmanager
def _checked(file: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """The archive, opened, after all of it was found to be what the manifest says."""
    with contextlib.ExitStack() as stack:
        try:
            opened = stack.enter_context(file.open("rb"))
            archive = stack.enter_context(zipfile.ZipFile(opened))
            manifest = _manifest_of(archive)
            _require_whole(archive, manifest)
        except ArchiveProblem as problem:
            raise ArchiveProblem(f"{file}: {problem}") from None
        except OSError as error:
            raise ArchiveProblem(f"{file} cannot be read: {error.strerror or error}.") from error
        # zipfile, zlib and struct have a dozen ways to say that a file is not what it should be.
        except Exception as error:
            raise ArchiveProblem(
                f"{file} is not a backup of Askare, or it is damaged or was cut off "
                f"({type(error).__name__}: {error}).  Nothing was changed.  Use another copy."
            ) from error
        yield archive, manifest


class _Format(Struct):
    """As much of a manifest as any Askare will ever be able to read."""

    format: int
    askare: str


def _manifest_of(archive: zipfile.ZipFile) -> Manifest:
    text = archive.read(MANIFEST)
    head = msgspec.json.decode(text, type=_Format)
    if head.format > FORMAT:
        raise ArchiveProblem(
            f"this backup was made by Askare {head.askare}, in a form that this one, {__version__}, cannot read.  "
            f"Restore it with Askare {head.askare} or later."
        )
    manifest = msgspec.json.decode(text, type=Manifest)
    known = [migration.name for migration in all_migrations()]
    names = [migration.name for migration in manifest.migrations]
    newer = [name for name in names if name not in known]
    if newer:
        raise ArchiveProblem(
            f"this backup was made by Askare {manifest.askare}, which keeps its data in a newer way "
            f"({', '.join(newer)}) than this one, {__version__}.  Restore it with Askare {manifest.askare} or later."
        )
    if names != known[: len(names)]:
        raise ArchiveProblem("this backup comes from a database whose migrations were not applied in their order.")
    return manifest


def _require_whole(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """Compare every member with the manifest, to the last byte.  Raises ArchiveProblem."""
    parts = {_member_of_table(part.name): part for part in manifest.tables}
    parts |= {_member_of_file(part.name): part for part in manifest.files}
    if sorted(archive.namelist()) != sorted([*parts, MANIFEST]):
        raise ArchiveProblem("it does not hold what its manifest says.  Nothing was changed.  Use another copy.")
    then = all_migrations()[: len(manifest.migrations)]
    expected = {table.name: table.columns for table in tables_of(then)}
    if {part.name: part.columns for part in manifest.tables} != expected:
        raise ArchiveProblem("its tables are not those of its migrations.  Nothing was changed.  Use another copy.")
    if sum(part.bytes for part in manifest.files) > FILES_BYTES_MAX:
        raise ArchiveProblem(f"the files sent along are larger than {FILES_BYTES_MAX // 1_048_576} MiB.")
    for part in manifest.files:
        path = PurePosixPath(part.name)
        if path.is_absolute() or ".." in path.parts or "\\" in part.name or not part.name:
            raise ArchiveProblem(f"it would put a file outside of the data folder ({part.name}).")
    for member, part in parts.items():
        digest, size, lines = hashlib.sha256(), 0, 0
        with archive.open(member) as opened:
            while chunk := opened.read(BYTES_AT_ONCE):
                digest.update(chunk)
                size += len(chunk)
                lines += chunk.count(b"\n")
        if (digest.hexdigest(), size) != (part.sha256, part.bytes) or (part.columns and lines != part.rows):
            raise ArchiveProblem(f"{member} was altered or damaged.  Nothing was changed.  Use another copy.")


# Restore ---------------------------------------------------------------------------------------------------------


def restore(
    database: Database,
    file: Path,
    *,
    replace: bool,
    now: datetime,
    progress: Progress,
    then: Callable[[Transaction], object] | None = None,
) -> Summary:
    """Bring the database to what the archive holds; all of it, or nothing is changed.  `then` is part of it.

    The whole archive is checked first.  The database must be empty (migrated or not); with `replace` whatever is
    in it makes room.  An archive of an older Askare is brought up to date.  No server may be running on the
    database: it would go on with what it remembers of the old contents.  Raises ArchiveProblem.
    """
    with _checked(file) as (archive, manifest):
        others = database.others()
        if others:
            raise ArchiveProblem(
                f"The database is in use by {', '.join(others)}.  Stop the server and its workers, then restore."
            )
        try:
            with database.exclusively() as tx:
                _make_room(tx, replace=replace)
                _take_in(tx, archive, manifest, now, progress)
                if then is not None:
                    then(tx)
        except database.errors as error:
            raise ArchiveProblem(
                f"The database did not take the backup in, and is as it was before: {str(error).strip()}"
            ) from error
        database.memory = Memory()  # of numbers and counts that are no more
        files = {part.name: archive.read(_member_of_file(part.name)) for part in manifest.files}
        return Summary(manifest, file.stat().st_size, files)


def _make_room(tx: Transaction, *, replace: bool) -> None:
    """Take all of our tables away.  Raises ArchiveProblem when there is something in them and `replace` is not set."""
    tables = tables_of(_present_migrations(tx))
    if not replace:
        filled = [table.name for table in tables if tx.row(f"SELECT 1 FROM {table.name} LIMIT 1") is not None]
        if filled:
            raise ArchiveProblem(
                f"The database is not empty (there is something in {', '.join(sorted(filled))}).  Name an empty one; "
                "or say --replace, and all that is in it now is lost."
            )
    if tx.flavour.name == "postgres":
        tx.run(f"SET LOCAL lock_timeout = '{LOCK_SECONDS_MAX}s'")
    for table in reversed(tables):
        tx.run(f"DROP TABLE {table.name}")
    if tables:
        tx.run("DELETE FROM migrations")


def _take_in(tx: Transaction, archive: zipfile.ZipFile, manifest: Manifest, now: datetime, progress: Progress) -> None:
    known = all_migrations()
    then, since = known[: len(manifest.migrations)], known[len(manifest.migrations) :]
    for migration, past in zip(then, manifest.migrations, strict=True):
        apply(tx, migration, at=past.at)
    tables = tables_of(then)
    for table in reversed(tables):
        tx.run(f"DELETE FROM {table.name}")  # what a migration itself put in is in the archive, too
    parts = {part.name: part for part in manifest.tables}
    for table in tables:
        _load(tx, archive, table, parts[table.name].rows, progress)
    if tx.flavour.name == "postgres":
        _settle_postgres(tx, tables)
    for migration in since:
        apply(tx, migration, at=milliseconds(now))


def _load(tx: Transaction, archive: zipfile.ZipFile, table: _Table, total: int, progress: Progress) -> None:
    done = 0
    try:
        for rows in _rows_of(archive, table):
            tx.load(table.name, table.column_names, rows)
            done += len(rows)
            progress(table.name, done, total)
    except msgspec.MsgspecError as error:
        raise ArchiveProblem(
            f"A row of {table.name} does not fit its columns: {error}.  Nothing was changed."
        ) from error


def _rows_of(archive: zipfile.ZipFile, table: _Table) -> Iterator[list[tuple[Value, ...]]]:
    """The rows of a table, some at a time."""
    row_type = GenericAlias(tuple, tuple(_TYPES[kind] for _, kind in table.columns))
    decoder = msgspec.json.Decoder[Any](row_type)
    with archive.open(_member_of_table(table.name)) as member:
        while chunk := member.read(BYTES_AT_ONCE):
            yield decoder.decode_lines(chunk + member.readline())


def _settle_postgres(tx: Transaction, tables: Sequence[_Table]) -> None:
    """Have the numbers that PostgreSQL gives go on behind the largest ones, and its statistics know the tables."""
    for table in tables:
        for (column,) in tx.rows(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_schema = current_schema() AND table_name = :table AND is_identity = 'YES'",
            table=table.name,
        ):
            tx.row(
                f"SELECT setval(pg_get_serial_sequence(:table, :column), max({column})) FROM {table.name}"
                f" HAVING max({column}) IS NOT NULL",
                table=table.name,
                column=column,
            )
        tx.run(f"ANALYZE {table.name}")
