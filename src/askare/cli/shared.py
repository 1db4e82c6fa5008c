"""What the commands share: the application, where the data is, how one is told of it."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Group, Parameter

from askare import __version__
from askare.access import operations as access
from askare.access.model import Organization
from askare.jobs.outbox import HOUSE_USER
from askare.kernel.caller import Caller, Role
from askare.kernel.endings import Ending
from askare.opening import open_up_to_date
from askare.settings import Loaded, Settings, load
from askare.storage.desk import Database

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress
    from rich.table import Table

app = App(
    name="askare",
    help="One self-hosted server for the working day of an agency or a contact centre.",
    version=__version__,
)

PIPED_WIDTH = 160

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


@cache
def terminal() -> Console:
    """Standard error, with colours and bars where there is a terminal."""
    from rich.console import Console  # loaded when there is something to colour: `serve` has nothing

    return Console(stderr=True)


def say(text: str, *, style: str = "") -> None:
    """Tell people something, on standard error and as it stands."""
    if style:
        terminal().print(text, style=style, markup=False, highlight=False, soft_wrap=True)
    else:
        print(text, file=sys.stderr, flush=True)


def complain(text: str) -> None:
    """Say what went wrong, line by line."""
    for line in text.splitlines():
        say(line, style="red")


def show(table: Table) -> None:
    """Print a table on standard output."""
    from rich.console import Console  # as above

    # What is piped into another program or a file has room enough for every column.
    Console(width=None if sys.stdout.isatty() else PIPED_WIDTH).print(table)


def progress_bars() -> Progress:
    """A bar for each task that is added to them, on the terminal only: a file would be left with an empty line."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # only long work has bars

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TimeRemainingColumn(),
        console=terminal(),
        transient=True,
        disable=not terminal().is_terminal,
    )


class Stop(Ending):
    """The command cannot go on; the text says what to do."""


def settings_of(data: Path | None, database: str | None, **given: Any) -> Loaded:
    return load({"data": data, "database": database, **given})


@contextmanager
def opened_database(settings: Settings) -> Iterator[Database]:
    """The database, brought up to date."""
    database = open_up_to_date(settings)
    try:
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
        say(f"{title}: none.")
        return
    from rich.box import SIMPLE_HEAD  # as above
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    for place, column in enumerate(rows[0]):
        # The first column is the id, which has to be copied into other commands: it stays in one piece.
        table.add_column(column, overflow="fold", no_wrap=place == 0)
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    show(table)
