"""What providers offer of a model now, in SQL: the numbers, the lowest prices and the health."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlmodel import col

from db.postgres import reader
from db.postgres.reader import Source
from db.postgres.statements import Query
from db.reads.health import has_open_circuit
from db.reads.keyset import among
from db.reads.prices import is_released, newest_started
from db.reads.routable import is_routable
from db.tables import BindingHealth, ModelVersion, Price, Provider, ProviderBinding, figures
from domain.traffic_enums import HealthState

NAMES_MAX = 100  # in each list: the first regions and providers by name


@dataclass(frozen=True, slots=True)
class ModelOffer:
    """Prices are USD per 1,000 tokens, and those of routable bindings; None is unknown."""

    bindings: int = 0
    routable_bindings: int = 0
    provider_count: int = 0
    providers: Sequence[str] = ()
    regions: Sequence[str] = ()
    input_per_1k: Decimal | None = None
    input_provider: str | None = None
    output_per_1k: Decimal | None = None
    output_provider: str | None = None
    healthy: int = 0
    degraded: int = 0
    unhealthy: int = 0
    open_circuits: int = 0
    sunset_on: date | None = None


_NOTHING = ModelOffer()
_FIELDS = tuple(ModelOffer.__dataclass_fields__)


async def of_models(source: Source, ids: Sequence[UUID]) -> Mapping[UUID, ModelOffer]:
    """The offer of each model; one statement."""
    rows = await reader.row_by_key(source, _OFFERS, ids)
    return {key: _offer(rows[key]) if key in rows else _NOTHING for key in ids}


def _offer(row: Any) -> ModelOffer:
    values = {name: getattr(row, name) for name in _FIELDS}
    return ModelOffer(**{name: value for name, value in values.items() if value is not None})


def _select() -> sa.Select[Any]:
    of = _bindings().c
    slugs = sa.func.array_agg(sa.distinct(of.slug))
    regions = sa.func.array_agg(sa.distinct(of.region)).filter(of.region.is_not(None))
    return sa.select(
        of.model_id.label("parent"),
        sa.func.count().label("bindings"),
        sa.func.count().filter(of.routable).label("routable_bindings"),
        sa.func.count(sa.distinct(of.slug)).label("provider_count"),
        _first(slugs).label("providers"),
        _first(regions).label("regions"),
        *_cheapest(of, "input"),
        *_cheapest(of, "output"),
        *(
            sa.func.count().filter(of.state == state).label(state.value.lower())
            for state in (HealthState.HEALTHY, HealthState.DEGRADED, HealthState.UNHEALTHY)
        ),
        sa.func.count().filter(of.has_open_circuit).label("open_circuits"),
        sa.func.min(of.sunset_on).filter(of.routable).label("sunset_on"),
    ).group_by(of.model_id)


def _bindings() -> sa.Subquery:
    binding, version = ProviderBinding, ModelVersion
    amounts = newest_started(col(Price.input_per_1k), col(Price.output_per_1k))
    price = amounts.where(is_released(version)).correlate(binding, version).lateral("price")
    tables = sa.join(
        sa.inspect(binding).local_table,
        version,
        col(version.id) == col(binding.version_id),
    )
    tables = tables.join(Provider, col(Provider.id) == col(binding.provider_id))
    tables = tables.outerjoin(BindingHealth, figures.health_of_bindings())
    tables = tables.outerjoin(price, sa.true())
    return (
        sa.select(
            col(binding.model_id),
            col(binding.region),
            col(Provider.slug),
            is_routable().label("routable"),
            has_open_circuit().label("has_open_circuit"),
            sa.cast(col(BindingHealth.state), sa.Text()).label("state"),
            price.c.input_per_1k,
            price.c.output_per_1k,
            sa.func.least(col(binding.sunset_on), col(version.sunset_on)).label("sunset_on"),
        )
        .select_from(tables)
        .where(among(col(binding.model_id), sa.bindparam("keys")))
        .subquery("offered")
    )


def _first(names: Any) -> Any:
    """The first names of a sorted array."""
    whole: Any = sa.type_coerce(names, sa.ARRAY(sa.Text()))
    return sa.func.trim_array(
        whole,
        sa.func.greatest(sa.func.cardinality(whole) - NAMES_MAX, 0),
        type_=sa.ARRAY(sa.Text()),
    )


def _cheapest(of: Any, name: str) -> list[Any]:
    """The lowest amount of a routable binding, and the slug of the first provider that has it."""
    amount = of[f"{name}_per_1k"]
    is_known = sa.and_(of.routable, amount.is_not(None))
    by_amount = sa.func.array_agg(aggregate_order_by(of.slug, amount, of.slug)).filter(is_known)
    slugs: Any = sa.type_coerce(by_amount, sa.ARRAY(sa.Text()))
    return [
        sa.func.min(amount).filter(of.routable).label(f"{name}_per_1k"),
        slugs[1].label(f"{name}_provider"),
    ]


_OFFERS = Query("model offers", _select, {})
