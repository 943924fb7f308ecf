"""No route is older than a change of a circuit that was acknowledged before it was asked for."""

import asyncio
import json
import logging
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from db.postgres.engine import Database
from tests import factories
from tests.server.commands.test_commands import serving
from tests.server.execution.test_linearizable import JSON, SECONDS

_log = logging.getLogger(__name__)
_READERS = 4
_SET = """mutation ($id: ID!, $state: CircuitState!) {
  setCircuit(input: {binding: {id: $id}, state: $state, reason: "a test"}) {
    userErrors { message } } }"""
_ROUTE = """{ route(input: {model: {name: "m"}}) {
  registryRevision candidateCount excluded { reason } } }"""


@dataclass
class Circuits:
    """The writer is the only one, and each of its changes takes one revision.

    So the circuit is OPEN at every second revision after the first.
    """

    first: int  # the revision before the writer begins
    acknowledged: int
    end: float
    reads: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def goes_on(self) -> bool:
        is_enough = self.reads > 20 and self.acknowledged > self.first + 6
        return (time.monotonic() < self.end or not is_enough) and not self.wrong

    def check(self, route: dict[str, object], acknowledged: int) -> None:
        """Note what a route shows, asked for when this revision was acknowledged."""
        revision = int(str(route["registryRevision"]))
        is_open = (revision - self.first) % 2 == 1
        expected = (0, [{"reason": "CIRCUIT_OPEN"}]) if is_open else (1, [])
        self.reads += 1
        if revision < acknowledged or (route["candidateCount"], route["excluded"]) != expected:
            self.wrong.append(f"{route}, and {acknowledged - self.first} changes were acknowledged")


async def _write(client: httpx.AsyncClient, circuits: Circuits, id: str) -> None:
    while circuits.goes_on:
        state = "CLOSED" if (circuits.acknowledged - circuits.first) % 2 else "OPEN"
        given = {"query": _SET, "variables": {"id": id, "state": state}}
        answer = await client.post("/graphql", json=given)
        assert answer.json() == {"data": {"setCircuit": {"userErrors": []}}}
        circuits.acknowledged += 1
        await asyncio.sleep(0.02)


async def _read(client: httpx.AsyncClient, circuits: Circuits) -> None:
    body = json.dumps({"query": _ROUTE}).encode()
    while circuits.goes_on:
        acknowledged = circuits.acknowledged
        answer = await client.post("/graphql", content=body, headers=JSON)
        circuits.check(answer.json()["data"]["route"], acknowledged)


async def test_no_route_misses_a_circuit_that_was_acknowledged_before(
    tmp_path: Path, database_url: str, db: Database
) -> None:
    version = await factories.version(db, await factories.model(db, name="m"))
    binding = await factories.binding(db, version)
    first = await factories.revision(db)
    quiet = {"DATABASE_URL": database_url, "REGISTRY_LOG_LEVEL": "error"}
    with serving(tmp_path / "1", **quiet) as one, serving(tmp_path / "2", **quiet) as other:
        async with (
            httpx.AsyncClient(base_url=one.url, timeout=30) as of_one,
            httpx.AsyncClient(base_url=other.url, timeout=30) as of_other,
        ):
            circuits = Circuits(first, first, time.monotonic() + SECONDS)
            readers = [_read((of_one, of_other)[n % 2], circuits) for n in range(_READERS)]
            await asyncio.gather(_write(of_one, circuits, binding.node_id), *readers)
    _log.info("%d reads, %d changes", circuits.reads, circuits.acknowledged - first)
    assert circuits.wrong == []
