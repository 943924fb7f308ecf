"""Reads the JSON of models.dev's API."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from catalogs.catalog import CatalogError
from catalogs.entry import Entry, SourceFile
from catalogs.sources import models_dev
from domain.enums import Capability, PriceMeter, PriceUnit, PriceVariant, TaskType
from domain.prices import PriceComponent

MODEL = {
    "id": "m-1",
    "name": "M 1",
    "tool_call": True,
    "reasoning": False,
    "modalities": {"input": ["text", "image", "pdf"], "output": ["text"]},
    "release_date": "2026-03-19",
    "limit": {"context": 200_000, "output": 64_000},
    "cost": {"input": 3, "output": 15, "cache_read": 0.3},
}
PROVIDER = {"id": "acme", "name": "Acme", "api": "https://acme.example/v1"}


def _read(models: Any, strict: bool = False, **provider: Any) -> SourceFile:
    document = {"acme": {**PROVIDER, **provider, "models": models}}
    return models_dev.from_content(json.dumps(document).encode(), "api.json", strict)


def _one(**fields: Any) -> Entry:
    (entry,) = _read({"m-1": {**MODEL, **fields}}).entries
    return entry


def _components(**fields: Any) -> tuple[PriceComponent, ...]:
    return _one(**fields).said.prices[0].components


def _token(meter: PriceMeter, amount: str, above: int = 0, **variant: Any) -> PriceComponent:
    return PriceComponent(meter, PriceUnit.TOKENS_1K, Decimal(amount), above, **variant)


def test_a_model_says_what_its_fields_say() -> None:
    entry = _one()
    assert (entry.key, entry.provider, entry.provider_model_id) == ("acme/m-1", "acme", "m-1")
    said = entry.said
    assert (said.context_window, said.max_output_tokens) == (200_000, 64_000)
    assert set(said.capabilities or ()) == {
        Capability.TOOLS,
        Capability.VISION,
        Capability.PDF_INPUT,
        Capability.PROMPT_CACHING,
    }
    assert (said.released_on, said.deprecated) == (date(2026, 3, 19), False)
    assert (said.provider_name, said.api_base) == ("Acme", "https://acme.example/v1")
    assert (said.docs_url, said.task, said.sunset_on) == (None, None, None)


def test_prices_are_for_a_million_tokens() -> None:
    assert set(_components()) == {
        _token(PriceMeter.INPUT, "0.003"),
        _token(PriceMeter.OUTPUT, "0.015"),
        _token(PriceMeter.CACHE_READ, "0.0003"),
    }


def test_tiers_are_those_of_the_context() -> None:
    tiers = [{"tier": {"size": 200_000, "type": "context"}, "input": 6}]
    priced = {
        _token(PriceMeter.INPUT, "0.003"),
        _token(PriceMeter.INPUT, "0.006", above=200_000),
    }
    assert set(_components(cost={"input": 3, "tiers": tiers})) == priced
    assert set(_components(cost={"input": 3, "context_over_200k": {"input": 6}})) == priced


def test_a_mode_is_a_variant_by_what_is_sent() -> None:
    def modes(body: dict[str, str]) -> dict[str, Any]:
        return {"modes": {"fast": {"cost": {"input": 9}, "provider": {"body": body}}}}

    fast = _components(experimental=modes({"speed": "fast"}))
    priority = _components(experimental=modes({"service_tier": "priority"}))
    assert _token(PriceMeter.INPUT, "0.009", variant=PriceVariant.FAST) in fast
    assert _token(PriceMeter.INPUT, "0.009", variant=PriceVariant.PRIORITY) in priority


def test_a_price_without_a_meter_has_a_remark() -> None:
    file = _read({"m-1": {**MODEL, "cost": {"input": 1, "citation": 2}}})
    assert [remark.reason for remark in file.partial] == [
        "priced in part: cost.citation: no meter for it"
    ]


@pytest.mark.parametrize("cost", [None, {}])
def test_no_cost_is_an_unknown_price(cost: Any) -> None:
    assert _one(cost=cost).said.prices == ()


def test_free_is_0() -> None:
    assert _components(cost={"input": 0}) == (_token(PriceMeter.INPUT, "0"),)


@pytest.mark.parametrize(
    "fields",
    [
        {"cost": {"input": -1}},
        {"cost": {"input": True}},
        {"cost": []},
        {"cost": {"tiers": [{"input": 1}]}},
        {"cost": {"tiers": "200k"}},
        {"cost": {"context_over_200k": 5}},
        {"experimental": {"modes": {"fast": 1}}},
    ],
)
def test_a_model_whose_price_is_not_understood_is_skipped(fields: dict[str, Any]) -> None:
    models = {"good": MODEL, "bad": {**MODEL, **fields}}
    file = _read(models)
    assert [entry.key for entry in file.entries] == ["acme/good"]
    assert [skipped.entry for skipped in file.skipped] == ["acme/bad"]
    with pytest.raises(CatalogError, match="acme/bad"):
        _read(models, strict=True)


@pytest.mark.parametrize(
    ("fields", "task"),
    [
        ({"modalities": {"input": ["text"], "output": ["image"]}}, TaskType.IMAGE_GENERATION),
        ({"modalities": {"input": ["text"], "output": ["video"]}}, TaskType.VIDEO_GENERATION),
        ({"modalities": {"input": ["text"], "output": ["audio"]}}, TaskType.TEXT_TO_SPEECH),
        ({"modalities": {"input": ["text"], "output": ["text", "audio"]}}, None),
    ],
)
def test_the_task_is_said_where_the_answer_says_it(fields: Any, task: TaskType | None) -> None:
    assert _one(**fields).said.task is task


def test_a_model_that_says_nothing_of_itself_has_unknown_capabilities() -> None:
    (entry,) = _read({"m-1": {"id": "m-1"}}).entries
    assert entry.said.capabilities is None
    (entry,) = _read({"m-1": {"id": "m-1", "tool_call": False}}).entries
    assert entry.said.capabilities == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("release_date", "2026-01"),
        ("limit", 5),
        ("modalities", {"input": 5}),
        ("tool_call", "perhaps"),
        ("status", 5),
    ],
)
def test_a_value_that_is_not_clear_is_left_out_with_a_remark(name: str, value: Any) -> None:
    file = _read({"m-1": {**MODEL, name: value}})
    assert [entry.key for entry in file.entries] == ["acme/m-1"]
    assert len(file.partial) == 1


def test_an_address_with_variables_is_left_out_with_a_remark() -> None:
    file = _read({"m-1": MODEL}, api="${ACME_URL}/v1", doc="no url")
    assert (file.entries[0].said.api_base, file.entries[0].said.docs_url) == (None, None)
    assert [remark.entry for remark in file.partial] == ["acme", "acme"]


def test_the_status_says_whether_it_is_deprecated() -> None:
    statuses = [_one(status=status).said.deprecated for status in ("deprecated", "beta", None)]
    assert statuses == [True, False, False]


@pytest.mark.parametrize("provider", [None, [], {"id": "x"}, {"models": []}])
def test_a_provider_of_another_shape_is_skipped(provider: Any) -> None:
    document = {"acme": {**PROVIDER, "models": {"m-1": MODEL}}, "odd": provider}
    file = models_dev.from_content(json.dumps(document).encode(), None)
    assert [skipped.entry for skipped in file.skipped] == ["odd"]


def test_a_provider_without_a_slug_is_skipped() -> None:
    document = {"acme": {**PROVIDER, "models": {"m-1": MODEL}}, "???": {"models": {"m": MODEL}}}
    file = models_dev.from_content(json.dumps(document).encode(), None)
    assert [skipped.entry for skipped in file.skipped] == ["???"]


def test_repeated_keys_have_remarks() -> None:
    model = json.dumps(MODEL)
    text = f'{{"acme": {{"models": {{"m": {model}, "m": {model}}}}}, "acme": 5, "b": {{}}}}'
    text = text.replace('"acme": 5, ', "")
    file = models_dev.from_content(text.encode(), None)
    assert [remark.reason for remark in file.partial] == [
        "it has the model 'm' more than once: the last one is read"
    ]


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"acme/m": {"litellm_provider": "acme", "input_cost_per_token": 1}}, "LiteLLM"),
        ({"data": [{"id": "a/b", "pricing": {}}]}, "OpenRouter"),
        ([{"id": "acme", "models": []}], "genai-prices"),
        ({}, "no entries"),
        ({"acme": {"models": {}}}, "no entries"),
    ],
)
def test_a_file_without_an_entry_is_refused_by_its_format(document: Any, reason: str) -> None:
    with pytest.raises(CatalogError, match=reason):
        models_dev.from_content(json.dumps(document).encode(), None)
