"""One worker compared with two, measured on real servers."""

from pathlib import Path

import pytest

from bench import cpu_quota, workers
from bench.measure import LoadSchedule


def test_each_number_of_workers_is_measured_in_each_round(filled_url: str, tmp_path: Path) -> None:
    """With a CPU quota for each worker, where this machine allows it."""
    quota = None if cpu_quota.unavailable() else 0.5
    schedule = LoadSchedule(1, 2, 0, ("Q1",))
    samples = workers.measured(filled_url, [1, 2], schedule, tmp_path, quota)
    measured = sorted((each.sample.round, each.sample.server) for each in samples)
    assert measured == [(1, "1"), (1, "2")]
    one, two = workers.rows(samples)
    assert (one.workers, two.workers) == (1, 2)
    assert one.failures == two.failures == 0
    assert one.over_one.median == 1
    assert two.over_one.median > 0
    # a single worker has all of the work, whatever other processes its tree has
    assert one.busiest_share == one.fullest_share == 1
    assert two.fullest_share is not None
    assert 0.5 <= two.fullest_share <= 1
    for each in samples:
        assert len(each.connections) == int(each.sample.server)
    assert min(one.busy_cores, one.server_cpu_ms, two.server_cpu_ms) > 0


def test_there_is_a_reason_where_quotas_cannot_be_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(cpu_quota, "_MOUNT", tmp_path / "none")
    assert cpu_quota.unavailable() == f"there is no cpu controller of cgroup v1 at {tmp_path}/none"
