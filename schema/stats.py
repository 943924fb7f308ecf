"""The types of statistics."""

from datetime import datetime
from decimal import Decimal

import resolvers.stats
from db.reads import stats
from domain.enums import TaskType, VersionStatus
from schema.fields import attribute, batched, type_of
from schema.providers import Provider


@type_of(stats.NamedCount, "How many bear a name.")
class NamedCount:
    name: str = attribute("The name.")
    count: int = attribute("How many.")


@type_of(stats.TaskCount, "How many models are for a task.")
class TaskCount:
    task: TaskType = attribute("The task.")
    count: int = attribute("How many.")


@type_of(stats.VersionStatusCount, "How many versions are in a state.")
class VersionStatusCount:
    status: VersionStatus = attribute("The state.")
    count: int = attribute("How many.")


@type_of(stats.ProviderStats, "What one provider serves; averages leave out what is unknown.")
class ProviderStats:
    provider: Provider = batched(resolvers.stats.providers_of_stats, "provider_id")
    bindings: int = attribute("Bindings.")
    routable: int = attribute("Those that can be called now.")
    success_rate_avg: float | None = attribute("Average success rate of its bindings, 0 to 1.")
    latency_ms_avg: float | None = attribute("Average latency of its bindings, milliseconds.")
    input_per_1k_avg: Decimal | None = attribute(
        "Average input price now, US dollars per 1,000 tokens.", name="inputPer1kAvg"
    )


@type_of(
    stats.RegistryStats,
    "Counts and averages of one moment; averages leave out what is unknown, and lists begin with"
    " the largest count.",
)
class RegistryStats:
    models: int = attribute("Models.")
    versions: int = attribute("Their versions, whatever their state.")
    bindings: int = attribute("Their bindings.")
    providers: int = attribute("All providers; with a filter those that serve the models.")
    active_versions: int = attribute("ACTIVE versions.")
    archived_versions: int = attribute("ARCHIVED versions.")
    routable_bindings: int = attribute("Bindings that can be called now.")
    eval_score_avg: float | None = attribute("Average quality of the versions, 0 to 1.")
    cost_per_1k_avg: Decimal | None = attribute(
        "Average cost recorded for the versions, US dollars per 1,000 tokens.",
        name="costPer1kAvg",
    )
    success_rate_avg: float | None = attribute("Average success rate of the bindings, 0 to 1.")
    latency_ms_avg: float | None = attribute("Average latency of the bindings, milliseconds.")
    versions_by_status: list[VersionStatusCount] = attribute("Versions by state.")
    versions_by_region: list[NamedCount] = attribute("Versions by home region.")
    models_by_task: list[TaskCount] = attribute("Models by task.")
    models_by_subject: list[NamedCount] = attribute("Models by subject, those that have one.")
    bindings_by_provider: list[ProviderStats] = attribute("Bindings by provider.")
    computed_at: datetime = attribute("The moment that all this is of.")
