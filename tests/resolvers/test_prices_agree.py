"""All that is told of prices in effect is told of the same prices, whatever the version's state."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from db.postgres.engine import Database
from db.tables import ModelVersion
from domain.enums import BindingStatus, VersionStatus
from tests import factories
from tests.db.clones import opened
from tests.graphql import GraphQL

_NOW = datetime.now(UTC)
_TODAY = _NOW.date()
_DAY = timedelta(days=1)
_RELEASES = {
    "unknown": None,
    "long ago": _TODAY - 900 * _DAY,
    "yesterday": _TODAY - _DAY,
    "in a week": _TODAY + 7 * _DAY,
    "in three years": _TODAY + 1_000 * _DAY,
}
_LONG_AGO, _LATER = _NOW - 100 * _DAY, _NOW + 100 * _DAY
# the starts of prices, and their amounts for input and output
_PRICES: dict[str, tuple[tuple[datetime | None, str | None, str | None], ...]] = {
    "none": (),
    "one": ((_LONG_AGO, "0.3", "0.1"),),
    "unknown start": ((None, "0.2", "0.4"),),
    "free": ((_LONG_AGO, "0", "0"),),
    "followed": ((None, "0.1", "0.9"), (_LONG_AGO, "0.5", "0.6")),
    "later": ((_LATER, "0.7", "0.2"),),
    "changes later": ((_LONG_AGO, "0.6", "0.3"), (_LATER, "0.1", "0.1")),
    "withdrawn": ((_LONG_AGO, "0.4", "0.4"), (_NOW - _DAY, None, None)),
    "of output alone": ((_LONG_AGO, None, "0.8"),),
}
_STATES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {  # of the version, of the binding
    "active": ({}, {}),
    "sunset": ({"sunset_on": _TODAY - _DAY}, {}),
    "binding sunset": ({}, {"sunset_on": _TODAY - _DAY}),
    "deprecated": ({"status": VersionStatus.DEPRECATED}, {}),
    "draft": ({"status": VersionStatus.DRAFT}, {}),
    "archived": ({"status": VersionStatus.ARCHIVED, "archived_at": _NOW}, {}),
    "disabled": ({}, {"status": BindingStatus.DISABLED}),
}
_AMOUNTS = {"INPUT_PER_1K": "inputPer1k", "OUTPUT_PER_1K": "outputPer1k"}


class _Priced(NamedTuple):
    """A binding's provider, and its amounts now by this test's own reckoning."""

    provider: str
    amounts: dict[str, Decimal | None] | None  # None: it has no price


class _Registry(NamedTuple):
    gql: GraphQL
    bindings: dict[str, _Priced]  # by provider model id


@pytest.fixture(scope="module")
async def registry(postgres_url: str, template: str) -> AsyncIterator[_Registry]:
    """A binding for each release, state and list of prices; a provider for each list."""
    async with opened(postgres_url, template) as db:
        providers = {name: await factories.provider(db) for name in _PRICES}
        bindings = {}
        for release, released_on in _RELEASES.items():
            for state, (of_version, of_binding) in _STATES.items():
                model = await factories.model(db)
                version = await factories.version(db, model, released_on=released_on, **of_version)
                for name, provider in providers.items():
                    key = f"{release}, {state}, {name}"
                    bindings[key] = await _priced(db, version, provider, key, **of_binding)
        yield _Registry(GraphQL(db), bindings)


async def _priced(
    db: Database, version: ModelVersion, provider: Any, key: str, **columns: Any
) -> _Priced:
    row = await factories.binding(db, version, provider, provider_model_id=key, **columns)
    release, _, name = key.split(", ")
    more = Decimal(list(_RELEASES).index(release)) / 100  # so that each release changes an average
    prices = [
        (start, *(None if text is None else Decimal(text) + more for text in amounts))
        for start, *amounts in _PRICES[name]
    ]
    for start, input_, output in prices:
        text = None if input_ is None else str(input_)
        await factories.price(db, row, text, output_per_1k=output, effective_from=start)
    started = [price for price in prices if price[0] is None or price[0] <= _NOW]
    if not started or (version.released_on is not None and version.released_on > _TODAY):
        return _Priced(provider.slug, None)
    newest = max(started, key=lambda price: price[0] or datetime.min.replace(tzinfo=UTC))
    return _Priced(provider.slug, dict(zip(_AMOUNTS.values(), newest[1:], strict=True)))


async def _listed(registry: _Registry, arguments: str, fields: str) -> list[dict[str, Any]]:
    """All bindings of a list that has several pages."""
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        document = f"""query ($after: String) {{ bindings(first: 60, after: $after, {arguments}) {{
            nodes {{ providerModelId {fields} }} totalCount
            pageInfo {{ hasNextPage endCursor }} }} }}"""
        page = (await registry.gql(document, after=cursor))["bindings"]
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            assert len(found) == page["totalCount"]
            return found
        cursor = page["pageInfo"]["endCursor"]


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


async def test_the_price_is_that_of_a_released_version(registry: _Registry) -> None:
    at = _NOW.isoformat()
    amounts = "{ inputPer1k outputPer1k }"
    fields = f'now: price {amounts} then: price(at: "{at}") {amounts}'
    nodes = await _listed(registry, "orderBy: {field: PRIORITY}", fields)
    assert len(nodes) == len(registry.bindings)
    for node in nodes:
        expected = registry.bindings[node["providerModelId"]].amounts
        for price in (node["now"], node["then"]):
            found = price and {name: _number(amount) for name, amount in price.items()}
            assert found == expected, node


async def test_a_call_costs_that_price(registry: _Registry) -> None:
    fields = "estimateCost(usage: {inputTokens: 1000, requests: 0}) { amount unpriced }"
    for node in await _listed(registry, "orderBy: {field: PRIORITY}", fields):
        amounts = registry.bindings[node["providerModelId"]].amounts or {}
        amount = amounts.get("inputPer1k")
        assert _number(node["estimateCost"]["amount"]) == amount, node
        assert node["estimateCost"]["unpriced"] == ([] if amount is not None else ["INPUT"]), node


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize(
    ("order", "field"),
    [
        *((f"field: {key}", field) for key, field in _AMOUNTS.items()),
        ("field: ESTIMATED_COST, usage: {inputTokens: 1000, requests: 0}", "inputPer1k"),
    ],
)
async def test_the_order_is_by_that_price(
    registry: _Registry, order: str, field: str, direction: str
) -> None:
    amounts = {key: (of.amounts or {}).get(field) for key, of in registry.bindings.items()}
    nodes = await _listed(registry, f"orderBy: {{{order}, direction: {direction}}}", "id")
    found = [node["providerModelId"] for node in nodes]
    assert sorted(found) == sorted(amounts)
    known = sorted(
        (amount for amount in amounts.values() if amount is not None), reverse=direction == "DESC"
    )
    unknown = [None] * (len(amounts) - len(known))
    assert [amounts[key] for key in found] == known + unknown


@pytest.mark.parametrize("key", _AMOUNTS)
@pytest.mark.parametrize("order", ["PRIORITY", *_AMOUNTS])
@pytest.mark.parametrize("bounds", ['gte: "0"', 'lte: "0.5"', 'gte: "0.2", lte: "0.6"'])
async def test_a_range_is_of_that_price(
    registry: _Registry, key: str, order: str, bounds: str
) -> None:
    field = _AMOUNTS[key]
    arguments = f"orderBy: {{field: {order}}}, filter: {{{field}: {{{bounds}}}}}"
    found = [node["providerModelId"] for node in await _listed(registry, arguments, "id")]
    given = dict(bound.split(": ") for bound in bounds.split(", "))
    low, high = (
        Decimal(given.get(name, default).strip('"'))
        for name, default in (("gte", "0"), ("lte", "9"))
    )
    amounts = {k: (of.amounts or {}).get(field) for k, of in registry.bindings.items()}
    expected = [k for k, amount in amounts.items() if amount is not None and low <= amount <= high]
    assert sorted(found) == sorted(expected)


async def test_pages_of_a_parent_follow_that_price(registry: _Registry) -> None:
    document = """{ providers(first: 20) { nodes { slug
        bindings(first: 100, orderBy: {field: INPUT_PER_1K}) { nodes { providerModelId } }
        some: bindings(first: 100, filter: {inputPer1k: {gte: "0"}}) {
            totalCount nodes { providerModelId } } } } }"""
    for provider in (await registry.gql(document))["providers"]["nodes"]:
        amounts = {
            key: (of.amounts or {}).get("inputPer1k")
            for key, of in registry.bindings.items()
            if of.provider == provider["slug"]
        }
        known = [key for key, amount in amounts.items() if amount is not None]
        found = [node["providerModelId"] for node in provider["bindings"]["nodes"]]
        assert sorted(found[: len(known)]) == sorted(known)
        some = [node["providerModelId"] for node in provider["some"]["nodes"]]
        assert sorted(some) == sorted(known)
        assert provider["some"]["totalCount"] == len(known)


async def test_averages_are_of_that_price(registry: _Registry) -> None:
    data = await registry.gql(
        "{ stats { bindingsByProvider { provider { slug } inputPer1kAvg } } }"
    )
    for item in data["stats"]["bindingsByProvider"]:
        amounts = [
            amount
            for of in registry.bindings.values()
            if of.provider == item["provider"]["slug"]
            and (amount := (of.amounts or {}).get("inputPer1k")) is not None
        ]
        expected = sum(amounts) / len(amounts) if amounts else None
        assert _number(item["inputPer1kAvg"]) == expected, item


async def test_routes_expect_that_price(registry: _Registry) -> None:
    document = """query ($model: String!) { route(input: {
        model: {name: $model}, limit: 20, usage: {inputTokens: 1000, requests: 0}}) {
            candidates { binding { providerModelId } expectedCost } } }"""
    models = (
        await registry.gql(
            "{ models(first: 100) { nodes { name versions { nodes { status } } } } }"
        )
    )["models"]["nodes"]
    seen = 0
    for model in models:
        if model["versions"]["nodes"][0]["status"] != "ACTIVE":
            continue
        for candidate in (await registry.gql(document, model=model["name"]))["route"]["candidates"]:
            seen += 1
            of = registry.bindings[candidate["binding"]["providerModelId"]]
            expected = (of.amounts or {}).get("inputPer1k")
            assert _number(candidate["expectedCost"]) == expected, candidate
    assert seen == len(_PRICES) * len(_RELEASES)  # of the state "active": others take no call
