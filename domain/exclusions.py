"""Which bindings a route leaves out, and why."""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal

from domain.candidates import Candidate, RouteRequest
from domain.traffic_enums import CircuitState, ExclusionReason

Check = tuple[ExclusionReason, Callable[[Candidate], bool]]  # whether a candidate is left out


def checks(request: RouteRequest, today: date) -> list[Check]:
    """The checks that the request asks for; the first that a candidate fails names the reason."""
    return [*_of_state(today), *_of_names(request), *_of_offers(request), *_of_figures(request)]


def is_closed_to_all(candidate: Candidate) -> bool:
    """Whether the circuit lets no call through: it is OPEN, or HALF_OPEN with its trial taken."""
    if candidate.circuit is CircuitState.HALF_OPEN:
        return candidate.retry_at is not None
    return candidate.circuit is CircuitState.OPEN


def _of_state(today: date) -> Iterator[Check]:
    yield ExclusionReason.NOT_ACTIVE, lambda one: not one.is_active
    yield ExclusionReason.SUNSET, lambda one: one.sunset_on is not None and one.sunset_on < today
    yield ExclusionReason.CIRCUIT_OPEN, is_closed_to_all


def _of_names(request: RouteRequest) -> Iterator[Check]:
    excluded, providers, region = request.excluded, request.providers, request.region
    if excluded:
        yield ExclusionReason.EXCLUDED, lambda one: one.id in excluded
    if providers is not None:
        yield ExclusionReason.PROVIDER, lambda one: one.provider not in providers
    if request.require_region:
        yield ExclusionReason.REGION, lambda one: one.region is None or one.region != region


def _of_offers(request: RouteRequest) -> Iterator[Check]:
    wanted, window = request.capabilities, request.min_context_window
    if wanted:
        yield (
            ExclusionReason.CAPABILITY,
            lambda one: one.capabilities is None or not wanted <= one.capabilities,
        )
    if window is not None:
        yield (
            ExclusionReason.CONTEXT_WINDOW,
            lambda one: one.context_window is None or one.context_window < window,
        )


def _of_figures(request: RouteRequest) -> Iterator[Check]:
    per_1k, expected = request.max_cost_per_1k, request.max_expected_cost
    if per_1k is not None or expected is not None:
        yield (
            ExclusionReason.COST_UNKNOWN,
            lambda one: (
                (per_1k is not None and one.cost_per_1k is None)
                or (expected is not None and one.expected_cost is None)
            ),
        )
        yield (
            ExclusionReason.COST,
            lambda one: _above(one.cost_per_1k, per_1k) or _above(one.expected_cost, expected),
        )
    latency, success, score = (
        request.max_latency_ms,
        request.min_success_rate,
        request.min_eval_score,
    )
    if latency is not None:
        yield (
            ExclusionReason.LATENCY,
            lambda one: one.latency_ms is None or one.latency_ms > latency,
        )
    if success is not None:
        yield (
            ExclusionReason.SUCCESS_RATE,
            lambda one: one.success_rate is None or one.success_rate < success,
        )
    if score is not None:
        yield (
            ExclusionReason.EVAL_SCORE,
            lambda one: one.eval_score is None or one.eval_score < score,
        )


def _above(value: Decimal | None, limit: Decimal | None) -> bool:
    return limit is not None and value is not None and value > limit
