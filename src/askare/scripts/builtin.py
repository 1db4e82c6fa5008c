"""The built-in scripts: what the platform needs of itself, and how a script is written.

Running each twice is harmless: what is cleared, ended or written by one run is not there for the next, and letters and
call tasks carry a key of their own.
"""

from __future__ import annotations

import asyncio
import csv
import io
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from askare.kernel.paging import Order, Window
from askare.kernel.time import milliseconds, written
from askare.letters.model import Words
from askare.scripts.model import Context, NoParameters, Script, ScriptFailed, script
from askare.scripts.needs import CallTasks, Services
from askare.storage.transactions import Transaction
from askare.tasks import operations as tasks
from askare.tasks.model import TaskFilter, TaskStatus
from askare.workdays import operations as workdays

CLEARED_AT_ONCE = 1_000
CALL_LISTS_FOLDER = "call-lists"
BACKUPS_FOLDER = "backups"
CALL_LIST_BYTES_MAX = 10_000_000
CALL_LIST_ROWS_MAX = 100_000
CALLS_AT_ONCE = 200
REMINDED_TASKS_MAX = 20_000
REMINDED_LINES_MAX = 50
ANSWER_LETTERS_MAX = 65_536
FETCH_SECONDS_MAX = 60.0
CHECK_SECONDS_MAX = 120.0
NUMBER_COLUMNS = ("number", "phone", "phonenumber", "tel", "msisdn")

Room = TypeVar("Room")


def _needed(room: Room | None, what: str) -> Room:
    if room is None:
        raise ScriptFailed(f"this server has no {what}")
    return room


# cleardata -------------------------------------------------------------------------------------------------------


class ClearParameters(Struct):
    dry_run: bool = False
    days: int = 0  # instead of what the settings say


@script("Takes away what was kept long enough: history, ledger, letters, recordings, tombstones")
async def cleardata(context: Context, parameters: ClearParameters) -> str:
    """A dry run (startparam1 = 1) only counts."""
    if parameters.days < 0:
        raise ScriptFailed("startparam2 (days) must not be negative")
    told = []
    for clearing in context.services.clearings:
        days = parameters.days or clearing.days
        if not days:
            told.append(f"{clearing.name}: kept for ever")
            continue
        before = context.now() - timedelta(days=days)
        if parameters.dry_run:
            count = await context.read(clearing.count, before=before)
            told.append(f"{clearing.name}: {count} older than {days} days")
            continue
        count = 0
        while cleared := await context.write(clearing.clear, before=before, limit=CLEARED_AT_ONCE):
            count += cleared
            context.say(f"{clearing.name}: {count}")
            await asyncio.sleep(0)
        told.append(f"{clearing.name}: {count} taken away")
    return "\n".join(told) + ("\nNothing was changed (dry run)." if parameters.dry_run else "")


# dialByCallList --------------------------------------------------------------------------------------------------


class DialParameters(Struct):
    call_list: str  # a CSV file in the folder call-lists of the data folder, or an address
    operators: str  # codes with commas between them; the calls are dealt out in turn
    most: int = 1_000  # calls of one run
    region: str = "FI"  # of numbers without a country


@script("Makes a call task for each number of a call list, once, within working hours")
async def dial_by_call_list(context: Context, parameters: DialParameters) -> str:
    """Outside working hours it makes none: a start planned for the evening calls nobody."""
    calls = _needed(context.services.call_tasks, "call tasks")
    operators = [name.strip() for name in parameters.operators.split(",") if name.strip()]
    if not operators:
        raise ScriptFailed("startparam2 (operators) names nobody")
    if not await context.read(_is_working_time, context.services, context.now()):
        return "Outside working hours: no calls were made."
    text = await _call_list(context, parameters.call_list)
    numbers, unreadable = numbers_of(text, region=parameters.region)
    made = known = 0
    for at in range(0, len(numbers), CALLS_AT_ONCE):
        if made >= parameters.most:
            break
        if not await context.read(_is_working_time, context.services, context.now()):
            break

        results = await context.write(
            _add_calls,
            calls,
            numbers[at : at + CALLS_AT_ONCE],
            operators=operators,
            call_list=parameters.call_list,
            first=made,
            most=parameters.most,
            now=context.now(),
        )
        made += sum(results)
        known += len(results) - sum(results)
        context.say(f"{made} of {len(numbers)} calls")
    told = f"{made} calls made, {known} had been made before"
    if unreadable:
        told += f"; not understood: {', '.join(unreadable[:20])}" + (" …" if len(unreadable) > 20 else "")
    return told


def _add_calls(
    tx: Transaction,
    calls: CallTasks,
    numbers: list[tuple[str, str]],
    *,
    operators: list[str],
    call_list: str,
    first: int,
    most: int,
    now: datetime,
) -> list[bool]:
    """Make the calls of some numbers, at most up to the `most`-th of the run; which of them are new."""
    results: list[bool] = []
    for number, name in numbers:
        made = first + sum(results)
        if made >= most:
            break
        results.append(
            calls.add(
                tx,
                number=number,
                operator=operators[made % len(operators)],
                title=name or number,
                due=now,
                key=f"{call_list}:{number}",
                now=now,
            )
        )
    return results


def _is_working_time(tx: Transaction, services: Services, now: datetime) -> bool:
    return workdays.calendar(tx, defaults=services.defaults).working().contains(milliseconds(now))


async def _call_list(context: Context, where: str) -> str:
    if where.startswith(("http://", "https://")):
        fetcher = _needed(context.services.fetcher, "way to fetch addresses")
        answer = await fetcher.fetch("GET", where, body=None, seconds_max=FETCH_SECONDS_MAX)
        if answer.status != 200:
            raise ScriptFailed(f"{where} answers {answer.status}")
        body = answer.body
    else:
        folder = (context.data / CALL_LISTS_FOLDER).resolve()
        file = (folder / where).resolve()
        if not file.is_relative_to(folder):
            raise ScriptFailed(f"{where} is not in the folder {CALL_LISTS_FOLDER} of the data folder")
        try:
            body = await asyncio.to_thread(_read_bounded, file)
        except OSError as error:
            raise ScriptFailed(f"{where} cannot be read from {CALL_LISTS_FOLDER}: {error.strerror}") from None
    if len(body) > CALL_LIST_BYTES_MAX:
        raise ScriptFailed(f"{where} is longer than {CALL_LIST_BYTES_MAX} bytes")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ScriptFailed(f"{where} is not UTF-8") from None


def _read_bounded(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(CALL_LIST_BYTES_MAX + 1)


def numbers_of(text: str, *, region: str) -> tuple[list[tuple[str, str]], list[str]]:
    """The numbers of a call list with their names, each once, in international form; and what is none.

    The first line may name the columns (`number`, `name`); else the first column holds the number, the second the name.
    Commas, semicolons or tabs separate them.
    """
    sample = text[:4_096]
    delimiter = max(",;\t", key=sample.count)
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if any(cell.strip() for cell in row)]
    if len(rows) > CALL_LIST_ROWS_MAX:
        raise ScriptFailed(f"the call list has more than {CALL_LIST_ROWS_MAX} rows")
    number_at, name_at = 0, 1
    head = [cell.strip().lower().replace(" ", "").replace("_", "") for cell in rows[0]] if rows else []
    if any(column in head for column in NUMBER_COLUMNS):
        number_at = next(place for place, column in enumerate(head) if column in NUMBER_COLUMNS)
        name_at = head.index("name") if "name" in head else -1
        rows = rows[1:]
    import phonenumbers  # loaded with the first list, not at start

    found: dict[str, str] = {}
    unreadable = []
    for row in rows:
        said = row[number_at].strip() if number_at < len(row) else ""
        try:
            number = phonenumbers.parse(said, region)
        except phonenumbers.NumberParseException:
            unreadable.append(said)
            continue
        if not phonenumbers.is_possible_number(number):
            unreadable.append(said)
            continue
        name = row[name_at].strip() if 0 <= name_at < len(row) else ""
        found.setdefault(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), name)
    return list(found.items()), unreadable


# dueReminders ----------------------------------------------------------------------------------------------------


class RemindParameters(Struct):
    days_overdue_max: int = 365  # what is overdue for longer is not mentioned any more


class DueTask(Struct, frozen=True):
    """A task somebody is to be reminded of."""

    due: datetime
    text: str
    is_overdue: bool


@script("Mails agents what is due today and what is overdue")
async def due_reminders(context: Context, parameters: RemindParameters) -> str:
    """One letter a day and agent, however often it runs."""
    letters = _needed(context.services.letters, "letters")
    now = context.now()
    zone = ZoneInfo(await context.read(lambda tx: workdays.calendar(tx, defaults=context.services.defaults).zone))
    today = now.astimezone(zone).date()
    tonight = datetime.combine(today + timedelta(days=1), time.min, zone)
    by_agent = await context.read(
        _due_by_agent, until=tonight, since=now - timedelta(days=parameters.days_overdue_max), now=now
    )
    written_letters = 0
    for agent_id, due in by_agent.items():
        overdue = [one for one in due if one.is_overdue]
        later = [one for one in due if not one.is_overdue]
        lines = [
            *([Words("Myöhässä:", "Försenat:", "Overdue:")] if overdue else []),
            *(_line(one, zone) for one in overdue[:REMINDED_LINES_MAX]),
            *([Words("Tänään:", "I dag:", "Due today:")] if later else []),
            *(_line(one, zone) for one in later[:REMINDED_LINES_MAX]),
        ]
        subject = Words(
            f"Tänään {len(later)}, myöhässä {len(overdue)}",
            f"{len(later)} i dag, {len(overdue)} försenade",
            f"{len(later)} due today, {len(overdue)} overdue",
        )
        once = f"due-reminder:{agent_id}:{today.isoformat()}"
        written_letters += await context.write(
            letters.remind, agent_id=agent_id, once=once, subject=subject, lines=lines, now=now
        )
    return f"{written_letters} letters to {len(by_agent)} agents"


def _line(one: DueTask, zone: ZoneInfo) -> Words:
    text = f"{one.due.astimezone(zone):%d.%m. %H:%M}  {one.text}"
    return Words(text, text, text)


class _DueDocument(Struct, rename="camel"):
    type_code: str
    task_due_time: datetime
    agents: list[dict[str, UUID]]
    description: str = ""


def _due_by_agent(tx: Transaction, *, until: datetime, since: datetime, now: datetime) -> dict[UUID, list[DueTask]]:
    """What is waiting and due before tonight, by agent, the oldest first."""
    wanted = TaskFilter(statuses=frozenset({TaskStatus.WAITING}), due_before=until, due_after=since)
    found: dict[UUID, list[DueTask]] = {}
    for start in range(0, REMINDED_TASKS_MAX, 500):
        page = tasks.search_tasks(tx, wanted, orders=[Order("taskDueTime")], window=Window(start, 500))
        for document in page.items:
            task = msgspec.json.decode(document, type=_DueDocument)
            text = task.description or task.type_code.replace("_", " ").lower()
            for agent in task.agents:
                due = DueTask(task.task_due_time, text, task.task_due_time < now)
                found.setdefault(agent["agentId"], []).append(due)
        if start + 500 >= page.total:
            break
    return found


# The small ones --------------------------------------------------------------------------------------------------


@script("Ends watches whose time is over")
async def expire_watches(context: Context, parameters: NoParameters) -> str:  # noqa: ARG001  -- every script has both
    watches = _needed(context.services.watches, "watches")
    ended = 0
    while count := await context.write(watches.expire, now=context.now(), limit=CLEARED_AT_ONCE):
        ended += count
        context.say(f"{ended} ended")
        await asyncio.sleep(0)
    return f"{ended} watches ended"


class BackupParameters(Struct):
    keep: int = 7  # how many backups stay


@script("Puts everything into one file in the folder backups of the data folder")
async def backup(context: Context, parameters: BackupParameters) -> str:
    backups = _needed(context.services.backups, "way to make backups")
    if parameters.keep < 1:
        raise ScriptFailed("startparam1 (keep) must be at least 1")
    folder = context.data / BACKUPS_FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / f"askare-{context.now():%Y%m%d-%H%M%S}-{context.run_id.hex[:6]}.zip"
    said = await backups.make(file, now=context.now())
    old = sorted(folder.glob("askare-*.zip"))[: -parameters.keep]
    for one in old:
        one.unlink(missing_ok=True)
    return f"{file.name}: {said}" + (f"; {len(old)} old ones taken away" if old else "")


@script("Asks the outside services whether they are well")
async def check_providers(context: Context, parameters: NoParameters) -> str:  # noqa: ARG001
    providers = _needed(context.services.providers, "outside services to check")
    async with asyncio.timeout(CHECK_SECONDS_MAX):
        checks = await providers.check()
    told = "\n".join(f"{check.kind} {check.name}: {'well' if check.ok else check.said}" for check in checks)
    if not all(check.ok for check in checks):
        raise ScriptFailed(told)
    return told or "There are no outside services to check."


class WebParameters(Struct):
    address: str
    method: str = "GET"
    body: str = ""


@script("Sends one request to an address that ASKARE_OUTBOUND_ALLOW allows")
async def web_request(context: Context, parameters: WebParameters) -> str:
    fetcher = _needed(context.services.fetcher, "way to fetch addresses")
    method = parameters.method.upper()
    if method not in ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"):
        raise ScriptFailed(f"startparam2 (method) must be GET, POST, PUT, PATCH, DELETE or HEAD, not {method!r}")
    body = parameters.body.encode() if parameters.body else None
    answer = await fetcher.fetch(method, parameters.address, body=body, seconds_max=FETCH_SECONDS_MAX)
    text = answer.body[:ANSWER_LETTERS_MAX].decode(errors="replace").replace("\0", "\ufffd")
    if answer.status >= 400:
        raise ScriptFailed(f"{parameters.address} answers {answer.status}\n{text}")
    return f"{answer.status} at {written(context.now())}\n{text}"


BUILT_IN: dict[str, Script] = {
    "cleardata": cleardata,
    "dialByCallList": dial_by_call_list,
    "dueReminders": due_reminders,
    "expireWatches": expire_watches,
    "backup": backup,
    "checkProviders": check_providers,
    "webRequest": web_request,
}
