"""What needs somebody's attention in the chosen models, for the lists of statistics, in SQL."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlmodel import col

from db.reads.facets import Columns
from db.reads.health import has_open_circuit
from db.reads.routable import slo_status
from db.tables import Circuit, Model, ModelVersion, Provider, ProviderBinding
from domain import ids
from domain.enums import SloStatus

ALARMS_MAX = 100  # in each list


@dataclass(frozen=True, slots=True)
class OpenCircuit:
    """A binding with an OPEN circuit."""

    binding_id: str
    model_name: str
    version_label: str
    provider_slug: str
    provider_model_id: str
    region: str | None
    since: datetime
    until: datetime | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class SloBreach:
    """A version whose routable bindings miss its targets."""

    version_id: str
    model_name: str
    version_label: str


def columns(chosen: sa.CTE, of_all: bool) -> Columns:
    """Each column of the statement, and the attributes that need it."""
    return {
        "open_circuits": (("open_circuits",), _open_circuits(chosen, of_all)),
        "slo_breaches": (("slo_breaches",), _slo_breaches(chosen, of_all)),
    }


def open_circuit(item: Mapping[str, Any]) -> OpenCircuit:
    """The circuit of an item of the statement's list."""
    times = {
        name: None if item[name] is None else datetime.fromisoformat(item[name])
        for name in ("since", "until")
    }
    key = ids.encode(ids.BINDING, UUID(item["binding_id"]))
    return OpenCircuit(**{**item, **times, "binding_id": key})


def slo_breach(item: Mapping[str, Any]) -> SloBreach:
    """The version of an item of the statement's list."""
    return SloBreach(**{**item, "version_id": ids.encode(ids.VERSION, UUID(item["version_id"]))})


def _open_circuits(chosen: sa.CTE, of_all: bool) -> Any:
    statement: Any = sa.select(
        col(ProviderBinding.id).label("binding_id"),
        col(Model.name).label("model_name"),
        col(ModelVersion.version).label("version_label"),
        col(Provider.slug).label("provider_slug"),
        col(ProviderBinding.provider_model_id),
        col(ProviderBinding.region),
        col(Circuit.changed_at).label("since"),
        col(Circuit.open_until).label("until"),
        col(Circuit.reason),
    ).where(
        col(Circuit.binding_id) == ProviderBinding.id,
        col(Model.id) == ProviderBinding.model_id,
        col(ModelVersion.id) == ProviderBinding.version_id,
        col(Provider.id) == ProviderBinding.provider_id,
        has_open_circuit(),
    )
    order = (col(Circuit.changed_at), col(ProviderBinding.id))
    return _listed(_of_chosen(statement, chosen, of_all), *order)


def _slo_breaches(chosen: sa.CTE, of_all: bool) -> Any:
    has_target = sa.or_(
        col(ModelVersion.slo_latency_ms).is_not(None),
        col(ModelVersion.slo_success_rate).is_not(None),
    )
    statement: Any = sa.select(
        col(ModelVersion.id).label("version_id"),
        col(Model.name).label("model_name"),
        col(ModelVersion.version).label("version_label"),
    ).where(
        col(Model.id) == ModelVersion.model_id,
        has_target,
        slo_status() == SloStatus.BREACHED.value,
    )
    return _listed(_of_chosen(statement, chosen, of_all), col(Model.name), col(ModelVersion.id))


def _of_chosen(statement: Any, chosen: sa.CTE, of_all: bool) -> Any:
    return statement if of_all else statement.where(col(Model.id).in_(sa.select(chosen.c.id)))


def _listed(statement: Any, *order: Any) -> Any:
    place = sa.func.row_number().over(order_by=order).label("place")
    rows = statement.add_columns(place).order_by(*order).limit(ALARMS_MAX).subquery("alarms")
    names = (column.name for column in rows.c if column.name != "place")
    item = sa.func.json_build_object(
        *(part for n in names for part in (sa.literal(n, sa.Text()), rows.c[n]))
    )
    return sa.select(sa.func.json_agg(aggregate_order_by(item, rows.c.place))).scalar_subquery()
