"""Recordings taken apart in processes of their own: what comes back, what goes wrong, and how they end."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from askare.outside.audio import Channels, NotDecoded, TooLong, take_apart
from askare.outside.decoder import MEMORY_BYTES_MAX
from askare.outside.decoders import DecoderFailed, Decoders
from tests.outside import sounds
from tests.outside.running import is_alive, run

on_linux = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks at processes under /proc")


@asynccontextmanager
async def decoders(at_once: int = 1, *, idle_seconds: float = 60.0) -> AsyncIterator[Decoders]:
    made = Decoders(at_once, idle_seconds=idle_seconds)
    try:
        yield made
    finally:
        await made.aclose()


async def process_of(some: Decoders, folder: Path) -> int:
    """The only process, which has nothing to do."""
    recording = sounds.recording(folder / "some.wav", "alaw.wav")
    await some.take_apart(recording, folder / "some", operator=Channels.NONE)
    (process,) = some.idle_process_ids
    return process


async def until_gone(process: int) -> None:
    async with asyncio.timeout(10.0):
        while is_alive(process):
            await asyncio.sleep(0.01)


@run
async def test_a_decoder_makes_what_the_function_makes(tmp_path: Path) -> None:
    recording = sounds.recording(tmp_path / "a.wav", "alaw.wav", sides=(300.0, 600.0))
    here = take_apart(recording, tmp_path / "here", operator=Channels.RIGHT)

    async with decoders() as some:
        there = await some.take_apart(recording, tmp_path / "there", operator=Channels.RIGHT)

    assert (there.seconds, there.operator) == (here.seconds, here.operator)
    assert there.files == (tmp_path / "there" / "0.wav", tmp_path / "there" / "1.wav")
    assert [file.read_bytes() for file in there.files] == [file.read_bytes() for file in here.files]


@run
async def test_one_process_does_one_thing_after_the_other_and_ends_with_the_server(tmp_path: Path) -> None:
    async with decoders() as some:
        first = await process_of(some, tmp_path)
        second = await process_of(some, tmp_path)
        assert is_alive(first)

    assert first == second != os.getpid()
    assert not is_alive(first)


@run
async def test_there_are_no_more_processes_than_may_work_at_once(tmp_path: Path) -> None:
    recording = sounds.recording(tmp_path / "a.wav", "alaw.wav", seconds=20.0)
    async with decoders(2) as some:
        made = await asyncio.gather(
            *(some.take_apart(recording, tmp_path / str(at), operator=Channels.NONE) for at in range(6))
        )
        processes = some.idle_process_ids

    assert {one.seconds for one in made} == {20.0}
    assert len(processes) == 2


@run
async def test_a_process_that_has_nothing_to_do_ends_after_a_while(tmp_path: Path) -> None:
    async with decoders(idle_seconds=0.05) as some:
        process = await process_of(some, tmp_path)
        await until_gone(process)
        assert some.idle_process_ids == []

        assert await process_of(some, tmp_path) != process


def five_hours(path: Path) -> Path:
    """Of silence that takes no place on the disk."""
    size = 5 * 3600 * 8_000
    content = sounds.recording(path, "alaw.wav").read_bytes()
    data = content.index(b"data") + 8
    path.write_bytes(content[: data - 4] + size.to_bytes(4, "little"))
    os.truncate(path, data + size)
    return path


@run
async def test_what_is_wrong_with_a_recording_is_told_as_the_function_tells_it(tmp_path: Path) -> None:
    (tmp_path / "page").write_text("<html>Not found</html>")
    long = five_hours(tmp_path / "long.wav")

    async with decoders() as some:
        with pytest.raises(NotDecoded, match=r"^a web page$"):
            await some.take_apart(tmp_path / "page", tmp_path / "out", operator=Channels.NONE)
        with pytest.raises(TooLong, match=r" h$"):
            await some.take_apart(long, tmp_path / "out", operator=Channels.NONE)
        with pytest.raises(DecoderFailed, match="FileNotFoundError"):
            await some.take_apart(tmp_path / "nothing", tmp_path / "out", operator=Channels.NONE)

        assert len(some.idle_process_ids) == 1  # and goes on working


@run
async def test_processes_that_were_killed_meanwhile_are_replaced_and_count_for_nothing(tmp_path: Path) -> None:
    recording = sounds.recording(tmp_path / "a.wav", "alaw.wav", seconds=20.0)
    async with decoders(2) as some:

        async def both_at_work() -> list[int]:
            await asyncio.gather(
                *(some.take_apart(recording, tmp_path / str(at), operator=Channels.NONE) for at in range(2))
            )
            return some.idle_process_ids

        processes = await both_at_work()
        for process in processes:
            os.kill(process, signal.SIGKILL)
        for process in processes:
            await until_gone(process)

        assert not set(await both_at_work()) & set(processes)


def breaking(folder: Path) -> Path:
    """A recording upon whose opening the process ends: a pipe through which it is told what kills it."""
    pipe = folder / "pipe"
    os.mkfifo(pipe)
    return pipe


@on_linux
@run
async def test_a_recording_on_which_the_decoder_breaks_down_is_no_recording(tmp_path: Path) -> None:
    """The decoder waits at a pipe, as it would hang in a loop; each time somebody kills it there."""
    pipe = breaking(tmp_path)
    others, killed = set(children()), set[int]()

    async def kill_who_waits() -> None:
        while True:
            for process in children():
                if process not in killed | others:
                    killed.add(process)
                    os.kill(process, signal.SIGKILL)
            await asyncio.sleep(0.01)

    async with decoders() as some:
        killing = asyncio.create_task(kill_who_waits())
        with pytest.raises(NotDecoded, match="breaks down"):
            await some.take_apart(pipe, tmp_path / "out", operator=Channels.NONE)
        killing.cancel()

        assert len(killed) == 2  # it was tried once more
        assert await process_of(some, tmp_path) not in killed


def children() -> list[int]:
    """Our own decoders."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = folder.joinpath("stat").read_text().rpartition(")")[2].split()[1]
            if int(parent) == os.getpid() and b"askare.outside.decoder" in folder.joinpath("cmdline").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


@run
async def test_whoever_waits_no_longer_leaves_no_process_behind(tmp_path: Path) -> None:
    pipe = breaking(tmp_path)
    async with decoders() as some:
        process = await process_of(some, tmp_path)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await some.take_apart(pipe, tmp_path / "out", operator=Channels.NONE)
        assert not is_alive(process)

        assert await process_of(some, tmp_path) != process


@on_linux
@run
async def test_a_decoder_knows_no_secrets_and_has_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASKARE_DATABASE", "postgresql://askare:sesame@localhost/askare")
    monkeypatch.setenv("SESAME", "sesame")
    async with decoders() as some:
        process = await process_of(some, tmp_path)
        environment = Path(f"/proc/{process}/environ").read_bytes()
        (address_space,) = [
            line.split()[3] for line in Path(f"/proc/{process}/limits").read_text().splitlines() if "address" in line
        ]

    assert b"PATH=" in environment
    assert b"sesame" not in environment
    assert int(address_space) == MEMORY_BYTES_MAX
