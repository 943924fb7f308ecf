"""What the connections of a process share: it goes from the application to uvicorn's protocol."""

from dataclasses import dataclass

from server.execution.pipeline import RequestPipeline
from server.http.hosts import Hosts
from server.http.open_mode import OpenMode
from server.ops.connections import Connections
from server.ops.stopping import Stop

STATE = "registry.protocol"  # the key in the lifespan's state


@dataclass(frozen=True, slots=True)
class ProtocolState:
    """The pipeline that answers requests, and the limits of connections."""

    pipeline: RequestPipeline
    connections: Connections
    hosts: Hosts
    open_mode: OpenMode | None
    stop: Stop
