"""Models by the lowest price now of their routable bindings, in SQL.

No index holds it: what is in effect and routable depends on the clock. The index of all prices is
read in its order, and a price counts for the model of which it is the lowest.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import col

from db.reads.keys import FIRST_AMOUNT, LAST_AMOUNT, Key, Part
from db.reads.keyset import Condition, between
from db.reads.prices import is_current, is_released
from db.reads.routable import is_routable
from db.tables import Model, ModelVersion, Price, ProviderBinding


class _Offered:
    """A price in effect of a routable binding, under names of its own in a statement."""

    def __init__(self, name: str, amount: Any) -> None:
        self.price: Any = aliased(Price, name=f"{name}_price")
        self.binding: Any = aliased(ProviderBinding, name=f"{name}_binding")
        version: Any = aliased(ModelVersion, name=f"{name}_version")
        self.amount = getattr(self.price, amount.key)
        self.is_offered = sa.and_(
            self.price.binding_id == self.binding.id,
            version.id == self.binding.version_id,
            is_current(self.price, self.amount),
            is_released(version),
            is_routable(self.binding, version),
        )


def _is_cheapest(of: _Offered, amount: Any) -> sa.ColumnElement[bool]:
    """The lowest of its model; of equal ones, that of the first binding."""
    rival: Any = aliased(ProviderBinding, name="rival_binding")
    version: Any = aliased(ModelVersion, name="rival_version")
    price: Any = aliased(Price, name="rival_price")
    newest = sa.select(getattr(price, amount.key)).where(
        price.binding_id == rival.id, price.effective_from <= sa.func.now()
    )
    newest = newest.order_by(price.effective_from.desc()).limit(1).correlate(rival)
    is_lower = sa.tuple_(newest.scalar_subquery(), rival.id) < sa.tuple_(of.amount, of.binding.id)
    lower = sa.select(sa.true()).where(
        rival.model_id == of.binding.model_id,
        version.id == rival.version_id,
        is_released(version),
        is_routable(rival, version),
        is_lower,
    )
    # scalars are looked up binding by binding, and stop at the first lower one; for an EXISTS,
    # PostgreSQL would compare all prices that there are
    has_lower = lower.limit(1).correlate(of.binding, of.price).scalar_subquery()
    return sa.and_(of.is_offered, sa.func.coalesce(has_lower, sa.false()) == sa.false())


def in_range(amount: Any) -> Condition:
    """Models whose lowest amount is from `gte` to `lte`; an unknown one is in no range."""

    def condition(bounds: Mapping[str, Any]) -> sa.ColumnElement[bool]:
        of = _Offered("cheap", amount)
        within = between(of.amount, bounds.get("gte"), bounds.get("lte"))
        found = sa.select(of.binding.model_id).where(within, _is_cheapest(of, amount))
        return col(Model.id).in_(found.correlate(None))

    return condition


def key(amount: Any, bounds: str) -> Key:
    """The order of models by their lowest amount, with unknown ones last.

    `bounds` is the condition for a range of it. The first page reads the index of prices in its
    order; for one in the middle, PostgreSQL may look at all models.
    """
    of, any_of = _Offered("cheap", amount), _Offered("any", amount)
    has_one = sa.exists().where(any_of.binding.model_id == Model.id, any_of.is_offered)
    lowest = sa.select(sa.func.min(any_of.amount)).where(
        any_of.binding.model_id == Model.id, any_of.is_offered
    )
    current = lowest.correlate(Model).scalar_subquery()
    return Key(
        sa.func.coalesce(current, LAST_AMOUNT),
        sa.func.coalesce(current, FIRST_AMOUNT),
        sa.Numeric(),
        parts=(
            Part(
                _is_cheapest(of, amount),
                of.amount,
                of.amount,
                via=of.binding.model_id,
                is_joined=True,
                within=lambda values: between(of.amount, values.get("gte"), values.get("lte")),
            ),
            Part(~has_one.correlate(Model), LAST_AMOUNT, FIRST_AMOUNT, is_constant=True),
        ),
        is_sequence=True,
        bounds=bounds,
        is_slow=True,
    )
