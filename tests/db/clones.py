"""Copies of a database on the tests' PostgreSQL, for one test or for a module that only reads."""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count

import psycopg
from sqlalchemy import make_url

from db.postgres.engine import Database

_END = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
_OPEN = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
_LOOK_S = 0.002
_WAIT_S = 30  # DROP DATABASE says what is wrong then

_numbers = count(1)


@contextmanager
def cloned(postgres_url: str, template: str) -> Iterator[str]:
    """The URL of a copy of the template, which exists for the length of the block."""
    name = f"test_{next(_numbers)}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        # nothing is synced here: files are copied three times as fast as pages are logged
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    try:
        yield named(postgres_url, name)
    finally:
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            _end_sessions(connection, name)
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@asynccontextmanager
async def opened(postgres_url: str, template: str) -> AsyncIterator[Database]:
    """The same copy as a Database."""
    with cloned(postgres_url, template) as url:
        database = Database(url)
        try:
            yield database
        finally:
            await database.close()


def named(url: str, name: str) -> str:
    """The URL of another database of the same PostgreSQL."""
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def _end_sessions(connection: psycopg.Connection, name: str) -> None:
    """End the sessions of a database, and wait until they have.

    A session lives some milliseconds longer than its client's connection, and DROP DATABASE sleeps
    for 100 ms where it still sees one: that was more than the rest of most tests.
    """
    connection.execute(_END, [name])
    end = time.monotonic() + _WAIT_S
    while time.monotonic() < end:
        ((number,),) = connection.execute(_OPEN, [name]).fetchall()
        if not number:
            return
        time.sleep(_LOOK_S)
