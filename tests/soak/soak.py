"""Many clients write through two servers; one is killed, and then the guarantees are checked."""

import asyncio
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg

from deploy.lab import processes
from tests.soak import replay
from tests.soak.clients import Call, Client, Server, prepare, write_at_random

_START_TIMEOUT_S = 60


class Broken(AssertionError):
    """A guarantee that did not hold."""


@dataclass(slots=True)
class Process:
    """A server process of its own on a port."""

    port: int
    database_url: str
    process: asyncio.subprocess.Process | None = None

    async def start(self, http: httpx.AsyncClient) -> None:
        """Start it and wait until it answers."""
        environment = {
            **os.environ,
            "DATABASE_URL": self.database_url,
            "REGISTRY_LOG_LEVEL": "error",
        }
        command = (sys.executable, "-m", "server", "serve", "--port", str(self.port))
        self.process = await asyncio.create_subprocess_exec(*command, env=environment)
        until = time.monotonic() + _START_TIMEOUT_S
        while not await self._is_ready(http):
            if time.monotonic() > until or self.process.returncode is not None:
                raise Broken("the server did not start")
            await asyncio.sleep(0.05)

    async def stop(self, number: int = signal.SIGTERM) -> None:
        """Send it a signal and wait for its end."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(number)
            await self.process.wait()

    async def _is_ready(self, http: httpx.AsyncClient) -> bool:
        try:
            return (await http.get(f"http://127.0.0.1:{self.port}/readyz")).status_code == 200
        except httpx.TransportError:
            return False


@dataclass(frozen=True, slots=True)
class Summary:
    """The outcomes of the calls, and how many calls, versions and numbers are right."""

    seconds: float
    outcomes: Counter[str]
    why: Counter[str]
    rows: dict[str, int]
    checked: dict[str, int]


async def soak(database_url: str, clients: int, seconds: float, seed: int = 1) -> Summary:
    """Run it on a migrated, empty registry. Raises Broken or Disagreement."""
    everyone = [Client(f"c{n}", random.Random(f"{seed}-{n}")) for n in range(clients)]
    limits = httpx.Limits(max_connections=clients * 2)
    async with httpx.AsyncClient(limits=limits) as http, _processes(http, database_url) as two:
        servers = [Server(http, f"http://127.0.0.1:{process.port}/graphql") for process in two]
        await prepare(servers[0])
        began = time.monotonic()
        until = began + seconds
        writing = [write_at_random(servers, client, until) for client in everyone]
        await asyncio.gather(_kill_and_restart(two[1], http, seconds / 2), *writing)
        took = time.monotonic() - began
    calls = [call for client in everyone for call in client.calls]
    return Summary(
        took,
        Counter(call.outcome for call in calls),
        Counter(call.why for call in calls if call.why),
        replay.check(database_url),
        check(database_url, calls),
    )


@asynccontextmanager
async def _processes(http: httpx.AsyncClient, database_url: str) -> AsyncIterator[list[Process]]:
    two = [Process(processes.free_port(), database_url) for _ in range(2)]
    try:
        await asyncio.gather(*(process.start(http) for process in two))
        yield two
    finally:
        await asyncio.gather(*(process.stop() for process in two if process.process))


async def _kill_and_restart(process: Process, http: httpx.AsyncClient, after_s: float) -> None:
    await asyncio.sleep(after_s)
    await process.stop(signal.SIGKILL)
    await process.start(http)


def check(database_url: str, calls: list[Call]) -> dict[str, int]:
    """The number of calls whose events match their outcome. Raises Broken."""
    with psycopg.connect(database_url) as connection:
        _all_or_nothing(connection, calls)
        versions = _versions(connection, calls)
        return {"calls": len(calls), "versions": versions, "numbers": _numbers(connection)}


def _all_or_nothing(connection: psycopg.Connection[Any], calls: list[Call]) -> None:
    """A call that was done has all its events, a refused one none, an unknown one all or none."""
    query = "SELECT request_id, count(*) FROM audit_events WHERE request_id IS NOT NULL GROUP BY 1"
    events = dict(connection.execute(query).fetchall())
    for call in calls:
        found = events.get(call.id, 0)
        allowed = {"refused": {0}, "done": {call.events}, "unknown": {0, call.events}}
        if call.events == -1 and call.outcome != "refused":
            continue  # deletions say how much went; moves may lead to where an alias is
        if found not in allowed[call.outcome]:
            raise Broken(f"{found} events of {call}")


def _versions(connection: psycopg.Connection[Any], calls: list[Call]) -> int:
    """How many versions are there; each, deleted ones aside, with all the bindings it came with."""
    query = """SELECT v.content_hash, count(b.id) FROM model_versions v
        LEFT JOIN provider_bindings b ON b.version_id = v.id
        AND b.provider_model_id LIKE '%%-%%-%%' GROUP BY 1"""
    there = dict(connection.execute(query).fetchall())
    deletions = [call for call in calls if call.mutation.startswith("delete")]
    gone = {ref["id"] for call in deletions for ref in call.input.values() if isinstance(ref, dict)}
    for call in calls:
        if call.mutation != "createVersion" or call.outcome != "done":
            continue
        version = call.payload["version"]
        owner = call.input["model"].get("id")
        if {version["id"], owner} & gone:
            continue
        taken = [b for b in version.get("bindings", {}).get("nodes", []) if b["id"] in gone]
        wanted = len(call.input["bindings"])
        if not wanted - len(taken) <= there.get(call.input["contentHash"], -1) <= wanted:
            raise Broken(f"lost: {call}")
    return len(there)


def _numbers(connection: psycopg.Connection[Any]) -> int:
    """How many numbers were given; per model they count up from 1 in the order of the commits."""
    query = """SELECT model_id, array_agg((changes #>> '{number,1}')::int ORDER BY sequence)
        FROM audit_events WHERE kind = 'VERSION' AND action = 'CREATED'
        AND NOT starts_with(actor, 'import:') GROUP BY 1"""  # an import writes them by their ids
    total = 0
    for model_id, numbers in connection.execute(query):
        if numbers != list(range(1, len(numbers) + 1)):
            raise Broken(f"{model_id} has the numbers {numbers}")
        total += len(numbers)
    return total
