"""Objects of any type by id: one, or up to 100 at once."""

from typing import Any

import pytest
import sqlalchemy as sa
from graphql import get_named_type, is_leaf_type
from strawberry.types.base import StrawberryObjectDefinition

from db.tables import Provider
from domain import ids
from tests import factories
from tests.graphql import SCHEMA, GraphQL

CORE = SCHEMA._schema
NODES = {type_.name for type_ in CORE.get_possible_types(CORE.type_map["Node"])}  # type: ignore[arg-type]  # an interface
# Types without an id although their rows are stored, and the reason.
PARTS = {
    "AliasChange": "a part of an audit event, which has an id",
    "PriceChange": "two prices, each of which has an id",
    "Retirement": "a date of a version or of a binding, each of which has an id",
}
NOTHING = "0" * 32


async def _everything(gql: GraphQL) -> dict[str, str]:
    """The id of one object of each type, by type name."""
    model = await factories.model(gql.db)
    version = await factories.version(gql.db, model)
    provider: Provider = await factories.provider(gql.db)
    binding = await factories.binding(gql.db, version, provider)
    price = await factories.price(gql.db, binding, "0.1")
    alias = await factories.alias(gql.db, version)
    run = await factories.retention_run(gql.db)
    catalog = await factories.catalog(gql.db)
    entry = await factories.entry(gql.db, catalog, binding)
    await factories.token(gql.db)
    tokens = (await gql("{ viewer { tokens { nodes { id } } } }"))["viewer"]["tokens"]["nodes"]
    events = (await gql("{ auditEvents { nodes { id } } }"))["auditEvents"]["nodes"]
    return {
        "Model": model.node_id,
        "ModelVersion": version.node_id,
        "ProviderBinding": binding.node_id,
        "Provider": provider.node_id,
        "Price": ids.encode(ids.PRICE, price.id),
        "ModelAlias": alias.node_id,
        "RetentionRun": run.node_id,
        "Catalog": catalog.node_id,
        "CatalogEntry": entry.node_id,
        "Token": tokens[0]["id"],
        "AuditEvent": events[-1]["id"],
    }


async def test_every_node_is_found_by_its_id_with_all_its_fields(gql: GraphQL) -> None:
    everything = await _everything(gql)
    assert everything.keys() == NODES
    for type_name, id in everything.items():
        fields = CORE.type_map[type_name].fields  # type: ignore[attr-defined]  # an object type
        leaves = " ".join(
            name for name, f in fields.items() if is_leaf_type(get_named_type(f.type))
        )
        inner = f"__typename id ... on {type_name} {{ {leaves} }}"
        document = f"query ($id: ID!) {{ node(id: $id) {{ {inner} }} }}"
        node = (await gql(document, id=id))["node"]
        assert (node["__typename"], node["id"]) == (type_name, id)
        assert await gql(document.replace("node(id: $id)", "node: nodes(ids: [$id])"), id=id) == {
            "node": [node]
        }


def test_every_type_of_stored_objects_is_a_node() -> None:
    """A client with a normalised cache would show an object without an id as it was once."""
    stored = set()
    for name, entry in SCHEMA.schema_converter.type_map.items():
        if isinstance(entry.definition, StrawberryObjectDefinition):
            row = getattr(entry.definition.origin, "__row__", None)
            if row is not None and sa.inspect(row, raiseerr=False) is not None:
                stored.add(name)
    assert stored - PARTS.keys() == NODES


async def test_a_normalised_cache_sees_an_alias_move(gql: GraphQL) -> None:
    """As Apollo's cache does it: objects are kept by type and id, and a result updates them."""
    model = await factories.model(gql.db, name="a")
    first, second = [await factories.version(gql.db, model) for _ in range(2)]
    await factories.alias(gql.db, first)
    document = """{ model(by: {name: "a"}) { __typename id
        aliases { __typename id name version { __typename id version } } } }"""
    cache: dict[str, dict[str, Any]] = {}
    entry = _store(cache, await gql(document))
    payload = await gql(
        """mutation ($version: ID!) { setAlias(input: {
        model: {name: "a"}, alias: "production", version: {id: $version} }) {
        alias { __typename id version { __typename id version } } } }""",
        version=second.node_id,
    )
    assert _read(cache, entry) != await gql(document)
    _store(cache, payload)
    assert _read(cache, entry) == await gql(document)


def _store(cache: dict[str, dict[str, Any]], value: Any) -> Any:
    """The value with a key in place of each object that has an id, whose fields are stored."""
    if isinstance(value, list):
        return [_store(cache, item) for item in value]
    if not isinstance(value, dict):
        return value
    fields = {name: _store(cache, item) for name, item in value.items()}
    if "id" not in fields:
        return fields
    key = f"{fields['__typename']}:{fields['id']}"
    cache.setdefault(key, {}).update(fields)
    return (key,)


def _read(cache: dict[str, dict[str, Any]], entry: Any) -> Any:
    """What `_store` was given, with the fields as they are in the cache now."""
    if isinstance(entry, tuple):
        return _read(cache, cache[entry[0]])
    if isinstance(entry, list):
        return [_read(cache, item) for item in entry]
    if isinstance(entry, dict):
        return {name: _read(cache, item) for name, item in entry.items()}
    return entry


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
    assert len(sent) == len(everything)  # one for each type


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
