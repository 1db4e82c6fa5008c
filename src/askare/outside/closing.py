"""Connections that are kept for the next question, closed when there is none any more."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, runtime_checkable


@runtime_checkable
class Closes(Protocol):
    """Something that holds connections until it is closed."""

    async def aclose(self) -> None: ...


async def close_all(ones: Iterable[object]) -> None:
    """Close those of them that hold connections."""
    for one in ones:
        if isinstance(one, Closes):
            await one.aclose()
