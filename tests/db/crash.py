"""Runs retention and kills its own process at a step: python -m tests.db.crash URL STORE STEP."""

import asyncio
import os
import signal
import sys

from archive.store import ArchiveStore
from db.postgres.engine import Database
from db.reads.retention_plan import RetentionScope
from db.writes import retention
from db.writes.archive import ArchivingStep


async def _run(url: str, store: str, step: str) -> None:
    def on_step(reached: ArchivingStep) -> None:
        if reached == step:
            os.kill(os.getpid(), signal.SIGKILL)

    database = Database(url)
    await retention.run(
        database, ArchiveStore(store), RetentionScope(), "crashing", on_step, concurrency=1
    )


if __name__ == "__main__":
    asyncio.run(_run(*sys.argv[1:]))
