"""Batches for fields that follow one key from a row to another row."""

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Any, TypeVar

from resolvers.context import Info

KeyT = TypeVar("KeyT", bound=Hashable)
ValueT = TypeVar("ValueT")

Load = Callable[[Any, list[KeyT]], Awaitable[Mapping[KeyT, ValueT]]]


async def loaded(
    info: Info, keys: Sequence[KeyT], load: Load[KeyT, ValueT]
) -> Mapping[KeyT, ValueT]:
    """What `load` finds for the distinct keys."""
    return await load(info.context.db.reader, list(dict.fromkeys(keys)))


def attributes(info: Info) -> frozenset[str] | None:
    """The attributes that will be read of the rows a field gives; None where nobody knows.

    A compiled plan knows (planner/README.md); the ordinary executor does not.
    """
    selection = getattr(info, "selection", None)
    return None if selection is None else selection.attributes


def node_attributes(info: Info) -> frozenset[str] | None:
    """The attributes that will be read of the nodes of a connection; None where nobody knows."""
    selection = getattr(info, "selection", None)
    if selection is None:
        return None
    nodes, edges = selection.children.get("nodes"), selection.children.get("edges")
    edge_nodes = edges.children.get("node") if edges is not None else None
    found = frozenset[str]().union(*(part.attributes for part in (nodes, edge_nodes) if part))
    return found
