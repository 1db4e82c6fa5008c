"""The way out for calls in a process of its own: what comes back, what goes wrong, and how it ends."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from askare.calltasks.model import ErrorCode
from askare.calltasks.outside import Hints, Trouble
from askare.outside.closing import close_all
from askare.outside.hands import Fetch, HandedSummariser, HandedTranscriber, Hands, HandsFailed, handed
from askare.outside.summary.builtin import BuiltinSummariser
from askare.outside.twin import Asked, Reply, Stream, always, dripping, json_reply, silent, twin
from askare.settings import Settings, load
from tests.outside import sounds
from tests.outside.running import is_alive, run


def settings(tmp_path: Path, *, processes: int = 1, **given: str) -> Settings:
    values = {"data": str(tmp_path), "outbound_allow": "127.0.0.1", "call_processes": str(processes), **given}
    return load(values, {}).settings


async def nobody() -> int:
    raise AssertionError("this was to be done in another process")


@asynccontextmanager
async def hands_of(
    tmp_path: Path, *, processes: int = 1, here_max: int = 0, idle_seconds: float = 60.0
) -> AsyncIterator[Hands]:
    hands = Hands(settings(tmp_path, processes=processes), here_max=here_max, idle_seconds=idle_seconds)
    try:
        yield hands
    finally:
        await hands.aclose()


@run
async def test_a_recording_is_fetched_by_the_other_process(tmp_path: Path) -> None:
    content = sounds.recording(tmp_path / "a.wav", "alaw.wav").read_bytes()
    async with twin(always(Reply(200, content))) as server, hands_of(tmp_path) as hands:
        size = await hands.do(Fetch(f"{server.address}/a.wav", tmp_path / "1" / "original"), int, nobody)
        (process,) = hands.process_ids

    assert size == len(content)
    assert (tmp_path / "1" / "original").read_bytes() == content
    assert process != os.getpid()
    assert not is_alive(process)  # the line is closed


@run
async def test_providers_are_asked_by_the_other_process_and_keep_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with twin(always(json_reply({"text": "vesi on poikki"}))) as server:
        provider = json.dumps([{"kind": "openai", "url": f"{server.address}/v1", "model": "whisper-1"}])
        monkeypatch.setattr("askare.outside.hands.HERE_MAX", 0)
        recordings, (transcriber,), (summariser,) = handed(settings(tmp_path, transcription_providers=provider))
        sound = sounds.recording(tmp_path / "a.wav", "alaw.wav")
        try:
            heard = await transcriber.transcribe(await recordings.decode(sound, tmp_path / "made"), Hints(("fi",)))
        finally:
            await close_all([recordings])

    assert (transcriber.name, heard.text) == ("openai whisper-1", "vesi on poikki")
    assert isinstance(summariser, BuiltinSummariser)  # which needs nobody


def test_what_runs_on_this_machine_stays_with_the_server(tmp_path: Path) -> None:
    line = {"kind": "openai", "url": "http://127.0.0.1:1/v1", "model": "m"}
    local = [{"kind": "command", "command": ["listen"]}, line, {"kind": "vosk", "url": "ws://127.0.0.1:2700"}]
    summing = [line, {"kind": "command", "command": ["sum"]}, {"kind": "builtin"}]

    _, transcribers, summarisers = handed(
        settings(tmp_path, transcription_providers=json.dumps(local), summary_providers=json.dumps(summing))
    )

    assert [isinstance(one, HandedTranscriber) for one in transcribers] == [False, True, True]
    assert [isinstance(one, HandedSummariser) for one in summarisers] == [True, False, False]


@run
async def test_a_few_things_at_once_are_done_by_the_server_itself(tmp_path: Path) -> None:
    go_on = asyncio.Event()

    async def here() -> int:
        await go_on.wait()
        return -1

    async with twin(always(Reply(200, b"RIFF"))) as server, hands_of(tmp_path, here_max=2) as hands:
        first = [asyncio.create_task(hands.do(Fetch(server.address, tmp_path / str(at)), int, here)) for at in range(2)]
        await asyncio.sleep(0)
        assert hands.process_ids == []
        assert await hands.do(Fetch(server.address, tmp_path / "3"), int, nobody) == 4
        assert len(hands.process_ids) == 1
        go_on.set()
        assert await asyncio.gather(*first) == [-1, -1]
        assert await hands.do(Fetch(server.address, tmp_path / "4"), int, here) == -1


@run
async def test_a_process_that_nobody_needs_any_more_ends_and_another_is_started_when_somebody_does(
    tmp_path: Path,
) -> None:
    async with twin(always(Reply(200, b"RIFF"))) as server, hands_of(tmp_path, idle_seconds=0.05) as hands:
        await hands.do(Fetch(server.address, tmp_path / "1"), int, nobody)
        (first,) = hands.process_ids
        while hands.process_ids:
            await asyncio.sleep(0.01)
        assert await hands.do(Fetch(server.address, tmp_path / "2"), int, nobody) == 4
        while is_alive(first):
            await asyncio.sleep(0.01)


@run
async def test_what_went_wrong_arrives_as_it_was_said(tmp_path: Path) -> None:
    async with twin(always(Reply(404))) as server, hands_of(tmp_path) as hands:
        with pytest.raises(Trouble) as problem:
            await hands.do(Fetch(f"{server.address}/a.wav", tmp_path / "original"), int, nobody)

    assert problem.value.code is ErrorCode.RECORDING_NOT_FOUND
    assert problem.value.detail == "127.0.0.1"


@run
async def test_what_nobody_had_thought_of_is_told_with_its_traceback(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    async with twin(always(Reply(200, b"RIFF"))) as server, hands_of(tmp_path) as hands:
        with pytest.raises(HandsFailed, match=r"(?s)Traceback.*FileExistsError|NotADirectoryError"):
            await hands.do(Fetch(server.address, tmp_path / "file" / "original"), int, nobody)


@run
async def test_a_process_that_dies_fails_what_it_had_in_hand_and_another_takes_its_place(tmp_path: Path) -> None:
    async with twin(silent) as hung, twin(always(Reply(200, b"RIFF"))) as server, hands_of(tmp_path) as hands:
        under_way = asyncio.create_task(hands.do(Fetch(hung.address, tmp_path / "original"), int, nobody))
        while not hung.asked:
            await asyncio.sleep(0.01)
        (first,) = hands.process_ids
        os.kill(first, signal.SIGKILL)
        with pytest.raises(HandsFailed, match="ended"):
            await under_way

        assert await hands.do(Fetch(server.address, tmp_path / "original"), int, nobody) == 4
        assert hands.process_ids != [first]


@run
async def test_what_is_not_wanted_any_more_is_broken_off(tmp_path: Path) -> None:
    hung_up = asyncio.Event()

    async def manner(asked: Asked, line: Stream) -> None:
        try:
            await dripping(0.02)(asked, line)
        finally:
            hung_up.set()

    async with twin(manner) as server, hands_of(tmp_path) as hands:
        under_way = asyncio.create_task(hands.do(Fetch(server.address, tmp_path / "original"), int, nobody))
        while not server.asked:
            await asyncio.sleep(0.01)
        under_way.cancel()
        await asyncio.wait_for(hung_up.wait(), 20.0)


@run
async def test_several_processes_share_the_work(tmp_path: Path) -> None:
    async with twin(always(Reply(200, b"RIFF"))) as server, hands_of(tmp_path, processes=2) as hands:
        await asyncio.gather(*(hands.do(Fetch(server.address, tmp_path / str(at)), int, nobody) for at in range(4)))
        processes = hands.process_ids

    assert len(set(processes)) == 2
    assert not any(map(is_alive, processes))
