"""The ``info`` of a planned resolver: context, variables, and the attributes that will be read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Selection:
    """The attributes that the plan will read of the rows that a resolver returns.

    ``attributes`` are Python names: the selected plain fields, and what the selected batched fields
    need. ``children`` has the selection of each plain field that holds objects; their names are in
    ``attributes`` too. For an interface both are the union over its possible types.
    """

    attributes: frozenset[str] = frozenset()
    children: Mapping[str, "Selection"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlanInfo:
    """The part of ``strawberry.Info`` that plans support.

    Reading anything else raises AttributeError, so the query falls back to the executor.
    ``selection`` is None if a field below does not declare what it needs.
    """

    context: Any
    selection: Selection | None
    variable_values: Mapping[str, Any]


def union(one: Selection | None, other: Selection | None) -> Selection | None:
    """The union of both; None, which stands for all attributes, if one of them is None."""
    if one is None or other is None:
        return None
    children = dict(one.children)
    for name, child in other.children.items():
        merged = union(children[name], child) if name in children else child
        if merged is None:
            return None
        children[name] = merged
    return Selection(one.attributes | other.attributes, children)
