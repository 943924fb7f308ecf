"""A short soak; `python -m bench.soak` runs a long one."""

from tests.soak.soak import soak


async def test_no_acknowledged_write_is_lost_when_a_server_is_killed(database_url: str) -> None:
    summary = await soak(database_url, clients=20, seconds=4)
    assert summary.outcomes["done"] > 20  # it did something; how much is the machine's affair
    assert summary.why["INTERNAL"] == 0
