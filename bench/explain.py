"""The statements that a document sends, and how PostgreSQL runs them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import parse
from psycopg.sql import Literal

from db.postgres.engine import Database
from db.postgres.pool import Connection
from planner import Planner, QueryPlan
from resolvers.context import Context
from server.app import PASSED
from tests.graphql import SCHEMA, SERVICE

# as the server has it: the stock executor would read columns that nobody asked for
_PLANNER = Planner(SCHEMA, passed=PASSED, by_class=True, shares_arguments=True)
_PARAMETER = re.compile(r"%\((\w+)\)[sbt]")
_PLANNED_BY_VALUES = 5  # times that PostgreSQL plans a prepared one with a look at its values
_EXPLAIN = "EXPLAIN (ANALYZE, BUFFERS)"


@dataclass(frozen=True, slots=True)
class Explained:
    """A statement with $1 for its first parameter, and its plan as PostgreSQL writes it."""

    statement: str
    plan: str


async def explained(url: str, document: str, variables: Mapping[str, Any]) -> list[Explained]:
    """Each statement of one run of a query, planned as the server's connections have it."""
    plan = _PLANNER.plan(parse(document), None, document)
    assert isinstance(plan, QueryPlan), plan
    database = Database(url)
    sent: list[tuple[str, Mapping[str, Any]]] = []
    try:
        # so often that psycopg has prepared what it prepares
        for _ in range(2 * _PLANNED_BY_VALUES):
            await plan.run(variables, Context(db=database, service=SERVICE))
        database.reader.listeners.append(lambda text, values: sent.append((text, values)))
        await plan.run(variables, Context(db=database, service=SERVICE))
        async with database.reader.pool.one() as connection:
            return [await _explained(connection, text, values) for text, values in sent]
    finally:
        await database.close()


async def _explained(connection: Connection, text: str, values: Mapping[str, Any]) -> Explained:
    names = list(dict.fromkeys(_PARAMETER.findall(text)))
    numbered = _PARAMETER.sub(lambda found: f"${names.index(found[1]) + 1}", text)
    given = ", ".join(Literal(values[name]).as_string() for name in names)
    call = f"EXECUTE explained({given})" if names else "EXECUTE explained"
    prepared = await connection.execute("SELECT statement FROM pg_prepared_statements")
    is_prepared = (numbered,) in await prepared.fetchall()
    await connection.execute(f"PREPARE explained AS {numbered}", prepare=False)
    for _ in range(_PLANNED_BY_VALUES if is_prepared else 1):
        await connection.execute(call, prepare=False)
    found = await connection.execute(f"{_EXPLAIN} {call}", prepare=False)
    lines = [line for (line,) in await found.fetchall()]
    await connection.execute("DEALLOCATE explained", prepare=False)
    return Explained(numbered, "\n".join(lines))
