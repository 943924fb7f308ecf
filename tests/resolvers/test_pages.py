"""The paging arguments of every connection: sizes and cursors, valid and refused."""

import base64
import json
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

import resolvers.models
import resolvers.versions
from resolvers.filters import ModelFilter
from resolvers.pages import total_counts
from tests import factories
from tests.graphql import GraphQL, context

CONNECTIONS = ["models", "versions", "bindings", "providers"]
NESTED = {
    "Model": ("versions", "bindings"),
    "ModelVersion": ("bindings",),
    "Provider": ("bindings",),
}
ID = UUID(int=1).hex


async def _one_of_each(gql: GraphQL) -> dict[str, str]:
    """Creates a model, version, provider and binding; returns the ids of connections' owners."""
    model = await factories.model(gql.db)
    version = await factories.version(gql.db, model)
    provider = await factories.provider(gql.db)
    await factories.binding(gql.db, version, provider)
    return {"Model": model.node_id, "ModelVersion": version.node_id, "Provider": provider.node_id}


async def _documents(gql: GraphQL) -> list[str]:
    """One document per connection, with ARGUMENTS in place of its arguments."""
    owners = await _one_of_each(gql)
    documents = [f"{{ {name}(ARGUMENTS) {{ nodes {{ id }} }} }}" for name in CONNECTIONS]
    for type_name, connections in NESTED.items():
        owner = f'node(id: "{owners[type_name]}")'
        documents += [
            f"{{ {owner} {{ ... on {type_name} {{ {name}(ARGUMENTS) {{ nodes {{ id }} }} }} }} }}"
            for name in connections
        ]
    return documents


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("first: 0", "first must be from 1 to 100, not 0"),
        ("first: 101", "first must be from 1 to 100, not 101"),
        ("first: -1", "first must be from 1 to 100, not -1"),
        ("first: 2147483647", "first must be from 1 to 100"),
        ("last: 0", "last must be from 1 to 100, not 0"),
        ("last: 101", "last must be from 1 to 100, not 101"),
        ("last: -1", "last must be from 1 to 100, not -1"),
        ("first: 1, last: 1", "first and last cannot be given together"),
    ],
)
async def test_sizes_out_of_range_are_refused(gql: GraphQL, arguments: str, expected: str) -> None:
    for document in await _documents(gql):
        code, message = await gql.error(document.replace("ARGUMENTS", arguments))
        assert (code, expected in message) == ("BAD_USER_INPUT", True), (document, message)


@pytest.mark.parametrize(
    "arguments",
    [
        "first: null, after: null, last: null, before: null, filter: null",
        "first: 100",
        "last: 100",
        "first: 1, last: null",
        "filter: {}",
    ],
)
async def test_absent_and_null_arguments_are_the_same(gql: GraphQL, arguments: str) -> None:
    for document in await _documents(gql):
        plain = await gql(document.replace("(ARGUMENTS)", ""))
        assert '"id"' in json.dumps(plain)
        assert await gql(document.replace("ARGUMENTS", arguments)) == plain


async def test_a_page_holds_20_items_by_default(gql: GraphQL) -> None:
    for _ in range(21):
        await factories.model(gql.db)
    page = (await gql("{ models { nodes { id } totalCount pageInfo { hasNextPage } } }"))["models"]
    assert (len(page["nodes"]), page["totalCount"]) == (20, 21)
    assert page["pageInfo"]["hasNextPage"]


async def test_total_counts_of_several_connections_in_one_operation(gql: GraphQL) -> None:
    """Each count belongs to its own listing, filter and parent; paging does not change it."""
    for versions in (1, 2):
        model = await factories.model(gql.db, name=f"model-{versions}")
        for _ in range(versions):
            await factories.version(gql.db, model)
    data = await gql(
        """{
        all: models(first: 1) { totalCount nodes { name } }
        one: models(filter: {names: ["model-2"]}) { totalCount }
        same: models(first: 1, filter: {names: ["model-2"]}) { totalCount }
        versions { totalCount }
        each: models(orderBy: {field: NAME}) { nodes { versions { totalCount } } }
        }"""
    )
    counts = {name: data[name]["totalCount"] for name in ("all", "one", "same", "versions")}
    assert counts == {"all": 2, "one": 1, "same": 1, "versions": 3}
    assert [each["versions"]["totalCount"] for each in data["each"]["nodes"]] == [1, 2]


async def test_pages_of_equal_filters_are_counted_by_one_statement(gql: GraphQL) -> None:
    await factories.version(gql.db, await factories.model(gql.db, name="a"))
    info: Any = SimpleNamespace(context=context(gql.db))
    a, same, other = (ModelFilter(names=[name]) for name in ("a", "a", "b"))
    pages = [
        await resolvers.models.page(info, filter=a),
        await resolvers.versions.page(info),
        await resolvers.models.page(info, filter=other),
        await resolvers.models.page(info, first=1, filter=same),
    ]
    with gql.statements() as sent:
        assert await total_counts(info, pages) == [1, 1, 0, 1]
    assert len(sent) == 3


async def test_an_empty_page_has_no_cursors(gql: GraphQL) -> None:
    for size in ("first: 1", "last: 1"):
        data = await gql(
            f"""{{ models({size}) {{ nodes {{ id }} edges {{ cursor }} totalCount
            pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"""
        )
        assert data["models"] == {
            "nodes": [],
            "edges": [],
            "totalCount": 0,
            "pageInfo": {
                "hasNextPage": False,
                "hasPreviousPage": False,
                "startCursor": None,
                "endCursor": None,
            },
        }


def _cursor(*parts: Any) -> str:
    text = json.dumps(parts, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


async def _first_cursor(gql: GraphQL, connection: str, order: str = "") -> str:
    page = f"{connection}({order})" if order else connection
    data = await gql(f"{{ {page} {{ edges {{ cursor }} }} }}")
    return str(data[connection]["edges"][0]["cursor"])


async def _assert_bad_cursor(gql: GraphQL, connection: str, order: str, cursor: str) -> None:
    for argument in ("after", "before"):
        by = f", orderBy: {order}" if order else ""
        document = (
            f"query ($at: String) {{ {connection}({argument}: $at{by}) {{ nodes {{ id }} }} }}"
        )
        code, message = await gql.error(document, at=cursor)
        assert (code, argument in message) == ("BAD_CURSOR", True), message


@pytest.mark.parametrize("connection", CONNECTIONS)
async def test_a_cursor_of_another_connection_is_refused(gql: GraphQL, connection: str) -> None:
    """Models, versions and bindings can all be ordered by CREATED_AT, each in its own order."""
    await _one_of_each(gql)
    for other in CONNECTIONS:
        if other != connection:
            await _assert_bad_cursor(gql, connection, "", await _first_cursor(gql, other))


async def test_a_cursor_of_another_order_is_refused(gql: GraphQL) -> None:
    await _one_of_each(gql)
    newest = await _first_cursor(gql, "versions")
    for order in ("{field: NUMBER}", "{field: CREATED_AT, direction: ASC}", "{field: EVAL_SCORE}"):
        await _assert_bad_cursor(gql, "versions", order, newest)
    by_number = await _first_cursor(gql, "versions", "orderBy: {field: NUMBER}")
    await _assert_bad_cursor(gql, "versions", "", by_number)
    await _assert_bad_cursor(gql, "versions", "{field: SEMVER}", by_number)


async def test_a_cursor_is_valid_in_every_connection_of_its_order(gql: GraphQL) -> None:
    """A position among all versions is a position among one model's versions."""
    owners = await _one_of_each(gql)
    cursor = await _first_cursor(gql, "versions", "orderBy: {field: NUMBER}")
    data = await gql(
        """query ($id: ID!, $at: String) { node(id: $id) { ... on Model {
        versions(after: $at, orderBy: {field: NUMBER}) { nodes { id } } } } }""",
        id=owners["Model"],
        at=cursor,
    )
    assert data["node"]["versions"]["nodes"] == []


async def test_a_truncated_or_padded_cursor_is_refused(gql: GraphQL) -> None:
    await _one_of_each(gql)
    cursor = await _first_cursor(gql, "models")
    for cut in range(len(cursor)):
        await _assert_bad_cursor(gql, "models", "", cursor[:cut])
    for more in ("=", "A", " ", "\n", "=="):
        await _assert_bad_cursor(gql, "models", "", cursor + more)


NUMBERS = ("versions", "{field: NUMBER}", "ModelVersion NUMBER DESC")
SCORES = ("versions", "{field: EVAL_SCORE}", "ModelVersion EVAL_SCORE DESC")
COSTS = ("versions", "{field: COST_PER_1K}", "ModelVersion COST_PER_1K DESC")
TIMES = ("versions", "{field: CREATED_AT}", "ModelVersion CREATED_AT DESC")
NAMES = ("models", "{field: NAME}", "Model NAME ASC")


@pytest.mark.parametrize(
    ("order", "key"),
    [
        (NUMBERS, str(10**30)),
        (NUMBERS, "one"),
        (NUMBERS, 1),
        (NUMBERS, 1e999),
        (NUMBERS, "9" * 1_000),
        (NUMBERS, None),
        (NUMBERS, ["1"]),
        (SCORES, "nan"),
        (SCORES, "1e0"),
        (COSTS, "NaN"),
        (COSTS, "sNaN"),
        (COSTS, "1E+999999"),
        (COSTS, 0.5),
        (TIMES, "2026-01-31T12:00:00"),
        (TIMES, "2026-01-31"),
        (TIMES, 0),
        (NAMES, "a\0b"),
        (NAMES, "\ud800"),
        (NAMES, "ä"),
        (NAMES, {"a": 1}),
    ],
)
async def test_a_cursor_with_a_forged_key_is_refused(
    gql: GraphQL, order: tuple[str, str, str], key: object
) -> None:
    connection, by, name = order
    await _assert_bad_cursor(gql, connection, by, _cursor(name, key, ID))


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "Ã",
        "%%%",
        _cursor(),
        _cursor("Model NAME ASC", "a"),
        _cursor("Model NAME ASC", "a", ID, ID),
        _cursor("Model NAME ASC", "a", "not hex"),
        _cursor("Model NAME ASC", "a", ID.upper().replace("0", "A")),
        _cursor("Model NAME ASC", "a", 7),
        _cursor(["Model NAME ASC"], "a", ID),
        base64.urlsafe_b64encode(b'{"a":1}').decode(),
        base64.urlsafe_b64encode(b"[" * 1_400).decode(),
        base64.urlsafe_b64encode(b"\xff\xfe\xfd").decode(),
        "A" * 100_000,
    ],
    ids=range(14),
)
async def test_a_malformed_cursor_is_refused(gql: GraphQL, cursor: str) -> None:
    await _assert_bad_cursor(gql, "models", "{field: NAME}", cursor)


@pytest.mark.parametrize(
    ("order", "key"),
    [
        (NUMBERS, str(2**40)),
        (SCORES, "-inf"),
        (COSTS, "-Infinity"),
        (COSTS, "1E+30"),
        (TIMES, "0001-01-01T00:00:00+14:00"),
        (TIMES, "9999-12-31T23:59:59.999999-14:00"),
        (NAMES, "zzz"),
    ],
)
async def test_a_key_at_the_edge_of_its_range_is_a_valid_position(
    gql: GraphQL, order: tuple[str, str, str], key: str
) -> None:
    await _one_of_each(gql)
    connection, by, name = order
    document = f"query ($at: String) {{ {connection}(after: $at, orderBy: {by}) {{ totalCount }} }}"
    data = await gql(document, at=_cursor(name, key, ID))
    assert data[connection]["totalCount"] == 1
