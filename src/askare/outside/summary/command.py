"""Summaries by a program of this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from msgspec import UNSET

from askare.calltasks.outside import Hints, Summary
from askare.calltasks.redaction import Private, redact
from askare.outside.programs import output_of
from askare.outside.providers import Command, name_of
from askare.outside.summary.answers import read_summary

SECONDS = 300.0


class CommandSummariser:
    """Gives the transcript on standard input; the program writes `{"call_summary", "call_response_summary",
    "language"}`, ends with 0, or with 75 to say that it is worth trying again."""

    def __init__(self, provider: Command, *, redacted: Collection[Private] = (), region: str = "") -> None:
        self.name = name_of(provider)
        self.at_once = provider.at_once
        self._provider = provider
        self._redacted = redacted
        self._region = region

    async def summarise(self, transcript: str, hints: Hints) -> Summary:
        """Raises Trouble."""
        text = await asyncio.to_thread(redact, transcript, self._redacted, region=self._region)
        language = hints.languages[0] if hints.languages else "auto"
        command = [language if word == "{language}" else word for word in self._provider.command]
        seconds = SECONDS if self._provider.timeout_seconds is UNSET else self._provider.timeout_seconds
        output = await output_of(command, given=text.encode(), seconds=seconds)
        return read_summary(output.decode("utf-8", "replace"), text)
