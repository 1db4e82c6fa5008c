"""kill -9 in the midst of matching: every match is recorded once, and every recipient is written to once.

Realties are put while the server (on PostgreSQL: one of two workers) is killed and started again and again, each time
when some random number of matches has been recorded.  `ASKARE_TEST_MATCHES=10000` is the long run.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid4

import apsw

from askare.directory import operations as directory
from askare.directory.model import AgentContent, Kind
from askare.kernel.time import milliseconds, settled
from askare.post import MAIL_FOLDER
from askare.storage.migrations import migrate
from askare.storage.postgres import PostgresDatabase
from tests.journeys.waiting import until
from tests.letter_values import read
from tests.nursery import start
from tests.server import Client, Server, make_token
from tests.store.watching import FLAT_WISH, a_watch, put, require, watch
from tests.values import AGENT, NOW, OFFICE, PARTY, an_admin, empty

KILLS = 20
WORKER_KILLS = 5
MATCHES = int(os.environ.get("ASKARE_TEST_MATCHES", "1200"))
WATCHES = 20
SHORT_LEASE = timedelta(seconds=2)

Rows = list[tuple[Any, ...]]
Ask = Callable[[str], Rows]


def test_every_match_is_recorded_and_told_once_however_often_the_server_dies(tmp_path: Path) -> None:
    server = Server(tmp_path / "data").start()

    def ask(sql: str) -> Rows:
        connection = apsw.Connection(str(server.data / "askare.db"), apsw.SQLITE_OPEN_READONLY)
        connection.set_busy_timeout(10_000)
        with closing(connection):
            return list(connection.execute(sql))

    try:
        token = make_token(server.data)
        with closing(server.client(token)) as client:
            watches = set_watches(client)
        dice = Random(20261122)
        realties: list[UUID] = []
        for _ in range(KILLS):
            before = recorded(ask)
            with closing(server.client(token)) as client:
                realties += [put_realty(client) for _ in range(MATCHES // WATCHES // KILLS)]
            wanted = dice.randint(before, len(realties) * WATCHES)
            until(lambda at_least=wanted: recorded(ask) >= at_least, "some matches", seconds=300)  # type: ignore[misc]
            server.kill()
            server.start()
        until_all_is_told(ask, len(realties) * WATCHES)
        # The same again: nothing is new to anybody.
        with closing(server.client(token)) as client:
            for realty in realties[:5]:
                put_realty(client, realty, price=131_000)
        until_all_is_told(ask, len(realties) * WATCHES)
    finally:
        server.stop()

    require_told_once(ask, watches, realties, mail=server.data / MAIL_FOLDER)


def test_two_workers_tell_everything_once_however_often_one_of_them_dies(
    lasting_postgres_address: str, tmp_path: Path
) -> None:
    database = PostgresDatabase(lasting_postgres_address)
    migrate(database, now=NOW)
    empty(database)
    now = settled(datetime.now(UTC))

    def ask(sql: str) -> Rows:
        return database.read(lambda tx: tx.rows(sql))

    agent = AgentContent(first_name="Veikko", last_name="Viljanen", email="veikko@example.com")
    database.write(lambda tx: directory.put_entry(tx, Kind.AGENT, AGENT, agent, now=now), an_admin())
    require(database, now=now)
    watches = [
        watch(database, a_watch(end=now + timedelta(days=100), told=()), watch_id=uuid4(), now=now)
        for _ in range(WATCHES)
    ]
    workers = [Worker(tmp_path / "data", lasting_postgres_address).start() for _ in range(2)]
    dice = Random(20261122)
    realties: list[UUID] = []
    try:
        for _ in range(WORKER_KILLS):
            before = recorded(ask)
            for _ in range(3):
                realties.append(uuid4())
                put(database, realty_id=realties[-1], now=settled(datetime.now(UTC)))
            wanted = dice.randint(before, len(realties) * WATCHES)
            until(lambda at_least=wanted: recorded(ask) >= at_least, "some matches", seconds=300)  # type: ignore[misc]
            victim = dice.choice(workers)
            victim.kill()
            let_leases_end_soon(database)
            victim.start()
        until_all_is_told(ask, len(realties) * WATCHES)
    finally:
        for worker in workers:
            worker.stop()

    require_told_once(ask, watches, realties, mail=tmp_path / "data" / MAIL_FOLDER)
    database.close()


class Worker:
    """A night shift in a process of its own."""

    def __init__(self, data: Path, database: str) -> None:
        self._arguments = ["worker", "--data", str(data), "--database", database]
        self._log_file = data.parent / f"worker-{uuid4()}.log"

    def start(self) -> Worker:
        with self._log_file.open("ab") as log, Path(os.devnull).open("rb") as nothing:
            streams = (nothing.fileno(), log.fileno(), log.fileno())
            self._process = start("askare", self._arguments, environment=dict(os.environ), streams=streams)
        return self

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(10)

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(30)


def let_leases_end_soon(database: PostgresDatabase) -> None:
    """As if leases were short: what a dead worker held is taken up soon, and the living one is done before."""
    soon = milliseconds(datetime.now(UTC) + SHORT_LEASE)
    database.write(lambda tx: tx.run("UPDATE jobs SET due = :soon WHERE is_leased = 1 AND due > :soon", soon=soon))


def until_all_is_told(ask: Ask, matches: int) -> None:
    until(lambda: recorded(ask) == matches, "all matches", seconds=300)
    # But for those of the watches' far ends.
    promised = "SELECT count(*) FROM jobs WHERE kind <> 'tend watch'"
    until(lambda: ask(promised)[0][0] == 0, "all promises kept", seconds=300)


def require_told_once(ask: Ask, watches: list[UUID], realties: list[UUID], *, mail: Path) -> None:
    pairs = Counter((watch_id, realty) for watch_id in watches for realty in realties)
    assert pairs == found(ask, "SELECT watch_id, realty_id FROM watch_matches")
    assert pairs == found(ask, "SELECT watch_id, realty_id FROM letter_realties WHERE recipient_kind = 'AGENT'")
    letters: dict[bytes, str] = dict(ask("SELECT letter_id, state FROM letters"))
    assert Counter(letters.values()) == {"SENT": pairs.total()}
    assert found(ask, "SELECT letter_id, letter_id FROM letter_realties") == Counter(
        (UUID(bytes=bytes(letter)), UUID(bytes=bytes(letter))) for letter in letters
    )
    messages = [str(read(file.read_bytes())["Message-ID"]) for file in mail.glob("*.eml")]
    assert len(messages) == len(set(messages)) == pairs.total()


def found(ask: Ask, sql: str) -> Counter[tuple[UUID, UUID]]:
    return Counter((UUID(bytes=bytes(one)), UUID(bytes=bytes(other))) for one, other in ask(sql))


def recorded(ask: Ask) -> int:
    return int(ask("SELECT count(*) FROM watch_matches")[0][0])


def set_watches(client: Client) -> list[UUID]:
    """Watches for a flat, of which the agent is told and the party is not."""
    agent = {"firstName": "Veikko", "lastName": "Viljanen", "email": "veikko@example.com"}
    assert client.request("PUT", f"/askare/v1/agents/{AGENT}", body=agent).status_code == 201
    requirement = {
        "agencyOfficeId": str(OFFICE),
        "agents": [{"agentId": str(AGENT), "roleCode": "RESPONSIBLE_AGENT"}],
        "assetRequirements": FLAT_WISH,
    }
    requirement_id = client.post("/assetRequirements", requirement).json()["assetRequirementId"]
    said = {
        "assetRequirementId": requirement_id,
        "validityEndTime": "2199-01-01T00:00:00Z",
        "agentNotificationTypeCodes": ["EMAIL"],
        "parties": [{"partyId": str(PARTY), "partyTypeCode": "PERSON_PARTY"}],
    }
    return [UUID(client.post("/watches", said).json()["watchId"]) for _ in range(WATCHES)]


def put_realty(client: Client, realty: UUID | None = None, *, price: float = 140_000) -> UUID:
    """A flat that fits."""
    realty = realty or uuid4()
    body: dict[str, Any] = {
        "propertyTypeCode": "RESIDENTIAL",
        "address": {"streetAddress": "Hämeenkatu 1", "postcode": "33500"},
        "debtFreePrice": {"amount": price, "currencyCode": "EUR"},
    }
    answer = client.request("PUT", f"/askare/v1/realties/{realty}", body=body)
    assert answer.status_code in (201, 204), answer.text
    return realty
