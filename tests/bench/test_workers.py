"""One worker beside two, on servers that really run."""

from pathlib import Path

import pytest

from bench import cpu_quota, workers
from bench.measure import Plan


def test_each_number_of_workers_is_measured_in_each_round(filled_url: str, tmp_path: Path) -> None:
    """Each worker held to a share of a core, where this machine lets us."""
    share = None if cpu_quota.unavailable() else 0.5
    seen = workers.measured(filled_url, [1, 2], Plan(1, 1, 0, ("Q1",)), tmp_path, share)
    asked = sorted((each.sample.round, each.sample.server) for each in seen)
    assert asked == [(1, "1"), (1, "2")]
    one, two = workers.rows(seen)
    assert (one.workers, two.workers) == (1, 2)
    assert one.failures == two.failures == 0
    assert one.over_one.median == 1
    assert two.over_one.median > 0
    # a single worker does all of the work, whatever else its process tree holds
    assert one.busiest_share == one.fullest_share == 1
    assert two.fullest_share is not None
    assert 0.5 <= two.fullest_share <= 1
    assert [len(each.spread) for each in seen] == [int(each.sample.server) for each in seen]
    assert min(one.busy_cores, one.server_cpu_ms, two.server_cpu_ms) > 0


def test_a_share_is_left_out_with_a_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cpu_quota, "_MOUNT", tmp_path / "none")
    assert cpu_quota.unavailable() == f"there is no cpu controller of cgroup v1 at {tmp_path}/none"
