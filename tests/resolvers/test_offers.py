"""Model.offer and Model.offeredPrices: what providers offer of a model now."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from db.postgres.engine import Database
from db.reads import offers
from domain.enums import BindingStatus, PriceMeter, PriceUnit, PriceVariant
from domain.prices import PriceComponent, to_json
from domain.traffic_enums import CircuitState
from tests import factories
from tests.graphql import GraphQL

OFFER = """{ models(orderBy: {field: NAME}) { nodes { name offer {
    bindings routableBindings providerCount providers regions inputPer1k inputProvider
    outputPer1k outputProvider healthy degraded unhealthy openCircuits sunsetOn } } } }"""


async def _registry(db: Database) -> None:
    """A model with four bindings, of which one is DISABLED and one has an open circuit."""
    model = await factories.model(db, name="a")
    await factories.model(db, name="b")
    one, two = [
        await factories.version(db, model),
        await factories.version(db, model, sunset_on=date(2099, 5, 1)),
    ]
    acme = await factories.provider(db, slug="acme")
    bolt = await factories.provider(db, slug="bolt")
    cheap_in = await factories.binding(db, one, bolt, region="us")
    cheap_out = await factories.binding(db, two, acme, region="eu", sunset_on=date(2099, 6, 1))
    off = await factories.binding(db, two, bolt, status=BindingStatus.DISABLED)
    opened = await factories.binding(db, two, bolt, region="us")
    await factories.price(db, cheap_in, "0.2", output_per_1k="0.9")
    await factories.price(db, cheap_out, "0.3", output_per_1k="0.4")
    await factories.price(db, off, "0.01", output_per_1k="0.01")
    await factories.price(db, opened, "0.02", output_per_1k="0.02")
    opening = {"state": CircuitState.OPEN, "changed_at": factories.EPOCH}
    await factories.circuit(db, binding_id=opened.id, open_until=None, **opening)


async def test_an_offer_has_the_lowest_prices_of_routable_bindings(gql: GraphQL) -> None:
    await _registry(gql.db)
    with gql.statements() as sent:
        a, b = (await gql(OFFER))["models"]["nodes"]
    assert len(sent) == 2
    assert a["offer"] == {
        "bindings": 4,
        "routableBindings": 2,
        "providerCount": 2,
        "providers": ["acme", "bolt"],
        "regions": ["eu", "us"],
        "inputPer1k": "0.2",
        "inputProvider": "bolt",
        "outputPer1k": "0.4",
        "outputProvider": "acme",
        "healthy": 0,
        "degraded": 0,
        "unhealthy": 0,
        "openCircuits": 1,
        "sunsetOn": "2099-05-01",
    }
    unknown = ("inputPer1k", "inputProvider", "outputPer1k", "outputProvider", "sunsetOn")
    numbers = [b["offer"].pop(name) for name in unknown]
    assert set(numbers) == {None}
    assert b["offer"].pop("providers") == b["offer"].pop("regions") == []
    assert set(b["offer"].values()) == {0}


PRICES = """query ($routable: Boolean) { models(orderBy: {field: NAME}) { nodes { name
    offeredPrices(routable: $routable) {
        bindingId routable providerSlug providerModelId region
        meter unit amount aboveInputTokens variant } } } }"""


async def _priced(gql: GraphQL) -> list[str]:
    """The ids of three bindings of model a, of which the cheapest cannot be called."""
    version = await factories.version(gql.db, await factories.model(gql.db, name="a"))
    acme = await factories.provider(gql.db, slug="acme")
    bolt = await factories.provider(gql.db, slug="bolt")
    batch = {"variant": PriceVariant.BATCH}
    tier = {"above_input_tokens": 200_000}
    prices_of = [
        (
            acme,
            {"provider_model_id": "a:batch", "region": "eu-west-1"},
            [_input("3"), _input("2.25", **batch)],
        ),
        (bolt, {}, [_input("2"), _input("4", **tier)]),
        (bolt, {"status": BindingStatus.DISABLED}, [_input("1"), _input("5", **tier)]),
    ]
    bindings = []
    for provider, columns, components in prices_of:
        binding = await factories.binding(gql.db, version, provider, **columns)
        await factories.price(gql.db, binding, None, components=to_json(components))
        bindings.append(binding)
    # what was and what will be is not what is asked now
    for days in (-1, 1_000_000):
        at = {"effective_from": factories.EPOCH + timedelta(days=days)}
        cheap = to_json([_input("0.1")])
        await factories.price(gql.db, bindings[1], None, components=cheap, **at)
    return [binding.node_id for binding in bindings]


async def test_the_prices_of_bindings_are_offered_lowest_first(gql: GraphQL) -> None:
    acme, bolt, disabled = await _priced(gql)
    await factories.model(gql.db, name="b")
    routable = [
        (acme, True, "acme", "BATCH", 0, "2.25"),
        (bolt, True, "bolt", "STANDARD", 0, "2"),
        (bolt, True, "bolt", "STANDARD", 200_000, "4"),
        (acme, True, "acme", "STANDARD", 0, "3"),
    ]
    tier = (disabled, False, "bolt", "STANDARD", 200_000, "5")
    base = (disabled, False, "bolt", "STANDARD", 0, "1")
    # of each kind those that can be called come first, although another one is lower
    cases = {True: routable, False: [base, tier], None: [*routable, tier, base]}
    keys = ("bindingId", "routable", "providerSlug", "variant", "aboveInputTokens", "amount")
    for asked, expected in cases.items():
        with gql.statements() as sent:
            a, b = (await gql(PRICES, routable=asked))["models"]["nodes"]
        assert len(sent) == 2
        prices = a["offeredPrices"]
        assert [tuple(each[key] for key in keys) for each in prices] == expected
        assert {(each["meter"], each["unit"]) for each in prices} == {("INPUT", "TOKENS_1K")}
        named = {
            (each["providerModelId"], each["region"])
            for each in prices
            if each["providerSlug"] == "acme"
        }
        assert named == (set() if asked is False else {("a:batch", "eu-west-1")})
        assert b["offeredPrices"] == []


async def test_of_very_many_prices_the_lowest_of_each_kind_are_among_the_first(
    gql: GraphQL,
) -> None:
    version = await factories.version(gql.db, await factories.model(gql.db))
    tiers = [
        PriceComponent(PriceMeter.INPUT, PriceUnit.TOKENS_1K, Decimal(tier), tier)
        for tier in range(1, 65)
    ]
    for place in range(12):  # 12 times 64 components are more than are shown
        binding = await factories.binding(gql.db, version, await factories.provider(gql.db))
        dearer = [each._replace(amount=each.amount + place) for each in tiers]
        await factories.price(gql.db, binding, None, components=to_json(dearer))
    [model] = (await gql(PRICES))["models"]["nodes"]
    shown = [(each["aboveInputTokens"], each["amount"]) for each in model["offeredPrices"]]
    assert len(shown) == offers.PRICES_MAX
    assert shown[:64] == [(tier, str(tier)) for tier in range(1, 65)]


def _input(amount: str, **rest: Any) -> PriceComponent:
    return PriceComponent(PriceMeter.INPUT, PriceUnit.TOKENS_1K, Decimal(amount), **rest)
