"""What is told of providers for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge


class Measures:
    """Which providers this process leaves alone."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._failing = Gauge(
            "askare_provider_failing",
            "1 from five failures of a provider in a row until it answers again: it is asked once a minute at most.",
            ["kind", "provider"],
            registry=registry,
            multiprocess_mode="livemax",
        )

    def failing(self, kind: str, provider: str, is_failing: bool) -> None:
        self._failing.labels(kind, provider).set(is_failing)
