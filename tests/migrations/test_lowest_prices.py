"""Commands that migrate compute the lowest prices, which migration 0027 leaves to a job."""

from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from db.postgres import migrate
from db.postgres.engine import Database
from db.writes import lowest_prices
from tests import factories
from tests.imports import rows
from tests.server.commands.processes import registry
from tests.server.commands.test_commands import serving

BEFORE = "0026"
_AMOUNTS = [Decimal("0.25"), Decimal("0.5"), None]  # of the models, lowest first
_LATER = "Warning: the lowest prices of models could not be refreshed"


@pytest.fixture
async def models(db: Database) -> None:
    """Two models with a price, and one without; none is kept."""
    await factories.model(db)
    for amount in _AMOUNTS[:2]:
        version = await factories.version(db, await factories.model(db))
        await factories.price(db, await factories.binding(db, version), str(amount))


@pytest.fixture
async def url(db: Database, database_url: str, models: None) -> str:
    """The registry as it was before the migration."""
    migrate.downgrade(database_url, BEFORE)
    return database_url


async def _is_fresh(db: Database) -> bool:
    """Whether there is nothing to do for a job, and what is kept is right."""
    kept = "SELECT input_per_1k FROM lowest_prices ORDER BY input_per_1k"
    found = [amount for (amount,) in await rows(db, kept)]
    return found == _AMOUNTS and await lowest_prices.refresh(db) == 0


async def test_migrate_computes_them(db: Database, url: str) -> None:
    done = registry("migrate", DATABASE_URL=url)
    assert (done.returncode, done.stderr) == (0, "The lowest prices of 3 models are computed.\n")
    assert await _is_fresh(db)
    again = registry("migrate", DATABASE_URL=url)
    assert (again.returncode, again.stderr) == (0, "")


async def test_serve_computes_them(db: Database, url: str, tmp_path: Path) -> None:
    variables = {"DATABASE_URL": url, "REGISTRY_JOBS": "false"}
    with serving(tmp_path, "--migrate", **variables) as running:
        assert "The lowest prices of 3 models are computed.\n" in running.output
        assert await _is_fresh(db)
    with serving(tmp_path, "--migrate", **variables) as running:
        assert "lowest prices" not in running.output


async def test_what_is_held_up_is_left_to_the_job_or_the_next_command(
    db: Database, url: str
) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("LOCK TABLE audit_events")  # the migration does not need it
        done = registry("migrate", DATABASE_URL=url, REGISTRY_STATEMENT_TIMEOUT_MS="1000")
        connection.rollback()
    assert (done.returncode, done.stdout.count("The database is at migration")) == (0, 1)
    assert done.stderr.startswith(f"{_LATER} (canceling statement due to statement timeout)")
    again = registry("migrate", DATABASE_URL=url)
    assert (again.returncode, again.stderr) == (0, "The lowest prices of 3 models are computed.\n")
    assert await _is_fresh(db)


async def test_without_a_migration_changes_are_left_to_the_job(
    db: Database, database_url: str, models: None
) -> None:
    await lowest_prices.refresh(db)
    await factories.model(db)
    done = registry("migrate", DATABASE_URL=database_url)
    assert (done.returncode, done.stderr) == (0, "")
    assert await lowest_prices.refresh(db) == 1


@pytest.mark.parametrize("arguments", [(BEFORE,), ("0025", "--down")])
def test_a_database_of_another_release_is_left_alone(url: str, arguments: tuple[str, ...]) -> None:
    done = registry("migrate", *arguments, DATABASE_URL=url)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_empty_database_has_nothing_to_compute(empty_url: str) -> None:
    done = registry("migrate", DATABASE_URL=empty_url)
    assert (done.returncode, done.stderr) == (0, "")
