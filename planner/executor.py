"""The stock executor with a short way for leaves and non-null objects, semantics unchanged."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from graphql import (
    GraphQLEnumType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLScalarType,
    Undefined,
)
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.field import StrawberryField

from planner.types import IDENTICAL, writer

_MISSING = object()


class _Leaf(NamedTuple):
    """A plain field: which of its values are written as they are, and how the others but None."""

    attribute: str
    nullable: bool
    class_: type | None
    is_identical: Callable[[Any], bool]
    write: Callable[[Any], Any]


class _Fields(NamedTuple):
    """A field set split in two; ``whole`` is kept so that its id, the memo's key, stays taken."""

    whole: GroupedFieldSet
    leaves: tuple[tuple[str, _Leaf], ...]
    rest: GroupedFieldSet


class FastExecutor(StrawberryGraphQLCoreExecutionContext):
    """For ``strawberry.Schema(execution_context_class=)``. Leaves of plain fields are read
    from the row and written here; all else, errors included, goes through graphql-core's own
    methods."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._split: dict[int, _Fields] = {}  # by identity, as graphql-core memoizes them

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: GroupedFieldSet,
        position_context: Any,
    ) -> Any:
        fields = self._split.get(id(grouped_field_set))
        if fields is None:
            fields = self._split_fields(parent_type, grouped_field_set)
        if not fields.leaves:
            rest = grouped_field_set
            return super().execute_fields(parent_type, source_value, path, rest, position_context)
        results = dict.fromkeys(grouped_field_set)
        rest = fields.rest
        slow = _read_leaves(fields.leaves, source_value, results)
        if slow:
            rest = {k: v for k, v in grouped_field_set.items() if k in slow or k in fields.rest}
        if not rest:
            return results
        others = super().execute_fields(parent_type, source_value, path, rest, position_context)
        if self.is_awaitable(others):
            return _update(results, others)
        results.update(others)  # type: ignore[arg-type]  # not awaitable
        return results

    def complete_value(
        self,
        return_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        """Goes straight to the object where the type is ``Object!`` and the value is a row."""
        given = (field_details_list, info, path, result, position_context)
        if (
            return_type.__class__ is GraphQLNonNull
            and return_type.of_type.__class__ is GraphQLObjectType
            and result is not None
            and result is not Undefined
            and not isinstance(result, Exception)
        ):
            return self.complete_object_value(return_type.of_type, *given)
        return super().complete_value(return_type, *given)

    def _split_fields(self, parent_type: GraphQLObjectType, whole: GroupedFieldSet) -> _Fields:
        leaves = {}
        if not self.middleware_manager or not self.middleware_manager.middlewares:
            for key, details in whole.items():
                leaf = _leaf(parent_type, details[0].node.name.value)
                if leaf:
                    leaves[key] = leaf
        rest = {key: details for key, details in whole.items() if key not in leaves}
        fields = _Fields(whole, tuple(leaves.items()), rest)
        self._split[id(whole)] = fields
        return fields


async def _update(results: dict[str, Any], others: Any) -> dict[str, Any]:
    results.update(await others)
    return results


def _read_leaves(
    leaves: tuple[tuple[str, _Leaf], ...], source: Any, results: dict[str, Any]
) -> set[str]:
    """Puts values in ``results``; gives the keys of those that need more than reading."""
    slow = set()
    for key, (attribute, nullable, class_, is_identical, write) in leaves:
        value = getattr(source, attribute, _MISSING)
        if value.__class__ is class_ and is_identical(value):
            results[key] = value
        elif value is None or value is _MISSING:
            if value is _MISSING or not nullable:
                slow.add(key)
        else:
            try:
                results[key] = write(value)
            except Exception:  # whatever it was, graphql-core says it exactly
                slow.add(key)
    return slow


@lru_cache(maxsize=4_096)
def _leaf(parent_type: GraphQLObjectType, name: str) -> _Leaf | None:
    """None when the field is not a plain one of a scalar or enum."""
    definition = parent_type.fields.get(name)
    declared = definition and definition.extensions.get("strawberry-definition")
    if definition is None or not isinstance(declared, StrawberryField):
        return None
    if not getattr(definition.resolve, "_is_default", False) or declared.extensions:
        return None
    if declared.default_resolver is not getattr:
        return None
    nullable = not isinstance(definition.type, GraphQLNonNull)
    type_ = definition.type if nullable else definition.type.of_type
    if not isinstance(type_, GraphQLScalarType | GraphQLEnumType):
        return None
    class_, _, test = IDENTICAL.get(type_, (None, "", bool))
    return _Leaf(declared.python_name, nullable, class_, test, writer(type_))
