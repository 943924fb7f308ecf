"""How many requests, operations and sockets this process has refused, by reason.

Each refusal is counted once, where it is decided: with the error that is the whole response, or
with the code that closes a socket. There are a fixed number of reasons, whatever clients send.
"""

from collections import Counter
from collections.abc import Iterator

from graphql import GraphQLError

from resolvers.errors import (
    BAD_CURSOR,
    BAD_USER_INPUT,
    FORBIDDEN,
    LIMIT_EXCEEDED,
    NOT_FOUND,
    RATE_LIMITED,
    UNAUTHENTICATED,
    UNAVAILABLE,
)
from server.errors import (
    DOCUMENT_NOT_TRUSTED,
    INTERNAL,
    PERSISTED_QUERY_NOT_FOUND,
    PERSISTED_QUERY_NOT_SUPPORTED,
    TIMEOUT,
    HttpError,
    OperationRejected,
    code_of,
)
from server.ops import instruments
from server.ops.readings import Reading

COUNTS: Counter[str] = Counter()  # of the process, as its log is

UNKNOWN_PATH, TOO_MANY_SOCKETS, SOCKET_FLOOD = "unknown_path", "too_many_sockets", "socket_flood"
ACCESS_ENDED, BAD_MESSAGE = "access_ended", "bad_message"

_OTHER = "bad_request"
_BY_STATUS = {
    401: "unauthenticated",
    403: "forbidden",
    404: UNKNOWN_PATH,
    405: "wrong_method",
    406: "not_acceptable",
    408: "slow_request",
    413: "body_too_large",
    414: "url_too_long",
    415: "wrong_content_type",
    421: "foreign_host",
    429: "rate_limited",
    431: "head_too_large",
    499: "client_gone",
    503: "unavailable",
}
_BY_CLOSE_CODE = {
    1009: "message_too_large",
    4401: "unauthenticated",
    4406: "not_acceptable",
    4408: "slow_request",
}
# Codes that say more than the status of their responses.
_DOCUMENTS = (DOCUMENT_NOT_TRUSTED, PERSISTED_QUERY_NOT_FOUND, PERSISTED_QUERY_NOT_SUPPORTED)
_BY_CODE = {
    code: code.lower()
    for code in (
        *(BAD_CURSOR, BAD_USER_INPUT, FORBIDDEN, LIMIT_EXCEEDED, NOT_FOUND, RATE_LIMITED),
        *(UNAUTHENTICATED, UNAVAILABLE, INTERNAL, TIMEOUT, *_DOCUMENTS),
    )
}
REASONS = frozenset(
    [
        *_BY_STATUS.values(),
        *_BY_CLOSE_CODE.values(),
        *_BY_CODE.values(),
        *(_OTHER, TOO_MANY_SOCKETS, SOCKET_FLOOD, ACCESS_ENDED, BAD_MESSAGE),
    ]
)


def count(error: Exception) -> None:
    """Count an error that is the whole response to a request."""
    note(reason(error))


def note(reason: str) -> None:
    """Count a refusal for one of the reasons."""
    COUNTS[reason] += 1


def read() -> Iterator[Reading]:
    """The counts."""
    for reason, value in COUNTS.items():
        yield Reading(instruments.REFUSALS, value, (reason,))


def reason(error: Exception) -> str:
    """The reason of an error that is the whole response to a request."""
    if isinstance(error, HttpError):
        says_more = error.code in _DOCUMENTS or error.status not in _BY_STATUS
        by_code = _BY_CODE.get(error.code) if says_more and error.code != BAD_USER_INPUT else None
        return by_code or _BY_STATUS.get(error.status, _OTHER)
    if isinstance(error, OperationRejected):
        first = error.errors[0] if error.errors else None
    else:
        first = error if isinstance(error, GraphQLError) else None
    if first is not None:
        code = (first.extensions or {}).get("code", BAD_USER_INPUT)
        return _BY_CODE.get(str(code), _OTHER)
    return _BY_CODE.get(code_of(error), _OTHER)


def of_close_code(code: int) -> str:
    """The reason for which a socket is closed with a code, when only the code says it."""
    return _BY_CLOSE_CODE.get(code, BAD_MESSAGE)
