"""The way out for calls when they are many: fetching recordings and asking providers in another process.

A few at once the server does itself.  When more are under way it only says what is to be done and keeps what came of
it, so that a second core has something to do and people wait for nobody's answers.  The process is started when it is
first needed, and ends after a quiet minute, or with the server.

Both sides write frames: four bytes of length, then MessagePack.  A question has a number, under which its answer comes.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Generic, TypeAlias, TypeVar

import msgspec
from msgspec import Raw, Struct

from askare.calltasks.model import ErrorCode
from askare.calltasks.outside import (
    Decoded,
    Hints,
    Recordings,
    Summariser,
    Summary,
    Transcriber,
    Transcript,
    Trouble,
)
from askare.loops import run, settle_what_is_loaded
from askare.outside.closing import close_all
from askare.outside.providers import OpenAI, Provider, Vosk, outside_of
from askare.outside.speech import recordings_of, summarisers_of, transcribers_of
from askare.settings import Settings, as_environment, load

HERE_MAX = 4  # things that the server does itself, before it has them done
IDLE_SECONDS = 60.0
FRAME_BYTES_MAX = 64 * 1024 * 1024
GOODBYE_SECONDS = 5.0

Wanted = TypeVar("Wanted")
Here = TypeVar("Here", Transcriber, Summariser)


class Fetch(Struct, tag=True, frozen=True):
    url: str
    into: Path


class Transcribe(Struct, tag=True, frozen=True):
    """`provider` is its place in the settings, as below."""

    provider: int
    audio: Decoded
    hints: Hints


class Summarise(Struct, tag=True, frozen=True):
    provider: int
    transcript: str
    hints: Hints


Task: TypeAlias = Fetch | Transcribe | Summarise


class Question(Struct, frozen=True):
    """None for a task: the one of this number is not wanted any more."""

    number: int
    task: Task | None


class Failure(Struct, frozen=True):
    """A Trouble on its way."""

    code: ErrorCode
    detail: str
    retry_after_seconds: float | None


class Answer(Struct, frozen=True):
    """What came of a task: a result, or a failure, or a fault of ours with its traceback."""

    number: int
    result: Raw = Raw(b"\xc0")
    failure: Failure | None = None
    fault: str = ""


class HandsFailed(Exception):
    """The process ended, or something went wrong in it that nobody had thought of."""


# The server's side -----------------------------------------------------------------------------------------------


def handed(settings: Settings) -> tuple[Recordings, list[Transcriber], list[Summariser]]:
    """Those who fetch, transcribe and sum up, in the order of the settings, who have other processes do it when there
    is much of it.

    What runs on this machine is no work for those: a model is loaded once, a program is a process already, and the
    summariser that is built in is over at once.  Raises BadSettings.
    """
    said, hands = outside_of(settings), Hands(settings)
    transcribers = [
        HandedTranscriber(hands, at, here) if _is_asked_over_a_line(provider) else here
        for at, (provider, here) in enumerate(zip(said.transcription, transcribers_of(settings), strict=True))
    ]
    summarisers = [
        HandedSummariser(hands, at, here) if _is_asked_over_a_line(provider) else here
        for at, (provider, here) in enumerate(zip(said.summary, summarisers_of(settings), strict=True))
    ]
    return HandedRecordings(hands, recordings_of(settings)), transcribers, summarisers


def _is_asked_over_a_line(provider: Provider) -> bool:
    return isinstance(provider, OpenAI | Vosk)


class Hands:
    """The other processes, as the server sees them: up to as many as the settings say; closed with `aclose`."""

    def __init__(self, settings: Settings, *, here_max: int | None = None, idle_seconds: float = IDLE_SECONDS) -> None:
        self._here_max = HERE_MAX if here_max is None else here_max
        self._pairs = [_Pair(settings, idle_seconds) for _ in range(settings.call_processes)]
        self._under_way = 0

    async def do(self, task: Task, wanted: type[Wanted], here: Callable[[], Awaitable[Wanted]]) -> Wanted:
        """Have it done: by `here`, which does the same in this process, while little else is under way, then by those
        who have least to do.  Raises Trouble as whoever does it would, and HandsFailed."""
        self._under_way += 1
        try:
            if self._under_way <= self._here_max:
                return await here()
            return await min(self._pairs, key=lambda one: one.busy).do(task, wanted)
        finally:
            self._under_way -= 1

    @property
    def process_ids(self) -> list[int]:
        """Of those that run."""
        return [one.process_id for one in self._pairs if one.process_id is not None]

    async def aclose(self) -> None:
        """Close the lines, upon which the processes end."""
        await asyncio.gather(*(one.aclose() for one in self._pairs))


class _Pair:
    """One process."""

    def __init__(self, settings: Settings, idle_seconds: float) -> None:
        self._settings = settings
        self._idle_seconds = idle_seconds
        self._dismissal: asyncio.TimerHandle | None = None
        self._questions = 0
        self.busy = 0
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._starting: asyncio.Lock | None = None
        self._line: asyncio.StreamWriter | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._listening: asyncio.Task[None] | None = None

    @property
    def process_id(self) -> int | None:
        return self._process.pid if self._line is not None and self._process is not None else None

    async def do(self, task: Task, wanted: type[Wanted]) -> Wanted:
        self.busy += 1
        if self._dismissal is not None:
            self._dismissal.cancel()
            self._dismissal = None
        try:
            answer = await self._answered(task)
        finally:
            self.busy -= 1
            if not self.busy:
                self._dismissal = asyncio.get_running_loop().call_later(self._idle_seconds, self._dismiss)
        if answer.failure is not None:
            failure = answer.failure
            raise Trouble(failure.code, failure.detail, retry_after_seconds=failure.retry_after_seconds)
        if answer.fault:
            raise HandsFailed(answer.fault)
        return msgspec.msgpack.decode(answer.result, type=wanted, dec_hook=_path)

    async def _answered(self, task: Task) -> Answer:
        line = await self._at_hand()
        self._questions += 1
        number = self._questions
        coming = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            _write(line, Question(number, task))
            answer: Answer = await coming
            return answer
        except asyncio.CancelledError:
            _write(line, Question(number, None))
            raise
        finally:
            self._waiting.pop(number, None)

    def _dismiss(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    async def aclose(self) -> None:
        if self._dismissal is not None:
            self._dismissal.cancel()
        if self._line is not None and self._process is not None:
            self._line.close()
            try:
                async with asyncio.timeout(GOODBYE_SECONDS):
                    await self._process.wait()
            except TimeoutError:
                self._process.kill()
        if self._listening is not None:
            self._listening.cancel()

    async def _at_hand(self) -> asyncio.StreamWriter:
        """The line to the process, which is started when there is none."""
        self._starting = self._starting or asyncio.Lock()
        async with self._starting:
            if self._line is None:
                here, there = socket.socketpair()
                with there:
                    self._process = await asyncio.create_subprocess_exec(
                        *(sys.executable, "-P", "-m", "askare.outside.hands", str(there.fileno())),
                        stdin=asyncio.subprocess.DEVNULL,
                        pass_fds=[there.fileno()],
                        env={**os.environ, **as_environment(self._settings)},
                    )
                reader, self._line = await asyncio.open_connection(sock=here)
                self._listening = asyncio.create_task(self._listen(reader, self._line))
            return self._line

    async def _listen(self, reader: asyncio.StreamReader, line: asyncio.StreamWriter) -> None:
        try:
            while (frame := await _read(reader)) is not None:
                answer = msgspec.msgpack.decode(frame, type=Answer)
                waiting = self._waiting.get(answer.number)
                if waiting is not None and not waiting.done():
                    waiting.set_result(answer)
        finally:
            line.close()
            if self._line is line:  # it ended by itself: whoever comes next starts another
                self._line = None
                for waiting in self._waiting.values():
                    if not waiting.done():
                        waiting.set_exception(HandsFailed("the process for calls ended"))


class HandedRecordings:
    def __init__(self, hands: Hands, here: Recordings) -> None:
        self._hands = hands
        self._here = here

    async def fetch(self, url: str, into: Path) -> int:
        return await self._hands.do(Fetch(url, into), int, lambda: self._here.fetch(url, into))

    async def decode(self, recording: Path, into: Path) -> Decoded:
        return await self._here.decode(recording, into)  # in processes of its own already

    async def aclose(self) -> None:
        await self._hands.aclose()
        await close_all([self._here])


class _Handed(Generic[Here]):
    """A provider that does itself what is `here`, and its place in the settings."""

    def __init__(self, hands: Hands, provider: int, here: Here) -> None:
        self.name = here.name
        self.at_once = here.at_once
        self._hands = hands
        self._provider = provider
        self._here: Here = here

    async def aclose(self) -> None:
        await close_all([self._here])


class HandedTranscriber(_Handed[Transcriber]):
    async def transcribe(self, audio: Decoded, hints: Hints) -> Transcript:
        task = Transcribe(self._provider, audio, hints)
        return await self._hands.do(task, Transcript, lambda: self._here.transcribe(audio, hints))


class HandedSummariser(_Handed[Summariser]):
    async def summarise(self, transcript: str, hints: Hints) -> Summary:
        task = Summarise(self._provider, transcript, hints)
        return await self._hands.do(task, Summary, lambda: self._here.summarise(transcript, hints))


# The process -----------------------------------------------------------------------------------------------------


class Worker:
    """Does what it is asked, as many things at once as it is asked for: the server knows how many are good."""

    def __init__(self, recordings: Recordings, transcribers: list[Transcriber], summarisers: list[Summariser]) -> None:
        self._recordings = recordings
        self._transcribers = transcribers
        self._summarisers = summarisers
        self._under_way: dict[int, asyncio.Task[None]] = {}

    async def answer(self, reader: asyncio.StreamReader, line: asyncio.StreamWriter) -> None:
        """Until the line is closed."""
        while (frame := await _read(reader)) is not None:
            question = msgspec.msgpack.decode(frame, type=Question, dec_hook=_path)
            number = question.number
            if question.task is not None:
                self._under_way[number] = asyncio.create_task(self._answer_one(number, question.task, line))
            elif number in self._under_way:
                self._under_way[number].cancel()

    async def _answer_one(self, number: int, task: Task, line: asyncio.StreamWriter) -> None:
        try:
            result = msgspec.msgpack.encode(await self._done(task), enc_hook=str)
            answer = Answer(number, result=Raw(result))
        except Trouble as trouble:
            answer = Answer(number, failure=Failure(trouble.code, trouble.detail, trouble.retry_after_seconds))
        except Exception as error:
            answer = Answer(number, fault="".join(traceback.format_exception(error)))
        finally:
            del self._under_way[number]
        _write(line, answer)

    async def _done(self, task: Task) -> object:
        match task:
            case Fetch():
                return await self._recordings.fetch(task.url, task.into)
            case Transcribe():
                return await self._transcribers[task.provider].transcribe(task.audio, task.hints)
            case Summarise():
                return await self._summarisers[task.provider].summarise(task.transcript, task.hints)


async def _work(line_number: int) -> None:
    settings = load().settings
    reader, line = await asyncio.open_connection(sock=socket.socket(fileno=line_number))
    worker = Worker(recordings_of(settings), transcribers_of(settings), summarisers_of(settings))
    settle_what_is_loaded()
    with contextlib.suppress(ConnectionError):
        await worker.answer(reader, line)
    os._exit(0)  # whatever is still under way was the server's, and is due again


def main() -> None:
    """Work until the line whose number is the only argument is closed."""
    for name in (signal.SIGINT, signal.SIGTERM):  # meant for the server, which then closes the line
        signal.signal(name, signal.SIG_IGN)
    run(_work(int(sys.argv[1])))


# The line --------------------------------------------------------------------------------------------------------


def _write(line: asyncio.StreamWriter, said: Question | Answer) -> None:
    frame = msgspec.msgpack.encode(said, enc_hook=str)
    line.write(len(frame).to_bytes(4, "big") + frame)


async def _read(reader: asyncio.StreamReader) -> bytes | None:
    """The next frame; None when there is no more."""
    try:
        length = int.from_bytes(await reader.readexactly(4), "big")
        if length > FRAME_BYTES_MAX:
            return None
        return await reader.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


def _path(kind: type, value: Any) -> Any:
    if kind is not Path:
        raise NotImplementedError(f"{kind} does not come over the line")
    return Path(value)


if __name__ == "__main__":
    main()
