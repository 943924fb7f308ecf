"""The database: a template that is filled once, and a new copy of it for each run."""

import asyncio
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir

import psutil  # type: ignore[import-untyped]  # its stubs are a package of their own
import psycopg
from psycopg.sql import SQL, Composed, Identifier

from bench.terminal import progress
from catalogs import synthetic
from db.postgres import embedded, migrate, migration_state
from db.postgres.engine import Database, PoolLimits

VERSIONS, BINDINGS = 10, 4  # of each model, of each version
BINDINGS_MAX = 1_000_000
PER_MODEL = VERSIONS * BINDINGS
_SEED = 7
_RUN = re.compile(r"bench_\d+_(?P<process>\d+)")  # the database of one run
_LOAD_TIMEOUT_MS = 3_600_000

# The synthetic catalog leaves these columns empty. A registry in use has them, and jsonb is slow to
# read. The triggers are off, so that the audit log has no event for each of these updates.
_FILL = (
    "SET session_replication_role = replica",
    """UPDATE model_versions SET metadata = jsonb_build_object(
        'framework', 'pytorch', 'precision', 'fp8', 'owner', 'team-' || number,
        'parameters', 7000000000 + number)""",
    """UPDATE provider_bindings b SET endpoint =
        'https://' || p.slug || '.example/v1/models/' || b.provider_model_id
        FROM providers p WHERE p.id = b.provider_id""",
    # rows in the order of their keys, as in a registry that grew row by row
    "VACUUM (FULL, ANALYZE)",
)


def model_count(bindings: int) -> int:
    """The number of models with that many bindings in total, at least one."""
    return max(1, bindings // PER_MODEL)


@contextmanager
def fresh(bindings: int) -> Iterator[str]:
    """The URL of a new database with that many bindings, on an embedded PostgreSQL 18.

    The first run of a size fills a template in the temporary directory; later runs copy it.
    """
    with (
        embedded.running(Path(gettempdir()) / "registry-bench") as url,
        copied(url, bindings) as database_url,
    ):
        yield database_url


@contextmanager
def copied(url: str, bindings: int) -> Iterator[str]:
    """The same on the PostgreSQL server of a URL."""
    # the names keep the sizes of one run, and concurrent runs, apart
    template = f"synthetic_{bindings}_{migration_state.head()}"
    name = f"bench_{bindings}_{os.getpid()}"
    if not _is_filled(url, template):
        _fill(url, template, name, bindings)
    with _server(url) as connection:
        _drop(connection, name)
        connection.execute(_create(name, template))
    try:
        yield _named(url, name)
    finally:
        with _server(url) as connection:
            _drop(connection, name)


def _is_filled(url: str, template: str) -> bool:
    with _server(url) as connection:
        rows = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [template])
        return rows.fetchone() is not None


def _fill(url: str, template: str, name: str, bindings: int) -> None:
    """Fill a database and then rename it, so that a template with its final name is complete."""
    progress(f"Filling a database with {bindings:,} bindings (once)")
    with _server(url) as connection:
        for outdated in (name, *_outdated(connection)):
            _drop(connection, outdated)
        connection.execute(_create(name, "template1"))
    filling = _named(url, name)
    migrate.upgrade(filling)
    asyncio.run(_load(filling, model_count(bindings)))
    fill_columns(filling)
    with _server(url) as connection:
        rename = SQL("ALTER DATABASE {} RENAME TO {}")
        connection.execute(rename.format(Identifier(name), Identifier(template)))


def fill_columns(url: str) -> None:
    """Fill the columns that the synthetic import leaves empty."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in _FILL:
            connection.execute(statement)


async def _load(url: str, models: int) -> None:
    database = Database(url, PoolLimits(statement_timeout_ms=_LOAD_TIMEOUT_MS))
    try:
        sizes = (models, VERSIONS, BINDINGS)
        _, warnings = await synthetic.load(database, sizes, _SEED, _print_progress)
        assert not warnings, warnings
    finally:
        await database.close()


def _print_progress(done: int, total: int) -> None:
    progress(f"  {done:,} of {total:,} bindings")


def _outdated(connection: psycopg.Connection) -> list[str]:
    """Templates of another schema version, and the databases of runs that were killed."""
    names = [name for (name,) in connection.execute("SELECT datname FROM pg_database").fetchall()]
    templates = [name for name in names if name.startswith("synthetic_")]
    runs = [match for name in names if (match := _RUN.fullmatch(name))]
    return [
        *(name for name in templates if not name.endswith(f"_{migration_state.head()}")),
        *(run[0] for run in runs if not psutil.pid_exists(int(run["process"]))),
    ]


def _create(name: str, template: str) -> Composed:
    # FILE_COPY makes a checkpoint and copies files, so that no WAL is written later
    text = SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
    return text.format(Identifier(name), Identifier(template))


def _drop(connection: psycopg.Connection, name: str) -> None:
    connection.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))


def _server(url: str) -> psycopg.Connection:
    return psycopg.connect(_named(url, "postgres"), autocommit=True)


def _named(url: str, database: str) -> str:
    """The URL of another database; the embedded server's URL ends with its socket's folder."""
    return url.replace(f"/{embedded.DATABASE}?", f"/{database}?", 1)
