"""A lane for each domain that mail goes to, so that one where mail disappears never holds up the others.

While a lane is quick, whoever finds it full waits a moment for a place.  Where letters take long, a newcomer is told
when to come back instead, and does not stand in the way of letters to anywhere else.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

WIDTH = 8  # letters under way to one domain
SLOW_WIDTH = 1  # where each takes long
SLOW_SECONDS = 2.0
PATIENCE_SECONDS = 1.0  # for a place in a quick lane
COME_BACK_SECONDS_MAX = 900.0
LANES_MAX = 10_000  # domains remembered


class Lane:
    """Who is under way to one domain, and how long that takes.  All times in seconds of one steady clock."""

    def __init__(self) -> None:
        self._started: list[float] = []
        self._usual = 0.0
        self._next_turn = 0.0
        self._freed = asyncio.Event()

    @property
    def is_idle(self) -> bool:
        return not self._started

    def takes(self, at: float) -> float:
        """How long a letter takes: what was usual lately, or longer when one is under way for longer already."""
        return max(self._usual, at - min(self._started, default=at))

    def has_room(self, at: float) -> bool:
        return len(self._started) < (WIDTH if self.takes(at) < SLOW_SECONDS else SLOW_WIDTH)

    def enter(self, at: float) -> None:
        self._started.append(at)

    def leave(self, started: float, at: float) -> None:
        self._started.remove(started)
        self._usual = 0.7 * self._usual + 0.3 * (at - started)
        self._freed.set()

    async def freed(self, seconds: float) -> None:
        """Wait for a place, so long at most."""
        self._freed.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._freed.wait()
        except TimeoutError:
            return

    def come_back_in(self, at: float) -> float:
        """In how many seconds a newcomer gets a turn; each one later than the one told before."""
        takes = max(self.takes(at), PATIENCE_SECONDS)
        self._next_turn = min(max(self._next_turn, at) + takes, at + COME_BACK_SECONDS_MAX)
        return self._next_turn - at


class Full(Exception):
    """No place now; come back in so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"come back in {seconds:.0f} seconds")
        self.seconds = seconds


class Lanes:
    """The lanes of one process."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lanes: OrderedDict[str, Lane] = OrderedDict()

    async def place(self, domain: str) -> float:
        """Take a place on the way to a domain; give it back with `leave`.  Raises Full."""
        lane = self._lane(domain)
        deadline = self._clock() + PATIENCE_SECONDS
        while not lane.has_room(at := self._clock()):
            if lane.takes(at) >= SLOW_SECONDS or at >= deadline:
                raise Full(lane.come_back_in(at))
            await lane.freed(deadline - at)
        lane.enter(at)
        return at

    def leave(self, domain: str, started: float) -> None:
        self._lane(domain).leave(started, self._clock())

    @contextmanager
    def under_way(self, domain: str, started: float) -> Iterator[None]:
        """For as long as the block lasts; the place was taken before."""
        try:
            yield
        finally:
            self.leave(domain, started)

    def _lane(self, domain: str) -> Lane:
        lane = self._lanes.setdefault(domain, Lane())
        self._lanes.move_to_end(domain)
        if len(self._lanes) > LANES_MAX:
            oldest, first = next(iter(self._lanes.items()))
            if first.is_idle:
                del self._lanes[oldest]
            else:
                self._lanes.move_to_end(oldest)  # the next one that is asked for looks at another
        return lane
