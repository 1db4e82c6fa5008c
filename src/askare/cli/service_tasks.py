"""Service tasks: the ledger, previews, scripts, holidays and working hours."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from cyclopts import Parameter
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from askare.cli.shared import (
    DEMO_ORGANIZATION,
    AsJson,
    Data,
    DatabaseAddress,
    Stop,
    complain,
    house_of,
    opened_database,
    print_rows,
    say,
    settings_of,
    show,
)
from askare.edge import Edge
from askare.kernel.caller import Caller
from askare.kernel.problems import NotFound
from askare.kernel.time import settled
from askare.scripts import registry
from askare.scripts.command import COMMANDS_FILE
from askare.scripts.model import parameters_of
from askare.storage.desk import Database
from askare.storage.transactions import Transaction
from askare.svctasks import operations as svctasks
from askare.svctasks import store
from askare.svctasks.model import Outcome, Surroundings
from askare.workdays import operations as workdays
from askare.workdays import public_holidays
from askare.workdays.model import Domain
from askare.workdays.rules import Unreadable, defaults_of


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
    with opened_database(settings_of(data, database).settings) as opened:
        caller = house_of(opened, organization)
        task_id = _task_id(opened, caller, task) if task is not None else None
        rows = opened.read(lambda tx: svctasks.ledger(tx, task_id, outcome=outcome, limit=limit), caller)
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    if not rows:
        say("No planned start has come yet.")
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
    show(table)


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
    settings = settings_of(data, database).settings
    begin = Edge().now() if start is None else settled(start if start.tzinfo else start.replace(tzinfo=UTC))
    surroundings = Surroundings(
        defaults_of(settings.time_zone, settings.workweek), registry.load(settings.data).codes, settings.sites[0]
    )
    with opened_database(settings) as opened:
        caller = house_of(opened, organization)
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
    show(table)
    if len(told["starts"]) < count and told["until"]:
        say(f"Looked ahead until {_moment(told['until'])}.")
    for warning in told["warnings"]:
        say(warning, style="yellow")


def _task_id(database: Database, caller: Caller, said: str) -> UUID:
    """The service task of this id or name.  Raises Stop when there is none, or more than one."""
    found = database.read(lambda tx: svctasks.named(tx, said), caller)
    if len(found) == 1:
        return found[0]
    if found:
        raise Stop(f"{len(found)} service tasks are called {said!r}; name one by its id: {', '.join(map(str, found))}")
    raise Stop(f"There is no service task with the id or name {said!r}.")


def list_scripts(*, as_json: AsJson = False, data: Data = None) -> None:
    """Show the scripts that service tasks can start here, with their parameters.

    Besides the built-in ones there are those of installed packages (entry points `askare.scripts`) and the commands
    of `commands.toml` in the data folder.
    """
    found = registry.load(settings_of(data, None).settings.data)
    rows: list[dict[str, Any]] = []
    for code, one in sorted(found.scripts.items()):
        told = parameters_of(one) if found.origins[code] != COMMANDS_FILE else []
        said = ", ".join(f"{number} {name}: {kind} ({default})" for number, name, kind, default in told)
        rows.append({"code": code, "from": found.origins[code], "what it does": one.summary, "parameters": said})
    print_rows("Scripts", rows, as_json=as_json)
    for fault in found.faults:
        complain(fault)


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
    with opened_database(settings_of(data, database).settings) as opened:
        caller = house_of(opened, organization)
        days = opened.read(lambda tx: public_holidays.with_known(tx, public_holidays.of_year(country, year)), caller)
        rows: list[dict[str, Any]] = [
            {"date": f"{day.date:%Y-%m-%d %a}", "name": day.name, "now": "is there already" if day.known else "new"}
            for day in days
        ]
        print_rows(f"Public holidays of {country} in {year}", rows, as_json=as_json)
        if not any(not day.known for day in days):
            say("All of them are there already.")
            return
        if not yes and (not sys.stdin.isatty() or input("Write the new ones? [y/N] ").strip().lower() not in _YES):
            say("Nothing was written.  Add --yes to write them.")
            return
        ids = [edge.new_id() for _ in days]
        written_days = opened.write(lambda tx: public_holidays.write(tx, days, ids=ids, now=edge.now()), caller)
    say(f"{written_days} days off were written.")


_YES = {"y", "yes", "k", "kyllä", "j", "ja"}


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
    with opened_database(settings_of(data, database).settings) as opened:
        caller = house_of(opened, organization)

        def change(tx: Transaction) -> Domain:
            said = msgspec.structs.replace(workdays.domain(tx), **wishes)
            workdays.change_domain(tx, said)
            return said

        try:
            said = opened.write(change, caller) if wishes else opened.read(workdays.domain, caller)
        except Unreadable as unreadable:
            raise Stop(str(unreadable)) from None
    rows = [{"setting": name, "value": value} for name, value in msgspec.structs.asdict(said).items()]
    print_rows(f"{organization} (nothing: the server's own)", rows, as_json=as_json)


def show_sites(
    site: str | None = None,
    /,
    *,
    domains: str | None = None,
    as_json: AsJson = False,
    data: Data = None,
    database: DatabaseAddress = None,
) -> None:
    """Show the sites where service tasks start, or say which organizations a site serves.

    Example: `askare sites Tampere --domains "Koti, Asunto"`

    Parameters
    ----------
    site
        Name of a site that has been there.
    domains
        Names of the organizations it serves from now on, with commas; one named `koti.example` brings along
        `tampere.koti.example`. An empty text: all that no site names.
    """
    if (site is None) != (domains is None):
        raise Stop("To say which organizations a site serves, name the site and --domains.")
    now = Edge().now()
    with opened_database(settings_of(data, database).settings) as opened:
        if site is not None and domains is not None:
            names = [name for part in domains.split(",") if (name := part.strip())]
            try:
                opened.write(lambda tx: svctasks.name_domains(tx, site, names, now=now))
            except NotFound:
                raise Stop(
                    f"No process has ever been at a site {site!r}: `askare sites` shows those there are."
                ) from None
        live = {one.name: one for one in opened.read(store.sites)}
        named = opened.read(store.domains_by_site)
    rows: list[dict[str, Any]] = [
        {
            "site": name,
            "serves": ", ".join(said) or "all that no site names",
            "now": f"there, {live[name].busy} scripts run" if live[name].live else "nobody there",
        }
        for name, said in named
    ]
    print_rows("Sites", rows, as_json=as_json)
