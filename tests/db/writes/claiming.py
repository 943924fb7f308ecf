"""Claims a trial in a loop: python -m tests.db.writes.claiming URL BINDING_ID SECONDS.

Prints when each claim that it got begins and ends, one a line.
"""

import asyncio
import sys
import time
from uuid import UUID

from db.postgres.engine import Database
from db.writes import circuits


async def _run(url: str, binding_id: UUID, seconds: float) -> None:
    database = Database(url)
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        async with database.write("claiming") as session:
            circuit = await circuits.lock(session, binding_id)
            trial = await circuits.claim_trial(session, circuit)
        if trial.claimed:
            sys.stdout.write(f"{circuit.now.isoformat()} {trial.until.isoformat()}\n")
    await database.close()


if __name__ == "__main__":
    asyncio.run(_run(sys.argv[1], UUID(sys.argv[2]), float(sys.argv[3])))
