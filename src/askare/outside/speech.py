"""Recordings and who understands them: what the pipeline of call tasks is given of the world outside."""

from __future__ import annotations

import asyncio
from pathlib import Path

from askare.calltasks.model import ErrorCode
from askare.calltasks.outside import Decoded, Hints, Recordings, Summariser, Summary, Transcriber, Trouble
from askare.calltasks.summary.extract import summarise
from askare.outside.fetch import Bounds, Fetcher, NotFetched, Why
from askare.settings import Settings

BOUNDS = Bounds(bytes_max=200 * 1024 * 1024, total_seconds=600.0, redirects_max=3)

_REFUSALS = {
    Why.BAD_ADDRESS: ErrorCode.RECORDING_BLOCKED,
    Why.BLOCKED: ErrorCode.RECORDING_BLOCKED,
    Why.TOO_LARGE: ErrorCode.RECORDING_TOO_LARGE,
}


class _Recordings:
    """Fetches through the one fetcher."""

    def __init__(self) -> None:
        self._fetcher: Fetcher | None = None

    async def fetch(self, url: str, into: Path) -> int:
        if self._fetcher is None:
            self._fetcher = Fetcher()
        try:
            answer = await self._fetcher.download(url, into, bounds=BOUNDS)
        except NotFetched as problem:
            raise Trouble(_REFUSALS.get(problem.why, ErrorCode.RECORDING_UNREACHABLE), problem.text) from None
        if answer.status == 200:
            return answer.size
        if answer.status in (404, 410):
            raise Trouble(ErrorCode.RECORDING_NOT_FOUND)
        if answer.status in (401, 403):
            raise Trouble(ErrorCode.RECORDING_FORBIDDEN)
        raise Trouble(ErrorCode.RECORDING_UNREACHABLE, f"{answer.host} answers {answer.status}")

    async def decode(self, recording: Path, into: Path) -> Decoded:
        raise Trouble(ErrorCode.UNSUPPORTED_AUDIO, f"{recording.name} for {into.name}")


class _Builtin:
    """Sums up without anybody's help."""

    name = "builtin"

    async def summarise(self, transcript: str, hints: Hints) -> Summary:
        found = await asyncio.to_thread(summarise, transcript, hints.languages)
        return Summary(found.caller, found.operator, found.language)


def is_configured(settings: Settings) -> bool:
    """Whether anybody is there to transcribe."""
    return bool(transcribers_of(settings))


def recordings_of(settings: Settings) -> Recordings:  # noqa: ARG001
    return _Recordings()


def transcribers_of(settings: Settings) -> list[Transcriber]:  # noqa: ARG001
    return []


def summarisers_of(settings: Settings) -> list[Summariser]:  # noqa: ARG001
    return [_Builtin()]
