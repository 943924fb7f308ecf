"""Plans one row: new, or merged with what people have edited, and its base."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from catalogs import merging
from catalogs.entry import SourceFile
from catalogs.importing import fields
from catalogs.importing.graph import Graph
from catalogs.importing.listings import Listings
from catalogs.importing.plan import Options, Writes
from catalogs.importing.report import Change, Conflict, Named, Report
from catalogs.importing.state import Row, State
from catalogs.merging import Column


@dataclass(slots=True)
class Planner:
    """What is known, and what is planned so far."""

    state: State
    file: SourceFile
    listings: Listings
    options: Options
    graph: Graph
    writes: Writes = field(default_factory=Writes)
    report: Report = field(default_factory=lambda: Report(catalog=""))
    provider_ids: dict[str, UUID] = field(default_factory=dict)


_KINDS = {
    "providers": "provider",
    "models": "model",
    "model_versions": "version",
    "provider_bindings": "binding",
}


class Subject(NamedTuple):
    """A row and what catalogs say of it: the stored `row`, or the columns of a new one (`made`).

    `fixed` has the values of columns that are no matter of a merge.
    """

    table: str
    name: str
    row: Row | None
    made: Row | None
    said: Mapping[str, Any]
    fixed: Mapping[str, Any] = MappingProxyType({})


def merge(planner: Planner, subject: Subject) -> None:
    """Plan the insert of a new row, or the update of a stored one, and its base."""
    table, name, row, made, said, fixed = subject
    columns, kind = fields.COLUMNS[table], _KINDS[table]
    if row is None:
        assert made is not None
        base = {each.name: _value(each, said) for each in columns}
        planner.writes.insert(table, made | base)
        _keep_base(planner, made["id"], base)
        planner.report.created.append(Named(kind, name))
        return
    merged = merging.merge(
        columns,
        said,
        planner.state.values.get(row["id"]),
        fields.ours(columns, row),
        force=planner.options.force,
    )
    changes = merged.changes | {key: value for key, value in fixed.items() if row[key] != value}
    _record(planner, kind, name, row, changes)
    if changes:
        values = fields.ours(columns, row) | dict(fixed) | merged.changes
        planner.writes.update(table, row["id"], values)
    _keep_base(planner, row["id"], merged.base)
    planner.report.conflicts += [Conflict(kind, name, *each) for each in merged.conflicts]


def _value(column: Column, said: Mapping[str, Any]) -> Any:
    return column.unset if said[column.name] is None else said[column.name]


def _record(planner: Planner, kind: str, name: str, row: Row, changes: Mapping[str, Any]) -> None:
    shown = {key: value for key, value in changes.items() if key not in ("version_id", "model_id")}
    planner.report.changed += [
        Change(kind, name, key, row[key], value) for key, value in shown.items()
    ]
    if not changes:
        planner.report.unchanged[kind] = planner.report.unchanged.get(kind, 0) + 1


def _keep_base(planner: Planner, row_id: UUID, base: Row) -> None:
    stored = planner.state.values.get(row_id)
    if stored is None:
        planner.writes.insert("catalog_values", {"row_id": row_id, "columns": base})
    elif stored != base:
        planner.writes.update("catalog_values", row_id, {"columns": base})
