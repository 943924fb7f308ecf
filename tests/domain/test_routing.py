"""What every choice holds to, whatever the bindings, the request and the day."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.candidates import Candidate, RouteRequest
from domain.enums import Capability
from domain.exclusions import is_closed_to_all
from domain.routing import Choice, choose
from domain.traffic_enums import CircuitState, ExclusionReason, RouteStrategy

TODAY = date(2026, 5, 1)
LATER = datetime(2026, 5, 1, 12, tzinfo=UTC)
CAPABILITIES = [each.value for each in list(Capability)[:3]]
REGIONS = ["eu-west-1", "us-east-1"]
PROVIDERS = ["one", "two"]
ALL = 1_000_000  # as a limit

_sets = st.frozensets(st.sampled_from(CAPABILITIES))
_costs = st.decimals(0, 5, places=2)
_ids = st.integers(0, 40).map(lambda number: UUID(int=number))


def _maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


_candidates = st.builds(
    Candidate,
    id=_ids,
    provider=st.sampled_from(PROVIDERS),
    region=_maybe(st.sampled_from(REGIONS)),
    is_active=st.sampled_from([True, True, True, False]),
    sunset_on=_maybe(st.dates(TODAY - timedelta(days=1), TODAY + timedelta(days=1))),
    priority=st.integers(0, 2),
    weight=st.sampled_from([0, 1, 100, 1_000]),
    circuit=st.sampled_from(CircuitState),
    retry_at=_maybe(st.datetimes(timezones=st.just(UTC))),
    capabilities=_maybe(_sets),
    context_window=_maybe(st.integers(1, 10)),
    cost_per_1k=_maybe(_costs),
    expected_cost=_maybe(_costs),
    latency_ms=_maybe(st.floats(0.5, 500)),
    success_rate=_maybe(st.floats(0, 1)),
    eval_score=_maybe(st.floats(0, 1)),
)
bindings = st.lists(_candidates, max_size=12, unique_by=lambda one: one.id)
# Each field of a request that leaves candidates out, with values that leave some in.
CONSTRAINTS: dict[str, st.SearchStrategy[Any]] = {
    "require_region": st.just(True),
    "providers": st.frozensets(st.sampled_from(PROVIDERS)),
    "excluded": st.frozensets(_ids),
    "capabilities": _sets,
    "min_context_window": st.integers(1, 10),
    "max_cost_per_1k": _costs,
    "max_expected_cost": _costs,
    "max_latency_ms": st.floats(0.5, 500),
    "min_success_rate": st.floats(0, 1),
    "min_eval_score": st.floats(0, 1),
}


@st.composite
def requests(draw: st.DrawFn) -> RouteRequest:
    """A request with some of the constraints."""
    names = draw(st.sets(st.sampled_from(sorted(CONSTRAINTS)), max_size=3))
    return RouteRequest(
        strategy=draw(st.sampled_from(RouteStrategy)),
        region=draw(st.sampled_from(REGIONS)),
        seed=draw(st.integers(-(2**31), 2**31 - 1)),
        sticky_key=draw(_maybe(st.text(min_size=1, max_size=5))),
        limit=draw(st.integers(1, 20)),
        **{name: draw(CONSTRAINTS[name]) for name in names},
    )


def _ranked(choice: Choice) -> list[UUID]:
    return [ranked.candidate.id for ranked in choice.candidates]


def _all_ranked(found: list[Candidate], request: RouteRequest) -> list[UUID]:
    return _ranked(choose(found, request._replace(limit=ALL), TODAY))


@given(bindings, requests())
def test_each_binding_is_a_candidate_or_excluded_once(
    found: list[Candidate], request: RouteRequest
) -> None:
    """And with a limit the candidates are the first of all, of which none is lost unsaid."""
    choice = choose(found, request, TODAY)
    every = _all_ranked(found, request)
    excluded = [each.candidate.id for each in choice.excluded]
    assert sorted([*every, *excluded]) == sorted(one.id for one in found)
    assert _ranked(choice) == every[: request.limit]
    assert choice.candidate_count == len(every)
    assert [each.rank for each in choice.candidates] == list(range(1, len(choice.candidates) + 1))


@given(bindings, requests(), st.sampled_from(sorted(CONSTRAINTS)), st.data())
def test_another_constraint_never_adds_a_candidate(
    found: list[Candidate], request: RouteRequest, name: str, data: st.DataObject
) -> None:
    without = request._replace(**{name: RouteRequest._field_defaults[name]})
    constrained = request._replace(**{name: data.draw(CONSTRAINTS[name])})
    assert set(_all_ranked(found, constrained)) <= set(_all_ranked(found, without))


@given(bindings, requests(), st.randoms())
def test_equal_requests_get_an_equal_choice_in_whatever_order_the_bindings_come(
    found: list[Candidate], request: RouteRequest, random: Any
) -> None:
    shuffled = random.sample(found, len(found))
    first, second = choose(found, request, TODAY), choose(shuffled, request, TODAY)
    assert [each.candidate for each in first.excluded] == [e.candidate for e in second.excluded]
    assert _ranked(first) == _ranked(second)
    assert [r.reasons for r in first.candidates] == [r.reasons for r in second.candidates]


@given(bindings, requests())
def test_candidates_are_in_the_order_of_circuit_region_priority_and_score(
    found: list[Candidate], request: RouteRequest
) -> None:
    choice = choose(found, request._replace(limit=ALL), TODAY)
    places = [
        (
            each.candidate.circuit is CircuitState.HALF_OPEN,
            not each.region_match,
            each.candidate.priority,
            -each.score,
        )
        for each in choice.candidates
    ]
    # a score is rounded, and the figures are compared exactly
    assert [place[:3] for place in places] == sorted(place[:3] for place in places)
    assert all(a[3] <= b[3] + 1e-9 for a, b in pairwise(places) if a[:3] == b[:3])
    assert all(0 <= each.score <= 1 for each in choice.candidates)


@given(bindings, requests())
def test_what_is_excluded_fails_the_check_that_its_reason_names(
    found: list[Candidate], request: RouteRequest
) -> None:
    choice = choose(found, request, TODAY)
    order = list(ExclusionReason)
    for each in choice.excluded:
        one, reason = each.candidate, each.reason
        lifted = _without(one, reason)
        again = choose([lifted], request._replace(**_lifted(request, reason)), TODAY).excluded
        assert not again or order.index(again[0].reason) > order.index(reason)
        is_open = reason is ExclusionReason.CIRCUIT_OPEN
        assert is_closed_to_all(one) if is_open else each.retry_at is None
        assert each.retry_at == (one.retry_at if is_open else None)


_FIELDS = {
    ExclusionReason.EXCLUDED: ("excluded",),
    ExclusionReason.PROVIDER: ("providers",),
    ExclusionReason.REGION: ("require_region",),
    ExclusionReason.CAPABILITY: ("capabilities",),
    ExclusionReason.CONTEXT_WINDOW: ("min_context_window",),
    ExclusionReason.COST_UNKNOWN: ("max_cost_per_1k", "max_expected_cost"),
    ExclusionReason.COST: ("max_cost_per_1k", "max_expected_cost"),
    ExclusionReason.LATENCY: ("max_latency_ms",),
    ExclusionReason.SUCCESS_RATE: ("min_success_rate",),
    ExclusionReason.EVAL_SCORE: ("min_eval_score",),
}


def _lifted(request: RouteRequest, reason: ExclusionReason) -> dict[str, Any]:
    return {name: RouteRequest._field_defaults[name] for name in _FIELDS.get(reason, ())}


def _without(one: Candidate, reason: ExclusionReason) -> Candidate:
    """The binding without the state that this reason names."""
    states = {
        ExclusionReason.NOT_ACTIVE: {"is_active": True},
        ExclusionReason.SUNSET: {"sunset_on": None},
        ExclusionReason.CIRCUIT_OPEN: {"circuit": CircuitState.CLOSED},
    }
    return one._replace(**states.get(reason, {}))


def _one(number: int, **values: Any) -> Candidate:
    return Candidate(UUID(int=number), "one", **values)


# The 99.9 % quantile of chi-square with 3 degrees of freedom; the seeds are fixed.
_CHI_SQUARE_MAX = 16.27


@pytest.mark.parametrize("field", ["seed", "sticky_key"])
def test_the_long_run_shares_of_a_weighted_draw_are_those_of_the_weights(field: str) -> None:
    weights = [1, 200, 300, 499]
    found = [_one(number, weight=weight) for number, weight in enumerate(weights)]
    draws, request = 20_000, RouteRequest(RouteStrategy.WEIGHTED, limit=2)
    first: Counter[int] = Counter()
    after_the_last: Counter[int] = Counter()
    for number in range(draws):
        value = number if field == "seed" else f"call {number}"
        ranked = _ranked(choose(found, request._replace(**{field: value}), TODAY))
        first[ranked[0].int] += 1
        if ranked[0].int == 3:
            after_the_last[ranked[1].int] += 1
    assert _chi_square(first, weights) < _CHI_SQUARE_MAX
    assert _chi_square(after_the_last, weights[:3]) < _CHI_SQUARE_MAX


def _chi_square(counts: Counter[int], weights: list[int]) -> float:
    total = counts.total()
    expected = [total * weight / sum(weights) for weight in weights]
    return sum((counts[n] - wanted) ** 2 / wanted for n, wanted in enumerate(expected))


def test_weight_0_comes_after_all_others_of_its_priority() -> None:
    found = [_one(1, weight=0), _one(2, weight=1), _one(3, weight=0), _one(4, priority=101)]
    for seed in range(50):
        request = RouteRequest(RouteStrategy.WEIGHTED, seed=seed)
        assert [key.int for key in _all_ranked(found, request)] == [2, 1, 3, 4]


@given(bindings, st.text(min_size=1), st.data())
@settings(max_examples=300)
def test_a_sticky_key_moves_only_when_its_candidate_leaves(
    found: list[Candidate], key: str, data: st.DataObject
) -> None:
    """Whichever binding leaves, the others keep their order; so one that joins only takes keys."""
    request = RouteRequest(RouteStrategy.WEIGHTED, sticky_key=key)
    before = _all_ranked(found, request)
    gone = data.draw(st.sampled_from(found)).id if found else None
    after = _all_ranked([one for one in found if one.id != gone], request)
    assert after == [each for each in before if each != gone]


def test_sticky_keys_are_spread_by_weight_and_few_move_when_a_candidate_joins() -> None:
    found = [_one(number) for number in range(4)]
    keys = [f"conversation {number}" for number in range(4_000)]

    def firsts(some: list[Candidate]) -> list[UUID]:
        requests = (RouteRequest(RouteStrategy.WEIGHTED, sticky_key=key) for key in keys)
        return [_all_ranked(some, request)[0] for request in requests]

    before, after = firsts(found[:3]), firsts(found)
    moved = [new for old, new in zip(before, after, strict=True) if old != new]
    assert set(moved) == {UUID(int=3)}
    assert abs(len(moved) / len(keys) - 0.25) < 0.03


def test_a_balance_compares_with_the_best_and_takes_the_median_for_what_is_not_known() -> None:
    found = [
        _one(1, expected_cost=Decimal(1), latency_ms=200.0, success_rate=1.0),
        _one(2, expected_cost=Decimal(2), latency_ms=100.0, success_rate=0.5),
        _one(3, latency_ms=400.0, success_rate=0.8),
    ]
    choice = choose(found, RouteRequest(RouteStrategy.BALANCED), TODAY)
    shares = {1: (1, 1 / 2, 1), 2: (1 / 2, 1, 1 / 2), 3: (1 / 1.5, 1 / 4, 0.8)}
    for ranked in choice.candidates:
        cost, latency, success = shares[ranked.candidate.id.int]
        assert ranked.score == pytest.approx((cost * latency * success) ** (1 / 3))
    assert [ranked.candidate.id.int for ranked in choice.candidates] == [1, 2, 3]
    assert choice.candidates[2].reasons[1] == (
        "balance 0.51, where the best of each figure is 1: cost 0.67 (the median, as it is not"
        " known), p95 0.25, success rate 0.80"
    )


@pytest.mark.parametrize(
    ("draw", "how"),
    [
        ({"seed": 3}, "by the seed"),
        ({"seed": 3, "is_random": True}, "at random"),
        ({"sticky_key": "a"}, "by the sticky key"),
    ],
)
def test_the_reason_says_how_a_weight_was_drawn(draw: dict[str, Any], how: str) -> None:
    choice = choose([_one(1)], RouteRequest(RouteStrategy.WEIGHTED, **draw), TODAY)
    assert choice.candidates[0].reasons[-1] == f"weight {_one(1).weight}, drawn {how}"


def test_a_free_candidate_is_the_cheapest_and_leaves_the_others_comparable() -> None:
    costs = ["0", "1", "2", "0"]
    found = [_one(n, expected_cost=Decimal(cost)) for n, cost in enumerate(costs)]
    for strategy in (RouteStrategy.BALANCED, RouteStrategy.CHEAPEST):
        choice = choose(found, RouteRequest(strategy), TODAY)
        assert [ranked.candidate.id.int for ranked in choice.candidates] == [0, 3, 1, 2]
        scores = [ranked.score for ranked in choice.candidates]
        assert scores[0] == scores[1] == 1
        assert scores[1] > scores[2] > scores[3] > 0


@pytest.mark.parametrize("strategy", RouteStrategy)
def test_equals_are_ordered_by_id_when_nothing_is_known(strategy: RouteStrategy) -> None:
    found = [_one(number, weight=0) for number in (3, 1, 2)]
    assert [key.int for key in _all_ranked(found, RouteRequest(strategy))] == [1, 2, 3]


def test_a_figure_that_is_not_known_comes_after_one_that_is() -> None:
    worst = _one(2, expected_cost=Decimal(10**9), latency_ms=1e8, success_rate=0.0)
    for name in ("CHEAPEST", "FASTEST", "MOST_RELIABLE"):
        request = RouteRequest(RouteStrategy(name))
        assert [key.int for key in _all_ranked([_one(1), worst], request)] == [2, 1]


def test_a_half_open_circuit_comes_last_and_its_taken_trial_excludes() -> None:
    half_open = {"circuit": CircuitState.HALF_OPEN, "priority": 1}
    found = [_one(1, **half_open), _one(2), _one(3, **half_open, retry_at=LATER)]
    choice = choose(found, RouteRequest(), TODAY)
    assert [ranked.candidate.id.int for ranked in choice.candidates] == [2, 1]
    assert "claim the trial before the call" in choice.candidates[1].reasons[0]
    [excluded] = choice.excluded
    assert (excluded.reason, excluded.retry_at) == (ExclusionReason.CIRCUIT_OPEN, LATER)


def test_a_binding_serves_on_the_day_of_its_sunset() -> None:
    found = [_one(1, sunset_on=TODAY), _one(2, sunset_on=TODAY - timedelta(days=1))]
    choice = choose(found, RouteRequest(), TODAY)
    assert _ranked(choice) == [UUID(int=1)]
    assert choice.excluded[0].reason is ExclusionReason.SUNSET
