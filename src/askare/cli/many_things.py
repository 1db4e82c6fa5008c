"""Files of many things: import and export."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from enum import Enum
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from askare.access import operations as access
from askare.access.model import Rights
from askare.cli.shared import (
    AsJson,
    Data,
    DatabaseAddress,
    Stop,
    complain,
    opened_database,
    organization_named,
    progress_bars,
    say,
    settings_of,
)
from askare.directory.model import Kind as ThingKind
from askare.directory.references import Checks
from askare.edge import Edge
from askare.exchange import columns, files, loading, saving
from askare.kernel.caller import Caller, Role
from askare.storage.desk import Database
from askare.storage.transactions import Transaction
from askare.wire.kit import reading


class Things(Enum):
    """What files can hold."""

    OFFICES = "offices"
    AGENTS = "agents"
    OPERATORS = "operators"
    PARTIES = "parties"
    REALTIES = "realties"


_KINDS = {
    Things.OFFICES: ThingKind.OFFICE,
    Things.AGENTS: ThingKind.AGENT,
    Things.OPERATORS: ThingKind.OPERATOR,
    Things.PARTIES: ThingKind.PARTY,
    Things.REALTIES: ThingKind.REALTY,
}
FAULTS_SHOWN_MAX = 20
ROWS_A_STEP = 100  # of the bar that shows how far a file is read


def import_things(
    things: Things,
    file: Path,
    /,
    *,
    organization: str,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    errors: Path | None = None,
    as_json: AsJson = False,
    data: Data = None,
    database: DatabaseAddress = None,
) -> None:
    """Take offices, agents, operators, parties or realties in from a .csv, .xlsx or .ndjson file.

    The first line of a table names its columns as the API names its fields, a nested one with a dot
    (`address.postcode`); `askare export` writes such a file.  Each row makes or replaces one thing, so loading the same
    file twice changes nothing.  Rows that cannot be loaded keep no others out: they are written, each with what is
    wrong with it, into a second file that can be mended and loaded again.  The server may be running or not.
    Exits with 1 when a row could not be loaded.

    Example: `askare import parties customers.csv --organization Koti --dry-run`

    Parameters
    ----------
    things
        What the rows are.
    file
        The file.
    organization
        Name of the organization.
    dry_run
        Only say, row by row, what would happen.
    errors
        Where to write the rows that could not be loaded (default: beside the file, as customers.errors.csv).
    """
    settings = settings_of(data, database).settings
    kind = _KINDS[things]
    errors = errors or file.with_name(f"{file.stem}.errors{file.suffix}")
    counted = dict.fromkeys(loading.Fate, 0)
    with opened_database(settings) as opened, ExitStack() as at_end:
        opened.expect_much()
        how = loading.Loading(
            kind=kind,
            caller=_owner(opened, organization),
            typed=reading.typed,
            plain=reading.plain_json,
            checks=Checks(settings.reference_checks),
            phone_region=settings.phone_region,
            dry_run=dry_run,
        )
        source = at_end.enter_context(files.opened(file, kind))
        if source.heading is not None:
            for name in source.heading.unknown:
                hint = columns.nearest(kind, name)
                say(f"Column {name}: unknown, not read{hint}", style="yellow")
        rejected: files.Errors | None = None
        move = at_end.enter_context(_row_progress(f"Reading {file.name}", source.total))
        for outcome in loading.load(opened, source, how, now=Edge().now):
            counted[outcome.fate] += 1
            if dry_run:
                _tell(outcome, as_json=as_json)
            elif outcome.fate is loading.Fate.FAULTY:
                if counted[loading.Fate.FAULTY] <= FAULTS_SHOWN_MAX:
                    complain(f"Row {outcome.row.number}: {outcome.trouble}")
                if rejected is None:
                    names = files.Errors.names(source)
                    sink = at_end.enter_context(files.created(errors, files.format_of(errors), names))
                    rejected = files.Errors(source, sink)
                rejected.write(outcome.row, outcome.trouble)
            if not sum(counted.values()) % ROWS_A_STEP:
                move(source.done)
    _sum_up(counted, errors=None if rejected is None else errors, dry_run=dry_run, as_json=as_json)
    if counted[loading.Fate.FAULTY]:
        sys.exit(1)


def _owner(database: Database, organization: str) -> Caller:
    """The organization's administrator, in whose name the owner of the server works at the command line."""
    of = organization_named(database, organization)

    def ensure(tx: Transaction) -> Caller | None:
        rights = Rights(Role.ADMIN, frozenset(), None)
        user = access.ensure_token_holder(tx, of, rights, user_id=None, now=Edge().now())
        return access.caller_of_user(tx, user.user_id)

    caller = database.write(ensure)
    if caller is None:
        raise Stop(f"The administrator of {organization} is disabled.")
    return caller


def _tell(outcome: loading.Outcome, *, as_json: bool) -> None:
    """What would become of one row."""
    if as_json:
        told = {"row": outcome.row.number, "fate": outcome.fate.value}
        faults = [{"target": fault.target, "message": fault.message} for fault in outcome.faults]
        more = {"fields": outcome.fields, "faults": faults}
        print(json.dumps({**told, **{name: value for name, value in more.items() if value}}, ensure_ascii=False))
        return
    detail = ", ".join(outcome.fields) or outcome.trouble
    print(f"row {outcome.row.number}: {outcome.fate.value}{f': {detail}' if detail else ''}")


def _sum_up(counted: dict[loading.Fate, int], *, errors: Path | None, dry_run: bool, as_json: bool) -> None:
    if as_json and not dry_run:
        print(
            json.dumps({**{fate.value: number for fate, number in counted.items()}, "errors": errors and str(errors)})
        )
        return
    numbers = ", ".join(f"{number:,} {fate.value}" for fate, number in counted.items())
    say(f"{numbers}{'; nothing was changed (dry run).' if dry_run else '.'}")
    if errors is not None:
        say(
            f"The faulty rows are in {errors}: mend them there and load that file.",
        )


@contextmanager
def _row_progress(title: str, total: int) -> Iterator[Callable[[int], None]]:
    with progress_bars() as bars:
        bar = bars.add_task(title, total=total or None)
        yield lambda done: bars.update(bar, completed=done)


def export_things(
    things: Things,
    file: Path | None = None,
    /,
    *,
    organization: str,
    form: Annotated[files.Format, Parameter(name="--format")] = files.Format.CSV,
    data: Data = None,
    database: DatabaseAddress = None,
) -> None:
    """Write all offices, agents, operators, parties or realties into a .csv, .xlsx or .ndjson file.

    `askare import` reads it back as it was.  In CSV, what a spreadsheet would take for a formula has an apostrophe in
    front; in XLSX it is marked as text.

    Example: `askare export realties homes.xlsx --organization Koti`

    Parameters
    ----------
    things
        What to write.
    file
        The file; one that is there is replaced.  Without it everything goes to standard output.
    organization
        Name of the organization.
    form
        How to write to standard output; a file is written as its name ends.
    """
    settings = settings_of(data, database).settings
    kind = _KINDS[things]
    form = form if file is None else files.format_of(file)
    where = "standard output" if file is None else str(file)
    written_things = 0
    with opened_database(settings) as opened:
        caller = _owner(opened, organization)
        with (
            _row_progress(f"Writing {where}", saving.count(opened, kind, caller)) as move,
            files.created(file, form, files.table_names(kind)) as sink,
        ):
            for thing in saving.things(opened, kind, caller):
                files.write_thing(sink, kind, thing)
                written_things += 1
                move(written_things)
    say(f"{written_things:,} {things.value}: {where}")
