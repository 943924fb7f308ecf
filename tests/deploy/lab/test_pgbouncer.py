"""Behind a real PgBouncer everything works in each mode, and its faults are UNAVAILABLE."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import httpx
import psycopg
import pytest
import sqlalchemy as sa
from procrastinate.exceptions import AlreadyEnqueued

from archive.store import ArchiveStore
from db.postgres import migrate, poolers
from db.postgres.engine import Database, PoolLimits
from db.postgres.errors import is_statement_timeout
from db.postgres.poolers import Pooler
from db.postgres.statements import Query
from db.reads.retention_plan import RetentionScope
from db.writes import compaction, retention
from deploy.lab import pgbouncer, processes
from server import app
from server.ops import background, jobs
from server.settings import Settings
from tests.imports import entry, import_file, source_file
from tests.outcomes import REPORT, bindings, item, rows
from tests.server.commands.processes import registry
from tests.server.conftest import running
from tests.soak import replay

_CREATE = """mutation ($name: String!) { createModel(input: {name: $name, task: CHAT}) {
    model { name } userErrors { code } } }"""
_NAMES = "{ models(first: 50) { nodes { name } } }"
_INSERT_MODEL = """INSERT INTO models (id, revision, name, task, retention_keep)
    VALUES (uuidv7(), 1, 'm', 'CHAT', 3)"""
_SLOW = Query("test slow", lambda: sa.select(sa.func.pg_sleep(2).label("slept")), {})


class Mode(NamedTuple):
    """A PgBouncer, and the settings of a registry behind it."""

    pooler: Pooler
    is_newer: bool = False
    has_listen_url: bool = True

    @property
    def keeps_statements(self) -> bool:
        return self.is_newer or self.pooler is Pooler.SESSION


MODES = {
    "session": Mode(Pooler.SESSION, has_listen_url=False),
    "transaction": Mode(Pooler.TRANSACTION),
    "transaction without a listen URL": Mode(Pooler.TRANSACTION, has_listen_url=False),
    "transaction, prepared": Mode(Pooler.TRANSACTION, is_newer=True),
}


@pytest.fixture(params=MODES.values(), ids=MODES)
def mode(request: pytest.FixtureRequest) -> Mode:
    mode: Mode = request.param
    return mode


@pytest.fixture
def bouncer(mode: Mode, postgres_url: str) -> Iterator[pgbouncer.PgBouncer]:
    # in session mode each connection of the registry and of its jobs has a session
    size = {"pool_mode": mode.pooler, "default_pool_size": "4"}
    if mode.pooler is Pooler.SESSION:
        size["default_pool_size"] = "40"
    if mode.is_newer:
        size["max_prepared_statements"] = "100"
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="registry-lab-")))
        try:
            entered = pgbouncer.running(folder / "b", postgres_url, size, newer=mode.is_newer)
            found = stack.enter_context(entered)
        except processes.MissingProgram as missing:
            pytest.skip(str(missing))
        yield found


@asynccontextmanager
async def _opened(url: str, mode: Mode, **limits: Any) -> AsyncIterator[Database]:
    given = PoolLimits(pooler=mode.pooler, is_prepared=mode.keeps_statements, **limits)
    database = Database(url, given)
    yield database
    await database.close()


def _settings(mode: Mode, direct_url: str, **given: Any) -> Settings:
    return Settings(
        _env_file=None,
        DATABASE_URL=direct_url,
        pooler=mode.pooler,
        prepared_statements=mode.keeps_statements,
        listen_url=direct_url if mode.has_listen_url else None,
        **given,
    )


async def _sent(client: httpx.AsyncClient, document: str, **variables: Any) -> Any:
    body = {"query": document, "variables": variables}
    return (await client.post("/graphql", json=body)).json()


async def test_everything_works_behind_a_pooler(
    bouncer: pgbouncer.PgBouncer,
    mode: Mode,
    database_url: str,
    store: ArchiveStore,
    tmp_path: Path,
) -> None:
    url = bouncer.url_of(psycopg.conninfo.conninfo_to_dict(database_url)["dbname"])
    assert await poolers.detect(url) == poolers.Found(mode.pooler, mode.keeps_statements)
    settings = _settings(mode, database_url, data_dir=tmp_path)
    async with running(app.build(settings, url)) as client, _opened(url, mode) as db:
        async with client.stream("POST", "/graphql", **_subscription()) as events:
            arriving = aiter(events.aiter_lines())
            made = await asyncio.gather(
                *(_sent(client, _CREATE, name=f"made-{n}") for n in range(12))
            )
            assert [each["data"]["createModel"]["userErrors"] for each in made] == [[]] * 12
            assert sorted([await _event(arriving) for _ in range(12)]) == sorted(
                f"made-{n}" for n in range(12)
            )
        found = await asyncio.gather(*(_sent(client, _NAMES) for _ in range(30)))
        assert {len(each["data"]["models"]["nodes"]) for each in found} == {12}
        report = await import_file(
            db, source_file(*(entry(f"m-{n}", price="1") for n in range(99)))
        )
        assert report.has_changes
        assert replay.check(database_url)["prices"] == 99
        (binding,) = await bindings(db, 1)
        reported = await _sent(client, REPORT, input={"items": [item(binding)] * 3})
        assert reported["data"]["reportOutcomes"]["accepted"] == 3
        await retention.run(db, store, RetentionScope(), "tests")
        assert await compaction.compact(db, await compaction.now(db)) == 0
        await _run_job(db, store, settings, database_url if mode.has_listen_url else url)
    assert sum(row["success"] for row in rows(database_url, "outcome_minutes")) == 3


def _subscription() -> dict[str, Any]:
    document = 'subscription { registryChanged(after: "0") { model { name } } }'
    return {"json": {"query": document}, "headers": {"accept": "text/event-stream"}}


async def _event(lines: AsyncIterator[str]) -> str:
    async with asyncio.timeout(20):
        async for line in lines:
            if line.startswith("data:") and "registryChanged" in line:
                return str(json.loads(line[5:])["data"]["registryChanged"]["model"]["name"])
            assert "errors" not in line
    raise AssertionError("the stream has ended")


async def _run_job(db: Database, store: ArchiveStore, settings: Settings, url: str) -> None:
    """A job that is deferred while a worker waits for jobs runs, and is marked as done."""
    worker, client = (jobs.build(db, store, settings, url) for _ in range(2))
    working = jobs.run(worker, can_listen=settings.can_listen)
    async with background.running(working), asyncio.timeout(20):
        async with client.open_async():
            with suppress(AlreadyEnqueued):  # by its own schedule, just now
                await client.tasks["refresh_health"].defer_async(timestamp=0)
        ended = "SELECT 1 FROM procrastinate_jobs WHERE status = 'succeeded'"
        while not await asyncio.to_thread(_found, settings.database_url, ended):  # noqa: ASYNC110  another process
            await asyncio.sleep(0.05)


def _found(url: str | None, query: str) -> list[Any]:
    with psycopg.connect(url or "") as connection:
        return connection.execute(query).fetchall()


def test_migrate_computes_the_lowest_prices_behind_a_pooler(
    bouncer: pgbouncer.PgBouncer, mode: Mode, database_url: str
) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(_INSERT_MODEL)
    migrate.downgrade(database_url, "0026")
    url = bouncer.url_of(psycopg.conninfo.conninfo_to_dict(database_url)["dbname"])
    variables = {"DATABASE_URL": url, "REGISTRY_POOLER": str(mode.pooler)}
    variables["REGISTRY_PREPARED_STATEMENTS"] = str(mode.keeps_statements)
    if mode.has_listen_url:
        variables["REGISTRY_LISTEN_URL"] = database_url
    done = registry("migrate", **variables)
    if mode.pooler is Pooler.TRANSACTION and not mode.has_listen_url:
        assert (done.returncode, "a migration needs a session" in done.stderr) == (2, True)
        return
    assert (done.returncode, done.stderr) == (0, "The lowest prices of 1 model are computed.\n")
    with psycopg.connect(database_url) as connection:
        query = "SELECT count(*) FROM lowest_prices WHERE holds_until > now()"
        assert connection.execute(query).fetchone() == (1,)


async def test_a_statement_timeout_holds_and_stays_with_its_client(
    bouncer: pgbouncer.PgBouncer, mode: Mode, database_url: str
) -> None:
    url = bouncer.url_of(psycopg.conninfo.conninfo_to_dict(database_url)["dbname"])
    async with (
        _opened(url, mode, statement_timeout_ms=100) as db,
        _opened(url, mode, statement_timeout_ms=60_000) as other,
    ):
        for source in (db.reader, db.writer):
            with pytest.raises(psycopg.errors.QueryCanceled) as error:
                await source.rows(_SLOW)
            assert is_statement_timeout(error.value)
            setting = sa.func.current_setting("statement_timeout").label("now")
            shown = Query("test timeout", lambda setting=setting: sa.select(setting), {})
            assert (await other.reader.rows(shown))[0].now == "1min"
        with pytest.raises(TimeoutError):  # and a client that gives up ends its statement
            async with asyncio.timeout(0.1):
                await other.reader.rows(_SLOW)
        assert (await other.reader.rows(shown))[0].now == "1min"
