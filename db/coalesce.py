"""Loads of the same kind by concurrent requests, joined into fewer and larger ones."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Any, Generic, TypeVar

KeyT = TypeVar("KeyT", bound=Hashable)
ValueT = TypeVar("ValueT")

_IN_FLIGHT_MAX = 2  # batches of a kind; the more wait, the larger the next one is
_KEYS_MAX = 500  # in one batch

Run = Callable[[list[KeyT]], Awaitable[Mapping[KeyT, ValueT]]]


class Coalescer(Generic[KeyT, ValueT]):
    """Joins loads of one kind while two of its batches run; without a cache.

    A load never joins a batch that has started, so it sees whatever was committed before it began.
    """

    def __init__(self, run: Run[KeyT, ValueT]) -> None:
        self._run = run
        self._waiting: dict[KeyT, asyncio.Future[ValueT | None]] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._is_scheduled = False

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits or runs."""
        return not self._waiting and not self._running

    async def load(self, keys: Sequence[KeyT]) -> dict[KeyT, ValueT]:
        """The values of the keys that have one."""
        futures = [(key, self._waiting.get(key) or self._enqueue(key)) for key in keys]
        found = {}
        for key, future in futures:
            # others may wait for the same key: who is cancelled leaves it to them
            value = await asyncio.shield(future)
            if value is not None:
                found[key] = value
        return found

    def _enqueue(self, key: KeyT) -> "asyncio.Future[ValueT | None]":
        loop = asyncio.get_running_loop()
        future = self._waiting[key] = loop.create_future()
        if not self._is_scheduled and len(self._running) < _IN_FLIGHT_MAX:
            self._is_scheduled = True
            loop.call_soon(self._start)
        return future

    def _start(self) -> None:
        self._is_scheduled = False
        if not self._waiting:
            return
        keys = list(self._waiting)[:_KEYS_MAX]
        batch = {key: self._waiting.pop(key) for key in keys}
        task = asyncio.get_running_loop().create_task(self._finish(batch))
        self._running.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._running.discard(task)
        if self._waiting and not self._is_scheduled:
            self._is_scheduled = True
            asyncio.get_running_loop().call_soon(self._start)

    async def _finish(self, batch: dict[KeyT, "asyncio.Future[ValueT | None]"]) -> None:
        try:
            found = await self._run(list(batch))
        except BaseException as error:
            for future in batch.values():
                _fail(future, error)
            if not isinstance(error, Exception):
                raise
            return
        for key, future in batch.items():
            if not future.done():
                future.set_result(found.get(key))


def _fail(future: "asyncio.Future[Any]", error: BaseException) -> None:
    if future.done():
        return
    if isinstance(error, Exception):
        future.set_exception(error)
        future.exception()  # seen, should nobody wait any more
    else:
        future.cancel()
