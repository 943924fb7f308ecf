"""Soak test: `python -m bench.soak --seconds 60 --clients 100`. Prints what it checked.

Clients create, update and delete at random through two server processes on one PostgreSQL. One
process is killed with SIGKILL half-way and started again. Then every guarantee is checked, see
tests/soak/soak.py. The exit code is 1 when one does not hold.
"""

import argparse
import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from db.postgres import embedded, migrate
from tests.soak.replay import Disagreement
from tests.soak.soak import Broken, Summary, soak


def main() -> int:
    """Run the soak test on a new PostgreSQL, which syncs to the disk like a real one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder, embedded.running(Path(folder)) as url:
        migrate.upgrade(url)
        try:
            summary = asyncio.run(soak(url, arguments.clients, arguments.seconds, arguments.seed))
        except (Broken, Disagreement) as broken:
            print(f"BROKEN: {broken}", file=sys.stderr)
            return 1
    _print(summary, arguments.clients)
    return 1 if summary.why["INTERNAL"] else 0


def _print(summary: Summary, clients: int) -> None:
    calls = sum(summary.outcomes.values())
    print(f"{clients} clients, 2 servers, one killed half-way, {summary.seconds:.0f} s")
    print(f"mutations       {calls} ({calls / summary.seconds:.0f} per second)")
    for outcome in ("done", "refused", "unknown"):
        print(f"  {outcome:<13} {summary.outcomes[outcome]}")
    print(f"  reasons       {dict(summary.why.most_common())}")
    print(f"replayed        {summary.rows['events']} events result in exactly the tables:")
    print(f"                { ({k: v for k, v in summary.rows.items() if k != 'events'}) }")
    print(f"journal         {summary.checked['calls']} calls are stored as their clients saw them")
    numbers = summary.checked["numbers"]
    print(f"numbers         {numbers} versions are numbered without a gap, in commit order")


if __name__ == "__main__":
    sys.exit(main())
