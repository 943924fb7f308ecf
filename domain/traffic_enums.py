"""The enums of calls to providers; docstrings are the API's descriptions (domain/enums.py)."""

from enum import StrEnum


class HealthState(StrEnum):
    """A binding's health: its success rate over the last minutes, as reported by reportOutcomes.

    - UNKNOWN: fewer than 20 calls that count were reported.
    - HEALTHY: the success rate is at least 0.99, or what the server's settings say.
    - DEGRADED: it is at least 0.9, or what the server's settings say.
    - UNHEALTHY: it is less.
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


class RouteStrategy(StrEnum):
    """What decides between candidates of one region match and one priority.

    A candidate whose figure is not known comes after those whose figure is; BALANCED takes the
    median for it.

    - PRIORITY: the highest weight.
    - WEIGHTED: a draw in proportion to the weights; one of weight 0 comes after all others.
    - CHEAPEST: the lowest expected cost.
    - FASTEST: the lowest p95 of the latency.
    - MOST_RELIABLE: the highest success rate.
    - BALANCED: the highest geometric mean of cost, p95 and success rate, each relative to the best
      candidate's.
    """

    PRIORITY = "PRIORITY"
    WEIGHTED = "WEIGHTED"
    CHEAPEST = "CHEAPEST"
    FASTEST = "FASTEST"
    MOST_RELIABLE = "MOST_RELIABLE"
    BALANCED = "BALANCED"


class ExclusionReason(StrEnum):
    """Why a binding is no candidate of a route: of several reasons the first in this order.

    A figure that a constraint needs and nobody knows does not pass it.

    - NOT_ACTIVE: it is not ACTIVE, or its version is neither ACTIVE nor DEPRECATED.
    - SUNSET: it or its version is past its sunsetOn.
    - CIRCUIT_OPEN: its circuit is OPEN, or HALF_OPEN with its trial taken.
    - EXCLUDED: it is one of excludeBindings.
    - PROVIDER: its provider is none of providers.
    - REGION: it is outside the region that is required, or has no region.
    - CAPABILITY: it lacks one of capabilities, or its capabilities are not known.
    - CONTEXT_WINDOW: its context window is smaller than minContextWindow, or not known.
    - COST_UNKNOWN: its price is not known, and maxCostPer1k or maxExpectedCost is set.
    - COST: it costs more than maxCostPer1k or maxExpectedCost.
    - LATENCY: its p95 is above maxLatencyMs, or not known.
    - SUCCESS_RATE: its success rate is below minSuccessRate, or not known.
    - EVAL_SCORE: its version's evalScore is below minEvalScore, or not known.
    """

    NOT_ACTIVE = "NOT_ACTIVE"
    SUNSET = "SUNSET"
    CIRCUIT_OPEN = "CIRCUIT_OPEN"
    EXCLUDED = "EXCLUDED"
    PROVIDER = "PROVIDER"
    REGION = "REGION"
    CAPABILITY = "CAPABILITY"
    CONTEXT_WINDOW = "CONTEXT_WINDOW"
    COST_UNKNOWN = "COST_UNKNOWN"
    COST = "COST"
    LATENCY = "LATENCY"
    SUCCESS_RATE = "SUCCESS_RATE"
    EVAL_SCORE = "EVAL_SCORE"
