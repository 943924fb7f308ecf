"""The schema is the sum of its migrations, up and down."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import psycopg
from alembic.script import ScriptDirectory

from db.postgres import migrate


def _objects(url: str) -> list[tuple[str, str]]:
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT relname, relkind::text FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace ORDER BY 1"
        ).fetchall()


def test_up_down_up_ends_where_up_does(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    once = _objects(empty_url)
    migrate.downgrade(empty_url, "base")
    assert [name for name, _ in _objects(empty_url)] == ["alembic_version", "alembic_version_pkc"]
    migrate.upgrade(empty_url)
    assert _objects(empty_url) == once


def test_tables_and_migrations_agree(database_url: str) -> None:
    migrate.check(database_url)


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory("migrations").get_heads()) == 1


def test_processes_that_start_at_once_migrate_once(empty_url: str) -> None:
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        list(pool.map(migrate.upgrade, [empty_url] * 4))
    with psycopg.connect(empty_url) as connection:
        assert connection.execute("SELECT count(*) FROM registry_state").fetchone() == (1,)
