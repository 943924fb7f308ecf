"""When there is no plan, when a plan gives way, and that nothing is left behind."""

import asyncio
from typing import Any

import pytest
import strawberry
from graphql import parse
from graphql.execution.values import VariableValues
from strawberry.extensions import SchemaExtension

from planner import FallbackToExecutor, MutationPlan, Planner, QueryPlan, Unplannable
from tests.planner import toy, toy_rows

DECLINED = {
    "subscription { ticks }": "subscription",
    "{ __schema { description } }": "field Query.__schema",
    '{ __type(name: "Book") { name } }': "field Query.__type",
    "{ odd { loud } }": "extensions of loud",
    "{ shops { id @unknown } }": "directive @unknown",
    "mutation { count }": "no object is selected",
    "query A { shops { id } } query B { shops { id } }": "no such operation",
}


@pytest.mark.parametrize("text", DECLINED)
def test_declines(text: str) -> None:
    assert Planner(toy.SCHEMA).plan(parse(text), None, text) == Unplannable(DECLINED[text])


def test_declines_what_would_multiply() -> None:
    levels = "".join(
        f"fragment F{i} on Author {{ books {{ nodes {{ a: author {{ ...F{i + 1} }} "
        f"b: author {{ ...F{i + 1} }} }} }} }} "
        for i in range(14)
    )
    text = f'{{ author(by: {{id: "a0"}}) {{ ...F0 }} }} {levels} fragment F14 on Author {{ id }}'
    assert Planner(toy.SCHEMA).plan(parse(text), None, 1) == Unplannable("too many fields")


def test_declines_all_under_extensions_that_resolve_fields() -> None:
    class Traced(SchemaExtension):
        def resolve(self, _next: Any, root: Any, info: Any, *args: Any, **kwargs: Any) -> Any:
            return _next(root, info, *args, **kwargs)

    planner = Planner(toy.schema(extensions=[Traced]))
    assert isinstance(planner.plan(parse("{ shops { id } }"), None, 1), Unplannable)


def query(text: str) -> QueryPlan:
    made = Planner(toy.SCHEMA).plan(parse(text), None, text)
    assert isinstance(made, QueryPlan), made
    return made


BOOKS = "{ grid { title pages price } }"


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("{ fails(hard: true) }", {}),
        (BOOKS, {"title": None}),
        (BOOKS, {"title": ValueError("as a value")}),
        (BOOKS, {"pages": 2**31}),
        (BOOKS, {"pages": 1.5}),
        (BOOKS, {"price": ValueError("as a value")}),
        ("{ grid { genre } }", {"genre": "cookery"}),
        ("{ grid { tags } }", {"tags": "text"}),
        ("{ grid { tags } }", {"tags": ["x", None]}),
        ("{ authors { nodes { books(first: 13) { totalCount } } } }", {}),
        ("{ authors { nodes { books(first: -1) { totalCount } } } }", {}),
        ("{ odd { path } }", {}),
    ],
)
async def test_gives_way_where_the_executor_has_errors(text: str, change: dict[str, Any]) -> None:
    context = toy_rows.Context()
    books = context.store.books
    books["b0"] = books["b0"]._replace(**change)
    with pytest.raises(FallbackToExecutor):
        await query(text).run(VariableValues({}, {}), context)


async def test_gives_way_to_a_condition_that_selects_what_is_not_known() -> None:
    plan = query("query($c: Boolean!) { shops { id } odd @include(if: $c) { loud } }")
    answer = await plan.run(VariableValues({}, {"c": False}), toy_rows.Context())
    assert answer.data is not None
    with pytest.raises(FallbackToExecutor, match="extensions of loud"):
        await plan.run(VariableValues({}, {"c": True}), toy_rows.Context())


def _slow_schema(events: list[str], *, stray: bool = False) -> strawberry.Schema:
    async def wait(name: str) -> str:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(0)
            events.append(name)
            raise
        return name

    @strawberry.type
    class Query:
        @strawberry.field
        async def one(self) -> str:
            return await wait("one")

        @strawberry.field
        async def two(self) -> str:
            return await wait("two")

        @strawberry.field
        async def fails(self) -> str:
            await asyncio.sleep(0)
            if stray:
                raise asyncio.CancelledError
            raise ValueError

    return strawberry.Schema(Query)


@pytest.mark.parametrize("stray", [False, True], ids=["error", "cancelled load"])
async def test_siblings_have_ended_when_a_field_fails(stray: bool) -> None:
    events: list[str] = []
    plan = Planner(_slow_schema(events, stray=stray)).plan(parse("{ one fails two }"), None, 1)
    assert isinstance(plan, QueryPlan)
    before = asyncio.all_tasks()
    with pytest.raises(FallbackToExecutor):
        await plan.run(VariableValues({}, {}), None)
    assert sorted(events) == ["one", "two"]
    assert asyncio.all_tasks() == before


async def test_a_timeout_ends_all_fields() -> None:
    events: list[str] = []
    plan = Planner(_slow_schema(events)).plan(parse("{ one two }"), None, 1)
    assert isinstance(plan, QueryPlan)
    before = asyncio.all_tasks()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await plan.run(VariableValues({}, {}), None)
    assert sorted(events) == ["one", "two"]
    assert asyncio.all_tasks() == before


def test_plans_are_kept_by_key_and_operation_name() -> None:
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


async def test_variants_by_condition_are_bounded() -> None:
    names = [f"c{i}" for i in range(6)]
    declared = ", ".join(f"${name}: Boolean!" for name in names)
    fields = " ".join(f"{name}: shops @include(if: ${name}) {{ id }}" for name in names)
    planner = Planner(toy.SCHEMA)
    plan = planner.plan(parse(f"query({declared}) {{ __typename {fields} }}"), None, 1)
    assert isinstance(plan, QueryPlan)
    sizes = []
    for number in range(64):
        given = {name: bool(number >> i & 1) for i, name in enumerate(names)}
        answer = await plan.run(VariableValues({}, given), toy_rows.Context())
        assert answer.data is not None
        assert len(answer.data) == 1 + number.bit_count()
        sizes.append(planner.byte_count)
    assert max(sizes) < 22 * sizes[0]  # 8 variants of at most 13 fields, not 64
