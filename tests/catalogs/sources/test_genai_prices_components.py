"""Prices of genai-prices as components: tiers, variants, dates, and what has no meter."""

from datetime import UTC, date, time
from decimal import Decimal

from genai_prices import types

from catalogs.sources import genai_prices_components
from domain import prices
from domain.enums import PriceMeter, PriceUnit, PriceVariant
from domain.prices import PriceComponent


def _info(
    conditions: types.ModelPrice | list[types.ConditionalPrice],
    variants: list[types.PriceVariant] | None = None,
) -> types.ModelInfo:
    return types.ModelInfo(
        id="m", match=types.ClauseEquals("m"), prices=conditions, price_variants=variants
    )


def _price(**amounts: str | types.TieredPrices) -> types.ModelPrice:
    return types.ModelPrice(
        **{
            key: Decimal(value) if isinstance(value, str) else value
            for key, value in amounts.items()
        }
    )


def _component(
    meter: PriceMeter, amount: str, above: int = 0, unit: PriceUnit = PriceUnit.TOKENS_1K
) -> PriceComponent:
    return PriceComponent(meter, unit, Decimal(amount), above)


def _read(
    conditions: types.ModelPrice | list[types.ConditionalPrice],
    variants: list[types.PriceVariant] | None = None,
) -> tuple[dict[date | None, set[PriceComponent]], list[str]]:
    remarks: list[str] = []
    said = genai_prices_components.read(_info(conditions, variants), remarks)
    return {each.effective_from: set(each.components) for each in said}, remarks


def _day(day: int) -> types.StartDateConstraint:
    return types.StartDateConstraint(date(2026, 1, day))


def _inputs(found: dict[date | None, set[PriceComponent]]) -> dict[date | None, Decimal | None]:
    return {start: prices.columns(each)["input_per_1k"] for start, each in found.items()}


def test_every_tier_is_a_component() -> None:
    tiered = types.TieredPrices(Decimal(1), [types.Tier(200_000, Decimal(2))])
    found, remarks = _read(_price(input_mtok=tiered, output_mtok="5"))
    assert found == {
        None: {
            _component(PriceMeter.INPUT, "0.001"),
            _component(PriceMeter.INPUT, "0.002", 200_000),
            _component(PriceMeter.OUTPUT, "0.005"),
        }
    }
    assert remarks == []


def test_other_units_are_kept_by_the_unit_that_they_charge() -> None:
    found, remarks = _read(
        _price(
            requests_kcount="5",
            web_searches_kcount="10",
            audio_hours="0.36",
            input_document_kpages="1",
            input_mchars="16",
        )
    )
    assert found[None] == {
        _component(PriceMeter.REQUEST, "0.005", unit=PriceUnit.REQUEST),
        _component(PriceMeter.WEB_SEARCH, "0.01", unit=PriceUnit.QUERY),
        _component(PriceMeter.AUDIO_INPUT, "0.0001", unit=PriceUnit.SECOND),
        _component(PriceMeter.INPUT, "0.001", unit=PriceUnit.PAGE),
        _component(PriceMeter.INPUT, "0.016", unit=PriceUnit.CHARACTERS_1K),
    }
    assert remarks == []


def test_what_has_no_meter_is_named_once() -> None:
    first = types.ConditionalPrice(prices=_price(input_mtok="1", storage_searches_kcount="1"))
    second = types.ConditionalPrice(
        _day(2), prices=_price(input_mtok="2", storage_searches_kcount="1")
    )
    found, remarks = _read([first, second])
    assert _inputs(found) == {None: Decimal("0.001"), date(2026, 1, 2): Decimal("0.002")}
    assert remarks == ["priced in part: no meter for storage_searches_kcount"]


def test_a_later_condition_goes_before_an_earlier_one() -> None:
    conditions = [
        types.ConditionalPrice(prices=_price(input_mtok="1")),
        types.ConditionalPrice(_day(9), prices=_price(input_mtok="9")),
        types.ConditionalPrice(_day(5), prices=_price(input_mtok="5")),
    ]
    found, _ = _read(conditions)
    assert _inputs(found) == {None: Decimal("0.001"), date(2026, 1, 5): Decimal("0.005")}


def test_without_a_condition_that_holds_the_first_price_counts() -> None:
    found, _ = _read([types.ConditionalPrice(_day(5), prices=_price(input_mtok="5"))])
    assert _inputs(found) == {None: Decimal("0.005")}


def test_a_model_that_becomes_priced_has_no_price_before() -> None:
    conditions = [
        types.ConditionalPrice(prices=_price()),
        types.ConditionalPrice(_day(5), prices=_price(input_mtok="5")),
    ]
    found, _ = _read(conditions)
    assert _inputs(found) == {date(2026, 1, 5): Decimal("0.005")}


def test_of_the_times_of_a_day_the_highest_price_is_taken() -> None:
    night = types.TimeOfDateConstraint(time(1, tzinfo=UTC), time(4, tzinfo=UTC))
    conditions = [
        types.ConditionalPrice(prices=_price(input_mtok="1", output_mtok="8")),
        types.ConditionalPrice(night, prices=_price(input_mtok="2", output_mtok="4")),
    ]
    found, remarks = _read(conditions)
    assert found[None] == {
        _component(PriceMeter.INPUT, "0.002"),
        _component(PriceMeter.OUTPUT, "0.008"),
    }
    assert remarks == ["the price depends on the time of the day: the highest is taken"]


def test_variants_hold_from_their_start() -> None:
    batch = types.PriceVariant({"processing": "batch"}, _price(input_mtok="0.5"), _day(3))
    found, remarks = _read(_price(input_mtok="1"), [batch])
    cheaper = _component(PriceMeter.INPUT, "0.0005")._replace(variant=PriceVariant.BATCH)
    assert found == {
        None: {_component(PriceMeter.INPUT, "0.001")},
        date(2026, 1, 3): {_component(PriceMeter.INPUT, "0.001"), cheaper},
    }
    assert remarks == []


def test_the_first_of_several_variants_that_hold_decides() -> None:
    later = types.PriceVariant({"processing": "batch"}, _price(input_mtok="3"), _day(3))
    earlier = types.PriceVariant({"processing": "batch"}, _price(input_mtok="2"))
    found, remarks = _read(_price(input_mtok="1"), [later, earlier])
    batch = {
        start: {each.amount for each in priced if each.variant is PriceVariant.BATCH}
        for start, priced in found.items()
    }
    assert batch == {None: {Decimal("0.002")}, date(2026, 1, 3): {Decimal("0.003")}}
    assert remarks == []


def test_a_variant_that_the_registry_does_not_know_is_named() -> None:
    route = types.PriceVariant({"route": "eu"}, _price(input_mtok="2"))
    other = types.PriceVariant({"service_tier": "default"}, _price(input_mtok="3"))
    found, remarks = _read(_price(input_mtok="1"), [route, other])
    assert found == {None: {_component(PriceMeter.INPUT, "0.001")}}
    assert remarks == [
        "priced in part: no variant for calls with route=eu",
        "priced in part: the price of the tier default is left out",
    ]


def test_the_tier_default_repeats_the_standard_price() -> None:
    same = types.PriceVariant({"service_tier": "default"}, _price(input_mtok="1"))
    assert _read(_price(input_mtok="1"), [same]) == _read(_price(input_mtok="1"))


def test_a_free_model_costs_nothing_and_an_unpriced_one_has_no_price() -> None:
    assert _inputs(_read(_price(input_mtok="0"))[0]) == {None: Decimal(0)}
    assert _read(_price())[0] == {}
