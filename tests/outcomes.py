"""Reports outcomes, and reads what was recorded."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row

from db.postgres.engine import Database
from domain import ids
from tests import factories
from tests.graphql import GraphQL

REPORT = """mutation ($input: ReportOutcomesInput!) { reportOutcomes(input: $input) {
    accepted rejected userErrors { code message path } } }"""
BOUNDS = (5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000)


def this_minute() -> datetime:
    """The start of the current minute."""
    return datetime.now(UTC).replace(second=0, microsecond=0)


def minutes_ago(number: int) -> str:
    """The start of an earlier minute, as clients write it."""
    return (this_minute() - timedelta(minutes=number)).isoformat()


async def bindings(db: Database, number: int) -> list[str]:
    """The ids of new bindings of one version."""
    version = await factories.version(db, await factories.model(db))
    by = await factories.provider(db)
    made = [await factories.binding(db, version, by) for _ in range(number)]
    return [ids.encode(ids.BINDING, each.id) for each in made]


def item(binding: str, outcome: str = "SUCCESS", **fields: Any) -> dict[str, Any]:
    """One call that ended now."""
    now = datetime.now(UTC).isoformat()
    return {"binding": binding, "at": now, "outcome": outcome, **fields}


def rollup(binding: str, count: int = 1, outcome: str = "SUCCESS", **fields: Any) -> dict[str, Any]:
    """Calls of the last minute that ended."""
    minute = minutes_ago(1)
    return {"binding": binding, "minute": minute, "outcome": outcome, "count": count, **fields}


def histogram(count: int) -> dict[str, Any]:
    """Calls that took from 250 to 500 milliseconds."""
    counts = [0] * (len(BOUNDS) + 1)
    counts[BOUNDS.index(500)] = count
    return {"bounds": list(BOUNDS), "counts": counts}


async def report(gql: GraphQL, **input: Any) -> dict[str, Any]:
    """The payload of reportOutcomes."""
    payload: dict[str, Any] = (await gql(REPORT, input=input))["reportOutcomes"]
    return payload


def rows(url: str, table: str) -> list[dict[str, Any]]:
    """All rows of a table, in the order of their primary keys."""
    with psycopg.connect(url, row_factory=dict_row) as connection:
        return connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
