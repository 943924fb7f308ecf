"""A cache that drops the least recently used entries, and counts how it is used."""

from collections.abc import Hashable
from typing import TypeVar

from cachetools import LRUCache

KeyT = TypeVar("KeyT", bound=Hashable)
ValueT = TypeVar("ValueT")


class CountedCache(LRUCache[KeyT, ValueT]):
    """Whoever looks something up counts it in `hits` or `misses`; evictions count themselves."""

    hits = misses = evictions = 0

    def popitem(self) -> tuple[KeyT, ValueT]:
        """Drop the least recently used entry."""
        self.evictions += 1
        return super().popitem()
