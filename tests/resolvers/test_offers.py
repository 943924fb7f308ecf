"""Model.offer: what providers offer of a model now."""

from datetime import date

from db.postgres.engine import Database
from domain.enums import BindingStatus
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
