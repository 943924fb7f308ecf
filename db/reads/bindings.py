"""Bindings in SQL."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from db.postgres import reader
from db.postgres.reader import Source
from db.postgres.statements import Query
from db.reads import cost_order, figures, models
from db.reads.conditions import days_between, has_all, has_any, value_between
from db.reads.effective import effective
from db.reads.keys import nullable, plain
from db.reads.keyset import Listing, among
from db.reads.listed import is_listed
from db.reads.lookup import row_by_column
from db.reads.prices import now_in_range, now_key
from db.reads.routable import is_routable
from db.tables import Model, ModelVersion, Price, Provider, ProviderBinding
from db.tables.figures import LATENCY, SUCCESS_RATE


def _of_providers(slugs: Sequence[str]) -> sa.ColumnElement[bool]:
    providers = sa.select(col(Provider.id)).where(among(col(Provider.slug), slugs))
    return col(ProviderBinding.provider_id).in_(providers)


def _routable(is_expected: bool) -> sa.ColumnElement[bool]:
    version = sa.exists().where(col(ModelVersion.id) == ProviderBinding.version_id, is_routable())
    version = version.correlate(ProviderBinding)
    return version if is_expected else ~version


def _of_tasks(tasks: Sequence[str]) -> sa.ColumnElement[bool]:
    chosen = sa.select(col(Model.id)).where(among(col(Model.task), tasks))
    return col(ProviderBinding.model_id).in_(chosen)


def _of_models(refs: Mapping[str, Any]) -> sa.ColumnElement[bool]:
    chosen = sa.select(col(Model.id)).where(models.referenced(refs))
    return col(ProviderBinding.model_id).in_(chosen)


def _of_versions_with(statuses: Sequence[str]) -> sa.ColumnElement[bool]:
    chosen = sa.select(col(ModelVersion.id)).where(among(col(ModelVersion.status), statuses))
    return col(ProviderBinding.version_id).in_(chosen)


def _has_region(is_expected: bool) -> sa.ColumnElement[bool]:
    region = col(ProviderBinding.region)
    return region.is_not(None) if is_expected else region.is_(None)


def _listed(is_expected: bool) -> sa.ColumnElement[bool]:
    has_one = is_listed()
    return has_one if is_expected else ~has_one


_SUNSET_ON = nullable("provider_bindings", "sunset_on", "date", sa.Double())

LISTING = Listing(
    table=ProviderBinding,
    conditions={
        "ids": lambda ids: among(col(ProviderBinding.id), ids),
        "versions": lambda ids: among(col(ProviderBinding.version_id), ids),
        "providers": _of_providers,
        "provider_model_ids": lambda ids: among(col(ProviderBinding.provider_model_id), ids),
        "regions": lambda regions: among(col(ProviderBinding.region), regions),
        "statuses": lambda statuses: among(col(ProviderBinding.status), statuses),
        "routable": _routable,
        "success_rate": figures.in_figure_range(SUCCESS_RATE),
        "latency_ms": figures.in_figure_range(LATENCY),
        "health_states": figures.in_states,
        "capabilities": effective("capabilities", has_all),
        "any_capability": effective("capabilities", has_any),
        "context_window": effective("context_window", value_between),
        "tasks": _of_tasks,
        "models": _of_models,
        "version_statuses": _of_versions_with,
        "sunset_on": days_between(col(ProviderBinding.sunset_on), _SUNSET_ON),
        "has_region": _has_region,
        "listed": _listed,
        "input_per_1k": partial(now_in_range, col(Price.input_per_1k)),
        "output_per_1k": partial(now_in_range, col(Price.output_per_1k)),
    },
    keys={
        "PRIORITY": plain(col(ProviderBinding.priority)),
        "CREATED_AT": plain(col(ProviderBinding.created_at)),
        "SUCCESS_RATE": figures.key(SUCCESS_RATE),
        "LATENCY": figures.key(LATENCY),
        "SUNSET_ON": _SUNSET_ON,
        "INPUT_PER_1K": now_key(col(Price.input_per_1k), "input_per_1k"),
        "ESTIMATED_COST": cost_order.key(),
        "OUTPUT_PER_1K": now_key(col(Price.output_per_1k), "output_per_1k"),
    },
)


by_ids = partial(row_by_column, ProviderBinding, "id")


async def key_of(
    source: Source, version_id: UUID, provider: str, provider_model_id: str, region: str | None
) -> UUID | None:
    """The id of the version's binding by this provider, under this name, in this region or none."""
    values: dict[str, Any] = {"version_id": version_id, "provider": provider}
    values |= {"provider_model_id": provider_model_id, "region": region}
    found = await reader.rows(source, Query("binding by key", _select_by_key, values))
    return found[0].id if found else None


def _select_by_key() -> sa.Select[Any]:
    of_provider = sa.select(col(Provider.id)).where(
        col(Provider.slug) == sa.bindparam("provider", type_=sa.Text())
    )
    region = sa.bindparam("region", type_=sa.Text())
    return sa.select(col(ProviderBinding.id)).where(
        col(ProviderBinding.version_id) == sa.bindparam("version_id", type_=sa.Uuid()),
        col(ProviderBinding.provider_id) == of_provider.scalar_subquery(),
        col(ProviderBinding.provider_model_id)
        == sa.bindparam("provider_model_id", type_=sa.Text()),
        col(ProviderBinding.region).is_not_distinct_from(region),
    )
