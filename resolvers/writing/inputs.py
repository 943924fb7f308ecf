"""What the inputs of mutations share."""

from collections.abc import Mapping
from typing import Any

from strawberry.types.base import StrawberryMaybe, StrawberryOptional

from db.postgres.statements import columns_of
from domain import rules
from domain.problems import Problem
from domain.rules import Rule

EXPECTED_REVISION = "Refuse with REVISION_MISMATCH unless the object is at this revision."


class InputColumns:
    """Reads the fields of an input that are columns of a table, and checks their values.

    `others` names the fields that are no columns: a field that is neither would be lost, so it
    raises TypeError at import. A field whose value is an input object is no column, whatever its
    name.
    """

    def __init__(
        self, input: Any, table: Any, column_rules: Mapping[str, Rule], *others: str
    ) -> None:
        types = {f.python_name: f.type for f in input.__strawberry_definition__.fields}
        objects = {name for name, type_ in types.items() if _is_input_object(type_)}
        columns = set(columns_of(table, None)) - {"id"} - objects
        if types.keys() - columns != set(others):
            found = sorted(types.keys() - columns)
            text = f"fields that are no columns of {table.__name__} are {found}, not {others}"
            raise TypeError(f"{input.__name__}: {text}")
        self._names = [name for name in types if name in columns]
        self._maybe = {name for name in self._names if isinstance(types[name], StrawberryMaybe)}
        nullable = {name for name in self._names if getattr(table, name).nullable}
        self._required = frozenset(self._maybe - nullable)
        self._rules = column_rules

    def values(self, input: Any) -> dict[str, Any]:
        """The value of each column; a Maybe field that is absent is left out, null is not."""
        values = {}
        for name in self._names:
            value = getattr(input, name)
            if name not in self._maybe:
                values[name] = value
            elif value is not None:
                values[name] = value.value
        return values

    def problems(self, values: Mapping[str, Any]) -> list[Problem]:
        """All broken rules, and all nulls in an update of columns that cannot be null."""
        return [*rules.nulls(values, self._required), *rules.breaches(values, self._rules)]


def with_distinct_capabilities(values: dict[str, Any]) -> dict[str, Any]:
    """The values with each capability once, as text; None, which is unknown, stays."""
    words = values.get("capabilities")
    if words is None:
        return values
    return {**values, "capabilities": [word.value for word in dict.fromkeys(words)]}


def _is_input_object(type_: Any) -> bool:
    """Whether values of the type are input objects, such as references."""
    inner = type_.of_type if isinstance(type_, StrawberryOptional) else type_
    return hasattr(inner, "__strawberry_definition__")
