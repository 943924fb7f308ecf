"""A mutation that is cancelled still has the results of the root fields that had ended."""

import asyncio

import pytest
import strawberry
from graphql import ExecutionResult, parse

from planner import MutationExecutor, MutationPlan, Planner
from tests.planner.executors import NO_VARIABLES


@strawberry.type
class Thing:
    name: str


@strawberry.type
class Query:
    hello: str = "hello"


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def add(self, name: str) -> Thing | None:
        if not name:
            raise ValueError("no name")
        return Thing(name=name)

    @strawberry.mutation
    async def wait(self) -> Thing | None:
        return await _forever()

    @strawberry.mutation
    async def wait_strictly(self) -> Thing:
        return await _forever()


async def _forever() -> Thing:
    await asyncio.Event().wait()
    raise AssertionError


SCHEMA = strawberry.Schema(Query, Mutation)


def _executor(text: str, *, is_compiled: bool) -> MutationExecutor:
    document = parse(text)
    plan = Planner(SCHEMA).plan(document, None, text)
    assert isinstance(plan, MutationPlan), plan
    executor = plan.executor(NO_VARIABLES, None)
    if not is_compiled:
        executor.mutation_fields = {}
    return executor


async def _cancelled(executor: MutationExecutor) -> ExecutionResult:
    task = asyncio.ensure_future(executor.result())
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    return executor.result_so_far(TimeoutError("too late"))


@pytest.mark.parametrize("is_compiled", [True, False])
async def test_the_fields_that_have_ended_are_in_the_result(is_compiled: bool) -> None:
    text = """mutation { a: add(name: "a") { name } x: add(name: "") { name } b: wait { name }
        c: add(name: "c") { name } d: __typename }"""
    result = await _cancelled(_executor(text, is_compiled=is_compiled))
    assert result.data == {"a": {"name": "a"}, "x": None, "b": None, "c": None, "d": "Mutation"}
    errors = [(error.path, error.message) for error in result.errors or ()]
    assert errors == [(["x"], "no name"), (["b"], "too late"), (["c"], "too late")]


@pytest.mark.parametrize("is_compiled", [True, False])
async def test_a_field_that_must_not_be_null_leaves_no_data(is_compiled: bool) -> None:
    text = 'mutation { a: add(name: "a") { name } b: waitStrictly { name } }'
    result = await _cancelled(_executor(text, is_compiled=is_compiled))
    assert result.data is None
    assert [error.path for error in result.errors or ()] == [["b"]]


async def test_before_the_start_there_is_only_the_error() -> None:
    executor = _executor('mutation { add(name: "a") { name } }', is_compiled=True)
    result = executor.result_so_far(TimeoutError("too late"))
    assert result.data is None
    (error,) = result.errors or ()
    assert isinstance(error.original_error, TimeoutError)
    assert error.path is None
