"""Metrics in the text format of Prometheus: `/metrics`."""

from dataclasses import dataclass

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import CollectorRegistry
from starlette.requests import Request
from starlette.responses import Response

from server.ops.readings import Collected
from server.ops.registry_readings import RegistryReadings
from server.ops.worker_readings import WorkerReadings


@dataclass(frozen=True, slots=True)
class Metrics:
    """The endpoint `/metrics`."""

    of_workers: WorkerReadings
    of_registry: RegistryReadings

    async def get(self, _: Request) -> Response:
        """What all processes of this server have counted, and what the database says.

        Without a database the status is 200 too, and `registry_database_up` is 0.
        """
        of_registry = await self.of_registry.read()
        registry = CollectorRegistry(auto_describe=False)
        registry.register(Collected([*of_registry, *self.of_workers.read()]))
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
