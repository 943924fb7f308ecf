"""Filters and orders of bindings by their figures now.

What was measured is in a table of its own, with a row for each binding that ever had traffic: they
are few beside all bindings, and change with every report, so that an index would cost more than it
saves. Other bindings are found by the indexes on what was set by hand.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from db.postgres.statements import bound_array
from db.reads.conditions import in_range
from db.reads.keys import Key, Part, nullable
from db.reads.keyset import Condition, among, between
from db.tables import BindingHealth, ProviderBinding
from db.tables.figures import Figure, are_known, of_binding
from domain.traffic_enums import HealthState


def key(figure: Figure) -> Key:
    """The order by a figure, unknown ones last: measured ones apart from those set by hand."""
    own = _manual_key(figure)
    now = of_binding(figure)
    is_measured = sa.and_(are_known(), figure.measured.is_not(None))
    infinity: Any = sa.literal_column("'Infinity'::float8", sa.Double())
    return Key(
        sa.func.coalesce(now, infinity),
        sa.func.coalesce(now, -infinity),
        sa.Double(),
        parts=(
            Part(~_is_measured(figure), own.ascending, own.descending),
            Part(is_measured, figure.measured, figure.measured, col(BindingHealth.binding_id)),
        ),
    )


def in_figure_range(figure: Figure) -> Condition:
    """Bindings whose figure now is from `gte` to `lte`, both inclusive; NULL is in no range."""
    manual_in_range = in_range(figure.manual, _manual_key(figure))

    def condition(bounds: Mapping[str, Any]) -> sa.ColumnElement[bool]:
        within = between(figure.measured, bounds.get("gte"), bounds.get("lte"))
        manual = sa.and_(manual_in_range(bounds), ~_is_measured(figure))
        return sa.or_(manual, _is_among(_measured(figure).where(within)))

    return condition


def in_states(states: Sequence[str]) -> sa.ColumnElement[bool]:
    """Bindings in one of these health states; one without enough outcomes is UNKNOWN."""
    state = col(BindingHealth.state)
    is_known = sa.and_(are_known(), state != HealthState.UNKNOWN)
    known = sa.select(col(BindingHealth.binding_id)).where(is_known)
    unknown = sa.exists(known.where(col(BindingHealth.binding_id) == ProviderBinding.id))
    wants_unknown = sa.literal(HealthState.UNKNOWN.value, sa.Text()) == sa.any_(
        bound_array(states, sa.Text())
    )
    return sa.or_(
        sa.and_(wants_unknown, ~unknown.correlate(ProviderBinding)),
        _is_among(known.where(among(state, states))),
    )


def _manual_key(figure: Figure) -> Key:
    return nullable("provider_bindings", figure.manual.key, "float8", sa.Double())


def _measured(figure: Figure) -> sa.Select[Any]:
    """The bindings whose figure is measured."""
    return sa.select(col(BindingHealth.binding_id)).where(are_known(), figure.measured.is_not(None))


def _is_measured(figure: Figure) -> sa.ColumnElement[bool]:
    of_binding_ = col(BindingHealth.binding_id) == ProviderBinding.id
    return sa.exists(_measured(figure).where(of_binding_)).correlate(ProviderBinding)


def _is_among(ids: sa.Select[Any]) -> sa.ColumnElement[bool]:
    """Bindings with one of these ids.

    The index is read with the array. Where PostgreSQL compares row by row instead, the set decides
    first, for a long array is slow to search.
    """
    ids = ids.correlate(None)
    array = sa.func.array(ids.scalar_subquery())
    id_ = col(ProviderBinding.id)
    return sa.and_(id_.in_(ids), id_ == sa.any_(array))
