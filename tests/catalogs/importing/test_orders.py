"""The graph after several imports does not depend on their order, nor on that of the entries."""

import asyncio
import json
from datetime import date
from itertools import permutations
from random import Random
from typing import Any

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalogs.entry import Entry, SourceFile
from catalogs.sources import litellm, models_dev
from db.postgres.engine import Database
from domain.enums import Capability, TaskType
from tests.imports import entry, graph, import_file, source_file

_NAMES = (
    "gpt-4o",
    "GPT-4o",
    "gpt-4o-2024-05-13",
    "gpt-4o-2024-08-06",
    "gpt-4o-latest",
    "gpt-4o-mini",
    "deepseek-v3",
    "DeepSeek-V3-0324",
    "qwen-2.5-coder",
    "qwen2.5-coder",
    "m-0814",
)
_LITELLM = {
    "gpt-4o": {"litellm_provider": "openai", "input_cost_per_token": 3e-6, "max_input_tokens": 128},
    "gpt-4o-2024-08-06": {"litellm_provider": "openai", "input_cost_per_token": 2e-6},
    "azure/gpt-4o": {"litellm_provider": "azure", "mode": "chat", "supports_vision": True},
    "qwen2.5-coder": {"litellm_provider": "together_ai", "input_cost_per_token": 1e-6},
}
_MODELS_DEV = {
    "openai": {
        "id": "openai",
        "name": "OpenAI",
        "models": {
            "gpt-4o": {
                "id": "gpt-4o",
                "name": "GPT-4o",
                "release_date": "2024-05-13",
                "tool_call": True,
                "limit": {"context": 128_000, "output": 16_384},
                "cost": {"input": 2.5, "output": 10},
            },
            "gpt-4o-2024-05-13": {"id": "gpt-4o-2024-05-13", "name": "x", "cost": {"input": 5}},
        },
    },
    "togetherai": {
        "id": "togetherai",
        "name": "Together AI",
        "models": {"Qwen/Qwen-2.5-Coder": {"id": "Qwen/Qwen-2.5-Coder", "name": "Qwen 2.5 Coder"}},
    },
}
_THIRD = source_file(
    entry("gpt-4o", "openai", "0.0025", description="A model."),
    entry("gpt-4o-2024-11-20", "openai", "0.0025"),
    entry("qwen-2.5-coder", "together", "0.0008"),
)
_ENTRIES = st.builds(
    entry,
    st.sampled_from(_NAMES),
    st.sampled_from(("openai", "azure", "together")),
    st.sampled_from((None, "1", "2")),
    context_window=st.sampled_from((None, 100, 200)),
    capabilities=st.sampled_from((None, (), (Capability.TOOLS,))),
    deprecated=st.sampled_from((None, True, False)),
    task=st.sampled_from((None, TaskType.CHAT, TaskType.EMBEDDING)),
    released_on=st.sampled_from((None, date(2024, 3, 1))),
    description=st.sampled_from((None, "One.", "Two.")),
)
_FILES = st.lists(_ENTRIES, min_size=1, max_size=6, unique_by=lambda each: each.key)


def _real_shapes() -> dict[str, SourceFile]:
    return {
        "litellm": litellm.from_content(json.dumps(_LITELLM).encode(), None),
        "models-dev": models_dev.from_content(json.dumps(_MODELS_DEV).encode(), None),
        "third": _THIRD,
    }


async def _graph_of(url: str, files: list[SourceFile]) -> dict[str, list[str]]:
    db = Database(url)
    try:
        for file in files:
            await import_file(db, file)
        found = await graph(db)
        for file in files:
            assert not (await import_file(db, file)).has_changes
        assert await graph(db) == found
        return found
    finally:
        await db.close()


def _cleared(url: str) -> None:
    with psycopg.connect(url) as connection:
        for table in ("catalog_values", "catalog_entries", "catalogs", "models", "providers"):
            connection.execute(f"DELETE FROM {table}")


async def test_three_sources_in_six_orders_give_one_graph(database_url: str) -> None:
    files = _real_shapes()
    found = []
    for order in permutations(files):
        _cleared(database_url)
        found.append(await _graph_of(database_url, [files[name] for name in order]))
    assert len(found[0]["models"]) == 2
    assert len(found[0]["entries"]) == sum(len(file.entries) for file in files.values())
    for other in found[1:]:
        assert other == found[0]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(files=st.tuples(_FILES, _FILES, _FILES), seed=st.integers(0, 9))
def test_any_entries_in_any_order_give_one_graph(
    database_url: str, files: tuple[list[Entry], ...], seed: int
) -> None:
    random = Random(seed)
    named: list[tuple[str, list[Any]]] = list(zip(("first", "second", "third"), files, strict=True))
    found = []
    for _ in range(2):
        _cleared(database_url)
        made = [source_file(*entries, catalog=name) for name, entries in named]
        found.append(asyncio.run(_graph_of(database_url, made)))
        named = [(name, random.sample(entries, len(entries))) for name, entries in named]
        random.shuffle(named)
    assert found[0] == found[1]
