"""The access log: one line for each request, and for each operation of a WebSocket."""

import logging
from time import perf_counter
from typing import Any

from domain.operations import current
from server.execution.messages import GraphQLRequest, log_fields
from server.http.request import PATH

_log = logging.getLogger("access")


def is_request_logged() -> bool:
    """Whether the access log is on."""
    return _log.isEnabledFor(logging.INFO)


def log_request(
    method: str, path: str, status: int, started_at: float, request: GraphQLRequest | None
) -> None:
    """Log a request that has ended; `started_at` is a value of perf_counter().

    The line has the ids of the operation that runs now, and its time in the database.
    """
    if is_request_logged():
        _write({"method": method, "path": path, "status": status}, started_at, request)


def log_socket_operation(request: GraphQLRequest) -> None:
    """Log an operation of a WebSocket that has ended; a subscription's time is that of its life."""
    if is_request_logged():
        _write({"method": "WebSocket", "path": PATH}, request.started_at, request)


def _write(fields: dict[str, Any], started_at: float, request: GraphQLRequest | None) -> None:
    fields["ms"] = round(1_000 * (perf_counter() - started_at), 1)
    for operation in current.get()[:1]:
        if operation.statement_count:
            fields["dbMs"] = round(1_000 * operation.database_s, 1)
        if operation.is_shared:
            fields["dbShared"] = True
    if request is not None:
        fields |= log_fields(request)
    _log.info("request", extra={"fields": fields})
