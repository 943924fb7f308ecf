"""What is seen of each SQL statement: for logs, traces and metrics, which `db` knows nothing of.

Every connection of a Database uses ObservedCursor, so that statements of queries, transactions,
SQLAlchemy and COPY are all seen. Without an operation and without an observer it measures nothing.
"""

from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any, NamedTuple, TypeAlias

import psycopg
from psycopg import sql

from domain.operations import STATEMENTS_MAX, Operations, current

ROWS_UNKNOWN = -1


class Statement(NamedTuple):
    """A statement that has ended: its text as sent, which holds no values.

    `started_at` is a time of perf_counter(). `error` is empty, a SQLSTATE or the name of a class.
    `rows` is ROWS_UNKNOWN where PostgreSQL says none. `operations` are all that share it; it is
    empty for work that belongs to none, such as a check of readiness.
    """

    query: Any
    started_at: float
    seconds: float
    rows: int
    error: str
    operations: Operations

    @property
    def text(self) -> str:
        """The SQL, with placeholders for the values."""
        if isinstance(self.query, bytes):
            return self.query.decode()
        return self.query.as_string() if isinstance(self.query, sql.Composable) else self.query


StatementObserver: TypeAlias = Callable[[Statement], None]


def report(
    observers: Iterable[StatementObserver],
    query: Any,
    started_at: float,
    rows: int,
    error: BaseException | None = None,
) -> None:
    """Tell the current operations and the observers that a statement has ended."""
    seconds = perf_counter() - started_at
    operations = current.get()
    name = "" if error is None else error_name(error)
    statement = Statement(query, started_at, seconds, rows, name, operations)
    is_shared = len(operations) > 1
    for operation in operations:
        if operation.is_ended:  # its client has gone meanwhile
            continue
        operation.database_s += seconds
        operation.statement_count += 1
        if is_shared:
            operation.is_shared = True
        if operation.statements is None:
            operation.statements = [statement]
        elif operation.statement_count <= STATEMENTS_MAX:
            operation.statements.append(statement)
    for observe in observers:
        observe(statement)


def error_name(error: BaseException) -> str:
    """The SQLSTATE, or else the name of the class, such as CancelledError."""
    sqlstate = error.sqlstate if isinstance(error, psycopg.Error) else None
    return sqlstate or type(error).__name__


async def observed(
    observers: Sequence[StatementObserver], query: Any, running: Coroutine[Any, Any, Any]
) -> Any:
    """The result of a statement, which is a cursor or None; reports when it has ended."""
    started_at = perf_counter()
    try:
        result = await running
    except BaseException as error:
        report(observers, query, started_at, ROWS_UNKNOWN, error)
        raise
    rows = ROWS_UNKNOWN if result is None else result.rowcount
    report(observers, query, started_at, rows)
    return result


class Reported:
    """A block that runs a statement; it is reported when the block ends.

    `rows` is what the block says of it. It is a class, as a generator would take 1 us more.
    """

    __slots__ = ("_observers", "_query", "_started_at", "rows")

    def __init__(self, connection: Any, query: Any) -> None:
        self._observers: Sequence[StatementObserver] = getattr(connection, "observers", ())
        self._query = query
        self.rows = ROWS_UNKNOWN

    def __enter__(self) -> "Reported":
        self._started_at = perf_counter()
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        rows = self.rows if error is None else ROWS_UNKNOWN
        report(self._observers, self._query, self._started_at, rows, error)


def is_observed(observers: Sequence[StatementObserver]) -> bool:
    """Whether anybody wants to know of a statement now."""
    return bool(observers or current.get())


class ObservedCursor(psycopg.AsyncCursor[Any]):
    """A cursor that reports its statements to the observers of its connection."""

    # not `async`, so that an unobserved statement costs nothing
    def execute(self, query: Any, params: Any = None, **options: Any) -> Coroutine[Any, Any, Any]:
        """Run a statement."""
        return self._observed(query, super().execute(query, params, **options))

    def executemany(self, query: Any, params_seq: Any, **options: Any) -> Coroutine[Any, Any, Any]:
        """Run a statement for each of the parameters; it is reported once."""
        return self._observed(query, super().executemany(query, params_seq, **options))

    @asynccontextmanager
    async def copy(self, statement: Any, *args: Any, **options: Any) -> AsyncIterator[Any]:
        """COPY; its time includes that of the block, which makes the rows."""
        with Reported(self._conn, statement) as seen:
            async with super().copy(statement, *args, **options) as copy:
                yield copy
            seen.rows = self.rowcount

    def _observed(self, query: Any, running: Coroutine[Any, Any, Any]) -> Coroutine[Any, Any, Any]:
        observers = _observers(self._conn)
        return observed(observers, query, running) if is_observed(observers) else running


def _observers(connection: Any) -> Sequence[StatementObserver]:
    observers: Sequence[StatementObserver] = connection.observers
    return observers
