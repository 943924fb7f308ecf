"""Plans the rows of a catalog and of its entries: new, changed, delisted, listed again."""

from typing import Any
from uuid import UUID

from catalogs.entry import Entry, SourceFile, to_json
from catalogs.importing.graph import Binding, Graph
from catalogs.importing.listings import Listing, Listings, precedence
from catalogs.importing.plan import Writes
from catalogs.importing.report import Change, Named, Report
from catalogs.importing.state import Row, State, StoredEntry
from domain import ids


def entry_name(entry: Entry) -> str:
    """The provider, its id of the model, and the region."""
    name = f"{entry.provider}/{entry.provider_model_id}"
    return f"{name}@{entry.region}" if entry.region else name


def plan(
    state: State,
    file: SourceFile,
    listings: Listings,
    graph: Graph,
    writes: Writes,
    report: Report,
) -> None:
    """Plan the rows; the catalog's own row is written by every import."""
    catalog_id = _catalog(state, file, writes)
    binding_of = {
        listing.id: binding
        for binding in [*graph.bindings.values(), *graph.deleted_bindings]
        for listing in binding.listings
    }
    for listing in sorted(listings.placed, key=lambda each: each.id):
        binding = binding_of.get(listing.id)
        if listing.stored:
            _update(state, listing, binding, file.catalog, writes, report)
        elif binding is not None and binding.version_id is not None:
            _insert(catalog_id, state, listing, binding, writes, report)


def _catalog(state: State, file: SourceFile, writes: Writes) -> UUID:
    row = state.catalogs.get(file.catalog)
    values: Row = {
        "url": file.url,
        "imported_at": state.now,
        "file_hash": file.file_hash,
        "precedence": precedence(state, file),
    }
    if row is None:
        catalog_id: UUID = ids.new()
        writes.insert("catalogs", {"id": catalog_id, "name": file.catalog, **values})
        return catalog_id
    writes.update("catalogs", row["id"], values)
    found: UUID = row["id"]
    return found


def _insert(
    catalog_id: UUID,
    state: State,
    listing: Listing,
    binding: Binding,
    writes: Writes,
    report: Report,
) -> None:
    writes.insert(
        "catalog_entries",
        {
            "id": ids.new(),
            "catalog_id": catalog_id,
            "key": listing.entry.key,
            "binding_id": binding.id,
            "version_id": binding.version_id,
            "said": to_json(listing.entry),
            "first_seen_at": state.now,
        },
    )
    report.created.append(Named("entry", listing.entry.key))


def _update(
    state: State,
    listing: Listing,
    binding: Binding | None,
    catalog: str,
    writes: Writes,
    report: Report,
) -> None:
    stored = listing.stored
    assert stored is not None
    place = _place(stored, binding)
    is_changed = stored.entry != listing.entry and (
        stored.entry.key != listing.entry.key or to_json(stored.entry) != to_json(listing.entry)
    )
    is_own = listing.catalog == catalog
    if is_own and stored.is_listed and not listing.is_listed:
        report.delisted.append(stored.entry.key)
    elif is_own and listing.is_listed and not stored.is_listed:
        report.relisted.append(listing.entry.key)
    elif is_changed or (stored.is_migrated and not listing.is_migrated):
        report.changed += _changes(stored, listing)
    elif place == (stored.binding_id, stored.version_id):
        report.unchanged["entry"] = report.unchanged.get("entry", 0) + is_own
        return
    writes.update("catalog_entries", stored.id, _values(state, listing, stored, place))


def _changes(stored: StoredEntry, listing: Listing) -> list[Change]:
    """What the entry says otherwise than before; of one that continues a migrated entry, that."""
    before, after = _flat(stored.entry), _flat(listing.entry)
    key = listing.entry.key
    return [
        Change("entry", key, name, before.get(name), after.get(name))
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    ] or [Change("entry", key, "migrated", True, None)]


def _flat(entry: Entry) -> Row:
    stored = to_json(entry)
    said: Row = stored.pop("said")
    return {"key": entry.key, **stored, **said}


def _place(stored: StoredEntry, binding: Binding | None) -> tuple[UUID, UUID]:
    if binding is None or binding.version_id is None:
        return stored.binding_id, stored.version_id
    return binding.id, binding.version_id


def _values(state: State, listing: Listing, stored: StoredEntry, place: tuple[UUID, UUID]) -> Row:
    said = to_json(listing.entry)
    if listing.is_migrated:
        said["migrated"] = True
    return {
        "key": listing.entry.key,
        "binding_id": place[0],
        "version_id": place[1],
        "said": said,
        **_seen(state, stored, listing),
    }


def _seen(state: State, stored: StoredEntry, listing: Listing) -> dict[str, Any]:
    """When a catalog listed it last; both times are None while it does."""
    if listing.is_listed:
        return {"last_seen_at": None, "delisted_at": None}
    if not stored.is_listed:
        return {"last_seen_at": stored.last_seen_at, "delisted_at": stored.delisted_at}
    imported_at = state.catalogs[stored.catalog]["imported_at"] or stored.first_seen_at
    return {"last_seen_at": imported_at, "delisted_at": state.now}
