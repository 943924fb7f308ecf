"""The read replicas of a process: opened from the settings, and followed while it serves."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from db.postgres.engine import Database
from db.reads import replica
from db.reads.data_version import ReadSource
from db.reads.replicas import Replicas
from server.ops import background
from server.settings import Settings


def replicas(settings: Settings, database: Database, primary: ReadSource) -> Replicas | None:
    """The replicas of the settings; None where there are none."""
    if not settings.replica_urls:
        return None
    limits = settings.pool_limits
    found = [replica.of(url, database, limits) for url in settings.replica_urls]
    return Replicas(primary, database, found, settings.replica_limits)


@asynccontextmanager
async def running(found: Replicas | None) -> AsyncIterator[None]:
    """Follow the replicas while the block runs, and close the connections to them."""
    if found is None:
        yield
        return
    try:
        async with background.running(found.run()):
            yield
    finally:
        await found.close()
