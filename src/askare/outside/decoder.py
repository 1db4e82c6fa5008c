"""The process in which recordings are taken apart: `python -m askare.outside.decoder`, started by `decoders.py`.

It answers lines of JSON with lines of JSON, one after the other, and ends when nobody is there to ask any more.
"""

from __future__ import annotations

import sys
import traceback
from enum import Enum
from pathlib import Path

import msgspec
from msgspec import Struct

from askare.outside.audio import Channels, NotDecoded, TooLong, take_apart

# Far above what any recording needs, streamed as they are; what takes more is made to.
MEMORY_BYTES_MAX = 1024 * 1024 * 1024
FAULT_LETTERS_MAX = 8_000


class Asked(Struct, frozen=True):
    """Which recording, into which folder, and on which channel the operator speaks."""

    recording: str
    into: str
    operator: Channels


class Outcome(Enum):
    MADE = "made"
    NOT_DECODED = "not decoded"
    TOO_LONG = "too long"
    FAULT = "fault"  # ours, or the machine's


class Answer(Struct, frozen=True):
    """The names of the files made, the length, and the place of the operator's file; or why there are none."""

    outcome: Outcome
    text: str = ""
    files: tuple[str, ...] = ()
    seconds: float = 0.0
    operator: int | None = None


def answer(asked: Asked) -> Answer:
    """Take a recording apart."""
    try:
        sides = take_apart(Path(asked.recording), Path(asked.into), operator=asked.operator)
    except TooLong as problem:
        return Answer(Outcome.TOO_LONG, str(problem))
    except NotDecoded as problem:
        return Answer(Outcome.NOT_DECODED, str(problem))
    except Exception:
        return Answer(Outcome.FAULT, traceback.format_exc()[-FAULT_LETTERS_MAX:])
    return Answer(Outcome.MADE, files=tuple(file.name for file in sides.files), seconds=sides.seconds,
                  operator=sides.operator)  # fmt: skip


def main() -> None:
    """Answer until there are no more questions."""
    _bound_memory()
    for line in sys.stdin.buffer:
        made = answer(msgspec.json.decode(line, type=Asked))
        sys.stdout.buffer.write(msgspec.json.encode(made) + b"\n")
        sys.stdout.buffer.flush()


def _bound_memory() -> None:
    if sys.platform == "linux":  # elsewhere addresses are given out by the dozen gigabytes, or the bound is not kept
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))


if __name__ == "__main__":
    main()
