"""Plans which models and versions go, and which names models may take."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from catalogs.entry import Remark
from catalogs.importing import graph
from catalogs.importing.report import Named
from catalogs.importing.row_merging import Planner

_NAME_TAKEN = "catalogs call it {}, which is another model's name"


def plan_emptied(planner: Planner) -> set[UUID]:
    """Plan to delete versions and models that bindings moved out of, when nothing is left there."""
    state, found = planner.state, planner.graph
    left = {each.source for each in found.moved}
    kept = {row["version_id"] for key, row in state.bindings.items() if key not in found.bindings}
    kept |= {each.version_id for each in found.bindings.values()}
    versions = sorted(left - kept)
    removed = {each for each in versions if not graph.is_touched(state, each)}
    models = {found.versions[each].model_id for each in removed}
    models -= {each.model_id for key, each in found.versions.items() if key not in removed}
    models = {each for each in models if not graph.is_touched(state, each)}
    for row_id in sorted(removed | models):
        planner.writes.delete("catalog_values", row_id)
    for version_id in sorted(removed):
        planner.report.deleted.append(Named("version", graph.version_name(found, version_id)))
        if found.versions[version_id].model_id not in models:
            planner.writes.delete("model_versions", version_id)
    for model_id in sorted(models):
        planner.report.deleted.append(Named("model", found.models[model_id].name))
        planner.writes.delete("models", model_id)
    return models


def name_apart(planner: Planner, said: Mapping[UUID, dict[str, Any]], emptied: set[UUID]) -> None:
    """Leave a model its name where another one keeps the name that catalogs give it."""
    models = planner.graph.models
    holders = {
        each.name.lower(): key for key, each in models.items() if each.row and key not in emptied
    }
    renamed = {key for key in said if _is_renamed(planner, models[key], said[key]["name"])}
    refused = {key for key in renamed if _holder(holders, said[key]) not in (None, key, *renamed)}
    while refused:
        for key in refused:
            text = _NAME_TAKEN.format(said[key]["name"])
            planner.report.remarks.append(Remark(models[key].name, text))
            said[key]["name"] = models[key].name
        renamed -= refused
        refused = {
            key for key in renamed if _holder(holders, said[key]) not in (None, key, *renamed)
        }
    taken = {_holder(holders, values): key for key, values in said.items()}
    planner.writes.freed_names = sorted(key for key in renamed if taken.get(key, key) != key)


def _holder(holders: Mapping[str, UUID], said: Mapping[str, Any]) -> UUID | None:
    return holders.get(said["name"].lower())


def _is_renamed(planner: Planner, model: graph.Model, name: str) -> bool:
    if model.row is None:
        return False
    base = planner.state.values.get(model.id, {}).get("name")
    is_open = planner.options.force or base == model.name
    return is_open and name.lower() != model.name.lower()
