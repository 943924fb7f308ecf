"""What is measured of the process itself: memory, CPU time, its start, and its event loop."""

import asyncio
import platform
import time
from collections.abc import Iterator

from prometheus_client.process_collector import ProcessCollector

from domain.tallies import Tally
from resolvers.service import Service
from server.ops import instruments
from server.ops.readings import Reading

_PERIOD_S = 1.0
_HASH_LENGTH = 12
_INSTRUMENTS = {
    "process_cpu_seconds": instruments.CPU,
    "process_resident_memory_bytes": instruments.MEMORY,
    "process_start_time_seconds": instruments.START_TIME,
}


class ProcessReadings:
    """The readings of a process that serves; those of Linux are left out on other systems."""

    def __init__(self, service: Service, revision: str) -> None:
        self._service, self._revision = service, revision
        self._labels: tuple[str, ...] = ()
        self._collector = ProcessCollector(registry=None)
        self._lag = Tally()
        self._startup_s: float | None = None

    async def watch(self) -> None:
        """Note that the process serves, and how late its event loop is from now on."""
        began_at = next(
            (each.value for each in self._linux() if each.instrument is instruments.START_TIME),
            None,
        )
        if isinstance(began_at, float):
            self._startup_s = time.time() - began_at
        while True:
            due = time.monotonic() + _PERIOD_S
            await asyncio.sleep(_PERIOD_S)
            self._lag.add(max(0.0, time.monotonic() - due))

    def read(self) -> Iterator[Reading]:
        """The readings now."""
        yield Reading(instruments.BUILD_INFO, 1, self._build())
        yield Reading(instruments.STARTS, 1)
        if self._startup_s is not None:
            yield Reading(instruments.STARTUP, self._startup_s)
        yield Reading(instruments.LOOP_LAG, self._lag)
        yield Reading(instruments.TASKS, len(asyncio.all_tasks()))
        yield from self._linux()

    def _build(self) -> tuple[str, ...]:
        """Made at the first scrape: the schema's text takes a while."""
        if not self._labels:
            schema = self._service.schema_hash[:_HASH_LENGTH]
            version, python = self._service.version, platform.python_version()
            self._labels = (version, self._revision, schema, python)
        return self._labels

    def _linux(self) -> Iterator[Reading]:
        for metric in self._collector.collect():
            instrument = _INSTRUMENTS.get(metric.name)
            if instrument is not None:
                yield Reading(instrument, metric.samples[0].value)
