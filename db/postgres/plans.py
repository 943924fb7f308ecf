"""The plan of a statement without its values: what PostgreSQL would do for any of them."""

import asyncio
import re
from contextlib import suppress

import psycopg

from db.postgres.engine import Database

_TIMEOUT_S = 2.0
_PLANNED = re.compile(r"(?i)\s*(select|insert|update|delete|with|merge|values)\b")
# psycopg's placeholders: %(name)s or %s, in any format; %% is a percent sign
_PLACEHOLDER = re.compile(r"%(?:\((?P<name>[^)]+)\)(?P<kind>[sbt])|(?P<bare>[sbt])|(?P<sign>%))")


class NoPlan(Exception):
    """PostgreSQL has no plan for the statement without values; the text says why."""


def is_planned(text: str) -> bool:
    """Whether the statement is of a kind that has a plan."""
    return _PLANNED.match(text) is not None


async def generic(database: Database, text: str) -> str:
    """The generic plan, which needs PostgreSQL 16; raises NoPlan.

    It executes nothing, and uses a connection of its own.
    """
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            connection = await database.connect()
            try:
                cursor = await connection.execute(b"EXPLAIN (GENERIC_PLAN) " + numbered(text))
                return "\n".join(line for (line,) in await cursor.fetchall())
            finally:
                with suppress(psycopg.Error):
                    await connection.close()
    except (psycopg.Error, OSError, TimeoutError) as error:
        raise NoPlan(next(iter(str(error).splitlines()), type(error).__name__)) from None


def numbered(text: str) -> bytes:
    """The statement with the placeholders of PostgreSQL: $1, $2 and so on."""
    numbers: dict[str, int] = {}

    def replaced(found: re.Match[str]) -> str:
        if found["sign"]:
            return "%"
        name = found["name"] or f"%{found.start()}"
        return f"${numbers.setdefault(name, len(numbers) + 1)}"

    return _PLACEHOLDER.sub(replaced, text).encode()
