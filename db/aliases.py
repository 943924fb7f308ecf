"""Aliases and their histories in SQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from db.enums import EntityKind
from db.keyset import among
from db.tables import AuditEvent, ModelAlias


@dataclass(frozen=True, slots=True)
class AliasChange:
    """One move of an alias; no version where it was deleted."""

    version_id: UUID | None
    at: datetime
    actor: str


async def of_models(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, list[ModelAlias]]:
    """Each model's aliases, by name."""
    statement = select(ModelAlias).where(among(col(ModelAlias.model_id), ids))
    found: dict[UUID, list[ModelAlias]] = {key: [] for key in ids}
    for row in await session.exec(statement.order_by(col(ModelAlias.name))):
        found[row.model_id].append(row)
    return found


async def of_versions(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, list[ModelAlias]]:
    """The aliases that point at each version, by name."""
    statement = select(ModelAlias).where(among(col(ModelAlias.version_id), ids))
    found: dict[UUID, list[ModelAlias]] = {key: [] for key in ids}
    for row in await session.exec(statement.order_by(col(ModelAlias.name))):
        found[row.version_id].append(row)
    return found


async def histories(
    session: AsyncSession, keys: Sequence[tuple[UUID, str]]
) -> dict[tuple[UUID, str], list[AliasChange]]:
    """Where each alias, named by model and name, has pointed, newest first; from the audit log."""
    found: dict[tuple[UUID, str], list[AliasChange]] = {key: [] for key in keys}
    for event in await session.exec(moves(keys).order_by(col(AuditEvent.sequence).desc())):
        assert event.model_id is not None  # an alias is its model's
        found[event.model_id, event.subject_name].append(change_of(event))
    return found


def moves(keys: Sequence[tuple[UUID, str]]) -> SelectOfScalar[AuditEvent]:
    """The events in which these aliases were pointed somewhere, or deleted."""
    return select(AuditEvent).where(
        col(AuditEvent.kind) == EntityKind.ALIAS,
        sa.tuple_(col(AuditEvent.model_id), col(AuditEvent.subject_name)).in_(keys),
    )


def change_of(event: AuditEvent) -> AliasChange:
    """What an alias's event says of where it points."""
    version_id = event.changes.get("version_id", (None, None))[1]
    return AliasChange(UUID(version_id) if version_id else None, event.at, event.actor)
