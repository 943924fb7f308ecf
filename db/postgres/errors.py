"""What the exceptions of the driver mean; no other module needs their classes and codes."""

import psycopg
import sqlalchemy.exc

# https://www.postgresql.org/docs/18/errcodes-appendix.html
_CONNECTION_CLASSES = ("08", "53", "57P")  # connection lost, out of resources, shutting down
_UNUSABLE_VALUE_CLASS = "22"  # out of range, a NUL character, an invalid encoding
_QUERY_CANCELED = "57014"


def is_unavailable(error: BaseException) -> bool:
    """Whether the database could not be reached, or no connection became free in time."""
    if isinstance(error, sqlalchemy.exc.DBAPIError) and error.connection_invalidated:
        return True
    cause = driver_error(error)
    if not isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError):
        return isinstance(cause, ConnectionError)
    return cause.sqlstate is None or cause.sqlstate.startswith(_CONNECTION_CLASSES)


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


def driver_error(error: BaseException) -> BaseException:
    """The driver's exception, without SQLAlchemy's exception around it."""
    wrapped = error.orig if isinstance(error, sqlalchemy.exc.DBAPIError) else None
    return wrapped or error
