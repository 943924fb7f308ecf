"""A plan of one operation: compiled once for each outcome of its conditions, run many times."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeGuard, TypeVar, cast

import strawberry
from graphql import DocumentNode, ExecutionResult, GraphQLNonNull, GraphQLObjectType
from graphql.execution.values import VariableValues, get_variable_values
from strawberry.execution import optimized_is_awaitable

from planner.compiler import compile_region, compile_root
from planner.document import Operation
from planner.errors import Declined, Rerun, UnplannableError
from planner.payloads import PayloadExecutor, Payloads
from planner.run import Run, complete
from planner.scope import Scope
from planner.types import Types

_VARIANTS_MAX = 8
_is_awaitable = cast(Callable[[Any], TypeGuard[Awaitable[Any]]], optimized_is_awaitable)

Compiled = TypeVar("Compiled")


@dataclass(frozen=True, slots=True)
class Ground:
    """What every plan of one planner stands on. ``on_growth`` is called when a plan has grown."""

    schema: strawberry.Schema
    types: Types
    fields_max: int
    shares_arguments: bool
    on_growth: Callable[[], None]


class _Variants(Generic[Compiled]):
    """What was compiled of one operation, by the values of the variables in its conditions."""

    def __init__(
        self, ground: Ground, operation: Operation, compile_: Callable[[Scope], Compiled]
    ) -> None:
        self._ground = ground
        self._operation = operation
        self._compile = compile_
        self._known: OrderedDict[tuple[Any, ...], tuple[Compiled | Declined, int]] = OrderedDict()

    @property
    def field_count(self) -> int:
        return sum(count for _, count in self._known.values())

    def get(self, variables: VariableValues) -> Compiled:
        """UnplannableError when these conditions select what plans do not know."""
        key = tuple(map(variables.coerced.get, self._operation.conditions))
        if key not in self._known:
            self._add(key, variables)
        found = self._known[key][0]
        if isinstance(found, Declined):
            raise UnplannableError(found.reason)
        return found

    def _add(self, key: tuple[Any, ...], variables: VariableValues) -> None:
        ground = self._ground
        fields_max = ground.fields_max
        scope = Scope(
            ground.schema,
            ground.types,
            self._operation,
            variables,
            fields_max,
            ground.shares_arguments,
        )
        compiled: Compiled | Declined
        try:
            compiled = self._compile(scope)
        except UnplannableError as refusal:
            compiled = Declined(str(refusal))
        if len(self._known) == _VARIANTS_MAX:
            self._known.popitem(last=False)
        self._known[key] = compiled, fields_max - scope.fields_left
        ground.on_growth()


class QueryPlan:
    """A compiled query. Running it twice does no harm, so every doubt ends in Rerun."""

    def __init__(self, ground: Ground, operation: Operation) -> None:
        root = ground.schema._schema.query_type
        assert root is not None  # the document is validated
        self._graph = ground.schema._schema
        self._definitions = operation.node.variable_definitions or ()
        self.variants = _Variants(ground, operation, lambda scope: compile_root(scope, root))
        if not operation.conditions:
            self.variants.get(VariableValues({}, {}))

    async def run(self, variables: Mapping[str, Any] | None, context: object) -> ExecutionResult:
        """The answer without errors, or Rerun."""
        try:
            given = get_variable_values(self._graph, self._definitions, dict(variables or {}))
        except Exception as error:
            raise Rerun(str(error)) from error
        if isinstance(given, list):
            raise Rerun("variables")
        return await self.run_coerced(given, context)

    async def run_coerced(self, given: VariableValues, context: object) -> ExecutionResult:
        """The answer without errors, or Rerun; for a caller that has coerced the variables."""
        try:
            answers = await complete(self.variants.get(given), [None], Run(context, given))
        except Rerun:
            raise
        except Exception as error:
            raise Rerun(str(error)) from error
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            raise Rerun("a load was cancelled by another") from error
        return ExecutionResult(answers[0], None)


class MutationPlan:
    """A compiled mutation: the stock executor runs its root fields, one after the other and once,
    with their extensions; only what is selected of their results is planned."""

    def __init__(
        self, ground: Ground, operation: Operation, document: DocumentNode, name: str | None
    ) -> None:
        self._graph = ground.schema._schema
        self._document = document
        self._name = name
        self.variants = _Variants(ground, operation, _compile_payloads)
        if not operation.conditions:
            self.variants.get(VariableValues({}, {}))

    async def run(self, variables: Mapping[str, Any] | None, context: object) -> ExecutionResult:
        """The answer with its errors; never Rerun."""
        executor = PayloadExecutor.build(
            self._graph,
            self._document,
            context_value=context,
            raw_variable_values=dict(variables or {}),
            operation_name=self._name,
            is_awaitable=_is_awaitable,
        )
        if isinstance(executor, list):
            return ExecutionResult(None, executor)
        assert isinstance(executor, PayloadExecutor)
        try:
            executor.payloads = self.variants.get(executor.variable_values)
        except Exception:  # conditions that select what plans do not know: the executor does
            executor.payloads = {}
        result = executor.execute_operation()
        answer = await result if _is_awaitable(result) else result
        assert isinstance(answer, ExecutionResult)
        return answer


def _compile_payloads(scope: Scope) -> Payloads:
    """Regions for the root fields that give objects; UnplannableError when there are none."""
    root = scope.schema._schema.mutation_type
    assert root is not None  # the document is validated
    payloads, refusals = {}, ["no object is selected"]
    for key, details in scope.root_fields(root).items():
        definition = root.fields.get(details[0].node.name.value)
        type_ = definition and definition.type
        named = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        if not isinstance(named, GraphQLObjectType):
            continue
        try:
            payloads[key], _ = compile_region(scope, GraphQLNonNull(named), details)
        except UnplannableError as refusal:
            refusals.append(str(refusal))
    if not payloads:
        raise UnplannableError(refusals[-1])
    return payloads
