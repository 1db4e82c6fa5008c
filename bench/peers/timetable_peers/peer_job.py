"""What the peers' schedulers start: a job that says how late it is."""

import time

LATE_MS: list[float] = []


def job(planned: float, interval: float) -> None:
    """How late it is against its own grid; `interval` 0: planned for one moment only."""
    late = time.time() - planned
    LATE_MS.append((late % interval if interval else late) * 1_000)
