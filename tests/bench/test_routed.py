"""Routes, reports and polls, measured on real servers."""

from collections.abc import Iterator

import psycopg
import pytest

from bench import __main__ as bench
from bench import data, options, routed
from bench.report import Result
from bench.servers import CACHED, FLOOR, REGISTRY

MODELS = 30


@pytest.fixture(scope="module")
def url(postgres_url: str) -> Iterator[str]:
    with data.copied(postgres_url, 80) as database_url:
        yield database_url


@pytest.fixture(scope="module")
def calls(url: str, result: Result) -> int:
    """The number of calls that were recorded in the end."""
    assert result.samples
    with psycopg.connect(url) as connection:
        query = "SELECT sum(success + timeout)::bigint FROM outcome_minutes"
        return int((connection.execute(query).fetchone() or (0,))[0])


@pytest.fixture(scope="module")
def result(url: str, tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Three operations, whose data all servers agree on: else nothing is measured."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(options, "_QUICK", (1, 0.3, 0.1))
        patch.setattr(routed, "MODELS", MODELS)
        servers = " ".join(f"--server {name}" for name in (CACHED, "json_agg", FLOOR))
        operations = " ".join(f"--operation {name}" for name in ("Q6", "Q7", "Q8"))
        chosen = options.parse(f"--quick {servers} {operations}".split())
        return bench.measured(url, chosen, tmp_path_factory.mktemp("bench"))


def test_each_server_is_measured_on_what_it_can(result: Result) -> None:
    measured: dict[str, set[str]] = {}
    for each in result.samples:
        measured.setdefault(each.operation, set()).add(each.server)
    assert measured == {
        "Q6": {REGISTRY, CACHED, "json_agg", FLOOR},
        "Q7": {REGISTRY, "json_agg"},
        "Q8": {REGISTRY, CACHED},
    }
    assert all(each.load.requests for each in result.samples)
    assert sum(each.load.failures for each in result.samples) == 0


def test_each_acknowledged_call_is_in_the_minutes(result: Result, calls: int) -> None:
    """Of both servers: those compared, those of the warm-up, and those measured."""
    measured = sum(each.load.requests for each in result.samples if each.operation == "Q7")
    assert calls % 500 == 0
    assert calls > 500 * measured


def test_a_poll_transfers_no_body(result: Result) -> None:
    sizes = {each.operation: each.load.bytes / each.load.requests for each in result.samples}
    assert sizes["Q8"] < 1_000 < sizes["Q6"]


def test_a_route_has_20_candidates(result: Result) -> None:
    """Each with ten leaves, and four leaves of the route."""
    assert result.leaves["Q6"] == 204
