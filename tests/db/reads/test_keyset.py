"""Pages give every row exactly once, in the order of a plain ORDER BY, whichever way one walks."""

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from db.postgres.engine import Database
from db.reads import keyset
from db.reads.keyset import Condition, Listing
from db.tables import Model
from domain import ids
from tests import factories
from tests.db.clones import opened
from tests.graphql import GraphQL

PRICE_NOW = """(SELECT input_per_1k FROM prices WHERE binding_id = t.id AND effective_from <= now()
                ORDER BY effective_from DESC LIMIT 1)"""
TABLES = {
    "models": ("models", ids.MODEL),
    "versions": ("model_versions", ids.VERSION),
    "bindings": ("provider_bindings", ids.BINDING),
}
KEYS = {
    "models": {"NAME": "name", "CREATED_AT": "created_at", "UPDATED_AT": "updated_at"},
    "versions": {
        "NUMBER": "number",
        "SEMVER": "semver_key",
        "CREATED_AT": "created_at",
        "EVAL_SCORE": "eval_score",
        "COST_PER_1K": "cost_per_1k",
    },
    "bindings": {
        "PRIORITY": "priority",
        "CREATED_AT": "created_at",
        "SUCCESS_RATE": "success_rate",
        "LATENCY": "latency_ms",
        "INPUT_PER_1K": PRICE_NOW,
    },
}
PARENTS = {  # connection -> its owners: their type, and the foreign key
    "models": [],
    "versions": [("Model", ids.MODEL, "model_id")],
    "bindings": [
        ("Model", ids.MODEL, "model_id"),
        ("ModelVersion", ids.VERSION, "version_id"),
        ("Provider", ids.PROVIDER, "provider_id"),
    ],
}


@dataclass(frozen=True)
class Order:
    """One connection and one of its orders."""

    connection: str
    key: str
    direction: str

    def __str__(self) -> str:
        return f"{self.connection} by {self.key} {self.direction}"

    def document(self, owner: str = "") -> str:
        """Pages of all rows, or of those that one owner of a type has."""
        page = f"""page: {self.connection}(
            first: $first, after: $after, last: $last, before: $before,
            orderBy: {{field: {self.key}, direction: {self.direction}}}
        ) {{
            edges {{ cursor node {{ id }} }} nodes {{ id }}
            pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
        }}"""
        if owner:
            page = f"page: node(id: $owner) {{ ... on {owner} {{ {page} }} }}"
        variables = "$first: Int, $after: String, $last: Int, $before: String"
        return f"query ({variables}{', $owner: ID!' if owner else ''}) {{ {page} }}"


ORDERS = [
    Order(connection, key, direction)
    for connection, keys in KEYS.items()
    for key in keys
    for direction in ("ASC", "DESC")
]
each_order = pytest.mark.parametrize("order", ORDERS, ids=str)


def _some(chance: random.Random, *values: Any) -> Any:
    """One of few values, so that there are many ties; or NULL."""
    return chance.choice([*values, None])


async def _grow(db: Database, chance: random.Random) -> None:
    def time() -> Any:
        return factories.EPOCH + timedelta(days=chance.randrange(3), microseconds=1)

    providers = [await factories.provider(db) for _ in range(3)]
    for _ in range(9):
        times = {"created_at": time(), "updated_at": time()}
        model = await factories.model(db, **times)
        for number in range(1, chance.randrange(2, 5)):
            version = await factories.version(
                db,
                model,
                number=number,
                version=f"1.{number}.0{chance.choice(['', '-rc.1', '+5'])}",
                created_at=time(),
                eval_score=_some(chance, 0.0, 0.1 + 0.2, 1.0),
                cost_per_1k=_some(chance, Decimal("0.0000000001"), Decimal("9999999999.5")),
            )
            for _ in range(chance.randrange(4)):
                await _grow_binding(db, chance, version, chance.choice(providers), time())


async def _grow_binding(
    db: Database, chance: random.Random, version: Any, provider: Any, time: Any
) -> None:
    binding = await factories.binding(
        db,
        version,
        provider,
        created_at=time,
        priority=chance.choice([0, 1, 2**31 - 1]),
        success_rate=_some(chance, 0.0, 1 / 3, 1.0),
        latency_ms=_some(chance, 5e-324, 100.0, 1.7976931348623157e308),
    )
    for years in range(chance.randrange(3)):  # the second one takes effect in the far future
        amount = _some(chance, "0", "0.0025", "0.0050")
        since = factories.EPOCH + timedelta(days=36_500 * years)
        await factories.price(db, binding, amount, effective_from=since)


@pytest.fixture(scope="module")
async def gql(postgres_url: str, template: str) -> AsyncIterator[GraphQL]:
    """A registry of random rows with many ties and unknowns."""
    async with opened(postgres_url, template) as db:
        await _grow(db, random.Random(1))
        yield GraphQL(db)


async def _expected(db: Database, order: Order, owner_key: str = "id") -> list[tuple[str, Any]]:
    """Every row's id and its owner's key, as a plain ORDER BY sorts them."""
    table, prefix = TABLES[order.connection]
    by = f"{KEYS[order.connection][order.key]} {order.direction} NULLS LAST"
    async with db.write("tests") as session:
        rows = await session.exec(
            sa.text(f"SELECT id, {owner_key} FROM {table} t ORDER BY {by}, id {order.direction}")
        )
    return [(ids.encode(prefix, key), owner) for key, owner in rows]


def _connection(data: dict[str, Any]) -> dict[str, Any]:
    page = data["page"]
    return page.get("page", page)


async def _walk(
    gql: GraphQL, document: str, size: int, *, backward: bool, **variables: Any
) -> list[str]:
    """The ids of all pages put together, in order; each page's own words are checked."""
    count, cursor = ("last", "before") if backward else ("first", "after")
    more, end = ("hasPreviousPage", "startCursor") if backward else ("hasNextPage", "endCursor")
    came_from = "hasNextPage" if backward else "hasPreviousPage"
    found: list[str] = []
    at = None
    while True:
        page = _connection(await gql(document, **{count: size, cursor: at}, **variables))
        nodes = [edge["node"]["id"] for edge in page["edges"]]
        assert nodes == [node["id"] for node in page["nodes"]]
        assert page["pageInfo"][came_from] == (at is not None)
        found = nodes + found if backward else found + nodes
        if not page["pageInfo"][more]:
            return found
        assert len(nodes) == size
        assert page["pageInfo"]["startCursor"] == page["edges"][0]["cursor"]
        assert page["pageInfo"]["endCursor"] == page["edges"][-1]["cursor"]
        at = page["pageInfo"][end]


@each_order
@pytest.mark.parametrize("backward", [False, True], ids=["forward", "backward"])
async def test_a_walk_gives_every_row_once_in_order(
    gql: GraphQL, order: Order, backward: bool
) -> None:
    expected = [key for key, _ in await _expected(gql.db, order)]
    assert len(expected) >= 9
    for size in (7, len(expected)):
        assert await _walk(gql, order.document(), size, backward=backward) == expected


@pytest.mark.parametrize("order", [order for order in ORDERS if PARENTS[order.connection]], ids=str)
@pytest.mark.parametrize("backward", [False, True], ids=["forward", "backward"])
async def test_a_walk_within_an_owner_gives_its_rows_once_in_order(
    gql: GraphQL, order: Order, backward: bool
) -> None:
    for type_name, prefix, owner_key in PARENTS[order.connection]:
        rows = await _expected(gql.db, order, owner_key)
        for owner in sorted({owner for _, owner in rows})[:3]:
            own = {"owner": ids.encode(prefix, owner)}
            found = await _walk(gql, order.document(type_name), 2, backward=backward, **own)
            assert found == [key for key, of in rows if of == owner]


@each_order
async def test_between_two_cursors_lie_the_rows_between(gql: GraphQL, order: Order) -> None:
    document = order.document()
    edges = _connection(await gql(document, first=100))["edges"]
    chance = random.Random(str(order))
    for _ in range(6):
        low, high = sorted(chance.sample(range(len(edges)), 2))
        ends = {"after": edges[low]["cursor"], "before": edges[high]["cursor"]}
        between = [edge["node"]["id"] for edge in edges[low + 1 : high]]
        size = chance.randrange(1, 6)
        for count, wanted in (("first", between[:size]), ("last", between[-size:])):
            page = _connection(await gql(document, **ends, **{count: size}))
            assert [node["id"] for node in page["nodes"]] == wanted
            is_last = count == "last"
            assert page["pageInfo"]["hasNextPage"] == (is_last or len(between) > size)
            assert page["pageInfo"]["hasPreviousPage"] == (not is_last or len(between) > size)
        swapped = {"after": ends["before"], "before": ends["after"], "first": 5}
        assert _connection(await gql(document, **swapped))["nodes"] == []


@pytest.mark.parametrize(
    "order", [order for order in ORDERS if order.connection == "versions"], ids=str
)
async def test_every_owner_gets_its_own_page(gql: GraphQL, order: Order) -> None:
    """One statement pages for all owners; each has its own first rows and its own end."""
    rows = await _expected(gql.db, order, "model_id")
    everything = _connection(await gql(order.document(), first=100))["edges"]
    place = len(rows) // 3
    by = f"{{field: {order.key}, direction: {order.direction}}}"
    data = await gql(
        f"""query ($after: String) {{ models(first: 100) {{ nodes {{ id
            plain: versions(first: 2, orderBy: {by}) {{
                nodes {{ id }} totalCount pageInfo {{ hasNextPage }} }}
            later: versions(first: 2, orderBy: {by}, after: $after) {{ nodes {{ id }} }}
            end: versions(last: 1, orderBy: {by}) {{ nodes {{ id }} }}
        }} }} }}""",
        after=everything[place]["cursor"],
    )
    for model in data["models"]["nodes"]:
        own = [key for key, owner in rows if ids.encode(ids.MODEL, owner) == model["id"]]
        later = [key for key, _ in rows[place + 1 :] if key in own]
        assert [node["id"] for node in model["plain"]["nodes"]] == own[:2]
        assert model["plain"]["totalCount"] == len(own)
        assert model["plain"]["pageInfo"]["hasNextPage"] == (len(own) > 2)
        assert [node["id"] for node in model["later"]["nodes"]] == later[:2]
        assert [node["id"] for node in model["end"]["nodes"]] == own[-1:]


async def test_a_listing_never_gets_the_statement_of_one_that_was_collected(gql: GraphQL) -> None:
    """The memory of a collected listing, and with it its `id()`, is used for the next one."""
    for number in range(20):
        listing = Listing(Model, {"at_least": _number_is_at_least(number)}, {})
        count = await keyset.count(gql.db.reader, listing, {"at_least": 10})
        assert bool(count) == (number >= 10)


def _number_is_at_least(number: int) -> Condition:
    return lambda least: sa.literal(number) >= least
