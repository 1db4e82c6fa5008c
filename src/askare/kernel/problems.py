"""Everything that can go wrong for a caller, in the trade's words.

A rule or an operation raises one of these; each dialect owns one table that turns them into its answers
(`wire/<dialect>/problems.py`), and a test walks every problem through every table.  Nothing here knows HTTP.
"""

from __future__ import annotations

from enum import Enum
from typing import Self

from msgspec import Struct


class Wrong(Enum):
    """What is wrong with one value."""

    MISSING = "missing"
    TYPE = "type"  # not of the kind asked for, or outside its list, range or pattern
    UNKNOWN_ID = "unknown id"  # well formed, but names nothing that the caller can see
    STATE = "state"  # well formed, but the thing's state forbids it
    REUSED = "reused"  # an idempotency key that came with another request before


class Fault(Struct, frozen=True):
    """One fault and its place: `parties[0].partyId`, `sort`, `Request-ID`."""

    target: str
    wrong: Wrong
    message: str


class Problem(Exception):
    """A request that cannot be done, and why.  The base of all below."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Invalid(Problem):
    """The request cannot be understood: every fault found, parameters first, then the body."""

    def __init__(self, *, parameters: list[Fault] | None = None, body: list[Fault] | None = None) -> None:
        self.parameters = parameters or []
        self.body = body or []
        faults = self.parameters + self.body
        super().__init__("; ".join(f"{fault.target}: {fault.message}" for fault in faults))

    @classmethod
    def in_body(cls, target: str, wrong: Wrong, message: str) -> Self:
        return cls(body=[Fault(target, wrong, message)])

    @classmethod
    def in_parameters(cls, target: str, wrong: Wrong, message: str) -> Self:
        return cls(parameters=[Fault(target, wrong, message)])


class NotFound(Problem):
    """No such thing, or one that the caller may not know of: the two look the same."""

    def __init__(self, kind: str, target: str) -> None:
        super().__init__(f"No {kind} has this id.")
        self.kind = kind
        self.target = target


class Gone(Problem):
    """The thing existed and was deleted; its tombstone is still kept."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"This {kind} was deleted.")
        self.kind = kind


class Refused(Problem):
    """Well formed, but the state of the thing forbids it."""

    def __init__(self, reason: str, faults: list[Fault] | None = None) -> None:
        super().__init__(reason)
        self.faults = faults or []


class LimitReached(Problem):
    """One more would be too many: `target` names what is full."""

    def __init__(self, reason: str, target: str, message: str) -> None:
        super().__init__(reason)
        self.target = target
        self.message = message


class Conflict(Problem):
    """The thing was changed meanwhile: the version that the caller counted on is not the present one."""


class Unauthenticated(Problem):
    """Nobody, or nobody we can believe, is calling."""


class Forbidden(Problem):
    """We know who is calling, and the role does not allow this at all."""


class Throttled(Problem):
    """The caller may go on, but later."""

    def __init__(self, reason: str, *, retry_after_seconds: int) -> None:
        super().__init__(reason)
        self.retry_after_seconds = retry_after_seconds


class Unavailable(Problem):
    """Not now: the server is full, stopping, or lacks its database."""

    def __init__(self, reason: str, *, retry_after_seconds: int = 1) -> None:
        super().__init__(reason)
        self.retry_after_seconds = retry_after_seconds
