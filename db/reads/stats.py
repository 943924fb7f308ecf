"""Counts and averages over the registry, all in one statement, so that they fit each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by, distinct_on
from sqlmodel import col

from db.postgres import reader
from db.postgres.reader import Source
from db.postgres.statements import Query, parametrize
from db.reads import models
from db.reads.keyset import Conditions
from db.reads.routable import is_routable
from db.tables import (
    BindingHealth,
    Model,
    ModelVersion,
    Price,
    Provider,
    ProviderBinding,
    figures,
)
from domain.enums import TaskType, VersionStatus
from domain.hashable import hashable

NAMES_MAX = 100  # in each list: the regions, subjects and providers with the largest counts


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
class VersionStatusCount:
    """How many versions have this status."""

    status: VersionStatus
    count: int


@dataclass(frozen=True, slots=True)
class ProviderStats:
    """What one provider serves; averages ignore unknown values, prices are USD per 1,000 tokens."""

    provider_id: UUID
    bindings: int
    routable: int
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
    bindings_by_provider: list[ProviderStats]
    computed_at: datetime


async def stats(source: Source, conditions: Conditions) -> RegistryStats:
    """The stats of the models that meet the conditions, with their versions and bindings."""
    shape, placeholders, values = parametrize(conditions)
    query = Query(("stats", shape), lambda: _select(placeholders), values, is_slow=True)
    key = (query.shape, hashable(values))
    (row,) = await reader.shared(source, key, lambda: reader.rows(source, query))
    return _read(row)


def _read(row: Any) -> RegistryStats:
    by_status = [VersionStatusCount(VersionStatus(name), n) for name, n in row.by_status or ()]
    by_provider = [_provider(item) for item in row.by_provider or ()]
    counts = {each.status: each.count for each in by_status}
    return RegistryStats(
        models=row.models,
        versions=sum(counts.values()),
        bindings=row.bindings,
        providers=row.providers,
        active_versions=counts.get(VersionStatus.ACTIVE, 0),
        archived_versions=counts.get(VersionStatus.ARCHIVED, 0),
        routable_bindings=row.routable,
        eval_score_avg=row.eval_score_avg,
        cost_per_1k_avg=row.cost_per_1k_avg,
        success_rate_avg=row.success_rate_avg,
        latency_ms_avg=row.latency_ms_avg,
        versions_by_status=by_status,
        versions_by_region=[NamedCount(*pair) for pair in row.by_region or ()],
        models_by_task=[TaskCount(TaskType(name), n) for name, n in row.by_task or ()],
        models_by_subject=[NamedCount(*pair) for pair in row.by_subject or ()],
        bindings_by_provider=by_provider,
        computed_at=row.computed_at,
    )


def _provider(item: Mapping[str, Any]) -> ProviderStats:
    price = item["input_per_1k_avg"]
    return ProviderStats(
        provider_id=UUID(item["provider_id"]),
        bindings=item["bindings"],
        routable=item["routable"],
        success_rate_avg=item["success_rate_avg"],
        latency_ms_avg=item["latency_ms_avg"],
        input_per_1k_avg=None if price is None else Decimal(price),
    )


def _select(conditions: Mapping[str, Any]) -> sa.Select[Any]:
    chosen = _models(conditions)
    of_all = not conditions  # then a join with the models would only cost time
    versions = _versions(chosen, of_all)
    providers = _providers(chosen, of_all)
    cost = _average(versions.c.cost_sum, versions.c.costs)
    figures = sa.select(
        _average(versions.c.score_sum, versions.c.scores).label("eval_score_avg"),
        sa.func.round(cost, 10).label("cost_per_1k_avg"),
    ).subquery("figures")
    totals = _totals(providers)
    counted: Any = Provider if of_all else providers
    return sa.select(
        sa.select(sa.func.count()).select_from(chosen).scalar_subquery().label("models"),
        sa.select(sa.func.count()).select_from(counted).scalar_subquery().label("providers"),
        figures.c.eval_score_avg,
        figures.c.cost_per_1k_avg,
        totals.c.success_rate_avg,
        totals.c.latency_ms_avg,
        totals.c.bindings,
        totals.c.routable,
        _counts(versions.c.status, versions.c.n, "by_status"),
        _counts(versions.c.region, versions.c.n, "by_region"),
        _counts(chosen.c.task, 1, "by_task"),
        _counts(chosen.c.subject, 1, "by_subject"),
        _provider_list(providers),
        sa.func.now().label("computed_at"),
    ).select_from(figures.join(totals, sa.true()))


def _models(conditions: Mapping[str, Any]) -> sa.CTE:
    statement: Any = sa.select(col(Model.id), col(Model.task), col(Model.subject))
    for name, value in conditions.items():
        statement = statement.where(models.LISTING.conditions[name](value))
    return statement.cte("chosen")  # type: ignore[no-any-return]  # of Any


def _versions(chosen: sa.CTE, of_all: bool) -> sa.CTE:
    """The versions' figures by status and region: few rows, from which the others are computed."""
    version = ModelVersion
    statement: Any = sa.select(
        col(version.status),
        col(version.region),
        sa.func.count().label("n"),
        sa.func.count(col(version.eval_score)).label("scores"),
        sa.func.sum(col(version.eval_score)).label("score_sum"),
        sa.func.count(col(version.cost_per_1k)).label("costs"),
        sa.func.sum(col(version.cost_per_1k)).label("cost_sum"),
    ).group_by(col(version.status), col(version.region))
    if not of_all:
        statement = statement.join_from(version, chosen, chosen.c.id == col(version.model_id))
    return statement.cte("versions")  # type: ignore[no-any-return]  # of Any


def _providers(chosen: sa.CTE, of_all: bool) -> sa.CTE:
    """The bindings' figures by provider: sums and counts, from which averages are computed."""
    binding, version = ProviderBinding, ModelVersion
    rate, latency = map(figures.joined, (figures.SUCCESS_RATE, figures.LATENCY))
    prices = _prices_now()
    statement: Any = (
        sa.select(
            col(binding.provider_id),
            sa.func.count().label("bindings"),
            sa.func.count().filter(is_routable()).label("routable"),
            sa.func.count(rate).label("rates"),
            sa.func.sum(rate).label("rate_sum"),
            sa.func.count(latency).label("latencies"),
            sa.func.sum(latency).label("latency_sum"),
            sa.func.avg(prices.c.input_per_1k).label("input_per_1k_avg"),
        )
        .join_from(binding, version, col(version.id) == col(binding.version_id))
        .outerjoin(BindingHealth, figures.health_of_bindings())
        .outerjoin(prices, prices.c.binding_id == col(binding.id))
        .group_by(col(binding.provider_id))
    )
    if not of_all:
        statement = statement.join(chosen, chosen.c.id == col(binding.model_id))
    return statement.cte("by_provider")  # type: ignore[no-any-return]  # of Any


def _prices_now() -> sa.Subquery:
    """Each binding's price in effect, found by a backward scan of the unique index."""
    statement: Any = (
        sa.select(col(Price.binding_id), col(Price.input_per_1k))
        .where(col(Price.effective_from) <= sa.func.now())
        .ext(distinct_on(col(Price.binding_id)))
        .order_by(col(Price.binding_id).desc(), col(Price.effective_from).desc())
    )
    return statement.subquery("prices_now")  # type: ignore[no-any-return]  # of Any


def _totals(providers: sa.CTE) -> sa.Subquery:
    of = providers.c
    return sa.select(
        _average(of.rate_sum, of.rates).label("success_rate_avg"),
        _average(of.latency_sum, of.latencies).label("latency_ms_avg"),
        _total(of.bindings).label("bindings"),
        _total(of.routable).label("routable"),
    ).subquery("totals")


def _total(counts: Any) -> Any:
    """The sum of counts over groups, as an integer."""
    return sa.cast(sa.func.coalesce(sa.func.sum(counts), 0), sa.BigInteger)


def _average(sums: Any, counts: Any) -> Any:
    """The average over groups; NULL if no value is known."""
    return sa.func.sum(sums) / sa.func.nullif(sa.func.sum(counts), 0)


def _counts(column: Any, each: Any, name: str) -> Any:
    """How often each value occurs in the column, the most frequent first; NULLs do not count."""
    count = _total(each).label("n")
    counted = (
        sa.select(column.label("name"), count)
        .where(column.is_not(None))
        .group_by(column)
        .order_by(count.desc(), column)
        .limit(NAMES_MAX)
        .subquery(name)
    )
    pair = sa.func.json_build_array(counted.c.name, counted.c.n)
    ordered = aggregate_order_by(pair, counted.c.n.desc(), counted.c.name)
    return sa.select(sa.func.json_agg(ordered)).scalar_subquery().label(name)


def _provider_list(providers: sa.CTE) -> Any:
    largest = sa.select(providers).order_by(providers.c.bindings.desc(), providers.c.provider_id)
    of = largest.limit(NAMES_MAX).subquery("largest").c
    price = sa.cast(sa.func.round(of.input_per_1k_avg, 10), sa.Text)
    item = sa.func.json_build_object(
        *("provider_id", of.provider_id, "bindings", of.bindings, "routable", of.routable),
        *("success_rate_avg", of.rate_sum / sa.func.nullif(of.rates, 0)),
        *("latency_ms_avg", of.latency_sum / sa.func.nullif(of.latencies, 0)),
        *("input_per_1k_avg", price),
    )
    ordered = aggregate_order_by(item, of.bindings.desc(), of.provider_id)
    return sa.select(sa.func.json_agg(ordered)).scalar_subquery().label("by_provider")
