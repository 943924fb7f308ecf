"""A request id for each request, and a log line about it."""

import logging
import re
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.http.endpoint import OPERATION_NAME
from server.ops.logs import new_request_id, request_id

HEADER = b"x-request-id"

_SANE = re.compile(rb"[A-Za-z0-9._:/+=@-]{1,128}")  # nothing that could forge a line of a log

_log = logging.getLogger("access")


class RequestLog:
    """ASGI middleware: keeps a sane inbound x-request-id or makes one, and answers with it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and log it when it is answered."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        identifier = _inbound(scope) or new_request_id()
        header = (HEADER, identifier.encode())
        token = request_id.set(identifier)
        started, status = perf_counter(), 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), header]
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        finally:
            note(scope["method"], scope["path"], status, started, scope.get(OPERATION_NAME))
            request_id.reset(token)


class PathDispatch:
    """ASGI middleware: hands the requests of one path to their application, past the router.

    Routing and Starlette's handling of exceptions, which this application does by itself, took a
    tenth of a small query's time.
    """

    def __init__(self, app: ASGIApp, path: str, to: ASGIApp) -> None:
        self.app = app
        self._path = path
        self._to = to

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        is_short = scope["type"] == "http" and scope["path"] == self._path
        await (self._to if is_short else self.app)(scope, receive, send)


def note(method: str, path: str, status: int, started: float, operation: str | None) -> None:
    """Log a request that was answered, or is not any more; `started` by perf_counter()."""
    if not _log.isEnabledFor(logging.INFO):
        return
    taken_ms = round(1_000 * (perf_counter() - started), 1)
    fields = {"method": method, "path": path, "status": status, "ms": taken_ms}
    if operation:
        fields["operation"] = operation
    _log.info("request", extra={"fields": fields})


def _inbound(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == HEADER and _SANE.fullmatch(value):
            return str(value, "ascii")
    return None
