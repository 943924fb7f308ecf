"""Subscriptions as streams of results, whatever carries them."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

from graphql import ExecutionResult, Executor, GraphQLError
from graphql.error import GraphQLFormattedError
from graphql.execution import create_source_event_stream, map_source_to_response_event
from strawberry.execution.is_awaitable import optimized_is_awaitable

from resolvers.loaders import Loaders
from server import errors
from server.errors import HttpError, Refused
from server.logs import request_id


async def opened(executor: Executor[Any], timeout_ms: int) -> AsyncGenerator[ExecutionResult, None]:
    """The results of a subscription, one an event; raises Refused when it cannot begin.

    What ends the stream is raised by the iterator.
    """
    source: Any = create_source_event_stream(executor)
    if optimized_is_awaitable(source):
        async with asyncio.timeout(timeout_ms / 1_000):
            source = await source
    if isinstance(source, ExecutionResult):
        raise Refused(source.errors or [])
    return map_source_to_response_event(
        executor, source, lambda of_event: _executed(of_event, timeout_ms)
    )


def failure(cause: Exception) -> list[GraphQLFormattedError]:
    """What a subscriber is told of an operation that failed, or of a stream that ended early."""
    if isinstance(cause, Refused):
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
