"""How many requests, operations and sockets this process has refused, by reason."""

from collections import Counter
from collections.abc import Iterator

from resolvers.errors import BAD_USER_INPUT
from server.errors import HttpError, OperationRejected, code_of
from server.ops import instruments
from server.ops.readings import Reading

COUNTS: Counter[str] = Counter()  # of the process, as its log is

_REASONS = {
    401: "unauthenticated",
    403: "forbidden",
    408: "slow_request",
    413: "body_too_large",
    414: "url_too_long",
    421: "foreign_host",
    429: "rate_limited",
    431: "head_too_large",
    499: "client_gone",
    503: "unavailable",
}
_OTHER = "bad_request"


def count(error: Exception) -> None:
    """Count an error that is the whole response to a request."""
    COUNTS[_reason(error)] += 1


def read() -> Iterator[Reading]:
    """The counts."""
    for reason, value in COUNTS.items():
        yield Reading(instruments.REFUSALS, value, (reason,))


def _reason(error: Exception) -> str:
    if isinstance(error, HttpError):
        return _REASONS.get(error.status, _OTHER)
    if isinstance(error, OperationRejected):
        extensions = error.errors[0].extensions if error.errors else None
        return str((extensions or {}).get("code", BAD_USER_INPUT)).lower()
    return code_of(error).lower()
