"""An embedded PostgreSQL that is killed is started again, by one of the processes that share it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil  # type: ignore[import-untyped]  # its stubs are a separate package
import psycopg
import pytest

from db.postgres import embedded

WAIT_S = 60
SHARE = """
import sys
from pathlib import Path
from db.postgres import embedded
with embedded.running(Path(sys.argv[1])):
    print("runs", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not in pytest's own folder, which another run of pytest closes to PostgreSQL's user."""
    with TemporaryDirectory(prefix="registry-embedded-") as made:
        yield Path(made)


def _pid(folder: Path) -> int:
    return int((folder / "postgres" / "postmaster.pid").read_text().splitlines()[0])


def _until_it_answers(url: str) -> None:
    end = time.monotonic() + WAIT_S
    while True:
        try:
            with psycopg.connect(url, connect_timeout=5):
                return
        except psycopg.OperationalError:
            assert time.monotonic() < end
            time.sleep(0.05)


def test_a_killed_one_is_started_again_once_by_the_processes_that_share_it(folder: Path) -> None:
    command = [sys.executable, "-c", SHARE, str(folder)]
    with embedded.running(folder) as url:
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS number")
        others = [
            subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
            for _ in range(2)
        ]
        for other in others:
            assert other.stdout is not None
            assert other.stdout.readline() == b"runs\n"
        pids = {_pid(folder)}
        for _ in range(2):
            os.kill(_pid(folder), signal.SIGKILL)
            time.sleep(0.5)
            _until_it_answers(url)
            pids.add(_pid(folder))
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT number FROM kept").fetchall() == [(1,)]
        logs = b"".join(other.communicate(timeout=WAIT_S)[1] for other in others)
    assert len(pids) == 3
    started = (folder / "postgres" / "log").read_text().count("starting PostgreSQL")
    assert started == 3  # the first start, and one after each kill
    assert b"cannot be started" not in logs
    assert not (folder / "postgres" / "postmaster.pid").exists()


def test_one_that_stays_frozen_is_started_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "_FROZEN_S", 0.5)
    with embedded.running(folder) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS number")
        main = psutil.Process(_pid(folder))
        for process in (main, *main.children(recursive=True)):
            process.suspend()
        main.wait(WAIT_S)
        _until_it_answers(url)
        assert _pid(folder) != main.pid
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT number FROM kept").fetchall() == [(1,)]


def test_a_frozen_one_is_stopped_by_force(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "_STOPS", (("fast", "1"), ("immediate", "1")))
    with embedded.running(folder):
        os.kill(_pid(folder), signal.SIGSTOP)
    end = time.monotonic() + WAIT_S
    while embedded._postmaster(folder / "postgres") is not None:
        assert time.monotonic() < end
        time.sleep(0.05)
