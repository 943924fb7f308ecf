"""The figures of bindings now: those of the window of outcomes, else what was set by hand.

One expression each serves filters, orders and averages, and says the same as the properties of
ProviderBinding. What was measured holds until `known_until`, by the database's clock.
"""

from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import column_property
from sqlmodel import col

from db.tables.bindings import ProviderBinding
from db.tables.outcomes import BindingHealth


class Figure(NamedTuple):
    """What was measured in the window, and what was set by hand; NULL is unknown."""

    measured: Any
    manual: Any


SUCCESS_RATE = Figure(col(BindingHealth.success_rate), col(ProviderBinding.success_rate))
LATENCY = Figure(col(BindingHealth.latency_ms_p50), col(ProviderBinding.latency_ms))
LATENCY_P95 = Figure(col(BindingHealth.latency_ms_p95), col(ProviderBinding.latency_ms))


def are_known() -> sa.ColumnElement[bool]:
    """Rows of `binding_health` whose last outcome is in the window that ends now."""
    return col(BindingHealth.known_until) > sa.func.now()


def health_of_bindings() -> sa.ColumnElement[bool]:
    """The condition of an outer join of bindings with their health, if that is known."""
    return sa.and_(col(BindingHealth.binding_id) == ProviderBinding.id, are_known())


def joined(figure: Figure) -> Any:
    """The figure now, in a query with that outer join."""
    return sa.func.coalesce(figure.measured, figure.manual, type_=sa.Double())


def of_binding(figure: Figure) -> Any:
    """The figure now, in any query of bindings."""
    measured = sa.select(figure.measured).where(health_of_bindings()).correlate(ProviderBinding)
    return sa.func.coalesce(measured.scalar_subquery(), figure.manual, type_=sa.Double())


# Both in one column: for each column PostgreSQL would look for the row again. SQLAlchemy would read
# it again after a write of the row, whose statements return it already.
_MEASURED = sa.select(
    postgresql.array([SUCCESS_RATE.measured, LATENCY.measured], type_=sa.Double())
).where(health_of_bindings())
setattr(
    ProviderBinding,
    "measured",
    column_property(_MEASURED.correlate(ProviderBinding).scalar_subquery(), expire_on_flush=False),
)
