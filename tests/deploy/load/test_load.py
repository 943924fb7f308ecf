"""`make load`, for six seconds on a registry of its own."""

import csv
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def _make_load(*variables: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["make", "load", *variables], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_users_of_each_kind_load_a_registry_without_a_failure(tmp_path: Path) -> None:
    probe = _make_load("ARGS=--help")
    if probe.returncode:
        pytest.skip(f"the group `load` cannot be installed: {probe.stderr.strip()[-300:]}")
    done = _make_load("USERS=10", "TIME=6s", f"ARGS=--folder {tmp_path}")
    assert done.returncode == 0, done.stdout + done.stderr
    with (tmp_path / "load_stats.csv").open(newline="") as file:
        rows = {row["Name"]: row for row in csv.DictReader(file)}
    assert rows["Aggregated"]["Failure Count"] == "0"
    assert {"GraphiQL", "introspection", "gateway: fetch"} <= rows.keys()
    assert any(name.startswith("dashboard: ") for name in rows)
    assert int(rows["gateway: fetch"]["Request Count"]) > 5
    assert "requests a second" in (tmp_path / "load.svg").read_text("utf-8")
