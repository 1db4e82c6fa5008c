"""What an answer with summaries has to look like, and what is made of it."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from askare.calltasks.model import ErrorCode
from askare.calltasks.outside import Summary, Trouble
from askare.calltasks.summary.turns import Side, labelled_sides

SUMMARY_CHARACTERS_MAX = 2_000
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
    try:
        answer = msgspec.convert(_first_object(text), _Answer)
    except (msgspec.ValidationError, msgspec.DecodeError):
        raise Trouble(ErrorCode.PROVIDER_BAD_RESPONSE, "an answer without summaries") from None
    speaking = labelled_sides(transcript)
    caller, operator = _tidy(answer.call_summary), _tidy(answer.call_response_summary)
    if speaking is not None:
        caller = caller if Side.CALLER in speaking else None
        operator = operator if Side.OPERATOR in speaking else None
    language = (answer.language or "").strip().lower()
    return Summary(caller, operator, language if re.fullmatch(r"[a-z]{2}", language) else None)


def _first_object(text: str) -> Any:
    start = text.find("{")
    while start >= 0:
        # A brace inside a text may stand before the end, so each possible end is tried, the farthest first.
        for end in sorted((found.end() for found in re.finditer(r"\}", text[start:])), reverse=True)[:50]:
            try:
                return msgspec.json.decode(text[start : start + end])
            except msgspec.DecodeError:
                continue
        start = text.find("{", start + 1)
    raise msgspec.DecodeError("no object")


def _tidy(text: str | None) -> str | None:
    """One paragraph, or None where the model wrote a word for nothing."""
    plain = " ".join((text or "").replace("\0", "").split())
    if plain.lower().strip(".") in ("", "null", "none", "n/a", "-"):
        return None
    if len(plain) > SUMMARY_CHARACTERS_MAX:
        plain = plain[: SUMMARY_CHARACTERS_MAX - 1].rsplit(" ", 1)[0] + "…"
    return plain
