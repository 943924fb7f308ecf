"""The figures of bindings now: those of the window of outcomes, else what was set by hand.

One expression each serves the fields, filters, orders and averages, so that they agree. What was
measured holds until `known_until`, by the database's clock.
"""

from typing import Any, NamedTuple

import sqlalchemy as sa
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


# SQLAlchemy would read them again after a write of the row, whose statements return them already.
for _name, _figure in (("success_rate_now", SUCCESS_RATE), ("latency_ms_now", LATENCY)):
    _property = column_property(of_binding(_figure), expire_on_flush=False)
    setattr(ProviderBinding, _name, _property)
