"""The steps of an import: copies rows into temporary tables, then merges them, table by table.

Each merge adds a row to the temporary table `import_changes` for every row that it created or
changed; `count_changes` counts them. The audit log does not need them: its triggers see every row.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel.ext.asyncio.session import AsyncSession

from catalogs import merge_sql as sql
from catalogs.staging import CREATE, TABLES, Row
from db.postgres import migration_state
from db.postgres.reader import driver_connection

_LOCK_KEY = 0x4361_7461_6C6F_67  # "Catalog" in ASCII; allows one import at a time
_STATEMENT_TIMEOUT_S = 600
_LOCK_TIMEOUT_S = 60


async def is_migrated(session: AsyncSession) -> bool:
    """Whether the database is at the newest migration."""
    return await migration_state.current(session) == migration_state.head()


async def begin(session: AsyncSession) -> None:
    """Wait for a running import to end, then create this transaction's temporary tables."""
    await _run(session, f"SET LOCAL statement_timeout = '{_STATEMENT_TIMEOUT_S}s'")
    await _run(session, f"SELECT pg_advisory_xact_lock({_LOCK_KEY})")
    await _run(session, f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT_S}s'")
    for statement in CREATE:
        await _run(session, statement)


async def stage(session: AsyncSession, row_type: type[Row], rows: Sequence[Row]) -> None:
    """Replace the rows of one temporary table."""
    table, columns = TABLES[row_type], ", ".join(row_type._fields)
    await _run(session, f"TRUNCATE {table}")
    connection = driver_connection(session)
    async with connection.cursor() as cursor, cursor.copy(sql.copy(table, columns)) as copy:
        for row in rows:
            await copy.write_row(row)
    await _run(session, f"ANALYZE {table}")


async def providers(session: AsyncSession) -> None:
    """Create new providers, and fill in empty addresses of existing ones."""
    await _run(session, sql.INSERT_PROVIDERS)
    await _run(session, sql.FILL_PROVIDERS)


async def models(session: AsyncSession) -> None:
    """Create new models, fill in empty descriptions, and lock all, ordered by id."""
    await _run(session, sql.INSERT_MODELS)
    await _run(session, sql.FILL_MODELS)
    await _run(session, sql.LOCK_MODELS)


async def versions(session: AsyncSession, catalog: str | None) -> None:
    """Create new versions, numbered by semantic precedence, and update facts of existing ones.

    All of them are listed in `catalog` from now on, unless it is None.
    """
    await _run(session, sql.INSERT_VERSIONS, catalog=catalog)
    await _run(session, sql.UPDATE_VERSIONS, catalog=catalog)
    await _run(session, sql.LIST_ARCHIVED, catalog=catalog)
    await _run(session, sql.LOCK_VERSIONS)
    await _run(session, sql.NAME_VERSIONS)


async def delist(session: AsyncSession, catalog: str) -> list[tuple[str, str]]:
    """Model names and versions that `catalog` listed, and does not name any more.

    The whole catalog must have been merged. From now on it does not list them.
    """
    await _run(session, "ANALYZE named_versions")
    rows = (await _run(session, sql.SELECT_DELISTED, catalog=catalog)).all()
    await _run(session, sql.DELIST_VERSIONS, catalog=catalog)
    return [(row.model, row.version) for row in rows]


async def bindings(session: AsyncSession) -> None:
    """Create new bindings, and update the sunset date of existing ones."""
    await _run(session, "TRUNCATE resolved_bindings")
    await _run(session, sql.RESOLVE_BINDINGS)
    await _run(session, "ANALYZE resolved_bindings")
    await _run(session, sql.INSERT_BINDINGS)
    await _run(session, sql.UPDATE_BINDINGS)


async def prices(session: AsyncSession, source: str, epoch: datetime) -> None:
    """Add missing dated prices, then today's prices that differ from the last of `source`.

    The first price of a binding takes effect at `epoch`, a changed one now.
    """
    await _run(session, sql.INSERT_DATED_PRICES, source=source)
    await _run(session, sql.INSERT_TODAYS_PRICES, source=source, epoch=epoch)


async def unresolved_versions(session: AsyncSession) -> dict[tuple[str, str], bool]:
    """The staged versions that get no bindings, by model name and version: whether it is archived.

    Otherwise another version of the model has its content hash.
    """
    rows = await _run(session, sql.UNRESOLVED)
    return {(row.model, row.version): row.is_archived for row in rows}


async def count_changes(session: AsyncSession) -> dict[tuple[str, str], int]:
    """The number of rows that the import created and changed, by kind and action."""
    rows = await _run(session, sql.COUNT_CHANGES)
    return {(row.kind, row.action): row.total for row in rows}


async def analyze(session: AsyncSession) -> None:
    """Update PostgreSQL's statistics: until autovacuum does, reads take 3 times as long."""
    await _run(
        session,
        "ANALYZE providers, models, model_versions, provider_bindings, prices, audit_events",
    )


async def _run(session: AsyncSession, statement: str, **parameters: Any) -> sa.CursorResult[Any]:
    return await (await session.connection()).execute(sa.text(statement), parameters)
