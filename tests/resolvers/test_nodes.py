"""Objects of any type by id: one, or up to 100 at once."""

import pytest

from db.tables import Provider
from tests import factories
from tests.graphql import GraphQL

NOTHING = "0" * 32


async def _everything(gql: GraphQL) -> dict[str, str]:
    """The id of one object of each type, by type name."""
    model = await factories.model(gql.db)
    version = await factories.version(gql.db, model)
    provider: Provider = await factories.provider(gql.db)
    binding = await factories.binding(gql.db, version, provider)
    return {
        "Model": model.node_id,
        "ModelVersion": version.node_id,
        "ProviderBinding": binding.node_id,
        "Provider": provider.node_id,
    }


async def test_a_node_is_of_its_type(gql: GraphQL) -> None:
    for type_name, id in (await _everything(gql)).items():
        document = f"""query ($id: ID!) {{ node(id: $id) {{
            __typename id ... on {type_name} {{ revision }}
            ... on Versioned {{ createdAt }} }} }}"""
        node = (await gql(document, id=id))["node"]
        assert (node["__typename"], node["id"], node["revision"]) == (type_name, id, 1)
        assert node["createdAt"]


async def test_nodes_are_in_the_order_of_the_ids_with_null_for_missing_ones(gql: GraphQL) -> None:
    everything = await _everything(gql)
    model, binding = everything["Model"], everything["ProviderBinding"]
    ids = [binding, "nonsense", model, binding, f"mdl_{NOTHING}", model, *everything.values()]
    with gql.statements() as sent:
        document = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
        nodes = (await gql(document, ids=ids))["nodes"]
    assert [node and node["id"] for node in nodes] == [
        binding,
        None,
        model,
        binding,
        None,
        model,
        *everything.values(),
    ]
    assert len(sent) == 4  # one for each type


async def test_no_ids_are_no_nodes(gql: GraphQL) -> None:
    assert await gql("{ nodes(ids: []) { id } }") == {"nodes": []}


@pytest.mark.parametrize(
    "id",
    [
        "",
        "_",
        "mdl",
        "mdl_",
        NOTHING,
        f"mdl_{NOTHING}",
        f"xyz_{NOTHING}",
        f"als_{NOTHING}",
        f"mdl_{NOTHING}0",
        f"mdl_{'g' * 32}",
        "mdl_\0" + "0" * 31,
        "é" * 50,
        "a" * 10_000,
    ],
    ids=range(13),
)
async def test_malformed_ids_find_no_node(gql: GraphQL, id: str) -> None:
    assert await gql("query ($id: ID!) { node(id: $id) { id } }", id=id) == {"node": None}
    assert await gql("query ($id: ID!) { nodes(ids: [$id]) { id } }", id=id) == {"nodes": [None]}


async def test_a_key_with_the_prefix_of_another_type_finds_no_node(gql: GraphQL) -> None:
    everything = await _everything(gql)
    prefixes = {id.partition("_")[0] for id in everything.values()}
    for id in everything.values():
        prefix, _, digits = id.partition("_")
        for other in prefixes - {prefix}:
            document = "query ($id: ID!) { node(id: $id) { id } }"
            assert await gql(document, id=f"{other}_{digits}") == {"node": None}
            assert await gql(document, id=id.upper()) == {"node": None}


async def test_more_than_100_ids_are_refused(gql: GraphQL) -> None:
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    ids = [f"mdl_{number:032x}" for number in range(101)]
    assert await gql(document, ids=ids[:100]) == {"nodes": [None] * 100}
    assert await gql.error(document, ids=ids) == (
        "LIMIT_EXCEEDED",
        "ids: at most 100, not 101",
    )
