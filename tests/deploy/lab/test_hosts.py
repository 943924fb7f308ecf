"""A registry whose URL names two servers goes on after a failover, without a restart."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest

from db.postgres import migrate
from deploy.lab import postgres, processes
from server import app
from server.settings import Settings
from tests.feeds import listening
from tests.server.conftest import running

_CREATE = """mutation ($name: String!) {
    createModel(input: {name: $name, task: CHAT, idempotencyKey: $name}) {
        userErrors { code } } }"""
_NAMES = "{ models(first: 9) { nodes { name } } }"


@pytest.fixture
def servers() -> Iterator[tuple[postgres.Postgres, postgres.Postgres]]:
    with (
        TemporaryDirectory(prefix="registry-lab-") as name,
        postgres.running(Path(name) / "one") as primary,
        postgres.standby(primary, Path(name) / "two") as standby,
    ):
        yield primary, standby


async def _sent(client: httpx.AsyncClient, document: str, **variables: Any) -> Any:
    """The data, or the code of the first error."""
    body = {"query": document, "variables": variables}
    answer = (await client.post("/graphql", json=body)).json()
    return answer["errors"][0]["extensions"]["code"] if answer.get("errors") else answer["data"]


async def _names(client: httpx.AsyncClient) -> list[str]:
    found = await _sent(client, _NAMES)
    return [each["name"] for each in found["models"]["nodes"]]


async def _until_created(client: httpx.AsyncClient, name: str) -> None:
    async with asyncio.timeout(30):
        while isinstance(code := await _sent(client, _CREATE, name=name), str):
            assert code == "UNAVAILABLE"
            await asyncio.sleep(0.05)


async def test_a_registry_follows_the_primary_from_host_to_host(
    servers: tuple[postgres.Postgres, postgres.Postgres], tmp_path: Path
) -> None:
    """The old primary lives on, read-only, as where a failover is made by hand."""
    one, two = servers
    ports = (processes.free_port(), one.port, two.port)  # nothing listens on the first one
    hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
    url = f"postgresql://postgres@{hosts}/registry?target_session_attrs=read-write"
    await asyncio.to_thread(migrate.upgrade, url)
    settings = Settings(_env_file=None, jobs=False, data_dir=tmp_path)
    async with running(app.build(settings, url)) as client, listening(url) as feed:
        await _until_created(client, "before")
        await feed.reached(1)
        await asyncio.to_thread(_caught_up, one, two)
        one.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        one.execute("SELECT pg_reload_conf()")
        two.execute("SELECT pg_promote()")
        await _until_created(client, "after")
        assert await _names(client) == ["after", "before"]  # reads have moved, too
        await feed.reached(2)
        assert feed.names == ["before", "after"]
        one.kill()
        await _until_created(client, "later")
        assert await _names(client) == ["later", "after", "before"]
    assert two.execute("SELECT count(*) FROM models", "registry") == [(3,)]


def _caught_up(primary: postgres.Postgres, standby: postgres.Postgres) -> None:
    ((position,),) = primary.execute("SELECT pg_current_wal_lsn()")
    replayed = f"SELECT pg_last_wal_replay_lsn() >= '{position}'"
    processes.wait_until(lambda: standby.execute(replayed) == [(True,)], "the standby")
