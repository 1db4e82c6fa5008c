"""Writing down what was heard: one turn a line, and who said it where the channels tell."""

from __future__ import annotations

from itertools import groupby

from msgspec import Struct

OPERATOR, CALLER = "Operator", "Caller"


class Utterance(Struct, frozen=True):
    """Something said: on which side's channel, when (seconds from the start; None where nobody says), and what."""

    side: int
    start: float | None
    text: str


def written_down(said: list[Utterance], operator_side: int | None) -> str:
    """The transcript.  Where moments are known, the sides take turns; else each side's words stand together."""
    if operator_side is None:
        return "\n".join(one.text for one in said)
    if all(one.start is not None for one in said):
        said = sorted(said, key=lambda one: (one.start or 0.0, one.side))
    turns = [(side, " ".join(one.text for one in group)) for side, group in groupby(said, key=lambda one: one.side)]
    return "\n".join(f"{OPERATOR if side == operator_side else CALLER}: {text}" for side, text in turns)
