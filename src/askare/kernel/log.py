"""The log: what happened besides requests, one JSON object a line on standard error, or words for people.

Of our own, though there are good libraries for it: the one we had loads coloured tracebacks and highlighters with it,
a tenth of every start, for a handful of lines (decision 23).
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from askare.kernel.time import written

LEVELS = ("debug", "info", "warning", "error")


class Log:
    """Says what happened: an event in words that stay the same, so that one can look for them, and particulars."""

    def __init__(self) -> None:
        self.configure()

    def configure(
        self, *, least: str = "info", form: str = "console", output: Callable[[str], object] | None = None
    ) -> None:
        """From now on say what is at least of this level; `form` is json or console."""
        self._least = LEVELS.index(least)
        self._line = json_line if form == "json" else console_line
        self._output = output or _to_stderr

    def info(self, event: str, **particulars: object) -> None:
        self._say("info", event, None, particulars)

    def warning(self, event: str, *, exc_info: BaseException | None = None, **particulars: object) -> None:
        self._say("warning", event, exc_info, particulars)

    def error(self, event: str, *, exc_info: BaseException | None = None, **particulars: object) -> None:
        self._say("error", event, exc_info, particulars)

    def _say(self, level: str, event: str, error: BaseException | None, particulars: dict[str, object]) -> None:
        if LEVELS.index(level) < self._least:
            return
        said: dict[str, Any] = {"at": written(datetime.now(UTC)), "level": level, "event": event, **particulars}
        if error is not None:
            said["exception"] = "".join(traceback.format_exception(error)).rstrip()
        self._output(self._line(said))


def json_line(said: dict[str, Any]) -> str:
    """For machines."""
    return json.dumps(said, ensure_ascii=False, default=str)


def console_line(said: dict[str, Any]) -> str:
    """For people: the particulars behind the event, and a traceback on lines of its own."""
    known = ("at", "level", "event", "exception")
    particulars = "".join(f"  {name}={value}" for name, value in said.items() if name not in known)
    traced = f"\n{said['exception']}" if "exception" in said else ""
    return f"{said['at']}  {said['level']:<7}  {said['event']}{particulars}{traced}"


def _to_stderr(line: str) -> None:
    sys.stderr.write(line + "\n")  # in one piece: several threads have something to say


LOG = Log()
