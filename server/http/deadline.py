"""How long a request is worked on: until its time is up, or its client has gone."""

import asyncio
from types import TracebackType

from starlette.types import Receive

from server.http.request import client_gone

_WATCH_AFTER_S = 0.1  # most operations are over by then, and pay for a timer only


class RequestDeadline:
    """Cancels the block it guards, which then raises TimeoutError, or HttpError for a client gone.

    asyncio.timeout and a task that watches would cost a twentieth of a small query's time.
    """

    __slots__ = (
        "_before",
        "_reason",
        "_receive",
        "_task",
        "_timeout_s",
        "_timer",
        "_watcher",
        "outlives_client",
    )

    def __init__(self, receive: Receive, timeout_ms: int) -> None:
        self.outlives_client = False  # a mutation: its client may well believe that it is done
        self._receive = receive
        self._timeout_s = timeout_ms / 1_000
        self._reason: Exception | None = None
        self._watcher: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "RequestDeadline":
        task = asyncio.current_task()
        assert task is not None
        self._task, self._before = task, task.cancelling()
        wait_s = min(_WATCH_AFTER_S, self._timeout_s)
        self._timer = asyncio.get_running_loop().call_later(wait_s, self._watch, wait_s)
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self._watcher is not None:
            self._watcher.cancel()
            self._watcher = None  # its error's frames know this object: a cycle of 40 objects
        if self._reason is None:
            return
        is_alone = self._task.uncancel() <= self._before  # else someone else cancels as well
        if is_alone and isinstance(error, asyncio.CancelledError):
            raise self._reason from error

    def _watch(self, waited_s: float) -> None:
        left_s = self._timeout_s - waited_s
        self._timer = asyncio.get_running_loop().call_later(left_s, self._end, TimeoutError())
        if not self.outlives_client:
            self._watcher = asyncio.ensure_future(self._end_when_gone())

    async def _end_when_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._end(client_gone())

    def _end(self, reason: Exception) -> None:
        if self._reason is None:
            self._reason = reason
            self._task.cancel()
