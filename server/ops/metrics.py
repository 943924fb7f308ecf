"""Metrics in the text format of Prometheus: `/metrics`."""

from dataclasses import dataclass

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from db.postgres.engine import Database
from db.reads import data_version, retention_runs
from server.errors import code_of
from server.ops import instruments
from server.ops.readings import Reading, Readings


@dataclass(frozen=True, slots=True)
class Metrics:
    """The endpoint `/metrics`."""

    database: Database
    readings: Readings

    async def get(self, _: Request) -> Response:
        """The registry's revision and the last retention run; 503 when there is no database."""
        try:
            of_registry = await self._of_registry()
        except Exception as error:
            return Response(f"the database does not answer: {code_of(error)}\n", 503)
        registry = Readings()
        registry.sources.append(lambda: of_registry)
        texts = map(generate_latest, (registry.registry, self.readings.registry))
        return Response(b"".join(texts), media_type=CONTENT_TYPE_LATEST)

    async def _of_registry(self) -> list[Reading]:
        source = self.database.reader
        found = [Reading(instruments.REVISION, await data_version.revision(source))]
        last = await retention_runs.newest(source)
        if last is not None:
            found += [
                Reading(instruments.RETENTION_LAST_RUN, last.at.timestamp()),
                Reading(instruments.RETENTION_ARCHIVED, last.archived),
                Reading(instruments.RETENTION_PURGED, last.purged),
            ]
        return found
