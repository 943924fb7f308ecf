"""Routes, as a gateway reads them."""

from datetime import datetime
from decimal import Decimal

import resolvers.routes
from domain.candidates import CANDIDATES_MAX, EXCLUDED_MAX
from domain.routing import Exclusion, Ranked
from domain.traffic_enums import ExclusionReason, RouteStrategy
from resolvers.scalars import BigInt, SemVer
from schema.bindings import ProviderBinding
from schema.fields import attribute, batched, type_of
from schema.models import Model
from schema.versions import ModelVersion


@type_of(Ranked, description="A binding that can take the call.")
class RouteCandidate:
    binding: ProviderBinding = batched(resolvers.routes.bindings_of_ranked)
    rank: int = attribute("Its rank; 1 is the best.")
    score: float = attribute(
        "How the strategy rates it, from 0 to 1: higher is better. Comparable in one route only."
    )
    expected_cost: Decimal | None = attribute(
        "What the call is expected to cost, in US dollars; null when it is not known."
    )
    region_match: bool = attribute("Whether it is in the region asked for; true without a region.")
    reasons: list[str] = attribute("How its rank came about, for people.", items_max=4)


@type_of(Exclusion, description="A binding that cannot take the call.")
class RouteExclusion:
    binding: ProviderBinding = batched(resolvers.routes.bindings_of_excluded)
    reason: ExclusionReason = attribute("Why it is left out.")
    retry_at: datetime | None = attribute(
        "With CIRCUIT_OPEN: when its circuit may let a call through; null when an operator opened"
        " it without an end."
    )
    since: datetime | None = attribute(
        "With CIRCUIT_OPEN: when its circuit last changed. With SUNSET: the end of the last day on"
        " which it was routable. Null for other reasons; the audit log has the changes that made"
        " them."
    )


@type_of(
    resolvers.routes.Route,
    description="Where to send a call. Use it until ttlSeconds have passed, or registryRevision"
    " has moved.",
)
class Route:
    model: Model = batched(resolvers.routes.models_of_routes)
    model_name: str = attribute("The name of the model, without a look at it.")
    version: ModelVersion = batched(resolvers.routes.versions_of_routes)
    version_label: SemVer = attribute(
        "The semantic version that the bindings serve, without a look at it."
    )
    strategy: RouteStrategy = attribute("What decided between candidates of one priority.")
    candidates: list[RouteCandidate] = attribute(
        "The bindings that can take the call, best first, up to the limit of the input.",
        items_max=CANDIDATES_MAX,
    )
    candidate_count: int = attribute("How many bindings can take the call, also beyond the limit.")
    excluded: list[RouteExclusion] = attribute(
        "The bindings that cannot, up to 100: those to retry soonest first, then by priority. Each"
        " binding of the version is either a candidate or excluded, once.",
        items_max=EXCLUDED_MAX,
    )
    excluded_count: int = attribute("How many bindings cannot, also beyond the first 100.")
    etag: str = attribute(
        "A hash of what a gateway acts on: it changes with the version, with the candidates, their"
        " order, circuits and expected costs, and with what is excluded, its reasons and retryAt."
    )
    decided_at: datetime = attribute("When it was computed, by the database's clock.")
    registry_revision: BigInt = attribute("The revision of the registry that it shows.")
    ttl_seconds: int = attribute(
        "How long a gateway may use it: until it changes by time alone, and no longer than the"
        " server's setting, 10 by default."
    )
