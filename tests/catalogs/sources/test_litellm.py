"""Reads LiteLLM's price map: what is clear is read, all else is named."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from catalogs.catalog import CatalogError
from catalogs.entry import Entry, SourceFile
from catalogs.sources import litellm
from domain.enums import Capability, TaskType
from domain.prices import columns

GOOD = {
    "litellm_provider": "acme",
    "mode": "chat",
    "max_input_tokens": 8192,
    "input_cost_per_token": 1e-6,
    "output_cost_per_token": 2e-6,
}


def _read(document: Any, strict: bool = False) -> SourceFile:
    text = document if isinstance(document, str) else json.dumps(document)
    return litellm.from_content(text.encode(), "https://example.com/map.json", strict)


def _one(**fields: Any) -> Entry:
    (entry,) = _read({"acme/m-1": {**GOOD, **fields}}).entries
    return entry


def _remarks(**fields: Any) -> list[str]:
    return [reason for _, reason in _read({"acme/m-1": {**GOOD, **fields}}).partial]


def _base(entry: Entry) -> dict[str, Decimal | None]:
    return columns(entry.said.prices[0].components if entry.said.prices else ())


def _skipped(**fields: Any) -> list[tuple[str, str]]:
    """The skipped entries of a file that has a good one, too."""
    file = _read({"acme/good": GOOD, "acme/bad": {**GOOD, **fields}})
    assert [entry.key for entry in file.entries] == ["acme/good"]
    return [(skipped.entry, skipped.reason) for skipped in file.skipped]


def test_an_entry_says_what_its_fields_say() -> None:
    entry = _one(
        max_output_tokens=1024,
        deprecation_date="2027-03-01",
        rpm=60,
        tpm=90_000.0,
        supports_vision=True,
        supports_function_calling=False,
    )
    assert (entry.key, entry.provider, entry.provider_model_id) == ("acme/m-1", "acme", "m-1")
    assert (entry.region, entry.raw_name, entry.same_as) == (None, "m-1", ())
    said = entry.said
    assert (said.context_window, said.max_output_tokens) == (8192, 1024)
    assert (said.requests_per_minute, said.tokens_per_minute) == (60, 90_000)
    assert said.sunset_on == date(2027, 3, 1)
    assert said.capabilities == (Capability.VISION,)
    assert said.task is TaskType.CHAT
    assert (said.deprecated, said.released_on, said.priority) == (None, None, None)
    assert _base(entry)["input_per_1k"] == Decimal("0.001")
    assert said.prices[0].effective_from is None


def test_the_file_has_its_source_and_the_hash_of_its_content() -> None:
    file = litellm.from_content(b'{"acme/m-1": {"litellm_provider": "acme"}}', "map.json")
    assert (file.catalog, file.precedence, file.url) == ("litellm", 30, "map.json")
    assert file.file_hash == "8f93d637a0bc6f41f65e6b312b2943089a0ff283f03af98a2ee07bc2e3c8bcb5"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (-1, "input_cost_per_token is negative: -1"),
        ("-1e-6", "input_cost_per_token is negative: '-1e-6'"),
        (True, "input_cost_per_token is not a number: True"),
        ("free", "input_cost_per_token is not a number: 'free'"),
        ([], "input_cost_per_token is not a number: []"),
        (float("nan"), "input_cost_per_token is not a finite number"),
        (float("inf"), "input_cost_per_token is not a finite number"),
        (1e300, "input_cost_per_token is too large: 1E+300"),
    ],
)
def test_an_entry_with_a_price_that_is_none_is_skipped(value: Any, reason: str) -> None:
    assert _skipped(input_cost_per_token=value) == [("acme/bad", reason)]


@pytest.mark.parametrize("provider", ["???", "日本", "", None, 5])
def test_an_entry_without_a_provider_is_skipped(provider: Any) -> None:
    ((key, reason),) = _skipped(litellm_provider=provider)
    assert key == "acme/bad"
    assert "provider" in reason


@pytest.mark.parametrize("entry", [None, [], "text", 1, True])
def test_what_is_no_object_is_skipped(entry: Any) -> None:
    file = _read({"acme/good": GOOD, "acme/nothing": entry})
    assert [skipped.entry for skipped in file.skipped] == ["acme/nothing"]


def test_strict_refuses_a_file_with_a_skipped_entry() -> None:
    document = {"acme/good": GOOD, "acme/bad": {**GOOD, "input_cost_per_token": -1}}
    with pytest.raises(CatalogError, match=r"1 entry cannot be read: entry 'acme/bad'"):
        _read(document, strict=True)
    assert len(_read({"acme/good": GOOD}, strict=True).entries) == 1


def test_strict_accepts_entries_that_are_no_bindings() -> None:
    reserved = {"litellm_provider": "bedrock", "mode": "chat", "cost_per_second": 0.01}
    document = {
        "sample_spec": {"mode": "one of: chat"},
        "bedrock/eu-west-1/1-month-commitment/m-1": reserved,
        "openai/container": {**GOOD, "litellm_provider": "openai"},
        "together-ai-4.1b-8b": {**GOOD, "litellm_provider": "together_ai"},
        "acme/good": GOOD,
    }
    file = _read(document, strict=True)
    assert [ignored.entry for ignored in file.ignored] == list(document)[:-1]
    assert file.skipped == ()


def test_numbers_and_flags_may_be_text() -> None:
    entry = _one(
        input_cost_per_token="3e-07", max_input_tokens="128000", supports_vision="true", rpm=" 5 "
    )
    assert _base(entry)["input_per_1k"] == Decimal("0.0003")
    assert (entry.said.context_window, entry.said.requests_per_minute) == (128_000, 5)
    assert entry.said.capabilities == (Capability.VISION,)


@pytest.mark.parametrize(
    ("flags", "capabilities"),
    [
        ({}, None),
        ({"supports_vision": None}, None),
        ({"supports_system_messages": True}, None),
        ({"supports_vision": False}, ()),
        ({"supports_vision": None, "supports_reasoning": True}, (Capability.REASONING,)),
    ],
)
def test_unknown_capabilities_are_not_none(flags: dict[str, Any], capabilities: Any) -> None:
    assert _one(**flags).said.capabilities == capabilities


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("deprecation_date", "2026-05"),
        ("deprecation_date", "2026-02-30"),
        ("deprecation_date", 20260501),
        ("max_input_tokens", "many"),
        ("max_output_tokens", -1),
        ("max_output_tokens", 1.5),
        ("rpm", 10**12),
        ("supports_vision", "maybe"),
        ("supported_regions", "eu"),
        ("supported_regions", ["not a region"]),
        ("mode", 7),
    ],
)
def test_a_value_that_is_not_clear_is_left_out_with_a_remark(name: str, value: Any) -> None:
    (reason,) = _remarks(**{name: value})
    assert reason.startswith(name)
    file = _read({"acme/m-1": {**GOOD, name: value}})
    assert len(file.entries) == 1
    assert file.entries[0].region is None


def test_a_limit_of_0_is_unknown() -> None:
    assert _one(max_input_tokens=0, rpm=0).said.context_window is None


def test_each_region_is_an_entry_in_lower_case() -> None:
    file = _read({"acme/m-1": {**GOOD, "supported_regions": ["EU", "us", "eu"]}})
    assert [(entry.key, entry.region) for entry in file.entries] == [
        ("acme/m-1@eu", "eu"),
        ("acme/m-1@us", "us"),
    ]


def test_the_key_of_one_region_is_that_of_the_map() -> None:
    file = _read({"acme/m-1": {**GOOD, "supported_regions": ["US-EAST-1"]}})
    assert [(entry.key, entry.region) for entry in file.entries] == [("acme/m-1", "us-east-1")]
    assert _one(supported_regions=[]).region is None


@pytest.mark.parametrize(
    ("key", "provider", "model_id", "region", "raw_name"),
    [
        ("azure/eu/gpt-4o-2024-08-06", "azure", "gpt-4o-2024-08-06", "eu", "gpt-4o-2024-08-06"),
        ("us.amazon.nova-v1:0", "bedrock", "us.amazon.nova-v1:0", "us", "amazon.nova-v1:0"),
        ("OpenAI/gpt-4o", "openai", "gpt-4o", None, "gpt-4o"),
        ("fireworks_ai/accounts/a/models/m", "fireworks", "accounts/a/models/m", None,
         "accounts/a/models/m"),
    ],
)  # fmt: skip
def test_prefixes_of_provider_and_region_are_taken_off(
    key: str, provider: str, model_id: str, region: str | None, raw_name: str
) -> None:
    (entry,) = _read({key: {**GOOD, "litellm_provider": provider.upper()}}).entries
    assert (entry.provider, entry.provider_model_id) == (provider, model_id)
    assert (entry.region, entry.raw_name) == (region, raw_name)


def test_an_alias_is_an_entry_of_its_own_that_names_the_original() -> None:
    file = _read({"acme/omega-5": GOOD, "acme/omega-latest": {"alias_of": "acme/omega-5"}})
    original, alias = file.entries
    assert (alias.provider, alias.provider_model_id) == ("acme", "omega-latest")
    assert alias.same_as == ("omega-5",)
    assert alias.said == original.said


@pytest.mark.parametrize("target", ["acme/gone", "acme/loop", 5])
def test_an_alias_of_nothing_is_skipped(target: Any) -> None:
    file = _read({"acme/good": GOOD, "acme/loop": {"alias_of": target}})
    assert [skipped.entry for skipped in file.skipped] == ["acme/loop"]


def test_the_last_of_two_equal_keys_is_read_with_a_remark() -> None:
    first, last = (json.dumps({**GOOD, "input_cost_per_token": cost}) for cost in (1e-6, 9e-6))
    file = _read(f'{{"acme/m-1": {first}, "acme/m-1": {last}}}')
    assert _base(file.entries[0])["input_per_1k"] == Decimal("0.009")
    assert [(remark.entry, "more than once" in remark.reason) for remark in file.partial] == [
        ("acme/m-1", True)
    ]


def test_a_field_that_is_repeated_has_a_remark() -> None:
    file = _read('{"acme/m-1": {"litellm_provider": "acme", "rpm": 1, "rpm": 2}}')
    assert file.entries[0].said.requests_per_minute == 2
    assert file.partial[0].reason == "it has 'rpm' more than once: the last one is read"


def test_a_byte_order_mark_is_accepted() -> None:
    file = litellm.from_content(b"\xef\xbb\xbf" + json.dumps({"acme/m-1": GOOD}).encode(), None)
    assert len(file.entries) == 1


def test_two_prices_of_one_binding_are_reported() -> None:
    dearer = {**GOOD, "input_cost_per_token": 3e-6}
    file = _read({"acme/twice": GOOD, "twice": dearer, "acme/once": GOOD, "once": GOOD})
    assert len(file.entries) == 4
    ((key, reason),) = file.suspicious
    assert key == "twice"
    assert "acme/twice" in reason


def test_a_price_that_is_far_too_high_is_reported_and_kept() -> None:
    file = _read({"acme/dear": {**GOOD, "input_cost_per_token": 0.071}})
    assert _base(file.entries[0])["input_per_1k"] == 71
    ((key, reason),) = file.suspicious
    assert key == "acme/dear"
    assert "71" in reason


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"data": [{"id": "a/b", "pricing": {"prompt": "1"}}]}, "OpenRouter's list of models"),
        ({"acme": {"id": "acme", "models": {"m": {"id": "m"}}}}, "models.dev"),
        ([{"id": "acme", "models": [{"id": "m"}]}], "genai-prices"),
        ({}, "no entries"),
        ([], "not an object"),
        ({"acme/m": None}, "entry 'acme/m': the entry is not an object: None"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("\x00", "not JSON"),
    ],
)
def test_a_file_without_an_entry_is_refused_by_its_format(document: Any, reason: str) -> None:
    with pytest.raises(CatalogError, match=reason):
        _read(document)


def test_what_is_not_utf_8_is_refused() -> None:
    with pytest.raises(CatalogError, match="not JSON"):
        litellm.from_content(b"\xff\xfe{", None)
