"""The health of bindings; no outcomes of calls are recorded yet, so all of it is unknown."""

from dataclasses import dataclass
from datetime import datetime

from domain.traffic_enums import CircuitState, HealthState

WINDOW_MINUTES = 15


@dataclass(frozen=True, slots=True)
class Circuit:
    """The circuit breaker of a binding."""

    state: CircuitState = CircuitState.CLOSED
    open_until: datetime | None = None
    trial_until: datetime | None = None
    held_until: datetime | None = None
    reason: str | None = None
    consecutive_failures: int = 0


@dataclass(frozen=True, slots=True)
class BindingHealth:
    """Figures over the last window; None when unknown."""

    state: HealthState = HealthState.UNKNOWN
    samples: int = 0
    window_minutes: int = WINDOW_MINUTES
    success_rate: float | None = None
    rate_limited_share: float | None = None
    latency_ms_p50: float | None = None
    latency_ms_p95: float | None = None
    latency_ms_p99: float | None = None
    ttft_ms_p50: float | None = None
    last_outcome_at: datetime | None = None
    circuit: Circuit = Circuit()


UNKNOWN_HEALTH = BindingHealth()
