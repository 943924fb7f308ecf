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
from domain import ids
from domain.enums import PriceMeter, PriceUnit, PriceVariant
from domain.traffic_enums import HealthState

NAMES_MAX = 100  # in each list: the first regions and providers by name
PRICES_MAX = 700  # of a model: a comparison of 6 models is within the limits


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


@dataclass(frozen=True, slots=True)
class OfferedPrice:
    """What a binding asks now for a component of its price."""

    binding_id: str
    routable: bool
    provider_slug: str
    provider_name: str
    provider_model_id: str
    region: str | None
    meter: PriceMeter
    unit: PriceUnit
    amount: Decimal
    above_input_tokens: int
    variant: PriceVariant


_NOTHING = ModelOffer()
_FIELDS = tuple(ModelOffer.__dataclass_fields__)


async def of_models(source: Source, ids: Sequence[UUID]) -> Mapping[UUID, ModelOffer]:
    """The offer of each model; one statement."""
    rows = await reader.row_by_key(source, _OFFERS, ids)
    return {key: _offer(rows[key]) if key in rows else _NOTHING for key in ids}


async def prices_now(
    source: Source, keys: Sequence[UUID], routable: bool | None
) -> Mapping[UUID, list[OfferedPrice]]:
    """The components of the prices in effect of each model's bindings; one statement."""
    query = Query(("offered prices", routable), lambda: _select_prices(routable), {})
    rows_of = await reader.rows_by_key(source, query, keys)
    return {key: [*map(_price, rows_of.get(key, ()))] for key in keys}


def _price(row: Any) -> OfferedPrice:
    return OfferedPrice(
        ids.encode(ids.BINDING, row.binding_id),
        row.routable,
        row.slug,
        row.name,
        row.provider_model_id,
        row.region,
        PriceMeter(row.meter),
        PriceUnit(row.unit),
        row.amount,
        row.aboveInputTokens,
        PriceVariant(row.variant),
    )


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
    price = _price_now(col(Price.input_per_1k), col(Price.output_per_1k))
    tables = _served().outerjoin(BindingHealth, figures.health_of_bindings())
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


def _served() -> sa.Join:
    """Bindings with their versions and providers."""
    binding, version = ProviderBinding, ModelVersion
    table = sa.inspect(binding).local_table
    tables = sa.join(table, version, col(version.id) == col(binding.version_id))
    return tables.join(Provider, col(Provider.id) == col(binding.provider_id))


def _price_now(*columns: Any) -> Any:
    """Columns of the price of a binding that is in effect."""
    released = newest_started(*columns).where(is_released(ModelVersion))
    return released.correlate(ProviderBinding, ModelVersion).lateral("price")


def _select_prices(routable: bool | None) -> sa.Select[Any]:
    """Of each model first the lowest price of each component, then the second lowest, and so on."""
    of = _asked(routable).subquery("asked").c
    component = [of.variant, of.meter, of.unit, of.aboveInputTokens]
    by_amount = sa.func.row_number().over(
        partition_by=[of.parent, *component],
        order_by=[of.routable.desc(), of.amount, of.slug, of.binding_id],
    )
    ranked = sa.select(*of, by_amount.label("rank")).subquery("ranked").c
    order = [ranked[name] for name in ("rank", *(each.name for each in component))]
    place = sa.func.row_number().over(partition_by=ranked.parent, order_by=order)
    placed = sa.select(*ranked, place.label("place")).subquery("placed").c
    statement = sa.select(*(each for each in placed if each.name not in ("rank", "place")))
    return statement.where(placed.place <= PRICES_MAX).order_by(placed.parent, placed.place)


def _asked(routable: bool | None) -> sa.Select[Any]:
    """Each component of each binding's price in effect."""
    binding = ProviderBinding
    price = _price_now(col(Price.components))
    of = _components(price.c.components)
    statement = sa.select(
        col(binding.model_id).label("parent"),
        col(binding.id).label("binding_id"),
        is_routable().label("routable"),
        col(Provider.slug),
        col(Provider.name),
        col(binding.provider_model_id),
        col(binding.region),
        *of.c,
    ).select_from(_served().join(price, sa.true()).join(of, sa.true()))
    statement = statement.where(among(col(binding.model_id), sa.bindparam("keys")))
    if routable is None:
        return statement
    return statement.where(is_routable() if routable else ~is_routable())


def _components(stored: Any) -> Any:
    """The components of a price as rows (domain/prices.py: to_json)."""
    columns = (
        sa.column("meter", sa.Text()),
        sa.column("unit", sa.Text()),
        sa.column("amount", sa.Numeric()),
        sa.column("aboveInputTokens", sa.BigInteger()),
        sa.column("variant", sa.Text()),
    )
    rows = sa.func.jsonb_to_recordset(stored).table_valued(*columns, name="component")
    return rows.render_derived(with_types=True)


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
