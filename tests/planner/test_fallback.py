"""Unplannable documents, plans that fall back to the executor, and tasks after an error."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import strawberry
from graphql import parse
from graphql.execution.values import VariableValues
from strawberry.extensions import SchemaExtension

from planner import FallbackToExecutor, Planner, Unplannable
from tests.planner import toy, toy_rows
from tests.planner.executors import NO_VARIABLES, query_plan

UNPLANNABLE = {
    "subscription { ticks }": "subscription",
    "{ __schema { description } }": "field Query.__schema is not declared by Strawberry",
    '{ __type(name: "Book") { name } }': "field Query.__type is not declared by Strawberry",
    "{ unsupported { loud } }": "field loud has extensions or no resolver",
    "{ shops { id @unknown } }": "directive @unknown is not supported",
    "mutation { count }": "no root field returns an object",
    "query A { shops { id } } query B { shops { id } }": "not exactly one operation to run",
}


@pytest.mark.parametrize("text", UNPLANNABLE)
def test_unplannable(text: str) -> None:
    assert Planner(toy.SCHEMA).plan(parse(text), None, text) == Unplannable(UNPLANNABLE[text])


def test_a_document_whose_fragments_multiply_is_unplannable() -> None:
    levels = "".join(
        f"fragment F{i} on Author {{ books {{ nodes {{ a: author {{ ...F{i + 1} }} "
        f"b: author {{ ...F{i + 1} }} }} }} }} "
        for i in range(14)
    )
    text = f'{{ author(by: {{id: "a0"}}) {{ ...F0 }} }} {levels} fragment F14 on Author {{ id }}'
    assert Planner(toy.SCHEMA).plan(parse(text), None, 1) == Unplannable("more than 5000 fields")


def test_all_documents_are_unplannable_if_extensions_resolve_fields() -> None:
    class Traced(SchemaExtension):
        def resolve(self, _next: Any, root: Any, info: Any, *args: Any, **kwargs: Any) -> Any:
            return _next(root, info, *args, **kwargs)

    planner = Planner(toy.schema(extensions=[Traced]))
    assert isinstance(planner.plan(parse("{ shops { id } }"), None, 1), Unplannable)


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
        ("{ unsupported { path } }", {}),
    ],
)
async def test_a_plan_falls_back_if_the_executor_has_errors(
    text: str, change: dict[str, Any]
) -> None:
    context = toy_rows.Context()
    books = context.store.books
    books["b0"] = books["b0"]._replace(**change)
    with pytest.raises(FallbackToExecutor):
        await query_plan(toy.SCHEMA, text).run(NO_VARIABLES, context)


async def test_a_plan_falls_back_if_a_condition_selects_an_unsupported_field() -> None:
    plan = query_plan(
        toy.SCHEMA, "query($c: Boolean!) { shops { id } unsupported @include(if: $c) { loud } }"
    )
    result = await plan.run(VariableValues({}, {"c": False}), toy_rows.Context())
    assert result.data is not None
    with pytest.raises(FallbackToExecutor, match="field loud has extensions"):
        await plan.run(VariableValues({}, {"c": True}), toy_rows.Context())


def _slow_schema(events: list[str], *, cancels: bool = False) -> strawberry.Schema:
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
            if cancels:
                raise asyncio.CancelledError
            raise ValueError

    return strawberry.Schema(Query)


@pytest.mark.parametrize("cancels", [False, True], ids=["error", "cancelled load"])
async def test_sibling_fields_have_ended_when_an_error_is_raised(cancels: bool) -> None:
    events: list[str] = []
    plan = query_plan(_slow_schema(events, cancels=cancels), "{ one fails two }")
    before = _own_tasks()
    with pytest.raises(FallbackToExecutor):
        await plan.run(NO_VARIABLES, None)
    assert sorted(events) == ["one", "two"]
    assert _own_tasks() == before


async def test_all_fields_have_ended_after_a_timeout() -> None:
    events: list[str] = []
    plan = query_plan(_slow_schema(events), "{ one two }")
    before = _own_tasks()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await plan.run(NO_VARIABLES, None)
    assert sorted(events) == ["one", "two"]
    assert _own_tasks() == before


def _own_tasks() -> set[asyncio.Task[Any]]:
    """The tasks of plans and of this file; servers of other tests make and end tasks meanwhile."""
    code = {task: getattr(task.get_coro(), "cr_code", None) for task in asyncio.all_tasks()}
    return {
        task for task, each in code.items() if each and "planner" in Path(each.co_filename).parts
    }
