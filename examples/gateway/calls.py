"""Calls of providers: one call, the outcome that its HTTP result stands for, and what follows."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import httpx

from examples.gateway.client import Outcome, RoutedBinding

CALL_TIMEOUT_S = 10.0

_OUTCOMES = {
    400: Outcome.CLIENT_ERROR,
    401: Outcome.AUTH,
    403: Outcome.AUTH,
    404: Outcome.NOT_FOUND,
    408: Outcome.TIMEOUT,
    429: Outcome.RATE_LIMITED,
    503: Outcome.OVERLOADED,
    504: Outcome.TIMEOUT,
    529: Outcome.OVERLOADED,
}
# Another provider would say the same, or nobody waits for an answer any more.
FINAL = {Outcome.SUCCESS, Outcome.CLIENT_ERROR, Outcome.CONTENT_FILTER, Outcome.CANCELLED}


class Attempt(NamedTuple):
    """One call of a provider, and how it ended."""

    binding: RoutedBinding
    at: datetime
    outcome: Outcome
    latency_ms: float
    is_trial: bool = False
    status: int = 0
    body: Any = None

    @property
    def tokens(self) -> tuple[int, int]:
        """Input and output tokens as the provider counts them; 0 where it does not."""
        usage = self.body.get("usage") if isinstance(self.body, Mapping) else None
        usage = usage if isinstance(usage, Mapping) else {}
        return int(usage.get("prompt_tokens", 0)), int(usage.get("completion_tokens", 0))


def outcome_of(status: int, body: Any) -> Outcome:
    """What the status and the body of a provider's response stand for."""
    error = body.get("error") if isinstance(body, Mapping) else None
    if isinstance(error, Mapping) and error.get("code") == "content_filter":
        return Outcome.CONTENT_FILTER
    if status in _OUTCOMES:
        return _OUTCOMES[status]
    if status < 400:
        return Outcome.SUCCESS if isinstance(body, Mapping) else Outcome.UPSTREAM_ERROR
    return Outcome.CLIENT_ERROR if status < 500 else Outcome.UPSTREAM_ERROR


async def along(
    http: httpx.AsyncClient,
    bindings: Iterable[tuple[RoutedBinding, bool]],
    request: Mapping[str, Any],
    report: Callable[[Attempt], None],
) -> Attempt | None:
    """Call one binding after the other until an outcome is final; each call is reported.

    The second part of a pair says whether the call is a trial. Returns the last call; None when
    there is no binding.
    """
    last = None
    for binding, is_trial in bindings:
        last = await _call(http, binding, request, report)
        report(last._replace(is_trial=is_trial))
        if last.outcome in FINAL:
            break
    return last


async def _call(
    http: httpx.AsyncClient,
    binding: RoutedBinding,
    request: Mapping[str, Any],
    report: Callable[[Attempt], None],
) -> Attempt:
    """One call; a caller that goes away is reported, and then the task is cancelled as usual."""
    began = time.perf_counter()
    body: Any = None
    status = 0

    def ended(outcome: Outcome) -> Attempt:
        latency_ms = (time.perf_counter() - began) * 1000
        now = datetime.now(UTC)
        return Attempt(binding, now, outcome, latency_ms, status=status, body=body)

    try:
        async with asyncio.timeout(CALL_TIMEOUT_S):
            response = await http.post(
                f"{binding.url}/chat/completions",
                json={**request, "model": binding.provider_model_id},
            )
        status, body = response.status_code, response.json()
    except (TimeoutError, httpx.TimeoutException):
        return ended(Outcome.TIMEOUT)
    except (httpx.HTTPError, httpx.InvalidURL):
        return ended(Outcome.UPSTREAM_ERROR)
    except ValueError:  # not JSON
        pass
    except asyncio.CancelledError:
        report(ended(Outcome.CANCELLED))
        raise
    return ended(outcome_of(status, body))
