"""Errors in responses: a code and a request id, without internal details."""

import logging
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from graphql import ExecutionResult, GraphQLError
from graphql.error import GraphQLFormattedError

from db.postgres import errors as database
from domain.outcomes import WriteOutcome
from resolvers.errors import BAD_USER_INPUT, LIMIT_EXCEEDED, UNAVAILABLE, shortened

TIMEOUT = "TIMEOUT"
INTERNAL = "INTERNAL"
PERSISTED_QUERY_NOT_SUPPORTED = "PERSISTED_QUERY_NOT_SUPPORTED"
PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
DOCUMENT_NOT_TRUSTED = "DOCUMENT_NOT_TRUSTED"
# Cases of UNAVAILABLE, with messages of their own.
_READ_ONLY, _DISK_FULL, _STOPS = "read-only", "disk full", "stop"

_log = logging.getLogger(__name__)

_MESSAGES = {  # of errors whose own text is not for clients
    TIMEOUT: "The operation took too long: request less data, or try again when the load is lower",
    UNAVAILABLE: "The database cannot be reached; try again",
    _READ_ONLY: "The database is read-only: it answers queries, and takes no writes",
    _DISK_FULL: "The database has no space left on its disk: most queries are still answered",
    _STOPS: "The server stops, and has cancelled the operation: try again",
    BAD_USER_INPUT: "A value in the arguments cannot be stored",
    LIMIT_EXCEEDED: "The response would have too many bytes; ask for fewer objects or fields",
    INTERNAL: "Unexpected error; the server's log has the cause under this requestId",
}
_CAUSES = {  # the same, of a field of a mutation: what to do next depends on the outcome
    **_MESSAGES,
    TIMEOUT: "The operation took too long",
    UNAVAILABLE: "The database cannot be reached",
    _STOPS: "The server stops, and has cancelled the operation",
}
_OUTCOMES = {
    WriteOutcome.NOT_STARTED: "This field was not started, so it has changed nothing",
    WriteOutcome.NOT_COMMITTED: "This field has changed nothing: its write was not committed",
    WriteOutcome.UNKNOWN: (
        "It is unknown whether the write of this field was committed: a retry with the same"
        " idempotencyKey is safe; without a key, read the object before you retry"
    ),
    WriteOutcome.COMMITTED: (
        "The write of this field was committed; only its result could not be read completely"
    ),
}


class HttpError(Exception):
    """A request is rejected before execution, with this status, code, message and headers.

    `extensions` come beside the code in the error.
    """

    def __init__(
        self,
        status: int,
        message: str,
        code: str = BAD_USER_INPUT,
        headers: dict[str, str] | None = None,
        extensions: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers or {}
        self.extensions = extensions


class ServerStopped(Exception):
    """An operation is cancelled, as the server stops and has waited for long enough."""


class OperationRejected(Exception):
    """A well-formed request is not executed: the response has only these errors."""

    def __init__(self, errors: Iterable[GraphQLError]) -> None:
        super().__init__()
        self.errors = list(errors)


def limit_exceeded(message: str) -> GraphQLError:
    """A GraphQL error with the code LIMIT_EXCEEDED."""
    return GraphQLError(message, extensions={"code": LIMIT_EXCEEDED})


def rejected(error: HttpError, request_id: str) -> dict[str, Any]:
    """The response body of a request that was rejected."""
    return plain(str(error), error.code, request_id, error.extensions)


def plain(
    message: str, code: str, request_id: str, more: Mapping[str, object] = MappingProxyType({})
) -> dict[str, Any]:
    """A response body with one error that has no location in the document."""
    extensions = {"code": code, **more, "requestId": request_id}
    return {"errors": [{"message": shortened(message), "extensions": extensions}]}


def formatted(
    error: GraphQLError, request_id: str, outcome: WriteOutcome | None = None
) -> GraphQLFormattedError:
    """The error for the client; an unexpected one is logged, and its message replaced.

    An error in a field of a mutation says in its message and in `extensions.outcome` what is known
    of the field's write.
    """
    cause = _innermost(error)
    shown = error.formatted
    extensions = dict(shown.get("extensions") or {})
    if isinstance(cause, GraphQLError):
        extensions.setdefault("code", BAD_USER_INPUT)
        shown["message"] = shortened(shown["message"])
    else:
        code = code_of(cause)
        shown["message"] = _message(cause, code, _CAUSES if outcome else _MESSAGES)
        extensions = {"code": code}
        _report(cause, code, error.path)
    if outcome:
        shown["message"] = f"{shown['message'].rstrip('.')}. {_OUTCOMES[outcome]}"
        extensions["outcome"] = outcome
    shown["extensions"] = {**extensions, "requestId": request_id}
    return shown


def code_of(cause: BaseException) -> str:
    """The code of an unexpected exception."""
    if isinstance(cause, TimeoutError) or database.is_statement_timeout(cause):
        return TIMEOUT
    if isinstance(cause, ServerStopped):
        return UNAVAILABLE
    if database.is_unavailable(cause) or database.is_read_only(cause):
        return UNAVAILABLE
    if database.is_too_large(cause):
        return LIMIT_EXCEEDED
    return BAD_USER_INPUT if database.is_unusable_value(cause) else INTERNAL


def body(
    result: ExecutionResult,
    request_id: str,
    outcomes: Mapping[str, WriteOutcome] | None = None,
) -> dict[str, Any]:
    """The response body of an executed operation; `outcomes` has a mutation's started fields."""
    if not result.errors:
        return {"data": result.data}
    shown = [
        formatted(error, request_id, None if outcomes is None else _outcome(error, outcomes))
        for error in result.errors
    ]
    return {"data": result.data, "errors": shown}


def first_code(body: Mapping[str, Any]) -> str:
    """The code of the first error in a response's body; empty when there is none."""
    shown = body.get("errors")
    return str(shown[0]["extensions"]["code"]) if shown else ""


def _outcome(error: GraphQLError, outcomes: Mapping[str, WriteOutcome]) -> WriteOutcome:
    """What is known of the write of the field that the error is in; of all, if it is in none."""
    key = str(error.path[0]) if error.path else ""
    return outcomes.get(key, WriteOutcome.NOT_STARTED)


def unexpected(cause: BaseException, request_id: str) -> dict[str, Any]:
    """The response body for an unexpected exception outside of fields, which is logged."""
    code = code_of(cause)
    _report(cause, code, None)
    return plain(_message(cause, code), code, request_id)


def _message(cause: BaseException, code: str, messages: Mapping[str, str] = _MESSAGES) -> str:
    return messages[_case(cause) or code]


def _case(cause: BaseException) -> str:
    """The case of UNAVAILABLE that an operator mends in its own way; '' for all others."""
    if isinstance(cause, ServerStopped):
        return _STOPS
    if database.is_read_only(cause):
        return _READ_ONLY
    return _DISK_FULL if database.is_disk_full(cause) else ""


def _innermost(error: GraphQLError) -> BaseException:
    # graphql-core wraps a resolver's exception, and wraps it again to add the location
    cause: BaseException = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause


def _report(cause: BaseException, code: str, path: object) -> None:
    fields = {"code": code, "path": path}
    if code == INTERNAL:
        _log.error("unexpected error", exc_info=cause, extra={"fields": fields})
    else:
        # the cause is known and external: one line is clearer than a traceback
        _log.warning(
            "%s: %s",
            type(cause).__name__,
            [shortened(line) for line in str(cause).splitlines()[:1]],
            extra={"fields": fields, "outage": _outage(cause, code)},
        )


def _outage(cause: BaseException, code: str) -> str:
    """What the log tells apart: the kind of an error whose cause fails many requests; else ''."""
    if code not in (TIMEOUT, UNAVAILABLE):
        return ""
    return _case(cause) or code
