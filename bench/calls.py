"""Call tasks: durable creates, lists with a search in Cyrillic, and the pipeline with providers that answer at once.

    python bench/calls.py                                   # small: 20,000 titles, 200 calls through the pipeline
    python bench/calls.py --titles 1000000 --calls 4000     # what issue 5 asks for; some gigabytes, half an hour

The data lies in a temporary folder.  Creates go through the writer thread as requests do, 32 at a time; the pipeline
runs in one process with every stage and every flush, and only the world outside is played.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from askare.access import operations as access
from askare.calltasks import operations, store
from askare.calltasks.jobs import Pipeline
from askare.calltasks.model import CallContent, CallFilter, Office
from askare.calltasks.outside import Decoded, Hints, Summary, Transcript
from askare.calltasks.rules import search_words
from askare.edge import Edge
from askare.jobs.runner import keep_promises
from askare.kernel.caller import Caller, Role
from askare.kernel.paging import Window
from askare.storage.desk import Desk
from askare.storage.migrations import migrate
from askare.storage.sqlite import SqliteDatabase

OPERATOR = UUID(int=7, version=4)
OFFICE = Office(transcribes=True)
LETTERS = "абвгдежзиклмнопрстуфхцчшыэюя"


class Twins:
    """A world outside that answers at once."""

    name = "twin"

    async def fetch(self, _url: str, into: Path) -> int:
        return into.write_bytes(b"RIFF" + bytes(16_000))

    async def decode(self, recording: Path, into: Path) -> Decoded:
        (into / "0.wav").write_bytes(recording.read_bytes())
        return Decoded((into / "0.wav",), 1.0)

    async def transcribe(self, _audio: Decoded, _hints: Hints) -> Transcript:
        return Transcript("Клиент: нет воды на Абая, 10.\nОператор: приедем сегодня до шести.", "ru")

    async def summarise(self, _transcript: str, _hints: Hints) -> Summary:
        return Summary("Нет воды на Абая, 10.", "Приедем сегодня до шести.", "ru")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--titles", type=int, default=20_000)
    parser.add_argument("--calls", type=int, default=200)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="askare-calls-") as folder:
        asyncio.run(measure(Path(folder), titles=asked.titles, calls=asked.calls))


async def measure(folder: Path, *, titles: int, calls: int) -> None:
    database = SqliteDatabase(folder / "askare.db")
    now = datetime.now(UTC).replace(microsecond=0)
    migrate(database, now=now)
    organization = database.write(
        lambda tx: access.ensure_organization(tx, "Bench", organization_id=UUID(int=1, version=4))
    )
    database.write(
        lambda tx: access.ensure_user(
            tx, organization, user_id=OPERATOR, role=Role.SUPERVISOR, office_ids=(), agent_id=None, now=now
        )
    )
    caller = Caller(organization.organization_no, organization.organization_id, OPERATOR, Role.SUPERVISOR)
    desk, edge = Desk(database), Edge()
    dice = random.Random(1917)
    words = ["".join(dice.choices(LETTERS, k=dice.randint(4, 10))) for _ in range(20_000)]
    weights = [1 / (rank + 1) for rank in range(len(words))]

    async def create(content: CallContent) -> int:
        return await desk.write(
            caller, None, operations.create_call, content, operator=str(OPERATOR), office=OFFICE, now=edge.now()
        )

    async def create_many(count: int, at_once: int = 32) -> float:
        begun = time.perf_counter()
        for start in range(0, count, at_once):
            contents = [
                CallContent(title=" ".join(dice.choices(words, weights, k=6)).capitalize())
                for _ in range(min(at_once, count - start))
            ]
            await asyncio.gather(*(create(content) for content in contents))
        return count / (time.perf_counter() - begun)

    print(f"durable creates, 32 at a time: {await create_many(titles):,.0f} a second")
    begun = time.perf_counter()
    while database.write(store.post_words):
        pass
    print(f"words of {titles:,} titles posted in {time.perf_counter() - begun:.1f} s")
    await lists(desk, caller, words)
    await pipeline(desk, edge, folder, create, calls=calls)
    desk.close()


async def lists(desk: Desk, caller: Caller, words: list[str]) -> None:
    """A page of 20, first asked and then asked again, for words from common to rare."""
    firsts, laters = [], []
    for rank in (0, 1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000):
        for query in (words[rank], words[rank][1:4], f"{words[rank]} {words[rank // 2]}"):
            wanted = CallFilter(words=search_words(query))
            times = []
            for _ in range(11):
                begun = time.perf_counter()
                await desk.read(caller, operations.list_calls, wanted, window=Window(0, 20), office=OFFICE)
                times.append((time.perf_counter() - begun) * 1_000)
            firsts.append(times[0])
            laters += times[1:]
    for name, times in (("asked for the first time", firsts), ("asked again", laters)):
        times.sort()
        print(
            f"a page of 20 with a search in Cyrillic, {name}: median {times[len(times) // 2]:.1f} ms,"
            f" p99 {times[int(len(times) * 0.99)]:.1f} ms"
        )


async def pipeline(desk: Desk, edge: Edge, folder: Path, create: object, *, calls: int) -> None:
    """So many calls through all four stages."""
    twins = Twins()
    trades = Pipeline(recordings=twins, transcribers=[twins], summarisers=[twins], root=folder, office=OFFICE).trades()
    for start in range(0, calls, 32):
        await asyncio.gather(
            *(
                create(CallContent(title=f"Звонок {at}", recording_url="https://pbx.example/a.wav"))  # type: ignore[operator]
                for at in range(start, min(start + 32, calls))
            )
        )
    begun = time.perf_counter()
    working = asyncio.create_task(keep_promises(trades, desk, edge))
    while desk.database.read(lambda tx: tx.row("SELECT count(*) FROM jobs")) != (0,):
        await asyncio.sleep(0.02)
    seconds = time.perf_counter() - begun
    working.cancel()
    print(f"pipeline: {calls / seconds:,.0f} calls a second through fetch, decode, transcribe and summarise")


if __name__ == "__main__":
    main()
