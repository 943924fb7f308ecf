"""Executes a parsed document, by the stock executor or another."""

from typing import Any

import strawberry
from graphql import DocumentNode, ExecutionResult
from graphql.execution import execute
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext as Stock

__all__ = ["Stock", "answer"]


async def answer(
    executor: type[Stock],
    schema: strawberry.Schema,
    document: DocumentNode,
    context: object,
    variables: dict[str, Any] | None = None,
) -> ExecutionResult:
    result: Any = execute(
        schema._schema,
        document,
        context_value=context,
        variable_values=variables,
        executor_class=executor,
        is_awaitable=optimized_is_awaitable,
    )
    found: ExecutionResult = await result if optimized_is_awaitable(result) else result
    return found
