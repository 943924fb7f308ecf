"""How an answer travels: its media type, its status, its bytes."""

import asyncio
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"

_LINGER_S = 2.0

_KINDS = {GRAPHQL: GRAPHQL, JSON: JSON, "*/*": JSON, "application/*": JSON}


class RefusedBody(Response):
    """An answer to a body that is not wanted: sent at once, then the rest is dropped for a while.

    Were the connection closed with bytes unread, the system would reset it, and a client that is
    still sending would never see the answer. See nginx, lingering_close.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the whole answer, and end it when the client has stopped sending, or in 2 s."""
        head = {"status": self.status_code, "headers": self.raw_headers}
        await send({"type": "http.response.start", **head})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        try:
            async with asyncio.timeout(_LINGER_S):
                while (await receive()).get("more_body"):
                    pass
        except TimeoutError:
            pass
        await send({"type": "http.response.body"})


def media_type(accept: str | None) -> str:
    """The best of the two media types by the q values of RFC 9110; JSON when none is asked for."""
    best, best_q = JSON, 0.0
    for name, q in accepted(accept):
        kind = _KINDS.get(name)
        if kind and q and (q > best_q or (q == best_q and kind == GRAPHQL)):
            best, best_q = kind, q
    return best


def kept(body: bytes, media: str, etag: str, if_none_match: str | None) -> Response:
    """An answer as bytes, with the tag under which its client may ask for it again."""
    headers = {"vary": "accept", "etag": etag, "cache-control": "private, no-cache"}
    if if_none_match is not None and etag.removeprefix("W/") in if_none_match:
        return Response(None, HTTPStatus.NOT_MODIFIED, headers)
    return Response(body, 200, headers, f"{media}; charset=utf-8")


def accepted(accept: str | None) -> Iterator[tuple[str, float]]:
    """The media types in an Accept header, each with its q value."""
    for part in (accept or "").split(","):
        name, *parameters = (item.strip().lower() for item in part.split(";"))
        yield name, _quality(parameters)


def graphql(body: dict[str, Any], media: str, is_refused: bool) -> Response:
    """A GraphQL answer; refused means that nothing was executed, so that it has no data."""
    # The draft of 2026 has 422 and 294 here; clients and the audit suite of graphql-http know
    # 400 and 200. In application/json every answer to a well-formed request is 200.
    status = 400 if is_refused and media == GRAPHQL else 200
    return encoded(body, media, status)


def dumped(body: Any) -> bytes:
    """A body as JSON."""
    return orjson.dumps(body)


def encoded(
    body: dict[str, Any], media: str, status: int, headers: dict[str, str] | None = None
) -> Response:
    """A JSON body in one of the two media types."""
    kind = RefusedBody if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else Response
    return kind(
        dumped(body),
        status,
        {"vary": "accept", **(headers or {})},
        f"{media}; charset=utf-8",
    )


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0
