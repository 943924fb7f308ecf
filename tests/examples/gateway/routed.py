"""Routes and attempts as a gateway has them."""

from datetime import UTC, datetime
from typing import Any

from examples.gateway.calls import Attempt
from examples.gateway.client import CircuitState, GatewayRoute, Outcome, RoutedBinding

NOW = datetime(2026, 11, 27, 12, 0, 30, tzinfo=UTC)


def binding(
    name: str, url: str | None, weight: int = 100, circuit: CircuitState = CircuitState.CLOSED
) -> RoutedBinding:
    """A binding with its name as its ID and its provider."""
    return RoutedBinding.model_validate(
        {
            "id": name,
            "url": url,
            "providerModelId": "served",
            "priority": 0,
            "weight": weight,
            "provider": {"slug": name},
            "health": {"circuit": {"state": circuit}},
        }
    )


def route(*candidates: RoutedBinding) -> GatewayRoute:
    """A route with these candidates, best first."""
    parts: list[dict[str, Any]] = [
        {"regionMatch": True, "reasons": [], "binding": each.model_dump(by_alias=True)}
        for each in candidates
    ]
    return GatewayRoute.model_validate(
        {
            "etag": "e",
            "ttlSeconds": 60,
            "version": {"version": "1.0.0"},
            "candidates": parts,
            "excluded": [],
        }
    )


def attempt(of: RoutedBinding, outcome: Outcome = Outcome.SUCCESS, **values: Any) -> Attempt:
    """A call of 100 ms."""
    return Attempt(of, values.pop("at", NOW), outcome, values.pop("latency_ms", 100.0), **values)
