"""`registry worker` as a process: it runs due jobs, and stops at a signal."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_worker_runs_due_jobs_and_stops_at_a_signal(
    database_url: str, tmp_path: Path, number: int
) -> None:
    worker = subprocess.Popen(
        [sys.executable, "-m", "server", "worker"],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "DATABASE_URL": database_url,
            "REGISTRY_DATA_DIR": str(tmp_path),
            "REGISTRY_RETENTION_CRON": "* * * * * *",
        },
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        _until_a_run_has_ended(database_url)
        worker.send_signal(number)
        _, log = worker.communicate(timeout=20)
    finally:
        worker.kill()
    assert (worker.returncode, "Traceback" in log) == (0, False)
    assert "retention applied" in log


def _until_a_run_has_ended(url: str) -> None:
    end = time.monotonic() + 30
    with psycopg.connect(url, autocommit=True) as connection:
        while time.monotonic() < end:
            ended = "SELECT 1 FROM retention_runs WHERE ended_at IS NOT NULL"
            if connection.execute(ended).fetchone():
                return
            time.sleep(0.1)
    raise AssertionError("no retention run has ended")
