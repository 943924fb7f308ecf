"""Finds the binding, the version and the model of each entry: existing rows, or new ones.

An entry finds its binding by catalog and key, never again by name. A binding moves when the entries
of all catalogs say that it belongs to another version or model, but not out of a model or version
that somebody has edited.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from catalogs.entry import Remark
from catalogs.grouping import Placement
from catalogs.importing.graph import Binding, Graph, Model, Moved, Version, is_touched, version_name
from catalogs.importing.listings import Identity, Listing, Listings, identity
from catalogs.importing.state import State
from domain import ids

_ARCHIVED = "its version {} is archived; restoreVersion brings it back"
_TAKEN = "another model has the name {}: rename that one, or list both names as one model's"
_STAYS = "it belongs to {}, and stays in {}, which somebody has edited"
_OCCUPIED = "it belongs to {}, where another binding has its key: it stays in {}"


@dataclass(slots=True)
class _Finder:
    state: State
    listings: Listings
    force: bool
    graph: Graph
    by_key: dict[str, Model | None] = field(default_factory=dict)
    by_version: dict[tuple[UUID, str], Version] = field(default_factory=dict)
    taken: dict[tuple[UUID, UUID | None, str, str], UUID] = field(default_factory=dict)


def find(state: State, listings: Listings, *, force: bool) -> Graph:
    """The graph; `force` makes bindings again that an operator deleted."""
    finder = _Finder(state, listings, force, Graph())
    _index(finder)
    bindings = _bindings(finder)
    _find_models(finder, bindings)
    # those with a row first, so that new ones find the places that are taken
    for binding in sorted(bindings, key=lambda each: (each.row is None, each.listings[0].rank)):
        _place(finder, binding)
    return finder.graph


def _index(finder: _Finder) -> None:
    for row in finder.state.models.values():
        finder.graph.models[row["id"]] = Model(row["id"], row, row["name"], "")
    for row in finder.state.versions.values():
        version = Version(row["id"], row, row["model_id"], row["version"])
        finder.graph.versions[version.id] = version
        finder.by_version[version.model_id, version.version] = version
    for row in finder.state.bindings.values():
        place = (row["version_id"], row["provider_id"], row["provider_model_id"])
        finder.taken[*place, row["region"] or ""] = row["id"]


def _bindings(finder: _Finder) -> list[Binding]:
    """The bindings of the entries, each with its entries by rank; new ones have new ids."""
    known = _known(finder)
    found: dict[UUID | Identity, list[Listing]] = defaultdict(list)
    for listing in finder.listings.placed:
        about = identity(listing.entry)
        own = listing.stored.binding_id if _is_same(listing) and listing.stored else None
        is_there = own in finder.state.bindings
        found[own if own and is_there else known.get(about, about)].append(listing)
    return [
        Binding(key, finder.state.bindings.get(key), listings)
        if isinstance(key, UUID)
        else Binding(ids.new(), None, listings)
        for key, listings in found.items()
    ]


def _known(finder: _Finder) -> dict[Identity, UUID]:
    """The binding that stored entries have for an identity, one that is still there first."""
    known: dict[Identity, UUID] = {}
    for listing in finder.listings.placed:
        if listing.stored and _is_same(listing):
            about, own = identity(listing.entry), listing.stored.binding_id
            before = known.setdefault(about, own)
            if before not in finder.state.bindings and own in finder.state.bindings:
                known[about] = own
    return known


def _is_same(listing: Listing) -> bool:
    """Whether the entry is about the same as it was."""
    stored = listing.stored
    return stored is not None and identity(stored.entry) == identity(listing.entry)


def _placement(finder: _Finder, binding: Binding) -> Placement:
    return finder.listings.placements[binding.listings[0].id]


def _find_models(finder: _Finder, bindings: Iterable[Binding]) -> None:
    """A model for each key: the one that most of its bindings have, else of its name, else new."""
    state, votes = finder.state, Counter[tuple[str, UUID]]()
    names: dict[str, str] = {}
    for binding in bindings:
        placement = _placement(finder, binding)
        names[placement.key] = placement.model
        model_id = _current_model(state, binding)
        if model_id is not None:
            votes[placement.key, model_id] += 1
    order = sorted(votes, key=lambda it: (not is_touched(state, it[1]), -votes[it], *it))
    for key, model_id in order:
        if key not in finder.by_key and all(
            model is None or model.id != model_id for model in finder.by_key.values()
        ):
            finder.by_key[key] = finder.graph.models[model_id]
    _find_by_name(finder, names)
    for key, model in finder.by_key.items():
        if model:
            model.key = key


def _find_by_name(finder: _Finder, names: dict[str, str]) -> None:
    used = {model.id for model in finder.by_key.values() if model}
    by_name = {model.name.lower(): model for model in finder.graph.models.values()}
    for key, name in sorted(names.items()):
        if key in finder.by_key:
            continue
        model = by_name.get(name.lower())
        if model is None:
            model = Model(ids.new(), None, name, key)
            finder.graph.models[model.id] = model
        elif model.id in used:
            model = _new_beside(finder, model, key, names)
        finder.by_key[key] = model


def _new_beside(finder: _Finder, holder: Model, key: str, names: dict[str, str]) -> Model | None:
    """A new model with a name that its holder gives up; None if it keeps the name."""
    own = next(each for each, model in finder.by_key.items() if model is holder)
    base = finder.state.values.get(holder.id, {}).get("name")
    if names[own].lower() == holder.name.lower() or base != holder.name:
        return None
    model = Model(ids.new(), None, names[key], key)
    finder.graph.models[model.id] = model
    return model


def _current_model(state: State, binding: Binding) -> UUID | None:
    if binding.row:
        model_id: UUID = binding.row["model_id"]
        return model_id
    stored = next((each.stored for each in binding.listings if each.stored), None)
    version = state.versions.get(stored.version_id) if stored else None
    return version["model_id"] if version else None


def _place(finder: _Finder, binding: Binding) -> None:
    placement = _placement(finder, binding)
    model = finder.by_key[placement.key]
    if binding.row is None and _is_gone(finder, binding):
        return
    if model is None:
        _stay(finder, binding, _TAKEN.format(placement.model))
        return
    version = _version(finder, model, placement)
    if binding.row is None:
        _create(finder, binding, version)
    else:
        _move(finder, binding, version)


def _is_gone(finder: _Finder, binding: Binding) -> bool:
    """Whether its row is in cold storage, or was deleted by somebody."""
    stored = next((each.stored for each in binding.listings if each.stored), None)
    if stored is None or stored.binding_id != binding.id:
        return False
    version = finder.graph.versions.get(stored.version_id)
    if version and version.is_archived:
        _skip(finder, binding, _ARCHIVED.format(version_name(finder.graph, version.id)))
        return True
    finder.graph.deleted_bindings.append(binding)
    return not finder.force


def _stay(finder: _Finder, binding: Binding, reason: str) -> None:
    if binding.row is None:
        _skip(finder, binding, reason)
        return
    binding.version_id = binding.row["version_id"]
    finder.graph.bindings[binding.id] = binding
    finder.graph.remarks.append(Remark(binding.listings[0].entry.key, reason))


def _skip(finder: _Finder, binding: Binding, reason: str) -> None:
    listed = (each.entry.key for each in binding.listings if each.is_listed)
    finder.graph.skipped += [Remark(key, reason) for key in listed]


def _version(finder: _Finder, model: Model, placement: Placement) -> Version:
    version = finder.by_version.get((model.id, placement.version))
    if version is None:
        version = Version(ids.new(), None, model.id, placement.version)
        finder.by_version[model.id, placement.version] = version
        finder.graph.versions[version.id] = version
    return version


def _create(finder: _Finder, binding: Binding, version: Version) -> None:
    graph = finder.graph
    if version.is_archived:
        _skip(finder, binding, _ARCHIVED.format(version_name(graph, version.id)))
        return
    existing = finder.taken.get(_key(finder, binding, version.id))
    if existing in graph.bindings:
        graph.bindings[existing].listings += binding.listings
        return
    if existing is not None:  # one that somebody made
        binding.id, binding.row = existing, finder.state.bindings[existing]
    version.placement = _placement(finder, binding)
    binding.version_id = version.id
    graph.bindings[binding.id] = binding


def _key(finder: _Finder, binding: Binding, version_id: UUID) -> tuple[UUID, UUID | None, str, str]:
    provider, provider_model_id, region = identity(binding.listings[0].entry)
    row = binding.row
    if row is not None:
        own = (row["provider_id"], row["provider_model_id"], row["region"] or "")
        return (version_id, *own)
    found = finder.state.providers.get(provider)
    return version_id, found["id"] if found else None, provider_model_id, region


def _move(finder: _Finder, binding: Binding, target: Version) -> None:
    assert binding.row is not None
    graph, source = finder.graph, _source(finder, binding)
    if source is not target:
        here, there = version_name(graph, source.id), _named(finder, target)
        if _is_held(finder, source, target):
            _stay(finder, binding, _STAYS.format(there, here))
            return
        if target.is_archived:
            _stay(finder, binding, _ARCHIVED.format(there))
            return
        if _key(finder, binding, target.id) in finder.taken:
            _stay(finder, binding, _OCCUPIED.format(there, here))
            return
        finder.taken.pop(_key(finder, binding, source.id), None)
        finder.taken[_key(finder, binding, target.id)] = binding.id
        graph.moved.append(Moved(binding, source.id, target.id))
    target.placement = _placement(finder, binding)
    binding.version_id = target.id
    graph.bindings[binding.id] = binding


def _source(finder: _Finder, binding: Binding) -> Version:
    """The version that the binding's row is in."""
    assert binding.row is not None
    return finder.graph.versions[binding.row["version_id"]]


def _is_held(finder: _Finder, source: Version, target: Version) -> bool:
    """Whether somebody edited what the binding would leave."""
    if source.model_id != target.model_id and is_touched(finder.state, source.model_id):
        return True
    return is_touched(finder.state, source.id)


def _named(finder: _Finder, version: Version) -> str:
    return version_name(finder.graph, version.id)
