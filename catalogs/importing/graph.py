"""The graph that entries are about: models, versions and bindings, existing or new."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from catalogs.entry import Remark
from catalogs.grouping import Placement
from catalogs.importing import fields
from catalogs.importing.listings import Listing
from catalogs.importing.state import Row, State
from catalogs.merging import Column, is_edited


@dataclass(slots=True)
class Model:
    """A model; `row` is None for a new one."""

    id: UUID
    row: Row | None
    name: str
    key: str


@dataclass(slots=True)
class Version:
    """A version; `row` is None for a new one."""

    id: UUID
    row: Row | None
    model_id: UUID
    version: str
    placement: Placement | None = None

    @property
    def is_archived(self) -> bool:
        """Whether its bindings are in cold storage."""
        return self.row is not None and self.row["status"] == "ARCHIVED"


@dataclass(slots=True)
class Binding:
    """A binding and the entries about it, the first one is right; `row` is None for a new one."""

    id: UUID
    row: Row | None
    listings: list[Listing]
    version_id: UUID | None = None  # None: it has no row, and gets none


class Moved(NamedTuple):
    """A binding that belongs elsewhere than before."""

    binding: Binding
    source: UUID
    target: UUID


@dataclass(slots=True)
class Graph:
    """All rows that entries are about, old and new, and what was decided on the way."""

    models: dict[UUID, Model] = field(default_factory=dict)
    versions: dict[UUID, Version] = field(default_factory=dict)
    bindings: dict[UUID, Binding] = field(default_factory=dict)
    moved: list[Moved] = field(default_factory=list)
    deleted_bindings: list[Binding] = field(default_factory=list)  # by an operator
    skipped: list[Remark] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)


def content_hash(key: str, version: str) -> str:
    """SHA-256, in hex, of the canonical JSON of a version that catalogs made."""
    text = json.dumps(
        {"model": key, "version": version},
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    )
    return hashlib.sha256(text.encode()).hexdigest()


def is_touched(state: State, row_id: UUID) -> bool:
    """Whether somebody edited the model or version, or made it, or refers to it."""
    base = state.values.get(row_id)
    row = state.models.get(row_id)
    columns: Sequence[Column] = fields.MODEL
    if row is None:
        row, columns = state.versions[row_id], fields.VERSION
    return (
        base is None
        or bool(row["is_touched"])
        or is_edited(columns, base, fields.ours(columns, row))
    )


def version_name(graph: Graph, version_id: UUID) -> str:
    """The model's name and the version."""
    version = graph.versions[version_id]
    return f"{graph.models[version.model_id].name} {version.version}"
