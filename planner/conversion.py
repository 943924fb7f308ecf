"""Arguments, converted as Strawberry does, by functions that are built once per type.

Strawberry finds out anew for each value what its type is: a list of 500 input objects takes ten
times as long.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING
from functools import partial
from typing import Any

from strawberry.relay.types import GlobalID
from strawberry.schema.config import StrawberryConfig
from strawberry.types.arguments import (
    StrawberryArgument,
    _is_leaf_type,
    convert_argument,
)
from strawberry.types.base import (
    StrawberryList,
    StrawberryMaybe,
    StrawberryOptional,
    has_object_definition,
)
from strawberry.types.unset import UNSET

Convert = Callable[[Any], Any]


class Conversions:
    """The functions of one schema's types, each built once."""

    def __init__(self, registry: Mapping[Any, Any], config: StrawberryConfig) -> None:
        self._registry = registry
        self._config = config
        self._classes: dict[Any, Convert] = {}

    def arguments(
        self, declared: list[StrawberryArgument]
    ) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
        """Converts coerced values by GraphQL name to arguments by Python name."""
        name_of = self._config.name_converter.from_argument
        known = [(name_of(each), each.python_name, self._of(each.type)) for each in declared]

        def convert(values: Mapping[str, Any]) -> dict[str, Any]:
            return {
                python_name: convert_value(values[name])
                for name, python_name, convert_value in known
                if name in values
            }

        return convert

    def _of(self, type_: Any) -> Convert:
        """What Strawberry makes of values of a type."""
        if isinstance(type_, StrawberryMaybe):
            return self._as_strawberry(type_)
        if isinstance(type_, StrawberryOptional):
            return self._of(type_.of_type)
        if isinstance(type_, StrawberryList):
            return self._list(type_.of_type)
        if _is_leaf_type(type_, self._registry, skip_classes=(GlobalID,)):
            return _unchanged
        if has_object_definition(type_) and type_.__strawberry_definition__.from_input is None:
            return self._object(type_)
        return self._as_strawberry(type_)

    def _as_strawberry(self, type_: Any) -> Convert:
        return partial(
            convert_argument, type_=type_, scalar_registry=self._registry, config=self._config
        )

    def _list(self, item: Any) -> Convert:
        convert_item = self._of(item)

        def convert(value: Any) -> Any:
            if value is None or value is UNSET:
                return value
            # also of leaves, as Strawberry does: the list may be the default of all requests
            return list(value) if convert_item is _unchanged else list(map(convert_item, value))

        return convert

    def _object(self, class_: Any) -> Convert:
        if class_ not in self._classes:
            self._classes[class_] = lambda value: self._classes[class_](value)  # may have itself
            self._classes[class_] = self._built(class_)
        return self._classes[class_]

    def _built(self, class_: Any) -> Convert:
        definition = class_.__strawberry_definition__
        name_of = self._config.name_converter.from_field
        absent = {
            field.python_name: None
            for field in definition.fields
            if field.default_value is MISSING and field.default_factory is MISSING
        }
        fields = [
            (
                name_of(field),
                field.python_name,
                self._of(field.resolve_type(type_definition=definition)),
            )
            for field in definition.fields
        ]

        def convert(value: Any) -> Any:
            if value is None or value is UNSET:
                return value
            values = absent.copy()
            for name, python_name, convert_value in fields:
                if name in value:
                    values[python_name] = convert_value(value[name])
            return class_(**values)

        return convert


def _unchanged(value: Any) -> Any:
    return value
