"""Runs a mutation's root fields as the stock executor does, and their results by regions."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial, reduce
from typing import Any, NamedTuple

from graphql import GraphQLField, GraphQLObjectType, GraphQLResolveInfo, Undefined, get_named_type
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import Path
from strawberry.extensions.field_extension import FieldExtension, build_field_extension_resolvers
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.field import StrawberryField

from planner.arguments import Arguments
from planner.run import Run, complete
from planner.selection_set import Region

Call = Callable[[GraphQLResolveInfo[Any], Mapping[str, Any]], Awaitable[Any]]


class Payload(NamedTuple):
    """A root field that gives an object, and how it is called; ``call`` None leaves that to
    Strawberry."""

    region: Region
    arguments: Arguments
    call: Call | None


Payloads = Mapping[str, Payload]  # by response key of the root field


def compile_call(field: StrawberryField, info_class: Any) -> Call | None:
    """What Strawberry does with converted arguments: the resolver within the field's extensions.

    None for a field that needs more than that: one that is not async, or reads its parent.
    """
    resolver = field.base_resolver
    if resolver is None or not field.is_async or not all(map(_is_plain, field.extensions)):
        return None
    if resolver.self_parameter or resolver.parent_parameter or resolver.root_parameter:
        return None
    info_name = resolver.info_parameter and resolver.info_parameter.name

    def resolve(_source: Any, info: Any, **given: Any) -> Any:
        return resolver(**given, **{info_name: info}) if info_name else resolver(**given)

    chained = reduce(
        lambda inner, outer: partial(outer, inner), build_field_extension_resolvers(field), resolve
    )

    async def call(raw: GraphQLResolveInfo[Any], arguments: Mapping[str, Any]) -> Any:
        return await chained(None, info_class(_raw_info=raw, _field=field), **arguments)

    return call


def _is_plain(extension: FieldExtension) -> bool:
    keeps_arguments = type(extension).map_arguments is FieldExtension.map_arguments
    return keeps_arguments and extension.supports_async


class PayloadExecutor(StrawberryGraphQLCoreExecutionContext):
    """Completes the object that a root field gave by its region; where that fails, completes the
    same object in the stock way, which gives the exact errors. The field is not run again."""

    payloads: Payloads = {}

    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: FieldDetailsList,
        path: Path,
        position_context: Any,
    ) -> Any:
        """As graphql-core does it, with arguments and call compiled where they can be."""
        payload = self._payload(path)
        given = (parent_type, source, field_details_list, path, position_context)
        if payload is None or payload.call is None:
            return super().execute_field(*given)
        field = parent_type.fields[field_details_list[0].node.name.value]
        return self._execute_root(payload, field, given)

    def _payload(self, path: Path) -> Payload | None:
        return self.payloads.get(str(path.key)) if path.prev is None else None

    async def _execute_root(
        self, payload: Payload, field: GraphQLField, given: tuple[Any, ...]
    ) -> Any:
        parent_type, _, details, path, position_context = given
        assert payload.call is not None
        info = self.build_resolve_info(field, [one.node for one in details], parent_type, path)
        try:
            result = await payload.call(info, payload.arguments(self.variable_values))
            rest = (details, info, path, result, position_context)
            if result is None or result is Undefined or isinstance(result, Exception):
                return self.complete_value(field.type, *rest)
            return await self._complete_by(payload.region, (get_named_type(field.type), *rest))
        except Exception as error:
            self.handle_field_error(error, field.type, details, path)
            return None

    def complete_object_value(
        self,
        return_type: GraphQLObjectType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        given = (return_type, field_details_list, info, path, result, position_context)
        payload = self._payload(path)
        if payload is None:
            return super().complete_object_value(*given)
        return self._complete_by(payload.region, given)

    async def _complete_by(self, region: Region, given: Sequence[Any]) -> Any:
        run = Run(self.context_value, self.variable_values)
        try:
            return (await complete(region, [given[4]], run))[0]
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
        except Exception:  # noqa: S110  # whatever it was, the stock way says it exactly
            pass
        completed = super().complete_object_value(*given)
        return await completed if self.is_awaitable(completed) else completed
