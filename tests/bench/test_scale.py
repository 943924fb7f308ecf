"""`python -m bench.scale` from end to end, at a tiny size."""

import json
from pathlib import Path
from tempfile import mkdtemp

import pytest

from bench import scale

BINDINGS, IMPORTED = 800, 400


def test_a_tiny_database_is_filled_measured_and_removed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    # a short name: the path of PostgreSQL's socket has at most 107 bytes
    folder = Path(mkdtemp(prefix="registry-scale-"))
    scale.main(BINDINGS, IMPORTED, folder, 0.02, shared_buffers="32MB")
    results = json.loads(capsys.readouterr().out)
    assert not folder.exists()
    rows = {each["name"]: each["rows"] for each in results["sizes"]["tables"]}
    assert rows["provider_bindings"] == rows["prices"] == BINDINGS
    assert {name for name, read in results["reads"].items() if read["failures"]} == set()
    assert {name for name, write in results["writes"].items() if write["failures"]} == set()
    assert results["reads"]["StatsWhole"]["p50_ms"] > 0
    assert results["upkeep_s"]["last migration up"] > 0
    assert all(each["bytes"] for each in results["backups"].values())
