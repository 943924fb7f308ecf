"""Changes of prices in SQL: each price of a binding beside the one before it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from db.reads import models
from db.reads.conditions import time_between
from db.reads.derived import map_rows
from db.reads.keys import plain
from db.reads.keyset import Listing, among
from db.tables import Model, Provider, ProviderBinding
from db.tables.columns import MONEY, TIME


class PriceChange:
    """A price that takes the place of another one, by the id of the new price."""

    PROPERTIES: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    id: UUID
    before_id: UUID
    binding_id: UUID
    at: datetime
    scheduled: bool
    input_before: Decimal | None
    input_after: Decimal | None
    input_change: float | None
    output_before: Decimal | None
    output_after: Decimal | None
    output_change: float | None
    source: str | None


# A price of unknown start is before every other one, so nothing is known of what it replaced.
_SELECT = sa.text("""
    SELECT p.id, q.id AS before_id, p.binding_id, p.effective_from AS at,
        p.effective_from > now() AS scheduled, p.source,
        q.input_per_1k AS input_before, p.input_per_1k AS input_after,
        ((p.input_per_1k - q.input_per_1k) / nullif(q.input_per_1k, 0))::float8 AS input_change,
        q.output_per_1k AS output_before, p.output_per_1k AS output_after,
        ((p.output_per_1k - q.output_per_1k) / nullif(q.output_per_1k, 0))::float8 AS output_change
    FROM prices p CROSS JOIN LATERAL (
        SELECT * FROM prices e
        WHERE e.binding_id = p.binding_id AND e.effective_from < p.effective_from
        ORDER BY e.effective_from DESC LIMIT 1
    ) q
    WHERE q.components IS DISTINCT FROM p.components
""").columns(
    id=sa.Uuid(),
    before_id=sa.Uuid(),
    binding_id=sa.Uuid(),
    at=TIME,
    scheduled=sa.Boolean(),
    source=sa.Text(),
    input_before=MONEY,
    input_after=MONEY,
    input_change=sa.Double(),
    output_before=MONEY,
    output_after=MONEY,
    output_change=sa.Double(),
)
_ROW: Any = map_rows(PriceChange, _SELECT)


def _of_models(refs: Mapping[str, Any]) -> sa.ColumnElement[bool]:
    chosen = sa.select(col(Model.id)).where(models.referenced(refs))
    return _of_bindings(col(ProviderBinding.model_id).in_(chosen))


def _of_providers(slugs: Sequence[str]) -> sa.ColumnElement[bool]:
    chosen = sa.select(col(Provider.id)).where(among(col(Provider.slug), slugs))
    return _of_bindings(col(ProviderBinding.provider_id).in_(chosen))


def _of_bindings(condition: Any) -> sa.ColumnElement[bool]:
    bindings = sa.select(col(ProviderBinding.id)).where(condition)
    return col(_ROW.binding_id).in_(bindings)


LISTING = Listing(
    table=_ROW,
    conditions={
        "at": time_between(col(_ROW.at)),
        "bindings": lambda ids: among(col(_ROW.binding_id), ids),
        "models": _of_models,
        "providers": _of_providers,
    },
    keys={"AT": plain(col(_ROW.at))},
)
