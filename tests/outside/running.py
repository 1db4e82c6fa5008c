"""Coroutines as tests, without a plugin, and the processes that they start."""

from __future__ import annotations

import asyncio
import functools
import os
from collections.abc import Awaitable, Callable
from typing import ParamSpec

P = ParamSpec("P")
SECONDS_MAX = 30.0  # past this a test hangs


def run(test: Callable[P, Awaitable[None]]) -> Callable[P, None]:
    """The coroutine function as an ordinary one."""

    @functools.wraps(test)
    def plain(*args: P.args, **kwargs: P.kwargs) -> None:
        async def bounded() -> None:
            await asyncio.wait_for(_whole(test(*args, **kwargs)), SECONDS_MAX)

        asyncio.run(bounded())

    return plain


async def _whole(awaitable: Awaitable[None]) -> None:
    await awaitable


def is_alive(process: int) -> bool:
    """Whether there is a process of this number."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
