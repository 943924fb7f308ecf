"""Each document takes a fixed number of SQL statements, whatever the numbers of rows."""

from datetime import UTC, datetime, timedelta

import pytest

from db.postgres.engine import Database
from tests import factories
from tests.graphql import GraphQL

DOCUMENTS = {
    "{ service { version limits { maxDepth } } }": 0,
    "{ service { registryRevision } }": 1,
    "{ models { nodes { name labels { key } } } }": 1,
    "{ models { totalCount } }": 2,
    "{ models(first: 20) { nodes { versions(first: 3) { nodes { bindings(first: 4) { nodes { id } } } } } } }": 3,  # noqa: E501  one document, one line
    "{ models { nodes { versions { totalCount nodes { bindings { totalCount } } } } } }": 5,
    "{ models { nodes { latestVersion { version } } } }": 2,
    '{ models { nodes { version(select: {alias: "production"}) { version } } } }': 2,
    "{ models { nodes { aliases { history(first: 1) { totalCount edges { cursor } } } } } }": 4,
    "{ models { nodes { aliases { name version { number } history { nodes { actor versionLabel version { id } } } } } } }": 5,  # noqa: E501  one document, one line
    "{ models { nodes { bindings { nodes { routable provider { slug } version { model { name } } } } } } }": 6,  # noqa: E501  one document, one line
    "{ bindings { nodes { price { inputPer1k } prices { totalCount nodes { source effectiveTo } } health { state circuit { state } } } } }": 5,  # noqa: E501  one document, one line
    "{ bindings { nodes { price { components { meter unit amount aboveInputTokens variant } } } } }": 2,  # noqa: E501  one document, one line
    "{ bindings { nodes { estimateCost(usage: {inputTokens: 10}) { amount parts { meter } unpriced } } } }": 2,  # noqa: E501  one document, one line
    "{ versions { nodes { bindings { nodes { price { components { amount } } estimateCost(usage: {outputTokens: 1}) { amount } } } } } }": 4,  # noqa: E501  one document, one line
    "{ bindings(filter: {successRate: {gte: 0.5}}, orderBy: {field: LATENCY}) { nodes { successRate latencyMs } } }": 1,  # noqa: E501  one document, one line
    "{ bindings { nodes { url endpoint } } }": 2,
    "{ bindings { nodes { url provider { slug apiBase } } } }": 3,
    '{ bindings { nodes { usage(from: "FROM", to: "TO", step: HOUR) { calls latencyMsP50 } } } }': 2,  # noqa: E501  one document, one line
    '{ routes(inputs: [{model: {name: "NAME"}, limit: 20}, {model: {name: "NAME"}, strategy: BALANCED}]) { model { name } version { version } candidates { reasons binding { url provider { slug } } } excluded { binding { id } } } }': 6,  # noqa: E501  one document, one line
    "{ versions { nodes { sloStatus aliases { name } model { name } } } }": 4,
    "{ catalogs { nodes { name importedAt entries { nodes { key lastSeenAt delistedAt } } } } }": 2,
    "{ catalogs { nodes { entryCount delistedCount conflictCount disagreementCount } } }": 3,
    "{ bindings { nodes { listed entries { key catalog { name } binding { id } differences { field because } } } } }": 6,  # noqa: E501  one document, one line
    "{ providers { nodes { bindings { nodes { version { version } } } } } }": 3,
}


async def _grow(db: Database, models: int) -> str:
    """Adds models, and returns the name of one."""
    catalog = await factories.catalog(db)
    for _ in range(models):
        model = await factories.model(db)
        for _ in range(2):
            version = await factories.version(db, model)
            for _ in range(2):
                binding = await factories.binding(db, version)
                await factories.price(db, binding, "0.1")
                await factories.minute(db, binding.id, datetime.now(UTC), success=1)
                await factories.entry(db, catalog, binding, {"priority": 7})
        await factories.alias(db, version)
    return model.name


@pytest.mark.parametrize("given", DOCUMENTS)
async def test_statements_do_not_grow_with_rows(gql: GraphQL, given: str) -> None:
    now = datetime.now(UTC)
    since, until = ((now + timedelta(hours=hours)).isoformat() for hours in (-3, 3))
    for models in (1, 3):
        name = await _grow(gql.db, models)
        document = given.replace("FROM", since).replace("TO", until).replace("NAME", name)
        with gql.statements() as sent:
            await gql(document)
        assert len(sent) == DOCUMENTS[given], "\n".join(sent)
