"""The health of a binding: which calls count, and where the states begin."""

from datetime import UTC, datetime

import pytest

from domain.health import SAMPLES_MIN, Figures, HealthRules, WindowTotals, figures, window_start
from domain.histograms import bucket_of
from domain.traffic_enums import HealthState

RULES = HealthRules()


def _totals(succeeded: int, failed: int = 0, rate_limited: int = 0) -> WindowTotals:
    latency = {bucket_of(200): succeeded} if succeeded else {}
    return WindowTotals(succeeded, failed, rate_limited, latency, {})


def test_with_few_samples_all_is_unknown_however_many_calls_were_rate_limited() -> None:
    assert figures(_totals(SAMPLES_MIN - 1, rate_limited=1_000), RULES) == Figures()


@pytest.mark.parametrize(
    ("succeeded", "failed", "state"),
    [
        (100, 0, HealthState.HEALTHY),
        (99, 1, HealthState.HEALTHY),
        (98, 2, HealthState.DEGRADED),
        (90, 10, HealthState.DEGRADED),
        (89, 11, HealthState.UNHEALTHY),
        (0, 100, HealthState.UNHEALTHY),
    ],
)
def test_the_state_follows_the_success_rate(
    succeeded: int, failed: int, state: HealthState
) -> None:
    found = figures(_totals(succeeded, failed), RULES)
    assert (found.state, found.success_rate) == (state, succeeded / 100)


def test_rate_limited_calls_count_apart() -> None:
    found = figures(_totals(60, 15, rate_limited=25), RULES)
    assert (found.success_rate, found.rate_limited_share) == (0.8, 0.25)


def test_percentiles_are_those_of_the_successes() -> None:
    found = figures(_totals(20), RULES)
    assert found.latency_ms_p50 == found.latency_ms_p99 == pytest.approx(200, rel=0.05)
    assert found.ttft_ms_p50 is None


def test_the_window_ends_with_the_current_minute() -> None:
    now = datetime(2026, 1, 31, 12, 0, 59, 999, tzinfo=UTC)
    assert window_start(now, RULES) == datetime(2026, 1, 31, 11, 46, tzinfo=UTC)
    assert window_start(now, HealthRules(1)) == datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
