"""The night shift: what has to be done without anybody asking for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit, urlunsplit

import structlog
from msgspec import Struct
from prometheus_client import CollectorRegistry

from askare import post
from askare.access.operations import sweep_sessions, sweep_tokens
from askare.callcentre import forget_recordings, pipeline_of, telling_of
from askare.calltasks import hooks
from askare.calltasks import store as calls
from askare.directory import renames
from askare.directory.store import SHELVES as DIRECTORY
from askare.edge import Edge
from askare.jobs import outbox
from askare.jobs.kinds import Kind
from askare.jobs.runner import Trade, keep_promises
from askare.kernel.time import milliseconds
from askare.meetings import operations as meetings
from askare.meetings.store import MEETINGS
from askare.realties.store import REALTIES
from askare.requirements import operations as requirements
from askare.requirements.store import REQUIREMENTS
from askare.scripting import services
from askare.scripts.measures import Measures
from askare.scripts.registry import Registry
from askare.scripts.timekeeper import Timekeeper
from askare.settings import BadSettings, Settings
from askare.storage import idempotency
from askare.storage.desk import Database, Desk
from askare.storage.shelf import POSTED_AT_ONCE, Shelf, post_words
from askare.storage.transactions import Transaction
from askare.svctasks.ticking import forget_nodes
from askare.tasks import operations as tasks
from askare.tasks.store import TASKS
from askare.watches.jobs import Matcher, tend_watch
from askare.watches.wishes import WatchWishes
from askare.workdays.rules import Unreadable, defaults_of

_log = structlog.get_logger("askare")

TICKER_IDLE_SECONDS_MAX = 10  # between two statements of one of the ticker's transactions
A_DAY = timedelta(days=1)
A_MONTH = timedelta(days=30)


class Chore(Struct, frozen=True):
    """Upkeep that is done `every` so often.  `do` works on a bounded number of rows and says on how many it did."""

    name: str
    every: timedelta
    do: Callable[[Transaction, datetime], int]


# Whose words are searched.
SHELVES = (TASKS, MEETINGS, REQUIREMENTS, REALTIES, *DIRECTORY.values())


def _words_of(shelf: Shelf) -> tuple[Chore, Chore]:
    """Many new words are posted soon, so that searches stay fast; few can wait."""
    return (
        Chore(
            f"words of many things: {shelf.name}",
            timedelta(seconds=1),
            lambda tx, _: post_words(tx, shelf, at_least=POSTED_AT_ONCE),
        ),
        Chore(f"words: {shelf.name}", timedelta(seconds=30), lambda tx, _: post_words(tx, shelf)),
    )


# Running a chore twice is harmless: each takes away or brings up to date only what still needs it.
CHORES = (
    *(chore for shelf in SHELVES for chore in _words_of(shelf)),
    Chore("idempotency keys", timedelta(minutes=10), lambda tx, now: idempotency.sweep(tx, now=now)),
    Chore("sessions", timedelta(minutes=10), lambda tx, now: sweep_sessions(tx, now=now)),
    Chore(
        "words of many calls",
        timedelta(seconds=1),
        lambda tx, _: calls.post_words(tx, at_least=calls.POSTED_AT_ONCE),
    ),
    Chore(
        "texts of many calls",
        timedelta(seconds=1),
        lambda tx, _: calls.post_content_words(tx, at_least=calls.POSTED_AT_ONCE),
    ),
    Chore("words of calls", timedelta(seconds=30), lambda tx, _: calls.post_words(tx)),
    Chore("texts of calls", timedelta(seconds=30), lambda tx, _: calls.post_content_words(tx)),
    Chore("events of calls", timedelta(seconds=1), lambda tx, now: hooks.promise_events(tx, now=now)),
    Chore("old events of calls", timedelta(hours=1), lambda tx, now: hooks.sweep_deliveries(tx, before=now - A_MONTH)),
    Chore("calls that came in", timedelta(minutes=10), lambda tx, now: calls.sweep_arrivals(tx, before=now - A_DAY)),
    Chore("access tokens", timedelta(minutes=10), lambda tx, now: sweep_tokens(tx, now=now)),
    Chore("dead nodes", timedelta(hours=1), lambda tx, now: forget_nodes(tx, before=milliseconds(now - A_MONTH))),
)


def chores(settings: Settings) -> tuple[Chore, ...]:
    """All chores, those included that the settings have a word in."""
    days = settings.recording_days
    forget = Chore("old recordings", timedelta(hours=1), lambda tx, now: forget_recordings(tx, now, days=days))
    return (*CHORES, forget)


# Whose texts hold names of others.
REWRITES: tuple[renames.Rewrite, ...] = (
    tasks.rewrite_texts,
    meetings.rewrite_texts,
    requirements.rewrite_texts,
)


def trades(settings: Settings, metrics: CollectorRegistry) -> tuple[Trade, ...]:
    """Who keeps which promises."""
    matcher = Matcher(post.rhythm_of(settings))
    return (
        Trade(Kind.RENAME, renames.keeper(REWRITES), at_once=1, lease=timedelta(minutes=30)),
        post.delivery_of(settings, wishes=WatchWishes()),
        Trade(Kind.MATCH_REALTY, matcher.match_realty, at_once=8),  # several share a commit
        Trade(Kind.TEND_WATCH, tend_watch),
        *pipeline_of(settings, metrics).trades(),
        telling_of(settings).trade(),
    )


async def do_chore(chore: Chore, desk: Desk, edge: Edge) -> None:
    """Do it until nothing is left to do, with room for others in between."""
    while await desk.write(None, None, chore.do, edge.now()):
        await asyncio.sleep(0)


def night_shift(settings: Settings, metrics: CollectorRegistry) -> Callable[[Desk, Edge], Coroutine[Any, Any, None]]:
    """All chores, each in its own rhythm, and all promises, for as long as the server runs."""
    kept = trades(settings, metrics)

    async def at_work(desk: Desk, edge: Edge) -> None:
        if not settings.smtp_host:
            folder = settings.data / post.MAIL_FOLDER
            _log.info("letters are kept in a folder, not sent: no smtp_host is set", folder=str(folder))
        if not settings.database:
            await _take_back_leases(desk)
        upkeep = (_again_and_again(chore, desk, edge) for chore in chores(settings))
        await asyncio.gather(keep_promises(kept, desk, edge), *upkeep)

    return at_work


async def _take_back_leases(desk: Desk) -> None:
    """A database file has one server at a time, so whatever is leased when it starts was leased by a dead one."""
    try:
        await desk.write(None, None, outbox.take_back_leases)
    except Exception as error:  # they end by themselves, only later
        _log.error("leases of before cannot be taken back", exc_info=error)


async def _again_and_again(chore: Chore, desk: Desk, edge: Edge) -> None:
    while True:
        try:
            await do_chore(chore, desk, edge)
        except Exception as error:  # the next round tries again; until then searches are slower, not wrong
            _log.error("upkeep failed", chore=chore.name, exc_info=error)
        await asyncio.sleep(chore.every.total_seconds())


# Service tasks ---------------------------------------------------------------------------------------------------


def timekeepers(
    settings: Settings, database: Database, edge: Edge, metrics: CollectorRegistry, *, scripts: Registry
) -> list[Timekeeper]:
    """Those who start service tasks, one for each of this process's sites.  Raises BadSettings.

    On PostgreSQL the ticker has connections of its own, so that it ticks on time however many requests and scripts
    want one; one that is cut off in the middle of a transaction gives its rows back after ten seconds.
    """
    try:
        defaults = defaults_of(settings.time_zone, settings.workweek)
    except Unreadable as error:
        raise BadSettings([f"time_zone, workweek: {error}"]) from None
    for fault in scripts.faults:
        _log.warning("a script is left out", reason=fault)
    own: Database = database
    if settings.database:
        from askare.storage.postgres import PostgresDatabase  # its driver is large, and SQLite needs none of it

        own = PostgresDatabase(
            patient_for(settings.database.reveal(), TICKER_IDLE_SECONDS_MAX), connections_max=2 * len(settings.sites)
        )
    measures = Measures(metrics)
    return [
        Timekeeper(
            own,
            database,
            scripts,
            services(settings, database, edge, defaults=defaults),
            edge=edge,
            defaults=defaults,
            site=site,
            alone=not settings.database,
            siblings=tuple(name for name in settings.sites if name != site),
            measures=measures,
        )
        for site in settings.sites
    ]


def patient_for(address: str, seconds: int) -> str:
    """The address with a word to PostgreSQL to end transactions that stand still for longer than this."""
    parts = urlsplit(address)
    said = parse_qs(parts.query)
    said["options"] = [" ".join([*said.get("options", []), f"-c idle_in_transaction_session_timeout={seconds}s"])]
    return urlunsplit(parts._replace(query=urlencode(said, doseq=True, quote_via=quote)))
