"""The type ProviderBinding, its prices and its health."""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry.scalars import JSON

import domain.costs
import domain.prices
import resolvers.bindings
import resolvers.catalogs
import resolvers.costs
import resolvers.health
import resolvers.usage
from db import tables
from db.reads import prices
from domain import rules
from domain.access import Role
from domain.catalog_fields import ENTRIES_MAX
from domain.enums import BindingStatus, Capability, PriceMeter, PriceUnit, PriceVariant
from domain.periods import POINTS_MAX
from domain.traffic_enums import CircuitState, HealthState
from resolvers.scalars import URL, SemVer
from schema.fields import attribute, batched, type_of
from schema.nodes import Node, Versioned
from schema.pages import Connection
from schema.providers import Provider
from schema.usage import UsagePoint
from schema.versions import ModelVersion

if TYPE_CHECKING:
    from schema.catalogs import CatalogEntry


@type_of(
    domain.prices.PriceComponent, "What a provider charges for one meter, in one tier and variant."
)
class PriceComponent:
    meter: PriceMeter = attribute("What is charged for.")
    unit: PriceUnit = attribute("What the amount buys.")
    amount: Decimal = attribute("US dollars for one unit; zero is free.")
    above_input_tokens: int = attribute(
        "The tier: the amount holds for the whole call when it has more input tokens than this; 0"
        " is the base."
    )
    variant: PriceVariant = attribute("The way of calling that it is for.")


@type_of(
    prices.DatedPrice,
    "A price of a binding in US dollars, which holds until the next one takes effect. Null is"
    " unknown; zero is free.",
)
class Price(Node):
    input_per_1k: Decimal | None = attribute(
        "For input tokens; null when unknown.", name="inputPer1k"
    )
    output_per_1k: Decimal | None = attribute(
        "For output tokens; null when unknown.", name="outputPer1k"
    )
    cache_read_per_1k: Decimal | None = attribute(
        "For input tokens that the provider reads from its cache; null when unknown.",
        name="cacheReadPer1k",
    )
    cache_write_per_1k: Decimal | None = attribute(
        "For input tokens that the provider writes to its cache; null when unknown.",
        name="cacheWritePer1k",
    )
    component_list: list[PriceComponent] = attribute(
        "The whole price, with tiers, variants and other units. The amounts per 1,000 tokens repeat"
        " its STANDARD components without a tier. A component that is not there is unknown.",
        name="components",
        items_max=rules.PRICE_COMPONENTS_MAX,
    )
    effective_from: datetime | None = attribute(
        "When the price takes effect, inclusive; null when no source says since when."
    )
    effective_to: datetime | None = attribute(
        "When the next price takes effect, exclusive; null when there is no later price."
    )
    scheduled: bool = attribute("Whether it takes effect later.")
    source: str | None = attribute(
        "Where the price comes from, for example a catalog; null when not stated. It is"
        " withdrawn, without components, where a price was withdrawn and no other is known."
    )


@type_of(domain.costs.CostPart, "What one meter costs.")
class CostPart:
    meter: PriceMeter = attribute("What is charged for.")
    quantity: Decimal = attribute("Number of tokens, images or calls.")
    amount: Decimal = attribute("US dollars for all of them.")


@type_of(domain.costs.CostEstimate, "What a call costs.")
class CostEstimate:
    amount: Decimal | None = attribute("US dollars; null unless every meter used is priced.")
    parts: list[CostPart] = attribute(
        "The costs of the meters that are priced.", items_max=len(PriceMeter)
    )
    unpriced: list[PriceMeter] = attribute(
        "The meters used that have no price.", items_max=len(PriceMeter)
    )


@type_of(
    resolvers.health.Circuit,
    "The circuit breaker of a binding, the same for every gateway: it opens when calls fail, or by"
    " setCircuit.",
)
class Circuit:
    state: CircuitState = attribute("Which calls are let through now.")
    changed_at: datetime | None = attribute(
        "Since when it is so: when it opened, closed, or let a trial through; null when it never"
        " changed. An OPEN circuit became HALF_OPEN at openUntil, which does not count."
    )
    open_until: datetime | None = attribute(
        "Until when it is OPEN, or was before it became HALF_OPEN. Null when it is CLOSED, and when"
        " it is OPEN until an operator closes it."
    )
    trial_until: datetime | None = attribute(
        "Until when a gateway has claimed the trial of a HALF_OPEN circuit; null when none has."
    )
    held_until: datetime | None = attribute(
        "Until when an operator holds the state; null when none does, or without an end."
    )
    reason: str | None = attribute(
        "Why it opened, or why an operator set it; null when a successful call closed it, and when"
        " it never changed."
    )
    consecutive_failures: int = attribute(
        "Failed calls since the last successful one, or since it was closed. None is counted while"
        " it is OPEN."
    )


@type_of(
    resolvers.health.BindingHealth,
    "The health of a binding over the last windowMinutes, by the outcomes that gateways report."
    " With fewer than 20 samples the state is UNKNOWN, and the figures are null. They are those of"
    " the last report, and move with the window each minute.",
)
class BindingHealth:
    state: HealthState = attribute("The health that the figures show.")
    samples: int = attribute(
        "Number of calls in the window that succeeded or failed; see Outcome for which count."
        " 2147483647 stands for that many and for more."
    )
    window_minutes: int = attribute("Length of the window in minutes.")
    success_rate: float | None = attribute("Share of successful calls, 0 to 1; null when unknown.")
    rate_limited_share: float | None = attribute(
        "Share of rate-limited calls, 0 to 1, not counted as failures; null when unknown."
    )
    latency_ms_p50: float | None = attribute(
        "Median latency of the successful calls in milliseconds; null when unknown. Percentiles are"
        " within 5 % of the exact ones.",
        name="latencyMsP50",
    )
    latency_ms_p95: float | None = attribute(
        "95th percentile of the latency in milliseconds; null when unknown.", name="latencyMsP95"
    )
    latency_ms_p99: float | None = attribute(
        "99th percentile of the latency in milliseconds; null when unknown.", name="latencyMsP99"
    )
    ttft_ms_p50: float | None = attribute(
        "Median time to the first token in milliseconds; null when unknown.", name="ttftMsP50"
    )
    last_outcome_at: datetime | None = attribute(
        "When the last reported call ended; null without one."
    )
    circuit: Circuit = attribute("The circuit breaker.")


@type_of(tables.ProviderBinding, "How one provider serves one version of a model, in one region.")
class ProviderBinding(Node, Versioned):
    version: ModelVersion = batched(resolvers.bindings.versions_of_bindings, "version_id")
    provider: Provider = batched(resolvers.bindings.providers_of_bindings, "provider_id")
    model_name: str = batched(resolvers.bindings.model_names, "id", "names")
    version_label: SemVer = batched(resolvers.bindings.version_labels, "id", "names")
    provider_slug: str = batched(resolvers.bindings.provider_slugs, "id", "names")
    provider_name: str = batched(resolvers.bindings.provider_names, "id", "names")
    provider_model_id: str = attribute("The provider's name for the model, to send in calls.")
    region: str | None = attribute(
        "The region that serves it, such as eu-west-1; null when not stated."
    )
    endpoint: URL | None = attribute("The URL to call; null for the provider's apiBase.")
    url: URL | None = batched(
        resolvers.bindings.urls, "endpoint", "provider_id", "region", "config"
    )
    config: JSON | None = attribute(
        "Settings for calls to the provider, without secrets; null when none."
    )
    credential_ref: str | None = batched(
        resolvers.bindings.credential_refs, "credential_ref", requires=Role.EDITOR
    )
    status: BindingStatus = attribute("Whether operators let traffic go to it.")
    priority: int = attribute("Bindings with a lower priority are to be tried first; 0 or more.")
    weight: int = attribute("Relative share of the traffic within a priority, 0 to 1000.")
    sunset_on: date | None = attribute(
        "The last day (UTC) on which it is routable; null without an end."
    )
    routable: bool = batched(resolvers.bindings.routable, "id", "is_routable")
    success_rate_now: float | None = attribute(
        "Success rate from 0 to 1: that of health while it is known, else what updateBinding or an"
        " import has set; null when neither is known.",
        name="successRate",
        observed=True,
    )
    latency_ms_now: float | None = attribute(
        "Latency in milliseconds: the median of health while it is known, else what updateBinding"
        " or an import has set; null when neither is known.",
        name="latencyMs",
        observed=True,
    )
    context_window: int | None = attribute(
        "The provider's own largest number of tokens in a context; null: as the version."
    )
    max_output_tokens: int | None = attribute(
        "The provider's own largest number of tokens in a response; null: as the version."
    )
    capabilities: list[Capability] | None = attribute(
        "All that the model can do at this provider; null: as the version, empty: none.",
        items_max=len(Capability),
    )
    requests_per_minute: int | None = attribute(
        "How many requests the provider takes in a minute; null when unknown."
    )
    tokens_per_minute: int | None = attribute(
        "How many tokens the provider takes in a minute; null when unknown."
    )
    price: Price | None = batched(resolvers.bindings.prices_in_effect, "id")
    prices: Connection[Price] = batched(resolvers.bindings.price_pages, "id")
    estimate_cost: CostEstimate = batched(resolvers.costs.estimates, "id")
    health: BindingHealth = batched(resolvers.health.healths, "id", observed=True)
    usage: list[UsagePoint] = batched(
        resolvers.usage.points,
        "id",
        items_max=POINTS_MAX,
        count=resolvers.usage.count,
        observed=True,
    )
    entries: list[Annotated["CatalogEntry", strawberry.lazy("schema.catalogs")]] = batched(
        resolvers.catalogs.entries_of_bindings, "id", items_max=ENTRIES_MAX
    )
    listed: bool = batched(resolvers.catalogs.listed, "id")
