"""How a field's values are loaded: by its batch function, or by its resolver for each parent."""

from collections.abc import Mapping, Sequence
from inspect import isawaitable
from typing import Any

from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

from planner.errors import UnplannableError
from planner.gather import gather_or_cancel
from planner.info import PlanInfo
from planner.selection_set import Load


def compile_load(field: StrawberryField) -> tuple[Load, frozenset[str] | None]:
    """How to load a field that has a resolver, and which attributes that reads of the parents.

    None in place of the attributes: the field does not declare them.
    """
    if field.extensions or field.is_subscription or field.base_resolver is None:
        raise UnplannableError(f"field {field.python_name} has extensions or no resolver")
    needs: frozenset[str] | None = field.metadata.get("needs")
    batch = field.metadata.get("batch")
    if batch is None:
        resolver = field.base_resolver
        return _load_each(resolver), needs if _reads_parent(resolver) else frozenset()

    async def load_batch(
        info: PlanInfo, parents: Sequence[Any], arguments: Mapping[str, Any]
    ) -> Sequence[Any]:
        values: Sequence[Any] = await batch(info, parents, **arguments)
        return values

    return load_batch, needs


def _reads_parent(resolver: StrawberryResolver[Any]) -> bool:
    return bool(resolver.self_parameter or resolver.parent_parameter or resolver.root_parameter)


def _load_each(resolver: StrawberryResolver[Any]) -> Load:
    """Calls the resolver as Strawberry does, for all parents concurrently."""
    by_name = [p.name for p in (resolver.parent_parameter, resolver.root_parameter) if p]
    info_name = resolver.info_parameter and resolver.info_parameter.name
    takes_self = resolver.self_parameter is not None

    async def load_each(
        info: PlanInfo, parents: Sequence[Any], arguments: Mapping[str, Any]
    ) -> Sequence[Any]:
        values = []
        for parent in parents:
            keywords = {**arguments, **dict.fromkeys(by_name, parent)}
            if info_name:
                keywords[info_name] = info
            values.append(resolver(parent, **keywords) if takes_self else resolver(**keywords))
        awaited = [index for index, value in enumerate(values) if isawaitable(value)]
        if awaited:
            loaded = await gather_or_cancel([values[index] for index in awaited])
            for index, value in zip(awaited, loaded, strict=True):
                values[index] = value
        return values

    return load_each
