"""A process whose event loop stands still is ended, and another one answers in its place."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil  # type: ignore[import-untyped]  # its stubs are a separate package
import pytest

from deploy.lab import processes

ROOT = Path(__file__).resolve().parents[3]
TIMEOUT_S = 60.0


@contextmanager
def serving(log: Path, port: int, **variables: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A server that can be made to stand still."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.server.ops.stalling", "serve"],
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "REGISTRY_FIRST_CATALOG": "none",
                "REGISTRY_JOBS": "false",
                "REGISTRY_PORT": str(port),
                "REGISTRY_STALL_TIMEOUT_S": "1",
                **variables,
            },
            stdout=output,
            stderr=output,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(TIMEOUT_S)
        finally:
            process.kill()


def answers(port: int, within_s: float = TIMEOUT_S) -> bool:
    """Whether the server answers a query within the time."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        try:
            body = {"query": "{ models { totalCount } }"}
            answer = httpx.post(f"http://127.0.0.1:{port}/graphql", json=body, timeout=1)
            return bool(answer.json()["data"]["models"]["totalCount"] == 0)
        except httpx.TransportError:
            time.sleep(0.05)
    return False


def test_a_server_of_one_process_starts_again_in_place(tmp_path: Path) -> None:
    """With the embedded PostgreSQL, which runs on meanwhile."""
    port, log = processes.free_port(), tmp_path / "log"
    with serving(log, port, REGISTRY_DATA_DIR=str(tmp_path / "data")) as process:
        assert answers(port), log.read_text()
        pid_file = tmp_path / "data" / "postgres" / "postmaster.pid"
        postmaster = pid_file.read_text().split()[0]
        for _ in range(2):
            process.send_signal(signal.SIGUSR1)
            time.sleep(0.2)
            assert not answers(port, within_s=0.5)
            assert answers(port), log.read_text()
        assert process.poll() is None
        assert pid_file.read_text().split()[0] == postmaster
        process.terminate()
        assert process.wait(TIMEOUT_S) == 0
        assert not pid_file.exists()
    text = log.read_text()
    assert text.count("stands still for 1 s") == 2
    assert "_stand_still" in text  # the place where it stood


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere workers share one socket")
def test_a_worker_that_stands_still_is_replaced(tmp_path: Path, database_url: str) -> None:
    port, log = processes.free_port(), tmp_path / "log"
    variables = {"DATABASE_URL": database_url, "REGISTRY_WORKERS": "2"}
    with serving(log, port, **variables) as process:
        before = _two_workers(process.pid)
        stalled = min(before)
        os.kill(stalled, signal.SIGUSR1)
        psutil.wait_procs([psutil.Process(stalled)], timeout=TIMEOUT_S)
        after = _two_workers(process.pid)
        assert after - {stalled} == after > before - {stalled}
        assert all(answers(port) for _ in range(10))
    assert "stands still for 1 s" in log.read_text()


def test_a_server_that_stands_still_and_is_told_to_stop_ends(
    tmp_path: Path, database_url: str
) -> None:
    port, log = processes.free_port(), tmp_path / "log"
    with serving(log, port, DATABASE_URL=database_url) as process:
        assert answers(port), log.read_text()
        process.send_signal(signal.SIGUSR1)
        time.sleep(0.2)
        process.terminate()
        assert process.wait(TIMEOUT_S) == 1


def _two_workers(pid: int) -> set[int]:
    """The workers that listen, once there are two."""
    end = time.monotonic() + TIMEOUT_S
    while len(found := set(_listening(pid))) != 2:
        assert time.monotonic() < end
        time.sleep(0.05)
    return found


def _listening(pid: int) -> Iterator[int]:
    for child in psutil.Process(pid).children():
        with suppress(psutil.Error):
            if any(each.status == psutil.CONN_LISTEN for each in child.net_connections("inet")):
                yield child.pid


def test_a_process_that_was_paused_as_a_whole_goes_on(tmp_path: Path, database_url: str) -> None:
    port, log = processes.free_port(), tmp_path / "log"
    with serving(log, port, DATABASE_URL=database_url) as process:
        assert answers(port), log.read_text()
        process.send_signal(signal.SIGSTOP)
        time.sleep(2)
        process.send_signal(signal.SIGCONT)
        assert answers(port)
        time.sleep(0.5)
        assert "stands still" not in log.read_text()
