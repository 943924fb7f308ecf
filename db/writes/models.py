"""Writes of models."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.tables import Model, ModelAlias, ModelVersion, Price, ProviderBinding
from db.writes import rows
from domain.enums import VersionStatus
from domain.problems import InvalidState, Refused, UserErrorCode


@dataclass(frozen=True, slots=True)
class Deleted:
    """What went with a model."""

    versions: int
    bindings: int


async def delete(
    session: AsyncSession, key: UUID, expected_revision: int | None, *, force: bool
) -> Deleted:
    """Delete a model and all that is its; without `force` not while it has ACTIVE versions.

    Children go first, each kind in one statement: a cascade would run one statement per parent.
    """
    await rows.lock(session, Model, key, expected_revision, for_delete=True)
    if await _has_active_version(session, key) and not force:
        message = "the model has ACTIVE versions; force deletes them too"
        raise Refused(InvalidState(message, ("force",), UserErrorCode.IN_USE))
    bindings = sa.select(col(ProviderBinding.id)).where(col(ProviderBinding.model_id) == key)
    await rows.delete(session, Price, col(Price.binding_id).in_(bindings))
    await rows.delete(session, ModelAlias, col(ModelAlias.model_id) == key)
    binding_count = await rows.delete(
        session, ProviderBinding, col(ProviderBinding.model_id) == key
    )
    version_count = await rows.delete(session, ModelVersion, col(ModelVersion.model_id) == key)
    await rows.delete(session, Model, col(Model.id) == key)
    return Deleted(version_count, binding_count)


async def _has_active_version(session: AsyncSession, key: UUID) -> bool:
    """Whether one is ACTIVE; all are locked, so that none becomes so while the model goes."""
    statuses = select(ModelVersion.status).where(col(ModelVersion.model_id) == key)
    locked = statuses.order_by(col(ModelVersion.id)).with_for_update()
    return VersionStatus.ACTIVE in (await session.exec(locked)).all()
