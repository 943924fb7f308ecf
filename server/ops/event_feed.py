"""The feed of live events in a server process: started with it, ended when it is asked to stop."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from threading import current_thread, main_thread
from types import FrameType
from typing import Any

from db.reads import listener
from resolvers.event_broker import EventBroker

_LINGER_S = 10.0  # after the last subscriber: many come again at once, with a cursor
_SIGNALS = (signal.SIGINT, signal.SIGTERM)

_log = logging.getLogger(__name__)


@asynccontextmanager
async def following(database_url: str, broker: EventBroker) -> AsyncIterator[None]:
    """Fill the broker with what happens, for as long as the block runs."""
    async with _task(_follow_while_wanted(database_url, broker)):
        with _told_of_stop(broker.stop):
            yield


async def _follow_while_wanted(database_url: str, broker: EventBroker) -> None:
    """A server without subscribers neither listens nor reads: each commit would wake it, for a
    tenth of what a small mutation costs."""
    while True:
        await broker.wanted.wait()
        async with _task(listener.follow(database_url, broker.deliver)):
            while broker.wanted.is_set():
                await broker.unwanted.wait()
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LINGER_S):
                        await broker.wanted.wait()
            broker.rest()  # with no await since nobody was there


@asynccontextmanager
async def _task(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """A task for as long as the block runs."""
    task = asyncio.create_task(work)
    task.add_done_callback(_report)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@contextmanager
def _told_of_stop(act: Callable[[], None]) -> Iterator[None]:
    """Call `act` when a signal asks the process to stop.

    uvicorn tells an application so only after its last request, and a stream has no end of its own.
    """
    if current_thread() is not main_thread():
        yield  # signals are the main thread's
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def stop(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(act)
        handler = before[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    for number in _SIGNALS:
        if callable(
            before[number]
        ):  # else nobody stops cleanly, and the system's way is left alone
            signal.signal(number, stop)
    try:
        yield
    finally:
        for number in _SIGNALS:
            signal.signal(number, before[number])


def _report(feed: "asyncio.Task[Any]") -> None:
    if not feed.cancelled() and (cause := feed.exception()):
        _log.critical("live events have ended", exc_info=cause)
