"""Recordings and who understands them: what the pipeline of call tasks is given of the world outside."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from askare.calltasks.outside import Decoded, Recordings, Summariser, Transcriber
from askare.outside.providers import (
    Builtin,
    Command,
    FasterWhisper,
    OpenAI,
    Outside,
    SummaryProvider,
    TranscriptionProvider,
    Vosk,
    name_of,
    outside_of,
)
from askare.outside.speech.faster_whisper import FasterWhisperTranscriber, is_installed
from askare.outside.summary.builtin import BuiltinSummariser
from askare.settings import BadSettings, Settings

if TYPE_CHECKING:
    from askare.outside.recordings import FetchedRecordings


def is_configured(settings: Settings) -> bool:
    """Whether anybody is there to transcribe.  Raises BadSettings for whatever is wrong with the outside."""
    return bool(outside_of(settings).transcription)


def recordings_of(settings: Settings) -> Recordings:
    """The fetcher and decoder; one for as long as the server runs.  Raises BadSettings."""
    return _LateRecordings(outside_of(settings))


class _LateRecordings:
    """Made with the first recording: it brings an HTTP client along, and a server is to be ready at once."""

    def __init__(self, said: Outside) -> None:
        self._said = said
        self._made: FetchedRecordings | None = None

    async def fetch(self, url: str, into: Path) -> int:
        return await self._recordings().fetch(url, into)

    async def decode(self, recording: Path, into: Path) -> Decoded:
        return await self._recordings().decode(recording, into)

    async def aclose(self) -> None:
        if self._made is not None:
            await self._made.aclose()

    def _recordings(self) -> FetchedRecordings:
        if self._made is None:
            from askare.outside.recordings import FetchedRecordings

            said = self._said
            self._made = FetchedRecordings(said.allow, operator=said.operator, credentials=said.credentials)
        return self._made


def transcribers_of(settings: Settings) -> list[Transcriber]:
    """Who transcribes, in the order of asking.  Raises BadSettings."""
    said = outside_of(settings)
    if any(isinstance(one, FasterWhisper) for one in said.transcription) and not is_installed():
        raise BadSettings(["transcription_providers: faster_whisper needs its package: pip install 'askare[whisper]'"])
    return [_transcriber(one, said) for one in said.transcription]


def summarisers_of(settings: Settings) -> list[Summariser]:
    """Who sums up, in the order of asking; what is built in alone where nobody is named.  Raises BadSettings."""
    said = outside_of(settings)
    return [_summariser(one, said) for one in said.summary]


def _transcriber(provider: TranscriptionProvider, said: Outside) -> Transcriber:
    match provider:
        case OpenAI():
            from askare.outside.speech.openai import OpenAITranscriber

            return OpenAITranscriber(provider, said.allow)
        case Vosk():
            from askare.outside.speech.vosk import VoskTranscriber  # with 16 MB of web sockets

            return VoskTranscriber(provider, said.allow)
        case FasterWhisper():
            return FasterWhisperTranscriber(provider)
        case Command():
            from askare.outside.speech.command import CommandTranscriber

            return CommandTranscriber(provider)


def _summariser(provider: SummaryProvider, said: Outside) -> Summariser:
    match provider:
        case OpenAI():
            from askare.outside.summary.openai import OpenAISummariser

            return OpenAISummariser(provider, said.allow, redacted=said.redact, region=said.phone_region)
        case Command():
            from askare.outside.summary.command import CommandSummariser

            return CommandSummariser(provider, redacted=said.redact, region=said.phone_region)
        case Builtin():
            return BuiltinSummariser(name_of(provider))
