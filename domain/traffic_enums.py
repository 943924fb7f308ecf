"""The enums of calls to providers; docstrings are the API's descriptions (domain/enums.py)."""

from enum import StrEnum


class HealthState(StrEnum):
    """A binding's health, as measured by its traffic, which this server does not record yet.

    - UNKNOWN: no traffic is recorded; so it is for every binding.
    - HEALTHY: reserved; no binding has this state yet.
    - DEGRADED: reserved; no binding has this state yet.
    - UNHEALTHY: reserved; no binding has this state yet.
    """

    UNKNOWN = "UNKNOWN"
    HEALTHY = "HEALTHY"
    DEGRADED = "DEGRADED"
    UNHEALTHY = "UNHEALTHY"


class CircuitState(StrEnum):
    """Which calls a circuit breaker lets through.

    - CLOSED: all.
    - OPEN: none, until openUntil; without it, until an operator closes the circuit.
    - HALF_OPEN: one trial at a time, by claimTrial. The first success closes the circuit, the first
      failure opens it again, for twice as long.
    """

    CLOSED = "CLOSED"
    OPEN = "OPEN"
    HALF_OPEN = "HALF_OPEN"


class Outcome(StrEnum):
    """How a call to a provider ended.

    SUCCESS, TIMEOUT, UPSTREAM_ERROR, OVERLOADED, AUTH and NOT_FOUND count for the success rate.

    - SUCCESS: with an answer.
    - RATE_LIMITED: refused, as too many calls were made (HTTP 429); counted apart, no failure.
    - TIMEOUT: without an answer in time; a failure.
    - UPSTREAM_ERROR: with an error of the provider (HTTP 500 and the like); a failure.
    - OVERLOADED: refused, as the provider has no capacity (HTTP 503, 529); a failure.
    - AUTH: refused, as the credential is not valid (HTTP 401, 403); a failure.
    - NOT_FOUND: refused, as the provider does not know the model (HTTP 404); a failure.
    - CLIENT_ERROR: refused, as the caller's request is not valid (HTTP 400, 413, 422); no failure.
    - CONTENT_FILTER: refused or cut off because of its content; no failure.
    - CANCELLED: by the caller before it ended; no failure.
    """

    SUCCESS = "SUCCESS"
    RATE_LIMITED = "RATE_LIMITED"
    TIMEOUT = "TIMEOUT"
    UPSTREAM_ERROR = "UPSTREAM_ERROR"
    OVERLOADED = "OVERLOADED"
    AUTH = "AUTH"
    NOT_FOUND = "NOT_FOUND"
    CLIENT_ERROR = "CLIENT_ERROR"
    CONTENT_FILTER = "CONTENT_FILTER"
    CANCELLED = "CANCELLED"
