"""The database of a command: the one of DATABASE_URL, or the embedded PostgreSQL."""

from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing, contextmanager
from subprocess import SubprocessError
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from server.commands.counted import counted
from server.commands.failures import USAGE, Failure, warn_of
from server.setting_names import setting_name

if TYPE_CHECKING:  # a command imports only what it needs: `registry --help` stays fast
    from archive.store import ArchiveStore
    from db.postgres.engine import Database, PoolLimits
    from db.postgres.migration_state import Migration
    from server.settings import Settings

T = TypeVar("T")


@contextmanager
def connectable(settings: "Settings") -> Iterator[str]:
    """The URL of a database that answers; an embedded one runs while the block runs.

    Raises Failure.
    """
    if settings.database_url is not None:
        migration(settings.database_url, settings.pool_limits)
        yield settings.database_url
        return
    with _embedded(settings) as url:
        yield url


def with_registry(act: "Callable[[Database, ArchiveStore], Coroutine[Any, Any, T]]") -> T:
    """Run `act` with the database and the cold storage of the settings; raises Failure."""
    from archive.store import ArchiveStore, StoreUnavailable
    from server.commands import paths
    from server.settings import Settings

    settings = Settings()
    paths.check_archives(settings)
    store = ArchiveStore(settings.archive_location, settings.archive_storage_class)
    with connectable(settings) as url, closing(store):
        try:
            return with_database(url, lambda database: act(database, store), settings.pool_limits)
        except StoreUnavailable as error:
            raise Failure(f"{paths.archive_setting(settings)}: {error}") from error


def with_database(
    url: str,
    act: "Callable[[Database], Coroutine[Any, Any, T]]",
    limits: "PoolLimits",
) -> T:
    """Run `act` with the database of a URL."""
    import asyncio

    from db.postgres.engine import Database

    async def run() -> T:
        database = Database(url, limits)
        try:
            return await act(database)
        finally:
            await database.close()

    return asyncio.run(run())


def session_url(settings: "Settings", url: str) -> str:
    """The URL for what needs a session of its own, such as a migration; raises Failure."""
    if not settings.can_listen:
        raise Failure(
            f"{setting_name('listen_url')}: a migration needs a session of its own, which a pooler"
            " in transaction mode cannot give: set it to a URL of PostgreSQL itself",
            USAGE,
        )
    return settings.listen_url or url


def migration(url: str, limits: "PoolLimits") -> "Migration | None":
    """The migration of the database, None when it has none; raises Failure without an answer."""
    from db.postgres import poolers
    from server.errors import code_of
    from server.ops import health

    try:
        return with_database(url, health.current_migration, limits)
    except Exception as error:
        if poolers.refuses_options(error):
            hint = f"set {setting_name('pooler')} to its mode, transaction or session"
            line = f"{setting_name('database_url')} leads to a connection pooler: {hint}"
            raise Failure(line, USAGE) from error
        reason = f"the database does not answer: {code_of(error)}"
        raise Failure(f"{setting_name('database_url')}: {reason}") from error


def upgrade(url: str, revision: str = "head") -> None:
    """Migrate the database; raises Failure when rows or locks are in the way."""
    from db.postgres import migrate  # loads Alembic: 11 MB, which the process keeps

    try:
        migrate.upgrade(url, revision)
    except migrate.MigrationRefused as refusal:
        raise Failure(f"The database cannot be migrated: {refusal}") from refusal
    except migrate.MigrationEnded as end:
        raise Failure(f"The database was not migrated: {end}") from end


async def refresh_prices(database: "Database", before: "Migration | None") -> None:
    """Compute what a migration leaves to a job, and print a line; `before` it the database was so.

    Until then, lists of models by price may end with a timeout. Without a migration to do, only
    where no refresh has ended yet; a database that was empty has no models.
    """
    from db.postgres import migration_state
    from db.writes import lowest_prices

    if before is None:
        return
    is_upgraded = before.revision < migration_state.head()
    count, warning = await lowest_prices.refresh_now(database, if_waiting=not is_upgraded)
    if count:
        typer.echo(f"The lowest prices of {counted(count, 'model')} are computed.", err=True)
    if warning:
        warn_of([warning])


@contextmanager
def _embedded(settings: "Settings") -> Iterator[str]:
    from db.postgres import embedded

    is_running = False
    try:
        with embedded.running(settings.data_dir) as url:
            is_running = True
            yield url
    except (OSError, SubprocessError, RuntimeError) as error:
        if is_running:
            raise
        line = f"{setting_name('data_dir')}: no PostgreSQL can run in {settings.data_dir}: {error}"
        raise Failure(line, USAGE) from error
