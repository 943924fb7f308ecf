"""Reads results that may be very large in parts, so that they end when they are too large.

psycopg would hold the whole result, and then all of its values: JSON takes several times the memory
of its text.
"""

from collections.abc import Mapping
from contextlib import aclosing
from typing import Any

import psycopg
from psycopg import capabilities

from db.postgres import observing
from db.postgres.statements import Compiled

ROWS_MAX = 200  # a result of no more rows is read at once: each has a bounded size
_CHUNK = 100 if capabilities.has_stream_chunked() else 1  # rows


class ResultTooLarge(Exception):
    """The result has more bytes than are allowed."""


def may_be_large(statement: Compiled, values: Mapping[str, Any]) -> bool:
    """Whether the result may have many rows with long values."""
    if not statement.long_columns:
        return False
    keys = values.get("keys")
    rows_max: int = (1 if keys is None else len(keys)) * values.get("limit", 1)
    return rows_max > ROWS_MAX


async def fetch(
    connection: psycopg.AsyncConnection[Any],
    statement: Compiled,
    values: Mapping[str, Any],
    bytes_max: int,
) -> list[Any]:
    """The rows; raises ResultTooLarge when their long values have more bytes than allowed."""
    rows: list[Any] = []
    size = position = 0
    result = None
    with observing.Reported(connection, statement.sql) as seen:
        async with connection.cursor(binary=True) as cursor:
            stream: Any = cursor.stream(statement.sql, values, binary=True, size=_CHUNK)
            async with aclosing(stream):
                async for row in stream:
                    if cursor.pgresult is not result:
                        result, position = cursor.pgresult, 0
                    assert result is not None  # it holds the row
                    for column in statement.long_columns:
                        size += len(result.get_value(position, column) or b"")
                    if size > bytes_max:
                        rows.clear()  # tracebacks keep this frame until the garbage collector runs
                        raise ResultTooLarge
                    position += 1
                    rows.append(statement.row_class(row))
        seen.rows = len(rows)
    return rows
