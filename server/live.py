"""The feed of live events in a server process: started with it, ended when it is asked to stop."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from threading import current_thread, main_thread
from types import FrameType
from typing import Any

from db import events
from resolvers.hub import Hub

_SIGNALS = (signal.SIGINT, signal.SIGTERM)

_log = logging.getLogger(__name__)


@asynccontextmanager
async def following(database_url: str, hub: Hub) -> AsyncIterator[None]:
    """Fill the hub with what happens, for as long as the block runs."""
    feed = asyncio.create_task(events.follow(database_url, hub.deliver))
    feed.add_done_callback(_report)
    with _told_of_stop(hub.stop):
        yield
    feed.cancel()
    await asyncio.gather(feed, return_exceptions=True)


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
