"""What the commands share: the application, where the data is, how one is told of it."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Group, Parameter
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from askare import __version__
from askare.access import operations as access
from askare.access.model import Organization
from askare.edge import Edge
from askare.jobs.outbox import HOUSE_USER
from askare.kernel.caller import Caller, Role
from askare.kernel.endings import Ending
from askare.opening import open_database
from askare.settings import Loaded, Settings, load
from askare.storage.desk import Database
from askare.storage.migrations import migrate as migrate_schema

app = App(
    name="askare",
    help="One self-hosted server for the working day of an agency or a contact centre.",
    version=__version__,
)

PIPED_WIDTH = 160

say = Console(stderr=True)
# What is piped into another program or a file has room enough for every column.
show = Console(width=None if sys.stdout.isatty() else PIPED_WIDTH)

DEMO_ORGANIZATION = "Demo"

_where = Group("Where the data is")
Data = Annotated[
    Path | None,
    Parameter(name="--data", group=_where, help="Data folder (default: ./askare-data, or ASKARE_DATA)."),
]
DatabaseAddress = Annotated[
    str | None,
    Parameter(name="--database", group=_where, help="postgresql://… (default: SQLite in the data folder)."),
]
AsJson = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON for programs.")]


def complain(text: str) -> None:
    """Say what went wrong, line by line."""
    for line in text.splitlines():
        say.print(line, style="red", markup=False, highlight=False, soft_wrap=True)


class Stop(Ending):
    """The command cannot go on; the text says what to do."""


def settings_of(data: Path | None, database: str | None, **given: Any) -> Loaded:
    return load({"data": data, "database": database, **given})


@contextmanager
def opened_database(settings: Settings) -> Iterator[Database]:
    """The database, brought up to date."""
    database = open_database(settings)
    try:
        migrate_schema(database, now=Edge().now())
        yield database
    finally:
        database.close()


def organization_named(database: Database, name: str) -> Organization:
    """The organization of this name.  Raises Stop, naming those that there are."""
    found = database.read(lambda tx: access.organizations(tx))
    for organization in found:
        if organization.name == name:
            return organization
    names = ", ".join(organization.name for organization in found) or "none yet"
    raise Stop(
        f"There is no organization {name!r} (there are: {names}).  A new one is made with its first token:"
        f" askare token --organization {shlex.quote(name)} --role admin"
    )


def house_of(database: Database, organization: str) -> Caller:
    """The house, on behalf of the organization of this name."""
    of = organization_named(database, organization)
    return Caller(of.organization_no, of.organization_id, HOUSE_USER, Role.ADMIN)


def print_rows(title: str, rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    if not rows:
        say.print(f"{title}: none.", highlight=False)
        return
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    for place, column in enumerate(rows[0]):
        # The first column is the id, which has to be copied into other commands: it stays in one piece.
        table.add_column(column, overflow="fold", no_wrap=place == 0)
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    show.print(table)
