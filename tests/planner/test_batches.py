"""Queries that are run together are answered as each is alone, and loaded for once."""

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
from tests.planner.batches import alike, alone, in_company
from tests.planner.documents import cases

CASES = int(os.environ.get("PLANNER_CASES", "250"))
GRAPH = toy.SCHEMA._schema
ABSENT = object()  # of a variable that is not sent


def plan_of(text: str, schema: strawberry.Schema = toy.SCHEMA) -> QueryPlan:
    made = Planner(schema).plan(parse(text), None, text)
    assert isinstance(made, QueryPlan), made
    return made


def coerced(text: str, **variables: Any) -> VariableValues:
    sent = {name: value for name, value in variables.items() if value is not ABSENT}
    definitions = parse(text).definitions[0].variable_definitions or ()  # type: ignore[attr-defined]  # an operation
    found = get_variable_values(GRAPH, definitions, sent)
    assert isinstance(found, VariableValues), found
    return found


def told(answer: ExecutionResult | FallbackToExecutor) -> str:
    return "rerun" if isinstance(answer, FallbackToExecutor) else repr(answer.data)


async def together(text: str, *given: dict[str, Any]) -> tuple[list[str], toy_rows.Context]:
    """What queries that are alike are told, once each has been told the same alone."""
    plan, context = plan_of(text), toy_rows.Context()
    variables = [coerced(text, **one) for one in given]
    assert len(set(map(plan.batch_key, variables))) == 1
    answers = list(map(told, await plan.run_batch(variables, context)))
    assert answers == [told(await alone(plan, one, toy_rows.Context())) for one in variables]
    return answers, context


# ------------------------------------------------------------------------------ random documents


def _outcome(answers: Sequence[ExecutionResult | FallbackToExecutor]) -> str:
    gave_way = sum(isinstance(answer, FallbackToExecutor) for answer in answers)
    return "rerun" if gave_way == len(answers) else "mixed" if gave_way else "answered"


@pytest.mark.parametrize("dirt", [0.0, 0.04], ids=["clean", "dirty"])
async def test_answers_are_those_given_alone(dirt: float) -> None:
    planner = Planner(toy.SCHEMA)
    seen: Counter[str] = Counter()
    for seed, case in cases(
        GRAPH, toy_rows.argument, range(CASES), leave_out=frozenset({"Query.odd"})
    ):
        store = partial(toy_rows.Store, seed % 50, dirt)
        plan = planner.plan(case.document, None, case.text)
        if not (isinstance(plan, QueryPlan) and case.takes):
            continue
        for some in alike(GRAPH, toy_rows.argument, plan, case, random.Random(seed)):
            answers = await in_company(plan, some, lambda s=store: toy_rows.Context(s()))  # type: ignore[misc]  # mypy cannot tell its type
            lone = [await alone(plan, one, toy_rows.Context(store())) for one in some]
            assert list(map(told, answers)) == list(map(told, lone)), (case.text, some)
            different = len({repr(one.coerced) for one in some}) > 1
            seen[_outcome(answers) if different else "equal"] += 1
    assert seen["answered"] > CASES * 0.2, seen
    assert seen["mixed"] > CASES * 0.01, seen


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
    "told(value: $v)": ("JSON", (ABSENT, *JSON, *OBJECTS)),
    "told(value: {a: [$v]})": ("ID", (ABSENT, None, 1, "1", "01")),
    "told(price: $v)": ("Decimal", (ABSENT, None, "1.0", "1.00", "1", 1)),
    "id @include(if: $v)": ("Boolean!", (True, False)),
    "told(value: 1) @skip(if: $v)": ("Boolean!", (True, False)),
}


@pytest.mark.parametrize("where", BELOW)
@pytest.mark.parametrize("field", INNER)
async def test_what_differs_below_the_root_is_not_alike(field: str, where: str) -> None:
    type_, values = INNER[field]
    text = BELOW[where].format(type=type_, field=field)
    plan = plan_of(text)
    likenesses = [plan.batch_key(coerced(text, v=value, x="b1")) for value in values]
    assert len(set(likenesses)) == len(values)
    assert [plan.batch_key(coerced(text, v=value)) for value in values] == likenesses
    answers = [told(await plan.run(coerced(text, v=v), toy_rows.Context())) for v in values]
    kinds = {"Boolean!": 2, "ID": 4, "Decimal": 5, "JSON": len(values)}
    assert len(set(answers)) == kinds[type_], answers  # that is why


OUTER = (
    "query Q($v: ID = null) { node(id: $v) { told(value: 1) } }",
    'query Q($v: ID!) { a: author(by: {id: $v}) { name } b: nodes(ids: [$v, "b1"]) { id } }',
    "query Q($v: ID!) { author(by: {id: $v}) { ...F } } fragment F on Author { name }",
)


@pytest.mark.parametrize("text", OUTER)
async def test_what_differs_in_arguments_of_root_fields_is_alike(text: str) -> None:
    text = text.replace("ID = null", 'ID! = "a0"')
    answers, _ = await together(text, *({"v": id} for id in ("a0", "a1", "a2", "nobody", "a0")))
    assert "a1" not in answers[0]


async def test_a_query_that_differs_below_the_root_has_its_own_arguments_there() -> None:
    text = "query Q($v: JSON, $x: ID!) { node(id: $x) { told(value: $v) } }"
    answers, _ = await together(text, {"x": "a0", "v": 0}, {"x": "a1", "v": 0}, {"x": "b1", "v": 0})
    assert [f"{id} 0" in answer for id, answer in zip(("a0", "a1", "b1"), answers, strict=True)]


# ------------------------------------------------------------------------------ what is shared


async def test_each_relation_is_loaded_once_for_all() -> None:
    text = """query Q($id: ID!, $n: Int!) { author(by: {id: $id}) { books(first: 3) { nodes {
        author { name } } } } authors(first: $n) { nodes { books { totalCount } } } }"""
    given = [{"id": f"a{n}", "n": n} for n in range(4)]
    answers, context = await together(text, *given)
    assert len(set(answers)) == 4
    assert Counter(context.calls) == {
        "author": 4,
        "authors": 4,
        "books_of_author": 2,  # of two root fields
        "author_of_book": 1,
        "total_of_page": 1,
    }


async def test_a_row_that_several_ask_for_is_loaded_for_once() -> None:
    text = "query Q($id: ID!) { node(id: $id) { id ... on Book { author { name } } } }"
    ids = ["b0", "b1", "b0", "a0", "nobody", "b1"]
    answers, context = await together(text, *({"id": id} for id in ids))
    assert context.parent_counts["author_of_book"] == 2
    assert answers[0] == answers[2] != answers[1] == answers[5]


async def test_a_root_field_with_a_batch_is_loaded_once_for_all() -> None:
    text = "query Q($id: ID!) { one: node(id: $id) { id } two: node(id: $id) { __typename } }"
    answers, context = await together(text, *({"id": id} for id in ("a0", "b1", "nobody", "a0")))
    assert context.calls == ["nodes_by_id", "nodes_by_id"]  # one for each of its two places
    assert answers[2] == "{'one': None, 'two': None}"


async def test_nothing_but_what_the_schema_says_needs_no_rows() -> None:
    answers, _ = await together("query Q($x: ID) { __typename a: __typename }", {}, {"x": "1"})
    assert answers == ["{'__typename': 'Query', 'a': 'Query'}"] * 2


# ------------------------------------------------------------------------------- one that fails


async def test_an_error_of_a_root_field_is_of_its_query_alone() -> None:
    text = "query Q($v: Boolean!) { fails(hard: $v) shops { books { id } } }"
    answers, context = await together(text, {"v": False}, {"v": True}, {"v": False})
    assert [answer == "rerun" for answer in answers] == [False, True, False]
    assert context.calls == ["books_of_shop"]  # for the others, nothing was done again


async def test_an_error_of_every_root_field_is_every_ones() -> None:
    text = "query Q($v: Int) { fails(hard: true) authors(first: $v) { nodes { id } } }"
    answers, _ = await together(text, {"v": 1}, {"v": 2})
    assert answers == ["rerun", "rerun"]


async def test_null_where_none_may_be_is_of_its_query_alone() -> None:
    text = "query Q($id: ID!) { node(id: $id) { id ... on Author { name awards } } }"
    plan, context = plan_of(text), toy_rows.Context()
    context.store.authors["a1"].awards = None
    given = [coerced(text, id=id) for id in ("a0", "a1", "b1")]
    answers = list(map(told, await plan.run_batch(given, context)))
    assert [answer == "rerun" for answer in answers] == [False, True, False]


async def test_an_error_below_is_of_those_alone_who_met_it() -> None:
    """The batch function refuses one author of all."""
    text = "query Q($id: ID!) { author(by: {id: $id}) { books(first: 13) { totalCount } } }"
    answers, _ = await together(text, {"id": "a0"}, {"id": "a1"}, {"id": "a2"})
    assert [answer == "rerun" for answer in answers] == [False, True, False]


# ----------------------------------------------------------------------------- odd root fields


async def _two(info: Any, parents: list[Any]) -> list[int]:
    return [1, 2]


async def _each(info: Any, given: Sequence[Mapping[str, Any]]) -> list[Any]:
    if any(arguments["how"] == "short" for arguments in given):
        return ["one too few"] * (len(given) - 1)
    return [KeyError() if arguments["how"] == "fails" else "each" for arguments in given]


@strawberry.type
class _Query:
    two: int = toy.batched(_two)

    @strawberry.field(metadata={"load_many": _each})
    def each(self, how: str) -> str:
        return "alone"

    @strawberry.field
    async def waits(self, info: strawberry.Info, how: str) -> str:
        """Cancels itself, or waits until it is cancelled, or neither."""
        if how == "cancelled":
            raise asyncio.CancelledError
        info.context.append("began")
        try:
            await asyncio.sleep({"long": 3_600, "a while": 0.12}.get(how, 0))
        finally:
            await asyncio.sleep(0)
            info.context.append("ended")
        return how


ODD = strawberry.Schema(_Query)


async def test_a_wrong_number_of_values_is_refused() -> None:
    plan, none = plan_of("{ two }", ODD), VariableValues({}, {})
    for given in ([none], [none, none]):
        assert set(map(told, await plan.run_batch(given, []))) == {"rerun"}


WAITS = "query Q($v: String!) { waits(how: $v) }"


EACH = "query Q($v: String!) { each(how: $v) }"


async def test_a_batch_of_root_fields_that_gives_too_few_values_is_not_believed() -> None:
    given = [coerced(EACH, v=how) for how in ("short", "", "")]
    answers = await plan_of(EACH, ODD).run_batch(given, [])
    assert list(map(told, answers)) == ["{'each': 'alone'}"] * 3


async def test_an_error_in_a_batch_of_root_fields_is_of_its_query_alone() -> None:
    given = [coerced(EACH, v=how) for how in ("", "fails", "")]
    answers = await plan_of(EACH, ODD).run_batch(given, [])
    assert list(map(told, answers)) == ["{'each': 'each'}", "rerun", "{'each': 'each'}"]


async def test_nobody_waits_for_one_whose_root_field_takes_much_longer() -> None:
    seen: list[str] = []
    given = [coerced(WAITS, v=how) for how in ("short", "long", "short")]
    answers = await plan_of(WAITS, ODD).run_batch(given, seen)
    assert [type(answer) for answer in answers] == [
        ExecutionResult,
        TooSlowForBatch,
        ExecutionResult,
    ]
    assert seen.count("began") == seen.count("ended") == 3


async def test_none_is_late_while_most_take_as_long() -> None:
    given = [coerced(WAITS, v=how) for how in ("short", "a while", "a while", "a while")]
    answers = await plan_of(WAITS, ODD).run_batch(given, [])
    assert all(isinstance(answer, ExecutionResult) for answer in answers)


async def test_a_load_that_another_cancelled_is_an_error_of_its_query_alone() -> None:
    given = [coerced(WAITS, v=how) for how in ("short", "cancelled", "short")]
    answers = await plan_of(WAITS, ODD).run_batch(given, [])
    assert list(map(told, answers)) == ["{'waits': 'short'}", "rerun", "{'waits': 'short'}"]


async def test_whoever_cancels_them_all_leaves_nothing_running() -> None:
    seen: list[str] = []
    given = [coerced(WAITS, v=how) for how in ("long", "short", "long")]
    running = asyncio.ensure_future(plan_of(WAITS, ODD).run_batch(given, seen))
    while seen.count("ended") == 0:  # noqa: ASYNC110  # of one, which tells it in no other way
        await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert seen.count("began") == seen.count("ended") == 3


def test_variables_of_one_plan_can_be_compared_in_any_pair() -> None:
    """A batch_key is a key: it must have a hash, whatever was sent."""
    text = "query Q($v: JSON) { authors { nodes { told(value: $v) } } }"
    plan = plan_of(text)
    for one, other in combinations((*JSON, *OBJECTS), 2):
        assert {plan.batch_key(coerced(text, v=one)), plan.batch_key(coerced(text, v=other))}
