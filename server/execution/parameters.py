"""The parameters of a GraphQL request, from a JSON body or from a query string.

Source: https://graphql.github.io/graphql-over-http/draft/
"""

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import orjson

from domain import json_values
from resolvers.errors import LIMIT_EXCEEDED
from server.errors import PERSISTED_QUERY_NOT_SUPPORTED, HttpError
from server.execution.inputs import JSON_DEPTH_MAX, is_nested_too_deeply

# orjson reads integers beyond 64 bits, which have 19 digits and more, as the nearest float.
_LONG_INTEGER = re.compile(rb"[0-9]{19}")


class Parameters(NamedTuple):
    """What to execute. Variables are JSON values that are not yet checked against their types."""

    query: str
    variables: dict[str, Any]
    operation_name: str | None


def from_json(body: bytes) -> Parameters:
    """The parameters in a JSON object; raises HttpError when they are not well-formed."""
    return _parameters(_object(decode_json(body, "The body"), "The body"))


def from_query_string(query: bytes) -> Parameters:
    """The parameters in a URL's query string; raises HttpError when they are not well-formed."""
    values: dict[str, Any] = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    for name in ("variables", "extensions"):
        if values.get(name):
            values[name] = decode_json(values[name].encode(), f"`{name}`")
        else:
            values.pop(name, None)
    return _parameters(values)


def from_message(payload: bytes) -> Parameters:
    """The parameters in the payload of a WebSocket message; raises HttpError."""
    return _parameters(_object(decode_json(payload, "`payload`"), "`payload`"))


def decode_json(text: bytes, name: str) -> Any:
    """The JSON value; raises HttpError when it is malformed or nested too deeply."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        if "depth limit" in str(error):
            raise _nested_too_deeply(name) from None
        raise HttpError(400, f"{name} is not JSON in UTF-8: {error}") from None
    if is_nested_too_deeply(text, value):
        raise _nested_too_deeply(name)
    if b"mutation" in text and _LONG_INTEGER.search(text):  # in a query they are stored nowhere
        return json.loads(text, parse_int=json_values.integer)
    return value


def _nested_too_deeply(name: str) -> HttpError:
    return HttpError(400, f"{name} nests more than {JSON_DEPTH_MAX} levels", LIMIT_EXCEEDED)


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise HttpError(400, f"{name} must be a JSON object")
    return value


def _parameters(values: Mapping[str, Any]) -> Parameters:
    query = values.get("query")
    if not query and _is_persisted(values.get("extensions")):
        raise _no_persisted_queries()
    if not isinstance(query, str) or not query:
        raise HttpError(400, "`query` must be a string that holds a GraphQL document")
    name = values.get("operationName")
    if name is not None and not isinstance(name, str):
        raise HttpError(400, "`operationName` must be a string or null")
    for other in ("variables", "extensions"):
        if values.get(other) is not None:
            _object(values[other], f"`{other}`")
    return Parameters(query, values.get("variables") or {}, name or None)


def _is_persisted(extensions: Any) -> bool:
    """Whether a request names its document by a hash, as Apollo's clients do at first."""
    return isinstance(extensions, dict) and extensions.get("persistedQuery") is not None


def _no_persisted_queries() -> HttpError:
    """The error after which Apollo's clients send the document, and no hash any more.

    Code, message and status are those of Apollo Server; by other statuses some clients take it for
    a failure of the network.
    """
    headers = {"cache-control": "no-store"}
    return HttpError(200, "PersistedQueryNotSupported", PERSISTED_QUERY_NOT_SUPPORTED, headers)
