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
from db.reads.keys import Key
from db.reads.keyset import Listing, Relation, among, between
from db.reads.lookup import row_by_column
from db.tables import ModelVersion, Price, ProviderBinding
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
    current = sa.select(col(Price.binding_id)).where(
        between(amount, bounds.get("gte"), bounds.get("lte")),
        amount.is_not(None),
        col(Price.effective_from) <= sa.func.now(),
        ~_superseded(),
    )
    return col(ProviderBinding.id).in_(current)


def now_key(amount: Any) -> Key:
    """The order of bindings by their current amount, with unknown ones last."""
    current = of_now(amount).scalar_subquery()
    return Key(
        sa.func.coalesce(current, sa.text("'Infinity'::numeric")),
        sa.func.coalesce(current, sa.text("'-Infinity'::numeric")),
        sa.Numeric(),
    )


def of_now(*columns: Any) -> sa.Select[Any]:
    """Columns of a binding's current price, to be used in a query of bindings."""
    statement: sa.Select[Any] = sa.select(*columns).where(
        col(Price.binding_id) == ProviderBinding.id,
        col(Price.effective_from) <= sa.func.now(),
    )
    newest = statement.order_by(col(Price.effective_from).desc()).limit(1)
    return newest.correlate(ProviderBinding)


def _superseded() -> sa.ColumnElement[bool]:
    newer = sa.orm.aliased(Price)
    return sa.exists().where(
        col(newer.binding_id) == Price.binding_id,
        col(newer.effective_from) > Price.effective_from,
        col(newer.effective_from) <= sa.func.now(),
    )


def _select_in_effect(is_now: bool, columns: tuple[str, ...]) -> sa.Select[Any]:
    binding, start = col(DatedPrice.binding_id), col(DatedPrice.effective_from)
    at = sa.func.now() if is_now else sa.bindparam("at", type_=sa.DateTime(timezone=True))
    statement = sa.select(*labelled(LISTING.table, columns), binding.label("parent"))
    day = sa.cast(sa.func.timezone("UTC", at), sa.Date())
    released_later = sa.exists().where(
        col(ProviderBinding.id) == binding,
        col(ModelVersion.id) == ProviderBinding.version_id,
        col(ModelVersion.released_on) > day,
    )
    statement = statement.where(among(binding, sa.bindparam("keys")), start <= at, ~released_later)
    return statement.ext(distinct_on(binding)).order_by(binding, start.desc())
