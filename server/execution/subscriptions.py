"""Subscriptions as streams of results, for every transport."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Coroutine, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from cachetools import FIFOCache
from graphql import ExecutionResult, Executor, GraphQLError
from graphql.error import GraphQLFormattedError
from graphql.execution import create_source_event_stream, map_source_to_response_event
from strawberry.execution.is_awaitable import optimized_is_awaitable

from resolvers.loaders import Loaders
from server import errors
from server.errors import HttpError, OperationRejected
from server.execution import unstarted
from server.ops import refused

_SHARED_MAX = 256  # results, the newest ones
_STARTING_MAX = 8  # subscriptions that start at the same time: each takes one or two statements


class SharedResults:
    """What subscriptions share: the results of equal documents, each executed once, and the right
    to start."""

    def __init__(self) -> None:
        self._tasks: FIFOCache[Hashable, asyncio.Task[ExecutionResult]] = FIFOCache(_SHARED_MAX)
        self.open: Counter[str] = Counter()  # streams, by root field
        self.starting = asyncio.Semaphore(_STARTING_MAX)

    @contextmanager
    def is_open(self, root_field: str) -> Iterator[None]:
        """Count a stream while the block runs."""
        self.open[root_field] += 1
        try:
            yield
        finally:
            self.open[root_field] -= 1

    async def get(
        self, key: Hashable, execute: Callable[[], Coroutine[Any, Any, ExecutionResult]]
    ) -> ExecutionResult:
        """The result for this key; the first caller executes it."""
        task = self._tasks.get(key)
        if task is None:
            task = self._tasks[key] = asyncio.create_task(execute())
            task.add_done_callback(lambda done: self._drop_failed(key, done))
        return await asyncio.shield(task)  # other subscribers await it too

    def _drop_failed(self, key: Hashable, task: "asyncio.Task[ExecutionResult]") -> None:
        has_failed = task.cancelled() or task.exception() is not None or task.result().errors
        if has_failed and self._tasks.get(key) is task:
            del self._tasks[key]


async def opened(
    executor: Executor[Any], timeout_ms: int, shared: SharedResults, operation: Hashable
) -> AsyncGenerator[ExecutionResult, None]:
    """The results of a subscription, one per event; raises OperationRejected.

    The iterator raises the error that ends the stream. `operation` is all that a result depends on
    besides the event.
    """
    async with shared.starting, asyncio.timeout(timeout_ms / 1_000):
        source: Any = create_source_event_stream(executor)
        if optimized_is_awaitable(source):
            source = await source
    if isinstance(source, ExecutionResult):
        raise OperationRejected(source.errors or [])

    def result(event_executor: Executor[Any]) -> Coroutine[Any, Any, ExecutionResult]:
        key = (operation, event_executor.root_value)
        return shared.get(key, lambda: _execute(event_executor, timeout_ms))

    return map_source_to_response_event(executor, source, result)


def failure(error: Exception, request_id: str) -> list[GraphQLFormattedError]:
    """The errors that a subscriber gets when an operation fails or its stream ends early."""
    refused.count(error)
    if isinstance(error, OperationRejected):
        return [errors.formatted(each, request_id) for each in error.errors]
    if isinstance(error, GraphQLError):
        return [errors.formatted(error, request_id)]
    if isinstance(error, HttpError):
        body = errors.rejected(error, request_id)
    else:
        body = errors.unexpected(error, request_id)
    return body["errors"]  # type: ignore[no-any-return]  # it was made just now


async def _execute(executor: Executor[Any], timeout_ms: int) -> ExecutionResult:
    # The subscription lives for hours: one event's loaded rows must not be used for the next.
    executor.context_value = replace(executor.context_value, loaders=Loaders())
    async with asyncio.timeout(timeout_ms / 1_000):
        return await unstarted.closing(executor, partial(executor.execute_operation, False))
