"""A PgBouncer that ends or has no room makes answers UNAVAILABLE, and wrong settings are named."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import psycopg
import pytest

from deploy.lab import pgbouncer, processes
from server import app
from server.commands import databases, pooled
from server.commands.failures import Failure
from server.settings import Settings
from tests.server.conftest import running

_CREATE = """mutation ($name: String!) {
    createModel(input: {name: $name, task: CHAT, idempotencyKey: $name}) {
        userErrors { code } } }"""
_COUNT = "{ models { totalCount } }"
_WRITERS, _EACH = 8, 6


@contextmanager
def _running(server_url: str, **settings: str) -> Iterator[pgbouncer.PgBouncer]:
    with TemporaryDirectory(prefix="registry-lab-") as folder:
        try:
            entered = pgbouncer.running(Path(folder) / "b", server_url, settings)
        except processes.MissingProgram as missing:
            pytest.skip(str(missing))
        with entered as found:
            yield found


def _name(database_url: str) -> str:
    return str(psycopg.conninfo.conninfo_to_dict(database_url)["dbname"])


def _settings(direct_url: str, **given: Any) -> Settings:
    behind = {"pooler": "transaction", "prepared_statements": False, "jobs": False}
    return Settings(
        _env_file=None, DATABASE_URL=direct_url, **{"listen_url": direct_url, **behind, **given}
    )


async def _code(client: httpx.AsyncClient, document: str, **variables: Any) -> str | None:
    """The code of the answer's first error."""
    body = {"query": document, "variables": variables}
    answer = (await client.post("/graphql", json=body)).json()
    return answer["errors"][0]["extensions"]["code"] if answer.get("errors") else None


async def test_a_killed_pooler_loses_no_acknowledged_write(
    postgres_url: str, database_url: str, tmp_path: Path
) -> None:
    codes: set[str | None] = set()
    is_midway = asyncio.Event()

    async def write(client: httpx.AsyncClient, writer: int) -> None:
        for number in range(_EACH):
            name = f"model-{writer}-{number}"
            while (code := await _code(client, _CREATE, name=name)) is not None:
                codes.add(code)
                await asyncio.sleep(0.05)
            if number == 1:
                is_midway.set()

    with _running(postgres_url) as bouncer:
        url = bouncer.url_of(_name(database_url))
        async with running(app.build(_settings(database_url, data_dir=tmp_path), url)) as client:
            writing = [asyncio.ensure_future(write(client, n)) for n in range(_WRITERS)]
            await is_midway.wait()
            bouncer.kill()
            codes.add(await _code(client, _COUNT))
            await asyncio.to_thread(bouncer.start)
            await asyncio.gather(*writing)
            assert await _code(client, _COUNT) is None
    assert codes == {"UNAVAILABLE"}
    with psycopg.connect(database_url) as connection:
        names = connection.execute("SELECT name FROM models").fetchall()
    assert len(names) == len(set(names)) == _WRITERS * _EACH


@pytest.mark.parametrize(
    "settings", [{"default_pool_size": "1", "query_wait_timeout": "1"}, {"max_client_conn": "1"}]
)
async def test_a_pooler_without_room_is_unavailable(
    postgres_url: str, database_url: str, tmp_path: Path, settings: dict[str, str]
) -> None:
    """No session becomes free in time, or the pooler takes no more clients."""
    given = _settings(database_url, data_dir=tmp_path, statement_timeout_ms=60_000)
    with _running(postgres_url, **settings) as bouncer:
        url = bouncer.url_of(_name(database_url))
        other = psycopg.connect(url)
        other.execute("SELECT 1")  # begins a transaction, which keeps the session
        async with running(app.build(given, url)) as client:
            sent = [_code(client, _COUNT), _code(client, _CREATE, name="a")]
            found = await asyncio.gather(*sent)
            assert set(found) <= {"UNAVAILABLE", "TIMEOUT"}  # several waits may take too long
            other.close()
            while await _code(client, _COUNT) is not None:  # noqa: ASYNC110  another process
                await asyncio.sleep(0.05)
            assert await _code(client, _CREATE, name="a") is None


def test_the_start_compares_the_settings_with_what_the_urls_lead_to(
    postgres_url: str, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with _running(postgres_url, ignore_startup_parameters="options") as bouncer:
        url = bouncer.url_of(_name(database_url))

        def check(**given: Any) -> str:
            pooled.check(_settings(url, **{"listen_url": None, **given}))
            return capsys.readouterr().err

        def refused(**given: Any) -> str:
            with pytest.raises(Failure) as failure:
                check(**given)
            return str(failure.value)

        assert "REGISTRY_LISTEN_URL is not set" in check()
        assert check(listen_url=database_url) == ""
        assert "set REGISTRY_POOLER=transaction" in check(pooler="none")
        assert refused(pooler="session").startswith("REGISTRY_POOLER: ")
        assert refused(prepared_statements=True).startswith("REGISTRY_PREPARED_STATEMENTS: ")
        assert refused(listen_url=url).startswith("REGISTRY_LISTEN_URL leads to a pooler")
        assert refused(listen_url="postgresql://127.0.0.1:9/d").startswith("REGISTRY_LISTEN_URL: ")
        with pytest.raises(Failure, match="REGISTRY_LISTEN_URL: a migration needs a session"):
            databases.session_url(_settings(url, listen_url=None), url)
    pooled.check(_settings(database_url))  # of PostgreSQL itself: any settings will do
    assert capsys.readouterr().err == ""


def test_a_pooler_that_refuses_startup_options_is_named(
    postgres_url: str, database_url: str
) -> None:
    with _running(postgres_url) as bouncer:
        settings = _settings(bouncer.url_of(_name(database_url)), pooler="none")
        with pytest.raises(Failure, match="DATABASE_URL leads to a connection pooler: set REGIST"):
            databases.migration(settings.database_url or "", settings.pool_limits)
