"""What the registry, the gateway and its callers say at one moment."""

import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

import httpx
from prometheus_client.parser import text_string_to_metric_families

from examples.gateway.client import CircuitState, HealthState, Outcome, RegistryClient
from examples.gateway.demo.content import MODEL
from examples.gateway.demo.load import Load
from examples.gateway.transport import Refused, Unreachable


class Seen(NamedTuple):
    """A binding as the registry knows it."""

    binding_id: str
    state: HealthState
    samples: int
    success_rate: float | None
    p95_ms: float | None
    circuit: CircuitState
    open_until: datetime | None


class Moment(NamedTuple):
    """All that the demo shows at one moment."""

    at: float
    is_registry_up: bool
    slo: str
    seen: dict[str, Seen]  # by provider; the last known ones while the registry is down
    route: list[str]  # the candidates, best first, as the gateway knows them
    excluded: dict[str, tuple[str, datetime | None]]  # the reason, and when to retry
    called: dict[str, int]  # the gateway's calls of each provider, failed ones included
    failed: dict[str, int]
    figures: dict[str, int]  # the gateway's other metrics, without their prefix
    shares: dict[str, float]
    succeeded: int
    failures: int


class Watcher:
    """Asks the registry, the gateway and the load."""

    def __init__(
        self, client: RegistryClient, http: httpx.AsyncClient, gateway_url: str, load: Load
    ) -> None:
        self._client = client
        self._http = http
        self._gateway_url = gateway_url
        self._load = load
        self._seen: dict[str, Seen] = {}
        self._slo = ""

    async def look(self) -> Moment:
        """The moment now."""
        is_up = await self._ask_registry()
        metrics = (await self._http.get(f"{self._gateway_url}/metrics")).text
        route = (await self._http.get(f"{self._gateway_url}/routes")).json().get(MODEL) or {}
        called, failed, figures = _figures(metrics)
        return Moment(
            time.monotonic(),
            is_up,
            self._slo,
            self._seen,
            [_slug(each) for each in route.get("candidates", ())],
            dict(_excluded(route)),
            called,
            failed,
            figures,
            self._load.shares(),
            self._load.succeeded,
            len(self._load.failures),
        )

    async def _ask_registry(self) -> bool:
        """Whether it answers."""
        try:
            model = await self._client.watch(MODEL)
        except (Unreachable, Refused):
            return False
        if model and model.latest_version:
            self._slo = model.latest_version.slo_status.value
            self._seen = dict(_seen(model.latest_version.bindings.nodes))
        return True


def _seen(nodes: list[Any]) -> Iterator[tuple[str, Seen]]:
    for node in nodes:
        health = node.health
        yield (
            node.provider.slug,
            Seen(
                node.id,
                health.state,
                health.samples,
                health.success_rate,
                health.latency_ms_p95,
                health.circuit.state,
                health.circuit.open_until,
            ),
        )


def _slug(part: dict[str, Any]) -> str:
    return str(part["binding"]["provider"]["slug"])


def _excluded(route: dict[str, Any]) -> Iterator[tuple[str, tuple[str, datetime | None]]]:
    for part in route.get("excluded", ()):
        retry_at = part["retry_at"] and datetime.fromisoformat(part["retry_at"])
        yield _slug(part), (part["reason"], retry_at)


def _figures(metrics: str) -> tuple[Counter[str], Counter[str], dict[str, int]]:
    """Calls by provider, those that failed, and the figures without labels."""
    called: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    figures: dict[str, int] = {}
    for family in text_string_to_metric_families(metrics):
        for sample in family.samples:
            if sample.name == "gateway_calls_total":
                provider = sample.labels["provider"]
                called[provider] += int(sample.value)
                if sample.labels["outcome"] != Outcome.SUCCESS:
                    failed[provider] += int(sample.value)
            elif not sample.labels:
                figures[sample.name.removeprefix("gateway_")] = int(sample.value)
    return called, failed, figures
