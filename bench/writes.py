"""Catalog writes per second: `python -m bench.writes`. Their bound is a counter in one row.

Every commit takes its sequence numbers from one row and holds the row's lock until the commit is on
disk, so catalog writes are serial there, whatever the number of clients. Each writer updates its
own model, so that the counter is the only row they share. Measured twice: an UPDATE in SQL alone,
and the mutation through GraphQL in one Python process.
"""

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import psycopg

from db.postgres import embedded, migrate
from db.postgres.engine import Database, PoolLimits
from tests import factories
from tests.graphql import GraphQL

Write = Callable[[int], Awaitable[None]]
_SQL = "UPDATE models SET description = %s, revision = revision + 1 WHERE id = %s"
_MUTATION = """mutation ($input: UpdateModelInput!) {
  updateModel(input: $input) { model { revision } userErrors { message } } }"""


async def main() -> None:
    """Measure on a new PostgreSQL, which syncs to the disk like a real one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--writers", type=int, nargs="+", default=[1, 8, 32])
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder, embedded.running(Path(folder)) as url:
        migrate.upgrade(url)
        print(f"{'':10}{'writers':>8}{'writes/s':>10}{'p50 ms':>9}{'p99 ms':>9}")
        for writers in arguments.writers:
            await _sql(url, writers, arguments.seconds)
            await _graphql(url, writers, arguments.seconds)
        with psycopg.connect(url) as connection:
            query = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
            print("deadlocks", (connection.execute(query).fetchone() or (None,))[0])


async def _sql(url: str, writers: int, seconds: float) -> None:
    database = Database(url)
    models = [(await factories.model(database)).id for _ in range(writers)]
    await database.close()
    connecting = [psycopg.AsyncConnection.connect(url, autocommit=True) for _ in range(writers)]
    connections = await asyncio.gather(*connecting)

    async def write(n: int) -> None:
        await connections[n].execute(_SQL, (str(time.monotonic()), models[n]))

    await _measure("SQL", write, writers, seconds)
    await asyncio.gather(*(connection.close() for connection in connections))


async def _graphql(url: str, writers: int, seconds: float) -> None:
    database = Database(url, PoolLimits(write_connections_max=writers))
    gql = GraphQL(database)
    models = [(await factories.model(database)).node_id for _ in range(writers)]

    async def write(n: int) -> None:
        input = {"model": {"id": models[n]}, "description": str(time.monotonic())}
        await gql(_MUTATION, input=input)

    await _measure("GraphQL", write, writers, seconds)
    await database.close()


async def _measure(name: str, write: Write, writers: int, seconds: float) -> None:
    until = time.monotonic() + seconds
    latencies: list[float] = []

    async def work(n: int) -> None:
        while (began := time.monotonic()) < until:
            await write(n)
            latencies.append(time.monotonic() - began)

    await asyncio.gather(*(work(n) for n in range(writers)))
    latencies.sort()
    count = len(latencies)
    p50_ms, p99_ms = median(latencies) * 1_000, latencies[int(count * 0.99)] * 1_000
    print(f"{name:10}{writers:>8}{count / seconds:>10.0f}{p50_ms:>9.1f}{p99_ms:>9.1f}", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
