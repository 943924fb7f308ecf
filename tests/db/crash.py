"""A run of retention that kills its process at a step: python -m tests.db.crash URL COLD STEP."""

import asyncio
import os
import signal
import sys

from db.changes import retention
from db.changes.archive import Step
from db.cold import Cold
from db.engine import Database
from db.retention import Scope


async def _run(url: str, cold: str, step: str) -> None:
    def watch(reached: Step) -> None:
        if reached == step:
            os.kill(os.getpid(), signal.SIGKILL)

    database = Database(url)
    await retention.run(database, Cold(cold), Scope(), "crashing", watch, at_once=1)


if __name__ == "__main__":
    asyncio.run(_run(*sys.argv[1:]))
