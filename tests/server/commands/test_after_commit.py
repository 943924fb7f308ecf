"""What follows a commit and fails is told as what it is, and not as the failure of the whole."""

import json
from pathlib import Path

import psycopg
import pytest

from db.postgres.engine import Database
from tests import factories
from tests.server.commands.processes import registry
from tests.server.commands.test_commands import model_count, serving
from tests.server.wire import held

_SOON = {"REGISTRY_STATEMENT_TIMEOUT_MS": "1000"}  # a statement that waits for a lock ends soon
_PRICES = "lowest_prices IN ACCESS EXCLUSIVE MODE"
# As VACUUM and CREATE INDEX CONCURRENTLY hold it: ANALYZE waits for them, writes do not.
_STATISTICS = "catalog_values IN SHARE UPDATE EXCLUSIVE MODE"
_WHO_DOES_IT = {
    _PRICES: "the job refresh_prices of a server or of `registry worker` tries each minute",
    "lowest_prices_state IN ACCESS EXCLUSIVE MODE": "the job refresh_prices of a server",
    _STATISTICS: "autovacuum does it within minutes, `registry psql -- -c ANALYZE` at once",
}

_REFUSE_PRICES = """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'no prices'; END $$;
    CREATE TRIGGER refuse BEFORE INSERT ON prices FOR EACH ROW EXECUTE FUNCTION refuse()
"""

# ANALYZE takes 0.7 s for each model: it computes the values of an index.
_SLOW_STATISTICS = """
    CREATE FUNCTION slowly(name text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_sleep(0.7); RETURN name; END $$;
    CREATE INDEX ON models (slowly(name))
"""


def _two_models(folder: Path) -> str:
    """The path of a catalog."""
    file = folder / "map.json"
    priced = {"litellm_provider": "acme", "mode": "chat", "input_cost_per_token": 1e-6}
    file.write_text(json.dumps({"acme/m-1": priced, "acme/m-2": priced}))
    return str(file)


def _figure(url: str, query: str) -> int:
    with psycopg.connect(url) as connection:
        ((figure,),) = connection.execute(query).fetchall()
    return int(figure)


@pytest.mark.parametrize("lock", _WHO_DOES_IT)
def test_an_import_is_reported_although_what_follows_it_is_held_up(
    database_url: str, tmp_path: Path, lock: str
) -> None:
    command = ("import", "litellm", _two_models(tmp_path))
    with held(database_url, lock):
        done = registry(*command, "--json", DATABASE_URL=database_url, **_SOON)
    assert (done.returncode, done.stderr.count("Warning: ")) == (0, 1), done.stderr
    report = json.loads(done.stdout)
    assert report["counts"]["binding"]["created"] == 2
    (warning,) = report["warnings"]
    assert f"Warning: {warning}\n" in done.stderr
    limit = "lock" if lock == _STATISTICS else "statement"
    assert f"(canceling statement due to {limit} timeout)" in warning
    assert _WHO_DOES_IT[lock] in warning
    # the other one was done
    query = "SELECT count(*) FROM lowest_prices WHERE holds_until > '-infinity'"
    kept = _figure(database_url, query)
    assert kept == (2 if lock == _STATISTICS else 0)
    again = registry(*command, "--json", DATABASE_URL=database_url)
    assert (again.returncode, again.stderr.count("Warning: ")) == (0, 0)
    assert not json.loads(again.stdout)["has_changes"]


def test_the_statistics_may_take_longer_than_any_statement(
    database_url: str, tmp_path: Path
) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(_SLOW_STATISTICS)
    done = registry("import", "litellm", _two_models(tmp_path), DATABASE_URL=database_url, **_SOON)
    assert (done.returncode, done.stderr.count("Warning: ")) == (0, 0), done.stderr
    assert _figure(database_url, "SELECT reltuples FROM pg_class WHERE relname = 'models'") == 2


def test_synthetic_data_is_reported_although_what_follows_it_is_held_up(database_url: str) -> None:
    command = ("import", "synthetic", "--models", "3", "--versions", "1", "--bindings", "1")
    with held(database_url, _PRICES):
        done = registry(*command, DATABASE_URL=database_url, **_SOON)
    assert (done.returncode, _WHO_DOES_IT[_PRICES] in done.stderr) == (0, True), done.stderr
    assert _figure(database_url, "SELECT count(*) FROM models") == 3


def test_a_first_start_serves_although_what_follows_its_import_is_held_up(
    database_url: str, tmp_path: Path
) -> None:
    given = {**_SOON, "REGISTRY_FIRST_CATALOG": "genai-prices", "DATABASE_URL": database_url}
    with held(database_url, _PRICES), serving(tmp_path, "--migrate", **given) as running:
        assert _WHO_DOES_IT[_PRICES] in running.output
        assert model_count(running.url) > 100


async def test_retention_that_stops_says_how_many_models_are_finished(
    db: Database, database_url: str, tmp_path: Path
) -> None:
    models = [await factories.model(db, retention_keep=1) for _ in range(2)]
    for model in models:
        for number in (1, 2):
            await factories.version(db, model, number=number, version=f"{number}.0.0")
    variables = {"DATABASE_URL": database_url, "REGISTRY_DATA_DIR": str(tmp_path)}
    command = ("retention", "apply", "--yes")
    with psycopg.connect(database_url) as connection:
        connection.execute("SELECT FROM models WHERE id = %s FOR UPDATE", [models[1].id])
        stopped = registry(*command, **variables, **_SOON)
        connection.rollback()
    assert stopped.returncode == 1
    assert stopped.stderr.splitlines()[-1] == (
        "Stopped after 1 of 2 models, which stay finished; a second run does the rest:"
        " canceling statement due to statement timeout"
    )
    archived = "SELECT count(*) FROM model_versions WHERE status = 'ARCHIVED'"
    assert _figure(database_url, archived) == 1
    assert "Archived 1 version," in registry(*command, **variables).stdout
    assert _figure(database_url, archived) == 2


async def test_restoring_that_stops_says_how_many_versions_are_restored(
    db: Database, database_url: str, tmp_path: Path
) -> None:
    model = await factories.model(db, name="old", retention_keep=1)
    versions = [await factories.version(db, model, number=n, version=f"{n}.0.0") for n in (1, 2, 3)]
    bindings = [await factories.binding(db, version) for version in versions[:2]]
    variables = {"DATABASE_URL": database_url, "REGISTRY_DATA_DIR": str(tmp_path)}
    assert registry("retention", "apply", "--yes", **variables).returncode == 0
    catalog = await factories.catalog(db)
    for binding in bindings:
        await factories.entry(db, catalog, binding)
    command = ("retention", "wrongly-archived")
    found = registry(*command, **variables).stdout.splitlines()[:2]
    first, last = (line.split(":")[0] for line in found)
    with psycopg.connect(database_url) as connection:
        query = "SELECT FROM model_versions WHERE version = %s FOR UPDATE"
        connection.execute(query, [last.split()[-1]])
        stopped = registry(*command, "--restore", **variables, **_SOON)
        connection.rollback()
    assert (stopped.returncode, stopped.stderr) == (
        1,
        "Stopped after restoring 1 version: canceling statement due to statement timeout\n",
    )
    restored = "SELECT count(*) FROM model_versions WHERE status = 'ACTIVE' AND version = '{}'"
    assert _figure(database_url, restored.format(first.split()[-1])) == 1


def test_synthetic_data_that_stops_says_how_much_is_there(
    database_url: str, tmp_path: Path
) -> None:
    command = ("import", "synthetic", "--models", "1", "--versions", "1", "--bindings", "1")
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(_REFUSE_PRICES)
        stopped = registry(*command, DATABASE_URL=database_url)
        connection.execute("DROP TRIGGER refuse ON prices")
    assert (stopped.returncode, stopped.stderr.splitlines()[-1]) == (
        1,
        "Stopped after 0 of 1 binding, which stay; the same command adds the rest: no prices",
    )
    assert registry(*command, DATABASE_URL=database_url).returncode == 0
