"""Memory, descriptors, tasks and connections over time."""

import asyncio
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from statistics import median
from typing import Any

import psutil
import psycopg

from tests.soak.lab import Lab
from tests.soak.mixed import Journal

_EVERY_S = 2.0
_START, _TASKS = "registry_process_start_time_seconds", "registry_tasks"
_SAME_S = 0.1
_MB = 2**20
_CONNECTIONS = """SELECT count(*) FROM pg_stat_activity
    WHERE datname = 'registry' AND pid <> pg_backend_pid()"""


@dataclass(frozen=True, slots=True)
class Reading:
    """One process of the server at one time."""

    at_s: float
    pid: int
    rss_mb: float
    descriptors: int
    sockets: int  # of the descriptors, TCP connections
    tasks: float | None = None  # None while the server does not tell


@dataclass(slots=True)
class Readings:
    """All readings; the connections of PostgreSQL by second."""

    processes: list[Reading]
    connections: list[tuple[float, float]]

    def of(self, pid: int) -> list[Reading]:
        """The readings of a process, in the order of time."""
        return [each for each in self.processes if each.pid == pid]


async def watch(lab: Lab, journal: Journal, into: Readings, is_over: asyncio.Event) -> None:
    """Read until `is_over`; what does not answer, as in a fault, is left out."""
    while not is_over.is_set():
        await asyncio.to_thread(read, lab, journal.now_s(), into)
        with suppress(TimeoutError):
            await asyncio.wait_for(is_over.wait(), _EVERY_S)


def read(lab: Lab, at_s: float, into: Readings) -> None:
    """One reading of each process of the server, and the connections of PostgreSQL."""
    told = _told(lab.served.url)
    for process in lab.workers():
        with suppress(psutil.Error), process.oneshot():
            tasks = _tasks(told, process.create_time())
            rss_mb = process.memory_info().rss / _MB
            sockets = len(process.net_connections("tcp"))
            descriptors = process.num_fds()
            into.processes.append(Reading(at_s, process.pid, rss_mb, descriptors, sockets, tasks))
    with suppress(psycopg.Error):
        into.connections.append((at_s, connections(lab)))


def connections(lab: Lab) -> int:
    """The connections of PostgreSQL to the registry's database."""
    with psycopg.connect(lab.database.url, connect_timeout=1, autocommit=True) as connection:
        connection.execute("SET statement_timeout = '1s'")
        ((count,),) = connection.execute(_CONNECTIONS).fetchall()
    return int(count)


def growth(readings: list[Reading], warm_s: float) -> dict[str, Any] | None:
    """Memory in the first and the last quarter after a process's warm-up: medians in MB.

    None for a process that was not there for as long again.
    """
    warm = [each for each in readings if each.at_s >= readings[0].at_s + warm_s]
    if len(warm) < 8 or warm[-1].at_s - warm[0].at_s < warm_s:
        return None
    quarter = len(warm) // 4
    first = median(each.rss_mb for each in warm[:quarter])
    last = median(each.rss_mb for each in warm[-quarter:])
    return {
        "from_s": round(warm[0].at_s),
        "until_s": round(warm[-1].at_s),
        "first_mb": round(first, 1),
        "last_mb": round(last, 1),
        "ratio": round(last / first, 3),
        "tasks_most": max(each.tasks or 0 for each in warm),
        "descriptors_most": max(each.descriptors for each in warm),
    }


def _told(url: str) -> dict[str, dict[str, float]]:
    """The start and the tasks of each process, by its label; nothing while nobody answers."""
    found: dict[str, dict[str, float]] = {}
    with suppress(OSError), urllib.request.urlopen(f"{url}/metrics", timeout=2) as answer:
        for line in answer.read().decode().splitlines():
            for name in (_START, _TASKS):
                if line.startswith(f"{name}{{"):
                    label, value = line.removeprefix(name).rsplit(" ", 1)
                    found.setdefault(label, {})[name] = float(value)
    return found


def _tasks(told: dict[str, dict[str, float]], began: float) -> float | None:
    """The tasks of the process that began then, as metrics do not name ids."""
    for each in told.values():
        if abs(each.get(_START, 0.0) - began) < _SAME_S:
            return each.get(_TASKS)
    return None
