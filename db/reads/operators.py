"""What operators watch: the state of the database, and counts of what is in it."""

from typing import Any, NamedTuple

from db.postgres.reader import Reader, sql_rows

# Each row is a name, the values of labels, and a number. Small tables, and indexed look-ups, only.
_STATE = """
SELECT 'revision', ARRAY[]::text[], revision::float8 FROM registry_state
UNION ALL SELECT 'migration', ARRAY[version_num], 1 FROM alembic_version
UNION ALL SELECT 'database_bytes', '{}', pg_database_size(current_database())
UNION ALL SELECT 'providers', '{}', count(*) FROM providers
UNION ALL SELECT 'circuits', ARRAY[state], count(*) FROM (
    SELECT CASE WHEN state = 'OPEN' AND open_until <= now() THEN 'HALF_OPEN' ELSE state END
    FROM circuits WHERE state <> 'CLOSED'
) AS circuits(state) GROUP BY state
UNION ALL SELECT 'tokens_expiring', '{}', count(*) FROM tokens
    WHERE revoked_at IS NULL AND expires_at > now() AND expires_at < now() + interval '7 days'
UNION ALL SELECT 'retention_began', '{}', extract(epoch FROM max(at)) FROM retention_runs
    WHERE model_id IS NULL
UNION ALL SELECT 'retention_ended', '{}', extract(epoch FROM max(ended_at)) FROM retention_runs
    WHERE model_id IS NULL
UNION ALL (SELECT unnest(ARRAY['retention_archived', 'retention_purged']), '{}',
    unnest(ARRAY[archived, purged]) FROM (
        SELECT archived, purged FROM retention_runs ORDER BY at DESC, id DESC LIMIT 1
    ) AS run)
UNION ALL SELECT 'jobs_queued', ARRAY[task_name::text], count(*) FROM procrastinate_jobs
    WHERE status = 'todo' AND coalesce(scheduled_at <= now(), true) GROUP BY task_name
UNION ALL SELECT 'jobs_running', ARRAY[task_name::text], count(*) FROM procrastinate_jobs
    WHERE status = 'doing' GROUP BY task_name
UNION ALL SELECT run.kind || '_' || part.name, ARRAY[run.name], part.value
    FROM work_runs AS run, LATERAL (VALUES
        ('succeeded', succeeded::float8), ('failed', failed), ('seconds', seconds),
        ('last_seconds', last_seconds), ('last_ended', extract(epoch FROM last_ended_at)),
        ('last_succeeded', extract(epoch FROM last_succeeded_at))
    ) AS part(name, value)
UNION ALL SELECT run.kind || '_figures', ARRAY[run.name, figure.key], figure.value::float8
    FROM work_runs AS run, LATERAL jsonb_each_text(run.figures) AS figure
"""
_COUNTS = """
SELECT 'models', ARRAY[]::text[], count(*)::float8 FROM models
UNION ALL SELECT 'versions', ARRAY[status], count(*) FROM model_versions GROUP BY status
UNION ALL SELECT 'bindings', ARRAY[status], count(*) FROM provider_bindings GROUP BY status
"""


class Figure(NamedTuple):
    """A number, its name, and what it is of, such as a status."""

    name: str
    labels: list[str]
    value: float


async def state(source: Reader) -> list[Figure]:
    """The state of the registry: a few milliseconds, whatever its size. Raises psycopg.Error."""
    return await _figures(source, _STATE)


async def counts(source: Reader) -> list[Figure]:
    """Counts of rows, for which whole tables are read. Raises psycopg.Error."""
    return await _figures(source, _COUNTS)


async def _figures(source: Reader, sql: str) -> list[Figure]:
    async with source.pool.connection() as connection:
        rows: list[Any] = await sql_rows(connection, sql)
    known = [row for row in rows if row[2] is not None]
    return [Figure(name, list(labels), float(value)) for name, labels, value in known]
