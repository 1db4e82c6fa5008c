"""Transcription by a model folder on this machine, through the package faster-whisper (the extra `whisper`)."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import threading
from pathlib import Path
from typing import Any

from askare.calltasks.model import ErrorCode
from askare.calltasks.outside import Decoded, Hints, Transcript, Trouble
from askare.outside.providers import FasterWhisper, name_of
from askare.outside.speech.turns import Utterance, written_down

PACKAGE = "faster_whisper"


def is_installed() -> bool:
    return importlib.util.find_spec(PACKAGE) is not None


class FasterWhisperTranscriber:
    """Loads the model when it is first needed."""

    def __init__(self, provider: FasterWhisper) -> None:
        self.name = name_of(provider)
        self.at_once = provider.at_once
        self._provider = provider
        self._model: Any = None
        self._loading = threading.Lock()

    async def transcribe(self, audio: Decoded, hints: Hints) -> Transcript:
        """Raises Trouble."""
        try:
            # In a thread: the package releases the interpreter while it listens.
            return await asyncio.to_thread(self._transcribed, audio, hints)
        except (RuntimeError, OSError, ValueError) as error:
            raise Trouble(ErrorCode.PROVIDER_REJECTED, f"{self.name}: {type(error).__name__}") from error

    def _transcribed(self, audio: Decoded, hints: Hints) -> Transcript:
        with self._loading:
            if self._model is None:
                # The folder was checked at the start; a name would be looked for in the net.
                self._model = importlib.import_module(PACKAGE).WhisperModel(
                    str(Path(self._provider.folder).absolute()),
                    device=self._provider.device,
                    compute_type=self._provider.compute_type,
                    local_files_only=True,
                )
        said: list[Utterance] = []
        language: str | None = None
        for place, side in enumerate(audio.sides):
            segments, info = self._model.transcribe(
                str(side),
                language=hints.languages[0] if len(hints.languages) == 1 else None,
                initial_prompt=", ".join(hints.words) or None,
                vad_filter=True,
            )
            said += [Utterance(place, float(one.start), one.text.strip()) for one in segments if one.text.strip()]
            language = language or info.language
        return Transcript(written_down(said, audio.operator_side), language)
