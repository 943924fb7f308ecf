"""The order of the candidates of a route, by its strategy, with a score for each."""

from collections.abc import Callable, Sequence
from hashlib import blake2b
from math import exp, inf, log
from statistics import median
from typing import Any, NamedTuple

from domain.candidates import Candidate, RouteRequest
from domain.traffic_enums import RouteStrategy

_WEIGHT_MAX = 1_000
_OF_A_FREE_ONE = 0.1  # a free candidate is compared as one of a tenth of the lowest cost above 0


class Place(NamedTuple):
    """What the strategy says of a candidate: those of a lower key come first.

    The score is from 0 to 1, and never higher for one that comes later by the strategy.
    """

    key: Any
    score: float


def places(candidates: Sequence[Candidate], request: RouteRequest) -> list[Place]:
    """The place of each candidate, in their order."""
    return _PLACES[request.strategy](candidates, request)


class Balance(NamedTuple):
    """Cost, latency and success rate, each as a share of the best candidate's, from 0 to 1."""

    cost: float
    latency: float
    success: float

    @property
    def mean(self) -> float:
        """The geometric mean."""
        return float((self.cost * self.latency * self.success) ** (1 / 3))


def balances(candidates: Sequence[Candidate]) -> list[Balance]:
    """The balance of each candidate; a figure that is not known is taken for the median.

    Where no candidate's figure is known, all are equal in it.
    """
    shares = (
        _shares_of_lowest([_float(one.expected_cost) for one in candidates]),
        _shares_of_lowest([one.latency_ms for one in candidates]),
        _shares_of_highest([one.success_rate for one in candidates]),
    )
    return list(map(Balance, *shares))


def _by_weight(candidates: Sequence[Candidate], request: RouteRequest) -> list[Place]:
    return [Place(-one.weight, one.weight / _WEIGHT_MAX) for one in candidates]


def _by_draw(candidates: Sequence[Candidate], request: RouteRequest) -> list[Place]:
    """A draw without replacement in proportion to the weights (Efraimidis and Spirakis).

    Each candidate draws its number from the seed, or the sticky key, and its own id alone: so
    whether it comes before another one does not depend on any third (rendezvous hashing).
    """
    sticky = request.sticky_key
    text = f"seed {request.seed}" if sticky is None else f"key {sticky}"
    prefix = text.encode("utf-8", "surrogatepass")
    return [_drawn(prefix, one) for one in candidates]


def _drawn(prefix: bytes, candidate: Candidate) -> Place:
    if candidate.weight == 0:
        return Place(inf, 0)
    digest = blake2b(prefix + candidate.id.bytes, digest_size=8).digest()
    uniform = (int.from_bytes(digest) + 0.5) / 2**64
    waited = -log(uniform) / candidate.weight
    return Place(waited, exp(-waited))


def _by_cost(candidates: Sequence[Candidate], request: RouteRequest) -> list[Place]:
    costs = [one.expected_cost for one in candidates]
    shares = _shares_of_lowest([_float(cost) for cost in costs])
    return [
        Place((1, 0), 0) if cost is None else Place((0, cost), share)
        for cost, share in zip(costs, shares, strict=True)
    ]


def _by_latency(candidates: Sequence[Candidate], request: RouteRequest) -> list[Place]:
    latencies = [one.latency_ms for one in candidates]
    return [
        Place(inf, 0) if latency is None else Place(latency, share)
        for latency, share in zip(latencies, _shares_of_lowest(latencies), strict=True)
    ]


def _by_success(candidates: Sequence[Candidate], request: RouteRequest) -> list[Place]:
    rates = [one.success_rate for one in candidates]
    return [Place(inf, 0) if rate is None else Place(-rate, rate) for rate in rates]


def _by_balance(candidates: Sequence[Candidate], request: RouteRequest) -> list[Place]:
    return [Place(-mean, mean) for mean in (each.mean for each in balances(candidates))]


def _shares_of_lowest(values: Sequence[float | None]) -> list[float]:
    """The lowest value divided by each; 1 for a free one, and for all where all are free."""
    known = [value for value in values if value is not None]
    positive = [value for value in known if value > 0]
    if not positive:
        return [1.0] * len(values)
    lowest = min(positive) * (_OF_A_FREE_ONE if len(positive) < len(known) else 1)
    return [1.0 if value <= lowest else lowest / value for value in _filled(values, known)]


def _shares_of_highest(values: Sequence[float | None]) -> list[float]:
    known = [value for value in values if value is not None]
    highest = max(known, default=0)
    return [value / highest if highest else 1.0 for value in _filled(values, known)]


def _filled(values: Sequence[float | None], known: Sequence[float]) -> Sequence[float]:
    if len(known) == len(values):
        return known
    middle = median(known) if known else 0
    return [middle if value is None else value for value in values]


def _float(amount: Any) -> float | None:
    return None if amount is None else float(amount)


_PLACES: dict[RouteStrategy, Callable[[Sequence[Candidate], RouteRequest], list[Place]]] = {
    RouteStrategy.PRIORITY: _by_weight,
    RouteStrategy.WEIGHTED: _by_draw,
    RouteStrategy.CHEAPEST: _by_cost,
    RouteStrategy.FASTEST: _by_latency,
    RouteStrategy.MOST_RELIABLE: _by_success,
    RouteStrategy.BALANCED: _by_balance,
}
