"""The command: injects faults and prints a table in Markdown; it ends with 1 if one went wrong."""

import argparse
import asyncio
import sys
import time
from collections import Counter
from contextlib import AbstractContextManager
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.lab.faults import lab, report, seed
from deploy.lab.faults.every import FAULTS
from deploy.lab.faults.fault import Fault
from deploy.lab.faults.lab import Lab
from deploy.lab.faults.load import Load
from deploy.lab.faults.report import Row

_WARM_S, _AFTER_S = 3.0, 6.0


def main() -> None:
    """Inject the faults that are named, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m deploy.lab.faults", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(FAULTS))
    parser.add_argument("--log", action="store_true", help="print the log lines of each fault")
    given = parser.parse_args()
    if unknown := set(given.names) - set(FAULTS):
        parser.error(f"there is no fault {', '.join(sorted(unknown))}")
    chosen = {name: FAULTS[name] for name in given.names or FAULTS}
    rows = run(chosen, has_log=given.log)
    print(report.HEAD, *(row.markdown() for row in rows), sep="\n")
    sys.exit(any(row.faults for row in rows))


def run(chosen: dict[str, Fault], *, has_log: bool = False) -> list[Row]:
    """Inject faults; those that need the same setup are injected into the same server."""
    rows = []
    by_setup = sorted(chosen.items(), key=lambda item: repr(item[1].setup))
    for setup, faults in groupby(by_setup, key=lambda item: item[1].setup):
        with (
            TemporaryDirectory(prefix="registry-faults-") as name,
            lab.started(setup, Path(name)) as here,
        ):
            binding, versions = seed.sown(here.registry.url)
            for name_of, fault in faults:
                load = Load(here.registry.url, name_of, binding, versions * fault.has_archives)
                row = asyncio.run(_injected(fault, here, load, has_log))
                print(row.markdown(), file=sys.stderr, flush=True)
                rows.append(row)
    return rows


async def _injected(fault: Fault, here: Lab, load: Load, has_log: bool) -> Row:
    offset = here.registry.log.stat().st_size
    async with load.running():
        await asyncio.sleep(_WARM_S)
        block = fault.inject(here)
        await asyncio.to_thread(block.__enter__)
        try:
            await asyncio.sleep(fault.seconds)
        finally:
            wrong = await asyncio.to_thread(_ended, block)
        ended_at = time.monotonic()
        await asyncio.sleep(_AFTER_S)
        while time.monotonic() < load.last_failure_at + _AFTER_S / 2:
            if time.monotonic() > ended_at + report.RECOVER_MAX_S:
                break
            await asyncio.sleep(0.2)
    lines = report.warnings(here.registry.log, offset)
    if has_log:
        for (logger, text), count in Counter(
            (line.get("logger"), line["message"]) for line in lines
        ).most_common():
            print(f"  {count} {logger}: {text[:300]}", file=sys.stderr)
    stored = await asyncio.to_thread(report.models, here.database_url)
    row = report.judged(fault, load, ended_at, stored, lines)
    row.faults += wrong
    return row


def _ended(block: AbstractContextManager[None]) -> list[str]:
    """End a fault; what went wrong in it."""
    try:
        block.__exit__(None, None, None)
    except AssertionError as error:
        return [f"not as expected: {error}"]
    return []


if __name__ == "__main__":
    main()
