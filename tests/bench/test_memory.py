"""A worker's memory under mixed load, measured on a real server."""

from pathlib import Path

from bench import memory, operations
from bench.operations import Dialect


def test_memory_is_measured_before_and_after_the_load(filled_url: str, tmp_path: Path) -> None:
    first, last = memory.run(filled_url, 1, 8, 1, tmp_path)
    assert (first.after_s, last.after_s) == (0, 1)
    assert (first.requests, last.failures) == (0, 0)
    assert last.requests > 0
    assert min(first.largest_mb, last.largest_mb) > 10


def test_every_group_has_the_same_number_of_requests(tmp_path: Path) -> None:
    file = memory.mixed([["a"], ["b", "c"], ["d", "e", "f", "g"]], tmp_path)
    assert file.read_text().split() == ["a", "b", "d", "a", "c", "e", "a", "b", "f", "a", "c", "g"]


def test_variants_are_different_documents(filled_url: str) -> None:
    keys = operations.sample_keys(filled_url)
    cursors = {name: "cursor" for name, _ in keys.models}
    dialect = Dialect(operations.documents("registry"), True, cursors)
    assert len(set(memory.variants(dialect, keys, 40))) == 40
    assert all(" name7: name " in body for body in memory.variants(dialect, keys, 8)[7:])
