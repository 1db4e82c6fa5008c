"""Care of the database: migrate, backup, restore, doctor, erase."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from rich.table import Table
from rich.text import Text

from askare.access.keys import KEY_FILE
from askare.calltasks import operations as calls
from askare.calltasks.jobs import folder_of
from askare.calltasks.own import settings as call_settings
from askare.cli.shared import (
    AsJson,
    Data,
    DatabaseAddress,
    Stop,
    opened_database,
    organization_named,
    progress_bars,
    say,
    settings_of,
    show,
    terminal,
)
from askare.edge import Edge
from askare.jobs.outbox import HOUSE_USER
from askare.kernel.caller import Caller, Role
from askare.kernel.time import written
from askare.letters import operations as letter_operations
from askare.opening import open_database
from askare.outside.check import ProviderCheck, check_providers
from askare.settings import DATABASE_FILE, BadSettings, Settings
from askare.storage import archive
from askare.storage.migrations import all_migrations, waiting
from askare.storage.migrations import migrate as migrate_schema
from askare.storage.transactions import Transaction

if TYPE_CHECKING:
    from rich.progress import TaskID


def erase(
    *,
    organization: str,
    phone: str,
    as_json: AsJson = False,
    data: Data = None,
    database: DatabaseAddress = None,
) -> None:
    """Erase a caller: recordings, texts and their old versions, names, phones, and what searches find.

    The tasks and appeals themselves stay, as work that was done, and their history says when this happened.  The
    server may be running.

    Example: `askare erase --organization Koti --phone +77012345678`

    Parameters
    ----------
    organization
        Name of the organization.
    phone
        The caller's number, in any spelling; without +, a number of the organization's own country, else of the one
        in `phone_region`.
    """
    settings = settings_of(data, database).settings
    edge = Edge()
    with opened_database(settings) as opened:
        of = organization_named(opened, organization)
        caller = Caller(of.organization_no, of.organization_id, HOUSE_USER, Role.ADMIN)
        region = opened.read(call_settings, caller).phone_region or settings.phone_region
        number = calls.e164(phone, region)
        if number is None:
            raise Stop(f"--phone {phone}: this is no telephone number; write it as +77012345678")
        erased = opened.write(lambda tx: calls.erase_caller(tx, number, now=edge.now()), caller)
    for task_no in erased.tasks:  # the night shift does the same where the recordings lie on another machine
        shutil.rmtree(folder_of(settings.data, of.organization_no, task_no), ignore_errors=True)
    if as_json:
        print(json.dumps({"tasks": list(erased.tasks), "appeals": list(erased.appeals)}))
    else:
        say(f"Erased from {len(erased.tasks)} call tasks and {len(erased.appeals)} appeals.")


def _migrated(settings: Settings, *, check: bool) -> list[str]:
    opened = open_database(settings)
    try:
        if check:
            return [migration.name for migration in waiting(opened)]
        return migrate_schema(opened, now=Edge().now())
    finally:
        opened.close()


def migrate(*, check: bool = False, data: Data = None, database: DatabaseAddress = None) -> None:
    """Bring the database up to date.  `serve` does it by itself at start.

    Parameters
    ----------
    check
        Only say what would run; exit with 1 when there is something.
    """
    settings = settings_of(data, database).settings
    if check and not settings.database and not (settings.data / DATABASE_FILE).exists():
        names = [migration.name for migration in all_migrations()]  # opening it would make it
    else:
        names = _migrated(settings, check=check)
    for name in names:
        print(name)
    if not names:
        say("The database is up to date.")
    elif check:
        sys.exit(1)
    else:
        say(f"Applied {len(names)}.")


def backup(file: Path, /, *, data: Data = None, database: DatabaseAddress = None) -> None:
    """Put everything into one new file, while the server runs or not.

    The file holds the database of one moment and the key that signs tokens; it can be restored into SQLite or
    PostgreSQL, whichever it came from.  Keep it as secret as the data folder.  Example: `askare backup office.zip`

    Parameters
    ----------
    file
        A file that does not exist yet.
    """
    settings = settings_of(data, database).settings
    key = settings.data / KEY_FILE
    extra = {KEY_FILE.as_posix(): key.read_bytes()} if key.is_file() else {}
    opened = open_database(settings)  # as it is: a backup is what one makes before bringing it up to date
    try:
        with _table_progress("Backing up") as progress:
            summary = archive.backup(opened, file, now=Edge().now(), extra=extra, progress=progress)
    finally:
        opened.close()
    say(f"{summary.manifest.rows:,} rows, {summary.archive_bytes:,} bytes: {file}")


def restore(
    file: Path,
    /,
    *,
    replace: Annotated[bool, Parameter(negative="")] = False,
    letters: Literal["hold", "send"] = "hold",
    data: Data = None,
    database: DatabaseAddress = None,
) -> None:
    """Bring back what a backup holds.  Stop the server first.

    All or nothing: when the file is damaged, the database stays as it is.  Example, moving to PostgreSQL:
    `askare restore office.zip --letters send --database postgresql://askare@db/askare`

    Parameters
    ----------
    file
        A file that `askare backup` made.
    replace
        Also into a database that is not empty; what is in it is lost.
    letters
        What becomes of letters that waited when the backup was made.  hold: they wait for an administrator, since they
        may have left in the meantime.  send: they leave, for a backup after which nothing was done any more.
    """
    settings = settings_of(data, database).settings
    archive.inspect(file)  # before anything is made: a wrong file leaves no empty database behind
    opened = open_database(settings)
    now = Edge().now()
    held = 0

    def hold_letters(tx: Transaction) -> None:
        nonlocal held
        held = letter_operations.hold(tx, restored=now)

    try:
        with _table_progress("Restoring") as progress:
            then = hold_letters if letters == "hold" else None
            summary = archive.restore(opened, file, replace=replace, now=now, progress=progress, then=then)
    finally:
        opened.close()
    for name, content in summary.files.items():
        _write_back(settings.data / name, content)
    say(f"{summary.manifest.rows:,} rows of {written(summary.manifest.made)} are back.")
    if held:
        say(
            f"Letters held: {held:,}.  They waited when the backup was made, and may have left afterwards.  "
            "GET /askare/v1/letters?stateCode=HELD shows them, POST /askare/v1/letters/{letterId}:send lets one leave.",
            style="yellow",
        )


def _write_back(file: Path, content: bytes) -> None:
    """Put back a file of the data folder, for its owner's eyes only; one that is there already stays."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        if file.read_bytes() != content:
            say(f"{file} is another one than in the backup, and stays.", style="yellow")
        return
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)


@contextmanager
def _table_progress(title: str) -> Iterator[archive.Progress]:
    """A bar a table."""
    with progress_bars() as bars:
        known: dict[str, TaskID] = {}

        def move(table: str, done: int, total: int) -> None:
            if table not in known:
                known[table] = bars.add_task(f"{title} {table}", total=total)
            bars.update(known[table], completed=done, total=total)

        yield move


def doctor(
    *,
    providers: Annotated[bool, Parameter(negative="")] = False,
    as_json: AsJson = False,
    data: Data = None,
    database: DatabaseAddress = None,
) -> None:
    """Say what is set, from where, and what is wrong.

    Changes nothing.  Exits with 1 when something must be put right.  Example: `askare doctor --data /srv/askare`

    Parameters
    ----------
    providers
        Try out who transcribes and who sums up calls: a second of sound, and a few words of text, to each.
    """
    from askare.doctor import Level, examine  # it knows everything there is, which only this command needs

    marks = {
        Level.OK: ("ok", ""),
        Level.NOTE: ("note", "cyan"),
        Level.WARNING: ("warning", "yellow"),
        Level.ERROR: ("error", "bold red"),
    }
    tried: list[ProviderCheck] = []
    try:
        loaded, faults = settings_of(data, database), list[str]()
    except BadSettings as bad:
        loaded, faults = None, bad.faults
    if providers and loaded is not None:
        with terminal().status("Asking the providers …"), suppress(BadSettings):  # which `examine` tells of
            tried = asyncio.run(check_providers(loaded.settings))
    now = datetime.now(UTC)  # right or wrong: that is the question
    findings = examine(loaded, faults, now=now, data=data, tried=tried)
    if as_json:
        rows = [
            {"level": one.level.value, "subject": one.subject, "text": one.text, "advice": one.advice}
            for one in findings
        ]
        print(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        table = Table(box=None, padding=(0, 2, 0, 0))
        for column in ("", "what", "found", "what to do"):
            table.add_column(column, overflow="fold")
        for one in findings:
            mark, style = marks[one.level]
            table.add_row(mark, one.subject, Text(one.text), Text(one.advice), style=style)
        show(table)
    if any(one.level is Level.ERROR for one in findings):
        sys.exit(1)
