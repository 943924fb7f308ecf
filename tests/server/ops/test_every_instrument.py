"""A server exposes every instrument that is declared, with its kind, its labels and its help."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime

import httpx
import psycopg

from db.postgres.engine import Database
from db.tables import RetentionRun
from db.writes import work_runs
from domain import ids
from server.ops import instruments
from tests import factories
from tests.outcomes import REPORT, item
from tests.server.conftest import Serving
from tests.server.exposed import OF_REPLICAS, differences, undeclared
from tests.server.sockets import Socket, greeted

_QUEUED = """INSERT INTO procrastinate_jobs (queue_name, task_name, status, scheduled_at)
    VALUES ('later', 'one', 'todo', now() - interval '1 hour'), ('later', 'two', 'doing', now())"""
_LIVE = 'subscription { registryChanged(after: "ZXZlbnQ6MA") { cursor } }'
_CREATE = 'mutation { createModel(input: {name: "a", task: CHAT}) { userErrors { code } } }'


async def _work(db: Database, database_url: str) -> str:
    """Rows of each kind that metrics read; the id of a binding.

    Jobs have figures, too, as those of a newer release may.
    """
    version = await factories.version(db, await factories.model(db))
    binding = await factories.binding(db, version, await factories.provider(db))
    for kind in (work_runs.JOB, work_runs.IMPORT):
        async with work_runs.noted(db, kind, "any") as figures:
            figures["created"] = 1
        with suppress(ValueError):
            async with work_runs.noted(db, kind, "any"):
                raise ValueError("it fails")
    async with db.write("tests") as session:
        session.add(RetentionRun(actor="tests", archived=3, purged=2, ended_at=datetime.now(UTC)))
    with psycopg.connect(database_url) as connection:
        connection.execute(_QUEUED)
    return ids.encode(ids.BINDING, binding.id)


async def _use(client: httpx.AsyncClient, socket: Socket, binding: str) -> None:
    """A little of everything: a refusal, a conflict, a report, and a subscription."""
    await socket.subscribe("live", _LIVE)
    await socket.data("live")
    report = {"query": REPORT, "variables": {"input": {"items": [item(binding)]}}}
    for body in ({"query": "{"}, {"query": _CREATE}, {"query": _CREATE}, report):
        await client.post("/graphql", json=body)
    await client.get("/readyz")


async def test_every_instrument_is_exposed_as_it_is_declared(
    serve: Serving, db: Database, database_url: str
) -> None:
    binding = await _work(db, database_url)
    expected = [each for each in instruments.ALL if each not in OF_REPLICAS]
    async with serve() as client, greeted(client) as socket:
        await _use(client, socket, binding)
        wrong = {"": ""}
        async with asyncio.timeout(20):
            while wrong:  # the event feed connects a moment after the subscription
                text = (await client.get("/metrics")).text
                wrong = differences(text, expected)
                await asyncio.sleep(0.05)
    assert undeclared(text, expected) == set()
    assert "registry_operation_nodes_count 3.0" in text  # of all mutations, the first one too
