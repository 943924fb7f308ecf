"""Which migration a database is at is told without Alembic, and as Alembic tells it."""

import sqlalchemy as sa
from alembic.script import ScriptDirectory

from db.postgres import migrate, migration_state
from db.postgres.engine import sqlalchemy_url


def _current(url: str) -> str | None:
    engine = sa.create_engine(sqlalchemy_url(url), poolclass=sa.NullPool)
    with engine.connect() as connection:
        return migration_state.current(connection)


def test_the_newest_migration_is_the_head() -> None:
    assert migration_state.head() == ScriptDirectory("migrations").get_current_head()


def test_a_database_tells_where_it_is(empty_url: str) -> None:
    assert _current(empty_url) is None
    migrate.upgrade(empty_url, "0002")
    assert _current(empty_url) == "0002"
    migrate.downgrade(empty_url, "base")
    assert _current(empty_url) is None
