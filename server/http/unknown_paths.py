"""Requests for what is not served: answered, and counted."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

from server.errors import HttpError
from server.ops import refused

NotFound: TypeAlias = Callable[[Request], Awaitable[Response]]


def counted(application: Starlette, not_found: NotFound) -> Starlette:
    """The application, which counts requests for paths and methods that it does not have.

    `not_found` answers those for unknown paths, or raises an HTTPException.
    """

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            refused.note(refused.UNKNOWN_PATH)
            await WebSocketClose()(scope, receive, send)
            return
        response = await not_found(Request(scope, receive))
        refused.note(refused.UNKNOWN_PATH)
        await response(scope, receive, send)

    application.add_exception_handler(HTTPException, _answer)
    application.router.default = answer
    return application


async def _answer(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    refused.count(HttpError(error.status_code, error.detail))
    return PlainTextResponse(error.detail, error.status_code, error.headers)
