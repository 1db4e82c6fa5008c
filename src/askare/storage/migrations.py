"""Numbered `.sql` files, one folder a room, applied in order of their numbers, each in a transaction of its own.

A file is a template: `{serial}`, `{bytes}`, `{clustered}` … stand for the database's own words (`Flavour.ddl`), and
`{shelf task due}` for the tables beside `tasks` that let a shelf be searched (`shelf.py`).
Run again after a crash, it goes on where it stopped.

Beside each name the database keeps a digest of what was carried out under it: where a file of the same name now says
something else, the tables are not those that this program knows, and nobody must work on them.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from importlib.resources import files

from msgspec import Struct

from askare.kernel.endings import Ending
from askare.kernel.time import milliseconds
from askare.storage.desk import Database
from askare.storage.transactions import Transaction

_NAME = re.compile(r"^\d{4}_[a-z0-9_]+\.sql$")
_SHELF = re.compile(r"\{shelf (?P<name>\w+) (?P<time>\w+)(?: (?P<key>bigint))?\}")

_BESIDE_A_SHELF = """
-- What each thing points at, in the order of the shelf's time, with what a search sorts by.
CREATE TABLE [name]_links (
    organization_no {bigint} NOT NULL,
    kind {bigint} NOT NULL,
    target {bytes} NOT NULL,
    [time] {bigint} NOT NULL,
    [name]_no {bigint} NOT NULL,
    modified {bigint} NOT NULL,
    [name]_id {[key]} NOT NULL,
    PRIMARY KEY (organization_no, kind, target, [time], [name]_no)
) {clustered};

-- The text of each thing as it is searched, in the same order.
CREATE TABLE [name]_texts (
    organization_no {bigint} NOT NULL,
    [time] {bigint} NOT NULL,
    [name]_no {bigint} NOT NULL,
    words_line TEXT NOT NULL,
    stems_line TEXT NOT NULL,
    PRIMARY KEY (organization_no, [time], [name]_no)
) {clustered};

-- Which words a thing's text holds, with what a search sorts by, except for the things below.
CREATE TABLE [name]_words (
    organization_no {bigint} NOT NULL,
    word_no {bigint} NOT NULL,
    [name]_no {bigint} NOT NULL,
    [time] {bigint} NOT NULL,
    modified {bigint} NOT NULL,
    PRIMARY KEY (organization_no, word_no, [name]_no)
) {clustered};

-- Things whose words are not posted yet, and the words that are still posted for them.  A write only notes the thing
-- here; the night shift posts the words of many things at once, in the order of the table above.
CREATE TABLE [name]s_unposted (
    organization_no {bigint} NOT NULL,
    [name]_no {bigint} NOT NULL,
    posted_words TEXT NOT NULL,
    PRIMARY KEY (organization_no, [name]_no)
) {clustered};
"""


def _beside_a_shelf(match: re.Match[str]) -> str:
    text = _BESIDE_A_SHELF.replace("[name]", match["name"]).replace("[time]", match["time"])
    return text.replace("[key]", match["key"] or "bytes")


class Migration(Struct, frozen=True):
    """One step of the schema: its file name, which is its place in the order, and its text."""

    name: str
    template: str

    def statements(self, ddl: dict[str, str]) -> list[str]:
        """The single statements in one database's words."""
        text = _SHELF.sub(_beside_a_shelf, self.template)
        for word, meaning in ddl.items():
            text = text.replace("{" + word + "}", meaning)
        lines = [line for line in text.splitlines() if not line.lstrip().startswith("--")]
        return [statement.strip() for statement in "\n".join(lines).split(";") if statement.strip()]

    def digest(self, ddl: dict[str, str]) -> str:
        """By which what was carried out is known again, whatever its blanks, ends of lines and comments."""
        settled = ";".join(" ".join(statement.split()) for statement in self.statements(ddl))
        return hashlib.sha256(settled.encode()).hexdigest()


class SchemaTooNew(Ending):
    """The database was migrated by a newer Askare than this one."""


class SchemaDiffers(Ending):
    """The database was migrated by an Askare that says something else under the same name."""


def all_migrations() -> list[Migration]:
    """Every migration of every room, in order."""
    found = [
        Migration(entry.name, entry.read_text(encoding="utf-8"))
        for room in files("askare").iterdir()
        if room.is_dir() and (schema := room / "schema").is_dir()
        for entry in schema.iterdir()
        if _NAME.match(entry.name)
    ]
    found.sort(key=lambda migration: migration.name)
    numbers = [migration.name[:4] for migration in found]
    if len(set(numbers)) != len(numbers):
        raise ValueError("two migrations have the same number")
    return found


def waiting(database: Database) -> list[Migration]:
    """The migrations that the database still lacks.

    Raises SchemaTooNew when it has some that we do not know, and SchemaDiffers when it has others under the same name.
    """
    known = all_migrations()
    present = database.read(lambda tx: _require_ours(tx, known))
    return [migration for migration in known if migration.name not in present]


def migrate(database: Database, *, now: datetime) -> list[str]:
    """Bring the database up to date; return the names of what was applied, in order.

    Raises as `waiting` does.
    """
    names = []
    for migration in waiting(database):
        with database.exclusively() as tx:
            if migration.name in _require_ours(tx, all_migrations()):
                continue
            apply(tx, migration, at=milliseconds(now))
            names.append(migration.name)
    if database.read(lambda tx: None in _digests(tx).values()):
        with database.exclusively() as tx:
            _keep_digests(tx)
    return names


def apply(tx: Transaction, migration: Migration, *, at: int) -> None:
    """Carry out one migration and write down that it was; `at` in milliseconds since 1970."""
    ddl = tx.flavour.ddl
    tx.run(f"CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, at {ddl['bigint']} NOT NULL, digest TEXT)")
    if not _has_digests(tx):
        _keep_digests(tx)
    for statement in migration.statements(ddl):
        tx.run(statement)
    tx.run(
        "INSERT INTO migrations (name, at, digest) VALUES (:name, :at, :digest)",
        name=migration.name,
        at=at,
        digest=migration.digest(ddl),
    )


def applied(tx: Transaction) -> set[str]:
    """The names of the migrations that the database has had."""
    return set(_digests(tx))


def differing(tx: Transaction, known: list[Migration]) -> list[str]:
    """The names under which the database has had something else than what they stand for now."""
    kept = _digests(tx)
    return [
        migration.name
        for migration in known
        if kept.get(migration.name) not in (None, migration.digest(tx.flavour.ddl))
    ]


def _digests(tx: Transaction) -> dict[str, str | None]:
    """The names of what was applied, each with its digest; None where an earlier Askare kept none."""
    table = (
        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migrations'"
        if tx.flavour.name == "sqlite"
        else "SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'migrations'"
    )
    if tx.row(table) is None:
        return {}
    return dict(tx.rows(f"SELECT name, {'digest' if _has_digests(tx) else 'NULL'} FROM migrations"))


def _has_digests(tx: Transaction) -> bool:
    column = (
        "SELECT 1 FROM pragma_table_info('migrations') WHERE name = 'digest'"
        if tx.flavour.name == "sqlite"
        else "SELECT 1 FROM information_schema.columns WHERE table_schema = current_schema()"
        " AND table_name = 'migrations' AND column_name = 'digest'"
    )
    return tx.row(column) is not None


def _keep_digests(tx: Transaction) -> None:
    """Take what an earlier Askare applied for what the files say now: it kept nothing by which that could be judged."""
    if not _has_digests(tx):
        tx.run("ALTER TABLE migrations ADD COLUMN digest TEXT")
    tx.run_many(
        "UPDATE migrations SET digest = :digest WHERE name = :name AND digest IS NULL",
        [(migration.digest(tx.flavour.ddl), migration.name) for migration in all_migrations()],
    )


def _require_ours(tx: Transaction, known: list[Migration]) -> set[str]:
    """The names of what was applied.  Raises SchemaTooNew and SchemaDiffers."""
    present = applied(tx)
    unknown = present - {migration.name for migration in known}
    if unknown:
        raise SchemaTooNew(
            f"The database has been used by a newer Askare (it has {', '.join(sorted(unknown))}).  "
            "Install that version, or restore a backup made with this one."
        )
    if others := differing(tx, known):
        raise SchemaDiffers(
            f"The database was made by another Askare than this one: what it has had as {', '.join(others)} is not "
            "what this one means by that, so its tables are others.  Nothing was changed.  "
            "Use the Askare that made it, or name a new, empty data folder or database."
        )
    return present
