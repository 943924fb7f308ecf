"""The worked example of docs/routing.md is what a server answers."""

import json

from db.postgres.engine import Database
from db.writes import circuits
from domain.circuits import Breaker
from domain.traffic_enums import CircuitState
from tests import factories
from tests.project.pages import ROOT, blocks_of
from tests.server.conftest import Serving

_EUROPE, _AMERICA = "eu-west-1", "us-east-1"
# Provider, region, price in and out, p95 and success rate, as the page's table has them.
_BINDINGS = [
    ("alpha", _EUROPE, "0.5", "1.5", 800, 0.99),
    ("beta", _EUROPE, "0.25", "1", 1_200, 0.97),
    ("gamma", _AMERICA, "0.25", "0.5", 400, 0.999),
    ("delta", _EUROPE, None, None, 300, 0.999),
]


async def _fill(db: Database) -> None:
    version = await factories.version(db, await factories.model(db, name="example"))
    for slug, region, input_per_1k, output_per_1k, latency_ms, success_rate in _BINDINGS:
        by = await factories.provider(db, slug=slug)
        figures = {"latency_ms": latency_ms, "success_rate": success_rate}
        binding = await factories.binding(db, version, by, region=region, **figures)
        if input_per_1k is not None:
            await factories.price(db, binding, input_per_1k, output_per_1k=output_per_1k)
    async with db.write("tests") as session:
        opened = Breaker(state=CircuitState.OPEN, changed_at=factories.EPOCH)
        await circuits.write(session, {binding.id: opened})


async def test_the_worked_example_is_what_a_server_answers(serve: Serving, db: Database) -> None:
    blocks = blocks_of(ROOT / "docs" / "routing.md")
    [document] = [block.text for block in blocks if block.language == "graphql"]
    [answer] = [block.text for block in blocks if block.language == "json"]
    await _fill(db)
    async with serve() as client:
        for _ in range(3):  # by the executor, by a plan, and from the cache
            response = await client.post("/graphql", json={"query": document})
            assert response.json() == {"data": {"route": json.loads(answer)}}
