"""A database that goes away and comes back, and operations that take too long."""

import asyncio
import contextlib
import logging
import re
from collections.abc import Iterator

import httpx
import psycopg
import pytest

from tests.server.conftest import Serving
from tests.server.wire import waiting

QUERY = {"query": "{ models { totalCount } }"}


@contextlib.contextmanager
def gone(postgres_url: str, database_url: str) -> Iterator[None]:
    """The database lets nobody in, and ends the connections that are there."""
    name = database_url.partition("?")[0].rpartition("/")[2]
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )
        yield
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


async def _asked(client: httpx.AsyncClient) -> tuple[str | None, object]:
    """The code of the first error if any, and the data."""
    body = (await client.post("/graphql", json=QUERY)).json()
    errors = body.get("errors")
    return errors[0]["extensions"]["code"] if errors else None, body.get("data")


async def test_while_the_database_is_gone_the_server_says_so_and_then_goes_on(
    serve: Serving, postgres_url: str, database_url: str
) -> None:
    async with serve() as client:
        assert await _asked(client) == (None, {"models": {"totalCount": 0}})
        with gone(postgres_url, database_url):
            assert await _asked(client) == ("UNAVAILABLE", None)
            answer = await client.post("/graphql", json=QUERY)  # whose last answer is kept
            assert answer.status_code == 503
            assert (await client.get("/healthz")).status_code == 200
            ready = await client.get("/readyz")
            assert ready.status_code == 503
            assert "does not answer" in ready.json()["reason"]
        assert await _asked(client) == (None, {"models": {"totalCount": 0}})
        assert (await client.get("/readyz")).status_code == 200


async def test_connections_that_were_cut_are_replaced_without_an_error(
    serve: Serving, postgres_url: str, database_url: str
) -> None:
    async with serve() as client:
        await asyncio.gather(*(_asked(client) for _ in range(5)))
        with gone(postgres_url, database_url):
            pass
        answers = await asyncio.gather(*(_asked(client) for _ in range(10)))
        assert {code for code, _ in answers} == {None}


async def test_a_database_at_another_migration_is_not_ready(
    serve: Serving, database_url: str
) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        other = "version_num = 'other', compatible_from = 'other'"
        connection.execute(f"UPDATE alembic_version SET {other}")
    async with serve() as client:
        answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert "migration other" in answer.json()["reason"]


@pytest.mark.parametrize("setting", ["operation_timeout_ms", "statement_timeout_ms"])
async def test_an_operation_that_takes_too_long_is_a_timeout(
    serve: Serving, database_url: str, setting: str
) -> None:
    """By whichever limit comes first: the operation's, or PostgreSQL's own for a statement."""
    with psycopg.connect(database_url) as blocker:
        blocker.execute("LOCK TABLE models")
        async with serve(**{setting: 300}) as client:
            assert (await _asked(client))[0] == "TIMEOUT"
            blocker.rollback()
            assert await _asked(client) == (None, {"models": {"totalCount": 0}})


async def test_more_operations_than_connections_wait_and_then_are_unavailable(
    serve: Serving, database_url: str
) -> None:
    with psycopg.connect(database_url) as blocker:
        blocker.execute("LOCK TABLE models")
        async with serve(
            read_connections_max=1, write_connections_max=0, connection_wait_s=0.2
        ) as client:
            first = asyncio.ensure_future(_asked(client))
            await waiting(database_url, 1)
            assert (await _asked(client))[0] == "UNAVAILABLE"
            blocker.rollback()
            assert await first == (None, {"models": {"totalCount": 0}})


async def test_a_query_whose_client_has_gone_is_cancelled_in_the_database_too(
    serve: Serving, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    no_limit = {"statement_timeout_ms": 60_000, "operation_timeout_ms": 60_000}
    with psycopg.connect(database_url) as blocker:
        blocker.execute("LOCK TABLE models")
        async with serve(**no_limit) as client:
            with caplog.at_level(logging.INFO, "access"):
                asking = asyncio.ensure_future(client.post("/graphql", json=QUERY))
                await waiting(database_url, 1)
                asking.cancel()
                await asyncio.wait([asking])
                await waiting(database_url, 0)
            blocker.rollback()
            assert await _asked(client) == (None, {"models": {"totalCount": 0}})
            counted = (await client.get("/metrics")).text
    [line] = [record for record in caplog.records if record.name == "access"]
    fields = vars(line)["fields"]
    assert (fields["status"], fields["code"]) == (499, "CLIENT_GONE")
    outcomes = re.findall(r'^registry_operations_total\{.*outcome="(\w+)"', counted, re.MULTILINE)
    assert sorted(outcomes) == ["CLIENT_GONE", "ok"]
