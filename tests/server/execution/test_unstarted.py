"""No coroutine of an operation that fails is left for Python to warn about."""

import asyncio
import gc
import warnings
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from graphql import ExecutionResult, Executor, build_schema, parse
from strawberry.execution.is_awaitable import optimized_is_awaitable

from server.execution import unstarted

_SCHEMA = build_schema(
    "type Query { a: A, list: [A], bad: Int! } type A { a: A, list: [A], n: Int }"
)
_DOCUMENT = parse("""{
    a { n a { n list { n m: n a { n } } } }
    list { n a { n m: n } }
    bad }""")
_STEPS = range(10)  # of the event loop, after which the field fails or the operation is cancelled


class _Node:
    """An object whose fields are awaited, or not."""

    async def n(self, _: Any) -> int:
        return 1

    def a(self, _: Any) -> "_Node":
        return _Node()

    async def list(self, _: Any) -> "list[_Node]":
        return [_Node(), _Node()]


class _Root(_Node):
    def __init__(self, steps: int) -> None:
        self._steps = steps

    async def bad(self, _: Any) -> int:
        for _step in range(self._steps):
            await asyncio.sleep(0)
        raise ValueError


def _executor(steps: int) -> Executor[Any]:
    executor = Executor.build(_SCHEMA, _DOCUMENT, root_value=_Root(steps))
    assert isinstance(executor, Executor)
    return executor


async def _by_core_alone(executor: Executor[Any]) -> Any:
    executor.is_awaitable = optimized_is_awaitable  # type: ignore[assignment]  # a predicate
    result: Any = executor.execute_operation()
    return await result


async def _closing(executor: Executor[Any]) -> ExecutionResult:
    return await unstarted.closing(executor, executor.execute_operation)


async def _fail(run: Callable[[Executor[Any]], Awaitable[Any]], steps: int) -> None:
    result = await run(_executor(steps))
    assert (result.data, len(result.errors)) == (None, 1)


async def _cancel(run: Callable[[Executor[Any]], Awaitable[Any]], steps: int) -> None:
    task = asyncio.ensure_future(run(_executor(len(_STEPS) + 1)))
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def _warnings(
    run: Callable[[Executor[Any]], Awaitable[Any]], end: Callable[..., Awaitable[None]]
) -> list[str]:
    """What Python warns about while operations end early, after each number of steps."""
    found: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        # only the text: a recorded warning would keep its coroutine, which warned again later
        warnings.showwarning = lambda message, *_, **__: found.append(str(message))
        for steps in _STEPS:
            await end(run, steps)
            for _ in range(len(_STEPS)):  # for what has been left to run
                await asyncio.sleep(0)
        gc.collect()
    return found


@pytest.mark.parametrize("end", [_fail, _cancel])
async def test_what_is_left_unstarted_is_closed(end: Callable[..., Awaitable[None]]) -> None:
    left = await _warnings(_by_core_alone, end)
    assert any("never awaited" in line for line in left)  # else there is nothing to close any more
    assert await _warnings(_closing, end) == []


async def test_a_result_without_an_error_is_that_of_the_executor() -> None:
    document = parse("{ a { n list { n a { n } } } }")
    executor = Executor.build(_SCHEMA, document, root_value=_Root(0))
    assert isinstance(executor, Executor)
    result = await _closing(executor)
    node = {"n": 1, "a": {"n": 1}}
    assert (result.data, result.errors) == ({"a": {"n": 1, "list": [node, node]}}, None)
