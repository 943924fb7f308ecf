"""Helpers of batches: loads by distinct keys, and the attributes that a plan selects."""

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from resolvers.context import Info
from resolvers.errors import UNAVAILABLE, RequestError

KeyT = TypeVar("KeyT", bound=Hashable)
ValueT = TypeVar("ValueT")

_DELETED = "an object was deleted while it was read; send the query again"

Load = Callable[[Any, list[KeyT]], Awaitable[Mapping[KeyT, ValueT]]]


async def loaded(info: Info, keys: Sequence[KeyT | None], load: Load[KeyT, Any]) -> list[Any]:
    """The value that `load` finds for each key; None where it finds none."""
    distinct = list(dict.fromkeys(key for key in keys if key is not None))
    values = await load(info.context.reader, distinct) if distinct else {}
    return [None if key is None else values.get(key) for key in keys]


async def parents_of(
    info: Info, keys: Sequence[UUID], by_ids: Callable[..., Awaitable[Mapping[UUID, ValueT]]]
) -> list[ValueT]:
    """The row of each key; a foreign key guarantees that it exists.

    Raises RequestError when a row was deleted, together with the row that refers to it, between two
    statements of one read.
    """
    # Hundreds of bindings name a few providers, and UUID hashes and compares in Python: use ints.
    numbers = [key.int for key in keys]
    distinct = dict(zip(numbers, keys, strict=True))
    rows = await by_ids(info.context.reader, list(distinct.values()), attributes(info))
    by_number = {number: rows[key] for number, key in distinct.items() if key in rows}
    try:
        return [by_number[number] for number in numbers]
    except KeyError:
        raise RequestError(_DELETED, UNAVAILABLE) from None


async def carried(
    info: Info, parents: Sequence[Any], name: str, by_ids: Callable[..., Any]
) -> list[Any]:
    """An attribute of the parents that is computed only where a plan selects it.

    A row that was loaded for a plan has it. One that was written, or loaded by the ordinary
    executor, is looked up: it may be older than what the attribute is computed from.
    """
    missing = {row.id for row in parents if not _carries(row, name)}
    load = partial(by_ids, attributes=frozenset((name,)))
    found = await load(info.context.reader, list(missing)) if missing else {}
    if len(found) < len(missing):
        raise RequestError(_DELETED, UNAVAILABLE)
    return [getattr(found.get(row.id, row), name) for row in parents]


def _carries(row: Any, name: str) -> bool:
    return isinstance(row, tuple) and hasattr(row, name)  # not a row of the ORM


def attributes(info: Info) -> frozenset[str] | None:
    """The attributes that will be read of the rows that a field returns; None when unknown.

    A compiled plan knows them (planner/README.md); the ordinary executor does not.
    """
    selection = getattr(info, "selection", None)
    return None if selection is None else selection.attributes


def node_attributes(info: Info) -> frozenset[str] | None:
    """The attributes that will be read of a connection's nodes; None when unknown."""
    selection = getattr(info, "selection", None)
    if selection is None:
        return None
    nodes, edges = selection.children.get("nodes"), selection.children.get("edges")
    edge_nodes = edges.children.get("node") if edges is not None else None
    return frozenset[str]().union(*(part.attributes for part in (nodes, edge_nodes) if part))
