"""A server that is killed while it records outcomes: what it acknowledged is stored, and once."""

import asyncio
import signal
import socket
from typing import Any

import httpx

from db.postgres.engine import Database
from tests.outcomes import REPORT, bindings, histogram, minutes_ago, rollup, rows
from tests.soak.soak import Process

CLIENTS, BATCHES, CALLS = 4, 12, 10
WAIT_S = 60


async def _send(http: httpx.AsyncClient, url: str, input: dict[str, Any]) -> None:
    """Send a batch with its key until it is acknowledged, as a gateway does."""
    while True:
        try:
            body = {"query": REPORT, "variables": {"input": input}}
            payload = (await http.post(url, json=body)).json()["data"]["reportOutcomes"]
        except (httpx.HTTPError, KeyError, TypeError):
            await asyncio.sleep(0.05)
            continue
        assert (payload["accepted"], payload["userErrors"]) == (len(input["rollups"]), [])
        return


async def test_a_killed_server_loses_nothing_acknowledged_and_counts_nothing_twice(
    db: Database, database_url: str
) -> None:
    keys = await bindings(db, 10)
    minute = minutes_ago(1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process, acknowledged, is_midway = Process(port, database_url), list[Any](), asyncio.Event()

    async def report(http: httpx.AsyncClient, client: int) -> None:
        for number in range(BATCHES):
            times = {"latencyMs": histogram(CALLS)}
            batch = [rollup(key, CALLS, minute=minute, **times) for key in keys]
            input = {"rollups": batch, "idempotencyKey": f"{client}-{number}"}
            await _send(http, f"http://127.0.0.1:{port}/graphql", input)
            acknowledged.append(input["idempotencyKey"])
            if len(acknowledged) == CLIENTS * BATCHES // 3:
                is_midway.set()

    async def kill_and_restart(http: httpx.AsyncClient) -> None:
        await is_midway.wait()
        await process.stop(signal.SIGKILL)
        await process.start(http)

    async with httpx.AsyncClient() as http, asyncio.timeout(WAIT_S):
        await process.start(http)
        try:
            reporting = [report(http, client) for client in range(CLIENTS)]
            await asyncio.gather(kill_and_restart(http), *reporting)
        finally:
            await process.stop()
    assert len(acknowledged) == CLIENTS * BATCHES
    found = {row["binding_id"]: row["success"] for row in rows(database_url, "outcome_minutes")}
    assert list(found.values()) == [CLIENTS * BATCHES * CALLS] * len(keys)
    health = rows(database_url, "binding_health")
    assert {row["succeeded"] for row in health} == {CLIENTS * BATCHES * CALLS}
