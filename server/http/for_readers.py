"""Endpoints beside GraphQL that show what only readers may see."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from time import monotonic

from cachetools import LRUCache
from starlette.requests import Request
from starlette.responses import Response

from server.access.authentication import Authentication
from server.errors import HttpError
from server.execution.failures import error_response
from server.execution.representations import JSON
from server.http.request import address_of
from server.ops.logs import request_id

REMEMBERED_S = 3_600.0
_REMEMBERED_MAX = 16
_WAIT_S = 1.0  # for the database, before a remembered caller is let in


@dataclass(frozen=True, slots=True)
class ForReaders:
    """An endpoint that is asked only after its caller is identified; each role may read.

    With `is_needed_without_database`, a credential that was accepted within an hour is accepted
    while the database cannot tell: those who watch a server see most then. A credential that the
    database refuses is never accepted.
    """

    authentication: Authentication
    respond: Callable[[Request], Awaitable[Response]]
    is_needed_without_database: bool = False
    _accepted_at: LRUCache[bytes, float] = field(
        default_factory=lambda: LRUCache(_REMEMBERED_MAX), init=False
    )

    async def get(self, request: Request) -> Response:
        """The endpoint's own response; 401 with the code UNAUTHENTICATED without a valid token."""
        headers = dict(request.scope["headers"])
        try:
            await self._identify(request, headers)
        except Exception as error:
            refusal = error_response(error, request_id())
            return Response(refusal.body, refusal.status, refusal.headers, JSON)
        response = await self.respond(request)
        response.headers.append("vary", "authorization")
        if b"authorization" in headers:
            response.headers["cache-control"] = "private, no-cache"
        return response

    async def _identify(self, request: Request, headers: dict[bytes, bytes]) -> None:
        credential = sha256(headers.get(b"authorization", b"")).digest()
        accepted_at = self._accepted_at.get(credential)
        is_remembered = accepted_at is not None and monotonic() - accepted_at < REMEMBERED_S
        try:
            async with asyncio.timeout(_WAIT_S if is_remembered else None):
                await self.authentication.of_headers(headers, address_of(request.scope))
        except HttpError as error:
            if error.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
                self._accepted_at.pop(credential, None)
                raise
            if not is_remembered:
                raise
        except Exception:
            if not is_remembered:
                raise
        else:
            if self.is_needed_without_database:
                self._accepted_at[credential] = monotonic()
