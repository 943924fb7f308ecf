"""Migration 0008 finds the prices that a registry has scheduled before it."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg

from db.postgres import migrate
from db.postgres.engine import Database
from db.reads import data_version

PREVIOUS = "0004"


async def test_scheduled_prices_of_an_older_registry_are_known(empty_url: str) -> None:
    migrate.upgrade(empty_url, PREVIOUS)
    later = datetime.now(UTC) + timedelta(days=1)
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")  # a price without a binding
        for at in (later, later + timedelta(days=1), later - timedelta(days=2)):
            values = (uuid4(), uuid4(), at)
            connection.execute(
                "INSERT INTO prices (id, binding_id, effective_from) VALUES (%s, %s, %s)", values
            )
    migrate.upgrade(empty_url)
    database = Database(empty_url)
    assert (await data_version.current(database.reader)).next_price_at == later
    await database.close()
