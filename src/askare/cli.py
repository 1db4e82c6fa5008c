"""The command line: `askare serve | worker | token | user | demo | import | export | runs | preview | backup …`.

Commands that fail say what to do next, on standard error, and exit with 1; what was wrongly typed exits with 2.
"""

from __future__ import annotations

import asyncio
import getpass
import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from cyclopts import App, Group, Parameter
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from askare import __version__, serving
from askare.access import operations as access
from askare.access import passwords, tokens
from askare.access.keys import KEY_FILE, BadKeyFile
from askare.access.model import Organization, Rights, User
from askare.calltasks import operations as calls
from askare.calltasks.jobs import folder_of
from askare.directory import operations as directory
from askare.directory.model import Kind as ThingKind
from askare.directory.references import Checks
from askare.doctor import Level, examine
from askare.edge import Edge
from askare.exchange import columns, files, loading, saving
from askare.jobs.outbox import HOUSE_USER
from askare.kernel.caller import Caller, Role
from askare.kernel.problems import Problem
from askare.kernel.time import settled, written
from askare.main import open_database
from askare.outside.check import ProviderCheck, check_providers
from askare.scripts import registry
from askare.scripts.command import COMMANDS_FILE
from askare.scripts.model import parameters_of
from askare.settings import BadSettings, Loaded, Settings, load
from askare.storage import archive
from askare.storage.desk import Database
from askare.storage.migrations import SchemaTooNew, waiting
from askare.storage.migrations import migrate as migrate_schema
from askare.storage.sqlite import UnsafeSQLite
from askare.storage.transactions import Transaction
from askare.svctasks import operations as svctasks
from askare.svctasks.model import Outcome, Surroundings
from askare.wire.kit import reading
from askare.workdays import operations as workdays
from askare.workdays import public_holidays
from askare.workdays.model import Domain
from askare.workdays.rules import Unreadable, defaults_of

app = App(
    name="askare",
    help="One self-hosted server for the working day of an agency or a contact centre.",
    version=__version__,
)
token_app = App(name="token")
user_app = App(name="user", help="People who sign in with a name and a password.")
app.command(token_app)
app.command(user_app)

_say = Console(stderr=True)
_show = Console()

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


class Stop(Exception):
    """The command cannot go on; the text says what to do."""


# What a command may end with.  Each says in words what is wrong and what to do, so nobody needs to see a traceback.
ENDINGS = (
    Stop,
    BadSettings,
    BadKeyFile,
    SchemaTooNew,
    UnsafeSQLite,
    archive.ArchiveProblem,
    serving.PortTaken,
    files.BadFile,
)


def main() -> None:
    """Run the command that the arguments name."""
    try:
        app()
    except ENDINGS as stop:
        _complain(str(stop))
        sys.exit(1)
    except Problem as problem:
        _complain(problem.reason)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read us has heard enough; without this, closing standard output would complain once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def _complain(text: str) -> None:
    for line in text.splitlines():
        _say.print(line, style="red", markup=False, highlight=False, soft_wrap=True)


# What the commands share -----------------------------------------------------------------------------------------


def _settings(data: Path | None, database: str | None, **given: Any) -> Loaded:
    return load({"data": data, "database": database, **given})


@contextmanager
def _open(settings: Settings) -> Iterator[Database]:
    """The database, brought up to date."""
    database = open_database(settings)
    try:
        migrate_schema(database, now=Edge().now())
        yield database
    finally:
        database.close()


def _lifetime(text: str) -> timedelta:
    match = re.fullmatch(r"(\d{1,5})([smhd])", text.strip())
    if match is None or int(match[1]) == 0:
        raise Stop(f"--ttl {text}: say a number and s, m, h or d, such as 12h or 30d")
    unit = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}[match[2]]
    return timedelta(**{unit: int(match[1])})


def _organization(database: Database, name: str) -> Organization:
    """The organization of this name.  Raises Stop, naming those that there are."""
    found = database.read(lambda tx: access.organizations(tx))
    for organization in found:
        if organization.name == name:
            return organization
    names = ", ".join(organization.name for organization in found) or "none yet"
    raise Stop(f"There is no organization {name!r} (there are: {names}).")


# serve -----------------------------------------------------------------------------------------------------------


@app.command
def serve(
    *,
    host: str | None = None,
    port: int | None = None,
    workers: int | None = None,
    demo: bool = False,
    site: str | None = None,
    log_format: Annotated[str | None, Parameter(help="json for machines, console for people.")] = None,
    data: Data = None,
    database: DatabaseAddress = None,
) -> None:
    """Answer requests, until told to stop (Ctrl-C or SIGTERM).

    Examples: `askare serve --demo` to try it; `askare serve --host 0.0.0.0 --data /srv/askare` for an office;
    `askare serve --database postgresql://askare@db/askare --workers 4` for more than one machine can carry.

    Parameters
    ----------
    host
        Address to listen on (default 127.0.0.1).
    port
        Port to listen on (default 8080).
    workers
        Server processes; more than one needs PostgreSQL.
    demo
        Fill an organization "Demo" with sample data first, once.
    site
        Name of the site where service tasks are started (default main).
    """
    settings = _settings(
        data, database, host=host, port=port, workers=workers, site=site, log_format=log_format
    ).settings
    serving.require_free_port(settings)
    token = None
    with _open(settings) as opened:
        if demo:
            _load_demo(opened, settings.data)
            token = _demo_token(opened, settings.data)

    def announce() -> None:
        address = settings.public_url or f"http://{settings.host}:{settings.port}"
        _say.print(f"Askare {__version__} answers at {address}", highlight=False)
        _say.print(f"API documentation: {address}/docs", highlight=False, soft_wrap=True)
        if token is None:
            _say.print("A bearer token:    askare token --organization NAME --role admin", highlight=False)
            return
        _say.print(f"Bearer token:      {token}", highlight=False, soft_wrap=True, markup=False)
        _say.print("Try it:", highlight=False)
        _say.print(
            f"curl -H 'Authorization: Bearer {token}' -H 'Request-ID: {Edge().new_id()}'"
            f" '{address}/task-management/v1/tasks?statusCode=WAITING&size=3'",
            highlight=False,
            soft_wrap=True,
            markup=False,
        )

    serving.serve(settings, announce=announce)


@app.command
def worker(
    *,
    site: str | None = None,
    log_format: Annotated[str | None, Parameter(help="json for machines, console for people.")] = None,
    data: Data = None,
    database: DatabaseAddress = None,
) -> None:
    """Do what has to be done without anybody asking: promises, upkeep, and the scripts of one site.

    For more hands on PostgreSQL; `askare serve` does all of it by itself.  Ends with Ctrl-C or SIGTERM.
    Example: `askare worker --site Tampere --database postgresql://askare@db/askare`

    Parameters
    ----------
    site
        Name of the site where service tasks are started (default main).
    """
    settings = _settings(data, database, site=site, log_format=log_format).settings
    if not settings.database:
        raise Stop(
            "Only one process writes to an SQLite file, and `askare serve` does the worker's part there.  "
            "For more, set --database to a PostgreSQL address."
        )
    with _open(settings):
        pass  # brought up to date
    serving.work(
        settings, announce=lambda: _say.print(f"Askare {__version__} works at site {settings.site}", highlight=False)
    )


# demo ------------------------------------------------------------------------------------------------------------


@app.command
def demo(*, data: Data = None, database: DatabaseAddress = None) -> None:
    """Fill an organization "Demo" with offices, agents, parties, realties and two thousand tasks.

    The data is the same every time, and what is there already is not made twice.
    """
    settings = _settings(data, database).settings
    with _open(settings) as opened:
        _load_demo(opened, settings.data)
        token = _demo_token(opened, settings.data)
    _say.print("The organization is called Demo; an administrator's token:", highlight=False)
    print(token)


def _load_demo(database: Database, data: Path) -> None:
    from askare.demo import calls as demo_calls  # its phrases and places are needed here alone
    from askare.demo import load as demo_load

    caller = demo_load.ensure_organization(database, edge=Edge())
    steps = demo_load.remaining_steps(database, caller, edge=Edge())
    if not steps:
        return
    with Progress(
        TextColumn("Demo data"),
        BarColumn(),
        TimeRemainingColumn(),
        console=_say,
        transient=True,
        disable=not _say.is_terminal,
    ) as progress:
        for step in progress.track(steps):
            database.write(step, caller)
    recorded = database.read(demo_calls.recorded_calls, caller)
    demo_calls.write_recordings(data, caller.organization_no, recorded)


def _demo_token(database: Database, data: Path) -> str:
    """A token of the demo organization's administrator: the one of last time while it is good for a day more."""
    file = data / "demo-token"
    now = Edge().now()
    if file.is_file():
        kept = file.read_text().strip()
        digest = tokens.digest_of(kept)
        if database.read(lambda tx: access.caller_of_digest(tx, digest, now=now + timedelta(days=1))):
            return kept
    token = _issue(database, DEMO_ORGANIZATION, Role.ADMIN, (), None, None, timedelta(days=365))
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(token + "\n")
    return token


# token -----------------------------------------------------------------------------------------------------------


@token_app.default
def token(
    *,
    organization: str,
    role: Role,
    office: tuple[UUID, ...] = (),
    agent: UUID | None = None,
    user: UUID | None = None,
    ttl: str = "30d",
    data: Data = None,
    database: DatabaseAddress = None,
) -> None:
    """Print one bearer token, alone, on standard output.  The server may be running or not.

    Organization, offices and user are made when they are missing.  Only a digest of the token is kept, so it cannot
    be shown again.

    Example: `askare token --organization Koti --role agent --office 212114ec-819e-483c-a8e0-f82289ac6e19`

    Parameters
    ----------
    organization
        Name of the organization.
    role
        What the holder may do.
    office
        An office whose things an agent sees; may be given several times.
    agent
        The agent who the holder is.
    user
        The user who the holder is; without it there is one user for each organization, role, agent and offices.
    ttl
        How long the token is good: a number and s, m, h or d.
    """
    settings = _settings(data, database).settings
    lifetime = _lifetime(ttl)
    if role is Role.AGENT and not office and user is None:
        _say.print("Note: an agent without --office sees no tasks.", style="yellow", highlight=False)
    with _open(settings) as opened:
        print(_issue(opened, organization, role, office, agent, user, lifetime))


def _issue(
    database: Database,
    organization_name: str,
    role: Role,
    offices: tuple[UUID, ...],
    agent: UUID | None,
    user_id: UUID | None,
    lifetime: timedelta,
) -> str:
    edge = Edge()
    secret = tokens.personal_token(os.urandom(tokens.SECRET_BYTES))

    def issue(tx: Transaction) -> None:
        now = edge.now()
        organization = access.ensure_organization(tx, organization_name, organization_id=edge.new_id())
        holder = access.ensure_token_holder(
            tx, organization, Rights(role, frozenset(offices), agent), user_id=user_id, now=now
        )
        access.issue_personal_token(
            tx,
            holder,
            role=role,
            office_ids=offices,
            agent_id=agent,
            digest=tokens.digest_of(secret),
            token_id=edge.new_id(),
            now=now,
            expires_at=now + lifetime,
        )
        for office_id in offices:
            directory.ensure_office(tx, organization, office_id, now=now)

    database.write(issue)
    return secret


@token_app.command(name="list")
def list_tokens(
    *, organization: str, as_json: AsJson = False, data: Data = None, database: DatabaseAddress = None
) -> None:
    """Show an organization's tokens, newest first.  The tokens themselves are nowhere to be seen.

    Parameters
    ----------
    organization
        Name of the organization.
    """
    with _open(_settings(data, database).settings) as opened:
        of = _organization(opened, organization)
        page = opened.read(lambda tx: access.list_tokens(tx, of))
    rows: list[dict[str, Any]] = [
        {
            "tokenId": str(one.token_id),
            "userId": str(one.user_id),
            "role": one.rights.role.value,
            "offices": sorted(map(str, one.rights.office_ids)),
            "created": written(one.created_at),
            "expires": written(one.expires_at),
            "revoked": written(one.revoked_at) if one.revoked_at else None,
        }
        for one in page.items
    ]
    if not as_json:  # what fits into a terminal; the rest is for programs
        for row in rows:
            del row["userId"], row["created"]
            row["offices"] = len(row["offices"])
            row.update({name: (row[name] or "")[:16].replace("T", " ") for name in ("expires", "revoked")})
    _print_rows(f"Tokens of {organization} (times in UTC)", rows, as_json=as_json)


@token_app.command(name="revoke")
def revoke_token(token_id: UUID, /, *, organization: str, data: Data = None, database: DatabaseAddress = None) -> None:
    """Make a token worthless; running servers know it within 5 seconds.

    Parameters
    ----------
    token_id
        Its id, as `askare token list` shows it.
    organization
        Name of the organization.
    """
    now = Edge().now()
    with _open(_settings(data, database).settings) as opened:
        of = _organization(opened, organization)
        opened.write(lambda tx: access.revoke_token(tx, of, token_id, now=now))
    _say.print("Revoked.", highlight=False)


# user ------------------------------------------------------------------------------------------------------------


@user_app.command(name="add")
def add_user(
    name: str,
    /,
    *,
    organization: str,
    role: Role,
    office: tuple[UUID, ...] = (),
    agent: UUID | None = None,
    password_stdin: Annotated[bool, Parameter(negative="")] = False,
    data: Data = None,
    database: DatabaseAddress = None,
) -> None:
    """Add a person who signs in with a name and a password.

    The password is asked for, twice; with --password-stdin it is the first line of standard input.

    Parameters
    ----------
    name
        The username, unique over the whole server.
    organization
        Name of the organization; made when missing.
    role
        What the person may do.
    office
        An office whose things an agent sees; may be given several times.
    agent
        The agent who the person is.
    password_stdin
        Read the password from standard input.
    """
    settings = _settings(data, database).settings
    password = _password(from_stdin=password_stdin)
    password_hash = passwords.hashed(password)
    edge = Edge()

    def add(tx: Transaction) -> User:
        of = access.ensure_organization(tx, organization, organization_id=edge.new_id())
        for office_id in office:
            directory.ensure_office(tx, of, office_id, now=edge.now())
        return access.add_user(
            tx,
            of,
            name,
            password_hash,
            role,
            user_id=edge.new_id(),
            now=edge.now(),
            office_ids=office,
            agent_id=agent,
        )

    with _open(settings) as opened:
        user = opened.write(add)
    _say.print(f"{user.username} may sign in at /authentication/v1/token as {role.value}.", highlight=False)
    print(user.user_id)


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise Stop("There is no terminal to ask for the password at; use --password-stdin.")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != password:
        raise Stop("The two passwords differ; nobody was added.")
    return password


# erase -----------------------------------------------------------------------------------------------------------


@app.command
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
        The caller's number, in any spelling; without +, a number of the country in `phone_region`.
    """
    settings = _settings(data, database).settings
    number = calls.e164(phone, settings.phone_region)
    if number is None:
        raise Stop(f"--phone {phone}: this is no telephone number; write it as +77012345678")
    edge = Edge()
    with _open(settings) as opened:
        of = _organization(opened, organization)
        caller = Caller(of.organization_no, of.organization_id, HOUSE_USER, Role.ADMIN)
        erased = opened.write(lambda tx: calls.erase_caller(tx, number, now=edge.now()), caller)
    for task_no in erased.tasks:  # the night shift does the same where the recordings lie on another machine
        shutil.rmtree(folder_of(settings.data, of.organization_no, task_no), ignore_errors=True)
    if as_json:
        print(json.dumps({"tasks": list(erased.tasks), "appeals": list(erased.appeals)}))
    else:
        _say.print(f"Erased from {len(erased.tasks)} call tasks and {len(erased.appeals)} appeals.", highlight=False)


# Files of many things --------------------------------------------------------------------------------------------


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


@app.command(name="import")
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
    settings = _settings(data, database).settings
    kind = _KINDS[things]
    errors = errors or file.with_name(f"{file.stem}.errors{file.suffix}")
    counted = dict.fromkeys(loading.Fate, 0)
    with _open(settings) as opened, ExitStack() as at_end:
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
                _say.print(f"Column {name}: unknown, not read{hint}", style="yellow", highlight=False, markup=False)
        rejected: files.Errors | None = None
        move = at_end.enter_context(_row_progress(f"Reading {file.name}", source.total))
        for outcome in loading.load(opened, source, how, now=Edge().now):
            counted[outcome.fate] += 1
            if dry_run:
                _tell(outcome, as_json=as_json)
            elif outcome.fate is loading.Fate.FAULTY:
                if counted[loading.Fate.FAULTY] <= FAULTS_SHOWN_MAX:
                    _complain(f"Row {outcome.row.number}: {outcome.trouble}")
                if rejected is None:
                    names = files.Errors.names(source)
                    sink = at_end.enter_context(files.created(errors, files.format_of(errors), names))
                    rejected = files.Errors(source, sink)
                rejected.write(outcome.row, outcome.trouble)
            move(source.done)
    _sum_up(counted, errors=None if rejected is None else errors, dry_run=dry_run, as_json=as_json)
    if counted[loading.Fate.FAULTY]:
        sys.exit(1)


def _owner(database: Database, organization: str) -> Caller:
    """The organization's administrator, in whose name the owner of the server works at the command line."""
    of = _organization(database, organization)

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
    _say.print(f"{numbers}{'; nothing was changed (dry run).' if dry_run else '.'}", highlight=False)
    if errors is not None:
        _say.print(
            f"The faulty rows are in {errors}: mend them there and load that file.",
            highlight=False,
            soft_wrap=True,
            markup=False,
        )


@contextmanager
def _row_progress(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar, on the terminal only."""
    with Progress(
        TextColumn(title, markup=False),
        BarColumn(),
        TimeRemainingColumn(),
        console=_say,
        transient=True,
        disable=not _say.is_terminal,
    ) as progress:
        bar = progress.add_task("", total=total or None)
        yield lambda done: progress.update(bar, completed=done)


@app.command(name="export")
def export_things(
    things: Things,
    file: Path,
    /,
    *,
    organization: str,
    data: Data = None,
    database: DatabaseAddress = None,
) -> None:
    """Write all offices, agents, operators, parties or realties into a .csv, .xlsx or .ndjson file.

    `askare import` reads it back as it was.  In CSV, what a spreadsheet would take for a formula has an apostrophe in
    front; in XLSX it is marked as text.  A dash for the file writes CSV to standard output.

    Example: `askare export realties homes.xlsx --organization Koti`

    Parameters
    ----------
    things
        What to write.
    file
        The file; one that is there is replaced.
    organization
        Name of the organization.
    """
    settings = _settings(data, database).settings
    kind = _KINDS[things]
    path = None if str(file) == "-" else file
    form = files.Format.CSV if path is None else files.format_of(path)
    written_things = 0
    with _open(settings) as opened:
        caller = _owner(opened, organization)
        with (
            _row_progress(f"Writing {file.name}", saving.count(opened, kind, caller)) as move,
            files.created(path, form, files.table_names(kind)) as sink,
        ):
            for thing in saving.things(opened, kind, caller):
                files.write_thing(sink, kind, thing)
                written_things += 1
                move(written_things)
    _say.print(f"{written_things:,} {things.value}: {file}", highlight=False, markup=False)


# Service tasks ---------------------------------------------------------------------------------------------------


@app.command
def runs(
    task: str | None = None,
    /,
    *,
    organization: str = DEMO_ORGANIZATION,
    outcome: str | None = None,
    limit: int = 30,
    as_json: AsJson = False,
    data: Data = None,
    database: DatabaseAddress = None,
) -> None:
    """Show what became of planned starts, newest first: the ledger of service tasks.

    Examples: `askare runs`; `askare runs "Daily cleaning"`; `askare runs --outcome missed --organization Koti`

    Parameters
    ----------
    task
        Id, or name, of one task; without it those of all tasks.
    organization
        Name of the organization.
    outcome
        Only these: started, late, missed, skipped_overlap, closed_window, no_site, script_not_found, limit, expired.
    limit
        How many rows at most.
    """
    if outcome is not None and outcome not in {one.value for one in Outcome}:
        raise Stop(f"--outcome {outcome}: must be one of {', '.join(one.value for one in Outcome)}")
    with _open(_settings(data, database).settings) as opened:
        caller = _caller(opened, organization)
        task_id = _task_id(opened, caller, task) if task is not None else None
        rows = opened.read(lambda tx: svctasks.ledger(tx, task_id, outcome=outcome, limit=limit), caller)
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    if not rows:
        _say.print("No planned start has come yet.", highlight=False)
        return
    table = Table(box=None, padding=(0, 2, 0, 0), expand=True)
    for column in ("planned (UTC)", "task", "site", "outcome", "late", "took"):
        table.add_column(column, no_wrap=True)
    # What is left of the line is for the reason; programs get all of it with --json.
    table.add_column("why, or what it said", overflow="ellipsis", no_wrap=True, ratio=1)
    for row in rows:
        slots = f" ×{row['slots']}" if row["slots"] > 1 else ""
        table.add_row(
            _moment(row["slot"]),
            row["task"],
            row["site"],
            Text.assemble(
                (f"{row['outcome']}{slots}", _OUTCOME_STYLES.get(row["outcome"], "")),
                (f" {row['endreason']}" if row["endreason"] not in ("", "normal") else "", "red"),
            ),
            _span(row["lateness_ms"]),
            _span(row["duration_ms"]),
            Text((row["reason"] or row["output"]).strip().replace("\n", "; ")[:120]),
        )
    _show.print(table)


_OUTCOME_STYLES = {
    "started": "green",
    "late": "yellow",
    "missed": "bold red",
    "skipped_overlap": "yellow",
    "closed_window": "dim",
    "no_site": "red",
    "script_not_found": "bold red",
    "limit": "red",
    "expired": "red",
    "waiting": "cyan",
}


def _moment(written_instant: str) -> str:
    return written_instant[:19].replace("T", " ")


def _span(span_milliseconds: int | None) -> str:
    """A duration as people say it: `340 ms`, `2.5 s`, `3 min`, `5.2 h`."""
    if span_milliseconds is None:
        return ""
    if span_milliseconds < 1_000:
        return f"{span_milliseconds} ms"
    if span_milliseconds < 60_000:
        return f"{span_milliseconds / 1_000:.1f} s"
    if span_milliseconds < 3_600_000:
        return f"{span_milliseconds / 60_000:.0f} min"
    return f"{span_milliseconds / 3_600_000:.1f} h"


@app.command
def preview(
    task: str,
    /,
    *,
    organization: str = DEMO_ORGANIZATION,
    count: int = 20,
    start: Annotated[datetime | None, Parameter(name="--from")] = None,
    as_json: AsJson = False,
    data: Data = None,
    database: DatabaseAddress = None,
) -> None:
    """Show when a service task will start, what its window will drop, and why.

    Example: `askare preview "Debtor calls" --count 10 --from 2026-12-24T00:00:00Z`

    Parameters
    ----------
    task
        Id, or name, of the task.
    organization
        Name of the organization.
    count
        How many starts.
    start
        From this moment on (default: now).
    """
    settings = _settings(data, database).settings
    begin = Edge().now() if start is None else settled(start if start.tzinfo else start.replace(tzinfo=UTC))
    surroundings = Surroundings(
        defaults_of(settings.time_zone, settings.workweek), registry.load(settings.data).codes, settings.site
    )
    with _open(settings) as opened:
        caller = _caller(opened, organization)
        task_id = _task_id(opened, caller, task)
        told = opened.read(
            lambda tx: svctasks.preview(tx, task_id, count=count, start=begin, surroundings=surroundings), caller
        )
    if as_json:
        print(json.dumps(told, ensure_ascii=False, indent=2))
        return
    lines = [(one["slot"], one.get("at", one["slot"]), one["site"], "starts", "", 1) for one in told["starts"]]
    lines += [(one["slot"], "", one["site"], "dropped", one["reason"], one["slots"]) for one in told["dropped"]]
    zone = ZoneInfo(told["time_zone"])
    table = Table(box=SIMPLE_HEAD)
    for column in ("planned (UTC)", f"there ({told['time_zone']})", "site", "", "why"):
        table.add_column(column, no_wrap=column.startswith("planned"))
    for slot, at, site, what, why, slots in sorted(lines):
        local = datetime.fromisoformat(at or slot).astimezone(zone)
        shown = f"{what} ×{slots}" if slots > 1 else what
        table.add_row(
            _moment(slot), f"{local:%a %d.%m. %H:%M:%S}", site, Text(shown, style="green" if at else "dim"), why
        )
    _show.print(table)
    for warning in told["warnings"]:
        _say.print(warning, style="yellow", highlight=False)


def _caller(database: Database, organization: str) -> Caller:
    """The house, on behalf of the organization of this name."""
    of = _organization(database, organization)
    return Caller(of.organization_no, of.organization_id, HOUSE_USER, Role.ADMIN)


def _task_id(database: Database, caller: Caller, said: str) -> UUID:
    """The service task of this id or name.  Raises Stop when there is none, or more than one."""
    found = database.read(lambda tx: svctasks.named(tx, said), caller)
    if len(found) == 1:
        return found[0]
    if found:
        raise Stop(f"{len(found)} service tasks are called {said!r}; name one by its id: {', '.join(map(str, found))}")
    raise Stop(f"There is no service task with the id or name {said!r}.")


@app.command(name="scripts")
def list_scripts(*, as_json: AsJson = False, data: Data = None) -> None:
    """Show the scripts that service tasks can start here, with their parameters.

    Besides the built-in ones there are those of installed packages (entry points `askare.scripts`) and the commands
    of `commands.toml` in the data folder.
    """
    found = registry.load(_settings(data, None).settings.data)
    rows: list[dict[str, Any]] = []
    for code, one in sorted(found.scripts.items()):
        told = parameters_of(one) if found.origins[code] != COMMANDS_FILE else []
        said = ", ".join(f"{number} {name}: {kind} ({default})" for number, name, kind, default in told)
        rows.append({"code": code, "from": found.origins[code], "what it does": one.summary, "parameters": said})
    _print_rows("Scripts", rows, as_json=as_json)
    for fault in found.faults:
        _complain(fault)


@app.command
def holidays(
    country: str,
    year: int,
    /,
    *,
    organization: str = DEMO_ORGANIZATION,
    yes: Annotated[bool, Parameter(negative="")] = False,
    as_json: AsJson = False,
    data: Data = None,
    database: DatabaseAddress = None,
) -> None:
    """Make the public holidays of a year days off; they are shown before they are written.

    A date that the organization has a workday for already stays as it is.
    Example: `askare holidays FI 2027 --organization Koti`

    Parameters
    ----------
    country
        FI, SE, KZ or RU.
    year
        The year.
    organization
        Name of the organization.
    yes
        Write them without asking.
    """
    country = country.upper()
    if country not in public_holidays.COUNTRIES:
        raise Stop(f"{country}: must be one of {', '.join(public_holidays.COUNTRIES)}")
    if not 1950 <= year < 2100:
        raise Stop(f"{year}: must be a year from 1950 to 2099")
    edge = Edge()
    with _open(_settings(data, database).settings) as opened:
        caller = _caller(opened, organization)
        days = opened.read(lambda tx: public_holidays.with_known(tx, public_holidays.of_year(country, year)), caller)
        rows: list[dict[str, Any]] = [
            {"date": f"{day.date:%Y-%m-%d %a}", "name": day.name, "now": "is there already" if day.known else "new"}
            for day in days
        ]
        _print_rows(f"Public holidays of {country} in {year}", rows, as_json=as_json)
        if not any(not day.known for day in days):
            _say.print("All of them are there already.", highlight=False)
            return
        if not yes and (not sys.stdin.isatty() or input("Write the new ones? [y/N] ").strip().lower() not in _YES):
            _say.print("Nothing was written.  Add --yes to write them.", highlight=False)
            return
        ids = [edge.new_id() for _ in days]
        written_days = opened.write(lambda tx: public_holidays.write(tx, days, ids=ids, now=edge.now()), caller)
    _say.print(f"{written_days} days off were written.", highlight=False)


_YES = {"y", "yes", "k", "kyllä", "j", "ja"}


@app.command(name="domain")
def show_domain(
    *,
    organization: str = DEMO_ORGANIZATION,
    time_zone: str | None = None,
    workweek: str | None = None,
    blocked: bool | None = None,
    scripts_at_once: int | None = None,
    script_seconds: int | None = None,
    as_json: AsJson = False,
    data: Data = None,
    database: DatabaseAddress = None,
) -> None:
    """Show, or set, an organization's working hours and limits of scripts.

    Example: `askare domain --organization Koti --time-zone Europe/Helsinki --workweek "mon-fri 08:00-16:00"`

    Parameters
    ----------
    organization
        Name of the organization.
    time_zone
        Of its working hours; an empty text: the server's own.
    workweek
        Its ordinary week; the word `default`: the server's own.
    blocked
        Start no script at all.
    scripts_at_once
        How many scripts may run at once on one site; 0: as many as wanted.
    script_seconds
        How long a script may run; 0: as long as it takes.
    """
    wishes: dict[str, Any] = {
        "time_zone": time_zone,
        "workweek": workweek,
        "is_blocked": blocked,
        "script_limit_site_count": scripts_at_once,
        "script_duration_sec": script_seconds,
    }
    wishes = {name: wish for name, wish in wishes.items() if wish is not None}
    if wishes.get("time_zone") == "":
        wishes["time_zone"] = None
    if wishes.get("workweek") == "default":
        wishes["workweek"] = None
    with _open(_settings(data, database).settings) as opened:
        caller = _caller(opened, organization)

        def change(tx: Transaction) -> Domain:
            said = msgspec.structs.replace(workdays.domain(tx), **wishes)
            workdays.change_domain(tx, said)
            return said

        try:
            said = opened.write(change, caller) if wishes else opened.read(workdays.domain, caller)
        except Unreadable as unreadable:
            raise Stop(str(unreadable)) from None
    rows = [{"setting": name, "value": value} for name, value in msgspec.structs.asdict(said).items()]
    _print_rows(f"{organization} (nothing: the server's own)", rows, as_json=as_json)


# The database ----------------------------------------------------------------------------------------------------


@app.command
def migrate(*, check: bool = False, data: Data = None, database: DatabaseAddress = None) -> None:
    """Bring the database up to date.  `serve` does it by itself at start.

    Parameters
    ----------
    check
        Only say what would run; exit with 1 when there is something.
    """
    settings = _settings(data, database).settings
    opened = open_database(settings)
    try:
        names = [migration.name for migration in waiting(opened)]
        if not check:
            names = migrate_schema(opened, now=Edge().now())
    finally:
        opened.close()
    for name in names:
        print(name)
    if not names:
        _say.print("The database is up to date.", highlight=False)
    elif check:
        sys.exit(1)
    else:
        _say.print(f"Applied {len(names)}.", highlight=False)


@app.command
def backup(file: Path, /, *, data: Data = None, database: DatabaseAddress = None) -> None:
    """Put everything into one new file, while the server runs or not.

    The file holds the database of one moment and the key that signs tokens; it can be restored into SQLite or
    PostgreSQL, whichever it came from.  Keep it as secret as the data folder.  Example: `askare backup office.zip`

    Parameters
    ----------
    file
        A file that does not exist yet.
    """
    settings = _settings(data, database).settings
    key = settings.data / KEY_FILE
    extra = {KEY_FILE.as_posix(): key.read_bytes()} if key.is_file() else {}
    opened = open_database(settings)  # as it is: a backup is what one makes before bringing it up to date
    try:
        with _table_progress("Backing up") as progress:
            summary = archive.backup(opened, file, now=Edge().now(), extra=extra, progress=progress)
    finally:
        opened.close()
    _say.print(f"{summary.manifest.rows:,} rows, {summary.archive_bytes:,} bytes: {file}", highlight=False)


@app.command
def restore(
    file: Path,
    /,
    *,
    replace: Annotated[bool, Parameter(negative="")] = False,
    data: Data = None,
    database: DatabaseAddress = None,
) -> None:
    """Bring back what a backup holds.  Stop the server first.

    All or nothing: when the file is damaged, the database stays as it is.  Example, moving to PostgreSQL:
    `askare restore office.zip --database postgresql://askare@db/askare`

    Parameters
    ----------
    file
        A file that `askare backup` made.
    replace
        Also into a database that is not empty; what is in it is lost.
    """
    settings = _settings(data, database).settings
    archive.inspect(file)  # before anything is made: a wrong file leaves no empty database behind
    opened = open_database(settings)
    try:
        with _table_progress("Restoring") as progress:
            summary = archive.restore(opened, file, replace=replace, now=Edge().now(), progress=progress)
    finally:
        opened.close()
    for name, content in summary.files.items():
        _write_back(settings.data / name, content)
    _say.print(f"{summary.manifest.rows:,} rows of {written(summary.manifest.made)} are back.", highlight=False)


def _write_back(file: Path, content: bytes) -> None:
    """Put back a file of the data folder, for its owner's eyes only; one that is there already stays."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        if file.read_bytes() != content:
            _say.print(f"{file} is another one than in the backup, and stays.", style="yellow", highlight=False)
        return
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)


@contextmanager
def _table_progress(title: str) -> Iterator[archive.Progress]:
    """A bar a table, on the terminal only."""
    with Progress(
        TextColumn(title),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeRemainingColumn(),
        console=_say,
        transient=True,
        disable=not _say.is_terminal,  # a file would be left with an empty line
    ) as bars:
        known: dict[str, TaskID] = {}

        def move(table: str, done: int, total: int) -> None:
            if table not in known:
                known[table] = bars.add_task(table, total=total)
            bars.update(known[table], completed=done, total=total)

        yield move


@app.command
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
    tried: list[ProviderCheck] = []
    try:
        loaded, faults = _settings(data, database), list[str]()
    except BadSettings as bad:
        loaded, faults = None, bad.faults
    if providers and loaded is not None:
        with _say.status("Asking the providers …"), suppress(BadSettings):  # which `examine` tells of
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
            mark, style = _MARKS[one.level]
            table.add_row(mark, one.subject, Text(one.text), Text(one.advice), style=style)
        _show.print(table)
    if any(one.level is Level.ERROR for one in findings):
        sys.exit(1)


_MARKS = {
    Level.OK: ("ok", ""),
    Level.NOTE: ("note", "cyan"),
    Level.WARNING: ("warning", "yellow"),
    Level.ERROR: ("error", "bold red"),
}


def _print_rows(title: str, rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    if not rows:
        _say.print(f"{title}: none.", highlight=False)
        return
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    for place, column in enumerate(rows[0]):
        # The first column is the id, which has to be copied into other commands: it stays in one piece.
        table.add_column(column, overflow="fold", no_wrap=place == 0)
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    _show.print(table)
