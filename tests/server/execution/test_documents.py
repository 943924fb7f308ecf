"""Documents are parsed and validated once, and do not take more memory than allowed."""

import gc
import tracemalloc

import pytest
from graphql import build_schema, execute_sync

from server.errors import OperationRejected
from server.execution.documents import Documents
from server.settings import Settings

SCHEMA = build_schema("type Query { a(first: Int): Query  x: Int }")


def documents(**given: int) -> Documents:
    return Documents(SCHEMA, Settings(_env_file=None, **given))  # type: ignore[arg-type]  # ints


def test_the_same_text_is_prepared_once() -> None:
    kept = documents()
    assert kept.get("{ x }") is kept.get("{ x }")


def test_an_invalid_document_is_not_kept() -> None:
    kept = documents()
    assert kept.get("{ nope }").errors
    assert kept.size_bytes == 0
    with pytest.raises(OperationRejected):
        kept.get("{")


def test_the_least_recently_used_document_leaves_first() -> None:
    kept = documents(document_cache_bytes_max=5_000)
    first, second = kept.get("{ x }"), kept.get("{ a { x } }")
    assert kept.get("{ x }") is first
    kept.get("query Third { x }")
    assert kept.get("{ x }") is first
    assert kept.get("{ a { x } }") is not second
    assert kept.size_bytes <= 5_000


def test_kept_documents_take_the_memory_that_is_counted() -> None:
    kept = documents()
    fields = " ".join(f"f{number}: x" for number in range(20))
    texts = [f"query Q{number}($n: Int) {{ a(first: $n) {{ {fields} }} }}" for number in range(100)]
    documents().get(texts[0])  # makes what all share
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for text in texts:
            kept.get(text)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept.size_bytes == pytest.approx(after - before, rel=0.3)


def test_an_error_of_a_kept_document_knows_its_place() -> None:
    document = documents().get("{ a { x } }")
    result = execute_sync(SCHEMA, document.tree, {"a": ValueError("no")})
    assert result.errors
    assert result.errors[0].locations == [(1, 3)]


def test_the_cost_is_measured_again_for_other_page_sizes_only() -> None:
    settings = Settings(_env_file=None)
    operation = (
        documents().get("query($n: Int, $other: Int) { a(first: $n) { x } }").operation(None)
    )
    few = operation.cost(SCHEMA, {"n": 5, "other": 1}, settings)
    assert operation.cost(SCHEMA, {"n": 5, "other": 2}, settings) is few
    assert operation.cost(SCHEMA, {"n": 50}, settings).cost.nodes == 50
    assert operation.cost(SCHEMA, {}, settings).cost.nodes == 20
