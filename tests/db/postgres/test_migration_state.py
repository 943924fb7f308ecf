"""The migration of a database is read without Alembic, with the same result."""

import pytest
from alembic.script import ScriptDirectory

from db.postgres import migrate, migration_state
from db.postgres.engine import Database


async def _current(url: str) -> migration_state.Migration | None:
    database = Database(url)
    try:
        return await migration_state.current(database.reader)
    finally:
        await database.close()


def _declared() -> str:
    """What the newest migration says."""
    script = ScriptDirectory("migrations").get_revision("head")
    return str(script.module.compatible_from)


def test_the_newest_migration_is_the_head() -> None:
    assert migration_state.head() == ScriptDirectory("migrations").get_current_head()


async def test_the_current_migration_is_read_from_the_database(empty_url: str) -> None:
    assert await _current(empty_url) is None
    migrate.upgrade(empty_url, "0002")
    assert await _current(empty_url) == ("0002", "0002")
    migrate.upgrade(empty_url)
    assert await _current(empty_url) == (migration_state.head(), _declared())
    migrate.downgrade(empty_url, "base")
    assert await _current(empty_url) is None


HEAD = migration_state.head()
NEXT, LAST = f"{int(HEAD) + 1:04}", f"{int(HEAD) - 1:04}"


@pytest.mark.parametrize(
    ("revision", "compatible_from", "fits", "problem"),
    [
        (HEAD, HEAD, True, ""),
        (NEXT, HEAD, True, ""),
        (NEXT, LAST, True, ""),
        (NEXT, NEXT, False, f"which needs a server of migration {NEXT} or newer; this one has"),
        (LAST, LAST, False, f"the database is at migration {LAST}, this server needs {HEAD}"),
    ],
)
def test_a_server_fits_its_migration_and_newer_ones_that_say_so(
    revision: str, compatible_from: str, fits: bool, problem: str
) -> None:
    migration = migration_state.Migration(revision, compatible_from)
    assert migration.fits is fits
    assert fits or problem in migration.problem
