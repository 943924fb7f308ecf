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
    for process in lab.workers():
        with suppress(psutil.Error), process.oneshot():
            rss_mb = process.memory_info().rss / _MB
            sockets = len(process.net_connections("tcp"))
            into.processes.append(Reading(at_s, process.pid, rss_mb, process.num_fds(), sockets))
    with suppress(psycopg.Error):
        into.connections.append((at_s, connections(lab)))


def connections(lab: Lab) -> int:
    """The connections of PostgreSQL to the registry's database."""
    with psycopg.connect(lab.database.url, connect_timeout=1, autocommit=True) as connection:
        connection.execute("SET statement_timeout = '1s'")
        ((count,),) = connection.execute(_CONNECTIONS).fetchall()
    return int(count)


def growth(readings: list[Reading], warm_s: float) -> dict[str, Any] | None:
    """Memory in the first and the last quarter after the warm-up: medians in MB, and their ratio.

    None for a process that was not there for most of the time.
    """
    warm = [each for each in readings if each.at_s >= warm_s]
    if len(warm) < 8:
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
        "descriptors_first": max(each.descriptors for each in warm[:quarter]),
        "descriptors_last": max(each.descriptors for each in warm[-quarter:]),
    }


def tasks(url: str) -> dict[str, float]:
    """The asyncio tasks of each process that answered one of several scrapes, by its id."""
    found: dict[str, float] = {}
    for _ in range(10):
        with urllib.request.urlopen(f"{url}/metrics", timeout=5) as answer:
            for line in answer.read().decode().splitlines():
                if line.startswith("registry_tasks{"):
                    labels, value = line.rsplit(" ", 1)
                    found[labels] = float(value)
    return found
