"""Argument templates: what graphql-core and Strawberry make of built-in scalars in variables.

They convert the arguments once, with placeholders as the variables' values. Where a placeholder
appears unchanged in the result, each later value will appear unchanged too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import is_dataclass
from typing import Any

from graphql.execution.values import VariableValues
from strawberry import Some

from planner.types import BUILTIN_SCALARS

# Coercion and conversion return values of these classes unchanged, like a placeholder.
_CLASSES = frozenset(scalar.class_ for scalar in BUILTIN_SCALARS.values())

_Fill = Callable[[Mapping[str, Any]], Any]


class _Placeholder:
    """Stands for the value of a variable."""

    def __init__(self, name: str) -> None:
        self.name = name


def compile_template(
    convert: Callable[[VariableValues], dict[str, Any]], names: Sequence[str]
) -> Callable[[VariableValues], dict[str, Any]]:
    """``convert``, or a faster function that returns the same for values of built-in scalars.

    All results share the parts that contain no variable. ``names`` has one entry for each use of a
    variable: all uses must be found in the result, or a placeholder could remain in it.
    """
    placeholders = {name: _Placeholder(name) for name in names}
    try:
        template = convert(VariableValues({}, placeholders))
    except Exception:  # a type that inspects its values
        return convert
    found_names: list[str] = []
    fill = _compile(template, found_names)
    if fill is None or sorted(found_names) != sorted(names):
        return convert

    def filled(variables: VariableValues) -> dict[str, Any]:
        coerced = variables.coerced
        for name in placeholders:
            if coerced.get(name).__class__ not in _CLASSES:  # no value and null have other rules
                return convert(variables)
        arguments: dict[str, Any] = fill(coerced)
        return arguments

    return filled


def _compile(value: Any, found_names: list[str]) -> _Fill | None:
    """A function that builds the value anew; None if it contains no placeholder."""
    if isinstance(value, _Placeholder):
        name = value.name
        found_names.append(name)
        return lambda coerced: coerced[name]
    if value.__class__ is dict:
        return _compile_dict(value, found_names)
    if value.__class__ is Some:
        fill = _compile(value.value, found_names)
        return None if fill is None else lambda coerced: Some(fill(coerced))
    if is_dataclass(value) and hasattr(value, "__dict__"):
        class_ = value.__class__
        attributes = _compile_dict(vars(value), found_names)
        return (
            None if attributes is None else lambda coerced: _instance(class_, attributes(coerced))
        )
    return None


def _compile_dict(value: Mapping[str, Any], found_names: list[str]) -> _Fill | None:
    fills = {key: _compile(item, found_names) for key, item in value.items()}
    variable = [(key, fill) for key, fill in fills.items() if fill is not None]
    if not variable:
        return None

    def filled(coerced: Mapping[str, Any]) -> dict[str, Any]:
        copy = dict(value)
        for key, fill in variable:
            copy[key] = fill(coerced)
        return copy

    return filled


def _instance(class_: Any, attributes: dict[str, Any]) -> Any:
    instance = object.__new__(class_)
    instance.__dict__ = attributes
    return instance
