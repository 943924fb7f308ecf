"""Cold storage that hangs for ever, as a network drive can: callers are answered, exits bounded."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from archive.store import ArchiveStore, StoreUnavailable

# A write to a FIFO that nobody reads stands for the drive: no timeout of ours ends it.
HANG = """
import asyncio, os, sys
from archive import threads

async def main():
    running = threads.start(lambda: os.open(sys.argv[1], os.O_WRONLY), on_end=lambda: None)
    await asyncio.wait([running], timeout=0.2)
    print("answered" if not running.done() else "ended")

asyncio.run(main())
"""


def test_a_process_ends_although_a_call_hangs(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    command = [sys.executable, "-c", HANG, str(tmp_path / "fifo")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert (done.stdout, done.stderr, done.returncode) == ("answered\n", "", 0)


async def test_calls_that_hang_are_bounded_and_later_ones_work_when_they_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archive.store._TIMEOUT_S", 0.3)
    os.mkfifo(tmp_path / "fifo")
    store = ArchiveStore(tmp_path.as_uri())
    for _ in range(9):  # one more than may run
        with pytest.raises(StoreUnavailable, match="does not answer within"):
            await store._run(lambda: os.open(tmp_path / "fifo", os.O_WRONLY))
    with pytest.raises(StoreUnavailable, match="does not answer within"):
        await store.write([b"data"])
    reader = os.open(tmp_path / "fifo", os.O_RDONLY)
    monkeypatch.setattr("archive.store._TIMEOUT_S", 20)
    (stored,) = await store.write([b"data"])
    assert await store.read(stored.uri, stored.sha256) == b"data"
    os.close(reader)
