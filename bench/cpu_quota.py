"""A CPU quota for each worker process, by Linux's cpu controller (cgroup v1).

wrk, PostgreSQL and one worker fill two cores, so the gain of a second worker cannot be seen there.
With a quota of a fraction of a core for each worker, two workers leave cores for the others, as on
a machine with more cores. PostgreSQL and the load generator have no quota.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

_MOUNT = Path("/sys/fs/cgroup/cpu")
# A worker that has used up its quota waits for the next period. With the kernel's default of 100 ms
# it would wait for 70 ms at a time, and the latencies would show that instead of the server.
_PERIOD_US = 10_000
_QUOTA, _PERIOD, _MEMBERS = "cpu.cfs_quota_us", "cpu.cfs_period_us", "cgroup.procs"


def unavailable() -> str | None:
    """The reason why quotas cannot be set on this machine, if there is one."""
    if not (_MOUNT / _MEMBERS).exists():
        return f"there is no cpu controller of cgroup v1 at {_MOUNT}"
    if not os.access(_current_group(), os.W_OK):
        return f"{_current_group()} is not writable: this needs root"
    return None


@contextmanager
def limited(processes: Sequence[int], cores: float) -> Iterator[None]:
    """Limit each process to that fraction of a core for as long as the block runs."""
    with ExitStack() as stack:
        for process in processes:
            stack.enter_context(_limited(process, cores))
        yield


@contextmanager
def _limited(process: int, cores: float) -> Iterator[None]:
    parent = _current_group()
    group = parent / f"registry-bench-{process}"
    group.mkdir(exist_ok=True)  # a killed run leaves its group behind
    try:
        (group / _PERIOD).write_text(str(_PERIOD_US))
        (group / _QUOTA).write_text(str(int(_PERIOD_US * cores)))
        (group / _MEMBERS).write_text(str(process))
        yield
    finally:
        for member in (group / _MEMBERS).read_text().split():
            (parent / _MEMBERS).write_text(member)
        group.rmdir()


def _current_group() -> Path:
    """The cgroup of this process."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if "cpu" in controllers.split(","):
            return _MOUNT / path.lstrip("/")
    return _MOUNT
