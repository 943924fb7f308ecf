"""The metrics of all processes of one server: a scrape of any of them has the sums of all.

Each process owns a numbered slot of a directory, by a lock that the kernel releases when the
process ends, and writes what it has counted into the slot's file. A process that takes the slot of
one that has died goes on from its counts, so that counters never go backwards; the gauges of a
process that writes no more are left out. docs/decisions/0043-plain-numbers-behind-metrics.md
"""

import asyncio
import fcntl
import logging
import os
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Any

import orjson

from domain.tallies import Tally
from server.ops import background, instruments
from server.ops.instruments import Instrument, Kind
from server.ops.readings import Reading, Readings

WRITTEN_EVERY_S = 2.0
_GONE_S = 3 * WRITTEN_EVERY_S  # without a write the gauges of a process are left out
_ENDED = -_GONE_S

_log = logging.getLogger(__name__)
_BY_NAME = {each.name: each for each in instruments.ALL}


class WorkerReadings:
    """The readings of this process and of its siblings; without a directory it has none."""

    def __init__(self, readings: Readings, directory: Path | None) -> None:
        self._readings = readings
        self._directory = directory
        self._lock = -1
        self._earlier: list[Reading] = []  # counted by those that had this slot before
        self._has_failed = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Take a slot, and write its file every two seconds, while the block runs."""
        if self._directory is None:
            yield
            return
        self._take_slot(self._directory)
        try:
            async with background.running(self._write_often(self._directory)):
                yield
        finally:
            self._write(self._directory, _ENDED)
            os.close(self._lock)

    def read(self) -> list[Reading]:
        """The readings of all processes, as of now for this one.

        This one's file is written first: whichever process is asked next knows at least as much.
        """
        own = self._own()
        if self._directory is None:
            return own
        self._write(self._directory, monotonic())
        return summed([own, *self._siblings(self._directory)])

    def _own(self) -> list[Reading]:
        return summed([self._earlier, list(self._readings.read())])

    def _take_slot(self, directory: Path) -> None:
        for number in count():
            lock = os.open(directory / f"{number}.lock", os.O_CREAT | os.O_RDWR, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(lock)
                continue
            self._lock, self._readings.process = lock, str(number)
            break
        _, earlier = _from_file(directory / f"{number}.json")
        self._earlier = [each for each in earlier if each.instrument.kind is not Kind.GAUGE]

    async def _write_often(self, directory: Path) -> None:
        while True:
            self._write(directory, monotonic())
            await asyncio.sleep(WRITTEN_EVERY_S)

    def _write(self, directory: Path, now: float) -> None:
        path = directory / f"{self._readings.process}.json"
        new = path.with_suffix(".new")
        try:
            new.write_bytes(_to_json(self._own(), now))
            new.replace(path)
        except OSError as error:
            if not self._has_failed:
                _log.warning("metrics are not shared with other processes: %s", error)
            self._has_failed = True
        else:
            self._has_failed = False

    def _siblings(self, directory: Path) -> Iterator[list[Reading]]:
        for path in sorted(directory.glob("*.json")):
            if path.stem == self._readings.process:
                continue
            written_at, found = _from_file(path)
            is_gone = monotonic() - written_at > _GONE_S
            yield [one for one in found if not (is_gone and one.instrument.kind is Kind.GAUGE)]


def summed(parts: Iterable[Iterable[Reading]]) -> list[Reading]:
    """One reading for each instrument and labels: counters and histograms are added up."""
    found: dict[tuple[Instrument, tuple[str, ...]], float | Tally] = {}
    for part in parts:
        for instrument, value, labels in part:
            key = (instrument, labels)
            before = found.get(key)
            found[key] = value if before is None else _sum(before, value)
    return [Reading(instrument, value, labels) for (instrument, labels), value in found.items()]


def _sum(one: float | Tally, other: float | Tally) -> float | Tally:
    if isinstance(one, Tally) and isinstance(other, Tally):
        result = Tally(one.bounds)
        result.counts = [a + b for a, b in zip(one.counts, other.counts, strict=True)]
        result.total = one.total + other.total
        return result
    assert not isinstance(one, Tally)
    assert not isinstance(other, Tally)
    return one + other


def _to_json(readings: Iterable[Reading], now: float) -> bytes:
    rows = [
        [
            reading.instrument.name,
            reading.labels,
            [value.bounds, value.counts, value.total] if isinstance(value, Tally) else value,
        ]
        for reading in readings
        for value in [reading.value]
    ]
    return orjson.dumps([now, rows])


def _from_file(path: Path) -> tuple[float, list[Reading]]:
    """When a process has written, and what; nothing if there is no such file, or an unreadable."""
    with suppress(OSError, ValueError):
        written_at, rows = orjson.loads(path.read_bytes())
        return written_at, [
            Reading(_BY_NAME[name], _value(value), tuple(labels))
            for name, labels, value in rows
            if name in _BY_NAME
        ]
    return _ENDED, []


def _value(value: Any) -> float | Tally:
    if not isinstance(value, list):
        return float(value)
    bounds, counts, total = value
    tally = Tally(bounds)
    tally.counts, tally.total = counts, total
    return tally
