"""The migration of a database is read without Alembic, with the same result."""

from alembic.script import ScriptDirectory

from db.postgres import migrate, migration_state
from db.postgres.engine import Database


async def _current(url: str) -> str | None:
    database = Database(url)
    try:
        return await migration_state.current(database.reader)
    finally:
        await database.close()


def test_the_newest_migration_is_the_head() -> None:
    assert migration_state.head() == ScriptDirectory("migrations").get_current_head()


async def test_the_current_migration_is_read_from_the_database(empty_url: str) -> None:
    assert await _current(empty_url) is None
    migrate.upgrade(empty_url, "0002")
    assert await _current(empty_url) == "0002"
    migrate.downgrade(empty_url, "base")
    assert await _current(empty_url) is None
