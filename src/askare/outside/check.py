"""Trying out the providers: a second of sound for those who transcribe, a few words for those who sum up."""

from __future__ import annotations

import asyncio
import math
import tempfile
import wave
from array import array
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal

from msgspec import Struct

from askare.calltasks.outside import Decoded, Hints, Trouble
from askare.outside.audio import RATE
from askare.outside.closing import close_all
from askare.outside.speech import summarisers_of, transcribers_of
from askare.settings import Settings

TONE_HERTZ = 440.0
SAID_CHARACTERS_MAX = 160
CALL = (
    "Operator: How can I help you?\nCaller: My heating does not work.\nOperator: A technician comes on Monday at ten."
)


class ProviderCheck(Struct, frozen=True):
    """What came of trying out one provider, in words."""

    kind: Literal["transcription", "summary"]
    name: str
    ok: bool
    said: str


async def check_providers(settings: Settings) -> list[ProviderCheck]:
    """Try out all of them, at once, each only once.  Raises BadSettings."""
    with tempfile.TemporaryDirectory(prefix="askare-") as folder:
        sound = Decoded((_second_of_sound(Path(folder)),), 1.0)

        def listening(ask: Callable[[Decoded, Hints], Awaitable[object]]) -> Callable[[], Awaitable[object]]:
            return lambda: ask(sound, Hints())

        def summing_up(ask: Callable[[str, Hints], Awaitable[object]]) -> Callable[[], Awaitable[object]]:
            return lambda: ask(CALL, Hints(("en",)))

        listeners, summarisers = transcribers_of(settings), summarisers_of(settings)
        tries = [_tried("transcription", one.name, listening(one.transcribe)) for one in listeners]
        tries += [_tried("summary", one.name, summing_up(one.summarise)) for one in summarisers]
        try:
            return list(await asyncio.gather(*tries))
        finally:
            await close_all((*listeners, *summarisers))


async def _tried(
    kind: Literal["transcription", "summary"], name: str, ask: Callable[[], Awaitable[object]]
) -> ProviderCheck:
    try:
        answer = await ask()
    except Trouble as trouble:
        return ProviderCheck(kind, name, ok=False, said=f"{trouble.code.value}: {trouble.detail}".rstrip(": "))
    words = getattr(answer, "text", None) if kind == "transcription" else getattr(answer, "call_summary", None)
    said = (
        f"It answers: {words}"
        if words
        else "It answers, and heard no words."
        if kind == "transcription"
        else "It answers."
    )
    return ProviderCheck(kind, name, ok=True, said=said[:SAID_CHARACTERS_MAX])


def _second_of_sound(folder: Path) -> Path:
    path = folder / "test.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        waves = (int(8_000 * math.sin(2 * math.pi * TONE_HERTZ * at / RATE)) for at in range(RATE))
        file.writeframes(array("h", waves).tobytes())
    return path
