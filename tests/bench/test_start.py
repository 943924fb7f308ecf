"""The time until the first response, measured on a real server."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench import servers, start
from bench.servers import CACHED, SERVERS

SERVER = next(server for server in SERVERS if server.name == CACHED)


def test_a_start_is_measured_until_its_first_response(filled_url: str, tmp_path: Path) -> None:
    measured = start.measure(SERVER, filled_url, tmp_path)
    assert 0 < measured.listening_s <= measured.first_response_s
    assert measured.cpu_s > 0
    assert measured.resident_mb > 10


def test_the_error_of_a_server_that_ends_has_its_output(empty_url: str, tmp_path: Path) -> None:
    broken = replace(SERVER, command=servers.serve_command(0))
    with pytest.raises(SystemExit, match=r"(?s)did not start:.*WORKERS"):
        start.measure(broken, empty_url, tmp_path)


def test_imports_are_summed_by_package(filled_url: str, tmp_path: Path) -> None:
    packages = start.longest_imports(SERVER, filled_url, tmp_path)
    assert {"server", "schema", "resolvers", "db", "strawberry"} <= {each.name for each in packages}
    times_ms = [each.own_ms for each in packages]
    assert times_ms == sorted(times_ms, reverse=True)


def test_only_lines_of_importtime_are_counted() -> None:
    output = """import time: self [us] | cumulative | imported package
import time:       100 |        100 |   a.b
import time:       250 |        350 | a
import time:      2000 |       2000 | b
Model Registry on http://127.0.0.1:8003/graphql
"""
    assert start.packages(output) == [start.Package("b", 1, 2.0), start.Package("a", 2, 0.3)]
