"""Batches for fields that follow one key from a row to another row."""

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from resolvers.context import Info
from resolvers.errors import UNAVAILABLE, RequestError

KeyT = TypeVar("KeyT", bound=Hashable)
ValueT = TypeVar("ValueT")

Load = Callable[[Any, list[KeyT]], Awaitable[Mapping[KeyT, ValueT]]]


async def loaded(
    info: Info, keys: Sequence[KeyT], load: Load[KeyT, ValueT]
) -> Mapping[KeyT, ValueT]:
    """What `load` finds for the distinct keys."""
    return await load(info.context.db.reader, list(dict.fromkeys(keys)))


async def parents_of(
    info: Info, keys: Sequence[UUID], by_ids: Callable[..., Awaitable[Mapping[UUID, ValueT]]]
) -> list[ValueT]:
    """The row that each key refers to, which a foreign key promises.

    Raises RequestError for the one that was deleted, with the row that referred to it, between the
    statements of a read.
    """
    # Hundreds of bindings name a few providers: a UUID hashes and compares itself in Python.
    numbers = [key.int for key in keys]
    distinct = dict(zip(numbers, keys, strict=True))
    rows = await by_ids(info.context.db.reader, list(distinct.values()), attributes(info))
    found = {number: rows[key] for number, key in distinct.items() if key in rows}
    try:
        return [found[number] for number in numbers]
    except KeyError:
        message = "an object was deleted while it was read; ask again"
        raise RequestError(message, UNAVAILABLE) from None


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
