"""The parameters of a GraphQL request, from a JSON body or from a query string.

Source: https://graphql.github.io/graphql-over-http/draft/
"""

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import orjson

from domain import json_values
from resolvers.errors import LIMIT_EXCEEDED, shortened
from server.errors import HttpError
from server.execution.inputs import JSON_DEPTH_MAX, is_nested_too_deeply

# orjson reads integers beyond 64 bits, which have 19 digits and more, as the nearest float.
_LONG_INTEGER = re.compile(rb"[0-9]{19}")


class DocumentId(NamedTuple):
    """The id of a trusted document, as it was sent."""

    id: str
    is_apollo_hash: bool  # in extensions.persistedQuery, whose clients expect Apollo's errors


class Parameters(NamedTuple):
    """What to execute. Variables are JSON values that are not yet checked against their types."""

    query: str  # empty when the document is named by its id
    variables: dict[str, Any]
    operation_name: str | None
    document_id: DocumentId | None = None


def from_json(body: bytes) -> Parameters:
    """The parameters in a JSON object; raises HttpError when they are not well-formed."""
    return _parameters(_object(decode_json(body, "The body"), "The body"))


def from_query_string(query: bytes) -> Parameters:
    """The parameters in a URL's query string; raises HttpError when they are not well-formed."""
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    values: dict[str, Any] = dict(pairs)
    if len(values) < len(pairs):
        ((name, _),) = Counter(name for name, _ in pairs).most_common(1)
        raise HttpError(400, f"`{shortened(name)}` is in the query string more than once")
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
    document_id = _document_id(values)
    query = "" if document_id else values.get("query")
    if not isinstance(query, str) or not (query or document_id):
        raise HttpError(400, "`query` must be a string that holds a GraphQL document")
    name = values.get("operationName")
    if name is not None and not isinstance(name, str):
        raise HttpError(400, "`operationName` must be a string or null")
    for other in ("variables", "extensions"):
        if values.get(other) is not None:
            _object(values[other], f"`{other}`")
    return Parameters(query, values.get("variables") or {}, name or None, document_id)


def _document_id(values: Mapping[str, Any]) -> DocumentId | None:
    """The id that a request has in place of a document; raises HttpError when it is not valid.

    A hash beside a document is not looked at: no request can register a document.
    """
    given = values.get("documentId")
    extensions = values.get("extensions")
    persisted = extensions.get("persistedQuery") if isinstance(extensions, dict) else None
    if given is None:
        is_named = persisted is not None and not values.get("query")
        return DocumentId(_apollo_hash(persisted), is_apollo_hash=True) if is_named else None
    if not isinstance(given, str) or not given:
        raise HttpError(400, "`documentId` must be a string that is not empty")
    if values.get("query") not in (None, "") or persisted is not None:
        raise HttpError(
            400, "`documentId` excludes `query` and `extensions.persistedQuery`: send one of them"
        )
    return DocumentId(given, is_apollo_hash=False)


def _apollo_hash(persisted: Any) -> str:
    found = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    if not isinstance(found, str) or not found:
        raise HttpError(400, "`extensions.persistedQuery.sha256Hash` must be a string")
    if persisted.get("version", 1) != 1:
        raise HttpError(400, "`extensions.persistedQuery.version` must be 1")
    return found
