"""Prices of operators hold until they are withdrawn; then the catalog's hold again."""

import asyncio
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import psycopg
import pytest

from catalogs.entry import SaidPrice
from db.postgres.engine import Database
from domain import ids
from tests.graphql import GraphQL
from tests.imports import components, entry, import_file, rows, source_file
from tests.resolvers.writing.cases import world
from tests.resolvers.writing.mutations import call, codes, user_errors
from tests.server.wire import waiting
from tests.soak import replay

NOW = datetime.now(UTC)
LATER, LATEST = NOW.date() + timedelta(days=10), NOW.date() + timedelta(days=20)
PRICES = "SELECT input_per_1k::text, source, effective_from > now() FROM prices ORDER BY {}"


def _midnight(day: date) -> str:
    return datetime.combine(day, time(), UTC).isoformat()


def _said(*pairs: tuple[date | None, str]) -> Any:
    return tuple(SaidPrice(day, components(amount)) for day, amount in pairs)


async def _import(db: Database, *pairs: tuple[date | None, str], catalog: str = "first") -> Any:
    return await import_file(db, source_file(entry("m", prices=_said(*pairs)), catalog=catalog))


async def _prices(db: Database) -> list[tuple[str | None, str | None, bool]]:
    """Amount, source and whether it takes effect later; the oldest first."""
    found = await rows(db, PRICES.format("effective_from"))
    return [(amount and str(float(amount)), source, later) for amount, source, later in found]


async def _binding(db: Database) -> dict[str, str]:
    ((key,),) = await rows(db, "SELECT id FROM provider_bindings")
    return {"id": ids.encode(ids.BINDING, key)}


async def _set(gql: GraphQL, amount: str, **price: Any) -> str:
    payload = await call(
        gql,
        "setPrice",
        binding=await _binding(gql.db),
        price={"inputPer1k": amount, "source": "ours", **price},
    )
    id: str = payload["price"]["id"]
    return id


async def _last_events(db: Database, number: int) -> list[Any]:
    """Kind and action; the newest last."""
    query = "SELECT kind, action FROM audit_events ORDER BY sequence DESC LIMIT :number"
    return [*reversed(await rows(db, query, {"number": number}))]


@pytest.mark.parametrize("of_operator", [True, False])
async def test_a_scheduled_price_is_deleted(gql: GraphQL, of_operator: bool) -> None:
    await _import(gql.db, (None, "1"), (LATER, "2"))
    if of_operator:
        price = await _set(gql, "7", effectiveFrom=_midnight(LATEST))
    else:
        ((key,),) = await rows(gql.db, "SELECT id FROM prices WHERE effective_from > now()")
        price = ids.encode(ids.PRICE, key)
    payload = await call(gql, "withdrawPrice", price=price)
    assert payload["price"]["inputPer1k"] == "1"
    assert payload["binding"] == payload["binding"] | await _binding(gql.db)
    expected = [("1.0", "first", False), ("2.0", "first", True)]
    assert await _prices(gql.db) == expected[: 2 if of_operator else 1]
    assert await _last_events(gql.db, 1) == [("PRICE", "WITHDRAWN")]
    assert await codes(gql, "withdrawPrice", price=price) == [("NOT_FOUND", "price")]
    await _import(gql.db, (None, "1"), (LATER, "2"))
    assert await _prices(gql.db) == expected  # the catalog still says it


async def test_an_operators_price_holds_until_it_is_withdrawn(
    gql: GraphQL, database_url: str
) -> None:
    await _import(gql.db, (None, "1"), (LATER, "2"))
    price = await _set(gql, "7")
    ours = [("1.0", "first", False), ("7.0", "ours", False)]
    assert await _prices(gql.db) == ours
    assert await _last_events(gql.db, 2) == [("PRICE", "PRICED"), ("PRICE", "DELETED")]
    changed = ((None, "3"), (LATER, "4"))
    report = await _import(gql.db, *changed)
    assert await _prices(gql.db) == ours
    assert [each.field for each in report.conflicts] == ["price"]
    payload = await call(gql, "withdrawPrice", price=price)
    assert (payload["price"]["inputPer1k"], payload["price"]["source"]) == ("3", "first")
    withdrawn = [*ours, ("3.0", "first", False), ("4.0", "first", True)]
    assert await _prices(gql.db) == withdrawn
    assert await _last_events(gql.db, 2) == [("PRICE", "WITHDRAWN"), ("PRICE", "PRICED")]
    report = await _import(gql.db, *changed)
    assert (report.has_changes, report.conflicts) == (False, [])
    replay.check(database_url)


async def test_the_owning_catalog_decides_then_the_price_before(gql: GraphQL) -> None:
    await _import(gql.db, (None, "1"), catalog="second")
    await _import(gql.db, (None, "2"), catalog="third")
    price = await _set(gql, "7")
    assert (await call(gql, "withdrawPrice", price=price))["price"]["source"] == "second"
    price = await _set(gql, "8")
    await rows(gql.db, "UPDATE catalog_entries SET said = jsonb_set(said, '{said,prices}', '[]')")
    payload = await call(gql, "withdrawPrice", price=price)
    assert (payload["price"]["inputPer1k"], payload["price"]["source"]) == ("1", "second")


async def test_withdrawals_go_back_price_by_price_until_it_is_unknown(gql: GraphQL) -> None:
    w = await world(gql)
    binding = {"id": w.binding}
    for amount in ("2", "3"):
        last = await call(gql, "setPrice", binding=binding, price={"inputPer1k": amount})
    amounts = []
    for _ in range(3):
        payload = await call(gql, "withdrawPrice", price=last["price"]["id"])
        amounts.append(payload["price"] and payload["price"]["inputPer1k"])
        last = payload
    assert amounts == ["2", "0.0025", None]
    document = "query ($id: ID!) { binding(id: $id) { price { id source components { meter } } } }"
    unknown = (await gql(document, id=w.binding))["binding"]["price"]
    assert (unknown["source"], unknown["components"]) == ("withdrawn", [])
    (error,) = await user_errors(gql, "withdrawPrice", price=unknown["id"])
    assert (error["code"], error["path"]) == ("INVALID_STATE", ["price"])


async def test_a_catalog_fills_a_price_that_was_withdrawn(gql: GraphQL) -> None:
    await import_file(gql.db, source_file(entry("m")))
    payload = await call(gql, "withdrawPrice", price=await _set(gql, "7"))
    assert payload["price"] is None
    report = await _import(gql.db, (None, "1"))
    assert (await _prices(gql.db))[2:] == [("1.0", "first", False)]
    assert report.conflicts == []


async def test_what_is_not_an_operators_price_in_effect_is_refused(gql: GraphQL) -> None:
    await _import(gql.db, (None, "1"))
    ((key,),) = await rows(gql.db, "SELECT id FROM prices")
    catalogs = ids.encode(ids.PRICE, key)
    (error,) = await user_errors(gql, "withdrawPrice", price=catalogs)
    assert (error["code"], error["path"]) == ("INVALID_STATE", ["price"])
    assert "the catalog first" in error["message"]
    first, second = await _set(gql, "7"), await _set(gql, "8")
    for superseded in (catalogs, first):
        (error,) = await user_errors(gql, "withdrawPrice", price=superseded)
        assert (error["code"], error["path"]) == ("INVALID_STATE", ["price"])
        assert f"{second} is in effect" in error["message"]
    for unknown in ("prc_", f"bnd_{'0' * 32}", "x"):
        assert await codes(gql, "withdrawPrice", price=unknown) == [("NOT_FOUND", "price")]


async def test_catalogs_scheduled_prices_end_at_the_operators(gql: GraphQL) -> None:
    said = ((None, "1"), (LATER, "2"), (LATEST, "3"))
    await _import(gql.db, *said)
    between = _midnight(LATER + timedelta(days=1))
    scheduled = await _set(gql, "7", effectiveFrom=between)
    expected = [("1.0", "first", False), ("2.0", "first", True), ("7.0", "ours", True)]
    assert await _prices(gql.db) == expected
    await _import(gql.db, *said)
    assert await _prices(gql.db) == expected
    price = await _set(gql, "8")
    assert (await _prices(gql.db))[1:] == [("8.0", "ours", False), ("7.0", "ours", True)]
    await call(gql, "withdrawPrice", price=price)
    back = [("1.0", "first", False), ("2.0", "first", True), ("7.0", "ours", True)]
    assert (await _prices(gql.db))[2:] == back
    await call(gql, "withdrawPrice", price=scheduled)
    assert (await _prices(gql.db))[3:] == [("2.0", "first", True), ("3.0", "first", True)]


async def test_a_price_of_the_past_or_of_a_catalog_schedules_nothing_away(gql: GraphQL) -> None:
    await _import(gql.db, (NOW.date() - timedelta(days=5), "1"), (LATER, "2"))
    await _set(gql, "7", effectiveFrom="2020-01-01T00:00:00Z")
    await _set(gql, "8", source="first")
    assert [later for *_, later in await _prices(gql.db)] == [False, False, False, True]


async def test_one_of_several_withdrawals_succeeds(gql: GraphQL, database_url: str) -> None:
    w = await world(gql)

    async def withdraw() -> list[str]:
        document = """mutation ($price: ID!) {
            withdrawPrice(input: {price: $price}) { userErrors { code } } }"""
        errors = (await gql(document, price=w.price))["withdrawPrice"]["userErrors"]
        return [error["code"] for error in errors]

    found = await asyncio.gather(*(withdraw() for _ in range(6)))
    assert sorted(found) == [[], *[["INVALID_STATE"]] * 5]
    assert len(await _prices(gql.db)) == 2
    replay.check(database_url)


async def test_the_data_version_knows_the_prices_that_come_back(gql: GraphQL) -> None:
    """A cached response must not outlive a price that takes effect."""
    await _import(gql.db, (None, "1"), (LATER, "2"))
    price = await _set(gql, "7")
    await rows(gql.db, "DELETE FROM scheduled_prices")
    await call(gql, "withdrawPrice", price=price)
    found = await rows(gql.db, "SELECT effective_from FROM scheduled_prices")
    assert [starts.isoformat() for (starts,) in found] == [_midnight(LATER)]


async def test_a_price_that_takes_effect_while_its_withdrawal_waits_is_ended(
    gql: GraphQL, database_url: str
) -> None:
    """The transaction is older than the price: the new price starts after both."""
    await _import(gql.db, (None, "1"))
    with psycopg.connect(database_url) as connection:
        connection.execute("SELECT 1 FROM provider_bindings FOR UPDATE")
        query = """INSERT INTO prices (id, binding_id, input_per_1k, effective_from, source)
            SELECT uuidv7(), id, 7, now() + interval '1 second', 'ours' FROM provider_bindings
            RETURNING id"""
        with psycopg.connect(database_url) as other:
            other.execute("SET session_replication_role = replica")  # no wait for the locked row
            (key,) = other.execute(query).fetchone() or ()
        withdrawing = asyncio.create_task(
            call(gql, "withdrawPrice", price=ids.encode(ids.PRICE, key))
        )
        await waiting(database_url, 1)
        while (await rows(gql.db, "SELECT max(effective_from) > now() FROM prices"))[0][0]:
            pass
    assert (await withdrawing)["price"]["inputPer1k"] == "1"
    assert [amount for amount, *_ in await _prices(gql.db)] == ["1.0", "7.0", "1.0"]
