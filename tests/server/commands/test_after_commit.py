"""What follows a commit and fails is told as what it is, and not as the failure of the whole."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.server.commands.processes import registry
from tests.server.commands.test_commands import model_count, serving

_SOON = {"REGISTRY_STATEMENT_TIMEOUT_MS": "1000"}  # a statement that waits for a lock ends soon
_PRICES = "lowest_prices IN ACCESS EXCLUSIVE MODE"
# As VACUUM and CREATE INDEX CONCURRENTLY hold it: ANALYZE waits for them, writes do not.
_STATISTICS = "catalog_values IN SHARE UPDATE EXCLUSIVE MODE"
_WHO_DOES_IT = {
    _PRICES: "the job refresh_prices of a server or of `registry worker` does it each minute",
    "lowest_prices_state IN ACCESS EXCLUSIVE MODE": "the job refresh_prices of a server",
    _STATISTICS: "autovacuum does it within minutes, `registry psql -- -c ANALYZE` at once",
}


@contextmanager
def _locked(url: str, lock: str) -> Iterator[None]:
    with psycopg.connect(url) as connection:
        connection.execute(f"LOCK TABLE {lock}")
        yield
        connection.rollback()


def _figure(url: str, query: str) -> int:
    with psycopg.connect(url) as connection:
        ((figure,),) = connection.execute(query).fetchall()
    return int(figure)


@pytest.mark.parametrize("lock", _WHO_DOES_IT)
def test_an_import_is_reported_although_what_follows_it_is_held_up(
    database_url: str, tmp_path: Path, lock: str
) -> None:
    file = tmp_path / "map.json"
    priced = {"litellm_provider": "acme", "mode": "chat", "input_cost_per_token": 1e-6}
    file.write_text(json.dumps({"acme/m-1": priced, "acme/m-2": priced}))
    command = ("import", "litellm", str(file))
    with _locked(database_url, lock):
        done = registry(*command, "--json", DATABASE_URL=database_url, **_SOON)
    assert (done.returncode, done.stderr.count("Warning: ")) == (0, 1), done.stderr
    report = json.loads(done.stdout)
    assert report["counts"]["binding"]["created"] == 2
    (warning,) = report["warnings"]
    assert f"Warning: {warning}\n" in done.stderr
    assert "(canceling statement due to statement timeout)" in warning
    assert _WHO_DOES_IT[lock] in warning
    # the other one was done
    query = "SELECT count(*) FROM lowest_prices WHERE holds_until > '-infinity'"
    kept = _figure(database_url, query)
    assert kept == (2 if lock == _STATISTICS else 0)
    again = registry(*command, "--json", DATABASE_URL=database_url)
    assert (again.returncode, again.stderr.count("Warning: ")) == (0, 0)
    assert not json.loads(again.stdout)["has_changes"]


def test_synthetic_data_is_reported_although_what_follows_it_is_held_up(database_url: str) -> None:
    command = ("import", "synthetic", "--models", "3", "--versions", "1", "--bindings", "1")
    with _locked(database_url, _PRICES):
        done = registry(*command, DATABASE_URL=database_url, **_SOON)
    assert (done.returncode, _WHO_DOES_IT[_PRICES] in done.stderr) == (0, True), done.stderr
    assert _figure(database_url, "SELECT count(*) FROM models") == 3


def test_a_first_start_serves_although_what_follows_its_import_is_held_up(
    database_url: str, tmp_path: Path
) -> None:
    given = {**_SOON, "REGISTRY_FIRST_CATALOG": "genai-prices", "DATABASE_URL": database_url}
    with _locked(database_url, _PRICES), serving(tmp_path, "--migrate", **given) as running:
        assert _WHO_DOES_IT[_PRICES] in running.output
        assert model_count(running.url) > 100
