"""A fixed share of a core for each worker process, by Linux's cpu controller (cgroup v1).

wrk, PostgreSQL and one worker fill two cores, so what a second worker gains cannot be seen there.
Where each worker may use so much of a core and no more, two of them leave cores for the others, as
on a machine with more cores. PostgreSQL and the load generator run free.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

_MOUNT = Path("/sys/fs/cgroup/cpu")
# A worker that has used up its share waits for the next period: with the kernel's usual 100 ms it
# would stand still for 70 ms at a time, and the load would show that rather than the server.
_PERIOD_US = 10_000
_QUOTA, _PERIOD, _MEMBERS = "cpu.cfs_quota_us", "cpu.cfs_period_us", "cgroup.procs"


def unavailable() -> str | None:
    """Why no share can be given on this machine, if so."""
    if not (_MOUNT / _MEMBERS).exists():
        return f"there is no cpu controller of cgroup v1 at {_MOUNT}"
    if not os.access(_own_group(), os.W_OK):
        return f"{_own_group()} is not ours to write to: it takes root"
    return None


@contextmanager
def held(processes: Sequence[int], share: float) -> Iterator[None]:
    """Hold each process to its share of a core for as long as the block runs."""
    with ExitStack() as stack:
        for process in processes:
            stack.enter_context(_held(process, share))
        yield


@contextmanager
def _held(process: int, share: float) -> Iterator[None]:
    own = _own_group()
    group = own / f"registry-bench-{process}"
    group.mkdir(exist_ok=True)  # a killed run leaves its own behind
    try:
        (group / _PERIOD).write_text(str(_PERIOD_US))
        (group / _QUOTA).write_text(str(int(_PERIOD_US * share)))
        (group / _MEMBERS).write_text(str(process))
        yield
    finally:
        for member in (group / _MEMBERS).read_text().split():
            (own / _MEMBERS).write_text(member)
        group.rmdir()


def _own_group() -> Path:
    """The group that this process is in."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if "cpu" in controllers.split(","):
            return _MOUNT / path.lstrip("/")
    return _MOUNT
