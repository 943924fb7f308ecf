"""Imports a source, or plans it: one transaction; a second run changes nothing."""

from collections.abc import Mapping
from contextlib import suppress

import sqlalchemy as sa
from psycopg import errors
from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from catalogs.entry import SourceFile
from catalogs.importing import applying, listings, planning, state
from catalogs.importing.plan import Options, Plan, Progress
from catalogs.importing.report import Report
from db.postgres import migration_state
from db.postgres.engine import Database
from db.reads import data_version
from db.writes import lowest_prices, transactions, work_runs
from domain import actors

_LOCK_KEY = 0x4361_7461_6C6F_67  # "Catalog" in ASCII; allows one import at a time
_STATEMENT_TIMEOUT_S = 600
_LOCK_TIMEOUT_S = 60
_ANALYZE_TIMEOUT_S = 60
_ATTEMPTS = 3  # somebody may create a model or version of a name that the plan gives to another
_PHASES = 3  # read, planned, written
_LATER = (
    "the statistics of PostgreSQL are not updated ({}): autovacuum does it within minutes,"
    " `registry psql -- -c ANALYZE` at once, and until then reads are slow"
)


class NotMigrated(RuntimeError):
    """The database lacks the tables of this release: run `registry migrate` first."""


async def run(
    database: Database,
    file: SourceFile,
    aliases: Mapping[str, str],
    options: Options,
    progress: Progress,
) -> Report:
    """Import the file, after a running import has ended; calls `progress(entries done, total)`.

    A plan changes nothing, and locks no rows. Raises NotMigrated when the schema is not that of
    this release.
    """
    if options.is_plan:
        return await _attempt(database, file, aliases, options, progress)
    async with work_runs.noted(database, work_runs.IMPORT, file.catalog) as figures:
        report = await _attempt(database, file, aliases, options, progress)
        figures |= {
            "entries": len(file.entries),
            "created": len(report.created),
            "changed": len(report.changed),
            "delisted": len(report.delisted),
            "relisted": len(report.relisted),
            "conflicts": len(report.conflicts),
            "skipped": len(report.skipped),
        }
    if report.has_changes:
        report.warnings += await settle(database, actors.catalog_import(file.catalog))
    return report


async def was_used(database: Database) -> bool:
    """Whether the registry holds models, or held any data before."""
    return await data_version.was_used(database.reader)


async def begin(session: AsyncSession) -> None:
    """Wait for a running import to end; raises NotMigrated."""
    migration = await migration_state.current(session)
    if migration is None or not migration.fits:
        raise NotMigrated("the database schema is not that of this release")
    await _execute(session, f"SET LOCAL statement_timeout = '{_STATEMENT_TIMEOUT_S}s'")
    await _execute(session, f"SELECT pg_advisory_xact_lock({_LOCK_KEY})")
    await _execute(session, f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT_S}s'")


async def settle(database: Database, actor: actors.Actor) -> list[str]:
    """Do at once what a database does for itself in a minute or two: until then reads are slow.

    It updates PostgreSQL's statistics and the lowest prices. Returns in words what failed, and who
    does it later: the import is committed, and is no failure.
    """
    _, why = await transactions.tried(_analyze(database, actor))
    _, prices = await lowest_prices.refresh_now(database)
    return [line for line in (_LATER.format(why) if why else "", prices) if line]


async def _analyze(database: Database, actor: actors.Actor) -> None:
    """It waits for locks as long as any statement may take, and may then take longer: nine tables
    of a large registry took more than that."""
    async with database.write(actor) as session:
        await _execute(
            session,
            "SELECT set_config('lock_timeout', current_setting('statement_timeout'), true),"
            f" set_config('statement_timeout', '{_ANALYZE_TIMEOUT_S}s', true)",
        )
        await _execute(
            session,
            "ANALYZE providers, models, model_versions, provider_bindings, prices, audit_events,"
            " catalogs, catalog_entries, catalog_values",
        )


async def _attempt(
    database: Database,
    file: SourceFile,
    aliases: Mapping[str, str],
    options: Options,
    progress: Progress,
) -> Report:
    """Import again when somebody else has written what the plan did not know of."""
    for _ in range(_ATTEMPTS - 1):
        with suppress(IntegrityError, errors.UniqueViolation, errors.DeadlockDetected):
            return (await _run(database, file, aliases, options, progress)).report
    return (await _run(database, file, aliases, options, progress)).report


async def _run(
    database: Database,
    file: SourceFile,
    aliases: Mapping[str, str],
    options: Options,
    progress: Progress,
) -> Plan:
    total = len(file.entries)
    async with database.write(actors.catalog_import(file.catalog)) as session:
        if options.is_plan:
            await _execute(session, "SET TRANSACTION READ ONLY")
        await begin(session)
        found = await state.read_entries(session)
        gathered = listings.gather(found, file, aliases)
        await state.read_rows(
            session,
            found,
            slugs={each.entry.provider for each in gathered.placed},
            names={each.model for each in gathered.placements.values()},
            is_plan=options.is_plan,
        )
        progress(total // _PHASES, total)
        plan = planning.plan(found, file, gathered, options)
        progress(2 * total // _PHASES, total)
        if not options.is_plan:
            await applying.apply(session, plan.writes)
    progress(total, total)
    return plan


async def _execute(session: AsyncSession, statement: str) -> None:
    await (await session.connection()).execute(sa.text(statement))
