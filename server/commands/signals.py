"""Ends a command cleanly, with exit code 0, when a signal stops it."""

import os
import signal
from threading import Timer
from types import FrameType

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def exit_on_stop() -> None:
    """Make SIGINT and SIGTERM raise SystemExit(0), so that every `with` block is left properly."""

    def stop(_: int, __: FrameType | None) -> None:
        ignore_stop()
        raise SystemExit(0)

    for number in STOP_SIGNALS:
        signal.signal(number, stop)


def exit_within(seconds: float) -> None:
    """End this process by force when it has not ended after this time, as behind a frozen disk."""
    timer = Timer(seconds, os._exit, (1,))
    timer.daemon = True
    timer.start()


def ignore_stop() -> None:
    """Ignore further signals, so that a second Ctrl-C does not interrupt the database's stop."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
