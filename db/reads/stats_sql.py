"""The statement of db/reads/stats.py: only what is wanted is computed."""

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by, distinct_on
from sqlmodel import col

from db.reads import models, stats_lists
from db.reads.health import has_open_circuit
from db.reads.prices import has_release
from db.reads.routable import is_routable
from db.reads.stats_lists import ITEMS_MAX
from db.tables import (
    BindingHealth,
    Model,
    ModelVersion,
    Price,
    Provider,
    ProviderBinding,
    figures,
)

_BY_STATUS = frozenset(("versions", "active_versions", "archived_versions", "versions_by_status"))
_OF_FIGURES = frozenset(("eval_score_avg", "cost_per_1k_avg"))
_OF_RATES = frozenset(("success_rate_avg", "latency_ms_avg", "bindings_by_provider"))
_OF_ROUTABLE = frozenset(("routable_bindings", "bindings_by_provider"))
_OF_HEALTH = frozenset(("bindings_by_provider",))
_STATES = ("healthy", "degraded", "unhealthy")
_OF_PRICES = frozenset(("bindings_by_provider",))
_OF_TOTALS = frozenset(("bindings", *_OF_ROUTABLE, *_OF_RATES))


def select(conditions: Mapping[str, Any], wanted: frozenset[str]) -> sa.Select[Any]:
    chosen = _models(conditions)
    of_all = not conditions  # then a join with the models would only cost time
    versions = _versions(chosen, of_all, wanted)
    providers = _providers(chosen, of_all, wanted)
    counted: Any = Provider if of_all else providers
    columns = {
        "models": (("models",), _row_count(chosen)),
        "providers": (("providers",), _row_count(counted)),
        "by_status": (_BY_STATUS, _counts(versions.c.status, versions.c.n, "by_status")),
        "by_region": (
            ("versions_by_region",),
            _counts(versions.c.region, versions.c.n, "by_region"),
        ),
        "by_task": (("models_by_task",), _counts(chosen.c.task, 1, "by_task")),
        "by_subject": (("models_by_subject",), _counts(chosen.c.subject, 1, "by_subject")),
        "by_provider": (("bindings_by_provider",), _provider_list(providers)),
        **stats_lists.columns(chosen, of_all),
    }
    totals = _totals(providers)
    if wanted & _OF_TOTALS == {"bindings"}:  # an index has them
        totals = _counted_bindings(chosen, of_all)
    # PostgreSQL does not compute what no column reads
    found = [
        (column if wanted.intersection(needed_by) else sa.null()).label(name)
        for name, (needed_by, column) in columns.items()
    ]
    return sa.select(
        *found,
        *_single_row(wanted & _OF_FIGURES, _figures(versions)),
        *_single_row(wanted & _OF_TOTALS, totals),
        sa.func.now().label("computed_at"),
    )


def _row_count(table: Any) -> Any:
    return sa.select(sa.func.count()).select_from(table).scalar_subquery()


def _single_row(wanted: frozenset[str], row: sa.Subquery) -> Iterable[Any]:
    """The columns of a row, which is left out of the statement where none is wanted."""
    return [column if wanted else sa.null().label(column.name) for column in row.c]


def _figures(versions: sa.CTE) -> sa.Subquery:
    cost = _average(versions.c.cost_sum, versions.c.costs)
    return sa.select(
        _as_float(_average(versions.c.score_sum, versions.c.scores)).label("eval_score_avg"),
        sa.func.round(cost, 10).label("cost_per_1k_avg"),
    ).subquery("figures")


def _models(conditions: Mapping[str, Any]) -> sa.CTE:
    statement: Any = sa.select(col(Model.id), col(Model.task), col(Model.subject))
    for name, value in conditions.items():
        statement = statement.where(models.LISTING.conditions[name](value))
    return statement.cte("chosen")  # type: ignore[no-any-return]  # of Any


def _versions(chosen: sa.CTE, of_all: bool, wanted: frozenset[str]) -> sa.CTE:
    """The versions' figures by status and region: few rows, from which the others are computed.

    Without the figures an index has all that is read.
    """
    version = ModelVersion
    region: Any = col(version.region) if "versions_by_region" in wanted else _null(sa.Text())
    score: Any = col(version.eval_score) if wanted & _OF_FIGURES else _null(sa.Double())
    cost: Any = col(version.cost_per_1k) if wanted & _OF_FIGURES else _null(sa.Numeric())
    statement: Any = sa.select(
        col(version.status),
        region.label("region"),
        sa.func.count().label("n"),
        sa.func.count(score).label("scores"),
        _exact_sum(score).label("score_sum"),
        sa.func.count(cost).label("costs"),
        sa.func.sum(cost).label("cost_sum"),
    ).group_by(col(version.status), *([region] if "versions_by_region" in wanted else []))
    if not of_all:
        statement = statement.join_from(version, chosen, chosen.c.id == col(version.model_id))
    return statement.cte("versions")  # type: ignore[no-any-return]  # of Any


def _null(type_: Any) -> Any:
    return sa.cast(sa.null(), type_)


def _providers(chosen: sa.CTE, of_all: bool, wanted: frozenset[str]) -> sa.CTE:
    """The bindings' figures by provider: sums and counts, from which averages are computed.

    The tables that no wanted attribute needs are not joined; their columns are NULL.
    """
    binding, version = ProviderBinding, ModelVersion
    routable: Any = _null(sa.BigInteger())
    rate: Any = _null(sa.Double())
    latency = rate
    price: Any = _null(sa.Numeric())
    source: Any = sa.inspect(binding).local_table
    if wanted & _OF_ROUTABLE:
        source = source.join(version, col(version.id) == col(binding.version_id))
        routable = sa.func.count().filter(is_routable())
    if wanted & _OF_RATES:
        source = source.outerjoin(BindingHealth, figures.health_of_bindings())
        rate, latency = map(figures.joined, (figures.SUCCESS_RATE, figures.LATENCY))
    if wanted & _OF_PRICES:
        started = _prices_now()
        is_price = sa.and_(started.c.binding_id == col(binding.id), has_release())
        source = source.outerjoin(started, is_price)
        price = started.c.input_per_1k
    if not of_all:
        source = source.join(chosen, chosen.c.id == col(binding.model_id))
    statement: Any = sa.select(
        col(binding.provider_id),
        sa.func.count().label("bindings"),
        routable.label("routable"),
        *_health(wanted),
        sa.func.count(rate).label("rates"),
        _exact_sum(rate).label("rate_sum"),
        sa.func.count(latency).label("latencies"),
        _exact_sum(latency).label("latency_sum"),
        sa.func.avg(price).label("input_per_1k_avg"),
    )
    grouped = statement.select_from(source).group_by(col(binding.provider_id))
    return grouped.cte("by_provider")  # type: ignore[no-any-return]  # of Any


def _health(wanted: frozenset[str]) -> list[Any]:
    """How many bindings are in each state of health, and how many have an open circuit."""
    if not wanted & _OF_HEALTH:
        return [_null(sa.BigInteger()).label(name) for name in (*_STATES, "open_circuits")]
    is_open = sa.func.count().filter(has_open_circuit())
    of_states = [
        sa.func.count().filter(col(BindingHealth.state) == name.upper()).label(name)
        for name in _STATES
    ]
    return [*of_states, is_open.label("open_circuits")]


def _prices_now() -> sa.Subquery:
    """Each binding's newest started price, found by a backward scan of the unique index."""
    statement: Any = (
        sa.select(col(Price.binding_id), col(Price.input_per_1k))
        .where(col(Price.effective_from) <= sa.func.now())
        .ext(distinct_on(col(Price.binding_id)))
        .order_by(col(Price.binding_id).desc(), col(Price.effective_from).desc())
    )
    return statement.subquery("prices_now")  # type: ignore[no-any-return]  # of Any


def _totals(providers: sa.CTE) -> sa.Subquery:
    of = providers.c
    return sa.select(
        _as_float(_average(of.rate_sum, of.rates)).label("success_rate_avg"),
        _as_float(_average(of.latency_sum, of.latencies)).label("latency_ms_avg"),
        _total(of.bindings).label("bindings"),
        _total(of.routable).label("routable"),
    ).subquery("totals")


def _counted_bindings(chosen: sa.CTE, of_all: bool) -> sa.Subquery:
    """The row of _totals with the number of bindings alone."""
    statement: Any = sa.select(
        sa.func.count().label("bindings"),
        _null(sa.BigInteger()).label("routable"),
        _null(sa.Double()).label("success_rate_avg"),
        _null(sa.Double()).label("latency_ms_avg"),
    ).select_from(ProviderBinding)
    if not of_all:
        statement = statement.join(chosen, chosen.c.id == col(ProviderBinding.model_id))
    return statement.subquery("totals")  # type: ignore[no-any-return]  # of Any


def _total(counts: Any) -> Any:
    """The sum of counts over groups, as an integer."""
    return sa.cast(sa.func.coalesce(sa.func.sum(counts), 0), sa.BigInteger)


def _average(sums: Any, counts: Any) -> Any:
    """The average over groups; NULL if no value is known."""
    return sa.func.sum(sums) / sa.func.nullif(sa.func.sum(counts), 0)


def _exact_sum(values: Any) -> Any:
    """The sum of floats as decimals: a sum of floats depends on the order in which rows come."""
    return sa.func.sum(sa.cast(values, sa.Numeric()))


def _as_float(value: Any) -> Any:
    return sa.cast(value, sa.Double())


def _counts(column: Any, each: Any, name: str) -> Any:
    """How often each value occurs in the column, the most frequent first; NULLs do not count."""
    count = _total(each).label("n")
    counted = (
        sa.select(column.label("name"), count)
        .where(column.is_not(None))
        .group_by(column)
        .order_by(count.desc(), column)
        .limit(ITEMS_MAX)
        .subquery(name)
    )
    pair = sa.func.json_build_array(counted.c.name, counted.c.n)
    ordered = aggregate_order_by(pair, counted.c.n.desc(), counted.c.name)
    return sa.select(sa.func.json_agg(ordered)).scalar_subquery().label(name)


def _provider_list(providers: sa.CTE) -> Any:
    largest = sa.select(providers, col(Provider.slug), col(Provider.name)).join_from(
        providers, Provider, col(Provider.id) == providers.c.provider_id
    )
    largest = largest.order_by(providers.c.bindings.desc(), providers.c.provider_id)
    of = largest.limit(ITEMS_MAX).subquery("largest").c
    price = sa.cast(sa.func.round(of.input_per_1k_avg, 10), sa.Text)
    item = sa.func.json_build_object(
        *("provider_id", of.provider_id, "bindings", of.bindings, "routable", of.routable),
        *("slug", of.slug, "name", of.name, "open_circuits", of.open_circuits),
        *(part for name in _STATES for part in (name, of[name])),
        *("success_rate_avg", _as_float(of.rate_sum / sa.func.nullif(of.rates, 0))),
        *("latency_ms_avg", _as_float(of.latency_sum / sa.func.nullif(of.latencies, 0))),
        *("input_per_1k_avg", price),
    )
    ordered = aggregate_order_by(item, of.bindings.desc(), of.provider_id)
    return sa.select(sa.func.json_agg(ordered)).scalar_subquery().label("by_provider")
