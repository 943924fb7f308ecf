"""Ends a command cleanly, with exit code 0, when a signal stops it."""

import signal
from types import FrameType

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def exit_on_stop() -> None:
    """Make SIGINT and SIGTERM raise SystemExit(0), so that every `with` block is left properly."""

    def stop(_: int, __: FrameType | None) -> None:
        ignore_stop()
        raise SystemExit(0)

    for number in STOP_SIGNALS:
        signal.signal(number, stop)


def ignore_stop() -> None:
    """Ignore further signals, so that a second Ctrl-C does not interrupt the database's stop."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
