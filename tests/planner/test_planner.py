"""The planner's cache of plans, and its bounds."""

from graphql import parse
from graphql.execution.values import VariableValues

from planner import MutationPlan, Planner, QueryPlan
from tests.planner import toy, toy_rows


def test_plans_are_cached_by_key_and_operation_name() -> None:
    planner = Planner(toy.SCHEMA)
    document = parse(
        "query A { shops { id } } mutation B { rename(input: {id: 1, name: 2}) { __typename } }"
    )
    first = planner.plan(document, "A", "key")
    assert planner.plan(document, "A", "key") is first
    assert isinstance(planner.plan(document, "B", "key"), MutationPlan)


def test_plans_are_bounded_in_bytes_and_the_least_recently_used_is_dropped_first() -> None:
    document = parse("{ shops { id title } }")
    planner = Planner(toy.SCHEMA, bytes_max=100_000)
    first, second = planner.plan(document, None, 0), planner.plan(document, None, 1)
    for key in range(2, 50):
        planner.plan(document, None, key)
        assert planner.plan(document, None, 0) is first
        assert 0 < planner.byte_count <= 100_000
    assert planner.plan(document, None, 1) is not second


async def test_a_plan_that_grows_is_counted_again() -> None:
    document = parse("query($c: Boolean!) { shops { id } a: shops @include(if: $c) { id } }")
    planner = Planner(toy.SCHEMA, bytes_max=26_000)
    first, other = planner.plan(document, None, 1), planner.plan(document, None, 2)
    assert isinstance(first, QueryPlan)
    assert isinstance(other, QueryPlan)
    byte_counts = [planner.byte_count]
    for condition in (True, False):
        await other.run(VariableValues({}, {"c": condition}), toy_rows.Context())
        byte_counts.append(planner.byte_count)
    assert byte_counts == [16_000, 24_000, 20_000]  # the last without the first plan
    assert planner.plan(document, None, 2) is other
    assert planner.plan(document, None, 1) is not first


async def test_a_plan_that_outgrows_the_cache_is_dropped() -> None:
    fields = " ".join(f"f{i}: shops {{ id }}" for i in range(10))
    document = parse(f"query($c: Boolean!) {{ __typename ... @include(if: $c) {{ {fields} }} }}")
    planner = Planner(toy.SCHEMA, bytes_max=30_000)
    plan = planner.plan(document, None, 1)
    assert isinstance(plan, QueryPlan)
    assert planner.plan(document, None, 1) is plan
    await plan.run(VariableValues({}, {"c": True}), toy_rows.Context())
    assert planner.byte_count == 0
    assert planner.plan(document, None, 1) is not plan


async def test_the_variants_of_a_plan_are_bounded() -> None:
    names = [f"c{i}" for i in range(6)]
    definitions = ", ".join(f"${name}: Boolean!" for name in names)
    fields = " ".join(f"{name}: shops @include(if: ${name}) {{ id }}" for name in names)
    planner = Planner(toy.SCHEMA)
    plan = planner.plan(parse(f"query({definitions}) {{ __typename {fields} }}"), None, 1)
    assert isinstance(plan, QueryPlan)
    byte_counts = []
    for number in range(64):
        conditions = {name: bool(number >> i & 1) for i, name in enumerate(names)}
        result = await plan.run(VariableValues({}, conditions), toy_rows.Context())
        assert result.data is not None
        assert len(result.data) == 1 + number.bit_count()
        byte_counts.append(planner.byte_count)
    assert max(byte_counts) < 22 * byte_counts[0]  # 8 variants of at most 13 fields, not 64
