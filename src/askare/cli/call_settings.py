"""The command for what an organization says of how its calls are handled."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from cyclopts import Parameter
from cyclopts.types import NonNegativeInt

from askare.callcentre import office_of
from askare.calltasks import own
from askare.calltasks.model import CallSettings, Office, Priority
from askare.cli.shared import (
    DEMO_ORGANIZATION,
    AsJson,
    Data,
    DatabaseAddress,
    Stop,
    house_of,
    opened_database,
    print_rows,
    settings_of,
)
from askare.edge import Edge
from askare.kernel.problems import Invalid
from askare.storage.transactions import Transaction
from askare.wire.kit.reading import typed

DEFAULT = "default"  # takes back what was said: the server's own setting holds again

Switch: TypeAlias = Literal["on", "off", "default"]
_SWITCHES = {"on": True, "off": False}


def show_call_settings(
    *,
    organization: str = DEMO_ORGANIZATION,
    statuses: Literal["permissive", "strict", "default"] | None = None,
    operators_see_all: Switch | None = None,
    complete_on_link: Switch | None = None,
    phone_region: str | None = None,
    language: str | None = None,
    unknown_operator: str | None = None,
    task_type: str | None = None,
    label: str | None = None,
    priority: Literal["low", "medium", "high", "urgent", "default"] | None = None,
    due_minutes: NonNegativeInt | None = None,
    due_by_priority: str | None = None,
    forget: Annotated[bool, Parameter(negative="")] = False,
    as_json: AsJson = False,
    data: Data = None,
    database: DatabaseAddress = None,
) -> None:
    """Show, or set, how an organization's calls are handled; the word `default`: as the server is set.

    Example: `askare callsettings --organization Koti --statuses strict --phone-region KZ`

    Example: `askare callsettings --organization Koti --task-type callback --priority high --due-minutes 60`

    Parameters
    ----------
    organization
        Name of the organization.
    statuses
        strict: completed and cancelled are final; permissive: tasks go to and fro.
    operators_see_all
        Operators see all call tasks, not their own alone.
    complete_on_link
        Linking a task to an appeal completes it.
    phone_region
        Country (two capital letters) of callers' numbers that do not begin with +.
    language
        Of messages to operators whose own is not known: ru, kk, fi, sv or en.
    unknown_operator
        Who gets an exchange's calls for an operator whom nobody knows: code, extension or user id; an empty text:
        nobody.
    task_type
        The type of tasks of which the next five speak.
    label
        What people call it.
    priority
        Of new tasks that come without one.
    due_minutes
        Minutes until new tasks are due that come without a due date; 0: no time.
    due_by_priority
        The same by priority, as in `urgent=15,high=30`; an empty text: for all alike.
    forget
        Say nothing of this type any more.
    """
    wishes: dict[str, Any] = {
        "statuses": statuses,
        "operatorsSeeAll": _SWITCHES.get(operators_see_all or "", operators_see_all),
        "completeOnLink": _SWITCHES.get(complete_on_link or "", complete_on_link),
        "phoneRegion": phone_region,
        "language": language,
        "unknownOperator": unknown_operator,
    }
    of_type: dict[str, Any] = {
        "label": label,
        "priority": priority,
        "dueMinutes": due_minutes,
        "dueMinutesByPriority": None if due_by_priority is None else _by_priority(due_by_priority),
    }
    wishes, of_type = _said(wishes), _said(of_type)
    if bool(of_type or forget) is not (task_type is not None):
        raise Stop(
            "To say something of a type of tasks, name it with --task-type, and say at least one of --label,"
            " --priority, --due-minutes, --due-by-priority and --forget."
        )
    now = Edge().now()
    settings = settings_of(data, database).settings
    with opened_database(settings) as opened:
        caller = house_of(opened, organization)

        def change(tx: Transaction) -> CallSettings:
            plain = msgspec.to_builtins(own.settings(tx))
            plain |= {name: None if wish == DEFAULT else wish for name, wish in wishes.items()}
            if task_type is not None:
                plain["taskTypes"] = _with_type(plain["taskTypes"] or {}, task_type, of_type, forget=forget)
            wanted = typed(plain, CallSettings)
            if isinstance(wanted, list):
                raise Invalid(body=wanted)
            own.put_settings(tx, wanted, now=now)
            return wanted

        is_change = bool(wishes or task_type)
        try:
            said = opened.write(change, caller) if is_change else opened.read(own.settings, caller)
        except Invalid as invalid:
            raise Stop("\n".join(f"{fault.target}: {fault.message}" for fault in invalid.body)) from None
    rows = _rows(said, office_of(settings), as_json=as_json)
    print_rows(
        f"{organization} (own: what it says itself; server: what holds where it says nothing)", rows, as_json=as_json
    )


def _said(wishes: dict[str, Any]) -> dict[str, Any]:
    return {name: wish for name, wish in wishes.items() if wish is not None}


def _with_type(types: dict[str, Any], name: str, wishes: dict[str, Any], *, forget: bool) -> dict[str, Any]:
    """What is said of all types, once this is said of one of them, or nothing any more."""
    others = {other: said for other, said in types.items() if other != name}
    if forget:
        return others
    nothing: tuple[Any, ...] = (DEFAULT, 0, {})
    news = {field: None if wish in nothing else wish for field, wish in wishes.items()}
    return {**others, name: {**types.get(name, {}), **news}}


def _by_priority(text: str) -> dict[str, int]:
    """`urgent=15,high=30` as a mapping.  Raises Stop."""
    found = {}
    for part in filter(None, map(str.strip, text.split(","))):
        name, _, minutes = (word.strip() for word in part.partition("="))
        if name not in {one.value for one in Priority} or not (minutes.isascii() and minutes.isdigit()):
            raise Stop(f"--due-by-priority {part}: write a priority and minutes, as in urgent=15,high=30")
        found[name] = int(minutes)
    return found


def _rows(said: CallSettings, server: Office, *, as_json: bool) -> list[dict[str, Any]]:
    """A line for each setting, and for each type of tasks of which something is said."""
    held = {
        "statuses": "strict" if server.strict else "permissive",
        "operatorsSeeAll": server.operators_see_all,
        "completeOnLink": server.completes_on_link,
        "phoneRegion": server.region,
        "language": server.language,
        "unknownOperator": server.unknown_operator,
    }
    plain = msgspec.to_builtins(said)
    shown = _unchanged if as_json else _word
    rows = [{"setting": name, "own": shown(plain[name]), "server": shown(value)} for name, value in held.items()]
    for name, of_type in (plain["taskTypes"] or {}).items():
        rows.append({"setting": f"taskTypes.{name}", "own": of_type if as_json else _in_words(of_type), "server": None})
    return rows


def _unchanged(value: Any) -> Any:
    return value


def _word(value: Any) -> Any:
    """As it is written on the command line, too."""
    return ("on" if value else "off") if isinstance(value, bool) else value


def _in_words(of_type: dict[str, Any]) -> str:
    times = _said(of_type["dueMinutesByPriority"] or {})
    if of_type["dueMinutes"] is not None:
        times = {"": of_type["dueMinutes"], **times}
    due = [f"due in {minutes} minutes{name and f' when {name}'}" for name, minutes in times.items()]
    return ", ".join(filter(None, (of_type["label"], of_type["priority"], *due)))
