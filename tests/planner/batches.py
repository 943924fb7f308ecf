"""Variables that may be run together, and what each is told alone."""

import random
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any

from graphql import ExecutionResult, GraphQLSchema, OperationDefinitionNode
from graphql.execution.values import VariableValues, get_variable_values

from planner import FallbackToExecutor, QueryPlan, TooSlowForBatch
from planner.document import read_operation
from tests.planner.documents import Case, Values, other_variables


def alike(
    schema: GraphQLSchema, values: Values, plan: QueryPlan, case: Case, chance: random.Random
) -> list[list[VariableValues]]:
    """Variables for a case in groups that are alike, without those that are like no other."""
    operation = case.document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    found: dict[Hashable, list[VariableValues]] = {}
    for sent in _sent(schema, values, case, chance):
        given = get_variable_values(schema, operation.variable_definitions or (), sent)
        if isinstance(given, VariableValues):
            found.setdefault(plan.batch_key(given), []).append(given)
    return [some for some in found.values() if len(some) > 1]


def _sent(
    schema: GraphQLSchema, values: Values, case: Case, chance: random.Random
) -> Iterator[dict[str, Any]]:
    """The case's variables twice, with others anywhere, and with others for root fields alone."""
    inner = read_operation(case.document, None).nested_variables
    kept = {name: value for name, value in case.variables.items() if name in inner}
    yield from (case.variables, dict(case.variables))
    for number in range(7):
        other = other_variables(schema, values, case, chance)
        if number > 2:
            other = kept | {name: other[name] for name in other if name not in inner}
        yield other


async def in_company(
    plan: QueryPlan, given: Sequence[VariableValues], make_context: Callable[[], object]
) -> list[ExecutionResult | FallbackToExecutor]:
    """The answers of a run together, and of those that it left behind as late, alone."""
    answers = await plan.run_batch(given, make_context())
    return [
        await alone(plan, one, make_context()) if isinstance(answer, TooSlowForBatch) else answer
        for one, answer in zip(given, answers, strict=True)
    ]


async def alone(
    plan: QueryPlan, given: VariableValues, context: object
) -> ExecutionResult | FallbackToExecutor:
    """The answer, or that there is none."""
    try:
        return await plan.run(given, context)
    except FallbackToExecutor as rerun:
        return rerun
