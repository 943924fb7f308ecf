"""The SQL statements of a GraphQL document, and PostgreSQL's plans of them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import parse
from psycopg.sql import Literal

from db.postgres.engine import Database
from db.postgres.pool import Connection
from planner import Planner, QueryPlan
from server.app import PASSTHROUGH
from tests.graphql import SCHEMA, context
from tests.planner.executors import run_plan

# with the server's options: graphql-core's executor would read columns that are not selected
_PLANNER = Planner(SCHEMA, passthrough=PASSTHROUGH)
_PARAMETER = re.compile(r"%\((\w+)\)[sbt]")
_PLANNED_BY_VALUES = 5  # executions of a prepared statement that PostgreSQL plans for their values
_EXPLAIN = "EXPLAIN (ANALYZE, BUFFERS)"


@dataclass(frozen=True, slots=True)
class ExplainedStatement:
    """A statement with $1 for its first parameter, and the text of its plan."""

    text: str
    plan: str


async def explained(
    url: str, document: str, variables: Mapping[str, Any]
) -> list[ExplainedStatement]:
    """Each statement of one run of a query, with the plan that a server's connection would use."""
    tree = parse(document)
    plan = _PLANNER.plan(tree, None, document)
    assert isinstance(plan, QueryPlan), plan
    database = Database(url)
    sent: list[tuple[str, Mapping[str, Any]]] = []
    try:
        # often enough for psycopg to prepare the statements
        for _ in range(2 * _PLANNED_BY_VALUES):
            await run_plan(
                plan,
                SCHEMA,
                tree,
                context(database),
                variables,
            )
        database.statement_listeners.append(lambda text, values: sent.append((text, values)))
        await run_plan(plan, SCHEMA, tree, context(database), variables)
        async with database.reader.pool.connection() as connection:
            return [await _explained(connection, text, values) for text, values in sent]
    finally:
        await database.close()


async def _explained(
    connection: Connection, text: str, values: Mapping[str, Any]
) -> ExplainedStatement:
    names = list(dict.fromkeys(_PARAMETER.findall(text)))
    numbered = _PARAMETER.sub(lambda match: f"${names.index(match[1]) + 1}", text)
    arguments = ", ".join(Literal(values[name]).as_string() for name in names)
    call = f"EXECUTE explained({arguments})" if names else "EXECUTE explained"
    prepared = await connection.execute("SELECT statement FROM pg_prepared_statements")
    is_prepared = (numbered,) in await prepared.fetchall()
    await connection.execute(f"PREPARE explained AS {numbered}", prepare=False)
    for _ in range(_PLANNED_BY_VALUES if is_prepared else 1):
        await connection.execute(call, prepare=False)
    rows = await connection.execute(f"{_EXPLAIN} {call}", prepare=False)
    lines = [line for (line,) in await rows.fetchall()]
    await connection.execute("DEALLOCATE explained", prepare=False)
    return ExplainedStatement(numbered, "\n".join(lines))
