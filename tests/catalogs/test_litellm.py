"""Reads the LiteLLM price map; litellm.json holds real entries, one of every form."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from catalogs import litellm
from catalogs.catalog import Binding, CatalogError, Model
from domain.enums import Capability, TaskType

MAP = Path(__file__).with_name("litellm.json")
GOOD = {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1e-6}


@pytest.fixture(scope="module")
def models() -> dict[str, Model]:
    return {model.name: model for model in litellm.read(str(MAP)).models}


def _bindings(model: Model, version: str) -> dict[tuple[str, str | None], Binding]:
    [match] = [each for each in model.versions if each.version == version]
    return {(each.provider, each.region): each for each in match.bindings}


def _write(path: Path, document: Any) -> str:
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return str(path)


def test_one_model_has_its_versions_and_each_its_bindings(models: dict[str, Model]) -> None:
    versions = [version.version for version in models["gpt-4o"].versions]
    bindings = _bindings(models["gpt-4o"], "2024.8.6")
    assert sorted(versions) == ["1.0.0", "2024.11.20", "2024.8.6"]
    assert set(bindings) == {
        ("openai", None),
        ("azure", None),
        ("azure", "eu"),
        ("azure", "us"),
        ("azure", "global"),
        ("azure", "global-standard"),
    }
    assert bindings["azure", "eu"].provider_model_id == "gpt-4o-2024-08-06"


def test_prices_are_exact_decimals_per_thousand_tokens(models: dict[str, Model]) -> None:
    price = _bindings(models["gpt-4o"], "2024.8.6")["azure", "eu"].prices[0]
    assert price.input_per_1k == Decimal("0.00275")
    assert price.output_per_1k == Decimal("0.011")
    assert price.cache_read_per_1k == Decimal("0.001375")
    assert price.effective_from is None


def test_a_deprecation_date_is_the_sunset_of_the_binding_not_of_the_version(
    models: dict[str, Model],
) -> None:
    bindings = _bindings(models["claude-sonnet-4-5"], "2025.9.29")
    assert bindings["vertex-ai", None].sunset_on == date(2026, 9, 29)
    assert bindings["bedrock", "us"].sunset_on == date(2027, 4, 8)


def test_each_supported_region_gives_a_binding(models: dict[str, Model]) -> None:
    assert set(_bindings(models["deepseek-v3.1"], "1.0.0")) == {("vertex-ai", "us-central1")}


def test_mode_gives_the_task_and_supports_fields_give_the_capabilities(
    models: dict[str, Model],
) -> None:
    assert models["whisper-1"].task is TaskType.SPEECH_TO_TEXT
    assert models["text-embedding-3-small"].task is TaskType.EMBEDDING
    assert models["tavily-search"].task is TaskType.SEARCH
    facts = models["gpt-4o"].versions[0].facts
    assert facts.context_window == 128_000
    assert facts.capabilities is not None
    assert Capability.TOOLS in facts.capabilities
    assert Capability.REASONING not in facts.capabilities


def test_an_entry_without_a_price_per_token_has_no_price_instead_of_price_0(
    models: dict[str, Model],
) -> None:
    assert _bindings(models["rerank-v3.5"], "1.0.0")["cohere", None].prices == ()
    assert _bindings(models["whisper-1"], "1.0.0")["openai", None].prices == ()
    free = _bindings(models["llama-3.1"], "1.0.0")["ollama", None].prices[0]
    assert free.input_per_1k == 0


def test_of_tiered_pricing_the_first_tier_is_imported(models: dict[str, Model]) -> None:
    price = _bindings(models["qwen3-max"], "1.0.0")["dashscope", None].prices[0]
    assert price.input_per_1k == Decimal("0.0012")


def test_skipped_entries_have_a_reason() -> None:
    reasons = {issue.entry: issue.reason for issue in litellm.read(str(MAP)).skipped}
    assert reasons == {
        "sample_spec": "the example entry of the price map",
        "fallback_generalizations": "rules, not a model",
        "bedrock/us-east-1/1-month-commitment/anthropic.claude-v2:1": (
            "a price for reserved capacity, not for calls"
        ),
        "orphan-model": "no provider",
        "openai/!!!": "no canonical name can be made from its name",
        "deepseek/deepseek-flash": "the same binding as an earlier entry",
    }


def test_an_entry_whose_provider_gives_no_slug_is_skipped(tmp_path: Path) -> None:
    path = _write(tmp_path / "map.json", {"my-model": {**GOOD, "litellm_provider": "???"}})
    assert [issue.reason for issue in litellm.read(path).skipped] == ["no provider"]


def test_a_repeated_entry_counts_once() -> None:
    catalog = litellm.read(str(MAP))
    bindings = [b for m in catalog.models for v in m.versions for b in v.bindings]
    assert catalog.binding_count == len(bindings)
    assert {b.provider for b in bindings} == {p.slug for p in catalog.providers}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"input_cost_per_token": -1e-6}, "input_cost_per_token"),
        ({"output_cost_per_token": "0.1"}, "output_cost_per_token"),
        ({"output_cost_per_token": True}, "output_cost_per_token"),
        ({"output_cost_per_token": float("nan")}, "output_cost_per_token"),
        ({"cache_read_input_token_cost": float("inf")}, "cache_read_input_token_cost"),
        ({"output_cost_per_image": -0.5}, "output_cost_per_image"),
        ({"max_input_tokens": -1}, "max_input_tokens"),
        ({"max_input_tokens": 1.5}, "max_input_tokens"),
        ({"max_output_tokens": "8192"}, "max_output_tokens"),
        ({"max_output_tokens": 2**31}, "max_output_tokens"),
        ({"mode": 7}, "mode"),
        ({"litellm_provider": ["openai"]}, "litellm_provider"),
        ({"supports_vision": "yes"}, "supports_vision"),
        ({"deprecation_date": "soon"}, "deprecation_date"),
        ({"supported_regions": "eu"}, "supported_regions"),
        ({"supported_regions": ["EU West"]}, "supported_regions"),
        ({"tiered_pricing": [7]}, "tiered_pricing"),
    ],
)
def test_the_error_names_a_malformed_entry(
    tmp_path: Path, changed: dict[str, Any], field: str
) -> None:
    path = _write(tmp_path / "map.json", {"good": GOOD, "my-model": {**GOOD, **changed}})
    with pytest.raises(CatalogError, match=rf"entry 'my-model': {field} is not "):
        litellm.read(path)


@pytest.mark.parametrize("text", ["1e400", "1e999999999", "1e10"])
def test_the_error_names_an_entry_whose_price_is_too_large(tmp_path: Path, text: str) -> None:
    document = json.dumps({"my-model": GOOD}).replace("1e-06", text)
    with pytest.raises(CatalogError, match="entry 'my-model': input_cost_per_token"):
        litellm.read(_write(tmp_path / "map.json", document))


def test_the_error_names_an_entry_that_is_not_an_object(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="entry 'my-model' is not an object"):
        litellm.read(_write(tmp_path / "map.json", {"my-model": 3}))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[1]", "not a JSON object"),
        ("null", "not a JSON object"),
        ("[" * 200_000, "not JSON"),
    ],
)
def test_a_file_that_is_not_a_price_map_is_an_error(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(CatalogError, match=message):
        litellm.read(_write(tmp_path / "map.json", text))
