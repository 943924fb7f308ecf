"""Caches results for arguments that cannot be hashed but are the same object again and again."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from cachetools import LRUCache

ArgumentT = TypeVar("ArgumentT")
ResultT = TypeVar("ResultT")

_OBJECTS_MAX = 1_000


def by_identity(function: Callable[[ArgumentT], ResultT]) -> Callable[[ArgumentT], ResultT]:
    """Cache the results of a pure function by the identity of its argument, the last 1,000.

    A compiled plan passes the same filter object in every request. The objects must not change.
    The cache refers to each object, so no other object can have its id.
    """
    cache: LRUCache[int, tuple[ArgumentT, ResultT]] = LRUCache(_OBJECTS_MAX)

    @wraps(function)
    def cached(argument: ArgumentT) -> ResultT:
        entry = cache.get(id(argument))
        if entry is None:
            entry = cache[id(argument)] = argument, function(argument)
        return entry[1]

    return cached
