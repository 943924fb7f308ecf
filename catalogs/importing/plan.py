"""The rows that an import writes, table by table, and what it reports."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from catalogs.importing.report import Report
from catalogs.importing.state import Row


class Update(NamedTuple):
    """A row with new values of all columns that imports write."""

    id: UUID
    values: Row


@dataclass(slots=True)
class Writes:
    """What is inserted, updated and deleted, by table. Inserted rows have the same columns each."""

    inserted: dict[str, list[Row]] = field(default_factory=dict)
    updated: dict[str, list[Update]] = field(default_factory=dict)
    deleted: dict[str, list[UUID]] = field(default_factory=dict)
    last_numbers: list[tuple[UUID, int]] = field(default_factory=list)
    freed_names: list[UUID] = field(default_factory=list)  # models whose name another one gets

    def insert(self, table: str, row: Row) -> None:
        self.inserted.setdefault(table, []).append(row)

    def update(self, table: str, row_id: UUID, values: Row) -> None:
        self.updated.setdefault(table, []).append(Update(row_id, values))

    def delete(self, table: str, row_id: UUID) -> None:
        self.deleted.setdefault(table, []).append(row_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How an import treats what people have edited, and bindings that are listed no longer."""

    force: bool = False
    disable_delisted: bool = False
    is_plan: bool = False


@dataclass(slots=True)
class Plan:
    """What an import does."""

    writes: Writes
    report: Report


Progress = Callable[[int, int], None]
