"""Writes of models."""

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.tables import Model, ModelAlias, ModelVersion, Price, ProviderBinding
from db.writes import rows
from domain.enums import VersionStatus
from domain.problems import InvalidState, Refused, UserErrorCode


async def delete(
    session: AsyncSession, key: UUID, expected_revision: int | None, *, force: bool
) -> tuple[int, int]:
    """Delete a model; returns the numbers of its versions and bindings.

    Without `force` it is refused while the model has ACTIVE versions.

    Children are deleted first, each kind in one statement: a cascade would run one per parent.
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
    return version_count, binding_count


async def _has_active_version(session: AsyncSession, key: UUID) -> bool:
    """Whether a version is ACTIVE; all are locked, so that none becomes ACTIVE meanwhile."""
    statuses = select(ModelVersion.status).where(col(ModelVersion.model_id) == key)
    locked = statuses.order_by(col(ModelVersion.id)).with_for_update()
    return VersionStatus.ACTIVE in (await session.exec(locked)).all()
