"""Background jobs: one per period in all processes; they go on when the database is back."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from procrastinate import App
from procrastinate.periodic import PeriodicDeferrer

from archive.store import ArchiveStore
from db.postgres import migrate
from db.postgres.engine import Database
from db.writes import compaction
from domain import periods
from server.ops import background, jobs, later
from server.settings import Settings
from tests import factories
from tests.graphql import GraphQL
from tests.server.cutting import proxied

PERIOD = 1_800_000_000  # a time when retention is due
_BUSY = """SELECT pid FROM pg_stat_activity WHERE datname = current_database()
    AND pid <> pg_backend_pid() AND (query LIKE 'LISTEN%' OR query LIKE '%pg_sleep%')"""


_REFUSE_DELETES = """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'no deletes'; END $$;
    CREATE TRIGGER refuse BEFORE DELETE ON procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION refuse()
"""
_LISTENING = """SELECT pid FROM pg_stat_activity WHERE datname = current_database()
    AND query LIKE 'LISTEN%'"""


def _jobs(db: Database, store: ArchiveStore, url: str, **settings: Any) -> App:
    return jobs.build(db, store, Settings(_env_file=None, **settings), url)


@asynccontextmanager
async def _open(*apps: App) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        for app in apps:
            await stack.enter_async_context(app.open_async())
        yield


async def _begin_period(app: App, at: int, name: str = "retention") -> None:
    """Does what a process does at the beginning of a period."""
    tasks = app.periodic_registry.periodic_tasks.values()
    (task,) = (periodic for periodic in tasks if periodic.task.name == name)
    await PeriodicDeferrer(app.periodic_registry).defer_jobs([(task, at)])


def _rows(url: str, query: str) -> list[Any]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


def test_the_task_names_that_databases_store_do_not_change(
    db: Database, store: ArchiveStore, database_url: str
) -> None:
    tasks = _jobs(db, store, database_url).periodic_registry.periodic_tasks.values()
    names = {"retention", "forget_repeats", "refresh_health", "refresh_prices", "compact"}
    assert {periodic.task.name for periodic in tasks} == names


async def test_each_period_has_one_run_for_all_processes(
    db: Database, store: ArchiveStore, database_url: str
) -> None:
    model = await factories.model(db, retention_keep=1)
    for _ in range(3):
        await factories.version(db, model)
    apps = [_jobs(db, store, database_url) for _ in range(2)]
    async with _open(*apps):
        for period in (PERIOD, PERIOD + 86_400):
            await asyncio.gather(*(_begin_period(app, period) for app in apps))
            await asyncio.gather(
                *(app.run_worker_async(wait=False, install_signal_handlers=False) for app in apps)
            )
            await _begin_period(apps[1], period)  # a process that is late
    runs = _rows(database_url, "SELECT actor, archived FROM retention_runs ORDER BY id")
    assert runs == [("job:retention", 2), ("job:retention", 0)]
    # of this task only: the workers also start other tasks that are due, such as the hourly one
    query = "SELECT status::text FROM procrastinate_jobs WHERE task_name = 'retention'"
    assert _rows(database_url, query) == [("succeeded",), ("succeeded",)]


async def test_jobs_of_outcomes_refresh_health_move_hours_and_are_forgotten(
    db: Database, store: ArchiveStore, database_url: str
) -> None:
    binding = await factories.binding(db, await factories.version(db, await factories.model(db)))
    await factories.health(db, binding, succeeded=7)
    old = periods.minutes_since(await compaction.now(db)) - timedelta(hours=1)
    await factories.minute(db, binding.id, old, success=3)
    app = _jobs(db, store, database_url)
    async with _open(app):
        for minute in range(3):
            await _begin_period(app, PERIOD + 60 * minute, "refresh_health")
            await app.run_worker_async(wait=False, install_signal_handlers=False)
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute("UPDATE procrastinate_events SET at = at - interval '2 hours'")
        await _begin_period(app, PERIOD, "compact")
        await app.run_worker_async(wait=False, install_signal_handlers=False)
    assert _rows(database_url, "SELECT succeeded FROM binding_health") == [(0,)]
    assert _rows(database_url, "SELECT starts_at, success FROM outcome_hours") == [(old, 3)]
    jobs_left = f"""SELECT task_name FROM procrastinate_jobs WHERE queue_name = 'outcomes'
        AND (args ->> 'timestamp')::int >= {PERIOD}"""  # without those that are due just now
    assert _rows(database_url, jobs_left) == [("compact",)]


async def test_a_job_is_done_although_old_jobs_cannot_be_deleted(
    db: Database, store: ArchiveStore, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    app = _jobs(db, store, database_url)
    async with _open(app):
        await _begin_period(app, PERIOD, "refresh_health")
        await app.run_worker_async(wait=False, install_signal_handlers=False)
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute("UPDATE procrastinate_events SET at = at - interval '2 hours'")
            connection.execute(_REFUSE_DELETES)
        await _begin_period(app, PERIOD, "compact")
        await app.run_worker_async(wait=False, install_signal_handlers=False)
    # the workers also start tasks that are due just now
    query = "SELECT DISTINCT status::text FROM procrastinate_jobs WHERE task_name = 'compact'"
    assert _rows(database_url, query) == [("succeeded",)]
    lines = [each.getMessage() for each in caplog.records]
    said = "old jobs of the queue outcomes stay until the next time: no deletes"
    assert any(line.startswith(said) for line in lines)


async def test_a_job_keeps_the_lowest_prices(
    db: Database, store: ArchiveStore, database_url: str
) -> None:
    binding = await factories.binding(db, await factories.version(db, await factories.model(db)))
    await factories.price(db, binding, "0.25")
    app = _jobs(db, store, database_url)
    async with _open(app):
        await _begin_period(app, PERIOD, "refresh_prices")
        await app.run_worker_async(wait=False, install_signal_handlers=False)
    kept = _rows(database_url, "SELECT model_id, input_per_1k FROM lowest_prices")
    assert kept == [(binding.model_id, Decimal("0.25"))]


async def test_no_job_works_on_a_database_of_another_release(
    db: Database, store: ArchiveStore, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("DROP TABLE lowest_prices, work_runs")
        connection.execute(
            "UPDATE alembic_version SET version_num = '0022', compatible_from = NULL"
        )
    app = _jobs(db, store, database_url)
    async with _open(app):
        for periodic in app.periodic_registry.periodic_tasks.values():
            await periodic.task.defer_async(timestamp=PERIOD)
        await app.run_worker_async(wait=False, install_signal_handlers=False)
    lines = [record.getMessage() for record in caplog.records if record.name == "jobs"]
    assert len(lines) >= 5
    assert all("this server needs" in line for line in lines)
    query = "SELECT count(*) FROM procrastinate_jobs WHERE status <> 'succeeded'"
    assert _rows(database_url, query) == [(0,)]


async def test_a_job_whose_worker_was_killed_runs_again(
    db: Database, store: ArchiveStore, database_url: str
) -> None:
    app = _jobs(db, store, database_url)
    async with _open(app):
        await _begin_period(app, PERIOD)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 day')"
        )
        connection.execute(
            "UPDATE procrastinate_jobs SET status = 'doing',"
            " worker_id = (SELECT id FROM procrastinate_workers)"
        )
    async with background.running(jobs.run(_jobs(db, store, database_url))):
        await _until(database_url, "SELECT 1 FROM retention_runs WHERE ended_at IS NOT NULL")


async def test_jobs_wait_for_a_database_that_is_not_migrated(
    empty_url: str, store: ArchiveStore
) -> None:
    database = Database(empty_url)
    app = _jobs(database, store, empty_url, retention_cron="* * * * * *")
    async with background.running(jobs.run(app, pause_s=0.05)):
        await asyncio.sleep(0.2)
        await asyncio.to_thread(migrate.upgrade, empty_url)
        await _until(empty_url, "SELECT 1 FROM retention_runs WHERE ended_at IS NOT NULL")
    await database.close()


async def test_jobs_use_no_more_connections_than_serve_counts(
    db: Database, store: ArchiveStore, database_url: str
) -> None:
    """The connection that listens for jobs is none of the pool's."""
    app = _jobs(db, store, database_url)
    async with background.running(jobs.run(app)):
        await _until(database_url, _LISTENING)
        query = "SELECT pg_sleep(0.5)"
        work = [app.connector.execute_query_one_async(query) for _ in range(9)]
        busy = asyncio.gather(*work)
        pids = set(await asyncio.to_thread(_rows, database_url, _LISTENING))
        while not busy.done():
            pids |= set(await asyncio.to_thread(_rows, database_url, _BUSY))
            await asyncio.sleep(0.05)
        await busy
    assert len(pids) == later.JOB_CONNECTIONS_MAX


async def test_the_connection_that_listens_for_jobs_is_in_no_transaction(
    db: Database, store: ArchiveStore, database_url: str
) -> None:
    """In one that does not end, LISTEN would not take effect."""
    async with background.running(jobs.run(_jobs(db, store, database_url))):
        await _until(database_url, f"{_LISTENING} AND state = 'idle'")


async def test_the_last_run_can_be_queried(
    gql: GraphQL, store: ArchiveStore, database_url: str
) -> None:
    app = _jobs(gql.db, store, database_url)
    async with _open(app):
        await _begin_period(app, PERIOD)
        await app.run_worker_async(wait=False, install_signal_handlers=False)
    last = await gql("{ retentionStats { lastRun { id actor archived purged } } }")
    run = last["retentionStats"]["lastRun"]
    assert run.pop("id").startswith("run_")
    assert run == {"actor": "job:retention", "archived": 0, "purged": 0}


async def _until(url: str, query: str) -> None:
    async with asyncio.timeout(20):
        while not await asyncio.to_thread(_rows, url, query):  # noqa: ASYNC110  # waits for another process
            await asyncio.sleep(0.05)


async def test_jobs_end_when_the_database_has_gone(
    db: Database, store: ArchiveStore, database_url: str
) -> None:
    """The queue cannot end in order then; it was started again, in a process that stops."""
    async with proxied(database_url) as proxy:
        app = _jobs(db, store, proxy.url)
        task = asyncio.create_task(jobs.run(app))
        with psycopg.connect(database_url, autocommit=True) as connection:
            async with asyncio.timeout(20):
                while not connection.execute(_LISTENING).fetchall():  # noqa: ASYNC110  of a process
                    await asyncio.sleep(0.05)
            proxy.cut_at = re.compile(b"")
            connection.execute(f"SELECT pg_terminate_backend(pid) FROM ({_BUSY}) busy")
    task.cancel()
    await asyncio.wait({task}, timeout=20)
    assert task.done()
