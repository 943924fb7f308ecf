"""Reads the genai-prices catalog from the installed wheel."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from genai_prices import types

from catalogs import genai_prices
from catalogs.catalog import Binding, Model
from catalogs.prices import EPOCH
from domain.enums import TaskType

LOW = types.ModelPrice(input_mtok=Decimal("1"), output_mtok=Decimal("2"))
HIGH = types.ModelPrice(input_mtok=Decimal("3"), output_mtok=Decimal("6"))
TIERED = types.ModelPrice(
    input_mtok=types.TieredPrices(Decimal("5"), [types.Tier(200_000, Decimal("10"))])
)
FROM_JUNE = types.StartDateConstraint(date(2025, 6, 1))
BY_DAY = types.TimeOfDateConstraint(time(1, tzinfo=UTC), time(9, tzinfo=UTC))


@pytest.fixture(scope="module")
def models() -> dict[str, Model]:
    return {model.name: model for model in genai_prices.read().models}


def _bindings(model: Model) -> list[Binding]:
    return [binding for version in model.versions for binding in version.bindings]


def _read(*prices: types.ConditionalPrice) -> list[tuple[datetime | None, Decimal | None]]:
    info = types.ModelInfo("m", types.ClauseEquals("m"), prices=list(prices))
    return [(p.effective_from, p.input_per_1k) for p in genai_prices._prices(info)]


def test_one_model_has_bindings_of_several_providers(models: dict[str, Model]) -> None:
    providers = {binding.provider for binding in _bindings(models["claude-sonnet-4-5"])}
    assert {"anthropic", "bedrock", "google", "openrouter"} <= providers
    assert {b.provider for b in _bindings(models["gpt-4o"])} >= {"openai", "openrouter"}


def test_match_clauses_give_dated_releases(models: dict[str, Model]) -> None:
    versions = {version.version: version for version in models["gpt-4o"].versions}
    assert {"1.0.0", "2024.5.13", "2024.8.6", "2024.11.20"} <= set(versions)
    names = {b.provider_model_id for b in versions["2024.8.6"].bindings if b.provider == "openai"}
    assert names == {"gpt-4o-2024-08-06"}


def test_prices_are_decimals_per_thousand_tokens(models: dict[str, Model]) -> None:
    binding = next(b for b in _bindings(models["gpt-4o"]) if b.provider_model_id == "gpt-4o")
    assert [type(price.input_per_1k) for price in binding.prices] in ([], [Decimal])
    openai = next(
        b
        for b in _bindings(models["gpt-4o"])
        if (b.provider, b.provider_model_id) == ("openai", "gpt-4o")
    )
    assert openai.prices[0].input_per_1k == Decimal("0.0025")


def test_tasks_are_derived_from_names(models: dict[str, Model]) -> None:
    assert models["text-embedding-3-large"].task is TaskType.EMBEDDING
    assert models["whisper-large-v3"].task is TaskType.SPEECH_TO_TEXT
    assert models["gpt-4o"].task is TaskType.CHAT


def test_a_price_before_the_first_date_takes_effect_at_the_epoch() -> None:
    assert _read(
        types.ConditionalPrice(prices=LOW),
        types.ConditionalPrice(FROM_JUNE, prices=HIGH),
    ) == [(EPOCH, Decimal("0.001")), (datetime(2025, 6, 1, tzinfo=UTC), Decimal("0.003"))]


def test_of_prices_by_time_of_day_the_highest_takes_effect_at_the_last_date() -> None:
    assert _read(
        types.ConditionalPrice(prices=LOW),
        types.ConditionalPrice(FROM_JUNE, prices=LOW),
        types.ConditionalPrice(BY_DAY, prices=HIGH),
    ) == [(EPOCH, Decimal("0.001")), (datetime(2025, 6, 1, tzinfo=UTC), Decimal("0.003"))]


def test_of_tiered_prices_the_base_tier_is_imported_and_without_token_prices_none() -> None:
    assert _read(types.ConditionalPrice(prices=TIERED)) == [(EPOCH, Decimal("0.005"))]
    assert _read(types.ConditionalPrice(prices=types.ModelPrice())) == []


def test_the_report_lists_prices_that_are_imported_in_part() -> None:
    reasons = {issue.reason for issue in genai_prices.read().partial}
    assert reasons == {
        "not priced by tokens: its price is unknown",
        "priced in tiers: the base tier is imported",
        "priced by time of day: the highest price is imported",
    }
