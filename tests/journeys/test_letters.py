"""Letters over SMTP from a server that is killed in between: none is lost, and what comes twice is the same letter."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from uuid import UUID, uuid4

from askare.directory import operations as directory
from askare.directory.model import Kind, PartyContent, PartyType
from askare.jobs.outbox import HOUSE_USER
from askare.kernel.caller import Caller, Role
from askare.kernel.time import settled
from askare.letters import operations
from askare.letters.jobs import LETTERS_AT_ONCE
from askare.letters.model import Recipient, RecipientKind, Rhythm
from askare.storage.sqlite import SqliteDatabase
from askare.storage.transactions import Transaction
from tests.journeys.waiting import until
from tests.letter_values import a_card, an_alert, read
from tests.mail_server import MailServer, mail_server
from tests.server import Server, make_token
from tests.store.watching import a_watch, require, watch
from tests.values import DAY

PARTIES = 100
REALTIES = 3
KILLS = 4
LETTERS = PARTIES * REALTIES


@contextmanager
def a_mail_server() -> Iterator[MailServer]:
    """A mail server in a thread of its own."""
    ready, loop = threading.Event(), asyncio.new_event_loop()
    keepers: list[MailServer] = []

    async def serve() -> None:
        async with mail_server() as server:
            keepers.append(server)
            ready.set()
            await server.hang_up.wait()

    async def end(serving: asyncio.Task[None]) -> None:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)

    serving = loop.create_task(serve())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    assert ready.wait(10)
    try:
        yield keepers[0]
    finally:
        asyncio.run_coroutine_threadsafe(end(serving), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def write_letters(data: Path) -> None:
    """Have every realty fit the wishes of every party, as a match writes it."""
    database = SqliteDatabase(data / "askare.db")
    ((number, organization),) = database.read(
        lambda tx: tx.rows("SELECT organization_no, organization_id FROM organizations")
    )
    house = Caller(number, UUID(bytes=bytes(organization)), HOUSE_USER, Role.ADMIN)
    now = settled(datetime.now(UTC))
    parties = [uuid4() for _ in range(PARTIES)]

    def know(tx: Transaction) -> None:
        for at, party in enumerate(parties):
            said = PartyContent(
                party_type_code=PartyType.PERSON_PARTY, name=f"Buyer {at}", email=f"b{at}@d{at % 7}.example"
            )
            directory.put_entry(tx, Kind.PARTY, party, said, now=now)

    database.write(know, house)
    requirement = require(database, requirement_id=uuid4(), by=house, now=now)
    wanted = a_watch(requirement=requirement, end=now + 100 * DAY, parties=parties)
    watch_id = watch(database, wanted, watch_id=uuid4(), by=house, now=now)
    alerts = [
        an_alert(a_card(realty), watch=watch_id, to=Recipient(RecipientKind.PARTY, party))
        for realty in [uuid4() for _ in range(REALTIES)]
        for party in parties
    ]
    written = database.write(
        lambda tx: operations.write_alerts(tx, alerts, new_id=uuid4, rhythm=Rhythm(), now=now), house
    )
    assert written == LETTERS
    database.close()


def test_no_letter_is_lost_however_often_the_server_is_killed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    token = make_token(data)
    write_letters(data)
    random = Random(20_261_122)
    with a_mail_server() as mail:
        server = Server(
            data,
            ASKARE_SMTP_HOST="127.0.0.1",
            ASKARE_SMTP_PORT=str(mail.port),
            ASKARE_SMTP_SECURITY="none",
            ASKARE_MAIL_FROM="Koti <mail@koti.example>",
        ).start()
        for _ in range(KILLS):
            enough = len(mail.taken) + random.randrange(5, LETTERS // (KILLS + 1))
            until(lambda: len(mail.taken) >= enough, "some more letters")  # noqa: B023  -- asked in this round
            server.kill()
            server.start()
        client = server.client(token)

        def count(state: str) -> int:
            return int(client.get("/askare/v1/letters", params={"stateCode": state}).json()["totalCount"])

        until(lambda: count("SENT") == LETTERS, "every letter noted as sent", seconds=60)
        assert server.stop() == 0

    copies: dict[str, list[bytes]] = defaultdict(list)
    for message in mail.messages():
        copies[str(read(message)["Message-ID"])].append(message)
    assert len(copies) == LETTERS
    assert all(len(set(same)) == 1 for same in copies.values())
    # Again come those alone that the mail server had taken when we died before noting it.
    assert len(mail.taken) - LETTERS <= KILLS * LETTERS_AT_ONCE
    assert set(Counter(mail.recipients())) == {f"b{at}@d{at % 7}.example" for at in range(PARTIES)}
    database = SqliteDatabase(data / "askare.db")
    assert database.read(lambda tx: tx.rows("SELECT about FROM jobs WHERE kind = 'deliver letter'")) == []
    database.close()
