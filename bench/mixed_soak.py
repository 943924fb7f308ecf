"""A long soak of a mixed load: `python -m bench.mixed_soak --seconds 1800 --folder DIR`.

90% reads of a gateway, 9% reported outcomes, 1% writes, and subscribers, on two processes behind
PgBouncer; every minute a fault. Then every guarantee is checked: acknowledged writes, events and
archives; no failure of requests that met no fault; memory within 10% after a warm-up; and, idle
again, no more tasks, descriptors, connections of PostgreSQL and files than before. Requests that
were sent again because a kept connection was closed are shown. DIR gets soak.json, soak.txt and
soak.svg, and the log of the server. The exit code is 1 when a guarantee does not hold.
"""

import argparse
import asyncio
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.soak import figures, lab, mixed_soak
from tests.soak.mixed_soak import Plan


def main() -> int:
    """Run it, and write what it found."""
    parser = argparse.ArgumentParser(prog="python -m bench.mixed_soak", description=__doc__)
    default = Plan()
    parser.add_argument("--seconds", type=float, default=default.seconds)
    parser.add_argument("--per-second", type=float, default=default.per_second)
    parser.add_argument("--subscribers", type=int, default=default.subscribers)
    parser.add_argument("--fault-every-s", type=float, default=default.fault_every_s)
    parser.add_argument("--folder", type=Path, default=Path("soak"), help="for the figures")
    given = parser.parse_args()
    plan = Plan(given.seconds, given.per_second, given.subscribers, given.fault_every_s)
    given.folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="registry-soak-") as scratch, lab.running(Path(scratch)) as up:
        done = asyncio.run(mixed_soak.run(up, plan))
        (given.folder / "registry.log").write_bytes(up.served.log.read_bytes())
    found = figures.summary(done)
    (given.folder / "soak.json").write_text(json.dumps(found, indent=1, default=str), "utf-8")
    (given.folder / "soak.txt").write_text(figures.text(found), "utf-8")
    (given.folder / "soak.svg").write_text(figures.picture(done), "utf-8")
    print(figures.text(found))
    return 1 if done.broken else 0


if __name__ == "__main__":
    sys.exit(main())
