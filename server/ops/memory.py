"""The memory of this process: what a peak has taken goes back to the system.

The C library keeps freed memory that lies between used parts, and the garbage collector comes late:
after a flood of connections both would keep a hundred megabytes for as long as the process lives.
"""

import asyncio
import ctypes
import gc
import os
from collections.abc import Callable
from pathlib import Path

_PERIOD_S = 3.0
_GROWTH_BYTES = 12_582_912  # since the last time; a collection takes up to 50 ms
_STATUS = Path("/proc/self/statm")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


async def watch(period_s: float = _PERIOD_S) -> None:
    """Give memory back each time that the process has grown, until cancelled."""
    trim = _trim()
    if trim is None or not resident_bytes():
        return  # another C library or another system
    # the start, with what is loaded after it, is such a peak
    lowest, is_growing = resident_bytes(), True
    while True:
        await asyncio.sleep(period_s)
        was_growing, is_growing = is_growing, resident_bytes() - lowest > _GROWTH_BYTES
        if is_growing or was_growing:  # once more after a peak
            gc.collect()
            trim(0)
            lowest = resident_bytes()
        lowest = min(lowest, resident_bytes())


def resident_bytes() -> int:
    """The resident memory of this process; 0 where the system does not tell."""
    if not _STATUS.exists():
        return 0
    return int(_STATUS.read_text().split()[1]) * _PAGE_BYTES


def _trim() -> Callable[[int], int] | None:
    """glibc's malloc_trim."""
    return getattr(ctypes.CDLL(None), "malloc_trim", None)
