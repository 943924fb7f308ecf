"""Notes runs of jobs and imports for metrics: all servers show them, whichever process ran them."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic

import psycopg
from psycopg.types.json import Jsonb

from db.postgres.engine import Database

JOB, IMPORT = "job", "import"

_NOTE = """INSERT INTO work_runs AS runs
    (kind, name, succeeded, failed, seconds, last_seconds, last_ended_at, last_succeeded_at,
     figures)
VALUES (%(kind)s, %(name)s, %(succeeded)s, %(failed)s, %(seconds)s, %(seconds)s,
    statement_timestamp(), CASE WHEN %(succeeded)s = 1 THEN statement_timestamp() END, %(figures)s)
ON CONFLICT (kind, name) DO UPDATE SET
    succeeded = runs.succeeded + excluded.succeeded,
    failed = runs.failed + excluded.failed,
    seconds = runs.seconds + excluded.seconds,
    last_seconds = excluded.last_seconds,
    last_ended_at = excluded.last_ended_at,
    last_succeeded_at = coalesce(excluded.last_succeeded_at, runs.last_succeeded_at),
    figures = CASE WHEN excluded.succeeded = 1 THEN excluded.figures ELSE runs.figures END"""

_log = logging.getLogger(__name__)


@asynccontextmanager
async def noted(database: Database, kind: str, name: str) -> AsyncIterator[dict[str, float]]:
    """Note the run that the block is; the block may fill in figures of it.

    An exception is a failure; a run that is cancelled is not noted, as it will be repeated. When
    the database does not take the note, a line of the log says so, and the run is as it was.
    """
    began_at, figures = monotonic(), dict[str, float]()
    try:
        yield figures
    except Exception:
        await _note(database, kind, name, monotonic() - began_at, None)
        raise
    await _note(database, kind, name, monotonic() - began_at, figures)


async def _note(
    database: Database, kind: str, name: str, seconds: float, figures: dict[str, float] | None
) -> None:
    has_failed = figures is None
    values = {
        "kind": kind,
        "name": name,
        "succeeded": int(not has_failed),
        "failed": int(has_failed),
        "seconds": seconds,
        "figures": Jsonb(figures or {}),
    }
    try:
        async with database.writer.pool.connection() as connection:
            await connection.execute(_NOTE, values)
    except psycopg.Error as error:
        _log.warning("the run of %s is missing in the metrics: %s", name, error)
