"""The health of a binding: what outcomes count, its figures, and its state."""

from datetime import datetime, timedelta
from typing import NamedTuple

from domain.histograms import Histogram, percentile, percentiles
from domain.traffic_enums import HealthState, Outcome

SAMPLES_MIN = 20  # in the window; with fewer, the state is UNKNOWN and the figures are None
FAILURES = frozenset(
    (
        Outcome.TIMEOUT,
        Outcome.UPSTREAM_ERROR,
        Outcome.OVERLOADED,
        Outcome.AUTH,
        Outcome.NOT_FOUND,
    )
)
COUNTED = frozenset((Outcome.SUCCESS, *FAILURES))  # for the success rate, and for the circuit


class HealthRules(NamedTuple):
    """The length of the window, and the lowest success rates of HEALTHY and of DEGRADED."""

    window_minutes: int = 15
    healthy_min: float = 0.99
    degraded_min: float = 0.90


DEFAULT_RULES = HealthRules()


class WindowTotals(NamedTuple):
    """The calls of a binding in the window; the histograms have the latencies of its successes."""

    succeeded: int
    failed: int
    rate_limited: int
    latency: Histogram
    ttft: Histogram


class Figures(NamedTuple):
    """What the totals of a window say; None is unknown. Shares are 0..1, times milliseconds."""

    state: HealthState = HealthState.UNKNOWN
    success_rate: float | None = None
    rate_limited_share: float | None = None
    latency_ms_p50: float | None = None
    latency_ms_p95: float | None = None
    latency_ms_p99: float | None = None
    ttft_ms_p50: float | None = None


def minute_of(moment: datetime) -> datetime:
    """The start of the minute."""
    return moment.replace(second=0, microsecond=0)


def window_start(now: datetime, rules: HealthRules) -> datetime:
    """The start of the first minute of the window, whose last one is the current minute."""
    return minute_of(now) - timedelta(minutes=rules.window_minutes - 1)


def state_of(success_rate: float, rules: HealthRules) -> HealthState:
    """The state of a binding that has enough samples."""
    if success_rate >= rules.healthy_min:
        return HealthState.HEALTHY
    if success_rate >= rules.degraded_min:
        return HealthState.DEGRADED
    return HealthState.UNHEALTHY


def figures(totals: WindowTotals, rules: HealthRules) -> Figures:
    """The figures of a window; all unknown with fewer than SAMPLES_MIN samples."""
    samples = totals.succeeded + totals.failed
    if samples < SAMPLES_MIN:
        return Figures()
    success_rate = totals.succeeded / samples
    p50, p95, p99 = percentiles(totals.latency, (0.50, 0.95, 0.99))
    return Figures(
        state=state_of(success_rate, rules),
        success_rate=success_rate,
        rate_limited_share=totals.rate_limited / (samples + totals.rate_limited),
        latency_ms_p50=p50,
        latency_ms_p95=p95,
        latency_ms_p99=p99,
        ttft_ms_p50=percentile(totals.ttft, 0.50),
    )
