"""The end of a server process: first it asks for no more requests, then it ends in bounded time."""

import faulthandler
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from threading import Timer, current_thread, main_thread
from types import FrameType

_GRACE_S = 5.0  # for what follows the shutdown timeout: jobs, connections, threads
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)

_log = logging.getLogger("stopping")


@dataclass(slots=True)
class Stop:
    """Whether this process stops: then it is not ready, and no connection is kept alive."""

    is_stopping: bool = False


@asynccontextmanager
async def draining(stop: Stop, drain_s: float) -> AsyncIterator[None]:
    """In the block, a signal to stop is noted at once, and SIGTERM acts `drain_s` later.

    Meanwhile load balancers notice that the process is not ready, and requests are still answered.
    A second signal acts at once.
    """
    if current_thread() is not main_thread():
        yield  # only the main thread can handle signals
        return
    previous = {number: signal.getsignal(number) for number in _STOP_SIGNALS}

    def handle(number: int, frame: FrameType | None) -> None:
        is_first, stop.is_stopping = not stop.is_stopping, True
        if is_first and number == signal.SIGTERM and drain_s:
            _start(Timer(drain_s, lambda: os.kill(os.getpid(), number)))  # also if the loop stands
            return
        handler = previous[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    try:
        for number, handler in previous.items():
            if callable(handler):  # else no server handles it, and its default action stays
                signal.signal(number, handle)
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


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
