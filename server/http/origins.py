"""Pages of other origins that may use the API (CORS): what browsers need to hear from the server.

The headers of each origin are made once. They are part of every response, also of errors: without
them a browser hides the response from the page. Source: https://fetch.spec.whatwg.org/#http-cors-protocol
"""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.types import Receive, Scope, Send

from server.http.responses import Headers, encode_headers
from server.settings import Settings

_METHODS = b"GET, HEAD, POST"
_REQUEST_HEADERS = (
    b"accept, authorization, content-type, graphql-require-preflight, if-none-match,"
    b" last-event-id, registry-revision, traceparent, tracestate, x-request-id"
)
_RESPONSE_HEADERS = (
    b"etag, registry-revision, retry-after, traceresponse, www-authenticate, x-request-id"
)
_MAX_AGE_S = b"7200"  # the longest time for which Chromium keeps an answer; Firefox keeps it longer
_VARY = (b"vary", b"origin")  # also without an Origin: a cache must not give that to a page


@dataclass(frozen=True, slots=True)
class OriginHeaders:
    """The headers of responses to one origin: as ASGI has them, and as lines of HTTP/1.1."""

    headers: Headers
    lines: bytes

    @classmethod
    def of(cls, *headers: tuple[bytes, bytes]) -> "OriginHeaders":
        """From the headers."""
        return cls(headers, encode_headers(headers))


@dataclass(frozen=True, slots=True)
class Origins:
    """The origins that the settings list."""

    listed: Mapping[bytes, OriginHeaders]
    others: OriginHeaders  # of responses to everyone else

    @classmethod
    def of(cls, settings: Settings) -> "Origins":
        """The origins of the settings."""
        credentials = settings.cors_credentials
        more = ((b"access-control-allow-credentials", b"true"),) if credentials else ()
        more = (*more, (b"access-control-expose-headers", _RESPONSE_HEADERS), _VARY)
        listed = {
            origin: OriginHeaders.of((b"access-control-allow-origin", origin), *more)
            for origin in map(str.encode, settings.cors_origin_list)
        }
        return cls(listed, OriginHeaders.of(*((_VARY,) if listed else ())))

    def headers(self, origin: bytes | None) -> OriginHeaders:
        """What responses to this Origin header have."""
        return self.listed.get(origin, self.others) if origin else self.others


NO_ORIGINS = Origins({}, OriginHeaders.of())


def is_preflight(method: str, headers: Mapping[bytes, bytes]) -> bool:
    """Whether a browser asks if a page may send a request."""
    asked = b"access-control-request-method"
    return method == "OPTIONS" and b"origin" in headers and asked in headers


async def preflight(scope: Scope, receive: Receive, send: Send) -> None:
    """The answer to a listed origin, which browsers keep for two hours."""
    headers = [
        (b"access-control-allow-methods", _METHODS),
        (b"access-control-allow-headers", _REQUEST_HEADERS),
        (b"access-control-max-age", _MAX_AGE_S),
    ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body"})
