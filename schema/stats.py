"""The types of statistics."""

from datetime import datetime
from decimal import Decimal

import strawberry

import resolvers.stats
from db.reads import stats, stats_lists
from db.reads.stats_lists import ITEMS_MAX
from domain.enums import Capability, TaskType, VersionStatus
from resolvers.scalars import SemVer
from schema.fields import attribute, batched, type_of
from schema.providers import Provider


@type_of(stats.NamedCount, "How many objects have a value, such as a region.")
class NamedCount:
    name: str = attribute("The value.")
    count: int = attribute("How many objects have it.")


@type_of(stats.TaskCount, "How many models are made for a task.")
class TaskCount:
    task: TaskType = attribute("The task.")
    count: int = attribute("How many objects have it.")


@type_of(stats.ProviderCount, "How many models a provider has a binding of.")
class ProviderCount:
    slug: str = attribute("The provider's slug.")
    name: str = attribute("The provider's name for people.")
    count: int = attribute("How many models have a binding of it.")


@type_of(stats.CapabilityCount, "How many models have a capability.")
class CapabilityCount:
    capability: Capability = attribute("The capability.")
    count: int = attribute("How many objects have it.")


@type_of(stats.VersionStatusCount, "How many versions are in a state.")
class VersionStatusCount:
    status: VersionStatus = attribute("The state.")
    count: int = attribute("How many objects have it.")


@type_of(
    stats.ProviderStats,
    "The bindings of one provider, in numbers. Averages leave out unknown values and are null when"
    " all are unknown.",
)
class ProviderStats:
    provider: Provider = batched(resolvers.stats.providers_of_stats, "provider_id")
    slug: str = attribute("The provider's slug.")
    name: str = attribute("The provider's name for people.")
    bindings: int = attribute("Number of bindings.")
    routable: int = attribute("Number of routable bindings.")
    healthy: int = attribute("Number of HEALTHY bindings.", observed=True)
    degraded: int = attribute("Number of DEGRADED bindings.", observed=True)
    unhealthy: int = attribute("Number of UNHEALTHY bindings.", observed=True)
    open_circuits: int = attribute("Number of bindings with an OPEN circuit.")
    success_rate_avg: float | None = attribute(
        "Average successRate of its bindings, 0 to 1.", observed=True
    )
    latency_ms_avg: float | None = attribute(
        "Average latencyMs of its bindings, in milliseconds.", observed=True
    )
    input_per_1k_avg: Decimal | None = attribute(
        "Average input price in effect now, in US dollars per 1,000 tokens.", name="inputPer1kAvg"
    )


@type_of(stats_lists.OpenCircuit, "A binding whose circuit is OPEN, and the names around it.")
class OpenCircuit:
    binding_id: strawberry.ID = attribute("The ID of the binding.")
    model_name: str = attribute("The name of the model.")
    version_label: SemVer = attribute("The semantic version that it serves.")
    provider_slug: str = attribute("The provider's slug.")
    provider_model_id: str = attribute("The provider's name for the model.")
    region: str | None = attribute("Its region; null when not stated.")
    since: datetime = attribute("When the circuit opened.")
    until: datetime | None = attribute("Until when; null: until an operator closes it.")
    reason: str | None = attribute("Why; null when not known.")


@type_of(stats_lists.SloBreach, "A version whose sloStatus is BREACHED.")
class SloBreach:
    version_id: strawberry.ID = attribute("The ID of the version.")
    model_name: str = attribute("The name of the model.")
    version_label: SemVer = attribute("Its semantic version.")


@type_of(
    stats.RegistryStats,
    "Counts and averages, all computed from one snapshot. Averages leave out unknown values and are"
    " null when all are unknown. Lists are sorted by count, largest first.",
)
class RegistryStats:
    models: int = attribute("Number of models.")
    versions: int = attribute("Number of their versions, in every state.")
    bindings: int = attribute("Number of their bindings.")
    providers: int = attribute(
        "Number of all providers; with a filter, of those that serve the models."
    )
    active_versions: int = attribute("Number of ACTIVE versions.")
    archived_versions: int = attribute("Number of ARCHIVED versions.")
    routable_bindings: int = attribute("Number of routable bindings.")
    eval_score_avg: float | None = attribute("Average evalScore of the versions, 0 to 1.")
    cost_per_1k_avg: Decimal | None = attribute(
        "Average costPer1k of the versions, in US dollars per 1,000 tokens.",
        name="costPer1kAvg",
    )
    success_rate_avg: float | None = attribute(
        "Average successRate of the bindings, 0 to 1.", observed=True
    )
    latency_ms_avg: float | None = attribute(
        "Average latencyMs of the bindings, in milliseconds.", observed=True
    )
    versions_by_status: list[VersionStatusCount] = attribute(
        "Versions counted by status.", items_max=len(VersionStatus)
    )
    versions_by_region: list[NamedCount] = attribute(
        "Versions counted by region: the 100 regions with the most.", items_max=ITEMS_MAX
    )
    models_by_task: list[TaskCount] = attribute("Models counted by task.", items_max=len(TaskType))
    models_by_subject: list[NamedCount] = attribute(
        "Models counted by subject, without those that have none: the 100 subjects with the most.",
        items_max=ITEMS_MAX,
    )
    models_by_provider: list[ProviderCount] = attribute(
        "Models counted by the providers that have a binding of them: the 100 providers with the"
        " most.",
        items_max=ITEMS_MAX,
    )
    models_by_region: list[NamedCount] = attribute(
        "Models counted by the regions of their bindings: the 100 regions with the most.",
        items_max=ITEMS_MAX,
    )
    models_by_capability: list[CapabilityCount] = attribute(
        "Models counted by the capabilities of their latestVersion.", items_max=len(Capability)
    )
    models_by_version_status: list[VersionStatusCount] = attribute(
        "Models counted by the states of their versions; one with versions in two states counts"
        " for both.",
        items_max=len(VersionStatus),
    )
    bindings_by_provider: list[ProviderStats] = attribute(
        "The bindings of each provider: the 100 providers with the most.",
        items_max=ITEMS_MAX,
    )
    open_circuits: list[OpenCircuit] = attribute(
        "The bindings with an OPEN circuit, longest first: at most 100; bindingsByProvider counts"
        " them.",
        items_max=ITEMS_MAX,
    )
    slo_breaches: list[SloBreach] = attribute(
        "The versions that miss their targets, by the name of the model: at most 100.",
        items_max=ITEMS_MAX,
        observed=True,
    )
    computed_at: datetime = attribute("The time of the snapshot.")
