"""Transcription by a program of this machine."""

from __future__ import annotations

import msgspec
from msgspec import UNSET

from askare.calltasks.model import ErrorCode
from askare.calltasks.outside import Decoded, Hints, Transcript, Trouble
from askare.outside.programs import output_of
from askare.outside.providers import Command, name_of
from askare.outside.speech.turns import Utterance, written_down

SECONDS_MIN = 60.0
SECONDS_A_SECOND = 10.0  # of speech


class CommandTranscriber:
    """Runs the command once a side; `{audio}` and `{language}` in it stand for the WAV file and the language.

    It writes the text to its standard output: one utterance a line, or `{"text", "language", "segments": [{"start",
    "text"}]}`.  It ends with 0; with 75 to say that it is worth trying again.
    """

    def __init__(self, provider: Command) -> None:
        self.name = name_of(provider)
        self.at_once = provider.at_once
        self._provider = provider

    async def transcribe(self, audio: Decoded, hints: Hints) -> Transcript:
        """Raises Trouble."""
        seconds = max(SECONDS_MIN, SECONDS_A_SECOND * audio.seconds)
        if self._provider.timeout_seconds is not UNSET:
            seconds = self._provider.timeout_seconds
        said: list[Utterance] = []
        language: str | None = None
        for place, side in enumerate(audio.sides):
            stand_ins = {"{audio}": str(side), "{language}": hints.languages[0] if hints.languages else "auto"}
            command = [stand_ins.get(word, word) for word in self._provider.command]
            output = await output_of(command, given=b"", seconds=seconds)
            found, spoken = _understood(output, place)
            said += found
            language = language or spoken
        return Transcript(written_down(said, audio.operator_side), language)


class _Segment(msgspec.Struct):
    text: str
    start: float | None = None


class _Said(msgspec.Struct):
    text: str = ""
    language: str | None = None
    segments: list[_Segment] = msgspec.field(default_factory=list)


def _understood(output: bytes, place: int) -> tuple[list[Utterance], str | None]:
    if not output.lstrip().startswith(b"{"):
        text = output.decode("utf-8", "replace")
        return [Utterance(place, None, line.strip()) for line in text.splitlines() if line.strip()], None
    try:
        said = msgspec.json.decode(output, type=_Said)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise Trouble(ErrorCode.PROVIDER_BAD_RESPONSE, f"the program's JSON: {error}") from None
    segments = said.segments or [_Segment(line) for line in said.text.splitlines()]
    return [Utterance(place, one.start, one.text.strip()) for one in segments if one.text.strip()], said.language
