"""Recordings are taken apart in processes of their own.

A decoder reads what strangers made.  There, one that a recording crashes, or that never comes to an end, takes no
request with it; it knows none of the server's secrets; and it works beside the server, on another core, instead of in
its way.  The processes are started with the first recordings and end when none has come for a while.
"""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress
from pathlib import Path

import msgspec

from askare.outside.audio import Channels, NotDecoded, Sides, TooLong
from askare.outside.decoder import Answer, Asked, Outcome
from askare.outside.programs import bare_environment

AT_ONCE_MAX = 2  # an hour of sound takes a second: more would only want more memory
IDLE_SECONDS = 60.0
GOODBYE_SECONDS = 5.0
TRIES = 2  # a process may have been killed for another's sake, by a system that is short of memory
# Where Python finds us; whatever else a program of ours may know is in `programs.py`.
PYTHON_ENVIRONMENT = ("PYTHONHOME", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX")

# Memory is used again for the next piece and recording, not given back after each: that takes as long as decoding.
KEEPS_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "16777216", "MALLOC_TRIM_THRESHOLD_": "33554432"}  # read by glibc alone


class DecoderFailed(Exception):
    """Something went wrong that has nothing to do with the recording; the text says where."""


class Decoders:
    """The processes, as many as there are recordings at once, up to `at_once`; closed with `aclose`."""

    def __init__(
        self, at_once: int = min(AT_ONCE_MAX, os.cpu_count() or 1), *, idle_seconds: float = IDLE_SECONDS
    ) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._idle_seconds = idle_seconds
        self._idle: dict[_Decoder, asyncio.TimerHandle] = {}

    async def take_apart(self, recording: Path, into: Path, *, operator: Channels) -> Sides:
        """As `audio.take_apart` does it.  Raises what that raises, and DecoderFailed.

        Cancelled, it ends the process that is at it.
        """
        asked = Asked(str(recording.absolute()), str(into.absolute()), operator)
        async with self._places:
            answer = await self._answer(asked)
        if answer.outcome is Outcome.MADE:
            return Sides(tuple(into / name for name in answer.files), answer.seconds, answer.operator)
        refusal = {Outcome.TOO_LONG: TooLong, Outcome.NOT_DECODED: NotDecoded, Outcome.FAULT: DecoderFailed}
        raise refusal[answer.outcome](answer.text)

    async def aclose(self) -> None:
        """Have those end that have nothing to do."""
        await asyncio.gather(*(self._take().end() for _ in range(len(self._idle))))

    @property
    def idle_process_ids(self) -> list[int]:
        """Of those that have nothing to do."""
        return [decoder.process.pid for decoder in self._idle]

    async def _answer(self, asked: Asked) -> Answer:
        for _ in range(TRIES):
            decoder = self._living() or await _Decoder.started()
            try:
                answer = await decoder.answer(asked)
            except BaseException:
                await decoder.kill()
                raise
            if answer is not None:
                self._put_back(decoder)
                return answer
            await decoder.kill()
        return Answer(Outcome.NOT_DECODED, "a file on which the decoder breaks down")

    def _living(self) -> _Decoder | None:
        """One that has nothing to do; who was killed meanwhile is forgotten."""
        while self._idle:
            decoder = self._take()
            if decoder.process.returncode is None:
                return decoder
        return None

    def _take(self) -> _Decoder:
        """The one that worked last: it is the others that may end."""
        decoder, dismissal = self._idle.popitem()
        dismissal.cancel()
        return decoder

    def _put_back(self, decoder: _Decoder) -> None:
        self._idle[decoder] = asyncio.get_running_loop().call_later(self._idle_seconds, self._dismiss, decoder)

    def _dismiss(self, decoder: _Decoder) -> None:
        del self._idle[decoder]
        decoder.close()


class _Decoder:
    """One process, which does one thing at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None  # noqa: S101  -- asked for below
        assert process.stdout is not None  # noqa: S101
        self.process = process
        self._questions, self._answers = process.stdin, process.stdout

    @classmethod
    async def started(cls) -> _Decoder:
        # -P: what lies about in the current folder is not loaded.  A session of its own: Ctrl-C means the server.
        return cls(
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "askare.outside.decoder"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env=bare_environment(*PYTHON_ENVIRONMENT) | KEEPS_MEMORY,
                start_new_session=True,
            )
        )

    async def answer(self, asked: Asked) -> Answer | None:
        """None: the process has ended over it."""
        with suppress(ConnectionError):
            self._questions.write(msgspec.json.encode(asked) + b"\n")
            line = await self._answers.readline()
            if line.endswith(b"\n"):
                return msgspec.json.decode(line, type=Answer)
        return None

    def close(self) -> None:
        """It ends by itself when there are no more questions."""
        self._questions.close()

    async def end(self) -> None:
        self.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_SECONDS):
                await self._gone()
                return
        await self.kill()

    async def kill(self) -> None:
        with suppress(ProcessLookupError):
            self.process.kill()
        await self._gone()

    async def _gone(self) -> None:
        while await self._answers.read(65_536):
            pass  # what nobody waits for any more
        await self.process.wait()
