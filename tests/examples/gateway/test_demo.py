"""`make demo` without a terminal, in half the time: what it says, and what the database has."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil  # type: ignore[import-untyped]  # its stubs are a separate package
import psycopg
import pytest
from psycopg.rows import dict_row

from db.postgres import embedded
from tests.project.pages import ROOT

COMMAND = [sys.executable, "-m", "examples.gateway.demo", "--quick", "--folder"]
STORY = (
    "all are HEALTHY",
    "alpha breaks",
    "the circuit of alpha is OPEN",
    "calls the other two only",
    "the registry is killed",
    "the registry is back, and was told what it missed",
    "alpha is mended",
    "HALF_OPEN: the gateway claimed the trial",
    "the circuit is CLOSED",
    "alpha has its share again",
    "none with an error",
)
CIRCUITS = """SELECT action, changes FROM audit_events WHERE action::text LIKE 'CIRCUIT%'
    ORDER BY sequence"""
CALLS = """SELECT slug, sum(success) AS succeeded, sum(upstream_error) AS failed
    FROM outcome_minutes JOIN provider_bindings b ON b.id = binding_id
    JOIN providers p ON p.id = provider_id GROUP BY slug ORDER BY slug"""


def _rows(connection: psycopg.Connection[Any], sql: str) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(sql).fetchall()  # type: ignore[arg-type]  # a constant


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Not in pytest's own folder, which another run of pytest closes to PostgreSQL's user."""
    with TemporaryDirectory(prefix="registry-tests-") as name:
        yield Path(name)


@pytest.fixture(scope="module")
def told(folder: Path) -> str:
    """What the demo printed; it ended with exit code 0."""
    done = subprocess.run([*COMMAND, str(folder)], cwd=ROOT, capture_output=True, text=True)
    logs = [file.read_text("utf-8")[-2_000:] for file in folder.glob("*.log")]
    assert done.returncode == 0, "\n".join([done.stdout, done.stderr, *logs])
    return done.stdout


def test_everything_happens_in_its_order(told: str) -> None:
    places = [told.find(part) for part in STORY]
    assert -1 not in places, told
    assert places == sorted(places)


def test_the_database_has_each_call_once_and_each_change_of_the_circuit(
    told: str, folder: Path
) -> None:
    found = re.search(r"(\d+) callers answered.*; (\d+) calls of providers, (\d+) failed", told)
    assert found
    answered, called, failed = map(int, found.groups())
    with embedded.running(folder / "data") as url, psycopg.connect(url) as connection:
        calls = _rows(connection, CALLS)
        actions = [row["action"] for row in _rows(connection, CIRCUITS)]
        (circuit,) = _rows(connection, "SELECT state, openings FROM circuits")
    assert [row["slug"] for row in calls] == ["alpha", "beta", "gamma"]
    assert sum(row["succeeded"] for row in calls) == answered
    assert [row["failed"] for row in calls] == [failed, 0, 0]
    assert answered + failed == called
    # the second OPENED is that of setCircuit, by which the quick demo shortens the wait
    assert actions[0] == "CIRCUIT_OPENED"
    assert actions[-2:] == ["CIRCUIT_HALF_OPENED", "CIRCUIT_CLOSED"]
    assert circuit == {"state": "CLOSED", "openings": 0}


def test_ctrl_c_stops_all_of_it(folder: Path) -> None:
    other = folder / "other"
    process = subprocess.Popen(
        [*COMMAND, str(other)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ,
        # a shell lets its background jobs ignore SIGINT, which tests that run in one inherit
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "draws by weight" in line:
            break
    time.sleep(0.5)  # calls are under way
    children = psutil.Process(process.pid).children(recursive=True)
    assert len(children) == 3  # the registry, the providers and the gateway
    database = other / "data" / "postgres" / "postmaster.pid"
    assert database.exists()
    process.send_signal(signal.SIGINT)
    rest = process.stdout.read()
    process.stdout.close()
    assert process.wait(60) == 130, rest
    assert "stopped" in rest
    assert psutil.wait_procs(children, timeout=5)[1] == []
    assert not database.exists()
