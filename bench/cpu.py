"""Processor time and memory of processes, as the system counts them."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import psutil  # type: ignore[import-untyped]  # its stubs are a package of their own
import psycopg

CORES = psutil.cpu_count() or 1
Times = dict[int, float]  # process id -> seconds used, user and system


class Cores(NamedTuple):
    """Seconds of all cores together since the machine started."""

    total: float
    idle: float
    stolen: float


@dataclass(frozen=True, slots=True)
class Machine:
    """How many cores were busy, on average, and how many the host had given to other guests."""

    elapsed_s: float
    busy_cores: float
    stolen_cores: float


def times(processes: Iterable[psutil.Process]) -> Times:
    """What each process has used since it started."""
    found: Times = {}
    for process in processes:
        try:
            used = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        found[process.pid] = used.user + used.system
    return found


def used(before: Times, after: Times) -> float:
    """Seconds between two readings; a process that ended in between is not counted."""
    return sum(used_each(before, after))


def used_each(before: Times, after: Times) -> tuple[float, ...]:
    """The same by process, in the order of the second reading."""
    return tuple(seconds - before.get(pid, 0) for pid, seconds in after.items())


def cores() -> Cores:
    """How the machine spent its time until now."""
    now = psutil.cpu_times()
    stolen = getattr(now, "steal", 0.0)  # Linux alone tells it
    # "user" includes what its guests used
    total = now.user + now.nice + now.system + now.idle + stolen
    total += sum(getattr(now, name, 0.0) for name in ("iowait", "irq", "softirq"))
    return Cores(total, now.idle + getattr(now, "iowait", 0.0), stolen)


def between(before: Cores, after: Cores) -> Machine:
    """Where the time between two readings went."""
    total = after.total - before.total
    elapsed = total / CORES or 1
    stolen = (after.stolen - before.stolen) / elapsed
    busy = (total - after.idle + before.idle) / elapsed - stolen
    return Machine(round(elapsed, 3), round(busy, 3), round(stolen, 3))


def own() -> float:
    """Seconds that this process has used, and those of its children that have ended."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def tree(pid: int) -> list[psutil.Process]:
    """A process and all that it started."""
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


def resident_mb(pid: int) -> tuple[float, ...]:
    """The memory that a process and each of its children hold, in MB, its own first."""
    return tuple(round(process.memory_info().rss / 1e6, 1) for process in tree(pid))


def postmaster(url: str) -> int:
    """The process id of the PostgreSQL server behind a URL of this machine."""
    with psycopg.connect(url) as connection:
        return int(psutil.Process(connection.info.backend_pid).ppid())
