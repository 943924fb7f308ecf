"""What the exceptions of the driver mean; no other module needs their classes and codes."""

import asyncio
from collections.abc import Iterator

import psycopg
import sqlalchemy.exc

from db.postgres.large_results import ResultTooLarge

# https://www.postgresql.org/docs/18/errcodes-appendix.html
_LOST_CLASSES = ("08", "57P")  # connection lost, shutting down
_UNAVAILABLE_CLASSES = (*_LOST_CLASSES, "53")  # out of resources
_UNUSABLE_VALUE_CLASS = "22"  # out of range, a NUL character, an invalid encoding
_QUERY_CANCELED = "57014"
_READ_ONLY = "25006"
_DISK_FULL = "53100"
_UNDEFINED = ("42P01", "42703")  # a table, a column


class CommitLost(Exception):
    """The connection was lost during a commit: it is unknown whether that took place.

    The cause is the driver's exception.
    """


class CommitCancelled(asyncio.CancelledError):
    """Cancelled during a commit: it is unknown whether that took place."""


def raise_if_unknown(error: BaseException) -> None:
    """Raise CommitLost or CommitCancelled for an error during a commit, unless it is an answer.

    An answer of the database, such as a violated constraint, says that nothing was committed.
    """
    if isinstance(error, asyncio.CancelledError):
        raise CommitCancelled from error
    if is_connection_lost(error):
        raise CommitLost(str(error)) from error


def is_of_database(error: BaseException) -> bool:
    """Whether the database or the way to it failed, and not the code that uses it."""
    return isinstance(driver_error(error), psycopg.Error | ConnectionError)


def is_connection_lost(error: BaseException) -> bool:
    """Whether the connection ended before the database had answered."""
    return _is_lost_or(_LOST_CLASSES, error)


def is_unavailable(error: BaseException) -> bool:
    """Whether the database could not be reached, or no connection became free in time."""
    return _is_lost_or(_UNAVAILABLE_CLASSES, error)


def is_read_only(error: BaseException) -> bool:
    """Whether a write was refused, as on a standby or with `default_transaction_read_only`."""
    cause = driver_error(error)
    return isinstance(cause, psycopg.Error) and cause.sqlstate == _READ_ONLY


def is_disk_full(error: BaseException) -> bool:
    """Whether PostgreSQL has no space left to write."""
    cause = driver_error(error)
    return isinstance(cause, psycopg.Error) and cause.sqlstate == _DISK_FULL


def is_without_schema(error: BaseException) -> bool:
    """Whether a table or a column is missing, as in a database without all migrations."""
    cause = driver_error(error)
    return isinstance(cause, psycopg.Error) and cause.sqlstate in _UNDEFINED


def is_statement_timeout(error: BaseException) -> bool:
    """Whether PostgreSQL stopped a statement that ran longer than `statement_timeout`."""
    cause = driver_error(error)
    return isinstance(cause, psycopg.Error) and cause.sqlstate == _QUERY_CANCELED


def is_unusable_value(error: BaseException) -> bool:
    """Whether a value in the input cannot be stored, such as text with a NUL character."""
    cause = driver_error(error)
    if not isinstance(cause, psycopg.DataError):
        return False
    return cause.sqlstate is None or cause.sqlstate.startswith(_UNUSABLE_VALUE_CLASS)


def is_too_large(error: BaseException) -> bool:
    """Whether a result had more bytes than are allowed."""
    return isinstance(error, ResultTooLarge)


def driver_error(error: BaseException) -> BaseException:
    """The driver's exception, without SQLAlchemy's and our own exceptions around it."""
    if isinstance(error, CommitLost) and error.__cause__ is not None:
        return driver_error(error.__cause__)
    wrapped = error.orig if isinstance(error, sqlalchemy.exc.DBAPIError) else None
    return wrapped or error


def reason(error: BaseException) -> str:
    """The first line of what the driver says: the others have statements and rows."""
    return next(iter(str(driver_error(error)).splitlines()), type(error).__name__)


def root_cause(error: BaseException | None) -> BaseException | None:
    """The exception that all others were raised from; one of them where they form a cycle."""
    seen = set[int]()
    while error is not None and error.__cause__ is not None and id(error) not in seen:
        seen.add(id(error))
        error = error.__cause__
    return error


def details_with_rows(error: BaseException | None) -> Iterator[str]:
    """What an exception, and those before it, say in detail of rows that break constraints."""
    pending, seen = [error], set[int]()
    while pending:
        if (one := pending.pop()) is None or id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, psycopg.IntegrityError) and one.diag.message_detail:
            yield one.diag.message_detail
        pending += [one.__cause__, one.__context__, getattr(one, "orig", None)]
        pending += getattr(one, "exceptions", ())


def _is_lost_or(classes: tuple[str, ...], error: BaseException) -> bool:
    """Whether the connection is lost, or the error's code is of one of these classes."""
    if isinstance(error, sqlalchemy.exc.DBAPIError) and error.connection_invalidated:
        return True
    cause = driver_error(error)
    if not isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError):
        return isinstance(cause, ConnectionError)
    return cause.sqlstate is None or cause.sqlstate.startswith(classes)
