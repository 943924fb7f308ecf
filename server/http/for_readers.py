"""Endpoints beside GraphQL that show what only readers may see."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from server.access.authentication import Authentication
from server.execution.pipeline import error_response
from server.execution.representations import JSON
from server.http.request import address_of
from server.ops.logs import request_id


@dataclass(frozen=True, slots=True)
class ForReaders:
    """An endpoint that is asked only after its caller is identified; each role may read."""

    authentication: Authentication
    respond: Callable[[Request], Awaitable[Response]]

    async def get(self, request: Request) -> Response:
        """The endpoint's own response; 401 with the code UNAUTHENTICATED without a valid token."""
        headers = dict(request.scope["headers"])
        try:
            await self.authentication.of_headers(headers, address_of(request.scope))
        except Exception as error:
            refusal = error_response(error, request_id())
            return Response(refusal.body, refusal.status, refusal.headers, JSON)
        response = await self.respond(request)
        response.headers.append("vary", "authorization")
        if b"authorization" in headers:
            response.headers["cache-control"] = "private, no-cache"
        return response
