"""The file descriptors of this process: each connection takes one, and their number is limited."""

import asyncio
import logging
import os
import resource
from pathlib import Path

_WANTED = 65_536  # more than the connections that a process can serve
_FOLDERS = (Path("/proc/self/fd"), Path("/dev/fd"))  # of Linux, and of macOS
_PERIOD_S = 2.0
_NEAR, _FAR = 0.9, 0.7  # of the limit: where a warning comes, and where the next one may come

_log = logging.getLogger("descriptors")


def count_max() -> int:
    """How many descriptors this process may have open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _WANTED if soft == resource.RLIM_INFINITY else soft


def open_count() -> int:
    """How many descriptors this process has open; 0 where the system does not tell."""
    for folder in _FOLDERS:
        if folder.is_dir():
            return len(os.listdir(folder))
    return 0


def raise_limit() -> None:
    """Take as many descriptors as the system allows: many systems start programs with 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _WANTED if hard == resource.RLIM_INFINITY else min(hard, _WANTED)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def watch(period_s: float = _PERIOD_S) -> None:
    """Warn when descriptors come near their limit, until cancelled.

    The system closes connections for which it has no descriptor, and tells nobody.
    """
    is_near = False
    while True:
        share = open_count() / count_max()
        if is_near:
            is_near = share > _FAR
        elif share > _NEAR:
            is_near = True
            fields = {"open": open_count(), "limit": count_max()}
            message = "descriptors are near their limit (ulimit -n): connections will fail"
            _log.warning(message, extra={"fields": fields})
        await asyncio.sleep(period_s)
