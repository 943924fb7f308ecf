"""What a server loads after its start, so that the first responses need not wait for it.

It is loaded in a thread, which leaves the event loop its turns. A request that needs it before
loads it itself.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from archive.store import ArchiveStore
from db.postgres.engine import Database
from server.settings import Settings

if TYPE_CHECKING:
    from types import ModuleType

PAUSE_S = 0.5  # after the start
JOB_CONNECTIONS_MAX = 4  # to the database: three in the pool, and one that listens for jobs
_STOP_S = 8  # a stop waits this long for a job and for a connection; the next period repeats it


async def load(*parts: Callable[[], object]) -> None:
    """Call each in a thread, one after the other, when the server has begun to answer."""
    await asyncio.sleep(PAUSE_S)
    for part in parts:
        await asyncio.to_thread(part)


@asynccontextmanager
async def jobs_running(
    settings: Settings, database: Database, store: ArchiveStore, session_url: str
) -> AsyncIterator[None]:
    """Run background jobs while the block runs, if the settings say so."""

    async def run() -> None:
        await asyncio.sleep(PAUSE_S)
        jobs = await asyncio.to_thread(_jobs)
        queue = jobs.build(database, store, settings, session_url)
        await jobs.run(queue, can_listen=settings.can_listen)

    task = asyncio.create_task(run()) if settings.jobs else None
    try:
        yield
    finally:
        if task is not None:
            task.cancel()
            await asyncio.wait({task}, timeout=_STOP_S)


def _jobs() -> "ModuleType":
    from server.ops import jobs

    return jobs
