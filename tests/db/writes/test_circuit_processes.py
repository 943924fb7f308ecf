"""Processes agree on a circuit: a burst opens it once, and one trial at a time is claimed."""

import subprocess
import sys
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from db.postgres.engine import Database
from db.tables import ProviderBinding
from tests import factories
from tests.soak import replay

PROCESSES = 4
WAIT_S = 300  # four starts at once take a minute on a busy machine
_ACTIONS = """SELECT action, (changes -> 'trial_until' ->> 1)::timestamptz FROM audit_events
    WHERE action LIKE 'CIRCUIT%' ORDER BY sequence"""


@pytest.fixture
async def binding(db: Database) -> ProviderBinding:
    version = await factories.version(db, await factories.model(db, last_number=1), number=1)
    return await factories.binding(db, version)


def run_at_once(module: str, count: int, *arguments: Any) -> list[str]:
    """What that many processes print, which run at the same time."""
    command = [sys.executable, "-m", module, *(str(each) for each in arguments)]
    with ExitStack() as stack:
        running = []
        for _ in range(count):
            process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            running.append(stack.enter_context(process))
            stack.callback(process.kill)  # when another one takes too long
        printed = [process.communicate(timeout=WAIT_S)[0] for process in running]
    assert [process.returncode for process in running] == [0] * count
    return printed


async def test_one_trial_at_a_time_is_claimed_by_four_processes(
    db: Database, binding: ProviderBinding, database_url: str
) -> None:
    """A claim of the past is free again: so each trial that is over is claimed once more."""
    await factories.circuit(db, binding_id=binding.id)
    arguments = (database_url, binding.id, 3)
    printed = run_at_once("tests.db.writes.claiming", PROCESSES, *arguments)
    assert len("".join(printed).splitlines()) == 1
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE circuits SET trial_until = now() - interval '1 ms'")
        connection.commit()
        printed = run_at_once("tests.db.writes.claiming", PROCESSES, *arguments)
        (line,) = "".join(printed).splitlines()
        began, until = (datetime.fromisoformat(text) for text in line.split())
        assert until - began == timedelta(seconds=30)
        claims = connection.execute(_ACTIONS).fetchall()
    assert [action for action, _ in claims] == ["CIRCUIT_OPENED", *["CIRCUIT_HALF_OPENED"] * 3]
    assert claims[-1][1] == until
    replay.check(database_url)


@pytest.mark.parametrize("skew_s", [-4.9, 0, 4.9])
async def test_a_burst_of_failures_from_four_processes_opens_it_once(
    binding: ProviderBinding, database_url: str, skew_s: float
) -> None:
    arguments = (database_url, binding.node_id, 25, skew_s)
    run_at_once("tests.db.writes.reporting", PROCESSES, *arguments)
    with psycopg.connect(database_url) as connection:
        assert connection.execute(_ACTIONS).fetchall() == [("CIRCUIT_OPENED", None)]
        counted = "SELECT sum(timeout) FROM outcome_minutes"
        assert connection.execute(counted).fetchone() == (1_000,)
        openings = "SELECT openings, open_until - changed_at FROM circuits"
        assert connection.execute(openings).fetchone() == (1, timedelta(seconds=30))
    replay.check(database_url)


async def test_failures_of_two_processes_open_a_half_open_circuit_once(
    db: Database, binding: ProviderBinding, database_url: str
) -> None:
    """The first failure opens it again; all that follow find it OPEN."""
    await factories.circuit(db, binding_id=binding.id)
    run_at_once("tests.db.writes.reporting", 2, database_url, binding.node_id, 5, 0)
    with psycopg.connect(database_url) as connection:
        openings = "SELECT openings, open_until - changed_at FROM circuits"
        assert connection.execute(openings).fetchone() == (2, timedelta(seconds=60))
        assert len(connection.execute(_ACTIONS).fetchall()) == 2
    replay.check(database_url)
