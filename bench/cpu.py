"""Processor time and memory of processes, as the system counts them."""

from collections.abc import Iterable

import psutil  # type: ignore[import-untyped]  # its stubs are a package of their own
import psycopg

Times = dict[int, float]  # process id -> seconds used, user and system


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
    return sum(seconds - before.get(pid, 0) for pid, seconds in after.items())


def tree(pid: int) -> list[psutil.Process]:
    """A process and all that it started."""
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


def resident_mb(pid: int) -> float:
    """The memory that a process and its children hold, in MB."""
    return float(sum(process.memory_info().rss for process in tree(pid))) / 1e6


def postmaster(url: str) -> int:
    """The process id of the PostgreSQL server behind a URL of this machine."""
    with psycopg.connect(url) as connection:
        return int(psutil.Process(connection.info.backend_pid).ppid())
