"""A real PostgreSQL for the whole run; each test gets a database of its own, cloned in 8 ms."""

import logging
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from shutil import disk_usage
from tempfile import TemporaryDirectory

import psycopg
import pytest
from hypothesis import HealthCheck, settings

from archive.store import ArchiveStore
from db.postgres import embedded, migrate
from db.postgres.engine import Database
from tests.db.clones import cloned, named
from tests.graphql import GraphQL

_SCRATCH_BYTES_MIN = 4 * 2**30  # PostgreSQL keeps up to 1 GB of log, beside the databases

# Servers of the tests, and those that they start, apply no retention by themselves: at 03:00 UTC it
# would archive what a test has just made.
os.environ["REGISTRY_RETENTION_CRON"] = "0 0 29 2 *"

# By default an example fails after 200 ms, and a busy machine can take that for any of them.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")

# The files that take longest, the longest first: the measure is `pytest --durations 0`.
_LONG = (
    "server/dashboard/test_pages_operations.py",
    "server/dashboard/test_live.py",
    "server/dashboard/test_pages_model.py",
    "server/dashboard/test_pages_lists.py",
    "server/dashboard/test_pages.py",
    "project/test_recipe.py",
    "server/commands/test_commands.py",
    "floods/test_documents.py",
    "floods/test_http.py",
    "floods/test_sockets.py",
    "server/test_hidden_values.py",
    "examples/gateway/test_demo.py",
    "server/dashboard/test_pages_sign_in.py",
    "server/http/test_heads.py",
    "schema/test_differential.py",
    "server/ops/test_watchdog.py",
    "server/http/test_hosts.py",
    "resolvers/writing/test_bad_input.py",
    "server/ops/test_connections.py",
    "db/writes/test_circuit_processes.py",
    "server/http/test_graphiql_examples.py",
    "project/test_package.py",
    "server/execution/test_observed.py",
    "server/telemetry/test_processes.py",
    "bench/test_dashboard.py",
    "migrations/test_upgrade.py",
    "server/test_replicas.py",
    "server/access/test_matrix.py",
    "server/ops/test_drain.py",
    "server/test_database_frozen.py",
    "catalogs/importing/test_orders.py",
    "floods/test_wrong_tokens.py",
    "server/browser/test_browser.py",
    "schema/test_projection.py",
    "server/dashboard/test_pictures.py",
    "planner/test_differential.py",
    "bench/test_workers.py",
    "bench/test_scale.py",
    "bench/test_comparison.py",
    "bench/test_routed.py",
)


@pytest.fixture(autouse=True)
def leave_logging_alone() -> Iterator[None]:
    """A test that changes the logging of the process changes what later tests see."""

    def state() -> tuple[list[logging.Handler], int, list[logging.Filterer]]:
        kept = [
            each
            for each in logging.root.handlers
            if not type(each).__module__.startswith("_pytest")
        ]
        filtered = [each for each in logging.root.handlers if each.filters]
        return kept, logging.root.level, filtered

    before = state()
    yield
    assert state() == before


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores, as a test often waits for a process, a lock or a time."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Workers begin with the files that take longest, so that none is left alone with one of them.

    By itself pytest-xdist begins with those that have the most tests (--no-loadscope-reorder).
    """
    if hasattr(config, "workerinput"):
        tests = Counter(item.path for item in items)
        long = [Path(__file__).parent / name for name in _LONG]
        places = {path: place for place, path in enumerate(long)}
        items.sort(key=lambda item: (places.get(item.path, len(long)), -tests[item.path]))


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of the run's PostgreSQL; its data is thrown away, so it need not reach the disk.

    Not in pytest's own folder, which another run of pytest closes to PostgreSQL's user.
    """
    with (
        TemporaryDirectory(prefix="registry-tests-", dir=_scratch()) as folder,
        embedded.running(Path(folder)) as url,
    ):
        with psycopg.connect(url, autocommit=True) as connection:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute("SELECT pg_reload_conf()")
        yield url


def _scratch() -> Path | None:
    """Memory, where there is enough: a clone is 300 files, in half the time that a disk takes."""
    memory = Path("/dev/shm")  # the run's own folder is made in it
    has_room = memory.is_dir() and disk_usage(memory).free > _SCRATCH_BYTES_MIN
    return memory if has_room else None


@pytest.fixture(scope="session")
def template(postgres_url: str) -> str:
    """The name of a database that the real migrations made."""
    name = "template_migrated"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    migrate.upgrade(named(postgres_url, name))
    return name


@pytest.fixture
def empty_url(postgres_url: str) -> Iterator[str]:
    """The URL of an empty database, before any migration."""
    with cloned(postgres_url, "template0") as url:
        yield url


@pytest.fixture
def database_url(postgres_url: str, template: str) -> Iterator[str]:
    """The URL of a migrated, empty registry that is this test's own."""
    with cloned(postgres_url, template) as url:
        yield url


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """The test's registry, opened."""
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ArchiveStore]:
    """The test's cold storage, in a folder of its own."""
    store = ArchiveStore((tmp_path / "cold").as_uri())
    yield store
    store.close()


@pytest.fixture
def gql(db: Database, store: ArchiveStore) -> GraphQL:
    """Runs documents on the test's registry."""
    return GraphQL(db, store)
