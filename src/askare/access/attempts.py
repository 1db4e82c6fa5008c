"""How often one may guess a password: `FAILURES_MAX` failures a username within `PERIOD`, counted in this process."""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from datetime import datetime, timedelta

from askare.kernel.problems import Throttled

FAILURES_MAX = 10
PERIOD = timedelta(minutes=15)
USERNAMES_MAX = 10_000  # beyond, the username tried longest ago is forgotten: 10,000 hashes take minutes


class Attempts:
    """The recent sign-ins that have not succeeded.  Usernames that do not exist count like all others."""

    def __init__(self) -> None:
        self._recent: OrderedDict[str, deque[datetime]] = OrderedDict()

    def require_few(self, username: str, *, now: datetime) -> None:
        """Raises Throttled when there were too many attempts; being refused is no attempt."""
        times = self._recent.get(username, deque())
        while times and times[0] <= now - PERIOD:
            times.popleft()
        if len(times) >= FAILURES_MAX:
            wait = times[0] + PERIOD - now
            raise Throttled(
                "Too many failed sign-ins for this username; wait before you try again.",
                retry_after_seconds=max(1, math.ceil(wait.total_seconds())),
            )

    def begin(self, username: str, *, now: datetime) -> None:
        """Count an attempt, before it is known how it ends.  Raises Throttled when there were too many."""
        self.require_few(username, now=now)
        self._recent.setdefault(username, deque()).append(now)
        self._recent.move_to_end(username)
        if len(self._recent) > USERNAMES_MAX:
            self._recent.popitem(last=False)

    def succeeded(self, username: str) -> None:
        """Forget the failures before a success."""
        self._recent.pop(username, None)
