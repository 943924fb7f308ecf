"""The faults of a soak, each with what ends it; they block, so that they run in a thread."""

import asyncio
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.soak import lab as labs
from tests.soak.lab import Lab
from tests.soak.mixed import Journal

_STOPPED_S = 3.0
_AWAY_S = 5.0
_AFTER_S = 3.0  # after both processes are ready: what waited meanwhile ends
_TERMINATE = """SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = 'registry' AND pid <> pg_backend_pid()"""


@dataclass(frozen=True, slots=True)
class Window:
    """A fault that was inflicted: in this time clients may see errors. In seconds of the journal.

    `lifted_s` is when the harness had undone it, `ready_s` when the registry was ready again.
    """

    fault: str
    since_s: float
    lifted_s: float
    ready_s: float
    until_s: float


def terminate_backends(lab: Lab) -> None:
    """End all connections to the database, those of PgBouncer too."""
    lab.database.execute(_TERMINATE)


def restart_database(lab: Lab) -> None:
    """Stop PostgreSQL as an upgrade does, and start it."""
    lab.database.stop()
    lab.database.start()


def restart_pooler(lab: Lab) -> None:
    """End PgBouncer, with all its clients' connections, and start it."""
    lab.pooler.kill()
    lab.pooler.start()


def kill_worker(lab: Lab) -> None:
    """Kill a process of the server, which its supervisor replaces."""
    labs.kill_youngest_worker(lab)


def remove_cold_storage(lab: Lab) -> None:
    """A file in place of the folder of cold storage, for some seconds."""
    lab.archives.mkdir(parents=True, exist_ok=True)
    away = lab.archives.with_name("archives-away")
    lab.archives.rename(away)
    lab.archives.write_text("away", "utf-8")
    time.sleep(_AWAY_S)
    lab.archives.unlink()
    away.rename(lab.archives)


def stop_database(lab: Lab) -> None:
    """PostgreSQL stands still for 3 seconds."""
    lab.database.signal_all(signal.SIGSTOP)
    time.sleep(_STOPPED_S)
    lab.database.signal_all(signal.SIGCONT)


WORKER_KILLED = "worker killed"
# The first one comes while processes warm up: it moves all subscribers to the oldest process.
FAULTS: dict[str, Callable[[Lab], None]] = {
    WORKER_KILLED: kill_worker,
    "backends terminated": terminate_backends,
    "database restarted": restart_database,
    "PgBouncer restarted": restart_pooler,
    "cold storage away": remove_cold_storage,
    "database SIGSTOPped": stop_database,
}


async def inflict(
    lab: Lab, journal: Journal, every_s: float, until_s: float, windows: list[Window]
) -> None:
    """One fault of the list after the other, every so many seconds, as long as there is time.

    In the second half no process is killed, so that two are there for long enough to be compared.
    """
    names, later = [*FAULTS], [name for name in FAULTS if name != WORKER_KILLED]
    number = 0
    while (at_s := (number + 0.5) * every_s) + every_s / 2 <= until_s + 0.01:
        await asyncio.sleep(max(0.0, at_s - journal.now_s()))
        possible: Sequence[str] = names if at_s < until_s / 2 else later
        windows.append(await _one(lab, journal, possible[number % len(possible)]))
        number += 1


async def _one(lab: Lab, journal: Journal, name: str) -> Window:
    since_s = journal.now_s()
    await asyncio.to_thread(FAULTS[name], lab)
    lifted_s = journal.now_s()
    await asyncio.to_thread(lab.wait_until_ready)
    ready_s = journal.now_s()
    await asyncio.sleep(_AFTER_S)
    return Window(name, since_s, lifted_s, ready_s, journal.now_s())
