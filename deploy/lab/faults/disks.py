"""Small file systems that can be filled. They are mounted, so this needs root."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_BLOCK = 1 << 20
_FILLER = "filler"


@contextmanager
def mounted(folder: Path, megabytes: int) -> Iterator[Path]:
    """A file system in memory of this size, on a new folder, for the length of the block."""
    folder.mkdir(parents=True)
    options = f"size={megabytes}m,mode=0755"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """Leave no byte on the file system of a folder while the block runs."""
    filler = folder / _FILLER
    try:
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            for size in (_BLOCK, 4_096):
                with suppress(OSError):
                    while file.write(b"\0" * size) == size:
                        pass
            os.fsync(file.fileno())
        yield
    finally:
        filler.unlink()
