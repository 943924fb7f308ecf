"""Background jobs, from a queue in the registry's PostgreSQL.

Every process may run jobs: the queue creates one job per period, and gives it to one process.
"""

import asyncio
import logging
from collections.abc import Coroutine
from datetime import UTC, datetime
from functools import partial
from typing import Any

from procrastinate import App, PsycopgConnector, RetryStrategy
from procrastinate.exceptions import ConnectorException

from archive.store import ArchiveStore, StoreUnavailable
from db.postgres import migration_state
from db.postgres.engine import Database
from db.reads.retention_plan import RetentionScope
from db.tables.versions import KEPT_ARCHIVED
from db.writes import (
    compaction,
    health,
    idempotency,
    lowest_prices,
    reporters,
    retention,
    work_runs,
)
from domain import actors
from server.ops import work
from server.ops.later import JOB_CONNECTIONS_MAX
from server.settings import Settings

_RETENTION, _CLEANUP = actors.job("retention"), actors.job("cleanup")
_QUEUE = "registry"
_OUTCOMES = "outcomes"  # a queue of its own: its many jobs are forgotten soon
# A task that released code does not know needs a queue that it does not read: while a release is
# rolled out, old processes take jobs, too, and fail those of tasks that they have not.
_PRICES = "prices"
_QUEUES = (_QUEUE, _OUTCOMES, _PRICES)
_AT_ONCE = 2  # jobs in a process, so that health is refreshed while retention runs
_HISTORY_HOURS = 24 * 30  # ended jobs stay in the queue this long, for operators
_FREQUENT_HISTORY_HOURS = 1
_PAUSE_S = 30  # before the next attempt when the database is away, or not migrated yet
_CONNECT_TIMEOUT_S = 3
# A stop waits this long for a job; the next period repeats an aborted one. Less than the time after
# which stopping.py ends the process: a job may wait for a lock.
_STOP_TIMEOUT_S = 2
_RETRY = RetryStrategy(max_attempts=3, exponential_wait=60)

_log = logging.getLogger("jobs")


def build(database: Database, store: ArchiveStore, settings: Settings, session_url: str) -> App:
    """The jobs and their schedules; the queue is at `session_url`.

    The names of the tasks are stored in databases: keep them.
    """
    app = App(connector=_connector(session_url, settings.can_listen))
    noted = partial(_noted, database)

    @app.periodic(cron=settings.retention_cron)
    @app.task(name="retention", queue=_QUEUE, queueing_lock="retention", retry=_RETRY)
    async def apply_retention(timestamp: int) -> None:
        await noted("retention", _apply_retention(database, store, settings))
        await _forget_jobs(app, _QUEUE, _HISTORY_HOURS)

    @app.periodic(cron="17 * * * *")
    @app.task(name="forget_repeats", queue=_QUEUE, queueing_lock="forget_repeats", retry=_RETRY)
    async def delete_expired_idempotency_keys(timestamp: int) -> None:
        await noted("forget_repeats", _forget_repeats(database))

    @app.periodic(cron="* * * * *")
    @app.task(name="refresh_health", queue=_OUTCOMES, queueing_lock="refresh_health")
    async def refresh_health(timestamp: int) -> None:
        await noted("refresh_health", health.refresh(database, settings.health_rules))

    @app.periodic(cron="* * * * *")
    @app.task(name="refresh_prices", queue=_PRICES, queueing_lock="refresh_prices")
    async def refresh_lowest_prices(timestamp: int) -> None:
        await noted("refresh_prices", lowest_prices.refresh(database))

    @app.periodic(cron="7 * * * *")
    @app.task(name="compact", queue=_OUTCOMES, queueing_lock="compact", retry=_RETRY)
    async def compact_outcomes(timestamp: int) -> None:
        await noted("compact", _compact(database))
        for queue in (_OUTCOMES, _PRICES):
            await _forget_jobs(app, queue, _FREQUENT_HISTORY_HOURS)

    return app


def _connector(session_url: str, can_listen: bool) -> PsycopgConnector:
    return PsycopgConnector(
        conninfo=session_url,
        min_size=0,
        max_size=JOB_CONNECTIONS_MAX - 1,
        timeout=_CONNECT_TIMEOUT_S,  # a stop needs the database, which may be away
        configure=_configure,
        kwargs={
            "connect_timeout": _CONNECT_TIMEOUT_S,
            "prepare_threshold": 5 if can_listen else None,
        },
    )


async def _configure(connection: Any) -> None:
    """Set up a new connection of the queue; a pooler would refuse it as a startup option.

    The connection that listens commits each statement, and must go on so: else LISTEN would never
    take effect, and its transaction never end.
    """
    was_autocommit = connection.autocommit
    await connection.set_autocommit(True)
    await connection.execute("SET TIME ZONE 'UTC'")
    await connection.set_autocommit(was_autocommit)


async def run(app: App, *, can_listen: bool = True, pause_s: float = _PAUSE_S) -> None:
    """Run jobs until cancelled; while the database is away, try again after each pause.

    Where LISTEN does not work, the queue is looked at every five seconds.
    """
    while True:
        try:
            async with app.open_async():
                await _requeue_stalled(app)
                await app.run_worker_async(
                    queues=list(_QUEUES),
                    concurrency=_AT_ONCE,
                    install_signal_handlers=False,
                    listen_notify=can_listen,
                    shutdown_graceful_timeout=_STOP_TIMEOUT_S,
                )
        except Exception as error:
            reason = " ".join(str(error.__cause__ or error).split())  # the queue wraps the cause
            task = asyncio.current_task()
            if task is not None and task.cancelling():  # this error has taken the place of that
                _log.info("background jobs have ended with an error: %s", reason)
                return
            _log.warning("background jobs pause for %s s: %s", pause_s, reason)
        await asyncio.sleep(pause_s)


async def _noted(database: Database, name: str, done: Coroutine[Any, Any, object]) -> None:
    """Do the work of a job, and note the run for metrics, log lines and spans.

    A database that is not migrated yet has perhaps not all of its tables: the next period does it.
    """
    migration = await migration_state.current(database.reader)
    if migration is None or not migration.fits:
        done.close()
        reason = "the database is empty" if migration is None else migration.problem
        _log.warning("the job %s does nothing: %s", name, reason)
        return
    with work.of("job", name):
        async with work_runs.noted(database, work_runs.JOB, name):
            await done


async def _forget_jobs(app: App, queue: str, hours: int) -> None:
    """Delete old jobs of a queue; where that fails, the next time does it.

    It comes after the work of a job, which has not failed then, and is not done again.
    """
    try:
        await app.job_manager.delete_old_jobs(hours, queue=queue, include_failed=True)
    except ConnectorException as error:
        reason = " ".join(str(error.__cause__ or error).split())
        _log.warning("old jobs of the queue %s stay until the next time: %s", queue, reason)


async def _forget_repeats(database: Database) -> None:
    async with database.write(_CLEANUP) as session:
        await idempotency.delete_expired(session)
        await reporters.delete_old(session)


async def _apply_retention(database: Database, store: ArchiveStore, settings: Settings) -> None:
    scope = RetentionScope(
        purge_before=datetime.now(UTC) - KEPT_ARCHIVED, recent_traffic=settings.recent_traffic
    )
    done = await retention.run(database, store, scope, _RETENTION)
    fields = {"run": done.node_id, "archived": done.archived, "purged": done.purged}
    _log.info("retention applied", extra={"fields": fields})
    try:
        deleted = await store.delete_unfinished()
    except StoreUnavailable as error:
        _log.warning("unfinished archives stay: %s", error)
    else:
        _log.info("unfinished archives deleted", extra={"fields": {"files": deleted}})


async def _compact(database: Database) -> None:
    now = await compaction.now(database)
    moved = await compaction.compact(database, now)
    if moved:
        _log.info("outcomes compacted", extra={"fields": {"hours": moved}})
    for partition in await compaction.drop(database, now):
        _log.info("old outcomes dropped", extra={"fields": {"partition": partition}})
    async with database.write(compaction.ACTOR) as session:
        await reporters.delete_old(session)


async def _requeue_stalled(app: App) -> None:
    """Put jobs back into the queue whose worker was killed."""
    for job in await app.job_manager.get_stalled_jobs():
        _log.warning("the worker of a job has died, the job runs again: %s", job.task_name)
        await app.job_manager.retry_job(job)
