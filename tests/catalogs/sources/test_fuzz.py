"""Whatever a file holds, a reader answers with entries and remarks, or refuses it in words."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogs import entry as stored
from catalogs.catalog import CatalogError
from catalogs.entry import Entry, SourceFile
from catalogs.sources import litellm, models_dev

FromContent = Callable[[bytes, str | None], SourceFile]
MAP = json.loads(Path(__file__).parents[1].joinpath("litellm.json").read_text())
API = {
    "acme": {
        "name": "Acme",
        "api": "https://acme.example/v1",
        "models": {
            "us.acme.m-1": {
                "tool_call": True,
                "modalities": {"input": ["text"], "output": ["text"]},
                "limit": {"context": 1000, "output": 100},
                "release_date": "2026-01-01",
                "cost": {
                    "input": 1,
                    "cache_read": 0.1,
                    "tiers": [{"tier": {"size": 1000, "type": "context"}, "input": 2}],
                    "context_over_200k": {"input": 2},
                },
                "experimental": {"modes": {"fast": {"cost": {"input": 3}, "provider": {}}}},
            }
        },
    }
}
NAMES = st.sampled_from(
    sorted({name for entry in MAP.values() for name in entry} | {*API["acme"], "alias_of", "cost"})
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["1e-6", "-1", "1e999", "true", "2026-02-30", "x" * 600, "\0", "日本", "a/b"]),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(NAMES, st.text(max_size=8)), inner, max_size=4),
    ),
    max_leaves=8,
)


def _read(from_content: FromContent, content: bytes) -> SourceFile | str:
    """The content, or the message that refuses it."""
    try:
        return from_content(content, None)
    except CatalogError as error:
        return str(error)


def _check(from_content: FromContent, content: bytes) -> None:
    file = _read(from_content, content)
    if isinstance(file, str):
        assert file.isprintable()
        return
    for entry in file.entries:
        _check_entry(entry)
    assert len({entry.key for entry in file.entries}) == len(file.entries)
    for remark in (*file.skipped, *file.ignored, *file.partial, *file.suspicious):
        assert remark.entry.isprintable()
        assert remark.reason.isprintable()


def _check_entry(entry: Entry) -> None:
    """It can be stored as JSON, and read again."""
    text = json.dumps(stored.to_json(entry), allow_nan=False)
    assert "\\u0000" not in text
    text.encode()
    assert stored.from_json(entry.key, json.loads(text)) == entry


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else ()
    inner = enumerate(value) if isinstance(value, list) else inner
    return [path, *(place for key, each in inner for place in _places(each, (*path, key)))]


def _with(document: Any, place: tuple[Any, ...], value: Any) -> Any:
    if not place:
        return value
    changed = copy.deepcopy(document)
    parent = changed
    for key in place[:-1]:
        parent = parent[key]
    parent[place[-1]] = value
    return changed


@pytest.mark.parametrize("from_content", [litellm.from_content, models_dev.from_content])
@given(document=VALUES)
@settings(max_examples=100)
def test_any_json(from_content: FromContent, document: Any) -> None:
    _check(from_content, json.dumps(document).encode())


@pytest.mark.parametrize("from_content", [litellm.from_content, models_dev.from_content])
@given(content=st.binary(max_size=64))
@settings(max_examples=100)
def test_any_bytes(from_content: FromContent, content: bytes) -> None:
    _check(from_content, content)


@given(data=st.data(), name=st.sampled_from(sorted(MAP)), value=VALUES)
@settings(max_examples=200)
def test_an_entry_of_litellm_with_one_value_changed(
    data: st.DataObject, name: str, value: Any
) -> None:
    document = {name: MAP[name], "acme/good": {"litellm_provider": "acme"}}
    place = data.draw(st.sampled_from(_places(document)))
    _check(litellm.from_content, json.dumps(_with(document, place, value)).encode())


@given(place=st.sampled_from(_places(API)), value=VALUES)
@settings(max_examples=200)
def test_a_model_of_models_dev_with_one_value_changed(place: tuple[Any, ...], value: Any) -> None:
    _check(models_dev.from_content, json.dumps(_with(API, place, value)).encode())
