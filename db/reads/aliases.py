"""Aliases and their histories in SQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from db.postgres import reader
from db.postgres.reader import Source
from db.postgres.statements import Query, bound_array, labelled
from db.reads.lookup import rows_by_column
from db.tables import AuditEvent, ModelAlias
from domain.enums import EntityKind


@dataclass(frozen=True, slots=True)
class AliasChange:
    """One change of an alias; `version_id` is None where it was deleted."""

    version_id: UUID | None
    at: datetime
    actor: str


of_models = partial(rows_by_column, ModelAlias, "model_id", order="name")
of_versions = partial(rows_by_column, ModelAlias, "version_id", order="name")


async def histories(
    source: Source, keys: Sequence[tuple[UUID, str]]
) -> dict[tuple[UUID, str], list[AliasChange]]:
    """The changes of each alias, given by model and name, newest first; from the audit log."""
    changes: dict[tuple[UUID, str], list[AliasChange]] = {key: [] for key in keys}
    for event in reversed(await moves(source, keys)):
        assert event.model_id is not None  # each alias belongs to a model
        changes[event.model_id, event.subject_name].append(change_of(event))
    return changes


async def moves(source: Source, keys: Sequence[tuple[UUID, str]]) -> list[AuditEvent]:
    """The events that created, moved or deleted these aliases; oldest first."""
    values = {"models": [key[0] for key in keys], "names": [key[1] for key in keys]}
    return await reader.rows(source, Query("alias moves", _select_moves, values, AuditEvent))


def change_of(event: AuditEvent) -> AliasChange:
    """The change that an alias's event records."""
    version_id = event.changes.get("version_id", (None, None))[1]
    return AliasChange(UUID(version_id) if version_id else None, event.at, event.actor)


def _select_moves() -> sa.Select[Any]:
    keys = sa.select(
        sa.func.unnest(bound_array(sa.bindparam("models"), sa.Uuid())),
        sa.func.unnest(bound_array(sa.bindparam("names"), sa.Text())),
    )
    event = AuditEvent
    return (
        sa.select(*labelled(event))
        .where(
            col(event.kind) == EntityKind.ALIAS,
            sa.tuple_(col(event.model_id), col(event.subject_name)).in_(keys),
        )
        .order_by(col(event.sequence))
    )
