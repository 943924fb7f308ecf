"""Executes a parsed document by the stock executor, or by its plan."""

from collections.abc import Mapping
from typing import Any

import strawberry
from graphql import DocumentNode, ExecutionResult, get_operation_ast
from graphql.execution import execute
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext as Stock

from planner import MutationPlan, QueryPlan, compile_variables

__all__ = ["Stock", "answer", "run_plan"]


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


async def run_plan(
    plan: QueryPlan | MutationPlan,
    schema: strawberry.Schema,
    document: DocumentNode,
    context: object,
    variables: Mapping[str, Any] | None = None,
) -> ExecutionResult:
    """Coerces the variables and runs the plan of the document's only operation."""
    operation = get_operation_ast(document)
    assert operation
    definitions = operation.variable_definitions or ()
    values = compile_variables(schema._schema, definitions)(dict(variables or {}))
    if isinstance(values, list):
        return ExecutionResult(None, values)
    return await plan.run(values, context)
