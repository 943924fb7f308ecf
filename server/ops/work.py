"""Work that no request asks for: jobs and commands, as logs and traces see it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import NamedTuple

from domain.operations import Operation, running


class Work(NamedTuple):
    """A job or command that has ended; `error` is the name of an exception's class, or empty."""

    kind: str
    name: str
    operation: Operation
    started_at: float  # by perf_counter()
    error: str


# Of the process; called when work has ended.
observers: list[Callable[[Work], None]] = []


@contextmanager
def of(kind: str, name: str) -> Iterator[Operation]:
    """Statements, log lines and requests to others in the block belong to one piece of work."""
    operation, started_at, error = Operation(), perf_counter(), ""
    try:
        with running(operation):
            yield operation
    except BaseException as raised:
        error = type(raised).__name__
        raise
    finally:
        for observe in observers:
            observe(Work(kind, name, operation, started_at, error))
        operation.end()
