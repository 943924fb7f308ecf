"""The readers agree with what is worked out independently of them."""

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

from catalogs.sources import litellm
from tests.catalogs.sources import actual, independent

MAP = Path(__file__).parents[1] / "litellm.json"
ENTRIES = {
    key: entry
    for key, entry in json.loads(MAP.read_text()).items()
    if "litellm_provider" in entry and not entry.get("supported_regions")
}


@pytest.fixture(scope="module")
def found() -> dict[str, dict[str, Any]]:
    return actual.of("litellm", Namespace(litellm=MAP, registry=None))


def test_real_entries_are_read_as_expected(found: dict[str, dict[str, Any]]) -> None:
    ignored = {remark.entry for remark in litellm.read(str(MAP)).ignored}
    entries = {key: entry for key, entry in ENTRIES.items() if key not in ignored}
    assert len(entries) > 30
    assert independent.differences(entries, independent.litellm, found) == []


def test_a_wrong_value_would_be_found(found: dict[str, dict[str, Any]]) -> None:
    entry = {**ENTRIES["gpt-4o-2024-08-06"], "input_cost_per_token": 1, "rpm": 7}
    wrong = independent.differences(
        {"gpt-4o-2024-08-06": entry, "gone": entry}, independent.litellm, found
    )
    assert len(wrong) == 3


def test_all_models_of_genai_prices_are_read_as_expected() -> None:
    found = actual.of("genai-prices", Namespace(registry=None))
    models = independent.genai_models()
    assert len(models) > 2000
    assert independent.differences(models, independent.genai, found) == []
