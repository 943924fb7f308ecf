"""Arguments made from a template: what graphql-core and Strawberry would make of plain variables.

They are asked once, with marks in the place of the variables; wherever a mark turns up unchanged,
a later value would have, too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import is_dataclass
from typing import Any

from graphql.execution.values import VariableValues
from strawberry import Some

from planner.types import IDENTICAL

# Values of these classes pass through coercion and conversion unchanged, as a mark does.
_PLAIN = frozenset(class_ for class_, _, _ in IDENTICAL.values())

_Fill = Callable[[Mapping[str, Any]], Any]


class _Mark:
    """Stands in the place of a variable's value."""

    def __init__(self, name: str) -> None:
        self.name = name


def compile_template(
    read: Callable[[VariableValues], dict[str, Any]], names: Sequence[str]
) -> Callable[[VariableValues], dict[str, Any]]:
    """``read``, or a faster function that does the same for plain variables.

    What the variables do not touch is shared by all that is made. ``names`` are the variables as
    often as they are used: each use must be found again, or one would be left a mark for ever.
    """
    marks = {name: _Mark(name) for name in names}
    try:
        made = read(VariableValues({}, marks))
    except Exception:  # a type that looks into its values
        return read
    found: list[str] = []
    fill = _compile(made, found)
    if fill is None or sorted(found) != sorted(names):
        return read

    def filled(variables: VariableValues) -> dict[str, Any]:
        coerced = variables.coerced
        for name in marks:
            if coerced.get(name).__class__ not in _PLAIN:  # absent and null have their own rules
                return read(variables)
        arguments: dict[str, Any] = fill(coerced)
        return arguments

    return filled


def _compile(value: Any, found: list[str]) -> _Fill | None:
    """How to make such a value anew; None where no mark is in it."""
    if isinstance(value, _Mark):
        name = value.name
        found.append(name)
        return lambda coerced: coerced[name]
    if value.__class__ is dict:
        return _compile_dict(value, found)
    if value.__class__ is Some:
        wrapped = _compile(value.value, found)
        return None if wrapped is None else lambda coerced: Some(wrapped(coerced))
    if is_dataclass(value) and hasattr(value, "__dict__"):
        class_ = value.__class__
        attributes = _compile_dict(vars(value), found)
        return (
            None if attributes is None else lambda coerced: _instance(class_, attributes(coerced))
        )
    return None


def _compile_dict(value: Mapping[str, Any], found: list[str]) -> _Fill | None:
    fills = {key: _compile(item, found) for key, item in value.items()}
    changing = [(key, fill) for key, fill in fills.items() if fill is not None]
    if not changing:
        return None

    def filled(coerced: Mapping[str, Any]) -> dict[str, Any]:
        made = dict(value)
        for key, fill in changing:
            made[key] = fill(coerced)
        return made

    return filled


def _instance(class_: Any, attributes: dict[str, Any]) -> Any:
    made = object.__new__(class_)
    made.__dict__ = attributes
    return made
