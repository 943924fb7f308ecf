"""Models by the lowest price now of their routable bindings, in SQL.

Which prices are in effect and routable depends on the clock, so no index has them. The table
`lowest_prices` keeps the lowest of each model, and until when it holds; a job refreshes it
(db/writes/lowest_prices.py). Models that have changed since then are known from the audit log, and
their prices are computed: so answers are exact, however long ago the job ran.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import col

from db.reads.keys import FIRST_AMOUNT, LAST_AMOUNT, Key, Part
from db.reads.keyset import Condition, among, between
from db.reads.prices import is_released, newest_started
from db.reads.routable import is_routable
from db.tables import (
    AuditEvent,
    Circuit,
    LowestPrice,
    LowestPricesState,
    Model,
    ModelVersion,
    Price,
    ProviderBinding,
    RegistryState,
)
from db.tables.columns import TIME


def of_models(ids: Any) -> sa.Select[Any]:
    """The lowest amounts now of models, and until when they hold; one row for each model that is.

    The rows of the models are locked in one order, so that none of them is deleted meanwhile.
    """
    chosen = sa.select(col(Model.id)).where(among(col(Model.id), ids)).order_by(col(Model.id))
    models = chosen.with_for_update(key_share=True, read=True).cte("chosen")
    names = ("id", "model_id", "version_id", "status", "sunset_on")
    found = sa.select(*(col(getattr(ProviderBinding, name)) for name in names))
    found = found.where(among(col(ProviderBinding.model_id), ids))
    # read once, before the others: without statistics PostgreSQL would begin with all versions
    bindings: Any = aliased(ProviderBinding, found.cte("bindings").prefix_with("MATERIALIZED"))
    amounts, changes = _amounts(bindings), _next_changes(bindings, ids)
    never: Any = sa.literal_column("'infinity'::timestamptz")
    tables = models.outerjoin(amounts, amounts.c.model_id == models.c.id)
    tables = tables.outerjoin(changes, changes.c.model_id == models.c.id)
    return sa.select(
        models.c.id.label("model_id"),
        amounts.c.input_per_1k,
        amounts.c.output_per_1k,
        sa.func.coalesce(changes.c.at, never).label("holds_until"),
    ).select_from(tables)


def _amounts(bindings: Any) -> sa.Subquery:
    """The lowest amounts by model, without the models that have no routable binding."""
    columns: tuple[Any, ...] = (col(Price.input_per_1k), col(Price.output_per_1k))
    price = newest_started(*columns, binding=bindings).lateral("price")
    lowest = (sa.func.min(price.c[column.key]).label(column.key) for column in columns)
    statement = sa.select(bindings.model_id, *lowest).where(_is_offered(bindings))
    return statement.group_by(bindings.model_id).subquery("amounts")


def _next_changes(bindings: Any, ids: Any) -> sa.Subquery:
    """When the lowest amounts may change next without a write, without the models of never.

    `now()` is before what the statement sees: a price that has started in between is the next one,
    so it is looked for among all prices, and not in the table of scheduled ones. A day ends at
    midnight UTC, as sessions run in UTC.
    """
    version, today, now = ModelVersion, sa.func.current_date(), sa.func.now()
    of_versions = among(col(version.model_id), ids)
    price, circuit = col(Price.effective_from), col(Circuit.open_until)
    times = (
        (price, price > now, col(Price.binding_id) == bindings.id),
        (circuit, circuit > now, col(Circuit.binding_id) == bindings.id),
        (bindings.sunset_on + 1, bindings.sunset_on >= today),
        (col(version.sunset_on) + 1, col(version.sunset_on) >= today, of_versions),
        (col(version.released_on), col(version.released_on) > today, of_versions),
    )
    tables = (*[bindings] * 3, version, version)
    selects = [
        sa.select(table.model_id, sa.cast(at, TIME).label("at")).where(*where)
        for table, (at, *where) in zip(tables, times, strict=True)
    ]
    all_times = sa.union_all(*selects).subquery("times").c
    first = sa.select(all_times.model_id, sa.func.min(all_times.at).label("at"))
    return first.group_by(all_times.model_id).subquery("changes")


def _is_offered(binding: Any) -> sa.ColumnElement[bool]:
    """Routable bindings of released versions, for a join with the versions."""
    of_version = col(ModelVersion.id) == binding.version_id
    return sa.and_(of_version, is_released(ModelVersion), is_routable(binding))


def _computed(amount: Any, model_id: Any) -> Any:
    """The lowest amount now of a model in a statement; NULL where none is known."""
    current = newest_started(amount).scalar_subquery()
    of_model = col(ProviderBinding.model_id) == model_id
    lowest = sa.select(sa.func.min(current)).where(of_model, _is_offered(ProviderBinding))
    return lowest.correlate(model_id.table).scalar_subquery()


def in_range(amount: Any) -> Condition:
    """Models whose lowest amount is from `gte` to `lte`; an unknown one is in no range."""

    def condition(bounds: Mapping[str, Any]) -> sa.ColumnElement[bool]:
        low, high = bounds.get("gte"), bounds.get("lte")
        kept = aliased(LowestPrice, name="kept_price")
        known = getattr(kept, amount.key)
        # in the index that is read, unknown amounts are outside of the range
        indexed = sa.func.coalesce(known, FIRST_AMOUNT if high is None else LAST_AMOUNT)
        is_within = sa.and_(known.is_not(None), between(indexed, low, high))
        found = sa.select(col(kept.model_id)).where(is_within, _holds(kept))
        changed = _changed().subquery("changed")
        current = _computed(amount, changed.c.model_id).label("amount")
        now = sa.select(changed.c.model_id, current).subquery("now").c
        others = sa.select(now.model_id).where(now.amount.is_not(None))
        # a UNION, as PostgreSQL would read all models for an OR
        return col(Model.id).in_(sa.union(found, others.where(between(now.amount, low, high))))

    return condition


def key(amount: Any, bounds: str) -> Key:
    """The order of models by their lowest amount, with unknown ones last.

    `bounds` is the condition for a range of it. The amounts that are kept are read in the order of
    their index.
    """
    kept = aliased(LowestPrice, name="ordered_price")
    kept_amount = getattr(kept, amount.key)
    current = _computed(amount, col(Model.id))
    by_current = sa.func.coalesce(current, LAST_AMOUNT), sa.func.coalesce(current, FIRST_AMOUNT)
    return Key(
        *by_current,
        sa.Numeric(),
        parts=(
            Part(
                _holds(kept),
                sa.func.coalesce(kept_amount, LAST_AMOUNT),
                sa.func.coalesce(kept_amount, FIRST_AMOUNT),
                via=kept.model_id,
                is_joined=True,
                within=lambda values: _is_within(kept, amount, values),
            ),
            Part(
                col(Model.id).in_(_changed()),
                *by_current,
                within=lambda values: between(current, values.get("gte"), values.get("lte")),
            ),
        ),
        bounds=bounds,
        is_slow=True,
    )


def _is_within(kept: Any, amount: Any, bounds: Mapping[str, Any]) -> sa.ColumnElement[bool]:
    """Kept amounts in a range, by the keys of both directions: each order reads its own index."""
    known = getattr(kept, amount.key)
    keys = (sa.func.coalesce(known, each) for each in (LAST_AMOUNT, FIRST_AMOUNT))
    within = (between(each, bounds.get("gte"), bounds.get("lte")) for each in keys)
    return sa.and_(known.is_not(None), *within)


def _holds(kept: Any) -> sa.ColumnElement[bool]:
    """Kept rows that are as of now: all others are `_changed`."""
    changed = _changed_by_events().subquery("changed_later")
    is_changed = kept.model_id.in_(sa.select(changed.c.model_id))
    return sa.and_(kept.holds_until > sa.func.now(), ~is_changed)


def _changed() -> Any:
    """The ids of models whose kept amounts may not be as of now, which may be none yet."""
    ended = aliased(LowestPrice, name="ended_price")
    by_time = sa.select(col(ended.model_id)).where(col(ended.holds_until) <= sa.func.now())
    return sa.union(_changed_by_events(), by_time)


def _changed_by_events() -> sa.Select[Any]:
    """The models of the events after the last refresh, which are few.

    PostgreSQL takes an array for ten values, so it looks them up. Of a range whose bounds it does
    not know it would expect a share of the whole log.
    """
    event: Any = aliased(AuditEvent, name="later_event")
    seen = sa.select(col(LowestPricesState.sequence)).scalar_subquery()
    newest = sa.select(col(RegistryState.revision)).scalar_subquery()
    numbers = sa.func.array(sa.select(sa.func.generate_series(seen + 1, newest)).scalar_subquery())
    is_later = event.sequence == sa.any_(numbers)
    return sa.select(event.model_id).where(is_later, event.model_id.is_not(None))
