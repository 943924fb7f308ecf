"""What a plan tells a resolver: its context, its variables, and what will be read of its rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Selection:
    """The attributes that will be read of the rows a resolver produces; compiled once.

    ``attributes`` are Python names: the plain fields selected, and what the batched fields among
    them need. ``children`` holds, by Python name, what will be read of the objects in those plain
    fields that hold objects (their names are in ``attributes`` too). For an interface both are the
    union over its possible types.
    """

    attributes: frozenset[str] = frozenset()
    children: Mapping[str, "Selection"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlanInfo:
    """The ``info`` of a planned resolver: this much of ``strawberry.Info``, and no more.

    A resolver that reads anything else raises AttributeError, so its query is run again by the
    stock executor. ``selection`` is None where a field below does not say what it needs.
    """

    context: Any
    selection: Selection | None
    variable_values: Mapping[str, Any]


def selection_of(info: object) -> Selection | None:
    """What will be read of the rows to produce; None when all may be (the stock executor)."""
    selection: Selection | None = getattr(info, "selection", None)
    return selection


def union(one: Selection | None, other: Selection | None) -> Selection | None:
    """Both together; None, which stands for everything, wins."""
    if one is None or other is None:
        return None
    children = dict(one.children)
    for name, child in other.children.items():
        both = union(children[name], child) if name in children else child
        if both is None:
            return None
        children[name] = both
    return Selection(one.attributes | other.attributes, children)
