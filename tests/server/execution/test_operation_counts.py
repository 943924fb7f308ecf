"""Operations in the metrics: their names are bounded, their outcomes named."""

from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from server.execution.operation_counts import NAMES_MAX
from tests.server.conftest import Serving


async def _counted(client: httpx.AsyncClient) -> dict[tuple[str, str, str], float]:
    text = (await client.get("/metrics")).text
    return {
        (each.labels["kind"], each.labels["operation"], each.labels["outcome"]): each.value
        for metric in text_string_to_metric_families(text)
        for each in metric.samples
        if each.name == "registry_operations_total"
    }


async def test_operations_are_counted_by_name_kind_and_outcome(serve: Serving) -> None:
    async with serve() as client:
        for query in (
            "query Once { service { version } }",
            "{ service { version } }",
            'query Lost { model(name: "none") { nothing } }',
            'query Bad { models(first: 3, after: "no cursor") { nodes { id } } }',
            'mutation Make { createModel(input: {name: "a", task: CHAT}) { model { id } } }',
        ):
            await client.post("/graphql", json={"query": query})
        for _ in range(3):
            await client.post("/graphql", json={"query": "query Kept { models { totalCount } }"})
        assert await _counted(client) == {
            ("query", "Once", "ok"): 1,
            ("query", "anonymous", "ok"): 1,
            ("unknown", "unknown", "BAD_USER_INPUT"): 1,
            ("query", "Bad", "BAD_CURSOR"): 1,
            ("mutation", "Make", "ok"): 1,
            ("query", "Kept", "ok"): 3,
        }


async def test_names_beyond_the_limit_are_counted_together(serve: Serving, tmp_path: Path) -> None:
    (tmp_path / "trusted.graphql").write_text("query Trusted { service { version } }")
    async with serve(documents=tmp_path) as client:
        for number in range(NAMES_MAX + 3):
            query = f"query N{number} {{ __typename }}"
            await client.post("/graphql", json={"query": query})
        await client.post("/graphql", json={"query": "query Trusted { service { version } }"})
        counted = await _counted(client)
        assert counted["query", "other", "ok"] == 3
        assert counted["query", "N0", "ok"] == counted["query", "Trusted", "ok"] == 1
        assert len(counted) == NAMES_MAX + 2
