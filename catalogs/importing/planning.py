"""Plans an import: from the state and the file to the rows to write, and the report; pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from catalogs import folding, merging, providers
from catalogs.entry import Remark, SourceFile
from catalogs.importing import entries, fields, finding, graph, naming, pricing
from catalogs.importing.graph import Binding, Graph
from catalogs.importing.listings import Listing, Listings
from catalogs.importing.plan import Options, Plan
from catalogs.importing.report import Conflict, Difference, Move, Report
from catalogs.importing.row_merging import Planner, Subject, merge
from catalogs.importing.state import Row, State
from catalogs.sources import suspicious
from domain import ids, semver


def plan(state: State, file: SourceFile, listings: Listings, options: Options) -> Plan:
    """Everything that the import of the file changes."""
    found = finding.find(state, listings, force=options.force)
    planner = Planner(state, file, listings, options, found)
    planner.report = _report(planner)
    _providers(planner)
    emptied = naming.plan_emptied(planner)
    _models(planner, emptied)
    _versions(planner)
    for binding in _ordered(found):
        _binding(planner, binding)
    _deleted_bindings(planner)
    pricing.plan(state, found, planner.writes, planner.report, force=options.force)
    entries.plan(state, file, listings, found, planner.writes, planner.report)
    return Plan(planner.writes, planner.report)


def _report(planner: Planner) -> Report:
    file, found = planner.file, planner.graph
    placements = planner.listings.placements
    own = [each for each in planner.listings.placed if each.catalog == file.catalog]
    compared = [
        (placements[each.id].key, each.entry)
        for each in planner.listings.placed
        if each.is_listed and each.catalog != file.catalog
    ]
    listed = [(placements[each.id].key, each.entry) for each in own if each.is_listed]
    remarks = [Remark(each.entry.key, text) for each in own for text in placements[each.id].remarks]
    return Report(
        catalog=file.catalog,
        skipped=[*file.skipped, *planner.listings.unplaced, *found.skipped],
        ignored=list(file.ignored),
        partial=list(file.partial),
        suspicious=[*file.suspicious, *suspicious.of_models(listed, compared)],
        remarks=[*remarks, *found.remarks],
        moved=[
            Move(
                binding_name(each.binding),
                graph.version_name(found, each.source),
                graph.version_name(found, each.target),
            )
            for each in found.moved
        ],
    )


def binding_name(binding: Binding) -> str:
    """The provider, its id of the model, and the region."""
    return entries.entry_name(binding.listings[0].entry)


def _ordered(found: Graph) -> list[Binding]:
    return sorted(found.bindings.values(), key=lambda each: each.id)


def _providers(planner: Planner) -> None:
    of_slug: dict[str, list[Listing]] = defaultdict(list)
    for binding in planner.graph.bindings.values():
        for listing in binding.listings:
            of_slug[listing.entry.provider].append(listing)
    for slug, listings in sorted(of_slug.items()):
        said = fields.of_provider(slug, listings)
        row = planner.state.providers.get(slug)
        made = None if row else {"id": ids.new(), "slug": slug, "kind": providers.kind(slug).value}
        known: Row = row or made or {}
        planner.provider_ids[slug] = known["id"]
        merge(planner, Subject("providers", slug, row, made, said))


def _models(planner: Planner, emptied: set[UUID]) -> None:
    of_model: dict[UUID, list[Listing]] = defaultdict(list)
    for binding in planner.graph.bindings.values():
        version = planner.graph.versions[_version_id(binding)]
        of_model[version.model_id] += binding.listings
    said = {
        model_id: _model_said(planner, planner.graph.models[model_id], listings)
        for model_id, listings in sorted(of_model.items())
    }
    naming.name_apart(planner, said, emptied)
    for model_id, values in said.items():
        model = planner.graph.models[model_id]
        made = None if model.row else {"id": model_id, "labels": {}, "retention_keep": 3}
        merge(planner, Subject("models", model.name, model.row, made, values))


def _model_said(
    planner: Planner, model: graph.Model, listings: Iterable[Listing]
) -> dict[str, Any]:
    placements = planner.listings.placements
    ranked = sorted(listings, key=lambda each: each.rank)
    own = [each for each in ranked if placements[each.id].key == model.key]
    said = fields.of_model(placements[(own or ranked)[0].id], ranked)
    return said if own else said | {"name": model.name}  # it has but bindings that stay in it


def _version_id(binding: Binding) -> UUID:
    assert binding.version_id is not None
    return binding.version_id


def _versions(planner: Planner) -> None:
    of_version: dict[UUID, list[list[Listing]]] = defaultdict(list)
    for binding in _ordered(planner.graph):
        of_version[_version_id(binding)].append(binding.listings)
    new: dict[UUID, list[Row]] = defaultdict(list)
    for version_id, bindings in sorted(of_version.items()):
        version = planner.graph.versions[version_id]
        placement = version.placement
        if placement is None:  # it has but bindings that stay where they are
            placement = planner.listings.placements[bindings[0][0].id]
        said = _known(planner, version_id, fields.of_version(placement, bindings), bindings)
        if version.placement is None:
            said |= {"released_on": None, "rolling": None}
        made: Row | None = None
        if version.row is None:
            made = _new_version(planner, version)
            new[version.model_id].append(made)
        name = graph.version_name(planner.graph, version_id)
        fixed = {"content_hash": _content_hash(planner, version)} if version.row else {}
        merge(planner, Subject("model_versions", name, version.row, made, said, fixed))
    _number(planner, new)


def _known(
    planner: Planner,
    version_id: UUID,
    said: dict[str, Any],
    bindings: Iterable[Iterable[Listing]],
) -> dict[str, Any]:
    """What entries say; beside a migrated one, which says no limits, the base for what none says.

    Otherwise an import of one catalog would clear what only another catalog has said.
    """
    if not any(each.is_migrated for listings in bindings for each in listings):
        return said
    base = planner.state.values.get(version_id, {})
    return {name: base.get(name) if value is None else value for name, value in said.items()}


def _content_hash(planner: Planner, version: graph.Version) -> str:
    """The one that it has; of a version that catalogs made, that of its model's key today."""
    assert version.row is not None
    own = str(version.row["content_hash"])
    model = planner.graph.models[version.model_id]
    before = graph.content_hash(folding.of_text(model.name).key, version.version)
    return graph.content_hash(model.key, version.version) if model.key and own == before else own


def _new_version(planner: Planner, version: graph.Version) -> Row:
    key = planner.graph.models[version.model_id].key
    return {
        "id": version.id,
        "model_id": version.model_id,
        "version": version.version,
        "semver_key": semver.sort_key(version.version),
        "content_hash": graph.content_hash(key, version.version),
        "region": "global",
    }


def _number(planner: Planner, new: Mapping[UUID, list[Row]]) -> None:
    """Give new versions the next numbers of their model, by semantic precedence."""
    numbers: dict[UUID, int] = {}
    for model_id, rows in new.items():
        row = planner.graph.models[model_id].row
        last = row["last_number"] if row else 0
        ordered = sorted(rows, key=lambda each: (each["semver_key"], each["version"]))
        numbers |= {each["id"]: last + place for place, each in enumerate(ordered, 1)}
        planner.writes.last_numbers.append((model_id, last + len(rows)))
    for inserted in planner.writes.inserted.get("model_versions", ()):
        inserted["number"] = numbers[inserted["id"]]


def _binding(planner: Planner, binding: Binding) -> None:
    voices = [fields.of_binding(each) for each in binding.listings]
    said = merging.theirs(voices, fields.BINDING)
    version = planner.graph.versions[_version_id(binding)]
    place = {"version_id": version.id, "model_id": version.model_id}
    made: Row | None = None
    if binding.row is None:
        entry = binding.listings[0].entry
        made = place | {
            "id": binding.id,
            "provider_id": planner.provider_ids[entry.provider],
            "provider_model_id": entry.provider_model_id,
            "region": entry.region,
            "status": "ACTIVE",
            "weight": 100,
            "config": {},
        }
    name = binding_name(binding)
    status = {"status": _status(planner, binding)} if binding.row else {}
    merge(
        planner,
        Subject("provider_bindings", name, binding.row, made, said, place | status),
    )
    planner.report.disagreements += [
        Difference(name, *each) for each in merging.disagreements(voices, fields.BINDING)
    ]


def _status(planner: Planner, binding: Binding) -> str:
    """DISABLED when this import delists its last entry, and is told so."""
    assert binding.row is not None
    is_delisted = not any(each.is_listed for each in binding.listings) and any(
        each.catalog == planner.file.catalog and each.stored and each.stored.is_listed
        for each in binding.listings
    )
    disable = planner.options.disable_delisted and is_delisted
    return "DISABLED" if disable else str(binding.row["status"])


def _deleted_bindings(planner: Planner) -> None:
    if planner.options.force:
        return
    planner.report.conflicts += [
        Conflict("binding", binding_name(each), "row", "deleted", "listed")
        for each in planner.graph.deleted_bindings
        if any(listing.is_listed for listing in each.listings)
    ]
