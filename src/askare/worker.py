"""The night shift: what has to be done without anybody asking for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

import structlog
from msgspec import Struct

from askare import post
from askare.access.operations import sweep_tokens
from askare.directory import renames
from askare.directory.store import SHELVES as DIRECTORY
from askare.edge import Edge
from askare.jobs import outbox
from askare.jobs.kinds import Kind
from askare.jobs.runner import Trade, keep_promises
from askare.meetings.store import MEETINGS
from askare.realties.store import REALTIES
from askare.requirements.store import REQUIREMENTS
from askare.settings import Settings
from askare.storage import idempotency
from askare.storage.desk import Desk
from askare.storage.shelf import POSTED_AT_ONCE, Shelf, post_words
from askare.storage.transactions import Transaction
from askare.tasks import operations as tasks
from askare.tasks.store import TASKS
from askare.watches.jobs import Matcher, tend_watch
from askare.watches.wishes import WatchWishes

_log = structlog.get_logger("askare")


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
    Chore("access tokens", timedelta(minutes=10), lambda tx, now: sweep_tokens(tx, now=now)),
)


# Whose texts hold names of others.
REWRITES: tuple[renames.Rewrite, ...] = (tasks.rewrite_texts,)


def trades(settings: Settings) -> tuple[Trade, ...]:
    """Who keeps which promises."""
    matcher = Matcher(post.rhythm_of(settings))
    return (
        Trade(Kind.RENAME, renames.keeper(REWRITES), at_once=1, lease=timedelta(minutes=30)),
        post.delivery_of(settings, wishes=WatchWishes()),
        Trade(Kind.MATCH_REALTY, matcher.match_realty),
        Trade(Kind.TEND_WATCH, tend_watch),
    )


async def do_chore(chore: Chore, desk: Desk, edge: Edge) -> None:
    """Do it until nothing is left to do, with room for others in between."""
    while await desk.write(None, None, chore.do, edge.now()):
        await asyncio.sleep(0)


def night_shift(settings: Settings) -> Callable[[Desk, Edge], Coroutine[Any, Any, None]]:
    """All chores, each in its own rhythm, and all promises, for as long as the server runs."""

    async def at_work(desk: Desk, edge: Edge) -> None:
        if not settings.smtp_host:
            folder = settings.data / post.MAIL_FOLDER
            _log.info("letters are kept in a folder, not sent: no smtp_host is set", folder=str(folder))
        if not settings.database:  # a database file has one server, so whatever is leased was leased by a dead one
            await desk.write(None, None, outbox.take_back_leases)
        chores = (_again_and_again(chore, desk, edge) for chore in CHORES)
        await asyncio.gather(keep_promises(trades(settings), desk, edge), *chores)

    return at_work


async def _again_and_again(chore: Chore, desk: Desk, edge: Edge) -> None:
    while True:
        try:
            await do_chore(chore, desk, edge)
        except Exception as error:  # the next round tries again; until then searches are slower, not wrong
            _log.error("upkeep failed", chore=chore.name, exc_info=error)
        await asyncio.sleep(chore.every.total_seconds())
