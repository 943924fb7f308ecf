"""A database that takes no writes: queries are answered, and every mutation says why it is not."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests import factories
from tests.db.faults import end_connections, set_read_only
from tests.graphql import GraphQL
from tests.resolvers.writing.cases import CASES, world
from tests.resolvers.writing.mutations import MUTATIONS, document
from tests.server.conftest import Serving

QUERY = "{ models { totalCount } }"


@pytest.fixture(params=[True, False], ids=["plans", "executor"])
async def client(
    serve: Serving, request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a registry that uses the cold storage of the fixture `store`."""
    url = (tmp_path / "cold").as_uri()
    async with serve(compiled_plans=request.param, archive_url=url) as connected:
        yield connected


@pytest.fixture
def set_mode(postgres_url: str, database_url: str) -> Callable[..., None]:
    def set_mode(*, is_read_only: bool) -> None:
        set_read_only(postgres_url, database_url, is_on=is_read_only)

    return set_mode


async def _post(client: httpx.AsyncClient, query: str, **variables: Any) -> Any:
    return (await client.post("/graphql", json={"query": query, "variables": variables})).json()


def _assert_read_only(body: Any, mutation: str) -> None:
    (error,) = body["errors"]
    assert error["extensions"]["code"] == "UNAVAILABLE", (mutation, error)
    assert "the database is read-only" in error["message"].lower(), (mutation, error)


def test_every_mutation_has_a_case() -> None:
    assert set(CASES) == set(MUTATIONS)


async def test_every_mutation_says_that_the_database_is_read_only(
    gql: GraphQL,
    client: httpx.AsyncClient,
    set_mode: Callable[..., None],
    postgres_url: str,
    database_url: str,
) -> None:
    small = await world(gql)
    before = await factories.revision(gql.db)
    set_mode(is_read_only=True)
    end_connections(postgres_url, database_url)
    for mutation, case in CASES.items():
        body = await _post(client, document(mutation), input=case.input(small, 1))
        _assert_read_only(body, mutation)
    assert (await _post(client, QUERY))["data"] == {"models": {"totalCount": 1}}
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT revision FROM registry_state").fetchone() == (before,)


async def test_the_first_write_after_it_succeeds(
    client: httpx.AsyncClient,
    set_mode: Callable[..., None],
    postgres_url: str,
    database_url: str,
) -> None:
    """Also where connections are open that PostgreSQL made read-only."""
    set_mode(is_read_only=True)
    invalid = CASES["createModel"].input(None, 1) | {"name": "m", "retentionKeep": -1}  # type: ignore[arg-type]  # it does not use the world
    valid = invalid | {"retentionKeep": 5}
    for _ in range(3):
        _assert_read_only(await _post(client, document("createModel"), input=valid), "createModel")
        assert (await _post(client, document("createModel"), input=invalid))["data"]
    set_mode(is_read_only=False)
    body = await _post(client, document("createModel"), input=valid)
    assert body["data"]["createModel"]["model"]["name"] == "m", body


async def test_readiness_tells_it(client: httpx.AsyncClient, set_mode: Callable[..., None]) -> None:
    """Although the server's connections, which were open before, can still write."""
    assert (await client.get("/readyz")).json()["status"] == "ok"
    set_mode(is_read_only=True)
    ready = await client.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "read-only")
    assert "mutations are UNAVAILABLE" in ready.json()["reason"]
    set_mode(is_read_only=False)
    assert (await client.get("/readyz")).json()["status"] == "ok"
