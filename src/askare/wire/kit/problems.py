"""What can go wrong before an operation is reached: the transport's own problems.

They stand beside those of `kernel/problems.py` in each dialect's table.
"""

from __future__ import annotations

from askare.kernel.problems import Problem


class MalformedJson(Problem):
    """The body is not JSON: where, counted from 1, and why."""

    def __init__(self, reason: str, *, line: int, column: int) -> None:
        super().__init__(f"The body is not valid JSON: {reason} at line {line}, column {column}.")
        self.line = line
        self.column = column


class UnsupportedMediaType(Problem):
    """The body is of a kind that this endpoint does not read."""


class PayloadTooLarge(Problem):
    """The body is longer than is read here."""


class TooSlow(Problem):
    """The body did not arrive in time."""


class CutShort(Problem):
    """The body broke off: the client went away, or what it sent is no HTTP."""


class UnknownPath(Problem):
    """Nothing lives at this address."""


class MethodNotAllowed(Problem):
    """Something lives here, but it does not answer this method; `allowed` lists those that it does."""

    def __init__(self, method: str, allowed: tuple[str, ...]) -> None:
        super().__init__(f"{method} is not possible here; {', '.join(allowed)} {'is' if len(allowed) == 1 else 'are'}.")
        self.allowed = allowed


class UnknownApiKey(Problem):
    """The key of the calling application is missing or unknown."""


class Broken(Problem):
    """Our own fault.  The reason is for the log; the caller hears only that it happened."""
