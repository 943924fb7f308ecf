"""The log of slow operations has a bound: in an outage every request is slow."""

import logging

import pytest

from db.postgres.engine import Database
from server.execution import parameters
from server.execution.messages import GraphQLRequest, GraphQLResponse
from server.execution.prepared import Caller
from server.execution.slow_operations import LINES_MAX, SlowOperations


def _slow_one(number: int) -> GraphQLRequest:
    request = GraphQLRequest(b"{}", parameters.from_json, Caller(f"r{number}", b"", "client"))
    request.seconds = 3.0
    return request


def test_the_lines_of_a_minute_are_bounded_and_the_others_are_counted(
    db: Database, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_000.0
    monkeypatch.setattr("server.execution.slow_operations.monotonic", lambda: now)
    slow = SlowOperations(db, 1.0)
    with caplog.at_level(logging.WARNING, logger="slow"):
        for number in range(LINES_MAX + 7):
            slow.observe(_slow_one(number), GraphQLResponse(b""))
        assert len(caplog.records) == LINES_MAX
        now += 60
        slow.observe(_slow_one(0), GraphQLResponse(b""))
        slow.observe(_slow_one(1), GraphQLResponse(b""))
    left_out = [record.__dict__["fields"].get("leftOut") for record in caplog.records]
    assert left_out == [*[None] * LINES_MAX, 7, None]
