"""Catalogs and their entries: counts, pages, filters, and where they differ from the registry."""

from decimal import Decimal
from typing import Any

import pytest

from db.tables import Catalog, ModelVersion, ProviderBinding
from domain import ids, prices
from domain.catalog_fields import ENTRIES_MAX
from domain.enums import Capability, PriceMeter, PriceUnit
from domain.prices import PriceComponent
from tests import factories
from tests.graphql import SCHEMA, GraphQL

DIFFERENCES = """query($name: String!) { catalog(name: $name) {
    entryCount delistedCount conflictCount disagreementCount
    entries { nodes { key differences { field catalogValue registryValue because } } } } }"""


@pytest.fixture
async def served(gql: GraphQL) -> tuple[Catalog, ProviderBinding]:
    """A catalog and a binding whose values are those that it said when they were last merged."""
    model = await factories.model(gql.db, name="m", description="Good")
    version = await factories.version(gql.db, model, capabilities=[Capability.TOOLS])
    provider = await factories.provider(gql.db, slug="acme", name="Acme")
    binding = await factories.binding(gql.db, version, provider, priority=100)
    catalog = await factories.catalog(gql.db, name="first", precedence=10)
    values = {"name": "m", "task": "CHAT", "description": "Good"}
    await factories.catalog_values(gql.db, model, **values)
    await factories.catalog_values(gql.db, version, status="ACTIVE", capabilities=["TOOLS"])
    await factories.catalog_values(gql.db, provider, name="Acme")
    return catalog, binding


async def _differences(gql: GraphQL, name: str = "first") -> dict[str, tuple[Any, Any, str]]:
    data = (await gql(DIFFERENCES, name=name))["catalog"]
    found = [each for entry in data["entries"]["nodes"] for each in entry["differences"]]
    fields = {(each["field"], each["because"]) for each in found}
    for count, because in (("conflictCount", "EDITED"), ("disagreementCount", "PRECEDENCE")):
        assert data[count] == sum(reason == because for _, reason in fields)
    return {
        each["field"]: (each["catalogValue"], each["registryValue"], each["because"])
        for each in found
    }


async def test_what_both_say_alike_or_the_catalog_does_not_say_is_no_difference(
    gql: GraphQL, served: tuple[Catalog, ProviderBinding]
) -> None:
    said = {"priority": 100, "task": "CHAT", "description": "Good", "deprecated": False}
    await factories.entry(gql.db, *served, said)
    assert await _differences(gql) == {}


async def test_the_value_of_another_catalog_stays_by_precedence(
    gql: GraphQL, served: tuple[Catalog, ProviderBinding]
) -> None:
    said = {"description": "Bad", "deprecated": True, "provider_name": "ACME Inc.", "priority": 1}
    await factories.catalog_values(gql.db, served[1], priority=None)
    await factories.entry(gql.db, *served, said)
    assert await _differences(gql) == {
        "priority": (1, 100, "PRECEDENCE"),
        "provider.name": ("ACME Inc.", "Acme", "PRECEDENCE"),
        "version.model.description": ("Bad", "Good", "PRECEDENCE"),
        "version.status": ("DEPRECATED", "ACTIVE", "PRECEDENCE"),
    }


async def test_what_an_operator_set_stays_as_edited(
    gql: GraphQL, served: tuple[Catalog, ProviderBinding]
) -> None:
    catalog, binding = served
    said = {"description": "Good", "sunset_on": "2030-01-31", "capabilities": ["TOOLS"]}
    said |= {"deprecated": False, "context_window": 100}
    await factories.entry(gql.db, catalog, binding, said)
    same: dict[str, Any] = {"context_window": 100, "capabilities": ["TOOLS"]}
    await factories.catalog_values(gql.db, binding, sunset_on="2030-01-31", **same)
    await gql(
        """mutation($binding: ID!, $version: ID!) {
        a: updateModel(input: {model: {name: "m"}, name: "ours", description: "Ours"}) {
            userErrors { message } }
        b: updateVersion(input: {version: {id: $version}, status: DEPRECATED,
            capabilities: [VISION, TOOLS]}) { userErrors { message } }
        c: updateBinding(input: {binding: {id: $binding}, sunsetOn: "2029-05-05"}) {
            userErrors { message } } }""",
        binding=binding.node_id,
        version=ids.encode(ids.VERSION, binding.version_id),
    )
    found = await _differences(gql)
    assert {field: value for field, value in found.items() if field != "version.capabilities"} == {
        "capabilities": (["TOOLS"], None, "EDITED"),
        "contextWindow": (100, None, "EDITED"),
        "sunsetOn": ("2030-01-31", "2029-05-05", "EDITED"),
        "version.model.description": ("Good", "Ours", "EDITED"),
        "version.model.name": ("m", "ours", "EDITED"),
        "version.status": ("ACTIVE", "DEPRECATED", "EDITED"),
    }
    was, now, because = found["version.capabilities"]
    assert (was, sorted(now), because) == (["TOOLS"], ["TOOLS", "VISION"], "EDITED")


async def test_a_list_in_another_order_is_the_same(
    gql: GraphQL, served: tuple[Catalog, ProviderBinding]
) -> None:
    catalog, _ = served
    several = [Capability.VISION, Capability.TOOLS]
    other = await factories.version(gql.db, await factories.model(gql.db))
    twin = await factories.binding(gql.db, other, capabilities=several)
    await factories.entry(gql.db, catalog, twin, {"capabilities": ["TOOLS", "VISION"]})
    assert await _differences(gql) == {}


async def test_a_catalog_does_not_differ_where_another_of_its_entries_says_what_the_version_has(
    gql: GraphQL, served: tuple[Catalog, ProviderBinding]
) -> None:
    catalog, binding = served
    await factories.entry(gql.db, catalog, binding, {"deprecated": True}, key="a")
    deprecated = {"version.status": ("DEPRECATED", "ACTIVE", "PRECEDENCE")}
    assert await _differences(gql) == deprecated
    version = ModelVersion(id=binding.version_id, model_id=binding.model_id)
    twin = await factories.binding(gql.db, version)
    other = await factories.catalog(gql.db, name="second")
    await factories.entry(gql.db, other, twin, {"deprecated": False}, key="b")
    assert await _differences(gql) == deprecated
    await factories.entry(gql.db, catalog, twin, {"deprecated": False}, key="b")
    assert await _differences(gql) == {}


@pytest.mark.parametrize(
    ("source", "because"), [("second", "PRECEDENCE"), ("contract 7", "EDITED"), (None, "EDITED")]
)
async def test_a_price_is_edited_unless_its_source_is_a_catalog(
    gql: GraphQL, served: tuple[Catalog, ProviderBinding], source: str | None, because: str
) -> None:
    await factories.catalog(gql.db, name="second", precedence=5)
    held, said, later = (
        prices.to_json([PriceComponent(PriceMeter.INPUT, PriceUnit.TOKENS_1K, amount)])
        for amount in map(Decimal, ("0.1", "0.2", "0.3"))
    )
    await factories.price(gql.db, served[1], "0.1", components=held, source=source)
    terms = [
        {"effective_from": None, "components": held},
        {"effective_from": "2020-01-01", "components": said},
        {"effective_from": "2999-01-01", "components": later},
    ]
    await factories.entry(gql.db, *served, {"prices": terms})
    assert await _differences(gql) == {"price.components": (said, held, because)}


async def test_an_entry_that_is_delisted_or_has_no_binding_has_no_differences(
    gql: GraphQL, served: tuple[Catalog, ProviderBinding]
) -> None:
    catalog, binding = served
    gone = {"delisted_at": factories.EPOCH, "last_seen_at": factories.EPOCH}
    await factories.entry(gql.db, catalog, binding, {"priority": 1}, key="a", **gone)
    deleted = await factories.binding(
        gql.db, await factories.version(gql.db, await factories.model(gql.db))
    )
    await factories.entry(gql.db, catalog, deleted, {"priority": 1}, key="b")
    delete = "mutation($id: ID!) { deleteBinding(input: {binding: {id: $id}}) { deletedId } }"
    await gql(delete, id=deleted.node_id)
    assert await _differences(gql) == {}
    entries = 'catalog(name: "first") { entries { nodes { key delistedAt binding { id } } } }'
    data = await gql(f"{{ {entries} }}")
    assert data["catalog"]["entries"]["nodes"] == [
        {"key": "a", "delistedAt": "2020-01-01T00:00:00+00:00", "binding": {"id": binding.node_id}},
        {"key": "b", "delistedAt": None, "binding": None},
    ]


async def test_a_field_counts_once_however_many_entries_say_it(
    gql: GraphQL, served: tuple[Catalog, ProviderBinding]
) -> None:
    for key in ("a", "b"):
        await factories.entry(gql.db, *served, {"provider_name": "Other"}, key=key)
    data = (await gql(DIFFERENCES, name="first"))["catalog"]
    assert (data["entryCount"], data["disagreementCount"]) == (2, 1)


async def test_entries_are_pages_sorted_by_key_with_filters(
    gql: GraphQL, served: tuple[Catalog, ProviderBinding]
) -> None:
    catalog, binding = served
    gone = {"delisted_at": factories.EPOCH, "last_seen_at": factories.EPOCH}
    await factories.entry(gql.db, catalog, binding, {"priority": 1}, key="b")
    await factories.entry(gql.db, catalog, binding, key="a")
    await factories.entry(gql.db, catalog, binding, key="c", **gone)
    for filter, keys in (
        ("{}", "abc"),
        ("{delisted: true}", "c"),
        ("{delisted: false}", "ab"),
        ("{differs: true}", "b"),
        ("{differs: false}", "ac"),
        ("{differs: false, delisted: false}", "a"),
        ('{catalogs: ["first"]}', "abc"),
        ('{catalogs: ["second"]}', ""),
    ):
        data = await gql(
            f"""{{ catalog(name: "first") {{ entryCount delistedCount
            entries(filter: {filter}) {{ totalCount nodes {{ key }} }} }} }}"""
        )
        page = data["catalog"]["entries"]
        assert "".join(node["key"] for node in page["nodes"]) == keys
        assert page["totalCount"] == len(keys)
        assert (data["catalog"]["entryCount"], data["catalog"]["delistedCount"]) == (2, 1)


async def test_a_binding_has_its_entries_by_precedence_and_says_whether_it_is_listed(
    gql: GraphQL, served: tuple[Catalog, ProviderBinding]
) -> None:
    catalog, binding = served
    last = await factories.catalog(gql.db, name="a-last", precedence=30, imported_at=None)
    gone = {"delisted_at": factories.EPOCH, "last_seen_at": factories.EPOCH}
    document = """query($id: ID!) { binding(id: $id) { listed
        entries { key catalog { name } lastSeenAt } } }"""
    for entry, listed, keys in (
        ((last, "z", gone), False, ["z"]),
        ((last, "y", {}), True, ["y", "z"]),
        ((catalog, "x", {}), True, ["x", "y", "z"]),
    ):
        await factories.entry(gql.db, entry[0], binding, key=entry[1], **entry[2])
        data = (await gql(document, id=binding.node_id))["binding"]
        assert (data["listed"], [each["key"] for each in data["entries"]]) == (listed, keys)
        assert {each["lastSeenAt"] for each in data["entries"]} == {"2020-01-01T00:00:00+00:00"}
    for number in range(ENTRIES_MAX):
        await factories.entry(gql.db, catalog, binding, key=f"n{number}")
    data = (await gql(document, id=binding.node_id))["binding"]
    assert {each["catalog"]["name"] for each in data["entries"]} == {"first"}
    assert len(data["entries"]) == ENTRIES_MAX
    description = SCHEMA._schema.type_map["ProviderBinding"].fields["entries"].description
    assert f"At most {ENTRIES_MAX}; " in " ".join(description.split())


async def test_catalogs_are_a_page_sorted_by_name(gql: GraphQL) -> None:
    for name in ("b", "a", "c"):
        await factories.catalog(gql.db, name=name)
    document = "{ catalogs(first: 2) { totalCount nodes { name } pageInfo { hasNextPage } } }"
    assert (await gql(document))["catalogs"] == {
        "totalCount": 3,
        "nodes": [{"name": "a"}, {"name": "b"}],
        "pageInfo": {"hasNextPage": True},
    }
    assert await gql('{ catalog(name: "d") { id } }') == {"catalog": None}
