"""Writes of prices: an operator's price holds until it is withdrawn."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.reads import said_prices
from db.reads.said_prices import SaidPrice
from db.tables import AuditEvent, Catalog, Price, ProviderBinding
from db.writes import rows
from domain import ids, prices
from domain.audit_enums import AuditAction, EntityKind
from domain.problems import InvalidState, NotFound, Refused

_PATH = ("price",)


class _Content(NamedTuple):
    """What a price says, and who says it."""

    components: list[dict[str, Any]]
    source: str | None


_UNKNOWN = _Content([], prices.WITHDRAWN)


async def add(session: AsyncSession, binding_id: UUID, values: dict[str, Any]) -> Price:
    """Add a price; it takes effect now if it has no time."""
    if values.get("effective_from") is None:
        values = {**values, "effective_from": sa.func.now()}
    price = Price(binding_id=binding_id, **values)
    await rows.insert(session, price)
    await session.refresh(price)  # reads the time that the database has filled in
    return price


async def set_price(session: AsyncSession, binding_id: UUID, values: dict[str, Any]) -> Price:
    """Add a price to a locked binding, which then holds until it is withdrawn.

    So the catalogs' prices that would take effect after it are deleted; not after a price of the
    past that another one has followed, nor after one whose source is a catalog.
    """
    price = await add(session, binding_id, values)
    is_followed = (
        sa.select(sa.literal(1))
        .where(
            col(Price.binding_id) == binding_id,
            col(Price.effective_from) > price.effective_from,
            col(Price.effective_from) <= sa.func.now(),
        )
        .correlate(None)
    )
    await rows.delete(
        session,
        Price,
        col(Price.binding_id) == binding_id,
        col(Price.effective_from) > sa.func.greatest(price.effective_from, sa.func.now()),
        col(Price.source).in_(_catalogs()),
        ~_catalogs().where(col(Catalog.name) == price.source).exists(),
        ~is_followed.exists(),
    )
    return price


async def withdraw(session: AsyncSession, key: UUID) -> ProviderBinding:
    """Delete a price that takes effect later, or end an operator's price in effect.

    The transaction has the action PRICE:WITHDRAWN. Refused for a price of a catalog in effect, and
    for one that another has followed. Catalogs' prices that would have taken effect after an
    operator's price are added again. Returns the binding.
    """
    binding = await _lock_binding(session, key)
    now, stored = await _stored(session, binding.id)
    catalogs = set((await session.exec(_catalogs())).all())
    started = [row for row in stored if row.effective_from is None or row.effective_from <= now]
    price = next((row for row in stored if row.id == key), None)
    if price is None:
        raise Refused(NotFound("the price does not exist", _PATH))
    if price not in started:
        await rows.delete(session, Price, col(Price.id) == key)
    else:
        _refuse_unless_operators(price, started[-1], catalogs)
        await _end(session, price, started, now)
    left = [row for row in stored if row.id != key]
    held = next((row for row in reversed(left) if row in started), None)
    if _is_operators(price, catalogs) and (price in started or not _is_operators(held, catalogs)):
        await _schedule(session, binding.id, left, catalogs, now)
    return binding


def _catalogs() -> Any:
    return select(Catalog.name)


async def _lock_binding(session: AsyncSession, key: UUID) -> ProviderBinding:
    query = select(Price.binding_id).where(col(Price.id) == key)
    binding_id = (await session.exec(query)).one_or_none()
    if binding_id is None:
        raise Refused(NotFound("the price does not exist", _PATH))
    try:
        return await rows.lock(session, ProviderBinding, binding_id)
    except Refused as gone:  # deleted meanwhile, with its prices
        raise Refused(NotFound("the price does not exist", _PATH)) from gone


async def _stored(session: AsyncSession, binding_id: UUID) -> tuple[datetime, Sequence[Price]]:
    """The time, and all prices of the binding by their start; read when the binding is locked."""
    now = (await session.exec(select(sa.func.clock_timestamp()))).one()
    of_binding = select(Price).where(col(Price.binding_id) == binding_id)
    query = of_binding.order_by(col(Price.effective_from))
    return now, (await session.exec(query)).all()


def _is_operators(price: Price | None, catalogs: set[str]) -> bool:
    return price is not None and prices.is_operators(price.source, price.components, catalogs)


def _refuse_unless_operators(price: Price, current: Price, catalogs: set[str]) -> None:
    if price is not current:
        message = (
            f"another price has followed this one: {ids.encode(ids.PRICE, current.id)} is in effect"
        )
    elif prices.is_withdrawn(price.source, price.components):
        message = "the price was withdrawn: it is unknown until somebody says one"
    elif price.source in catalogs:
        message = f"the price is what the catalog {price.source} says: set another one instead"
    else:
        return
    raise Refused(InvalidState(message, _PATH))


async def _end(session: AsyncSession, price: Price, started: list[Price], now: datetime) -> None:
    """Add the price that holds from now on.

    It starts with the transaction, or, where it had to wait for a later price, after this one.
    """
    said = await said_prices.of_binding(session, price.binding_id)
    holds = said.at(now) if said else None
    if said and holds:
        content = _Content(holds.components, said.catalog)
    else:
        content = await _before(session, price, started)
    moment: Any = sa.func.now()
    if price.effective_from is not None:
        is_later = moment > price.effective_from
        moment = sa.case((is_later, moment), else_=now)
    await add(session, price.binding_id, {**_columns(*content), "effective_from": moment})


async def _before(session: AsyncSession, price: Price, started: list[Price]) -> _Content:
    """What held before the price, without the prices that were withdrawn."""
    changes: Any = col(AuditEvent.changes)
    query = select(changes["id"][1].astext).where(
        col(AuditEvent.subject_id) == price.binding_id,
        col(AuditEvent.kind) == EntityKind.PRICE,
        col(AuditEvent.action) == AuditAction.WITHDRAWN,
    )
    added_by_withdrawals = set((await session.exec(query)).all())
    standing: list[Price] = []
    for row in started:
        if str(row.id) in added_by_withdrawals and standing:
            standing.pop()
            if standing and _content(standing[-1]) == _content(row):
                standing.pop()  # the row says it again
        standing.append(row)
    return _content(standing[-2]) if len(standing) > 1 else _UNKNOWN


def _content(price: Price) -> _Content:
    return _Content(price.components, price.source)


async def _schedule(
    session: AsyncSession,
    binding_id: UUID,
    left: Sequence[Price],
    catalogs: set[str],
    now: datetime,
) -> None:
    """Add what the owning catalog says of later, up to the next price of an operator."""
    said = await said_prices.of_binding(session, binding_id)
    if said is None:
        return
    later = [row for row in left if row.effective_from is not None and row.effective_from > now]
    taken = {row.effective_from for row in later}
    ends = [row.effective_from for row in later if _is_operators(row, catalogs)]
    missing = [
        each
        for each in said.after(now)
        if each.starts not in taken and all(_is_before(each, end) for end in ends)
    ]
    if missing:
        # an addition is no withdrawal
        await session.exec(select(sa.func.set_config("registry.action", "", True)))
        await rows.insert(
            session,
            *(
                Price(
                    binding_id=binding_id,
                    effective_from=each.starts,
                    **_columns(each.components, said.catalog),
                )
                for each in missing
            ),
        )


def _is_before(said: SaidPrice, end: datetime | None) -> bool:
    return said.starts is not None and end is not None and said.starts < end


def _columns(components: list[dict[str, Any]], source: str | None) -> dict[str, Any]:
    amounts = prices.columns(prices.from_json(components))
    return {**amounts, "components": components, "source": source}
