"""How much is taken in at once."""

from __future__ import annotations

from collections import OrderedDict
from uuid import UUID

from askare.kernel.problems import Throttled, Unavailable

BODY_BYTES_MAX = 1024 * 1024
BODY_SECONDS_MAX = 30.0
UNREAD_BYTES_MAX = 64 * 1024  # of a body that was refused unread
CALLERS_MAX = 10_000


class Turnstile:
    """Counts the requests in work; one too many is told to come back instead of waiting in line."""

    def __init__(self, at_once_max: int) -> None:
        self._max = at_once_max
        self.inside = 0

    def __enter__(self) -> None:
        if self.inside >= self._max:
            raise Unavailable("The server has as many requests in work as it can carry.", retry_after_seconds=1)
        self.inside += 1

    def __exit__(self, *_: object) -> None:
        self.inside -= 1


class Meter:
    """A caller's requests, measured against a rate: a bucket that fills evenly over each minute."""

    def __init__(self, per_minute: int) -> None:
        self._per_second = per_minute / 60
        self._size = float(per_minute)
        self._buckets: OrderedDict[UUID, tuple[float, float]] = OrderedDict()

    def pass_one(self, user_id: UUID, *, monotonic_seconds: float) -> None:
        """Take one request from the user's bucket.  Raises Throttled when it is empty."""
        level, then = self._buckets.pop(user_id, (self._size, monotonic_seconds))
        level = min(self._size, level + (monotonic_seconds - then) * self._per_second)
        if level < 1:
            self._buckets[user_id] = (level, monotonic_seconds)
            wait = int((1 - level) / self._per_second) + 1
            raise Throttled("Too many requests; the limit is set by the administrator.", retry_after_seconds=wait)
        self._buckets[user_id] = (level - 1, monotonic_seconds)
        if len(self._buckets) > CALLERS_MAX:
            self._buckets.popitem(last=False)
