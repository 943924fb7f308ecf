"""`registry worker`: background jobs in a process of their own."""

from server.commands import databases
from server.commands.serve import stop_cleanly
from server.settings import Settings


def worker() -> None:
    """Run background jobs until stopped; servers with REGISTRY_JOBS=off leave them to it."""
    import asyncio

    from db.cold import Cold
    from db.engine import Database
    from server import jobs, logs

    settings = Settings()
    logs.configure(settings)
    stop_cleanly()

    async def run(url: str) -> None:
        database = Database(url, settings.pool_limits)
        cold = Cold(settings.cold_place, settings.cold_storage_class)
        try:
            await jobs.work(jobs.build(database, cold, settings, url))
        finally:
            cold.close()
            await database.close()

    with databases.opened(settings) as url:
        asyncio.run(run(url))
