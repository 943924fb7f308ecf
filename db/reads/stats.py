"""Counts and averages over the registry, all in one statement, so that they fit each other."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from db.postgres import reader
from db.postgres.reader import Source
from db.postgres.statements import Query, parametrize
from db.reads import stats_lists, stats_sql
from db.reads.keyset import Conditions
from db.reads.stats_lists import OpenCircuit, SloBreach
from domain.enums import Capability, TaskType, VersionStatus
from domain.hashable import hashable


@dataclass(frozen=True, slots=True)
class NamedCount:
    """How many rows have this name."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class TaskCount:
    """How many models have this task."""

    task: TaskType
    count: int


@dataclass(frozen=True, slots=True)
class ProviderCount:
    """How many models this provider has a binding of."""

    slug: str
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class CapabilityCount:
    """How many models have a latest version with this capability."""

    capability: Capability
    count: int


@dataclass(frozen=True, slots=True)
class VersionStatusCount:
    """How many versions have this status."""

    status: VersionStatus
    count: int


@dataclass(frozen=True, slots=True)
class ProviderStats:
    """What one provider serves; averages ignore unknown values, prices are USD per 1,000 tokens."""

    provider_id: UUID
    slug: str
    name: str
    bindings: int
    routable: int
    healthy: int
    degraded: int
    unhealthy: int
    open_circuits: int
    success_rate_avg: float | None
    latency_ms_avg: float | None
    input_per_1k_avg: Decimal | None


@dataclass(frozen=True, slots=True)
class RegistryStats:
    """Counts, averages of the known values, and lists with the largest count first."""

    models: int
    versions: int
    bindings: int
    providers: int
    active_versions: int
    archived_versions: int
    routable_bindings: int
    eval_score_avg: float | None
    cost_per_1k_avg: Decimal | None
    success_rate_avg: float | None
    latency_ms_avg: float | None
    versions_by_status: list[VersionStatusCount]
    versions_by_region: list[NamedCount]
    models_by_task: list[TaskCount]
    models_by_subject: list[NamedCount]
    models_by_provider: list[ProviderCount]
    models_by_region: list[NamedCount]
    models_by_capability: list[CapabilityCount]
    models_by_version_status: list[VersionStatusCount]
    bindings_by_provider: list[ProviderStats]
    open_circuits: list[OpenCircuit]
    slo_breaches: list[SloBreach]
    computed_at: datetime


async def stats(
    source: Source, conditions: Conditions, attributes: frozenset[str] | None = None
) -> RegistryStats:
    """The stats of the models that meet the conditions, with their versions and bindings.

    Attributes that are not among the given ones are not computed: 0, None or empty. None stands
    for all.
    """
    shape, placeholders, values = parametrize(conditions)
    wanted = _ALL if attributes is None else attributes & _ALL
    query = Query(
        ("stats", shape, wanted),
        lambda: stats_sql.select(placeholders, wanted),
        values,
        is_slow=True,
    )
    key = (query.shape, hashable(values))
    (row,) = await reader.shared(source, key, lambda: reader.rows(source, query))
    return _read(row)


_ALL = frozenset(each.name for each in fields(RegistryStats))


def _read(row: Any) -> RegistryStats:
    by_status = [VersionStatusCount(VersionStatus(name), n) for name, n in row.by_status or ()]
    by_provider = [_provider(item) for item in row.by_provider or ()]
    counts = {each.status: each.count for each in by_status}
    return RegistryStats(
        models=row.models or 0,
        versions=sum(counts.values()),
        bindings=row.bindings or 0,
        providers=row.providers or 0,
        active_versions=counts.get(VersionStatus.ACTIVE, 0),
        archived_versions=counts.get(VersionStatus.ARCHIVED, 0),
        routable_bindings=row.routable or 0,
        eval_score_avg=row.eval_score_avg,
        cost_per_1k_avg=row.cost_per_1k_avg,
        success_rate_avg=row.success_rate_avg,
        latency_ms_avg=row.latency_ms_avg,
        versions_by_status=by_status,
        versions_by_region=[NamedCount(*pair) for pair in row.by_region or ()],
        models_by_task=[TaskCount(TaskType(name), n) for name, n in row.by_task or ()],
        models_by_subject=[NamedCount(*pair) for pair in row.by_subject or ()],
        models_by_provider=[ProviderCount(*each) for each in row.models_by_provider or ()],
        models_by_region=[NamedCount(*pair) for pair in row.models_by_region or ()],
        models_by_capability=[
            CapabilityCount(Capability(name), n) for name, n in row.models_by_capability or ()
        ],
        models_by_version_status=[
            VersionStatusCount(VersionStatus(name), n)
            for name, n in row.models_by_version_status or ()
        ],
        bindings_by_provider=by_provider,
        open_circuits=[stats_lists.open_circuit(item) for item in row.open_circuits or ()],
        slo_breaches=[stats_lists.slo_breach(item) for item in row.slo_breaches or ()],
        computed_at=row.computed_at,
    )


_OF_PROVIDER = (
    *("slug", "name", "bindings", "routable"),
    *("healthy", "degraded", "unhealthy", "open_circuits"),
)


def _provider(item: Mapping[str, Any]) -> ProviderStats:
    price = item["input_per_1k_avg"]
    return ProviderStats(
        provider_id=UUID(item["provider_id"]),
        **{name: item[name] for name in _OF_PROVIDER},
        success_rate_avg=item["success_rate_avg"],
        latency_ms_avg=item["latency_ms_avg"],
        input_per_1k_avg=None if price is None else Decimal(price),
    )
