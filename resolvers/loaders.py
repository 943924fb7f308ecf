"""The batch loads of one operation in the ordinary executor.

A relation is one function from all parents of a level to their values. The executor resolves the
field of one parent at a time; aiodataloader collects the parents and calls the function once.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from aiodataloader import DataLoader

from domain.hashable import hashable


class Loaders:
    """One DataLoader for each batch function and set of arguments, created on first use.

    They do not cache, so that a read after a write in one operation sees the write. Batch functions
    load what several parents share only once.
    """

    def __init__(self) -> None:
        self._loaders: dict[Any, DataLoader[Any, Any]] = {}

    def load(
        self,
        batch: Callable[..., Awaitable[list[Any]]],
        info: Any,
        parent: Any,
        arguments: Mapping[str, Any],
    ) -> Awaitable[Any]:
        """The value of `batch` for one parent, loaded together with those of its siblings."""
        key = (batch, hashable(arguments))
        loader = self._loaders.get(key)
        if loader is None:
            load: Any = partial(batch, info, **arguments)
            loader = self._loaders[key] = DataLoader(load, cache=False)
        return loader.load(parent)
