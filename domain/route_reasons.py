"""Says to people how the rank of a candidate came about."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TypeVar

from domain.candidates import Candidate, RouteRequest
from domain.ranking import balances
from domain.traffic_enums import CircuitState, RouteStrategy

Figure = TypeVar("Figure", float, Decimal)


def reasons(one: Candidate, request: RouteRequest, passed: Sequence[Candidate]) -> list[str]:
    """What placed the candidate among those that passed, in the order in which it counts."""
    found = []
    if one.circuit is CircuitState.HALF_OPEN:
        found.append("circuit half open, so after all closed ones: claim the trial before the call")
    if request.region is not None:
        place = "in" if one.region == request.region else "outside"
        found.append(f"{place} the region {request.region}")
    return [*found, f"priority {one.priority}", _of_strategy(one, request, passed)]


def _of_strategy(one: Candidate, request: RouteRequest, passed: Sequence[Candidate]) -> str:
    strategy = request.strategy
    if strategy is RouteStrategy.CHEAPEST:
        costs = [each.expected_cost for each in passed]
        return _lowest("expected cost", one.expected_cost, costs, "USD")
    if strategy is RouteStrategy.FASTEST:
        latencies = [each.latency_ms for each in passed]
        return _lowest("p95 of the latency", one.latency_ms, latencies, "ms")
    if strategy is RouteStrategy.MOST_RELIABLE:
        return _success(one, passed)
    if strategy is RouteStrategy.BALANCED:
        return _balance(one, passed)
    if strategy is RouteStrategy.WEIGHTED:
        return _draw(one, request)
    return f"weight {one.weight}"


def _lowest(name: str, value: Figure | None, all_values: Iterable[Figure | None], unit: str) -> str:
    if value is None:
        return f"{name} not known: after those whose is"
    is_lowest = value == min(each for each in all_values if each is not None)
    return f"{'lowest ' if is_lowest else ''}{name}: {_shown(value)} {unit}"


def _success(one: Candidate, passed: Sequence[Candidate]) -> str:
    rate = one.success_rate
    if rate is None:
        return "success rate not known: after those whose is"
    is_highest = rate == max(each.success_rate or 0 for each in passed)
    return f"{'highest ' if is_highest else ''}success rate: {rate:.2%}"


def _balance(one: Candidate, passed: Sequence[Candidate]) -> str:
    balance = balances(passed)[passed.index(one)]
    figures = (one.expected_cost, one.latency_ms, one.success_rate)
    parts = [
        f"{name} {share:.2f}{'' if figure is not None else ' (the median, as it is not known)'}"
        for name, share, figure in zip(
            ("cost", "p95", "success rate"), balance, figures, strict=True
        )
    ]
    return f"balance {balance.mean:.2f}, where the best of each figure is 1: {', '.join(parts)}"


def _draw(one: Candidate, request: RouteRequest) -> str:
    if one.weight == 0:
        return "weight 0: after all others"
    if request.sticky_key is not None:
        return f"weight {one.weight}, drawn by the sticky key"
    how = "at random" if request.is_random else "by the seed"
    return f"weight {one.weight}, drawn {how}"


def _shown(value: float | Decimal) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else f"{value:.4g}"
