"""The event feed of a server process: reads the audit log while there are subscribers."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from threading import current_thread, main_thread
from time import monotonic
from types import FrameType
from typing import Any

from db.reads import listener
from db.reads.listener import ListenerState
from resolvers.event_broker import EventBroker

_IDLE_S = 10.0  # listening goes on this long without subscribers: many reconnect, with a cursor
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)

_log = logging.getLogger(__name__)


@asynccontextmanager
async def running(
    url: str, broker: EventBroker, state: ListenerState, *, can_listen: bool
) -> AsyncIterator[None]:
    """Deliver committed events to the broker while the block runs."""
    follow = partial(listener.follow, url, broker.deliver, state, can_listen=can_listen)
    async with _task(_follow_while_subscribed(follow, broker, state)):
        with _on_stop_signal(broker.stop):
            yield


async def _follow_while_subscribed(
    follow: Callable[[], Coroutine[Any, Any, None]], broker: EventBroker, state: ListenerState
) -> None:
    """Without subscribers the process does not listen: each commit would wake it, which costs a
    tenth of a small mutation."""
    while True:
        await broker.has_subscribers.wait()
        state.is_on, state.heard_at = True, monotonic()
        async with _task(follow()):
            while broker.has_subscribers.is_set():
                await broker.is_idle.wait()
                with suppress(TimeoutError):
                    async with asyncio.timeout(_IDLE_S):
                        await broker.has_subscribers.wait()
            state.is_on = False
            broker.pause()  # no await between the check of `has_subscribers` and this


@asynccontextmanager
async def _task(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run a task while the block runs."""
    task = asyncio.create_task(work)
    task.add_done_callback(_log_failure)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@contextmanager
def _on_stop_signal(callback: Callable[[], None]) -> Iterator[None]:
    """Call `callback` when a signal asks the process to stop.

    uvicorn reports a stop to the application only after the last response, but a stream does not
    end by itself.
    """
    if current_thread() is not main_thread():
        yield  # only the main thread can handle signals
        return
    loop = asyncio.get_running_loop()
    previous = {number: signal.getsignal(number) for number in _STOP_SIGNALS}

    def stop(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(callback)
        handler = previous[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    for number, handler in previous.items():
        if callable(handler):  # else no server handles the signal, and its default action stays
            signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _log_failure(task: "asyncio.Task[Any]") -> None:
    if not task.cancelled() and (error := task.exception()):
        _log.critical("the event feed has stopped", exc_info=error)
