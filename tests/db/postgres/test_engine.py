"""What PostgreSQL is told about each connection."""

import asyncio
import os
import socket

import pytest

from db.postgres.engine import Database, PoolLimits
from tests.server.wire import held, waiting


@pytest.mark.parametrize("pool_of", ["reader", "writer"])
async def test_a_statement_ends_when_its_client_has_gone(pool_of: str, database_url: str) -> None:
    """Else one that waits for a lock would go on until its timeout, and hold its own locks."""
    database = Database(database_url, PoolLimits(statement_timeout_ms=600_000))
    pool = getattr(database, pool_of).pool
    with held(database_url):
        async with pool.connection() as connection:
            statement = asyncio.ensure_future(connection.execute("SELECT count(*) FROM models"))
            await waiting(database_url, 1)
            with socket.socket(fileno=os.dup(connection.pgconn.socket)) as ours:
                ours.shutdown(socket.SHUT_RDWR)
            await waiting(database_url, 0)
            statement.cancel()
            await asyncio.gather(statement, return_exceptions=True)
            connection.pgconn.finish()
    await database.close()
