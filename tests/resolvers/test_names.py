"""What bindings, versions and events repeat of the rows that they belong to."""

from typing import Any

import pytest
from graphql import parse

from db.postgres.engine import Database
from domain.enums import VersionStatus
from planner import Planner, QueryPlan
from server.app import PASSTHROUGH
from tests import factories
from tests.graphql import SCHEMA, GraphQL, context
from tests.planner.executors import run_plan

NAMES = "modelName versionLabel providerSlug providerName"


async def _binding(db: Database) -> Any:
    model = await factories.model(db, name="gpt")
    version = await factories.version(db, model, version="1.2.3")
    provider = await factories.provider(db, slug="acme", name="Acme Inc.")
    return await factories.binding(db, version, provider)


async def test_a_binding_repeats_the_names_of_its_model_version_and_provider(gql: GraphQL) -> None:
    await _binding(gql.db)
    data = await gql(f"{{ bindings {{ nodes {{ {NAMES} }} }} }}")
    assert data["bindings"]["nodes"] == [
        {
            "modelName": "gpt",
            "versionLabel": "1.2.3",
            "providerSlug": "acme",
            "providerName": "Acme Inc.",
        }
    ]


async def test_a_version_knows_its_model_and_aliases_and_whether_it_is_the_latest(
    gql: GraphQL,
) -> None:
    model = await factories.model(gql.db, name="gpt")
    first = await factories.version(gql.db, model)
    await factories.version(gql.db, model)
    await factories.version(gql.db, model, status=VersionStatus.DEPRECATED)
    await factories.alias(gql.db, first, name="stable")
    await factories.alias(gql.db, first, name="production")
    data = await gql("""{ versions(orderBy: {field: NUMBER, direction: ASC}) { nodes {
        modelName aliasNames isLatest } } }""")
    assert data["versions"]["nodes"] == [
        {"modelName": "gpt", "aliasNames": ["production", "stable"], "isLatest": False},
        {"modelName": "gpt", "aliasNames": [], "isLatest": True},
        {"modelName": "gpt", "aliasNames": [], "isLatest": False},
    ]


async def test_is_latest_agrees_with_latest_version(gql: GraphQL) -> None:
    for rolling in (True, False):
        model = await factories.model(gql.db)
        for released in (None, "2024-05-01", "2023-05-01"):
            values = {"released_on": released, "rolling": rolling and released == "2023-05-01"}
            await factories.version(gql.db, model, **values)
    data = await gql("""{ models { nodes { latestVersion { id } versions {
        nodes { id isLatest } } } } }""")
    for each in data["models"]["nodes"]:
        latest = [row["id"] for row in each["versions"]["nodes"] if row["isLatest"]]
        assert latest == [each["latestVersion"]["id"]]


async def test_an_event_names_the_model_until_it_is_deleted(gql: GraphQL) -> None:
    await _binding(gql.db)
    document = "{ auditEvents { nodes { kind modelName } } }"
    named = {
        each["kind"]: each["modelName"] for each in (await gql(document))["auditEvents"]["nodes"]
    }
    assert named == {"MODEL": "gpt", "VERSION": "gpt", "BINDING": "gpt", "PROVIDER": None}
    await gql('mutation { deleteModel(input: {model: {name: "gpt"}, force: true}) { deletedId } }')
    names = [each["modelName"] for each in (await gql(document))["auditEvents"]["nodes"]]
    assert set(names) == {None}


@pytest.mark.parametrize("alias", ["canary", "production"])
async def test_what_a_mutation_returns_is_what_is_true_after_it(gql: GraphQL, alias: str) -> None:
    model = await factories.model(gql.db, name="gpt")
    old = await factories.version(gql.db, model)
    await factories.alias(gql.db, old, name="production")
    created = await gql(f"""mutation {{ createVersion(input: {{model: {{name: "gpt"}},
        version: "99.0.0", contentHash: "{"a" * 64}", region: "eu", rolling: true, alias: "{alias}"
    }}) {{ version {{ modelName aliasNames isLatest }} }} }}""")
    expected = {"modelName": "gpt", "aliasNames": [alias], "isLatest": True}
    assert created["createVersion"]["version"] == expected


async def test_a_moved_alias_is_no_longer_of_the_version_before(gql: GraphQL) -> None:
    model = await factories.model(gql.db, name="gpt")
    old, new = [await factories.version(gql.db, model) for _ in range(2)]
    await factories.alias(gql.db, old, name="production")
    moved = await gql(f"""mutation {{ setAlias(input: {{model: {{name: "gpt"}},
        alias: "production", version: {{id: "{new.node_id}"}}}}) {{
        alias {{ version {{ aliasNames }} }} previousVersion {{ aliasNames }} }} }}""")
    assert moved["setAlias"] == {
        "alias": {"version": {"aliasNames": ["production"]}},
        "previousVersion": {"aliasNames": []},
    }


async def test_a_created_binding_has_its_names(gql: GraphQL) -> None:
    await _binding(gql.db)
    created = await gql(f"""mutation {{ createBinding(input: {{
        version: {{inModel: {{model: {{name: "gpt"}}, select: {{version: "1.2.3"}}}}}},
        binding: {{provider: "acme", providerModelId: "other"}}
    }}) {{ binding {{ {NAMES} }} }} }}""")
    assert created["createBinding"]["binding"]["providerName"] == "Acme Inc."


@pytest.mark.parametrize(
    "text",
    [
        f"{{ bindings {{ nodes {{ {NAMES} }} }} }}",
        "{ versions { nodes { modelName aliasNames isLatest } } }",
        "{ auditEvents { nodes { modelName } } }",
    ],
)
async def test_a_plan_reads_them_with_the_rows(gql: GraphQL, text: str) -> None:
    await _binding(gql.db)
    planner, document = Planner(SCHEMA, passthrough=PASSTHROUGH), parse(text)
    plan = planner.plan(document, None, text)
    assert isinstance(plan, QueryPlan)
    with gql.statements() as sent:
        result = await run_plan(plan, SCHEMA, document, context(gql.db))
    assert result.errors is None
    assert len(sent) == 1, sent
