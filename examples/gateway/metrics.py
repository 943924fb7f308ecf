"""The gateway's own metrics."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from examples.gateway.calls import Attempt

_LATENCIES_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """Counters of calls, and figures that are read when somebody asks."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "gateway_requests",
            "Requests of callers, by the outcome of the last provider's call.",
            ["outcome"],
            registry=self._registry,
        )
        self._calls = Counter(
            "gateway_calls",
            "Calls of providers, by outcome.",
            ["provider", "outcome"],
            registry=self._registry,
        )
        self._latency = Histogram(
            "gateway_call_seconds",
            "Latency of the calls of providers.",
            ["provider"],
            buckets=_LATENCIES_S,
            registry=self._registry,
        )

    def count(self, attempt: Attempt) -> None:
        """Count one call of a provider."""
        provider = attempt.binding.provider.slug
        self._calls.labels(provider, attempt.outcome.value).inc()
        self._latency.labels(provider).observe(attempt.latency_ms / 1000)

    def show(self, name: str, meaning: str, read: Callable[[], float]) -> None:
        """Add a figure that is read when the metrics are."""
        Gauge(f"gateway_{name}", meaning, registry=self._registry).set_function(read)

    def text(self) -> bytes:
        """All of them, in the text format of Prometheus."""
        return generate_latest(self._registry)
