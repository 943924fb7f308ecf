"""A GraphQL request and its response, as every transport passes them on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from time import perf_counter
from types import MappingProxyType
from typing import Any, NamedTuple

from domain.operations import Operation
from server.access.authentication import Connection
from server.execution.parameters import Parameters
from server.execution.prepared import Caller, PreparedOperation
from server.execution.representations import ANY, Accepted
from server.execution.response_cache import RequestKey


@dataclass(slots=True)
class GraphQLRequest:
    """An operation as it arrived: the bytes that hold it, how to read them, and who sent them."""

    payload: bytes
    read: Callable[[bytes], Parameters]
    caller: Caller
    read_only: bool = False  # of a GET, which must change nothing
    accepted: Accepted = ANY
    connection: Connection | None = None  # of the direct path
    revision: int | None = None  # that the response must show at least; None: it need not be newest
    reads_primary: bool = False  # not a replica, which may be behind
    operation_name: str | None = field(default=None, init=False)  # for the access log
    outlives_client: bool = field(default=False, init=False)  # a mutation: it may be done already
    prepared: PreparedOperation | None = field(default=None, init=False)
    is_charged: bool = field(default=False, init=False)  # its points were taken
    points: int = field(default=0, init=False)  # that it costs, once they are known
    started_at: float = field(default_factory=perf_counter, init=False)
    seconds: float = field(default=0.0, init=False)  # that it took, once it has ended
    nodes: int = field(default=0, init=False)  # that it may return, once they are known
    is_kept: bool = field(default=False, init=False)  # its response was made for an earlier one
    code: str = field(default="", init=False)  # of the first error of its response
    method: str = field(default="", init=False)  # of HTTP; empty for an operation of a WebSocket
    operation: Operation = field(init=False)  # what statements and log lines belong to

    def __post_init__(self) -> None:
        self.operation = Operation(self.caller.request_id)

    @property
    def cache_key(self) -> RequestKey:
        """Equal for requests with equal responses; a query string is never taken for a body."""
        mark = b"%s?" if self.read_only else b"%s:"
        return mark % self.caller.authenticated.view.encode() + self.payload


class GraphQLResponse(NamedTuple):
    """A JSON body, and what HTTP says beside it; a rejected operation was not executed.

    `code` is that of its first error; empty without one. `etag` is that of the body without its
    coding; a cache may use it for `max_age_s` unasked.
    """

    body: bytes
    status: int = HTTPStatus.OK
    is_rejected: bool = False
    etag: bytes = b""
    max_age_s: int = 0
    coding: str = ""
    headers: Mapping[str, str] = MappingProxyType({})
    code: str = ""


def log_fields(request: GraphQLRequest) -> dict[str, Any]:
    """What log lines say of a GraphQL operation; without what is unknown."""
    identity = request.caller.identity
    found = {
        "operation": request.operation_name,
        "actor": identity.name if identity else None,
        "nodes": request.nodes or None,
        "points": request.points or None,
        "code": request.code or None,
        "kept": request.is_kept or None,
    }
    return {name: value for name, value in found.items() if value is not None}
