"""The responses to requests that fail outside of any field."""

import orjson

from resolvers.errors import LIMIT_EXCEEDED, UNAVAILABLE
from server import errors
from server.errors import HttpError, OperationRejected
from server.execution.messages import GraphQLResponse
from server.ops import refused

CLIENT_GONE = 499  # as nginx logs it; no client sees it, nor the code
_CLIENT_GONE = "CLIENT_GONE"

_NESTED_TOO_DEEPLY = "The document nests too deeply"


def client_gone() -> HttpError:
    """The error of a request whose client has closed the connection."""
    return HttpError(CLIENT_GONE, "The client has gone", _CLIENT_GONE)


def error_response(error: Exception, identifier: str) -> GraphQLResponse:
    """The response to a request that was rejected, or that failed outside of any field."""
    refused.count(error)
    if isinstance(error, HttpError):
        body = errors.rejected(error, identifier)
        dumped, code = orjson.dumps(body), error.code
        return GraphQLResponse(dumped, error.status, headers=error.headers, code=code)
    if isinstance(error, OperationRejected):
        body = {"errors": [errors.formatted(one, identifier) for one in error.errors]}
    elif isinstance(error, RecursionError):  # in checks alone: in a resolver it is a field's error
        body = errors.plain(_NESTED_TOO_DEEPLY, LIMIT_EXCEEDED, identifier)
    else:
        body = errors.unexpected(error, identifier)
        if not isinstance(error, TimeoutError):
            status = 503 if errors.code_of(error) == UNAVAILABLE else 500
            return GraphQLResponse(orjson.dumps(body), status, code=errors.first_code(body))
    return GraphQLResponse(orjson.dumps(body), is_rejected=True, code=errors.first_code(body))
