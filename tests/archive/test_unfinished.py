"""Temporary files of killed writers are deleted, those of living ones are not."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from archive.folder import FileStore
from archive.store import ArchiveStore, StoreUnavailable

SIZE = 256 * 2**20  # takes a while to write
WRITE = f"""
import sys
from pathlib import Path
from archive.folder import FileStore
FileStore(Path(sys.argv[1])).put("ab/object", bytes({SIZE}))
"""


@contextmanager
def writing(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that has begun to write an object, and is stopped in the middle of it."""
    writer = subprocess.Popen([sys.executable, "-c", WRITE, str(folder)])
    try:
        end = time.monotonic() + 30
        while not any(part.stat().st_size for part in folder.glob("*/.*.part")):
            assert time.monotonic() < end
            time.sleep(0.001)
        os.kill(writer.pid, signal.SIGSTOP)
        yield writer
    finally:
        writer.kill()
        writer.wait()


def _files(folder: Path) -> list[str]:
    return [file.name for file in folder.glob("*/*")]


async def test_a_killed_writers_file_is_deleted(tmp_path: Path) -> None:
    with writing(tmp_path) as writer:
        writer.kill()
        writer.wait()
        (part,) = _files(tmp_path)
        assert part.endswith(".part")
        store = ArchiveStore(tmp_path.as_uri())
        assert await store.delete_unfinished() == 0  # it is too young to be judged
        assert await store.delete_unfinished(age_s=0) == 1
        assert _files(tmp_path) == []


def test_a_living_writers_file_stays_whatever_its_age(tmp_path: Path) -> None:
    with writing(tmp_path) as writer:
        (part,) = tmp_path.glob("*/.*.part")
        os.utime(part, (0, 0))
        assert FileStore(tmp_path).delete_unfinished(age_s=3_600) == 0
        assert part.exists()
        os.kill(writer.pid, signal.SIGCONT)
        assert writer.wait(60) == 0
    assert _files(tmp_path) == ["object"]
    assert (tmp_path / "ab" / "object").stat().st_size == SIZE


def test_finished_objects_are_never_deleted(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    store.put("ab/object", b"data")
    os.utime(tmp_path / "ab" / "object", (0, 0))
    assert store.delete_unfinished(age_s=0) == 0
    assert store.get("ab/object", request_restore=False) == b"data"


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_file_is_unavailable_at_once(tmp_path: Path, make: object) -> None:
    """A FIFO without a writer would be read for ever."""
    (tmp_path / "ab").mkdir()
    assert callable(make)
    make(tmp_path / "ab" / "object")
    with pytest.raises(StoreUnavailable, match="not a regular file"):
        FileStore(tmp_path).get("ab/object", request_restore=False)
