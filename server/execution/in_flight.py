"""The requests that run now: their number is limited, and each ends at its deadline.

A request is a coroutine that awaits futures. It is resumed by the futures' callbacks, so it needs
no task and no timer of its own, whatever its transport: together they took a tenth of the time of
a cached response.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Generic, TypeVar

ResponseT = TypeVar("ResponseT")
Run = Coroutine[Any, Any, ResponseT]

_END_S = 0.1  # for a cancelled task to end: its transaction is rolled back before the answer
_CANCEL_AGAIN_S = 2.0  # then it is cancelled again: it may wait for a database that does not answer
_ending: set[asyncio.Task[Any]] = set()  # asyncio itself does not keep tasks alive


class RequestCancelled(asyncio.CancelledError):
    """Raised in a request that is ended early, for a reason."""

    def __init__(self, reason: Exception) -> None:
        super().__init__()
        self.reason = reason


@dataclass(slots=True, eq=False)
class InFlightRequest(Generic[ResponseT]):
    """One request that runs; `cancel` ends it early."""

    _run: Run[ResponseT] | None
    _on_end: Callable[[ResponseT], None]
    _running: "dict[InFlightRequest[Any], None]"
    started_at: float = field(default_factory=perf_counter)
    is_cancelled: bool = False
    _awaited: asyncio.Future[Any] | None = None

    def cancel(self, reason: Exception) -> None:
        """Raise RequestCancelled in the request, unless it has ended or is cancelled already."""
        if self._run is not None and not self.is_cancelled:
            self.is_cancelled = True
            self.step(RequestCancelled(reason))

    def step(self, error: BaseException | None = None) -> None:
        """Run until the request awaits something, or ends."""
        run = self._run
        assert run is not None  # it has not ended
        try:
            awaited = run.send(None) if error is None else run.throw(error)
        except StopIteration as end:
            self._run = self._awaited = None
            del self._running[self]
            self._on_end(end.value)
        except BaseException:
            self._run = None
            del self._running[self]  # else it would count as running forever
            raise
        else:
            # As asyncio.Task does it: the future has seen that somebody awaits it.
            awaited._asyncio_future_blocking = False
            self._awaited = awaited
            awaited.add_done_callback(self._resume)

    def _resume(self, awaited: "asyncio.Future[Any]") -> None:
        if awaited is self._awaited:  # else it was cancelled meanwhile
            self.step()


class InFlightRequests:
    """Limits how many requests run at once, and cancels those that run longer than the timeout."""

    def __init__(self, count_max: int, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        self._count_max = count_max
        self._running: dict[InFlightRequest[Any], None] = {}  # the oldest first
        self._timer: asyncio.TimerHandle | None = None

    @property
    def are_too_many(self) -> bool:
        """Whether more requests run than may; one that starts now is to be refused."""
        return len(self._running) > self._count_max

    def start(
        self, run: Run[ResponseT], on_end: Callable[[ResponseT], None]
    ) -> InFlightRequest[ResponseT]:
        """Start a request; `on_end` gets its response, perhaps before this returns.

        `run` must return a response also when RequestCancelled is raised in it.
        """
        request = InFlightRequest(run, on_end, self._running)
        self._running[request] = None
        if self._timer is None:
            self._set_timer(self.timeout_s)
        request.step()
        return request

    @property
    def count(self) -> int:
        """How many requests run."""
        return len(self._running)

    def cancel_all(self, reason: Exception) -> None:
        """End all requests early, for this reason."""
        for request in list(self._running):
            request.cancel(reason)

    async def drained(self) -> None:
        """Returns when no request runs, after the timeout at the latest."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self.timeout_s):
                while self._running:  # noqa: ASYNC110  # once, when the process stops
                    await asyncio.sleep(0.01)

    def _set_timer(self, delay_s: float) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(delay_s, self._cancel_late)

    def _cancel_late(self) -> None:
        """One timer for all: their timeouts are equal, so the oldest request ends first."""
        self._timer = None
        now = perf_counter()
        for request in list(self._running):
            left_s = request.started_at + self.timeout_s - now
            if left_s > 0:
                self._set_timer(left_s)
                return
            request.cancel(TimeoutError())


async def in_task(work: Coroutine[Any, Any, ResponseT] | asyncio.Task[ResponseT]) -> ResponseT:
    """The result of `work`, which runs in a task: asyncio's timeouts, for example, need one.

    When the caller is cancelled, the task is cancelled too. This raises when the task has ended, or
    after a tenth of a second; then it is unknown how the task will end.
    """
    task = asyncio.ensure_future(work)
    try:
        return await task
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.wait([task], timeout=_END_S)
        if not task.done():
            _ending.add(task)
            task.add_done_callback(_ended)
            asyncio.get_running_loop().call_later(_CANCEL_AGAIN_S, _cancel_again, task)
        raise


def _cancel_again(task: asyncio.Task[Any]) -> None:
    if not task.done():
        task.cancel()
        asyncio.get_running_loop().call_later(_CANCEL_AGAIN_S, _cancel_again, task)


def _ended(task: asyncio.Task[Any]) -> None:
    _ending.discard(task)
    if not task.cancelled():
        task.exception()  # marks it as retrieved: the caller has its answer already
