"""The prices of LiteLLM's map: each key has its meter, or a remark says why it has none."""

from decimal import Decimal
from typing import Any

import pytest

from catalogs.sources import litellm_meters, litellm_prices
from catalogs.sources.values import Unreadable
from domain.enums import PriceMeter, PriceUnit, PriceVariant
from domain.prices import PriceComponent, columns

TOKENS = PriceUnit.TOKENS_1K


def _read(mode: str | None = "chat", **fields: Any) -> tuple[PriceComponent, ...]:
    remarks: list[str] = []
    found = litellm_prices.read(fields, mode, remarks)
    assert remarks == []
    return found


def _remarks(mode: str | None = "chat", **fields: Any) -> list[str]:
    remarks: list[str] = []
    litellm_prices.read(fields, mode, remarks)
    return remarks


def _component(
    meter: PriceMeter,
    amount: str,
    unit: PriceUnit = TOKENS,
    above: int = 0,
    variant: PriceVariant = PriceVariant.STANDARD,
) -> PriceComponent:
    return PriceComponent(meter, unit, Decimal(amount), above, variant)


@pytest.mark.parametrize(
    ("key", "component"),
    [
        ("input_cost_per_token", _component(PriceMeter.INPUT, "0.002")),
        ("input_cost_per_token_above_200k_tokens",
         _component(PriceMeter.INPUT, "0.002", above=200_000)),
        ("output_cost_per_token_batches",
         _component(PriceMeter.OUTPUT, "0.002", variant=PriceVariant.BATCH)),
        ("output_cost_per_token_above_272k_tokens_flex",
         _component(PriceMeter.OUTPUT, "0.002", above=272_000, variant=PriceVariant.FLEX)),
        ("cache_read_input_token_cost_priority",
         _component(PriceMeter.CACHE_READ, "0.002", variant=PriceVariant.PRIORITY)),
        ("cache_creation_input_token_cost_ultrafast",
         _component(PriceMeter.CACHE_WRITE, "0.002", variant=PriceVariant.FAST)),
        ("cache_creation_input_token_cost_above_1hr",
         _component(PriceMeter.CACHE_WRITE_1H, "0.002")),
        ("cache_creation_input_token_cost_above_1hr_above_200k_tokens",
         _component(PriceMeter.CACHE_WRITE_1H, "0.002", above=200_000)),
        ("input_cost_per_token_cache_hit", _component(PriceMeter.CACHE_READ, "0.002")),
        ("output_cost_per_reasoning_token", _component(PriceMeter.REASONING, "0.002")),
        ("input_cost_per_audio_token", _component(PriceMeter.AUDIO_INPUT, "0.002")),
        ("output_cost_per_image_token", _component(PriceMeter.IMAGE_OUTPUT, "0.002")),
        ("input_cost_per_character",
         _component(PriceMeter.INPUT, "0.002", PriceUnit.CHARACTERS_1K)),
        ("output_cost_per_image",
         _component(PriceMeter.IMAGE_OUTPUT, "0.000002", PriceUnit.IMAGE)),
        ("ocr_cost_per_page", _component(PriceMeter.INPUT, "0.000002", PriceUnit.PAGE)),
        ("input_cost_per_query", _component(PriceMeter.REQUEST, "0.000002", PriceUnit.QUERY)),
        ("input_cost_per_request", _component(PriceMeter.REQUEST, "0.000002", PriceUnit.REQUEST)),
        ("input_cost_per_video_per_second_above_128k_tokens",
         _component(PriceMeter.VIDEO_INPUT, "0.000002", PriceUnit.SECOND, above=128_000)),
    ],
)  # fmt: skip
def test_a_key_has_its_meter_unit_tier_and_variant(key: str, component: PriceComponent) -> None:
    assert _read(**{key: Decimal("0.000002")}) == (component,)


def test_a_price_of_images_or_audio_is_in_no_column_of_tokens() -> None:
    priced = _read(
        mode="image_generation",
        input_cost_per_image_token=Decimal("0.00001"),
        output_cost_per_image_token=Decimal("0.00004"),
        output_cost_per_audio_token=Decimal("0.00008"),
        output_cost_per_image=Decimal("0.04"),
    )
    assert len(priced) == 4
    assert set(columns(priced).values()) == {None}


def test_tiered_pricing_gives_a_tier_for_each_range() -> None:
    tiers = [
        {"range": [0, Decimal("256000.0")], "input_cost_per_token": Decimal("5e-8")},
        {"range": [256_000, 10**6], "input_cost_per_token": Decimal("2.5e-7")},
    ]
    assert _read(tiered_pricing=tiers) == (
        _component(PriceMeter.INPUT, "0.00005"),
        _component(PriceMeter.INPUT, "0.00025", above=256_000),
    )


@pytest.mark.parametrize(
    "tiers", ["text", [None], [{"range": 5}], [{"range": ["a", 1]}], [{"range": []}]]
)
def test_tiers_of_another_shape_are_not_understood(tiers: Any) -> None:
    with pytest.raises(Unreadable):
        _read(tiered_pricing=tiers)


def test_tiers_of_something_else_have_a_remark() -> None:
    tiers = [{"max_results_range": [0, 25], "input_cost_per_query": Decimal("0.005")}]
    assert len(_remarks(mode="search", tiered_pricing=tiers)) == 1


def test_zero_for_tokens_beside_another_price_is_no_price() -> None:
    zero = {"input_cost_per_token": 0, "output_cost_per_token": 0}
    priced = _read(mode="rerank", input_cost_per_query=Decimal("0.002"), **zero)
    assert priced == (_component(PriceMeter.REQUEST, "0.002", PriceUnit.QUERY),)
    assert len(_read(**zero)) == 2
    assert len(_read(input_cost_per_token=Decimal("1e-6"), output_cost_per_token=0)) == 2


def test_searches_are_priced_beside_free_tokens() -> None:
    size = {"search_context_size_low": Decimal("0.01"), "search_context_size_high": Decimal("0.01")}
    priced = _read(input_cost_per_token=0, search_context_cost_per_query=size)
    assert priced == (
        _component(PriceMeter.INPUT, "0"),
        _component(PriceMeter.WEB_SEARCH, "0.01", PriceUnit.QUERY),
    )


def test_searches_with_a_price_for_each_size_have_a_remark() -> None:
    sizes = {"search_context_size_low": Decimal("0.01"), "search_context_size_high": 1}
    assert len(_remarks(search_context_cost_per_query=sizes)) == 1


def test_images_that_are_made_may_have_their_price_under_input() -> None:
    amount = Decimal("0.04")
    made = _component(PriceMeter.IMAGE_OUTPUT, "0.04", PriceUnit.IMAGE)
    sent = _component(PriceMeter.IMAGE_INPUT, "0.04", PriceUnit.IMAGE)
    assert _read(mode="image_generation", input_cost_per_image=amount) == (made,)
    assert _read(mode="chat", input_cost_per_image=amount) == (sent,)
    both = {"input_cost_per_image": amount, "output_cost_per_image": amount}
    assert _read(mode="image_generation", **both) == (sent, made)


@pytest.mark.parametrize(("sent", "answered"), [("0.01", "0"), ("0", "0.01"), ("0.01", "0.01")])
def test_a_second_of_a_transcription_is_priced_once(sent: str, answered: str) -> None:
    priced = _read(
        mode="audio_transcription",
        input_cost_per_second=Decimal(sent),
        output_cost_per_second=Decimal(answered),
    )
    assert priced == (_component(PriceMeter.AUDIO_INPUT, "0.01", PriceUnit.SECOND),)


def test_two_prices_of_one_meter_keep_the_first_with_a_remark() -> None:
    fields = {"cache_read_input_token_cost": 1, "input_cost_per_token_cache_hit": 2}
    remarks: list[str] = []
    (kept,) = litellm_prices.read(fields, "chat", remarks)
    assert kept.amount == 1000
    assert len(remarks) == 1


@pytest.mark.parametrize(
    "key",
    [
        "input_cost_per_token_balanced",
        "cache_creation_input_token_cost_above_12hr_above_272k_tokens_flex",
        "output_cost_per_image_4K",
        "output_cost_per_second_720p",
        "input_cost_per_pixel",
        "cost_per_something_new",
        "brand_new_pricing",
    ],
)
def test_a_key_without_a_meter_has_a_remark(key: str) -> None:
    remarks: list[str] = []
    assert litellm_prices.read({key: Decimal("0.1")}, "chat", remarks) == ()
    (reason,) = remarks
    assert reason.startswith(f"priced in part: {key}: ")


@pytest.mark.parametrize("key", ["max_input_tokens", "supports_vision", "source", "metadata"])
def test_other_keys_are_no_prices(key: str) -> None:
    assert litellm_meters.meaning(key, "chat") is None


def test_a_price_in_units_of_databricks_repeats_the_one_in_dollars() -> None:
    units = {"input_dbu_cost_per_token": Decimal("1.4e-6")}
    assert len(_remarks(**units)) == 1
    assert len(_read(input_cost_per_token=Decimal("1e-7"), **units)) == 1


def test_a_price_below_the_smallest_unit_is_unknown_and_not_free() -> None:
    remarks: list[str] = []
    fields = {"input_cost_per_token": Decimal("1e-14"), "output_cost_per_token": Decimal("1e-13")}
    assert litellm_prices.read(fields, "chat", remarks) == (_component(PriceMeter.OUTPUT, "1e-10"),)
    (reason,) = remarks
    assert "unknown" in reason


def test_a_price_with_more_than_ten_decimals_is_rounded_with_a_remark() -> None:
    remarks: list[str] = []
    (kept,) = litellm_prices.read({"input_cost_per_token": Decimal("1e-7") / 3}, "chat", remarks)
    assert kept.amount == Decimal("0.0000333333")
    assert remarks == ["input_cost_per_token is rounded to ten decimals"]
