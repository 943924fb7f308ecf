"""How an answer travels: its media type, its status, its bytes."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from http import HTTPStatus
from typing import Any

import orjson
from starlette.types import Message, Receive, Scope, Send

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"

_LINGER_S = 2.0

_KINDS = {GRAPHQL: GRAPHQL, JSON: JSON, "*/*": JSON, "application/*": JSON}


_VARY = (b"vary", b"accept")
_CONTENT_TYPES = {
    media: (b"content-type", f"{media}; charset=utf-8".encode()) for media in (GRAPHQL, JSON)
}


class Reply:
    """An answer of known bytes. Starlette's Response writes each header anew, in 5 us."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it whole."""
        await send(self._start())
        await send({"type": "http.response.body", "body": self.body})

    def _start(self) -> Message:
        length = (b"content-length", b"%d" % len(self.body))
        is_empty = self.status == HTTPStatus.NOT_MODIFIED
        headers = [*self.headers] if is_empty else [*self.headers, length]
        return {"type": "http.response.start", "status": self.status, "headers": headers}


class RefusedBody(Reply):
    """An answer to a body that is not wanted: sent at once, then the rest is dropped for a while.

    Were the connection closed with bytes unread, the system would reset it, and a client that is
    still sending would never see the answer. See nginx, lingering_close.
    """

    __slots__ = ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the whole answer, and end it when the client has stopped sending, or in 2 s."""
        await send(self._start())
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        try:
            async with asyncio.timeout(_LINGER_S):
                while (await receive()).get("more_body"):
                    pass
        except TimeoutError:
            pass
        await send({"type": "http.response.body"})


@lru_cache(maxsize=64)
def media_type(accept: str) -> str:
    """The best of the two media types by the q values of RFC 9110; JSON when none is asked for."""
    best, best_q = JSON, 0.0
    for name, q in accepted(accept):
        kind = _KINDS.get(name)
        if kind and q and (q > best_q or (q == best_q and kind == GRAPHQL)):
            best, best_q = kind, q
    return best


def kept(body: bytes, media: str, etag: bytes, if_none_match: str) -> "Reply":
    """An answer as bytes, with the tag under which its client may ask for it again."""
    headers = [_VARY, (b"etag", etag), (b"cache-control", b"private, no-cache")]
    if if_none_match and etag.decode().removeprefix("W/") in if_none_match:
        return Reply(HTTPStatus.NOT_MODIFIED, headers, b"")
    return Reply(200, [_CONTENT_TYPES[media], *headers], body)


def accepted(accept: str) -> Iterator[tuple[str, float]]:
    """The media types in an Accept header, each with its q value."""
    for part in accept.split(","):
        name, *parameters = (item.strip().lower() for item in part.split(";"))
        yield name, _quality(parameters)


def graphql(body: bytes, media: str, is_refused: bool = False) -> "Reply":
    """A GraphQL answer; refused means that nothing was executed, so that it has no data."""
    # The draft of 2026 has 422 and 294 here; clients and the audit suite of graphql-http know
    # 400 and 200. In application/json every answer to a well-formed request is 200.
    status = 400 if is_refused and media == GRAPHQL else 200
    return Reply(status, [_CONTENT_TYPES[media], _VARY], body)


def dumped(body: Any) -> bytes:
    """A body as JSON."""
    return orjson.dumps(body)


def plain(
    body: dict[str, Any], media: str, status: int, headers: Mapping[str, str] | None = None
) -> "Reply":
    """A JSON body with a status that is not GraphQL's."""
    kind = RefusedBody if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else Reply
    more = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    return kind(status, [_CONTENT_TYPES[media], _VARY, *more], dumped(body))


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0
