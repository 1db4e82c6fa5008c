"""Commands that run: serve, worker, demo."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from msgspec.structs import replace

from askare import __version__, serving
from askare.access import operations as access
from askare.access import tokens
from askare.cli.shared import (
    DEMO_ORGANIZATION,
    Data,
    DatabaseAddress,
    Stop,
    opened_database,
    progress_bars,
    say,
    settings_of,
)
from askare.edge import Edge
from askare.kernel.caller import Role
from askare.settings import Settings
from askare.storage.desk import Database


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
        Name of the site where service tasks are started (default main), or of several, with commas.
    """
    settings = settings_of(
        data, database, host=host, port=port, workers=workers, site=site, log_format=log_format
    ).settings
    serving.require_free_port(settings)
    token = None
    if demo:
        settings = _at_demo_sites(settings)
        with opened_database(settings) as opened:
            _load_demo(opened, settings.data, anew=True)
            token = _demo_token(opened, settings.data)

    def announce() -> None:
        address = settings.public_url or f"http://{settings.host}:{settings.port}"
        say(f"Askare {__version__} answers at {address}")
        say(f"API documentation: {address}/docs")
        if token is None:
            say("A bearer token:    askare token --organization NAME --role admin")
            return
        say(f"Bearer token:      {token}")
        say("Try it:")
        say(
            f"curl -H 'Authorization: Bearer {token}' -H 'Request-ID: {Edge().new_id()}'"
            f" '{address}/task-management/v1/tasks?statusCode=WAITING&size=3'",
        )

    serving.serve(settings, announce=announce)


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
        Name of the site where service tasks are started (default main), or of several, with commas.
    """
    settings = settings_of(data, database, site=site, log_format=log_format).settings
    if not settings.database:
        raise Stop(
            "Only one process writes to an SQLite file, and `askare serve` does the worker's part there.  "
            "For more, set --database to a PostgreSQL address."
        )
    with opened_database(settings):
        pass  # brought up to date
    serving.work(
        settings,
        announce=lambda: say(f"Askare {__version__} works at {', '.join(settings.sites)}"),
    )


def demo(*, data: Data = None, database: DatabaseAddress = None) -> None:
    """Fill an organization "Demo" with offices, agents, operators, parties, realties and two thousand tasks.

    The data is the same every time, and what is there already is not made twice.
    """
    settings = settings_of(data, database).settings
    with opened_database(settings) as opened:
        _load_demo(opened, settings.data)
        token = _demo_token(opened, settings.data)
    say("The organization is called Demo; an administrator's token:")
    print(token)


def _load_demo(database: Database, data: Path, *, anew: bool = False) -> None:
    """Make what is not there yet.  With `anew`, the calls that wait for the pipeline wait for as long again."""
    from askare.demo import calls as demo_calls  # its phrases and places are needed here alone
    from askare.demo import load as demo_load
    from askare.demo import service_tasks as demo_service_tasks

    caller = demo_load.ensure_organization(database, edge=Edge())
    steps = demo_load.remaining_steps(database, caller, edge=Edge())
    if steps:
        with progress_bars() as bars:
            for step in bars.track(steps, description="Demo data"):
                database.write(step, caller)
        demo_service_tasks.write_call_list(data)
        recorded = database.read(demo_calls.recorded_calls, caller)
        demo_calls.write_recordings(data, caller.organization_no, recorded)
    if steps or anew:
        now = Edge().now()
        database.write(lambda tx: demo_calls.have_some_wait(tx, now=now), caller)


def _at_demo_sites(settings: Settings) -> Settings:
    """Both sites of the demo are in this process, unless somebody names another one."""
    from askare.demo.service_tasks import SITES

    return replace(settings, site=",".join(SITES)) if settings.site == SITES[0] else settings


def _demo_token(database: Database, data: Path) -> str:
    """A token of the demo organization's administrator: the one of last time while it is good for a day more."""
    from askare.cli.people import issue_token  # with commands of its own, which nobody asked for

    file = data / "demo-token"
    now = Edge().now()
    if file.is_file():
        kept = file.read_text().strip()
        digest = tokens.digest_of(kept)
        if database.read(lambda tx: access.caller_of_digest(tx, digest, now=now + timedelta(days=1))):
            return kept
    token = issue_token(database, DEMO_ORGANIZATION, Role.ADMIN, (), None, None, timedelta(days=365))
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(token + "\n")
    return token
