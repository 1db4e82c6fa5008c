"""What an answer with summaries has to look like, and what is made of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from askare.calltasks.model import ErrorCode
from askare.calltasks.outside import Summary, Trouble
from askare.calltasks.summary.turns import Side, labelled_sides

SUMMARY_CHARACTERS_MAX = 2_000
OBJECTS_TRIED_MAX = 100
_THOUGHTS = re.compile(r"<think>.*?</think>", re.DOTALL)  # some models think aloud
SCHEMA = {
    "type": "object",
    "properties": {
        "call_summary": {"type": ["string", "null"]},
        "call_response_summary": {"type": ["string", "null"]},
        "language": {"type": "string"},
    },
    "required": ["call_summary", "call_response_summary", "language"],
    "additionalProperties": False,
}


class _Answer(msgspec.Struct):
    call_summary: str | None
    call_response_summary: str | None = None
    language: str | None = None


def read_summary(text: str, transcript: str) -> Summary:
    """The summary in a text that should be one JSON object, maybe with a fence or words around it.

    Raises Trouble.  A side that does not speak in a labelled transcript gets no summary, whatever the answer says.
    """
    thought_over = _THOUGHTS.sub("", text)
    for found in _objects_in(thought_over):
        try:
            answer = msgspec.convert(found, _Answer)
            break
        except msgspec.ValidationError:
            continue
    else:
        raise Trouble(ErrorCode.PROVIDER_BAD_RESPONSE, "an answer without summaries")
    speaking = labelled_sides(transcript)
    caller, operator = _tidy(answer.call_summary), _tidy(answer.call_response_summary)
    if speaking is not None:
        caller = caller if Side.CALLER in speaking else None
        operator = operator if Side.OPERATOR in speaking else None
    language = (answer.language or "").strip().lower()
    return Summary(caller, operator, language if re.fullmatch(r"[a-z]{2}", language) else None)


def _objects_in(text: str) -> Iterator[Any]:
    """The JSON objects that stand in a text, whatever stands around them."""
    decoder = json.JSONDecoder(strict=False)  # models write line breaks into texts
    at = text.find("{")
    for _ in range(OBJECTS_TRIED_MAX):
        if at < 0:
            return
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            yield value
        at = text.find("{", end)


def _tidy(text: str | None) -> str | None:
    """One paragraph, or None where the model wrote a word for nothing."""
    plain = " ".join((text or "").replace("\0", "").split())
    if plain.lower().strip(".") in ("", "null", "none", "n/a", "-"):
        return None
    if len(plain) > SUMMARY_CHARACTERS_MAX:
        plain = plain[: SUMMARY_CHARACTERS_MAX - 1].rsplit(" ", 1)[0] + "…"
    return plain
