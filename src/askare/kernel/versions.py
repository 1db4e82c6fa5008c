"""Versions of things: what a caller hears of one, and what it counts on when replacing or removing it."""

from __future__ import annotations

from uuid import UUID

from msgspec import Struct

from askare.kernel.problems import Conflict


class Saved(Struct, frozen=True):
    """What became of a thing: its id and its present version."""

    thing_id: UUID
    version: int


class Found(Struct, frozen=True):
    """A thing's document and version."""

    document: str
    version: int


class Precondition(Struct, frozen=True):
    """Nothing said is no condition.

    `one_of` are the versions of which the thing must have one, `none_of` those that it must not have; `exists` says
    whether there must be such a thing at all.
    """

    one_of: frozenset[int] | None = None
    none_of: frozenset[int] | None = None
    exists: bool | None = None

    def require(self, version: int | None) -> None:
        """Check the present version, None for a thing that is not there.  Raises Conflict."""
        if version is None:
            if self.one_of is not None or self.exists:
                raise Conflict("There is no such thing any more.")
            return
        if self.exists is False:
            raise Conflict("There is such a thing already.")
        if self.one_of is not None and version not in self.one_of:
            raise Conflict("It was changed since it was read.")
        if self.none_of is not None and version in self.none_of:
            raise Conflict("It still is the version that was not wanted.")


NO_CONDITION = Precondition()


def require_version(version: int, expected: frozenset[int] | None, *, kind: str) -> None:
    """Check that a thing has one of the versions expected (None: any will do).  Raises Conflict."""
    if expected is not None and version not in expected:
        raise Conflict(f"The {kind} was changed since it was read.")
