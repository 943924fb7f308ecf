"""Writes of versions."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.tables import Model, ModelAlias, ModelVersion, Price, ProviderBinding
from db.writes import rows
from domain import semver
from domain.enums import VersionStatus
from domain.problems import InvalidState, NotFound, Refused, UserErrorCode

# The status changes that an update may make; archiving and restoring are separate mutations.
_NEXT_STATUS = {
    VersionStatus.DRAFT: VersionStatus.ACTIVE,
    VersionStatus.ACTIVE: VersionStatus.DEPRECATED,
}


async def create(session: AsyncSession, model_id: UUID, values: dict[str, Any]) -> ModelVersion:
    """Create a version with the model's next number.

    The number comes from a counter in the model's row, which stays locked until the commit: numbers
    have no gaps in commit order, and no number is used twice, not even after a deletion.
    """
    next_number = (
        sa.update(Model)
        .where(col(Model.id) == model_id)
        .values(last_number=col(Model.last_number) + 1)
        .returning(col(Model.last_number))
    )
    number = (await session.exec(next_number)).scalar_one_or_none()
    if number is None:
        raise Refused(NotFound("the model does not exist", ("model",)))
    key = semver.sort_key(values["version"])
    version = ModelVersion(model_id=model_id, number=number, semver_key=key, **values)
    await rows.insert(session, version)
    return version


async def update(
    session: AsyncSession, key: UUID, expected_revision: int | None, values: dict[str, Any]
) -> ModelVersion:
    """Update a version; refused when it is archived, or cannot change to the new status."""
    current = await rows.lock(session, ModelVersion, key, expected_revision)
    refuse_archived(current)
    status = values.get("status", current.status)
    if status not in (current.status, _NEXT_STATUS.get(current.status)):
        message = f"the status cannot change from {current.status} to {status}"
        raise Refused(InvalidState(message, ("status",)))
    return await rows.update(session, ModelVersion, key, expected_revision, values)


async def delete(
    session: AsyncSession, key: UUID, expected_revision: int | None, *, force: bool
) -> int:
    """Delete a version; returns the number of its bindings. Its own number is never used again.

    Without `force` it is refused while the version is ACTIVE or held, or has an alias.
    """
    version = await rows.lock(session, ModelVersion, key, expected_revision, for_delete=True)
    if not force:
        await _refuse_in_use(session, version)
    bindings = sa.select(col(ProviderBinding.id)).where(col(ProviderBinding.version_id) == key)
    await rows.delete(session, Price, col(Price.binding_id).in_(bindings))
    await rows.delete(session, ModelAlias, col(ModelAlias.version_id) == key)
    count = await rows.delete(session, ProviderBinding, col(ProviderBinding.version_id) == key)
    await rows.delete(session, ModelVersion, col(ModelVersion.id) == key)
    return count


async def lock_unarchived(session: AsyncSession, key: UUID) -> ModelVersion:
    """Lock the version that a new row will refer to; refused when it is deleted or archived."""
    version = await rows.lock(session, ModelVersion, key)
    refuse_archived(version)
    return version


def refuse_archived(version: ModelVersion) -> None:
    """Refuse a change that an archived version cannot take."""
    if version.status == VersionStatus.ARCHIVED:
        raise Refused(InvalidState("the version is ARCHIVED; restore it first", ("version",)))


async def _refuse_in_use(session: AsyncSession, version: ModelVersion) -> None:
    aliases = select(ModelAlias.name).where(col(ModelAlias.version_id) == version.id)
    alias = (await session.exec(aliases.limit(1))).first()
    conditions = {
        "it is ACTIVE": version.status == VersionStatus.ACTIVE,
        "it is held": version.held_at is not None,
        f"the alias {alias} points at it": alias is not None,
    }
    reasons = [reason for reason, holds in conditions.items() if holds]
    if reasons:
        message = f"the version is in use: {', '.join(reasons)}; force deletes it nevertheless"
        raise Refused(InvalidState(message, ("force",), UserErrorCode.IN_USE))
