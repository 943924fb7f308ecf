"""Subscriptions as streams of results, whatever carries them."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Coroutine, Hashable
from dataclasses import replace
from typing import Any

from graphql import ExecutionResult, Executor, GraphQLError
from graphql.error import GraphQLFormattedError
from graphql.execution import create_source_event_stream, map_source_to_response_event
from strawberry.execution.is_awaitable import optimized_is_awaitable

from resolvers.loaders import Loaders
from server import errors
from server.errors import HttpError, OperationRejected
from server.ops.logs import request_id

_KEPT_MAX = 256  # results, the newest ones


class SharedResults:
    """What subscribers with the same document get for the same event is made once for all."""

    def __init__(self) -> None:
        self._made: OrderedDict[Hashable, asyncio.Task[ExecutionResult]] = OrderedDict()

    async def result(
        self, key: Hashable, make: Callable[[], Coroutine[Any, Any, ExecutionResult]]
    ) -> ExecutionResult:
        """The result under this key, which `make` makes for whoever asks first."""
        task = self._made.get(key)
        if task is None:
            task = self._made[key] = asyncio.create_task(make())
            task.add_done_callback(lambda done: self._drop_failed(key, done))
            if len(self._made) > _KEPT_MAX:
                self._made.popitem(last=False)
        return await asyncio.shield(task)  # others wait for it too

    def _drop_failed(self, key: Hashable, task: "asyncio.Task[ExecutionResult]") -> None:
        failed = task.cancelled() or task.exception() is not None or task.result().errors
        if failed and self._made.get(key) is task:
            del self._made[key]


async def opened(
    executor: Executor[Any], timeout_ms: int, shared: SharedResults, asked: Hashable
) -> AsyncGenerator[ExecutionResult, None]:
    """The results of a subscription, one an event; raises OperationRejected when it cannot begin.

    What ends the stream is raised by the iterator. `asked` is all that the result for an event
    depends on, but for the event.
    """
    source: Any = create_source_event_stream(executor)
    if optimized_is_awaitable(source):
        async with asyncio.timeout(timeout_ms / 1_000):
            source = await source
    if isinstance(source, ExecutionResult):
        raise OperationRejected(source.errors or [])

    def result(of_event: Executor[Any]) -> Coroutine[Any, Any, ExecutionResult]:
        key = (asked, of_event.root_value)
        return shared.result(key, lambda: _executed(of_event, timeout_ms))

    return map_source_to_response_event(executor, source, result)


def failure(cause: Exception) -> list[GraphQLFormattedError]:
    """What a subscriber is told of an operation that failed, or of a stream that ended early."""
    if isinstance(cause, OperationRejected):
        return [errors.formatted(error, request_id.get()) for error in cause.errors]
    if isinstance(cause, GraphQLError):
        return [errors.formatted(cause, request_id.get())]
    if isinstance(cause, HttpError):
        told = errors.plain(str(cause), cause.code, request_id.get())
    else:
        told = errors.unexpected(cause, request_id.get())
    return told["errors"]  # type: ignore[no-any-return]  # it was made just now


async def _executed(executor: Executor[Any], timeout_ms: int) -> ExecutionResult:
    # The operation lives for hours: what one event has loaded must not be shown with the next.
    executor.context_value = replace(executor.context_value, loaders=Loaders())
    async with asyncio.timeout(timeout_ms / 1_000):
        result: Any = executor.execute_operation(False)
        if optimized_is_awaitable(result):
            result = await result
    assert isinstance(result, ExecutionResult)  # @defer and @stream are not in the schema
    return result
