"""The ASGI application: its parts, routes, middleware and lifespan."""

import asyncio
import gc
import os
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import date, datetime
from functools import partial
from multiprocessing import parent_process
from threading import Thread
from time import monotonic
from typing import Any

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp

import schema
from archive.store import ArchiveStore
from db.postgres.engine import Database
from db.reads.data_version import ReadSource
from domain.secrets import formats
from planner import Planner
from resolvers import route_changes
from resolvers.event_broker import EventBroker
from resolvers.service import Service
from resolvers.watchers import Watchers
from server import measuring, release
from server.access.parts import Access
from server.access.rate_limits import Clock, RateLimits
from server.errors import ServerStopped
from server.execution import trusted
from server.execution.documents import Documents
from server.execution.in_flight import InFlightRequests
from server.execution.operations import Operations
from server.execution.pipeline import RequestPipeline
from server.execution.response_cache import ResponseCache
from server.execution.slow_operations import SlowOperations
from server.execution.sources import Sources
from server.http import dashboard, pages, sdl, socket_protocol, unknown_paths
from server.http.endpoint import GraphQLEndpoint, SingleConnectionEndpoint
from server.http.for_readers import ForReaders
from server.http.hosts import Hosts
from server.http.middleware import HostCheck, RequestLog
from server.http.open_mode import OpenMode
from server.http.request import PATH, STREAM_PATH
from server.http.state import STATE, ProtocolState
from server.http.websocket import SocketEndpoint
from server.ops import (
    background,
    descriptors,
    event_feed,
    health,
    later,
    log_level,
    logs,
    memory,
    replication,
    stopping,
    watchdog,
)
from server.ops.connections import Connections
from server.ops.metrics import Metrics
from server.ops.readiness import Readiness
from server.settings import Settings
from server.telemetry import switch

# orjson writes values of these classes as the scalars' serializers do: plans pass them through.
PASSTHROUGH = {"DateTime": datetime, "Date": date}
# The many rows of a response are freed by reference counting. Twice the first threshold and five
# times the others saved no time above the noise of 10%, and took up to 10 MB more when all
# documents were new.
_GC_THRESHOLDS = (25_000, 4, 20)
_LAST_ANSWERS_S = 1.0  # to be sent, when a stop has cancelled what ran


def build(settings: Settings, database_url: str, clock: Clock = monotonic) -> ASGIApp:
    """The registry's application on one database, by a clock of rates. Two share nothing."""
    database = Database(database_url, settings.pool_limits)
    broker = EventBroker(settings.event_broker_limits)
    store = ArchiveStore(settings.archive_location, settings.archive_storage_class)
    operations = _operations(settings, database, broker, store, RateLimits(settings, clock))
    primary = ReadSource.of(database.reader)
    sources = Sources(primary, replication.replicas(settings, database, primary))
    access = Access.of(settings, database, primary.data_versions, broker, clock)
    pipeline = _pipeline(settings, operations, sources, access)
    hosts, open_mode = Hosts.of(settings), OpenMode.of(settings)
    connections, readiness = Connections(settings), Readiness(database, store)
    sockets, feed = SocketEndpoint(pipeline), readiness.listener
    measured = measuring.measure(settings, pipeline, connections, sockets.counts, readiness)
    watches = _watches(settings, operations, readiness)
    state = ProtocolState(pipeline, connections, hosts, open_mode, readiness.stop)
    session_url, can_listen = settings.listen_url or database_url, settings.can_listen

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[dict[str, Any]]:
        async with (
            switch.exporting(measured.readings),
            event_feed.running(session_url, broker, feed, can_listen=can_listen),
            later.jobs_running(settings, database, store, session_url),
            access.running(),
            replication.running(sources.replicas),
            _draining(settings, state),
            measured.running(),
        ):
            _settle_memory()
            async with background.running(*(watch() for watch in watches)):
                yield {STATE: state, socket_protocol.LIMITS: settings}
            await pipeline.in_flight.drained()
        await database.close()
        store.close()

    routes = _routes(pipeline, readiness, sockets, measured.endpoint)
    served = Starlette(routes=routes, lifespan=lifespan)
    application = unknown_paths.counted(served, _dashboard(settings).not_found)
    return RequestLog(HostCheck(application, hosts, open_mode), hosts.origins)


def _draining(settings: Settings, state: ProtocolState) -> AbstractAsyncContextManager[None]:
    times = stopping.Times(settings.drain_s, settings.shutdown_timeout_s)
    return stopping.draining(state.stop, times, partial(_cut, state))


async def _cut(state: ProtocolState) -> None:
    """End what runs when a stop has waited for long enough: answers first, then connections."""
    state.pipeline.in_flight.cancel_all(ServerStopped("the stop has waited for long enough"))
    await asyncio.sleep(_LAST_ANSWERS_S)
    state.connections.abort()


def _watches(
    settings: Settings, operations: Operations, readiness: Readiness
) -> tuple[Callable[[], Coroutine[Any, Any, None]], ...]:
    """What runs beside the requests; first what is loaded after the start."""
    return (
        partial(later.load, formats.load, schema.published_sdl, gc.freeze),
        descriptors.watch,
        memory.watch,
        operations.routes.run,
        readiness.watch,
        partial(log_level.follow, settings),
    )


def _pipeline(
    settings: Settings, operations: Operations, sources: Sources, access: Access
) -> RequestPipeline:
    pipeline = RequestPipeline(
        operations,
        ResponseCache(settings.response_cache_bytes_max),
        sources,
        access.authentication,
        InFlightRequests(settings.concurrency_max, settings.operation_timeout_ms / 1_000),
        access.sessions,
    )
    _observe(pipeline)
    return pipeline


def _routes(
    pipeline: RequestPipeline, readiness: Readiness, sockets: SocketEndpoint, metrics: Metrics
) -> list[BaseRoute]:
    """The paths; the direct path answers most requests for /graphql before (server/http)."""
    for_readers = partial(ForReaders, pipeline.authentication)
    settings = pipeline.operations.settings
    return [
        Route(PATH, GraphQLEndpoint(pipeline)),
        Route(STREAM_PATH, SingleConnectionEndpoint()),
        WebSocketRoute(PATH, sockets),
        Route("/healthz", health.alive),
        Route("/readyz", health.ReadinessEndpoint(readiness).get),
        Route("/metrics", for_readers(metrics.get, is_needed_without_database=True).get),
        Route(sdl.PATH, for_readers(sdl.Sdl(schema.published_sdl).get).get),
        *_dashboard(settings).routes(),
        *dashboard.metadata_routes(settings),
        *pages.routes(),
    ]


def _dashboard(settings: Settings) -> dashboard.Dashboard:
    return dashboard.Dashboard(pages.FILES, settings.oidc_issuer)


def from_environment() -> ASGIApp:
    """The application of a server process; `serve` has put the settings into the environment."""
    settings = Settings()
    assert settings.database_url is not None  # `serve` starts a database where none is given
    logs.configure(settings)
    descriptors.raise_limit()
    stopping.bound(settings.shutdown_timeout_s)
    _end_with_parent()
    if settings.stall_timeout_s:
        watchdog.start(settings.stall_timeout_s)
    switch.start()
    return build(settings, settings.database_url)


def _settle_memory() -> None:
    """Exclude what lives as long as the process from garbage collection: 27% on large responses.

    It does not collect before: that takes a twentieth of the start, and frees 3,000 objects of
    240,000.
    """
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)
    gc.enable()


def _end_with_parent() -> None:
    """Stop this process when its parent process is killed, so that the port becomes free."""
    parent = parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    Thread(target=watch, daemon=True).start()


def _observe(pipeline: RequestPipeline) -> None:
    """Let operations that have ended be traced, and logged when they were slow."""
    settings, database = pipeline.operations.settings, pipeline.operations.database
    if (telemetry := switch.started()) is not None:
        telemetry.trace(pipeline)
    if settings.slow_operation_ms:
        slow = SlowOperations(database, settings.slow_operation_ms / 1_000)
        pipeline.observers.append(slow.observe)


def _operations(
    settings: Settings,
    database: Database,
    broker: EventBroker,
    store: ArchiveStore,
    rate_limits: RateLimits,
) -> Operations:
    built = schema.published()
    service = Service(
        version=release.version(),
        sdl=schema.published_sdl,
        limits=settings.limits,
        health_rules=settings.health_rules,
        recent_traffic=settings.recent_traffic,
        route_ttl_seconds=settings.route_ttl_seconds,
    )
    documents = Documents(built._schema, settings)
    return Operations(
        built,
        database,
        service,
        settings,
        documents,
        trusted.of(settings, documents, pages.FILES / pages.DOCUMENTS),
        Planner(built, passthrough=PASSTHROUGH, bytes_max=settings.document_cache_bytes_max)
        if settings.compiled_plans
        else None,
        broker,
        Watchers(broker, partial(route_changes.computed, database.reader, service)),
        store,
        rate_limits,
    )
