"""What the timekeeper counts for Prometheus: how late starts are, what became of them, and whether it ticks."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from askare.svctasks.model import EndReason, Outcome

_LATENESS_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3600)


class Measures:
    """One process's counts of service tasks."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._lateness = Histogram(
            "askare_service_task_lateness_seconds",
            "Time from the moment for which a start was due to its start.",
            buckets=_LATENESS_BUCKETS,
            registry=registry,
        )
        self._starts = Counter(
            "askare_service_task_starts", "Planned starts by what became of them.", ["outcome"], registry=registry
        )
        self._ends = Counter(
            "askare_service_task_ends", "Runs that are over by how they ended.", ["reason"], registry=registry
        )
        self._due = Gauge(
            "askare_service_tasks_due",
            "Starts of a site that are due and not started, at most 10000.",
            ["site"],
            registry=registry,
            multiprocess_mode="livemax",
        )
        self._running = Gauge(
            "askare_service_tasks_running",
            "Scripts that run in this process for a site.",
            ["site"],
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._ticks = Counter("askare_timekeeper_ticks", "Looks at the clocks.", ["result"], registry=registry)
        # Children are made beforehand, so that each is there, with 0, before the first of its kind.
        self._outcomes = {outcome: self._starts.labels(outcome.value) for outcome in Outcome}
        self._reasons = {reason: self._ends.labels(reason.value) for reason in EndReason}
        self._good_ticks, self._bad_ticks = self._ticks.labels("done"), self._ticks.labels("failed")

    def ticked(self) -> None:
        """The clocks were looked at, and whatever was due was claimed."""
        self._good_ticks.inc()

    def failed(self) -> None:
        """A tick could not be finished; what is due stays due."""
        self._bad_ticks.inc()

    def came_of(self, outcomes: Tally[Outcome], lateness_ms: Iterable[int]) -> None:
        """Planned starts got their outcomes; those that started were so late."""
        for outcome, count in outcomes.items():
            self._outcomes[outcome].inc(count)
        for milliseconds in lateness_ms:
            self._lateness.observe(max(0, milliseconds) / 1_000)

    def ended(self, reason: EndReason, count: int = 1) -> None:
        """Runs are over."""
        self._reasons[reason].inc(count)

    def stand(self, site: str, *, due: int, running: int) -> None:
        """How it stands at a site."""
        self._due.labels(site).set(due)
        self._running.labels(site).set(running)
