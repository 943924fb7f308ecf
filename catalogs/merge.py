"""A catalog's load: rows are copied into temporary tables, then merged set by set.

Every merge leaves a line in the temporary table `import_changes` for each row it created or
changed, from which `finish` counts. The audit log needs none of it: its triggers see every row.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

import psycopg
import sqlalchemy as sa
from sqlmodel.ext.asyncio.session import AsyncSession

from catalogs import merge_sql as sql
from catalogs.staging import CREATE, TABLES, Row
from db.postgres import migration_state

_LOCK_KEY = 0x4361_7461_6C6F_67  # "Catalog": one import at a time
_STATEMENT_TIMEOUT_S = 600
_LOCK_TIMEOUT_S = 60


async def is_migrated(session: AsyncSession) -> bool:
    """Whether the database is at the newest migration."""
    connection = await session.connection()
    return await connection.run_sync(migration_state.current) == migration_state.head()


async def was_used(session: AsyncSession) -> bool:
    """Whether the registry holds a model, or ever held something: its revision then moved."""
    statement = "SELECT EXISTS (SELECT FROM models) OR (SELECT revision FROM registry_state) > 0"
    return bool((await _run(session, statement)).scalar_one())


async def begin(session: AsyncSession) -> None:
    """Wait for another import to end, then make the tables that end with the transaction."""
    await _run(session, f"SET LOCAL statement_timeout = '{_STATEMENT_TIMEOUT_S}s'")
    await _run(session, f"SELECT pg_advisory_xact_lock({_LOCK_KEY})")
    await _run(session, f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT_S}s'")
    for statement in CREATE:
        await _run(session, statement)


async def stage(session: AsyncSession, kind: type[Row], rows: Sequence[Row]) -> None:
    """Replace the rows of one temporary table."""
    table, columns = TABLES[kind], ", ".join(kind._fields)
    await _run(session, f"TRUNCATE {table}")
    raw = await (await session.connection()).get_raw_connection()
    connection = cast("psycopg.AsyncConnection[Any]", raw.driver_connection)
    copying = sql.copy(table, columns)
    async with connection.cursor() as cursor, cursor.copy(copying) as copy:
        for row in rows:
            await copy.write_row(row)
    await _run(session, f"ANALYZE {table}")


async def merge_providers(session: AsyncSession) -> None:
    """Create the unknown providers; of the known, fill in what nobody has said."""
    await _run(session, sql.INSERT_PROVIDERS)
    await _run(session, sql.FILL_PROVIDERS)


async def merge_models(session: AsyncSession) -> None:
    """Create the unknown models, fill in descriptions, and lock all in the order of their ids."""
    await _run(session, sql.INSERT_MODELS)
    await _run(session, sql.FILL_MODELS)
    await _run(session, sql.LOCK_MODELS)


async def merge_versions(session: AsyncSession) -> None:
    """Create the unknown versions, numbered by precedence, and update what is known of others."""
    await _run(session, sql.INSERT_VERSIONS)
    await _run(session, sql.UPDATE_VERSIONS)
    await _run(session, sql.LOCK_VERSIONS)


async def merge_bindings(session: AsyncSession) -> None:
    """Create the unknown bindings and update the sunset of known ones."""
    await _run(session, "TRUNCATE resolved_bindings")
    await _run(session, sql.RESOLVE_BINDINGS)
    await _run(session, "ANALYZE resolved_bindings")
    await _run(session, sql.INSERT_BINDINGS)
    await _run(session, sql.UPDATE_BINDINGS)


async def merge_prices(session: AsyncSession, source: str, epoch: datetime) -> None:
    """Add the dated prices that are missing, then today's where `source` said another one last.

    The first price of a binding takes effect at `epoch`, a changed one now.
    """
    await _run(session, sql.INSERT_DATED_PRICES, source=source)
    await _run(session, sql.INSERT_TODAYS_PRICES, source=source, epoch=epoch)


async def unresolved_versions(session: AsyncSession) -> list[tuple[str, str]]:
    """Model names and versions of staged versions that take no bindings, as they are archived."""
    rows = await _run(session, sql.UNRESOLVED)
    return [(row.model, row.version) for row in rows]


async def finish(session: AsyncSession) -> dict[tuple[str, str], int]:
    """Counts by kind and action of what the import created and changed."""
    rows = await _run(session, sql.COUNT_CHANGES)
    return {(row.kind, row.action): row.total for row in rows}


async def analyze(session: AsyncSession) -> None:
    """Tell PostgreSQL how the tables look now: until autovacuum has, reads take 3 times as long."""
    await _run(
        session,
        "ANALYZE providers, models, model_versions, provider_bindings, prices, audit_events",
    )


async def _run(session: AsyncSession, statement: str, **given: Any) -> sa.CursorResult[Any]:
    return await (await session.connection()).execute(sa.text(statement), given)
