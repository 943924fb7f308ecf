"""All pages together have every row once, in the order of a plain ORDER BY, in both directions."""

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, timedelta
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

# A version that is not released has no price.
PRICE_NOW = """(SELECT p.input_per_1k FROM prices p JOIN model_versions v ON v.id = t.version_id
                WHERE p.binding_id = t.id AND p.effective_from <= now()
                    AND coalesce(v.released_on, '-infinity') <= current_date
                ORDER BY p.effective_from DESC LIMIT 1)"""
OF_LATEST = """(SELECT v.{} FROM model_versions v WHERE v.model_id = t.id AND v.status = 'ACTIVE'
                ORDER BY v.release_order DESC LIMIT 1)"""
LOWEST = """(SELECT min(p.{}) FROM provider_bindings b JOIN model_versions v ON v.id = b.version_id
             CROSS JOIN LATERAL (SELECT * FROM prices WHERE binding_id = b.id
                AND effective_from <= now() ORDER BY effective_from DESC LIMIT 1) p
             WHERE b.model_id = t.id AND b.status = 'ACTIVE' AND v.status = 'ACTIVE'
                AND coalesce(b.sunset_on, 'infinity') >= current_date
                AND coalesce(v.released_on, '-infinity') <= current_date)"""
TABLES = {
    "models": ("models", ids.MODEL),
    "versions": ("model_versions", ids.VERSION),
    "bindings": ("provider_bindings", ids.BINDING),
}
KEYS = {
    "models": {
        "NAME": "name",
        "CREATED_AT": "created_at",
        "UPDATED_AT": "updated_at",
        "RELEASED_ON": OF_LATEST.format("released_on"),
        "CONTEXT_WINDOW": OF_LATEST.format("context_window"),
        "INPUT_PER_1K": LOWEST.format("input_per_1k"),
        "OUTPUT_PER_1K": LOWEST.format("output_per_1k"),
    },
    "versions": {
        "NUMBER": "number",
        "SEMVER": "semver_key",
        "CREATED_AT": "created_at",
        "EVAL_SCORE": "eval_score",
        "COST_PER_1K": "cost_per_1k",
        "RELEASED_ON": "released_on",
        "ARCHIVED_AT": "archived_at",
    },
    "bindings": {
        "PRIORITY": "priority",
        "CREATED_AT": "created_at",
        "SUCCESS_RATE": "success_rate",
        "LATENCY": "latency_ms",
        "INPUT_PER_1K": PRICE_NOW,
        "SUNSET_ON": "sunset_on",
        "ESTIMATED_COST": PRICE_NOW,
    },
}
ARGUMENTS = {"ESTIMATED_COST": ", usage: {inputTokens: 1000}"}  # of orders: what they need
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
        """A page of all rows, or of those that belong to one owner."""
        page = f"""page: {self.connection}(
            first: $first, after: $after, last: $last, before: $before,
            orderBy: {{field: {self.key}, direction: {self.direction}{ARGUMENTS.get(self.key, "")}}}
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


def _random_value(rng: random.Random, *values: Any) -> Any:
    """One of these few values, so that many are equal, or NULL."""
    return rng.choice([*values, None])


async def _insert_rows(db: Database, rng: random.Random) -> None:
    def time() -> Any:
        return factories.EPOCH + timedelta(days=rng.randrange(3), microseconds=1)

    providers = [await factories.provider(db) for _ in range(3)]
    for _ in range(9):
        times = {"created_at": time(), "updated_at": time()}
        model = await factories.model(db, **times)
        for number in range(1, rng.randrange(2, 5)):
            version = await factories.version(
                db,
                model,
                number=number,
                version=f"1.{number}.0{rng.choice(['', '-rc.1', '+5'])}",
                created_at=time(),
                eval_score=_random_value(rng, 0.0, 0.1 + 0.2, 1.0),
                context_window=_random_value(rng, 8_000, 128_000),
                cost_per_1k=_random_value(rng, Decimal("0.0000000001"), Decimal("9999999999.5")),
                released_on=_random_value(rng, date.min, date(1999, 12, 31), date.max),
            )
            for _ in range(rng.randrange(4)):
                await _insert_binding(db, rng, version, rng.choice(providers), time())


async def _insert_binding(
    db: Database, rng: random.Random, version: Any, provider: Any, time: Any
) -> None:
    binding = await factories.binding(
        db,
        version,
        provider,
        created_at=time,
        priority=rng.choice([0, 1, 2**31 - 1]),
        success_rate=_random_value(rng, 0.0, 1 / 3, 1.0),
        latency_ms=_random_value(rng, 5e-324, 100.0, 1.7976931348623157e308),
        sunset_on=_random_value(rng, date.min, date(1999, 12, 31), date(2030, 1, 31), date.max),
    )
    for years in range(rng.randrange(3)):  # the second one takes effect in the far future
        amount = _random_value(rng, "0", "0.0025", "0.0050")
        since = factories.EPOCH + timedelta(days=36_500 * years)
        await factories.price(db, binding, amount, effective_from=since)


@pytest.fixture(scope="module")
async def gql(postgres_url: str, template: str) -> AsyncIterator[GraphQL]:
    """A registry of random rows with many equal values and NULLs."""
    async with opened(postgres_url, template) as db:
        await _insert_rows(db, random.Random(1))
        yield GraphQL(db)


async def _expected(db: Database, order: Order, owner_key: str = "id") -> list[tuple[str, Any]]:
    """Each row's id and its owner's key, sorted by a plain ORDER BY."""
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
    """The ids of all pages in order; checks the page info of each."""
    count, cursor = ("last", "before") if backward else ("first", "after")
    has_more, end = ("hasPreviousPage", "startCursor") if backward else ("hasNextPage", "endCursor")
    opposite_flag = "hasNextPage" if backward else "hasPreviousPage"
    walked: list[str] = []
    position = None
    while True:
        page = _connection(await gql(document, **{count: size, cursor: position}, **variables))
        nodes = [edge["node"]["id"] for edge in page["edges"]]
        assert nodes == [node["id"] for node in page["nodes"]]
        assert page["pageInfo"][opposite_flag] == (position is not None)
        walked = nodes + walked if backward else walked + nodes
        if not page["pageInfo"][has_more]:
            return walked
        assert len(nodes) == size
        assert page["pageInfo"]["startCursor"] == page["edges"][0]["cursor"]
        assert page["pageInfo"]["endCursor"] == page["edges"][-1]["cursor"]
        position = page["pageInfo"][end]


@each_order
@pytest.mark.parametrize("backward", [False, True], ids=["forward", "backward"])
async def test_all_pages_have_every_row_once_in_order(
    gql: GraphQL, order: Order, backward: bool
) -> None:
    expected = [key for key, _ in await _expected(gql.db, order)]
    assert len(expected) >= 9
    for size in (7, len(expected)):
        assert await _walk(gql, order.document(), size, backward=backward) == expected


@pytest.mark.parametrize("order", [order for order in ORDERS if PARENTS[order.connection]], ids=str)
@pytest.mark.parametrize("backward", [False, True], ids=["forward", "backward"])
async def test_all_pages_of_an_owner_have_its_rows_once_in_order(
    gql: GraphQL, order: Order, backward: bool
) -> None:
    for type_name, prefix, owner_key in PARENTS[order.connection]:
        rows = await _expected(gql.db, order, owner_key)
        for owner in sorted({owner for _, owner in rows})[:3]:
            variables = {"owner": ids.encode(prefix, owner)}
            document = order.document(type_name)
            walked = await _walk(gql, document, 2, backward=backward, **variables)
            assert walked == [key for key, row_owner in rows if row_owner == owner]


@each_order
async def test_two_cursors_select_the_rows_between_them(gql: GraphQL, order: Order) -> None:
    document = order.document()
    edges = _connection(await gql(document, first=100))["edges"]
    rng = random.Random(str(order))
    for _ in range(6):
        low, high = sorted(rng.sample(range(len(edges)), 2))
        ends = {"after": edges[low]["cursor"], "before": edges[high]["cursor"]}
        between = [edge["node"]["id"] for edge in edges[low + 1 : high]]
        size = rng.randrange(1, 6)
        for count, expected in (("first", between[:size]), ("last", between[-size:])):
            page = _connection(await gql(document, **ends, **{count: size}))
            assert [node["id"] for node in page["nodes"]] == expected
            is_last = count == "last"
            assert page["pageInfo"]["hasNextPage"] == (is_last or len(between) > size)
            assert page["pageInfo"]["hasPreviousPage"] == (not is_last or len(between) > size)
        swapped = {"after": ends["before"], "before": ends["after"], "first": 5}
        assert _connection(await gql(document, **swapped))["nodes"] == []


@pytest.mark.parametrize(
    "order", [order for order in ORDERS if order.connection == "versions"], ids=str
)
async def test_every_owner_gets_its_own_page(gql: GraphQL, order: Order) -> None:
    """One statement reads a page for each owner."""
    rows = await _expected(gql.db, order, "model_id")
    edges = _connection(await gql(order.document(), first=100))["edges"]
    index = len(rows) // 3
    by = f"{{field: {order.key}, direction: {order.direction}}}"
    data = await gql(
        f"""query ($after: String) {{ models(first: 100) {{ nodes {{ id
            plain: versions(first: 2, orderBy: {by}) {{
                nodes {{ id }} totalCount pageInfo {{ hasNextPage }} }}
            later: versions(first: 2, orderBy: {by}, after: $after) {{ nodes {{ id }} }}
            end: versions(last: 1, orderBy: {by}) {{ nodes {{ id }} }}
        }} }} }}""",
        after=edges[index]["cursor"],
    )
    for model in data["models"]["nodes"]:
        expected = [key for key, owner in rows if ids.encode(ids.MODEL, owner) == model["id"]]
        later = [key for key, _ in rows[index + 1 :] if key in expected]
        assert [node["id"] for node in model["plain"]["nodes"]] == expected[:2]
        assert model["plain"]["totalCount"] == len(expected)
        assert model["plain"]["pageInfo"]["hasNextPage"] == (len(expected) > 2)
        assert [node["id"] for node in model["later"]["nodes"]] == later[:2]
        assert [node["id"] for node in model["end"]["nodes"]] == expected[-1:]


async def test_a_listing_never_gets_the_statement_of_one_that_was_collected(gql: GraphQL) -> None:
    """The next listing may have the memory address of the collected one, and so the same id()."""
    for number in range(20):
        listing = Listing(Model, {"at_least": _number_is_at_least(number)}, {})
        count = await keyset.count(gql.db.reader, listing, {"at_least": 10})
        assert bool(count) == (number >= 10)


def _number_is_at_least(number: int) -> Condition:
    return lambda least: sa.literal(number) >= least
