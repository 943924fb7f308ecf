"""The processes of a server share their metrics."""

from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from domain.tallies import Tally
from server.ops import instruments
from server.ops.readings import Reading, Readings
from server.ops.worker_readings import WorkerReadings


class _Process:
    """Counts refusals, waits for the database, and open sockets."""

    def __init__(self, directory: Path | None) -> None:
        self.refused, self.waits, self.sockets = 0, Tally((1.0,)), 0
        readings = Readings()
        readings.sources.append(self._read)
        self.shared = WorkerReadings(readings, directory)

    def _read(self) -> Iterator[Reading]:
        yield Reading(instruments.REFUSALS, self.refused, ("forbidden",))
        yield Reading(instruments.POOL_WAIT, self.waits, ("read",))
        yield Reading(instruments.SOCKETS_OPEN, self.sockets)

    def values(self) -> dict[tuple[str, ...], object]:
        return {
            (each.instrument.name, *each.labels): each.value.counts
            if isinstance(each.value, Tally)
            else each.value
            for each in self.shared.read()
        }


_REFUSALS = ("registry_refusals", "forbidden")
_WAITS = ("registry_pool_wait_seconds", "read")
_SOCKETS = "registry_sockets_open"


async def test_each_process_has_the_sums_of_all(tmp_path: Path) -> None:
    one, two = _Process(tmp_path), _Process(tmp_path)
    async with one.shared.running(), two.shared.running():
        one.refused, two.refused, one.sockets, two.sockets = 3, 4, 5, 6
        one.waits.add(0.5)
        two.waits.add(7)
        two.values()  # writes what it knows
        values = one.values()
        assert values[_REFUSALS] == 7
        assert values[_WAITS] == [1, 1]
        assert (values[_SOCKETS, "0"], values[_SOCKETS, "1"]) == (5, 6)
        assert two.values() == values


async def test_counters_go_on_and_gauges_end_when_a_process_is_replaced(tmp_path: Path) -> None:
    one, two, three = (_Process(tmp_path) for _ in range(3))
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(one.shared.running())
        async with two.shared.running():
            one.refused, two.refused, two.sockets = 1, 10, 2
            two.waits.add(7)
        assert one.values() == {_REFUSALS: 11, _WAITS: [0, 1], (_SOCKETS, "0"): 0}
        await stack.enter_async_context(three.shared.running())
        three.refused = 100
        three.waits.add(0.5)
        expected = {_REFUSALS: 111, _WAITS: [1, 1], (_SOCKETS, "0"): 0, (_SOCKETS, "1"): 0}
        assert three.values() == one.values() == expected


async def test_a_process_alone_has_its_own_numbers() -> None:
    alone = _Process(None)
    async with alone.shared.running():
        alone.refused = 2
        assert alone.values()[_REFUSALS] == 2


async def test_a_full_disk_is_said_once_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    process = _Process(tmp_path)
    async with process.shared.running():
        process.refused = 2
        (tmp_path / "0.new").unlink(missing_ok=True)
        (tmp_path / "0.new").mkdir()  # cannot be written, as on a full disk
        assert process.values()[_REFUSALS] == process.values()[_REFUSALS] == 2
        (tmp_path / "0.new").rmdir()
    assert [line.message.partition(":")[0] for line in caplog.records] == [
        "metrics are not shared with other processes"
    ]
