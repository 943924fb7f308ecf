"""Merges the prices that catalogs say of a binding with its rows of prices; pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from catalogs.entry import SaidPrice
from domain import prices
from domain.prices import PriceComponent

Components = tuple[PriceComponent, ...]


class StoredPrice(NamedTuple):
    """A row. `starts` is None when its start is unknown; `source` names a catalog or a person."""

    id: UUID
    starts: datetime | None
    components: list[dict[str, Any]]
    source: str | None


class NewPrice(NamedTuple):
    """A row to add."""

    starts: datetime | None
    components: Components
    source: str


@dataclass(frozen=True, slots=True)
class PriceMerge:
    """Rows to delete and to add. `kept` is an operator's price that the catalogs do not say."""

    deleted: tuple[StoredPrice, ...] = ()
    added: tuple[NewPrice, ...] = ()
    kept: StoredPrice | None = None
    said: Components = ()  # what the owner says of now


def merge(
    stored: Sequence[StoredPrice],
    owner: str | None,
    said: Sequence[SaidPrice],
    catalogs: Collection[str],
    now: datetime,
    *,
    force: bool = False,
) -> PriceMerge:
    """The changes that bring the rows to what the owning catalog says; `owner` None: no catalog.

    An operator's price stays from its start on, until another row has followed it: scheduled
    prices of catalogs after it are deleted. `force` ends it.
    """
    if owner is None:
        return PriceMerge()
    rows = sorted(stored, key=_start)
    current = _current(said, now)
    operators = _of_operator(rows, catalogs, now)
    if operators is None:
        return _merge(rows, owner, said, catalogs, now)
    is_same = _json(current) == operators.components
    if not force or is_same or not said:
        kept = None if is_same or not said else operators
        return PriceMerge(_after(operators, rows, catalogs, now), kept=kept, said=current)
    if _start(operators) > now:
        rest = [row for row in rows if row is not operators]
        merged = merge(rest, owner, said, catalogs, now, force=True)
        return PriceMerge((operators, *merged.deleted), merged.added, None, current)
    added = [
        NewPrice(starts, components, owner)
        for starts, components in _dated(said).items()
        if starts > now
    ]
    return PriceMerge(
        _after(operators, rows, catalogs, now),
        (NewPrice(now, current, owner), *added),
        None,
        current,
    )


def _merge(
    rows: Sequence[StoredPrice],
    owner: str,
    said: Sequence[SaidPrice],
    catalogs: Collection[str],
    now: datetime,
) -> PriceMerge:
    current, dated = _current(said, now), _dated(said)
    deleted = [
        row
        for row in rows
        if row.source in catalogs
        and row.starts is not None
        and row.starts > now
        and _json(dated.get(row.starts)) != row.components
    ]
    only = len(rows) == 1 and rows[0].starts is None and rows[0].source in catalogs
    if said and only and rows[0].source != owner:
        deleted = list(rows)
    added = _missing([row for row in rows if row not in deleted], owner, said, catalogs, now)
    replaced = {price.starts for price in added}
    deleted += [row for row in rows if row.starts in replaced and row not in deleted]
    left = [row for row in rows if row not in deleted]
    all_rows: list[StoredPrice | NewPrice] = [*left, *added]
    last = prices.in_effect(all_rows, now)
    if last is not None and _components(last) != _json(current):
        added.append(NewPrice(now, current, owner))
    return PriceMerge(tuple(deleted), tuple(added), None, current)


def _missing(
    left: Sequence[StoredPrice],
    owner: str,
    said: Sequence[SaidPrice],
    catalogs: Collection[str],
    now: datetime,
) -> list[NewPrice]:
    """The owner's dated prices without a row, and its first one where there is no row at all.

    A dated price that the owner corrected replaces its row. The first one is corrected only where a
    dated one has followed it; else another price is a change from now on.
    """
    at = {row.starts: row for row in left}
    dated = _dated(said)
    added: list[NewPrice] = []
    for starts, components in dated.items():
        row = at.get(starts)
        before = prices.in_effect(left, starts)
        if row is None and starts <= now and before and _is_operators(before, catalogs):
            continue  # the operator's price held then
        if row is None or (row.source in catalogs and _json(components) != row.components):
            added.append(NewPrice(starts, components, owner))
    undated = next((price.components for price in said if price.effective_from is None), None)
    row = at.get(None)
    if undated is not None and not left:
        added.append(NewPrice(None, undated, owner))
    elif undated is not None and row and row.source == owner:
        has_followed = any(starts <= now for starts in dated)
        if has_followed and row.components != _json(undated):
            added.append(NewPrice(None, undated, owner))
    return added


def _dated(said: Sequence[SaidPrice]) -> dict[datetime, Components]:
    return {price.starts: price.components for price in said if price.starts is not None}


def _current(said: Sequence[SaidPrice], now: datetime) -> Components:
    """What the catalog says of now; () where it says nothing."""
    price = prices.in_effect(said, now)
    return price.components if price else ()


def _of_operator(
    rows: Sequence[StoredPrice], catalogs: Collection[str], now: datetime
) -> StoredPrice | None:
    """The last row without the catalogs' scheduled ones, if it is an operator's."""
    fixed = [row for row in rows if _start(row) <= now or row.source not in catalogs]
    return fixed[-1] if fixed and _is_operators(fixed[-1], catalogs) else None


def _is_operators(row: StoredPrice, catalogs: Collection[str]) -> bool:
    return prices.is_operators(row.source, row.components, catalogs)


def _after(
    row: StoredPrice, rows: Sequence[StoredPrice], catalogs: Collection[str], now: datetime
) -> tuple[StoredPrice, ...]:
    """The catalogs' scheduled prices that would take effect after the operator's row."""
    since = max(_start(row), now)
    return tuple(each for each in rows if _start(each) > since and each.source in catalogs)


def _start(row: StoredPrice) -> datetime:
    return row.starts or prices.UNKNOWN_START


def _components(row: StoredPrice | NewPrice) -> list[dict[str, Any]]:
    return row.components if isinstance(row, StoredPrice) else _json(row.components)


def _json(components: Components | None) -> list[dict[str, Any]]:
    return prices.to_json(components or ())
