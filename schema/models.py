"""The type Model."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

import resolvers.audit
import resolvers.models
from db import tables
from db.reads import offers
from domain import rules, values
from domain.enums import PriceMeter, PriceUnit, PriceVariant, TaskType
from schema.fields import attribute, batched, type_of
from schema.nodes import Node, Versioned
from schema.pages import Connection

if TYPE_CHECKING:
    from schema.aliases import ModelAlias
    from schema.audit import AuditEvent
    from schema.bindings import ProviderBinding
    from schema.versions import ModelVersion


@type_of(values.Label, "A key and a value that describe a model.")
class Label:
    key: str = attribute("1 to 63 characters, unique in the model.")
    value: str = attribute("Up to 255 characters.")


@type_of(
    offers.ModelOffer,
    "What providers offer of a model now, by its bindings in numbers. Amounts are US dollars per"
    " 1,000 tokens, of routable bindings.",
)
class ModelOffer:
    bindings: int = attribute("Number of bindings.")
    routable_bindings: int = attribute("Number of routable bindings.")
    provider_count: int = attribute("Number of providers that have a binding.")
    providers: list[str] = attribute(
        "Their slugs, sorted; the first 100.", items_max=offers.NAMES_MAX
    )
    regions: list[str] = attribute(
        "The regions of the bindings, sorted; the first 100.", items_max=offers.NAMES_MAX
    )
    input_per_1k: Decimal | None = attribute(
        "The lowest input price now; null when none is known.", name="inputPer1k"
    )
    input_provider: str | None = attribute("The slug of a provider that has it.")
    output_per_1k: Decimal | None = attribute(
        "The lowest output price now; null when none is known.", name="outputPer1k"
    )
    output_provider: str | None = attribute("The slug of a provider that has it.")
    healthy: int = attribute("Number of HEALTHY bindings.", observed=True)
    degraded: int = attribute("Number of DEGRADED bindings.", observed=True)
    unhealthy: int = attribute("Number of UNHEALTHY bindings.", observed=True)
    open_circuits: int = attribute("Number of bindings with an OPEN circuit.")
    sunset_on: date | None = attribute(
        "The first last day of a routable binding or its version; null without one."
    )


@type_of(
    offers.OfferedPrice,
    "What a binding asks now for one meter, in one tier and variant: a component of its price.",
)
class OfferedPrice:
    binding_id: strawberry.ID = attribute("The ID of the binding.")
    routable: bool = attribute("Whether the binding can be called now.")
    provider_slug: str = attribute("The slug of its provider.")
    provider_name: str = attribute("The provider's name for people.")
    provider_model_id: str = attribute("The provider's name for the model.")
    region: str | None = attribute("The region that serves it; null when not stated.")
    meter: PriceMeter = attribute("What is charged for.")
    unit: PriceUnit = attribute("What the amount buys.")
    amount: Decimal = attribute("US dollars for one unit; zero is free.")
    above_input_tokens: int = attribute(
        "The tier: the amount holds for calls with more input tokens than this; 0 is the base."
    )
    variant: PriceVariant = attribute("The way of calling that it is for.")


@type_of(tables.Model, "A model: a name under which versions are registered.")
class Model(Node, Versioned):
    name: str = attribute(
        "Unique name, without regard to case: 1 to 200 letters, digits and . _ - : / @; a letter or"
        " digit at both ends."
    )
    task: TaskType = attribute("The task that the model is made for.")
    subject: str | None = attribute("Subject domain, for example math; null when not set.")
    description: str | None = attribute("Free text, up to 10,000 characters; null when not set.")
    label_list: list[Label] = attribute(
        "The labels, sorted by key.", name="labels", items_max=rules.LABELS_MAX
    )
    retention_keep: int = attribute("How many of its latest versions retention keeps, 1 to 10.")
    latest_version: Annotated["ModelVersion", strawberry.lazy("schema.versions")] | None = batched(
        resolvers.models.latest_versions, "id"
    )
    version: Annotated["ModelVersion", strawberry.lazy("schema.versions")] | None = batched(
        resolvers.models.selected_versions, "id"
    )
    offer: ModelOffer = batched(resolvers.models.offers_of_models, "id")
    offered_prices: list[OfferedPrice] = batched(
        resolvers.models.offered_prices, "id", items_max=offers.PRICES_MAX
    )
    aliases: list[Annotated["ModelAlias", strawberry.lazy("schema.aliases")]] = batched(
        resolvers.models.aliases, "id", items_max=rules.ALIASES_MAX
    )
    versions: Connection[Annotated["ModelVersion", strawberry.lazy("schema.versions")]] = batched(
        resolvers.models.version_pages, "id"
    )
    bindings: Connection[Annotated["ProviderBinding", strawberry.lazy("schema.bindings")]] = (
        batched(resolvers.models.binding_pages, "id")
    )
    audit_events: Connection[Annotated["AuditEvent", strawberry.lazy("schema.audit")]] = batched(
        resolvers.audit.model_pages, "id"
    )
