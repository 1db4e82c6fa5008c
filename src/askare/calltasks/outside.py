"""What the pipeline asks of the world outside, and how the world says no.

The rooms never import `outside/`; `worker.py` hands its implementations in.  None of them knows about tasks, languages
of operators or retry times: they say what happened (`Trouble`), and `rules` says what follows from it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from msgspec import Struct

from askare.calltasks.model import ErrorCode


class Trouble(Exception):
    """A stage could not be done.  `code` says what an operator is told and whether it is tried again.

    `detail` is for that message (a limit, a format, a model's name, a provider's own words, shortened) and never
    holds a phone number, a transcript, a key, or the query string of an address.
    """

    def __init__(self, code: ErrorCode, detail: str = "", *, retry_after_seconds: float | None = None) -> None:
        super().__init__(f"{code.value}: {detail}" if detail else code.value)
        self.code = code
        self.detail = detail
        self.retry_after_seconds = retry_after_seconds


class Decoded(Struct, frozen=True):
    """A recording taken apart: one 16 kHz mono 16-bit PCM WAV a side.

    `operator_side` is the place in `sides` of the operator's channel; None when the recording does not keep the two
    apart (one side then).
    """

    sides: tuple[Path, ...]
    seconds: float
    operator_side: int | None = None


class Hints(Struct, frozen=True):
    """What is known before listening or summing up.

    `languages` are ISO 639-1 codes, the likeliest first; empty: anything.  `words` are names and jargon.
    """

    languages: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


class Transcript(Struct, frozen=True):
    """What was said: plain text, one turn a line, with `Operator:`/`Caller:` before each where the sides are known.

    An empty text means that nothing was said.
    """

    text: str
    language: str | None = None


class Summary(Struct, frozen=True):
    """What the caller wanted, and what the answering side said or promised; None where a side did not speak."""

    call_summary: str | None
    call_response_summary: str | None
    language: str | None = None


class Recordings(Protocol):
    """The outbound fetcher and the decoder."""

    async def fetch(self, url: str, into: Path) -> int:
        """Download to the file `into`, whole or not at all, its folder made when missing; return its bytes.

        Raises Trouble (RECORDING_NOT_FOUND, _FORBIDDEN, _UNREACHABLE, _BLOCKED, _TOO_LARGE).
        """

    async def decode(self, recording: Path, into: Path) -> Decoded:
        """Take a recording apart into WAV files in the folder `into` (made when missing; old files replaced).

        Raises Trouble (UNSUPPORTED_AUDIO, RECORDING_TOO_LONG).
        """


class Transcriber(Protocol):
    """One provider of transcription."""

    @property
    def name(self) -> str:
        """Under which the task says where its text comes from (`provider:<name>`) and messages name it."""

    @property
    def at_once(self) -> int:
        """How many recordings it is given at once.  Source: contract 7.3, one where it works on this machine."""

    async def transcribe(self, audio: Decoded, hints: Hints) -> Transcript:
        """Raises Trouble (NO_SPEECH, PROVIDER_…)."""


class Summariser(Protocol):
    """One provider of summaries.  The one that is named `builtin` is always there and needs no network."""

    @property
    def name(self) -> str: ...

    @property
    def at_once(self) -> int: ...

    async def summarise(self, transcript: str, hints: Hints) -> Summary:
        """Raises Trouble (INSUFFICIENT_CONTENT, PROVIDER_…)."""
