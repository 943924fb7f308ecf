"""How soon the server answers, on a server that really starts."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench import servers, start
from bench.servers import KEPT, SERVERS

SERVER = next(server for server in SERVERS if server.name == KEPT)


def test_a_start_is_measured_until_its_first_answer(filled_url: str, tmp_path: Path) -> None:
    found = start.measure(SERVER, filled_url, tmp_path)
    assert 0 < found.listening_s <= found.answered_s
    assert found.cpu_s > 0
    assert found.resident_mb > 10


def test_a_server_that_ends_is_told_with_what_it_wrote(empty_url: str, tmp_path: Path) -> None:
    broken = replace(SERVER, command=servers.serve(0))
    with pytest.raises(SystemExit, match=r"(?s)did not start:.*WORKERS"):
        start.measure(broken, empty_url, tmp_path)


def test_imports_are_summed_by_package(filled_url: str, tmp_path: Path) -> None:
    found = start.longest_imports(SERVER, filled_url, tmp_path)
    assert {"server", "schema", "resolvers", "db", "strawberry"} <= {each.name for each in found}
    assert [each.own_ms for each in found] == sorted((e.own_ms for e in found), reverse=True)


def test_only_the_lines_of_importtime_count() -> None:
    written = """import time: self [us] | cumulative | imported package
import time:       100 |        100 |   a.b
import time:       250 |        350 | a
import time:      2000 |       2000 | b
Model Registry on http://127.0.0.1:8003/graphql
"""
    assert start.packages(written) == [start.Package("b", 1, 2.0), start.Package("a", 2, 0.3)]
