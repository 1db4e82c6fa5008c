"""kill -9 in the midst of matching: every match is recorded once, and every recipient is written to once.

Realties are put while the server is killed and started again and again, each time when some random number of matches
has been recorded.  `ASKARE_TEST_KILLS=20 ASKARE_TEST_MATCHES=10000` is the long run.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import apsw

from tests.journeys.waiting import until
from tests.server import Client, Server, make_token
from tests.store.watching import FLAT_WISH

KILLS = int(os.environ.get("ASKARE_TEST_KILLS", "4"))
MATCHES = int(os.environ.get("ASKARE_TEST_MATCHES", "240"))
WATCHES = 20
REALTIES_A_KILL = max(1, MATCHES // WATCHES // KILLS)
OFFICE, AGENT, PARTY = (str(uuid4()) for _ in range(3))


def test_every_match_is_recorded_and_told_once_however_often_the_server_dies(tmp_path: Path) -> None:
    server = Server(tmp_path / "data").start()
    try:
        token = make_token(server.data)
        with closing(server.client(token)) as client:
            watches = set_watches(client)
        dice = Random(20261122)
        realties: list[str] = []
        for _ in range(KILLS):
            with closing(server.client(token)) as client:
                realties += [put_realty(client) for _ in range(REALTIES_A_KILL)]
            before, due = recorded(server), len(realties) * WATCHES
            wanted = dice.randint(before, due)
            until(lambda at_least=wanted: recorded(server) >= at_least, "some matches")  # type: ignore[misc]
            server.kill()
            let_the_leases_end(server)
            server.start()
        until(lambda: recorded(server) == len(realties) * WATCHES, "all matches", seconds=120)
        until(lambda: unkept(server) == 0, "all promises kept", seconds=300)
        # The same again: nothing is new to anybody.
        with closing(server.client(token)) as client:
            for realty in realties[:5]:
                put_realty(client, realty, price=131_000)
        until(lambda: unkept(server) == 0, "all promises kept", seconds=60)
    finally:
        server.stop()

    pairs = {(watch, realty) for watch in watches for realty in realties}
    assert Counter(rows(server, "SELECT hex(watch_id), hex(realty_id) FROM watch_matches")) == Counter(hexed(pairs))
    told = rows(server, "SELECT hex(watch_id), hex(realty_id) FROM letter_realties WHERE recipient_kind = 'AGENT'")
    assert Counter(told) == Counter(hexed(pairs))
    assert dict(rows(server, "SELECT state, count(*) FROM letters GROUP BY state")) == {"SENT": len(pairs)}
    assert rows(server, "SELECT count(*) FROM (SELECT DISTINCT letter_id FROM letter_realties)") == [(len(pairs),)]


def set_watches(client: Client) -> list[str]:
    """Watches for a flat, of which the agent is told and the party is not."""
    agent = {"firstName": "Veikko", "lastName": "Viljanen", "email": "veikko@example.com"}
    assert client.request("PUT", f"/askare/v1/agents/{AGENT}", body=agent).status_code == 201
    requirement = {
        "agencyOfficeId": OFFICE,
        "agents": [{"agentId": AGENT, "roleCode": "RESPONSIBLE_AGENT"}],
        "assetRequirements": FLAT_WISH,
    }
    requirement_id = client.post("/assetRequirements", requirement).json()["assetRequirementId"]
    watch = {
        "assetRequirementId": requirement_id,
        "validityEndTime": "2199-01-01T00:00:00Z",
        "agentNotificationTypeCodes": ["EMAIL"],
        "parties": [{"partyId": PARTY, "partyTypeCode": "PERSON_PARTY"}],
    }
    return [client.post("/watches", watch).json()["watchId"] for _ in range(WATCHES)]


def put_realty(client: Client, realty: str = "", *, price: float = 140_000) -> str:
    """A flat that fits."""
    realty = realty or str(uuid4())
    body: dict[str, Any] = {
        "propertyTypeCode": "RESIDENTIAL",
        "address": {"streetAddress": "Hämeenkatu 1", "postcode": "33500"},
        "debtFreePrice": {"amount": price, "currencyCode": "EUR"},
    }
    answer = client.request("PUT", f"/askare/v1/realties/{realty}", body=body)
    assert answer.status_code in (201, 204), answer.text
    return realty


def rows(server: Server, sql: str) -> list[Any]:
    """What the database holds, seen from beside the server."""
    connection = apsw.Connection(str(server.data / "askare.db"), apsw.SQLITE_OPEN_READONLY)
    connection.set_busy_timeout(10_000)
    with closing(connection):
        return list(connection.execute(sql))


def recorded(server: Server) -> int:
    return int(rows(server, "SELECT count(*) FROM watch_matches")[0][0])


def unkept(server: Server) -> int:
    """Promises that are still to be kept, but for those of the watches' far ends."""
    return int(rows(server, "SELECT count(*) FROM jobs WHERE kind <> 'tend watch'")[0][0])


def let_the_leases_end(server: Server) -> None:
    """As if the minutes had passed after which the work of the dead is taken up."""
    connection = apsw.Connection(str(server.data / "askare.db"))
    with closing(connection):
        connection.execute("UPDATE jobs SET due = 0 WHERE is_leased = 1")


def hexed(pairs: set[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    return ((watch.replace("-", "").upper(), realty.replace("-", "").upper()) for watch, realty in pairs)
