"""Reads the catalog that ships with genai-prices."""

import hashlib
from pathlib import Path

import genai_prices.data
import pytest

from catalogs.entry import Entry, SourceFile
from catalogs.sources import genai_prices as source


@pytest.fixture(scope="module")
def file() -> SourceFile:
    return source.read(strict=True)


@pytest.fixture(scope="module")
def entries(file: SourceFile) -> dict[str, Entry]:
    return {entry.key: entry for entry in file.entries}


def test_the_file_is_the_module_with_the_data(file: SourceFile) -> None:
    content = Path(genai_prices.data.__file__).read_bytes()
    assert file.file_hash == hashlib.sha256(content).hexdigest()
    assert (file.catalog, file.precedence) == ("genai-prices", 10)
    assert file.url is not None
    assert file.url.startswith("https://pypi.org/project/genai-prices/")


def test_every_model_is_an_entry(entries: dict[str, Entry]) -> None:
    for provider in genai_prices.data.providers:
        for info in provider.models:
            entry = entries[f"{provider.id}/{info.id}"]
            assert entry.said.context_window == (info.context_window or None)
            assert entry.said.deprecated is bool(info.deprecated)


def test_exact_names_are_entries_once_whatever_their_case(entries: dict[str, Entry]) -> None:
    assert entries["openai/gpt-4o-2024-08-06"].said == entries["openai/gpt-4o"].said
    folded = [key.lower() for key in entries]
    assert len(folded) == len(set(folded))


def test_names_of_one_price_are_not_names_of_one_model(entries: dict[str, Entry]) -> None:
    assert "openai/gpt-5-codex" in entries
    assert {entry.same_as for entry in entries.values()} == {()}


def test_capabilities_are_unknown(entries: dict[str, Entry]) -> None:
    assert {entry.said.capabilities for entry in entries.values()} == {None}


def test_the_geography_of_bedrock_is_the_region(entries: dict[str, Entry]) -> None:
    regional = entries["aws/regional.anthropic.claude-opus-5"]
    american = entries["aws/us.anthropic.claude-opus-5"]
    assert (regional.provider_model_id, regional.region) == ("anthropic.claude-opus-5", None)
    assert (american.provider_model_id, american.region) == ("us.anthropic.claude-opus-5", "us")
    assert american.raw_name == regional.raw_name == "anthropic.claude-opus-5"


def test_a_batch_endpoint_comes_last(entries: dict[str, Entry]) -> None:
    batch = [entry for entry in entries.values() if entry.key.endswith(":batch")]
    assert {entry.said.priority for entry in batch} == {900}
    assert entries["openai/gpt-4o"].said.priority is None
