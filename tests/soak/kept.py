"""Requests on connections that are kept open: a server may close one while a client sends on it.

A client that gets no byte of an answer on a kept connection may send a request again, once, if that
is harmless (RFC 9110, section 9.2.2; RFC 9112, section 9.3.1). Each such repeat is noted.
"""

from typing import Any, NamedTuple

import httpx

_CLOSED = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)
_TIMEOUT_S = 20


class Attempt:
    """What became known of one attempt: a hook for httpx, which calls it at each step."""

    def __init__(self) -> None:
        self.is_kept = True  # the connection had been used before
        self.is_answered = False  # the head of an answer has arrived

    async def __call__(self, event: str, _: dict[str, Any]) -> None:
        """Called by httpx."""
        if event == "connection.connect_tcp.started":
            self.is_kept = False
        elif event == "http11.receive_response_headers.complete":
            self.is_answered = True


class Failed(NamedTuple):
    """An attempt without an answer."""

    why: str  # the exception, and on which kind of connection
    is_closed_while_kept: bool


async def post(http: httpx.AsyncClient, url: str, body: Any) -> httpx.Response | Failed:
    """Send a request once, and return its answer, or why there is none."""
    attempt = Attempt()
    try:
        extensions = {"trace": attempt}
        return await http.post(url, json=body, timeout=_TIMEOUT_S, extensions=extensions)
    except httpx.TransportError as error:
        kind = "kept" if attempt.is_kept else "new"
        where = "within an answer" if attempt.is_answered else f"on a {kind} connection"
        is_closed = attempt.is_kept and not attempt.is_answered and isinstance(error, _CLOSED)
        return Failed(f"transport: {type(error).__name__} {where}", is_closed)
