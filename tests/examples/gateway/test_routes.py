"""The order in which a gateway tries the candidates of a kept route."""

from collections import Counter

from examples.gateway.client import CircuitState
from examples.gateway.routes import in_order
from tests.examples.gateway.routed import binding, route


def test_without_weights_the_order_is_the_routes() -> None:
    candidates = [binding("a", None, 1), binding("b", None, 1_000)]
    assert in_order(route(*candidates), is_weighted=False) == candidates


def test_a_candidate_that_needs_a_trial_is_left_out() -> None:
    waiting = binding("b", None, circuit=CircuitState.HALF_OPEN)
    kept = route(binding("a", None), waiting)
    assert [each.id for each in in_order(kept, is_weighted=False)] == ["a"]
    assert [each.id for each in in_order(kept, is_weighted=True)] == ["a"]


def test_first_places_are_drawn_in_proportion_to_the_weights() -> None:
    kept = route(binding("a", None, 50), binding("b", None, 30), binding("c", None, 20))
    firsts = Counter(in_order(kept, is_weighted=True)[0].id for _ in range(20_000))
    for name, share in (("a", 0.5), ("b", 0.3), ("c", 0.2)):
        # 6 standard deviations of a binomial count
        assert abs(firsts[name] / 20_000 - share) < 6 * (share * (1 - share) / 20_000) ** 0.5


def test_weight_0_comes_last_and_a_lower_priority_first() -> None:
    idle = binding("idle", None, 0)
    later = binding("later", None, 1_000).model_copy(update={"priority": 1})
    for _ in range(20):
        order = in_order(route(later, idle, binding("a", None, 1)), is_weighted=True)
        assert [each.id for each in order] == ["a", "idle", "later"]
