"""The lists of statistics, in SQL: the chosen models by value, and what needs attention."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlmodel import col

from db.reads.health import has_open_circuit
from db.reads.latest import is_latest
from db.reads.routable import slo_status
from db.tables import Circuit, Model, ModelVersion, Provider, ProviderBinding
from domain import ids
from domain.enums import SloStatus

ITEMS_MAX = 100  # in each list: the values with the largest counts, the first alarms

Columns = dict[str, tuple[tuple[str, ...], Any]]


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
    found = {
        "models_by_provider": _by_provider(chosen, of_all),
        "models_by_region": _by_region(chosen, of_all),
        "models_by_capability": _by_capability(chosen, of_all),
        "models_by_version_status": _by_status(chosen, of_all),
        "open_circuits": _open_circuits(chosen, of_all),
        "slo_breaches": _slo_breaches(chosen, of_all),
    }
    return {name: ((name,), column) for name, column in found.items()}


def _by_provider(chosen: sa.CTE, of_all: bool) -> Any:
    pairs = _distinct(chosen, of_all, col(ProviderBinding.provider_id))
    counted = _counted(pairs)
    provider = sa.select(counted.c.n, col(Provider.slug), col(Provider.name)).join_from(
        counted, Provider, col(Provider.id) == counted.c.value
    )
    named = provider.subquery("named").c
    item = sa.func.json_build_array(named.slug, named.name, named.n)
    return _listed(item, named.n, named.slug)


def _by_region(chosen: sa.CTE, of_all: bool) -> Any:
    region = col(ProviderBinding.region)
    return _pairs(_distinct(chosen, of_all, region).where(region.is_not(None)))


def _by_status(chosen: sa.CTE, of_all: bool) -> Any:
    return _pairs(_distinct(chosen, of_all, col(ModelVersion.status)))


def _by_capability(chosen: sa.CTE, of_all: bool) -> Any:
    version: Any = ModelVersion
    capability = sa.func.unnest(version.capabilities, type_=sa.Text())
    statement: Any = sa.select(capability.label("value"), version.model_id).where(is_latest())
    return _pairs(_of_chosen(statement, col(version.model_id), chosen, of_all))


def _distinct(chosen: sa.CTE, of_all: bool, column: Any) -> Any:
    """The models of each value of a column of their bindings or versions, each once."""
    table = column.class_
    statement = sa.select(column.label("value"), col(table.model_id)).distinct()
    return _of_chosen(statement, col(table.model_id), chosen, of_all)


def _of_chosen(statement: Any, model_id: Any, chosen: sa.CTE, of_all: bool) -> Any:
    """The rows of the chosen models; of all models, where these are chosen."""
    if of_all:  # a join with the models would only cost time
        return statement
    return statement.where(model_id.in_(sa.select(chosen.c.id)))


def _counted(pairs: Any) -> sa.Subquery:
    of = pairs.subquery("pairs").c
    count = sa.func.count().label("n")
    statement = sa.select(of.value, count).group_by(of.value).order_by(count.desc(), of.value)
    return statement.limit(ITEMS_MAX).subquery("counted")


def _pairs(pairs: Any) -> Any:
    counted = _counted(pairs).c
    item = sa.func.json_build_array(counted.value, counted.n)
    return _listed(item, counted.n, counted.value)


def _listed(item: Any, count: Any, name: Any) -> Any:
    ordered = aggregate_order_by(item, count.desc(), name)
    return sa.select(sa.func.json_agg(ordered)).scalar_subquery()


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
    return _alarms_listed(_of_chosen(statement, col(Model.id), chosen, of_all), *order)


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
    return _alarms_listed(
        _of_chosen(statement, col(Model.id), chosen, of_all), col(Model.name), col(ModelVersion.id)
    )


def _alarms_listed(statement: Any, *order: Any) -> Any:
    place = sa.func.row_number().over(order_by=order).label("place")
    rows = statement.add_columns(place).order_by(*order).limit(ITEMS_MAX).subquery("alarms")
    names = (column.name for column in rows.c if column.name != "place")
    item = sa.func.json_build_object(
        *(part for n in names for part in (sa.literal(n, sa.Text()), rows.c[n]))
    )
    return sa.select(sa.func.json_agg(aggregate_order_by(item, rows.c.place))).scalar_subquery()
