"""A GraphQL request and its response, as every transport passes them on."""

from collections.abc import Callable, Mapping
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


class GraphQLRequest(Operation):
    """An operation as it arrived: the bytes that hold it, how to read them, and who sent them.

    Statements, log lines and spans belong to it while it runs.
    """

    # Defaults of the class, as in Operation: most requests need few of them.
    reads_primary = False  # not a replica, which may be behind
    operation_name: str | None = None  # for the access log
    outlives_client = False  # a mutation: it may be done already
    prepared: PreparedOperation | None = None
    is_charged = False  # its points were taken
    points = 0  # that it costs, once they are known
    seconds = 0.0  # that it took, once it has ended
    nodes = 0  # that it may return, once they are known
    is_kept = False  # its response was made for an earlier one
    read_only = False  # of a GET, which must change nothing
    revision: int | None = None  # that the response must show at least; None: it need not be newest
    code = ""  # of the first error of its response
    method = ""  # of HTTP; empty for an operation of a WebSocket

    def __init__(
        self,
        payload: bytes,
        read: Callable[[bytes], Parameters],
        caller: Caller,
        accepted: Accepted = ANY,
        connection: Connection | None = None,
    ) -> None:
        self.request_id = caller.request_id
        self.payload = payload
        self.read = read
        self.caller = caller
        self.accepted = accepted
        self.connection = connection  # of the direct path
        self.started_at = perf_counter()

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
