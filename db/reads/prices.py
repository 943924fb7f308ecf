"""Prices in SQL, with the time in which each is in effect."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col

from db.postgres import reader
from db.postgres.reader import Source
from db.postgres.statements import Query, bound
from db.reads.keyset import among, between
from db.tables import Price, ProviderBinding


@dataclass(frozen=True, slots=True)
class DatedPrice:
    """A price and the time in which it is in effect, USD per 1,000 tokens; None means unknown.

    It has the attributes of the rows of these queries, and stands for their table.
    """

    input_per_1k: Decimal | None
    output_per_1k: Decimal | None
    cache_read_per_1k: Decimal | None
    effective_from: datetime
    effective_to: datetime | None
    source: str | None


async def in_effect(
    source: Source, binding_ids: Sequence[UUID], at: datetime | None
) -> dict[UUID, DatedPrice]:
    """Each binding's newest price with `effective_from <= at`; None stands for now."""
    query = _IN_EFFECT_NOW if at is None else Query("prices at", _select_at, {"at": at}, DatedPrice)
    return await reader.row_by_key(source, query, binding_ids)


async def history(source: Source, binding_ids: Sequence[UUID]) -> dict[UUID, list[DatedPrice]]:
    """Each binding's prices, newest first."""
    prices = await reader.rows_by_key(source, _HISTORY, binding_ids)
    return {key: prices.get(key, []) for key in binding_ids}


def input_in_range(bounds: Mapping[str, Any]) -> sa.ColumnElement[bool]:
    """Bindings whose current input price is from `gte` to `lte`; an unknown one is in no range."""
    current = sa.select(col(Price.binding_id)).where(
        between(col(Price.input_per_1k), bounds.get("gte"), bounds.get("lte")),
        col(Price.input_per_1k).is_not(None),
        col(Price.effective_from) <= sa.func.now(),
        ~_superseded(),
    )
    return col(ProviderBinding.id).in_(current)


def input_now() -> Any:
    """A binding's current input price, as a scalar subquery."""
    return (
        sa.select(col(Price.input_per_1k))
        .where(
            col(Price.binding_id) == ProviderBinding.id,
            col(Price.effective_from) <= sa.func.now(),
        )
        .order_by(col(Price.effective_from).desc())
        .limit(1)
        .correlate(ProviderBinding)
        .scalar_subquery()
    )


def _superseded() -> sa.ColumnElement[bool]:
    newer = sa.orm.aliased(Price)
    return sa.exists().where(
        col(newer.binding_id) == Price.binding_id,
        col(newer.effective_from) > Price.effective_from,
        col(newer.effective_from) <= sa.func.now(),
    )


def _dated() -> sa.Select[Any]:
    following = sa.orm.aliased(Price)
    effective_to = (
        sa.select(sa.func.min(following.effective_from))
        .where(
            col(following.binding_id) == Price.binding_id,
            col(following.effective_from) > Price.effective_from,
        )
        .scalar_subquery()
    )
    columns: list[Any] = [
        col(Price.binding_id).label("parent"),
        Price.input_per_1k,
        Price.output_per_1k,
        Price.cache_read_per_1k,
        Price.effective_from,
        effective_to.label("effective_to"),
        Price.source,
    ]
    return (
        sa.select(*columns)
        .where(among(col(Price.binding_id), sa.bindparam("keys")))
        .order_by(col(Price.binding_id), col(Price.effective_from).desc())
    )


def _select_in_effect(at: Any) -> sa.Select[Any]:
    newest = _dated().where(col(Price.effective_from) <= at)
    return newest.ext(distinct_on(col(Price.binding_id)))


def _select_at() -> sa.Select[Any]:
    return _select_in_effect(bound(sa.bindparam("at"), sa.DateTime(timezone=True)))


_HISTORY = Query("prices", _dated, {}, DatedPrice)
_IN_EFFECT_NOW = Query("prices now", lambda: _select_in_effect(sa.func.now()), {}, DatedPrice)
