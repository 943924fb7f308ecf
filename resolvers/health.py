"""The health of bindings, as measured by the outcomes that gateways report."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from db.reads import health
from db.tables import ProviderBinding
from domain import rules
from domain.traffic_enums import CircuitState, HealthState
from resolvers.context import Info
from resolvers.parents import loaded


@dataclass(frozen=True, slots=True)
class Circuit:
    """The circuit breaker of a binding."""

    state: CircuitState = CircuitState.CLOSED
    open_until: datetime | None = None
    trial_until: datetime | None = None
    held_until: datetime | None = None
    reason: str | None = None
    consecutive_failures: int = 0
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BindingHealth:
    """Figures over the last window; None when unknown."""

    window_minutes: int
    state: HealthState = HealthState.UNKNOWN
    samples: int = 0
    success_rate: float | None = None
    rate_limited_share: float | None = None
    latency_ms_p50: float | None = None
    latency_ms_p95: float | None = None
    latency_ms_p99: float | None = None
    ttft_ms_p50: float | None = None
    last_outcome_at: datetime | None = None
    circuit: Circuit = Circuit()


async def healths(info: Info, parents: list[ProviderBinding]) -> list[BindingHealth]:
    """The health as measured by the outcomes that gateways report, and the circuit breaker."""
    rows = await loaded(info, [row.id for row in parents], health.of_bindings)
    window_minutes = info.context.service.health_rules.window_minutes
    without = BindingHealth(window_minutes)
    return [without if row is None else _health(row, window_minutes) for row in rows]


def _health(row: Any, window_minutes: int) -> BindingHealth:
    return BindingHealth(
        window_minutes=window_minutes,
        state=HealthState(row.state),
        samples=min(row.samples, rules.INT_MAX),
        success_rate=row.success_rate,
        rate_limited_share=row.rate_limited_share,
        latency_ms_p50=row.latency_ms_p50,
        latency_ms_p95=row.latency_ms_p95,
        latency_ms_p99=row.latency_ms_p99,
        ttft_ms_p50=row.ttft_ms_p50,
        last_outcome_at=row.last_outcome_at,
        circuit=Circuit(
            CircuitState(row.circuit),
            row.open_until,
            row.trial_until,
            row.held_until,
            row.reason,
            row.consecutive_failures,
            row.changed_at,
        ),
    )
