"""Prices in SQL, with the time in which each is in effect."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col

from db.postgres import reader
from db.postgres.reader import Source
from db.postgres.statements import Query, columns_of, labelled
from db.reads.derived import map_rows
from db.reads.keys import FIRST_AMOUNT, LAST_AMOUNT, Key, Part
from db.reads.keyset import Listing, Relation, among, between
from db.reads.lookup import row_by_column
from db.tables import ModelVersion, Price, ProviderBinding
from db.tables.columns import DAY_ZERO, unknown_last
from domain import ids
from domain.prices import PriceComponent
from domain.prices import from_json as components_from_json


class DatedPrice:
    """A price and the time in which it is in effect, USD per 1,000 tokens; None means unknown."""

    PROPERTIES: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "node_id": ("id",),
        "component_list": ("components",),
    }

    id: UUID
    binding_id: UUID
    input_per_1k: Decimal | None
    output_per_1k: Decimal | None
    cache_read_per_1k: Decimal | None
    cache_write_per_1k: Decimal | None
    components: list[dict[str, Any]]
    effective_from: datetime | None
    effective_to: datetime | None
    scheduled: bool
    source: str | None

    @property
    def node_id(self) -> str:
        """The id that clients see."""
        return ids.encode(ids.PRICE, self.id)

    @property
    def component_list(self) -> tuple[PriceComponent, ...]:
        """The whole price."""
        return components_from_json(self.components)


def _select_dated() -> sa.Select[Any]:
    following = sa.orm.aliased(Price, name="following")
    effective_to = (
        sa.select(sa.func.min(following.effective_from))
        .where(
            col(following.binding_id) == Price.binding_id,
            col(following.effective_from) > Price.effective_from,
        )
        .correlate(Price)
        .scalar_subquery()
    )
    scheduled = col(Price.effective_from) > sa.func.now()
    return sa.select(
        *labelled(Price), effective_to.label("effective_to"), scheduled.label("scheduled")
    )


def _start_key() -> Key:
    """Seconds as a float: unlike a time in Python it can be infinite, as an unknown start is."""
    start: sa.Cast[float] = sa.cast(
        sa.extract("epoch", col(DatedPrice.effective_from)), sa.Double()
    )
    return Key(start, start, sa.Double())


LISTING = Listing(
    table=map_rows(DatedPrice, _select_dated()),
    conditions={},
    keys={"EFFECTIVE_FROM": _start_key()},
)
OF_BINDINGS = Relation(LISTING, "binding_id")

by_ids = partial(row_by_column, LISTING.table, "id")


async def in_effect(
    source: Source,
    binding_ids: Sequence[UUID],
    at: datetime | None,
    attributes: frozenset[str] | None = None,
) -> dict[UUID, DatedPrice]:
    """Each binding's newest price that started at or before a time; None stands for now.

    A price of unknown start is the oldest. Before the version's release there is none.
    """
    columns = columns_of(LISTING.table, attributes)
    query = Query(
        ("prices in effect", at is None, columns),
        lambda: _select_in_effect(at is None, columns),
        {} if at is None else {"at": at},
        DatedPrice,
    )
    return await reader.row_by_key(source, query, binding_ids)


def now_in_range(amount: Any, bounds: Mapping[str, Any]) -> sa.ColumnElement[bool]:
    """Bindings whose current amount is from `gte` to `lte`; an unknown one is in no range."""
    price = _aliased("priced")
    amount = getattr(price, amount.key)
    within = between(amount, bounds.get("gte"), bounds.get("lte"))
    current = sa.select(price.binding_id).where(within, is_current(price, amount))
    return sa.and_(has_release(), col(ProviderBinding.id).in_(current.correlate(None)))


def now_key(amount: Any, bounds: str) -> Key:
    """The order of bindings by their current amount, with unknown ones last.

    Prices are read in the order of their index, without those that are not in effect: nearly all
    are. `bounds` is the condition for a range of the amount.
    """
    current = newest_started(amount).where(has_release()).scalar_subquery()
    price = _aliased("current_price")
    known = getattr(price, amount.key)
    is_known = sa.and_(has_release(), is_current(price, known))
    has_known = sa.exists().where(price.binding_id == ProviderBinding.id, is_known)
    has_known = has_known.correlate(ProviderBinding)
    return Key(
        sa.func.coalesce(current, LAST_AMOUNT),
        sa.func.coalesce(current, FIRST_AMOUNT),
        sa.Numeric(),
        parts=(
            Part(
                is_known,
                known,
                known,
                via=price.binding_id,
                is_joined=True,
                within=lambda values: between(known, values.get("gte"), values.get("lte")),
            ),
            Part(~has_known, LAST_AMOUNT, FIRST_AMOUNT, is_constant=True),
        ),
        is_sequence=True,
        bounds=bounds,
    )


def newest_started(*columns: Any, binding: Any = ProviderBinding) -> sa.Select[Any]:
    """Columns of a binding's newest price that has started, to be used in a query of bindings.

    It is the price in effect, if the version has been released.
    """
    statement: sa.Select[Any] = sa.select(*columns).where(
        col(Price.binding_id) == binding.id,
        col(Price.effective_from) <= sa.func.now(),
    )
    newest = statement.order_by(col(Price.effective_from).desc()).limit(1)
    return newest.correlate(binding)


def is_released(version: type[ModelVersion], day: Any = None) -> sa.ColumnElement[bool]:
    """Whether a version has been released on a day, today by default: before, it has no price.

    One without a known day of release has.
    """
    released_on = col(version.released_on)
    day = sa.func.current_date() if day is None else day
    return sa.or_(released_on.is_(None), released_on <= day)


def has_release() -> sa.ColumnElement[bool]:
    """Bindings of versions that have been released.

    Few have not: PostgreSQL looks each one up, or finds all of these by the index for the order by
    the day, in which an unknown day is before all others.
    """
    unreleased = sa.orm.aliased(ModelVersion, name="unreleased")
    day = unknown_last("unreleased.released_on", "date", descending=True)
    zero: Any = sa.literal_column(DAY_ZERO, sa.Date())
    is_later = sa.literal_column(day, sa.Double()) > sa.func.current_date() - zero
    later = sa.exists().where(col(ProviderBinding.version_id) == unreleased.id, is_later)
    return ~later.correlate(ProviderBinding)


def _aliased(name: str) -> Any:
    """Prices under a name of their own, so that no other query of prices is taken for this one."""
    return sa.orm.aliased(Price, name=name)


def is_current(price: Any, amount: Any) -> sa.ColumnElement[bool]:
    """Prices of known amount that are in effect."""
    newer = _aliased("newer")
    superseded = sa.exists().where(
        newer.binding_id == price.binding_id,
        newer.effective_from > price.effective_from,
        newer.effective_from <= sa.func.now(),
    )
    started = price.effective_from <= sa.func.now()
    return sa.and_(amount.is_not(None), started, ~superseded.correlate(price))


def _select_in_effect(is_now: bool, columns: tuple[str, ...]) -> sa.Select[Any]:
    binding, start = col(DatedPrice.binding_id), col(DatedPrice.effective_from)
    at = sa.func.now() if is_now else sa.bindparam("at", type_=sa.DateTime(timezone=True))
    statement = sa.select(*labelled(LISTING.table, columns), binding.label("parent"))
    day = sa.cast(sa.func.timezone("UTC", at), sa.Date())
    released_later = sa.exists().where(
        col(ProviderBinding.id) == binding,
        col(ModelVersion.id) == ProviderBinding.version_id,
        ~is_released(ModelVersion, day),
    )
    statement = statement.where(among(binding, sa.bindparam("keys")), start <= at, ~released_later)
    return statement.ext(distinct_on(binding)).order_by(binding, start.desc())
