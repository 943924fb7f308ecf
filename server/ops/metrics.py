"""What a monitoring system scrapes, in the text format of Prometheus.

The figures are read from the database at each scrape, so that every process tells the same.
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
    """The endpoint of the figures."""

    database: Database

    async def get(self, _: Request) -> Response:
        """The registry's revision, and what the last run of retention did; 503 without database."""
        try:
            text = generate_latest(await self._collected())
        except Exception as error:
            return Response(f"the database does not answer: {code_of(error)}\n", 503)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    async def _collected(self) -> CollectorRegistry:
        registry, source = CollectorRegistry(), self.database.reader
        revision = Gauge(
            "registry_revision", "Sequence number of the last change.", registry=registry
        )
        revision.set(await data_version.revision(source))
        last = await retention_runs.last(source)
        if last is not None:
            for name, what, value in (
                ("timestamp_seconds", "When retention last ran.", last.at.timestamp()),
                ("archived", "Versions that the last run archived.", last.archived),
                ("purged", "Archives that the last run purged.", last.purged),
            ):
                gauge = Gauge(f"registry_retention_last_run_{name}", what, registry=registry)
                gauge.set(value)
        return registry
