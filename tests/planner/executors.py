"""Runs a parsed document by the stock executor, or by its plan."""

from collections.abc import Mapping
from typing import Any

import strawberry
from graphql import DocumentNode, ExecutionResult, get_operation_ast, parse
from graphql.execution import execute
from graphql.execution.values import VariableValues
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from planner import MutationPlan, Planner, QueryPlan, compile_variables

NO_VARIABLES = VariableValues({}, {})


def query_plan(schema: strawberry.Schema, text: str, **options: Any) -> QueryPlan:
    plan = Planner(schema, **options).plan(parse(text), None, text)
    assert isinstance(plan, QueryPlan), plan
    return plan


async def run_executor(
    schema: strawberry.Schema,
    document: DocumentNode,
    context: object,
    variables: Mapping[str, Any] | None = None,
) -> ExecutionResult:
    result: Any = execute(
        schema._schema,
        document,
        context_value=context,
        variable_values=dict(variables or {}),
        executor_class=StrawberryGraphQLCoreExecutionContext,
        is_awaitable=optimized_is_awaitable,
    )
    awaited: ExecutionResult = await result if optimized_is_awaitable(result) else result
    return awaited


async def run_plan(
    plan: QueryPlan | MutationPlan,
    schema: strawberry.Schema,
    document: DocumentNode,
    context: object,
    variables: Mapping[str, Any] | None = None,
) -> ExecutionResult:
    """Coerces the variables as the server does, and runs the plan of the only operation."""
    operation = get_operation_ast(document)
    assert operation
    definitions = operation.variable_definitions or ()
    coerced = compile_variables(schema._schema, definitions)(dict(variables or {}))
    if isinstance(coerced, list):
        return ExecutionResult(None, coerced)
    return await plan.run(coerced, context)
