"""Plans: an operation that is compiled once and run many times."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Generic, TypeGuard, TypeVar, cast

from cachetools import FIFOCache
from graphql import ExecutionResult, Undefined, default_field_resolver, default_type_resolver
from graphql.execution.values import VariableValues
from strawberry.execution import optimized_is_awaitable

from planner.compilation import Compilation, PlannerContext
from planner.compiler import compile_root
from planner.document import Operation
from planner.errors import FallbackToExecutor, Unplannable, UnplannableError
from planner.gather import gather_or_cancel
from planner.mutations import MutationExecutor, MutationFields, compile_mutation
from planner.run import Run, complete, complete_batch
from planner.selection_set import CompiledSelectionSet

_VARIANTS_MAX = 8
_CONSTANT_CLASSES = frozenset((str, int, bool, None.__class__, Undefined.__class__))
_is_awaitable = cast(Callable[[Any], TypeGuard[Awaitable[Any]]], optimized_is_awaitable)

Compiled = TypeVar("Compiled")


class OperationPlan(ABC, Generic[Compiled]):
    """An operation, with one compiled variant for each combination of its conditions' values.

    ``on_growth`` is called whenever a variant is added.
    """

    def __init__(
        self, context: PlannerContext, operation: Operation, on_growth: Callable[[], None]
    ) -> None:
        self._context = context
        self._operation = operation
        self._on_growth = on_growth
        # Each with its count of fields. A lookup takes 0.12 us, and in an LRUCache 0.3 us.
        self._variants: FIFOCache[tuple[Any, ...], tuple[Compiled | Unplannable, int]]
        self._variants = FIFOCache(_VARIANTS_MAX)
        self.field_count = 0  # of all variants
        self._only_variant: Compiled | None = None
        if not operation.condition_variables:
            self._only_variant = self._variant(VariableValues({}, {}))

    @abstractmethod
    def _compile(self, compilation: Compilation) -> Compiled:
        """Compiles one variant; raises UnplannableError."""

    def _variant(self, variables: VariableValues) -> Compiled:
        """The variant for these variables; raises UnplannableError."""
        if self._only_variant is not None:
            return self._only_variant
        key = tuple(map(variables.coerced.get, self._operation.condition_variables))
        try:
            compiled, _ = self._variants[key]
        except KeyError:
            compiled = self._add_variant(key, variables)
        if isinstance(compiled, Unplannable):
            raise UnplannableError(compiled.reason)
        return compiled

    def _add_variant(
        self, key: tuple[Any, ...], variables: VariableValues
    ) -> Compiled | Unplannable:
        compilation = Compilation(self._context, self._operation, variables)
        compiled: Compiled | Unplannable
        try:
            compiled = self._compile(compilation)
        except UnplannableError as error:
            compiled = Unplannable(str(error))
        if len(self._variants) == _VARIANTS_MAX:
            _, (_, dropped_count) = self._variants.popitem()
            self.field_count -= dropped_count
        self._variants[key] = compiled, compilation.field_count
        self.field_count += compilation.field_count
        self._on_growth()
        return compiled


class QueryPlan(OperationPlan[CompiledSelectionSet]):
    """A compiled query. In any doubt it raises FallbackToExecutor: a query may run twice."""

    def _compile(self, compilation: Compilation) -> CompiledSelectionSet:
        root = compilation.context.schema._schema.query_type
        assert root is not None  # the document is valid
        return compile_root(compilation, root)

    async def run(self, variables: VariableValues, context: object) -> ExecutionResult:
        """The result, which has no errors; raises FallbackToExecutor."""
        completing = complete(self._selection_set(variables), [None], Run(context, variables))
        return ExecutionResult((await _or_fall_back(completing))[0], None)

    def batch_key(self, variables: VariableValues) -> Hashable:
        """Equal for variables that differ in the arguments of root fields only."""
        nested = self._operation.nested_variables
        if not nested:
            return ()
        # The JSON values: coerced values may be equal (1.0 and 1.00), and still be distinguishable.
        sources = (variables.sources.get(name) for name in nested)
        return tuple(_hashable(Undefined if one is None else one.value) for one in sources)

    async def run_batch(
        self, batch: Sequence[VariableValues], context: object
    ) -> list[ExecutionResult | FallbackToExecutor]:
        """The results for variables of one batch key; each load runs once for all of them.

        A query that falls back does not affect the others. All share the context.
        """
        if len(batch) > 1:
            with suppress(FallbackToExecutor):  # running each alone shows which one failed
                return await self._run_batch(batch, context)
        return await gather_or_cancel([self._run_alone(one, context) for one in batch])

    async def _run_batch(
        self, batch: Sequence[VariableValues], context: object
    ) -> list[ExecutionResult | FallbackToExecutor]:
        first = batch[0]
        names = [name for name in self._operation.nested_variables if name in first.sources]
        sources = {name: first.sources[name] for name in names}
        coerced = {name: first.coerced[name] for name in names if name in first.coerced}
        nested = Run(context, VariableValues(sources, coerced))
        runs = [Run(context, variables) for variables in batch]
        completing = complete_batch(self._selection_set(first), runs, nested)
        return list(map(_execution_result, await _or_fall_back(completing)))

    def _selection_set(self, variables: VariableValues) -> CompiledSelectionSet:
        try:
            return self._variant(variables)
        except Exception as error:
            raise FallbackToExecutor(str(error)) from error

    async def _run_alone(
        self, variables: VariableValues, context: object
    ) -> ExecutionResult | FallbackToExecutor:
        try:
            return await self.run(variables, context)
        except FallbackToExecutor as fallback:
            return fallback


class MutationPlan(OperationPlan[MutationFields]):
    """A compiled mutation. The stock executor runs the root fields once, in order, with their
    extensions; compiled selection sets complete the objects that they return."""

    def _compile(self, compilation: Compilation) -> MutationFields:
        return compile_mutation(compilation)

    async def run(self, variables: VariableValues, context: object) -> ExecutionResult:
        """The result with its errors; never raises FallbackToExecutor."""
        return await self.executor(variables, context).result()

    def executor(self, variables: VariableValues, context: object) -> MutationExecutor:
        """One execution, which can be asked for its result so far when it is cancelled."""
        fragments = self._operation.fragments
        executor = MutationExecutor(
            self._context.schema._schema,
            {name: details.definition for name, details in fragments.items()},
            dict(fragments),
            None,
            context,
            self._operation.node,
            variables,
            default_field_resolver,
            default_type_resolver,
            default_field_resolver,
            is_awaitable=_is_awaitable,
        )
        with suppress(Exception):  # the conditions select what plans do not support
            executor.mutation_fields = self._variant(variables)
        return executor


def _execution_result(result: Any) -> ExecutionResult | FallbackToExecutor:
    if isinstance(result, FallbackToExecutor):
        return result
    if isinstance(result, Exception):
        return FallbackToExecutor(str(result))
    return ExecutionResult(result, None)


async def _or_fall_back(completing: Awaitable[list[Any]]) -> list[Any]:
    """The awaited results; raises FallbackToExecutor for any error."""
    try:
        return await completing
    except FallbackToExecutor:
        raise
    except Exception as error:
        raise FallbackToExecutor(str(error)) from error
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise FallbackToExecutor("a load was cancelled, but this task was not") from error


def _hashable(value: Any) -> Hashable:
    """A key for a JSON value: equal keys only for values that no resolver can distinguish."""
    if value.__class__ in _CONSTANT_CLASSES:
        return value.__class__, value
    if value.__class__ is float:
        return float, repr(value)  # 0.0 equals -0.0
    if isinstance(value, Mapping):
        return (dict, *((key, _hashable(item)) for key, item in value.items()))
    if isinstance(value, list):
        return (list, *map(_hashable, value))
    return object()
