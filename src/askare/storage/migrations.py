"""Numbered `.sql` files, one folder a room, applied in order of their numbers, each in a transaction of its own.

A file is a template: `{serial}`, `{bytes}`, `{clustered}` … stand for the database's own words (`Flavour.ddl`), and
`{shelf task due}` for the tables beside `tasks` that let a shelf be searched (`shelf.py`).
Run again after a crash, it goes on where it stopped.
"""

from __future__ import annotations

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


class SchemaTooNew(Ending):
    """The database was migrated by a newer Askare than this one."""


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
    """The migrations that the database still lacks.  Raises SchemaTooNew when it has some that we do not know."""
    present = database.read(applied)
    known = all_migrations()
    _require_known(present, known)
    return [migration for migration in known if migration.name not in present]


def migrate(database: Database, *, now: datetime) -> list[str]:
    """Bring the database up to date; return the names of what was applied, in order."""
    names = []
    for migration in waiting(database):
        with database.exclusively() as tx:
            present = applied(tx)
            _require_known(present, all_migrations())
            if migration.name in present:
                continue
            apply(tx, migration, at=milliseconds(now))
            names.append(migration.name)
    return names


def apply(tx: Transaction, migration: Migration, *, at: int) -> None:
    """Carry out one migration and write down that it was; `at` in milliseconds since 1970."""
    tx.run(
        "CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, at {} NOT NULL)".format(tx.flavour.ddl["bigint"])
    )
    for statement in migration.statements(tx.flavour.ddl):
        tx.run(statement)
    tx.run("INSERT INTO migrations (name, at) VALUES (:name, :at)", name=migration.name, at=at)


def applied(tx: Transaction) -> set[str]:
    """The names of the migrations that the database has had."""
    table = (
        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migrations'"
        if tx.flavour.name == "sqlite"
        else "SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'migrations'"
    )
    if tx.row(table) is None:
        return set()
    return {name for (name,) in tx.rows("SELECT name FROM migrations")}


def _require_known(present: set[str], known: list[Migration]) -> None:
    unknown = present - {migration.name for migration in known}
    if unknown:
        raise SchemaTooNew(
            f"The database has been used by a newer Askare (it has {', '.join(sorted(unknown))}).  "
            "Install that version, or restore a backup made with this one."
        )
