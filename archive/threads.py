"""Runs calls that may never return."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import TypeVar, cast

T = TypeVar("T")


def start(call: Callable[[], T], on_end: Callable[[], None]) -> "asyncio.Future[T]":
    """The result of a call in a thread of its own; `on_end` runs in the loop after the call.

    A process that exits does not wait for the thread, as it would for those of an executor: a read
    of a network drive may hang for ever, and cannot be cancelled.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: Exception | None) -> None:
        on_end()
        if future.done():  # nobody waits any more
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(cast("T", result))

    def work() -> None:
        outcome: tuple[T | None, Exception | None]
        try:
            outcome = call(), None
        except Exception as error:
            outcome = None, error
        with suppress(RuntimeError):  # the loop has been closed
            loop.call_soon_threadsafe(settle, *outcome)

    Thread(target=work, name="archive", daemon=True).start()
    return future
