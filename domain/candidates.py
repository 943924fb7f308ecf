"""What a route is chosen from, and by: the bindings of a version, and a request."""

from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from domain.traffic_enums import CircuitState, RouteStrategy

CANDIDATES_MAX = 20  # that a request can ask for
CANDIDATES_DEFAULT = 5
BINDINGS_MAX = 1_000  # of a version that is routed; each is weighed for every route
EXCLUDED_MAX = 100  # bindings that a route lists as excluded; it counts all
STICKY_KEY_LENGTH_MAX = 255


class Candidate(NamedTuple):
    """A binding with all that decides about it; None is unknown.

    What the version says holds where the binding says nothing, and `sunset_on` is the earlier of
    both. `is_active` means that the binding and its version are in use. The circuit is that of now:
    `retry_at` is when an OPEN one ends, and when the claimed trial of a HALF_OPEN one does; a
    HALF_OPEN one without it has its trial free. `cost_per_1k` is the higher one of the prices for
    input and output, in US dollars, and `expected_cost` that of the request's usage.
    """

    id: UUID
    provider: str
    region: str | None = None
    is_active: bool = True
    sunset_on: date | None = None
    priority: int = 100
    weight: int = 100
    circuit: CircuitState = CircuitState.CLOSED
    retry_at: datetime | None = None
    circuit_changed_at: datetime | None = None
    capabilities: frozenset[str] | None = None
    context_window: int | None = None
    cost_per_1k: Decimal | None = None
    expected_cost: Decimal | None = None
    latency_ms: float | None = None  # the p95
    success_rate: float | None = None
    eval_score: float | None = None


class RouteRequest(NamedTuple):
    """A strategy and constraints; None, and an empty set of what is excluded or required, are none.

    `seed` or `sticky_key` decides the draw of WEIGHTED: of the same one it is always the same. The
    seed `is_random` when the caller has given neither.
    """

    strategy: RouteStrategy = RouteStrategy.PRIORITY
    region: str | None = None
    require_region: bool = False
    providers: frozenset[str] | None = None
    excluded: frozenset[UUID] = frozenset()
    capabilities: frozenset[str] = frozenset()
    min_context_window: int | None = None
    max_cost_per_1k: Decimal | None = None
    max_expected_cost: Decimal | None = None
    max_latency_ms: float | None = None
    min_success_rate: float | None = None
    min_eval_score: float | None = None
    seed: int = 0
    is_random: bool = False
    sticky_key: str | None = None
    limit: int = CANDIDATES_DEFAULT

    @property
    def depends_on_figures(self) -> bool:
        """Whether measured latencies or success rates may change the choice."""
        by_figures = (RouteStrategy.FASTEST, RouteStrategy.MOST_RELIABLE, RouteStrategy.BALANCED)
        limits = (self.max_latency_ms, self.min_success_rate)
        return self.strategy in by_figures or any(limit is not None for limit in limits)
