"""Transcription by whatever speaks OpenAI's `/audio/transcriptions`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

from msgspec import UNSET

from askare.calltasks.model import ErrorCode
from askare.calltasks.outside import Decoded, Hints, Transcript, Trouble
from askare.outside.addresses import AllowList
from askare.outside.audio import HEAD_OF_WAV, Cut, cuts, piece_of
from askare.outside.openai import Line, Refused, json_of, refusal
from askare.outside.providers import OpenAI, name_of
from askare.outside.speech.turns import Utterance, written_down

UPLOAD_BYTES_MAX = 25 * 1024 * 1024 - 64 * 1024  # OpenAI refuses above 26,214,400 bytes, the form included
UPLOAD_BYTES_MIN = 256 * 1024  # eight seconds; a proxy that takes less than that is set up wrongly
READ_SECONDS_MIN = 60.0
HOSTED_SECONDS_A_SECOND = 1.5
NEAR_SECONDS_A_SECOND = 10.0  # without a graphics card
NO_SPEECH_SURE = 0.8  # a segment that its model itself takes for silence is dropped
UNLIKELY = -1.0
PROMPT_CHARACTERS_MAX = 800
_STEPS = {"verbose_json": "json", "json": "text"}


class OpenAITranscriber:
    """One provider."""

    def __init__(self, provider: OpenAI, allow: AllowList) -> None:
        self.name = name_of(provider)
        self.at_once = provider.at_once
        self._provider = provider
        self._line = Line(provider, allow)
        wanted = provider.response_format
        self._format = (
            wanted if wanted is not UNSET else "verbose_json" if "whisper" in provider.model.lower() else "json"
        )
        self._piece_bytes_max = UPLOAD_BYTES_MAX
        self._cuts_itself = False  # told to cut the sound up, as models that tell speakers apart want to be

    async def aclose(self) -> None:
        await self._line.aclose()

    async def transcribe(self, audio: Decoded, hints: Hints) -> Transcript:
        """Raises Trouble."""
        said: list[Utterance] = []
        language: str | None = None
        for place, side in enumerate(audio.sides):
            waiting = await self._cuts(side, start=0)
            while waiting:
                cut = waiting.pop(0)
                try:
                    found, spoken = await self._piece(side, cut, hints)
                except Refused as refused:
                    if refused.status != HTTPStatus.REQUEST_ENTITY_TOO_LARGE or not self._takes_less_than(cut):
                        raise
                    waiting = await self._cuts(side, start=cut.start)
                    continue
                said += [
                    Utterance(place, None if one.start is None else one.start + cut.start_seconds, one.text)
                    for one in found
                ]
                language = language or spoken
        return Transcript(written_down(said, audio.operator_side), language)

    async def _cuts(self, side: Path, *, start: int) -> list[Cut]:
        if side.stat().st_size <= self._piece_bytes_max:  # looking for pauses takes a while; not looking does not
            return cuts(side, bytes_max=self._piece_bytes_max, start=start)
        return await asyncio.to_thread(cuts, side, bytes_max=self._piece_bytes_max, start=start)

    def _takes_less_than(self, cut: Cut) -> bool:
        """Whether pieces of half the size are worth trying; remembered for the next time."""
        half = (HEAD_OF_WAV + 2 * cut.samples) // 2
        if half < UPLOAD_BYTES_MIN:
            return False
        self._piece_bytes_max = min(self._piece_bytes_max, half)
        return True

    async def _piece(self, side: Path, cut: Cut, hints: Hints) -> tuple[list[Utterance], str | None]:
        near = self._line.is_near
        seconds = max(READ_SECONDS_MIN, (NEAR_SECONDS_A_SECOND if near else HOSTED_SECONDS_A_SECOND) * cut.seconds)
        if self._provider.timeout_seconds is not UNSET:
            seconds = self._provider.timeout_seconds
        while True:
            body, headers = _form(self._fields(hints), side, cut)
            answer = await self._line.post("/audio/transcriptions", body, headers, seconds=seconds)
            if answer.status == 200:
                break
            refused = refusal(answer, self._provider.model)
            if not self._steps_down(refused):
                raise refused
        if self._format == "text":
            return _lines(answer.body.decode("utf-8", "replace")), None
        return _understood(json_of(answer))

    def _fields(self, hints: Hints) -> dict[str, str]:
        fields = {"model": self._provider.model, "response_format": self._format}
        if len(hints.languages) == 1:  # of several, only the listener can tell
            fields["language"] = hints.languages[0]
        if self._cuts_itself:
            fields["chunking_strategy"] = "auto"
        if hints.words:
            fields["prompt"] = ", ".join(hints.words)[:PROMPT_CHARACTERS_MAX]
        return fields

    def _steps_down(self, refused: Refused) -> bool:
        """Whether another question is worth asking; remembered for the next time."""
        about = f"{refused.parameter} {refused.detail}"
        if refused.code is not ErrorCode.PROVIDER_REJECTED:
            return False
        if "chunking_strategy" in about and not self._cuts_itself:
            self._cuts_itself = True
            return True
        if "response_format" not in about or self._format not in _STEPS:
            return False
        self._format = _STEPS[self._format]
        return True


def _form(fields: dict[str, str], side: Path, cut: Cut) -> tuple[AsyncIterator[bytes], dict[str, str]]:
    """A form with the sound as a file that has a name, which some servers go by.  The sound is read as it is sent."""
    boundary = f"askare{os.urandom(12).hex()}"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    parts.append(
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="call.wav"\r\n'
        "Content-Type: audio/wav\r\n\r\n"
    )
    head, tail = "".join(parts).encode(), f"\r\n--{boundary}--\r\n".encode()

    async def body() -> AsyncIterator[bytes]:
        pieces = piece_of(side, cut)
        yield head + next(pieces)
        for piece in pieces:
            yield piece
        yield tail

    return body(), {
        "content-type": f"multipart/form-data; boundary={boundary}",
        "content-length": str(len(head) + HEAD_OF_WAV + 2 * cut.samples + len(tail)),
        "accept": "application/json, text/plain",
    }


def _understood(value: Any) -> tuple[list[Utterance], str | None]:
    """What was said, and in which language: only `text` can be relied upon."""
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        raise Trouble(ErrorCode.PROVIDER_BAD_RESPONSE, "an answer without text")
    language = value.get("language")
    language = language.lower()[:20] if isinstance(language, str) and language else None
    segments = value.get("segments")
    if not isinstance(segments, list) or not all(isinstance(one, dict) for one in segments) or not segments:
        return _lines(value["text"]), _code_of(language)
    said = []
    for one in segments:
        start, text = one.get("start"), one.get("text")
        if _is_silence(one) or not isinstance(text, str) or not text.strip():
            continue
        said.append(Utterance(0, float(start) if isinstance(start, int | float) else None, text.strip()))
    return said, _code_of(language)


def _is_silence(segment: dict[str, Any]) -> bool:
    none, likely = segment.get("no_speech_prob"), segment.get("avg_logprob")
    return isinstance(none, float) and none > NO_SPEECH_SURE and isinstance(likely, float) and likely < UNLIKELY


def _lines(text: str) -> list[Utterance]:
    return [Utterance(0, None, line.strip()) for line in text.splitlines() if line.strip()]


_NAMES = {"russian": "ru", "kazakh": "kk", "finnish": "fi", "swedish": "sv", "english": "en"}


def _code_of(language: str | None) -> str | None:
    """Whisper names languages in English; others give codes."""
    if language is None:
        return None
    return _NAMES.get(language, language if len(language) == 2 else None)
