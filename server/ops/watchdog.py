"""Ends a process whose event loop stands still, so that another one can take its place.

A thread counts its own ticks since the loop has run last. It counts no seconds: a process that was
paused as a whole, such as by `docker pause`, is not taken for one that stands still.
"""

import asyncio
import logging
import os
import sys
import threading
import traceback
from collections.abc import Callable
from typing import NoReturn

_TICKS = 10  # in the time that the loop may stand still

_log = logging.getLogger("watchdog")


def _exit() -> NoReturn:
    os._exit(1)  # uvicorn's supervisor starts another worker


class _Watch:
    """What the loop and the thread share."""

    def __init__(self) -> None:
        self.ticks = 0  # of the thread, since the loop has run last
        self.is_stopped = threading.Event()
        self.end: Callable[[], NoReturn] = _exit


_watch = _Watch()


def start(timeout_s: float) -> None:
    """Watch the running loop; the process ends when the loop stands still for this long."""
    loop, thread_id = asyncio.get_running_loop(), threading.get_ident()
    tick_s = timeout_s / _TICKS
    _watch.is_stopped.clear()

    def beat() -> None:
        _watch.ticks = 0
        loop.call_later(tick_s, beat)

    def observe() -> None:
        while not _watch.is_stopped.wait(tick_s):
            _watch.ticks += 1
            if _watch.ticks > _TICKS:
                _report(thread_id, timeout_s)
                _watch.end()

    beat()
    threading.Thread(target=observe, name="watchdog", daemon=True).start()


def stop() -> None:
    """Watch no more; the loop has ended."""
    _watch.is_stopped.set()


def on_stall(end: Callable[[], NoReturn]) -> None:
    """What to do instead of the process's end; it must not return."""
    _watch.end = end


def _report(thread_id: int, timeout_s: float) -> None:
    frame = sys._current_frames().get(thread_id)
    where = "".join(traceback.format_stack(frame, limit=20)) if frame is not None else "unknown"
    _log.critical(
        "the event loop stands still for %g s; the process ends; it is at\n%s", timeout_s, where
    )
