"""A query in a batch has the result that it has alone, and the batch loads everything once."""

import asyncio
import os
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import combinations
from typing import Any

import pytest
import strawberry
from graphql import ExecutionResult, parse
from graphql.execution.values import VariableValues, get_variable_values

from planner import FallbackToExecutor, Planner, QueryPlan, TooSlowForBatch
from tests.planner import toy, toy_rows
from tests.planner.batches import batches, run_alone, run_batch
from tests.planner.documents import cases
from tests.planner.executors import NO_VARIABLES, query_plan

CASES = int(os.environ.get("PLANNER_CASES", "250"))
GRAPH = toy.SCHEMA._schema
ABSENT = object()  # in place of a variable's value: the variable is not sent


def coerced(text: str, **variables: Any) -> VariableValues:
    sent = {name: value for name, value in variables.items() if value is not ABSENT}
    definitions = parse(text).definitions[0].variable_definitions or ()  # type: ignore[attr-defined]  # an operation
    values = get_variable_values(GRAPH, definitions, sent)
    assert isinstance(values, VariableValues), values
    return values


def shown(result: ExecutionResult | FallbackToExecutor) -> str:
    return "fallback" if isinstance(result, FallbackToExecutor) else repr(result.data)


async def run(text: str, *variables: dict[str, Any]) -> tuple[list[str], toy_rows.Context]:
    """The results of a batch, which must equal those of each query alone, and its context."""
    plan, context = query_plan(toy.SCHEMA, text), toy_rows.Context()
    batch = [coerced(text, **values) for values in variables]
    assert len(set(map(plan.batch_key, batch))) == 1
    results = list(map(shown, await plan.run_batch(batch, context)))
    alone = [await run_alone(plan, values, toy_rows.Context()) for values in batch]
    assert results == list(map(shown, alone))
    return results, context


# ------------------------------------------------------------------------------ random documents


def _outcome(results: Sequence[ExecutionResult | FallbackToExecutor]) -> str:
    fallbacks = sum(isinstance(result, FallbackToExecutor) for result in results)
    return "fallback" if fallbacks == len(results) else "mixed" if fallbacks else "planned"


@pytest.mark.parametrize("wrong_share", [0.0, 0.04], ids=["valid rows", "wrong rows"])
async def test_random_batches_have_the_results_of_each_query_alone(wrong_share: float) -> None:
    planner = Planner(toy.SCHEMA)
    outcomes: Counter[str] = Counter()
    for seed, case in cases(
        GRAPH, toy_rows.argument, range(CASES), leave_out=frozenset({"Query.unsupported"})
    ):
        store = partial(toy_rows.Store, seed % 50, wrong_share)
        plan = planner.plan(case.document, None, case.text)
        if not (isinstance(plan, QueryPlan) and case.variable_types):
            continue
        for batch in batches(GRAPH, toy_rows.argument, plan, case, random.Random(seed)):
            results = await run_batch(plan, batch, lambda s=store: toy_rows.Context(s()))  # type: ignore[misc]  # mypy cannot infer it
            alone = [await run_alone(plan, one, toy_rows.Context(store())) for one in batch]
            assert list(map(shown, results)) == list(map(shown, alone)), (case.text, batch)
            are_different = len({repr(one.coerced) for one in batch}) > 1
            outcomes[_outcome(results) if are_different else "equal"] += 1
    assert outcomes["planned"] > CASES * 0.2, outcomes
    assert outcomes["mixed"] > CASES * 0.01, outcomes


# -------------------------------------------------------------------------------------- batch_key

BELOW = {
    "below the root": 'query Q($v: {type}, $x: ID = "a1") {{ node(id: $x) {{ {field} }} }}',
    "in a fragment of the root": """query Q($v: {type}, $x: ID = "a1") {{
        node(id: $x) {{ id }} ...F }} fragment F on Query {{ shops {{ {field} }} }}""",
    "in an inline fragment": """query Q($v: {type}, $x: ID = "a1") {{ node(id: $x) {{
        ... on Node {{ a: {field} }} }} }}""",
    "in both places": """query Q($v: {type}, $x: ID = "a1") {{ node(id: $x) {{ {field} }}
        authors(filter: {{names: ["Ada"]}}) {{ nodes {{ books {{ nodes {{ {field} }} }} }} }} }}""",
}
JSON = (None, 0, 0.0, -0.0, 1, 1.0, True, False, "1", "", [], {}, [1], [True], [[1]], ["a", 1])
OBJECTS = ({"a": 1}, {"a": True}, {"a": None}, {"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": [-0.0]})
INNER: dict[str, tuple[str, tuple[Any, ...]]] = {
    "echo(value: $v)": ("JSON", (ABSENT, *JSON, *OBJECTS)),
    "echo(value: {a: [$v]})": ("ID", (ABSENT, None, 1, "1", "01")),
    "echo(price: $v)": ("Decimal", (ABSENT, None, "1.0", "1.00", "1", 1)),
    "id @include(if: $v)": ("Boolean!", (True, False)),
    "echo(value: 1) @skip(if: $v)": ("Boolean!", (True, False)),
}


@pytest.mark.parametrize("where", BELOW)
@pytest.mark.parametrize("field", INNER)
async def test_queries_that_differ_below_the_root_have_different_batch_keys(
    field: str, where: str
) -> None:
    type_, values = INNER[field]
    text = BELOW[where].format(type=type_, field=field)
    plan = query_plan(toy.SCHEMA, text)
    keys = [plan.batch_key(coerced(text, v=value, x="b1")) for value in values]
    assert len(set(keys)) == len(values)
    assert [plan.batch_key(coerced(text, v=value)) for value in values] == keys
    results = [shown(await plan.run(coerced(text, v=v), toy_rows.Context())) for v in values]
    counts = {"Boolean!": 2, "ID": 4, "Decimal": 5, "JSON": len(values)}
    assert len(set(results)) == counts[type_], results  # the reason for different keys


OUTER = (
    "query Q($v: ID = null) { node(id: $v) { echo(value: 1) } }",
    'query Q($v: ID!) { a: author(by: {id: $v}) { name } b: nodes(ids: [$v, "b1"]) { id } }',
    "query Q($v: ID!) { author(by: {id: $v}) { ...F } } fragment F on Author { name }",
)


@pytest.mark.parametrize("text", OUTER)
async def test_queries_that_differ_in_arguments_of_root_fields_run_as_a_batch(text: str) -> None:
    text = text.replace("ID = null", 'ID! = "a0"')
    results, _ = await run(text, *({"v": id} for id in ("a0", "a1", "a2", "nobody", "a0")))
    assert "a1" not in results[0]


async def test_a_batch_has_the_common_arguments_below_the_root() -> None:
    text = "query Q($v: JSON, $x: ID!) { node(id: $x) { echo(value: $v) } }"
    results, _ = await run(text, {"x": "a0", "v": 0}, {"x": "a1", "v": 0}, {"x": "b1", "v": 0})
    assert all(f"{id} 0" in result for id, result in zip(("a0", "a1", "b1"), results, strict=True))


# ---------------------------------------------------------------------------------- shared loads


async def test_a_relation_is_loaded_once_for_a_batch() -> None:
    text = """query Q($id: ID!, $n: Int!) { author(by: {id: $id}) { books(first: 3) { nodes {
        author { name } } } } authors(first: $n) { nodes { books { totalCount } } } }"""
    results, context = await run(text, *({"id": f"a{n}", "n": n} for n in range(4)))
    assert len(set(results)) == 4
    assert Counter(context.calls) == {
        "author": 4,
        "authors": 4,
        "books_of_author": 2,  # one for each of two root fields
        "author_of_book": 1,
        "total_of_page": 1,
    }


async def test_a_row_of_several_queries_is_loaded_for_once() -> None:
    text = "query Q($id: ID!) { node(id: $id) { id ... on Book { author { name } } } }"
    ids = ["b0", "b1", "b0", "a0", "nobody", "b1"]
    results, context = await run(text, *({"id": id} for id in ids))
    assert context.parent_counts["author_of_book"] == 2
    assert results[0] == results[2] != results[1] == results[5]


async def test_a_root_field_with_load_many_is_loaded_once_for_a_batch() -> None:
    text = "query Q($id: ID!) { one: node(id: $id) { id } two: node(id: $id) { __typename } }"
    results, context = await run(text, *({"id": id} for id in ("a0", "b1", "nobody", "a0")))
    assert context.calls == ["nodes_by_id", "nodes_by_id"]  # one for each of its two aliases
    assert results[2] == "{'one': None, 'two': None}"


async def test_a_batch_without_fields_to_load() -> None:
    results, _ = await run("query Q($x: ID) { __typename a: __typename }", {}, {"x": "1"})
    assert results == ["{'__typename': 'Query', 'a': 'Query'}"] * 2


# ---------------------------------------------------------------------------------------- errors


async def test_only_the_query_whose_root_field_fails_falls_back() -> None:
    text = "query Q($v: Boolean!) { fails(hard: $v) shops { books { id } } }"
    results, context = await run(text, {"v": False}, {"v": True}, {"v": False})
    assert [result == "fallback" for result in results] == [False, True, False]
    assert context.calls == ["books_of_shop"]  # the other queries did not run again


async def test_all_queries_fall_back_if_the_root_field_of_each_fails() -> None:
    text = "query Q($v: Int) { fails(hard: true) authors(first: $v) { nodes { id } } }"
    results, _ = await run(text, {"v": 1}, {"v": 2})
    assert results == ["fallback", "fallback"]


async def test_only_the_query_with_a_wrong_null_falls_back() -> None:
    text = "query Q($id: ID!) { node(id: $id) { id ... on Author { name awards } } }"
    plan, context = query_plan(toy.SCHEMA, text), toy_rows.Context()
    context.store.authors["a1"].awards = None
    batch = [coerced(text, id=id) for id in ("a0", "a1", "b1")]
    results = list(map(shown, await plan.run_batch(batch, context)))
    assert [result == "fallback" for result in results] == [False, True, False]


async def test_only_the_query_with_an_error_below_the_root_falls_back() -> None:
    """The batch function returns an error for one of the authors."""
    text = "query Q($id: ID!) { author(by: {id: $id}) { books(first: 13) { totalCount } } }"
    results, _ = await run(text, {"id": "a0"}, {"id": "a1"}, {"id": "a2"})
    assert [result == "fallback" for result in results] == [False, True, False]


# ------------------------------------------------------------------------- unusual root fields


async def _two(info: Any, parents: list[Any]) -> list[int]:
    return [1, 2]


async def _load_many(info: Any, queries: Sequence[Mapping[str, Any]]) -> list[Any]:
    if any(arguments["how"] == "short" for arguments in queries):
        return ["one too few"] * (len(queries) - 1)
    return [KeyError() if arguments["how"] == "fails" else "batch" for arguments in queries]


@strawberry.type
class _Query:
    two: int = toy.batched(_two)

    @strawberry.field(metadata={"load_many": _load_many})
    def loads(self, how: str) -> str:
        return "alone"

    @strawberry.field
    async def waits(self, info: strawberry.Info, how: str) -> str:
        """Is cancelled, or waits for a long or short time."""
        if how == "cancelled":
            raise asyncio.CancelledError
        info.context.append("began")
        try:
            await asyncio.sleep({"long": 3_600, "a while": 0.12}.get(how, 0))
        finally:
            await asyncio.sleep(0)
            info.context.append("ended")
        return how


UNUSUAL = strawberry.Schema(_Query)


async def test_a_batch_falls_back_if_the_number_of_values_is_wrong() -> None:
    plan = query_plan(UNUSUAL, "{ two }")
    for size in (1, 2):
        assert set(map(shown, await plan.run_batch([NO_VARIABLES] * size, []))) == {"fallback"}


WAITS = "query Q($v: String!) { waits(how: $v) }"
LOADS = "query Q($v: String!) { loads(how: $v) }"


async def run_unusual(text: str, *hows: str, context: object = ()) -> list[Any]:
    batch = [coerced(text, v=how) for how in hows]
    return await query_plan(UNUSUAL, text).run_batch(batch, context)


async def test_each_query_runs_alone_if_load_many_returns_too_few_values() -> None:
    results = await run_unusual(LOADS, "short", "", "")
    assert list(map(shown, results)) == ["{'loads': 'alone'}"] * 3


async def test_only_the_query_with_an_error_of_load_many_falls_back() -> None:
    results = await run_unusual(LOADS, "", "fails", "")
    assert list(map(shown, results)) == ["{'loads': 'batch'}", "fallback", "{'loads': 'batch'}"]


async def test_a_batch_does_not_wait_for_a_root_field_that_takes_much_longer() -> None:
    events: list[str] = []
    results = await run_unusual(WAITS, "short", "long", "short", context=events)
    assert list(map(type, results)) == [ExecutionResult, TooSlowForBatch, ExecutionResult]
    assert events.count("began") == events.count("ended") == 3


async def test_no_query_is_too_slow_if_most_take_as_long() -> None:
    results = await run_unusual(WAITS, "short", "a while", "a while", "a while", context=[])
    assert all(isinstance(result, ExecutionResult) for result in results)


async def test_only_the_query_with_a_cancelled_load_falls_back() -> None:
    results = await run_unusual(WAITS, "short", "cancelled", "short", context=[])
    assert list(map(shown, results)) == ["{'waits': 'short'}", "fallback", "{'waits': 'short'}"]


async def test_nothing_is_left_running_when_a_batch_is_cancelled() -> None:
    events: list[str] = []
    batch = run_unusual(WAITS, "long", "short", "long", context=events)
    running = asyncio.ensure_future(batch)
    while events.count("ended") == 0:  # noqa: ASYNC110  # the field has no event to wait for
        await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert events.count("began") == events.count("ended") == 3


def test_batch_keys_are_hashable_and_comparable_for_all_json_values() -> None:
    text = "query Q($v: JSON) { authors { nodes { echo(value: $v) } } }"
    plan = query_plan(toy.SCHEMA, text)
    for pair in combinations((*JSON, *OBJECTS), 2):
        assert {plan.batch_key(coerced(text, v=value)) for value in pair}
