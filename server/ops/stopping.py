"""The end of a server process: bounded, whatever a task or a thread still does."""

import faulthandler
import logging
import os
import signal
import sys
from collections.abc import Callable
from threading import Timer, current_thread, main_thread
from types import FrameType

_GRACE_S = 5.0  # for what follows the shutdown timeout: jobs, connections, threads
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)

_log = logging.getLogger("stopping")


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
