"""`registry import`: plans, exit codes, and reports."""

import json
import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.server.commands.processes import registry

_PRICED = {"litellm_provider": "acme", "mode": "chat", "input_cost_per_token": 1e-6}


@pytest.fixture
def map_file(tmp_path: Path) -> Path:
    return _write(tmp_path, {"acme/m-1": _PRICED, "acme/m-2": {**_PRICED, "max_input_tokens": 9}})


def _write(folder: Path, content: dict[str, Any]) -> Path:
    file = folder / "map.json"
    file.write_text(json.dumps(content))
    return file


def _run(url: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return registry("import", *map(str, arguments), DATABASE_URL=url)


def test_a_plan_exits_with_2_until_there_is_nothing_to_do(
    database_url: str, map_file: Path
) -> None:
    plan = _run(database_url, "litellm", map_file, "--plan")
    assert (plan.returncode, "nothing is changed" in plan.stdout) == (2, True)
    done = _run(database_url, "litellm", map_file, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["counts"]["binding"]["created"] == 2
    again = _run(database_url, "litellm", map_file, "--plan")
    assert (again.returncode, "There is nothing to do" in again.stdout) == (0, True)


def test_a_plan_is_the_drift_report(database_url: str, map_file: Path) -> None:
    _run(database_url, "litellm", map_file)
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE provider_bindings SET context_window = 7")
    changed = _write(map_file.parent, {"acme/m-2": {**_PRICED, "max_input_tokens": 8, "rpm": 5}})
    plan = _run(database_url, "litellm", changed, "--plan", "--json")
    report = json.loads(plan.stdout)
    assert plan.returncode == 2
    assert report["delisted"] == ["acme/m-1"]
    conflict = {"kind": "binding", "name": "acme/m-2", "field": "context_window"}
    assert report["conflicts"] == [{**conflict, "ours": 7, "theirs": 8}]
    change = {**conflict, "field": "requests_per_minute", "before": None, "after": 5}
    assert change in report["changed"]


def test_a_strict_import_refuses_what_it_cannot_read(database_url: str, tmp_path: Path) -> None:
    file = _write(tmp_path, {"a/m": _PRICED, "a/n": {**_PRICED, "input_cost_per_token": -1}})
    strict = _run(database_url, "litellm", file, "--strict")
    assert (strict.returncode, "Nothing was imported" in strict.stderr) == (1, True)
    assert _run(database_url, "litellm", file).returncode == 0


def test_models_dev_is_imported_from_a_file(database_url: str, tmp_path: Path) -> None:
    models = {"m-1": {"id": "m-1", "name": "M 1", "cost": {"input": 1, "output": 2}}}
    file = _write(tmp_path, {"acme": {"id": "acme", "name": "Acme", "models": models}})
    done = _run(database_url, "models-dev", file)
    assert done.returncode == 0, done.stderr
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT name FROM catalogs").fetchall() == [("models-dev",)]


def test_synthetic_data_is_no_catalog_and_is_added_once(database_url: str) -> None:
    sizes = ("--models", "3", "--versions", "2", "--bindings", "2")
    for _ in range(2):
        assert _run(database_url, "synthetic", *sizes).returncode == 0
    with psycopg.connect(database_url) as connection:
        for table, number in {
            "models": 3,
            "model_versions": 6,
            "prices": 12,
            "catalogs": 0,
        }.items():
            count = f"SELECT count(*) FROM {table}"
            assert connection.execute(count).fetchall() == [(number,)]


def test_a_report_has_whole_names_in_a_narrow_terminal(database_url: str, tmp_path: Path) -> None:
    names = [f"acme/a-model-with-a-long-name-{number}" for number in range(2)]
    _run(database_url, "litellm", _write(tmp_path, dict.fromkeys(names, _PRICED)))
    changed = {name: {**_PRICED, "max_input_tokens": 9} for name in names}
    plan = _run(database_url, "litellm", _write(tmp_path, changed), "--plan")
    assert "…" not in plan.stdout
