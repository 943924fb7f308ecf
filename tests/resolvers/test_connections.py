"""Every connection of the schema pages alike, and refuses the cursors of other orders."""

import base64
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from graphql import GraphQLObjectType, get_named_type, is_leaf_type, is_required_argument

from domain import ids
from tests import factories
from tests.graphql import SCHEMA, GraphQL

CORE = SCHEMA._schema
ITEMS = 5  # at least, in each connection
PAGE = "totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"


class Connection(NamedTuple):
    """A field that returns a connection, the type that has it, and the type of its items."""

    owner: str
    field: str
    item: GraphQLObjectType

    def __str__(self) -> str:
        return f"{self.owner}.{self.field}"

    def document(self) -> str:
        """A page of all items, or of those that belong to the owner."""
        leaves = [
            name
            for name, field in self.item.fields.items()
            if is_leaf_type(get_named_type(field.type))
            and not any(map(is_required_argument, field.args.values()))
        ]
        item = f"{{ {' '.join(leaves)} }}"
        arguments = "first: $first, after: $after, last: $last, before: $before"
        page = f"{self.field}({arguments}) {{ {PAGE} edges {{ cursor node {item} }} nodes {item} }}"
        declared = "$first: Int, $after: String, $last: Int, $before: String"
        if self.owner == "Query":
            return f"query ({declared}) {{ {page} }}"
        if self.owner == "Viewer":
            return f"query ({declared}) {{ owner: viewer {{ {page} }} }}"
        of_owner = f"owner: node(id: $owner) {{ ... on {self.owner} {{ {page} }} }}"
        return f"query ({declared}, $owner: ID!) {{ {of_owner} }}"


def _connections() -> Iterator[Connection]:
    for name, type_ in CORE.type_map.items():
        if not isinstance(type_, GraphQLObjectType):
            continue
        for field_name, field in type_.fields.items():
            page = get_named_type(field.type)
            if isinstance(page, GraphQLObjectType) and page.name.endswith("Connection"):
                yield Connection(name, field_name, get_named_type(page.fields["nodes"].type))


CONNECTIONS = list(_connections())
each_connection = pytest.mark.parametrize("connection", CONNECTIONS, ids=str)


async def _owners(gql: GraphQL) -> dict[str, str]:
    """Fills every connection; returns the id of an owner of each type, whose connections are full.

    One model has several versions, which end some day; one of these has several bindings, all of
    one provider; one of these has several prices, which differ. An alias was moved from version to
    version. One of several catalogs has several entries.
    """
    for _ in range(ITEMS):
        await factories.model(gql.db)
        await factories.token(gql.db)
    model, provider = await factories.model(gql.db), await factories.provider(gql.db)
    ends = factories.EPOCH.date().replace(year=2090)
    versions = [await factories.version(gql.db, model, sunset_on=ends) for _ in range(ITEMS)]
    bindings = [await factories.binding(gql.db, versions[0], provider) for _ in range(ITEMS)]
    for year in range(ITEMS + 1):  # a change of a price needs one before it
        start = factories.EPOCH.replace(year=2020 + year)
        await factories.price(gql.db, bindings[0], f"0.{year + 1}", effective_from=start)
        await factories.provider(gql.db)
        await factories.catalog(gql.db)
    catalog = await factories.catalog(gql.db)
    for binding in bindings:
        await factories.entry(gql.db, catalog, binding)
    alias = await factories.alias(gql.db, versions[0])
    for version in versions[1:]:
        await gql(
            """mutation ($model: ID!, $version: ID!) { setAlias(input: {
            model: {id: $model}, alias: "production", version: {id: $version} }) {
            userErrors { message } } }""",
            model=model.node_id,
            version=version.node_id,
        )
    return {
        "Model": model.node_id,
        "ModelVersion": versions[0].node_id,
        "ProviderBinding": bindings[0].node_id,
        "Provider": provider.node_id,
        "ModelAlias": ids.encode(ids.ALIAS, alias.id),
        "Catalog": catalog.node_id,
    }


async def _page(
    gql: GraphQL, connection: Connection, owners: dict[str, str], **arguments: Any
) -> dict[str, Any]:
    data = await gql(connection.document(), **_variables(connection, owners, arguments))
    page: dict[str, Any] = data.get("owner", data)[connection.field]
    edges, info = page["edges"], page["pageInfo"]
    assert [edge["node"] for edge in edges] == page["nodes"]
    cursors = [edge["cursor"] for edge in edges]
    assert (info["startCursor"], info["endCursor"]) == (cursors[0], cursors[-1])
    return page


def _variables(
    connection: Connection, owners: dict[str, str], arguments: dict[str, Any]
) -> dict[str, Any]:
    has_id = connection.owner in owners
    owner = {} if not has_id else {"owner": owners[connection.owner]}
    return {**owner, **arguments}


def _cursors(page: dict[str, Any]) -> list[str]:
    return [edge["cursor"] for edge in page["edges"]]


def test_there_is_something_to_check() -> None:
    names = {str(connection) for connection in CONNECTIONS}
    assert {"Query.models", "ModelAlias.history", "ProviderBinding.prices"} <= names


@each_connection
async def test_pages_in_both_directions_have_every_item_once(
    gql: GraphQL, connection: Connection
) -> None:
    owners = await _owners(gql)
    whole = await _page(gql, connection, owners, first=100)
    cursors = _cursors(whole)
    assert len(set(cursors)) == len(cursors) == whole["totalCount"] >= ITEMS
    assert await _page(gql, connection, owners) == whole | {
        "edges": whole["edges"][:20],
        "nodes": whole["nodes"][:20],
        "pageInfo": whole["pageInfo"]
        | {"hasNextPage": len(cursors) > 20, "endCursor": cursors[:20][-1]},
    }
    for size, start, more in (
        ("first", "after", "hasNextPage"),
        ("last", "before", "hasPreviousPage"),
    ):
        pages: list[list[dict[str, Any]]] = []
        position: dict[str, Any] = {}
        goes_on = True
        while goes_on:
            page = await _page(gql, connection, owners, **{size: 2}, **position)
            assert page["totalCount"] == len(cursors)
            pages.insert(len(pages) if size == "first" else 0, page["edges"])
            position = {start: _cursors(page)[-1 if size == "first" else 0]}
            goes_on = page["pageInfo"][more]
        assert [edge for edges in pages for edge in edges] == whole["edges"]


@each_connection
async def test_a_page_lies_between_two_cursors(gql: GraphQL, connection: Connection) -> None:
    owners = await _owners(gql)
    cursors = _cursors(await _page(gql, connection, owners, first=100))
    ends = {"after": cursors[0], "before": cursors[-1]}
    for size in ("first", "last"):
        page = await _page(gql, connection, owners, **{size: 100}, **ends)
        assert _cursors(page) == cursors[1:-1]


@each_connection
async def test_sizes_out_of_range_are_refused(gql: GraphQL, connection: Connection) -> None:
    owners = await _owners(gql)
    for sizes in (
        {"first": 0},
        {"first": 101},
        {"last": 0},
        {"last": 101},
        {"first": 1, "last": 1},
    ):
        variables = _variables(connection, owners, sizes)
        assert (await gql.error(connection.document(), **variables))[0] == "BAD_USER_INPUT", sizes


@each_connection
async def test_cursors_of_other_orders_are_refused(gql: GraphQL, connection: Connection) -> None:
    owners = await _owners(gql)
    own = _order(_cursors(await _page(gql, connection, owners))[0])
    orders = set()
    for other in CONNECTIONS:
        cursor = _cursors(await _page(gql, other, owners, first=1))[0]
        if _order(cursor) == own:
            continue
        orders.add(_order(cursor))
        for argument in ("after", "before"):
            variables = _variables(connection, owners, {argument: cursor})
            code, message = await gql.error(connection.document(), **variables)
            assert (code, argument in message) == ("BAD_CURSOR", True), (str(other), message)
    assert len(orders) > 5


def _order(cursor: str) -> str:
    order, *_ = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    return str(order)
