"""Loads of the same kind by concurrent requests, joined into fewer and larger ones."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from typing import Any, Generic, TypeVar

KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")

_IN_FLIGHT_MAX = 2  # batches of a kind; the more wait, the larger the next one is
_KEYS_MAX = 500  # in one batch
_WAIT_S = 0.05  # for a batch to end; then one more runs, lest two slow ones hold up all others

Run = Callable[[list[KeyT]], Awaitable[Mapping[KeyT, ValueT]]]


class _Batch(Generic[KeyT, ValueT]):
    """Keys that are loaded together, and those who wait for them."""

    __slots__ = ("keys", "task", "waiters")

    def __init__(self) -> None:
        self.keys: dict[KeyT, None] = {}
        self.waiters: list[asyncio.Future[Mapping[KeyT, ValueT]]] = []
        self.task: asyncio.Task[None] | None = None

    @property
    def is_abandoned(self) -> bool:
        return all(waiter.done() for waiter in self.waiters)


class BatchSlot(Generic[KeyT, ValueT]):
    """One key's place in a batch: awaited, or asked for its value when its future is done."""

    __slots__ = ("_batch", "_key", "future")

    def __init__(
        self,
        key: KeyT,
        batch: _Batch[KeyT, ValueT],
        future: "asyncio.Future[Mapping[KeyT, ValueT]]",
    ) -> None:
        self._key = key
        self._batch = batch
        self.future = future

    def __await__(self) -> Generator[Any, None, ValueT | None]:
        try:
            yield from self.future.__await__()
        except asyncio.CancelledError:
            self.leave()
            raise
        return self.value()

    def value(self) -> ValueT | None:
        """The key's value, if it has one; raises what the batch met."""
        return self.future.result().get(self._key)

    def leave(self) -> None:
        """Wait no longer."""
        _leave(self._batch, self.future)


class Batcher(Generic[KeyT, ValueT]):
    """Joins loads of one kind while others of it run; without a cache.

    A load never joins a batch that has started, so it sees whatever was committed before it began.
    A batch that nobody waits for any more is cancelled.
    """

    def __init__(
        self,
        run: Run[KeyT, ValueT],
        keys_max: int = _KEYS_MAX,
        in_flight_max: int = _IN_FLIGHT_MAX,
        on_idle: Callable[[], None] | None = None,
    ) -> None:
        self._run = run
        self._on_idle = on_idle
        self._keys_max = keys_max
        self._in_flight_max = in_flight_max
        self._formed: deque[_Batch[KeyT, ValueT]] = deque()  # none of them has started
        self._running = 0
        self._is_scheduled = False
        self._timer: asyncio.TimerHandle | None = None  # of those that wait for a batch to end

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits or runs."""
        return not self._formed and not self._running

    async def load(self, keys: Sequence[KeyT]) -> dict[KeyT, ValueT]:
        """The values of the keys that have one."""
        joined = self._join(keys)
        found: dict[KeyT, ValueT] = {}
        try:
            for batch, future in joined:
                every = await future
                found |= {key: every[key] for key in keys if key in batch.keys and key in every}
        except asyncio.CancelledError:
            for batch, future in joined:  # others may wait for the same keys
                _leave(batch, future)
            raise
        return found

    def join(self, key: KeyT) -> BatchSlot[KeyT, ValueT]:
        """A place for one key; the short way, for what is asked most."""
        batch = self._with_room_for((key,))
        batch.keys[key] = None
        future: asyncio.Future[Mapping[KeyT, ValueT]]
        future = asyncio.get_running_loop().create_future()
        batch.waiters.append(future)
        self._schedule()
        return BatchSlot(key, batch, future)

    def _join(
        self, keys: Sequence[KeyT]
    ) -> list[tuple[_Batch[KeyT, ValueT], "asyncio.Future[Mapping[KeyT, ValueT]]"]]:
        loop = asyncio.get_running_loop()
        joined: list[tuple[_Batch[KeyT, ValueT], asyncio.Future[Mapping[KeyT, ValueT]]]] = []
        for start in range(0, len(keys), self._keys_max):
            part = keys[start : start + self._keys_max]
            batch = self._with_room_for(part)
            batch.keys.update(dict.fromkeys(part))
            future = loop.create_future()
            batch.waiters.append(future)
            joined.append((batch, future))
        self._schedule()
        return joined

    def _with_room_for(self, keys: Sequence[KeyT]) -> _Batch[KeyT, ValueT]:
        if self._formed:
            last = self._formed[-1]
            if len(last.keys) + len(keys) <= self._keys_max or last.keys.keys() >= set(keys):
                return last
        self._formed.append(_Batch())
        return self._formed[-1]

    def _schedule(self) -> None:
        if not self._formed or self._is_scheduled:
            return
        loop = asyncio.get_running_loop()
        if self._running < self._in_flight_max:
            self._is_scheduled = True
            loop.call_soon(self._start)
        elif self._timer is None:
            self._timer = loop.call_later(_WAIT_S, self._start)

    def _start(self) -> None:
        self._is_scheduled = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._formed:
            return  # the timer was as fast as a batch that ended
        while self._formed and self._formed[0].is_abandoned:
            self._formed.popleft()
        if self._formed:
            batch = self._formed.popleft()
            self._running += 1
            batch.task = asyncio.get_running_loop().create_task(self._finish(batch))
            batch.task.add_done_callback(self._ended)
        self._go_on()

    def _ended(self, _: "asyncio.Task[None]") -> None:
        self._running -= 1
        self._go_on()

    def _go_on(self) -> None:
        self._schedule()
        if self.is_idle and self._on_idle is not None:
            self._on_idle()

    async def _finish(self, batch: _Batch[KeyT, ValueT]) -> None:
        try:
            found = await self._run(list(batch.keys))
        except BaseException as error:
            for future in batch.waiters:
                _fail(future, error)
            if not isinstance(error, Exception):
                raise
            return
        for future in batch.waiters:
            if not future.done():
                future.set_result(found)


def _leave(batch: _Batch[Any, Any], future: "asyncio.Future[Any]") -> None:
    future.cancel()
    if batch.is_abandoned and batch.task is not None:
        batch.task.cancel()


def _fail(future: "asyncio.Future[Any]", error: BaseException) -> None:
    if future.done():
        return
    if isinstance(error, Exception):
        future.set_exception(error)
        future.exception()  # seen, should nobody wait any more
    else:
        future.cancel()
