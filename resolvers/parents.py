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
    """What `load` finds for the distinct keys, in one session."""
    async with info.context.db.read() as session:
        return await load(session, list(dict.fromkeys(keys)))
