"""How many of the chosen models have each value, for the lists of statistics, in SQL."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlmodel import col

from db.reads.latest import is_latest
from db.tables import ModelVersion, Provider, ProviderBinding

NAMES_MAX = 100  # in each list: the values with the largest counts

Columns = dict[str, tuple[tuple[str, ...], Any]]


def columns(chosen: sa.CTE, of_all: bool) -> Columns:
    """Each column of the statement, and the attributes that need it."""
    found = {
        "models_by_provider": _by_provider(chosen, of_all),
        "models_by_region": _by_region(chosen, of_all),
        "models_by_capability": _by_capability(chosen, of_all),
        "models_by_version_status": _by_status(chosen, of_all),
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
    return _pairs(_of_chosen(statement, version, chosen, of_all))


def _distinct(chosen: sa.CTE, of_all: bool, column: Any) -> Any:
    """The models of each value of a column of their bindings or versions, each once."""
    table = column.class_
    statement = sa.select(column.label("value"), col(table.model_id)).distinct()
    return _of_chosen(statement, table, chosen, of_all)


def _of_chosen(statement: Any, table: Any, chosen: sa.CTE, of_all: bool) -> Any:
    if of_all:  # a join with the models would only cost time
        return statement
    return statement.where(col(table.model_id).in_(sa.select(chosen.c.id)))


def _counted(pairs: Any) -> sa.Subquery:
    of = pairs.subquery("pairs").c
    count = sa.func.count().label("n")
    statement = sa.select(of.value, count).group_by(of.value).order_by(count.desc(), of.value)
    return statement.limit(NAMES_MAX).subquery("counted")


def _pairs(pairs: Any) -> Any:
    counted = _counted(pairs).c
    item = sa.func.json_build_array(counted.value, counted.n)
    return _listed(item, counted.n, counted.value)


def _listed(item: Any, count: Any, name: Any) -> Any:
    ordered = aggregate_order_by(item, count.desc(), name)
    return sa.select(sa.func.json_agg(ordered)).scalar_subquery()
