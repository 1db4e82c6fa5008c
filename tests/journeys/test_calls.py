"""A whole call through real processes and sockets: exchange → recording → transcription → summaries → operator."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from askare.outside import openai_twin
from askare.outside.twin import Asked, Reply, Stream, Twin
from tests.journeys.waiting import until
from tests.outside import sounds
from tests.server import Client, Server, askare, make_token, running

ROOT = Path(__file__).parents[2]
SAID = (
    "Оператор: Служба воды, слушаю.\nКлиент: У нас с утра нет воды на Абая 10.\n"
    "Оператор: Приедем сегодня до шести вечера."
)


OPERATORS_TOKEN, EXCHANGES_KEY = "the-operators-own-token", "the-exchanges-own-key"


class World:
    """An exchange's recordings and a provider of transcription, on one port; what it does may be changed."""

    def __init__(self, sound: bytes) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.sound = sound
        self.good = openai_twin.good(SAID)
        self.hold = threading.Event()
        self.hold.set()
        self.refusals: list[Reply] = []  # what the provider answers first
        self._twin = Twin(self._answer)
        asyncio.run_coroutine_threadsafe(self._twin.open(), self._loop).result(10)

    async def _answer(self, asked: Asked, line: Stream) -> Reply | None:
        if asked.target.startswith("/rec/"):
            if asked.target.startswith("/rec/missing"):
                return Reply(404, b"", {})
            return Reply(200, self.sound, {"content-type": "audio/wav"})
        while not self.hold.is_set():
            await asyncio.sleep(0.01)
        if self.refusals:
            return self.refusals.pop(0)
        return await self.good(asked, line)

    @property
    def url(self) -> str:
        return self._twin.address

    def asked(self, what: str) -> int:
        """How often something was asked for."""
        return sum(what in asked.target for asked in self._twin.asked)

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._twin.close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(sounds.recording(tmp_path / "a.wav", "alaw.wav", 1.5, sides=(440.0,)).read_bytes())
    yield world
    world.close()


class Desk:
    """A server that listens to recordings, its operator and its exchange."""

    def __init__(self, server: Server, operator_id: UUID, operator: Client, exchange: Client) -> None:
        self.server = server
        self.operator_id = operator_id
        self.operator = operator
        self.exchange = exchange

    def hands_in(self, **call: Any) -> int:
        answer = self.exchange.post("/api/tasks", {"operator_id": str(self.operator_id), "title": "Нет воды", **call})
        assert answer.status_code == 200, answer.text
        return int(answer.json()["id"])

    def task(self, number: int) -> dict[str, Any]:
        answer = self.operator.get(f"/api/tasks/{number}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def waits_for(self, number: int, state: str) -> dict[str, Any]:
        until(lambda: self.task(number)["processing_status"] == state, f"task {number} to be {state}")
        return self.task(number)


def settings_for(world: World, processes: int) -> dict[str, str]:
    provider = {"kind": "openai", "url": f"{world.url}/v1", "model": "whisper-1", "key": "sk-secret"}
    return {
        "ASKARE_TRANSCRIPTION_PROVIDERS": json.dumps([provider]),
        "ASKARE_OUTBOUND_ALLOW": "127.0.0.1",
        "ASKARE_PHONE_REGION": "KZ",
        "ASKARE_CALL_PROCESSES": str(processes),
        "PYTHONPATH": str(ROOT),
    }


class HurriedServer(Server):
    module = "tests.journeys.hurried"


@contextmanager
def a_desk(data: Path, world: World, processes: int = 0) -> Iterator[Desk]:
    operator_id = uuid4()
    tokens = [
        {"token": OPERATORS_TOKEN, "organization": "Koti", "role": "operator", "user": str(operator_id)},
        {"token": EXCHANGES_KEY, "organization": "Koti", "role": "ingest"},
    ]
    settings: dict[str, Any] = settings_for(world, processes)
    server = HurriedServer(data, ASKARE_STATIC_TOKENS=json.dumps(tokens), **settings).start()
    try:
        yield Desk(server, operator_id, server.client(OPERATORS_TOKEN), server.client(EXCHANGES_KEY))
    finally:
        server.stop()


def jobs_left(data: Path) -> list[Any]:
    connection = sqlite3.connect(data / "askare.db")
    try:
        return connection.execute("SELECT kind, about, trouble FROM jobs").fetchall()
    finally:
        connection.close()


in_one_process_and_in_two = pytest.mark.parametrize("processes", [0, 1])


@in_one_process_and_in_two
def test_a_recording_is_fetched_heard_summed_up_played_and_erased(tmp_path: Path, world: World, processes: int) -> None:
    data = tmp_path / "data"
    with a_desk(data, world, processes) as desk:
        number = desk.hands_in(
            recording_url=f"{world.url}/rec/1.wav?signature=hush", caller_phone="8 701 234 56 78", call_id="17"
        )
        assert desk.hands_in(call_id="17") == number

        done = desk.waits_for(number, "done")
        assert "нет воды на Абая" in done["call_transcription"]
        assert "нет воды" in done["call_summary"]
        assert "до шести" in done["call_response_summary"]
        assert (done["transcription_source"], done["summary_source"]) == ("provider:openai whisper-1", "builtin")
        assert done["call_duration_seconds"] == pytest.approx(1.5, abs=0.1)

        played = desk.operator.get(f"/api/tasks/{number}/recording", headers={"Range": "bytes=0-3"})
        assert (played.status_code, played.content) == (206, b"RIFF")

        metrics = desk.operator.get("/metrics").text
        assert 'askare_provider_failing{kind="transcription",provider="openai whisper-1"} 0.0' in metrics

        erased = askare("erase", "--organization", "Koti", "--phone", "+77012345678", "--json", data=data)
        assert json.loads(erased.stdout) == {"tasks": [number], "appeals": []}
        gone = desk.task(number)
        assert (gone["call_transcription"], gone["caller_phone"], gone["title"]) == (None, None, "(erased)")
        assert desk.operator.get(f"/api/tasks/{number}/recording").status_code == 404
        until(lambda: jobs_left(data) == [], "all promises to be kept")
        assert list((data / "recordings").rglob("*.*")) == []
        log = desk.server.log()
    for secret in ("hush", "sk-secret", "12345678", "нет воды"):
        assert secret not in log


@in_one_process_and_in_two
def test_what_goes_wrong_is_told_and_the_task_is_workable_all_the_while(
    tmp_path: Path, world: World, processes: int
) -> None:
    with a_desk(tmp_path / "data", world, processes) as desk:
        missing = desk.hands_in(recording_url=f"{world.url}/rec/missing.wav")
        until(lambda: desk.task(missing)["error_code"] == "recording_not_found", "the failure to be told")
        waiting = desk.task(missing)
        assert (waiting["processing_status"], waiting["attempts"]) == ("queued", 1)
        assert waiting["next_attempt_at"] is not None
        done = desk.operator.put(f"/api/tasks/{missing}/status", {"status": "done"})
        assert done.status_code == 200

        blocked = desk.hands_in(recording_url="http://169.254.169.254/latest/meta-data/")
        assert desk.waits_for(blocked, "failed")["error_code"] == "recording_blocked"

        world.refusals = [openai_twin.error(401, "invalid_api_key", "Incorrect API key provided: sk-secret")]
        refused = desk.hands_in(recording_url=f"{world.url}/rec/2.wav")
        failed = desk.waits_for(refused, "failed")
        assert failed["error_code"] == "provider_auth"
        assert "sk-secret" not in json.dumps(failed)
        again = desk.operator.post(f"/api/tasks/{refused}/reprocess").json()
        assert (again["processing_status"], again["error_message"]) == ("queued", None)
        desk.waits_for(refused, "done")


@pytest.mark.parametrize(("stage", "processes"), [("transcription", 0), ("summary", 0), ("transcription", 1)])
def test_kill_9_loses_nothing_and_asks_a_provider_at_most_once_more(
    tmp_path: Path, world: World, stage: str, processes: int
) -> None:
    data = tmp_path / "data"
    with a_desk(data, world, processes) as desk:
        world.hold.clear()
        number = desk.hands_in(recording_url=f"{world.url}/rec/1.wav")
        if stage == "transcription":
            until(lambda: world.asked("/transcriptions") == 1, "the provider to be asked")
            desk.server.kill()
            world.hold.set()
        else:
            world.hold.set()
            until(lambda: desk.task(number)["call_transcription"] is not None, "the transcription")
            desk.server.kill()
        desk.server.start()

        done = desk.waits_for(number, "done")

        assert done["call_transcription"] is not None
        assert done["call_summary"] is not None
        assert world.asked("/transcriptions") == (2 if stage == "transcription" else 1)
        assert world.asked("/rec/") == 1
        until(lambda: jobs_left(data) == [], "all promises to be kept")


def test_calls_may_be_handed_in_by_nobody_where_the_owner_wants_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    operator_id = uuid4()
    make_token(data, role="operator", user=operator_id)
    body = {"operator_id": str(operator_id), "title": "Звонок"}
    with running(data, ASKARE_ANONYMOUS_CALLS="Koti") as server:
        taken = httpx2.post(f"{server.url}/api/tasks", json=body)
        listed = httpx2.get(f"{server.url}/api/tasks")

    assert (taken.status_code, taken.json()["created_by_user_id"]) == (200, None)
    assert listed.status_code == 401


def test_a_number_that_is_none_is_not_erased(tmp_path: Path) -> None:
    make_token(tmp_path / "data")

    refused = askare("erase", "--organization", "Koti", "--phone", "nobody", data=tmp_path / "data")

    assert refused.returncode == 1
    assert "no telephone number" in refused.stderr
