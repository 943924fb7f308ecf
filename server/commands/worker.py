"""`registry worker`: background jobs in a process of their own."""

import signal

from server.commands import databases
from server.commands.serve import stop_cleanly
from server.settings import Settings


def worker() -> None:
    """Run background jobs until stopped; servers with REGISTRY_JOBS=off leave them to it."""
    import asyncio
    from contextlib import suppress

    from archive.store import ArchiveStore
    from db.postgres.engine import Database
    from server.ops import jobs, logs

    settings = Settings()
    logs.configure(settings)
    stop_cleanly()

    async def run(url: str) -> None:
        database = Database(url, settings.pool_limits)
        store = ArchiveStore(settings.archive_location, settings.archive_storage_class)
        working = asyncio.create_task(jobs.work(jobs.build(database, store, settings, url)))
        for number in (signal.SIGINT, signal.SIGTERM):
            # an exception thrown into the loop would cancel the queue's own tasks one by one
            asyncio.get_running_loop().add_signal_handler(number, working.cancel)
        with suppress(asyncio.CancelledError):
            await working
        store.close()
        await database.close()

    with databases.opened(settings) as url:
        asyncio.run(run(url))
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # impatience must not cut the database's stop
