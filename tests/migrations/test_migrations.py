"""The schema is the sum of its migrations, up and down."""

import asyncio
import re
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from multiprocessing import get_context

import psycopg
from alembic.script import ScriptDirectory

from db.postgres import migrate, migration_state
from tests.migrations.definitions import definitions, differences
from tests.server.cutting import proxied


def test_each_downgrade_undoes_its_upgrade(empty_url: str) -> None:
    """And the database that went down to nothing and up again is the same as before."""
    migrations = ScriptDirectory("migrations").walk_revisions()
    revisions = [migration.revision for migration in migrations][::-1]
    reached = {}
    for revision in revisions:
        migrate.upgrade(empty_url, revision)
        reached[revision] = definitions(empty_url)
    for revision, previous in pairwise(revisions[::-1]):
        migrate.downgrade(empty_url, previous)
        assert differences(reached[previous], definitions(empty_url)) == {}, revision
    migrate.downgrade(empty_url, "base")
    assert {name.split()[0] for name in definitions(empty_url)} == {"alembic_version"}
    migrate.upgrade(empty_url)
    assert differences(reached[revisions[-1]], definitions(empty_url)) == {}


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory("migrations").get_heads()) == 1


def test_processes_that_start_at_once_migrate_once(empty_url: str) -> None:
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        list(pool.map(migrate.upgrade, [empty_url] * 4))
    with psycopg.connect(empty_url) as connection:
        assert connection.execute("SELECT count(*) FROM registry_state").fetchone() == (1,)


async def test_a_connection_that_is_lost_after_the_migrations_is_no_failure(empty_url: str) -> None:
    """Its advisory lock goes with it."""
    async with proxied(empty_url) as proxy:
        proxy.cut_at = re.compile(rb"pg_advisory_unlock")
        await asyncio.to_thread(migrate.upgrade, proxy.url)
    with psycopg.connect(empty_url) as connection:
        query = "SELECT version_num FROM alembic_version"
        assert connection.execute(query).fetchone() == (migration_state.head(),)
