"""Variables of queries that may run as one batch, and the result of each query alone."""

import random
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any

from graphql import ExecutionResult, GraphQLSchema, OperationDefinitionNode
from graphql.execution.values import VariableValues, get_variable_values

from planner import FallbackToExecutor, QueryPlan, TooSlowForBatch
from planner.document import read_operation
from tests.planner.documents import Case, MakeValue, other_variables


def batches(
    schema: GraphQLSchema, make_value: MakeValue, plan: QueryPlan, case: Case, rng: random.Random
) -> list[list[VariableValues]]:
    """Variables for a case, grouped by batch key; groups of one are left out."""
    operation = case.document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    by_key: dict[Hashable, list[VariableValues]] = {}
    for variables in _variable_sets(schema, make_value, case, rng):
        coerced = get_variable_values(schema, operation.variable_definitions or (), variables)
        if isinstance(coerced, VariableValues):
            by_key.setdefault(plan.batch_key(coerced), []).append(coerced)
    return [batch for batch in by_key.values() if len(batch) > 1]


def _variable_sets(
    schema: GraphQLSchema, make_value: MakeValue, case: Case, rng: random.Random
) -> Iterator[dict[str, Any]]:
    """The case's variables twice, three sets of others, and four of others for root fields only."""
    nested = read_operation(case.document, None).nested_variables
    kept = {name: value for name, value in case.variables.items() if name in nested}
    yield from (case.variables, dict(case.variables))
    for number in range(7):
        other = other_variables(schema, make_value, case, rng)
        if number > 2:
            other = kept | {name: other[name] for name in other if name not in nested}
        yield other


async def run_batch(
    plan: QueryPlan, batch: Sequence[VariableValues], make_context: Callable[[], object]
) -> list[ExecutionResult | FallbackToExecutor]:
    """The results of a batch; queries that were too slow for it run alone, as in the server."""
    results = await plan.run_batch(batch, make_context())
    return [
        await run_alone(plan, variables, make_context())
        if isinstance(result, TooSlowForBatch)
        else result
        for variables, result in zip(batch, results, strict=True)
    ]


async def run_alone(
    plan: QueryPlan, variables: VariableValues, context: object
) -> ExecutionResult | FallbackToExecutor:
    try:
        return await plan.run(variables, context)
    except FallbackToExecutor as fallback:
        return fallback
