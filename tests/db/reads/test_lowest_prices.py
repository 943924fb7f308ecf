"""Models in the order and in a range of their lowest price now, kept or not kept yet."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import psycopg
import pytest

from db.postgres.engine import Database
from db.tables import Model, ProviderBinding
from db.writes import lowest_prices
from domain import ids
from domain.enums import BindingStatus, VersionStatus
from domain.traffic_enums import CircuitState
from tests import factories
from tests.db.clones import opened
from tests.db.reads.price_orders import AMOUNTS, FIELDS, RANGES, arguments, expected, walked
from tests.graphql import GraphQL
from tests.imports import rows
from tests.server.wire import waiting

_NOW = datetime.now(UTC)
_TODAY = _NOW.date()
_DAY = timedelta(days=1)
_STARTS = (None, _NOW - 900 * _DAY, _NOW - 3 * _DAY, _NOW + 3 * _DAY)
_DAYS = (*(None,) * 5, _TODAY - _DAY, _TODAY, _TODAY + _DAY)
_KEPT = "SELECT model_id, input_per_1k, output_per_1k FROM lowest_prices ORDER BY model_id"


async def _insert(db: Database, rng: random.Random) -> None:
    provider = await factories.provider(db)
    for _ in range(48):
        model = await factories.model(db)
        for _ in range(rng.choice((0, 1, 1, 2))):
            await _insert_version(db, rng, model, provider)


async def _insert_version(db: Database, rng: random.Random, model: Model, provider: Any) -> None:
    version = await factories.version(
        db,
        model,
        status=rng.choice((VersionStatus.ACTIVE, VersionStatus.ACTIVE, VersionStatus.DRAFT)),
        released_on=rng.choice(_DAYS),
        sunset_on=rng.choice(_DAYS),
    )
    for _ in range(rng.randrange(4)):
        status = rng.choice((BindingStatus.ACTIVE, BindingStatus.ACTIVE, BindingStatus.DISABLED))
        columns = {"status": status, "sunset_on": rng.choice(_DAYS)}
        await _insert_prices(db, rng, await factories.binding(db, version, provider, **columns))


async def _insert_prices(db: Database, rng: random.Random, binding: ProviderBinding) -> None:
    for since in rng.sample(_STARTS, rng.randrange(4)):
        input_, output = (rng.choice(AMOUNTS) for _ in range(2))
        await factories.price(db, binding, input_, output_per_1k=output, effective_from=since)
    if rng.random() < 0.2:
        until = rng.choice((None, _NOW - _DAY, _NOW + _DAY))
        await factories.circuit(
            db, binding_id=binding.id, state=CircuitState.OPEN, open_until=until
        )


async def _never(db: Database, rng: random.Random) -> None:
    """Nothing is kept."""


async def _refreshed(db: Database, rng: random.Random) -> None:
    await lowest_prices.refresh(db)


async def _outdated(db: Database, rng: random.Random) -> None:
    """What is kept is of an older registry: all kinds of rows that decide have changed since."""
    await lowest_prices.refresh(db)
    await _insert(db, rng)
    for table, change in {
        "prices": "input_per_1k = 0.0011, output_per_1k = 0.0019",
        "provider_bindings": "status = 'DISABLED'",
        "model_versions": "sunset_on = current_date - 1",
        "circuits": "state = 'OPEN', open_until = NULL",
    }.items():
        key = "binding_id" if table == "circuits" else "id"
        some = f"{key} IN (SELECT {key} FROM {table} ORDER BY {key} LIMIT 8)"
        await rows(db, f"UPDATE {table} SET {change} WHERE {some}")
    await rows(db, "DELETE FROM models WHERE id IN (SELECT id FROM models ORDER BY id LIMIT 3)")


async def _ended(db: Database, rng: random.Random) -> None:
    """What is kept held until a time that has come, and is wrong now."""
    await lowest_prices.refresh(db)
    await rows(
        db,
        "UPDATE lowest_prices SET holds_until = now() - interval '1 second', input_per_1k = 0.0012,"
        " output_per_1k = NULL WHERE model_id IN (SELECT id FROM models ORDER BY id LIMIT 20)",
    )


class _Registry(NamedTuple):
    gql: GraphQL
    lowest: dict[str, dict[str, Decimal | None]]  # by id: what the models' offers say


@pytest.fixture(scope="module", params=[_never, _refreshed, _outdated, _ended])
async def registry(
    request: pytest.FixtureRequest, postgres_url: str, template: str
) -> AsyncIterator[_Registry]:
    """Models of several versions, bindings and prices, in all states that decide on the lowest."""
    rng = random.Random(7)
    async with opened(postgres_url, template) as db:
        await _insert(db, rng)
        await request.param(db, rng)
        gql = GraphQL(db)
        data = await gql("{ models(first: 100) { nodes { id offer { inputPer1k outputPer1k } } } }")
        yield _Registry(
            gql,
            {
                str(ids.decode(ids.MODEL, node["id"])): {
                    name: None if amount is None else Decimal(amount)
                    for name, amount in node["offer"].items()
                }
                for node in data["models"]["nodes"]
            },
        )


def _lowest(registry: _Registry, key: str) -> dict[str, Decimal | None]:
    return {model: each[FIELDS[key]] for model, each in registry.lowest.items()}


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("within", RANGES)
@pytest.mark.parametrize("key", FIELDS)
async def test_pages_have_the_lowest_prices_in_order(
    registry: _Registry, key: str, within: str | None, direction: str
) -> None:
    models = expected(_lowest(registry, key), within, descending=direction == "DESC")
    assert 3 < len(models) <= len(registry.lowest)
    given = arguments(key, within, direction)
    for backward in (False, True):
        assert await walked(registry.gql, "models", given, 7, backward=backward) == models


@pytest.mark.parametrize("key", FIELDS)
async def test_a_range_has_its_models_in_each_other_order(registry: _Registry, key: str) -> None:
    for within in filter(None, RANGES):
        models = expected(_lowest(registry, key), within, descending=False)
        given = f"orderBy: {{field: NAME}}, filter: {{{FIELDS[key]}: {within}}}"
        assert sorted(await walked(registry.gql, "models", given, 7)) == sorted(models)


async def test_a_refresh_keeps_what_the_offers_say(registry: _Registry) -> None:
    await lowest_prices.refresh(registry.gql.db)
    kept = {str(key): amounts for key, *amounts in await rows(registry.gql.db, _KEPT)}
    assert kept == {key: list(each.values()) for key, each in registry.lowest.items()}
    assert await lowest_prices.refresh(registry.gql.db) == 0  # all is as it should be


async def test_a_row_holds_until_the_first_change_by_the_clock(db: Database) -> None:
    def midnight(days: int) -> datetime:
        return datetime.combine(_TODAY + days * _DAY, time(), UTC)

    until = _NOW + 5 * _DAY
    cases: dict[str, tuple[dict[str, Any], dict[str, Any], datetime | None]] = {
        "nothing": ({}, {}, None),
        "version's sunset": ({"sunset_on": _TODAY + 2 * _DAY}, {}, midnight(3)),
        "version's sunset today": ({"sunset_on": _TODAY}, {}, midnight(1)),
        "version's past sunset": ({"sunset_on": _TODAY - _DAY}, {}, None),
        "release": ({"released_on": _TODAY + 2 * _DAY}, {}, midnight(2)),
        "binding's sunset": ({}, {"sunset_on": _TODAY + _DAY}, midnight(2)),
        "price": ({}, {"price": until}, until),
        "circuit": ({}, {"circuit": until}, until),
        "the first of two": ({"sunset_on": _TODAY + _DAY}, {"price": until}, midnight(2)),
    }
    changes = {}
    provider = await factories.provider(db)
    for of_version, of_binding, at in cases.values():
        model = await factories.model(db)
        version = await factories.version(db, model, **of_version)
        price, circuit = of_binding.pop("price", None), of_binding.pop("circuit", None)
        binding = await factories.binding(db, version, provider, **of_binding)
        await factories.price(db, binding, "0.1", effective_from=price)
        if circuit:
            state = CircuitState.OPEN
            await factories.circuit(db, binding_id=binding.id, state=state, open_until=circuit)
        changes[model.id] = at
    await lowest_prices.refresh(db)
    kept = "SELECT model_id, nullif(holds_until, 'infinity') FROM lowest_prices"
    assert dict(await rows(db, kept)) == changes


@pytest.mark.parametrize("count", [1, 4, 5])
async def test_models_without_an_event_are_added(
    db: Database, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lowest_prices, "_ADDED", 2)  # in a transaction
    models = [(await factories.model(db)).id for _ in range(count)]
    await lowest_prices.refresh(db)
    await rows(db, "DELETE FROM lowest_prices")
    await lowest_prices.refresh(db)
    assert [key for key, *_ in await rows(db, _KEPT)] == sorted(models)


async def test_a_price_that_starts_while_a_refresh_waits_is_noticed(
    db: Database, database_url: str
) -> None:
    """The clock of a transaction is that of its begin, and its statements see what came later."""
    version = await factories.version(db, await factories.model(db))
    binding = await factories.binding(db, version)
    await factories.price(db, binding, "0.1", effective_from=_NOW - _DAY)
    await lowest_prices.refresh(db)
    with psycopg.connect(database_url) as blocker:
        blocker.execute("SELECT FROM lowest_prices_state FOR UPDATE")
        refreshing = asyncio.create_task(lowest_prices.refresh(db))
        await waiting(database_url, 1)
        await factories.price(db, binding, "77", effective_from=datetime.now(UTC))
        blocker.rollback()
        await refreshing
    found = await GraphQL(db)('{ models(filter: {inputPer1k: {gte: "77"}}) { totalCount } }')
    assert found == {"models": {"totalCount": 1}}
    assert [kept[1] for kept in await rows(db, _KEPT)] == [Decimal(77)]
