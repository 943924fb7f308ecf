"""What the database says of the registry as a whole, read at most once in five seconds.

A scrape between two readings asks only whether the database answers, and concurrent scrapes share
one reading. Counts need whole tables: they are read as seldom as that takes at most a two-hundredth
of the time.
"""

import asyncio
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from time import monotonic

from db.postgres import access
from db.postgres.engine import Database
from db.reads import operators
from db.reads.operators import Figure
from domain.traffic_enums import CircuitState
from server.errors import code_of
from server.ops import instruments
from server.ops.instruments import Instrument
from server.ops.readings import Reading

_KEPT_S = 5.0
_ANSWER_S = 0.7  # a scrape waits this long for the database
_COUNTS_KEPT_S, _COUNTS_KEPT_TIMES = 15.0, 200  # and so many times as long as they took
_FAILED_KEPT_S = 600.0  # counts that took too long are not tried again for this time

_LABELS: Mapping[str, Instrument] = {
    "revision": instruments.REVISION,
    "migration": instruments.MIGRATION_INFO,
    "database_bytes": instruments.DATABASE_BYTES,
    "providers": instruments.PROVIDERS,
    "models": instruments.MODELS,
    "versions": instruments.VERSIONS,
    "bindings": instruments.BINDINGS,
    "circuits": instruments.CIRCUITS,
    "tokens_expiring": instruments.TOKENS_EXPIRING,
    "retention_began": instruments.RETENTION_LAST_RUN,
    "retention_ended": instruments.RETENTION_LAST_END,
    "retention_archived": instruments.RETENTION_ARCHIVED,
    "retention_purged": instruments.RETENTION_PURGED,
    "jobs_queued": instruments.JOBS_QUEUED,
    "jobs_running": instruments.JOBS_RUNNING,
    "job_seconds": instruments.JOB_SECONDS,
    "job_last_seconds": instruments.JOB_LAST_SECONDS,
    "job_last_ended": instruments.JOB_LAST_END,
    "job_last_succeeded": instruments.JOB_LAST_SUCCESS,
    "import_seconds": instruments.IMPORT_SECONDS,
    "import_last_seconds": instruments.IMPORT_LAST_SECONDS,
    "import_last_ended": instruments.IMPORT_LAST_END,
    "import_last_succeeded": instruments.IMPORT_LAST_SUCCESS,
    "import_figures": instruments.IMPORT_FIGURES,
}
_RUNS = {"job": instruments.JOB_RUNS, "import": instruments.IMPORT_RUNS}

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class RegistryReadings:
    """The readings of one database."""

    database: Database
    latest: list[Reading] = field(default_factory=list, init=False)
    _until: float = field(default=0.0, init=False)
    _counts: list[Reading] = field(default_factory=list, init=False)
    _counted_at: float = field(default=0.0, init=False)
    _counts_until: float = field(default=0.0, init=False)
    _reading: asyncio.Task[None] | None = field(default=None, init=False)
    _counting: asyncio.Task[None] | None = field(default=None, init=False)

    async def read(self) -> list[Reading]:
        """The readings, some seconds old perhaps; within about a second also without a database.

        Then they are the one that says so, and the last counts.
        """
        if self._reading is None or self._reading.done():
            is_old = monotonic() >= self._until
            self._reading = asyncio.create_task(self._read() if is_old else self._check())
        await asyncio.wait({self._reading})
        counts = self._counts
        if counts:
            age_s = monotonic() - self._counted_at
            counts = [*counts, Reading(instruments.COUNTS_AGE, age_s)]
        return [*self.latest, *counts]

    async def close(self) -> None:
        """End what still runs."""
        tasks = [task for task in (self._reading, self._counting) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self) -> None:
        began_at = monotonic()
        try:
            async with asyncio.timeout(_ANSWER_S):
                figures = await operators.state(self.database.probe)
        except Exception as error:
            self._is_down(error)
        else:
            took_s = monotonic() - began_at
            self.latest = [
                Reading(instruments.DATABASE_UP, 1),
                Reading(instruments.DATABASE_SECONDS, took_s),
                *_readings(figures),
            ]
            self._until = monotonic() + _KEPT_S
            await self._count_soon()
        finally:
            await self.database.probe.pool.close_idle()

    async def _check(self) -> None:
        """Ask whether the database answers, as readings of one that does not must not be kept."""
        try:
            async with asyncio.timeout(_ANSWER_S):
                await access.is_read_only(self.database.probe)
        except Exception as error:
            self._is_down(error)
        finally:
            await self.database.probe.pool.close_idle()

    def _is_down(self, error: Exception) -> None:
        _log.info("metrics have no database: %s", code_of(error))
        self.latest, self._until = [Reading(instruments.DATABASE_UP, 0)], 0.0

    async def _count_soon(self) -> None:
        """Count anew if it is time; the scrape waits a moment for it, as small tables are quick."""
        if monotonic() < self._counts_until:
            return
        if self._counting is None or self._counting.done():
            self._counting = asyncio.create_task(self._count())
        await asyncio.wait({self._counting}, timeout=_ANSWER_S / 2)

    async def _count(self) -> None:
        began_at = monotonic()
        try:
            figures = await operators.counts(self.database.reader)
        except Exception as error:
            _log.warning("metrics have no counts of rows: %s", code_of(error))
            self._counts, self._counts_until = [], monotonic() + _FAILED_KEPT_S
            return
        self._counts, self._counted_at = list(_readings(figures)), monotonic()
        kept_s = max(_COUNTS_KEPT_S, _COUNTS_KEPT_TIMES * (self._counted_at - began_at))
        self._counts_until = self._counted_at + kept_s


def _readings(figures: Iterable[Figure]) -> Iterator[Reading]:
    """A newer release may have stored figures that this one does not know: they are left out."""
    circuits = dict.fromkeys((CircuitState.OPEN.value, CircuitState.HALF_OPEN.value), 0.0)
    for name, labels, value in figures:
        work, _, result = name.partition("_")
        if name == "circuits":
            circuits[labels[0]] = value
        elif result in ("succeeded", "failed") and work in _RUNS:
            yield Reading(_RUNS[work], value, (*labels, result))
        elif name in _LABELS:
            yield Reading(_LABELS[name], value, tuple(labels))
    if any(name == "revision" for name, _, _ in figures):
        for state, value in circuits.items():
            yield Reading(instruments.CIRCUITS, value, (state,))
