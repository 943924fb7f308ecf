"""When a binding can be called, and whether a version keeps its targets: rules in SQL, once."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from db.reads.keyset import among
from db.tables import ModelVersion, ProviderBinding
from domain.enums import BindingStatus, SloStatus, VersionStatus

_SERVING = [VersionStatus.ACTIVE.value, VersionStatus.DEPRECATED.value]
_TODAY = sa.func.current_date()  # sessions run in UTC


def is_routable() -> sa.ColumnElement[bool]:
    """ACTIVE, its version ACTIVE or DEPRECATED, neither past its sunset; the two tables joined.

    A binding serves through the day of its sunset. No circuit is open before outcomes are recorded.
    """
    return sa.and_(
        col(ProviderBinding.status) == BindingStatus.ACTIVE,
        among(col(ModelVersion.status), _SERVING),
        _not_past(col(ProviderBinding.sunset_on)),
        _not_past(col(ModelVersion.sunset_on)),
    )


def has_routable_binding(wanted: bool) -> sa.ColumnElement[bool]:
    """Versions with at least one routable binding, or with none."""
    found = sa.exists(_own_bindings().where(is_routable()))
    return found if wanted else ~found


def slo_status() -> sa.ColumnElement[Any]:
    """MET, BREACHED or UNKNOWN for each version, from its routable bindings' figures.

    One binding that meets every target is enough for MET. Without one, a figure that misses its
    target makes it BREACHED; without a target, or without figures, it is UNKNOWN.
    """
    no_target = sa.and_(
        col(ModelVersion.slo_latency_ms).is_(None), col(ModelVersion.slo_success_rate).is_(None)
    )
    latency = col(ProviderBinding.latency_ms) <= col(ModelVersion.slo_latency_ms)
    success = col(ProviderBinding.success_rate) >= col(ModelVersion.slo_success_rate)
    # NULL (no figure) makes neither "meets" nor "misses" true
    meets = sa.and_(
        sa.or_(col(ModelVersion.slo_latency_ms).is_(None), latency),
        sa.or_(col(ModelVersion.slo_success_rate).is_(None), success),
    )
    routable = _own_bindings().where(is_routable())
    return sa.case(
        (no_target, sa.literal(SloStatus.UNKNOWN.value)),
        (sa.exists(routable.where(meets)), sa.literal(SloStatus.MET.value)),
        (
            sa.exists(routable.where(sa.or_(~latency, ~success))),
            sa.literal(SloStatus.BREACHED.value),
        ),
        else_=sa.literal(SloStatus.UNKNOWN.value),
    )


def _not_past(sunset: Any) -> sa.ColumnElement[bool]:
    return sa.or_(sunset.is_(None), sunset >= _TODAY)


def _own_bindings() -> sa.Select[Any]:
    return (
        sa.select(sa.literal(1))
        .select_from(ProviderBinding)
        .where(col(ProviderBinding.version_id) == ModelVersion.id)
        .correlate(ModelVersion)
    )
