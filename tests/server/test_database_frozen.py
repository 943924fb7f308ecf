"""A PostgreSQL whose processes are all stopped: it accepts connections, and answers nothing."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import psycopg
import pytest

from server.ops import later
from tests.db.faults import database_name, frozen
from tests.server.conftest import Serving

CREATE = 'mutation { createModel(input: {name: "%s", task: CHAT}) { model { name } } }'
QUERY = "{ models { totalCount } }"
LIMIT_MS = 1_000
BOUND_S = 20.0  # of an answer, where the limit is one second; the machine may be busy


@pytest.fixture(params=[True, False], ids=["plans", "executor"])
async def client(
    serve: Serving, request: pytest.FixtureRequest
) -> AsyncIterator[httpx.AsyncClient]:
    async with serve(compiled_plans=request.param, operation_timeout_ms=LIMIT_MS) as connected:
        yield connected


async def _asked(client: httpx.AsyncClient, query: str) -> Any:
    async with asyncio.timeout(BOUND_S):
        return (await client.post("/graphql", json={"query": query})).json()


def _code(body: Any) -> Any:
    return body["errors"][0]["extensions"]["code"]


async def test_an_operation_ends_at_its_limit(client: httpx.AsyncClient, postgres_url: str) -> None:
    """Mutations too, though PostgreSQL cannot say how they end."""
    for query in (CREATE % "before", QUERY, QUERY):
        assert "errors" not in await _asked(client, query)
    outcomes = {}
    with frozen(postgres_url):
        for name in ("a", "b"):
            body = await _asked(client, CREATE % name)
            assert _code(body) == "TIMEOUT"
            outcomes[name] = body["errors"][0]["extensions"]["outcome"]
            assert _code(await _asked(client, QUERY)) == "TIMEOUT"
    assert set(outcomes.values()) <= {"NOT_COMMITTED", "UNKNOWN"}
    await asyncio.sleep(1.2)  # until the connections of the lost writes are given up
    body = await _asked(client, "{ models { nodes { name } } }")
    stored = {node["name"] for node in body["data"]["models"]["nodes"]}
    assert not [name for name in stored if outcomes.get(name) == "NOT_COMMITTED"]


async def test_writes_go_on_when_it_answers_again(
    client: httpx.AsyncClient, postgres_url: str
) -> None:
    """More of them waited than there are connections; none keeps its connection for longer."""
    await asyncio.gather(*(_asked(client, CREATE % f"warm-{number}") for number in range(20)))
    with frozen(postgres_url):
        waiting = [_asked(client, CREATE % f"lost-{number}") for number in range(40)]
        assert {_code(body) for body in await asyncio.gather(*waiting)} == {"TIMEOUT"}
        await asyncio.sleep(1.2)  # until the connections of the lost writes are given up
    async with asyncio.timeout(BOUND_S):
        while "errors" in await _asked(client, CREATE % "first"):  # noqa: ASYNC110  # of a process
            await asyncio.sleep(0.05)
    for number in range(20):
        assert "errors" not in await _asked(client, CREATE % f"next-{number}")


async def test_readiness_is_answered_and_probes_share_a_check(
    client: httpx.AsyncClient, postgres_url: str, database_url: str
) -> None:
    assert (await client.get("/readyz")).status_code == 200
    counting = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
    with frozen(postgres_url):
        async with asyncio.timeout(BOUND_S):  # a check for each of the probes would take 60 s
            for _ in range(2):
                probes = await asyncio.gather(*(client.get("/readyz") for _ in range(20)))
                assert {probe.status_code for probe in probes} == {503}
                assert {probe.json()["reason"] for probe in probes} == {
                    "the database does not answer within 1.5 s"
                }
                assert (await client.get("/healthz")).status_code == 200
    with psycopg.connect(postgres_url) as connection:
        row = connection.execute(counting, [database_name(database_url)]).fetchone()
    assert row is not None
    assert row[0] <= 2 + later.JOB_CONNECTIONS_MAX  # one has read the tokens, one is the probes'
    async with asyncio.timeout(BOUND_S):
        while (await client.get("/readyz")).status_code != 200:  # noqa: ASYNC110  # the same
            await asyncio.sleep(0.05)
