"""CPU time and memory of processes, as the operating system counts them."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import psutil  # type: ignore[import-untyped]  # its stubs are a package of their own
import psycopg

CORES = psutil.cpu_count() or 1
ProcessTimes = dict[int, float]  # process id -> seconds of CPU, user and system


class CoreTimes(NamedTuple):
    """Seconds of all cores together since the machine started."""

    total: float
    idle: float
    stolen: float


@dataclass(frozen=True, slots=True)
class MachineUsage:
    """The mean number of cores that were busy, and that the host gave to other guests (steal)."""

    elapsed_s: float
    busy_cores: float
    stolen_cores: float


def times(processes: Iterable[psutil.Process]) -> ProcessTimes:
    """The CPU time of each process since it started."""
    seconds: ProcessTimes = {}
    for process in processes:
        try:
            cpu = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        seconds[process.pid] = cpu.user + cpu.system
    return seconds


def used(before: ProcessTimes, after: ProcessTimes) -> float:
    """Seconds between two readings; a process that ended in between is not counted."""
    return sum(used_each(before, after))


def used_each(before: ProcessTimes, after: ProcessTimes) -> tuple[float, ...]:
    """The same for each process, in the order of the second reading."""
    return tuple(seconds - before.get(pid, 0) for pid, seconds in after.items())


def cores() -> CoreTimes:
    """How all cores spent their time until now."""
    now = psutil.cpu_times()
    stolen = getattr(now, "steal", 0.0)  # Linux only
    # "user" includes the time of virtual machines of this one
    total = now.user + now.nice + now.system + now.idle + stolen
    total += sum(getattr(now, name, 0.0) for name in ("iowait", "irq", "softirq"))
    return CoreTimes(total, now.idle + getattr(now, "iowait", 0.0), stolen)


def between(before: CoreTimes, after: CoreTimes) -> MachineUsage:
    """The use of the machine between two readings."""
    total = after.total - before.total
    elapsed = total / CORES or 1
    stolen = (after.stolen - before.stolen) / elapsed
    busy = (total - after.idle + before.idle) / elapsed - stolen
    return MachineUsage(round(elapsed, 3), round(busy, 3), round(stolen, 3))


def of_this_process() -> float:
    """Seconds of CPU of this process, and of its children that have ended."""
    process = os.times()
    return process.user + process.system + process.children_user + process.children_system


def process_tree(pid: int) -> list[psutil.Process]:
    """A process and all its descendants."""
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


def resident_mb(pid: int) -> tuple[float, ...]:
    """The resident memory of a process and of each of its descendants, in MB."""
    return tuple(round(process.memory_info().rss / 1e6, 1) for process in process_tree(pid))


def postmaster(url: str) -> int:
    """The process id of the PostgreSQL server behind a URL of this machine."""
    with psycopg.connect(url) as connection:
        return int(psutil.Process(connection.info.backend_pid).ppid())
