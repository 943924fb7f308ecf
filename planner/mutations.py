"""Mutations: the stock executor runs the root fields, compiled selection sets complete results."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial, reduce
from typing import Any, NamedTuple

from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLField,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLResolveInfo,
    Undefined,
    get_named_type,
)
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.pyutils import Path
from strawberry.extensions.field_extension import FieldExtension, build_field_extension_resolvers
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.field import StrawberryField

from planner.arguments import Arguments
from planner.compilation import Compilation
from planner.compiler import compile_selection_set
from planner.errors import UnplannableError
from planner.run import Run, complete
from planner.selection_set import CompiledSelectionSet

ResolverCall = Callable[[GraphQLResolveInfo[Any], Mapping[str, Any]], Awaitable[Any]]


class MutationField(NamedTuple):
    """A compiled root field that returns an object; Strawberry calls the resolver if ``call`` is
    None."""

    selection_set: CompiledSelectionSet
    arguments: Arguments
    call: ResolverCall | None


MutationFields = Mapping[str, MutationField]  # by response key


def compile_mutation(compilation: Compilation) -> MutationFields:
    """The root fields that return objects; raises UnplannableError if there are none."""
    root = compilation.context.schema._schema.mutation_type
    assert root is not None  # the document is valid
    fields, reasons = {}, ["no root field returns an object"]
    for key, details in compilation.root_fields(root).items():
        definition = root.fields.get(details[0].node.name.value)
        type_ = definition and definition.type
        named = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        if not isinstance(named, GraphQLObjectType):
            continue
        try:
            fields[key] = _compile_field(compilation, root, key, details)
        except UnplannableError as error:
            reasons.append(str(error))
    if not fields:
        raise UnplannableError(reasons[-1])
    return fields


def _compile_field(
    compilation: Compilation, root: GraphQLObjectType, key: str, details: FieldDetailsList
) -> MutationField:
    selected = compilation.field(root, key, details)
    named = get_named_type(selected.definition.type)
    assert isinstance(named, GraphQLObjectType)
    selection_set, _ = compile_selection_set(compilation, GraphQLNonNull(named), details)
    call = _compile_call(selected.declared, compilation.context.schema.config.info_class)
    return MutationField(selection_set, compilation.arguments(selected), call)


def _compile_call(field: StrawberryField, info_class: Any) -> ResolverCall | None:
    """Calls the resolver within the field's extensions, as Strawberry does after the arguments.

    None for a field that needs more: its resolver is not async, or reads its parent.
    """
    resolver = field.base_resolver
    if resolver is None or not field.is_async or not all(map(_is_supported, field.extensions)):
        return None
    if resolver.self_parameter or resolver.parent_parameter or resolver.root_parameter:
        return None
    info_name = resolver.info_parameter and resolver.info_parameter.name

    def resolve(_source: Any, info: Any, **arguments: Any) -> Any:
        return resolver(**arguments, **{info_name: info}) if info_name else resolver(**arguments)

    chained = reduce(
        lambda inner, outer: partial(outer, inner), build_field_extension_resolvers(field), resolve
    )

    async def call(raw: GraphQLResolveInfo[Any], arguments: Mapping[str, Any]) -> Any:
        return await chained(None, info_class(_raw_info=raw, _field=field), **arguments)

    return call


def _is_supported(extension: FieldExtension) -> bool:
    keeps_arguments = type(extension).map_arguments is FieldExtension.map_arguments
    return keeps_arguments and extension.supports_async


class MutationExecutor(StrawberryGraphQLCoreExecutionContext):
    """The stock executor, with compiled root fields, and with a result at any time.

    If a compiled selection set fails, graphql-core completes the same object, and so reports the
    exact errors. The resolver runs once.
    """

    mutation_fields: MutationFields = {}
    _root_type: GraphQLObjectType
    _root_fields: GroupedFieldSet | None = None  # by response key, in order; None before the start
    _completed: dict[str, Any]  # the values of the root fields that have ended

    async def result(self) -> ExecutionResult:
        """The result with its errors."""
        executed: Any = self.execute_operation()
        result = await executed if self.is_awaitable(executed) else executed
        assert isinstance(result, ExecutionResult)  # @defer and @stream are not supported
        return result

    def result_so_far(self, error: Exception) -> ExecutionResult:
        """The result after a cancellation: the fields that had not ended have this error."""
        if self._root_fields is None:
            return ExecutionResult(None, [GraphQLError(str(error), original_error=error)])
        data: dict[str, Any] = {}
        try:
            for key, details in self._root_fields.items():
                has_ended = key in self._completed
                data[key] = (
                    self._completed[key] if has_ended else self._missing(key, details, error)
                )
        except GraphQLError as located:  # of a field that must not be null
            return ExecutionResult(None, [*self.collected_errors.errors, located])
        return ExecutionResult(data, self.collected_errors.errors or None)

    def _missing(self, key: str, details: FieldDetailsList, error: Exception) -> str | None:
        name = details[0].node.name.value
        if name == "__typename":
            return self._root_type.name
        path = Path(None, key, self._root_type.name)
        self.handle_field_error(error, self._root_type.fields[name].type, details, path)
        return None

    def execute_fields_serially(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: GroupedFieldSet,
        position_context: Any,
    ) -> Any:
        self._root_type, self._root_fields, self._completed = parent_type, grouped_field_set, {}
        arguments = (parent_type, source_value, path, grouped_field_set, position_context)
        return super().execute_fields_serially(*arguments)

    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: FieldDetailsList,
        path: Path,
        position_context: Any,
    ) -> Any:
        arguments = (parent_type, source, field_details_list, path, position_context)
        if path.prev is not None:
            return super().execute_field(*arguments)
        compiled = self._compiled(path)
        if compiled is None or compiled.call is None:
            return self._noted(path, super().execute_field(*arguments))
        field = parent_type.fields[field_details_list[0].node.name.value]
        return self._execute_root(compiled, compiled.call, field, arguments)

    def _noted(self, path: Path, executed: Any) -> Any:
        """The value of a root field, or what yields it; noted when it is there."""
        if not self.is_awaitable(executed):
            self._completed[str(path.key)] = executed
            return executed

        async def note() -> Any:
            value = self._completed[str(path.key)] = await executed
            return value

        return note()

    def _compiled(self, path: Path) -> MutationField | None:
        return self.mutation_fields.get(str(path.key)) if path.prev is None else None

    async def _execute_root(
        self,
        compiled: MutationField,
        call: ResolverCall,
        field: GraphQLField,
        arguments: tuple[Any, ...],
    ) -> Any:
        """As graphql-core's execute_field, with compiled arguments, call and selection set."""
        parent_type, _, details, path, position_context = arguments
        info = self.build_resolve_info(field, [item.node for item in details], parent_type, path)
        try:
            value = await call(info, compiled.arguments(self.variable_values))
            rest = (details, info, path, value, position_context)
            if value is None or value is Undefined or isinstance(value, Exception):
                completed = self.complete_value(field.type, *rest)
            else:
                object_type = get_named_type(field.type)
                completed = await self._complete_object(
                    compiled.selection_set, (object_type, *rest)
                )
        except Exception as error:
            self.handle_field_error(error, field.type, details, path)
            completed = None
        self._completed[str(path.key)] = completed
        return completed

    def complete_object_value(
        self,
        return_type: GraphQLObjectType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        arguments = (return_type, field_details_list, info, path, result, position_context)
        compiled = self._compiled(path)
        if compiled is None:
            return super().complete_object_value(*arguments)
        return self._complete_object(compiled.selection_set, arguments)

    async def _complete_object(
        self, selection_set: CompiledSelectionSet, arguments: Sequence[Any]
    ) -> Any:
        run = Run(self.context_value, self.variable_values)
        try:
            return (await complete(selection_set, [arguments[4]], run))[0]
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
        except Exception:  # noqa: S110  # whatever it was, graphql-core reports it exactly below
            pass
        completed = super().complete_object_value(*arguments)
        return await completed if self.is_awaitable(completed) else completed
