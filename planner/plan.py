"""A plan of one operation: compiled once for each outcome of its conditions, run many times."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeGuard, TypeVar, cast

import strawberry
from cachetools import FIFOCache
from graphql import (
    ExecutionResult,
    GraphQLNonNull,
    GraphQLObjectType,
    Undefined,
    default_field_resolver,
    default_type_resolver,
    get_named_type,
)
from graphql.execution.collect_fields import FieldDetailsList
from graphql.execution.values import VariableValues
from strawberry.execution import optimized_is_awaitable

from planner.arguments import compile_arguments
from planner.compilation import Compilation
from planner.compiler import compile_region, compile_root
from planner.document import Operation
from planner.errors import Declined, FallbackToExecutor, UnplannableError
from planner.gather import together
from planner.mutations import Payload, PayloadExecutor, Payloads, compile_call
from planner.run import Run, complete, complete_together
from planner.selection_set import Region
from planner.types import Types

_VARIANTS_MAX = 8
_PLAIN = frozenset((str, int, bool, None.__class__, Undefined.__class__))
_is_awaitable = cast(Callable[[Any], TypeGuard[Awaitable[Any]]], optimized_is_awaitable)

Compiled = TypeVar("Compiled")


@dataclass(frozen=True, slots=True)
class PlannerContext:
    """What all plans of one planner share."""

    schema: strawberry.Schema
    types: Types


class OperationPlan(ABC, Generic[Compiled]):
    """An operation, compiled once for each combination of its conditions' values.

    ``on_growth`` is called whenever a variant was compiled.
    """

    def __init__(
        self, context: PlannerContext, operation: Operation, on_growth: Callable[[], None]
    ) -> None:
        self._context = context
        self._operation = operation
        self._on_growth = on_growth
        # each with its count of fields; a lookup takes 0.12 us, and in an LRUCache 0.3 us
        self._variants: FIFOCache[tuple[Any, ...], tuple[Compiled | Declined, int]]
        self._variants = FIFOCache(_VARIANTS_MAX)
        self.field_count = 0  # of all variants
        self._only_variant: Compiled | None = None
        if not operation.conditions:
            self._only_variant = self._variant(VariableValues({}, {}))

    @abstractmethod
    def _compile(self, scope: Compilation) -> Compiled:
        """Compile one variant; raises UnplannableError."""

    def _variant(self, variables: VariableValues) -> Compiled:
        """The variant for these variables; raises UnplannableError."""
        if self._only_variant is not None:
            return self._only_variant
        key = tuple(map(variables.coerced.get, self._operation.conditions))
        try:
            compiled, _ = self._variants[key]
        except KeyError:
            compiled = self._add_variant(key, variables)
        if isinstance(compiled, Declined):
            raise UnplannableError(compiled.reason)
        return compiled

    def _add_variant(self, key: tuple[Any, ...], variables: VariableValues) -> Compiled | Declined:
        context = self._context
        scope = Compilation(context.schema, context.types, self._operation, variables)
        compiled: Compiled | Declined
        try:
            compiled = self._compile(scope)
        except UnplannableError as error:
            compiled = Declined(str(error))
        if len(self._variants) == _VARIANTS_MAX:
            _, (_, dropped_count) = self._variants.popitem()
            self.field_count -= dropped_count
        self._variants[key] = compiled, scope.field_count
        self.field_count += scope.field_count
        self._on_growth()
        return compiled


class QueryPlan(OperationPlan[Region]):
    """A compiled query. It may be run twice, so every doubt raises FallbackToExecutor."""

    def _compile(self, scope: Compilation) -> Region:
        root = scope.schema._schema.query_type
        assert root is not None  # the document is validated
        return compile_root(scope, root)

    async def run(self, given: VariableValues, context: object) -> ExecutionResult:
        """The answer without errors; raises FallbackToExecutor."""
        answers = await _or_rerun(complete(self._region(given), [None], Run(context, given)))
        return ExecutionResult(answers[0], None)

    def batch_key(self, given: VariableValues) -> Hashable:
        """Equal for variables that differ in nothing but the arguments of root fields."""
        inner = self._operation.inner
        if not inner:
            return ()
        # as sent: values that are equal once coerced, 1.0 and 1.00, may yet be told apart
        sent = (given.sources.get(name) for name in inner)
        return tuple(_frozen(Undefined if one is None else one.value) for one in sent)

    async def run_together(
        self, given: Sequence[VariableValues], context: object
    ) -> list[ExecutionResult | FallbackToExecutor]:
        """The answers to variables that are alike, with each load made for all of them at once.

        One that gives way does not take the others with it. The context stands for all, too.
        """
        if len(given) > 1:
            with suppress(
                FallbackToExecutor
            ):  # whose doing it was is found out by running each alone
                return await self._run_at_once(given, context)
        return await together([self._run_alone(one, context) for one in given])

    async def _run_at_once(
        self, given: Sequence[VariableValues], context: object
    ) -> list[ExecutionResult | FallbackToExecutor]:
        some = given[0]
        kept = [name for name in self._operation.inner if name in some.sources]
        sources = {name: some.sources[name] for name in kept}
        coerced = {name: some.coerced[name] for name in kept if name in some.coerced}
        below = Run(context, VariableValues(sources, coerced))
        runs = [Run(context, one) for one in given]
        answers = await _or_rerun(complete_together(self._region(some), runs, below))
        return list(map(_result, answers))

    def _region(self, given: VariableValues) -> Region:
        try:
            return self._variant(given)
        except Exception as error:
            raise FallbackToExecutor(str(error)) from error

    async def _run_alone(
        self, given: VariableValues, context: object
    ) -> ExecutionResult | FallbackToExecutor:
        try:
            return await self.run(given, context)
        except FallbackToExecutor as rerun:
            return rerun


class MutationPlan(OperationPlan[Payloads]):
    """A compiled mutation: the stock executor runs its root fields, one after the other and once,
    with their extensions; only what is selected of their results is planned."""

    def _compile(self, scope: Compilation) -> Payloads:
        return _compile_payloads(scope)

    async def run(self, given: VariableValues, context: object) -> ExecutionResult:
        """The answer with its errors; never raises FallbackToExecutor."""
        fragments = self._operation.fragments
        executor = PayloadExecutor(
            self._context.schema._schema,
            {name: details.definition for name, details in fragments.items()},
            dict(fragments),
            None,
            context,
            self._operation.node,
            given,
            default_field_resolver,
            default_type_resolver,
            default_field_resolver,
            is_awaitable=_is_awaitable,
        )
        try:
            executor.payloads = self._variant(given)
        except Exception:  # conditions that select what plans do not know: the executor does
            executor.payloads = {}
        result = executor.execute_operation()
        answer = await result if _is_awaitable(result) else result
        assert isinstance(answer, ExecutionResult)
        return answer


def _result(answer: Any) -> ExecutionResult | FallbackToExecutor:
    if isinstance(answer, Exception):
        return answer if isinstance(answer, FallbackToExecutor) else FallbackToExecutor(str(answer))
    return ExecutionResult(answer, None)


async def _or_rerun(answers: Awaitable[list[Any]]) -> list[Any]:
    try:
        return await answers
    except FallbackToExecutor:
        raise
    except Exception as error:
        raise FallbackToExecutor(str(error)) from error
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise FallbackToExecutor("a load was cancelled by another") from error


def _compile_payloads(scope: Compilation) -> Payloads:
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
            payloads[key] = _compile_payload(scope, root, key, details)
        except UnplannableError as refusal:
            refusals.append(str(refusal))
    if not payloads:
        raise UnplannableError(refusals[-1])
    return payloads


def _compile_payload(
    scope: Compilation, root: GraphQLObjectType, key: str, details: FieldDetailsList
) -> Payload:
    selected = scope.field(root, key, details)
    named = get_named_type(selected.definition.type)
    assert isinstance(named, GraphQLObjectType)
    region, _ = compile_region(scope, GraphQLNonNull(named), details)
    arguments = compile_arguments(
        scope.schema, selected.definition, selected.declared, details[0].node
    )
    call = compile_call(selected.declared, scope.schema.config.info_class)
    return Payload(region, arguments, call)


def _frozen(value: Any) -> Hashable:
    """A hashable stand-in for a JSON value: equal only for values that nothing can tell apart."""
    if value.__class__ in _PLAIN:
        return value.__class__, value
    if value.__class__ is float:
        return float, repr(value)  # 0.0 equals -0.0
    if isinstance(value, Mapping):
        return (dict, *((key, _frozen(item)) for key, item in value.items()))
    if isinstance(value, list):
        return (list, *map(_frozen, value))
    return object()
