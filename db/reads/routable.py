"""The rules for routable bindings and for a version's SLO status, in SQL."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from db.reads.health import has_open_circuit
from db.reads.keyset import among
from db.tables import ModelVersion, ProviderBinding, figures
from db.tables.names import declare
from domain.enums import BindingStatus, SloStatus, VersionStatus

_SERVING = [VersionStatus.ACTIVE.value, VersionStatus.DEPRECATED.value]
_TODAY = sa.func.current_date()  # sessions run in UTC


def is_routable(
    binding: type[ProviderBinding] = ProviderBinding, version: type[ModelVersion] = ModelVersion
) -> sa.ColumnElement[bool]:
    """An ACTIVE binding of an ACTIVE or DEPRECATED version, both not past their sunset.

    Its circuit is not OPEN. For a join of the two tables, or of aliases of them. On the day of its
    sunset a binding still serves.
    """
    return sa.and_(
        col(binding.status) == BindingStatus.ACTIVE,
        among(col(version.status), _SERVING),
        _not_past(col(binding.sunset_on)),
        _not_past(col(version.sunset_on)),
        ~has_open_circuit(binding),
    )


def has_routable_binding(is_expected: bool) -> sa.ColumnElement[bool]:
    """Versions with at least one routable binding, or with none."""
    has_one = sa.exists(_bindings_of_version().where(is_routable()))
    return has_one if is_expected else ~has_one


def slo_status() -> sa.ColumnElement[Any]:
    """MET, BREACHED or UNKNOWN for each version, from the figures now of its routable bindings.

    MET needs one binding that meets every target. Otherwise a figure that misses its target makes
    it BREACHED. Without targets or without figures it is UNKNOWN.
    """
    no_target = sa.and_(
        col(ModelVersion.slo_latency_ms).is_(None), col(ModelVersion.slo_success_rate).is_(None)
    )
    latency = figures.of_binding(figures.LATENCY_P95) <= col(ModelVersion.slo_latency_ms)
    success = figures.of_binding(figures.SUCCESS_RATE) >= col(ModelVersion.slo_success_rate)
    # a missing figure is NULL, which neither meets nor misses a target
    meets = sa.and_(
        sa.or_(col(ModelVersion.slo_latency_ms).is_(None), latency),
        sa.or_(col(ModelVersion.slo_success_rate).is_(None), success),
    )
    routable = _bindings_of_version().where(is_routable())
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


def _bindings_of_version() -> sa.Select[Any]:
    return (
        sa.select(sa.literal(1))
        .select_from(ProviderBinding)
        .where(col(ProviderBinding.version_id) == ModelVersion.id)
        .correlate(ModelVersion)
    )


_OF_BINDING = sa.select(is_routable()).where(col(ModelVersion.id) == ProviderBinding.version_id)
declare(ProviderBinding, "is_routable", _OF_BINDING.correlate(ProviderBinding).scalar_subquery())
declare(ModelVersion, "slo_status", slo_status())
