"""The end of a server process: first it asks for no more requests, then it ends in bounded time."""

import asyncio
import faulthandler
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from threading import Timer, current_thread, main_thread
from types import FrameType
from typing import Any

_GRACE_S = 5.0  # for what follows the shutdown timeout: jobs, connections, threads
SERVER_GRACE_S = 2  # for the last answers, before uvicorn cancels tasks
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)

_log = logging.getLogger("stopping")


@dataclass(slots=True)
class Stop:
    """Whether this process stops: then it is not ready, and no connection is kept alive."""

    is_stopping: bool = False
    has_begun: bool = False  # no connections are accepted any more


@dataclass(frozen=True, slots=True)
class Times:
    """The seconds of a stop: for load balancers to notice it, and then for what still runs."""

    drain_s: float
    timeout_s: float


@asynccontextmanager
async def draining(
    stop: Stop, times: Times, cut: Callable[[], Awaitable[None]]
) -> AsyncIterator[None]:
    """In the block, a signal to stop is noted at once, and SIGTERM acts `drain_s` later.

    Meanwhile load balancers notice that the process is not ready, and requests are still answered.
    A second signal acts at once. What still runs `timeout_s` after that is cut; SIGINT cuts it
    before. Further SIGTERMs do nothing: after Ctrl-C, a worker gets one from its supervisor.
    """
    if current_thread() is not main_thread():
        yield  # only the main thread can handle signals
        return
    previous = {number: signal.getsignal(number) for number in _STOP_SIGNALS}
    signals = _Signals(stop, times, cut, previous)
    try:
        for number, handler in previous.items():
            if callable(handler):  # else no server handles it, and its default action stays
                signal.signal(number, signals.handle)
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@dataclass(slots=True)
class _Signals:
    """What signals do, the first one and those that follow."""

    stop: Stop
    times: Times
    cut: Callable[[], Awaitable[None]]
    previous: Mapping[signal.Signals, Any]  # their handlers
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    _cutting: asyncio.Future[None] | None = None

    def handle(self, number: int, frame: FrameType | None) -> None:
        is_first, self.stop.is_stopping = not self.stop.is_stopping, True
        if self.stop.has_begun:
            if number == signal.SIGINT:
                self._loop.call_soon_threadsafe(self._cut)
        elif is_first and number == signal.SIGTERM and self.times.drain_s:
            _start(Timer(self.times.drain_s, self._end_drain))  # also if the loop stands
        else:
            self.stop.has_begun = True
            self._loop.call_soon_threadsafe(self._loop.call_later, self.times.timeout_s, self._cut)
            handler = self.previous[signal.Signals(number)]
            if callable(handler):
                handler(number, frame)

    def _end_drain(self) -> None:
        if not self.stop.has_begun:
            os.kill(os.getpid(), signal.SIGTERM)

    def _cut(self) -> None:
        if self._cutting is None:
            self._cutting = asyncio.ensure_future(self.cut())


def bound(timeout_s: float, clean_up: Callable[[], None] | None = None) -> None:
    """After a signal to stop, end this process by force when it has not ended in time.

    A thread that waits for a network drive, or a loop that stands still, cannot be cancelled.
    `clean_up` runs before the forced end; it must not wait.
    """
    if current_thread() is not main_thread():
        return  # only the main thread can handle signals

    def end() -> None:
        _log.critical("the stop takes too long: the process ends now; its threads are below")
        faulthandler.dump_traceback(file=sys.stderr)
        if clean_up is not None:
            clean_up()
        os._exit(1)

    for number in _STOP_SIGNALS:
        _before(number, lambda: _start(Timer(timeout_s + _GRACE_S, end)))


def _start(timer: Timer) -> None:
    timer.daemon = True
    timer.start()


def _before(number: signal.Signals, act: Callable[[], None]) -> None:
    """Act on a signal, and then let its handler act."""
    handler = signal.getsignal(number)

    def handle(given: int, frame: FrameType | None) -> None:
        act()
        if callable(handler):
            handler(given, frame)

    if callable(handler):  # else no server handles the signal, and its default action stays
        signal.signal(number, handle)
