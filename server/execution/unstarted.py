"""Closes the coroutines that graphql-core makes and never starts.

Where a field fails, graphql-core cancels the tasks of the fields beside it. A task that is
cancelled before its first step never runs its coroutine, which holds coroutines of the fields below
it: nobody awaits these any more. Python warns "coroutine ... was never awaited" when it frees them,
in whatever code runs at that time. In code without `__import__`, such as what `namedtuple` runs to
make a class, the warning fails, and stderr has "Exception ignored in: <coroutine object ...>" with
a KeyError.
"""

import asyncio
from collections.abc import Callable
from inspect import CORO_CREATED, getcoroutinestate
from types import CoroutineType
from typing import Any

from graphql import ExecutionResult, Executor
from strawberry.execution.is_awaitable import optimized_is_awaitable

# as in `optimized_is_awaitable`: no look at the attributes of most values
_PLAIN = frozenset((type(None), bool, int, float, str, bytes, list, tuple, dict, set, frozenset))


async def closing(executor: Executor[Any], execute: Callable[[], object]) -> ExecutionResult:
    """The result of an execution; what it leaves unstarted after an error is closed."""
    made: list[CoroutineType[Any, Any, Any]] = []
    append = made.append

    def is_awaitable(value: Any) -> bool:
        """Whether a field's value is to be awaited: the executor asks for each one."""
        kind = type(value)
        if kind is CoroutineType:
            append(value)
            return True
        return kind not in _PLAIN and optimized_is_awaitable(value)

    executor.is_awaitable = is_awaitable  # type: ignore[assignment]  # a predicate, not typed as TypeGuard
    try:
        result: Any = execute()
        if optimized_is_awaitable(result):
            result = await result
    except BaseException:
        _close_when_ended(executor, made)
        raise
    assert isinstance(result, ExecutionResult)  # @defer and @stream are not in the schema
    if result.errors:
        _close_when_ended(executor, made)
    return result


def _close_when_ended(executor: Executor[Any], made: "list[CoroutineType[Any, Any, Any]]") -> None:
    """Close the unstarted coroutines as soon as no task can start them any more."""

    def close(_: object = None) -> None:
        for coroutine in made:
            if getcoroutinestate(coroutine) == CORO_CREATED:
                coroutine.close()
        made.clear()

    if not made:
        return
    if background := list(executor.background_futures):
        asyncio.gather(*background, return_exceptions=True).add_done_callback(close)
    else:  # after the first steps of the tasks that have been cancelled just now
        asyncio.get_running_loop().call_soon(close)
