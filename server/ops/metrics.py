"""Metrics in the text format of Prometheus.

They are read from the database at each scrape, so all processes report the same values.
"""

from dataclasses import dataclass

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from db.postgres.engine import Database
from db.reads import data_version, retention_runs
from server.errors import code_of


@dataclass(frozen=True, slots=True)
class Metrics:
    """The endpoint `/metrics`."""

    database: Database

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
        return registry
