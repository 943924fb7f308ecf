"""An outage is one line of the log, with the number of what it left out."""

import logging

import psycopg
import pytest

from server import cli, errors
from server.ops import outages
from server.ops.outages import OncePerOutage


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a handler with the filter writes."""
    written: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(record.getMessage())

    handler = Handler()
    handler.addFilter(OncePerOutage())
    for name in (errors.__name__, "psycopg.pool", "jobs"):
        logger = logging.getLogger(name)
        monkeypatch.setattr(logger, "handlers", [handler])
        monkeypatch.setattr(logger, "propagate", False)
    return written


def test_an_outage_is_one_line_for_each_of_its_kinds(
    lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(20):
        errors.unexpected(psycopg.OperationalError("connection refused"), "id")
        errors.unexpected(TimeoutError(), "id")
        errors.unexpected(psycopg.errors.DiskFull("no space"), "id")
        logging.getLogger("psycopg.pool").warning("error connecting in %r", "pool-1")
    assert lines == [
        "OperationalError: ['connection refused']",
        "TimeoutError: []",
        "DiskFull: ['no space']",
        "error connecting in 'pool-1'",
    ]
    monkeypatch.setattr(outages, "monotonic", lambda: float("inf"))
    errors.unexpected(psycopg.OperationalError("connection refused"), "id")
    assert lines[-1] == "OperationalError: ['connection refused'] (and 19 like it before)"


def test_what_is_no_outage_is_always_logged(lines: list[str]) -> None:
    for _ in range(3):
        errors.unexpected(ValueError("a mistake"), "id")
        logging.getLogger("jobs").warning("paused")
    assert lines == ["unexpected error", "paused"] * 3


def test_a_full_disk_is_said() -> None:
    [error] = errors.unexpected(psycopg.errors.DiskFull("no space"), "id")["errors"]
    assert error["extensions"]["code"] == "UNAVAILABLE"
    assert "no space left on its disk" in error["message"]
    assert "no space left on its disk" in cli._unexpected(psycopg.errors.DiskFull("no space"))
