"""Plans the prices of bindings, and what catalogs disagree on about them."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from catalogs import price_merging
from catalogs.importing.entries import entry_name
from catalogs.importing.graph import Binding, Graph
from catalogs.importing.listings import Listing
from catalogs.importing.plan import Writes
from catalogs.importing.report import Change, Conflict, Difference, Named, Report
from catalogs.importing.state import Row, State
from catalogs.price_merging import NewPrice, PriceMerge, StoredPrice
from domain import ids, prices

SHOWN_MAX = 4  # components of a price in a report


def plan(state: State, graph: Graph, writes: Writes, report: Report, *, force: bool) -> None:
    """Plan the rows of all bindings of the graph."""
    catalogs = {*state.catalogs, report.catalog}
    for binding in sorted(graph.bindings.values(), key=lambda each: each.id):
        owner = _owner(binding.listings)
        stored = state.prices.get(binding.id, [])
        merged = price_merging.merge(
            stored,
            owner.catalog if owner else None,
            owner.entry.said.prices if owner else (),
            catalogs,
            state.now,
            force=force,
        )
        for price in merged.deleted:
            writes.delete("prices", price.id)
        for added in merged.added:
            writes.insert("prices", _row(binding.id, added))
        _record(report, binding, merged, stored)
        if owner:
            _disagreements(report, binding, owner)


def shown(components: Iterable[prices.PriceComponent]) -> str:
    """A price on one line: its first components, and the number of the others."""
    found = prices.to_json(components)
    parts = [f"{each['meter']} {each['amount']}/{each['unit']}" for each in found[:SHOWN_MAX]]
    rest = len(found) - SHOWN_MAX
    return ", ".join(parts) + (f", {rest} more" if rest > 0 else "") or "none"


def _owner(listings: Sequence[Listing]) -> Listing | None:
    """The entry whose prices count: the first that has some, listed ones first."""
    return next((each for each in listings if each.entry.said.prices), listings[0])


def _row(binding_id: UUID, price: NewPrice) -> Row:
    return {
        "id": ids.new(),
        "binding_id": binding_id,
        "effective_from": price.starts or "-infinity",
        "components": prices.to_json(price.components),
        "source": price.source,
        **prices.columns(price.components),
    }


def _record(
    report: Report, binding: Binding, merged: PriceMerge, stored: Sequence[StoredPrice]
) -> None:
    name = entry_name(binding.listings[0].entry)
    replaced = {price.starts: price for price in merged.deleted}
    left = [each for each in stored if each not in merged.deleted]
    for added in merged.added:
        before = replaced.pop(added.starts, None) or _before(left, added)
        if before is None:
            report.created.append(Named("price", name))
        else:
            value = shown(prices.from_json(before.components))
            start = "since an unknown time" if added.starts is None else f"from {added.starts:%F}"
            field = f"price {start}"
            report.changed.append(Change("price", name, field, value, shown(added.components)))
    report.deleted += [Named("price", name) for _ in replaced]
    report.unchanged["price"] = report.unchanged.get("price", 0) + len(stored) - len(merged.deleted)
    if merged.kept is not None:
        kept = shown(prices.from_json(merged.kept.components))
        report.conflicts.append(Conflict("price", name, "price", kept, shown(merged.said)))


def _before(stored: Sequence[StoredPrice], added: NewPrice) -> StoredPrice | None:
    """The price that holds until the added one starts, if any; `stored` are in order."""
    if added.starts is None:
        return None
    earlier = [each for each in stored if each.starts is None or each.starts < added.starts]
    return earlier[-1] if earlier else None


def _disagreements(report: Report, binding: Binding, owner: Listing) -> None:
    seen = {owner.catalog}
    for listing in binding.listings:
        said: Any = listing.entry.said.prices
        if not listing.is_listed or not said or listing.catalog in seen:
            continue
        seen.add(listing.catalog)
        one, other = owner.entry.said.prices[-1], said[-1]
        if prices.to_json(one.components) != prices.to_json(other.components):
            values = owner.catalog, shown(one.components), listing.catalog, shown(other.components)
            report.disagreements.append(Difference(entry_name(listing.entry), "price", *values))
