"""The database that a command works on: the one that DATABASE_URL names, or the embedded one."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from subprocess import SubprocessError
from typing import TYPE_CHECKING

from server.commands.failures import USAGE, Failure
from server.settings import Settings, setting_name

if TYPE_CHECKING:  # a command imports only what it needs: `registry --help` stays fast
    from archive.store import ArchiveStore
    from db.postgres.engine import Database


@contextmanager
def opened(settings: Settings) -> Iterator[str]:
    """The URL of a database that answers for as long as the block runs; raises Failure."""
    if settings.database_url is not None:
        require(settings.database_url)
        yield settings.database_url
        return
    with _embedded(settings) as url:
        yield url


def with_registry(act: "Callable[[Database, ArchiveStore], Awaitable[None]]") -> None:
    """Run `act` on the database and the cold storage of the settings; raises Failure."""
    import asyncio

    from archive.store import ArchiveStore
    from db.postgres.engine import Database

    settings = Settings()

    async def run(url: str) -> None:
        database = Database(url, settings.pool_limits)
        store = ArchiveStore(settings.archive_location, settings.archive_storage_class)
        try:
            await act(database, store)
        finally:
            store.close()
            await database.close()

    with opened(settings) as url:
        asyncio.run(run(url))


def require(url: str) -> None:
    """Raise Failure unless the database can be reached."""
    found = unready(url)
    if found and "does not answer" in found:
        raise Failure(f"DATABASE_URL: {found}")


def unready(url: str) -> str | None:
    """Why the database cannot serve this code; None when it can."""
    import asyncio

    from db.postgres.engine import Database
    from server.ops import health

    async def reason() -> str | None:
        database = Database(url)
        try:
            return await health.unready(database)
        finally:
            await database.close()

    return asyncio.run(reason())


@contextmanager
def _embedded(settings: Settings) -> Iterator[str]:
    from db.postgres import embedded

    started = False
    try:
        with embedded.running(settings.data_dir) as url:
            started = True
            yield url
    except (OSError, SubprocessError, RuntimeError) as error:
        if started:
            raise
        place = f"{setting_name('data_dir')}: no PostgreSQL can run in {settings.data_dir}"
        raise Failure(f"{place}: {error}", USAGE) from error
