"""What a process counts of itself: the parts of the application, read when somebody asks."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from math import isfinite
from time import monotonic
from typing import Any

from db.postgres.engine import Database
from db.postgres.observing import Statement
from db.postgres.pool import ConnectionPool
from db.reads.listener import ListenerState
from db.reads.replicas import Replicas
from domain.tallies import Tally
from planner import CountedCache
from server.execution.operation_counts import OperationCounts
from server.execution.pipeline import RequestPipeline
from server.http.socket_counts import SocketCounts
from server.ops import background, instruments, refused
from server.ops.connections import Connections
from server.ops.metrics import Metrics
from server.ops.process_readings import ProcessReadings
from server.ops.readiness import Readiness
from server.ops.readings import Reading, Readings
from server.ops.registry_readings import RegistryReadings
from server.ops.worker_readings import WorkerReadings
from server.settings_logs import MetricsSettings

_VERBS = ("select", "insert", "update", "delete", "with", "begin", "commit", "copy")
_OTHER_VERB = "other"


@dataclass(frozen=True, slots=True)
class Measuring:
    """The metrics of an application: `readings` of this process, and the endpoint for all."""

    readings: Readings
    process: ProcessReadings
    of_workers: WorkerReadings
    of_registry: RegistryReadings

    @property
    def endpoint(self) -> Metrics:
        """The endpoint `/metrics`."""
        return Metrics(self.of_workers, self.of_registry)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Measure the process, and share it with its siblings, while the block runs."""
        async with self.of_workers.running(), background.running(self.process.watch()):
            try:
                yield
            finally:
                await self.of_registry.close()


def measure(
    settings: MetricsSettings,
    pipeline: RequestPipeline,
    connections: Connections,
    sockets: SocketCounts,
    readiness: Readiness,
) -> Measuring:
    """The readings of an application's parts; from now on its operations are counted."""
    operations = pipeline.operations
    service, database = operations.service, operations.database
    counts, statements = OperationCounts(operations.trusted.names()), StatementTimes()
    pipeline.observers.append(counts.observe)
    pipeline.stream_observers.append(counts.observe_stream)
    database.statement_observers.append(statements.observe)
    process = ProcessReadings(service, settings.build_revision)
    readings = Readings()
    readings.sources += [
        counts.read,
        refused.read,
        connections.read,
        process.read,
        statements.read,
        lambda: _of_pipeline(pipeline, sockets),
        lambda: _of_caches(pipeline),
        lambda: _of_database(pipeline, database),
        lambda: _of_feed(readiness.listener),
        lambda: _of_checks(readiness),
        lambda: _of_replicas(pipeline.sources.replicas),
    ]
    of_workers = WorkerReadings(readings, settings.metrics_dir)
    return Measuring(readings, process, of_workers, RegistryReadings(database))


class StatementTimes:
    """How long SQL statements took, by their first word, and which errors they had."""

    def __init__(self) -> None:
        self._tallies = {verb: Tally() for verb in (*_VERBS, _OTHER_VERB)}
        self._by_start = {verb[:4]: tally for verb, tally in self._tallies.items()}
        self._errors: Counter[str] = Counter()

    def observe(self, statement: Statement) -> None:
        """Count a statement that has ended."""
        query = statement.query
        start = query[:4].decode() if isinstance(query, bytes) else str(query)[:4]
        tally = self._by_start.get(start.lower()) or self._tallies[_OTHER_VERB]
        tally.add(statement.seconds)
        if statement.error:
            self._errors[statement.error] += 1

    def read(self) -> Iterator[Reading]:
        """The durations and errors so far."""
        for verb, tally in self._tallies.items():
            yield Reading(instruments.SQL_DURATION, tally, (verb,))
        for error, count in self._errors.items():
            yield Reading(instruments.SQL_ERRORS, count, (error,))


def _of_pipeline(pipeline: RequestPipeline, sockets: SocketCounts) -> Iterator[Reading]:
    yield Reading(instruments.IN_FLIGHT, pipeline.in_flight.count)
    yield Reading(instruments.SOCKETS_OPEN, sockets.open)
    for field, count in pipeline.operations.shared.open.items():
        yield Reading(instruments.SUBSCRIPTIONS_OPEN, count, (field,))
    for what, count in pipeline.operations.service.outcomes.items():
        yield Reading(instruments.OUTCOMES, count, (what,))


def _of_caches(pipeline: RequestPipeline) -> Iterator[Reading]:
    operations = pipeline.operations
    caches: list[tuple[str, CountedCache[Any, Any]]] = [
        ("documents", operations.documents.cache),
        ("answers", pipeline.response_cache.cache),
    ]
    if operations.planner is not None:
        caches.append(("plans", operations.planner.plans))
    for name, cache in caches:
        yield Reading(instruments.CACHE_REQUESTS, cache.hits, (name, "hit"))
        yield Reading(instruments.CACHE_REQUESTS, cache.misses, (name, "miss"))
        yield Reading(instruments.CACHE_EVICTIONS, cache.evictions, (name,))
        yield Reading(instruments.CACHE_BYTES, cache.currsize, (name,))


def _of_database(pipeline: RequestPipeline, database: Database) -> Iterator[Reading]:
    yield from _of_pool("read", database.reader.pool)
    yield from _of_pool("write", database.writer.pool)
    for name, sizes in (
        ("queries", pipeline.operations.query_batcher.sizes),
        ("loads", database.reader.batch_sizes),
        ("data_version", pipeline.sources.primary.data_versions.batch_sizes),
    ):
        yield Reading(instruments.BATCH_SIZE, sizes, (name,))


def _of_pool(name: str, pool: ConnectionPool) -> Iterator[Reading]:
    yield Reading(instruments.POOL_CONNECTIONS, pool.in_use, (name, "in_use"))
    yield Reading(instruments.POOL_CONNECTIONS, pool.idle, (name, "idle"))
    yield Reading(instruments.POOL_LIMIT, pool.size, (name,))
    yield Reading(instruments.POOL_WAITING, pool.waiting, (name,))
    yield Reading(instruments.POOL_WAIT, pool.waits, (name,))
    yield Reading(instruments.POOL_TIMEOUTS, pool.timeouts, (name,))
    yield Reading(instruments.POOL_REFUSED, pool.refused, (name,))
    yield Reading(instruments.POOL_OPENED, pool.opened, (name,))


def _of_feed(feed: ListenerState) -> Iterator[Reading]:
    yield Reading(instruments.LISTENER_ACTIVE, int(feed.is_on))
    yield Reading(instruments.LISTENER_CONNECTED, int(feed.is_connected))
    yield Reading(instruments.LISTENER_FAILURES, feed.failures)
    if feed.is_on and feed.is_connected:
        yield Reading(instruments.LISTENER_LAG, monotonic() - feed.heard_at)
        yield Reading(instruments.LISTENER_SEQUENCE, feed.sequence)


def _of_checks(readiness: Readiness) -> Iterator[Reading]:
    readiness.look_at_listener()
    for name, check in readiness.checks.items():
        yield Reading(instruments.CHECK_STATUS, 1, (name, check.status))
        yield Reading(instruments.CHECK_AGE, check.age_s, (name,))


def _of_replicas(replicas: Replicas | None) -> Iterator[Reading]:
    if replicas is None:
        return
    now = monotonic()
    for replica in replicas.all:
        name = (replica.name,)
        yield Reading(instruments.REPLICA_USED, int(replica.is_usable(now)), name)
        yield Reading(instruments.REPLICA_REVISION, replica.revision, name)
        yield Reading(instruments.REPLICA_QUERIES, replica.queries, name)
        yield Reading(instruments.REPLICA_FAILURES, replica.failures, name)
        if isfinite(replica.lag_s):
            yield Reading(instruments.REPLICA_LAG, replica.lag_s, name)
    yield Reading(instruments.REPLICA_WAITS, replicas.waits - replicas.vain_waits, ("found",))
    yield Reading(instruments.REPLICA_WAITS, replicas.vain_waits, ("vain",))
    yield Reading(instruments.REPLICA_PRIMARY_AWAY, int(replicas.is_primary_away))
