"""Databases that the tests of a module share, as they only read."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count

import psycopg
from sqlalchemy import make_url

from db.postgres.engine import Database

_numbers = count(1)


@contextmanager
def cloned(postgres_url: str, template: str) -> Iterator[str]:
    """The URL of a migrated, empty registry, which exists for the length of the block."""
    name = f"shared_{next(_numbers)}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    try:
        yield make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
    finally:
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@asynccontextmanager
async def opened(postgres_url: str, template: str) -> AsyncIterator[Database]:
    """The same registry as a Database."""
    with cloned(postgres_url, template) as url:
        database = Database(url)
        try:
            yield database
        finally:
            await database.close()
