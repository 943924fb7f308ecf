"""Requests for what is not served: answered as Starlette does it, and counted."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

from server.errors import HttpError
from server.ops import refused


def counted(application: Starlette) -> Starlette:
    """The application, which counts requests for paths and methods that it does not have."""
    application.add_exception_handler(HTTPException, _answer)
    application.router.default = _unknown_path
    return application


async def _answer(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    refused.count(HttpError(error.status_code, error.detail))
    return PlainTextResponse(error.detail, error.status_code, error.headers)


async def _unknown_path(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        refused.note(refused.UNKNOWN_PATH)
        await WebSocketClose()(scope, receive, send)
        return
    raise HTTPException(404)
