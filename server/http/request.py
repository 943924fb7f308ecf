"""The parameters of a GraphQL-over-HTTP request, read within limits.

Source: https://graphql.github.io/graphql-over-http/draft/
"""

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson
from starlette.datastructures import QueryParams
from starlette.types import Receive, Scope

from resolvers.errors import LIMIT_EXCEEDED
from server.errors import TIMEOUT, HttpError
from server.execution.limits import JSON_DEPTH_MAX, is_nested_too_deeply

CLIENT_GONE = 499  # nginx's number for it; nobody is there to read it, but the log is clear

_JSON = "application/json"


class Parameters(NamedTuple):
    """What to execute. Variables are JSON values, not yet checked against their types."""

    query: str
    variables: dict[str, Any]
    operation_name: str | None


class RequestHead(NamedTuple):
    """An HTTP request as ASGI tells it; Starlette's would take a tenth of a kept answer's time."""

    scope: Scope
    receive: Receive
    is_get: bool
    headers: Mapping[bytes, bytes]

    def header(self, name: bytes) -> str:
        """A header's value, by its name in lower case; empty where there is none."""
        return self.headers.get(name, b"").decode("latin-1")


def call(scope: Scope, receive: Receive) -> RequestHead:
    """The request of this scope; of a header that comes twice the last one counts."""
    return RequestHead(scope, receive, scope["method"] == "GET", dict(scope["headers"]))


async def read(request: RequestHead, body_bytes_max: int, timeout_ms: int) -> bytes:
    """What was sent: the body of a POST, or `?` and the query of a GET.

    Equal bytes ask for the same. Raises HttpError when there are too many, or of another type, or
    when they do not come in time.
    """
    if request.is_get:
        return _query(request, body_bytes_max)
    method = request.scope["method"]
    if method != "POST":
        raise HttpError(405, f"{method} is not allowed here", headers={"allow": "GET, POST"})
    require_json(request.header(b"content-type"))
    try:
        async with asyncio.timeout(timeout_ms / 1_000):
            return await _body(request, body_bytes_max)
    except TimeoutError:
        late = f"The body did not come within {timeout_ms} ms"
        raise HttpError(408, late, TIMEOUT, {"connection": "close"}) from None


def parse(sent: bytes, *, is_get: bool) -> Parameters:
    """The parameters in what was sent; raises HttpError when they are not well-formed."""
    if is_get:
        return _from_query(sent)
    return _parameters(_object(decoded(sent, "The body"), "The body"))


def client_gone() -> HttpError:
    """That nobody waits for the answer any more."""
    return HttpError(CLIENT_GONE, "The client has gone")


def _query(request: RequestHead, bytes_max: int) -> bytes:
    query: bytes = request.scope["query_string"]
    if len(query) > bytes_max:
        raise HttpError(414, f"The URL has more than {bytes_max} bytes", LIMIT_EXCEEDED)
    # Another site may make a browser send a GET, with no preflight to ask for leave; only the
    # time of the answer could tell it something, but that is not its business either.
    if (
        request.header(b"sec-fetch-site") in ("cross-site", "same-site")
        and b"graphql-require-preflight" not in request.headers
    ):
        raise HttpError(403, "A GET from another site needs the header graphql-require-preflight")
    return b"?" + query


def _from_query(sent: bytes) -> Parameters:
    given: dict[str, Any] = dict(QueryParams(sent[1:]))
    for name in ("variables", "extensions"):
        if given.get(name):
            given[name] = decoded(given[name].encode(), f"`{name}`")
        else:
            given.pop(name, None)
    return _parameters(given)


def require_json(content_type: str) -> None:
    """Raises HttpError for a Content-Type that is not JSON in UTF-8."""
    if content_type == _JSON:
        return
    media, _, rest = content_type.partition(";")
    charset = rest.strip().lower().removeprefix("charset=").strip('"')
    if media.strip().lower() != _JSON or charset not in ("", "utf-8", "utf8"):
        raise HttpError(415, f"Content-Type must be {_JSON}, in UTF-8", headers={"accept": _JSON})


async def _body(request: RequestHead, bytes_max: int) -> bytes:
    """The body; raises HttpError, leaving the rest unread, as soon as it is too long."""
    announced = request.header(b"content-length")
    if announced.isdecimal() and int(announced) > bytes_max:
        raise _too_long(bytes_max)
    body, has_more = b"", True
    while has_more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise client_gone()
        body += message.get("body", b"")
        if len(body) > bytes_max:
            raise _too_long(bytes_max)
        has_more = message.get("more_body", False)
    return body


def _too_long(bytes_max: int) -> HttpError:
    # Closing, for nobody knows how much more would come before the next request.
    return HttpError(
        413, f"The body has more than {bytes_max} bytes", LIMIT_EXCEEDED, {"connection": "close"}
    )


def of_message(payload: object) -> Parameters:
    """The parameters in a message of a socket; raises HttpError when they are not well-formed."""
    return _parameters(_object(payload, "`payload`"))


def decoded(body: bytes, what: str) -> Any:
    """The JSON value; raises HttpError when it is none, or nests too deeply."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if "depth limit" in str(error):
            raise _too_deep(what) from None
        raise HttpError(400, f"{what} is not JSON in UTF-8: {error}") from None
    if is_nested_too_deeply(body, value):
        raise _too_deep(what)
    return value


def _too_deep(what: str) -> HttpError:
    return HttpError(400, f"{what} nests more than {JSON_DEPTH_MAX} levels", LIMIT_EXCEEDED)


def _object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise HttpError(400, f"{what} must be a JSON object")
    return value


def _parameters(given: Mapping[str, Any]) -> Parameters:
    query = given.get("query")
    if not isinstance(query, str) or not query:
        raise HttpError(400, "`query` must be a string that holds a GraphQL document")
    name = given.get("operationName")
    if name is not None and not isinstance(name, str):
        raise HttpError(400, "`operationName` must be a string or null")
    for other in ("variables", "extensions"):
        if given.get(other) is not None:
            _object(given[other], f"`{other}`")
    return Parameters(query, given.get("variables") or {}, name or None)
