"""Metrics in the text format of Prometheus.

Those of the registry are read from the database at each scrape, so all processes report the same
values. Those of connections and descriptors are of the process that answers; `process` is its id.
"""

import os
from dataclasses import dataclass

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from db.postgres.engine import Database
from db.reads import data_version, retention_runs
from server.errors import code_of
from server.ops import descriptors
from server.ops.connections import Connections


@dataclass(frozen=True, slots=True)
class Metrics:
    """The endpoint `/metrics`."""

    database: Database
    connections: Connections

    async def get(self, _: Request) -> Response:
        """The registry's revision and the last retention run; 503 when there is no database."""
        try:
            text = generate_latest(await self._collect())
        except Exception as error:
            return Response(f"the database does not answer: {code_of(error)}\n", 503)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    async def _collect(self) -> CollectorRegistry:
        registry, source = CollectorRegistry(), self.database.reader
        revision = Gauge(
            "registry_revision", "Sequence number of the last change.", registry=registry
        )
        revision.set(await data_version.revision(source))
        last = await retention_runs.newest(source)
        if last is not None:
            for name, description, value in (
                ("timestamp_seconds", "Time of the last retention run.", last.at.timestamp()),
                ("archived", "Versions that the last retention run archived.", last.archived),
                ("purged", "Archives that the last retention run purged.", last.purged),
            ):
                gauge = Gauge(f"registry_retention_last_run_{name}", description, registry=registry)
                gauge.set(value)
        self._collect_connections(registry)
        return registry

    def _collect_connections(self, registry: CollectorRegistry) -> None:
        here = self.connections
        for name, description, value in (
            ("connections", "Open HTTP and WebSocket connections.", len(here.open)),
            ("connections_limit", "Connections that this process accepts.", here.count_max),
            ("connections_refused", "Connections refused at the limit.", here.refused),
            ("connections_evicted", "Idle connections closed for new ones.", here.evicted),
            ("connections_overloaded", "Connections ended for memory.", here.overloaded),
            ("received_bytes", "Bytes of incomplete and waiting requests.", here.received.total),
            ("unsent_bytes", "Bytes of responses that clients do not read.", here.unsent.total),
            ("descriptors", "Open file descriptors.", descriptors.open_count()),
            ("descriptors_limit", "File descriptors that may be open.", descriptors.count_max()),
        ):
            gauge = Gauge(f"registry_{name}", description, ["process"], registry=registry)
            gauge.labels(str(os.getpid())).set(value)
