"""One worker beside two, on servers that really run."""

from pathlib import Path

from bench import workers
from bench.measure import Plan


def test_each_number_of_workers_is_measured_in_each_round(filled_url: str, tmp_path: Path) -> None:
    samples = workers.measured(filled_url, [1, 2], Plan(1, 1, 0, ("Q1",)), tmp_path)
    assert sorted((each.round, each.server) for each in samples) == [(1, "1"), (1, "2")]
    one, two = workers.rows(samples)
    assert (one.workers, two.workers) == (1, 2)
    assert one.failures == two.failures == 0
    assert one.over_one.median == 1
    assert two.over_one.median > 0
    # a single worker does all of the work, whatever else its process tree holds
    assert one.busiest_share == 1
    assert min(one.busy_cores, one.server_cpu_ms, two.server_cpu_ms) > 0
