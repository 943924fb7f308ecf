"""Batches concurrent loads of one kind into fewer and larger ones."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from typing import Any, Generic, TypeVar

from domain.operations import Operations, current, shared
from domain.tallies import Tally

KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")

_IN_FLIGHT_MAX = 2  # running batches; the more loads wait, the larger the next batch is
_KEYS_MAX = 500  # in one batch
_WAIT_S = 0.05  # then one more batch runs, so that two slow ones do not block all others

Run = Callable[[list[KeyT]], Awaitable[Mapping[KeyT, ValueT]]]


class _Batch(Generic[KeyT, ValueT]):
    """Keys that are loaded together, and a future for each caller that waits for them."""

    __slots__ = ("keys", "operations", "task", "waiters")

    def __init__(self) -> None:
        self.keys: dict[KeyT, None] = {}
        self.waiters: list[asyncio.Future[Mapping[KeyT, ValueT]]] = []
        self.operations: list[Operations] = []  # of the callers
        self.task: asyncio.Task[None] | None = None

    @property
    def is_abandoned(self) -> bool:
        return all(waiter.done() for waiter in self.waiters)


class BatchSlot(Generic[KeyT, ValueT]):
    """One key in a batch: await it, or call `value` when `future` is done."""

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
            self.cancel()
            raise
        return self.value()

    def value(self) -> ValueT | None:
        """The key's value, or None if it has none; raises the error of the batch."""
        return self.future.result().get(self._key)

    def cancel(self) -> None:
        """Stop waiting; a batch that nobody waits for is cancelled."""
        _cancel(self._batch, self.future)


class Batcher(Generic[KeyT, ValueT]):
    """Collects the loads that arrive while others run into the next batch; caches nothing.

    A load never joins a batch that has started, so it sees everything that was committed before
    the load. A batch that nobody waits for any more is cancelled.
    """

    def __init__(
        self,
        run: Run[KeyT, ValueT],
        keys_max: int = _KEYS_MAX,
        in_flight_max: int = _IN_FLIGHT_MAX,
        on_idle: Callable[[], object] | None = None,
        wait_s: float | None = _WAIT_S,
    ) -> None:
        self._run = run
        self._on_idle = on_idle
        self._keys_max = keys_max
        self._in_flight_max = in_flight_max
        self.sizes: Tally | None = None  # of batches: how many loads each answered
        self._wait_s = wait_s  # None: a batch waits as long as others run
        self._queue: deque[_Batch[KeyT, ValueT]] = deque()  # batches that have not started
        self._running_count = 0
        self._is_start_scheduled = False
        self._timer: asyncio.TimerHandle | None = None  # starts one more batch after _WAIT_S

    @property
    def is_idle(self) -> bool:
        """Whether no batch waits or runs."""
        return not self._queue and not self._running_count

    async def load(self, keys: Sequence[KeyT]) -> dict[KeyT, ValueT]:
        """The values of the keys that have one."""
        parts = self._add(keys)
        values: dict[KeyT, ValueT] = {}
        try:
            for batch, future in parts:
                loaded = await future
                values |= {key: loaded[key] for key in keys if key in batch.keys and key in loaded}
        except asyncio.CancelledError:
            for batch, future in parts:  # others may wait for the same keys
                _cancel(batch, future)
            raise
        return values

    def join(self, key: KeyT) -> BatchSlot[KeyT, ValueT]:
        """The same for one key, without a task and with less work; for the hot path."""
        batch = self._batch_for((key,))
        batch.keys[key] = None
        future: asyncio.Future[Mapping[KeyT, ValueT]]
        future = asyncio.get_running_loop().create_future()
        batch.waiters.append(future)
        batch.operations.append(current.get())
        self._schedule()
        return BatchSlot(key, batch, future)

    def _add(
        self, keys: Sequence[KeyT]
    ) -> list[tuple[_Batch[KeyT, ValueT], "asyncio.Future[Mapping[KeyT, ValueT]]"]]:
        loop = asyncio.get_running_loop()
        parts: list[tuple[_Batch[KeyT, ValueT], asyncio.Future[Mapping[KeyT, ValueT]]]] = []
        for start in range(0, len(keys), self._keys_max):
            part = keys[start : start + self._keys_max]
            batch = self._batch_for(part)
            batch.keys.update(dict.fromkeys(part))
            future = loop.create_future()
            batch.waiters.append(future)
            batch.operations.append(current.get())
            parts.append((batch, future))
        self._schedule()
        return parts

    def _batch_for(self, keys: Sequence[KeyT]) -> _Batch[KeyT, ValueT]:
        if self._queue:
            last = self._queue[-1]
            if len(last.keys) + len(keys) <= self._keys_max or last.keys.keys() >= set(keys):
                return last
        self._queue.append(_Batch())
        return self._queue[-1]

    def _schedule(self) -> None:
        if not self._queue or self._is_start_scheduled:
            return
        loop = asyncio.get_running_loop()
        if self._running_count < self._in_flight_max:
            self._is_start_scheduled = True
            loop.call_soon(self._start)
        elif self._timer is None and self._wait_s is not None:
            self._timer = loop.call_later(self._wait_s, self._start)

    def _start(self) -> None:
        self._is_start_scheduled = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._queue:
            return  # the timer and the end of a batch came in the same turn of the loop
        while self._queue and self._queue[0].is_abandoned:
            self._queue.popleft()
        if self._queue:
            batch = self._queue.popleft()
            self._running_count += 1
            batch.task = asyncio.get_running_loop().create_task(self._run_batch(batch))
            batch.task.add_done_callback(self._on_batch_done)
        self._continue()

    def _on_batch_done(self, _: "asyncio.Task[None]") -> None:
        self._running_count -= 1
        self._continue()

    def _continue(self) -> None:
        self._schedule()
        if self.is_idle and self._on_idle is not None:
            self._on_idle()

    async def _run_batch(self, batch: _Batch[KeyT, ValueT]) -> None:
        current.set(shared(batch.operations))  # in the context of this task
        if self.sizes is not None:
            self.sizes.add(len(batch.waiters))
        try:
            values = await self._run(list(batch.keys))
        except BaseException as error:
            for future in batch.waiters:
                _fail(future, error)
            if not isinstance(error, Exception):
                raise
            return
        for future in batch.waiters:
            if not future.done():
                future.set_result(values)


def _cancel(batch: _Batch[Any, Any], future: "asyncio.Future[Any]") -> None:
    future.cancel()
    if batch.is_abandoned and batch.task is not None:
        batch.task.cancel()


def _fail(future: "asyncio.Future[Any]", error: BaseException) -> None:
    if future.done():
        return
    if isinstance(error, Exception):
        future.set_exception(error)
        future.exception()  # marks it as retrieved, if nobody waits any more
    else:
        future.cancel()
