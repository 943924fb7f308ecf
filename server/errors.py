"""What a failure tells its caller: a code, a request id, and no secret of ours."""

import logging
from collections.abc import Iterable
from typing import Any

from graphql import ExecutionResult, GraphQLError
from graphql.error import GraphQLFormattedError

from db.postgres import errors as database
from resolvers.errors import BAD_USER_INPUT, LIMIT_EXCEEDED, UNAVAILABLE

TIMEOUT = "TIMEOUT"
INTERNAL = "INTERNAL"

_log = logging.getLogger(__name__)

_MASKS = {
    TIMEOUT: "The operation took too long; ask for less",
    UNAVAILABLE: "The database cannot be reached; try again",
    BAD_USER_INPUT: "A value in the arguments cannot be stored",
    INTERNAL: "Unexpected error; the server's log has its cause under this requestId",
}


class HttpError(Exception):
    """A request that is refused before it is GraphQL: its status, code, message, headers."""

    def __init__(
        self,
        status: int,
        message: str,
        code: str = BAD_USER_INPUT,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers or {}


class OperationRejected(Exception):
    """A well-formed request that is not executed: its errors are the whole answer."""

    def __init__(self, errors: Iterable[GraphQLError]) -> None:
        super().__init__()
        self.errors = list(errors)


def limit_exceeded(message: str) -> GraphQLError:
    """A GraphQL error with the code LIMIT_EXCEEDED."""
    return GraphQLError(message, extensions={"code": LIMIT_EXCEEDED})


def plain(message: str, code: str, request_id: str) -> dict[str, Any]:
    """A response body with one error that belongs to no place in the document."""
    return {"errors": [{"message": message, "extensions": {"code": code, "requestId": request_id}}]}


def formatted(error: GraphQLError, request_id: str) -> GraphQLFormattedError:
    """The error as the client sees it; an unexpected one is logged, and its text masked."""
    cause = _innermost(error)
    shown = error.formatted
    extensions = dict(shown.get("extensions") or {})
    if isinstance(cause, GraphQLError):
        extensions.setdefault("code", BAD_USER_INPUT)
    else:
        code = code_of(cause)
        shown["message"] = _MASKS[code]
        extensions = {"code": code}
        _report(cause, code, error.path)
    shown["extensions"] = {**extensions, "requestId": request_id}
    return shown


def code_of(cause: BaseException) -> str:
    """The code of an exception that nobody meant for the client."""
    if isinstance(cause, TimeoutError) or database.is_statement_timeout(cause):
        return TIMEOUT
    if database.is_unavailable(cause):
        return UNAVAILABLE
    return BAD_USER_INPUT if database.is_unusable_value(cause) else INTERNAL


def body(result: ExecutionResult, request_id: str) -> dict[str, Any]:
    """The response body of an operation that was executed."""
    if not result.errors:
        return {"data": result.data}
    shown = [formatted(error, request_id) for error in result.errors]
    return {"data": result.data, "errors": shown}


def unexpected(cause: BaseException, request_id: str) -> dict[str, Any]:
    """A masked response body for an exception outside of any field; it is logged."""
    code = code_of(cause)
    _report(cause, code, None)
    return plain(_MASKS[code], code, request_id)


def _innermost(error: GraphQLError) -> BaseException:
    # graphql-core wraps what a resolver raised, and wraps it again when it locates the error.
    cause: BaseException = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause


def _report(cause: BaseException, code: str, path: object) -> None:
    place = {"code": code, "path": path}
    if code == INTERNAL:
        _log.error("unexpected error", exc_info=cause, extra={"fields": place})
    else:
        # Its cause is known and outside of this program: a line will do, a traceback hides it.
        _log.warning(
            "%s: %s", type(cause).__name__, str(cause).splitlines()[:1], extra={"fields": place}
        )
