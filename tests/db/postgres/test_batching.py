"""Concurrent loads are batched, and no load joins a batch that has started."""

import asyncio
import gc
from collections.abc import Mapping
from typing import Any

import pytest

from db.postgres.batching import Batcher


class Source:
    """Records the batches, and completes each when the test calls `end`."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gates: list[asyncio.Future[Any]] = []

    async def __call__(self, keys: list[int]) -> Mapping[int, str]:
        gate = asyncio.get_running_loop().create_future()
        self.batches.append(keys)
        self.gates.append(gate)
        await gate
        return {key: f"{key} in batch {self.gates.index(gate)}" for key in keys if key >= 0}

    def end(self, batch: int, error: BaseException | None = None) -> None:
        if error:
            self.gates[batch].set_exception(error)
        else:
            self.gates[batch].set_result(None)


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def batcher(source: Source) -> Batcher[int, str]:
    return Batcher(source)


async def _settled() -> None:
    """Lets every task run until it waits for the source."""
    for _ in range(10):
        await asyncio.sleep(0)


def _load(batcher: Batcher[int, str], *keys: int) -> "asyncio.Task[dict[int, str]]":
    return asyncio.ensure_future(batcher.load(keys))


async def test_loads_in_one_turn_are_one_batch_of_distinct_keys(
    source: Source, batcher: Batcher[int, str]
) -> None:
    loads = [_load(batcher, 1, 2), _load(batcher, 2, 3), _load(batcher, 1)]
    await _settled()
    assert source.batches == [[1, 2, 3]]
    source.end(0)
    assert [sorted(await load) for load in loads] == [[1, 2], [2, 3], [1]]
    assert batcher.is_idle


async def test_a_key_without_a_value_is_missing(source: Source, batcher: Batcher[int, str]) -> None:
    load = _load(batcher, 1, -1)
    await _settled()
    source.end(0)
    assert await load == {1: "1 in batch 0"}


async def test_at_most_two_batches_run_and_the_other_loads_form_the_next(
    source: Source, batcher: Batcher[int, str]
) -> None:
    loads = []
    for key in range(6):
        loads.append(_load(batcher, key))
        await _settled()
    assert source.batches == [[0], [1]]
    source.end(1)
    await _settled()
    assert source.batches == [[0], [1], [2, 3, 4, 5]]
    source.end(0)
    source.end(2)
    assert [(await load)[key][-1] for key, load in enumerate(loads)] == list("012222")
    assert batcher.is_idle


async def test_a_load_never_joins_a_batch_that_has_started(
    source: Source, batcher: Batcher[int, str]
) -> None:
    """Not even for a key that is being read: the load must see what was written since."""
    loads = []
    for _ in range(4):
        loads.append(_load(batcher, 7))
        await _settled()
    assert source.batches == [[7], [7]]
    source.end(0)
    await _settled()
    late = _load(batcher, 7)
    await _settled()
    assert source.batches == [[7], [7], [7]]
    for batch in (1, 2):
        source.end(batch)
        await _settled()
    source.end(3)
    values = [(await load)[7] for load in [*loads, late]]
    assert values == [f"7 in batch {batch}" for batch in (0, 1, 2, 2, 3)]


async def test_a_cancelled_load_does_not_affect_the_others(
    source: Source, batcher: Batcher[int, str]
) -> None:
    loads = [_load(batcher, *keys) for keys in ((1, 2), (2, 1), (1,), (2,))]
    await asyncio.sleep(0)
    loads[0].cancel()  # before the batch has started
    await _settled()
    loads[1].cancel()  # and after
    await _settled()
    source.end(0)
    assert await loads[2] == {1: "1 in batch 0"}
    assert await loads[3] == {2: "2 in batch 0"}
    assert [load.cancelled() for load in loads] == [True, True, False, False]
    assert batcher.is_idle


async def test_a_batch_that_nobody_waits_for_is_cancelled_so_that_the_next_can_start(
    source: Source, batcher: Batcher[int, str]
) -> None:
    for key in (1, 2):
        load = _load(batcher, key)
        await _settled()
        load.cancel()
        await _settled()
    assert [gate.cancelled() for gate in source.gates] == [True, True]
    waiting = _load(batcher, 3)
    await _settled()
    source.end(2)
    assert await waiting == {3: "3 in batch 2"}
    assert batcher.is_idle


async def test_a_batch_whose_loads_were_all_cancelled_never_starts(
    source: Source, batcher: Batcher[int, str]
) -> None:
    loads = []
    for key in (1, 2, 3):
        loads.append(_load(batcher, key))
        await _settled()
    loads[2].cancel()
    for batch in (0, 1):
        await _settled()
        source.end(batch)
    await _settled()
    last = _load(batcher, 4)
    await _settled()
    assert source.batches == [[1], [2], [4]]
    source.end(2)
    assert await last == {4: "4 in batch 2"}
    assert batcher.is_idle


@pytest.mark.filterwarnings("error")
async def test_an_error_is_raised_by_every_load_of_the_batch_and_by_no_later_one(
    source: Source, batcher: Batcher[int, str]
) -> None:
    loads = [_load(batcher, 1, 2), _load(batcher, 2), _load(batcher, 3, 1)]
    await _settled()
    source.end(0, ValueError("no"))
    for load in loads:
        with pytest.raises(ValueError, match="no"):
            await load
    del loads, load
    gc.collect()  # would report an exception that was never retrieved
    again = _load(batcher, 1)
    await _settled()
    source.end(1)
    assert await again == {1: "1 in batch 1"}
    assert batcher.is_idle


async def test_a_cancelled_batch_cancels_its_loads(
    source: Source, batcher: Batcher[int, str]
) -> None:
    load = _load(batcher, 1)
    await _settled()
    source.gates[0].cancel()
    with pytest.raises(asyncio.CancelledError):
        await load
    await _settled()
    assert batcher.is_idle


async def test_a_large_load_is_split_into_batches_of_limited_size(
    source: Source, batcher: Batcher[int, str]
) -> None:
    load = _load(batcher, *range(1_201))
    ended = 0
    while not load.done():
        await _settled()
        while ended < len(source.gates):
            source.end(ended)
            ended += 1
    assert len(await load) == 1_201
    assert [len(batch) for batch in source.batches] == [500, 500, 201]


async def test_a_load_without_keys_starts_no_batch(
    source: Source, batcher: Batcher[int, str]
) -> None:
    assert await batcher.load([]) == {}
    await _settled()
    assert source.batches == []


async def test_a_slot_has_the_value_of_its_key_and_can_be_awaited(
    source: Source, batcher: Batcher[int, str]
) -> None:
    slots = [batcher.join(key) for key in (1, -1, 1)]
    await _settled()
    source.end(0)
    assert [await slot for slot in slots] == ["1 in batch 0", None, "1 in batch 0"]
    assert slots[0].value() == "1 in batch 0"
    failing = batcher.join(2)
    await _settled()
    source.end(1, ValueError("gone"))
    with pytest.raises(ValueError, match="gone"):
        await failing


async def test_a_batch_is_cancelled_with_its_last_slot(
    source: Source, batcher: Batcher[int, str]
) -> None:
    cancelled, awaited = batcher.join(1), batcher.join(1)
    await _settled()
    cancelled.cancel()
    await _settled()
    assert not source.gates[0].cancelled()
    waiting = asyncio.ensure_future(awaited)  # type: ignore[arg-type]  # an awaitable all the same
    await _settled()
    waiting.cancel()
    await _settled()
    assert source.gates[0].cancelled()
    assert batcher.is_idle


async def test_it_reports_when_it_becomes_idle(source: Source) -> None:
    idle: list[int] = []
    batcher: Batcher[int, str] = Batcher(source, on_idle=lambda: idle.append(1))
    for key in range(3):
        batcher.join(key)
        await _settled()
    source.end(0)
    source.end(1)
    await _settled()
    assert idle == []
    source.end(2)
    await _settled()
    assert idle == [1]
    batcher.join(1).cancel()  # before its batch has started
    await _settled()
    assert idle == [1, 1]
    assert len(source.batches) == 3


async def test_it_reports_idle_once_even_if_it_is_started_twice(source: Source) -> None:
    """The timer and the end of an abandoned batch may come in the same turn of the loop."""
    idle: list[int] = []
    batcher: Batcher[int, str] = Batcher(source, on_idle=lambda: idle.append(1))
    batcher.join(1).cancel()
    batcher._start()
    batcher._start()
    await asyncio.sleep(0)
    assert (idle, source.batches) == ([1], [])
