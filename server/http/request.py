"""HTTP requests for GraphQL: their heads and bodies, checked against the limits.

Source: https://graphql.github.io/graphql-over-http/draft/
"""

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from starlette.types import Receive, Scope

from resolvers.errors import LIMIT_EXCEEDED
from server.access.authentication import Connection
from server.errors import TIMEOUT, HttpError
from server.execution import parameters
from server.execution.failures import client_gone
from server.execution.messages import GraphQLRequest
from server.execution.prepared import Caller
from server.execution.representations import Accepted
from server.http import accept
from server.ops.logs import new_request_id

PATH = "/graphql"
STREAM_PATH = "/graphql/stream"  # where graphql-sse's examples have their endpoint
REQUEST_ID = b"x-request-id"
REVISION = b"registry-revision"  # that a response must show at least; responses say theirs
TRACEPARENT, TRACESTATE = b"traceparent", b"tracestate"

# Headers of requests that the ASGI application handles.
_STREAM_TOKEN = b"x-graphql-event-stream-token"  # of graphql-sse's single connection mode
_EXCEPTIONAL = frozenset((b"transfer-encoding", b"expect", b"upgrade", _STREAM_TOKEN))
_SINGLE = (b"authorization", b"host")
_OF_TRACE = (TRACEPARENT, TRACESTATE)
_NO_SINGLE_CONNECTION = (
    "The single connection mode of graphql-sse (PUT for a token, and the header"
    " X-GraphQL-Event-Stream-Token) is not supported: send each operation as a request of its own"
    f" to {PATH}, with `singleConnection: false`"
)
_REVISION = re.compile(rb"[0-9]{1,18}")
_SAFE_ID = re.compile(rb"[A-Za-z0-9._:/+=@-]{1,128}")  # cannot forge a line of a log


class RequestHead(NamedTuple):
    """The method, the query string and the headers (names in lower case) of a request."""

    method: str
    query_string: bytes
    headers: Mapping[bytes, bytes]

    @property
    def is_post(self) -> bool:
        """A POST carries its operation in the body, GET and HEAD in the query string."""
        return self.method == "POST"

    @property
    def accept(self) -> bytes:
        """The media types that the client accepts."""
        return self.headers.get(b"accept", b"")

    @property
    def accepted(self) -> Accepted:
        """What the client accepts, and which responses it has; a POST is not conditional."""
        encodings = self.headers.get(b"accept-encoding", b"")
        if self.is_post:
            return accept.accepted(self.accept, encodings, False)
        accepted = accept.accepted(self.accept, encodings, True)
        known, is_private = self.headers.get(b"if-none-match"), b"authorization" in self.headers
        if not (known or is_private):
            return accepted
        return accepted._replace(known_tags=known or b"", is_private=is_private)

    @property
    def last_event_id(self) -> str:
        """The cursor of the last event that a client of an event stream has received, if any."""
        return self.headers.get(b"last-event-id", b"").decode("latin-1")


def address_of(scope: Scope) -> str:
    """The address of the client, without its port; empty for a socket without addresses."""
    client = scope.get("client")
    return client[0] if client else ""


def head_of(scope: Scope) -> RequestHead:
    """The head of an ASGI request.

    When a header is repeated, the last one counts, unless `check_single` refuses it. The lines of
    `tracestate` are one list, and a trace with two parents has none:
    https://www.w3.org/TR/trace-context/#tracestate-header-field-values
    """
    given = scope["headers"]
    headers = dict(given)
    if len(headers) != len(given) and repeated(given, _OF_TRACE):
        headers[TRACESTATE] = b",".join(value for name, value in given if name == TRACESTATE)
        if repeated(given, (TRACEPARENT,)):
            del headers[TRACEPARENT]
    return RequestHead(scope["method"], scope["query_string"], headers)


def repeated(headers: Iterable[tuple[bytes, bytes]], which: Sequence[bytes] = _SINGLE) -> bytes:
    """The first of these headers that is repeated; empty if there is none.

    By default of those that say who calls, or whom. Such a request is refused: a proxy in front
    could go by another one than the registry does.
    """
    names = [name for name, _ in headers]
    return next((name for name in which if names.count(name) > 1), b"")


def is_direct(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether the direct path may take the last one of each repeated header."""
    return not repeated(headers, _SINGLE + _OF_TRACE)


def check_single(headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Raises HttpError for a header that must not be repeated."""
    name = repeated(headers)
    if name:
        raise HttpError(400, f"The header {name.decode().title()} is repeated")


def request_id_of(headers: Mapping[bytes, bytes]) -> str:
    """The client's X-Request-Id if it is safe to log, else a new one."""
    given = headers.get(REQUEST_ID)
    if given is not None and _SAFE_ID.fullmatch(given):
        return str(given, "ascii")
    return new_request_id()


def is_in_order(head: RequestHead, bytes_max: int) -> bool:
    """Whether a head asks for one JSON response and is not refused; for the direct path."""
    headers = head.headers
    if not _EXCEPTIONAL.isdisjoint(headers) or accept.accepts_events(head.accept):
        return False
    if REVISION in headers and not _REVISION.fullmatch(headers[REVISION]):
        return False
    if head.is_post:
        length = headers.get(b"content-length", b"0")
        return _is_json(headers.get(b"content-type", b"")) and int(length) <= bytes_max
    is_plain = b"content-length" not in headers and not _is_of_another_site(headers)
    return is_plain and len(head.query_string) <= bytes_max


def check(head: RequestHead, bytes_max: int) -> None:
    """Raises HttpError for a method, content type, URL length or origin that is not accepted."""
    if _STREAM_TOKEN in head.headers:
        raise HttpError(400, _NO_SINGLE_CONNECTION)
    if head.is_post:
        if not _is_json(head.headers.get(b"content-type", b"")):
            headers = {"accept": "application/json"}
            raise HttpError(415, "Content-Type must be application/json, in UTF-8", headers=headers)
        return
    if head.method not in ("GET", "HEAD"):
        allow = {"allow": "GET, HEAD, POST"}
        message = f"{head.method} is not allowed here"
        if head.method == "PUT":
            message = f"{message}. {_NO_SINGLE_CONNECTION}"
        raise HttpError(405, message, headers=allow)
    if len(head.query_string) > bytes_max:
        raise HttpError(414, f"The URL has more than {bytes_max} bytes", LIMIT_EXCEEDED)
    if _is_of_another_site(head.headers):
        raise HttpError(403, "A GET from another site needs the header graphql-require-preflight")


def no_single_connection() -> HttpError:
    """The error of a request for the endpoint of graphql-sse's single connection mode."""
    return HttpError(404, _NO_SINGLE_CONNECTION)


def graphql_request(
    head: RequestHead,
    body: bytes,
    request_id: str,
    client: str,
    connection: Connection | None = None,
) -> GraphQLRequest:
    """The request for the pipeline; `client` is the address of its client. Raises HttpError."""
    headers, accepted = head.headers, head.accepted
    caller = Caller(request_id, headers.get(b"authorization", b""), client)
    if head.is_post:
        made = GraphQLRequest(body, parameters.from_json, caller, accepted, connection)
    else:
        read = parameters.from_query_string
        made = GraphQLRequest(head.query_string, read, caller, accepted, connection)
        made.read_only = True
    made.method = head.method
    if REVISION in headers:
        made.revision = _revision(headers[REVISION])
    if TRACEPARENT in headers:
        made.headers = headers[TRACEPARENT], headers.get(TRACESTATE, b"")
    return made


def _revision(given: bytes) -> int:
    if not _REVISION.fullmatch(given):
        raise HttpError(
            400,
            "The header Registry-Revision must be a revision of the registry, such as 1042: digits,"
            " at most 18",
        )
    return int(given)


async def read_body(head: RequestHead, receive: Receive, bytes_max: int, timeout_ms: int) -> bytes:
    """The body of an ASGI request; raises HttpError when it is too large or too slow."""
    length = head.headers.get(b"content-length", b"")
    if length.isdigit() and int(length) > bytes_max:
        raise _too_large(bytes_max)
    try:
        async with asyncio.timeout(timeout_ms / 1_000):
            return await _receive_body(receive, bytes_max)
    except TimeoutError:
        raise body_timeout(timeout_ms) from None


def body_timeout(timeout_ms: int) -> HttpError:
    """The error of a body that did not arrive in time."""
    message = f"The body did not come within {timeout_ms} ms"
    return HttpError(408, message, TIMEOUT, {"connection": "close"})


async def disconnected(receive: Receive) -> None:
    """Returns when the client has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _receive_body(receive: Receive, bytes_max: int) -> bytes:
    """The body; raises HttpError, without reading the rest, as soon as it is too large."""
    body, has_more = bytearray(), True
    while has_more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise client_gone()
        body += message.get("body", b"")
        if len(body) > bytes_max:
            raise _too_large(bytes_max)
        has_more = message.get("more_body", False)
    return bytes(body)


def _is_of_another_site(headers: Mapping[bytes, bytes]) -> bool:
    """Whether a page of another site has made the browser send a GET without asking first.

    It could only learn the response time, but even that is none of its business. With an Origin the
    page has been checked: it is listed.
    """
    return (
        headers.get(b"sec-fetch-site") in (b"cross-site", b"same-site")
        and b"graphql-require-preflight" not in headers
        and b"origin" not in headers
    )


def _too_large(bytes_max: int) -> HttpError:
    # The connection is closed: the next request starts after a rest of unknown length.
    message = f"The body has more than {bytes_max} bytes"
    return HttpError(413, message, LIMIT_EXCEEDED, {"connection": "close"})


@lru_cache(maxsize=64)
def _is_json(content_type: bytes) -> bool:
    """Whether a Content-Type is JSON in UTF-8."""
    media, _, rest = content_type.lower().partition(b";")
    charset = rest.strip().removeprefix(b"charset=").strip(b'"')
    return media.strip() == b"application/json" and charset in (b"", b"utf-8", b"utf8")
