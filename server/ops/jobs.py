"""Background work, on a queue in the registry's own PostgreSQL.

Every process may run it: the queue gives each job to one of them, and each period one job.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from procrastinate import App, PsycopgConnector, RetryStrategy

from archive.store import ArchiveStore
from db.postgres.engine import Database
from db.reads.retention_plan import RetentionScope
from db.tables.versions import KEPT_ARCHIVED
from db.writes import idempotency, retention
from server.settings import Settings

ACTOR = "retention"  # in the audit log
CONNECTIONS_MAX = 3  # to the database

_QUEUE = "registry"
_KEPT_HOURS = 24 * 30  # of jobs that have ended, for whoever looks
_PAUSE_S = 30  # before working again when the database was gone, or not migrated yet
_CONNECT_S = 3
_STOP_S = 5  # how long a stop waits for a job; one that is cut off is done by the next period
_TRIES = RetryStrategy(max_attempts=3, exponential_wait=60)

_log = logging.getLogger("jobs")


def build(database: Database, store: ArchiveStore, settings: Settings, database_url: str) -> App:
    """The jobs, and when they run."""
    app = App(
        connector=PsycopgConnector(
            conninfo=database_url,
            min_size=0,
            max_size=CONNECTIONS_MAX,
            timeout=_CONNECT_S,  # a stop says goodbye to the database, which may be gone
            kwargs={"options": "-c timezone=UTC", "connect_timeout": _CONNECT_S},
        )
    )

    @app.periodic(cron=settings.retention_cron)
    @app.task(name="retention", queue=_QUEUE, queueing_lock="retention", retry=_TRIES)
    async def apply_retention(timestamp: int) -> None:
        await _apply_retention(database, store)
        await app.job_manager.delete_old_jobs(_KEPT_HOURS, queue=_QUEUE, include_failed=True)

    @app.periodic(cron="17 * * * *")
    @app.task(name="forget_repeats", queue=_QUEUE, queueing_lock="forget_repeats", retry=_TRIES)
    async def forget_repeats(timestamp: int) -> None:
        async with database.write(ACTOR) as session:
            await idempotency.forget_expired(session)

    return app


async def work(app: App, *, pause_s: float = _PAUSE_S) -> None:
    """Run jobs until cancelled; when the database goes away, go on when it is back."""
    while True:
        try:
            async with app.open_async():
                await _give_back_stalled(app)
                await app.run_worker_async(
                    queues=[_QUEUE],
                    install_signal_handlers=False,
                    shutdown_graceful_timeout=_STOP_S,
                )
        except Exception as error:
            _log.warning("background jobs pause for %s s: %s", pause_s, error)
        await asyncio.sleep(pause_s)


@asynccontextmanager
async def working(app: App | None, *, pause_s: float = _PAUSE_S) -> AsyncIterator[None]:
    """Run jobs for as long as the block runs; None has none to run."""
    task = asyncio.create_task(work(app, pause_s=pause_s)) if app is not None else None
    yield
    if task is not None:
        task.cancel()
        await asyncio.wait({task}, timeout=_STOP_S + _CONNECT_S)


async def _apply_retention(database: Database, store: ArchiveStore) -> None:
    scope = RetentionScope(purge_before=datetime.now(UTC) - KEPT_ARCHIVED)
    run = await retention.run(database, store, scope, ACTOR)
    _log.info(
        "retention applied",
        extra={"fields": {"run": run.node_id, "archived": run.archived, "purged": run.purged}},
    )


async def _give_back_stalled(app: App) -> None:
    """Put jobs whose worker was killed back into the queue."""
    for job in await app.job_manager.get_stalled_jobs(queue=_QUEUE):
        _log.warning("a job's worker is gone, it runs again: %s", job.task_name)
        await app.job_manager.retry_job(job)
