"""The type ProviderBinding, its price and its health."""

from datetime import date, datetime
from decimal import Decimal

from strawberry.scalars import JSON

import resolvers.bindings
import resolvers.health
from db import tables
from db.reads import prices
from domain.enums import BindingStatus, CircuitState, HealthState
from resolvers.scalars import URL
from schema.fields import attribute, batched, type_of
from schema.nodes import Node, Versioned
from schema.providers import Provider
from schema.versions import ModelVersion


@type_of(prices.DatedPrice, "US dollars per 1,000 tokens.")
class Price:
    input_per_1k: Decimal | None = attribute(
        "For tokens sent; null is unknown, not free.", name="inputPer1k"
    )
    output_per_1k: Decimal | None = attribute(
        "For tokens received; null is unknown, not free.", name="outputPer1k"
    )
    cache_read_per_1k: Decimal | None = attribute(
        "For tokens read from the provider's cache; null is unknown, not free.",
        name="cacheReadPer1k",
    )
    effective_from: datetime = attribute("From when on it holds.")
    effective_to: datetime | None = attribute("Until when; null while no later price is known.")
    source: str | None = attribute("Where the figures are from.")


@type_of(resolvers.health.Circuit, "Whether a binding is called at all.")
class Circuit:
    state: CircuitState = attribute("CLOSED: called. OPEN: not called. HALF_OPEN: on trial.")
    open_until: datetime | None = attribute("When an OPEN one is tried again.")
    reason: str | None = attribute("Why it opened.")
    consecutive_failures: int = attribute("Failures since the last success.")


@type_of(
    resolvers.health.BindingHealth,
    "Rolling figures from reportOutcomes over the last windowMinutes.",
)
class BindingHealth:
    state: HealthState = attribute("What the figures say; UNKNOWN below 20 samples.")
    samples: int = attribute("Outcomes in the window.")
    window_minutes: int = attribute("How far back the window reaches.")
    success_rate: float | None = attribute("0 to 1; null while unknown.")
    rate_limited_share: float | None = attribute("0 to 1; counted apart from failures.")
    latency_ms_p50: float | None = attribute("Median latency, ms.", name="latencyMsP50")
    latency_ms_p95: float | None = attribute("95th-percentile latency, ms.", name="latencyMsP95")
    latency_ms_p99: float | None = attribute("99th-percentile latency, ms.", name="latencyMsP99")
    ttft_ms_p50: float | None = attribute("Median time to first token, ms.", name="ttftMsP50")
    last_outcome_at: datetime | None = attribute("When the last outcome was seen.")
    circuit: Circuit = attribute("Whether the binding is called at all.")


@type_of(tables.ProviderBinding, "How one version is served by one provider in one region.")
class ProviderBinding(Node, Versioned):
    version: ModelVersion = batched(resolvers.bindings.versions_of_bindings, "version_id")
    provider: Provider = batched(resolvers.bindings.providers_of_bindings, "provider_id")
    provider_model_id: str = attribute("The provider's own name for the model.")
    region: str | None = attribute("Where it is served; null when the provider does not say.")
    endpoint: URL | None = attribute("Where to call it; null: the provider's apiBase.")
    config: JSON | None = attribute("Provider settings; never a secret.")
    credential_ref: str | None = attribute(
        "Where the secret is kept: env://, vault://, aws-sm://, gcp-sm:// or k8s://"
        " (EDITOR and above, else null)."
    )
    status: BindingStatus = attribute("What an operator wants of it.")
    priority: int = attribute("Lower is tried first.")
    weight: int = attribute("Share of traffic within a priority, 0 to 1000.")
    sunset_on: date | None = attribute("The last day it serves.")
    routable: bool = batched(resolvers.bindings.routable, "id")
    success_rate: float | None = attribute(
        "Success rate of the window, 0 to 1; null while unknown."
    )
    latency_ms: float | None = attribute(
        "Median latency of the window in milliseconds; null while unknown."
    )
    price: Price | None = batched(resolvers.bindings.prices_in_effect, "id")
    prices: list[Price] = batched(resolvers.bindings.price_histories, "id")
    health: BindingHealth = batched(resolvers.bindings.healths)
